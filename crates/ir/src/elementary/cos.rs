//! `cos`: as [`sin`](super::sin), a quadrant on.

use super::angle::{self, Angle};
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// The cosine of `x`, from the angle of `|x|`.
fn cos<'e, E: Emit, T: Format>(x: Lane<'e, E, T>, angle: &Angle<'e, E, T>) -> Lane<'e, E, T> {
    let quadrant = angle.quadrant + angle.quadrant.int(1);
    angle.sine_in(quadrant, x.bits().int(0))
}

/// `cos(x)`; common where `|x| <= 2^17` (`f32`) or `2^20` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (cos(x, &angle::usual(x.abs())), angle::is_usual(x))
}

/// `cos(x)` for any argument; NaN for infinities.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    cos(x, &angle::any(x.abs(), &angle::usual(x.abs())))
}
