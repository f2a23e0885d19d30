//! Numbers taken apart and put together.

use memory::{DType, Scalar};

use super::Formula;
use crate::Value;

impl Formula<'_, '_> {
    /// Mantissa, as float64, and exponent, as i32.
    pub(super) fn split(self, x: Value) -> (Value, Value) {
        // In float64 there is no subnormal float16 or float32.
        let x = self.writer.cast(DType::F64, x);
        let zero = self.float(x, 0.0);
        let subnormal = self.lt(self.abs(x), self.float(x, f64::MIN_POSITIVE));
        let scaled = self.select(subnormal, self.mul(x, self.float(x, 2f64.powi(54))), x);
        let bits = self.writer.bitcast(DType::I64, scaled);
        let integer = |number| self.writer.number(Scalar::from(number));
        let field = self.and(self.shr(bits, integer(52)), integer(0x7ff));
        let bias = self.select(subnormal, integer(1022 + 54), integer(1022));
        let fraction = self.and(bits, integer(!(0x7ffi64 << 52)));
        let mantissa = self.writer.bitcast(DType::F64, self.or(fraction, integer(1022i64 << 52)));
        let plain = self.and(self.ne(x, zero), self.isfinite(x));
        let exponent = self.writer.cast(DType::I32, self.sub(field, bias));
        let none = self.integer(exponent, 0);
        (self.select(plain, mantissa, x), self.select(plain, exponent, none))
    }

    /// `x * 2**n` with one rounding.
    pub(super) fn ldexp(self, x: Value, n: Value) -> Value {
        let dtype = self.writer.dtype(x);
        let bounded =
            |limit| self.max(self.min(n, self.integer(n, limit)), self.integer(n, -limit));
        if dtype != DType::F64 {
            // Nothing is lost in float64 but by the last cast.
            let wide = self.writer.cast(DType::F64, x);
            let product = self.mul(wide, self.power_of_two(bounded(400)));
            return self.writer.cast(dtype, product);
        }
        let (mut x, mut n) = (x, bounded(3000));
        // Two steps up, two down. Down by 969, 53 less than the range of normal numbers: a number that
        // becomes subnormal, and is rounded, before the last product is zero after it.
        for (limit, step) in [(1023, 1023), (1023, 1023), (-1022, -969), (-1022, -969)] {
            let end = self.integer(n, limit);
            let beyond = if limit > 0 { self.gt(n, end) } else { self.lt(n, end) };
            let moved = self.mul(x, self.float(x, 2f64.powi(step)));
            x = self.select(beyond, moved, x);
            n = self.select(beyond, self.sub(n, self.integer(n, step.into())), n);
        }
        let n = self.max(self.min(n, self.integer(n, 1023)), self.integer(n, -1022));
        self.mul(x, self.power_of_two(n))
    }

    /// `2**n` as float64, for an i32 `n` that its exponent holds.
    fn power_of_two(self, n: Value) -> Value {
        let n = self.writer.cast(DType::I64, n);
        let biased = self.add(n, self.integer(n, 1023));
        self.writer.bitcast(DType::F64, self.shl(biased, self.integer(n, 52)))
    }

    /// The next number from `x` towards `y`. Numbers of one sign are ordered as their bits.
    pub(super) fn next_after(self, x: Value, y: Value) -> Value {
        let dtype = self.writer.dtype(x);
        let integer = match dtype {
            DType::F16 => DType::I16,
            DType::F32 => DType::I32,
            _ => DType::I64,
        };
        let zero = self.float(x, 0.0);
        let (x_bits, y_bits) = (self.writer.bitcast(integer, x), self.writer.bitcast(integer, y));
        let [one, minus] = [1, -1].map(|number| self.integer(x_bits, number));
        let inwards = self.xor(self.lt(x, y), self.gt(x, zero));
        let next = self.add(x_bits, self.select(inwards, minus, one));
        let sign = self.writer.number(Scalar::from_bits(integer, 1 << (integer.bits() - 1)));
        let smallest = self.or(self.and(y_bits, sign), one);
        let next = self.select(self.eq(x, zero), smallest, next);
        let next = self.writer.bitcast(dtype, next);
        let there = self.or(self.eq(x, y), self.isnan(y));
        self.select(self.isnan(x), x, self.select(there, y, next))
    }
}
