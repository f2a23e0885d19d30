//! What every source of random bits offers.

use std::ops::DerefMut;

use rand_core::Rng;

/// A source of random bits that hands them out as NumPy's bit generators do.
///
/// Integers come from [`rand_core::Rng`], which each generator implements: `next_u32` takes the
/// lower half of a 64-bit word and keeps the upper one for the next call (MT19937 makes 32-bit
/// words anyway), `next_u64` leaves a kept half where it is, `fill_bytes` gives the bytes of
/// `numpy.random.Generator.bytes`.
///
/// ```
/// use random::{BitGenerator, Pcg64, Rng};
///
/// let mut bits = Pcg64::new(42); // numpy.random.PCG64(42)
/// assert_eq!(bits.next_double(), 0.7739560485559633);
/// assert_eq!(bits.next_u64(), 8095878257575067585);
/// ```
pub trait BitGenerator: Rng {
    /// A number below 1, a multiple of 2⁻⁵³.
    #[inline]
    fn next_double(&mut self) -> f64 {
        double(self.next_u64())
    }

    /// A number below 1, a multiple of 2⁻²⁴.
    #[inline]
    fn next_float(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / (1_u32 << 24) as f32)
    }

    /// As many doubles as `out` holds, the same as from [`next_double`](Self::next_double) in turn.
    /// A generator that can make several at once does so here.
    #[inline]
    fn fill_doubles(&mut self, out: &mut [f64]) {
        for value in out {
            *value = self.next_double();
        }
    }

    /// The generator as it is after `words` more calls of `next_u64`, without making the words; none
    /// if it cannot leap. A kept half of a word stays kept.
    fn ahead(&self, words: u64) -> Option<Self>
    where
        Self: Sized,
    {
        let _ = words;
        None
    }

    /// Whether the next 32 bits are a kept half of a word.
    fn keeps_half(&self) -> bool {
        false
    }

    /// The next word as the generator makes it: what `random_raw` of NumPy returns.
    #[inline]
    fn next_raw(&mut self) -> u64 {
        self.next_u64()
    }
}

/// The upper 53 bits of a word as a number below 1.
#[inline]
pub(crate) fn double(word: u64) -> f64 {
    (word >> 11).cast_signed() as f64 * (1.0 / (1_u64 << 53) as f64)
}

/// References and boxes draw from what they hold.
impl<R: DerefMut<Target: BitGenerator>> BitGenerator for R {
    #[inline]
    fn next_double(&mut self) -> f64 {
        self.deref_mut().next_double()
    }

    #[inline]
    fn next_float(&mut self) -> f32 {
        self.deref_mut().next_float()
    }

    #[inline]
    fn fill_doubles(&mut self, out: &mut [f64]) {
        self.deref_mut().fill_doubles(out);
    }

    fn keeps_half(&self) -> bool {
        self.deref().keeps_half()
    }

    #[inline]
    fn next_raw(&mut self) -> u64 {
        self.deref_mut().next_raw()
    }
}

/// The traits of `rand_core` for a generator with the methods `word` (32 bits) and `long` (64 bits)
/// that can be made from a `SeedSequence`.
macro_rules! rand_core_traits {
    ($name:ident) => {
        impl rand_core::TryRng for $name {
            type Error = std::convert::Infallible;

            #[inline]
            fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
                Ok(self.word())
            }

            #[inline]
            fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
                Ok(self.long())
            }

            fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
                for bytes in out.chunks_mut(4) {
                    bytes.copy_from_slice(&self.word().to_le_bytes()[..bytes.len()]);
                }
                Ok(())
            }
        }

        /// `seed_from_u64` gives NumPy's stream of the same seed. `from_seed` takes the bytes as
        /// the little-endian words of an integer.
        impl rand_core::SeedableRng for $name {
            type Seed = [u8; 32];

            fn from_seed(seed: [u8; 32]) -> Self {
                let (words, _) = seed.as_chunks();
                let words: Vec<u32> = words.iter().map(|&word| u32::from_le_bytes(word)).collect();
                Self::from(&$crate::SeedSequence::from_words(&words))
            }

            fn seed_from_u64(seed: u64) -> Self {
                Self::new(seed.into())
            }
        }
    };
}
pub(crate) use rand_core_traits;
