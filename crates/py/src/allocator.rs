//! The allocator of arrays, as Python sees it: what it has, and its bounds.

use crate::enter::outside;
use ::memory::{Usage, allocator};
use pyo3::prelude::*;

/// Bytes in arrays now and at most, bytes kept for the next, arrays made of fresh and of kept memory.
#[pyfunction]
pub(crate) fn array_memory() -> (usize, usize, usize, u64, u64) {
    let Usage { used, peak, kept, fresh, reused } = allocator().usage();
    (used, peak, kept, fresh, reused)
}

/// Most bytes that arrays may have, and most that are kept for the next.
#[pyfunction]
pub(crate) fn array_memory_bounds() -> (usize, usize) {
    allocator().bounds()
}

/// Count the peak from what arrays have now.
#[pyfunction]
pub(crate) fn reset_array_memory_peak() {
    allocator().reset_peak();
}

/// Have arrays take at most `limit` bytes, and keep at most `keep`.
#[pyfunction]
pub(crate) fn bound_array_memory(py: Python<'_>, limit: usize, keep: usize) {
    outside(py, || allocator().bound(limit, keep));
}

/// Give kept memory back until at most `keep` bytes are left; how many went.
#[pyfunction]
pub(crate) fn trim_array_memory(py: Python<'_>, keep: usize) -> usize {
    outside(py, || allocator().trim(keep))
}
