//! The table of functions.

use std::collections::HashMap;
use std::sync::OnceLock;

use ir::Op;
use memory::{DType, Kind, Scalar};

use crate::cast::{broadcast, elementwise};
use crate::circular;
use crate::complex;
use crate::function::{Rule, float_for, with};
use crate::inverse;
use crate::logarithm;
use crate::operand::{Weak, dtype_of};
use crate::power;
use crate::{Array, Error, ErrorKind, Function, Operand};

use Rule::{Arithmetic, Bits, Comparison, Counting, Float, Logical, Own, Question, Whole};

const fn row(name: &'static str, arity: usize, rule: Rule) -> Function {
    Function { name, arity, rule }
}

const TABLE: &[Function] = &[
    row("abs", 1, Own(abs)),
    row("acos", 1, Own(acos)),
    row("acosh", 1, Own(acosh)),
    row("add", 2, Arithmetic(Op::Add, Some(Op::Or))),
    row("asin", 1, Own(asin)),
    row("asinh", 1, Own(asinh)),
    row("atan", 1, Own(atan)),
    row("atan2", 2, Float(Op::Atan2)),
    row("atanh", 1, Own(atanh)),
    row("bitwise_and", 2, Bits(Op::And)),
    row("bitwise_invert", 1, Bits(Op::Not)),
    row("bitwise_left_shift", 2, Counting(Op::Shl)),
    row("bitwise_or", 2, Bits(Op::Or)),
    row("bitwise_right_shift", 2, Counting(Op::Shr)),
    row("bitwise_xor", 2, Bits(Op::Xor)),
    row("cbrt", 1, Float(Op::Cbrt)),
    row("ceil", 1, Whole(Op::Ceil)),
    row("clip", 3, Own(clip)),
    row("conj", 1, Own(conj)),
    row("copysign", 2, Float(Op::CopySign)),
    row("cos", 1, Own(cos)),
    row("cosh", 1, Own(cosh)),
    row("divide", 2, Own(divide)),
    row("equal", 2, Comparison(Op::Eq)),
    row("exp", 1, Own(exp)),
    row("exp2", 1, Own(exp2)),
    row("expm1", 1, Own(expm1)),
    row("floor", 1, Whole(Op::Floor)),
    row("floor_divide", 2, Counting(Op::FloorDiv)),
    row("fmax", 2, Own(fmax)),
    row("fmin", 2, Own(fmin)),
    row("fmod", 2, Counting(Op::Fmod)),
    row("greater", 2, Comparison(Op::Gt)),
    row("greater_equal", 2, Comparison(Op::Ge)),
    row("hypot", 2, Float(Op::Hypot)),
    row("imag", 1, Own(imag)),
    row("isfinite", 1, Question(Op::IsFinite, true)),
    row("isinf", 1, Question(Op::IsInf, false)),
    row("isnan", 1, Question(Op::IsNan, false)),
    row("less", 2, Comparison(Op::Lt)),
    row("less_equal", 2, Comparison(Op::Le)),
    row("log", 1, Own(log)),
    row("log10", 1, Own(log10)),
    row("log1p", 1, Own(log1p)),
    row("log2", 1, Own(log2)),
    row("logaddexp", 2, Own(logaddexp)),
    row("logical_and", 2, Logical(Op::And)),
    row("logical_not", 1, Logical(Op::Not)),
    row("logical_or", 2, Logical(Op::Or)),
    row("logical_xor", 2, Logical(Op::Xor)),
    row("maximum", 2, Arithmetic(Op::Max, Some(Op::Max))),
    row("minimum", 2, Arithmetic(Op::Min, Some(Op::Min))),
    row("multiply", 2, Arithmetic(Op::Mul, Some(Op::And))),
    row("negative", 1, Arithmetic(Op::Neg, None)),
    row("nextafter", 2, Float(Op::NextAfter)),
    row("not_equal", 2, Comparison(Op::Ne)),
    row("positive", 1, Own(positive)),
    row("pow", 2, Own(pow)),
    row("real", 1, Own(real)),
    row("reciprocal", 1, Own(reciprocal)),
    row("remainder", 2, Counting(Op::Rem)),
    row("round", 1, Own(round)),
    row("sign", 1, Own(sign)),
    row("signbit", 1, Own(signbit)),
    row("sin", 1, Own(sin)),
    row("sinh", 1, Own(sinh)),
    row("sqrt", 1, Own(sqrt)),
    row("square", 1, Counting(Op::Square)),
    row("subtract", 2, Arithmetic(Op::Sub, None)),
    row("tan", 1, Own(tan)),
    row("tanh", 1, Own(tanh)),
    row("trunc", 1, Whole(Op::Trunc)),
    row("where", 3, Own(choose)),
];

