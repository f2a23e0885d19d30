//! One call's tasks and what became of them.

use crate::payload::Payload;
use shm::os::Ending;
use shm::{Loan, Span};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use tasks::Pace;

/// Why a task will never answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The worker that ran it died.
    Died {
        /// The worker's process id.
        pid: u32,
        /// How it ended.
        ending: Ending,
        /// Most memory that it used at one time, in bytes, if that is known.
        peak: Option<u64>,
    },
    /// Workers end before they run anything, one after the other.
    CannotStart {
        /// How the last one ended; `None` when the system refused to start it.
        ending: Option<Ending>,
    },
    /// The pool was closed before the task ended.
    Closed,
}

/// What became of a task. Ranges are in the bytes of the [`Inbox`] it came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Value(std::ops::Range<usize>),
    /// It raised.
    Failure(std::ops::Range<usize>),
    /// Its worker died.
    Lost(Loss),
}

/// One task that ended.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Which task of the job.
    pub index: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What its worker noticed, as reported.
    pub note: u8,
    /// Where the bytes of the outcome are, if not in the inbox: they are too many.
    pub elsewhere: Option<(Arc<Loan>, Span)>,
    /// Extents that the bytes speak of.
    pub loans: Vec<Arc<Loan>>,
}

/// Something that a task said before it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Which task of the job.
    pub index: u64,
    /// In what way, as the worker tagged it.
    pub tag: u8,
    /// Its bytes, among those of the [`Inbox`] it came with.
    pub bytes: std::ops::Range<usize>,
}

/// What came back and nobody looked at yet.
#[derive(Debug, Default)]
pub struct Inbox {
    /// The bytes of everything together.
    pub bytes: Vec<u8>,
    /// In the order in which they came.
    pub deliveries: Vec<Delivery>,
    /// What tasks said, each before its delivery.
    pub said: Vec<Said>,
}

#[derive(Debug)]
pub(crate) struct Progress {
    pub(crate) inbox: Inbox,
    pub(crate) pace: Pace,
    /// Tasks pushed and neither delivered nor withdrawn.
    pub(crate) outstanding: u64,
    pub(crate) pushed: u64,
}

/// One call's tasks: a function, arguments pushed in order, deliveries in any order.
#[derive(Debug)]
pub struct Job {
    pub(crate) id: u64,
    pub(crate) style: u64,
    pub(crate) function: Option<Payload>,
    /// Deliveries wait: looked at without a lock.
    pub(crate) arrived: AtomicBool,
    /// What the journal calls it, and its first task there.
    entry: (AtomicU32, AtomicU64),
    /// The pool's own thread is to tell of what tasks say.
    pub(crate) aloud: AtomicBool,
    /// It was asked to, and has not yet.
    pub(crate) speaking: AtomicBool,
    /// Somebody is to be told of deliveries without asking for them.
    pub(crate) watched: AtomicBool,
    progress: Mutex<Progress>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Job {
    pub(crate) fn new(style: u64, function: Option<Payload>, workers: usize) -> Arc<Self> {
        let progress = Progress {
            inbox: Inbox::default(),
            pace: Pace::new(workers),
            outstanding: 0,
            pushed: 0,
        };
        Arc::new(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            style,
            function,
            arrived: AtomicBool::new(false),
            entry: Default::default(),
            aloud: AtomicBool::new(false),
            speaking: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            progress: Mutex::new(progress),
        })
    }

    /// Have its runs written into the journal as those of this call, counted from `first`.
    pub fn enter(&self, call: u32, first: u64) {
        self.entry.0.store(call, Ordering::Relaxed);
        self.entry.1.store(first, Ordering::Relaxed);
    }

    /// Number of the call in the journal and its first task there; zero for none.
    pub fn entry(&self) -> (u32, u64) {
        (self.entry.0.load(Ordering::Relaxed), self.entry.1.load(Ordering::Relaxed))
    }

    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().expect("no panic while a job's progress is open")
    }

    pub(crate) fn deliver(&self, index: u64, outcome: Outcome) {
        let mut progress = self.progress();
        progress.outstanding -= 1;
        let (elsewhere, loans) = (None, Vec::new());
        progress.inbox.deliveries.push(Delivery { index, outcome, note: 0, elsewhere, loans });
        self.arrived.store(true, Ordering::Release);
    }

    /// Whether something arrived that was not taken yet.
    pub fn has_arrivals(&self) -> bool {
        self.arrived.load(Ordering::Acquire)
    }

    /// Take everything that arrived.
    pub fn take(&self) -> Inbox {
        let mut progress = self.progress();
        self.arrived.store(false, Ordering::Relaxed);
        std::mem::take(&mut progress.inbox)
    }

    /// Have the pool's hook called when tasks say something, without anybody asking for it.
    pub fn speak_up(&self) {
        self.aloud.store(true, Ordering::Relaxed);
    }

    /// Take what tasks said and leave the rest.
    pub fn listen(&self) -> (Vec<u8>, Vec<Said>) {
        let mut progress = self.progress();
        let said = std::mem::take(&mut progress.inbox.said);
        if said.is_empty() {
            return (Vec::new(), said);
        }
        if progress.inbox.deliveries.is_empty() {
            self.arrived.store(false, Ordering::Relaxed);
            return (std::mem::take(&mut progress.inbox.bytes), said);
        }
        (progress.inbox.bytes.clone(), said)
    }

    /// Tasks pushed and neither delivered nor withdrawn.
    pub fn outstanding(&self) -> u64 {
        self.progress().outstanding
    }

    /// Whether workers that keep its function hold shared memory by that.
    pub(crate) fn lends(&self) -> bool {
        self.function.as_ref().is_some_and(Payload::lends)
    }

    /// Pass over an index: the next task pushed gets the one after it.
    pub fn skip(&self) {
        self.progress().pushed += 1;
    }

    /// How many more tasks the job wants now, and how many of them in one block.
    pub fn appetite(&self) -> (usize, usize) {
        let progress = self.progress();
        let (ahead, outstanding) = (progress.pace.ahead(), progress.outstanding as usize);
        // Wait until a good part is gone: filling up task by task costs more than it brings.
        let want = if outstanding <= ahead - ahead / 4 { ahead - outstanding } else { 0 };
        (want, progress.pace.block())
    }
}
