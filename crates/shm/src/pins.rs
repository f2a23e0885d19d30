//! Which extents a process reads: hazard pointers, written by it and looked at by the parent.

use crate::word::Word;
use std::sync::atomic::{AtomicU64, Ordering};

/// A table of extents, by position.
///
/// Its owner sets a pin before it says that it is through with the task that named the extent, and
/// clears it after its last read. Whoever heard that (or knows otherwise that no more pins of an
/// extent will come) and finds none may have the extent written anew.
#[derive(Debug)]
pub struct Pins<'words, W = AtomicU64> {
    /// Pins below this one were ever used.
    high: &'words W,
    /// One more than a position; zero is none.
    words: &'words [W],
}

impl<'words, W: Word> Pins<'words, W> {
    /// A table in these words, all zero at the start.
    pub fn new(high: &'words W, words: &'words [W]) -> Self {
        Self { high, words }
    }

    /// Have the extent at `base` stay. The owner's side.
    pub fn set(&self, pin: usize, base: u64) {
        self.words[pin].store(base + 1, Ordering::Release);
        if self.high.load(Ordering::Relaxed) <= pin as u64 {
            self.high.store(pin as u64 + 1, Ordering::Release);
        }
    }

    /// What the pin kept may go: all reads of it come before this. The owner's side.
    pub fn clear(&self, pin: usize) {
        self.words[pin].store(0, Ordering::Release);
    }

    /// Whether the owner reads the extent at `base`; if not, all its reads came before this.
    pub fn hold(&self, base: u64) -> bool {
        let high = self.high.load(Ordering::Acquire).min(self.words.len() as u64) as usize;
        self.words[..high].iter().any(|pin| pin.load(Ordering::Acquire) == base + 1)
    }
}