impl Function {
    /// All of them, by name.
    pub const fn table() -> &'static [Self] {
        TABLE
    }
}

/// The function of this name, looked for when the program is compiled.
pub(crate) const fn named(name: &str) -> &'static Function {
    let mut place = 0;
    while place < TABLE.len() {
        if is_same(TABLE[place].name.as_bytes(), name.as_bytes()) {
            return &TABLE[place];
        }
        place += 1;
    }
    panic!("no function has this name")
}

const fn is_same(left: &[u8], right: &[u8]) -> bool {
    let mut place = 0;
    while place < left.len() && place < right.len() {
        if left[place] != right[place] {
            return false;
        }
        place += 1;
    }
    left.len() == right.len()
}

pub(crate) fn find(name: &str) -> Option<&'static Function> {
    static BY_NAME: OnceLock<HashMap<&'static str, &'static Function>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| TABLE.iter().map(|row| (row.name, row)).collect());
    by_name.get(name).copied()
}

fn abs(operands: &[Operand]) -> Result<Array, Error> {
    let array = operands[0].array(None)?;
    match array.dtype().kind() {
        Kind::Bool | Kind::Unsigned => Ok(array),
        Kind::Complex => elementwise("abs", Op::Magnitude, &[array]),
        _ => elementwise("abs", Op::Abs, &[array]),
    }
}

fn exp(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = float_for(operands);
    if dtype.is_complex() {
        return complex::exp(&operands[0].array(Some(dtype))?);
    }
    with("exp", Op::Exp, operands, dtype)
}

/// An op for floats, a formula for complex numbers.
fn parted(
    name: &'static str,
    op: Op,
    operands: &[Operand],
    formula: fn(&Array) -> Result<Array, Error>,
) -> Result<Array, Error> {
    let dtype = float_for(operands);
    if dtype.is_complex() {
        return formula(&operands[0].array(Some(dtype))?);
    }
    with(name, op, operands, dtype)
}

fn log(operands: &[Operand]) -> Result<Array, Error> {
    parted("log", Op::Log, operands, logarithm::log)
}

fn sin(operands: &[Operand]) -> Result<Array, Error> {
    parted("sin", Op::Sin, operands, circular::sin)
}

fn cos(operands: &[Operand]) -> Result<Array, Error> {
    parted("cos", Op::Cos, operands, circular::cos)
}

fn tan(operands: &[Operand]) -> Result<Array, Error> {
    parted("tan", Op::Tan, operands, circular::tan)
}

fn sinh(operands: &[Operand]) -> Result<Array, Error> {
    parted("sinh", Op::Sinh, operands, circular::sinh)
}

fn cosh(operands: &[Operand]) -> Result<Array, Error> {
    parted("cosh", Op::Cosh, operands, circular::cosh)
}

fn tanh(operands: &[Operand]) -> Result<Array, Error> {
    parted("tanh", Op::Tanh, operands, circular::tanh)
}

fn log2(operands: &[Operand]) -> Result<Array, Error> {
    parted("log2", Op::Log2, operands, logarithm::log2)
}

fn log10(operands: &[Operand]) -> Result<Array, Error> {
    parted("log10", Op::Log10, operands, logarithm::log10)
}

fn log1p(operands: &[Operand]) -> Result<Array, Error> {
    parted("log1p", Op::Log1p, operands, logarithm::log1p)
}

