//! How one side sleeps and the other wakes it.

use shm::os;
use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::time::{Duration, Instant};

const AWAKE: u32 = 0;
const NAPPING: u32 = 1;
const ASLEEP: u32 = 2;
const ABSENT: u32 = 3;

/// One sleeper, many who may wake it; also across processes.
///
/// The sleeper says in the word that it sleeps, looks once more for a reason not to, then waits on
/// a futex. Who makes a reason (writes a result, publishes a task) does so first and looks at the
/// word afterwards. A full fence on both sides between the two steps means that one of them sees
/// the other: no wake is lost, and waking somebody who is awake costs one load.
#[derive(Clone, Copy, Debug)]
pub struct Bell<'word>(&'word AtomicU32);

impl<'word> Bell<'word> {
    /// The bell over this word, which starts as zero (awake).
    pub fn new(word: &'word AtomicU32) -> Self {
        Self(word)
    }

    /// Sleep until rung, at most `timeout`, unless `reason` finds something to do.
    pub fn sleep(self, timeout: Option<Duration>, reason: impl FnMut() -> bool) {
        self.wait(ASLEEP, timeout, reason);
    }

    /// As [`Bell::sleep`], but only [`Bell::ring_urgently`] wakes before `timeout`.
    ///
    /// For a reader to whom many small messages come: reading them together after a while costs
    /// less than being woken for each.
    pub fn nap(self, timeout: Duration, reason: impl FnMut() -> bool) {
        self.wait(NAPPING, Some(timeout), reason);
    }

    fn wait(self, how: u32, timeout: Option<Duration>, mut reason: impl FnMut() -> bool) {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        self.0.store(how, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        while self.0.load(Ordering::Relaxed) == how && !reason() {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                break;
            }
            os::wait_on(self.0, how, left);
        }
        self.0.store(AWAKE, Ordering::Relaxed);
    }

    /// Say that nobody will listen until the next sleep.
    pub fn leave(self) {
        self.0.store(ABSENT, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Say that somebody listens again, awake.
    pub fn enter(self) {
        self.0.store(AWAKE, Ordering::Relaxed);
    }

    /// Wake the sleeper, if it sleeps; true when it did.
    pub fn ring(self) -> bool {
        fence(Ordering::SeqCst);
        self.wake_from(ASLEEP)
    }

    /// Wake the sleeper, also from a nap; false when nobody listens at all.
    pub fn ring_urgently(self) -> bool {
        fence(Ordering::SeqCst);
        self.wake_from(ASLEEP)
            || self.wake_from(NAPPING)
            || self.0.load(Ordering::Relaxed) != ABSENT
    }

    fn wake_from(self, state: u32) -> bool {
        let rung = self.0.load(Ordering::Relaxed) == state
            && self.0.compare_exchange(state, AWAKE, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if rung {
            os::wake(self.0, 1);
        }
        rung
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn no_wake_is_lost() {
        let rounds = if cfg!(miri) { 200 } else { 20_000 };
        let (one, two) = (AtomicU32::new(0), AtomicU32::new(0));
        let ball = AtomicU64::new(0);
        let play = |mine: &AtomicU32, other: &AtomicU32, parity: u64| {
            for _ in 0..rounds {
                Bell::new(mine).sleep(None, || ball.load(Ordering::Acquire) % 2 == parity);
                while ball.load(Ordering::Acquire) % 2 != parity {}
                ball.fetch_add(1, Ordering::Release);
                Bell::new(other).ring();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| play(&one, &two, 0));
            scope.spawn(|| play(&two, &one, 1));
        });
        assert_eq!(ball.into_inner(), 2 * rounds);
    }

    #[test]
    fn a_nap_is_only_disturbed_urgently() {
        let word = AtomicU32::new(0);
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| Bell::new(&word).nap(Duration::from_secs(60), || false));
            while word.load(Ordering::Acquire) != NAPPING {}
            assert!(!Bell::new(&word).ring());
            assert!(!sleeper.is_finished());
            assert!(Bell::new(&word).ring_urgently());
        });
        Bell::new(&word).leave();
        assert!(!Bell::new(&word).ring_urgently());
    }
}
