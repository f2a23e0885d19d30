//! `atanh`: half of `log1p(2 a / (1 - a))`, `a = |x|`, the quotient in two parts.

use super::asinh::log1p_more;
use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// `atanh(x)`; common where `|x| < 1`.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let (a, one) = (x.abs(), x.of(1.0));
    let ratio = Double::quotient(Double::new(a + a, x.of(0.0)), Double::ordered_sum(one, -a));
    let value = log1p_more(ratio, x.of(0.0)) * 0.5;
    (value.with_sign_of(x), a.less(one))
}

/// `atanh(x)` for any argument: infinite at 1, NaN beyond.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let (value, common) = fast(x);
    let pole = x.abs().equal(x.of(1.0));
    let outside = pole.select(x.like(T::INFINITY).with_sign_of(x), x.like(T::NAN));
    common.select(value, outside)
}
