//! Functions of elements on what Python gives.

use arrays::{Array, Error, ErrorKind, Function, Operand, Weak, Width};
use pyo3::basic::CompareOp;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};

use super::compute::{finished, raise};
use super::operand::{Given, given};
use super::{Answer, PyArray, python, wrap};

/// Operands of the functions that there are, at most.
const MOST: usize = 3;

/// A function of elements on what Python gave; by NumPy where there is no kernel.
pub(super) fn apply<'py>(
    py: Python<'py>,
    function: &Function,
    operands: &[Bound<'py, PyAny>],
) -> Answer<'py> {
    applied(py, function.name, operands, |ready| function.apply(ready))
}

/// A function that has no kernel, by NumPy.
pub(super) fn without_kernel<'py>(name: &str, operands: &[Bound<'py, PyAny>]) -> Answer<'py> {
    applied(operands[0].py(), name, operands, |_| Err(Error::not_covered(name)))
}

fn applied<'py>(
    py: Python<'py>,
    name: &str,
    operands: &[Bound<'py, PyAny>],
    function: impl FnOnce(&[Operand]) -> Result<Array, Error>,
) -> Answer<'py> {
    // On the stack: to have memory for a list takes as long as half of a small operation.
    let mut few = [const { Operand::Weak(Weak::Bool(false)) }; MOST];
    let mut many = Vec::new();
    if operands.len() > MOST {
        many.resize(operands.len(), Operand::Weak(Weak::Bool(false)));
    }
    let ready = if many.is_empty() { &mut few[..operands.len()] } else { &mut many };
    for (slot, operand) in ready.iter_mut().zip(operands) {
        match given(operand)? {
            Given::Operand(operand) => *slot = operand,
            Given::Foreign => {
                if name == "multiply" {
                    refuse_text(operand, operands)?;
                }
                return Ok(py.NotImplemented().into_bound(py));
            }
        }
    }
    match function(ready) {
        Ok(array) => wrap(py, array),
        Err(error) if error.kind() == ErrorKind::NotCovered => {
            let operands = PyTuple::new(py, operands)?;
            python(py, "elementwise")?.call1((name, operands))
        }
        Err(error) => Err(raise(py, &error)),
    }
}

/// Refuse text times an array: Python would ask the array how often to repeat the text.
fn refuse_text(text: &Bound<'_, PyAny>, operands: &[Bound<'_, PyAny>]) -> PyResult<()> {
    let is_text = text.is_instance_of::<PyString>() || text.is_instance_of::<PyBytes>();
    let Some(array) = operands.iter().find_map(|it| it.cast::<PyArray>().ok()) else {
        return Ok(());
    };
    let array = &array.get().array;
    // As NumPy, a single integer says it.
    if !is_text || (array.rank() == 0 && array.dtype().is_integer()) {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!(
        "unsupported operand types for *: an array of {} and {}\n\
         hint: arrays multiply with numbers and arrays of them",
        array.dtype(),
        text.get_type().name()?
    )))
}

/// An operator of two operands.
pub(super) fn binary<'py>(
    function: &'static Function,
    left: Bound<'py, PyAny>,
    right: Bound<'py, PyAny>,
) -> Answer<'py> {
    apply(left.py(), function, &[left, right])
}

/// An array compared with whatever Python gave.
pub(super) fn compare<'py>(
    how: CompareOp,
    array: &Bound<'py, PyAny>,
    other: &Bound<'py, PyAny>,
) -> Answer<'py> {
    let py = array.py();
    let function = match how {
        CompareOp::Eq => const { Function::named("equal") },
        CompareOp::Ne => const { Function::named("not_equal") },
        CompareOp::Lt => const { Function::named("less") },
        CompareOp::Le => const { Function::named("less_equal") },
        CompareOp::Gt => const { Function::named("greater") },
        CompareOp::Ge => const { Function::named("greater_equal") },
    };
    let found = apply(py, function, &[array.clone(), other.clone()])?;
    let equality = matches!(how, CompareOp::Eq | CompareOp::Ne);
    let no_number = other.is_none() || other.is_instance_of::<PyString>();
    if equality && no_number && found.is(py.NotImplemented()) {
        // For Python they would be unequal as a whole.
        return python(py, "compared")?.call1((function.name, array, other));
    }
    Ok(found)
}

