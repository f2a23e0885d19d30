//! The journal: who ran which task, when and for how long; the newest of it, in bounded memory.
//!
//! Runs of tiny tasks of one call that a worker makes one right after the other are one entry, so
//! a million tasks that do nothing leave some hundreds of entries. All times are nanoseconds of the
//! monotonic clock, which all processes of a machine share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// A task shorter than this may share an entry with those around it.
const TINY: u64 = 50_000;
/// Longest time between two tasks of one entry, and longest entry of several.
const GAP: u64 = 20_000;
const SPAN: u64 = 1_000_000;
/// Calls and events that are remembered.
const CALLS: usize = 10_000;
const EVENTS: usize = 10_000;
/// A `submit` that comes later than this after the last of its kind begins a new entry.
const PAUSE: u64 = 1_000_000_000;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RunEnd {
    /// The task returned.
    Value = 0,
    /// The task raised.
    Failure = 1,
    /// Its worker died, or was given up.
    Lost = 2,
}

/// A task that ran, or several tiny ones in a row.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Number of the call, as [`Journal::begin`] gave it.
    pub call: u32,
    /// Who ran it, as [`Journal::lane`] gave it.
    pub lane: u32,
    /// Which task of the call; of several, the first.
    pub first: u64,
    /// How many tasks.
    pub count: u32,
    /// How it ended.
    pub end: RunEnd,
    /// From when
    pub started: u64,
    /// to when.
    pub ended: u64,
    /// Of this, the time inside tasks.
    pub busy: u64,
    /// Bytes that went to the worker for it.
    pub sent: u64,
    /// Bytes that came back.
    pub returned: u64,
}

impl Run {
    /// Bytes of a run in [`Copy::runs`].
    pub const BYTES: usize = 72;

    fn write(&self, target: &mut Vec<u8>) {
        let longs = [self.first, self.started, self.ended, self.busy, self.sent, self.returned];
        target.extend(longs.into_iter().flat_map(u64::to_ne_bytes));
        let words = [self.call, self.lane, self.count, self.end as u32];
        target.extend(words.into_iter().flat_map(u32::to_ne_bytes));
        target.extend_from_slice(&[0; Self::BYTES - 6 * 8 - 4 * 4]);
    }
}

/// A worker: one thread or process, from its start to its end.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Which pool it is of, as [`Journal::pool`] gave it.
    pub pool: u32,
    /// Its place there; a replacement takes the same.
    pub slot: u32,
    /// The process, or the thread as Python names it; zero if that does not matter.
    pub id: u64,
    /// The plan, as a user would write it.
    pub plan: Arc<str>,
    /// Sequence number of its latest run.
    latest: u64,
}

/// All tasks of one `map` or `compute`; of `submit`, those of one function that follow each other.
#[derive(Clone, Debug)]
pub struct Call {
    /// `map`, `submit`, ...
    pub caller: Arc<str>,
    /// Name of the function.
    pub function: Arc<str>,
    /// The plan, as a user would write it.
    pub plan: Arc<str>,
    /// How many workers the plan has.
    pub workers: u32,
    /// When it began.
    pub opened: u64,
    /// When the first tasks were on their way; zero before.
    pub pushed: u64,
    /// When the caller last took results, or a task ended.
    pub ended: u64,
    /// What happened to its tasks.
    pub tally: Tally,
}

/// Sums: of a call, or of all there ever were.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// Tasks given to the plan,
    pub tasks: u64,
    /// that ran to some end,
    pub ran: u64,
    /// that raised,
    pub failed: u64,
    /// whose worker died.
    pub lost: u64,
    /// Nanoseconds inside tasks, and of the longest one.
    pub busy: u64,
    /// The longest task.
    pub longest: u64,
    /// Bytes to tasks
    pub sent: u64,
    /// and back.
    pub returned: u64,
    /// Nanoseconds of the caller: reading, packing and copying items,
    pub sending: u64,
    /// unpacking results,
    pub receiving: u64,
    /// waiting for them.
    pub waiting: u64,
}

impl Tally {
    /// As a row of numbers, in the order of the fields.
    pub fn row(&self) -> [u64; 11] {
        let Self { tasks, ran, failed, lost, busy, longest, sent, returned, .. } = *self;
        let Self { sending, receiving, waiting, .. } = *self;
        [tasks, ran, failed, lost, busy, longest, sent, returned, sending, receiving, waiting]
    }

