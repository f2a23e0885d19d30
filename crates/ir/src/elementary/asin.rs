//! `asin` and `acos`: a polynomial up to 1/2, beyond it by `acos(x) = 2 asin(sqrt((1 - x) / 2))`.
//!
//! W. J. Cody and W. Waite, 1980, chapter 10. What the square root's rounding loses is put back.

use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// The arc whose sine is `|x|`, or of `sqrt((1 - |x|) / 2)` where `|x|` is at least 1/2.
pub(super) struct Arc<'e, E: Emit, T: Format> {
    pub(super) small: Mask<'e, E>,
    /// The sine.
    pub(super) sine: Lane<'e, E, T>,
    /// The arc less its sine.
    pub(super) rest: Lane<'e, E, T>,
}

impl<'e, E: Emit, T: Format> Arc<'e, E, T> {
    pub(super) fn of(x: Lane<'e, E, T>) -> Self {
        let size = x.abs();
        let half = x.of(0.5);
        let small = size.less(half);
        let z = small.select(size * size, size.fma(-half, half));
        let root = z.sqrt();
        // The smallest number keeps 0 from being divided by 0, and changes nothing else.
        let lost = (-root).fma(root, z) / (root + root + x.of(T::SMALLEST_NORMAL));
        let sine = small.select(size, root);
        let lost = small.select(x.of(0.0), lost);
        Self { small, sine, rest: (sine * z).fma(z.polynomial(T::ASIN), lost) }
    }
}

/// `base + factor * (sine + rest)`, `base` being a multiple of pi/2 in two parts.
pub(super) fn combine<'e, E: Emit, T: Format>(
    base: [Lane<'e, E, T>; 2],
    factor: Lane<'e, E, T>,
    sine: Lane<'e, E, T>,
    rest: Lane<'e, E, T>,
) -> Lane<'e, E, T> {
    let high = factor.fma(sine, base[0]);
    let low = factor.fma(sine, base[0] - high);
    high + (low + factor.fma(rest, base[1]))
}

/// `asin(x)`; common where `|x| <= 1`.
pub(super) fn fast<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> (Lane<'e, E, T>, Mask<'e, E>) {
    (exact(x), x.abs().at_most(x.of(1.0)))
}

/// `asin(x)` for any argument; NaN beyond 1.
pub(super) fn exact<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Lane<'e, E, T> {
    let arc = Arc::of(x);
    let zero = x.of(0.0);
    let [high, low] = T::HALF_PI.map(|piece| arc.small.select(zero, x.like(piece)));
    let factor = arc.small.select(x.of(1.0), x.of(-2.0));
    combine([high, low], factor, arc.sine, arc.rest).with_sign_of(x)
}