fn exp2(operands: &[Operand]) -> Result<Array, Error> {
    parted("exp2", Op::Exp2, operands, power::exp2)
}

fn expm1(operands: &[Operand]) -> Result<Array, Error> {
    parted("expm1", Op::Expm1, operands, power::expm1)
}

fn asin(operands: &[Operand]) -> Result<Array, Error> {
    parted("asin", Op::Asin, operands, inverse::asin)
}

fn acos(operands: &[Operand]) -> Result<Array, Error> {
    parted("acos", Op::Acos, operands, inverse::acos)
}

fn atan(operands: &[Operand]) -> Result<Array, Error> {
    parted("atan", Op::Atan, operands, inverse::atan)
}

fn asinh(operands: &[Operand]) -> Result<Array, Error> {
    parted("asinh", Op::Asinh, operands, inverse::asinh)
}

fn acosh(operands: &[Operand]) -> Result<Array, Error> {
    parted("acosh", Op::Acosh, operands, inverse::acosh)
}

fn atanh(operands: &[Operand]) -> Result<Array, Error> {
    parted("atanh", Op::Atanh, operands, inverse::atanh)
}

fn sign(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = dtype_of(operands);
    match dtype.kind() {
        Kind::Bool => Err(Error::not_covered("sign")),
        Kind::Complex => complex::sign(&operands[0].array(Some(dtype))?),
        _ => with("sign", Op::Sign, operands, dtype),
    }
}

fn sqrt(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = float_for(operands);
    if dtype.is_complex() {
        return complex::sqrt(&operands[0].array(Some(dtype))?);
    }
    with("sqrt", Op::Sqrt, operands, dtype)
}

fn conj(operands: &[Operand]) -> Result<Array, Error> {
    let array = operands[0].array(None)?;
    if array.dtype() == DType::Bool {
        return Err(Error::not_covered("conj"));
    }
    if !array.dtype().is_complex() {
        return Ok(array);
    }
    elementwise("conj", Op::Conj, &[array])
}

fn real(operands: &[Operand]) -> Result<Array, Error> {
    let array = operands[0].array(None)?;
    if !array.dtype().is_complex() {
        return Ok(array);
    }
    elementwise("real", Op::Real, &[array])
}

fn imag(operands: &[Operand]) -> Result<Array, Error> {
    let array = operands[0].array(None)?;
    if !array.dtype().is_complex() {
        return Array::full(Scalar::zero(array.dtype()), array.shape());
    }
    elementwise("imag", Op::Imag, &[array])
}

fn positive(operands: &[Operand]) -> Result<Array, Error> {
    let array = operands[0].array(None)?;
    if array.dtype() == DType::Bool { Err(Error::not_covered("positive")) } else { Ok(array) }
}

fn round(operands: &[Operand]) -> Result<Array, Error> {
    let array = operands[0].array(None)?;
    match array.dtype().kind() {
        Kind::Float => elementwise("round", Op::Rint, &[array]),
        Kind::Signed | Kind::Unsigned => Ok(array),
        _ => Err(Error::not_covered("round")),
    }
}

fn reciprocal(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = dtype_of(operands);
    if !dtype.is_float() && !dtype.is_complex() {
        return Err(Error::not_covered("reciprocal"));
    }
    with("reciprocal", Op::Reciprocal, operands, dtype)
}

fn signbit(operands: &[Operand]) -> Result<Array, Error> {
    with("signbit", Op::SignBit, operands, float_for(operands))
}

fn divide(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = dtype_of(operands);
    let dtype = match dtype.kind() {
        Kind::Float | Kind::Complex => dtype,
        _ => crate::operand::Width::current().float(),
    };
    with("divide", Op::Div, operands, dtype)
}

fn fmin(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = dtype_of(operands);
    with("fmin", if dtype.is_float() { Op::Fmin } else { Op::Min }, operands, dtype)
}

fn fmax(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = dtype_of(operands);
    with("fmax", if dtype.is_float() { Op::Fmax } else { Op::Max }, operands, dtype)
}

