//! `tanh`: the quotient of [`hyperbolic`](super::hyperbolic) sine and cosine, both in two parts.

use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::hyperbolic::Hyperbolic;
use super::lane::{Lane, Mask};

/// From here on the nearest number is 1.
const FLAT: f64 = 20.0;

/// `tanh(x)`; common where `x` is a number.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let hyperbolic = Hyperbolic::usual(x.abs().smaller(x.of(FLAT)));
    let value = Double::quotient(hyperbolic.sinh().tidy(), hyperbolic.cosh().tidy()).round();
    (value.with_sign_of(x), x.is_number())
}

/// `tanh(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let (value, number) = fast(x);
    number.select(value, x)
}
