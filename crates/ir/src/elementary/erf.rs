//! `erf` and `erfc`: near 0 a polynomial; elsewhere `exp(-a^2)` times a function that hardly varies.
//!
//! `(1 + 2 a) exp(a^2) erfc(a)` runs from 1 to 2 / sqrt(pi), over all `a`, as a polynomial in
//! `(a - 4) / (a + 4)` (M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of
//! (1 + 2x) exp(x^2) erfc x in 0 <= x < inf", 1981; the coefficients are ours). Square, exponential and
//! quotient are carried in two parts.

use super::double::Double;
use super::emit::Emit;
use super::exp::Octave;
use super::format::Format;
use super::lane::{Lane, Mask};

/// From here on `erf` is computed as `1 - erfc`.
const SMALL: f64 = 0.625;

/// `erfc(a)` without its power of two, and that; `a` from 0 to the end of the format's range.
pub(super) fn complement<'e, E: Emit, T: Format>(
    a: Lane<'e, E, T>,
) -> (Double<'e, E, T>, Octave<'e, E, T>) {
    let square = Double::product(a, a);
    let octave = Octave::of(-square.high);
    let part = Double::ordered_sum(octave.part, octave.tail - square.low);
    let r = part.high;
    let near = Double::ordered_sum(a.of(1.0), r);
    let rest = (r * r).fma(r.polynomial(T::EXP), part.low);
    let near = Double::new(near.high, near.low + rest).tidy();

    // Where a is small, the errors of t count; where it is large, these sums may be inexact.
    let four = a.of(4.0);
    let t = Double::quotient(Double::ordered_sum(-four, a), Double::ordered_sum(four, a));
    let level = Double::ordered_sum(a.of(1.25), t.high.polynomial(T::ERFC));
    let low = t.low.fma(t.high.polynomial(T::ERFC_SLOPE), level.low);
    let level = Double::new(level.high, low);
    let slope = Double::sum(a.of(1.0), a + a);
    (near.times(Double::quotient(level, slope)), octave)
}

/// `erf(x)`; common where `x` is a number.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (exact(x), x.is_number())
}

/// `erf(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let a = x.of(T::ERF_ENDS.0).smaller(x.abs()); // of NaN: NaN
    let (value, octave) = complement(a);
    let scale = octave.scale(x.of(1.0));
    let far = Double::ordered_sum(x.of(1.0), -(value.high * scale));
    let far = far.high + (far.low - value.low * scale);
    let near = a.fma((a * a).polynomial(T::ERF), a);
    a.less(x.of(SMALL)).select(near, far).with_sign_of(x)
}
