//! `lgamma`: near 2 a polynomial, from there to 8.5 and down to -0.5 by the recurrence, above by Stirling's
//! series, below by reflection. One logarithm serves them all, and sums are carried in two parts.
//!
//! J. F. Hart et al., "Computer Approximations" (1968), 6.6; M. Abramowitz and I. A. Stegun, 6.1.15, 6.1.17,
//! 6.1.40. Below -2 the function crosses 0 between its poles; near such a crossing the error is small beside
//! 1, not beside the value.

use super::angle::Angle;
use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};
use super::log::{Base, Split};

/// From here on Stirling's series does.
const LARGE: f64 = 8.5;

/// What the three formulas have in common: `factor * (log(of) - less) + rest`.
struct Parts<'e, E: Emit, T: Format> {
    of: Double<'e, E, T>,
    factor: Double<'e, E, T>,
    less: Lane<'e, E, T>,
    rest: Double<'e, E, T>,
}

/// For `x` above -1/2.
fn parts<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Parts<'e, E, T> {
    let (zero, one) = (x.of(0.0), x.of(1.0));
    let large = x.of(LARGE).at_most(x);

    // lgamma(x) = lgamma(2 + t) + log((x - 1) ... (x - n)), or - log(x), or - log(x (x + 1))
    let near = large.select(x.of(2.0), x);
    let whole = near.rint();
    let t = near - whole;
    let n = whole - 2.0;
    let mut product = one;
    for i in 1..=6 {
        let i = f64::from(i);
        product = product * x.of(i).at_most(n).select(near - i, one);
    }
    let square = Double::product(near, near);
    let low = Double::ordered_sum(near, square.high);
    let sign = low.high.sign();
    let low = Double::new(low.high.flip(sign), (low.low + square.low).flip(sign));
    let of = whole.equal(one).choose(Double::new(near, zero), Double::new(product, zero));
    let of = whole.less(one).choose(low, of);
    let factor = whole.less(x.of(2.0)).select(x.of(-1.0), one);
    let [slope, slope_low] = T::ONE_LESS_EULER.map(|piece| x.like(piece));
    let linear = Double::product(t, slope);
    let bend = Double::square_times(t, T::LGAMMA);
    let near_two = Double::sum(linear.high, bend.high);
    let near_two_low = near_two.low + t.fma(slope_low, linear.low + bend.low);

    // (x - 1/2) (log(x) - 1) + (log(2 pi) - 1) / 2 + ...
    let inverse = one / large.select(x, one);
    let [constant, constant_low] = T::STIRLING_CONSTANT.map(|piece| x.like(piece));
    let tail = inverse.fma((inverse * inverse).polynomial(T::STIRLING), constant_low);

    Parts {
        of: large.choose(Double::new(x, zero), of),
        factor: large.choose(Double::ordered_sum(x, x.of(-0.5)), Double::new(factor, zero)),
        less: large.select(one, zero),
        rest: large.choose(Double::new(constant, tail), Double::new(near_two.high, near_two_low)),
    }
}

impl<'e, E: Emit, T: Format> Parts<'e, E, T> {
    fn sum(&self, logarithm: Double<'e, E, T>) -> Double<'e, E, T> {
        let less = Double::ordered_sum(logarithm.high, -self.less);
        let product = Double::product(self.factor.high, less.high);
        let low = self.factor.low.fma(less.high, product.low);
        let low = self.factor.high.fma(less.low + logarithm.low, low);
        let sum = Double::sum(product.high, self.rest.high);
        Double::new(sum.high, sum.low + (low + self.rest.low))
    }
}

/// `lgamma(x)`; common where `x` is from 1e-30 to 1e30 (`f32`) or 1e-300 to 1e300 (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let parts = parts(x);
    let value = parts.sum(Base::careful(&Split::of_double(parts.of))).round();
    let common = x.of(1.0 / T::LGAMMA_USUAL).at_most(x) & x.at_most(x.of(T::LGAMMA_USUAL));
    (value, common)
}

/// `a |sin(pi a)|` of a positive `a`.
fn sine_times<'e, E: Emit, T: Format>(a: Lane<'e, E, T>) -> Double<'e, E, T> {
    let zero = a.of(0.0);
    let part = (a - a.rint()).abs();
    let near = part.less(a.of(0.25));
    let part = near.select(part, a.of(0.5) - part);
    let [pi, pi_low] = T::PI.map(|piece| a.like(piece));
    let angle = Double::product(part, pi);
    let angle =
        Angle { part: angle.high, tail: part.fma(pi_low, angle.low), quadrant: zero.bits() };
    let (sine, cosine) = angle.both();
    near.choose(sine, cosine).times(Double::new(a, zero))
}

/// `lgamma(x)` for any argument: infinite at 0, negative integers and both infinities.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let (zero, infinity) = (x.of(0.0), x.like(T::INFINITY));
    let below = x.less(x.of(-0.5));
    // lgamma(-a) = log(pi) - log(a |sin(pi a)|) - lgamma(a)
    let size = below.select(-x, x);
    let parts = parts(size);
    let value = parts.sum(Base::careful(&Split::of_double(parts.of)));

    let mirror = sine_times(below.select(size, x.of(0.5)));
    let logarithm = Base::careful(&Split::of_double(mirror));
    let [log_pi, log_pi_low] = T::LOG_PI.map(|piece| x.like(piece));
    let first = Double::sum(log_pi, -logarithm.high);
    let second = Double::sum(first.high, -value.high);
    let low = (first.low - logarithm.low) + (log_pi_low - value.low);
    let reflected = second.high + (second.low + low);

    let rounded = below.select(reflected, value.round());
    let pole = x.at_most(zero) & x.floor().equal(x);
    let overflow = value.high.equal(infinity);
    let value = (pole | overflow).select(infinity, rounded);
    x.is_number().select(value, x)
}
