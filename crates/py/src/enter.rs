//! Waiting without the interpreter's lock, but with an ear for Ctrl-C.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use std::time::{Duration, Instant};

/// Do `work` while other threads may use the interpreter: the one place where it is let go.
#[expect(clippy::disallowed_methods, reason = "this is the door that the lint points to")]
pub(crate) fn outside<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    py.detach(work)
}

/// Longest time between two looks for signals.
const SLICE: Duration = Duration::from_millis(50);

/// Call `wait` without the interpreter until it answers true or `timeout` seconds have passed.
///
/// `wait` gets the time it may take. Signal handlers run in between, on the main thread; what they
/// raise (`KeyboardInterrupt`) ends the wait.
pub(crate) fn enter(
    py: Python<'_>,
    timeout: Option<f64>,
    wait: impl Fn(Duration) -> bool + Sync,
) -> PyResult<bool> {
    let limit = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let slice = left.map_or(SLICE, |left| left.min(SLICE));
        if outside(py, || wait(slice)) {
            return Ok(true);
        }
        py.check_signals()?;
        if left == Some(Duration::ZERO) {
            return Ok(false);
        }
    }
}

/// What came while compiled code ran: what a handler of signals raises on the main thread, and what another thread
/// has had raised in this one, which only code of Python's notices.
pub(crate) fn heard(py: Python<'_>) -> PyResult<()> {
    static NOTHING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let nothing =
        NOTHING.get_or_try_init(py, || py.eval(c"lambda: None", None, None).map(Bound::unbind))?;
    nothing.call0(py)?;
    py.check_signals()
}

/// Raise `KeyboardInterrupt` again, as if Ctrl-C came once the interpreter goes on.
pub(crate) fn interrupt_soon() {
    // SAFETY: the call only marks the signal as come; it may be made at any time, on any thread.
    unsafe { pyo3::ffi::PyErr_SetInterrupt() }
}
