//! Evaluation without the interpreter's lock, and errors as exceptions.

use std::sync::Arc;

use arrays::{Array, Data, Division, Error, ErrorKind};
use devices::Interpreter;
use devices::cpu::CpuDevice;
use memory::Scalar;
use pyo3::exceptions::{
    PyIndexError, PyKeyboardInterrupt, PyMemoryError, PyOverflowError, PyRuntimeError, PyTypeError,
    PyValueError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use tasks::pool;

use super::{PyArray, protocol, sight};
use crate::assembler;
use crate::compile;
use crate::enter::{heard, outside};

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
    if divisions.is_empty() { alone(py, array) } else { compute(py, wanted, &divisions) }
}

/// Compute an array in which nothing is to be looked for.
fn alone(py: Python<'_>, array: &Array) -> PyResult<()> {
    if arrays::evaluate_small(array) || array.is_ready() {
        return Ok(());
    }
    // Microseconds: less than to let the interpreter go and to ask how many threads there are.
    let soon = pool::with_threads(1, || {
        Ok(arrays::evaluate_directly(array)? || arrays::evaluate_soon(array)?)
    });
    // Also a small kernel may have asked for a function that had to be compiled.
    let interrupt = |error| assembler::raised().unwrap_or_else(|| raise(py, &error));
    if soon.map_err(interrupt)? {
        return Ok(());
    }
    run(py, |interrupted| arrays::evaluate(std::slice::from_ref(array), interrupted))
}

/// Compute arrays, and warn as NumPy does where integers are divided by zero, or the smallest by -1.
fn compute(py: Python<'_>, wanted: &[Array], divisions: &[Division]) -> PyResult<()> {
    let mut all = wanted.to_vec();
    let mut looks = Vec::with_capacity(divisions.len());
    for division in divisions {
        let failed = |error: Error| raise(py, &error);
        let mut later = |array: Array| {
            all.push(array.clone());
            Look::Computed(array)
        };
        let zero = match some_is(&division.divisor, Scalar::zero(division.divisor.dtype())) {
            Some(zero) => Look::Seen(zero),
            None => later(division.by_zero().map_err(failed)?),
        };
        let overflow = if may_overflow(division) {
            later(division.overflows().map_err(failed)?)
        } else {
            Look::Seen(false)
        };
        looks.push([zero, overflow]);
    }
    match wanted {
        [array] if all.len() == 1 => alone(py, array)?,
        _ if all.len() == wanted.len() && wanted.iter().all(arrays::evaluate_small) => {}
        _ => run(py, |interrupted| arrays::evaluate(&all, interrupted))?,
    }
    let mut names = [Vec::new(), Vec::new()];
    for (division, looks) in divisions.iter().zip(looks) {
        for (names, look) in names.iter_mut().zip(looks) {
            if look.is_so(py)? && !names.contains(&division.name) {
                names.push(division.name);
            }
        }
    }
    for (names, what) in names.into_iter().zip(["divide", "over"]) {
        if !names.is_empty() {
            protocol(py, "divided")?.call1((names, what))?;
        }
    }
    Ok(())
}

/// Whether an integer is among few that are there; None if that would have to be computed.
fn some_is(array: &Array, value: Scalar) -> Option<bool> {
    array.data().and_then(|data| sight::some_is(&data, value.bits() as u64))
}

/// Whether a quotient may be too large, as far as a look at few numbers tells.
fn may_overflow(division: &Division) -> bool {
    let Some(dividend) = &division.dividend else { return false };
    let dtype = dividend.dtype();
    some_is(&division.divisor, Scalar::from_i64(dtype, -1)) != Some(false)
        && some_is(dividend, arrays::smallest(dtype)) != Some(false)
}

/// Whether there is something to warn of.
enum Look {
    Seen(bool),
    Computed(Array),
}

impl Look {
    fn is_so(&self, py: Python<'_>) -> PyResult<bool> {
        match self {
            Self::Seen(so) => Ok(*so),
            Self::Computed(array) => {
                let none = || PyRuntimeError::new_err("no answer");
                sight::number(py, &array.data().ok_or_else(none)?)?.is_truthy()
            }
        }
    }
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
        arrays::set_device(Arc::new(CpuDevice::new(compile::cache(py)?, Arc::new(Interpreter))));
        Ok::<_, PyErr>(())
    })?;
    Ok(())
}

/// How many threads are in force in this context.
pub(crate) fn threads_here(py: Python<'_>) -> PyResult<usize> {
    static COUNT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let count = COUNT.get_or_try_init(py, || {
        Ok::<_, PyErr>(py.import("abreast.inner_threads")?.getattr("count")?.unbind())
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
                raised = Python::attach(|py| heard(py).err());
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
