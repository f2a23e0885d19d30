//! `log10`: as [`log`](super::log), with `f log10(e)` in two parts; exact for powers of 10.

use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};
use super::log::{Base, Split, is_usual};

/// `log10(x)`; common where `x` is positive, normal and finite.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (Base::ten().of(&Split::of(x)), is_usual(x))
}

/// `log10(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    Base::ten().of_any(x)
}
