//! Normal numbers by position: a point of the plane, by its distance and its direction.

use super::logarithm::{minus_log, minus_log_single};
use super::words::{LANES, blocks, long};
use super::{Group, LONG, SHORT, Source};

pub(super) struct Normals(pub(super) Source);

impl Group<f64, LONG> for Normals {
    #[inline(always)]
    fn fill(&self, group: u64, out: &mut [f64; LONG]) {
        let words = long(self.0, group);
        for lane in 0..LANES {
            let distance = (2.0 * minus_log(words[0][lane])).sqrt();
            let (x, y) = direction(words[1][lane]);
            out[lane] = distance * x;
            out[LANES + lane] = distance * y;
        }
    }
}

impl Group<f32, SHORT> for Normals {
    #[inline(always)]
    fn fill(&self, group: u64, out: &mut [f32; SHORT]) {
        let words = blocks(self.0, group * LANES as u64);
        for half in 0..2 {
            for lane in 0..LANES {
                let distance = (2.0 * minus_log_single(words[2 * half][lane] as u32)).sqrt();
                let (x, y) = direction_single(words[2 * half + 1][lane] as u32);
                out[2 * half * LANES + lane] = distance * x;
                out[(2 * half + 1) * LANES + lane] = distance * y;
            }
        }
    }
}

/// A point of the unit circle. The lower 62 bits say where on a quarter of it, from -45 to 45
/// degrees; of the upper two, one says whether the axes are swapped, one whether the point is
/// reflected at the origin. Sine and cosine are fdlibm's.
#[inline(always)]
fn direction(word: u64) -> (f64, f64) {
    let turn = f64::from_bits((word << 2) >> 12 | 0x3ff << 52) - 1.5;
    let x = turn * std::f64::consts::FRAC_PI_2;
    let z = x * x;
    let mut sine = 1.589_690_995_211_55e-10;
    for coefficient in [
        -2.505_076_025_340_686_3e-8,
        2.755_731_370_707_007e-6,
        -1.984_126_982_985_795e-4,
        8.333_333_333_322_49e-3,
        -1.666_666_666_666_663_2e-1,
    ] {
        sine = z.mul_add(sine, coefficient);
    }
    let sine = (x * z).mul_add(sine, x);
    let mut cosine = -1.135_964_755_778_819_5e-11;
    for coefficient in [
        2.087_572_321_298_175e-9,
        -2.755_731_435_139_066_3e-7,
        2.480_158_728_947_673e-5,
        -1.388_888_888_887_411e-3,
        4.166_666_666_666_66e-2,
        -0.5,
        1.0,
    ] {
        cosine = z.mul_add(cosine, coefficient);
    }
    let swap = (word >> 62 & 1).wrapping_neg();
    let sign = word & 1 << 63;
    let (x, y) = (cosine.to_bits(), sine.to_bits());
    let other = (x ^ y) & swap;
    (f64::from_bits(x ^ other ^ sign), f64::from_bits(y ^ other ^ sign))
}

/// As [`direction`]; the polynomials are those of Cephes.
#[inline(always)]
fn direction_single(word: u32) -> (f32, f32) {
    const UNIT: f32 = std::f32::consts::FRAC_PI_4 / (1_u32 << 31) as f32;
    let x = (word << 2).cast_signed() as f32 * UNIT;
    let z = x * x;
    let sine = -1.951_529_6e-4_f32;
    let sine = z.mul_add(z.mul_add(sine, 8.332_161e-3), -1.666_665_5e-1);
    let sine = (x * z).mul_add(sine, x);
    let cosine = 2.443_315_7e-5_f32;
    let cosine = z.mul_add(z.mul_add(cosine, -1.388_731_6e-3), 4.166_664_6e-2);
    let cosine = z.mul_add(z.mul_add(cosine, -0.5), 1.0);
    let swap = (word >> 30 & 1).wrapping_neg();
    let sign = word & 1 << 31;
    let (x, y) = (cosine.to_bits(), sine.to_bits());
    let other = (x ^ y) & swap;
    (f32::from_bits(x ^ other ^ sign), f32::from_bits(y ^ other ^ sign))
}
