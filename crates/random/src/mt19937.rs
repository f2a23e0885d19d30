//! MT19937: the Mersenne Twister.

mod jump;

use crate::bit_generator::rand_core_traits;
use crate::stateful::{State, stateful};
use crate::{BitGenerator, SeedSequence, StateError};

const WORDS: usize = 624;
const SHIFT: usize = 397;
const TWIST: u32 = 0x9908_b0df;

/// The Mersenne Twister of Matsumoto and Nishimura (1998): `numpy.random.MT19937`.
///
/// ```
/// use random::{Mt19937, Rng};
///
/// let mut bits = Mt19937::legacy(42); // numpy.random.RandomState(42).tomaxint's words
/// assert_eq!(bits.next_u32(), 1608637542);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Mt19937(Mt19937State);
stateful!(Mt19937, Mt19937State);

/// The state of [`Mt19937`], by the names of NumPy's dictionary.
#[derive(Clone, PartialEq, Eq)]
pub struct Mt19937State {
    /// `["state"]["key"]`
    pub key: [u32; WORDS],
    /// `["state"]["pos"]`: the next word, 624 when all are used.
    pub pos: usize,
}

impl State for Mt19937State {
    fn check(&self) -> Result<(), StateError> {
        StateError::unless_within("pos", self.pos, WORDS)
    }
}

impl Mt19937 {
    /// `numpy.random.MT19937(seed)`
    pub fn new(seed: u128) -> Self {
        Self::from(&SeedSequence::new(seed))
    }

    /// The generator of an integer as `numpy.random.RandomState(seed)` seeds it, and the reference
    /// implementation's `init_genrand`.
    pub fn legacy(seed: u32) -> Self {
        let mut key = [seed; WORDS];
        for at in 1..WORDS {
            let last = key[at - 1];
            key[at] = (last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(at as u32);
        }
        Self(Mt19937State { key, pos: WORDS })
    }

    /// The generator of several words as `numpy.random.RandomState([..])` seeds it, and the
    /// reference implementation's `init_by_array`. No words count as a single 0.
    pub fn legacy_by_words(words: &[u32]) -> Self {
        let words = if words.is_empty() { &[0] } else { words };
        let mut key = Self::legacy(19_650_218).0.key;
        let mut at = 1;
        let mut stir = |multiplier: u32, add: &dyn Fn(usize) -> u32| {
            let last = key[at - 1];
            let mixed = key[at] ^ (last ^ (last >> 30)).wrapping_mul(multiplier);
            key[at] = mixed.wrapping_add(add(at));
            at += 1;
            if at == WORDS {
                key[0] = key[WORDS - 1];
                at = 1;
            }
        };
        for from in (0..words.len()).cycle().take(words.len().max(WORDS)) {
            stir(1_664_525, &|_| words[from].wrapping_add(from as u32));
        }
        for _ in 1..WORDS {
            stir(1_566_083_941, &|at| (at as u32).wrapping_neg());
        }
        key[0] = 1 << 31; // never all zeros
        Self(Mt19937State { key, pos: WORDS })
    }

    /// The generator `jumps` times 2¹²⁸ words further on.
    #[must_use]
    pub fn jumped(&self, jumps: usize) -> Self {
        (0..jumps).fold(self.clone(), |from, _| jump::jumped(&from))
    }

    /// The state's word at `at`, one period later.
    #[inline]
    fn twisted(&self, at: usize) -> u32 {
        let next = if at + 1 < WORDS { at + 1 } else { 0 };
        let far = if at + SHIFT < WORDS { at + SHIFT } else { at + SHIFT - WORDS };
        let joined = self.0.key[at] & 0x8000_0000 | self.0.key[next] & 0x7fff_ffff;
        self.0.key[far] ^ (joined >> 1) ^ ((joined & 1).wrapping_neg() & TWIST)
    }

    fn twist(&mut self) {
        for at in 0..WORDS {
            self.0.key[at] = self.twisted(at);
        }
        self.0.pos = 0;
    }

    #[inline]
    fn word(&mut self) -> u32 {
        if self.0.pos >= WORDS {
            self.twist();
        }
        let mut word = self.0.key[self.0.pos];
        self.0.pos += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    #[inline]
    fn long(&mut self) -> u64 {
        let high = self.word();
        u64::from(high) << 32 | u64::from(self.word())
    }
}

impl From<&SeedSequence> for Mt19937 {
    fn from(sequence: &SeedSequence) -> Self {
        let mut key = [0; WORDS];
        sequence.fill_u32(&mut key);
        key[0] = 1 << 31; // never all zeros
        // NumPy starts at the last word, so do we.
        Self(Mt19937State { key, pos: WORDS - 1 })
    }
}

impl BitGenerator for Mt19937 {
    #[inline]
    fn next_double(&mut self) -> f64 {
        let high = self.word() >> 5;
        let low = self.word() >> 6;
        (f64::from(high) * f64::from(1 << 26) + f64::from(low)) / (1_u64 << 53) as f64
    }

    #[inline]
    fn next_raw(&mut self) -> u64 {
        self.word().into()
    }
}
rand_core_traits!(Mt19937);

impl std::fmt::Debug for Mt19937 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mt19937").field("position", &self.0.pos).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Mt19937State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mt19937State").field("pos", &self.pos).finish_non_exhaustive()
    }
}
