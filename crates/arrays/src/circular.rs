//! Circular and hyperbolic functions of complex numbers, made of functions of their parts.
//!
//! The circular ones are the hyperbolic ones with the parts exchanged: `sin(x + iy)` has the parts of
//! `sinh(y + ix)`, the other way round. Special values are those of C99, annex G.

use ir::Op;
use memory::DType;

use crate::complex::{Formula, Parts};
use crate::{Array, Error};

impl Formula {
    /// `e^|x|` times one half times `factor` may be a number where `e^|x|` is not: so in two steps.
    fn grown(&self, factor: &Array, half_way: &Array) -> Result<Array, Error> {
        let half = self.op(Op::Mul, [half_way, &self.number(0.5)?])?;
        self.op(Op::Mul, [&self.op(Op::Mul, [factor, &half])?, half_way])
    }

    /// `even(x) * factor`, and where `x` is too large half of its power of e.
    fn times(&self, op: Op, x: &Array, factor: &Array) -> Result<Array, Error> {
        let most = self.number(if self.part == DType::F32 { 86.0 } else { 707.0 })?;
        let size = self.op(Op::Abs, [x])?;
        let large = self.op(Op::Gt, [&size, &most])?;
        let one = self.number(1.0)?;
        let usual = self.op(op, [&self.select(&large, &one, x)?])?;
        let usual = self.op(Op::Mul, [&usual, factor])?;
        let half = self.op(Op::Mul, [&size, &self.number(0.5)?])?;
        let half = self.select(&large, &half, &one)?;
        let signed =
            if op == Op::Sinh { self.op(Op::CopySign, [&one, x])? } else { self.number(1.0)? };
        let signed = self.op(Op::Mul, [factor, &signed])?;
        let grown = self.grown(&signed, &self.op(Op::Exp, [&half])?)?;
        self.select(&large, &grown, &usual)
    }

    /// `sinh(x) cos(y)` and `cosh(x) sin(y)`
    fn sinh(&self, x: &Array, y: &Array) -> Result<Parts, Error> {
        let zero = self.number(0.0)?;
        let real = self.times(Op::Sinh, x, &self.op(Op::Cos, [y])?)?;
        let imag = self.times(Op::Cosh, x, &self.op(Op::Sin, [y])?)?;
        // An infinite or unknown angle: nothing stays nothing, infinity stays infinite.
        let known = self.op(Op::IsFinite, [y])?;
        let nothing = self.op(Op::Eq, [x, &zero])?;
        let stays = self.op(Op::Or, [&nothing, &self.op(Op::IsInf, [x])?])?;
        let real = self.select(&known, &real, &self.select(&stays, x, &real)?)?;
        // No angle: infinity times zero would be NaN.
        let imag = self.select(&self.op(Op::Eq, [y, &zero])?, y, &imag)?;
        Ok((real, imag))
    }

    /// `cosh(x) cos(y)` and `sinh(x) sin(y)`
    fn cosh(&self, x: &Array, y: &Array) -> Result<Parts, Error> {
        let zero = self.number(0.0)?;
        let real = self.times(Op::Cosh, x, &self.op(Op::Cos, [y])?)?;
        let imag = self.times(Op::Sinh, x, &self.op(Op::Sin, [y])?)?;
        let known = self.op(Op::IsFinite, [y])?;
        let infinite = self.op(Op::IsInf, [x])?;
        let size = self.op(Op::Abs, [x])?;
        let real = self.select(&known, &real, &self.select(&infinite, &size, &real)?)?;
        // Nothing times whatever it is stays nothing.
        let nothing = self.op(Op::Eq, [x, &zero])?;
        let imag = self.select(&known, &imag, &self.select(&nothing, x, &imag)?)?;
        let flat = self.op(Op::Mul, [y, &self.op(Op::CopySign, [&self.number(1.0)?, x])?])?;
        let imag = self.select(&self.op(Op::Eq, [y, &zero])?, &flat, &imag)?;
        Ok((real, imag))
    }

    /// `(sinh x cosh x + i sin y cos y) / (sinh^2 x + cos^2 y)`, which neither cancels nor, with `x` held back where
    /// the real part is 1 already, overflows.
    fn tanh(&self, x: &Array, y: &Array) -> Result<Parts, Error> {
        let zero = self.number(0.0)?;
        let flat = self.number(if self.part == DType::F32 { 11.0 } else { 22.0 })?;
        let size = self.op(Op::Abs, [x])?;
        let held = self.op(Op::Min, [&size, &flat])?;
        let beyond = self.op(Op::Sub, [&held, &size])?;
        let beyond = self.op(Op::Add, [&beyond, &beyond])?;
        // Infinity less infinity is not met: `held` is finite.
        let left = self.op(Op::Exp, [&beyond])?;
        let held = self.op(Op::CopySign, [&held, x])?;
        let [sinh, cosh] = [Op::Sinh, Op::Cosh].map(|op| self.op(op, [&held]));
        let [sin, cos] = [Op::Sin, Op::Cos].map(|op| self.op(op, [y]));
        let (sinh, cosh, sin, cos) = (sinh?, cosh?, sin?, cos?);
        let [a, b] = [&sinh, &cos].map(|it| self.op(Op::Square, [it]));
        let below = self.op(Op::Add, [&a?, &b?])?;
        let real = self.op(Op::Div, [&self.op(Op::Mul, [&sinh, &cosh])?, &below])?;
        let imag = self.op(Op::Div, [&self.op(Op::Mul, [&sin, &cos])?, &below])?;
        let imag = self.op(Op::Mul, [&imag, &left])?;
        let infinite = self.op(Op::IsInf, [x])?;
        let known = self.op(Op::IsFinite, [y])?;
        let nothing = self.op(Op::Eq, [x, &zero])?;
        let end = self.op(Op::CopySign, [&self.number(1.0)?, x])?;
        let real = self.select(&infinite, &end, &real)?;
        let real = self.select(&known, &real, &self.select(&nothing, x, &real)?)?;
        let none = self.op(Op::CopySign, [&zero, y])?;
        let imag = self.select(&known, &imag, &self.select(&infinite, &none, &imag)?)?;
        let imag = self.select(&self.op(Op::Eq, [y, &zero])?, y, &imag)?;
        Ok((real, imag))
    }
}

pub(crate) fn sinh(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("sinh", array)?;
    f.whole(&f.sinh(&x, &y)?)
}

pub(crate) fn cosh(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("cosh", array)?;
    f.whole(&f.cosh(&x, &y)?)
}

pub(crate) fn tanh(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("tanh", array)?;
    f.whole(&f.tanh(&x, &y)?)
}

pub(crate) fn sin(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("sin", array)?;
    let (imag, real) = f.sinh(&y, &x)?;
    f.whole(&(real, imag))
}

pub(crate) fn cos(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("cos", array)?;
    let (real, imag) = f.cosh(&y, &x)?;
    f.whole(&(real, f.op(Op::Neg, [&imag])?))
}

pub(crate) fn tan(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("tan", array)?;
    let (imag, real) = f.tanh(&y, &x)?;
    f.whole(&(real, imag))
}
