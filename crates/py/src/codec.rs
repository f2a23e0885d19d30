//! Python objects as bytes.
//!
//! Plain values (numbers, strings, bytes, tuples of them) have an encoding of their own, some ten
//! times cheaper than a pickle each; they are immutable, so nobody can tell a copy from the
//! original. Everything else is one pickle an item.

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyTuple};

const NONE: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const INT: u8 = 3;
const FLOAT: u8 = 4;
const STR: u8 = 5;
const BYTES: u8 = 6;
const TUPLE: u8 = 7;
const PICKLE: u8 = 8;

/// Tuples nested deeper than this are pickled.
const DEPTH: u32 = 4;

/// Append `object` to `out`; `dumps` pickles what is not plain.
///
/// On an error `out` may hold part of it: the caller cuts it off.
pub(crate) fn encode(
    object: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    dumps: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let start = out.len();
    if encode_plain(object, out, DEPTH) {
        return Ok(());
    }
    out.truncate(start);
    let pickled = dumps.call1((object,))?;
    out.push(PICKLE);
    out.extend_from_slice(pickled.cast::<PyBytes>()?.as_bytes());
    Ok(())
}

fn encode_plain(object: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: u32) -> bool {
    if object.is_none() {
        out.push(NONE);
    } else if object.is_exact_instance_of::<PyInt>() {
        let mut overflow = 0;
        // SAFETY: `object` is an int, alive, and the interpreter is attached.
        let value =
            unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow) };
        if overflow != 0 {
            return false;
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
        let Ok(text) = value.to_str() else { return false };
        encode_bytes(STR, text.as_bytes(), out);
    } else if let Ok(value) = object.cast_exact::<PyBytes>() {
        encode_bytes(BYTES, value.as_bytes(), out);
    } else if let Ok(value) = object.cast_exact::<PyTuple>() {
        out.push(TUPLE);
        out.extend_from_slice(&(value.len() as u64).to_ne_bytes());
        return depth > 0 && value.iter().all(|item| encode_plain(&item, out, depth - 1));
    } else {
        return false;
    }
    true
}

fn encode_bytes(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend_from_slice(&(bytes.len() as u64).to_ne_bytes());
    out.extend_from_slice(bytes);
}

/// Read back what [`encode`] wrote; `loads` reads pickles.
pub(crate) fn decode<'py>(
    py: Python<'py>,
    bytes: &[u8],
    loads: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some((&PICKLE, pickled)) = bytes.split_first() {
        return loads.call1((PyBytes::new(py, pickled),));
    }
    let mut rest = bytes;
    decode_plain(py, &mut rest, DEPTH + 1)
}

fn garbled() -> PyErr {
    PyValueError::new_err("the bytes of a value are damaged: shared memory was overwritten")
}

/// The next `len` bytes.
fn take<'a>(rest: &mut &'a [u8], len: usize) -> PyResult<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len).ok_or_else(garbled)?;
    *rest = left;
    Ok(taken)
}

fn take_eight(rest: &mut &[u8]) -> PyResult<[u8; 8]> {
    Ok(take(rest, 8)?.try_into().expect("8 bytes"))
}

fn take_counted<'a>(rest: &mut &'a [u8]) -> PyResult<&'a [u8]> {
    let len = u64::from_ne_bytes(take_eight(rest)?);
    take(rest, usize::try_from(len).map_err(|_| garbled())?)
}

fn decode_plain<'py>(py: Python<'py>, rest: &mut &[u8], depth: u32) -> PyResult<Bound<'py, PyAny>> {
    Ok(match take(rest, 1)?[0] {
        NONE => py.None().into_bound(py),
        TRUE => PyBool::new(py, true).to_owned().into_any(),
        FALSE => PyBool::new(py, false).to_owned().into_any(),
        INT => i64::from_ne_bytes(take_eight(rest)?).into_pyobject(py)?.into_any(),
        FLOAT => {
            let value = f64::from_bits(u64::from_ne_bytes(take_eight(rest)?));
            PyFloat::new(py, value).into_any()
        }
        STR => {
            let text = std::str::from_utf8(take_counted(rest)?).map_err(|_| garbled())?;
            PyString::new(py, text).into_any()
        }
        BYTES => PyBytes::new(py, take_counted(rest)?).into_any(),
        TUPLE if depth > 0 => {
            let len = u64::from_ne_bytes(take_eight(rest)?) as usize;
            if len > rest.len() {
                return Err(garbled());
            }
            let mut items = Vec::with_capacity(len);
            for _ in 0..len {
                items.push(decode_plain(py, rest, depth - 1)?);
            }
            PyTuple::new(py, items)?.into_any()
        }
        _ => return Err(garbled()),
    })
}
