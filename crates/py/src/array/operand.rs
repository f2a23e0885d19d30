//! What Python gives to functions.

use arrays::{Operand, Weak};
use memory::DType;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt};

use super::{PyArray, python};

/// An operand, or something that is none.
pub(super) enum Given {
    Operand(Operand),
    /// It may know better how to go together with an array.
    Foreign,
}

pub(super) fn given(object: &Bound<'_, PyAny>) -> PyResult<Given> {
    if let Ok(array) = object.cast::<PyArray>() {
        return Ok(Given::Operand(array.get().operand()));
    }
    if let Some(weak) = weak(object)? {
        return Ok(Given::Operand(Operand::Weak(weak)));
    }
    let converted = python(object.py(), "operand")?.call1((object,))?;
    match converted.cast::<PyArray>() {
        Ok(array) => Ok(Given::Operand(array.get().operand())),
        Err(_) => Ok(Given::Foreign),
    }
}

/// One of Python's own numbers. NumPy's have a type of their own, also where they inherit from these.
pub(super) fn weak(object: &Bound<'_, PyAny>) -> PyResult<Option<Weak>> {
    Ok(Some(if let Ok(value) = object.cast_exact::<PyFloat>() {
        Weak::Float(value.extract()?)
    } else if let Ok(value) = object.cast::<PyBool>() {
        Weak::Bool(value.is_true())
    } else if let Ok(value) = object.cast::<PyInt>() {
        Weak::Int(value.extract::<i64>().map(i128::from).or_else(|_| large(value))?)
    } else if let Ok(value) = object.cast_exact::<PyComplex>() {
        use pyo3::types::PyComplexMethods;
        Weak::Complex(value.real(), value.imag())
    } else {
        return Ok(None);
    }))
}

fn large(value: &Bound<'_, PyInt>) -> PyResult<i128> {
    value.extract::<u64>().map(i128::from).map_err(|_| {
        PyOverflowError::new_err(format!(
            "Python integer {value} out of bounds for 64 bits\n\
             hint: no integer type of arrays holds it; float({value}) is near"
        ))
    })
}

/// NumPy's object for a type.
pub(super) fn dtype(py: Python<'_>, dtype: DType) -> PyResult<Bound<'_, PyAny>> {
    static KNOWN: PyOnceLock<Vec<Py<PyAny>>> = PyOnceLock::new();
    let known = KNOWN.get_or_try_init(py, || {
        let make = py.import("numpy")?.getattr("dtype")?;
        DType::ALL.iter().map(|it| Ok(make.call1((it.name(),))?.unbind())).collect::<PyResult<_>>()
    })?;
    Ok(known[dtype as usize].bind(py).clone())
}

/// The type with this name.
pub(super) fn to_dtype(name: &str) -> PyResult<DType> {
    DType::from_name(name).ok_or_else(|| {
        let names: Vec<_> = DType::ALL.iter().map(|it| it.name()).collect();
        PyTypeError::new_err(format!(
            "dtype {name}: arrays hold {}\n\
             hint: NumPy arrays hold other types, as do lists",
            names.join(", ")
        ))
    })
}
