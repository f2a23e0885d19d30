//! What each process has of its own, also one that was forked off.
//!
//! A fork copies locks as they are, and not the threads that hold them: who waits for such a lock waits
//! for ever. So a process that was forked off leaves what it inherited and has a fresh one.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many forks lie between the first process and this one.
static FORKS: AtomicUsize = AtomicUsize::new(0);

/// To be called in a process that was just forked off, before anything else of this crate.
pub fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// A value, and a fresh one for each process that was forked off since it was made.
pub struct PerProcess<T> {
    value: T,
    fresh: fn() -> T,
    next: OnceLock<Box<PerProcess<T>>>,
}

impl<T> PerProcess<T> {
    /// This value here, and `fresh` ones elsewhere.
    pub const fn new(value: T, fresh: fn() -> T) -> Self {
        Self { value, fresh, next: OnceLock::new() }
    }

    /// The value of this process.
    pub fn get(&self) -> &T {
        let mut here = self;
        for _ in 0..FORKS.load(Ordering::Relaxed) {
            here = here.next.get_or_init(|| Box::new(Self::new((here.fresh)(), here.fresh)));
        }
        &here.value
    }
}

impl<T: fmt::Debug> fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
