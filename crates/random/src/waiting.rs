//! Counts with long tails: geometric, logarithmic series, zeta.

use std::hint::black_box;

use crate::distribution::truncated;
use crate::{BitGenerator, Distribution, ParameterError, ziggurat};

/// Trials up to the first success: `Generator.geometric`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Geometric {
    p: f64,
    log_failure: f64,
}

impl Geometric {
    /// Success has probability `p`.
    pub fn new(p: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_chance("p", p)?;
        Ok(Self { p, log_failure: (-p).ln_1p() })
    }
}

impl Distribution<i64> for Geometric {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        if self.p < 1.0 / 3.0 {
            let trials = (-ziggurat::exponential(bits) / self.log_failure).ceil();
            return trials as i64; // what is larger than any integer is the largest
        }
        let mut trials = 1;
        let (mut sum, mut chance) = (self.p, self.p);
        let uniform = bits.next_double();
        while uniform > sum {
            chance *= 1.0 - self.p;
            sum += chance;
            trials += 1;
        }
        trials
    }
}

/// The logarithmic series distribution: `Generator.logseries`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogSeries {
    p: f64,
    log_rest: f64,
}

impl LogSeries {
    /// Shape `p`, below 1.
    pub fn new(p: f64) -> Result<Self, ParameterError> {
        ParameterError::unless((0.0..1.0).contains(&p), || "p < 0, p >= 1 or p is NaN")?;
        Ok(Self { p, log_rest: (-p).ln_1p() })
    }
}

impl Distribution<i64> for LogSeries {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        loop {
            let v = bits.next_double();
            if v >= self.p {
                return 1;
            }
            let q = -(self.log_rest * bits.next_double()).exp_m1();
            if v <= q * q {
                let value = truncated((1.0 + v.ln() / q.ln()).floor());
                if value >= 1 && v != 0.0 {
                    return value;
                }
                continue;
            }
            return if v >= q { 1 } else { 2 };
        }
    }
}

/// Zipf's law, or the zeta distribution: `Generator.zipf`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zipf {
    decay: f64, // a - 1, infinite where all values are 1
    b: f64,
    least: f64,
}

impl Zipf {
    /// Exponent `a`, above 1.
    pub fn new(a: f64) -> Result<Self, ParameterError> {
        ParameterError::unless(a > 1.0, || "a <= 1 or a is NaN")?;
        let decay = if a >= 1025.0 { f64::INFINITY } else { a - 1.0 };
        // The compiler would make exp2 of a power of 2, whose last bit may differ.
        let b = black_box(2.0_f64).powf(decay);
        Ok(Self { decay, b, least: (i64::MAX as f64).powf(-decay) })
    }
}

impl Distribution<i64> for Zipf {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> i64 {
        let Self { decay, b, least } = *self;
        if decay.is_infinite() {
            return 1; // and no bits are used
        }
        loop {
            let uniform = bits.next_double();
            let u = uniform * least + (1.0 - uniform);
            let v = bits.next_double();
            let x = u.powf(-1.0 / decay).floor();
            if x > i64::MAX as f64 || x < 1.0 {
                continue;
            }
            let t = (1.0 + 1.0 / x).powf(decay);
            if v * x * (t - 1.0) / (b - 1.0) <= t / b {
                return truncated(x);
            }
        }
    }
}
