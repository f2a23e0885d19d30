//! Powers, and the upper half of products.

use memory::{DType, Kind, Scalar};

use super::Formula;
use crate::Value;

impl Formula<'_, '_> {
    /// `x ** y`: one square for each bit of `y`.
    pub(super) fn power(self, x: Value, y: Value) -> Value {
        let dtype = self.writer.dtype(x);
        let [zero, one, minus] = [0, 1, -1].map(|number| self.integer(x, number));
        let (mut answer, mut factor) = (one, x);
        for bit in 0..dtype.bits() {
            let mask = self.writer.number(Scalar::from_bits(dtype, 1 << bit));
            let set = self.ne(self.and(y, mask), zero);
            answer = self.select(set, self.mul(answer, factor), answer);
            factor = self.mul(factor, factor);
        }
        if dtype.kind() == Kind::Unsigned {
            return answer;
        }
        // 1 / x ** -y towards zero: 0 but for 1 and -1.
        let odd = self.ne(self.and(y, one), zero);
        let of_minus = self.select(odd, minus, one);
        let quotient = self.select(self.eq(x, minus), of_minus, zero);
        let quotient = self.select(self.eq(x, one), one, quotient);
        self.select(self.lt(y, zero), quotient, answer)
    }

    /// The upper half of a product.
    pub(super) fn multiply_high(self, x: Value, y: Value) -> Value {
        let dtype = self.writer.dtype(x);
        let signed = dtype.kind() == Kind::Signed;
        if dtype.bits() < 64 {
            let wide = if signed { DType::I64 } else { DType::U64 };
            let product = self.mul(self.writer.cast(wide, x), self.writer.cast(wide, y));
            let high = self.shr(product, self.integer(product, dtype.bits().into()));
            return self.writer.cast(dtype, high);
        }
        let unsigned = |value| self.writer.cast(DType::U64, value);
        let high = self.multiply_halves(unsigned(x), unsigned(y));
        if !signed {
            return high;
        }
        // Read as unsigned, a negative number is larger by 2**64, and the product by the other one.
        let zero = self.integer(x, 0);
        let excess = |sign, other| self.select(self.lt(sign, zero), other, zero);
        let high = self.writer.cast(dtype, high);
        self.sub(self.sub(high, excess(x, y)), excess(y, x))
    }

    /// The upper half of a product of u64, from products of their halves.
    fn multiply_halves(self, x: Value, y: Value) -> Value {
        let half = self.integer(x, 32);
        let mask = self.integer(x, 0xffff_ffff);
        let low = |value| self.and(value, mask);
        let high = |value| self.shr(value, half);
        let lows = self.mul(low(x), low(y));
        let first = self.add(self.mul(high(x), low(y)), high(lows));
        let second = self.add(self.mul(low(x), high(y)), low(first));
        let highs = self.add(self.mul(high(x), high(y)), high(first));
        self.add(highs, high(second))
    }
}
