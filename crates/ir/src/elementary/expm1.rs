//! `expm1`: as [`exp`](super::exp), with `2^k - 1 + 2^k r` in two parts, so that nothing cancels unseen.
//!
//! P. T. P. Tang, "Table-driven implementation of the expm1 function" (1992), without its table.

use super::emit::Emit;
use super::exp::{Octave, power_of_two};
use super::format::Format;
use super::lane::{Lane, Mask};

/// `2^k exp(part + tail) - one`, `scale` being `2^k` and `one` at most its double.
fn less_one<'e, E: Emit, T: Format>(
    octave: &Octave<'e, E, T>,
    scale: Lane<'e, E, T>,
    one: Lane<'e, E, T>,
) -> Lane<'e, E, T> {
    let r = octave.part;
    let whole = scale - one;
    let high = scale.fma(r, whole);
    let low = scale.fma(r, whole - high);
    high + scale.fma((r * r).fma(r.polynomial(T::EXPM1), octave.tail), low)
}

/// `exp(x) - 1`; common where `|x|` is below 87 (`f32`) or 708 (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let octave = Octave::of(x);
    let value = less_one(&octave, octave.scale(x.of(1.0)), x.of(1.0));
    (value.with_sign_of(x), x.abs().less(x.of(T::EXP_USUAL)))
}

/// `exp(x) - 1` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let low = -T::EXP_USUAL;
    let octave = Octave::of(x.larger(x.of(low)).smaller(x.of(T::EXP_ENDS.1)));
    // Where 2^k may be infinite, half of it, and the result doubled.
    let large = x.of(T::EXP_USUAL).at_most(x);
    let k = octave.integer();
    let scale = power_of_two::<E, T>(large.select(k - k.int(1), k));
    let value = less_one(&octave, scale, large.select(x.of(0.5), x.of(1.0)));
    let value = large.select(value * 2.0, value).with_sign_of(x);
    x.is_number().select(value, x)
}
