//! Which of many are chosen.

use std::collections::HashSet;

use crate::binomial::compensated_sum;
use crate::integers::lemire_below;
use crate::{BitGenerator, Distribution, Integers, ParameterError};

/// The choice of indices from 0 to below a population: `Generator.choice(population, size)` in its
/// four kinds.
///
/// ```
/// use random::{Choice, Pcg64};
///
/// let mut bits = Pcg64::new(42);
/// // numpy.random.default_rng(42).choice(5, 3, replace=False)
/// assert_eq!(Choice::new(5).without_replacement().draw(&mut bits, 3)?, [4, 0, 3]);
/// let loaded = Choice::weighted(&[0.5, 0.25, 0.25])?;
/// assert_eq!(loaded.draw(&mut bits, 100)?.len(), 100);
/// # Ok::<(), random::ParameterError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    population: usize,
    weights: Option<Vec<f64>>,
    replace: bool,
    shuffle: bool,
}

impl Choice {
    /// Each index as likely as the others; an index may come up again.
    pub fn new(population: usize) -> Self {
        Self { population, weights: None, replace: true, shuffle: true }
    }

    /// Each index with its probability; an index may come up again.
    pub fn weighted(probabilities: &[f64]) -> Result<Self, ParameterError> {
        let sum = compensated_sum(probabilities);
        ParameterError::unless(!sum.is_nan(), || "Probabilities contain NaN")?;
        ParameterError::unless(
            !probabilities.iter().any(|&p| p < 0.0),
            || "Probabilities are not non-negative",
        )?;
        ParameterError::unless(
            (sum - 1.0).abs() <= f64::EPSILON.sqrt(),
            || "Probabilities do not sum to 1. See Notes section of docstring for more information.",
        )?;
        let weights = Some(probabilities.into());
        Ok(Self { population: probabilities.len(), weights, replace: true, shuffle: true })
    }

    /// Each index at most once a call.
    #[must_use]
    pub fn without_replacement(self) -> Self {
        Self { replace: false, ..self }
    }

    /// Each index at most once a call, in an order that means nothing: `shuffle=False`, which is
    /// faster.
    #[must_use]
    pub fn unordered(self) -> Self {
        Self { replace: false, shuffle: false, ..self }
    }

    /// `count` indices.
    pub fn draw<B: BitGenerator + ?Sized>(
        &self,
        bits: &mut B,
        count: usize,
    ) -> Result<Vec<i64>, ParameterError> {
        ParameterError::unless(
            self.population > 0 || count == 0,
            || "a must be a positive integer unless no samples are taken",
        )?;
        if count == 0 {
            return Ok(Vec::new());
        }
        ParameterError::unless(
            self.replace || count <= self.population,
            || "Cannot take a larger sample than population when replace is False",
        )?;
        match &self.weights {
            None if self.replace => {
                let mut indices = vec![0; count];
                Integers::new(0..self.population as i64)?.fill(bits, &mut indices);
                Ok(indices)
            }
            None => Ok(self.distinct(bits, count)),
            Some(weights) if self.replace => {
                let sums = cumulated(weights);
                Ok((0..count).map(|_| found(&sums, bits.next_double())).collect())
            }
            Some(weights) => distinct_weighted(weights, bits, count),
        }
    }

    fn distinct<B: BitGenerator + ?Sized>(&self, bits: &mut B, count: usize) -> Vec<i64> {
        let population = self.population;
        let cutoff = if self.shuffle { 50 } else { 20 };
        if population > 10_000 && count > population / cutoff {
            let mut all: Vec<i64> = (0..population as i64).collect();
            let first = population - count;
            shuffle(bits, &mut all, first.max(1));
            return all.split_off(first);
        }
        // Floyd's algorithm: an index that is taken stands for the last one.
        let mut taken = HashSet::with_capacity(count);
        let mut indices = Vec::with_capacity(count);
        for last in (population - count) as i64..population as i64 {
            let drawn = lemire_below(bits, last as u64).cast_signed();
            let index = if taken.insert(drawn) { drawn } else { last };
            taken.insert(index);
            indices.push(index);
        }
        if self.shuffle {
            shuffle(bits, &mut indices, 1);
        }
        indices
    }
}

/// Shuffle from the end down to `first`, by Lemire's method: `choice` does not shuffle as
/// `Generator.shuffle` does.
fn shuffle<B: BitGenerator + ?Sized>(bits: &mut B, items: &mut [i64], first: usize) {
    for last in (first..items.len()).rev() {
        items.swap(last, lemire_below(bits, last as u64) as usize);
    }
}

/// Draw with replacement until enough are different, without the weights of those that were found.
fn distinct_weighted<B: BitGenerator + ?Sized>(
    weights: &[f64],
    bits: &mut B,
    count: usize,
) -> Result<Vec<i64>, ParameterError> {
    let possible = weights.iter().filter(|&&weight| weight > 0.0).count();
    ParameterError::unless(possible >= count, || "Fewer non-zero entries in p than size")?;
    let mut weights = weights.to_vec();
    let mut indices: Vec<i64> = Vec::with_capacity(count);
    while indices.len() < count {
        for &index in &indices {
            weights[index as usize] = 0.0;
        }
        let sums = cumulated(&weights);
        let mut new = HashSet::new();
        for _ in indices.len()..count {
            let index = found(&sums, bits.next_double());
            if new.insert(index) {
                indices.push(index);
            }
        }
    }
    Ok(indices)
}

fn cumulated(weights: &[f64]) -> Vec<f64> {
    let mut sums = weights.to_vec();
    for at in 1..sums.len() {
        sums[at] += sums[at - 1];
    }
    let all = sums.last().copied().unwrap_or(1.0);
    for sum in &mut sums {
        *sum /= all;
    }
    sums
}

fn found(sums: &[f64], uniform: f64) -> i64 {
    sums.partition_point(|&sum| sum <= uniform) as i64
}
