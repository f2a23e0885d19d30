//! What lies in memory: element types, shapes, strides, views and buffers.
//!
//! Level 0; knows nothing of Python, of threads or of the rest of abreast.
