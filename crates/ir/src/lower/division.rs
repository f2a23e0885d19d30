//! Quotients and remainders of floating point numbers: long division, exact in every step.

use memory::DType;

use super::Formula;
use crate::{Op, Value};

impl Formula<'_, '_> {
    /// `fmod`, `rem` or `floor_div`; of float16 in float32.
    pub(super) fn division(self, op: Op, x: Value, y: Value) -> Value {
        let dtype = self.writer.dtype(x);
        if dtype == DType::F16 {
            let wide = |value| self.writer.cast(DType::F32, value);
            let answer = self.division(op, wide(x), wide(y));
            return self.writer.cast(dtype, answer);
        }
        let rest = self.fmod(x, y);
        match op {
            Op::Fmod => rest,
            Op::Rem => self.remainder(x, y, rest),
            _ => self.quotient(x, y, rest),
        }
    }

    /// What division towards zero leaves, with the sign of `x`.
    fn fmod(self, x: Value, y: Value) -> Value {
        let rest = match self.writer.dtype(x) {
            DType::F32 => {
                let wide = |value| self.writer.cast(DType::F64, self.abs(value));
                let rest = self.long_division::<28>(wide(x), wide(y), 9);
                self.writer.cast(DType::F32, rest)
            }
            _ => self.long_division::<52>(self.abs(x), self.abs(y), 40),
        };
        let rest = self.copysign(rest, x);
        // Infinite dividends and zero divisors leave nothing that is a number, infinite divisors all.
        let zero = self.float(x, 0.0);
        let finite = self.isfinite(x);
        let legal = self.and(finite, self.ne(y, zero));
        let nan = self.float(x, f64::NAN);
        let rest = self.select(legal, rest, nan);
        let all = self.lt(self.abs(x), self.abs(y));
        let rest = self.select(self.and(all, finite), x, rest);
        self.select(self.isnan(y), y, self.select(self.isnan(x), x, rest))
    }

    /// `x` modulo `y`, both float64 and not negative, `BITS` bits of the quotient at a time, from
    /// `BITS * steps` down. A digit is off by one at most, for it has less bits than a float64, and
    /// what a digit leaves has no more bits than `x` and `y`, so `fma` has it exactly.
    fn long_division<const BITS: i32>(self, x: Value, y: Value, steps: i32) -> Value {
        let zero = self.float(x, 0.0);
        let mut rest = x;
        for step in (0..=steps).rev() {
            // Where the shifted divisor is infinite the digit is 0, and the product not a number.
            let shifted = self.shifted(y, BITS * step);
            let digit = self.trunc(self.div(rest, shifted));
            let left = self.fma(self.neg(digit), shifted, rest);
            let left = self.select(self.lt(left, zero), self.add(left, shifted), left);
            let left = self.select(self.ge(left, shifted), self.sub(left, shifted), left);
            rest = self.select(self.ge(rest, shifted), left, rest);
        }
        rest
    }

    /// `y * 2**count`, in factors that float64 holds.
    fn shifted(self, y: Value, count: i32) -> Value {
        let (mut y, mut count) = (y, count);
        while count > 0 {
            let factor = count.min(1000);
            y = self.mul(y, self.float(y, 2f64.powi(factor)));
            count -= factor;
        }
        y
    }

    /// The remainder of Python, which has the sign of `y`.
    fn remainder(self, x: Value, y: Value, rest: Value) -> Value {
        let zero = self.float(x, 0.0);
        let adjusted = self.select(self.apart(y, rest), self.add(rest, y), rest);
        let adjusted = self.select(self.eq(rest, zero), self.copysign(zero, y), adjusted);
        self.select(self.eq(y, zero), rest, adjusted)
    }

    /// The quotient of Python, by the steps of `evaluate`.
    fn quotient(self, x: Value, y: Value, rest: Value) -> Value {
        let [zero, one, half] = [0.0, 1.0, 0.5].map(|number| self.float(x, number));
        let plain = self.div(x, y);
        let quotient = self.div(self.sub(x, rest), y);
        let uneven = self.ne(rest, zero);
        let lower = self.and(uneven, self.apart(y, rest));
        let quotient = self.select(lower, self.sub(quotient, one), quotient);
        let whole = self.floor(quotient);
        let up = self.gt(self.sub(quotient, whole), half);
        let whole = self.select(up, self.add(whole, one), whole);
        let whole = self.select(self.eq(quotient, zero), self.copysign(zero, plain), whole);
        self.select(self.eq(y, zero), plain, whole)
    }

    /// Whether one is negative and the other is not.
    fn apart(self, y: Value, rest: Value) -> Value {
        let zero = self.float(y, 0.0);
        self.xor(self.lt(y, zero), self.lt(rest, zero))
    }
}
