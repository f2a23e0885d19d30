//! SFC64: small, fast, counting.

use crate::bit_generator::rand_core_traits;
use crate::half_word::HalfWord;
use crate::{BitGenerator, SeedSequence};

/// Chris Doty-Humphrey's SFC64 (of `PractRand`): `numpy.random.SFC64`. The fastest one here; it
/// cannot jump, so its streams are spawned.
///
/// ```
/// use random::{Rng, Sfc64};
///
/// let mut bits = Sfc64::new(42); // numpy.random.SFC64(42).random_raw()
/// assert_eq!(bits.next_u64(), 9775594601838723485);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sfc64 {
    state: [u64; 4],
    half: HalfWord,
}

/// The state of [`Sfc64`], by the names of NumPy's dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sfc64State {
    /// `["state"]["state"]`: three words that mix and a counter.
    pub state: [u64; 4],
    /// Whether `uinteger` is the next 32-bit word.
    pub has_uint32: bool,
    /// The upper half of the last word that was cut in two.
    pub uinteger: u32,
}

impl Sfc64 {
    /// `numpy.random.SFC64(seed)`
    pub fn new(seed: u128) -> Self {
        Self::from(&SeedSequence::new(seed))
    }

    /// The generator of the reference implementation's `seed(a, b, c)`.
    pub fn with_words([a, b, c]: [u64; 3]) -> Self {
        let mut seeded = Self { state: [a, b, c, 1], half: HalfWord::default() };
        for _ in 0..12 {
            seeded.long();
        }
        seeded
    }

    /// The state, to be stored or handed to NumPy.
    pub fn state(&self) -> Sfc64State {
        let HalfWord { kept, word } = self.half;
        Sfc64State { state: self.state, has_uint32: kept, uinteger: word }
    }

    /// The generator in this state.
    pub fn from_state(state: &Sfc64State) -> Self {
        let half = HalfWord { kept: state.has_uint32, word: state.uinteger };
        Self { state: state.state, half }
    }

    #[inline]
    fn long(&mut self) -> u64 {
        let [a, b, c, counter] = self.state;
        let out = a.wrapping_add(b).wrapping_add(counter);
        self.state = [
            b ^ (b >> 11),
            c.wrapping_add(c << 3),
            c.rotate_left(24).wrapping_add(out),
            counter.wrapping_add(1),
        ];
        out
    }

    #[inline]
    fn word(&mut self) -> u32 {
        let mut half = self.half;
        let word = half.next(|| self.long());
        self.half = half;
        word
    }
}

impl From<&SeedSequence> for Sfc64 {
    fn from(sequence: &SeedSequence) -> Self {
        Self::with_words(sequence.array())
    }
}

impl BitGenerator for Sfc64 {
    fn keeps_half(&self) -> bool {
        self.half.kept
    }
}
rand_core_traits!(Sfc64);
