//! Uniform numbers.

use crate::{BitGenerator, Distribution, ParameterError};

/// Uniform from 0 to below 1: `Generator.random`, for `f64` and `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandardUniform;

impl Distribution<f64> for StandardUniform {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        bits.next_double()
    }

    #[inline]
    fn fill<B: BitGenerator + ?Sized>(&self, bits: &mut B, out: &mut [f64]) {
        bits.fill_doubles(out);
    }
}

impl Distribution<f32> for StandardUniform {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f32 {
        bits.next_float()
    }
}

/// Uniform between two bounds: `Generator.uniform`.
///
/// ```
/// use random::Uniform;
///
/// assert!(Uniform::new(-1.0, 1.0).is_ok());
/// assert!(Uniform::new(f64::MIN, f64::MAX).unwrap_err().is_overflow());
/// assert_eq!(Uniform::new(1.0, 0.0).unwrap_err().to_string(), "high - low < 0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uniform {
    low: f64,
    range: f64,
}

impl Uniform {
    /// Uniform from `low` to below `high`.
    pub fn new(low: f64, high: f64) -> Result<Self, ParameterError> {
        let range = high - low;
        if !range.is_finite() {
            return Err(ParameterError::overflow("high - low range exceeds valid bounds"));
        }
        ParameterError::unless_non_negative("high - low", range)?;
        Ok(Self { low, range })
    }
}

impl Distribution<f64> for Uniform {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        self.low + self.range * bits.next_double()
    }
}

/// A triangle over an interval: `Generator.triangular`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triangular {
    left: f64,
    mode: f64,
    right: f64,
}

impl Triangular {
    /// From `left` to `right`, most often near `mode`.
    pub fn new(left: f64, mode: f64, right: f64) -> Result<Self, ParameterError> {
        // Written so that NaN passes, as it does in NumPy.
        ParameterError::unless(!(left > mode), || "left > mode")?;
        ParameterError::unless(!(mode > right), || "mode > right")?;
        ParameterError::unless(left != right, || "left == right")?;
        Ok(Self { left, mode, right })
    }
}

impl Distribution<f64> for Triangular {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let Self { left, mode, right } = *self;
        let base = right - left;
        let rising = mode - left;
        let uniform = bits.next_double();
        if uniform <= rising / base {
            left + (uniform * (rising * base)).sqrt()
        } else {
            right - ((1.0 - uniform) * ((right - mode) * base)).sqrt()
        }
    }
}
