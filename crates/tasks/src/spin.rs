//! Waiting awake, for a moment.

use std::time::{Duration, Instant};

/// Looks between two offers to let another thread run.
const LOOKS: u32 = 16;
/// Pauses between two looks: a look may take a cache line from who writes it.
const PAUSES: u32 = 16;

/// Look for a `reason` to stop, for at most `limit`; true when one was found.
///
/// A sleep and a wake through the system cost microseconds, and tens of them where a processor goes
/// idle meanwhile. What is expected sooner is better waited for awake. The processor is offered to
/// others again and again, so that the one waited for is not kept from running.
pub fn spin(limit: Duration, mut reason: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        for _ in 0..LOOKS {
            if reason() {
                return true;
            }
            for _ in 0..PAUSES {
                std::hint::spin_loop();
            }
        }
        if start.elapsed() >= limit {
            return false;
        }
        std::thread::yield_now();
    }
}