    fn run(&mut self, run: &Run) {
        self.ran += u64::from(run.count);
        self.failed += u64::from(run.end == RunEnd::Failure);
        self.lost += u64::from(run.end == RunEnd::Lost);
        self.busy += run.busy;
        self.longest = self.longest.max(run.busy / u64::from(run.count.max(1)));
        self.sent += run.sent;
        self.returned += run.returned;
    }
}

/// Something that happened to a worker.
#[derive(Clone, Debug)]
pub struct Event {
    /// When.
    pub at: u64,
    /// What, in one word.
    pub what: &'static str,
    /// To whom.
    pub lane: u32,
    /// A number that belongs to it: a signal, a status, bytes.
    pub detail: i64,
}

/// What the journal held at one time.
#[derive(Debug)]
pub struct Copy {
    /// Runs, each [`Run::BYTES`] long: six longs (first, started, ended, busy, sent, returned) and
    /// four words (call, lane, count, end).
    pub runs: Vec<u8>,
    /// Runs that are not there any more.
    pub dropped: u64,
    /// Number of the first call that is there.
    pub first_call: u32,
    /// Calls, oldest first.
    pub calls: Vec<Call>,
    /// All workers there ever were.
    pub lanes: Vec<Lane>,
    /// Events, oldest first.
    pub events: Vec<Event>,
    /// Sums over everything that ever happened.
    pub total: Tally,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Journal {
    on: AtomicBool,
    pools: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    capacity: usize,
    runs: VecDeque<Run>,
    /// Runs that were dropped: the sequence number of the first that is there.
    dropped: u64,
    calls: VecDeque<Call>,
    first_call: u32,
    lanes: Vec<Lane>,
    events: VecDeque<Event>,
    total: Tally,
}

/// The journal, open for writing.
#[derive(Debug)]
pub struct Writer<'journal>(MutexGuard<'journal, State>);

impl Journal {
    /// A journal of the newest `capacity` runs.
    pub fn new(capacity: usize) -> Self {
        let state = State {
            capacity: capacity.max(1),
            runs: VecDeque::new(),
            dropped: 0,
            calls: VecDeque::new(),
            first_call: 1,
            lanes: Vec::new(),
            events: VecDeque::new(),
            total: Tally::default(),
        };
        let (on, pools) = (AtomicBool::new(true), AtomicU32::new(0));
        Self { on, pools, state: Mutex::new(state) }
    }

    /// Whether anything is written down.
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Write things down from now on, or not.
    pub fn set_on(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    /// Forget what was written, except who the workers are.
    pub fn clear(&self) {
        let mut state = self.state();
        state.first_call += state.calls.len() as u32;
        state.dropped += state.runs.len() as u64;
        state.calls.clear();
        state.runs.clear();
        state.events.clear();
        state.total = Tally::default();
    }

    /// A number for a new pool.
    pub fn pool(&self) -> u32 {
        self.pools.fetch_add(1, Ordering::Relaxed)
    }

    /// A number for a new worker.
    pub fn lane(&self, pool: u32, slot: usize, id: u64, plan: &Arc<str>) -> u32 {
        let mut state = self.state();
        let (slot, plan) = (slot as u32, plan.clone());
        state.lanes.push(Lane { pool, slot, id, plan, latest: u64::MAX });
        state.lanes.len() as u32 - 1
    }

    /// Note that something happened to a worker.
    pub fn event(&self, at: u64, what: &'static str, lane: u32, detail: i64) {
        if !self.is_on() {
            return;
        }
        let mut state = self.state();
        if state.events.len() >= EVENTS {
            state.events.pop_front();
        }
        state.events.push_back(Event { at, what, lane, detail });
    }

    /// Open it to write runs; `None` when it is off.
    pub fn write(&self) -> Option<Writer<'_>> {
        self.is_on().then(|| Writer(self.state()))
    }

