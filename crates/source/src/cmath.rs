//! `cmath`, and powers of complex numbers.

use ir::{Op, Value};
use ruff_python_ast::Operator;
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, RaiseKind, Result};
use crate::value::{Num, NumType, Val};

/// The two parts of a number.
type Parts = (Value, Value);

impl Lowerer<'_> {
    /// A function of `cmath`; none where there is no such function.
    pub(crate) fn cmath(
        &mut self,
        range: TextRange,
        name: &str,
        args: &[Num],
    ) -> Result<Option<Val>> {
        let found = match args {
            [x] => {
                let x = self.to(x, NumType::COMPLEX);
                let (a, b) = self.parts(&x, NumType::COMPLEX);
                match name {
                    "isnan" | "isinf" | "isfinite" => {
                        let op = match name {
                            "isnan" => Op::IsNan,
                            "isinf" => Op::IsInf,
                            _ => Op::IsFinite,
                        };
                        let (re, im) = (self.b.op(op, &[a]), self.b.op(op, &[b]));
                        let both = name == "isfinite";
                        let found = if both { self.b.and(re, im) } else { self.b.or(re, im) };
                        return Ok(Some(Val::Num(self.number(NumType::BOOL, found))));
                    }
                    "polar" => {
                        let size = self.b.op(Op::Hypot, &[a, b]);
                        let angle = self.b.op(Op::Atan2, &[b, a]);
                        let parts = [size, angle];
                        let parts = parts.map(|it| Val::Num(self.number(NumType::FLOAT, it)));
                        return Ok(Some(Val::Tuple(parts.to_vec().into())));
                    }
                    "log" | "log10" if self.options.domain => {
                        let zero = self.b.constant(0.0);
                        let (here, there) = (self.b.ne(a, zero), self.b.ne(b, zero));
                        let holds = self.b.or(here, there);
                        self.value_error(holds, range, "math domain error");
                    }
                    _ => {}
                }
                let found = match name {
                    "sinh" | "cosh" => {
                        let (sin, cos) = (self.b.sin(b), self.b.cos(b));
                        let (up, down) = (self.b.op(Op::Sinh, &[a]), self.b.op(Op::Cosh, &[a]));
                        let (first, second) = if name == "sinh" { (up, down) } else { (down, up) };
                        let (re, im) = (self.b.mul(first, cos), self.b.mul(second, sin));
                        self.complex(NumType::COMPLEX, re, im)
                    }
                    "log10" => {
                        let size = self.b.op(Op::Hypot, &[a, b]);
                        let re = self.b.op(Op::Log10, &[size]);
                        let angle = self.b.op(Op::Atan2, &[b, a]);
                        let factor = self.b.constant(std::f64::consts::LOG10_E);
                        let im = self.b.mul(angle, factor);
                        self.complex(NumType::COMPLEX, re, im)
                    }
                    _ => match self.complex_function(name, &x) {
                        Some(found) => found,
                        None => return Ok(None),
                    },
                };
                if matches!(name, "exp" | "sin" | "cos" | "sinh" | "cosh") && self.options.domain {
                    for it in [Some(found.re), found.im].into_iter().flatten() {
                        self.no_overflow(range, it, &[a, b], "__import__('cmath').exp(10000.0)");
                    }
                }
                found
            }
            [x, base] if name == "log" => {
                let (Some(Val::Num(x)), Some(Val::Num(base))) = (
                    self.cmath(range, name, std::slice::from_ref(x))?,
                    self.cmath(range, name, std::slice::from_ref(base))?,
                ) else {
                    return Ok(None);
                };
                self.binary(range, Operator::Div, &x, &base)?
            }
            [size, angle] if name == "rect" => {
                let size = self.to(size, NumType::FLOAT).re;
                let angle = self.to(angle, NumType::FLOAT).re;
                let (sin, cos) = (self.b.sin(angle), self.b.cos(angle));
                let (re, im) = (self.b.mul(size, cos), self.b.mul(size, sin));
                self.complex(NumType::COMPLEX, re, im)
            }
            _ => return Ok(None),
        };
        Ok(Some(Val::Num(found)))
    }

    /// A power that varies, as Python computes it: by the size and the angle of the base.
    pub(crate) fn complex_power(
        &mut self,
        range: TextRange,
        ((a, b), (c, d)): (Parts, Parts),
        ty: NumType,
    ) -> Parts {
        let part = ty.dtype.part();
        let zero = self.zero(part);
        let one = self.b.constant(memory::Scalar::from_f64(part, 1.0));
        let (a_none, b_none) = (self.b.eq(a, zero), self.b.eq(b, zero));
        let (c_none, d_none) = (self.b.eq(c, zero), self.b.eq(d, zero));
        let base_zero = self.b.and(a_none, b_none);
        let power_zero = self.b.and(c_none, d_none);
        let positive = self.b.gt(c, zero);
        let real = self.b.and(d_none, positive);
        let allowed = self.b.or(real, power_zero);
        if ty.weak {
            let some = self.b.not(base_zero);
            let holds = self.b.or(some, allowed);
            self.check(holds, range, RaiseKind::Like("0j ** -1"));
        }
        let size = self.b.op(Op::Hypot, &[a, b]);
        let angle = self.b.op(Op::Atan2, &[b, a]);
        let mut length = self.b.op(Op::Pow, &[size, c]);
        let mut phase = self.b.mul(angle, c);
        let turned = self.b.mul(angle, d);
        let shrunk = self.b.exp(turned);
        let shrunk = self.b.div(length, shrunk);
        let log = self.b.log(size);
        let more = self.b.mul(d, log);
        let moved = self.b.add(phase, more);
        length = self.b.select(d_none, length, shrunk);
        phase = self.b.select(d_none, phase, moved);
        let (sin, cos) = (self.b.sin(phase), self.b.cos(phase));
        let (re, im) = (self.b.mul(length, cos), self.b.mul(length, sin));
        if ty.weak {
            for it in [re, im] {
                let infinite = self.b.op(Op::IsInf, &[it]);
                let fine = self.b.not(infinite);
                let holds = self.b.or(fine, base_zero);
                self.check(holds, range, RaiseKind::Like("(1e300 + 0j) ** (2 + 1j)"));
            }
        }
        // 0 to a power is 0, to the power 0 it is 1, and else there is no such number.
        let nan = self.b.div(zero, zero);
        let none = self.b.select(allowed, zero, nan);
        let re = self.b.select(base_zero, none, re);
        let im = self.b.select(base_zero, none, im);
        (self.b.select(power_zero, one, re), self.b.select(power_zero, zero, im))
    }
}
