//! Sixteen blocks of Philox side by side.

use super::{Group, LONG, Source};

/// Blocks that are made at once: two vectors of 512 bits hold a word of each, in 64-bit lanes, as
/// the multiplication wants them.
pub(super) const LANES: usize = 16;

const ROUNDS: usize = 10;
const MULTIPLIERS: [u64; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const LOW: u64 = 0xffff_ffff;

/// The four words of blocks `first` to `first + 15`, each in the lower half of a lane. The upper
/// halves hold what is left of products.
///
/// The loops go over the lanes inside of each round: so the compiler makes vectors of them.
#[inline(always)]
pub(super) fn blocks(source: Source, first: u64) -> [[u64; LANES]; 4] {
    let (mut a, mut b) = ([0; LANES], [0; LANES]);
    for lane in 0..LANES {
        let block = first + lane as u64;
        (a[lane], b[lane]) = (block, block >> 32);
    }
    let mut c = [u64::from(source.draw[0]); LANES];
    let mut d = [u64::from(source.draw[1]); LANES];
    let mut key = source.key;
    for _ in 0..ROUNDS {
        let (one, two) = (u64::from(key[0]), u64::from(key[1]));
        for lane in 0..LANES {
            let left = MULTIPLIERS[0] * (a[lane] & LOW);
            let right = MULTIPLIERS[1] * (c[lane] & LOW);
            a[lane] = (right >> 32) ^ b[lane] ^ one;
            b[lane] = right;
            c[lane] = (left >> 32) ^ d[lane] ^ two;
            d[lane] = left;
        }
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    [a, b, c, d]
}

/// Two words of 64 bits of each block of a group: all first ones, then all second ones.
#[inline(always)]
pub(super) fn long(source: Source, group: u64) -> [[u64; LANES]; 2] {
    let [a, b, c, d] = blocks(source, group * LANES as u64);
    let mut words = [[0; LANES]; 2];
    for lane in 0..LANES {
        // The products are the lower halves: the compiler would make a dear multiplication of a
        // product that is shifted to the left.
        words[0][lane] = (b[lane] & LOW) | (a[lane] << 32);
        words[1][lane] = (d[lane] & LOW) | (c[lane] << 32);
    }
    words
}

/// Words of 64 bits as they are.
pub(super) struct Words(pub(super) Source);

impl Group<u64, LONG> for Words {
    #[inline(always)]
    fn fill(&self, group: u64, out: &mut [u64; LONG]) {
        out.copy_from_slice(long(self.0, group).as_flattened());
    }
}
