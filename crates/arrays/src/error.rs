//! What can be wrong with a request.

use std::fmt;

use devices::DeviceError;
use memory::{Fault, LayoutError};

/// Which exception of Python an error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `ValueError`
    Value,
    /// `TypeError`
    Type,
    /// `IndexError`
    Index,
    /// `numpy.exceptions.AxisError`
    Axis,
    /// `OverflowError`
    Overflow,
    /// `MemoryError`
    Memory,
    /// `KeyboardInterrupt`, or what a handler of signals raised.
    Interrupted,
    /// A fault of this library.
    Internal,
    /// No error: the function has no kernel for such operands, NumPy must do it.
    NotCovered,
}

/// A request that cannot be met: the operation, what was given, what is allowed, and a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// An error with its words.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// A function that has no kernel for such operands.
    pub fn not_covered(what: &str) -> Self {
        Self::new(ErrorKind::NotCovered, what)
    }

    /// Which exception it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<LayoutError> for Error {
    fn from(error: LayoutError) -> Self {
        let kind = match error.fault() {
            Fault::Shape | Fault::Size => ErrorKind::Value,
            Fault::Axis => ErrorKind::Axis,
            Fault::Index => ErrorKind::Index,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<DeviceError> for Error {
    fn from(error: DeviceError) -> Self {
        let kind = match error {
            DeviceError::OutOfMemory { .. } => ErrorKind::Memory,
            DeviceError::Interrupted => ErrorKind::Interrupted,
            DeviceError::Check(_) | DeviceError::Failed(_) => ErrorKind::Internal,
        };
        Self::new(kind, error.to_string())
    }
}

/// A shape as Python writes it.
pub(crate) fn tuple(shape: &[usize]) -> String {
    if let [single] = shape {
        return format!("({single},)");
    }
    let parts: Vec<_> = shape.iter().map(ToString::to_string).collect();
    format!("({})", parts.join(", "))
}
