//! Sums of two numbers, the second far smaller: twice the precision where one is not enough.
//!
//! T. J. Dekker, "A floating-point technique for extending the available precision" (1971); D. E. Knuth,
//! "The Art of Computer Programming" volume 2, 4.2.2; products by `fma`.

use super::element::Float;
use super::emit::Emit;
use super::lane::Lane;

/// `high + low`, `|low|` at most about an ulp of `high`.
pub(super) struct Double<'e, E: Emit, T: Float> {
    pub(super) high: Lane<'e, E, T>,
    pub(super) low: Lane<'e, E, T>,
}

impl<E: Emit, T: Float> Clone for Double<'_, E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: Emit, T: Float> Copy for Double<'_, E, T> {}

impl<'e, E: Emit, T: Float> Double<'e, E, T> {
    pub(super) fn new(high: Lane<'e, E, T>, low: Lane<'e, E, T>) -> Self {
        Self { high, low }
    }

    /// `a + b` exactly (Knuth).
    pub(super) fn sum(a: Lane<'e, E, T>, b: Lane<'e, E, T>) -> Self {
        let high = a + b;
        let from_b = high - a;
        Self { high, low: (a - (high - from_b)) + (b - from_b) }
    }

    /// `a + b` exactly, where `|a| >= |b|` or `a` is 0 (Dekker).
    pub(super) fn ordered_sum(a: Lane<'e, E, T>, b: Lane<'e, E, T>) -> Self {
        let high = a + b;
        Self { high, low: b - (high - a) }
    }

    /// `a * b` exactly.
    pub(super) fn product(a: Lane<'e, E, T>, b: Lane<'e, E, T>) -> Self {
        let high = a * b;
        Self { high, low: a.fma(b, -high) }
    }

    /// `a / b` to twice the precision, nearly; one division.
    pub(super) fn quotient(a: Self, b: Self) -> Self {
        let inverse = b.high.like(T::of(1.0)) / b.high;
        let high = a.high * inverse;
        let rest = (-high).fma(b.high, a.high) + (-high).fma(b.low, a.low);
        Self { high, low: rest * inverse }
    }

    /// Square root of a sum whose parts do not overlap; 0 of 0.
    pub(super) fn root(x: Self) -> Self {
        let high = x.high.sqrt();
        // The smallest number keeps 0 from being divided by 0, and changes nothing else.
        let twice = high + high + high.of(f64::from(f32::MIN_POSITIVE));
        Self { high, low: ((-high).fma(high, x.high) + x.low) / twice }
    }

    /// `x^2 (c[0] + c[1] x + ...)`, better than to the last place by the size of `c[1] x / c[0]`.
    pub(super) fn square_times(x: Lane<'e, E, T>, coefficients: &[T]) -> Self {
        let (first, others) = coefficients.split_first().expect("a polynomial has coefficients");
        let first = x.like(*first);
        let square = Self::product(x, x);
        let lead = Self::product(square.high, first);
        let low = square.low.fma(first, lead.low);
        Self { high: lead.high, low: square.high.fma(x * x.polynomial(others), low) }
    }

    /// `self * other`, but for terms below the last bit.
    pub(super) fn times(self, other: Self) -> Self {
        let whole = Self::product(self.high, other.high);
        let low = self.high.fma(other.low, self.low.fma(other.high, whole.low));
        Self { high: whole.high, low }
    }

    /// `self + other`, where `self` is the larger.
    pub(super) fn plus(self, other: Self) -> Self {
        let whole = Self::ordered_sum(self.high, other.high);
        Self { high: whole.high, low: whole.low + (self.low + other.low) }
    }

    /// The two parts made to overlap no more.
    pub(super) fn tidy(self) -> Self {
        Self::ordered_sum(self.high, self.low)
    }

    /// Rounded to one number.
    pub(super) fn round(self) -> Lane<'e, E, T> {
        self.high + self.low
    }
}
