//! `pow`: a logarithm to base 2 with some ten bits to spare, a product, a power of 2.
//!
//! In `f64` the logarithm is `2 atanh(f / (2 + f)) / ln 2`, its first two terms in two parts (W. J. Cody and
//! W. Waite, 1980, chapter 13; the two parts in place of their tables). `f32` is computed in `f64`.

use super::double::Double;
use super::element::Float;
use super::emit::Emit;
use super::exp::Octave;
use super::format::Format;
use super::lane::{Lane, Mask};
use super::log::Split;
use super::polynomials::{
    POWER_EXP2, POWER_FIRST, POWER_LOG2, POWER_SECOND, POWER_SERIES, Polynomials,
};

/// `2^(octave + small)`, on its way: `near_one` is still to be multiplied by a power of two.
#[expect(missing_debug_implementations, reason = "lives inside one function")]
pub struct Power<'e, E: Emit, T: Format> {
    /// The exponent, rounded, to be compared with the ends of the range.
    pub(super) exponent: Lane<'e, E, T>,
    pub(super) octave: Octave<'e, E, T>,
    near_one: Lane<'e, E, T>,
}

/// Keeps an exponent where `scale_far` takes it; NaN becomes the end.
fn clamp<'e, E: Emit, T: Format>(x: Lane<'e, E, T>, bias: i64) -> Lane<'e, E, T> {
    let end = 2.0 * bias as f64;
    x.larger(x.of(-end)).smaller(x.of(end))
}

/// `log2` of a positive number, the error below 2^-63 of it.
fn log2<'e, E: Emit>(x: &Split<'e, E, f64>) -> Double<'e, E, f64> {
    let f = x.f;
    let zero = f.of(0.0);
    let pieces = |it: [f64; 2]| Double::new(f.like(it[0]), f.like(it[1]));
    let s = Double::quotient(Double::new(f, zero), Double::ordered_sum(f.of(2.0), f)).tidy();
    let z = s.times(s);
    let rest = Double::new(z.high * z.high.polynomial(&POWER_SERIES), zero);
    let inner = z.times(pieces(POWER_SECOND).plus(rest));
    let value = s.times(pieces(POWER_FIRST).plus(inner));
    Double::new(x.k, zero).plus(value).tidy()
}

/// For `f64`.
pub(super) fn wide<'e, E: Emit>(x: &Split<'e, E, f64>, y: Lane<'e, E, f64>) -> Power<'e, E, f64> {
    let logarithm = log2(x);
    let product = Double::product(y, logarithm.high);
    let exponent = clamp(product.high, f64::BIAS);
    let octave = Octave::of_two(exponent);
    let low = y.fma(logarithm.low, product.low);
    let low = exponent.equal(product.high).select(low, y.of(0.0));
    let part = Double::ordered_sum(octave.part, low);
    let [two, two_low] = f64::LN2_PIECES.map(|piece| y.like(piece));
    let r = Double::product(part.high, two);
    let tail = part.high.fma(two_low, part.low.fma(two, r.low));
    let near = Double::ordered_sum(y.of(1.0), r.high);
    let rest = (r.high * r.high).fma(r.high.polynomial(f64::EXP), tail);
    let near_one = near.high + (near.low + rest);
    Power { exponent, octave, near_one }
}

/// For `f32`, in `f64`.
pub(super) fn narrow<'e, E: Emit>(x: &Split<'e, E, f32>, y: Lane<'e, E, f32>) -> Power<'e, E, f32> {
    let f = x.f.widen();
    let logarithm = f.fma(f.polynomial(&POWER_LOG2), x.k.widen());
    let whole = clamp(y.widen() * logarithm, f32::BIAS);
    // The integer nearest to the exponent as `f32` is near enough.
    let exponent = whole.narrow();
    let octave = Octave::of_two(exponent);
    let r = whole - octave.whole().widen();
    let near_one = r.fma(r.polynomial(&POWER_EXP2), r.of(1.0)).narrow();
    Power { exponent, octave, near_one }
}

/// Whether `y` is an integer, and whether it is an odd one.
fn parity<'e, E: Emit, T: Format>(y: Lane<'e, E, T>) -> (Mask<'e, E>, Mask<'e, E>) {
    let half = y * 0.5;
    let whole = y.floor().equal(y);
    (whole, whole & half.floor().equal(half).negate())
}

/// `value` with its sign turned where `x` is negative and `y` odd.
fn signed<'e, E: Emit, T: Format>(
    value: Lane<'e, E, T>,
    x: Lane<'e, E, T>,
    odd: Mask<'e, E>,
) -> Lane<'e, E, T> {
    let sign = x.sign();
    value.flip(odd.select(sign, sign.int(0)))
}

/// `x^y`; common where `x` is normal, the result normal, and `y` an integer if `x` is negative.
pub(super) fn fast<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    y: Lane<'e, E, T>,
) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let size = x.abs();
    let power = T::power(&Split::of(size), y);
    let (whole, odd) = parity(y);
    let value = signed(power.octave.scale(power.near_one), x, odd);
    let common = super::log::is_usual(size)
        & power.exponent.abs().less(x.of(T::BIAS as f64 - 1.0))
        & (x.of(0.0).less(x) | whole)
        & y.is_finite();
    (value, common)
}

/// `x^y` for any arguments, with the special values of C99's Annex F.
pub(super) fn exact<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    y: Lane<'e, E, T>,
) -> Lane<'e, E, T> {
    let (zero, one, infinity) = (x.of(0.0), x.of(1.0), x.like(T::INFINITY));
    let size = x.abs();
    let power = T::power(&Split::of_any(size), y);
    let (whole, odd) = parity(y);
    let value = power.octave.scale_far(power.near_one);
    // 0 and infinity, as bases or exponents, give 0 or infinity.
    let grows = one.less(size).select(y, -y);
    let end = zero.less(grows).select(infinity, zero);
    let ends = size.equal(zero) | size.equal(infinity) | y.abs().equal(infinity);
    let value = ends.select(end, value);
    let value = size.equal(one).select(one, value);
    let value = signed(value, x, odd);
    let undefined = x.less(zero) & size.less(infinity) & whole.negate();
    let undefined = undefined | (x.is_number() & y.is_number()).negate();
    let value = undefined.select(x.like(T::NAN), value);
    (x.equal(one) | y.equal(zero)).select(one, value)
}
