//! Inverse circular and hyperbolic functions of complex numbers.
//!
//! All of `asin`, `acos`, `asinh` and `acosh` follow from the parts of `sqrt(1 - z)` and `sqrt(1 + z)` by sums of
//! products without a difference (Kahan, *Much ado about nothing's sign bit*, 1987). Special values are those of
//! C99, annex G.

use std::f64::consts::{FRAC_PI_2, LN_2};

use ir::Op;
use memory::DType;

use crate::complex::{Formula, Parts};
use crate::{Array, Error};

/// What `asin` and `acos` share, for magnitudes of the parts.
struct Arcs {
    width: Array,
    height: Array,
    /// Where `sqrt(1 - z)` overflows, or 1 is nothing beside the number.
    far: Array,
    /// The real parts of `sqrt(1 - z)` and of `sqrt(1 + z)`.
    below: Array,
    above: Array,
    /// The real part of `sqrt(1 - z z)`.
    across: Array,
    /// The imaginary part of `asin`.
    up: Array,
}

impl Formula {
    /// The larger and the smaller part of the root of a number, by the magnitudes of its parts.
    fn root(&self, x: &Array, y: &Array) -> Result<Parts, Error> {
        let sum = self.add(x, &self.op(Op::Hypot, [x, y])?)?;
        let twice = self.op(Op::Sqrt, [&self.add(&sum, &sum)?])?;
        let side = self.op(Op::Div, [y, &twice])?;
        let nothing = self.op(Op::Eq, [&twice, &self.number(0.0)?])?;
        Ok((self.mul(&twice, &self.number(0.5)?)?, self.select(&nothing, y, &side)?))
    }

    fn arcs(&self, x: &Array, y: &Array) -> Result<Arcs, Error> {
        let single = self.part == DType::F32;
        let (zero, one) = (self.number(0.0)?, self.number(1.0)?);
        let (width, height) = (self.abs(x)?, self.abs(y)?);
        let most = self.number(if single { 30f64 } else { 60.0 }.exp2())?;
        let far = self.op(Op::Gt, [&self.op(Op::Fmax, [&width, &height])?, &most])?;
        let (a, b) = (self.select(&far, &one, &width)?, self.select(&far, &one, &height)?);
        let left = self.sub(&one, &a)?;
        let (main, side) = self.root(&self.abs(&left)?, &b)?;
        let inside = self.op(Op::Ge, [&left, &zero])?;
        let below = self.select(&inside, &main, &side)?;
        let below_imag = self.select(&inside, &side, &main)?;
        let (above, above_imag) = self.root(&self.add(&one, &a)?, &b)?;
        let across = self.fma(&below, &above, &self.mul(&below_imag, &above_imag)?)?;
        let up = self.fma(&below, &above_imag, &self.mul(&below_imag, &above)?)?;
        let far_up = self.add(&self.log_size(&width, &height)?, &self.number(LN_2)?)?;
        let up = self.select(&far, &far_up, &self.op(Op::Asinh, [&up])?)?;
        // A number that is nothing beside 1 is its own arc sine.
        let least = self.number(if single { -14f64 } else { -28.0 }.exp2())?;
        let small = [&width, &height].map(|part| self.op(Op::Lt, [part, &least]));
        let [narrow, flat] = small;
        let small = self.op(Op::And, [&narrow?, &flat?])?;
        let up = self.select(&small, &height, &up)?;
        Ok(Arcs { width, height, far, below, above, across, up })
    }

    fn asin(&self, x: &Array, y: &Array) -> Result<Parts, Error> {
        let it = self.arcs(x, y)?;
        let across = self.select(&it.far, &it.height, &it.across)?;
        let real = self.op(Op::Atan2, [&it.width, &across])?;
        // On the imaginary axis it stays there, NaN or not.
        let axis = self.op(Op::Eq, [&it.width, &self.number(0.0)?])?;
        let real = self.select(&axis, &it.width, &real)?;
        Ok((self.copysign(&real, x)?, self.copysign(&it.up, y)?))
    }

