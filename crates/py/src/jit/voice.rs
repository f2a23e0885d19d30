//! What compiled functions print: the kernel says numbers, Python prints them.
//!
//! Python's own `print` does it, on the thread of the call, so it looks as it always does and goes wherever
//! `sys.stdout` leads there. It is done when somebody asks whether to stop, some fifty times a second, when
//! much has come together, and when the kernel has ended: before an exception is raised.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devices::cpu::{Listening, Spool, listen};
use memory::{DType, Scalar};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};
use source::{Formatted, Part, Print, ResultType, Shown};

use super::argument::scalar_class;
use super::result::{leaves, value};

/// What one call prints.
pub(super) struct Voice<'a> {
    prints: &'a [Print],
    heard: Option<(Arc<Spool>, Listening)>,
    /// Arrays of which elements were said.
    arrays: Mutex<Vec<Said>>,
}

/// An array as it is said.
struct Said {
    dtype: DType,
    lengths: Vec<u64>,
    bytes: Vec<u8>,
}

impl<'a> Voice<'a> {
    /// For a kernel that is launched on this thread, as long as this is there.
    pub(super) fn new(prints: &'a [Print]) -> Self {
        let heard = (!prints.is_empty()).then(|| {
            let spool = Arc::new(Spool::default());
            let listening = listen(spool.clone());
            (spool, listening)
        });
        Self { prints, heard, arrays: Mutex::default() }
    }

    fn pending(&self) -> MutexGuard<'_, Vec<Said>> {
        self.arrays.lock().unwrap_or_else(PoisonError::into_inner)
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
            match it.part {
                Some(Part::Begin(dtype)) => {
                    let said = Said { dtype, lengths: words, bytes: Vec::new() };
                    self.pending().push(said);
                    continue;
                }
                Some(Part::Element) => {
                    if let Some(said) = self.pending().last_mut() {
                        let size = said.dtype.part().size();
                        for word in words {
                            said.bytes.extend(&word.to_ne_bytes()[..size]);
                        }
                    }
                    continue;
                }
                None => {}
            }
            let arrays = std::mem::take(&mut *self.pending());
            let arrays: PyResult<Vec<_>> = arrays.into_iter().map(|it| array(py, &it)).collect();
            let arrays = arrays?;
            let mut words = words.into_iter();
            let items: PyResult<Vec<_>> =
                it.items.iter().map(|it| shown(py, it, &mut words, &arrays)).collect();
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
    arrays: &[Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    Ok(match it {
        Shown::Text(text) => PyString::new(py, text).into_any(),
        Shown::Value(ty) => object(py, ty, words, arrays)?,
        Shown::Format(parts) => {
            let mut all = String::new();
            for part in parts {
                match part {
                    Formatted::Text(text) => all.push_str(text),
                    Formatted::Value(ty, conversion, spec) => {
                        let mut found = object(py, ty, words, arrays)?;
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
    arrays: &[Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    let mut dtypes: Vec<DType> = Vec::new();
    leaves(ty, &mut dtypes);
    // Memory holds them in the machine's order, the lowest bytes first.
    let mut numbers = dtypes
        .into_iter()
        .zip(words)
        .map(|(dtype, word)| Scalar::from_bytes(dtype, &u128::from(word).to_ne_bytes()));
    value(py, ty, &mut numbers, &|place| arrays.get(place).cloned())
}

/// The array that was said.
fn array<'py>(py: Python<'py>, said: &Said) -> PyResult<Bound<'py, PyAny>> {
    let class = scalar_class(py, said.dtype)?;
    let bytes = PyBytes::new(py, &said.bytes);
    let flat = py.import("numpy")?.call_method1("frombuffer", (bytes, class))?;
    flat.call_method1("reshape", (PyTuple::new(py, &said.lengths)?,))
}
