//! The ziggurat: a density cut into 256 layers of equal area, most of them hit at the first try.
//!
//! Marsaglia and Tsang, "The Ziggurat Method for Generating Random Variables", 2000, with the
//! tables and the use of bits that NumPy has, since the values must be the same.

mod exponential;
mod normal;

use crate::BitGenerator;

/// The layers of a density in double precision, for those who write the method in another language.
#[derive(Clone, Copy, Debug)]
pub struct Layers {
    /// Of each layer: below which integer a point lies under the curve for sure, and the width of one
    /// unit.
    pub layers: &'static [(u64, f64); 256],
    /// The density where each layer ends.
    pub heights: &'static [f64; 256],
    /// Where the last layer ends and the tail begins.
    pub tail: f64,
    /// What the logarithm of the tail is multiplied by.
    pub slope: f64,
}

impl Layers {
    /// Of the standard normal distribution.
    pub const NORMAL: Self = Self {
        layers: &normal::LAYERS,
        heights: &normal::HEIGHTS,
        tail: normal::TAIL,
        slope: INVERSE_TAIL,
    };
    /// Of the standard exponential distribution.
    pub const EXPONENTIAL: Self = Self {
        layers: &exponential::LAYERS,
        heights: &exponential::HEIGHTS,
        tail: exponential::TAIL,
        slope: 1.0,
    };
}

/// Standard normal, double precision.
#[inline]
pub(crate) fn normal<B: BitGenerator + ?Sized>(bits: &mut B) -> f64 {
    loop {
        let word = bits.next_u64();
        let layer = (word & 0xff) as usize;
        let negative = (word & 0x100) << 55; // the sign bit of a double
        let integer = word >> 9 & 0x000f_ffff_ffff_ffff;
        let (sure, width) = normal::LAYERS[layer];
        // Signed, since that conversion is one instruction.
        let x = f64::from_bits((integer.cast_signed() as f64 * width).to_bits() ^ negative);
        if integer < sure {
            return x; // 99 of 100
        }
        if let Some(x) = normal_edge(bits, layer, integer, x) {
            return x;
        }
    }
}

#[cold]
fn normal_edge<B: BitGenerator + ?Sized>(
    bits: &mut B,
    layer: usize,
    integer: u64,
    x: f64,
) -> Option<f64> {
    if layer > 0 {
        let (inner, outer) = (normal::HEIGHTS[layer - 1], normal::HEIGHTS[layer]);
        let height = (inner - outer) * bits.next_double() + outer;
        return (height < (-0.5 * x * x).exp()).then_some(x);
    }
    loop {
        // 1 - U, so that no logarithm of 0 is taken.
        let beyond = -INVERSE_TAIL * (-bits.next_double()).ln_1p();
        let height = -(-bits.next_double()).ln_1p();
        if height + height > beyond * beyond {
            let x = normal::TAIL + beyond;
            return Some(if integer >> 8 & 1 == 1 { -x } else { x });
        }
    }
}

/// 1 / r of the normal tail, to the bit of NumPy's constant.
const INVERSE_TAIL: f64 = 0.273_661_237_329_758_3;

/// Standard normal, single precision.
#[inline]
pub(crate) fn normal_single<B: BitGenerator + ?Sized>(bits: &mut B) -> f32 {
    loop {
        let word = bits.next_u32();
        let layer = (word & 0xff) as usize;
        let negative = (word & 0x100) << 23; // the sign bit of a float
        let integer = word >> 9;
        let (sure, width) = normal::SINGLE_LAYERS[layer];
        let x = f32::from_bits((integer.cast_signed() as f32 * width).to_bits() ^ negative);
        if integer < sure {
            return x;
        }
        if let Some(x) = normal_single_edge(bits, layer, integer, x) {
            return x;
        }
    }
}

