//! The journal of this process, for Python.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use std::sync::Arc;
use tasks::{Copy, Run, RunEnd, Stretch};

/// Who ran which task, when and for how long; of this process and its workers.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Journal {
    pub(crate) journal: Arc<tasks::Journal>,
}

/// A place where tasks run one after the other, for the journal: the calling thread, or a worker of
/// an engine.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct SerialLane {
    journal: Arc<tasks::Journal>,
    plan: Arc<str>,
    workers: usize,
    pool: u32,
    lane: u32,
}

/// What a pool's jobs need to write into the journal.
pub(crate) struct Entry<'journal> {
    pub(crate) journal: &'journal tasks::Journal,
    pub(crate) plan: &'journal Arc<str>,
    pub(crate) workers: usize,
}

impl Entry<'_> {
    /// Begin a call; zero when nothing is written.
    pub(crate) fn begin(&self, title: Option<(&str, &str)>) -> u32 {
        let Some((caller, function)) = title else { return 0 };
        self.journal.write().map_or(0, |mut journal| {
            journal.begin(shm::os::now(), caller, function, self.plan, self.workers)
        })
    }

    /// Join the call of earlier submits.
    pub(crate) fn join(&self, function: &str, count: usize) -> (u32, u64) {
        self.journal.write().map_or((0, 0), |mut journal| {
            journal.join(shm::os::now(), function, self.plan, self.workers, count as u64)
        })
    }
}

/// How the time of a `pull` is spent.
pub(crate) struct Clock {
    start: Option<u64>,
    waited: u64,
}

impl Clock {
    pub(crate) fn new(journal: &tasks::Journal) -> Self {
        Self { start: journal.is_on().then(shm::os::now), waited: 0 }
    }

    /// Up to now it was waited.
    pub(crate) fn waited(&mut self) {
        if let Some(start) = &mut self.start {
            let now = shm::os::now();
            self.waited = now - *start;
            *start = now;
        }
    }

    /// Since then results were read; so many bytes of shared memory are in use.
    pub(crate) fn pulled(self, journal: &tasks::Journal, call: u32, used: Option<u64>) {
        if let Some((start, mut journal)) = self.start.zip(journal.write()) {
            let now = shm::os::now();
            if let Some(used) = used {
                journal.level(used, now);
            }
            journal.pulled(call, self.waited, now - start, now);
        }
    }
}

#[pymethods]
impl Journal {
    /// Of the newest `capacity` runs.
    #[new]
    fn new(capacity: usize) -> Self {
        Self { journal: Arc::new(tasks::Journal::new(capacity)) }
    }

    /// Write things down from now on, or not.
    fn turn(&self, on: bool) {
        self.journal.set_on(on);
    }

    /// Whether things are written down.
    fn is_on(&self) -> bool {
        self.journal.is_on()
    }

    /// Forget what was written.
    fn clear(&self) {
        self.journal.clear();
    }

    /// Number of the newest call; the first has number 1.
    fn newest(&self) -> u32 {
        self.journal.newest()
    }

    /// What it holds, of calls from number `since` on: a dict of
    ///
    /// * `runs`: bytes, `Run.BYTES` each; `dropped`: how many are gone
    /// * `calls`: tuples of number, caller, function, plan, workers, opened, pushed, ended, tally
    /// * `lanes`: tuples of pool, slot, id, plan; `events`: tuples of time, what, lane, detail
    /// * `stretches`: tuples of call, what, started, ended; `levels`: of time and bytes in use
    /// * `total`: a tally of everything.
    fn copy<'py>(&self, py: Python<'py>, since: u32) -> PyResult<Bound<'py, PyDict>> {
        let journal = self.journal.clone();
        let Copy { runs, dropped, first_call, calls, lanes, events, stretches, levels, total } =
            crate::enter::outside(py, || journal.copy(since));
        let found = PyDict::new(py);
        found.set_item("runs", PyBytes::new(py, &runs))?;
        found.set_item("dropped", dropped)?;
        found.set_item("total", PyTuple::new(py, total.row())?)?;
        let rows = PyList::empty(py);
        for (place, call) in calls.iter().enumerate() {
            let number = first_call + place as u32;
            let words = (number, &*call.caller, &*call.function, &*call.plan, call.workers);
            let times = (call.opened, call.pushed, call.ended);
            rows.append((words, times, PyTuple::new(py, call.tally.row())?))?;
        }
        found.set_item("calls", rows)?;
        let rows = PyList::empty(py);
        for lane in &lanes {
            rows.append((lane.pool, lane.slot, lane.id, &*lane.plan))?;
        }
        found.set_item("lanes", rows)?;
        let rows = PyList::empty(py);
        for event in &events {
            rows.append((event.at, event.what, event.lane, event.detail))?;
        }
        found.set_item("events", rows)?;
        let stretch = |it: &Stretch| (it.call, it.what, it.started, it.ended);
        let rows: Vec<_> = stretches.iter().map(stretch).collect();
        found.set_item("stretches", rows)?;
        found.set_item("levels", levels)?;
        Ok(found)
    }

    /// A lane for tasks that run in the calling thread.
    fn serial(&self, plan: &str, thread: u64) -> SerialLane {
        let (journal, plan) = (self.journal.clone(), Arc::from(plan));
        let pool = journal.pool();
        let lane = journal.lane(pool, 0, thread, &plan);
        SerialLane { journal, plan, workers: 1, pool, lane }
    }

    /// The caller of an engine, where nothing runs; its workers are `beside` it.
    fn engine(&self, plan: &str, workers: usize) -> SerialLane {
        let (journal, plan) = (self.journal.clone(), Arc::from(plan));
        let pool = journal.pool();
        SerialLane { journal, plan, workers, pool, lane: u32::MAX }
    }
}

