//! `exp`: the argument less the nearest multiple of ln 2, a polynomial, a power of two.
//!
//! W. J. Cody and W. Waite, "Software Manual for the Elementary Functions" (1980), chapter 6; the
//! polynomial is ours. The nearest integer comes from adding 1.5 * 2^FRACTION, which leaves it in the low
//! bits, ready to be moved into an exponent.

use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// `x = k ln 2 + part + tail`, `k` the low bits of `count`.
pub(super) struct Octave<'e, E: Emit, T: Format> {
    /// 1.5 * 2^FRACTION + k, as bits.
    pub(super) count: Lane<'e, E, T::Int>,
    pub(super) part: Lane<'e, E, T>,
    pub(super) tail: Lane<'e, E, T>,
}

impl<'e, E: Emit, T: Format> Octave<'e, E, T> {
    /// The nearest multiple of ln 2 and what is left of `x`.
    pub(super) fn of(x: Lane<'e, E, T>) -> Self {
        let magic = x.fma(x.like(T::LOG2_E), x.like(T::MAGIC));
        let k = magic - x.like(T::MAGIC);
        let [high, middle, low] = T::LN2.map(|piece| x.like(piece));
        let first = (-k).fma(high, x); // exact: both are multiples of one bit, and they nearly cancel
        let part = (-k).fma(middle, first);
        let tail = (-k).fma(low, (-k).fma(middle, first - part));
        Self { count: magic.bits(), part, tail }
    }

    /// `x = k + part`, for powers of two.
    pub(super) fn of_two(x: Lane<'e, E, T>) -> Self {
        let magic = x + x.like(T::MAGIC);
        let part = x - (magic - x.like(T::MAGIC));
        Self { count: magic.bits(), part, tail: x.of(0.0) }
    }

    /// `k`
    pub(super) fn integer(&self) -> Lane<'e, E, T::Int> {
        self.count - self.count.like(T::MAGIC.bits())
    }

    /// `k` as a float.
    pub(super) fn whole(&self) -> Lane<'e, E, T> {
        Lane::<E, T>::from_bits(self.count) - self.part.like(T::MAGIC)
    }

    /// `value * 2^k` where that is neither subnormal nor infinite.
    pub(super) fn scale(&self, value: Lane<'e, E, T>) -> Lane<'e, E, T> {
        Lane::from_bits(value.bits() + self.count.left(T::FRACTION))
    }

    /// `value * 2^k` for any `k`, in two steps, so that it is rounded at the end alone.
    pub(super) fn scale_far(&self, value: Lane<'e, E, T>) -> Lane<'e, E, T> {
        let k = self.integer();
        let half = k.right(1);
        value * power_of_two(half) * power_of_two(k - half)
    }
}

/// `2^k` for the exponents of normal numbers.
pub(super) fn power_of_two<'e, E: Emit, T: Format>(k: Lane<'e, E, T::Int>) -> Lane<'e, E, T> {
    Lane::from_bits((k + k.int(T::BIAS)).left(T::FRACTION))
}

/// `exp(part + tail)`, near 1.
fn near_one<'e, E: Emit, T: Format>(octave: &Octave<'e, E, T>) -> Lane<'e, E, T> {
    // The tail is left out: it is below a sixteenth of the last place.
    // The square costs an operation and a rounding more than Horner's rule to the end, which would let values fall
    // by a unit of the last place here and there as `x` rises.
    let r = octave.part;
    (r * r).fma(r.polynomial(T::EXP), r) + 1.0
}

/// `exp(x)`; common where `|x|` is below 87 (`f32`) or 708 (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let octave = Octave::of(x);
    (octave.scale(near_one(&octave)), x.abs().less(x.of(T::EXP_USUAL)))
}

/// `exp(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let (low, high) = T::EXP_ENDS;
    let octave = Octave::of(x.larger(x.of(low)).smaller(x.of(high)));
    x.is_number().select(octave.scale_far(near_one(&octave)), x)
}
