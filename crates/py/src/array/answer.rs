//! What methods of arrays answer, and whom they ask.

use arrays::{Array, ErrorKind, Reduction};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::compute::{finished, raise, wrap};
use super::{PyArray, sight};

/// Whatever a function has for an answer.
pub(super) type Answer<'py> = PyResult<Bound<'py, PyAny>>;

/// A function of `abreast.numpy.fallback`.
pub(super) fn python<'py>(py: Python<'py>, name: &str) -> Answer<'py> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let import = || py.import("abreast.numpy.fallback").map(Bound::unbind);
    MODULE.get_or_try_init(py, import)?.bind(py).getattr(name)
}

/// A function of `abreast.numpy.protocol`.
pub(super) fn protocol<'py>(py: Python<'py>, name: &str) -> Answer<'py> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let import = || py.import("abreast.numpy.protocol").map(Bound::unbind);
    MODULE.get_or_try_init(py, import)?.bind(py).getattr(name)
}

/// The only element as a number of Python.
pub(super) fn single<'py>(array: &Bound<'py, PyArray>, name: &str) -> Answer<'py> {
    let py = array.py();
    let array = &array.get().array;
    array.check_single(name).map_err(|error| raise(py, &error))?;
    sight::number(py, &finished(py, array)?)
}

/// An array, for Python.
pub(super) fn answer(py: Python<'_>, result: Result<Array, arrays::Error>) -> Answer<'_> {
    wrap(py, result.map_err(|error| raise(py, &error))?)
}

/// An array, or None where there is no kernel for it.
pub(super) fn covered(
    py: Python<'_>,
    result: Result<Array, arrays::Error>,
) -> PyResult<Option<Bound<'_, PyAny>>> {
    match result {
        Ok(array) => Ok(Some(wrap(py, array)?)),
        Err(error) if error.kind() == ErrorKind::NotCovered => Ok(None),
        Err(error) => Err(raise(py, &error)),
    }
}

/// A reduction by its name.
pub(super) fn reduction(name: &str, correction: f64) -> Option<Reduction> {
    Some(match name {
        "sum" => Reduction::Sum,
        "prod" => Reduction::Prod,
        "min" => Reduction::Min,
        "max" => Reduction::Max,
        "mean" => Reduction::Mean,
        "var" => Reduction::Var(correction),
        "std" => Reduction::Std(correction),
        "any" => Reduction::Any,
        "all" => Reduction::All,
        "argmin" => Reduction::ArgMin,
        "argmax" => Reduction::ArgMax,
        "count_nonzero" => Reduction::CountNonzero,
        _ => return None,
    })
}
