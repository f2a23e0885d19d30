//! Integers of a range by position.

use super::words::{LANES, blocks, long};
use super::{Group, LONG, SHORT, Source, by_groups};
use crate::{Integer, Integers};

#[inline(always)]
pub(super) fn fill<T: Integer>(source: Source, range: &Integers<T>, first: u64, out: &mut [T]) {
    let Integers { low, range } = *range;
    // Products with a remainder below this are drawn again: else some results were more likely.
    if range > u32::MAX.into() {
        let count = range.wrapping_add(1);
        let excess = if count == 0 { 0 } else { (u64::MAX - range) % count };
        by_groups(first, out, &Long { source, low, count, excess });
    } else {
        let count = range + 1;
        let excess = ((1 << 32) - count) % count;
        by_groups(first, out, &Short { source, low, count, excess });
    }
}

/// Ranges of more than 32 bits. A count of 0 stands for 2⁶⁴.
struct Long<T> {
    source: Source,
    low: T,
    count: u64,
    excess: u64,
}

impl<T: Integer> Group<T, LONG> for Long<T> {
    #[inline(always)]
    fn fill(&self, group: u64, out: &mut [T; LONG]) {
        let words = long(self.source, group);
        for (at, (out, &word)) in out.iter_mut().zip(words.as_flattened()).enumerate() {
            let mut word = word;
            if self.count > 0 {
                let mut product = u128::from(word) * u128::from(self.count);
                let mut tries = 0;
                while (product as u64) < self.excess {
                    tries += 1;
                    word = self.source.again(group * LONG as u64 + at as u64, tries);
                    product = u128::from(word) * u128::from(self.count);
                }
                word = (product >> 64) as u64;
            }
            *out = self.low.offset(word);
        }
    }
}

/// Ranges of up to 32 bits.
struct Short<T> {
    source: Source,
    low: T,
    count: u64,
    excess: u64,
}

impl<T: Integer> Group<T, SHORT> for Short<T> {
    #[inline(always)]
    fn fill(&self, group: u64, out: &mut [T; SHORT]) {
        let words = blocks(self.source, group * LANES as u64);
        let mut refused = false;
        for (out, &word) in out.iter_mut().zip(words.as_flattened()) {
            let product = u64::from(word as u32) * self.count;
            refused |= u64::from(product as u32) < self.excess;
            *out = self.low.offset(product >> 32);
        }
        if refused {
            for (at, (out, &word)) in out.iter_mut().zip(words.as_flattened()).enumerate() {
                let mut product = u64::from(word as u32) * self.count;
                let mut tries = 0;
                while u64::from(product as u32) < self.excess {
                    tries += 1;
                    let word = self.source.again(group * SHORT as u64 + at as u64, tries);
                    product = u64::from(word as u32) * self.count;
                }
                *out = self.low.offset(product >> 32);
            }
        }
    }
}
