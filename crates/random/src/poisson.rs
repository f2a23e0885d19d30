//! How many events fall into an interval.

use crate::distribution::truncated;
use crate::logarithms::log_gamma;
use crate::{BitGenerator, Distribution, Gamma, ParameterError};

/// NumPy's bound: below it, no count exceeds 64 bits.
const LARGEST: f64 = 9.223_372_006_484_771e18;

/// `Generator.poisson`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Poisson(Method);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Never,
    /// Uniform numbers are multiplied until they fall below e^-lam.
    Multiplied {
        least: f64,
    },
    /// Hörmann's transformed rejection (1993).
    Rejected {
        lam: f64,
        log_lam: f64,
        a: f64,
        b: f64,
        log_inverse_alpha: f64,
        squeeze: f64,
    },
}

impl Poisson {
    /// Mean `lam`.
    pub fn new(lam: f64) -> Result<Self, ParameterError> {
        ParameterError::unless(lam >= 0.0, || "lam < 0 or lam is NaN")?;
        ParameterError::unless(lam <= LARGEST, || "lam value too large")?;
        Ok(Self::unchecked(lam))
    }

    #[inline]
    pub(crate) fn unchecked(lam: f64) -> Self {
        Self(if lam >= 10.0 {
            let b = 0.931 + 2.53 * lam.sqrt();
            let inverse_alpha: f64 = 1.1239 + 1.1328 / (b - 3.4);
            Method::Rejected {
                lam,
                log_lam: lam.ln(),
                a: -0.059 + 0.02483 * b,
                b,
                log_inverse_alpha: inverse_alpha.ln(),
                squeeze: 0.9277 - 3.6224 / (b - 2.0),
            }
        } else if lam == 0.0 {
            Method::Never
        } else {
            Method::Multiplied { least: (-lam).exp() }
        })
    }
}

impl Distribution<i64> for Poisson {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        match self.0 {
            Method::Never => 0,
            Method::Multiplied { least } => {
                let mut count = 0;
                let mut product = bits.next_double();
                while product > least {
                    product *= bits.next_double();
                    count += 1;
                }
                count
            }
            Method::Rejected { lam, log_lam, a, b, log_inverse_alpha, squeeze } => loop {
                let u = bits.next_double() - 0.5;
                let v = bits.next_double();
                let us = 0.5 - u.abs();
                let count = truncated(((2.0 * a / us + b) * u + lam + 0.43).floor());
                if us >= 0.07 && v <= squeeze {
                    return count;
                }
                if count < 0 || (us < 0.013 && v > us) {
                    continue;
                }
                let left = v.ln() + log_inverse_alpha - (a / (us * us) + b).ln();
                if left <= -lam + count as f64 * log_lam - log_gamma(count as f64 + 1.0) {
                    return count;
                }
            },
        }
    }
}

/// Failures before the n-th success: `Generator.negative_binomial`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NegativeBinomial(Gamma);

impl NegativeBinomial {
    /// `n` successes, of probability `p` each. `n` need not be whole.
    pub fn new(n: f64, p: f64) -> Result<Self, ParameterError> {
        ParameterError::unless(!n.is_nan(), || "n must not be NaN")?;
        ParameterError::unless_positive("n", n)?;
        ParameterError::unless_chance("p", p)?;
        ParameterError::unless(
            !((1.0 - p) / p * (n + 10.0 * n.sqrt()) > LARGEST),
            || "n too large or p too small, see Generator.negative_binomial Notes",
        )?;
        Ok(Self(Gamma::unchecked(n, (1.0 - p) / p)))
    }
}

impl Distribution<i64> for NegativeBinomial {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        Poisson::unchecked(self.0.draw(bits)).draw(bits)
    }
}
