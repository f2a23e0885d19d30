//! Classes of named tuples, by numbers that are part of keys.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};
use source::Record;

/// All that were met. They stay: programs that were compiled for them do.
static CLASSES: Mutex<Vec<(Py<PyType>, Arc<Record>)>> = Mutex::new(Vec::new());

/// Most items of a named tuple, which have eight bits of a key.
const MOST: usize = 255;

/// What a class of named tuples is; nothing for other classes.
pub(super) fn record(class: &Bound<'_, PyType>) -> PyResult<Option<Arc<Record>>> {
    let find = || {
        let all = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|it| it.0.is(class)).map(|it| it.1.clone())
    };
    if let Some(known) = find() {
        return Ok(Some(known));
    }
    let fields = match class.getattr("_fields") {
        Ok(fields) => fields.extract::<Vec<String>>().unwrap_or_default(),
        Err(_) => return Ok(None),
    };
    if fields.is_empty() || fields.len() > MOST || !class.is_subclass_of::<PyTuple>()? {
        return Ok(None);
    }
    let name = class.qualname()?.to_string();
    let mut all = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.iter().find(|it| it.0.is(class)) {
        return Ok(Some(known.1.clone()));
    }
    let made = Arc::new(Record { id: all.len() as u32, name, fields });
    all.push((class.clone().unbind(), made.clone()));
    Ok(Some(made))
}

/// The class with a number.
pub(super) fn numbered(id: u64) -> Option<Arc<Record>> {
    let all = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(usize::try_from(id).ok()?).map(|it| it.1.clone())
}

/// A named tuple of such a class.
pub(super) fn made<'py>(class: &Record, items: Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let py = items.py();
    let found = {
        let all = CLASSES.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(class.id as usize).map(|it| it.0.clone_ref(py))
    };
    let found =
        found.ok_or_else(|| PyRuntimeError::new_err("a class of named tuples is missing"))?;
    found.bind(py).call_method1("_make", (items,))
}
