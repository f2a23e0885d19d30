//! Pools of threads of this process, on the same claim queue as processes.
//!
//! Locks here are never held while a Python object is made or dropped: that can run any code, on
//! any thread, and with it somebody who wants the same lock.

mod engine;
mod job;

use crate::call::{FAILURE, VALUE};
use crate::enter::enter;
use crate::journal::{Clock, Entry, Journal};
use engine::{Shared, raise};
use job::{Done, Job, Said};
use pyo3::PyTypeInfo;
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedStr;
use pyo3::types::{PyList, PyString, PyTuple};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tasks::Bell;

/// How long a thread that waits inside a task looks away from the queue.
const HELP_SLICE: Duration = Duration::from_millis(1);

/// What `pull` answers: tasks that ended, notes, outcomes, what was said.
type Pulled<'py> = (usize, usize, Vec<Bound<'py, PyTuple>>, Vec<Bound<'py, PyTuple>>);

/// A pool of threads; Python starts them and lets them `serve`.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct ThreadPool {
    shared: Arc<Shared>,
}

/// The tasks of one call.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct ThreadJob {
    shared: Arc<Shared>,
    job: Arc<Job>,
}

#[pymethods]
impl ThreadPool {
    #[new]
    fn new(
        workers: usize,
        before: Py<PyAny>,
        after: Py<PyAny>,
        journal: &Journal,
        plan: &str,
    ) -> Self {
        let (journal, plan) = (journal.journal.clone(), plan.into());
        Self { shared: Arc::new(Shared::new(workers, before, after, journal, plan)) }
    }

    /// A job whose tasks call `function` (none: each brings its own) in this style.
    ///
    /// `heard`: what they say goes to `pull`. `title` says caller and function to the journal.
    #[pyo3(signature = (function, style, heard, title = None))]
    fn open(
        &self,
        function: Option<Py<PyAny>>,
        style: u64,
        heard: bool,
        title: Option<(PyBackedStr, PyBackedStr)>,
    ) -> ThreadJob {
        let total = self.shared.outstanding.clone();
        let job = Job::new(function, style, heard, self.shared.slots.len(), total);
        let title = title.as_ref().map(|(caller, function)| (&**caller, &**function));
        job.enter(self.shared.entry().begin(title), 0);
        ThreadJob { shared: self.shared.clone(), job: Arc::new(job) }
    }

    /// Run tasks in the calling thread, as worker `slot`, until the pool is closed.
    fn serve(&self, py: Python<'_>, slot: usize, thread: u64) {
        self.shared.enroll(slot, thread);
        SERVING.set(Some((self.shared.clone(), slot)));
        self.shared.serve(py, slot, thread);
        // Dropped outside of the cell: with the last reference go Python objects.
        drop(SERVING.take());
    }

    /// Tasks that are neither done nor withdrawn.
    fn outstanding(&self) -> u64 {
        self.shared.outstanding.load(Ordering::Acquire)
    }

    /// Have every thread leave as soon as it has nothing to do.
    fn close(&self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        for slot in &self.shared.slots {
            Bell::new(&slot.bell).ring();
        }
    }
}

#[pymethods]
impl ThreadJob {
    /// How many more tasks are wanted now.
    fn want(&self) -> usize {
        let progress = self.job.progress();
        let (ahead, outstanding) = (progress.pace.ahead(), progress.outstanding as usize);
        if outstanding <= ahead - ahead / 4 { ahead - outstanding } else { 0 }
    }

    /// Append a task for each of `items`; with `at`, at the indices from there on. `name`: that of
    /// the function which the only item brings, for the journal.
    #[pyo3(signature = (items, at = None, name = None))]
    fn push(
        &self,
        items: &Bound<'_, PyAny>,
        mut at: Option<u64>,
        name: Option<&Bound<'_, PyString>>,
    ) -> PyResult<()> {
        if self.shared.closed.load(Ordering::Acquire) {
            return Err(PyRuntimeError::new_err("the pool is closed"));
        }
        let start = self.shared.journal.is_on().then(shm::os::now);
        let mut counted = 0;
        if let Some(name) = name {
            let (call, first) = self.shared.entry().join(name.to_str()?, 1);
            self.job.enter(call, first);
            counted = 1;
        }
        let mut count = 0;
        let most = self.job.progress().pace.block();
        let mut items = items.try_iter()?.map(|item| item.map(Bound::unbind));
        loop {
            let block = items.by_ref().take(most).collect::<PyResult<Vec<_>>>()?;
            if block.is_empty() {
                break;
            }
            let more = block.len();
            count += more;
            self.shared.push(&self.job, block, at);
            at = at.map(|at| at + more as u64);
        }
        if let Some((start, mut journal)) = start.zip(self.shared.journal.write()) {
            let now = shm::os::now();
            journal.pushed(self.job.entry().0, (count - counted) as u64, now - start, now);
        }
        Ok(())
    }

