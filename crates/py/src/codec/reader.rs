//! From bytes to Python objects.

use super::{
    BUFFERED, BYTES, DEPTH, FALSE, FLOAT, INLINE, INT, LARGE_BYTES, NONE, PARCEL, PICKLE, PLACED,
    STR, TRUE, TUPLE,
};
use crate::parcel::Parcel;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyList, PyString, PyTuple};
use shm::Span;

/// Where large memory comes from.
pub(crate) trait Opener {
    /// An object that shows the bytes of `span`, as memory of its own.
    fn open<'py>(&self, py: Python<'py>, span: Span) -> PyResult<Bound<'py, PyAny>>;

    /// Copy the bytes of `span` to `target`, which has its length.
    fn read(&self, span: Span, target: &mut [u8]) -> PyResult<()>;

    /// A parcel of these bytes, which speak of the extents at `bases`.
    fn parcel(&self, bytes: &[u8], bases: &[u64]) -> PyResult<Parcel>;
}

/// Read back what [`encode`](super::encode) wrote; `loads(data, buffers=)` reads pickles.
pub(crate) fn decode<'py>(
    py: Python<'py>,
    bytes: &[u8],
    loads: &Bound<'py, PyAny>,
    opener: &dyn Opener,
) -> PyResult<Bound<'py, PyAny>> {
    match bytes.split_first() {
        Some((&PICKLE, pickled)) => loads.call1((PyBytes::new(py, pickled),)),
        Some((&BUFFERED, rest)) => decode_buffered(py, rest, loads, opener),
        _ => decode_plain(py, &mut &bytes[..], DEPTH + 1, opener),
    }
}

fn decode_buffered<'py>(
    py: Python<'py>,
    mut rest: &[u8],
    loads: &Bound<'py, PyAny>,
    opener: &dyn Opener,
) -> PyResult<Bound<'py, PyAny>> {
    let rest = &mut rest;
    let buffers = PyList::empty(py);
    for _ in 0..take_long(rest)? {
        buffers.append(match take(rest, 1)?[0] {
            INLINE => PyByteArray::new(py, take_counted(rest)?).into_any(),
            PLACED => opener.open(py, take_span(rest)?)?,
            PARCEL => {
                let count = take_long(rest)?;
                let bases = (0..count).map(|_| take_long(rest)).collect::<PyResult<Vec<_>>>()?;
                let parcel = opener.parcel(take_counted(rest)?, &bases)?;
                Bound::new(py, parcel)?.into_any()
            }
            _ => return Err(garbled()),
        })?;
    }
    let pickled = match take(rest, 1)?[0] {
        PICKLE => PyBytes::new(py, rest).into_any(),
        LARGE_BYTES => opener.open(py, take_span(rest)?)?,
        _ => return Err(garbled()),
    };
    let keywords = PyDict::new(py);
    keywords.set_item("buffers", buffers)?;
    loads.call((pickled,), Some(&keywords))
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

fn take_long(rest: &mut &[u8]) -> PyResult<u64> {
    Ok(u64::from_ne_bytes(take_eight(rest)?))
}

fn take_span(rest: &mut &[u8]) -> PyResult<Span> {
    Span::from_bytes(take(rest, 24)?.try_into().expect("24 bytes")).ok_or_else(garbled)
}

fn take_counted<'a>(rest: &mut &'a [u8]) -> PyResult<&'a [u8]> {
    let len = u64::from_ne_bytes(take_eight(rest)?);
    take(rest, usize::try_from(len).map_err(|_| garbled())?)
}

fn decode_plain<'py>(
    py: Python<'py>,
    rest: &mut &[u8],
    depth: u32,
    opener: &dyn Opener,
) -> PyResult<Bound<'py, PyAny>> {
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
        LARGE_BYTES => {
            let span = take_span(rest)?;
            // The one copy that `bytes` need: they carry their memory with them.
            PyBytes::new_with(py, span.len as usize, |target| opener.read(span, target))?.into_any()
        }
        TUPLE if depth > 0 => {
            let len = u64::from_ne_bytes(take_eight(rest)?) as usize;
            if len > rest.len() {
                return Err(garbled());
            }
            let mut items = Vec::with_capacity(len);
            for _ in 0..len {
                items.push(decode_plain(py, rest, depth - 1, opener)?);
            }
            PyTuple::new(py, items)?.into_any()
        }
        _ => return Err(garbled()),
    })
}
