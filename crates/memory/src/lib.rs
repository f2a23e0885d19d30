//! What lies in memory: element types, shapes, strides, views and buffers.
//!
//! Level 0; knows nothing of Python, of threads or of the rest of abreast.

mod allocator;
mod buffer;

pub use allocator::{Allocator, OutOfMemory, Usage, allocator};
pub use buffer::Buffer;
