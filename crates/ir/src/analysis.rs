//! What can be read off a kernel without running it.
//!
//! An index is a value like any other. That it is affine in the axes of its loops, so that loads run
//! along memory in steps, is found here and not written down; so is which iterations of a loop
//! depend on each other.

mod affine;
mod dependence;
mod nest;
mod polynomial;

pub use affine::{Affine, Indices};
pub use dependence::{Iterations, Race, iterations};
pub use nest::{Level, nest};
pub use polynomial::Polynomial;
