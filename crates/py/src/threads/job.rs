//! One call's tasks on threads, and what became of them.

use pyo3::prelude::*;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use tasks::Pace;

pub(super) struct Job {
    pub(super) function: Option<Py<PyAny>>,
    pub(super) style: u64,
    pub(super) watched: AtomicU32,
    /// What its tasks say is for `pull`.
    pub(super) heard: bool,
    /// Outstanding tasks of all jobs of the pool.
    total: Arc<AtomicU64>,
    /// What the journal calls it, and its first task there.
    entry: (AtomicU32, AtomicU64),
    pub(super) progress: Mutex<Progress>,
    pub(super) changed: Condvar,
}

pub(super) struct Progress {
    pub(super) done: Vec<Done>,
    pub(super) said: Vec<Said>,
    pub(super) pace: Pace,
    pub(super) outstanding: u64,
    pub(super) running: u64,
    pub(super) pushed: u64,
    /// Called once nothing is outstanding.
    pub(super) callbacks: Vec<Py<PyAny>>,
}

/// Something that a task said before it ended: in what way, and what.
pub(super) struct Said {
    pub(super) index: u64,
    pub(super) tag: u8,
    pub(super) what: Py<PyAny>,
}

pub(super) struct Done {
    pub(super) index: u64,
    pub(super) result: PyResult<Py<PyAny>>,
    pub(super) note: bool,
}

impl Job {
    pub(super) fn new(
        function: Option<Py<PyAny>>,
        style: u64,
        heard: bool,
        workers: usize,
        total: Arc<AtomicU64>,
    ) -> Self {
        let progress = Progress {
            done: Vec::new(),
            said: Vec::new(),
            pace: Pace::new(workers),
            outstanding: 0,
            running: 0,
            pushed: 0,
            callbacks: Vec::new(),
        };
        Self {
            function,
            style,
            heard,
            watched: AtomicU32::new(0),
            total,
            entry: Default::default(),
            progress: Mutex::new(progress),
            changed: Condvar::new(),
        }
    }

    /// Have its runs written into the journal as those of this call, counted from `first`.
    pub(super) fn enter(&self, call: u32, first: u64) {
        self.entry.0.store(call, Ordering::Relaxed);
        self.entry.1.store(first, Ordering::Relaxed);
    }

    /// Number of the call in the journal and its first task there; zero for none.
    pub(super) fn entry(&self) -> (u32, u64) {
        (self.entry.0.load(Ordering::Relaxed), self.entry.1.load(Ordering::Relaxed))
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().expect("progress")
    }

    pub(super) fn is_ready(&self) -> bool {
        let progress = self.progress();
        !progress.done.is_empty() || !progress.said.is_empty() || progress.outstanding == 0
    }

    pub(super) fn wait(&self, slice: Duration) -> bool {
        let idle = |progress: &mut Progress| progress.done.is_empty() && progress.outstanding > 0;
        let progress = self.progress();
        let (progress, _) =
            self.changed.wait_timeout_while(progress, slice, idle).expect("progress");
        // Nobody is woken for what was said: it is seen after this slice at the latest.
        !progress.done.is_empty() || !progress.said.is_empty() || progress.outstanding == 0
    }

    /// `count` tasks more, at the next indices or from `at` on; answers the index of the first.
    pub(super) fn pushed(&self, count: u64, at: Option<u64>) -> u64 {
        let mut progress = self.progress();
        progress.outstanding += count;
        self.total.fetch_add(count, Ordering::AcqRel);
        let first = at.unwrap_or(progress.pushed);
        progress.pushed = progress.pushed.max(first + count);
        first
    }

    pub(super) fn started(&self) {
        self.progress().running += 1;
    }

    pub(super) fn stopped(&self, nanos: u64) {
        let mut progress = self.progress();
        progress.pace.record(1, nanos);
        progress.running -= 1;
    }

    /// The thread of one that runs was given up.
    pub(super) fn given_up(&self) {
        self.progress().running -= 1;
    }

    /// `count` tasks are over; `done` is what became of the one that is to be told of.
    pub(super) fn finish(&self, py: Python<'_>, count: u64, done: Option<Done>) {
        if count == 0 {
            return;
        }
        let callbacks = {
            let mut progress = self.progress();
            progress.outstanding -= count;
            self.total.fetch_sub(count, Ordering::AcqRel);
            progress.done.extend(done);
            let over = progress.outstanding == 0;
            if over { std::mem::take(&mut progress.callbacks) } else { Vec::new() }
        };
        self.changed.notify_all();
        for callback in callbacks {
            if let Err(error) = callback.call0(py) {
                error.write_unraisable(py, None);
            }
        }
    }
}
