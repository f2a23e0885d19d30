//! Coefficients and constants, lowest power first. The program that found them is
//! `golden/elementary/polynomials.py`; `targets.py` beside it says what each one approximates, and where.

mod f32;
mod f64;
mod two_over_pi;

use super::element::Float;
pub(super) use two_over_pi::TWO_OVER_PI_BITS;

/// What the functions need of a format. A constant in pieces is their sum, the largest first.
pub trait Polynomials: Float {
    const LOG2_E: Self;
    const LN2: [Self; 3];
    const TWO_OVER_PI: Self;
    const HALF_PI: [Self; 3];

    /// `(exp(r) - 1 - r) / r^2`, `|r| <= ln(2) / 2`
    const EXP: &'static [Self];
    /// `(sin(r) / r - 1) / s`, `s = r^2`, `|r| <= pi / 2`
    const SIN_HALF: &'static [Self];
    /// `(sin(r) / r - 1) / s`, `s = r^2`, `|r| <= pi / 4`
    const SIN: &'static [Self];
    /// `(cos(r) - 1 + s / 2) / s^2`, `s = r^2`, `|r| <= pi / 4`
    const COS: &'static [Self];
}
