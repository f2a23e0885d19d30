//! A function's source as Python holds it, and what Python says its names stand for.

use std::collections::HashMap;
use std::sync::Arc;

use memory::DType;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use source::{Again, Constant, Items, Record, Refusal, Said, Site, Unit};

use super::record::record;

/// A function's source.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct JitSource {
    pub(super) unit: Arc<Unit>,
}

#[pymethods]
impl JitSource {
    /// Find the function `name` that begins at `line` of a file's `text`; of a lambda also where its
    /// body begins, if that is known.
    #[new]
    #[pyo3(signature = (text, file, name, line, body = None))]
    fn new(
        py: Python<'_>,
        text: &str,
        file: &str,
        name: String,
        line: usize,
        body: Option<(usize, usize)>,
    ) -> PyResult<Self> {
        let site = Site { name, line, body };
        let unit = Unit::find(file, text, &site).map_err(|refusal| refused(py, &refusal))?;
        Ok(Self { unit: Arc::new(unit) })
    }

    /// Names of the parameters.
    #[getter]
    fn parameters(&self) -> Vec<String> {
        self.unit.parameters().to_vec()
    }

    /// Names from outside, also with attributes.
    #[getter]
    fn outside(&self) -> Vec<String> {
        self.unit.outside().into_iter().collect()
    }

    /// The same with what the names stand for: tuples of a kind and what belongs to it.
    ///
    /// Of a function that calls itself also its number, the names and ranks of its parameters' types, and the
    /// name of its result's.
    #[pyo3(signature = (names, again = None))]
    fn named(&self, names: &Bound<'_, PyDict>, again: Option<Repeats<'_>>) -> PyResult<Self> {
        let mut found = HashMap::new();
        for (name, constant) in names {
            found.insert(name.extract()?, to_constant(&constant)?);
        }
        let again = again.map(|it| to_again(&it)).transpose()?;
        Ok(Self { unit: Arc::new(self.unit.with_again(found, again)) })
    }
}

/// Number, types of parameters, result.
type Repeats<'py> = (u64, Vec<Bound<'py, PyAny>>, Bound<'py, PyAny>);

fn to_again((id, types, returns): &Repeats<'_>) -> PyResult<Again> {
    let types = types.iter().map(to_said).collect::<PyResult<_>>()?;
    Ok(Again { id: *id, types, returns: to_said(returns)? })
}

/// A type as `given._said` tells it.
fn to_said(told: &Bound<'_, PyAny>) -> PyResult<Said> {
    let kind: String = told.get_item(0)?.extract()?;
    let dtype = || {
        let name: String = told.get_item(1)?.extract()?;
        let found = DType::from_name(&name);
        found.ok_or_else(|| PyValueError::new_err(format!("no type is a {name}")))
    };
    Ok(match kind.as_str() {
        "number" => Said::Number(dtype()?),
        "array" => Said::Array(dtype()?, told.get_item(2)?.extract()?),
        "tuple" => {
            let items: Vec<Bound<'_, PyAny>> = told.get_item(1)?.extract()?;
            let items: Vec<_> = items.iter().map(to_said).collect::<PyResult<_>>()?;
            let class = told.get_item(2)?;
            Said::Tuple(if class.is_none() {
                items.into()
            } else {
                Items::named(class_of(&class)?, items)
            })
        }
        _ => Said::None,
    })
}

fn class_of(class: &Bound<'_, PyAny>) -> PyResult<Arc<Record>> {
    let found = record(class.cast::<PyType>().map_err(PyErr::from)?)?;
    found.ok_or_else(|| PyValueError::new_err("not a class of named tuples"))
}

fn to_constant(given: &Bound<'_, PyAny>) -> PyResult<Constant> {
    let given = given.cast::<PyTuple>()?;
    let kind: String = given.get_item(0)?.extract()?;
    let value = || given.get_item(1);
    Ok(match kind.as_str() {
        "int" => Constant::Int(value()?.extract()?),
        "large" => Constant::Large(value()?.extract()?),
        "float" => Constant::Float(value()?.extract()?),
        "bool" => Constant::Bool(value()?.extract()?),
        "complex" => Constant::Complex(value()?.extract()?, given.get_item(2)?.extract()?),
        "none" => Constant::None,
        "text" => Constant::Text(value()?.extract()?),
        "named" => Constant::Named(value()?.extract()?),
        "module" => Constant::Module,
        "class" => {
            let class = value()?;
            let defaults = given.get_item(2)?.cast_into::<PyDict>().map_err(PyErr::from)?;
            let mut found = Vec::new();
            for (name, constant) in defaults {
                found.push((name.extract()?, to_constant(&constant)?));
            }
            Constant::Class(class_of(&class)?, found)
        }
        "named_tuple" => {
            let mut items = Vec::new();
            for item in given.get_item(2)?.try_iter()? {
                items.push(to_constant(&item?)?);
            }
            Constant::NamedTuple(class_of(&value()?)?, items)
        }
        "again" => Constant::Again(value()?.extract()?),
        "array" => Constant::Array(value()?.extract()?),
        "exception" => Constant::Exception(value()?.extract()?),
        "other" => Constant::Other(value()?.extract()?),
        "unit" => {
            let value = value()?;
            let source = value.cast::<JitSource>().map_err(PyErr::from)?;
            Constant::Unit(source.get().unit.clone())
        }
        "tuple" => {
            let mut items = Vec::new();
            for item in value()?.try_iter()? {
                items.push(to_constant(&item?)?);
            }
            Constant::Tuple(items)
        }
        other => return Err(PyValueError::new_err(format!("no constant is a {other}"))),
    })
}

/// `abreast.errors.LanguageError`, with the place.
pub(super) fn refused(py: Python<'_>, refusal: &Refusal) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let class = py.import("abreast.errors")?.getattr("LanguageError")?;
        let error = class.call1((refusal.to_string(),))?;
        error.setattr("file", &refusal.file)?;
        error.setattr("line", refusal.line)?;
        error.setattr("column", refusal.column)?;
        error.setattr("function", &refusal.function)?;
        Ok(PyErr::from_value(error))
    };
    make().unwrap_or_else(|_| PyTypeError::new_err(refusal.to_string()))
}
