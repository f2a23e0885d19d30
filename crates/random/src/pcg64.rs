//! PCG64: NumPy's default generator.

use crate::bit_generator::{double, rand_core_traits};
use crate::stateful::{State, stateful};
use crate::{BitGenerator, HalfWord, SeedSequence};

const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;
/// A jump is 2¹²⁸ over the golden ratio: jumps of any number end far from each other.
pub(crate) const JUMP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

/// PCG XSL-RR 128/64, a linear congruential generator with permuted output: `numpy.random.PCG64`.
///
/// ```
/// use random::{Pcg64, Rng};
///
/// let mut bits = Pcg64::new(42);
/// let mut later = bits.clone();
/// later.advance(2);
/// (bits.next_u64(), bits.next_u64());
/// assert_eq!(bits.next_u64(), later.next_u64());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pcg64(Pcg64State);
stateful!(Pcg64, Pcg64State, half);

/// The state of [`Pcg64`] and [`Pcg64Dxsm`](crate::Pcg64Dxsm), by the names of NumPy's dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pcg64State {
    /// `["state"]["state"]`
    pub state: u128,
    /// `["state"]["inc"]`, an odd number
    pub inc: u128,
    /// `["has_uint32"]` and `["uinteger"]`
    pub half: HalfWord,
}

impl Pcg64State {
    /// As many words later, for either multiplier.
    pub(crate) fn advance(&mut self, multiplier: u128, delta: u128) {
        self.state = advanced(self.state, multiplier, self.inc, delta);
    }
}

impl State for Pcg64State {}

impl Pcg64 {
    /// `numpy.random.PCG64(seed)`
    pub fn new(seed: u128) -> Self {
        Self::from(&SeedSequence::new(seed))
    }

    /// The generator of the reference implementation's `srandom(state, stream)`.
    pub fn with_stream(state: u128, stream: u128) -> Self {
        let increment = stream << 1 | 1;
        let state = increment.wrapping_add(state).wrapping_mul(MULTIPLIER).wrapping_add(increment);
        Self(Pcg64State { state, inc: increment, half: HalfWord::default() })
    }

    /// Move on as `delta` words would, and forget a kept half. `delta.wrapping_neg()` goes back.
    pub fn advance(&mut self, delta: u128) {
        self.0.advance(MULTIPLIER, delta);
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
        let state = &mut self.0;
        state.state = state.state.wrapping_mul(MULTIPLIER).wrapping_add(state.inc);
        permuted(state.state)
    }
}

impl From<&SeedSequence> for Pcg64 {
    fn from(sequence: &SeedSequence) -> Self {
        let [high, low, stream_high, stream_low] = sequence.array();
        Self::with_stream(joined(high, low), joined(stream_high, stream_low))
    }
}

impl BitGenerator for Pcg64 {
    /// Four states in a row, each four steps on at a time: one step alone waits for the last one.
    fn fill_doubles(&mut self, out: &mut [f64]) {
        const LEAP: u128 = {
            let square = MULTIPLIER.wrapping_mul(MULTIPLIER);
            square.wrapping_mul(square)
        };
        let (fours, mut rest) = out.as_chunks_mut();
        if fours.len() < 8 {
            rest = out; // not worth the preparation
        } else {
            let Pcg64State { state, inc, .. } = self.0;
            let after = |steps| advanced(state, MULTIPLIER, inc, steps);
            let plus = advanced(0, MULTIPLIER, inc, 4);
            let mut states = [after(1), after(2), after(3), after(4)];
            let end = after(4 * fours.len() as u128);
            for four in fours {
                *four = states.map(|state| double(permuted(state)));
                states = states.map(|state| state.wrapping_mul(LEAP).wrapping_add(plus));
            }
            self.0.state = end;
        }
        for value in rest {
            *value = self.next_double();
        }
    }

    fn keeps_half(&self) -> bool {
        self.0.half.has_uint32
    }

    fn ahead(&self, words: u64) -> Option<Self> {
        let mut later = self.clone();
        later.0.advance(MULTIPLIER, words.into());
        Some(later)
    }
}
rand_core_traits!(Pcg64);

/// What a state gives out.
#[inline]
fn permuted(state: u128) -> u64 {
    let high = (state >> 64) as u64;
    (high ^ state as u64).rotate_right((high >> 58) as u32)
}

fn joined(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

/// A linear congruential generator after `delta` steps, by squaring (Brown, "Random Number
/// Generation with Arbitrary Stride", 1994).
pub(crate) fn advanced(state: u128, multiplier: u128, increment: u128, mut delta: u128) -> u128 {
    let (mut times, mut plus) = (1_u128, 0_u128);
    let (mut step_times, mut step_plus) = (multiplier, increment);
    while delta > 0 {
        if delta & 1 == 1 {
            times = times.wrapping_mul(step_times);
            plus = plus.wrapping_mul(step_times).wrapping_add(step_plus);
        }
        step_plus = step_times.wrapping_add(1).wrapping_mul(step_plus);
        step_times = step_times.wrapping_mul(step_times);
        delta >>= 1;
    }
    times.wrapping_mul(state).wrapping_add(plus)
}
