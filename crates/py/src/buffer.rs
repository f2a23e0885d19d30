//! Shared memory as Python sees it: an object that shows bytes.

use ::memory::in_words;
use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;
use shm::{Span, View};
use std::ffi::c_int;

/// Some bytes of shared memory; what is written to them stays in this process.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Buffer {
    view: View,
}

impl Buffer {
    pub(crate) fn new(view: View) -> Self {
        Self { view }
    }

    /// Whether something was written here.
    pub(crate) fn is_written(&self) -> bool {
        self.view.is_written()
    }
}

#[pymethods]
impl Buffer {
    fn __len__(&self) -> usize {
        self.view.len()
    }

    /// # Safety
    /// The interpreter calls this, with a view to fill.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let shown = &slf.get().view;
        // SAFETY: the interpreter passes a view to fill, which takes a reference to this object;
        // the memory is readable and writable as long as the object lives, at one address.
        let failed = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                shown.address() as *mut _,
                shown.len().cast_signed(),
                0,
                flags,
            )
        };
        if failed == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}

/// The bytes of `span` as a `bytearray`: for when there is no room for one more mapping.
pub(crate) fn copied(
    py: Python<'_>,
    span: Span,
    read: impl FnOnce(&mut [u8]) -> std::io::Result<()>,
) -> PyResult<Bound<'_, PyAny>> {
    // Python's own constructor: that of the C interface prints a `SystemError` when there is no room.
    let copy = py.get_type::<PyByteArray>().call1((span.len,)).map_err(|error| {
        if !error.is_instance_of::<PyMemoryError>(py) {
            return error;
        }
        let needed = in_words(usize::try_from(span.len).unwrap_or(usize::MAX));
        PyMemoryError::new_err(format!(
            "this process has no room for {needed} more, neither to map nor to copy them\n\
             hint: `ulimit -v` tells how much address space a process may have"
        ))
    })?;
    let copy = copy.cast_into::<PyByteArray>()?;
    // SAFETY: it was made here, nobody else knows it, and nothing of Python runs meanwhile.
    let target = unsafe { copy.as_bytes_mut() };
    read(target).map_err(|error| PyMemoryError::new_err(error.to_string()))?;
    Ok(copy.into_any())
}
