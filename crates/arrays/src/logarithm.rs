//! Logarithms of complex numbers.

use ir::Op;
use memory::DType;

use crate::complex::Formula;
use crate::{Array, Error};

impl Formula {
    /// `log |z|`: near 1 by what the square is more than 1, to twice the precision.
    pub(crate) fn log_size(&self, x: &Array, y: &Array) -> Result<Array, Error> {
        let exponents = match self.part {
            DType::F32 => [60.0, -40.0, -70.0, 100.0],
            _ => [500.0, -400.0, -600.0, 700.0],
        };
        let [high, low, down, up] = exponents.map(|exponent: f64| self.number(exponent.exp2()));
        let [width, height] = [x, y].map(|part| self.op(Op::Abs, [part]));
        let (width, height) = (width?, height?);
        let (most, least) =
            (self.op(Op::Fmax, [&width, &height])?, self.op(Op::Fmin, [&width, &height])?);
        let (large, small) = (self.op(Op::Ge, [&most, &high?])?, self.op(Op::Lt, [&most, &low?])?);
        let one = self.number(1.0)?;
        let zero = self.number(0.0)?;
        let there = self.select(&large, &down?, &self.select(&small, &up?, &one)?)?;
        let back = |exponent: f64| self.number(-exponent * std::f64::consts::LN_2);
        let back = self.select(
            &large,
            &back(exponents[2])?,
            &self.select(&small, &back(exponents[3])?, &zero)?,
        )?;
        let [a, b] = [&most, &least].map(|part| self.op(Op::Mul, [part, &there]));
        let (a, b) = (a?, b?);
        let (aa, bb) = (self.op(Op::Square, [&a])?, self.op(Op::Square, [&b])?);
        let square = self.op(Op::Add, [&aa, &bb])?;
        // What the squares lost in rounding, and their sum.
        let lost = |part: &Array, square: &Array| {
            self.op(Op::Fma, [part, part, &self.op(Op::Neg, [square])?])
        };
        let (a_lost, b_lost) = (lost(&a, &aa)?, lost(&b, &bb)?);
        let more = self.op(Op::Sub, [&aa, &one])?;
        let more_lost = self.sub(&aa, &self.add(&more, &one)?)?;
        let sum = self.op(Op::Add, [&more, &bb])?;
        let from_bb = self.op(Op::Sub, [&sum, &more])?;
        let rest = self.op(Op::Sub, [&more, &self.op(Op::Sub, [&sum, &from_bb])?])?;
        let rest = self.op(Op::Add, [&rest, &self.op(Op::Sub, [&bb, &from_bb])?])?;
        let rest = self.add(&rest, &more_lost)?;
        let rest = self.op(Op::Add, [&rest, &self.op(Op::Add, [&a_lost, &b_lost])?])?;
        let excess = self.op(Op::Add, [&sum, &rest])?;
        let near = self.op(Op::Lt, [&self.op(Op::Abs, [&excess])?, &self.number(0.5)?])?;
        let usual = self.op(Op::Log, [&self.select(&near, &one, &square)?])?;
        let close = self.op(Op::Log1p, [&self.select(&near, &excess, &zero)?])?;
        let twice = self.select(&near, &close, &usual)?;
        let size = self.op(Op::Fma, [&twice, &self.number(0.5)?, &back])?;
        // Infinite if either part is, even beside NaN; else NaN if either is.
        let infinite = self.op(Op::IsInf, [&most])?;
        let unknown = self.op(Op::Add, [&width, &height])?;
        let unknown_here = self.op(Op::IsNan, [&unknown])?;
        let size = self.select(&unknown_here, &unknown, &size)?;
        self.select(&infinite, &most, &size)
    }
}

/// The logarithm to another base: that to base e by a factor.
fn to_base(name: &'static str, factor: f64, array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of(name, array)?;
    let factor = f.number(factor)?;
    let (real, imag) = (f.log_size(&x, &y)?, f.op(Op::Atan2, [&y, &x])?);
    f.whole(&(f.mul(&real, &factor)?, f.mul(&imag, &factor)?))
}

pub(crate) fn log(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("log", array)?;
    let parts = (f.log_size(&x, &y)?, f.op(Op::Atan2, [&y, &x])?);
    f.whole(&parts)
}

pub(crate) fn log2(array: &Array) -> Result<Array, Error> {
    to_base("log2", std::f64::consts::LOG2_E, array)
}

pub(crate) fn log10(array: &Array) -> Result<Array, Error> {
    to_base("log10", std::f64::consts::LOG10_E, array)
}

/// `log(1 + z)`: half of what `log1p` says of `|1 + z|^2 - 1 = 2x + x^2 + y^2`, summed to twice the precision, but
/// for what is near -1 or far away.
pub(crate) fn log1p(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("log1p", array)?;
    let (zero, one) = (f.number(0.0)?, f.number(1.0)?);
    // Exact near -1.
    let moved = f.add(&x, &one)?;
    let far = f.log_size(&moved, &y)?;
    let most = f.number(if f.part == DType::F32 { 20f64 } else { 60.0 }.exp2())?;
    let size = f.op(Op::Fmax, [&f.abs(&x)?, &f.abs(&y)?])?;
    let inside = f.op(Op::Lt, [&size, &most])?;
    let (width, height) = (f.select(&inside, &x, &one)?, f.select(&inside, &y, &one)?);
    let (aa, bb) = (f.op(Op::Square, [&width])?, f.op(Op::Square, [&height])?);
    let lost = |part: &Array, square: &Array| f.fma(part, part, &f.neg(square)?);
    let lost = f.add(&lost(&width, &aa)?, &lost(&height, &bb)?)?;
    // A sum, and what it lost in rounding.
    let sum = |x: &Array, y: &Array| -> Result<_, Error> {
        let sum = f.add(x, y)?;
        let of_y = f.sub(&sum, x)?;
        let rest = f.sub(x, &f.sub(&sum, &of_y)?)?;
        Ok((sum, f.add(&rest, &f.sub(y, &of_y)?)?))
    };
    let (first, first_lost) = sum(&f.add(&width, &width)?, &aa)?;
    let (second, second_lost) = sum(&first, &bb)?;
    let lost = f.add(&f.add(&first_lost, &second_lost)?, &lost)?;
    let excess = f.add(&second, &lost)?;
    let apart = f.op(Op::Gt, [&excess, &f.number(-0.75)?])?;
    let close = f.op(Op::And, [&inside, &apart])?;
    let near = f.op(Op::Log1p, [&f.select(&close, &excess, &zero)?])?;
    let near = f.mul(&near, &f.number(0.5)?)?;
    // Of two zeros the positive one, as NumPy has it.
    let real = f.add(&f.select(&close, &near, &far)?, &zero)?;
    f.whole(&(real, f.op(Op::Atan2, [&y, &moved])?))
}
