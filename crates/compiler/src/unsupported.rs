//! What this compiler does not compile; the interpreter runs it.

use std::fmt;

/// A kernel that only the interpreter runs so far, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    what: String,
}

impl Unsupported {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not compiled yet", self.what)
    }
}

impl std::error::Error for Unsupported {}
