//! Normal numbers, and what comes from them alone.

use crate::{BitGenerator, Distribution, ParameterError, ziggurat};

/// Mean 0, deviation 1: `Generator.standard_normal`, for `f64` and `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardNormal;

impl Distribution<f64> for StandardNormal {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        ziggurat::normal(bits)
    }
}

impl Distribution<f32> for StandardNormal {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f32 {
        ziggurat::normal_single(bits)
    }
}

/// `Generator.normal`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal {
    loc: f64,
    scale: f64,
}

impl Normal {
    /// Mean `loc`, deviation `scale`.
    pub fn new(loc: f64, scale: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_non_negative("scale", scale)?;
        Ok(Self { loc, scale })
    }
}

impl Distribution<f64> for Normal {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        self.loc + self.scale * ziggurat::normal(bits)
    }
}

/// Numbers whose logarithms are normal: `Generator.lognormal`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogNormal(Normal);

impl LogNormal {
    /// `mean` and deviation `sigma` of the logarithm.
    pub fn new(mean: f64, sigma: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_non_negative("sigma", sigma)?;
        Ok(Self(Normal { loc: mean, scale: sigma }))
    }
}

impl Distribution<f64> for LogNormal {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        self.0.draw(bits).exp()
    }
}

/// The quotient of two normal numbers: `Generator.standard_cauchy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardCauchy;

impl Distribution<f64> for StandardCauchy {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let over = ziggurat::normal(bits);
        over / ziggurat::normal(bits)
    }
}

/// The time that Brownian motion with drift takes to a line, the inverse Gaussian distribution:
/// `Generator.wald`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wald {
    mean: f64,
    scale: f64,
}

impl Wald {
    /// `mean` and shape `scale`.
    pub fn new(mean: f64, scale: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_positive("mean", mean)?;
        ParameterError::unless_positive("scale", scale)?;
        Ok(Self { mean, scale })
    }
}

impl Distribution<f64> for Wald {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let Self { mean, scale } = *self;
        let normal = ziggurat::normal(bits);
        let square = mean * normal * normal;
        let root = 1.0 + (1.0 + 4.0 * scale / square).sqrt();
        let x = mean * (1.0 - 2.0 / root);
        if bits.next_double() <= mean / (mean + x) { x } else { mean * mean / x }
    }
}
