//! Operators, with Python's meaning for Python's numbers and NumPy's for NumPy's.

use ir::{Op, Value};
use memory::{DType, Kind};
use ruff_python_ast::{CmpOp, Operator, UnaryOp};
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, RaiseKind, Result};
use crate::value::{Known, Num, NumType, Val};

/// What the lowest int is, without its sign.
const LOWEST: u64 = 1 << 63;

impl Lowerer<'_> {
    fn no_operator(&self, range: TextRange, op: &str, x: &Num, y: &Num) -> Box<crate::Refusal> {
        let message = format!("{op} of {} and {}", x.ty.name(), y.ty.name());
        self.refuse(range, message, "Python and NumPy refuse it too: convert the operands")
    }

    pub(crate) fn binary(
        &mut self,
        range: TextRange,
        op: Operator,
        x: &Num,
        y: &Num,
    ) -> Result<Num> {
        if let Some(known) = folded(op, x, y) {
            return Ok(match known {
                Known::Int(it) => self.int(it),
                Known::Float(it) => self.float(it),
                Known::Bool(it) => self.boolean(it),
            });
        }
        let mut ty = x.ty.meet(y.ty);
        let kind = ty.dtype.kind();
        if !ty.weak && ty.dtype.is_integer() {
            // NumPy's integers take those of Python's that their type holds.
            for it in [x, y] {
                if it.ty == NumType::INT {
                    self.check_fits(range, it, ty.dtype);
                }
            }
        }
        if kind == Kind::Complex {
            return self.complex_binary(range, op, x, y, ty);
        }
        match op {
            Operator::Add | Operator::Sub | Operator::Mult => {
                if kind == Kind::Bool && !ty.weak {
                    let op = match op {
                        Operator::Add => Op::Or,
                        Operator::Mult => Op::And,
                        _ => return Err(self.no_operator(range, "-", x, y)),
                    };
                    return Ok(self.plain(op, x, y, ty));
                }
                if kind == Kind::Bool {
                    ty = NumType::INT;
                }
                let code = match op {
                    Operator::Add => Op::Add,
                    Operator::Sub => Op::Sub,
                    _ => Op::Mul,
                };
                let mut found = self.plain(code, x, y, ty);
                // Sums of naturals may wrap, but to add to an index is what it is for.
                found.natural = false;
                Ok(found)
            }
            Operator::Div => {
                if kind != Kind::Float {
                    ty.dtype = DType::F64;
                }
                if ty.weak {
                    let both = x.ty.dtype.kind() != Kind::Float && y.ty.dtype.kind() != Kind::Float;
                    self.divisor(range, y, if both { "1 / 0" } else { "1.0 / 0.0" });
                }
                Ok(self.plain(Op::Div, x, y, ty))
            }
            Operator::FloorDiv | Operator::Mod => {
                if kind == Kind::Bool {
                    ty.dtype = if ty.weak { DType::I64 } else { DType::I8 };
                }
                if ty.weak {
                    let like = match (op, kind == Kind::Float) {
                        (Operator::FloorDiv, true) => "1.0 // 0.0",
                        (Operator::FloorDiv, false) => "1 // 0",
                        (_, true) => "1.0 % 0.0",
                        (_, false) => "1 % 0",
                    };
                    self.divisor(range, y, like);
                }
                let code = if op == Operator::FloorDiv { Op::FloorDiv } else { Op::Rem };
                Ok(self.plain(code, x, y, ty))
            }
            Operator::Pow => self.power(range, x, y, ty),
            Operator::BitAnd | Operator::BitOr | Operator::BitXor => {
                if kind == Kind::Float {
                    return Err(self.no_operator(range, op.as_str(), x, y));
                }
                let code = match op {
                    Operator::BitAnd => Op::And,
                    Operator::BitOr => Op::Or,
                    _ => Op::Xor,
                };
                Ok(self.plain(code, x, y, ty))
            }
            Operator::LShift | Operator::RShift => {
                if kind == Kind::Float {
                    return Err(self.no_operator(range, op.as_str(), x, y));
                }
                if kind == Kind::Bool {
                    ty.dtype = if ty.weak { DType::I64 } else { DType::I8 };
                }
                if ty.weak && !y.natural {
                    let zero = self.b.constant(0i64);
                    let count = self.to(y, NumType::INT).re;
                    let holds = self.b.ge(count, zero);
                    self.check(holds, range, RaiseKind::Like("1 << -1"));
                }
                let code = if op == Operator::LShift { Op::Shl } else { Op::Shr };
                Ok(self.plain(code, x, y, ty))
            }
            Operator::MatMult => {
                let hint = "write the loops, or call numpy outside of the function";
                Err(self.refuse(range, "`@`", hint))
            }
        }
    }

    /// An op after both operands were converted.
    pub(crate) fn plain(&mut self, op: Op, x: &Num, y: &Num, ty: NumType) -> Num {
        let x = self.to(x, ty).re;
        let y = self.to(y, ty).re;
        let re = self.b.op(op, &[x, y]);
        self.number(ty, re)
    }

    /// Python's own numbers are not divided by zero.
    fn divisor(&mut self, range: TextRange, y: &Num, like: &'static str) {
        let zero = match y.known {
            Some(Known::Int(0) | Known::Bool(false)) => true,
            Some(Known::Float(it)) => it == 0.0,
            None => {
                let zero = self.zero(y.ty.dtype);
                let holds = self.b.ne(y.re, zero);
                self.check(holds, range, RaiseKind::Like(like));
                return;
            }
            Some(_) => false,
        };
        if zero {
            let never = self.b.constant(false);
            self.check(never, range, RaiseKind::Like(like));
        }
    }

    pub(crate) fn power(&mut self, range: TextRange, x: &Num, y: &Num, ty: NumType) -> Result<Num> {
        let whole = match y.known {
            Some(Known::Int(it)) => Some(it),
            Some(Known::Float(it)) if it.fract() == 0.0 && it.abs() < 1e9 => Some(it as i64),
            _ => None,
        };
        if ty.dtype.kind() != Kind::Float {
            let mut ty = ty;
            if ty.dtype == DType::Bool {
                ty.dtype = if ty.weak { DType::I64 } else { DType::I8 };
            }
            if let Some(known) = whole
                && known < 0
                && ty.weak
            {
                self.divisor(range, x, "0 ** -1");
                return Ok(self.plain(Op::Pow, x, y, NumType::FLOAT));
            }
            if whole.is_some_and(|it| it < 0) {
                let never = self.b.constant(false);
                let message = "Integers to negative integer powers are not allowed.";
                self.value_error(never, range, message);
            }
            if whole.is_none() && y.ty.dtype.kind() == Kind::Signed && !y.natural {
                let zero = self.zero(y.ty.dtype);
                let holds = self.b.ge(y.re, zero);
                let message = if ty.weak {
                    "an int to a negative power is a float: write float(x) ** y"
                } else {
                    "Integers to negative integer powers are not allowed."
                };
                self.value_error(holds, range, message);
            }
            return Ok(self
                .small_power(x, whole, ty)
                .unwrap_or_else(|| self.plain(Op::Pow, x, y, ty)));
        }
        if let Some(found) = self.small_power(x, whole, ty) {
            return Ok(found);
        }
        if ty.weak {
            if whole.is_none_or(|it| it < 0) {
                let (base, exponent) = (self.to(x, ty).re, self.to(y, ty).re);
                let zero = self.zero(ty.dtype);
                let not_zero = self.b.ne(base, zero);
                let up = self.b.ge(exponent, zero);
                let nan = self.b.op(Op::IsNan, &[exponent]);
                let holds = self.b.or(not_zero, up);
                let holds = self.b.or(holds, nan);
                self.check(holds, range, RaiseKind::Like("0.0 ** -1.0"));
                if whole.is_none() {
                    let positive = self.b.ge(base, zero);
                    let floor = self.b.op(Op::Floor, &[exponent]);
                    let integer = self.b.eq(floor, exponent);
                    let lost = self.b.op(Op::IsNan, &[base]);
                    let holds = self.b.or(positive, integer);
                    let holds = self.b.or(holds, nan);
                    let holds = self.b.or(holds, lost);
                    let message =
                        "a negative float to a fractional power is complex: write complex(x) ** y";
                    self.value_error(holds, range, message);
                }
            }
            let found = self.plain(Op::Pow, x, y, ty);
            let inputs = [self.to(x, ty).re, self.to(y, ty).re];
            self.no_overflow(range, found.re, &inputs, "2.0 ** 10000.0");
            return Ok(found);
        }
        Ok(self.plain(Op::Pow, x, y, ty))
    }

    /// Small powers by multiplication: exact for integers, and for the square of a float.
    fn small_power(&mut self, x: &Num, whole: Option<i64>, ty: NumType) -> Option<Num> {
        let most = if ty.dtype.is_float() { 2 } else { 8 };
        let power = whole.filter(|it| (1..=most).contains(it))?;
        let base = self.to(x, ty).re;
        let mut found = base;
        for _ in 1..power {
            found = self.b.mul(found, base);
        }
        Some(self.number(ty, found))
    }

    /// What is infinite though nothing given was raises what Python raises.
    pub(crate) fn no_overflow(
        &mut self,
        range: TextRange,
        found: Value,
        given: &[Value],
        like: &'static str,
    ) {
        let infinite = self.b.op(Op::IsInf, &[found]);
        let mut holds = self.b.not(infinite);
        for &it in given {
            let infinite = self.b.op(Op::IsInf, &[it]);
            holds = self.b.or(holds, infinite);
        }
        self.check(holds, range, RaiseKind::Like(like));
    }

    pub(crate) fn unary(&mut self, range: TextRange, op: UnaryOp, value: &Val) -> Result<Val> {
        if op == UnaryOp::Not {
            let truth = self.truth(range, value)?;
            if let Some(Known::Bool(it)) = truth.known {
                return Ok(Val::Num(self.boolean(!it)));
            }
            let re = self.b.not(truth.re);
            return Ok(Val::Num(self.number(NumType::BOOL, re)));
        }
        if let (Val::Large(LOWEST), UnaryOp::USub) = (value, op) {
            return Ok(Val::Num(self.int(i64::MIN)));
        }
        let Val::Num(num) = value else {
            return Err(self.no_number(range, value));
        };
        match num.known {
            Some(Known::Int(it)) if num.ty == NumType::INT => match op {
                UnaryOp::USub => return Ok(Val::Num(self.int(it.wrapping_neg()))),
                UnaryOp::Invert => return Ok(Val::Num(self.int(!it))),
                _ => {}
            },
            Some(Known::Float(it)) if op == UnaryOp::USub && num.ty == NumType::FLOAT => {
                return Ok(Val::Num(self.float(-it)));
            }
            _ => {}
        }
        let mut ty = num.ty;
        if ty.dtype == DType::Bool && (ty.weak || op != UnaryOp::Invert) {
            if !ty.weak {
                let hint = "use `not`, or convert it to an integer";
                return Err(self.refuse(range, "the sign of a numpy bool", hint));
            }
            ty = NumType::INT;
        }
        let num = self.to(num, ty);
        Ok(Val::Num(match op {
            UnaryOp::UAdd => num,
            UnaryOp::USub => {
                let re = self.b.neg(num.re);
                let im = num.im.map(|im| self.b.neg(im));
                Num { ty, re, im, known: None, natural: false }
            }
            _ if matches!(ty.dtype.kind(), Kind::Float | Kind::Complex) => {
                return Err(self.refuse(range, format!("`~` of a {}", ty.name()), "use an int"));
            }
            _ => {
                let re = self.b.not(num.re);
                self.number(ty, re)
            }
        }))
    }

    pub(crate) fn no_number(&self, range: TextRange, value: &Val) -> Box<crate::Refusal> {
        let (message, hint) = match value {
            Val::View(_) => (
                "arithmetic with a whole array".to_owned(),
                "write a loop over its elements, or compute with abreast.numpy outside",
            ),
            Val::Large(_) => (
                "an int that needs more than 63 bits".to_owned(),
                "it stands beside NumPy's uint64 only: write np.uint64(x) for all operands, or floats",
            ),
            other => (format!("arithmetic with {}", other.describe()), "use numbers"),
        };
        self.refuse(range, message, hint)
    }

    pub(crate) fn compare(&mut self, range: TextRange, op: CmpOp, x: &Val, y: &Val) -> Result<Num> {
        match (op, x, y) {
            (CmpOp::Is | CmpOp::IsNot, Val::None, other)
            | (CmpOp::Is | CmpOp::IsNot, other, Val::None) => {
                let same = matches!(other, Val::None);
                return Ok(self.boolean(same == (op == CmpOp::Is)));
            }
            (CmpOp::In | CmpOp::NotIn, x, Val::Tuple(items)) => {
                let mut any = self.boolean(false);
                for item in items {
                    let same = self.compare(range, CmpOp::Eq, x, item)?;
                    any = self.binary(range, Operator::BitOr, &any, &same)?;
                }
                if op == CmpOp::In {
                    return Ok(any);
                }
                let re = self.b.not(any.re);
                return Ok(self.number(NumType::BOOL, re));
            }
            (CmpOp::Eq | CmpOp::NotEq, Val::Named(_), _)
            | (CmpOp::Eq | CmpOp::NotEq, _, Val::Named(_)) => {
                if let (Ok(x), Ok(y)) = (self.dtype(range, x), self.dtype(range, y)) {
                    return Ok(self.boolean((x == y) == (op == CmpOp::Eq)));
                }
            }
            (CmpOp::Eq | CmpOp::NotEq, Val::None | Val::Text(_), Val::None | Val::Text(_)) => {
                return Ok(self.boolean((x == y) == (op == CmpOp::Eq)));
            }
            _ => {}
        }
        if let Some(found) = self.compared_tuples(range, op, x, y)? {
            return Ok(found);
        }
        let (Val::Num(x), Val::Num(y)) = (x, y) else {
            if matches!(x, Val::View(_)) || matches!(y, Val::View(_)) {
                return Err(self.no_number(range, if matches!(x, Val::View(_)) { x } else { y }));
            }
            let message = format!("`{}` of {} and {}", op.as_str(), x.describe(), y.describe());
            return Err(self.refuse(range, message, "compare numbers; `is` takes None"));
        };
        if let Some(found) = compared(op, x, y) {
            return Ok(self.boolean(found));
        }
        let mut ty = x.ty.meet(y.ty);
        let bool_type = NumType { dtype: DType::Bool, weak: x.ty.weak && y.ty.weak };
        if x.ty.dtype.is_integer() && y.ty.dtype.is_integer() && x.ty.weak != y.ty.weak {
            // Python's ints are compared as they are, also those that the other type does not hold.
            ty = NumType::INT;
        }
        let code = match op {
            CmpOp::Eq => Op::Eq,
            CmpOp::NotEq => Op::Ne,
            CmpOp::Lt => Op::Lt,
            CmpOp::LtE => Op::Le,
            CmpOp::Gt => Op::Gt,
            CmpOp::GtE => Op::Ge,
            _ => {
                let message = format!("`{}` of numbers", op.as_str());
                return Err(self.refuse(range, message, "use == or !="));
            }
        };
        match (x.ty.dtype, y.ty.dtype) {
            (DType::U64, other) if other.kind() == Kind::Signed => {
                let re = self.unsigned(code, x, y, true);
                return Ok(self.number(bool_type, re));
            }
            (other, DType::U64) if other.kind() == Kind::Signed => {
                let re = self.unsigned(code, x, y, false);
                return Ok(self.number(bool_type, re));
            }
            _ => {}
        }
        let (a, b) = (self.to(x, ty), self.to(y, ty));
        if let (Some(here), Some(there)) = (a.im, b.im) {
            if !matches!(op, CmpOp::Eq | CmpOp::NotEq) {
                let message = format!("`{}` of complex numbers", op.as_str());
                return Err(self.refuse(range, message, "compare their magnitudes: abs(x)"));
            }
            let re = self.b.op(code, &[a.re, b.re]);
            let im = self.b.op(code, &[here, there]);
            let both = if op == CmpOp::Eq { self.b.and(re, im) } else { self.b.or(re, im) };
            return Ok(self.number(bool_type, both));
        }
        let re = self.b.op(code, &[a.re, b.re]);
        Ok(self.number(bool_type, re))
    }
}

