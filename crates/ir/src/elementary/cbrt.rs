//! `cbrt`: a polynomial for `x^(-1/3)`, a step of Halley's (`f64`), then the root and its remainder.
//!
//! No division: the inverse root needs none, and `y = m z^2` is corrected by `(m - y^3) z^2 / 3`.

use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};
use super::log::as_float;

/// The root of a positive normal number.
fn root<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let bits = x.bits();
    let exponent = bits.right(T::FRACTION) - bits.int(T::BIAS);
    // exponent = 3 q + j, j from 0 to 2
    let third = (as_float::<E, T>(exponent) - 1.0).fma(x.of(1.0 / 3.0), x.like(T::MAGIC)).bits();
    let q = third - third.like(T::MAGIC.bits());
    let j = exponent - q - q - q;
    let fraction = Lane::<E, T>::from_bits(bits - exponent.left(T::FRACTION));
    let m = Lane::<E, T>::from_bits(fraction.bits() + j.left(T::FRACTION));
    let factor = j.equal(j.int(1)).select(x.of(0.5_f64.cbrt()), x.of(0.25_f64.cbrt()));
    let factor = j.equal(j.int(0)).select(x.of(1.0), factor);
    let mut z = fraction.polynomial(T::CBRT) * factor;
    if T::CAREFUL {
        let h = (-(m * z)).fma(z * z, x.of(1.0));
        z = (z * h).fma(h.fma(x.of(2.0 / 9.0), x.of(1.0 / 3.0)), z);
    }
    let square = z * z;
    let y = m * square;
    let y_square = Double::product(y, y);
    let rest = (-y).fma(y_square.low, (-y).fma(y_square.high, m));
    let y = rest.fma(square * x.of(1.0 / 3.0), y);
    Lane::from_bits(y.bits() + q.left(T::FRACTION))
}

/// `cbrt(x)`; common where `x` is normal and finite.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    let size = x.abs();
    let common = x.of(T::SMALLEST_NORMAL).at_most(size) & size.less(x.like(T::INFINITY));
    (root(size).with_sign_of(x), common)
}

/// `cbrt(x)` for any argument.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let size = x.abs();
    let tiny = size.less(x.of(T::SMALLEST_NORMAL));
    let value = root(tiny.select(size * 54_f64.exp2(), size));
    let value = tiny.select(value * (-18_f64).exp2(), value).with_sign_of(x);
    (x.equal(x.of(0.0)) | x.is_finite().negate()).select(x, value)
}
