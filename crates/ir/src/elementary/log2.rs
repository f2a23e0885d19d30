//! `log2`: as [`log`](super::log), with `f log2(e)` in two parts; exact for powers of 2.

use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};
use super::log::{Base, Split, is_usual};

/// `log2(x)`; common where `x` is positive, normal and finite.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (Base::two().of(&Split::of(x)), is_usual(x))
}

/// `log2(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    Base::two().of_any(x)
}
