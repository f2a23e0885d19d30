//! Functions of complex numbers, made of functions of their parts.
//!
//! What they answer for zeros, infinities and NaN is what C99, annex G, says, as the array API does.

use ir::Op;
use memory::{DType, Scalar};

use crate::cast::elementwise;
use crate::{Array, Error};

/// The parts of a value.
pub(crate) type Parts = (Array, Array);

/// A formula in twice the precision where there is one: complex64 as complex128.
pub(crate) fn widened(
    arrays: &[&Array],
    formula: impl Fn(&[Array]) -> Result<Array, Error>,
) -> Result<Array, Error> {
    let wide: Vec<_> = arrays.iter().map(|it| it.cast(DType::C128)).collect();
    Ok(formula(&wide)?.cast(arrays[0].dtype()))
}

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

    pub(crate) fn add(&self, x: &Array, y: &Array) -> Result<Array, Error> {
        self.op(Op::Add, [x, y])
    }

    pub(crate) fn sub(&self, x: &Array, y: &Array) -> Result<Array, Error> {
        self.op(Op::Sub, [x, y])
    }

    pub(crate) fn mul(&self, x: &Array, y: &Array) -> Result<Array, Error> {
        self.op(Op::Mul, [x, y])
    }

    /// `x y + z`, rounded once.
    pub(crate) fn fma(&self, x: &Array, y: &Array, z: &Array) -> Result<Array, Error> {
        self.op(Op::Fma, [x, y, z])
    }

    pub(crate) fn abs(&self, x: &Array) -> Result<Array, Error> {
        self.op(Op::Abs, [x])
    }

    pub(crate) fn neg(&self, x: &Array) -> Result<Array, Error> {
        self.op(Op::Neg, [x])
    }

    pub(crate) fn copysign(&self, x: &Array, sign: &Array) -> Result<Array, Error> {
        self.op(Op::CopySign, [x, sign])
    }

    pub(crate) fn whole(&self, parts: &Parts) -> Result<Array, Error> {
        self.op(Op::Complex, [&parts.0, &parts.1])
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

/// A number of this size by its angle over the real axis, whose cosine and sine are given.
pub(crate) struct Turned<'a> {
    /// The exponent, and the op that makes it the size.
    pub(crate) exponent: &'a Array,
    pub(crate) op: Op,
    /// From where on the size of a number's half is taken twice.
    pub(crate) most: f64,
    pub(crate) angle: &'a Array,
    pub(crate) cos: &'a Array,
    pub(crate) sin: &'a Array,
}

impl Formula {
    /// The parts; where the size is too large the root of it, twice.
    pub(crate) fn turned(&self, it: &Turned<'_>) -> Result<Parts, Error> {
        let (x, y) = (it.exponent, it.angle);
        let zero = self.number(0.0)?;
        let large = self.op(Op::Gt, [x, &self.number(it.most)?])?;
        let half = self.mul(x, &self.number(0.5)?)?;
        let size = self.op(it.op, [&self.select(&large, &half, x)?])?;
        let more = self.select(&large, &size, &self.number(1.0)?)?;
        let real = self.mul(&self.mul(it.cos, &size)?, &more)?;
        let imag = self.mul(&self.mul(it.sin, &size)?, &more)?;
        // An infinite or unknown angle: nothing stays nothing, infinity stays infinite.
        let known = self.op(Op::IsFinite, [y])?;
        let nothing = self.op(Op::Eq, [x, &self.number(f64::NEG_INFINITY)?])?;
        let infinite = self.op(Op::IsInf, [x])?;
        let real = self.select(&known, &real, &self.select(&infinite, &size, &real)?)?;
        let imag = self.select(&known, &imag, &self.select(&nothing, &zero, &imag)?)?;
        // No angle: infinity times zero would be NaN.
        let imag = self.select(&self.op(Op::Eq, [y, &zero])?, y, &imag)?;
        Ok((real, imag))
    }
}

/// `exp(x) (cos y + i sin y)`
pub(crate) fn exp(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("exp", array)?;
    let (cos, sin) = (f.op(Op::Cos, [&y])?, f.op(Op::Sin, [&y])?);
    let most = if f.part == DType::F32 { 88.0 } else { 709.0 };
    let it = Turned { exponent: &x, op: Op::Exp, most, angle: &y, cos: &cos, sin: &sin };
    f.whole(&f.turned(&it)?)
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

/// `z / |z|`, and 0 for 0. Numbers near the ends of the range are brought inside by powers of two.
pub(crate) fn sign(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("sign", array)?;
    let (zero, one) = (f.number(0.0)?, f.number(1.0)?);
    let [high, low, up] = match f.part {
        DType::F32 => [126.0, -90.0, 60.0],
        _ => [1022.0, -900.0, 120.0],
    }
    .map(|exponent: f64| f.number(exponent.exp2()));
    let most = f.op(Op::Max, [&f.abs(&x)?, &f.abs(&y)?])?;
    let (large, small) = (f.op(Op::Ge, [&most, &high?])?, f.op(Op::Lt, [&most, &low?])?);
    let there = f.select(&large, &f.number(0.25)?, &f.select(&small, &up?, &one)?)?;
    let (width, height) = (f.mul(&x, &there)?, f.mul(&y, &there)?);
    let size = f.op(Op::Hypot, [&width, &height])?;
    let nothing = f.op(Op::Eq, [&size, &zero])?;
    // An infinite part is all there is; two leave the angle open.
    let infinite = f.op(Op::Eq, [&size, &f.number(f64::INFINITY)?])?;
    let both = f.op(Op::And, [&f.op(Op::IsInf, [&x])?, &f.op(Op::IsInf, [&y])?])?;
    let unknown = f.number(f64::NAN)?;
    let part = |whole: &Array, part: &Array| -> Result<Array, Error> {
        let usual = f.select(&nothing, &zero, &f.op(Op::Div, [part, &size])?)?;
        let end = f.select(&f.op(Op::IsInf, [whole])?, &f.copysign(&one, whole)?, &zero)?;
        let end = f.select(&both, &unknown, &end)?;
        f.select(&infinite, &end, &usual)
    };
    f.whole(&(part(&x, &width)?, part(&y, &height)?))
}
