//! Large arrays that compiled functions make: of the allocator's memory, so that the memory of one that went serves
//! the next. To write memory that the system hands out afresh takes as long as to compute what is written.

use super::argument::array_class;
use super::room::numpy;
use ::memory::{Buffer, OutOfMemory, allocator};
use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::ffi::c_int;

/// From so many bytes on. Smaller ones come from NumPy, which keeps memory itself.
const LARGE: usize = 2 << 20;

/// Memory of the allocator, shown as bytes: an array made of it keeps this, and has it go back in the end.
#[pyclass(frozen, module = "abreast._abreast")]
struct Kept {
    buffer: Buffer,
}

/// An array of NumPy with any contents; nothing if NumPy's own memory is as good, or there is no other.
/// Where arrays may have only so much memory and this one is too large, an error.
pub(super) fn array<'py>(
    py: Python<'py>,
    lengths: &[i128],
    dtype: &str,
    size: usize,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let bytes = lengths.iter().try_fold(size, |bytes, &it| bytes.checked_mul(it.try_into().ok()?));
    let Some(bytes) = bytes else { return Ok(None) };
    if bytes < LARGE {
        return admit(bytes).map(|()| None);
    }
    let buffer = match Buffer::new(bytes) {
        Ok(buffer) => buffer,
        Err(error) if allocator().room().is_some() => return Err(full(&error)),
        // NumPy's memory is taken when it is written, and maybe not all of it will be.
        Err(_) => return Ok(None),
    };
    let kept = Bound::new(py, Kept { buffer })?;
    array_class(py)?.call1((lengths, dtype, kept)).map(Some)
}

/// Whether an array of so many bytes is within what arrays may have.
fn admit(bytes: usize) -> PyResult<()> {
    allocator().admit(bytes).map_err(|error| full(&error))
}

fn full(error: &OutOfMemory) -> PyErr {
    PyMemoryError::new_err(error.to_string())
}

/// An array of NumPy with any contents, for whoever makes results in Python.
#[pyfunction]
pub(crate) fn jit_empty<'py>(
    shape: Vec<i128>,
    dtype: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = dtype.py();
    let size = dtype.getattr("itemsize")?.extract()?;
    let name: String = dtype.getattr("name")?.extract()?;
    match array(py, &shape, &name, size)? {
        Some(made) => Ok(made),
        None => numpy(py, "empty")?.call1((PyTuple::new(py, shape)?, dtype)),
    }
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
