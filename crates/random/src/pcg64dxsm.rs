//! PCG64 DXSM: the stronger output function and the cheaper multiplier.

use crate::bit_generator::rand_core_traits;
use crate::pcg64::JUMP;
use crate::stateful::stateful;
use crate::{BitGenerator, HalfWord, Pcg64, Pcg64State, SeedSequence};

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
pub struct Pcg64Dxsm(Pcg64State);
stateful!(Pcg64Dxsm, Pcg64State, half);

impl Pcg64Dxsm {
    /// `numpy.random.PCG64DXSM(seed)`
    pub fn new(seed: u128) -> Self {
        Self::from(&SeedSequence::new(seed))
    }

    /// Move on as `delta` words would, and forget a kept half. `delta.wrapping_neg()` goes back.
    pub fn advance(&mut self, delta: u128) {
        self.0.advance(MULTIPLIER.into(), delta);
        self.0.half = HalfWord::default();
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
        let Pcg64State { state, inc, .. } = self.0;
        let mut high = (state >> 64) as u64;
        high = (high ^ (high >> 32)).wrapping_mul(MULTIPLIER);
        high = (high ^ (high >> 48)).wrapping_mul(state as u64 | 1);
        self.0.state = state.wrapping_mul(MULTIPLIER.into()).wrapping_add(inc);
        high
    }
}

impl From<&SeedSequence> for Pcg64Dxsm {
    fn from(sequence: &SeedSequence) -> Self {
        // NumPy seeds both PCGs with the multiplier of the first, so do we.
        Self(Pcg64::from(sequence).state())
    }
}

impl BitGenerator for Pcg64Dxsm {
    fn keeps_half(&self) -> bool {
        self.0.half.has_uint32
    }

    fn ahead(&self, words: u64) -> Option<Self> {
        let mut later = self.clone();
        later.0.advance(MULTIPLIER.into(), words.into());
        Some(later)
    }
}
rand_core_traits!(Pcg64Dxsm);
