//! How a task's function is called, and the numbers that name the ways across processes.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// `function(item)`.
pub(crate) const PLAIN: u64 = 0;
/// `function(*item)`.
pub(crate) const STAR: u64 = 1;
/// `function(index, item)`: for wrappers that need to know which task they are.
pub(crate) const INDEXED: u64 = 2;
/// `item` is `(function, args, kwargs or None)`: each task brings its own function.
pub(crate) const APPLY: u64 = 3;
/// Added to the others: note whether tasks draw from a random stream that they share.
pub(crate) const WATCHED: u64 = 256;

/// Kinds of outcomes, as `pull` reports them: the task returned this,
pub(crate) const VALUE: u8 = 0;
/// it raised this,
pub(crate) const FAILURE: u8 = 1;
/// its worker was lost,
pub(crate) const LOST: u8 = 2;
/// it returned something that cannot be read here, for this reason.
pub(crate) const GARBLED: u8 = 3;

/// Tasks of a job on one worker that are watched for shared random streams.
pub(crate) const WATCHED_TASKS: u32 = 3;

/// Call a task of the first three styles.
pub(crate) fn call<'py>(
    function: &Bound<'py, PyAny>,
    style: u64,
    index: u64,
    item: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    match style & !WATCHED {
        STAR => function.call1(item.cast_into::<PyTuple>()?),
        INDEXED => function.call1((index, item)),
        _ => function.call1((item,)),
    }
}

/// Call a task that brings its function along; `resolve` reads one that came as bytes.
pub(crate) fn apply<'py>(
    item: Bound<'py, PyAny>,
    resolve: impl FnOnce(Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let item = item.cast_into::<PyTuple>()?;
    let function = resolve(item.get_item(0)?)?;
    let arguments = item.get_item(1)?.cast_into::<PyTuple>()?;
    let keywords = item.get_item(2)?;
    if keywords.is_none() {
        return function.call1(arguments);
    }
    function.call(arguments, Some(&keywords.cast_into::<PyDict>()?))
}
