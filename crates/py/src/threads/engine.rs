//! The claim queue of a thread pool, and the loop that its threads run.

use super::job::{Done, Job};
use crate::call::{APPLY, WATCHED, WATCHED_TASKS, apply, call};
use crate::enter::outside;
use pyo3::ffi;
use pyo3::prelude::*;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tasks::{Bell, Claim, Journal, Queue, Run, RunEnd};

/// Positions, and blocks, that exist at one time.
const CELLS: usize = 1 << 16;

pub(super) struct Shared {
    pub(super) next: AtomicU64,
    pub(super) published: AtomicU64,
    pub(super) cells: Vec<AtomicU64>,
    pub(super) slots: Vec<Slot>,
    pub(super) state: Mutex<State>,
    pub(super) closed: AtomicBool,
    /// Tasks that are neither done nor withdrawn.
    pub(super) outstanding: Arc<AtomicU64>,
    pub(super) before: Py<PyAny>,
    pub(super) after: Py<PyAny>,
    pub(super) journal: Arc<Journal>,
    /// What the journal calls the plan, and this pool.
    pub(super) plan: Arc<str>,
    number: u32,
}

pub(super) struct Slot {
    pub(super) bell: AtomicU32,
    /// Goes up when the thread of this slot is given up; who served before then leaves.
    pub(super) generation: AtomicU64,
    /// What the journal calls the thread that serves.
    lane: AtomicU32,
    /// Nanoseconds of tasks that ran inside the one that runs.
    inside: AtomicU64,
    pub(super) running: Mutex<Option<Running>>,
}

pub(super) struct Running {
    pub(super) job: Arc<Job>,
    pub(super) index: u64,
    /// When it began.
    pub(super) started: u64,
    /// The thread, as `threading.get_ident` names it.
    pub(super) thread: u64,
    /// It was asked to stop.
    pub(super) interrupted: bool,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) blocks: Vec<Option<Arc<Block>>>,
    pub(super) free: Vec<u32>,
    pub(super) pending: VecDeque<Block>,
}

pub(super) struct Block {
    pub(super) job: Arc<Job>,
    pub(super) items: Vec<Py<PyAny>>,
    pub(super) first_index: u64,
    pub(super) first_position: u64,
    pub(super) left: AtomicU64,
}

/// Have `exception` raised in `thread` when it next runs Python code; null takes that back.
pub(super) fn raise(thread: u64, exception: *mut ffi::PyObject) {
    // SAFETY: the interpreter is attached (all callers hold it), an unknown thread is ignored, and
    // `exception` is a type that lives as long as the interpreter, or null.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread.cast_signed(), exception) };
}

impl Running {
    pub(super) fn is_of(&self, job: &Arc<Job>) -> bool {
        Arc::ptr_eq(&self.job, job)
    }
}

impl Slot {
    pub(super) fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().expect("slot")
    }
}

impl Shared {
    pub(super) fn new(
        workers: usize,
        before: Py<PyAny>,
        after: Py<PyAny>,
        journal: Arc<Journal>,
        plan: Arc<str>,
    ) -> Self {
        let slot = || Slot {
            bell: AtomicU32::new(0),
            generation: AtomicU64::new(0),
            lane: AtomicU32::new(u32::MAX),
            inside: AtomicU64::new(0),
            running: Mutex::new(None),
        };
        Self {
            next: AtomicU64::new(0),
            published: AtomicU64::new(0),
            cells: (0..CELLS).map(|_| AtomicU64::new(0)).collect(),
            slots: (0..workers).map(|_| slot()).collect(),
            state: Mutex::default(),
            closed: AtomicBool::new(false),
            outstanding: Arc::default(),
            before,
            after,
            number: journal.pool(),
            journal,
            plan,
        }
    }

    /// Tell the journal which thread serves the slot from now on.
    pub(super) fn enroll(&self, slot: usize, thread: u64) {
        let lane = self.journal.lane(self.number, slot, thread, &self.plan);
        self.slots[slot].lane.store(lane, Ordering::Relaxed);
        self.journal.event(shm::os::now(), "started", lane, thread.cast_signed());
    }

    /// Append tasks to a job, in one block; as [`Job::pushed`] numbers them.
    pub(super) fn push(&self, job: &Arc<Job>, items: Vec<Py<PyAny>>, at: Option<u64>) {
        let count = items.len() as u64;
        let first_index = job.pushed(count, at);
        let left = AtomicU64::new(count);
        let block = Block { job: job.clone(), items, first_index, first_position: 0, left };
        let mut state = self.state();
        state.pending.push_back(block);
        self.pump(&mut state);
    }