#[pymethods]
impl SerialLane {
    /// Begin a call; zero when nothing is written, as inside of a task.
    fn begin(&self, caller: &str, function: &str) -> u32 {
        if crate::threads::is_serving() {
            return 0;
        }
        let entry = Entry { journal: &self.journal, plan: &self.plan, workers: self.workers };
        entry.begin(Some((caller, function)))
    }

    /// Join the call of earlier submits; zero as for `begin`.
    fn join(&self, function: &str) -> (u32, u64) {
        if crate::threads::is_serving() {
            return (0, 0);
        }
        Entry { journal: &self.journal, plan: &self.plan, workers: self.workers }.join(function, 1)
    }

    /// A worker of the same plan: a process, which starts now.
    fn beside(&self, slot: usize, process: u64) -> SerialLane {
        let (journal, plan) = (self.journal.clone(), self.plan.clone());
        let lane = journal.lane(self.pool, slot, process, &plan);
        journal.event(shm::os::now(), "started", lane, 0);
        SerialLane { journal, plan, workers: self.workers, pool: self.pool, lane }
    }

    /// The worker is gone, and task `first` of a call with it, which it had begun; zero for none.
    fn died(&self, call: u32, first: u64, started: f64) {
        let ended = shm::os::now();
        self.journal.event(ended, "ended", self.lane, 0);
        let Some(mut journal) = self.journal.write().filter(|_| call > 0) else { return };
        let started = ((started * 1e9) as u64).min(ended);
        let (lane, count, end, busy) = (self.lane, 1, RunEnd::Lost, ended - started);
        let (sent, returned) = (0, 0);
        journal.run(Run { call, lane, first, count, end, started, ended, busy, sent, returned });
    }

    /// The caller waited and took results, in so many seconds.
    fn pulled(&self, call: u32, waited: f64, took: f64) {
        if let Some(mut journal) = self.journal.write() {
            let [waited, took] = [waited, took].map(|seconds| (seconds * 1e9) as u64);
            journal.pulled(call, waited, took, shm::os::now());
        }
    }

    /// So many tasks of a call were given to it.
    #[pyo3(signature = (call, count, took = 0.0))]
    fn pushed(&self, call: u32, count: u64, took: f64) {
        if let Some(mut journal) = self.journal.write() {
            journal.pushed(call, count, (took * 1e9) as u64, shm::os::now());
        }
    }

    /// `count` tasks from number `first` on ran one after the other: seconds of Python's clock.
    /// `moved`: the bytes that went to them and came back.
    #[pyo3(signature = (call, first, count, started, ended, failed, moved = (0, 0)))]
    #[expect(clippy::too_many_arguments, reason = "all of a run")]
    fn ran(
        &self,
        call: u32,
        first: u64,
        count: u32,
        started: f64,
        ended: f64,
        failed: bool,
        moved: (u64, u64),
    ) {
        let Some(mut journal) = self.journal.write() else { return };
        let [started, ended] = [started, ended].map(|seconds| (seconds * 1e9) as u64);
        let end = if failed { RunEnd::Failure } else { RunEnd::Value };
        let (lane, busy) = (self.lane, ended - started);
        let (sent, returned) = moved;
        journal.run(Run { call, lane, first, count, end, started, ended, busy, sent, returned });
    }
}
