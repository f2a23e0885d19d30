//! What can be read off a kernel without running it.
//!
//! An index is a value like any other. That it is affine in the axes of its loops, so that loads run
//! along memory in steps, is found here and not written down.

mod affine;
mod polynomial;

pub use affine::{Affine, Indices};
pub use polynomial::Polynomial;
