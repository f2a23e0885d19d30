//! Memory of NumPy's arrays: what is drawn goes there, parameters come from there.

use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The values of an array that lie one after the other. The array cannot change its size meanwhile.
pub(super) struct Room<T>(PyBuffer<T>);

impl<T: Element> Room<T> {
    /// The memory of `array`, to be written to.
    pub(super) fn writable(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        let room = Self::readable(array)?;
        if room.0.readonly() {
            return Err(PyValueError::new_err("output array is read-only"));
        }
        Ok(room)
    }

    pub(super) fn readable(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyBuffer::get(array)?;
        if !buffer.is_c_contiguous() {
            return Err(PyValueError::new_err("the values do not lie one after the other"));
        }
        Ok(Self(buffer))
    }

    pub(super) fn values(&self) -> &[T] {
        if self.0.item_count() == 0 {
            return &[];
        }
        // SAFETY: the buffer is contiguous, aligned and of this type, as PyO3 has checked, and is
        // held by `self`. As with NumPy's own functions, the caller sees to it that no other
        // thread writes there; every bit pattern is a value of the types in question.
        unsafe { std::slice::from_raw_parts(self.0.buf_ptr().cast(), self.0.item_count()) }
    }

    pub(super) fn values_mut(&mut self) -> &mut [T] {
        if self.0.item_count() == 0 {
            return &mut [];
        }
        // SAFETY: as above; it can be written to, and `abreast.random` never passes memory here
        // that also is a parameter.
        unsafe { std::slice::from_raw_parts_mut(self.0.buf_ptr().cast(), self.0.item_count()) }
    }
}