    fn acos(&self, x: &Array, y: &Array) -> Result<Parts, Error> {
        let it = self.arcs(x, y)?;
        let zero = self.number(0.0)?;
        let left = self.op(Op::Lt, [x, &zero])?;
        let (a, b) =
            (self.select(&left, &it.above, &it.below)?, self.select(&left, &it.below, &it.above)?);
        let half = self.op(Op::Atan2, [&a, &b])?;
        let far = self.op(Op::Atan2, [&it.height, x])?;
        let real = self.select(&it.far, &far, &self.add(&half, &half)?)?;
        let axis = self.op(Op::Eq, [&it.width, &zero])?;
        let real = self.select(&axis, &self.number(FRAC_PI_2)?, &real)?;
        Ok((real, self.neg(&self.copysign(&it.up, y)?)?))
    }

    fn atanh(&self, x: &Array, y: &Array) -> Result<Parts, Error> {
        let (zero, one) = (self.number(0.0)?, self.number(1.0)?);
        let [most, down, close] = match self.part {
            DType::F32 => [40.0, -70.0, -15.0],
            _ => [300.0, -600.0, -30.0],
        }
        .map(|exponent: f64| self.number(exponent.exp2()));
        let (width, height) = (self.abs(x)?, self.abs(y)?);
        let size = self.op(Op::Fmax, [&width, &height])?;
        let scale = self.select(&self.op(Op::Gt, [&size, &most?])?, &down?, &one)?;
        let (a, b) = (self.mul(&width, &scale)?, self.mul(&height, &scale)?);
        let apart = self.sub(&a, &scale)?;
        let below = self.fma(&apart, &apart, &self.op(Op::Square, [&b])?)?;
        let ratio = self.op(Op::Div, [&self.mul(&self.number(4.0)?, &a)?, &below])?;
        let ratio = self.mul(&ratio, &scale)?;
        let real = self.mul(&self.op(Op::Log1p, [&ratio])?, &self.number(0.25)?)?;
        // Near the poles at 1 and -1 the square of the distance would vanish.
        let pole = self.op(Op::Eq, [&width, &one])?;
        let pole = self.op(Op::And, [&pole, &self.op(Op::Lt, [&height, &close?])?])?;
        let there = self.sub(&self.number(LN_2)?, &self.op(Op::Log, [&height])?)?;
        let real = self.select(&pole, &self.mul(&there, &self.number(0.5)?)?, &real)?;
        let infinite = self.op(Op::IsInf, [&size])?;
        let axis = self.op(Op::Eq, [&width, &zero])?;
        let real = self.select(&self.op(Op::Or, [&infinite, &axis])?, &zero, &real)?;
        let angle = |base: &Array| self.op(Op::Atan2, [&height, base]);
        let angles =
            self.add(&angle(&self.sub(&one, &width)?)?, &angle(&self.add(&one, &width)?)?)?;
        let imag = self.mul(&angles, &self.number(0.5)?)?;
        let upright = self.op(Op::IsInf, [&height])?;
        let imag = self.select(&upright, &self.number(FRAC_PI_2)?, &imag)?;
        Ok((self.copysign(&real, x)?, self.copysign(&imag, y)?))
    }
}

pub(crate) fn asin(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("asin", array)?;
    f.whole(&f.asin(&x, &y)?)
}

pub(crate) fn acos(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("acos", array)?;
    f.whole(&f.acos(&x, &y)?)
}

pub(crate) fn atan(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("atan", array)?;
    let (imag, real) = f.atanh(&y, &x)?;
    f.whole(&(real, imag))
}

pub(crate) fn asinh(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("asinh", array)?;
    let (imag, real) = f.asin(&y, &x)?;
    f.whole(&(real, imag))
}

pub(crate) fn acosh(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("acosh", array)?;
    let (real, imag) = f.acos(&x, &y)?;
    f.whole(&(f.abs(&imag)?, f.copysign(&real, &y)?))
}

pub(crate) fn atanh(array: &Array) -> Result<Array, Error> {
    let (f, x, y) = Formula::of("atanh", array)?;
    f.whole(&f.atanh(&x, &y)?)
}
