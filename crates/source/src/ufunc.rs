//! NumPy's functions of numbers: how many they take, those that are operators, and `out`.

use memory::{DType, Kind};
use ruff_python_ast::{CmpOp, Operator, UnaryOp};
use ruff_text_size::TextRange;

use crate::call::Given;
use crate::lower::{Lowerer, Result};
use crate::mathematics::UNARY;
use crate::value::{Known, Num, NumType, Val};

const ONE: &[&str] = &[
    "abs",
    "absolute",
    "square",
    "sign",
    "negative",
    "positive",
    "reciprocal",
    "isnan",
    "isinf",
    "isfinite",
    "signbit",
    "conj",
    "conjugate",
    "logical_not",
    "invert",
    "bitwise_not",
    "degrees",
    "rad2deg",
    "radians",
    "deg2rad",
];
const TWO: &[&str] = &[
    "add",
    "subtract",
    "multiply",
    "divide",
    "true_divide",
    "floor_divide",
    "remainder",
    "mod",
    "power",
    "minimum",
    "maximum",
    "arctan2",
    "hypot",
    "copysign",
    "nextafter",
    "fmod",
    "fmin",
    "fmax",
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "left_shift",
    "right_shift",
    "heaviside",
];

/// How many numbers a function takes.
fn arity(name: &str) -> Option<usize> {
    if ONE.contains(&name) || UNARY.iter().any(|it| it.3 == name && !name.is_empty()) {
        Some(1)
    } else if TWO.contains(&name) {
        Some(2)
    } else {
        None
    }
}

