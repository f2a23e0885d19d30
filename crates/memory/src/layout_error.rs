//! What a shape, an axis or an index can have wrong with it.

use std::fmt;

/// Which rule was broken; Python raises `IndexError` for [`Fault::Index`] and `ValueError` else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Shapes that do not go together.
    Shape,
    /// An axis that is not there, or is named twice.
    Axis,
    /// An index outside its axis, or too many of them.
    Index,
    /// More bytes than an address can count.
    Size,
}

/// A view that cannot be made: the operation, what was given, what is allowed, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutError {
    fault: Fault,
    message: String,
    hint: &'static str,
}

impl LayoutError {
    pub(crate) fn new(fault: Fault, message: String, hint: &'static str) -> Self {
        Self { fault, message, hint }
    }

    /// Which rule was broken.
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        self.hint
    }
}

impl fmt::Display for LayoutError {
    /// The message, and the hint on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\nhint: {}", self.message, self.hint)
    }
}

impl std::error::Error for LayoutError {}

/// A shape as Python writes it: `()`, `(3,)`, `(3, 4)`.
pub(crate) fn tuple<T: fmt::Display>(shape: &[T]) -> String {
    let parts: Vec<_> = shape.iter().map(ToString::to_string).collect();
    match &parts[..] {
        [single] => format!("({single},)"),
        parts => format!("({})", parts.join(", ")),
    }
}
