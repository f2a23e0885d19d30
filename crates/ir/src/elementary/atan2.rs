//! `atan2`: see [`atan`](super::atan).

use super::atan::angle;
use super::emit::Emit;
use super::exp::power_of_two;
use super::format::Format;
use super::lane::{Lane, Mask};

/// Whether `size` is neither 0, tiny, huge nor NaN.
fn is_usual<'e, E: Emit, T: Format>(size: Lane<'e, E, T>) -> Mask<'e, E> {
    size.of(1.0 / T::SIZE_USUAL).at_most(size) & size.at_most(size.of(T::SIZE_USUAL))
}

/// Whether the sign's bit is set.
fn is_left<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Mask<'e, E> {
    let bits = x.bits();
    bits.less(bits.int(0))
}

/// `atan2(y, x)`; common where both sizes are from `2^-50` to `2^50` (`f32`) or `2^-400` to `2^400` (`f64`).
pub(super) fn fast<'e, E: Emit, T: Format>(
    y: Lane<'e, E, T>,
    x: Lane<'e, E, T>,
) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let (a, b) = (y.abs(), x.abs());
    (angle(a, b, Some(is_left(x))).with_sign_of(y), is_usual(a) & is_usual(b))
}

/// `atan2(y, x)` for any arguments.
pub(super) fn exact<'e, E: Emit, T: Format>(
    y: Lane<'e, E, T>,
    x: Lane<'e, E, T>,
) -> Lane<'e, E, T> {
    let (a, b) = (y.abs(), x.abs());
    let (zero, one, infinity) = (x.of(0.0), x.of(1.0), x.like(T::INFINITY));
    let usual = is_usual(a) & is_usual(b);
    // Infinities become 1 and what is beside them 0; two zeros become 0 and 1.
    let larger = a.larger(b);
    let infinite = a.equal(infinity) | b.equal(infinity);
    let finite_a = infinite.select(a.equal(infinity).select(one, zero), a);
    let finite_b = infinite.select(b.equal(infinity).select(one, zero), b);
    let finite_b = (a + b).equal(zero).select(one, finite_b);
    // Brought near 1 by a power of two (twice, because 2^-1023 is none).
    let exponent = infinite.select(zero.bits(), larger.bits().right(T::FRACTION));
    let exponent = exponent - exponent.int(T::BIAS);
    let half = exponent.right(1);
    let (first, second) =
        (power_of_two::<E, T>(half.int(0) - half), power_of_two::<E, T>(half - exponent));
    let near_a = infinite.select(finite_a, finite_a * first * second);
    let near_b = infinite.select(finite_b, finite_b * first * second);
    let near_b = (a + b).equal(zero).select(one, near_b);
    let value = angle(usual.select(a, near_a), usual.select(b, near_b), Some(is_left(x)));
    // So small that the angle is the quotient, which may be subnormal.
    let tiny = near_a.less(near_b * (-f64::from(T::FRACTION)).exp2()) & x.sign().equal(zero.bits());
    let value = (tiny & usual.negate()).select(finite_a / finite_b, value).with_sign_of(y);
    let number = a.is_number() & b.is_number();
    number.select(value, x + y)
}