impl Lowerer<'_> {
    /// A function that writes to an array which it is given: `np.add(a, b, out)`.
    pub(crate) fn into_out(
        &mut self,
        range: TextRange,
        name: &str,
        given: &Given,
    ) -> Result<Option<Val>> {
        let Some(count) = arity(name) else { return Ok(None) };
        let named = match &given.named[..] {
            [] => None,
            [(key, value, _)] if key == "out" => Some(value),
            [(key, _, at), ..] => {
                let hint = "it takes numbers, arrays and out= here";
                return Err(self.refuse(*at, format!("{name} with {key}="), hint));
            }
        };
        let numbers: Vec<Val> = given.plain.iter().take(count).map(|it| it.0.clone()).collect();
        let out = match (given.plain.get(count), named) {
            (None, None | Some(Val::None)) => return Ok(None),
            (Some((out, _)), None) | (None, Some(out)) if given.plain.len() <= count + 1 => out,
            _ => {
                let message = format!("{name} with {} arguments", given.plain.len());
                return Err(self.refuse(range, message, "give out once"));
            }
        };
        if numbers.len() < count {
            let message = format!("{name} with {} arguments", numbers.len());
            return Err(self.refuse(range, message, &format!("it takes {count} and out")));
        }
        let Val::View(view) = out else {
            let hint = "give it an array";
            return Err(self.refuse(range, format!("an out that is {}", out.describe()), hint));
        };
        let found = self.named_numbers(range, &format!("numpy.{name}"), &numbers)?;
        let lazy = self.lazy(range, &found)?;
        self.assign_lazy(range, view, &lazy, true)?;
        Ok(Some(out.clone()))
    }

    /// Functions that are operators under another name; none where it is another one.
    pub(crate) fn named_operator(
        &mut self,
        range: TextRange,
        name: &str,
        args: &[Num],
    ) -> Result<Option<Val>> {
        // What is no array is one of NumPy's numbers there.
        let strong = |it: &mut Self, num: &Num| it.to(num, NumType::strong(num.ty.dtype));
        let bool_type = NumType::strong(DType::Bool);
        let found = match args {
            [x] => match name {
                "positive" => strong(self, x),
                "reciprocal" if x.ty.dtype.kind() == Kind::Float => {
                    let one = self.int(1);
                    let x = strong(self, x);
                    self.binary(range, Operator::Div, &one, &x)?
                }
                "invert" | "bitwise_not" => {
                    let x = strong(self, x);
                    return self.unary(range, UnaryOp::Invert, &Val::Num(x)).map(Some);
                }
                "logical_not" => {
                    let truth = self.truth(range, &Val::Num(x.clone()))?;
                    let truth = self.to(&truth, bool_type).re;
                    let re = self.b.not(truth);
                    self.number(bool_type, re)
                }
                "degrees" | "rad2deg" | "radians" | "deg2rad" => {
                    let ty = Self::floating(x.ty);
                    let x = self.to(x, ty);
                    let pi = std::f64::consts::PI;
                    let up = matches!(name, "degrees" | "rad2deg");
                    let factor = self.float(if up { 180.0 / pi } else { pi / 180.0 });
                    self.binary(range, Operator::Mult, &x, &factor)?
                }
                _ => return Ok(None),
            },
            [x, y] => {
                let compared = match name {
                    "equal" => Some(CmpOp::Eq),
                    "not_equal" => Some(CmpOp::NotEq),
                    "less" => Some(CmpOp::Lt),
                    "less_equal" => Some(CmpOp::LtE),
                    "greater" => Some(CmpOp::Gt),
                    "greater_equal" => Some(CmpOp::GtE),
                    _ => None,
                };
                if let Some(op) = compared {
                    let (x, y) = (Val::Num(x.clone()), Val::Num(y.clone()));
                    let found = self.compare(range, op, &x, &y)?;
                    return Ok(Some(Val::Num(self.to(&found, bool_type))));
                }
                let logical = match name {
                    "logical_and" => Some(Operator::BitAnd),
                    "logical_or" => Some(Operator::BitOr),
                    "logical_xor" => Some(Operator::BitXor),
                    _ => None,
                };
                if let Some(op) = logical {
                    let x = self.truth(range, &Val::Num(x.clone()))?;
                    let y = self.truth(range, &Val::Num(y.clone()))?;
                    let found = self.binary(range, op, &x, &y)?;
                    return Ok(Some(Val::Num(self.to(&found, bool_type))));
                }
                let op = match name {
                    "bitwise_and" => Operator::BitAnd,
                    "bitwise_or" => Operator::BitOr,
                    "bitwise_xor" => Operator::BitXor,
                    "left_shift" => Operator::LShift,
                    "right_shift" => Operator::RShift,
                    "heaviside" => return self.heaviside(x, y).map(Some),
                    _ => return Ok(None),
                };
                let x = strong(self, x);
                let found = self.binary(range, op, &x, y)?;
                strong(self, &found)
            }
            _ => return Ok(None),
        };
        Ok(Some(Val::Num(found)))
    }

    /// 0 below zero, 1 above it, `y` there, and NaN for NaN.
    fn heaviside(&mut self, x: &Num, y: &Num) -> Result<Val> {
        let ty = Self::floating(x.ty.meet(y.ty));
        let (x, y) = (self.to(x, ty).re, self.to(y, ty).re);
        let one = self.float(1.0);
        let (zero, one) = (self.zero(ty.dtype), self.to(&one, ty).re);
        let below = self.b.lt(x, zero);
        let there = self.b.eq(x, zero);
        let nan = self.b.op(ir::Op::IsNan, &[x]);
        let side = self.b.select(below, zero, one);
        let found = self.b.select(there, y, side);
        let re = self.b.select(nan, x, found);
        Ok(Val::Num(self.number(ty, re)))
    }

    /// `np.round`: scaled by a power of ten, rounded to even, and scaled back.
    pub(crate) fn rounded(&mut self, range: TextRange, x: &Num, digits: &Num) -> Result<Val> {
        let Some(Known::Int(digits)) = digits.known.filter(|_| digits.ty == NumType::INT) else {
            let hint = "write the number of digits as a constant";
            return Err(self.refuse(range, "a number of digits that varies", hint));
        };
        let x = self.to(x, NumType::strong(x.ty.dtype));
        let ty = x.ty;
        match ty.dtype.kind() {
            Kind::Signed | Kind::Unsigned if digits >= 0 => return Ok(Val::Num(x)),
            Kind::Float if (-22..=22).contains(&digits) => {}
            _ => {
                let message = format!("{} rounded to {digits} digits", ty.name());
                return Err(self.refuse(range, message, "round floats, to at most 22 digits"));
            }
        }
        let power = 10f64.powi(i32::try_from(digits.abs()).unwrap_or(0));
        let power = self.float(power);
        let (there, back) = match digits {
            0 => (None, None),
            1.. => (Some(Operator::Mult), Some(Operator::Div)),
            _ => (Some(Operator::Div), Some(Operator::Mult)),
        };
        let mut found = x;
        if let Some(op) = there {
            found = self.binary(range, op, &found, &power)?;
        }
        let re = self.b.op(ir::Op::Rint, &[found.re]);
        found = self.number(ty, re);
        if let Some(op) = back {
            found = self.binary(range, op, &found, &power)?;
        }
        Ok(Val::Num(found))
    }
}
