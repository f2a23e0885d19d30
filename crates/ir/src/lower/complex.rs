//! Complex numbers as pairs: what is left to do with them as such is `real`, `imag`, `complex`,
//! `select`, and to load and store them.

use memory::DType;

use super::Formula;
use crate::evaluate::exponents;
use crate::{Op, Value};

/// The parts of a complex number.
type Parts = (Value, Value);

impl Formula<'_, '_> {
    /// An op on complex numbers, by the formulas of `evaluate`.
    pub(super) fn complex(self, op: Op, x: Value, y: Value) -> Value {
        let (a, b) = (self.parts(x), self.parts(y));
        let answer = match op {
            Op::Neg => (self.neg(a.0), self.neg(a.1)),
            Op::Conj => (a.0, self.neg(a.1)),
            Op::Add => (self.add(a.0, b.0), self.add(a.1, b.1)),
            Op::Sub => (self.sub(a.0, b.0), self.sub(a.1, b.1)),
            Op::Mul => self.product(a, b),
            Op::Square => self.product(a, a),
            Op::Div => self.smith(a, b),
            Op::Reciprocal => self.reciprocal(a),
            Op::Magnitude => return self.magnitude(a),
            Op::Eq => return self.and(self.eq(a.0, b.0), self.eq(a.1, b.1)),
            _ => return self.or(self.ne(a.0, b.0), self.ne(a.1, b.1)),
        };
        self.whole(answer)
    }

    fn magnitude(self, (x, y): Parts) -> Value {
        let [high, low, down, up, from_down, from_up] =
            exponents(self.writer.dtype(x)).map(|it| self.float(x, it));
        let one = self.float(x, 1.0);
        let (width, height) = (self.abs(x), self.abs(y));
        let size = self.writer.apply(Op::Fmax, &[width, height]);
        let (large, small) = (self.ge(size, high), self.lt(size, low));
        let there = self.select(large, down, self.select(small, up, one));
        let back = self.select(large, from_down, self.select(small, from_up, one));
        let (width, height) = (self.mul(width, there), self.mul(height, there));
        let square = self.writer.apply(Op::Square, &[height]);
        let root = self.writer.apply(Op::Sqrt, &[self.fma(width, width, square)]);
        let infinite = self.writer.apply(Op::IsInf, &[size]);
        self.select(infinite, size, self.mul(root, back))
    }

    /// A cast from or to a complex type.
    pub(super) fn cast_complex(self, x: Value, to: DType) -> Value {
        let from = self.writer.dtype(x);
        let part = to.part();
        if !from.is_complex() {
            let real = self.writer.cast(part, x);
            return self.whole((real, self.float(real, 0.0)));
        }
        let (real, imag) = self.parts(x);
        let cast = |value| self.writer.cast(part, value);
        match to {
            DType::Bool => self.or(cast(real), cast(imag)),
            _ if to.is_complex() => self.whole((cast(real), cast(imag))),
            _ => cast(real),
        }
    }

    fn parts(self, x: Value) -> Parts {
        if self.writer.dtype(x).is_complex() {
            (self.writer.apply(Op::Real, &[x]), self.writer.apply(Op::Imag, &[x]))
        } else {
            (x, x)
        }
    }

    fn whole(self, (real, imag): Parts) -> Value {
        self.writer.apply(Op::Complex, &[real, imag])
    }

    fn product(self, x: Parts, y: Parts) -> Parts {
        let real = self.sub(self.mul(x.0, y.0), self.mul(x.1, y.1));
        (real, self.add(self.mul(x.0, y.1), self.mul(x.1, y.0)))
    }

    /// Whether the real part is the larger one, the ratio of the smaller to the larger, and what
    /// Smith divides by.
    fn leaning(self, y: Parts) -> (Value, Value, Value) {
        let real = self.ge(self.abs(y.0), self.abs(y.1));
        let (large, small) = (self.select(real, y.0, y.1), self.select(real, y.1, y.0));
        let ratio = self.div(small, large);
        (real, ratio, self.add(large, self.mul(small, ratio)))
    }

    fn smith(self, x: Parts, y: Parts) -> Parts {
        let (real, ratio, below) = self.leaning(y);
        let scale = self.div(self.float(below, 1.0), below);
        let scaled = (self.mul(x.0, ratio), self.mul(x.1, ratio));
        let real_top = self.select(real, self.add(x.0, scaled.1), self.add(scaled.0, x.1));
        let imag_top = self.select(real, self.sub(x.1, scaled.0), self.sub(scaled.1, x.0));
        let zero = self.float(y.0, 0.0);
        let nothing = self.and(self.eq(y.0, zero), self.eq(y.1, zero));
        let by_zero = self.abs(y.0);
        (
            self.select(nothing, self.div(x.0, by_zero), self.mul(real_top, scale)),
            self.select(nothing, self.div(x.1, by_zero), self.mul(imag_top, scale)),
        )
    }

    fn reciprocal(self, x: Parts) -> Parts {
        let (real, ratio, below) = self.leaning(x);
        let one = self.float(below, 1.0);
        let minus = self.float(below, -1.0);
        let real_top = self.select(real, one, ratio);
        let imag_top = self.select(real, self.neg(ratio), minus);
        (self.div(real_top, below), self.div(imag_top, below))
    }
}
