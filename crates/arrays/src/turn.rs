//! One evaluation at a time for the whole process.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::{Error, ErrorKind};

/// How often one who waits asks whether to give up.
const LOOK: Duration = Duration::from_millis(20);

/// Who has the turn, and how many wait for it: to wake nobody costs a call of the system.
#[derive(Debug)]
struct Holder {
    thread: Option<ThreadId>,
    waiting: usize,
}

/// Whose turn it is.
#[derive(Debug)]
pub(crate) struct Turn {
    holder: Mutex<Holder>,
    free: Condvar,
}

/// A turn that somebody has; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Taken<'t> {
    turn: &'t Turn,
    /// Not so for one that was asked for in the middle of the same thread's turn.
    first: bool,
}

impl Turn {
    pub(crate) const fn new() -> Self {
        Self { holder: Mutex::new(Holder { thread: None, waiting: 0 }), free: Condvar::new() }
    }

    /// Wait for a turn.
    ///
    /// The thread that has it gets it again: a handler of signals, or what runs when a foreign array
    /// is let go, may ask for a value in the middle of an evaluation.
    pub(crate) fn take(&self, interrupted: &mut dyn FnMut() -> bool) -> Result<Taken<'_>, Error> {
        let own = thread::current().id();
        let mut holder = self.holder.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match holder.thread {
                None => {
                    holder.thread = Some(own);
                    return Ok(Taken { turn: self, first: true });
                }
                Some(known) if known == own => return Ok(Taken { turn: self, first: false }),
                Some(_) => {}
            }
            holder.waiting += 1;
            let waited = self.free.wait_timeout(holder, LOOK);
            holder = waited.unwrap_or_else(PoisonError::into_inner).0;
            holder.waiting -= 1;
            if holder.thread.is_some() {
                // Not with the lock in hand: whoever is asked may need what the holder has.
                drop(holder);
                if interrupted() {
                    return Err(Error::new(ErrorKind::Interrupted, "interrupted"));
                }
                holder = self.holder.lock().unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if self.first {
            let mut holder = self.turn.holder.lock().unwrap_or_else(PoisonError::into_inner);
            holder.thread = None;
            if holder.waiting > 0 {
                self.turn.free.notify_one();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_may_take_it_again_and_others_wait() {
        let turn = Turn::new();
        let first = turn.take(&mut || false).unwrap();
        drop(turn.take(&mut || false).unwrap());
        thread::scope(|scope| {
            let waiting = scope.spawn(|| turn.take(&mut || true).map(|_| ()));
            let error = waiting.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Interrupted);
            let waiting = scope.spawn(|| turn.take(&mut || false).map(|_| ()));
            drop(first);
            waiting.join().unwrap().unwrap();
        });
    }
}
