//! `sinh`: see [`hyperbolic`](super::hyperbolic).

use super::emit::Emit;
use super::format::Format;
use super::hyperbolic::Hyperbolic;
use super::lane::{Lane, Mask};

/// `sinh(x)`; common where `|x|` is below 87 (`f32`) or 708 (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let value = Hyperbolic::usual(x.abs()).sinh().round();
    (value.with_sign_of(x), x.abs().less(x.of(T::EXP_USUAL)))
}

/// `sinh(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let (hyperbolic, factor) = Hyperbolic::any(x.abs());
    let value = hyperbolic.sinh().round() * factor;
    x.is_number().select(value.with_sign_of(x), x)
}