/// `array_function(name, *operands)`: a function of elements.
#[pyfunction]
#[pyo3(signature = (name, *operands))]
pub(crate) fn array_function<'py>(
    py: Python<'py>,
    name: &str,
    operands: &Bound<'py, PyTuple>,
) -> Answer<'py> {
    let operands: Vec<_> = operands.iter().collect();
    let answer = applied(py, name, &operands, |ready| arrays::apply(name, ready))?;
    if answer.is(py.NotImplemented()) {
        return python(py, "elementwise")?.call1((name, PyTuple::new(py, operands)?));
    }
    Ok(answer)
}

/// A function of elements that Python calls.
///
/// Python's class above it sees to calls with options (`_with_options`).
#[pyclass(subclass, dict, frozen, module = "abreast._abreast")]
pub(crate) struct ElementCall {
    name: String,
    arity: usize,
    function: Option<&'static Function>,
}

#[pymethods]
impl ElementCall {
    #[new]
    #[pyo3(signature = (name, arity, _meaning = None))]
    fn new(name: String, arity: usize, _meaning: Option<&Bound<'_, PyAny>>) -> Self {
        let function = Function::find(&name);
        Self { name, arity, function }
    }

    #[pyo3(signature = (*operands, **options))]
    fn __call__<'py>(
        slf: &Bound<'py, Self>,
        operands: &Bound<'py, PyTuple>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> Answer<'py> {
        let (py, it) = (slf.py(), slf.get());
        let options = options.filter(|it| !it.is_empty());
        if options.is_some() || operands.len() != it.arity {
            let options = options.cloned().unwrap_or_else(|| PyDict::new(py));
            return slf.call_method1("_with_options", (operands, options));
        }
        let Some(function) = it.function else {
            return array_function(py, &it.name, operands);
        };
        let call = |given: &[Bound<'py, PyAny>]| apply(py, function, given);
        let answer = match it.arity {
            1 => call(&[operands.get_item(0)?]),
            2 => call(&[operands.get_item(0)?, operands.get_item(1)?]),
            _ => call(&operands.iter().collect::<Vec<_>>()),
        }?;
        if answer.is(py.NotImplemented()) {
            return python(py, "elementwise")?.call1((&it.name, operands));
        }
        Ok(answer)
    }
}

/// Most arrays that are joined here.
const JOINED: usize = 64;

/// Small arrays one after the other along an axis, or along a new one; None where NumPy is to do it.
#[pyfunction]
pub(crate) fn array_joined<'py>(
    py: Python<'py>,
    given: &Bound<'py, PyAny>,
    axis: isize,
    new: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let mut arrays = Vec::new();
    for item in given.try_iter()? {
        let item = item?;
        let Ok(array) = item.cast::<PyArray>() else { return Ok(None) };
        let array = &array.get().array;
        if arrays.len() == JOINED || array.count() > JOINED * 1024 {
            return Ok(None);
        }
        finished(py, array)?;
        arrays.push(array.clone());
    }
    let Some(rank) = arrays.first().map(|it| it.rank() + usize::from(new)) else { return Ok(None) };
    let rank = rank.cast_signed();
    if !(-rank..rank).contains(&axis) {
        return Ok(None);
    }
    let axis = axis.rem_euclid(rank);
    if new {
        let expanded = arrays.iter().map(|it| it.expand(axis)).collect::<Result<_, _>>();
        arrays = expanded.map_err(|error| raise(py, &error))?;
    }
    let joined = arrays::join(&arrays, axis.cast_unsigned()).map_err(|error| raise(py, &error))?;
    joined.map(|array| wrap(py, array)).transpose()
}

/// The names of the functions of elements.
#[pyfunction]
pub(crate) fn array_functions() -> Vec<&'static str> {
    arrays::Function::table().iter().map(|function| function.name).collect()
}

/// The type that operands meet in, by its name.
#[pyfunction]
#[pyo3(signature = (*operands))]
pub(crate) fn array_result_type(operands: &Bound<'_, PyTuple>) -> PyResult<Option<&'static str>> {
    let mut ready = Vec::new();
    for operand in operands.iter() {
        match given(&operand)? {
            Given::Operand(operand) => ready.push(operand),
            Given::Foreign => return Ok(None),
        }
    }
    Ok(Some(arrays::dtype_of(&ready).name()))
}

/// Set how wide numbers are whose type nobody said, 32 or 64; answers with what it was.
#[pyfunction]
pub(crate) fn array_width(bits: Option<u32>) -> u32 {
    let width = match bits {
        None => Width::current(),
        Some(32) => arrays::set_width(Width::Narrow),
        Some(_) => arrays::set_width(Width::Wide),
    };
    if width == Width::Narrow { 32 } else { 64 }
}
