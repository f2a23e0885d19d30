//! An angle as a multiple of pi/2 and a part of at most pi/4.
//!
//! Up to some size by three constants (Cody and Waite, 1980, chapter 8), each product fused, the first
//! difference exact; beyond it by [`payne_hanek`](super::payne_hanek).

use super::double::Double;
use super::emit::Emit;
use super::format::Format;
use super::lane::{Lane, Mask};

/// `x = quadrant pi/2 + part + tail`, the quadrant modulo 4.
#[expect(missing_debug_implementations, reason = "lives inside one function")]
pub struct Angle<'e, E: Emit, T: Format> {
    pub(super) part: Lane<'e, E, T>,
    pub(super) tail: Lane<'e, E, T>,
    pub(super) quadrant: Lane<'e, E, T::Int>,
}

/// Whether [`usual`] is good enough.
pub(super) fn is_usual<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Mask<'e, E> {
    x.abs().at_most(x.of(T::ANGLE_USUAL))
}

/// For angles that are not huge.
pub(super) fn usual<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Angle<'e, E, T> {
    reduce(x, T::CAREFUL)
}

/// The same, with the tail in both formats.
pub(super) fn usual_with_tail<'e, E: Emit, T: Format>(x: Lane<'e, E, T>) -> Angle<'e, E, T> {
    reduce(x, true)
}

fn reduce<'e, E: Emit, T: Format>(x: Lane<'e, E, T>, careful: bool) -> Angle<'e, E, T> {
    let magic = x.fma(x.like(T::TWO_OVER_PI), x.like(T::MAGIC));
    let k = magic - x.like(T::MAGIC);
    let [high, middle, low] = T::HALF_PI_STEPS.map(|piece| x.like(piece));
    let quadrant = magic.bits();
    let first = (-k).fma(high, x); // exact
    if careful {
        // In f64 the middle piece is short and this product exact.
        let product = k * middle;
        let second = first - product;
        let lost = (first - second) - product;
        let lost = if T::CAREFUL { lost } else { lost - k.fma(middle, -product) };
        Angle { part: second, tail: (-k).fma(low, lost), quadrant }
    } else {
        let part = (-k).fma(low, (-k).fma(middle, first));
        Angle { part, tail: x.of(0.0), quadrant }
    }
}

/// For any angle, whose `usual` angle is known; NaN where it is infinite.
pub(super) fn any<'e, E: Emit, T: Format>(
    x: Lane<'e, E, T>,
    usual: &Angle<'e, E, T>,
) -> Angle<'e, E, T> {
    let (usual_here, huge) = (is_usual(x), T::huge_angle(x));
    Angle {
        part: usual_here.select(usual.part, huge.part),
        tail: usual_here.select(usual.tail, huge.tail),
        quadrant: usual_here.select(usual.quadrant, huge.quadrant),
    }
}

impl<'e, E: Emit, T: Format> Angle<'e, E, T> {
    /// Sine of the part alone.
    pub(super) fn sine(&self) -> Lane<'e, E, T> {
        let (r, s) = (self.part, self.part * self.part);
        let p = s.polynomial(T::SIN) * s;
        if T::CAREFUL { p.fma(r, self.tail) + r } else { p.fma(r, r) }
    }

    /// Cosine of the part alone.
    pub(super) fn cosine(&self) -> Lane<'e, E, T> {
        let (r, s) = (self.part, self.part * self.part);
        let q = s.polynomial(T::COS);
        if T::CAREFUL {
            // 1 - s/2, and what its rounding lost.
            let near = s.fma(s.of(-0.5), s.of(1.0));
            let lost = s.fma(s.of(-0.5), s.of(1.0) - near);
            (s * s).fma(q, (-r).fma(self.tail, lost)) + near
        } else {
            q.fma(s, s.of(-0.5)).fma(s, s.of(1.0))
        }
    }

    /// Sine and cosine of the part with its tail, each in two parts.
    pub(super) fn both(&self) -> (Double<'e, E, T>, Double<'e, E, T>) {
        let (r, s) = (self.part, self.part * self.part);
        let sine = (r * s).fma(s.polynomial(T::SIN), self.tail);
        let near = s.fma(s.of(-0.5), s.of(1.0));
        let lost = s.fma(s.of(-0.5), s.of(1.0) - near);
        let cosine = (s * s).fma(s.polynomial(T::COS), (-r).fma(self.tail, lost));
        (Double::new(r, sine).tidy(), Double::new(near, cosine).tidy())
    }

    /// The sine of the whole, in the `quadrant` given, and with its sign turned by `sign`'s highest bit.
    pub(super) fn sine_in(
        &self,
        quadrant: Lane<'e, E, T::Int>,
        sign: Lane<'e, E, T::Int>,
    ) -> Lane<'e, E, T> {
        let odd = quadrant & quadrant.int(1);
        let value = odd.equal(odd.int(0)).select(self.sine(), self.cosine());
        // The quadrant's second bit, moved to the sign's place.
        let turn = quadrant.left(T::WIDTH - 2) ^ sign;
        value.flip(turn & turn.like(T::of(-0.0).bits()))
    }
}
