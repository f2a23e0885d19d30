//! How many of n trials succeed.

use crate::distribution::truncated;
use crate::{BitGenerator, Distribution, ParameterError};

/// `Generator.binomial`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binomial {
    n: i64,
    failures: bool, // what is counted below, since they are rarer
    method: Method,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    Never,
    Inverted(Inverted),
    Rejected(Rejected),
}

impl Binomial {
    /// `n` trials, of probability `p` each.
    pub fn new(n: i64, p: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_probability("p", p)?;
        ParameterError::unless(n >= 0, || "n < 0")?;
        Ok(Self::unchecked(n, p))
    }

    /// Also for what rounding makes of a probability, a bit above 1.
    pub(crate) fn unchecked(n: i64, p: f64) -> Self {
        let failures = !(p <= 0.5);
        let p = if failures { 1.0 - p } else { p };
        let method = if n == 0 || (!failures && p == 0.0) {
            Method::Never
        } else if p * n as f64 <= 30.0 {
            Method::Inverted(Inverted::new(n, p))
        } else {
            Method::Rejected(Rejected::new(n, p))
        };
        Self { n, failures, method }
    }
}

impl Distribution<i64> for Binomial {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        let count = match &self.method {
            Method::Never => return 0,
            Method::Inverted(inverted) => inverted.draw(self.n, bits),
            Method::Rejected(rejected) => rejected.draw(bits),
        };
        if self.failures { self.n.wrapping_sub(count) } else { count }
    }
}

/// Inversion: the probabilities are added up until they pass a uniform number.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Inverted {
    p: f64,
    q: f64,
    none: f64, // the probability of no success
    bound: i64,
}

impl Inverted {
    fn new(n: i64, p: f64) -> Self {
        let q = 1.0 - p;
        let mean = n as f64 * p;
        let far = mean + 10.0 * (mean * q + 1.0).sqrt();
        let bound = if (n as f64) < far { n as f64 } else { far };
        let none = (n as f64 * (-p).ln_1p()).exp();
        Self { p, q, none, bound: truncated(bound) }
    }

    fn draw<B: BitGenerator + ?Sized>(&self, n: i64, bits: &mut B) -> i64 {
        let mut count = 0_i64;
        let mut chance = self.none;
        let mut uniform = bits.next_double();
        while uniform > chance {
            count += 1;
            if count > self.bound {
                count = 0;
                chance = self.none;
                uniform = bits.next_double();
            } else {
                uniform -= chance;
                chance = ((n - count + 1) as f64 * self.p * chance) / (count as f64 * self.q);
            }
        }
        count
    }
}

/// BTPE of Kachitvichyanukul and Schmeiser (1988): a triangle, two parallelograms' worth of a
/// rectangle and two exponential tails over the density. The letters are the paper's.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rejected {
    n: i64,
    r: f64,
    q: f64,
    m: i64,
    p1: f64,
    p2: f64,
    p3: f64,
    p4: f64,
    xm: f64,
    xl: f64,
    xr: f64,
    c: f64,
    laml: f64,
    lamr: f64,
    nrq: f64,
}

impl Rejected {
    #[allow(clippy::many_single_char_names, reason = "the letters of the paper")]
    fn new(n: i64, p: f64) -> Self {
        let trials = n as f64;
        let r = if p < 1.0 - p { p } else { 1.0 - p };
        let q = 1.0 - r;
        let fm = trials * r + r;
        let m = truncated(fm.floor());
        let nrq = trials * r * q;
        let p1 = (2.195 * nrq.sqrt() - 4.6 * q).floor() + 0.5;
        let xm = m as f64 + 0.5;
        let xl = xm - p1;
        let xr = xm + p1;
        let c = 0.134 + 20.5 / (15.3 + m as f64);
        let slope = |a: f64| a * (1.0 + a / 2.0);
        let laml = slope((fm - xl) / (fm - xl * r));
        let lamr = slope((xr - fm) / (xr * q));
        let p2 = p1 * (1.0 + 2.0 * c);
        let p3 = p2 + c / laml;
        let p4 = p3 + c / lamr;
        Self { n, r, q, m, p1, p2, p3, p4, xm, xl, xr, c, laml, lamr, nrq }
    }

    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        loop {
            let u = bits.next_double() * self.p4;
            let v = bits.next_double();
            if !(u > self.p1) {
                return truncated((self.xm - self.p1 * v + u).floor());
            }
            if let Some((y, v)) = self.outside(u, v)
                && self.accepts(y, v)
            {
                return y;
            }
        }
    }

    /// The point and its height, if it does not fall out of the shapes around the triangle.
    fn outside(&self, u: f64, v: f64) -> Option<(i64, f64)> {
        if !(u > self.p2) {
            let x = self.xl + (u - self.p1) / self.c;
            let v = v * self.c + 1.0 - (self.m as f64 - x + 0.5).abs() / self.p1;
            (!(v > 1.0)).then(|| (truncated(x.floor()), v))
        } else if !(u > self.p3) {
            let y = truncated((self.xl + v.ln() / self.laml).floor());
            (!(y < 0 || v == 0.0)).then_some((y, v * (u - self.p2) * self.laml))
        } else {
            let y = truncated((self.xr - v.ln() / self.lamr).floor());
            (!(y > self.n || v == 0.0)).then_some((y, v * (u - self.p3) * self.lamr))
        }
    }

    /// Whether a point of this height lies below the density.
    #[allow(clippy::many_single_char_names, reason = "the letters of the paper")]
    fn accepts(&self, y: i64, v: f64) -> bool {
        let &Self { n, r, q, m, nrq, .. } = self;
        let k = (y - m).abs();
        if !(k > 20 && (k as f64) < nrq / 2.0 - 1.0) {
            let s = r / q;
            let a = s * (n + 1) as f64;
            let mut ratio = 1.0;
            for i in m + 1..=y {
                ratio *= a / i as f64 - s;
            }
            for i in y + 1..=m {
                ratio /= a / i as f64 - s;
            }
            return !(v > ratio);
        }
        let distance = k as f64;
        let rho = (distance / nrq)
            * ((distance * (distance / 3.0 + 0.625) + 0.166_666_666_666_666_66) / nrq + 0.5);
        let t = k.wrapping_neg().wrapping_mul(k) as f64 / (2.0 * nrq);
        let log = v.ln();
        if log < t - rho {
            return true;
        }
        if log > t + rho {
            return false;
        }
        let x1 = y as f64 + 1.0;
        let f1 = m as f64 + 1.0;
        let z = n as f64 + 1.0 - m as f64;
        let w = n as f64 - y as f64 + 1.0;
        let bound = self.xm * (f1 / x1).ln()
            + ((n - m) as f64 + 0.5) * (z / w).ln()
            + (y - m) as f64 * (w * r / (x1 * q)).ln()
            + stirling(f1)
            + stirling(z)
            + stirling(x1)
            + stirling(w);
        !(log > bound)
    }
}

