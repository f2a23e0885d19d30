//! Uniform numbers by position.

use super::words::{LANES, blocks, long};
use super::{Group, LONG, SHORT, Source};
use crate::bit_generator::double;

pub(super) struct Uniforms(pub(super) Source);

impl Group<f64, LONG> for Uniforms {
    #[inline(always)]
    fn fill(&self, group: u64, out: &mut [f64; LONG]) {
        let words = long(self.0, group);
        for (out, &word) in out.iter_mut().zip(words.as_flattened()) {
            *out = double(word);
        }
    }
}

impl Group<f32, SHORT> for Uniforms {
    #[inline(always)]
    fn fill(&self, group: u64, out: &mut [f32; SHORT]) {
        let words = blocks(self.0, group * LANES as u64);
        for (out, &word) in out.iter_mut().zip(words.as_flattened()) {
            *out = (word as u32 >> 8).cast_signed() as f32 * (1.0 / (1_u32 << 24) as f32);
        }
    }
}
