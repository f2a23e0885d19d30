//! `hypot`: the root of a sum of squares in two parts, with what the root's rounding loses.

use super::double::Double;
use super::emit::Emit;
use super::exp::power_of_two;
use super::format::Format;
use super::lane::{Lane, Mask};

/// `sqrt(a^2 + b^2)`, `a` the larger; neither square overflows, nor does the larger underflow.
fn root<'e, E: Emit, T: Format>(a: Lane<'e, E, T>, b: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let sum = Double::product(a, a).plus(Double::product(b, b));
    let root = sum.high.sqrt();
    let rest = (-root).fma(root, sum.high) + sum.low;
    root + rest / (root + root)
}

fn sizes<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    y: Lane<'e, E, T>,
) -> (Lane<'e, E, T>, Lane<'e, E, T>) {
    let (a, b) = (x.abs(), y.abs());
    let swap = a.less(b);
    (swap.select(b, a), swap.select(a, b))
}

fn is_usual<'e, E: Emit, T: Format>(a: Lane<'e, E, T>, b: Lane<'e, E, T>) -> Mask<'e, E> {
    a.of(1.0 / T::SIZE_USUAL).at_most(a) & a.at_most(a.of(T::SIZE_USUAL)) & b.is_number()
}

/// `hypot(x, y)`; common where the larger is from `2^-50` to `2^50` (`f32`) or `2^-400` to `2^400` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    y: Lane<'e, E, T>,
) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let (a, b) = sizes(x, y);
    (root(a, b), is_usual(a, b))
}

/// `hypot(x, y)` for any arguments: infinite if either is, even beside NaN.
pub(super) fn exact<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    y: Lane<'e, E, T>,
) -> Lane<'e, E, T> {
    let (a, b) = sizes(x, y);
    let usual = is_usual(a, b);
    let exponent = a.bits().right(T::FRACTION);
    let exponent = exponent - exponent.int(T::BIAS);
    let limit = T::BIAS - 1;
    let exponent = exponent.larger(exponent.int(-limit)).smaller(exponent.int(limit));
    let exponent = usual.select(exponent.int(0), exponent);
    let down = power_of_two::<E, T>(exponent.int(0) - exponent);
    let value = root(a * down, b * down) * power_of_two::<E, T>(exponent);
    let value = a.equal(x.of(0.0)).select(a, value);
    let value = (a.is_number() & b.is_number()).select(value, x + y);
    let infinity = x.like(T::INFINITY);
    (a.equal(infinity) | b.equal(infinity)).select(infinity, value)
}