/// The rest of Stirling's formula.
fn stirling(x: f64) -> f64 {
    let x2 = x * x;
    (13680.0 - (462.0 - (132.0 - (99.0 - 140.0 / x2) / x2) / x2) / x2) / x / 166_320.0
}

/// How often each of several outcomes comes up in n trials: `Generator.multinomial`.
///
/// ```
/// use random::{Multinomial, Pcg64};
///
/// let dice = Multinomial::new(20, &[1.0 / 6.0; 6])?;
/// let mut counts = [0; 6];
/// dice.fill(&mut Pcg64::new(1), &mut counts);
/// assert_eq!(counts.iter().sum::<i64>(), 20);
/// # Ok::<(), random::ParameterError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Multinomial {
    n: i64,
    probabilities: Vec<f64>,
}

impl Multinomial {
    /// `n` trials; the last probability is what the others leave.
    pub fn new(n: i64, probabilities: &[f64]) -> Result<Self, ParameterError> {
        ParameterError::unless(!probabilities.is_empty(), || {
            "pvals must have at least 1 dimension and the last dimension of pvals must be greater \
             than 0."
        })?;
        for &p in probabilities {
            ParameterError::unless(
                (0.0..=1.0).contains(&p),
                || "pvals < 0, pvals > 1 or pvals contains NaNs",
            )?;
        }
        let sum = compensated_sum(&probabilities[..probabilities.len() - 1]);
        ParameterError::unless(!(sum > 1.0 + 1e-12), || "sum(pvals[:-1]) > 1.0")?;
        ParameterError::unless(n >= 0, || "n < 0")?;
        Ok(Self { n, probabilities: probabilities.into() })
    }

    /// How many outcomes there are.
    pub fn outcomes(&self) -> usize {
        self.probabilities.len()
    }

    /// Fill `out` with draws, one row of counts after the other.
    ///
    /// # Panics
    ///
    /// If `out` does not hold whole rows.
    pub fn fill<B: BitGenerator + ?Sized>(&self, bits: &mut B, out: &mut [i64]) {
        let outcomes = self.outcomes();
        assert!(out.len().is_multiple_of(outcomes), "{} counts in rows of {outcomes}", out.len());
        for row in out.chunks_exact_mut(outcomes) {
            row.fill(0);
            let mut left = self.n;
            let mut rest = 1.0;
            for (count, p) in row[..outcomes - 1].iter_mut().zip(&self.probabilities) {
                *count = Binomial::unchecked(left, p / rest).draw(bits);
                left -= *count;
                if left <= 0 {
                    break;
                }
                rest -= p;
            }
            if left > 0 {
                row[outcomes - 1] = left;
            }
        }
    }
}

/// Kahan's sum, as NumPy takes it of probabilities.
pub(crate) fn compensated_sum(values: &[f64]) -> f64 {
    let Some((&first, rest)) = values.split_first() else { return 0.0 };
    let (mut sum, mut lost) = (first, 0.0);
    for value in rest {
        let term = value - lost;
        let next = sum + term;
        lost = (next - sum) - term;
        sum = next;
    }
    sum
}
