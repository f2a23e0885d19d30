//! How far ahead of the workers tasks are published.

/// Work that waits per worker, so that none runs dry while the publisher is busy or asleep.
const AHEAD_NS: f64 = 4e6;
/// Work in one block: what one message carries.
const BLOCK_NS: f64 = 2e5;
/// Most tasks that wait, and most in one block.
const MOST_AHEAD: f64 = 32_768.0;
const MOST_IN_BLOCK: f64 = 512.0;

/// Learns how long the tasks of a job take and says how many to publish.
///
/// Long tasks: two per worker, so that input is read no sooner than needed. Short ones: a few
/// milliseconds of work. Nobody sets a chunk size.
#[derive(Clone, Debug)]
pub struct Pace {
    workers: f64,
    mean_ns: Option<f64>,
}

impl Pace {
    /// The pace of a job on so many workers, before anything is known.
    pub fn new(workers: usize) -> Self {
        Self { workers: workers.max(1) as f64, mean_ns: None }
    }

    /// `count` tasks took `total_ns` together.
    ///
    /// Later tasks weigh more, so a job whose tasks get longer slows down in time.
    pub fn record(&mut self, count: u64, total_ns: u64) {
        if count == 0 {
            return;
        }
        let seen = total_ns as f64 / count as f64;
        let weight = count as f64 / (count as f64 + 4.0 * self.workers);
        self.mean_ns = Some(self.mean_ns.map_or(seen, |mean| mean + weight * (seen - mean)));
    }

    /// Estimated time of one task in nanoseconds; `None` before the first is done.
    pub fn mean_ns(&self) -> Option<f64> {
        self.mean_ns
    }

    /// How many tasks of the job should be published and not finished.
    pub fn ahead(&self) -> usize {
        let least = 2.0 * self.workers;
        let tasks = self.mean_ns.map_or(least, |mean| AHEAD_NS * self.workers / mean.max(1.0));
        tasks.min(MOST_AHEAD).max(least) as usize
    }

    /// How many of them one block should hold.
    pub fn block(&self) -> usize {
        let tasks = self.mean_ns.map_or(1.0, |mean| BLOCK_NS / mean.max(1.0));
        tasks.clamp(1.0, MOST_IN_BLOCK) as usize
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn long_tasks_are_published_late_and_short_ones_in_bulk() {
        let mut pace = Pace::new(4);
        assert_eq!((pace.ahead(), pace.block()), (8, 1));
        pace.record(8, 8_000_000_000);
        assert_eq!((pace.ahead(), pace.block()), (8, 1));
        let mut pace = Pace::new(4);
        pace.record(8, 8 * 100);
        assert_eq!((pace.ahead(), pace.block()), (32_768, 512));
    }

    #[test]
    fn tasks_that_get_longer_slow_the_pace() {
        let mut pace = Pace::new(2);
        pace.record(1_000, 1_000 * 100);
        let fast = pace.ahead();
        for _ in 0..20 {
            pace.record(2, 2 * 50_000_000);
        }
        assert!(pace.ahead() < fast / 1_000);
    }
}
