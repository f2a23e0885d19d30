//! Exponential numbers by position.

use super::logarithm::{minus_log, minus_log_single};
use super::words::{LANES, blocks, long};
use super::{Group, LONG, SHORT, Source};

pub(super) struct Exponentials(pub(super) Source);

impl Group<f64, LONG> for Exponentials {
    #[inline(always)]
    fn fill(&self, group: u64, out: &mut [f64; LONG]) {
        let words = long(self.0, group);
        for (out, &word) in out.iter_mut().zip(words.as_flattened()) {
            *out = minus_log(word);
        }
    }
}

impl Group<f32, SHORT> for Exponentials {
    #[inline(always)]
    fn fill(&self, group: u64, out: &mut [f32; SHORT]) {
        let words = blocks(self.0, group * LANES as u64);
        for (out, &word) in out.iter_mut().zip(words.as_flattened()) {
            *out = minus_log_single(word as u32);
        }
    }
}
