//! What lies in memory: element types, shapes, strides, views and buffers.
//!
//! Level 0; knows nothing of Python, of threads or of the rest of abreast.
//!
//! | noun | what it is |
//! |---|---|
//! | [`DType`] | type of an element, with NumPy's name and size |
//! | [`promote`] | the type that two types meet in |
//! | [`Scalar`] | one element: its bits and their type |
//! | [`Layout`] | where the elements of an array lie: type, shape, strides in bytes, offset |
//! | [`PerAxis`] | one number for each axis |
//! | [`Index`], [`Slice`] | parts of basic indexing |
//! | [`Axes`] | axes of a loop over several operands together |
//!
//! Views never touch memory: slicing, transposing, broadcasting and reshaping make a new [`Layout`].
//!
//! ```
//! use memory::{DType, Index, Layout, Slice};
//!
//! let rows = Layout::contiguous(DType::F32, &[3, 4])?;
//! let backwards = Slice { step: Some(-1), ..Slice::default() };
//! let view = rows.index(&[Index::At(1), Index::Slice(backwards)])?;
//! assert_eq!((view.shape(), view.strides(), view.offset()), (&[4][..], &[-4][..], 28));
//! # Ok::<(), memory::LayoutError>(())
//! ```

mod broadcast;
mod collapse;
mod dtype;
pub mod half;
mod layout;
mod layout_error;
mod overlap;
mod per_axis;
mod promotion;
mod reshape;
mod scalar;
mod slice;

pub use broadcast::broadcast_shapes;
pub use collapse::Axes;
pub use dtype::{DType, Kind};
pub use layout::Layout;
pub use layout_error::{Fault, LayoutError};
pub use per_axis::PerAxis;
pub use promotion::promote;
pub use scalar::Scalar;
pub use slice::{Index, Run, Slice};

mod allocator;
mod buffer;

pub use allocator::{Allocator, OutOfMemory, Usage, allocator, in_words};
pub use buffer::Buffer;
