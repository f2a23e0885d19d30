//! Large arrays that compiled functions make: of the allocator's memory, so that the memory of one that went serves
//! the next. To write memory that the system hands out afresh takes as long as to compute what is written.

use super::argument::array_class;
use ::memory::Buffer;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::c_int;

/// From so many bytes on. Smaller ones come from NumPy, which keeps memory itself.
const LARGE: usize = 2 << 20;

/// Memory of the allocator, shown as bytes: an array made of it keeps this, and has it go back in the end.
#[pyclass(frozen, module = "abreast._abreast")]
struct Kept {
    buffer: Buffer,
}

/// An array of NumPy with any contents; nothing if NumPy's own memory is as good, or there is no other.
pub(super) fn array<'py>(
    py: Python<'py>,
    lengths: &[i128],
    dtype: &str,
    size: usize,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let bytes = lengths.iter().try_fold(size, |bytes, &it| bytes.checked_mul(it.try_into().ok()?));
    let Some(bytes) = bytes.filter(|&it| it >= LARGE) else { return Ok(None) };
    // Where arrays may have no more, this one is NumPy's own, as a small one would be.
    let Ok(buffer) = Buffer::new(bytes) else { return Ok(None) };
    let kept = Bound::new(py, Kept { buffer })?;
    array_class(py)?.call1((lengths, dtype, kept)).map(Some)
}

#[pymethods]
impl Kept {
    /// # Safety
    /// The interpreter calls this, with a view to fill.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let buffer = &slf.get().buffer;
        // SAFETY: the interpreter passes a view to fill, which takes a reference to this object;
        // the memory is readable and writable as long as the object lives, at one address.
        let failed = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                buffer.address().cast(),
                buffer.len().cast_signed(),
                0,
                flags,
            )
        };
        if failed == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}
