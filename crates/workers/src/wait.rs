//! Waiting for results: one leads, the others follow.
//!
//! Whoever wants a result and finds nobody reading the workers' rings reads them itself, so a
//! result reaches the thread that waits for it without passing through another one. The rest wait
//! for the leader to deliver or to leave. The pool's own thread leads only when results are wanted
//! and nobody waits: callbacks, a backlog, a full ring.

use crate::job::Job;
use crate::pool::{Event, Pool};
use crate::shared::Shared;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tasks::spin;

/// Longest time for which small results are left to gather.
const NAP: Duration = Duration::from_millis(1);
/// How long a leader looks for results before it sleeps.
const SPIN: Duration = Duration::from_micros(30);
/// Less work than this is awaited awake or asleep, not napping.
const NAP_FROM: Duration = Duration::from_micros(100);

impl Pool {
    /// Wait at most `timeout` for something of the job to arrive; true when it did, or when
    /// nothing more can.
    pub fn wait(&self, job: &Arc<Job>, timeout: Duration) -> bool {
        let ready = || job.has_arrivals() || job.outstanding() == 0;
        self.shared.wait_until(ready, || self.shared.gather(job), Instant::now() + timeout)
    }

    /// Deliver what is there, without waiting.
    pub fn poll(&self) {
        if let Ok(mut scratch) = self.shared.lead.try_lock() {
            self.shared.drain(&mut scratch);
        }
    }
}

impl Shared {
    /// How long the job's small results may be left to gather.
    fn gather(&self, job: &Job) -> Option<Duration> {
        let progress = job.progress();
        let work = progress.pace.mean_ns()? * progress.outstanding as f64;
        let half =
            Duration::from_nanos((work / 2.0) as u64 / self.settings.workers as u64).min(NAP);
        let low = if progress.outstanding > 256 { progress.outstanding / 2 } else { 0 };
        self.control.low_water().store(low, Ordering::Relaxed);
        (half >= NAP_FROM && progress.pace.block() > 8).then_some(half)
    }

    pub(crate) fn wait_until(
        &self,
        ready: impl Fn() -> bool,
        gather: impl Fn() -> Option<Duration>,
        deadline: Instant,
    ) -> bool {
        loop {
            if ready() {
                return true;
            }
            if let Ok(mut scratch) = self.lead.try_lock() {
                self.lead(&mut scratch, &ready, &gather, deadline);
                drop(scratch);
                // After the lock is free, under the state's: a follower that found it taken
                // either waits already, and is woken, or looks again before it does.
                let _state = self.state();
                self.changed.notify_all();
                return ready();
            }
            self.followers.fetch_add(1, Ordering::SeqCst);
            let state = self.state();
            let leaderless = self.lead.try_lock().is_ok();
            if !ready() && !leaderless {
                let left = deadline.saturating_duration_since(Instant::now());
                let _unused = self.changed.wait_timeout(state, left).expect("state");
            }
            self.followers.fetch_sub(1, Ordering::SeqCst);
            if Instant::now() >= deadline {
                return ready();
            }
        }
    }

    fn lead(
        &self,
        scratch: &mut Vec<u8>,
        ready: &impl Fn() -> bool,
        gather: &impl Fn() -> Option<Duration>,
        deadline: Instant,
    ) {
        let bell = self.control.parent_bell();
        bell.enter();
        loop {
            self.drain(scratch);
            let left = deadline.saturating_duration_since(Instant::now());
            if ready() || left.is_zero() {
                break;
            }
            match gather() {
                Some(nap) => bell.nap(nap.min(left), || self.half_full() || ready()),
                None if spin(SPIN.min(left), || self.has_records() || ready()) => {}
                None => bell.sleep(Some(left), || self.has_records() || ready()),
            }
        }
        bell.leave();
        // What came between the last look and the leaving would not be rung for again.
        self.drain(scratch);
    }

    fn half_full(&self) -> bool {
        (0..self.settings.workers).any(|it| crate::ring::Ring::new(&self.control, it).is_filling())
    }

    /// The collecting thread: sleeps unless results are wanted that nobody waits for.
    pub(crate) fn collect(&self) {
        loop {
            self.nudged.store(false, Ordering::SeqCst);
            let mut state = self.state();
            // First what tasks said, then that they ended.
            if let Some(job) = state.spoken.pop_front() {
                drop(state);
                job.speaking.store(false, Ordering::Release);
                (self.hook)(&job, Event::Spoke);
                continue;
            }
            if let Some(job) = state.settled.pop_front() {
                drop(state);
                (self.hook)(&job, Event::Settled);
                continue;
            }
            if state.closed && state.outstanding == 0 {
                return;
            }
            if state.watched == 0 && state.pending.is_empty() && !state.pressure {
                let _unused = self.collect.wait(state).expect("state");
                continue;
            }
            state.pressure = false;
            drop(state);
            // Not longer than this: the backlog may be gone, and then others read faster.
            let deadline = Instant::now() + Duration::from_millis(100);
            self.wait_until(|| self.nudged.load(Ordering::SeqCst), || None, deadline);
        }
    }
}
