//! Philox 4x64: random access to a stream, by counter.

use crate::bit_generator::rand_core_traits;
use crate::half_word::HalfWord;
use crate::{BitGenerator, SeedSequence, StateError};

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
pub struct Philox4x64 {
    counter: [u64; 4],
    key: [u64; 2],
    buffer: [u64; 4],
    position: usize, // of the next word in the buffer, 4 when it is used up
    half: HalfWord,
}

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
    /// Whether `uinteger` is the next 32-bit word.
    pub has_uint32: bool,
    /// The upper half of the last word that was cut in two.
    pub uinteger: u32,
}

impl Philox4x64 {
    /// `numpy.random.Philox(seed)`
    pub fn new(seed: u128) -> Self {
        Self::from(&SeedSequence::new(seed))
    }

    /// `numpy.random.Philox(key=key, counter=counter)`, integers as words, lowest first.
    pub fn with_key(key: [u64; 2], counter: [u64; 4]) -> Self {
        Self { counter, key, buffer: [0; 4], position: 4, half: HalfWord::default() }
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

    /// The state, to be stored or handed to NumPy.
    pub fn state(&self) -> Philox4x64State {
        let &Self { counter, key, buffer, position, half: HalfWord { kept, word } } = self;
        let (has_uint32, uinteger) = (kept, word);
        Philox4x64State { counter, key, buffer, buffer_pos: position, has_uint32, uinteger }
    }

    /// The generator in this state.
    ///
    /// ```
    /// use random::Philox4x64;
    ///
    /// let mut state = Philox4x64::new(1).state();
    /// assert_eq!(Philox4x64::from_state(&state), Ok(Philox4x64::new(1)));
    /// state.buffer_pos = 5;
    /// assert!(Philox4x64::from_state(&state).is_err());
    /// ```
    pub fn from_state(state: &Philox4x64State) -> Result<Self, StateError> {
        let &Philox4x64State { counter, key, buffer, buffer_pos, has_uint32, uinteger } = state;
        StateError::unless_within("buffer_pos", buffer_pos, 4)?;
        let half = HalfWord { kept: has_uint32, word: uinteger };
        Ok(Self { counter, key, buffer, position: buffer_pos, half })
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
        *self = Self::with_key(self.key, self.counter);
    }

    fn count(&mut self, delta: [u64; 4]) {
        let mut carry = false;
        for (word, delta) in self.counter.iter_mut().zip(delta) {
            let (sum, over) = word.overflowing_add(delta);
            let (sum, again) = sum.overflowing_add(carry.into());
            *word = sum;
            carry = over || again;
        }
    }

    #[inline]
    fn long(&mut self) -> u64 {
        if self.position >= 4 {
            self.count([1, 0, 0, 0]);
            self.buffer = Self::block(self.counter, self.key);
            self.position = 0;
        }
        let word = self.buffer[self.position];
        self.position += 1;
        word
    }

    #[inline]
    fn word(&mut self) -> u32 {
        let mut half = self.half;
        let word = half.next(|| self.long());
        self.half = half;
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
        self.half.kept
    }

    fn ahead(&self, words: u64) -> Option<Self> {
        let mut later = self.clone();
        let left = 4 - later.position as u64;
        if words <= left {
            later.position += words as usize;
            return Some(later);
        }
        // The block that holds the last of these words becomes the one in the buffer.
        let beyond = words - left - 1;
        later.count([beyond / 4, 0, 0, 0]);
        later.position = 4;
        for _ in 0..=beyond % 4 {
            later.long();
        }
        Some(later)
    }
}
rand_core_traits!(Philox4x64);
