//! LLVM as an assembler: text in, object bytes out.

use crate::Target;
use std::fmt;

/// Whoever turns LLVM text into machine code; `py` has one that goes through llvmlite.
///
/// Kernels are written whole: the assembler may simplify, and chooses registers and order, but it
/// neither vectorises nor contracts.
pub trait Assembler: Send + Sync {
    /// What the bytes depend on besides text and target: versions, passes. Part of the cache's key,
    /// so it must be known without loading LLVM.
    fn version(&self) -> &str;

    /// The object file (ELF) of the module `text`.
    fn object(&self, text: &str, target: &Target) -> Result<Vec<u8>, AssemblyError>;

    /// Do some work that asks for objects without the locks that this thread may hold and the assembler
    /// needs: in a kernel that runs nobody knows of them.
    fn without_locks(&self, work: &mut (dyn FnMut() + Send)) {
        work();
    }

    /// The same as assembly, to read.
    fn assembly(&self, text: &str, target: &Target) -> Result<String, AssemblyError>;
}

/// Why text did not become code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssemblyError {
    /// There is no LLVM here; with the reason.
    Missing(String),
    /// LLVM refuses the text; with its message.
    Refused(String),
}

impl fmt::Display for AssemblyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(why) => write!(
                f,
                "kernels cannot be compiled: LLVM does not load: {why}\n\
                 hint: python -m pip install 'llvmlite>=0.50,<0.51'"
            ),
            Self::Refused(message) => write!(f, "LLVM refuses a kernel: {}", message.trim_end()),
        }
    }
}

impl std::error::Error for AssemblyError {}