    /// As `ProcessJob.pull`; failures are the exceptions themselves.
    fn pull<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
        results: Option<Bound<'py, PyList>>,
    ) -> PyResult<Pulled<'py>> {
        let mut clock = Clock::new(&self.shared.journal);
        self.wait(py, timeout)?;
        clock.waited();
        let (done, said) = {
            let mut progress = self.job.progress();
            (std::mem::take(&mut progress.done), std::mem::take(&mut progress.said))
        };
        let said = said.into_iter().map(|it| (it.index, it.tag, it.what).into_pyobject(py));
        let said = said.collect::<PyResult<_>>()?;
        let (count, mut notes, mut events) = (done.len(), 0, Vec::new());
        for Done { index, result, note } in done {
            notes += usize::from(note);
            let (kind, value) = match (result, &results) {
                (Ok(value), Some(results)) => {
                    results.set_item(index as usize, value)?;
                    continue;
                }
                (Ok(value), None) => (VALUE, value.into_bound(py)),
                (Err(error), _) => (FAILURE, error.into_value(py).into_bound(py).into_any()),
            };
            events.push((index, kind, value).into_pyobject(py)?);
        }
        clock.pulled(&self.shared.journal, self.job.entry().0, None);
        Ok((count, notes, events, said))
    }

    /// Number of the call in the journal; zero for none.
    fn entry(&self) -> u32 {
        self.job.entry().0
    }

    /// Wait at most `timeout` seconds until something is done; true when it is.
    ///
    /// Inside a task of the same pool, queued tasks are run meanwhile.
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let Some(slot) = self.shared.slot_here() else {
            if self.ready() {
                return Ok(true);
            }
            return enter(py, timeout, |slice| self.job.wait(slice));
        };
        let deadline = timeout.map(|seconds| {
            Instant::now()
                + Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX / 4)
        });
        let thread = self.shared.thread_of(slot);
        loop {
            if self.job.is_ready() {
                return Ok(true);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(false);
            }
            // The exception waits for Python code to run.
            if self.shared.slots[slot].running().as_ref().is_some_and(|it| it.interrupted) {
                return Ok(false);
            }
            if !self.shared.run_one(py, slot, thread) {
                enter(py, Some(HELP_SLICE.as_secs_f64()), |slice| self.job.wait(slice))?;
            }
        }
    }

    /// Whether something is done and was not taken yet.
    fn ready(&self) -> bool {
        let progress = self.job.progress();
        !progress.done.is_empty() || !progress.said.is_empty()
    }

    /// Pass over an index, of an item that cannot be pushed.
    fn skip(&self) {
        self.job.progress().pushed += 1;
    }

    /// Tasks that are neither delivered nor withdrawn.
    fn outstanding(&self) -> u64 {
        self.job.progress().outstanding
    }

    /// Whether a thread runs one of the tasks.
    fn running(&self) -> bool {
        self.job.progress().running > 0
    }

    /// Withdraw what no thread has taken, from index `first` on; answers how many.
    #[pyo3(signature = (first = 0))]
    fn cancel(&self, py: Python<'_>, first: u64) -> usize {
        let withdrawn = self.shared.withdraw(&self.job, first).len();
        self.job.finish(py, withdrawn as u64, None);
        withdrawn
    }

    /// Raise `KeyboardInterrupt` in the threads that run tasks of the job.
    ///
    /// It arrives when the task runs Python code again.
    fn interrupt(&self, py: Python<'_>) {
        let exception = PyKeyboardInterrupt::type_object(py);
        let own = self.shared.slot_here();
        for (number, slot) in self.shared.slots.iter().enumerate() {
            // A task that asks for this means the others.
            if own == Some(number) {
                continue;
            }
            if let Some(running) = slot.running().as_mut().filter(|it| it.is_of(&self.job)) {
                running.interrupted = true;
                raise(running.thread, exception.as_ptr());
            }
        }
    }

    /// As `interrupt` for one task alone; answers whether it ran.
    fn halt(&self, py: Python<'_>, index: u64) -> bool {
        let exception = PyKeyboardInterrupt::type_object(py);
        let meant = |it: &&mut engine::Running| it.index == index && it.is_of(&self.job);
        self.shared.slots.iter().any(|slot| {
            let mut running = slot.running();
            let Some(running) = running.as_mut().filter(meant) else { return false };
            running.interrupted = true;
            raise(running.thread, exception.as_ptr());
            true
        })
    }

    /// What runs now: tuples of index, seconds and slot. A task that waits while its thread runs
    /// another one is not among them.
    fn started(&self) -> Vec<(u64, f64, usize)> {
        let now = shm::os::now();
        let seconds = |since: u64| Duration::from_nanos(now.saturating_sub(since)).as_secs_f64();
        let slots = self.shared.slots.iter().enumerate();
        let running = slots.filter_map(|(number, slot)| {
            let running = slot.running();
            let task = running.as_ref().filter(|it| it.is_of(&self.job))?;
            Some((task.index, seconds(task.started), number))
        });
        running.collect()
    }

    /// Have tasks end with the exception `make(index)`: those that no thread has taken, or, with
    /// `kill`, those that run, or `only` one of them.
    ///
    /// The threads of the latter are given up: answers their slots, for which the caller may start
    /// new threads.
    #[pyo3(signature = (make, kill, only = None))]
    fn fail(&self, make: &Bound<'_, PyAny>, kill: bool, only: Option<u64>) -> PyResult<Vec<usize>> {
        let py = make.py();
        let (slots, indices): (Vec<usize>, Vec<u64>) = if kill {
            self.shared.give_up(&self.job, only).into_iter().unzip()
        } else {
            (Vec::new(), self.shared.withdraw(&self.job, 0))
        };
        for index in indices {
            let result = Err(PyErr::from_value(make.call1((index,))?));
            self.job.finish(py, 1, Some(Done { index, result, note: false }));
        }
        Ok(slots)
    }

    /// Have `callback()` called, on the thread that finishes the last task.
    fn watch(&self, py: Python<'_>, callback: Py<PyAny>) -> PyResult<()> {
        let waiting = {
            let mut progress = self.job.progress();
            if progress.outstanding == 0 {
                Some(callback)
            } else {
                progress.callbacks.push(callback);
                None
            }
        };
        waiting.map_or(Ok(()), |callback| callback.call0(py).map(drop))
    }
}

