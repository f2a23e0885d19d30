//! float16, held as its 16 bits.
//!
//! Arithmetic happens in float32 and is rounded once more. For `+ - * /` and the square root that
//! gives the correctly rounded float16, because float32 has more than twice its digits.

const SIGN: u16 = 0x8000;
const INFINITY: u16 = 0x7c00;

/// The float32 of equal value. NaN keeps its sign and payload.
pub fn to_f32(half: u16) -> f32 {
    let sign = u32::from(half & SIGN) << 16;
    let exponent = (half >> 10) & 0x1f;
    let fraction = u32::from(half & 0x3ff);
    let magnitude = match exponent {
        // Subnormals are whole multiples of 2^-24, which float32 holds exactly.
        0 => (fraction as f32 * f32::from_bits(0x3380_0000)).to_bits(),
        0x1f => 0x7f80_0000 | fraction << 13,
        _ => (u32::from(exponent) + (127 - 15)) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

/// The nearest float16, ties to even. NaN stays NaN.
pub fn from_f32(value: f32) -> u16 {
    // Every float32 is a float64, so there is one rounding here too.
    from_f64(f64::from(value))
}

/// The nearest float16, ties to even, in one rounding. NaN stays NaN and keeps the upper payload.
pub fn from_f64(value: f64) -> u16 {
    let bits = value.to_bits();
    let sign = (bits >> 48) as u16 & SIGN;
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    if exponent == 0x7ff {
        if fraction == 0 {
            return sign | INFINITY;
        }
        let payload = (fraction >> 42) as u16;
        return sign | INFINITY | if payload == 0 { 0x200 } else { payload };
    }
    // Exponent that float16 would store; at most 0 means subnormal.
    let target = exponent - 1023 + 15;
    if target >= 0x1f {
        return sign | INFINITY;
    }
    if target < -10 {
        return sign; // below half of the smallest subnormal
    }
    let (significand, drop) = if target > 0 {
        (fraction | (target as u64) << 52, 42)
    } else {
        (fraction | 1 << 52, 43 - target)
    };
    let kept = (significand >> drop) as u16;
    let rest = significand & ((1 << drop) - 1);
    let half = 1u64 << (drop - 1);
    // A carry out of the fraction raises the exponent, and the last one makes infinity.
    let up = rest > half || (rest == half && kept & 1 == 1);
    sign | (kept + u16::from(up))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Value of a float16 by its definition, in float64.
    fn defined(half: u16) -> f64 {
        let sign = if half & SIGN == 0 { 1.0 } else { -1.0 };
        let exponent = i32::from(half >> 10 & 0x1f);
        let fraction = f64::from(half & 0x3ff) / 1024.0;
        sign * match exponent {
            0 => fraction * 2f64.powi(-14),
            0x1f if half & !SIGN == INFINITY => f64::INFINITY,
            0x1f => f64::NAN,
            _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
        }
    }

    #[test]
    fn every_half_has_its_value_and_comes_back() {
        for half in 0..=u16::MAX {
            let value = to_f32(half);
            if value.is_nan() {
                assert!(defined(half).is_nan());
                assert!(to_f32(from_f32(value)).is_nan());
            } else {
                assert_eq!(f64::from(value).to_bits(), defined(half).to_bits(), "{half:04x}");
                assert_eq!(from_f32(value), half);
                assert_eq!(from_f64(f64::from(value)), half);
            }
        }
    }

    #[test]
    fn between_two_halves_the_nearer_one_is_taken_and_ties_go_to_even() {
        for half in 0..INFINITY {
            let low = defined(half);
            let next = half + 1;
            // Beyond the largest number, rounding sees the number that would come next.
            let high = if next == INFINITY { 65536.0 } else { defined(next) };
            let middle = f64::midpoint(low, high);
            let even = if half & 1 == 0 { half } else { next };
            for (value, expected) in
                [(middle.next_down(), half), (middle, even), (middle.next_up(), next)]
            {
                assert_eq!(from_f64(value), expected, "{value:e}");
                assert_eq!(from_f64(-value), expected | SIGN, "-{value:e}");
            }
            assert_eq!(from_f32(middle as f32), even);
        }
    }

    #[test]
    fn what_is_too_large_or_too_small() {
        assert_eq!(from_f64(1e300), INFINITY);
        assert_eq!(from_f64(-65520.0), INFINITY | SIGN);
        assert_eq!(from_f64(1e-300), 0);
        assert_eq!(from_f64(-0.0), SIGN);
        assert_eq!(from_f32(f32::INFINITY), INFINITY);
    }
}
