//! Philox 4x64: random access to a stream, by counter.

use crate::bit_generator::rand_core_traits;
use crate::stateful::{State, stateful};
use crate::{BitGenerator, HalfWord, SeedSequence, StateError};

const ROUNDS: usize = 10;
const MULTIPLIERS: [u64; 2] = [0xd2e7_470e_e14c_6c93, 0xca5a_8263_9512_1157];
const WEYL: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xbb67_ae85_84ca_a73b];

/// Philox4x64-10 of Salmon and others (2011): `numpy.random.Philox`.
///
/// Block n of the stream is a function of key and counter alone, see [`block`](Self::block).
///
/// ```
/// use random::{Philox4x64, Rng};
///
/// let mut bits = Philox4x64::with_key([1, 2], [0; 4]); // numpy.random.Philox(key=1 + (2 << 64))
/// // The counter moves before each block of four words.
/// assert_eq!(bits.next_u64(), Philox4x64::block([1, 0, 0, 0], [1, 2])[0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Philox4x64(Philox4x64State);
stateful!(Philox4x64, Philox4x64State, half);

/// The state of [`Philox4x64`], by the names of NumPy's dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Philox4x64State {
    /// `["state"]["counter"]`, lowest word first: of the block in the buffer.
    pub counter: [u64; 4],
    /// `["state"]["key"]`, lowest word first.
    pub key: [u64; 2],
    /// The last block.
    pub buffer: [u64; 4],
    /// The next word in the buffer, 4 when it is used up.
    pub buffer_pos: usize,
    /// `["has_uint32"]` and `["uinteger"]`
    pub half: HalfWord,
}

impl State for Philox4x64State {
    fn check(&self) -> Result<(), StateError> {
        StateError::unless_within("buffer_pos", self.buffer_pos, 4)
    }
}

impl Philox4x64 {
    /// `numpy.random.Philox(seed)`
    pub fn new(seed: u128) -> Self {
        Self::from(&SeedSequence::new(seed))
    }

    /// `numpy.random.Philox(key=key, counter=counter)`, integers as words, lowest first.
    pub fn with_key(key: [u64; 2], counter: [u64; 4]) -> Self {
        let half = HalfWord::default();
        Self(Philox4x64State { counter, key, buffer: [0; 4], buffer_pos: 4, half })
    }

    /// The four words that belong to a counter and a key.
    #[inline]
    pub fn block(counter: [u64; 4], mut key: [u64; 2]) -> [u64; 4] {
        let mut words = counter;
        for _ in 0..ROUNDS {
            let [a, b, c, d] = words;
            let left = u128::from(MULTIPLIERS[0]) * u128::from(a);
            let right = u128::from(MULTIPLIERS[1]) * u128::from(c);
            words = [
                (right >> 64) as u64 ^ b ^ key[0],
                right as u64,
                (left >> 64) as u64 ^ d ^ key[1],
                left as u64,
            ];
            key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
        }
        words
    }

    /// Move the counter on by `delta`, that is by four words each, and forget what is left of the
    /// present block, as NumPy's `advance` does.
    pub fn advance(&mut self, delta: u128) {
        self.count([delta as u64, (delta >> 64) as u64, 0, 0]);
        self.forget();
    }

    /// Move the counter back by `delta`, as `advance(-delta)` of NumPy does.
    pub fn rewind(&mut self, delta: u128) {
        // The two's complement, over all four words.
        let delta = delta.wrapping_neg();
        let sign = if delta == 0 { 0 } else { u64::MAX };
        self.count([delta as u64, (delta >> 64) as u64, sign, sign]);
        self.forget();
    }

    /// The generator with its counter `jumps` times 2¹²⁸ further on.
    #[must_use]
    pub fn jumped(&self, jumps: u128) -> Self {
        let mut jumped = self.clone();
        jumped.count([0, 0, jumps as u64, (jumps >> 64) as u64]);
        jumped.forget();
        jumped
    }

    fn forget(&mut self) {
        *self = Self::with_key(self.0.key, self.0.counter);
    }

    fn count(&mut self, delta: [u64; 4]) {
        let mut carry = false;
        for (word, delta) in self.0.counter.iter_mut().zip(delta) {
            let (sum, over) = word.overflowing_add(delta);
            let (sum, again) = sum.overflowing_add(carry.into());
            *word = sum;
            carry = over || again;
        }
    }

    #[inline]
    fn long(&mut self) -> u64 {
        if self.0.buffer_pos >= 4 {
            self.count([1, 0, 0, 0]);
            self.0.buffer = Self::block(self.0.counter, self.0.key);
            self.0.buffer_pos = 0;
        }
        let word = self.0.buffer[self.0.buffer_pos];
        self.0.buffer_pos += 1;
        word
    }
}

impl From<&SeedSequence> for Philox4x64 {
    fn from(sequence: &SeedSequence) -> Self {
        Self::with_key(sequence.array(), [0; 4])
    }
}

impl BitGenerator for Philox4x64 {
    fn keeps_half(&self) -> bool {
        self.0.half.has_uint32
    }

    fn ahead(&self, words: u64) -> Option<Self> {
        let mut later = self.clone();
        let left = 4 - later.0.buffer_pos as u64;
        if words <= left {
            later.0.buffer_pos += words as usize;
            return Some(later);
        }
        // The block that holds the last of these words becomes the one in the buffer.
        let beyond = words - left - 1;
        later.count([beyond / 4, 0, 0, 0]);
        later.0.buffer_pos = 4;
        for _ in 0..=beyond % 4 {
            later.long();
        }
        Some(later)
    }
}
rand_core_traits!(Philox4x64);
