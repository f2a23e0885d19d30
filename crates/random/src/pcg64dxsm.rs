//! PCG64 DXSM: the stronger output function and the cheaper multiplier.

use crate::bit_generator::rand_core_traits;
use crate::half_word::HalfWord;
use crate::pcg64::{JUMP, advanced};
use crate::{BitGenerator, Pcg64, Pcg64State, SeedSequence};

const MULTIPLIER: u64 = 0xda94_2042_e4dd_58b5;

/// PCG CM DXSM 128/64: `numpy.random.PCG64DXSM`. Better than [`Pcg64`](crate::Pcg64) where many
/// streams differ in their increment alone.
///
/// ```
/// use random::{Pcg64Dxsm, Rng};
///
/// let mut bits = Pcg64Dxsm::new(42); // numpy.random.PCG64DXSM(42).random_raw()
/// assert_eq!(bits.next_u64(), 12329818062196000797);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcg64Dxsm {
    state: u128,
    increment: u128,
    half: HalfWord,
}

impl Pcg64Dxsm {
    /// `numpy.random.PCG64DXSM(seed)`
    pub fn new(seed: u128) -> Self {
        Self::from(&SeedSequence::new(seed))
    }

    /// The state, to be stored or handed to NumPy.
    pub fn state(&self) -> Pcg64State {
        let HalfWord { kept, word } = self.half;
        Pcg64State { state: self.state, inc: self.increment, has_uint32: kept, uinteger: word }
    }

    /// The generator in this state.
    pub fn from_state(state: &Pcg64State) -> Self {
        let half = HalfWord { kept: state.has_uint32, word: state.uinteger };
        Self { state: state.state, increment: state.inc, half }
    }

    /// Move on as `delta` words would, and forget a kept half. `delta.wrapping_neg()` goes back.
    pub fn advance(&mut self, delta: u128) {
        self.state = advanced(self.state, MULTIPLIER.into(), self.increment, delta);
        self.half = HalfWord::default();
    }

    /// The generator `jumps` times 2¹²⁸/φ words further on.
    #[must_use]
    pub fn jumped(&self, jumps: u128) -> Self {
        let mut jumped = self.clone();
        jumped.advance(JUMP.wrapping_mul(jumps));
        jumped
    }

    #[inline]
    fn long(&mut self) -> u64 {
        let mut high = (self.state >> 64) as u64;
        high = (high ^ (high >> 32)).wrapping_mul(MULTIPLIER);
        high = (high ^ (high >> 48)).wrapping_mul(self.state as u64 | 1);
        self.state = stepped(self.state, self.increment);
        high
    }

    #[inline]
    fn word(&mut self) -> u32 {
        let mut half = self.half;
        let word = half.next(|| self.long());
        self.half = half;
        word
    }
}

impl From<&SeedSequence> for Pcg64Dxsm {
    fn from(sequence: &SeedSequence) -> Self {
        // NumPy seeds both PCGs with the multiplier of the first, so do we.
        Self::from_state(&Pcg64::from(sequence).state())
    }
}

impl BitGenerator for Pcg64Dxsm {
    fn keeps_half(&self) -> bool {
        self.half.kept
    }

    fn ahead(&self, words: u64) -> Option<Self> {
        let state = advanced(self.state, MULTIPLIER.into(), self.increment, words.into());
        Some(Self { state, ..self.clone() })
    }
}
rand_core_traits!(Pcg64Dxsm);

#[inline]
fn stepped(state: u128, increment: u128) -> u128 {
    state.wrapping_mul(MULTIPLIER.into()).wrapping_add(increment)
}
