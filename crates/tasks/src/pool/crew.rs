//! Work of numbered blocks, done by the caller and by threads of the pool that join it.
//!
//! The caller begins at once and alone, unless it knows that the work is long. When what is left would take it
//! longer than waking others costs, they are called; each takes blocks until none are left ([`shares`](super::shares)). The caller then waits
//! for those that have begun, and for no others: a thread that wakes later finds the doors closed.
//! So small work never wakes anybody, unless it comes again and again ([`standby`](super::standby)), and a pool that is busy delays nobody. A thread of the pool
//! that has work of its own is a caller like any other. Work that was long the last time is shared out before its
//! first block ([`pace`](super::pace)).

use super::pace::Pace;
use super::shares::Shares;
use super::standby::{STANDBY, come_often, was_alone};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// What can be done in blocks, in any order, by several threads at once.
pub trait Work: Sync {
    /// Do the blocks `begin..end`; anything but zero says that one failed, and how.
    fn run(&self, begin: i64, end: i64) -> i64;

    /// The same work, for a thread that may outlive the call; it does not touch anything that the
    /// call lends, once the call is over, because no block is left then.
    fn share(&self) -> Arc<dyn Work + Send>;

    /// What work of the same kind has in common, so that the next call may be judged by the last one: the
    /// address of its code. Nothing: every call is judged anew.
    fn kind(&self) -> Option<usize> {
        None
    }
}

/// How work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All blocks are done.
    Done,
    /// A block failed with this code: of all that did, the first in order.
    Failed(i64),
    /// It was stopped before its end.
    Stopped,
}

/// Work that takes the caller less than that stays with it. To wake a thread takes about 10 µs of the
/// caller's own time and as long again until it works: two threads gain nothing before that.
const WAKE: Duration = Duration::from_micros(50);
/// Where others are awake (see `standby`), work that takes the caller less than that stays with it.
const HAND: Duration = Duration::from_micros(5);
/// Work that took so long the last time is shared from its first block, where others are awake, and where they
/// are not. If it is shorter this time, that was 2 µs for nothing, or 15.
const LONG: [Duration; 2] = [Duration::from_micros(20), Duration::from_millis(1)];
/// A thread takes as many blocks at once as need about this long.
const STRETCH: Duration = Duration::from_micros(200);
/// How often the caller looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(20);
/// How long the caller spins for threads that are about to end, before it sleeps.
const SPIN: Duration = Duration::from_micros(30);

/// Do the blocks `0..blocks` of `work` on up to `threads` threads, this one among them.
///
/// `long` says that the work surely takes longer than waking others costs: they are called before the first
/// block. `interrupted` is asked on this thread, every few milliseconds; once it answers true no more
/// blocks are begun. A panic in a block is passed on to the caller. When this returns no thread
/// is in any block.
pub fn crew(
    work: &dyn Work,
    blocks: i64,
    threads: usize,
    long: bool,
    interrupted: &mut dyn FnMut() -> bool,
) -> Outcome {
    let _place = super::placed(0);
    let start = Instant::now();
    let (mut before, mut looked) = (start, start);
    let mut done = 0;
    let mut size = 1_i64;
    let mut worth_it = false;
    let mut first = 1;
    let known =
        if threads > 1 { Pace::new(work.kind(), blocks).and_then(Pace::known) } else { None };
    let mut long = long && threads > 1;
    if let Some(pace) = known
        && pace * blocks as f64 > LONG[usize::from(!STANDBY.is_there())].as_secs_f64()
    {
        long = true;
        first = taken_at_once(pace);
    }
    // Alone at first: as long as waking others would not pay.
    while done < blocks && !long {
        let end = blocks.min(done.saturating_add(size));
        let code = work.run(done, end);
        if code != 0 {
            return Outcome::Failed(code);
        }
        let left = blocks - end;
        if left == 0 {
            if worth_it {
                was_alone(start);
            }
            return Outcome::Done;
        }
        let now = Instant::now();
        let took = now - before;
        let pace = took.as_secs_f64() / (end - done) as f64;
        (done, before) = (end, now);
        let mut growth = stretch(size, took);
        if threads > 1 {
            let rest = pace * left as f64;
            if rest <= HAND.as_secs_f64() {
                // Looking at the clock takes longer than a small block. But the next ones may be longer
                // than the first.
                growth = size.saturating_mul(if rest <= HAND.as_secs_f64() / 2.0 { 16 } else { 4 });
            } else {
                let awake = STANDBY.is_there() || (!worth_it && come_often(start));
                if awake || rest > WAKE.as_secs_f64() {
                    first = taken_at_once(pace);
                    break;
                }
                worth_it = true;
            }
        }
        size = growth;
        if now - looked > LOOK {
            looked = now;
            if interrupted() {
                return Outcome::Stopped;
            }
        }
    }
    if done >= blocks {
        return Outcome::Done;
    }
    let most = i64::try_from(threads).unwrap_or(i64::MAX).min(blocks - done);
    let crew = Arc::new(Crew {
        work: work.share(),
        shares: Shares::new(done, blocks, most),
        first,
        door: AtomicU32::new(0),
        joined: AtomicUsize::new(1),
        stopped: AtomicBool::new(false),
        failed: Mutex::new(None),
        caller: thread::current(),
    });
    let mut others = most - 1;
    while others > 0 && STANDBY.give(&crew) {
        others -= 1;
    }
    if others > 0
        && let Some(pool) = super::pool(most as usize - 1)
    {
        for _ in 0..others {
            let crew = crew.clone();
            pool.spawn(move || {
                let mut call = Some(crew);
                while let Some(crew) = call {
                    crew.join();
                    drop(crew);
                    call = STANDBY.wait();
                }
            });
        }
    }
    crew.lead(Pace::new(work.kind(), blocks), interrupted)
}

