//! Philox 4x32: random access to a stream in 32-bit words, as graphics processors like them.

use crate::bit_generator::rand_core_traits;
use crate::{BitGenerator, SeedSequence};

const ROUNDS: usize = 10;
const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];

/// Philox4x32-10 of Salmon and others (2011). NumPy has no such generator; cuRAND has it, and it
/// is cheap in vector registers.
///
/// ```
/// use random::{Philox4x32, Rng};
///
/// let mut bits = Philox4x32::with_key([7, 0], [0; 4]);
/// assert_eq!(bits.next_u32(), Philox4x32::block([0; 4], [7, 0])[0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Philox4x32 {
    counter: u128, // of the next block
    key: [u32; 2],
    buffer: [u32; 4],
    position: usize, // of the next word in the buffer, 4 when it is used up
}

impl Philox4x32 {
    /// The generator whose key comes from `SeedSequence(seed)`.
    pub fn new(seed: u128) -> Self {
        Self::from(&SeedSequence::new(seed))
    }

    /// The generator of this key, from this counter on, lowest word first.
    pub fn with_key(key: [u32; 2], counter: [u32; 4]) -> Self {
        let counter = counter.iter().rev().fold(0, |sum, &word| sum << 32 | u128::from(word));
        Self { counter, key, buffer: [0; 4], position: 4 }
    }

    /// The four words that belong to a counter and a key.
    #[inline]
    pub fn block(counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
        let mut words = counter;
        for _ in 0..ROUNDS {
            let [a, b, c, d] = words;
            let left = u64::from(MULTIPLIERS[0]) * u64::from(a);
            let right = u64::from(MULTIPLIERS[1]) * u64::from(c);
            words = [
                (right >> 32) as u32 ^ b ^ key[0],
                right as u32,
                (left >> 32) as u32 ^ d ^ key[1],
                left as u32,
            ];
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        words
    }

    /// Move on by `words` 32-bit words, from wherever it is in the present block.
    ///
    /// ```
    /// use random::{Philox4x32, Rng};
    ///
    /// let (mut bits, mut later) = (Philox4x32::new(1), Philox4x32::new(1));
    /// later.advance(6);
    /// for _ in 0..6 {
    ///     bits.next_u32();
    /// }
    /// assert_eq!(bits.next_u32(), later.next_u32());
    /// ```
    pub fn advance(&mut self, words: u128) {
        let ahead = self.position as u128 + words % 4;
        // The buffer holds the block before `counter`, so its words count from there.
        let blocks = words / 4 + ahead / 4;
        let within = (ahead % 4) as usize;
        if blocks == 0 {
            self.position = within;
            return;
        }
        self.counter = self.counter.wrapping_add(blocks - 1);
        self.position = 4;
        if within > 0 {
            self.refill();
            self.position = within;
        }
    }

    /// The generator with its counter `jumps` times 2⁶⁴ further on, at the start of a block.
    #[must_use]
    pub fn jumped(&self, jumps: u64) -> Self {
        let counter = self.counter.wrapping_add(u128::from(jumps) << 64);
        Self { counter, position: 4, ..self.clone() }
    }

    fn refill(&mut self) {
        let counter = [0, 32, 64, 96].map(|shift| (self.counter >> shift) as u32);
        self.buffer = Self::block(counter, self.key);
        self.counter = self.counter.wrapping_add(1);
        self.position = 0;
    }

    #[inline]
    fn word(&mut self) -> u32 {
        if self.position >= 4 {
            self.refill();
        }
        let word = self.buffer[self.position];
        self.position += 1;
        word
    }

    #[inline]
    fn long(&mut self) -> u64 {
        let low = self.word();
        u64::from(self.word()) << 32 | u64::from(low)
    }
}

impl From<&SeedSequence> for Philox4x32 {
    fn from(sequence: &SeedSequence) -> Self {
        let mut key = [0; 2];
        sequence.fill_u32(&mut key);
        Self::with_key(key, [0; 4])
    }
}

impl BitGenerator for Philox4x32 {}
rand_core_traits!(Philox4x32);
