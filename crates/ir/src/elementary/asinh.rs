//! `asinh`: `log1p` of `a + a^2 / (1 + sqrt(1 + a^2))` in two parts, `a = |x|`.

use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};
use super::log::{Base, Split};

/// `exp(asinh(a)) - 1`, for an `a` whose square is finite.
fn grown<'e, E: Emit, T: Format>(a: Lane<'e, E, T>) -> Double<'e, E, T> {
    let square = Double::product(a, a);
    let one = a.of(1.0);
    let sum = Double::sum(one, square.high);
    let root = Double::root(Double::new(sum.high, sum.low + square.low));
    let below = Double::ordered_sum(root.high, one);
    let below = Double::new(below.high, below.low + root.low);
    let quotient = Double::quotient(square, below);
    let total = Double::ordered_sum(a, quotient.high);
    Double::new(total.high, total.low + quotient.low)
}

/// `log(2^more (1 + x))`
pub(super) fn log1p_more<'e, E: Emit, T: Format>(
    x: Double<'e, E, T>,
    more: Lane<'e, E, T>,
) -> Lane<'e, E, T> {
    let split = Split::of_one_plus(x);
    Base::natural().of(&Split { k: split.k + more, ..split })
}

/// `asinh(x)`; common where `|x|` is up to `2^50` (`f32`) or `2^400` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let a = x.abs();
    let value = log1p_more(grown(a), x.of(0.0)).with_sign_of(x);
    (value, a.at_most(x.of(T::SIZE_USUAL)))
}

/// `asinh(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let a = x.abs();
    // The logarithm of 2 a, as 1 more than that of a, where a^2 may overflow.
    let huge = x.of(T::SIZE_USUAL).less(a);
    let grown = huge.choose(Double::new(a, x.of(0.0)), grown(a));
    let more = huge.select(x.of(1.0), x.of(0.0));
    x.is_finite().select(log1p_more(grown, more).with_sign_of(x), x)
}