impl Lowerer<'_> {
    /// A comparison of a u64 with a signed integer, which no type holds both of.
    fn unsigned(&mut self, code: Op, x: &Num, y: &Num, first: bool) -> Value {
        let wide = NumType::strong(DType::U64);
        let signed = if first { y } else { x };
        let (a, b) = (self.to(x, wide).re, self.to(y, wide).re);
        let found = self.b.op(code, &[a, b]);
        if signed.natural {
            return found;
        }
        // A negative number is below all others.
        let below = match code {
            Op::Ne => true,
            Op::Eq => false,
            Op::Gt | Op::Ge => first,
            _ => !first,
        };
        let zero = self.zero(signed.ty.dtype);
        let negative = self.b.lt(signed.re, zero);
        let below = self.b.constant(below);
        self.b.select(negative, below, found)
    }
}

fn compared(op: CmpOp, x: &Num, y: &Num) -> Option<bool> {
    // What NumPy answers is a number of its own.
    if !x.ty.weak || !y.ty.weak {
        return None;
    }
    let (Some(Known::Int(x)), Some(Known::Int(y))) = (x.known, y.known) else { return None };
    Some(match op {
        CmpOp::Eq => x == y,
        CmpOp::NotEq => x != y,
        CmpOp::Lt => x < y,
        CmpOp::LtE => x <= y,
        CmpOp::Gt => x > y,
        CmpOp::GtE => x >= y,
        _ => return None,
    })
}

/// Constants of Python computed here: the ones that indices and powers are made of.
fn folded(op: Operator, x: &Num, y: &Num) -> Option<Known> {
    if !x.ty.weak || !y.ty.weak {
        return None;
    }
    match (x.known?, y.known?) {
        (Known::Int(x), Known::Int(y)) => match op {
            Operator::Add => x.checked_add(y),
            Operator::Sub => x.checked_sub(y),
            Operator::Mult => x.checked_mul(y),
            _ => None,
        }
        .map(Known::Int),
        (Known::Float(x), Known::Float(y)) => match op {
            Operator::Add => Some(x + y),
            Operator::Sub => Some(x - y),
            Operator::Mult => Some(x * y),
            Operator::Div if y != 0.0 => Some(x / y),
            _ => None,
        }
        .map(Known::Float),
        _ => None,
    }
}