#[cold]
fn normal_single_edge<B: BitGenerator + ?Sized>(
    bits: &mut B,
    layer: usize,
    integer: u32,
    x: f32,
) -> Option<f32> {
    if layer > 0 {
        let (inner, outer) = (normal::SINGLE_HEIGHTS[layer - 1], normal::SINGLE_HEIGHTS[layer]);
        let height = (inner - outer) * bits.next_float() + outer;
        // NumPy compares in double precision here.
        return (f64::from(height) < (-0.5 * f64::from(x) * f64::from(x)).exp()).then_some(x);
    }
    loop {
        let beyond = -(INVERSE_TAIL as f32) * (-bits.next_float()).ln_1p();
        let height = -(-bits.next_float()).ln_1p();
        if height + height > beyond * beyond {
            let x = normal::TAIL as f32 + beyond;
            return Some(if integer >> 8 & 1 == 1 { -x } else { x });
        }
    }
}

/// Standard exponential, double precision.
#[inline]
pub(crate) fn exponential<B: BitGenerator + ?Sized>(bits: &mut B) -> f64 {
    loop {
        let word = bits.next_u64();
        let layer = (word >> 3 & 0xff) as usize;
        let integer = word >> 11;
        let (sure, width) = exponential::LAYERS[layer];
        let x = integer.cast_signed() as f64 * width;
        if integer < sure {
            return x; // 98.9 of 100
        }
        if let Some(x) = exponential_edge(bits, layer, x) {
            return x;
        }
    }
}

#[cold]
fn exponential_edge<B: BitGenerator + ?Sized>(bits: &mut B, layer: usize, x: f64) -> Option<f64> {
    if layer == 0 {
        return Some(exponential::TAIL - (-bits.next_double()).ln_1p());
    }
    let (inner, outer) = (exponential::HEIGHTS[layer - 1], exponential::HEIGHTS[layer]);
    let height = (inner - outer) * bits.next_double() + outer;
    (height < (-x).exp()).then_some(x)
}

/// Standard exponential, single precision.
#[inline]
pub(crate) fn exponential_single<B: BitGenerator + ?Sized>(bits: &mut B) -> f32 {
    loop {
        let word = bits.next_u32();
        let layer = (word >> 1 & 0xff) as usize;
        let integer = word >> 9;
        let (sure, width) = exponential::SINGLE_LAYERS[layer];
        let x = integer.cast_signed() as f32 * width;
        if integer < sure {
            return x;
        }
        if let Some(x) = exponential_single_edge(bits, layer, x) {
            return x;
        }
    }
}

#[cold]
fn exponential_single_edge<B: BitGenerator + ?Sized>(
    bits: &mut B,
    layer: usize,
    x: f32,
) -> Option<f32> {
    if layer == 0 {
        return Some(exponential::TAIL as f32 - (-bits.next_float()).ln_1p());
    }
    let (inner, outer) =
        (exponential::SINGLE_HEIGHTS[layer - 1], exponential::SINGLE_HEIGHTS[layer]);
    let height = (inner - outer) * bits.next_float() + outer;
    (height < (-x).exp()).then_some(x)
}

#[cfg(test)]
mod test {
    use super::{exponential, normal};

    /// Every layer has the same area, and the heights are those of the density.
    #[test]
    fn layers_are_those_of_the_density() {
        let half = |x: f64| (-0.5 * x * x).exp();
        let decay = |x: f64| (-x).exp();
        check(&normal::LAYERS, &normal::HEIGHTS, 52, &half, normal::TAIL);
        check(&exponential::LAYERS, &exponential::HEIGHTS, 53, &decay, exponential::TAIL);
    }

    fn check(
        layers: &[(u64, f64)],
        heights: &[f64],
        bits: i32,
        density: &dyn Fn(f64) -> f64,
        tail: f64,
    ) {
        let units = 2_f64.powi(bits);
        let edge = |layer: usize| if layer == 0 { 0.0 } else { layers[layer].1 * units };
        assert!((edge(255) - tail).abs() < 1e-13);
        let area = layers[0].1 * units * density(tail);
        for layer in 0..256 {
            assert!((density(edge(layer)) - heights[layer]).abs() < 1e-13, "height {layer}");
            if layer >= 2 {
                let thick = heights[layer - 1] - heights[layer];
                assert!((edge(layer) * thick - area).abs() < 1e-12, "area {layer}");
                let sure = edge(layer - 1) / edge(layer) * units;
                assert!((layers[layer].0 as f64 - sure).abs() / sure < 1e-13, "sure {layer}");
            }
        }
    }
}
