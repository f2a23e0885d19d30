//! Errors of the buffer protocol that NumPy drops.
//!
//! `np.asarray(x)` asks for a buffer first, forgets whatever that raises, and asks `__array__` then, which would compute
//! everything a second time: a Ctrl-C would go unheard. So what was raised is raised there once more.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyTuple;

/// Who asks after more than that asks anew.
const AT_ONCE: Duration = Duration::from_millis(50);

struct Missed {
    array: usize,
    when: Instant,
    error: Py<PyAny>,
}

thread_local! {
    static LAST: RefCell<Option<Missed>> = const { RefCell::new(None) };
}

/// The buffer of this array was not given.
pub(crate) fn note(array: &Bound<'_, PyAny>, error: &PyErr) {
    let value = error.value(array.py());
    // One like it: the error itself will know the frames that it passes.
    let again = || -> PyResult<Bound<'_, PyAny>> {
        value.get_type().call1(value.getattr("args")?.cast_into::<PyTuple>()?)
    };
    let Ok(made) = again() else { return };
    let (array, when) = (array.as_ptr().addr(), Instant::now());
    LAST.replace(Some(Missed { array, when, error: made.unbind() }));
}

/// What this array's buffer raised just now.
pub(crate) fn take(array: &Bound<'_, PyAny>) -> Option<PyErr> {
    let last = LAST.take()?;
    let fresh = last.array == array.as_ptr().addr() && last.when.elapsed() < AT_ONCE;
    fresh.then(|| PyErr::from_value(last.error.into_bound(array.py())))
}