impl Shared {
    /// What jobs need to write into the journal.
    fn entry(&self) -> Entry<'_> {
        Entry { journal: &self.journal, plan: &self.plan, workers: self.slots.len() }
    }

    /// The slot of this pool that the calling thread serves, if it does.
    fn slot_here(self: &Arc<Self>) -> Option<usize> {
        SERVING.with_borrow(|serving| {
            serving.as_ref().filter(|(pool, _)| Arc::ptr_eq(pool, self)).map(|(_, slot)| *slot)
        })
    }

    /// The thread that runs a task in this slot, as Python names it.
    fn thread_of(&self, slot: usize) -> u64 {
        self.slots[slot].running().as_ref().map_or(0, |running| running.thread)
    }
}

/// Run one queued task of the pool that the calling thread serves, inside the task that it runs.
///
/// None if it serves no pool; otherwise whether there was a task.
#[pyfunction]
pub(crate) fn help(py: Python<'_>) -> Option<bool> {
    let (shared, slot) = SERVING.with_borrow(Clone::clone)?;
    let thread = shared.thread_of(slot);
    Some(shared.run_one(py, slot, thread))
}

/// Whether the calling thread runs tasks of a pool.
pub(crate) fn is_serving() -> bool {
    SERVING.with_borrow(Option::is_some)
}

/// Say something on behalf of the task that the calling thread runs; false when there is none, or
/// nobody asked to hear it.
#[pyfunction]
pub(crate) fn say(tag: u8, what: Py<PyAny>) -> bool {
    let Some((shared, slot)) = SERVING.with_borrow(Clone::clone) else { return false };
    let running = shared.slots[slot].running().as_ref().map(|it| (it.job.clone(), it.index));
    let Some((job, index)) = running.filter(|(job, _)| job.heard) else { return false };
    job.progress().said.push(Said { index, tag, what });
    true
}

thread_local! {
    /// The pool that the current thread serves, if any, and its slot there.
    static SERVING: RefCell<Option<(Arc<Shared>, usize)>> = const { RefCell::new(None) };
}
