//! What stands between the brackets of `x[...]`.

use memory::{Index, PerAxis, Slice};
use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyEllipsis, PyInt, PySlice, PyTuple};

/// A position or a slice alone, the usual ones; None for anything else.
pub(super) fn single(key: &Bound<'_, PyAny>) -> Option<Index> {
    if let Ok(position) = key.cast_exact::<PyInt>() {
        // What is too large for an address takes the long way.
        return position.extract().ok().map(Index::At);
    }
    key.cast_exact::<PySlice>().ok().and_then(bounds).map(Index::Slice)
}

/// A shape, if it is made of Python's own integers.
pub(super) fn lengths(shape: &Bound<'_, PyTuple>) -> Option<PerAxis<isize>> {
    let length = |it: Bound<'_, PyAny>| it.cast_exact::<PyInt>().ok()?.extract().ok();
    shape.iter().map(length).collect()
}

/// The bounds of a slice of integers, as Python counts them; None where it refuses, or where somebody has
/// to say why.
fn bounds(slice: &Bound<'_, PySlice>) -> Option<Slice> {
    let (mut start, mut stop, mut step) = (0, 0, 0);
    // SAFETY: it is a slice, and there is room for each number.
    let refused = unsafe {
        ffi::PySlice_Unpack(slice.as_ptr(), &raw mut start, &raw mut stop, &raw mut step)
    };
    if refused != 0 {
        drop(PyErr::take(slice.py()));
        return None;
    }
    Some(Slice { start: Some(start), stop: Some(stop), step: Some(step) })
}

/// Basic indexing; None for anything else, such as arrays and lists.
pub(super) fn parts(key: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Index>>> {
    match key.cast::<PyTuple>() {
        Ok(tuple) => {
            let mut parts = Vec::with_capacity(tuple.len());
            for item in tuple.iter() {
                match part(&item)? {
                    Some(part) => parts.push(part),
                    None => return Ok(None),
                }
            }
            Ok(Some(parts))
        }
        Err(_) => Ok(part(key)?.map(|part| vec![part])),
    }
}

fn part(item: &Bound<'_, PyAny>) -> PyResult<Option<Index>> {
    if item.is_none() {
        return Ok(Some(Index::NewAxis));
    }
    if item.is_instance_of::<PyEllipsis>() {
        return Ok(Some(Index::Ellipsis));
    }
    if item.is_instance_of::<PyBool>() {
        return Ok(None);
    }
    if let Ok(position) = item.cast_exact::<PyInt>()
        && let Ok(position) = position.extract()
    {
        return Ok(Some(Index::At(position)));
    }
    if item.is_instance_of::<PyInt>() {
        return Ok(Some(Index::At(whole(item)?)));
    }
    if let Ok(slice) = item.cast::<PySlice>() {
        if let Some(bounds) = bounds(slice) {
            return Ok(Some(Index::Slice(bounds)));
        }
        let bound = |name: &str| -> PyResult<Option<isize>> {
            let value = slice.getattr(name)?;
            if value.is_none() { Ok(None) } else { Ok(Some(whole(&value)?)) }
        };
        let (start, stop, step) = (bound("start")?, bound("stop")?, bound("step")?);
        return Ok(Some(Index::Slice(Slice { start, stop, step })));
    }
    Ok(None)
}

/// An integer, by `__index__`; what is too large for an address is as good as the largest.
fn whole(value: &Bound<'_, PyAny>) -> PyResult<isize> {
    let Ok(index) = value.call_method0("__index__") else {
        return Err(PyTypeError::new_err(format!(
            "index: a slice with {} in it\nhint: slices are made of integers and None",
            value.repr()?
        )));
    };
    match index.extract() {
        Ok(whole) => Ok(whole),
        Err(_) => Ok(if index.lt(0)? { isize::MIN } else { isize::MAX }),
    }
}
