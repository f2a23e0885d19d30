//! Pools of threads of this process, on the same claim queue as processes.
//!
//! Locks here are never held while a Python object is made or dropped: that can run any code, on
//! any thread, and with it somebody who wants the same lock.

use crate::call::{APPLY, FAILURE, VALUE, WATCHED, WATCHED_TASKS, apply, call};
use crate::enter::{enter, outside};
use pyo3::PyTypeInfo;
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tasks::{Bell, Claim, Pace, Queue};

/// Positions, and blocks, that exist at one time.
const CELLS: usize = 1 << 16;
/// How long a thread that waits inside a task looks away from the queue.
const HELP_SLICE: Duration = Duration::from_millis(1);

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

struct Shared {
    next: AtomicU64,
    published: AtomicU64,
    cells: Vec<AtomicU64>,
    slots: Vec<Slot>,
    state: Mutex<State>,
    closed: AtomicBool,
    before: Py<PyAny>,
    after: Py<PyAny>,
}

struct Slot {
    bell: AtomicU32,
    /// Goes up when the thread of this slot is given up; who served before then leaves.
    generation: AtomicU64,
    running: Mutex<Option<Running>>,
}

struct Running {
    job: Arc<Job>,
    /// The thread, as `threading.get_ident` names it.
    thread: u64,
}

#[derive(Default)]
struct State {
    blocks: Vec<Option<Arc<Block>>>,
    free: Vec<u32>,
    pending: VecDeque<Block>,
}

struct Block {
    job: Arc<Job>,
    items: Vec<Py<PyAny>>,
    first_index: u64,
    first_position: u64,
    left: AtomicU64,
}

struct Job {
    function: Option<Py<PyAny>>,
    style: u64,
    watched: AtomicU32,
    progress: Mutex<Progress>,
    changed: Condvar,
}

struct Progress {
    done: Vec<Done>,
    pace: Pace,
    outstanding: u64,
    running: u64,
    pushed: u64,
    callback: Option<Py<PyAny>>,
}

struct Done {
    index: u64,
    result: PyResult<Py<PyAny>>,
    note: bool,
}

thread_local! {
    /// The pool that the current thread serves, if any, and its slot there.
    static SERVING: Cell<Option<(*const Shared, usize)>> = const { Cell::new(None) };
}

#[pymethods]
impl ThreadPool {
    #[new]
    fn new(workers: usize, before: Py<PyAny>, after: Py<PyAny>) -> Self {
        let slot = || Slot {
            bell: AtomicU32::new(0),
            generation: AtomicU64::new(0),
            running: Mutex::new(None),
        };
        let shared = Shared {
            next: AtomicU64::new(0),
            published: AtomicU64::new(0),
            cells: (0..CELLS).map(|_| AtomicU64::new(0)).collect(),
            slots: (0..workers).map(|_| slot()).collect(),
            state: Mutex::default(),
            closed: AtomicBool::new(false),
            before,
            after,
        };
        Self { shared: Arc::new(shared) }
    }

    /// A job whose tasks call `function` (none: each brings its own) in this style.
    #[pyo3(signature = (function, style))]
    fn open(&self, function: Option<Py<PyAny>>, style: u64) -> ThreadJob {
        let progress = Progress {
            done: Vec::new(),
            pace: Pace::new(self.shared.slots.len()),
            outstanding: 0,
            running: 0,
            pushed: 0,
            callback: None,
        };
        let job = Job {
            function,
            style,
            watched: AtomicU32::new(0),
            progress: Mutex::new(progress),
            changed: Condvar::new(),
        };
        ThreadJob { shared: self.shared.clone(), job: Arc::new(job) }
    }

    /// Run tasks in the calling thread, as worker `slot`, until the pool is closed.
    fn serve(&self, py: Python<'_>, slot: usize, thread: u64) {
        SERVING.set(Some((Arc::as_ptr(&self.shared), slot)));
        self.shared.serve(py, slot, thread);
        SERVING.set(None);
    }

    /// Tasks that are neither done nor withdrawn.
    fn outstanding(&self) -> u64 {
        let state = self.shared.state();
        let pending: usize = state.pending.iter().map(|block| block.items.len()).sum();
        let left = |block: &Arc<Block>| block.left.load(Ordering::Acquire);
        pending as u64 + state.blocks.iter().flatten().map(left).sum::<u64>()
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

    /// Append a task for each of `items`.
    fn push(&self, items: &Bound<'_, PyAny>) -> PyResult<()> {
        if self.shared.closed.load(Ordering::Acquire) {
            return Err(PyRuntimeError::new_err("the pool is closed"));
        }
        let most = self.job.progress().pace.block();
        let mut items = items.try_iter()?.map(|item| item.map(Bound::unbind));
        loop {
            let block = items.by_ref().take(most).collect::<PyResult<Vec<_>>>()?;
            if block.is_empty() {
                return Ok(());
            }
            let count = block.len() as u64;
            let first_index = {
                let mut progress = self.job.progress();
                progress.outstanding += count;
                progress.pushed += count;
                progress.pushed - count
            };
            let block = Block {
                job: self.job.clone(),
                items: block,
                first_index,
                first_position: 0,
                left: AtomicU64::new(count),
            };
            let mut state = self.shared.state();
            state.pending.push_back(block);
            self.shared.pump(&mut state);
        }
    }

    /// As `ProcessJob.pull`; failures are the exceptions themselves.
    fn pull<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
        results: Option<Bound<'py, PyList>>,
    ) -> PyResult<(usize, usize, Vec<Bound<'py, PyTuple>>)> {
        self.wait(py, timeout)?;
        let done = std::mem::take(&mut self.job.progress().done);
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
        Ok((count, notes, events))
    }

