//! Logarithms of random words, without branches.
//!
//! Fdlibm's method: a number is 2ᵏ m with m between √½ and √2, and ln m is a polynomial in
//! s = (m - 1) / (m + 1). The last bit may differ from the C library's.

const LN_2: f64 = std::f64::consts::LN_2;
const ROOT: u64 = 0x3fe6_a09e_667f_3bcd; // √½
const ROOT_SINGLE: u32 = 0x3f35_04f3;
const MANTISSA: u64 = (1 << 52) - 1;
const MANTISSA_SINGLE: u32 = (1 << 23) - 1;
const ONE: u64 = 0x3ff << 52;
const ONE_SINGLE: u32 = 0x7f << 23;

/// -ln of the uniform number from above 0 to 1 that the upper 52 bits of a word are.
#[inline(always)]
pub(super) fn minus_log(word: u64) -> f64 {
    let uniform = 2.0 - f64::from_bits(word >> 12 | ONE);
    let shifted = uniform.to_bits().wrapping_add(ONE - ROOT);
    let m = f64::from_bits((shifted & MANTISSA) + ROOT);
    // The exponent, by way of a number whose lowest bits it is: cheap in vectors of any width.
    let two_to_52 = (1_u64 << 52) as f64;
    let k = f64::from_bits(two_to_52.to_bits() | shifted >> 52) - (two_to_52 + 1023.0);
    let above = m - 1.0;
    let s = above / (2.0 + above);
    let z = s * s;
    let mut rest = 1.479_819_860_511_658_6e-1;
    for coefficient in [
        1.531_383_769_920_937_3e-1,
        1.818_357_216_161_805e-1,
        2.222_219_843_214_978_4e-1,
        2.857_142_874_366_239e-1,
        3.999_999_999_940_942e-1,
        6.666_666_666_666_735e-1,
    ] {
        rest = z.mul_add(rest, coefficient);
    }
    0.0 - k.mul_add(LN_2, s * z.mul_add(rest, 2.0))
}

/// -ln of the uniform number between 0 and 1 that the upper 31 bits of a word are, counted in
/// halves. Both ends are exact: the smallest result is 2⁻³², the largest 22.2.
#[inline(always)]
pub(super) fn minus_log_single(word: u32) -> f32 {
    const UNIT: f32 = 1.0 / (1_u32 << 31) as f32;
    let uniform = ((word >> 1).cast_signed() as f32 + 0.5) * UNIT;
    let shifted = uniform.to_bits().wrapping_add(ONE_SINGLE - ROOT_SINGLE);
    let m = f32::from_bits((shifted & MANTISSA_SINGLE) + ROOT_SINGLE);
    let k = (shifted >> 23).cast_signed() - 127;
    // Close to 1, what is missing to it has more digits than the number.
    let missing = ((!word >> 1).cast_signed() as f32 + 0.5) * UNIT;
    let above = if k == 0 { -missing } else { m - 1.0 };
    let s = above / (2.0 + above);
    let z = s * s;
    let mut rest = 0.242_790_79_f32;
    for coefficient in [0.284_987_87, 0.400_009_72, 0.666_666_6] {
        rest = z.mul_add(rest, coefficient);
    }
    0.0 - (k as f32).mul_add(LN_2 as f32, s * z.mul_add(rest, 2.0))
}
