//! What differs between the two formats beside their coefficients.

use super::angle::Angle;
use super::element::Float;
use super::emit::Emit;
use super::lane::Lane;
use super::log::Split;
use super::polynomials::Polynomials;
use super::pow::{self, Power};

/// `f32` or `f64`.
pub trait Format: Float + Polynomials {
    /// Whether there is time to carry the rounding errors of a reduced argument along: in `f64`, which
    /// moves half as many numbers through memory in the same time.
    const CAREFUL: bool;
    /// The smallest number that is not subnormal.
    const SMALLEST_NORMAL: f64;
    /// Below this in magnitude, `exp(x)` is neither subnormal nor infinite.
    const EXP_USUAL: f64;
    /// `exp` is 0 below the first and infinite above the second.
    const EXP_ENDS: (f64, f64);
    /// Up to this magnitude three constants reduce an angle well enough.
    const ANGLE_USUAL: f64;

    /// Numbers up to this, and down to its inverse, have squares and quotients that are normal.
    const SIZE_USUAL: f64;
    /// tan(pi/8), and tan(3 pi/8), where one way to a quotient gives way to another: any number nearby.
    const TAN_EIGHTH: f64 = 0.414_184_570_312_5;
    /// See [`TAN_EIGHTH`](Self::TAN_EIGHTH).
    const TAN_THREE_EIGHTHS: f64 = 2.414_062_5;

    /// `erf` is 1 and `erfc` is 0 beyond these; `erfc` is normal up to the third.
    const ERF_ENDS: (f64, f64, f64);

    /// Up to this, and from its inverse, `lgamma` needs no care at its ends.
    const LGAMMA_USUAL: f64;

    /// `x^y` of a positive `x`.
    fn power<'e, E: Emit>(x: &Split<'e, E, Self>, y: Lane<'e, E, Self>) -> Power<'e, E, Self>;

    /// `x - k pi/2` for any finite `x`: the part with its tail, and `k` modulo 4.
    fn huge_angle<E: Emit>(x: Lane<'_, E, Self>) -> Angle<'_, E, Self>;
}

impl Format for f32 {
    const CAREFUL: bool = false;
    const SMALLEST_NORMAL: f64 = f32::MIN_POSITIVE as f64;
    const EXP_USUAL: f64 = 87.0;
    const EXP_ENDS: (f64, f64) = (-110.0, 89.0);
    const ANGLE_USUAL: f64 = 131_072.0;
    const SIZE_USUAL: f64 = (1_u64 << 50) as f64;
    const ERF_ENDS: (f64, f64, f64) = (4.0, 10.6, 9.0);
    const LGAMMA_USUAL: f64 = 1e30;

    fn power<'e, E: Emit>(x: &Split<'e, E, Self>, y: Lane<'e, E, Self>) -> Power<'e, E, Self> {
        pow::narrow(x, y)
    }

    fn huge_angle<E: Emit>(x: Lane<'_, E, Self>) -> Angle<'_, E, Self> {
        let wide = super::payne_hanek::reduce(x.widen());
        let part = wide.part.narrow();
        let tail = (wide.part - part.widen()).narrow();
        // The quadrant is between -4 and 4.
        let quadrant = Lane::<E, f64>::from_integer(wide.quadrant).narrow().integer();
        Angle { part, tail, quadrant }
    }
}

impl Format for f64 {
    const CAREFUL: bool = true;
    const SMALLEST_NORMAL: f64 = f64::MIN_POSITIVE;
    const EXP_USUAL: f64 = 708.0;
    const EXP_ENDS: (f64, f64) = (-750.0, 710.0);
    const ANGLE_USUAL: f64 = 1_048_576.0;
    const SIZE_USUAL: f64 = f64::from_bits((1023 + 400) << 52);
    const ERF_ENDS: (f64, f64, f64) = (6.0, 28.0, 26.0);
    const LGAMMA_USUAL: f64 = 1e300;

    fn power<'e, E: Emit>(x: &Split<'e, E, Self>, y: Lane<'e, E, Self>) -> Power<'e, E, Self> {
        pow::wide(x, y)
    }

    fn huge_angle<E: Emit>(x: Lane<'_, E, Self>) -> Angle<'_, E, Self> {
        super::payne_hanek::reduce(x)
    }
}
