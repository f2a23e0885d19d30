//! What every distribution can do.

use crate::BitGenerator;

/// A distribution with its parameters, ready to be drawn from.
///
/// ```
/// use random::{Distribution, Gamma, Pcg64};
///
/// let gamma = Gamma::new(2.5, 3.0)?;
/// let mut bits = Pcg64::new(1);
/// let mut out = [0.0; 3];
/// gamma.fill(&mut bits, &mut out); // numpy.random.default_rng(1).gamma(2.5, 3.0, 3)
/// let again: f64 = gamma.draw(&mut Pcg64::new(1));
/// assert_eq!(again, out[0]);
/// # Ok::<(), random::ParameterError>(())
/// ```
pub trait Distribution<T> {
    /// One value.
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> T;

    /// As many values as `out` holds, the same as from calls of [`draw`](Self::draw) in turn
    /// (but for small integers, see [`Integers`](crate::Integers)).
    #[inline]
    fn fill<B: BitGenerator + ?Sized>(&self, bits: &mut B, out: &mut [T]) {
        for value in out {
            *value = self.draw(bits);
        }
    }
}

/// A floating-point number as C casts it to an integer on x86-64: what does not fit is the lowest.
#[inline]
pub(crate) fn truncated(value: f64) -> i64 {
    let limit = (1_u64 << 63) as f64;
    if (-limit..limit).contains(&value) { value as i64 } else { i64::MIN }
}
