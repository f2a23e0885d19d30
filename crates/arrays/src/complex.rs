//! Functions of complex numbers, made of functions of their parts.
//!
//! What they answer for zeros, infinities and NaN is what C99, annex G, says, as the array API does.

use ir::Op;
use memory::{DType, Scalar};

use crate::cast::elementwise;
use crate::{Array, Error};

/// Writes formulas over the parts.
pub(crate) struct Formula {
    name: &'static str,
    /// Type of the parts.
    pub(crate) part: DType,
}

impl Formula {
    /// The parts of an array, which is complex.
    pub(crate) fn of(name: &'static str, array: &Array) -> Result<(Self, Array, Array), Error> {
        let it = Self { name, part: array.dtype().part() };
        let real = it.op(Op::Real, [array])?;
        let imag = it.op(Op::Imag, [array])?;
        Ok((it, real, imag))
    }

    pub(crate) fn op<const N: usize>(&self, op: Op, operands: [&Array; N]) -> Result<Array, Error> {
        elementwise(self.name, op, &operands.map(Clone::clone))
    }

    pub(crate) fn number(&self, value: f64) -> Result<Array, Error> {
        Array::full(Scalar::from_f64(self.part, value), &[])
    }

    pub(crate) fn select(
        &self,
        condition: &Array,
        yes: &Array,
        no: &Array,
    ) -> Result<Array, Error> {
        self.op(Op::Select, [condition, yes, no])
    }
}

/// `exp(x) (cos y + i sin y)`; where `exp(x)` is too large the root of it, twice.
pub(crate) fn exp(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("exp", array)?;
    let zero = f.number(0.0)?;
    let most = f.number(if f.part == DType::F32 { 88.0 } else { 709.0 })?;
    let large = f.op(Op::Gt, [&x, &most])?;
    let half = f.op(Op::Mul, [&x, &f.number(0.5)?])?;
    let size = f.op(Op::Exp, [&f.select(&large, &half, &x)?])?;
    let more = f.select(&large, &size, &f.number(1.0)?)?;
    let turned = |op| f.op(Op::Mul, [&f.op(Op::Mul, [&f.op(op, [&y])?, &size])?, &more]);
    let (real, imag) = (turned(Op::Cos)?, turned(Op::Sin)?);
    // An infinite or unknown angle: nothing stays nothing, infinity stays infinite.
    let known = f.op(Op::IsFinite, [&y])?;
    let nothing = f.op(Op::Eq, [&x, &f.number(f64::NEG_INFINITY)?])?;
    let infinite = f.op(Op::IsInf, [&x])?;
    let real = f.select(&known, &real, &f.select(&infinite, &size, &real)?)?;
    let imag = f.select(&known, &imag, &f.select(&nothing, &zero, &imag)?)?;
    // No angle: infinity times zero would be NaN.
    let imag = f.select(&f.op(Op::Eq, [&y, &zero])?, &y, &imag)?;
    f.op(Op::Complex, [&real, &imag])
}

/// The root with a real part that is not negative: `sqrt((|x| + |z|) / 2)` is one part, and the other follows.
pub(crate) fn sqrt(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("sqrt", array)?;
    let zero = f.number(0.0)?;
    let half = f.number(0.5)?;
    // Numbers near the ends of the range are brought to the middle by powers of four.
    let exponents = match f.part {
        DType::F32 => [125.0, -87.0, 48.0, -24.0],
        _ => [1021.0, -913.0, 108.0, -54.0],
    };
    let [high, low, up, down] = exponents.map(|exponent: f64| f.number(exponent.exp2()));
    let [width, height] = [&x, &y].map(|part| f.op(Op::Abs, [part]));
    let size = f.op(Op::Max, [&width?, &height?])?;
    let (large, small) = (f.op(Op::Ge, [&size, &high?])?, f.op(Op::Lt, [&size, &low?])?);
    let one = f.number(1.0)?;
    let there = f.select(&large, &f.number(0.25)?, &f.select(&small, &up?, &one)?)?;
    let back = f.select(&large, &f.number(2.0)?, &f.select(&small, &down?, &one)?)?;
    let [width, height] = [&x, &y].map(|part| f.op(Op::Mul, [part, &there]));
    let (width, height) = (width?, height?);
    let size = f.op(Op::Hypot, [&width, &height])?;
    let sum = f.op(Op::Add, [&f.op(Op::Abs, [&width])?, &size])?;
    let main = f.op(Op::Sqrt, [&f.op(Op::Mul, [&sum, &half])?])?;
    let side = f.op(Op::Div, [&height, &f.op(Op::Add, [&main, &main])?])?;
    let side = f.select(&f.op(Op::Eq, [&main, &zero])?, &height, &side)?;
    let (main, side) = (f.op(Op::Mul, [&main, &back])?, f.op(Op::Mul, [&side, &back])?);
    let right = f.op(Op::Ge, [&x, &zero])?;
    let real = f.select(&right, &main, &f.op(Op::Abs, [&side])?)?;
    let imag = f.select(&right, &side, &f.op(Op::CopySign, [&main, &y])?)?;
    let infinite = f.op(Op::IsInf, [&y])?;
    let real = f.select(&infinite, &f.number(f64::INFINITY)?, &real)?;
    let imag = f.select(&infinite, &y, &imag)?;
    f.op(Op::Complex, [&real, &imag])
}
