//! Which kernels are legal.

use std::fmt;

use crate::Kernel;

/// A kernel that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    message: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Invalid {}

/// Check every rule of the language.
pub fn verify(_kernel: &Kernel) -> Result<(), Invalid> {
    Ok(())
}
