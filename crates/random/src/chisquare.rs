//! Squares of normal numbers: χ², F and t.

use crate::poisson::Poisson;
use crate::{BitGenerator, Distribution, ParameterError, StandardGamma, ziggurat};

/// `Generator.chisquare`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChiSquare(StandardGamma);

impl ChiSquare {
    /// `df` degrees of freedom.
    pub fn new(df: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_positive("df", df)?;
        Ok(Self::unchecked(df))
    }

    fn unchecked(df: f64) -> Self {
        Self(StandardGamma::<f64>::unchecked(df / 2.0))
    }
}

impl Distribution<f64> for ChiSquare {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        2.0 * self.0.draw(bits)
    }
}

/// χ² of normal numbers whose means are not 0: `Generator.noncentral_chisquare`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoncentralChiSquare(Noncentral);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Noncentral {
    NotANumber,
    Central(ChiSquare),
    Shifted { rest: ChiSquare, shift: f64 },
    Mixed { df: f64, count: Poisson },
}

impl NoncentralChiSquare {
    /// `df` degrees of freedom, and the sum `nonc` of the squares of the means.
    pub fn new(df: f64, nonc: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_positive("df", df)?;
        ParameterError::unless_non_negative("nonc", nonc)?;
        Ok(Self(if nonc.is_nan() {
            Noncentral::NotANumber
        } else if nonc == 0.0 {
            Noncentral::Central(ChiSquare::unchecked(df))
        } else if 1.0 < df {
            Noncentral::Shifted { rest: ChiSquare::unchecked(df - 1.0), shift: nonc.sqrt() }
        } else {
            Noncentral::Mixed { df, count: Poisson::unchecked(nonc / 2.0) }
        }))
    }
}

impl Distribution<f64> for NoncentralChiSquare {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        match &self.0 {
            Noncentral::NotANumber => f64::NAN,
            Noncentral::Central(central) => central.draw(bits),
            Noncentral::Shifted { rest, shift } => {
                let rest = rest.draw(bits);
                let shifted = ziggurat::normal(bits) + shift;
                rest + shifted * shifted
            }
            Noncentral::Mixed { df, count } => {
                let count = count.draw(bits).wrapping_mul(2);
                ChiSquare::unchecked(df + count as f64).draw(bits)
            }
        }
    }
}

/// `Generator.f`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct F {
    over: ChiSquare,
    under: ChiSquare,
    dfnum: f64,
    dfden: f64,
}

impl F {
    /// Degrees of freedom of numerator and denominator.
    pub fn new(dfnum: f64, dfden: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_positive("dfnum", dfnum)?;
        ParameterError::unless_positive("dfden", dfden)?;
        let (over, under) = (ChiSquare::unchecked(dfnum), ChiSquare::unchecked(dfden));
        Ok(Self { over, under, dfnum, dfden })
    }
}

impl Distribution<f64> for F {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let over = self.over.draw(bits) * self.dfden;
        over / (self.under.draw(bits) * self.dfnum)
    }
}

/// `Generator.noncentral_f`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoncentralF {
    over: NoncentralChiSquare,
    under: ChiSquare,
    dfnum: f64,
    dfden: f64,
}

impl NoncentralF {
    /// Degrees of freedom of numerator and denominator, and the numerator's noncentrality.
    pub fn new(dfnum: f64, dfden: f64, nonc: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_positive("dfnum", dfnum)?;
        ParameterError::unless_positive("dfden", dfden)?;
        let over = NoncentralChiSquare::new(dfnum, nonc)?;
        Ok(Self { over, under: ChiSquare::unchecked(dfden), dfnum, dfden })
    }
}

impl Distribution<f64> for NoncentralF {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let over = self.over.draw(bits) * self.dfden;
        over / (self.under.draw(bits) * self.dfnum)
    }
}

/// Student's t: `Generator.standard_t`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandardT {
    half: f64,
    gamma: StandardGamma,
}

impl StandardT {
    /// `df` degrees of freedom.
    pub fn new(df: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_positive("df", df)?;
        let half = df / 2.0;
        Ok(Self { half, gamma: StandardGamma::<f64>::unchecked(half) })
    }
}

impl Distribution<f64> for StandardT {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let normal = ziggurat::normal(bits);
        self.half.sqrt() * normal / self.gamma.draw(bits).sqrt()
    }
}
