//! `exp2`: the argument less the nearest integer, a polynomial, a power of two. Exact for integers.

use super::emit::Emit;
use super::exp::Octave;
use super::format::Format;
use super::lane::{Lane, Mask};

/// `2^part`, near 1.
fn near_one<'e, E: Emit, T: Format>(octave: &Octave<'e, E, T>) -> Lane<'e, E, T> {
    octave.part.fma(octave.part.polynomial(T::EXP2), octave.part.of(1.0))
}

/// `2^x`; common where `|x| < 126` (`f32`) or `1022` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let octave = Octave::of_two(x);
    (octave.scale(near_one(&octave)), x.abs().less(x.of(T::BIAS as f64 - 1.0)))
}

/// `2^x` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let high = T::BIAS as f64 + 1.0;
    let low = -high - f64::from(T::FRACTION) - 1.0;
    let octave = Octave::of_two(x.larger(x.of(low)).smaller(x.of(high)));
    x.is_number().select(octave.scale_far(near_one(&octave)), x)
}
