//! What kernels say, until whoever launched them reads it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    /// Who listens to the kernels that this thread launches.
    static LISTENER: RefCell<Option<Arc<Spool>>> = const { RefCell::new(None) };
}

/// Words that kernels said and nobody read yet: for each time the number, how many follow, and these.
#[derive(Debug, Default)]
pub struct Spool(Mutex<Vec<u64>>);

impl Spool {
    /// Add what was said; answers how many words wait.
    pub(super) fn say(&self, number: i64, words: &[u64]) -> usize {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend([number.cast_unsigned(), words.len() as u64]);
        all.extend(words);
        all.len()
    }

    /// How many words wait.
    pub(super) fn waiting(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All that was said since it was read last: numbers with their words, in order.
    pub fn read(&self) -> Vec<(i64, Vec<u64>)> {
        let words = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut left = words.into_iter();
        let mut found = Vec::new();
        while let (Some(number), Some(count)) = (left.next(), left.next()) {
            found.push((number.cast_signed(), left.by_ref().take(count as usize).collect()));
        }
        found
    }
}

/// Listens to the kernels that this thread launches, as long as it is there.
#[derive(Debug)]
pub struct Listening(Option<Arc<Spool>>);

/// Have what kernels say that this thread launches from now on go there.
#[must_use]
pub fn listen(spool: Arc<Spool>) -> Listening {
    Listening(LISTENER.replace(Some(spool)))
}

impl Drop for Listening {
    fn drop(&mut self) {
        LISTENER.replace(self.0.take());
    }
}

/// Who listens here.
pub(super) fn listener() -> Option<Arc<Spool>> {
    LISTENER.with_borrow(Clone::clone)
}
