//! Threads of the pool that have just worked and stay awake for a moment, in case more comes.
//!
//! To wake a thread that sleeps takes 15 µs of the caller's time and 40 µs until it works, more than
//! many a loop takes. Programs call such loops one after the other, so who has worked waits a
//! little without sleeping, and takes the next call in about a microsecond.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::crew::Crew;

/// How long a thread stays awake after its work, and two calls are apart that count as one after the other.
const STAY: Duration = Duration::from_micros(100);

/// Work that a caller did alone, one call after the other, before it is worth to wake somebody for the next ones.
const OFTEN: Duration = Duration::from_micros(200);

/// Who stays awake, and what they are given.
///
/// Whoever gives a call takes one off `waiting` first and then puts the call on `calls`; who
/// waits leaves by taking a call from there, or by taking one off `waiting` in its own stead. So none is
/// given that nobody takes. Nobody waits for the lock: a fork may have copied it while it was held.
pub(super) struct Standby {
    waiting: AtomicUsize,
    given: AtomicUsize,
    calls: Mutex<Vec<Arc<Crew>>>,
}

pub(super) static STANDBY: Standby = Standby {
    waiting: AtomicUsize::new(0),
    given: AtomicUsize::new(0),
    calls: Mutex::new(Vec::new()),
};

impl Standby {
    /// Whether somebody is awake and has nothing to do.
    pub(super) fn is_there(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Take one off those who wait.
    fn take(&self) -> bool {
        let less = |waiting: usize| waiting.checked_sub(1);
        self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// Give a call to one who waits; false if nobody does.
    pub(super) fn give(&self, call: &Arc<Crew>) -> bool {
        if !self.take() {
            return false;
        }
        let Ok(mut calls) = self.calls.try_lock() else {
            self.waiting.fetch_add(1, Ordering::Relaxed);
            return false;
        };
        calls.push(call.clone());
        self.given.fetch_add(1, Ordering::Release);
        true
    }

    /// Wait for a call, not for long.
    pub(super) fn wait(&self) -> Option<Arc<Crew>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let since = Instant::now();
        loop {
            if self.given.load(Ordering::Acquire) > 0
                && let Ok(mut calls) = self.calls.try_lock()
                && let Some(call) = calls.pop()
            {
                self.given.fetch_sub(1, Ordering::Relaxed);
                return Some(call);
            }
            if since.elapsed() > STAY && self.take() {
                return None;
            }
            std::hint::spin_loop();
        }
    }
}

thread_local! {
    /// When this thread last ended a call that it did alone though it could have shared it, and how
    /// long such calls took, one after the other.
    static ALONE: Cell<Option<(Instant, Duration)>> = const { Cell::new(None) };
}

/// Whether calls like this one, which began at `start`, come one after the other for so long that
/// others had better stay awake for them.
pub(super) fn come_often(start: Instant) -> bool {
    let Some((last, before)) = ALONE.get() else { return false };
    if start.saturating_duration_since(last) > STAY {
        ALONE.set(None);
        return false;
    }
    let often = before > OFTEN;
    if often {
        ALONE.set(None);
    }
    often
}

/// Remember a call that the caller did alone.
pub(super) fn was_alone(start: Instant) {
    let now = Instant::now();
    let before = ALONE.get().map_or(Duration::ZERO, |(_, before)| before);
    ALONE.set(Some((now, before + (now - start))));
}