/// Do the blocks `0..blocks` of `work` on this thread: for work that is known to take less than it costs to find out
/// how long it takes.
pub fn alone(work: &dyn Work, blocks: i64) -> Outcome {
    let _place = super::placed(0);
    if blocks <= 0 {
        return Outcome::Done;
    }
    match work.run(0, blocks) {
        0 => Outcome::Done,
        code => Outcome::Failed(code),
    }
}

/// How many blocks to take next, after so many took so long.
fn stretch(size: i64, took: Duration) -> i64 {
    if took < STRETCH / 2 {
        size.saturating_mul(2)
    } else if took > STRETCH * 4 {
        (size / 2).max(1)
    } else {
        size
    }
}

/// How many blocks to take at first, where one takes so many seconds.
fn taken_at_once(pace: f64) -> i64 {
    ((STRETCH.as_secs_f64() / pace) as i64).max(1)
}

/// Set in `Crew::door` when nobody may join any more; below it, how many are inside.
const CLOSED: u32 = 1 << 31;

enum Failure {
    Code(i64),
    Panic(Box<dyn Any + Send>),
}

pub(super) struct Crew {
    work: Arc<dyn Work + Send>,
    shares: Shares,
    /// How many blocks a thread takes at first.
    first: i64,
    door: AtomicU32,
    joined: AtomicUsize, // how many have joined, the caller among them
    stopped: AtomicBool,
    failed: Mutex<Option<(i64, Failure)>>, // the first block of the stretch that failed
    caller: Thread,
}

impl Crew {
    /// Work along, if there is still something to do.
    fn join(&self) {
        let enter = |door: u32| (door & CLOSED == 0).then_some(door + 1);
        if self.door.fetch_update(Ordering::Acquire, Ordering::Relaxed, enter).is_err() {
            return;
        }
        // Each of the calls that were sent out joins once, so the number is below that of threads.
        let number = self.joined.fetch_add(1, Ordering::Relaxed);
        let place = super::placed(number);
        self.work(number, &mut || false);
        drop(place);
        // Release: the caller, who reads the door, sees all that was written in the blocks.
        if self.door.fetch_sub(1, Ordering::Release) == CLOSED + 1 {
            self.caller.unpark();
        }
    }

    /// Work as the caller; returns when nobody works any more.
    fn lead(&self, pace: Option<Pace>, interrupted: &mut dyn FnMut() -> bool) -> Outcome {
        let (did, took) = self.work(0, interrupted);
        if let Some(pace) = pace
            && did > 0
        {
            pace.remember(took.as_secs_f64() / did as f64);
        }
        self.door.fetch_or(CLOSED, Ordering::Relaxed);
        let since = Instant::now();
        let mut looked = since;
        while self.door.load(Ordering::Acquire) != CLOSED {
            if since.elapsed() < SPIN {
                std::hint::spin_loop();
                continue;
            }
            thread::park_timeout(LOOK);
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
                if interrupted() {
                    self.stop();
                }
            }
        }
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner).take();
        match failed {
            Some((_, Failure::Panic(panic))) => resume_unwind(panic),
            // A failure before the interrupt or after it: to stop is what was asked for.
            _ if self.stopped.load(Ordering::Relaxed) => Outcome::Stopped,
            Some((_, Failure::Code(code))) => Outcome::Failed(code),
            None => Outcome::Done,
        }
    }

    /// Take blocks until there are none, as the thread of this number. Answers how many it did, and how long that took.
    fn work(&self, number: usize, interrupted: &mut dyn FnMut() -> bool) -> (i64, Duration) {
        let mut size = self.first;
        let mut did = 0_i64;
        let start = Instant::now();
        let (mut before, mut looked) = (start, start);
        while let Some((begin, end)) = self.shares.take(number, size) {
            match catch_unwind(AssertUnwindSafe(|| self.work.run(begin, end))) {
                Ok(0) => {}
                Ok(code) => self.fail(begin, Failure::Code(code)),
                Err(panic) => self.fail(begin, Failure::Panic(panic)),
            }
            let now = Instant::now();
            size = stretch(end - begin, now - before);
            did = did.saturating_add(end - begin);
            before = now;
            if now - looked > LOOK {
                looked = now;
                if interrupted() {
                    self.stop();
                }
            }
        }
        (did, before - start)
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.shares.end_before(i64::MIN);
    }

    /// Blocks before a failed one are done all the same: one of them may fail as well, and is the first then.
    fn fail(&self, begin: i64, failure: Failure) {
        self.shares.end_before(begin);
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.as_ref().is_none_or(|&(first, _)| begin < first) {
            *failed = Some((begin, failure));
        }
    }
}
