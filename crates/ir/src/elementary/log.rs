//! `log`, and what the logarithms share: a power of two taken out, a polynomial, a sum in two parts.
//!
//! `x = 2^k (1 + f)` with `1 + f` from sqrt(1/2) to sqrt(2), so that `f` is exact and the two terms never
//! cancel to nothing (W. J. Cody and W. Waite, 1980, chapter 5; J.-M. Muller, 2016, chapter 11). The
//! polynomial is ours; no division and no table.

use super::double::Double;
use super::emit::Emit;
use super::exp::power_of_two;
use super::format::Format;
use super::lane::{Lane, Mask};

/// `x = 2^k (1 + f + rest)`
#[expect(missing_debug_implementations, reason = "lives inside one function")]
pub struct Split<'e, E: Emit, T: Format> {
    pub(super) k: Lane<'e, E, T>,
    pub(super) f: Lane<'e, E, T>,
    pub(super) rest: Option<Lane<'e, E, T>>,
}

/// The exponent that brings `x` between sqrt(1/2) and sqrt(2), and `x` without it.
fn exponent<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T::Int>, Lane<'e, E, T>) {
    let bits = x.bits();
    let k = (bits - bits.like(T::SQRT_HALF.bits())).right(T::FRACTION);
    (k, Lane::from_bits(bits - k.left(T::FRACTION)))
}

/// A small integer as a float.
pub(super) fn as_float<'e, E: Emit, T: Format>(k: Lane<'e, E, T::Int>) -> Lane<'e, E, T> {
    Lane::<E, T>::from_bits(k + k.like(T::MAGIC.bits())) - k.like(T::MAGIC)
}

impl<'e, E: Emit, T: Format> Split<'e, E, T> {
    /// Of a positive normal number.
    pub(super) fn of(x: Lane<'e, E, T>) -> Self {
        let (k, near_one) = exponent::<E, T>(x);
        Self { k: as_float(k), f: near_one - 1.0, rest: None }
    }

    /// Of a positive number, which may be subnormal.
    pub(super) fn of_any(x: Lane<'e, E, T>) -> Self {
        let tiny = x.less(x.of(T::SMALLEST_NORMAL));
        let up = f64::from(T::FRACTION + 1);
        let split = Self::of(tiny.select(x * up.exp2(), x));
        let k = tiny.select(split.k - up, split.k);
        Self { k, ..split }
    }

    /// Of a positive number in two parts, the first of which may be subnormal.
    pub(super) fn of_double(x: Double<'e, E, T>) -> Self {
        let split = Self::of_any(x.high);
        // How large 1 + f is beside x tells what becomes of the low part.
        let ratio = (split.f + 1.0) / x.high.larger(x.high.of(T::SMALLEST_NORMAL));
        Self { rest: Some(x.low * ratio), ..split }
    }

    /// Of `1 + x`, for `x` above -1 in two parts.
    pub(super) fn of_one_plus(x: Double<'e, E, T>) -> Self {
        let whole = Double::sum(x.high.of(1.0), x.high);
        let (k, near_one) = exponent::<E, T>(whole.high);
        // What is lost of the largest numbers does not matter, but 2^-k must be a number.
        let down = power_of_two::<E, T>(k.int(0) - k.smaller(k.int(T::BIAS - 1)));
        let f = Double::ordered_sum(near_one - 1.0, whole.low * down);
        Self { k: as_float(k), f: f.high, rest: Some(x.low.fma(down, f.low)) }
    }
}

/// A base: its logarithms of 2 and of e in pieces, and the polynomial for the rest.
pub(super) struct Base<T: Format> {
    two: [T; 2],
    e: Option<[T; 2]>,
    tail: &'static [T],
}

impl<T: Format> Base<T> {
    pub(super) fn natural() -> Self {
        Self { two: T::LN2_SHORT, e: None, tail: T::LOG }
    }

    pub(super) fn two() -> Self {
        Self { two: [T::of(1.0), T::of(0.0)], e: Some(T::LOG2_E_PIECES), tail: T::LOG2 }
    }

    pub(super) fn ten() -> Self {
        Self { two: T::LOG10_2, e: Some(T::LOG10_E), tail: T::LOG10 }
    }

    /// The logarithm of what was split.
    pub(super) fn of<'e, E: Emit>(&self, split: &Split<'e, E, T>) -> Lane<'e, E, T> {
        let Split { k, f, rest } = *split;
        let [two, two_low] = self.two.map(|piece| f.like(piece));
        let linear = match self.e {
            None => Double::new(f, k * two_low),
            Some(pieces) => {
                let [high, low] = pieces.map(|piece| f.like(piece));
                let product = Double::product(f, high);
                let low = f.fma(low, product.low);
                Double::new(product.high, k.fma(two_low, low))
            }
        };
        // k log(2) is exact and the larger, or 0: so is the error of this sum.
        let high = k.fma(two, linear.high);
        let low = k.fma(two, -high) + linear.high;
        let mut low = low + (f * f).fma(f.polynomial(self.tail), linear.low);
        if let Some(rest) = rest {
            low = low + (-f).fma(rest, rest); // rest / (1 + f), nearly
        }
        high + low
    }

    /// The natural logarithm in two parts that do not overlap, some four bits better than one.
    pub(super) fn careful<'e, E: Emit>(split: &Split<'e, E, T>) -> Double<'e, E, T> {
        let Split { k, f, rest } = *split;
        let [two, two_low] = T::LN2_SHORT.map(|piece| f.like(piece));
        let high = k.fma(two, f);
        let lost = k.fma(two, -high) + f;
        let bend = Double::square_times(f, T::LOG);
        let sum = Double::sum(high, bend.high);
        let mut low = sum.low + (lost + k.fma(two_low, bend.low));
        if let Some(rest) = rest {
            low = low + (-f).fma(rest, rest);
        }
        Double::new(sum.high, low).tidy()
    }

    /// For any argument: `x` below 0 and NaN give NaN, 0 gives negative infinity.
    pub(super) fn of_any<'e, E: Emit>(&self, x: Lane<'e, E, T>) -> Lane<'e, E, T> {
        outside(x, self.of(&Split::of_any(x)))
    }
}

/// `value` with what a logarithm gives for infinity, 0, negative numbers and NaN.
pub(super) fn outside<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    value: Lane<'e, E, T>,
) -> Lane<'e, E, T> {
    let zero = x.of(0.0);
    let value = x.less(x.like(T::INFINITY)).select(value, x);
    let value = x.equal(zero).select(-x.like(T::INFINITY), value);
    x.less(zero).select(x.like(T::NAN), value)
}

/// Whether `x` is positive, normal and finite.
pub(super) fn is_usual<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Mask<'e, E> {
    x.of(T::SMALLEST_NORMAL).at_most(x) & x.less(x.like(T::INFINITY))
}

/// `log(x)`; common where `x` is positive, normal and finite.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (Base::natural().of(&Split::of(x)), is_usual(x))
}

/// `log(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    Base::natural().of_any(x)
}
