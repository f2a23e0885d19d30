//! `log1p`: as [`log`](super::log), of `1 + x` in two parts.

use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};
use super::log::{Base, Split, outside};

/// `log(1 + x)` of a finite `x` above -1, with the sign of `x`.
pub(super) fn log1p<'e, E: Emit, T: Format>(x: Double<'e, E, T>) -> Lane<'e, E, T> {
    let value = Base::natural().of(&Split::of_one_plus(x));
    value.with_sign_of(x.high)
}

/// `log1p(x)`; common where `x` is finite and above -1.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let value = log1p(Double::new(x, x.of(0.0)));
    (value, x.of(-1.0).less(x) & x.less(x.like(T::INFINITY)))
}

/// `log1p(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let (value, common) = fast(x);
    common.select(value, outside(x + 1.0, value))
}
