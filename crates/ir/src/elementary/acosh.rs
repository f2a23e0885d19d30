//! `acosh`: `log1p` of `x - 1 + sqrt(x^2 - 1)` in two parts.

use super::asinh::log1p_more;
use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// `exp(acosh(x)) - 1`, for an `x` from 1 whose square is finite.
fn grown<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Double<'e, E, T> {
    let one = x.of(1.0);
    let square = Double::product(x, x);
    let less = Double::ordered_sum(square.high, -one);
    let root = Double::root(Double::new(less.high, less.low + square.low).tidy());
    let step = Double::ordered_sum(x, -one);
    let total = Double::ordered_sum(root.high, step.high);
    Double::new(total.high, total.low + (step.low + root.low))
}

/// `acosh(x)`; common from 1 to `2^50` (`f32`) or `2^400` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let value = log1p_more(grown(x), x.of(0.0));
    (value, x.of(1.0).at_most(x) & x.at_most(x.of(T::SIZE_USUAL)))
}

/// `acosh(x)` for any argument; NaN below 1.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let huge = x.of(T::SIZE_USUAL).less(x);
    let grown = huge.choose(Double::new(x, x.of(0.0)), grown(x));
    let value = log1p_more(grown, huge.select(x.of(1.0), x.of(0.0)));
    let value = x.less(x.like(T::INFINITY)).select(value, x);
    x.less(x.of(1.0)).select(x.like(T::NAN), value)
}
