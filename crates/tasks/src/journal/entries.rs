//! What stands in the journal.

use std::sync::Arc;

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

    pub(super) fn write(&self, target: &mut Vec<u8>) {
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
    pub(super) latest: u64,
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

    pub(super) fn run(&mut self, run: &Run) {
        self.ran += u64::from(run.count);
        self.failed += u64::from(run.end == RunEnd::Failure);
        self.lost += u64::from(run.end == RunEnd::Lost);
        self.busy += run.busy;
        self.longest = self.longest.max(run.busy / u64::from(run.count.max(1)));
        self.sent += run.sent;
        self.returned += run.returned;
    }
}

/// What a caller did for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Number of the call.
    pub call: u32,
    /// `sending`, `waiting` or `receiving`.
    pub what: &'static str,
    /// From when
    pub started: u64,
    /// to when.
    pub ended: u64,
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
    /// What callers did, oldest first.
    pub stretches: Vec<Stretch>,
    /// When the bytes of shared memory in use were found changed, and to what.
    pub levels: Vec<(u64, u64)>,
    /// Sums over everything that ever happened.
    pub total: Tally,
}
