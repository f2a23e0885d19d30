//! What others do not need any more of what a process lent: a bit each, set by them, taken by it.

use crate::word::Word;
use std::sync::atomic::{AtomicU64, Ordering};

/// A set of numbers that is filled on one side and emptied on the other.
#[derive(Debug)]
pub struct Returns<'words, W = AtomicU64>(&'words [W]);

impl<'words, W: Word> Returns<'words, W> {
    /// A set in these words, all zero at the start.
    pub fn new(words: &'words [W]) -> Self {
        Self(words)
    }

    /// Put a number into the set: all reads of what it stands for come before this. One that is too
    /// large, which nobody can have lent, is ignored.
    pub fn give(&self, number: u32) {
        if let Some(word) = self.0.get(number as usize / 64) {
            word.fetch_or(1 << (number % 64), Ordering::AcqRel);
        }
    }

    /// Empty the set, of numbers below `end`: reads by those who gave them come before this.
    pub fn take(&self, end: usize, mut each: impl FnMut(u32)) {
        for (place, word) in self.0[..end.div_ceil(64)].iter().enumerate() {
            // Mostly there is nothing, and to look costs less than to exchange.
            if word.load(Ordering::Relaxed) == 0 {
                continue;
            }
            let mut bits = word.swap(0, Ordering::AcqRel);
            while bits != 0 {
                each(place as u32 * 64 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
    }
}
