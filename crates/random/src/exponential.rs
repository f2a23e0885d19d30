//! Exponential numbers, and what comes from them alone.

use crate::{BitGenerator, Distribution, ParameterError, ziggurat};

/// Mean 1: `Generator.standard_exponential`, for `f64` and `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardExponential;

impl Distribution<f64> for StandardExponential {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        ziggurat::exponential(bits)
    }
}

impl Distribution<f32> for StandardExponential {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f32 {
        ziggurat::exponential_single(bits)
    }
}

/// The same distribution from one uniform number each, by its inverse:
/// `Generator.standard_exponential(method="inv")`, for `f64` and `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InverseExponential;

impl Distribution<f64> for InverseExponential {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        -(-bits.next_double()).ln_1p()
    }
}

impl Distribution<f32> for InverseExponential {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f32 {
        // The logarithm of a float in double precision, as NumPy takes it.
        -f64::from(-bits.next_float()).ln_1p() as f32
    }
}

/// `Generator.exponential`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponential {
    scale: f64,
}

impl Exponential {
    /// Mean `scale`.
    pub fn new(scale: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_non_negative("scale", scale)?;
        Ok(Self { scale })
    }
}

impl Distribution<f64> for Exponential {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        self.scale * ziggurat::exponential(bits)
    }
}

/// Pareto II, or Lomax: `Generator.pareto`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pareto {
    a: f64,
}

impl Pareto {
    /// Shape `a`.
    pub fn new(a: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_positive("a", a)?;
        Ok(Self { a })
    }
}

impl Distribution<f64> for Pareto {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        (ziggurat::exponential(bits) / self.a).exp_m1()
    }
}

/// Scale 1: `Generator.weibull`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weibull {
    a: f64,
}

impl Weibull {
    /// Shape `a`.
    pub fn new(a: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_non_negative("a", a)?;
        Ok(Self { a })
    }
}

impl Distribution<f64> for Weibull {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        if self.a == 0.0 {
            return 0.0; // and no bits are used
        }
        ziggurat::exponential(bits).powf(1.0 / self.a)
    }
}

/// The density a xᵃ⁻¹ from 0 to 1: `Generator.power`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Power {
    a: f64,
}

impl Power {
    /// Exponent `a` - 1.
    pub fn new(a: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_positive("a", a)?;
        Ok(Self { a })
    }
}

impl Distribution<f64> for Power {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        (-(-ziggurat::exponential(bits)).exp_m1()).powf(1.0 / self.a)
    }
}

/// `Generator.rayleigh`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rayleigh {
    scale: f64,
}

impl Rayleigh {
    /// Mode `scale`.
    pub fn new(scale: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_non_negative("scale", scale)?;
        Ok(Self { scale })
    }
}

impl Distribution<f64> for Rayleigh {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        self.scale * (2.0 * ziggurat::exponential(bits)).sqrt()
    }
}
