//! Functions of `math`, `cmath` and NumPy.

use ir::{Op, Value};
use memory::{DType, Kind};
use ruff_python_ast::Operator;
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, Result};
use crate::value::{Num, NumType, Val};

/// What an argument must be for `math` to take it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Domain {
    All,
    Finite,
    Positive,
    NotNegative,
    AboveMinusOne,
    Unit,
    OpenUnit,
    AtLeastOne,
    /// Any, but the result must not overflow.
    Overflow,
    /// Not a whole number that is not positive; and the result must not overflow.
    NoPole,
}

/// Functions of one argument: the op, what `math` takes, the name in NumPy.
pub(crate) const UNARY: &[(&str, Op, Domain, &str)] = &[
    ("sin", Op::Sin, Domain::Finite, "sin"),
    ("cos", Op::Cos, Domain::Finite, "cos"),
    ("tan", Op::Tan, Domain::Finite, "tan"),
    ("asin", Op::Asin, Domain::Unit, "arcsin"),
    ("acos", Op::Acos, Domain::Unit, "arccos"),
    ("atan", Op::Atan, Domain::All, "arctan"),
    ("sinh", Op::Sinh, Domain::Overflow, "sinh"),
    ("cosh", Op::Cosh, Domain::Overflow, "cosh"),
    ("tanh", Op::Tanh, Domain::All, "tanh"),
    ("asinh", Op::Asinh, Domain::All, "arcsinh"),
    ("acosh", Op::Acosh, Domain::AtLeastOne, "arccosh"),
    ("atanh", Op::Atanh, Domain::OpenUnit, "arctanh"),
    ("exp", Op::Exp, Domain::Overflow, "exp"),
    ("exp2", Op::Exp2, Domain::Overflow, "exp2"),
    ("expm1", Op::Expm1, Domain::Overflow, "expm1"),
    ("log", Op::Log, Domain::Positive, "log"),
    ("log2", Op::Log2, Domain::Positive, "log2"),
    ("log10", Op::Log10, Domain::Positive, "log10"),
    ("log1p", Op::Log1p, Domain::AboveMinusOne, "log1p"),
    ("sqrt", Op::Sqrt, Domain::NotNegative, "sqrt"),
    ("cbrt", Op::Cbrt, Domain::All, "cbrt"),
    ("fabs", Op::Abs, Domain::All, "fabs"),
    ("erf", Op::Erf, Domain::All, ""),
    ("erfc", Op::Erfc, Domain::All, ""),
    ("lgamma", Op::Lgamma, Domain::NoPole, ""),
    ("", Op::Rint, Domain::All, "rint"),
    ("", Op::Floor, Domain::All, "floor"),
    ("", Op::Ceil, Domain::All, "ceil"),
    ("", Op::Trunc, Domain::All, "trunc"),
];

