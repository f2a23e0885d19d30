//! `sin`: in `f32` an angle less a multiple of pi/2, one of two polynomials, a sign; in `f64` less a multiple of
//! pi, one longer polynomial, a sign, which is half as much work, and keeps its accuracy by a tail.

use super::angle::{self, Angle};
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// The sine of `x`, from the angle of `|x|`: so it is odd, and -0 keeps its sign.
fn of_quarters<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    angle: &Angle<'e, E, T>,
) -> Lane<'e, E, T> {
    angle.sine_in(angle.quadrant, x.bits())
}

/// The sine of a usual `x`, less the nearest multiple of pi. Odd, for every step is.
fn of_halves<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let [high, middle, low] = T::PI_STEPS.map(|piece| x.like(piece));
    let per_turn = x.like(T::TWO_OVER_PI.times(T::of(0.5)));
    let magic = x.fma(per_turn, x.like(T::MAGIC));
    let k = magic - x.like(T::MAGIC);
    let first = (-k).fma(high, x); // exact
    let r = (-k).fma(middle, first);
    // What that rounding lost, exactly, for the middle piece is short. Of zeros it and the tail are -0: then the sum
    // at the end has the sign of `r`.
    let lost = (-k).fma(middle, -(r - first));
    let tail = (-k).fma(low, lost);
    let s = r * r;
    // Zero here has no sign, so that the product with `r` has that of `r`.
    let correction = s.polynomial(T::SIN_HALF).fma(s, s.of(0.0));
    // The tail counts by the cosine: to a tenth up to pi/2, of what is no more than the last place.
    let tail = tail * s.fma(s.of(-0.421_875), s.of(1.0));
    let sine = correction.fma(r, tail) + r;
    sine.flip(magic.bits().left(T::WIDTH - 1))
}

/// `sin(x)`; common where `|x| <= 2^17` (`f32`) or `2^20` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let sine = if T::CAREFUL { of_halves(x) } else { of_quarters(x, &angle::usual(x.abs())) };
    (sine, angle::is_usual(x))
}

/// `sin(x)` for any argument; NaN for infinities.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    if T::CAREFUL {
        let huge = of_quarters(x, &T::huge_angle(x.abs()));
        return angle::is_usual(x).select(of_halves(x), huge);
    }
    of_quarters(x, &angle::any(x.abs(), &angle::usual(x.abs())))
}
