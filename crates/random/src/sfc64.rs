//! SFC64: small, fast, counting.

use crate::bit_generator::rand_core_traits;
use crate::stateful::{State, stateful};
use crate::{BitGenerator, HalfWord, SeedSequence};

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
pub struct Sfc64(Sfc64State);
stateful!(Sfc64, Sfc64State, half);

/// The state of [`Sfc64`], by the names of NumPy's dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sfc64State {
    /// `["state"]["state"]`: three words that mix and a counter.
    pub state: [u64; 4],
    /// `["has_uint32"]` and `["uinteger"]`
    pub half: HalfWord,
}

impl State for Sfc64State {}

impl Sfc64 {
    /// `numpy.random.SFC64(seed)`
    pub fn new(seed: u128) -> Self {
        Self::from(&SeedSequence::new(seed))
    }

    /// The generator of the reference implementation's `seed(a, b, c)`.
    pub fn with_words([a, b, c]: [u64; 3]) -> Self {
        let mut seeded = Self(Sfc64State { state: [a, b, c, 1], half: HalfWord::default() });
        for _ in 0..12 {
            seeded.long();
        }
        seeded
    }

    #[inline]
    fn long(&mut self) -> u64 {
        let [a, b, c, counter] = self.0.state;
        let out = a.wrapping_add(b).wrapping_add(counter);
        self.0.state = [
            b ^ (b >> 11),
            c.wrapping_add(c << 3),
            c.rotate_left(24).wrapping_add(out),
            counter.wrapping_add(1),
        ];
        out
    }
}

impl From<&SeedSequence> for Sfc64 {
    fn from(sequence: &SeedSequence) -> Self {
        Self::with_words(sequence.array())
    }
}

impl BitGenerator for Sfc64 {
    fn keeps_half(&self) -> bool {
        self.0.half.has_uint32
    }
}
rand_core_traits!(Sfc64);
