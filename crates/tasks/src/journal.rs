//! The journal: who ran which task, when and for how long; the newest of it, in bounded memory.
//!
//! Runs of tiny tasks of one call that a worker makes one right after the other are one entry, so
//! a million tasks that do nothing leave some hundreds of entries. All times are nanoseconds of the
//! monotonic clock, which all processes of a machine share.

mod entries;

pub use entries::{Call, Copy, Event, Lane, Run, RunEnd, Stretch, Tally};
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

/// What takes a caller shorter than this is only counted.
const STRETCH: u64 = 1_000_000;
/// Stretches of callers and levels of memory that are remembered.
const STRETCHES: usize = 20_000;

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
    stretches: VecDeque<Stretch>,
    levels: VecDeque<(u64, u64)>,
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
            stretches: VecDeque::new(),
            levels: VecDeque::new(),
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
        state.stretches.clear();
        state.levels.clear();
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
            stretches: state.stretches.iter().filter(|it| it.call >= since).copied().collect(),
            levels: state.levels.iter().copied().collect(),
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
        self.stretch(number, "sending", at - nanos, at);
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
        self.stretch(number, "waiting", at - nanos - waited, at - nanos);
        self.stretch(number, "receiving", at - nanos, at);
    }

    /// So many bytes of shared memory are in use.
    pub fn level(&mut self, used: u64, at: u64) {
        let levels = &mut self.0.levels;
        if levels.back().map_or(0, |last| last.1) != used {
            if levels.len() >= STRETCHES {
                levels.pop_front();
            }
            levels.push_back((at, used));
        }
    }

    /// Note what a caller did, if it took a while; a wait in several goes is one.
    fn stretch(&mut self, call: u32, what: &'static str, started: u64, ended: u64) {
        if ended - started < STRETCH || call == 0 {
            return;
        }
        let stretches = &mut self.0.stretches;
        if let Some(last) = stretches.back_mut()
            && (last.call, last.what) == (call, what)
            && started.saturating_sub(last.ended) < GAP
        {
            last.ended = ended;
            return;
        }
        if stretches.len() >= STRETCHES {
            stretches.pop_front();
        }
        stretches.push_back(Stretch { call, what, started, ended });
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
    fn long_stretches_of_callers_are_kept_and_short_ones_are_not() {
        let journal = Journal::new(100);
        let plan: Arc<str> = "processes:2".into();
        let mut writer = journal.write().expect("it is on");
        let call = writer.begin(0, "map", "f", &plan, 2);
        writer.pushed(call, 10, 2 * STRETCH, 3 * STRETCH);
        writer.pulled(call, STRETCH, 100, 4 * STRETCH + 100);
        writer.pulled(call, STRETCH, 100, 5 * STRETCH + 200);
        writer.pulled(call, 100, 100, 6 * STRETCH);
        writer.level(0, 1);
        writer.level(5, 2);
        writer.level(5, 3);
        drop(writer);
        let copy = journal.copy(0);
        let found: Vec<_> =
            copy.stretches.iter().map(|it| (it.what, it.started, it.ended)).collect();
        assert_eq!(
            found,
            [("sending", STRETCH, 3 * STRETCH), ("waiting", 3 * STRETCH, 5 * STRETCH + 100)]
        );
        assert_eq!(copy.levels, [(2, 5)]);
        assert!(journal.copy(call + 1).stretches.is_empty());
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
