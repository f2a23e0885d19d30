//! What lies in memory: element types, shapes, strides, views and buffers.
//!
//! Level 0; knows nothing of Python, of threads or of the rest of abreast.
//!
//! | noun | what it is |
//! |---|---|
//! | [`DType`] | type of an element, with NumPy's name, size and promotion |
//! | [`Scalar`] | one element: its bits and their type |
//! | [`Layout`] | where the elements of an array lie: shape, strides in bytes, offset |
//!
//! Views never touch memory: slicing, transposing, broadcasting and reshaping make a new [`Layout`].

mod dtype;
pub mod half;
mod promotion;
mod scalar;

pub use dtype::{DType, Kind};
pub use promotion::promote;
pub use scalar::Scalar;