    /// What it holds now; of the runs, those of calls from number `since` on.
    pub fn copy(&self, since: u32) -> Copy {
        let state = self.state();
        let mut runs = Vec::new();
        let wanted = state.runs.iter().filter(|run| run.call >= since);
        wanted.for_each(|run| run.write(&mut runs));
        let skip = (since.saturating_sub(state.first_call) as usize).min(state.calls.len());
        Copy {
            runs,
            dropped: state.dropped,
            first_call: state.first_call + skip as u32,
            calls: state.calls.iter().skip(skip).cloned().collect(),
            lanes: state.lanes.clone(),
            events: state.events.iter().cloned().collect(),
            total: state.total,
        }
    }

    /// Number of the newest call; the first has number 1.
    pub fn newest(&self) -> u32 {
        let state = self.state();
        state.first_call + state.calls.len() as u32 - 1
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while the journal is open")
    }
}

impl Writer<'_> {
    /// A number for a new call.
    pub fn begin(
        &mut self,
        at: u64,
        caller: &str,
        function: &str,
        plan: &Arc<str>,
        workers: usize,
    ) -> u32 {
        let state = &mut *self.0;
        if state.calls.len() >= CALLS {
            state.calls.pop_front();
            state.first_call += 1;
        }
        state.calls.push_back(Call {
            caller: caller.into(),
            function: function.into(),
            plan: plan.clone(),
            workers: workers as u32,
            opened: at,
            pushed: 0,
            ended: at,
            tally: Tally::default(),
        });
        state.first_call + state.calls.len() as u32 - 1
    }

    /// The number of the call that `count` further submits of this function belong to, and which
    /// of its tasks they are.
    pub fn join(
        &mut self,
        at: u64,
        function: &str,
        plan: &Arc<str>,
        workers: usize,
        count: u64,
    ) -> (u32, u64) {
        let state = &mut *self.0;
        let open = |call: &Call| {
            Arc::ptr_eq(&call.plan, plan)
                && at.saturating_sub(call.ended) < PAUSE
                && &*call.caller == "submit"
                && &*call.function == function
        };
        let found = state.calls.iter().rev().take(8).position(open);
        let number = match found {
            Some(back) => state.first_call + (state.calls.len() - 1 - back) as u32,
            None => self.begin(at, "submit", function, plan, workers),
        };
        let call = self.call(number).expect("just found or made");
        let first = call.tally.tasks;
        call.tally.tasks += count;
        self.0.total.tasks += count;
        (number, first)
    }

    /// The caller gave `count` tasks to the plan, which took it so long.
    pub fn pushed(&mut self, number: u32, count: u64, nanos: u64, at: u64) {
        self.0.total.tasks += count;
        self.0.total.sending += nanos;
        if let Some(call) = self.call(number) {
            if call.pushed == 0 {
                call.pushed = at;
            }
            call.ended = call.ended.max(at);
            call.tally.tasks += count;
            call.tally.sending += nanos;
        }
    }

    /// The caller waited and took results, each so long.
    pub fn pulled(&mut self, number: u32, waited: u64, nanos: u64, at: u64) {
        self.0.total.waiting += waited;
        self.0.total.receiving += nanos;
        if let Some(call) = self.call(number) {
            call.ended = call.ended.max(at);
            call.tally.waiting += waited;
            call.tally.receiving += nanos;
        }
    }

    /// A task ran. `run.count` may be more than one where the writer puts tiny ones together itself.
    pub fn run(&mut self, mut run: Run) {
        if let Some(call) = self.call(run.call) {
            // A worker counts from the end of its last task, which may be another call's.
            run.started = run.started.max(call.opened).min(run.ended);
            run.busy = run.busy.min(run.ended - run.started);
        }
        self.0.total.run(&run);
        if let Some(call) = self.call(run.call) {
            call.ended = call.ended.max(run.ended);
            call.tally.run(&run);
        }
        let state = &mut *self.0;
        let Some(lane) = state.lanes.get_mut(run.lane as usize) else { return };
        let latest = lane.latest.checked_sub(state.dropped).map(|place| place as usize);
        if let Some(before) = latest.and_then(|place| state.runs.get_mut(place))
            && fits(before, &run)
        {
            before.count += run.count;
            before.ended = run.ended;
            before.busy += run.busy;
            before.sent += run.sent;
            before.returned += run.returned;
            return;
        }
        if state.runs.len() >= state.capacity {
            state.runs.pop_front();
            state.dropped += 1;
        }
        lane.latest = state.dropped + state.runs.len() as u64;
        state.runs.push_back(run);
    }

    fn call(&mut self, number: u32) -> Option<&mut Call> {
        let state = &mut *self.0;
        state.calls.get_mut(number.checked_sub(state.first_call)? as usize)
    }
}

