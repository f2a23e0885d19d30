//! Numbers by position: counted, not carried on.

#![allow(clippy::inline_always, reason = "the width of vectors is that of the caller")]

mod exponential;
mod integers;
mod logarithm;
mod normal;
mod uniform;
mod words;

use crate::{Integer, Integers, Philox4x32, SeedSequence};
use words::LANES;

/// Random numbers whose value at a position depends on seed, draw and position alone, so that any
/// part of a result can be made on its own, by any thread and in any order.
///
/// Position p of draw d comes from Philox4x32-10 (Salmon and others, 2011) with the counter
/// (block of p, d); two words of the seed are the key, a third one is added to the highest word of
/// the counter. The blocks lie side by side in groups of 16, in the order in which vector
/// registers hold them. Every rounding is one that IEEE 754 fixes, also those of fused
/// multiplications, so the numbers are the same on every machine.
///
/// All methods are inlined, so a caller that is compiled for wider vectors gets wider vectors.
///
/// ```
/// use random::{Positional, SeedSequence};
///
/// let numbers = Positional::from(&SeedSequence::new(7));
/// let mut all = [0.0; 1000];
/// numbers.fill_normal(0, 0, &mut all);
/// let mut part = [0.0; 300];
/// numbers.fill_normal(0, 500, &mut part); // draw 0, from position 500 on
/// assert_eq!(part, all[500..800]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positional {
    key: [u32; 2],
    salt: u32,
}

impl From<&SeedSequence> for Positional {
    fn from(sequence: &SeedSequence) -> Self {
        let mut words = [0; 3];
        sequence.fill_u32(&mut words);
        let [low, high, salt] = words;
        Self { key: [low, high], salt }
    }
}

impl Positional {
    /// Words of 64 random bits.
    #[inline(always)]
    pub fn fill_words(&self, draw: u64, first: u64, out: &mut [u64]) {
        by_groups(first, out, &words::Words(self.source(draw)));
    }

    /// Uniform numbers from 0 to below 1, multiples of 2⁻⁵³ or, as `f32`, of 2⁻²⁴.
    #[inline(always)]
    pub fn fill_uniform<T: Float>(&self, draw: u64, first: u64, out: &mut [T]) {
        T::fill_uniform(self.source(draw), first, out);
    }

    /// Normal numbers of mean 0 and deviation 1, by the method of Box and Muller (1958).
    #[inline(always)]
    pub fn fill_normal<T: Float>(&self, draw: u64, first: u64, out: &mut [T]) {
        T::fill_normal(self.source(draw), first, out);
    }

    /// Exponential numbers of mean 1, by the inverse.
    #[inline(always)]
    pub fn fill_exponential<T: Float>(&self, draw: u64, first: u64, out: &mut [T]) {
        T::fill_exponential(self.source(draw), first, out);
    }

    /// Integers of a range, each as likely as the others.
    #[inline(always)]
    pub fn fill_integers<T: Integer>(
        &self,
        range: &Integers<T>,
        draw: u64,
        first: u64,
        out: &mut [T],
    ) {
        integers::fill(self.source(draw), range, first, out);
    }

    #[inline(always)]
    fn source(&self, draw: u64) -> Source {
        let high = self.salt.wrapping_add((draw >> 32) as u32);
        Source { key: self.key, draw: [draw as u32, high] }
    }
}

/// Key and upper half of the counter: all that does not depend on the position.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    key: [u32; 2],
    draw: [u32; 2],
}

impl Source {
    /// A word of its own for the `tries`-th time that the first word of a position was refused.
    fn again(self, position: u64, tries: u32) -> u64 {
        const APART: u32 = 0x7466_9a53; // any number: other keys than those of first words
        let key = [self.key[0] ^ APART, self.key[1] ^ tries];
        let counter = [position as u32, (position >> 32) as u32, self.draw[0], self.draw[1]];
        let words = Philox4x32::block(counter, key);
        u64::from(words[1]) << 32 | u64::from(words[0])
    }
}

mod sealed {
    use super::Source;

    pub trait Sealed: Sized {
        fn fill_uniform(source: Source, first: u64, out: &mut [Self]);
        fn fill_normal(source: Source, first: u64, out: &mut [Self]);
        fn fill_exponential(source: Source, first: u64, out: &mut [Self]);
    }
}

/// The types of real numbers that [`Positional`] draws: `f64` and `f32`.
pub trait Float: sealed::Sealed {}

macro_rules! float {
    ($type:ty) => {
        impl Float for $type {}
        impl sealed::Sealed for $type {
            #[inline(always)]
            fn fill_uniform(source: Source, first: u64, out: &mut [Self]) {
                by_groups(first, out, &uniform::Uniforms(source));
            }
            #[inline(always)]
            fn fill_normal(source: Source, first: u64, out: &mut [Self]) {
                by_groups(first, out, &normal::Normals(source));
            }
            #[inline(always)]
            fn fill_exponential(source: Source, first: u64, out: &mut [Self]) {
                by_groups(first, out, &exponential::Exponentials(source));
            }
        }
    };
}
float!(f64);
float!(f32);

/// Makes `N` values at once, those of positions `N * group` on.
trait Group<T, const N: usize> {
    fn fill(&self, group: u64, out: &mut [T; N]);
}

/// Numbers of 64 bits come from 16 blocks in groups of 32, those of 32 bits in groups of 64.
const LONG: usize = 2 * LANES;
const SHORT: usize = 4 * LANES;

/// The values of positions `first` on. Of the groups at both ends, only a part may be wanted.
#[inline(always)]
fn by_groups<T: Copy + Default, const N: usize>(
    first: u64,
    out: &mut [T],
    values: &impl Group<T, N>,
) {
    let count = N as u64;
    let (mut group, skipped) = (first / count, (first % count) as usize);
    let head = if skipped == 0 { 0 } else { (N - skipped).min(out.len()) };
    let (head, rest) = out.split_at_mut(head);
    let (whole, tail) = rest.as_chunks_mut::<N>();
    if !head.is_empty() {
        part(values, group, skipped, head);
        group += 1;
    }
    for out in whole {
        values.fill(group, out);
        group += 1;
    }
    if !tail.is_empty() {
        part(values, group, 0, tail);
    }
}

#[inline(never)] // twice beside the loop, it would crowd it out
fn part<T: Copy + Default, const N: usize>(
    values: &impl Group<T, N>,
    group: u64,
    skipped: usize,
    out: &mut [T],
) {
    let mut all = [T::default(); N];
    values.fill(group, &mut all);
    out.copy_from_slice(&all[skipped..skipped + out.len()]);
}
