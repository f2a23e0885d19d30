//! Shares: beta and Dirichlet.

use crate::{BitGenerator, Distribution, ParameterError, StandardGamma};

/// Below this, a share is 0 or 1 for all that doubles can tell.
const TINY: f64 = 3e-103;

/// `Generator.beta`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta {
    a: f64,
    b: f64,
    gammas: (StandardGamma, StandardGamma),
}

impl Beta {
    /// Mean `a / (a + b)`.
    pub fn new(a: f64, b: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_positive("a", a)?;
        ParameterError::unless_positive("b", b)?;
        Ok(Self::unchecked(a, b))
    }

    fn unchecked(a: f64, b: f64) -> Self {
        let gamma = StandardGamma::<f64>::unchecked;
        Self { a, b, gammas: (gamma(a), gamma(b)) }
    }

    /// Jöhnk's rejection, for shapes up to 1.
    fn rejected<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let Self { a, b, .. } = *self;
        loop {
            let (u, v) = (bits.next_double(), bits.next_double());
            let (x, y) = (u.powf(1.0 / a), v.powf(1.0 / b));
            let sum = x + y;
            if !(sum <= 1.0 && u + v > 0.0) {
                continue;
            }
            if x > 0.0 && y > 0.0 {
                return x / sum;
            }
            // A power fell below the smallest double: its logarithm did not.
            let delta = u.ln() / a - v.ln() / b;
            return if delta > 0.0 {
                (-(-delta).exp().ln_1p()).exp()
            } else {
                (delta - delta.exp().ln_1p()).exp()
            };
        }
    }
}

impl Distribution<f64> for Beta {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let Self { a, b, gammas } = self;
        if *a <= 1.0 && *b <= 1.0 {
            if *a < TINY && *b < TINY {
                return f64::from((a + b) * bits.next_double() < *a);
            }
            return self.rejected(bits);
        }
        let first = gammas.0.draw(bits);
        first / (first + gammas.1.draw(bits))
    }
}

/// Shares that sum to 1: `Generator.dirichlet`.
///
/// ```
/// use random::{Dirichlet, Pcg64};
///
/// let shares = Dirichlet::new(&[1.0, 2.0, 3.0])?;
/// let mut rows = [0.0; 6]; // two draws
/// shares.fill(&mut Pcg64::new(1), &mut rows);
/// assert!((rows[..3].iter().sum::<f64>() - 1.0).abs() < 1e-15);
/// # Ok::<(), random::ParameterError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dirichlet(Shares);

#[derive(Clone, Debug, PartialEq)]
enum Shares {
    Zeros(usize),
    /// A beta for each piece but the last, and whether the stick ends there.
    Broken(Vec<(Beta, bool)>),
    Scaled(Vec<StandardGamma>),
}

impl Dirichlet {
    /// As many shares as `alpha` has values.
    pub fn new(alpha: &[f64]) -> Result<Self, ParameterError> {
        ParameterError::unless(!alpha.iter().any(|&a| a < 0.0), || "alpha < 0")?;
        // With small values all gammas may be 0, so the stick is broken piece by piece. Where a
        // value is not a number, NumPy's maximum is none either.
        if alpha.is_empty() || !alpha.iter().all(|&a| a < 0.1) {
            let gammas = alpha.iter().map(|&a| StandardGamma::<f64>::unchecked(a)).collect();
            return Ok(Self(Shares::Scaled(gammas)));
        }
        let mut rest = 0.0;
        let mut pieces = Vec::with_capacity(alpha.len());
        for &a in alpha.iter().rev() {
            pieces.push((Beta::unchecked(a, rest), rest == 0.0));
            rest += a;
        }
        pieces.reverse();
        pieces.pop();
        Ok(Self(if rest > 0.0 { Shares::Broken(pieces) } else { Shares::Zeros(alpha.len()) }))
    }

    /// How many shares a draw has.
    pub fn shares(&self) -> usize {
        match &self.0 {
            Shares::Zeros(shares) => *shares,
            Shares::Broken(pieces) => pieces.len() + 1,
            Shares::Scaled(gammas) => gammas.len(),
        }
    }

    /// Fill `out` with draws, one row of shares after the other.
    ///
    /// # Panics
    ///
    /// If `out` does not hold whole rows.
    pub fn fill<B: BitGenerator + ?Sized>(&self, bits: &mut B, out: &mut [f64]) {
        let shares = self.shares().max(1);
        assert!(out.len().is_multiple_of(shares), "{} values in rows of {shares}", out.len());
        for row in out.chunks_exact_mut(shares) {
            match &self.0 {
                Shares::Zeros(_) => row.fill(0.0),
                Shares::Broken(pieces) => broken(pieces, bits, row),
                Shares::Scaled(gammas) => scaled(gammas, bits, row),
            }
        }
    }
}

fn broken<B: BitGenerator + ?Sized>(pieces: &[(Beta, bool)], bits: &mut B, row: &mut [f64]) {
    row.fill(0.0);
    let mut left = 1.0;
    for ((beta, last), share) in pieces.iter().zip(row.iter_mut()) {
        let piece = beta.draw(bits);
        *share = left * piece;
        left *= 1.0 - piece;
        if *last {
            break;
        }
    }
    row[pieces.len()] = left;
}

fn scaled<B: BitGenerator + ?Sized>(gammas: &[StandardGamma], bits: &mut B, row: &mut [f64]) {
    let mut sum = 0.0;
    for (gamma, share) in gammas.iter().zip(row.iter_mut()) {
        *share = gamma.draw(bits);
        sum += *share;
    }
    let inverse = 1.0 / sum;
    for share in row {
        *share *= inverse;
    }
}
