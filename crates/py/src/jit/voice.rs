//! What compiled functions print: the kernel says numbers, Python prints them.
//!
//! Python's own `print` does it, on the thread of the call, so it looks as it always does and goes wherever
//! `sys.stdout` leads there. It is done when somebody asks whether to stop, some fifty times a second, when
//! much has come together, and when the kernel has ended: before an exception is raised.

use std::sync::Arc;

use devices::cpu::{Listening, Spool, listen};
use memory::{DType, Scalar};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use source::{Formatted, Print, ResultType, Shown};

use super::program::{leaves, value};

/// What one call prints.
pub(super) struct Voice<'a> {
    prints: &'a [Print],
    heard: Option<(Arc<Spool>, Listening)>,
}

impl<'a> Voice<'a> {
    /// For a kernel that is launched on this thread, as long as this is there.
    pub(super) fn new(prints: &'a [Print]) -> Self {
        let heard = (!prints.is_empty()).then(|| {
            let spool = Arc::new(Spool::default());
            let listening = listen(spool.clone());
            (spool, listening)
        });
        Self { prints, heard }
    }

    /// Print what was said.
    pub(super) fn speak(&self, py: Python<'_>) -> PyResult<()> {
        let Some((spool, _)) = &self.heard else { return Ok(()) };
        let said = spool.read();
        if said.is_empty() {
            return Ok(());
        }
        let print = py.import("builtins")?.getattr("print")?;
        for (number, words) in said {
            let place = usize::try_from(number).ok();
            let Some(it) = place.and_then(|it| self.prints.get(it)) else { continue };
            let mut words = words.into_iter();
            let items: PyResult<Vec<_>> =
                it.items.iter().map(|it| shown(py, it, &mut words)).collect();
            let options = PyDict::new(py);
            for (name, option) in [("sep", &it.sep), ("end", &it.end)] {
                if let Some(option) = option {
                    options.set_item(name, option)?;
                }
            }
            if it.flush {
                options.set_item("flush", true)?;
            }
            print.call(PyTuple::new(py, items?)?, Some(&options))?;
        }
        Ok(())
    }
}

fn shown<'py>(
    py: Python<'py>,
    it: &Shown,
    words: &mut impl Iterator<Item = u64>,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(match it {
        Shown::Text(text) => PyString::new(py, text).into_any(),
        Shown::Value(ty) => object(py, ty, words)?,
        Shown::Format(parts) => {
            let mut all = String::new();
            for part in parts {
                match part {
                    Formatted::Text(text) => all.push_str(text),
                    Formatted::Value(ty, conversion, spec) => {
                        let mut found = object(py, ty, words)?;
                        found = match *conversion {
                            "s" => found.str()?.into_any(),
                            "r" => found.repr()?.into_any(),
                            "a" => py.import("builtins")?.call_method1("ascii", (found,))?,
                            _ => found,
                        };
                        let text = py.import("builtins")?.call_method1("format", (found, spec))?;
                        all.push_str(&text.extract::<String>()?);
                    }
                }
            }
            PyString::new(py, &all).into_any()
        }
    })
}

/// A value of such a type, whose numbers come next.
fn object<'py>(
    py: Python<'py>,
    ty: &ResultType,
    words: &mut impl Iterator<Item = u64>,
) -> PyResult<Bound<'py, PyAny>> {
    let mut dtypes: Vec<DType> = Vec::new();
    leaves(ty, &mut dtypes);
    // Memory holds them in the machine's order, the lowest bytes first.
    let mut numbers = dtypes
        .into_iter()
        .zip(words)
        .map(|(dtype, word)| Scalar::from_bytes(dtype, &u128::from(word).to_ne_bytes()));
    value(py, ty, &mut numbers, &|_| None)
}
