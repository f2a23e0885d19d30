//! What `sinh`, `cosh` and `tanh` share: both functions of a small part, and the sums for a multiple of ln 2.
//!
//! With `x = k ln 2 + r`, `A = cosh(k ln 2)` and `B = sinh(k ln 2)`, which are sums of two powers of two:
//! `sinh x = B cosh r + A sinh r` and `cosh x = A cosh r + B sinh r`. No division, and odd or even to the bit.

use super::double::Double;
use super::emit::Emit;
use super::exp::{Octave, power_of_two};
use super::format::Format;
use super::lane::Lane;

/// `k ln 2 + r`, on its way into the functions.
pub(super) struct Hyperbolic<'e, E: Emit, T: Format> {
    /// `r`
    part: Lane<'e, E, T>,
    /// `sinh(r) - r`
    odd: Lane<'e, E, T>,
    /// `cosh(r) - 1`
    even: Lane<'e, E, T>,
    /// `A`
    cosh: Double<'e, E, T>,
    /// `B`
    sinh: Double<'e, E, T>,
}

impl<'e, E: Emit, T: Format> Hyperbolic<'e, E, T> {
    fn new(octave: &Octave<'e, E, T>, up: Lane<'e, E, T>, down: Lane<'e, E, T>) -> Self {
        let r = octave.part;
        let s = r * r;
        Self {
            part: r,
            odd: (r * s).fma(s.polynomial(T::SINH), octave.tail),
            even: s * s.polynomial(T::COSH),
            cosh: Double::ordered_sum(up, down),
            sinh: Double::ordered_sum(up, -down),
        }
    }

    /// For `x` from 0 to `EXP_USUAL`.
    pub(super) fn usual(x: Lane<'e, E, T>) -> Self {
        let octave = Octave::of(x);
        let (up, down) = halves(octave.integer());
        Self::new(&octave, up, down)
    }

    /// For any positive number: the functions of this are to be multiplied by the factor, 1 or 2.
    pub(super) fn any(x: Lane<'e, E, T>) -> (Self, Lane<'e, E, T>) {
        // Past where either overflows, but 2^(k-2) does not.
        let octave = Octave::of(x.smaller(x.of(T::EXP_ENDS.1 + 0.5)));
        let large = x.of(T::EXP_USUAL).at_most(x);
        // Far out, one of the two powers is all, and half of it is still finite.
        let k = octave.integer();
        let (up, down) = halves(large.select(k - k.int(1), k));
        let down = large.select(x.of(0.0), down);
        (Self::new(&octave, up, down), large.select(x.of(2.0), x.of(1.0)))
    }

    pub(super) fn sinh(&self) -> Double<'e, E, T> {
        self.combine(self.sinh, self.cosh.high)
    }

    pub(super) fn cosh(&self) -> Double<'e, E, T> {
        self.combine(self.cosh, self.sinh.high)
    }

    /// `first cosh(r) + second sinh(r)`
    fn combine(&self, first: Double<'e, E, T>, second: Lane<'e, E, T>) -> Double<'e, E, T> {
        let high = second.fma(self.part, first.high);
        let low = second.fma(self.part, first.high - high) + first.low;
        Double::new(high, second.fma(self.odd, first.high.fma(self.even, low)))
    }
}

/// `2^(k-1)` and `2^(-k-1)`.
fn halves<'e, E: Emit, T: Format>(k: Lane<'e, E, T::Int>) -> (Lane<'e, E, T>, Lane<'e, E, T>) {
    let less = k.int(-1);
    (power_of_two(k + less), power_of_two(less - k))
}
