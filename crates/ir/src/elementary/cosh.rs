//! `cosh`: see [`hyperbolic`](super::hyperbolic).

use super::emit::Emit;
use super::format::Format;
use super::hyperbolic::Hyperbolic;
use super::lane::{Lane, Mask};

/// `cosh(x)`; common where `|x|` is below 87 (`f32`) or 708 (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let value = Hyperbolic::usual(x.abs()).cosh().round();
    (value, x.abs().less(x.of(T::EXP_USUAL)))
}

/// `cosh(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let (hyperbolic, factor) = Hyperbolic::any(x.abs());
    let value = hyperbolic.cosh().round() * factor;
    x.is_number().select(value, x)
}
