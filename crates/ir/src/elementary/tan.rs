//! `tan`: sine over cosine, or the negative of its inverse, both in two parts.

use super::angle::{self, Angle};
use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// The tangent of `x`, from the angle of `|x|`.
fn tan<'e, E: Emit, T: Format>(x: Lane<'e, E, T>, angle: &Angle<'e, E, T>) -> Lane<'e, E, T> {
    let (sine, cosine) = angle.both();
    let odd = angle.quadrant & angle.quadrant.int(1);
    let even = odd.equal(odd.int(0));
    let above = even.choose(sine, cosine);
    let below = even.choose(cosine, sine);
    let value = Double::quotient(above, below).round();
    value.flip(x.sign() ^ odd.left(T::WIDTH - 1))
}

/// `tan(x)`; common where `|x| <= 2^17` (`f32`) or `2^20` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (tan(x, &angle::usual_with_tail(x.abs())), angle::is_usual(x))
}

/// `tan(x)` for any argument; NaN for infinities.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    tan(x, &angle::any(x.abs(), &angle::usual_with_tail(x.abs())))
}
