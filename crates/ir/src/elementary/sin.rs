//! `sin`: an angle less a multiple of pi, one polynomial, a sign. Less a multiple of pi/2 the polynomials would be
//! shorter, but two, and one of them chosen in each lane.

use super::angle::{self, Angle};
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// The sine of a huge `x`, from the angle of `|x|`: so it is odd, and -0 keeps its sign.
fn of_quarters<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    angle: &Angle<'e, E, T>,
) -> Lane<'e, E, T> {
    angle.sine_in(angle.quadrant, x.bits())
}

/// The sine of a usual `x`, less the nearest multiple of pi. Odd, for every step is.
fn of_halves<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    // None of the pieces is negative: so a zero, less nothing, keeps its sign.
    let [high, middle, low] = T::PI_STEPS.map(|piece| x.like(piece));
    let per_turn = x.like(T::TWO_OVER_PI.times(T::of(0.5)));
    let magic = x.fma(per_turn, x.like(T::MAGIC));
    let k = magic - x.like(T::MAGIC);
    let first = (-k).fma(high, x); // exact
    // Rounded once; where it is so small that the last piece counts, twice.
    let r = (-k).fma(low, (-k).fma(middle, first));
    let s = r * r;
    // Of zeros this has no sign, so that the product with `r` has that of `r`.
    let correction = if T::CAREFUL {
        // A rounding at the size of the first coefficient would take the sine beyond 1 here and there.
        let (first, others) = T::SIN_HALF.split_first().expect("a polynomial has coefficients");
        s.fma(s.like(*first), s * s * s.polynomial(others))
    } else {
        // In `f32` it would too: the coefficients were chosen among their neighbours so that it does not, nowhere.
        s.polynomial(T::SIN_HALF).fma(s, s.of(0.0))
    };
    correction.fma(r, r).flip(magic.bits().left(T::WIDTH - 1))
}

/// `sin(x)`; common where `|x| <= 2^17` (`f32`) or `2^20` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (of_halves(x), angle::is_usual(x))
}

/// `sin(x)` for any argument; NaN for infinities.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let huge = of_quarters(x, &T::huge_angle(x.abs()));
    angle::is_usual(x).select(of_halves(x), huge)
}
