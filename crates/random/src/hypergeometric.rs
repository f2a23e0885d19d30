//! Draws from an urn without putting back.

use crate::distribution::truncated;
use crate::logarithms::log_factorial;
use crate::shuffle::masked_below;
use crate::{BitGenerator, Distribution, ParameterError};

const MOST: i64 = 1_000_000_000;

/// How many good ones are in a sample: `Generator.hypergeometric`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hypergeometric {
    good: i64,
    bad: i64,
    sample: i64,
}

impl Hypergeometric {
    /// A sample of `nsample` from `ngood` and `nbad`.
    pub fn new(ngood: i64, nbad: i64, nsample: i64) -> Result<Self, ParameterError> {
        ParameterError::unless(
            ngood < MOST && nbad < MOST,
            || "both ngood and nbad must be less than 1000000000",
        )?;
        ParameterError::unless(ngood.saturating_add(nbad) >= nsample, || "ngood + nbad < nsample")?;
        ParameterError::unless(ngood >= 0, || "ngood < 0")?;
        ParameterError::unless(nbad >= 0, || "nbad < 0")?;
        ParameterError::unless(nsample >= 0, || "nsample < 0")?;
        Ok(Self { good: ngood, bad: nbad, sample: nsample })
    }

    fn simulated<B: BitGenerator + ?Sized>(self, bits: &mut B) -> i64 {
        let Self { good, bad, sample } = self;
        let total = good + bad;
        let complement = sample > total / 2; // what is left is the smaller sample then
        let mut draws = if complement { total - sample } else { sample };
        let (mut all_left, mut good_left) = (total, good);
        while draws > 0 && good_left > 0 && all_left > good_left {
            all_left -= 1;
            if masked_below(bits, all_left as u64).cast_signed() < good_left {
                good_left -= 1;
            }
            draws -= 1;
        }
        if all_left == good_left {
            good_left -= draws;
        }
        if complement { good_left } else { good - good_left }
    }

    /// HRUA of Stadlober's thesis (1989), a ratio of uniforms. The letters are the thesis's.
    #[allow(clippy::many_single_char_names, reason = "the letters of the paper")]
    fn ratio<B: BitGenerator + ?Sized>(self, bits: &mut B) -> i64 {
        const D1: f64 = 1.715_527_769_921_413_5; // 2 sqrt(2/e)
        const D2: f64 = 0.898_916_162_058_898_8; // 3 - 2 sqrt(3/e)
        let Self { good, bad, sample } = self;
        let total = good + bad;
        let few = sample.min(total - sample);
        let (less, more) = (good.min(bad), good.max(bad));
        let p = less as f64 / total as f64;
        let q = more as f64 / total as f64;
        let a = few as f64 * p + 0.5;
        let variance = (total - few) as f64 * few as f64 * p * q / (total - 1) as f64;
        let c = (variance + 0.5).sqrt();
        let h = D1 * c + D2;
        let m = ((few + 1) as f64 * (less + 1) as f64 / (total + 2) as f64).floor() as i64;
        let log_chance = |k: i64| {
            log_factorial(k)
                + log_factorial(less - k)
                + log_factorial(few - k)
                + log_factorial(more - few + k)
        };
        let g = log_chance(m);
        // Beyond 16 deviations nothing comes up.
        let b = ((few.min(less) + 1) as f64).min((a + 16.0 * c).floor());
        let mut count = loop {
            let u = bits.next_double();
            let v = bits.next_double();
            let x = a + h * (v - 0.5) / u;
            if x < 0.0 || x >= b {
                continue;
            }
            let k = truncated(x.floor());
            let t = g - log_chance(k);
            if u * (4.0 - u) - 3.0 <= t {
                break k;
            }
            if u * (u - t) >= 1.0 {
                continue;
            }
            if 2.0 * u.ln() <= t {
                break k;
            }
        };
        if good > bad {
            count = few - count;
        }
        if few < sample { good - count } else { count }
    }
}

impl Distribution<i64> for Hypergeometric {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        if self.sample >= 10 && self.sample <= self.good + self.bad - 10 {
            self.ratio(bits)
        } else {
            self.simulated(bits)
        }
    }
}

/// How a [`MultivariateHypergeometric`] is drawn; the numbers differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Draw {
    /// `method="marginals"`: a hypergeometric number a colour.
    #[default]
    Marginals,
    /// `method="count"`: a shuffle of all, one by one.
    Count,
}

