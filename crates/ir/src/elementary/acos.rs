//! `acos`: see [`asin`](super::asin).

use super::asin::{Arc, combine};
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// `acos(x)`; common where `|x| <= 1`.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (exact(x), x.abs().at_most(x.of(1.0)))
}

/// `acos(x)` for any argument; NaN beyond 1.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let arc = Arc::of(x);
    // pi/2 - asin(x), or twice the arc, or pi less that.
    let zero = x.of(0.0);
    let quarters = x.less(zero).select(x.of(2.0), zero);
    let quarters = arc.small.select(x.of(1.0), quarters);
    let [high, low] = T::HALF_PI.map(|piece| quarters * x.like(piece));
    let factor = arc.small.select(x.of(-1.0), x.of(2.0));
    combine([high, low], factor, arc.sine.flip(x.sign()), arc.rest.flip(x.sign()))
}