/// Whether a run may share the entry of the one before it.
fn fits(before: &Run, run: &Run) -> bool {
    before.call == run.call
        && before.end == RunEnd::Value
        && run.end == RunEnd::Value
        && run.busy < TINY
        && before.busy < u64::from(before.count) * TINY
        && run.started >= before.ended
        && run.started - before.ended <= GAP
        && run.ended - before.started <= SPAN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(call: u32, lane: u32, first: u64, started: u64, nanos: u64) -> Run {
        let ended = started + nanos;
        let (count, end) = (1, RunEnd::Value);
        Run { call, lane, first, count, end, started, ended, busy: nanos, sent: 2, returned: 3 }
    }

    fn counts(journal: &Journal) -> Vec<u32> {
        let whole = journal.copy(0).runs;
        let count = |it: &[u8]| u32::from_ne_bytes(it[56..60].try_into().unwrap());
        whole.chunks(Run::BYTES).map(count).collect()
    }

    #[test]
    fn tiny_tasks_in_a_row_are_one_entry() {
        let journal = Journal::new(100);
        let plan: Arc<str> = "processes:2".into();
        let lanes = [0, 1].map(|slot| journal.lane(0, slot, 7, &plan));
        let mut writer = journal.write().unwrap();
        let call = writer.begin(0, "map", "f", &plan, 2);
        for task in 0..1000 {
            writer.run(run(call, lanes[task as usize % 2], task, task / 2 * 2000, 2000));
        }
        drop(writer);
        // Each worker was busy for a millisecond.
        assert_eq!(counts(&journal), [500, 500]);
        assert_eq!(journal.copy(0).calls[0].tally.ran, 1000);
        let mut writer = journal.write().unwrap();
        writer.run(run(call, lanes[0], 1000, 2_000_000, 100));
        writer.run(run(call, lanes[0], 1001, 2_000_100, TINY));
        writer.run(run(call, lanes[0], 1002, 2_100_000, 100));
        writer.run(Run { end: RunEnd::Failure, ..run(call, lanes[0], 1003, 2_100_100, 100) });
        drop(writer);
        assert_eq!(counts(&journal)[2..], [1, 1, 1, 1]);
    }

    #[test]
    fn the_oldest_is_forgotten_and_sums_are_kept() {
        let journal = Journal::new(10);
        let plan: Arc<str> = "threads:1".into();
        let lane = journal.lane(0, 0, 7, &plan);
        for _ in 0..CALLS + 5 {
            let mut writer = journal.write().unwrap();
            let call = writer.begin(0, "map", "f", &plan, 1);
            writer.pushed(call, 1, 5, 9);
            writer.run(run(call, lane, 0, 0, 1_000_000));
        }
        let copy = journal.copy(0);
        assert_eq!(copy.runs.len(), 10 * Run::BYTES);
        assert_eq!((copy.first_call, copy.calls.len()), (6, CALLS));
        assert_eq!(copy.dropped, CALLS as u64 - 5);
        assert_eq!((copy.total.tasks, copy.total.ran), (CALLS as u64 + 5, CALLS as u64 + 5));
        assert_eq!(journal.copy(journal.newest()).runs.len(), Run::BYTES);
        journal.clear();
        assert_eq!(journal.copy(0).calls.len(), 0);
        assert_eq!(journal.newest() as usize, CALLS + 5);
    }

    #[test]
    fn submits_of_one_function_are_one_call() {
        let journal = Journal::new(10);
        let plan: Arc<str> = "processes:2".into();
        let mut writer = journal.write().unwrap();
        assert_eq!(writer.join(10, "f", &plan, 2, 1), (1, 0));
        assert_eq!(writer.join(20, "g", &plan, 2, 1), (2, 0));
        assert_eq!(writer.join(30, "f", &plan, 2, 3), (1, 1));
        assert_eq!(writer.join(40, "f", &plan, 2, 1), (1, 4));
        assert_eq!(writer.join(20 + 2 * PAUSE, "f", &plan, 2, 1), (3, 0));
    }
}