/// How many of each colour are in a sample: `Generator.multivariate_hypergeometric`.
///
/// ```
/// use random::{Draw, MultivariateHypergeometric, Pcg64};
///
/// let urn = MultivariateHypergeometric::new(&[16, 8, 4], 6, Draw::Marginals)?;
/// let mut counts = [0; 3];
/// urn.fill(&mut Pcg64::new(1), &mut counts);
/// assert_eq!(counts.iter().sum::<i64>(), 6);
/// # Ok::<(), random::ParameterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultivariateHypergeometric {
    colors: Vec<i64>,
    total: i64,
    sample: i64,
    method: Draw,
}

impl MultivariateHypergeometric {
    /// A sample of `nsample` from an urn with so many of each colour.
    pub fn new(colors: &[i64], nsample: i64, method: Draw) -> Result<Self, ParameterError> {
        ParameterError::unless(nsample >= 0, || "nsample must be nonnegative.")?;
        ParameterError::unless(colors.iter().all(|&count| count >= 0), || {
            let most = i64::MAX;
            format!(
                "colors must be a one-dimensional sequence of nonnegative integers not exceeding \
                 {most}."
            )
        })?;
        let total = colors.iter().try_fold(0_i64, |sum, &count| sum.checked_add(count));
        let Some(total) = total else {
            return Err(ParameterError::new(format!(
                "sum(colors) must not exceed the maximum value of a 64 bit signed integer ({})",
                i64::MAX
            )));
        };
        ParameterError::unless(
            method == Draw::Count || total < MOST,
            || "When method is \"marginals\", sum(colors) must be less than 1000000000.",
        )?;
        let most = i64::MAX / 8;
        ParameterError::unless(method == Draw::Marginals || total <= most, || {
            format!("When method is 'count', sum(colors) must not exceed {most}")
        })?;
        ParameterError::unless(nsample <= total, || "nsample > sum(colors)")?;
        Ok(Self { colors: colors.into(), total, sample: nsample, method })
    }

    /// How many colours there are.
    pub fn colors(&self) -> usize {
        self.colors.len()
    }

    /// Fill `out` with draws, one row of counts after the other.
    ///
    /// # Panics
    ///
    /// If `out` does not hold whole rows.
    pub fn fill<B: BitGenerator + ?Sized>(&self, bits: &mut B, out: &mut [i64]) {
        let colors = self.colors().max(1);
        assert!(out.len().is_multiple_of(colors), "{} counts in rows of {colors}", out.len());
        out.fill(0);
        if self.total == 0 || self.sample == 0 {
            return;
        }
        // The smaller part is drawn: the sample, or what it leaves.
        let complement = self.sample > self.total / 2;
        let sample = if complement { self.total - self.sample } else { self.sample };
        let mut urn = match self.method {
            Draw::Count => self.one_by_one(),
            Draw::Marginals => Vec::new(),
        };
        for row in out.chunks_exact_mut(colors) {
            match self.method {
                Draw::Count => count(&mut urn, sample as usize, bits, row),
                Draw::Marginals => self.marginals(sample, bits, row),
            }
            if complement {
                for (drawn, &all) in row.iter_mut().zip(&self.colors) {
                    *drawn = all - *drawn;
                }
            }
        }
    }

    /// The colour of each thing in the urn.
    fn one_by_one(&self) -> Vec<usize> {
        let colors = self.colors.iter().enumerate();
        colors.flat_map(|(color, &count)| std::iter::repeat_n(color, count as usize)).collect()
    }

    fn marginals<B: BitGenerator + ?Sized>(&self, sample: i64, bits: &mut B, row: &mut [i64]) {
        let (mut left, mut others) = (sample, self.total);
        let last = row.len() - 1;
        for (drawn, &good) in row[..last].iter_mut().zip(&self.colors) {
            if left == 0 {
                return;
            }
            others -= good;
            *drawn = Hypergeometric { good, bad: others, sample: left }.draw(bits);
            left -= *drawn;
        }
        row[last] = left;
    }
}

/// Shuffle the first ones of the urn and count them. The urn stays shuffled for the next draw.
fn count<B: BitGenerator + ?Sized>(
    urn: &mut [usize],
    sample: usize,
    bits: &mut B,
    row: &mut [i64],
) {
    for at in 0..sample {
        let from = at + masked_below(bits, (urn.len() - at - 1) as u64) as usize;
        urn.swap(at, from);
        row[urn[at]] += 1;
    }
}
