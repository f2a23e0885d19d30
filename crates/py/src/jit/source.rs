//! A function's source as Python holds it, and what Python says its names stand for.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use source::{Constant, Refusal, Site, Unit};

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
    fn named(&self, names: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut found = HashMap::new();
        for (name, constant) in names {
            found.insert(name.extract()?, to_constant(&constant)?);
        }
        Ok(Self { unit: Arc::new(self.unit.with_names(found)) })
    }
}

fn to_constant(given: &Bound<'_, PyAny>) -> PyResult<Constant> {
    let given = given.cast::<PyTuple>()?;
    let kind: String = given.get_item(0)?.extract()?;
    let value = || given.get_item(1);
    Ok(match kind.as_str() {
        "int" => Constant::Int(value()?.extract()?),
        "float" => Constant::Float(value()?.extract()?),
        "bool" => Constant::Bool(value()?.extract()?),
        "complex" => Constant::Complex(value()?.extract()?, given.get_item(2)?.extract()?),
        "none" => Constant::None,
        "text" => Constant::Text(value()?.extract()?),
        "named" => Constant::Named(value()?.extract()?),
        "module" => Constant::Module,
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
