//! `atan` and `atan2`: a quotient of at most tan(pi/8), a polynomial, a multiple of pi/4.
//!
//! `atan(a / b)` is itself, or pi/4 + atan((a - b) / (a + b)), or pi/2 - atan(b / a): one division serves
//! all three (J.-M. Muller, 2016, chapter 11). Quotient and sum are carried in two parts.

use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// The angle of the point `(b, a)`, neither negative, its quotients and sums being normal. Where `left` is
/// set, the angle of `(-b, a)`.
pub(super) fn angle<'e, E: Emit, T: Format>(
    a: Lane<'e, E, T>,
    b: Lane<'e, E, T>,
    left: Option<Mask<'e, E>>,
) -> Lane<'e, E, T> {
    let zero = a.of(0.0);
    let flat = a.at_most(b * T::TAN_EIGHTH);
    let steep = (b * T::TAN_THREE_EIGHTHS).less(a);
    let above = steep.choose(Double::new(-b, zero), Double::sum(a, -b));
    let below = steep.choose(Double::new(a, zero), Double::sum(a, b));
    let above = flat.choose(Double::new(a, zero), above);
    let below = flat.choose(Double::new(b, zero), below);
    let mut t = Double::quotient(above, below);
    let mut eighths = flat.select(zero, steep.select(a.of(2.0), a.of(1.0)));
    if let Some(left) = left {
        eighths = left.select(a.of(4.0) - eighths, eighths);
        t = left.choose(Double::new(-t.high, -t.low), t);
    }
    let z = t.high * t.high;
    let rest = (t.high * z).fma(z.polynomial(T::ATAN), t.low);
    let [quarter, quarter_low] = T::HALF_PI.map(|piece| a.like(piece) * 0.5);
    let high = eighths.fma(quarter, t.high);
    let low = eighths.fma(quarter, -high) + t.high;
    high + (low + eighths.fma(quarter_low, rest))
}

/// `atan(x)`; common where `x` is a number.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (exact(x), x.is_number())
}

/// `atan(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    // Beyond this the nearest number is pi/2; NaN stays, being not above it.
    let far = x.of(f64::from(T::FRACTION + 4).exp2());
    angle(far.smaller(x.abs()), x.of(1.0), None).with_sign_of(x)
}