    /// Wait at most `timeout` seconds until something is done; true when it is.
    ///
    /// Inside a task of the same pool, queued tasks are run meanwhile.
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let here = Arc::as_ptr(&self.shared);
        let Some((_, slot)) = SERVING.get().filter(|(pool, _)| *pool == here) else {
            if self.ready() {
                return Ok(true);
            }
            return enter(py, timeout, |slice| self.job.wait(slice));
        };
        let deadline = timeout.map(|seconds| {
            Instant::now()
                + Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX / 4)
        });
        let thread = self.shared.slots[slot].running().as_ref().map_or(0, |running| running.thread);
        loop {
            if self.job.is_ready() {
                return Ok(true);
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(false);
            }
            if !self.shared.run_one(py, slot, thread) {
                enter(py, Some(HELP_SLICE.as_secs_f64()), |slice| self.job.wait(slice))?;
            }
        }
    }

    /// Whether something is done and was not taken yet.
    fn ready(&self) -> bool {
        !self.job.progress().done.is_empty()
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

    /// Withdraw what no thread has taken; answers how many.
    fn cancel(&self, py: Python<'_>) -> u64 {
        let withdrawn = self.shared.withdraw(&self.job);
        self.job.finish(py, withdrawn, None);
        withdrawn
    }

    /// Raise `KeyboardInterrupt` in the threads that run tasks of the job.
    ///
    /// It arrives when the task runs Python code again. With `kill`, threads that did not stop are
    /// given up: answers their slots, for which the caller starts new threads.
    fn interrupt(&self, py: Python<'_>, kill: bool) -> Vec<usize> {
        let mut given_up = Vec::new();
        for (number, slot) in self.shared.slots.iter().enumerate() {
            let mut running = slot.running();
            if !running.as_ref().is_some_and(|running| Arc::ptr_eq(&running.job, &self.job)) {
                continue;
            }
            let thread = running.as_ref().expect("looked at above").thread;
            raise(thread, PyKeyboardInterrupt::type_object(py).as_ptr());
            if kill {
                slot.generation.fetch_add(1, Ordering::SeqCst);
                // Not dropped here: see the top of this file. The job is alive in `self`.
                *running = None;
                given_up.push(number);
            }
        }
        if kill {
            self.job.finish(py, given_up.len() as u64, None);
        }
        given_up
    }

    /// Have `callback()` called, on the thread that finishes the last task.
    fn watch(&self, py: Python<'_>, callback: Py<PyAny>) -> PyResult<()> {
        let waiting = {
            let mut progress = self.job.progress();
            if progress.outstanding == 0 {
                Some(callback)
            } else {
                progress.callback = Some(callback);
                None
            }
        };
        waiting.map_or(Ok(()), |callback| callback.call0(py).map(drop))
    }
}

/// Have `exception` raised in `thread` when it next runs Python code; null takes that back.
fn raise(thread: u64, exception: *mut ffi::PyObject) {
    // SAFETY: the interpreter is attached (all callers hold it), an unknown thread is ignored, and
    // `exception` is a type that lives as long as the interpreter, or null.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread.cast_signed(), exception) };
}

impl Slot {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().expect("slot")
    }
}

impl Job {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().expect("progress")
    }

    fn is_ready(&self) -> bool {
        let progress = self.progress();
        !progress.done.is_empty() || progress.outstanding == 0
    }

    fn wait(&self, slice: Duration) -> bool {
        let idle = |progress: &mut Progress| progress.done.is_empty() && progress.outstanding > 0;
        let progress = self.progress();
        let (progress, _) =
            self.changed.wait_timeout_while(progress, slice, idle).expect("progress");
        !progress.done.is_empty() || progress.outstanding == 0
    }

    /// `count` tasks are over; `done` is what became of the one that ran.
    fn finish(&self, py: Python<'_>, count: u64, done: Option<(Done, u64)>) {
        if count == 0 {
            return;
        }
        let callback = {
            let mut progress = self.progress();
            progress.outstanding = progress.outstanding.saturating_sub(count);
            if let Some((done, nanos)) = done {
                progress.pace.record(1, nanos);
                progress.running -= 1;
                progress.done.push(done);
            }
            if progress.outstanding == 0 { progress.callback.take() } else { None }
        };
        self.changed.notify_all();
        if let Some(callback) = callback
            && let Err(error) = callback.call0(py)
        {
            error.write_unraisable(py, None);
        }
    }
}

