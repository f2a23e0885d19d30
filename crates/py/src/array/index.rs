//! What stands between the brackets of `x[...]`.

use memory::{Index, Slice};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyEllipsis, PyInt, PySlice, PyTuple};

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
    if item.is_instance_of::<PyInt>() {
        return Ok(Some(Index::At(whole(item)?)));
    }
    if let Ok(slice) = item.cast::<PySlice>() {
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
