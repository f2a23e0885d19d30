//! From Python objects to bytes.

use super::{
    BUFFERED, BYTES, DEPTH, FALSE, FLOAT, INLINE, INT, LARGE, LARGE_BYTES, NONE, PARCEL, PICKLE,
    PLACED, STR, TRUE, TUPLE,
};
use crate::enter::outside;
use crate::parcel::Parcel;
use pyo3::exceptions::PyMemoryError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyList, PyString, PyTuple};
use shm::{Raw, Span};
use std::mem::MaybeUninit;

/// Where large memory goes.
pub(crate) trait Depot: Send {
    /// Put a copy of `source`, the memory of `owner`, where the reader finds it. `None` as owner: it
    /// is gone at once.
    fn place(&mut self, owner: &Bound<'_, PyAny>, source: Raw) -> PyResult<Span>;

    /// Send a parcel along as it is; false when it cannot go there.
    fn forward(&mut self, parcel: &Parcel) -> bool;
}

/// Append `object` to `out`; `dumps(object, buffers)` pickles what is not plain.
///
/// On an error `out` may hold part of it: the caller cuts it off.
pub(crate) fn encode(
    object: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    dumps: &Bound<'_, PyAny>,
    depot: &mut dyn Depot,
) -> PyResult<()> {
    let start = out.len();
    if encode_plain(object, out, DEPTH, depot)? {
        return Ok(());
    }
    out.truncate(start);
    let buffers = PyList::empty(object.py());
    let pickled = dumps.call1((object, &buffers))?;
    let bytes = pickled.cast::<PyBytes>()?.as_bytes();
    if buffers.is_empty() && bytes.len() < LARGE {
        out.push(PICKLE);
        out.extend_from_slice(bytes);
        return Ok(());
    }
    out.push(BUFFERED);
    out.extend_from_slice(&(buffers.len() as u64).to_ne_bytes());
    for buffer in &buffers {
        encode_buffer(&buffer, out, dumps, depot)?;
    }
    if bytes.len() < LARGE {
        out.push(PICKLE);
        out.extend_from_slice(bytes);
    } else {
        out.push(LARGE_BYTES);
        place(object.py().None().bind(object.py()), *Raw::of(bytes), out, depot)?;
    }
    Ok(())
}

/// Whether `object` was plain; large bytes are placed.
fn encode_plain(
    object: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    depth: u32,
    depot: &mut dyn Depot,
) -> PyResult<bool> {
    if object.is_none() {
        out.push(NONE);
    } else if object.is_exact_instance_of::<PyInt>() {
        let mut overflow = 0;
        // SAFETY: `object` is an int, alive, and the interpreter is attached.
        let value =
            unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow) };
        if overflow != 0 {
            return Ok(false);
        }
        out.push(INT);
        out.extend_from_slice(&value.to_ne_bytes());
    } else if object.is_exact_instance_of::<PyFloat>() {
        // SAFETY: as above, for a float.
        let value = unsafe { ffi::PyFloat_AsDouble(object.as_ptr()) };
        out.push(FLOAT);
        out.extend_from_slice(&value.to_bits().to_ne_bytes());
    } else if let Ok(value) = object.cast_exact::<PyBool>() {
        out.push(if value.is_true() { TRUE } else { FALSE });
    } else if let Ok(value) = object.cast_exact::<PyString>() {
        // Not UTF-8 (lone surrogates): a pickle can hold it.
        let Ok(text) = value.to_str() else { return Ok(false) };
        encode_bytes(STR, text.as_bytes(), out);
    } else if let Ok(value) = object.cast_exact::<PyBytes>() {
        let bytes = value.as_bytes();
        if bytes.len() < LARGE {
            encode_bytes(BYTES, bytes, out);
        } else {
            out.push(LARGE_BYTES);
            place(object, *Raw::of(bytes), out, depot)?;
        }
    } else if let Ok(value) = object.cast_exact::<PyTuple>() {
        out.push(TUPLE);
        out.extend_from_slice(&(value.len() as u64).to_ne_bytes());
        if depth == 0 {
            return Ok(false);
        }
        for item in value.iter() {
            if !encode_plain(&item, out, depth - 1, depot)? {
                return Ok(false);
            }
        }
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn encode_bytes(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&(bytes.len() as u64).to_ne_bytes());
    out.extend_from_slice(bytes);
}

fn place(
    owner: &Bound<'_, PyAny>,
    source: Raw,
    out: &mut Vec<u8>,
    depot: &mut dyn Depot,
) -> PyResult<()> {
    out.extend_from_slice(&depot.place(owner, source)?.to_bytes());
    Ok(())
}

/// The memory that an object shows, for as long as this lives.
struct Exported(ffi::Py_buffer);

impl Exported {
    fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let flags = ffi::PyBUF_ANY_CONTIGUOUS;
        let mut view = MaybeUninit::uninit();
        // SAFETY: the interpreter is attached and the object alive; on success the view is filled.
        unsafe {
            if ffi::PyObject_GetBuffer(object.as_ptr(), view.as_mut_ptr(), flags) != 0 {
                return Err(PyErr::fetch(object.py()));
            }
            Ok(Self(view.assume_init()))
        }
    }

    fn raw(&self) -> Raw {
        // SAFETY: the exporter keeps the memory in its place until the view is released.
        unsafe { Raw::new(self.0.buf.cast(), self.0.len.cast_unsigned()) }
    }

    /// The object that shows it.
    fn exporter<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        // SAFETY: the view holds a reference to its exporter, or null.
        unsafe { Bound::from_borrowed_ptr_or_opt(py, self.0.obj) }
    }
}

impl Drop for Exported {
    fn drop(&mut self) {
        // SAFETY: filled by `PyObject_GetBuffer` and released once; only made and dropped while
        // attached.
        unsafe { ffi::PyBuffer_Release(&raw mut self.0) }
    }
}

fn encode_buffer(
    buffer: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    dumps: &Bound<'_, PyAny>,
    depot: &mut dyn Depot,
) -> PyResult<()> {
    let py = buffer.py();
    let exported = Exported::of(buffer)?;
    if let Some(parcel) = exported.exporter(py).and_then(|it| it.cast_into::<Parcel>().ok()) {
        return parcel.get().encode(py, out, dumps, depot);
    }
    let raw = exported.raw();
    if raw.len() >= LARGE {
        out.push(PLACED);
        return place(buffer, raw, out, depot);
    }
    out.push(INLINE);
    out.extend_from_slice(&(raw.len() as u64).to_ne_bytes());
    raw.append_to(out);
    Ok(())
}

/// The tag of a parcel among the buffers; `Parcel` writes what follows.
pub(crate) const PARCEL_TAG: u8 = PARCEL;

/// Do the copying of `source`, without the interpreter when it takes long.
pub(crate) fn copying<T: Send>(
    py: Python<'_>,
    source: Raw,
    work: impl FnOnce() -> std::io::Result<T> + Send,
) -> PyResult<T> {
    let done = if source.len() >= 1 << 20 { outside(py, work) } else { work() };
    done.map_err(|error| {
        PyMemoryError::new_err(format!(
            "{error}\nhint: abreast.config.set(memory=...) changes the bound"
        ))
    })
}
