//! How the value of a lane is held while code is written.

use crate::text::Operand;

/// Where a value is, seen from the lanes that run side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// The same in every lane; a scalar.
    Uniform(Operand),
    /// An index: this scalar in lane 0, one more in each next lane.
    Linear(Operand),
    /// A vector.
    Vector(Operand),
}