    pub(super) fn queue(&self) -> Queue<'_> {
        Queue::new(&self.next, &self.published, &self.cells)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("state")
    }

    pub(super) fn pump(&self, state: &mut State) {
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

    pub(super) fn serve(&self, py: Python<'_>, slot: usize, thread: u64) {
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
    pub(super) fn run_one(&self, py: Python<'_>, slot: usize, thread: u64) -> bool {
        let Some(Claim { position, block: id }) = self.queue().claim(slot as u16) else {
            return false;
        };
        let block = self.state().blocks[id as usize].clone().expect("a claimed task's block");
        let offset = position - block.first_position;
        let index = block.first_index + offset;
        let (job, item) = (&block.job, block.items[offset as usize].bind(py).clone());
        job.started();
        let generation = self.slots[slot].generation.load(Ordering::SeqCst);
        let started = shm::os::now();
        let task = Running { job: job.clone(), index, started, thread, interrupted: false };
        let outer = self.slots[slot].running().replace(task);
        let around = self.slots[slot].inside.swap(0, Ordering::Relaxed);
        let lane = self.slots[slot].lane.load(Ordering::Relaxed);
        let (result, note) = self.run(job, index, item);
        let ended = shm::os::now();
        let nanos = ended - started;
        let given_up = {
            let mut running = self.slots[slot].running();
            if self.slots[slot].generation.load(Ordering::SeqCst) == generation {
                // An interrupt that came too late must not hit what this thread does next. Only
                // then: the interpreter goes on looking for an exception that was taken back, in
                // all threads.
                if running.as_ref().is_some_and(|it| it.interrupted) {
                    raise(thread, std::ptr::null_mut());
                }
                // `outer` is none, or a job that an enclosing task keeps alive.
                *running = outer;
                false
            } else {
                raise(thread, std::ptr::null_mut());
                true
            }
        };
        let over = || block.left.fetch_sub(1, Ordering::AcqRel) == 1;
        if given_up {
            // What became of the task was told then.
            if over() {
                self.forget(id);
            }
            return true;
        }
        let result = result.map(Bound::unbind);
        let inside = self.slots[slot].inside.swap(around + nanos, Ordering::Relaxed);
        let (call, first) = job.entry();
        if call != 0
            && let Some(mut journal) = self.journal.write()
        {
            let end = if result.is_ok() { RunEnd::Value } else { RunEnd::Failure };
            let (count, first, busy) = (1, first + index, nanos.saturating_sub(inside));
            let (sent, returned) = (0, 0);
            journal.run(Run {
                call,
                lane,
                first,
                count,
                end,
                started,
                ended,
                busy,
                sent,
                returned,
            });
        }
        job.stopped(nanos);
        job.finish(py, 1, Some(Done { index, result, note }));
        if over() {
            self.forget(id);
        }
        true
    }

    pub(super) fn run<'py>(
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
    pub(super) fn forget(&self, id: u32) {
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

    /// Withdraw what no thread has taken, from index `first` on; answers which.
    pub(super) fn withdraw(&self, job: &Arc<Job>, first: u64) -> Vec<u64> {
        let (mut withdrawn, mut dropped) = (Vec::new(), Vec::new());
        let mut emptied = Vec::new();
        let queue = self.queue();
        {
            let mut state = self.state();
            for block in state.pending.iter_mut().filter(|block| Arc::ptr_eq(&block.job, job)) {
                let len = block.items.len() as u64;
                let kept = first.saturating_sub(block.first_index).min(len);
                withdrawn.extend(block.first_index + kept..block.first_index + len);
                dropped.extend(block.items.split_off(kept as usize));
                block.left.store(kept, Ordering::Relaxed);
            }
            // An empty block holds no Python object but the job's, which the caller keeps alive.
            state.pending.retain(|block| !block.items.is_empty());
            for (id, block) in state.blocks.iter().enumerate() {
                let Some(block) = block.as_ref().filter(|block| Arc::ptr_eq(&block.job, job))
                else {
                    continue;
                };
                let len = block.items.len() as u64;
                let before = withdrawn.len();
                let kept = first.saturating_sub(block.first_index).min(len);
                let offsets = (kept..len).filter(|it| queue.void(block.first_position + it));
                withdrawn.extend(offsets.map(|offset| block.first_index + offset));
                let voided = (withdrawn.len() - before) as u64;
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

    /// Give up the threads that run tasks of the job, or `only` one task: answers their slots and
    /// the tasks' indices.
    pub(super) fn give_up(&self, job: &Arc<Job>, only: Option<u64>) -> Vec<(usize, u64)> {
        let mut given_up = Vec::new();
        for (number, slot) in self.slots.iter().enumerate() {
            let mut running = slot.running();
            let meant = |it: &&Running| it.is_of(job) && only.is_none_or(|only| only == it.index);
            if let Some(index) = running.as_ref().filter(meant).map(|it| it.index) {
                job.given_up();
                slot.generation.fetch_add(1, Ordering::SeqCst);
                let lane = slot.lane.load(Ordering::Relaxed);
                self.journal.event(shm::os::now(), "given up", lane, 0);
                // Not the last reference to the job: the caller has one.
                *running = None;
                given_up.push((number, index));
            }
        }
        given_up
    }
}