impl Lowerer<'_> {
    /// A function of `math` on numbers; none where there is no such function.
    pub(crate) fn math(
        &mut self,
        range: TextRange,
        name: &str,
        args: &[Num],
    ) -> Result<Option<Val>> {
        let float = NumType::FLOAT;
        if args.iter().any(|it| it.ty.dtype.is_complex()) {
            let hint = "use cmath";
            return Err(self.refuse(range, format!("math.{name} of a complex number"), hint));
        }
        let given: Vec<Num> = args.iter().map(|it| self.to(it, float)).collect();
        let values: Vec<Value> = given.iter().map(|it| it.re).collect();
        if let [x] = values[..] {
            if let Some((_, op, domain, _)) =
                UNARY.iter().find(|it| it.0 == name && !name.is_empty())
            {
                self.domain(range, *domain, x);
                let found = self.b.op(*op, &[x]);
                if matches!(domain, Domain::Overflow | Domain::NoPole) && self.options.domain {
                    self.no_overflow(range, found, &[x], "__import__('math').exp(10000.0)");
                }
                return Ok(Some(Val::Num(self.number(float, found))));
            }
            let found = match name {
                "floor" => return Ok(Some(Val::Num(self.to_int(range, &args[0], Op::Floor)?))),
                "ceil" => return Ok(Some(Val::Num(self.to_int(range, &args[0], Op::Ceil)?))),
                "trunc" => return Ok(Some(Val::Num(self.to_int(range, &args[0], Op::Trunc)?))),
                "isnan" | "isinf" | "isfinite" => {
                    let op = match name {
                        "isnan" => Op::IsNan,
                        "isinf" => Op::IsInf,
                        _ => Op::IsFinite,
                    };
                    let found = self.b.op(op, &[x]);
                    return Ok(Some(Val::Num(self.number(NumType::BOOL, found))));
                }
                "degrees" => {
                    let factor = self.b.constant(180.0 / std::f64::consts::PI);
                    self.b.mul(x, factor)
                }
                "radians" => {
                    let factor = self.b.constant(std::f64::consts::PI / 180.0);
                    self.b.mul(x, factor)
                }
                _ => return Ok(None),
            };
            return Ok(Some(Val::Num(self.number(float, found))));
        }
        let [x, y] = values[..] else { return Ok(None) };
        let found = match name {
            "atan2" => self.b.op(Op::Atan2, &[x, y]),
            "hypot" => self.b.op(Op::Hypot, &[x, y]),
            "copysign" => self.b.op(Op::CopySign, &[x, y]),
            "nextafter" => self.b.op(Op::NextAfter, &[x, y]),
            "fmod" => {
                if self.options.domain {
                    let zero = self.zero(DType::F64);
                    let divides = self.b.ne(y, zero);
                    let infinite = self.b.op(Op::IsInf, &[x]);
                    let finite = self.b.not(infinite);
                    let holds = self.b.and(divides, finite);
                    self.value_error(holds, range, "math domain error");
                }
                self.b.op(Op::Fmod, &[x, y])
            }
            "log" => {
                self.domain(range, Domain::Positive, x);
                self.domain(range, Domain::Positive, y);
                let (top, bottom) = (self.b.log(x), self.b.log(y));
                let quotient = self.number(float, top);
                let divisor = self.number(float, bottom);
                return Ok(Some(Val::Num(self.binary(
                    range,
                    Operator::Div,
                    &quotient,
                    &divisor,
                )?)));
            }
            "pow" => return Ok(Some(Val::Num(self.power(range, &given[0], &given[1], float)?))),
            _ => return Ok(None),
        };
        Ok(Some(Val::Num(self.number(float, found))))
    }

    fn domain(&mut self, range: TextRange, domain: Domain, x: Value) {
        if !self.options.domain {
            return;
        }
        let one = self.b.constant(1.0);
        let zero = self.b.constant(0.0);
        let size = self.b.abs(x);
        let holds = match domain {
            Domain::All | Domain::Overflow => return,
            Domain::Finite => {
                let infinite = self.b.op(Op::IsInf, &[x]);
                self.b.not(infinite)
            }
            Domain::Positive => self.b.gt(x, zero),
            Domain::NotNegative => self.b.ge(x, zero),
            Domain::AboveMinusOne => {
                let one = self.b.constant(-1.0);
                self.b.gt(x, one)
            }
            Domain::Unit => self.b.le(size, one),
            Domain::OpenUnit => self.b.lt(size, one),
            Domain::AtLeastOne => self.b.ge(x, one),
            Domain::NoPole => {
                let floor = self.b.op(Op::Floor, &[x]);
                let between = self.b.ne(floor, x);
                let positive = self.b.gt(x, zero);
                let infinite = self.b.op(Op::IsInf, &[x]);
                let holds = self.b.or(between, positive);
                self.b.or(holds, infinite)
            }
        };
        let nan = self.b.op(Op::IsNan, &[x]);
        let holds = self.b.or(holds, nan);
        self.value_error(holds, range, "math domain error");
    }

    /// The type in which NumPy computes functions such as `sin`.
    pub(crate) fn floating(ty: NumType) -> NumType {
        NumType::strong(match ty.dtype.kind() {
            Kind::Float | Kind::Complex => ty.dtype,
            _ if ty.weak => DType::F64,
            _ => match ty.dtype.size() {
                1 => DType::F16,
                2 => DType::F32,
                _ => DType::F64,
            },
        })
    }

    /// A function of NumPy on numbers; none where there is no such function.
    pub(crate) fn numpy(
        &mut self,
        range: TextRange,
        name: &str,
        args: &[Num],
    ) -> Result<Option<Val>> {
        let strong = |ty: NumType| NumType::strong(ty.dtype);
        if let Some(found) = self.named_operator(range, name, args)? {
            return Ok(Some(found));
        }
        let found = match args {
            [x] if matches!(name, "round" | "around") => {
                let none = self.int(0);
                return self.rounded(range, x, &none).map(Some);
            }
            [x, digits] if matches!(name, "round" | "around") => {
                return self.rounded(range, x, digits).map(Some);
            }
            [x] => {
                if x.ty.dtype.is_complex() {
                    if let Some(found) = self.complex_function(name, x) {
                        return Ok(Some(Val::Num(Num { ty: strong(found.ty), ..found })));
                    }
                    match name {
                        "isnan" | "isinf" | "isfinite" => return self.cmath(range, name, args),
                        "abs" | "absolute" | "conj" | "conjugate" | "real" | "imag" | "square" => {}
                        _ => return Ok(None),
                    }
                }
                if let Some((_, op, _, _)) =
                    UNARY.iter().find(|it| it.3 == name && !name.is_empty())
                {
                    let ty = Self::floating(x.ty);
                    let x = self.to(x, ty).re;
                    let found = self.b.op(*op, &[x]);
                    return Ok(Some(Val::Num(self.number(ty, found))));
                }
                match name {
                    "abs" | "absolute" => {
                        let found = self.absolute(x);
                        Num { ty: strong(found.ty), ..found }
                    }
                    "square" => self.binary(range, Operator::Mult, x, x)?,
                    "sign" => {
                        let re = self.b.op(Op::Sign, &[x.re]);
                        self.number(strong(x.ty), re)
                    }
                    "negative" => {
                        let re = self.b.neg(x.re);
                        self.number(strong(x.ty), re)
                    }
                    "isnan" | "isinf" | "isfinite" | "signbit" => {
                        let ty = Self::floating(x.ty);
                        let x = self.to(x, ty).re;
                        let op = match name {
                            "isnan" => Op::IsNan,
                            "isinf" => Op::IsInf,
                            "isfinite" => Op::IsFinite,
                            _ => Op::SignBit,
                        };
                        let found = self.b.op(op, &[x]);
                        self.number(NumType::strong(DType::Bool), found)
                    }
                    "real" | "imag" if x.ty.dtype.is_complex() => {
                        let ty = NumType::strong(x.ty.dtype.part());
                        let re = if name == "real" { Some(x.re) } else { x.im };
                        self.number(ty, re.unwrap_or(x.re))
                    }
                    "conj" | "conjugate" => match x.im {
                        None => x.clone(),
                        Some(im) => {
                            let im = self.b.neg(im);
                            self.complex(strong(x.ty), x.re, im)
                        }
                    },
                    _ => return Ok(None),
                }
            }
            [x, y] => {
                if x.ty.dtype.is_complex() || y.ty.dtype.is_complex() {
                    return Ok(None);
                }
                let ty = strong(x.ty.meet(y.ty));
                let (a, b) = (Num { ty: x.ty, ..x.clone() }, Num { ty: y.ty, ..y.clone() });
                let float = matches!(ty.dtype.kind(), Kind::Float);
                match name {
                    "minimum" => self.plain(Op::Min, &a, &b, ty),
                    "maximum" => self.plain(Op::Max, &a, &b, ty),
                    "add" | "subtract" | "multiply" | "divide" | "true_divide" | "floor_divide"
                    | "remainder" | "mod" | "power" => {
                        let op = match name {
                            "add" => Operator::Add,
                            "subtract" => Operator::Sub,
                            "multiply" => Operator::Mult,
                            "divide" | "true_divide" => Operator::Div,
                            "floor_divide" => Operator::FloorDiv,
                            "power" => Operator::Pow,
                            _ => Operator::Mod,
                        };
                        let (x, y) = (self.to(x, strong(x.ty)), self.to(y, y.ty));
                        self.binary(range, op, &x, &y)?
                    }
                    "fmin" if !float => self.plain(Op::Min, &a, &b, ty),
                    "fmax" if !float => self.plain(Op::Max, &a, &b, ty),
                    "fmod" if ty.dtype.is_integer() => self.whole_rest(range, &a, &b, ty)?,
                    "arctan2" | "hypot" | "copysign" | "nextafter" | "fmod" | "fmin" | "fmax" => {
                        let ty = Self::floating(ty);
                        let op = match name {
                            "arctan2" => Op::Atan2,
                            "hypot" => Op::Hypot,
                            "copysign" => Op::CopySign,
                            "nextafter" => Op::NextAfter,
                            "fmod" => Op::Fmod,
                            "fmin" => Op::Fmin,
                            _ => Op::Fmax,
                        };
                        self.plain(op, &a, &b, ty)
                    }
                    _ => return Ok(None),
                }
            }
            _ => return Ok(None),
        };
        Ok(Some(Val::Num(found)))
    }

    /// NumPy's `fmod` of integers: what is left has the sign of the number that is divided.
    fn whole_rest(&mut self, range: TextRange, x: &Num, y: &Num, ty: NumType) -> Result<Num> {
        let (x, y) = (self.to(x, ty), self.to(y, ty));
        let rest = self.binary(range, Operator::Mod, &x, &y)?;
        let zero = self.zero(ty.dtype);
        let (below, under) = (self.b.lt(x.re, zero), self.b.lt(y.re, zero));
        let crossed = self.b.ne(below, under);
        let some = self.b.ne(rest.re, zero);
        let turned = self.b.and(crossed, some);
        let other = self.b.sub(rest.re, y.re);
        let re = self.b.select(turned, other, rest.re);
        Ok(self.number(ty, re))
    }

    /// Python's `abs`.
    pub(crate) fn absolute(&mut self, num: &Num) -> Num {
        match num.ty.dtype.kind() {
            Kind::Complex => self.magnitude(num),
            Kind::Bool | Kind::Unsigned if !num.ty.weak => num.clone(),
            Kind::Bool => self.to(num, NumType::INT),
            _ => {
                let re = self.b.abs(num.re);
                self.number(num.ty, re)
            }
        }
    }
}