fn pow(operands: &[Operand]) -> Result<Array, Error> {
    let mut dtype = dtype_of(operands);
    if dtype == DType::Bool {
        dtype = DType::I8;
    }
    if let Operand::Weak(weak) = operands[1] {
        match weak {
            Weak::Int(power) if power < 0 && dtype.kind() == Kind::Signed => {
                return Err(Error::new(
                    ErrorKind::Value,
                    format!(
                        "pow: {dtype} to the power {power}: integers to negative integer powers \
                         are not allowed\nhint: x.astype(float) ** {power}, or x ** {power}.0"
                    ),
                ));
            }
            Weak::Int(2) => {
                let own = dtype_of(&operands[..1]);
                let dtype = if own == DType::Bool { DType::I8 } else { dtype };
                return with("pow", Op::Square, &operands[..1], dtype);
            }
            Weak::Int(power) if dtype.is_complex() && i64::try_from(power).is_ok() => {
                return power::integer(&operands[0].array(Some(dtype))?, power as i64);
            }
            Weak::Float(power)
                if dtype.is_complex() && power.fract() == 0.0 && power.abs() < 1e6 =>
            {
                return power::integer(&operands[0].array(Some(dtype))?, power as i64);
            }
            Weak::Float(power) if dtype.is_complex() && power.to_bits() == 0.5f64.to_bits() => {
                return complex::sqrt(&operands[0].array(Some(dtype))?);
            }
            Weak::Float(power) if dtype.is_float() && power.to_bits() == 2f64.to_bits() => {
                return with("pow", Op::Square, &operands[..1], dtype);
            }
            Weak::Float(power) if dtype.is_float() && power.to_bits() == 0.5f64.to_bits() => {
                return with("pow", Op::Sqrt, &operands[..1], dtype);
            }
            _ => {}
        }
    } else if dtype.kind() == Kind::Signed {
        // NumPy looks at the exponents and refuses negative ones.
        return Err(Error::not_covered("pow"));
    }
    if dtype.is_complex() {
        let arrays = [operands[0].array(Some(dtype))?, operands[1].array(Some(dtype))?];
        let [base, exponent] = &broadcast("pow", &arrays)?[..] else {
            return Err(Error::not_covered("pow"));
        };
        return power::pow(base, exponent);
    }
    with("pow", Op::Pow, operands, dtype)
}

fn clip(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = dtype_of(operands);
    if dtype.is_complex() {
        return Err(Error::not_covered("clip"));
    }
    let (low, high) = (&operands[1], &operands[2]);
    let raised = with("clip", Op::Max, &[operands[0].clone(), low.clone()], dtype)?;
    with("clip", Op::Min, &[raised.into(), high.clone()], dtype)
}

fn choose(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = dtype_of(&operands[1..]);
    let condition = operands[0].array(None)?.cast(DType::Bool);
    let (yes, no) = (operands[1].array(Some(dtype))?, operands[2].array(Some(dtype))?);
    elementwise("where", Op::Select, &[condition, yes, no])
}

/// `log(exp(x) + exp(y))` without overflow on the way.
fn logaddexp(operands: &[Operand]) -> Result<Array, Error> {
    let dtype = float_for(operands);
    let name = "logaddexp";
    let of = |op, operands: &[Array]| elementwise(name, op, operands);
    if !dtype.is_float() {
        return Err(Error::not_covered(name));
    }
    let (x, y) = (operands[0].array(Some(dtype))?, operands[1].array(Some(dtype))?);
    let larger = of(Op::Max, &[x.clone(), y.clone()])?;
    let apart = of(Op::Abs, &[of(Op::Sub, &[x.clone(), y.clone()])?])?;
    let rest = of(Op::Log1p, &[of(Op::Exp, &[of(Op::Neg, &[apart])?])?])?;
    // Two equal infinities are no distance apart.
    let two = Array::full(Scalar::from_f64(dtype, std::f64::consts::LN_2), &[])?;
    let rest = of(Op::Select, &[of(Op::Eq, &[x, y])?, two, rest])?;
    of(Op::Add, &[larger, rest])
}
