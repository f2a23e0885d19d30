//! `sin`: an angle less a multiple of pi/2, one of two polynomials, a sign.

use super::angle::{self, Angle};
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// The sine of `x`, from the angle of `|x|`: so it is odd, and -0 keeps its sign.
fn sin<'e, E: Emit, T: Format>(x: Lane<'e, E, T>, angle: &Angle<'e, E, T>) -> Lane<'e, E, T> {
    angle.sine_in(angle.quadrant, x.bits())
}

/// `sin(x)`; common where `|x| <= 2^17` (`f32`) or `2^20` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (sin(x, &angle::usual(x.abs())), angle::is_usual(x))
}

/// `sin(x)` for any argument; NaN for infinities.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    sin(x, &angle::any(x.abs(), &angle::usual(x.abs())))
}
