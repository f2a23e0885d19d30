//! Complex numbers: their two parts, with Python's formulas.

use ir::{Op, Value};
use memory::DType;
use ruff_python_ast::Operator;
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, RaiseKind, Result};
use crate::value::{Known, Num, NumType};

impl Lowerer<'_> {
    pub(crate) fn complex_constant(&mut self, re: f64, im: f64) -> Num {
        let (re, im) = (self.b.constant(re), self.b.constant(im));
        self.complex(NumType::COMPLEX, re, im)
    }

    pub(crate) fn complex(&self, ty: NumType, re: Value, im: Value) -> Num {
        Num { ty, re, im: Some(im), known: None, natural: false }
    }

    pub(crate) fn parts(&mut self, num: &Num, ty: NumType) -> (Value, Value) {
        let num = self.to(num, ty);
        let im = match num.im {
            Some(im) => im,
            None => self.zero(ty.dtype.part()),
        };
        (num.re, im)
    }

    pub(crate) fn complex_binary(
        &mut self,
        range: TextRange,
        op: Operator,
        x: &Num,
        y: &Num,
        ty: NumType,
    ) -> Result<Num> {
        let ((a, b), (c, d)) = (self.parts(x, ty), self.parts(y, ty));
        let (re, im) = match op {
            Operator::Add => (self.b.add(a, c), self.b.add(b, d)),
            Operator::Sub => (self.b.sub(a, c), self.b.sub(b, d)),
            Operator::Mult => self.product((a, b), (c, d)),
            Operator::Div => {
                if ty.weak {
                    let zero = self.zero(DType::F64);
                    let (here, there) = (self.b.ne(c, zero), self.b.ne(d, zero));
                    let holds = self.b.or(here, there);
                    self.check(holds, range, RaiseKind::Like("1j / 0j"));
                }
                self.quotient((a, b), (c, d))
            }
            Operator::Pow => {
                let whole = match y.known {
                    Some(Known::Int(it)) if !y.ty.dtype.is_complex() => Some(it),
                    _ => None,
                };
                let Some(power) = whole.filter(|it| (-64..=64).contains(it)) else {
                    let (re, im) = self.complex_power(range, ((a, b), (c, d)), ty);
                    return Ok(self.complex(ty, re, im));
                };
                let part = ty.dtype.part();
                let one = self.b.constant(memory::Scalar::from_i64(part, 1));
                let zero = self.zero(part);
                let (mut found, mut square) = ((one, zero), (a, b));
                let mut left = power.unsigned_abs();
                while left > 0 {
                    if left & 1 == 1 {
                        found = self.product(found, square);
                    }
                    left >>= 1;
                    if left > 0 {
                        square = self.product(square, square);
                    }
                }
                if power < 0 {
                    found = self.quotient((one, zero), found);
                }
                found
            }
            _ => {
                let message = format!("`{}` of complex numbers", op.as_str());
                return Err(self.refuse(range, message, "Python refuses it too"));
            }
        };
        Ok(self.complex(ty, re, im))
    }

    fn product(&mut self, (a, b): (Value, Value), (c, d): (Value, Value)) -> (Value, Value) {
        let (ac, bd) = (self.b.mul(a, c), self.b.mul(b, d));
        let (ad, bc) = (self.b.mul(a, d), self.b.mul(b, c));
        (self.b.sub(ac, bd), self.b.add(ad, bc))
    }

    /// By Smith's algorithm, as Python and NumPy do.
    fn quotient(&mut self, (a, b): (Value, Value), (c, d): (Value, Value)) -> (Value, Value) {
        let (size_c, size_d) = (self.b.abs(c), self.b.abs(d));
        let first = self.b.ge(size_c, size_d);
        let big = self.b.select(first, c, d);
        let small = self.b.select(first, d, c);
        let ratio = self.b.div(small, big);
        let scaled = self.b.mul(small, ratio);
        let denominator = self.b.add(big, scaled);
        let (br, ar) = (self.b.mul(b, ratio), self.b.mul(a, ratio));
        // (a + b r, b - a r) or (a r + b, b r - a)
        let (re1, im1) = (self.b.add(a, br), self.b.sub(b, ar));
        let (re2, im2) = (self.b.add(ar, b), self.b.sub(br, a));
        let re = self.b.select(first, re1, re2);
        let im = self.b.select(first, im1, im2);
        (self.b.div(re, denominator), self.b.div(im, denominator))
    }

    /// The magnitude.
    pub(crate) fn magnitude(&mut self, num: &Num) -> Num {
        let ty = NumType { dtype: num.ty.dtype.part(), weak: num.ty.weak };
        let (a, b) = self.parts(num, num.ty);
        let re = self.b.op(Op::Hypot, &[a, b]);
        self.number(ty, re)
    }

    /// Functions of `cmath` and of NumPy on complex numbers.
    pub(crate) fn complex_function(&mut self, name: &str, num: &Num) -> Option<Num> {
        let ty = num.ty;
        let (a, b) = self.parts(num, ty);
        let part = NumType { dtype: ty.dtype.part(), weak: ty.weak };
        Some(match name {
            "exp" => {
                let size = self.b.exp(a);
                let (cos, sin) = (self.b.cos(b), self.b.sin(b));
                let (re, im) = (self.b.mul(size, cos), self.b.mul(size, sin));
                self.complex(ty, re, im)
            }
            "log" => {
                let size = self.b.op(Op::Hypot, &[a, b]);
                let re = self.b.log(size);
                let im = self.b.op(Op::Atan2, &[b, a]);
                self.complex(ty, re, im)
            }
            "phase" | "angle" => {
                let re = self.b.op(Op::Atan2, &[b, a]);
                self.number(part, re)
            }
            "sin" | "cos" => {
                let (sin, cos) = (self.b.sin(a), self.b.cos(a));
                let (sinh, cosh) = (self.b.op(Op::Sinh, &[b]), self.b.op(Op::Cosh, &[b]));
                if name == "sin" {
                    let (re, im) = (self.b.mul(sin, cosh), self.b.mul(cos, sinh));
                    self.complex(ty, re, im)
                } else {
                    let (re, im) = (self.b.mul(cos, cosh), self.b.mul(sin, sinh));
                    let im = self.b.neg(im);
                    self.complex(ty, re, im)
                }
            }
            "sqrt" => {
                // sqrt((|z| + |a|) / 2), and the other part from it.
                let size = self.b.op(Op::Hypot, &[a, b]);
                let positive = self.b.abs(a);
                let half = self.b.constant(memory::Scalar::from_f64(part.dtype, 0.5));
                let sum = self.b.add(size, positive);
                let halved = self.b.mul(sum, half);
                let main = self.b.sqrt(halved);
                let zero = self.zero(part.dtype);
                let two = self.b.add(main, main);
                let side = self.b.div(b, two);
                let none = self.b.eq(main, zero);
                let side = self.b.select(none, zero, side);
                let right = self.b.ge(a, zero);
                let turned = self.b.abs(side);
                let signed = self.b.op(Op::CopySign, &[main, b]);
                let re = self.b.select(right, main, turned);
                let im = self.b.select(right, side, signed);
                self.complex(ty, re, im)
            }
            _ => return None,
        })
    }
}