impl Shared {
    fn queue(&self) -> Queue<'_> {
        Queue::new(&self.next, &self.published, &self.cells)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("state")
    }

    fn pump(&self, state: &mut State) {
        let queue = self.queue();
        let mut published = 0;
        while let Some(next) = state.pending.front() {
            let count = next.items.len() as u64;
            if !queue.has_room(count) || (state.free.is_empty() && state.blocks.len() >= CELLS) {
                break;
            }
            let mut block = state.pending.pop_front().expect("looked at above");
            let id = state.free.pop().unwrap_or_else(|| {
                state.blocks.push(None);
                state.blocks.len() as u32 - 1
            });
            block.first_position = queue.end();
            state.blocks[id as usize] = Some(Arc::new(block));
            queue.publish(id, count, |_, _, _| ());
            published += count;
        }
        for slot in &self.slots {
            if published == 0 {
                break;
            }
            published -= u64::from(Bell::new(&slot.bell).ring());
        }
    }

    fn serve(&self, py: Python<'_>, slot: usize, thread: u64) {
        let generation = self.slots[slot].generation.load(Ordering::SeqCst);
        let current = || self.slots[slot].generation.load(Ordering::SeqCst) == generation;
        while current() {
            if self.run_one(py, slot, thread) {
                continue;
            }
            let closed = || self.closed.load(Ordering::SeqCst);
            if closed() {
                break;
            }
            let bell = Bell::new(&self.slots[slot].bell);
            outside(py, || bell.sleep(None, || self.queue().has_ready() || closed()));
        }
    }

    /// Run the next task, if there is one; false when there is none.
    fn run_one(&self, py: Python<'_>, slot: usize, thread: u64) -> bool {
        let Some(Claim { position, block: id }) = self.queue().claim(slot as u16) else {
            return false;
        };
        let block = self.state().blocks[id as usize].clone().expect("a claimed task's block");
        let offset = position - block.first_position;
        let index = block.first_index + offset;
        let (job, item) = (&block.job, block.items[offset as usize].bind(py).clone());
        job.progress().running += 1;
        let generation = self.slots[slot].generation.load(Ordering::SeqCst);
        let outer = self.slots[slot].running().replace(Running { job: job.clone(), thread });
        let start = shm::os::now();
        let (result, note) = self.run(job, index, item);
        let nanos = shm::os::now() - start;
        {
            let mut running = self.slots[slot].running();
            // An interrupt that came too late must not hit what this thread does next.
            raise(thread, std::ptr::null_mut());
            if self.slots[slot].generation.load(Ordering::SeqCst) != generation {
                return true;
            }
            // `outer` is none, or a job that an enclosing task keeps alive.
            *running = outer;
        }
        let result = result.map(Bound::unbind);
        job.finish(py, 1, Some((Done { index, result, note }, nanos)));
        if block.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.forget(id);
        }
        true
    }

    fn run<'py>(
        &self,
        job: &Job,
        index: u64,
        item: Bound<'py, PyAny>,
    ) -> (PyResult<Bound<'py, PyAny>>, bool) {
        let py = item.py();
        let Some(function) = &job.function else {
            debug_assert_eq!(job.style & !WATCHED, APPLY);
            return (apply(item, Ok), false);
        };
        let function = function.bind(py);
        if job.style & WATCHED == 0
            || job.watched.fetch_add(1, Ordering::Relaxed) >= 2 * WATCHED_TASKS
        {
            return (call(function, job.style, index, item), false);
        }
        let before = self.before.bind(py).call1((function,));
        let result = call(function, job.style, index, item);
        let drew = before.and_then(|before| self.after.bind(py).call1((before,))?.is_truthy());
        (result, drew.unwrap_or(false))
    }

    /// A block is done: drop it, outside the lock, and publish what waits for its place.
    fn forget(&self, id: u32) {
        let block = {
            let mut state = self.state();
            state.free.push(id);
            let block = state.blocks[id as usize].take();
            if !state.pending.is_empty() {
                self.pump(&mut state);
            }
            block
        };
        drop(block);
    }

    fn withdraw(&self, job: &Arc<Job>) -> u64 {
        let (mut withdrawn, mut dropped) = (0, Vec::new());
        let mut emptied = Vec::new();
        {
            let mut state = self.state();
            for block in std::mem::take(&mut state.pending) {
                if Arc::ptr_eq(&block.job, job) {
                    withdrawn += block.items.len() as u64;
                    dropped.push(block);
                } else {
                    state.pending.push_back(block);
                }
            }
            for (id, block) in state.blocks.iter().enumerate() {
                let Some(block) = block.as_ref().filter(|block| Arc::ptr_eq(&block.job, job))
                else {
                    continue;
                };
                let positions =
                    block.first_position..block.first_position + block.items.len() as u64;
                let voided =
                    positions.filter(|&position| self.queue().void(position)).count() as u64;
                withdrawn += voided;
                if voided > 0 && block.left.fetch_sub(voided, Ordering::AcqRel) == voided {
                    emptied.push(id as u32);
                }
            }
        }
        for id in emptied {
            self.forget(id);
        }
        drop(dropped);
        withdrawn
    }
}
