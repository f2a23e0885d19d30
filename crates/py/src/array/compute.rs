//! Evaluation without the interpreter's lock, and errors as exceptions.

use std::sync::Arc;

use arrays::{Array, Data, Division, Error, ErrorKind};
use devices::Interpreter;
use devices::cpu::CpuDevice;
use pyo3::exceptions::{
    PyIndexError, PyKeyboardInterrupt, PyMemoryError, PyOverflowError, PyRuntimeError, PyTypeError,
    PyValueError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use tasks::pool;

use super::{PyArray, protocol, sight};
use crate::assembler;
use crate::compile;
use crate::enter::outside;

/// Compute all of these in one go.
#[pyfunction]
#[pyo3(signature = (*given))]
pub(crate) fn array_evaluate(py: Python<'_>, given: &Bound<'_, PyTuple>) -> PyResult<()> {
    let mut wanted = Vec::with_capacity(given.len());
    for array in given.iter() {
        wanted.push(array.cast::<PyArray>()?.get().array.clone());
    }
    compute(py, &wanted, &arrays::divisions(&wanted))
}

/// The kernels that these become together.
#[pyfunction]
#[pyo3(signature = (*given))]
pub(crate) fn array_explain(py: Python<'_>, given: &Bound<'_, PyTuple>) -> PyResult<String> {
    let mut wanted = Vec::with_capacity(given.len());
    for array in given.iter() {
        wanted.push(array.cast::<PyArray>()?.get().array.clone());
    }
    arrays::explain(&wanted).map_err(|error| raise(py, &error))
}

/// How many kernels were compiled in this process.
#[pyfunction]
pub(crate) fn array_compilations() -> u64 {
    arrays::compilations()
}

/// The name of the device that arrays are computed on.
#[pyfunction]
pub(crate) fn array_device(py: Python<'_>) -> PyResult<&'static str> {
    choose_device(py)?;
    Ok(arrays::device().name())
}

/// Compute by the interpreter of kernels from now on, or by compiled ones again: for tests, which see
/// more kernels in a second than anybody compiles in an hour.
#[pyfunction]
pub(crate) fn array_interpret(py: Python<'_>, interpret: bool) -> PyResult<()> {
    choose_device(py)?;
    if interpret {
        arrays::set_device(Arc::new(Interpreter));
    } else {
        arrays::set_device(Arc::new(CpuDevice::new(compile::cache(py)?, Arc::new(Interpreter))));
    }
    Ok(())
}

/// Compute an array.
pub(super) fn ready(py: Python<'_>, array: &Array) -> PyResult<()> {
    let wanted = std::slice::from_ref(array);
    let divisions = arrays::divisions(wanted);
    if !divisions.is_empty() {
        return compute(py, wanted, &divisions);
    }
    if arrays::evaluate_small(array) || array.is_ready() {
        return Ok(());
    }
    // Microseconds: less than to let the interpreter go and to ask how many threads there are.
    let soon = pool::with_threads(1, || arrays::evaluate_soon(array));
    if soon.map_err(|error| raise(py, &error))? {
        return Ok(());
    }
    run(py, |interrupted| arrays::evaluate(wanted, interrupted))
}

/// Compute arrays, and warn as NumPy does where integers are divided by zero.
fn compute(py: Python<'_>, wanted: &[Array], divisions: &[Division]) -> PyResult<()> {
    let mut all = wanted.to_vec();
    let mut looks = Vec::with_capacity(divisions.len());
    for division in divisions {
        let few = division.divisor.data().and_then(|data| sight::some_zero(&data));
        looks.push(if let Some(zero) = few {
            Look::Seen(zero)
        } else {
            let zero = division.by_zero().map_err(|error| raise(py, &error))?;
            all.push(zero.clone());
            Look::Computed(zero)
        });
    }
    let small = all.len() == wanted.len() && wanted.iter().all(arrays::evaluate_small);
    if !small {
        run(py, |interrupted| arrays::evaluate(&all, interrupted))?;
    }
    let mut names = Vec::new();
    for (division, look) in divisions.iter().zip(looks) {
        let zero = match look {
            Look::Seen(zero) => zero,
            Look::Computed(zero) => {
                let data = zero.data().ok_or_else(|| PyRuntimeError::new_err("no answer"))?;
                sight::number(py, &data)?.is_truthy()?
            }
        };
        if zero && !names.contains(&division.name) {
            names.push(division.name);
        }
    }
    if !names.is_empty() {
        protocol(py, "divided")?.call1((names,))?;
    }
    Ok(())
}

/// Whether a divisor is zero.
enum Look {
    Seen(bool),
    Computed(Array),
}

/// Compute an array, and tell where its elements lie.
pub(super) fn finished(py: Python<'_>, array: &Array) -> PyResult<Data> {
    ready(py, array)?;
    array.data().ok_or_else(|| PyRuntimeError::new_err("an array was computed and is not there"))
}

/// NumPy's bound, and that of Python's views of memory.
const MOST_AXES: usize = 64;

/// An array for Python.
pub(super) fn wrap(py: Python<'_>, array: Array) -> PyResult<Bound<'_, PyAny>> {
    if array.rank() > MOST_AXES {
        return Err(PyValueError::new_err(format!(
            "{} axes are asked for, and arrays have {MOST_AXES} at most\n\
             hint: several axes become one by reshape",
            array.rank()
        )));
    }
    relieved(py, &array)?;
    Ok(Bound::new(py, PyArray { array })?.into_any())
}

/// Compute what is pending behind a new array if it is too much.
fn relieved(py: Python<'_>, array: &Array) -> PyResult<()> {
    if array.pending() <= arrays::MOST_PENDING {
        return Ok(());
    }
    let divisions = arrays::divisions(std::slice::from_ref(array));
    run(py, |interrupted| arrays::relieve(array, interrupted))?;
    let done: Vec<_> = divisions.into_iter().filter(Division::is_done).collect();
    compute(py, &[], &done)
}

/// To be called in a process that was just forked off: locks may be held by threads it does not have.
#[pyfunction]
pub(crate) fn array_forked(py: Python<'_>) -> PyResult<()> {
    arrays::forked();
    py.import("abreast.assembler")?.call_method0("forked")?;
    Ok(())
}

/// How many recipes are kept, one for each shape of graph.
#[pyfunction]
pub(crate) fn array_recipes() -> usize {
    arrays::recipes()
}

/// Have arrays computed by compiled kernels, from the first time on that one is computed.
fn choose_device(py: Python<'_>) -> PyResult<()> {
    static CHOSEN: PyOnceLock<()> = PyOnceLock::new();
    CHOSEN.get_or_try_init(py, || {
        let child = PyDict::new(py);
        child.set_item("after_in_child", wrap_pyfunction!(array_forked, py)?)?;
        py.import("os")?.call_method("register_at_fork", (), Some(&child))?;
        arrays::set_device(Arc::new(CpuDevice::new(compile::cache(py)?, Arc::new(Interpreter))));
        Ok::<_, PyErr>(())
    })?;
    Ok(())
}

/// How many threads are in force in this context.
pub(crate) fn threads_here(py: Python<'_>) -> PyResult<usize> {
    static COUNT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let count = COUNT.get_or_try_init(py, || {
        Ok::<_, PyErr>(py.import("abreast.thread_count")?.getattr("count")?.unbind())
    })?;
    count.bind(py).call0()?.extract()
}

fn run(
    py: Python<'_>,
    work: impl FnOnce(&mut dyn FnMut() -> bool) -> Result<(), Error> + Send,
) -> PyResult<()> {
    choose_device(py)?;
    let threads = threads_here(py)?;
    let mut raised = None;
    let result = outside(py, || {
        pool::with_threads(threads, || {
            work(&mut || {
                raised = Python::attach(|py| py.check_signals().err());
                raised.is_some()
            })
        })
    });
    // Looked for in any case: what a handler raised before an error is not for a later compilation.
    let compiling = assembler::raised();
    result.map_err(|error| match (error.kind(), raised) {
        (ErrorKind::Interrupted, Some(raised)) => raised,
        (ErrorKind::Internal, _) => compiling.unwrap_or_else(|| raise(py, &error)),
        _ => raise(py, &error),
    })
}

/// The exception for an error.
pub(super) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Value => PyValueError::new_err(message),
        ErrorKind::Type | ErrorKind::NotCovered => PyTypeError::new_err(message),
        ErrorKind::Index => PyIndexError::new_err(message),
        ErrorKind::Overflow => PyOverflowError::new_err(message),
        ErrorKind::Memory => PyMemoryError::new_err(message),
        ErrorKind::Interrupted => PyKeyboardInterrupt::new_err(message),
        ErrorKind::Internal => PyRuntimeError::new_err(message),
        ErrorKind::Axis => {
            let made = py
                .import("numpy.exceptions")
                .and_then(|module| module.getattr("AxisError"))
                .and_then(|class| class.call1((message.as_str(),)));
            made.map_or_else(|_| PyValueError::new_err(message), PyErr::from_value)
        }
    }
}
