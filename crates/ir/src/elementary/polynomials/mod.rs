//! Coefficients and constants, lowest power first. The program that found them is
//! `golden/elementary/polynomials.py`; `targets.py` beside it says what each one approximates, and where.

#[expect(clippy::unreadable_literal, reason = "digits that no one reads")]
#[expect(clippy::approx_constant, reason = "the pieces that follow depend on the first")]
mod f32;
#[expect(clippy::unreadable_literal, reason = "digits that no one reads")]
#[expect(clippy::approx_constant, reason = "the pieces that follow depend on the first")]
mod f64;
#[expect(clippy::unreadable_literal, reason = "digits that no one reads")]
mod two_over_pi;

use super::element::Float;
pub(super) use f64::{POWER_EXP2, POWER_FIRST, POWER_LOG2, POWER_SECOND, POWER_SERIES};
pub(super) use two_over_pi::TWO_OVER_PI_BITS;

/// What the functions need of a format. A constant in pieces is their sum, the largest first.
pub trait Polynomials: Float {
    const LOG2_E: Self;
    const LN2: [Self; 3];
    const LN2_PIECES: [Self; 2];
    /// Without low bits in the first piece, so that its product with an exponent is exact.
    const LN2_SHORT: [Self; 2];
    /// As [`LN2_SHORT`](Self::LN2_SHORT).
    const LOG10_2: [Self; 2];
    const LOG2_E_PIECES: [Self; 2];
    const LOG10_E: [Self; 2];
    const ONE_LESS_EULER: [Self; 2];
    /// `(log(2 pi) - 1) / 2`
    const STIRLING_CONSTANT: [Self; 2];
    const LOG_PI: [Self; 2];
    const PI: [Self; 2];
    const SQRT_HALF: Self;
    const TWO_OVER_PI: Self;
    const HALF_PI: [Self; 2];
    /// In `f64` the second piece is short, so that its product with a number of quadrants is exact.
    const HALF_PI_STEPS: [Self; 3];
    /// As [`HALF_PI_STEPS`](Self::HALF_PI_STEPS); none is negative.
    const PI_STEPS: [Self; 3];

    /// `(exp(r) - 1 - r) / r^2`, `|r| <= ln(2) / 2`
    const EXP: &'static [Self];
    /// `(2^r - 1) / r`, `|r| <= 1/2`
    const EXP2: &'static [Self];
    /// `(exp(r) - 1 - r) / r^2`, its error relative to `exp(r) - 1`
    const EXPM1: &'static [Self];
    /// `(sinh(r) / r - 1) / s`, `s = r^2`, `|r| <= ln(2) / 2`
    const SINH: &'static [Self];
    /// `(cosh(r) - 1) / s`, `s = r^2`, `|r| <= ln(2) / 2`
    const COSH: &'static [Self];
    /// `(log(1 + f) - f) / f^2`, `1 + f` from `sqrt(1/2)` to `sqrt(2)`
    const LOG: &'static [Self];
    /// The same of `log2`: `(log2(1 + f) - f log2(e)) / f^2`
    const LOG2: &'static [Self];
    /// The same of `log10`
    const LOG10: &'static [Self];
    /// `(sin(r) / r - 1) / s`, `s = r^2`, `|r| <= pi / 4`
    const SIN: &'static [Self];
    /// The same, `|r| <= pi / 2`
    const SIN_HALF: &'static [Self];
    /// `(cos(r) - 1 + s / 2) / s^2`, `s = r^2`, `|r| <= pi / 4`
    const COS: &'static [Self];
    /// `(asin(r) / r - 1) / z`, `z = r^2`, `|r| <= 1/2`
    const ASIN: &'static [Self];
    /// `(atan(r) / r - 1) / z`, `z = r^2`, `|r| <= tan(pi / 8)`
    const ATAN: &'static [Self];
    /// `erf(x) / x - 1`, a polynomial in `x^2`, `|x| <= 0.625`
    const ERF: &'static [Self];
    /// `(1 + 2 a) exp(a^2) erfc(a) - 1.25`, a polynomial in `(a - 4) / (a + 4)`, `a >= 0`
    const ERFC: &'static [Self];
    /// Its derivative, roughly
    const ERFC_SLOPE: &'static [Self];
    /// `(lgamma(2 + t) - (1 - euler) t) / t^2`, `|t| <= 1/2`
    const LGAMMA: &'static [Self];
    /// `x (lgamma(x) - (x - 1/2) log(x) + x - log(2 pi) / 2)`, a polynomial in `x^-2`, `x >= 8.4`
    const STIRLING: &'static [Self];
    /// `f^(-1/3)` from 1 to 2, to a third of the digits (`f32`: half)
    const CBRT: &'static [Self];
}
