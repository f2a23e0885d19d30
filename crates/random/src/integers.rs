//! Integers between bounds.

use std::ops::{Bound, RangeBounds};

use crate::{BitGenerator, Distribution, ParameterError};

/// Uniform integers of a range: `Generator.integers`, for all integers of 8 to 64 bits and `bool`.
///
/// Lemire's method (2019), each width with the bits that NumPy gives it: 64-bit integers of a range
/// that fits 32 bits use 32, those of 16, 8 and 1 bit share a word of 32. The rest of a shared word
/// is forgotten at the end of a call, so [`fill`](Distribution::fill) draws other numbers than as
/// many calls of [`draw`](Distribution::draw), in NumPy as here.
///
/// ```
/// use random::{Distribution, Integers, Pcg64};
///
/// let dice = Integers::<i64>::new(1..=6)?;
/// let mut bits = Pcg64::new(42);
/// let mut rolls = [0; 5];
/// dice.fill(&mut bits, &mut rolls);
/// assert_eq!(rolls, [1, 5, 4, 3, 3]); // numpy.random.default_rng(42).integers(1, 7, 5)
/// assert!(Integers::<u8>::new(5..5).is_err());
/// # Ok::<(), random::ParameterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integers<T> {
    pub(crate) low: T,
    pub(crate) range: u64, // the highest minus the lowest
}

impl<T: Integer> Integers<T> {
    /// The integers of `range`, which may be open on either side: `..` are all of the type.
    pub fn new(range: impl RangeBounds<T>) -> Result<Self, ParameterError> {
        let low = match range.start_bound() {
            Bound::Included(&low) => low.wide(),
            Bound::Excluded(&low) => low.wide() + 1,
            Bound::Unbounded => T::LOWEST,
        };
        let high = match range.end_bound() {
            Bound::Included(&high) => high.wide(),
            Bound::Excluded(&high) => high.wide() - 1,
            Bound::Unbounded => T::HIGHEST,
        };
        ParameterError::unless(low <= high, || {
            let closed = !matches!(range.end_bound(), Bound::Excluded(_));
            match (closed, low) {
                (true, 0) => "high < 0",
                (true, _) => "low > high",
                (false, 0) => "high <= 0",
                (false, _) => "low >= high",
            }
        })?;
        Ok(Self { low: T::LOW.offset(low as u64), range: (high - low) as u64 })
    }
}

impl<T: Integer> Integers<T> {
    /// One value with the rest of a word that an earlier one left: what NumPy does where bounds
    /// are arrays.
    #[inline]
    pub fn draw_sharing<B: BitGenerator + ?Sized>(&self, bits: &mut B, shared: &mut Shared) -> T {
        self.low.offset(T::within(self.range, bits, shared))
    }
}

impl<T: Integer> Distribution<T> for Integers<T> {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> T {
        self.draw_sharing(bits, &mut Shared::default())
    }

    #[inline]
    fn fill<B: BitGenerator + ?Sized>(&self, bits: &mut B, out: &mut [T]) {
        T::fill(self.low, self.range, bits, out);
    }
}

/// What is left of a 32-bit word that several small integers are cut from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    word: u32,
    left: u32,
}

impl Shared {
    /// The next piece of so many bits, in the lowest bits of the answer.
    #[inline]
    fn next<B: BitGenerator + ?Sized>(&mut self, size: u32, bits: &mut B) -> u32 {
        if self.left == 0 {
            *self = Self { word: bits.next_u32(), left: 32 / size - 1 };
        } else {
            self.word >>= size;
            self.left -= 1;
        }
        self.word
    }
}

mod sealed {
    use super::{BitGenerator, Shared};

    /// What `Integers` needs to know of a type.
    pub trait Sealed: Copy + Default {
        const LOW: Self; // zero: offsets count from here and wrap
        const LOWEST: i128;
        const HIGHEST: i128;
        fn wide(self) -> i128;
        /// This number and so many more; wraps.
        fn offset(self, by: u64) -> Self;
        /// Numbers from `low` to `range` above it.
        #[inline]
        fn fill<B: BitGenerator + ?Sized>(low: Self, range: u64, bits: &mut B, out: &mut [Self]) {
            let mut shared = Shared::default();
            for value in out {
                *value = low.offset(Self::within(range, bits, &mut shared));
            }
        }
        /// A number from 0 to `range`.
        fn within<B: BitGenerator + ?Sized>(range: u64, bits: &mut B, shared: &mut Shared) -> u64;
    }
}

/// The types that [`Integers`] draws: `i8` to `i64`, `u8` to `u64`, and `bool`.
pub trait Integer: sealed::Sealed {}

macro_rules! integer {
    ($($type:ty, $within:ident $(, $fill:ident)?;)*) => {
        $(
            impl Integer for $type {}
            impl sealed::Sealed for $type {
                const LOW: Self = 0;
                const LOWEST: i128 = <$type>::MIN as i128;
                const HIGHEST: i128 = <$type>::MAX as i128;
                fn wide(self) -> i128 {
                    self.into()
                }
                #[inline]
                #[allow(clippy::cast_possible_wrap, reason = "offsets wrap")]
                fn offset(self, by: u64) -> Self {
                    self.wrapping_add(by as $type)
                }
                #[inline]
                fn within<B: BitGenerator + ?Sized>(
                    range: u64,
                    bits: &mut B,
                    shared: &mut Shared,
                ) -> u64 {
                    $within(range, bits, shared)
                }
                $(
                    #[inline]
                    fn fill<B: BitGenerator + ?Sized>(
                        low: Self,
                        range: u64,
                        bits: &mut B,
                        out: &mut [Self],
                    ) {
                        $fill(low, range, bits, out);
                    }
                )?
            }
        )*
    };
}
integer! {
    i64, within_64, fill_long;
    u64, within_64, fill_long;
    i32, within_32, fill_long;
    u32, within_32, fill_long;
    i16, within_16;
    u16, within_16;
    i8, within_8;
    u8, within_8;
}

impl Integer for bool {}
impl sealed::Sealed for bool {
    const LOW: Self = false;
    const LOWEST: i128 = 0;
    const HIGHEST: i128 = 1;
    fn wide(self) -> i128 {
        self.into()
    }
    #[inline]
    fn offset(self, by: u64) -> Self {
        self || by == 1
    }
    #[inline]
    fn within<B: BitGenerator + ?Sized>(range: u64, bits: &mut B, shared: &mut Shared) -> u64 {
        if range == 0 { 0 } else { u64::from(shared.next(1, bits) & 1) }
    }
}

/// As [`within_64`] one by one. The kind of range is looked at once, and each kind has a loop of its
/// own: so the state of the generator stays in registers.
#[inline]
fn fill_long<T: Integer, B: BitGenerator + ?Sized>(
    low: T,
    range: u64,
    bits: &mut B,
    out: &mut [T],
) {
    match range {
        0 => out.fill(low),
        1..0xffff_ffff => {
            let count = range as u32 + 1;
            // A division, for numbers that are needed once in `2³² / count` draws.
            let excess = (u32::MAX - range as u32) % count;
            for value in out {
                let mut product = u64::from(bits.next_u32()) * u64::from(count);
                while (product as u32) < excess {
                    product = u64::from(bits.next_u32()) * u64::from(count);
                }
                *value = low.offset(product >> 32);
            }
        }
        0xffff_ffff => {
            for value in out {
                *value = low.offset(bits.next_u32().into());
            }
        }
        u64::MAX => {
            for value in out {
                *value = low.offset(bits.next_u64());
            }
        }
        _ => {
            let count = range + 1;
            let excess = (u64::MAX - range) % count;
            for value in out {
                let mut product = u128::from(bits.next_u64()) * u128::from(count);
                while (product as u64) < excess {
                    product = u128::from(bits.next_u64()) * u128::from(count);
                }
                *value = low.offset((product >> 64) as u64);
            }
        }
    }
}

#[inline]
fn within_64<B: BitGenerator + ?Sized>(range: u64, bits: &mut B, _: &mut Shared) -> u64 {
    match range {
        0..=0xffff_ffff => within_32(range, bits, &mut Shared::default()),
        u64::MAX => bits.next_u64(),
        _ => {
            let count = range + 1;
            let mut product = u128::from(bits.next_u64()) * u128::from(count);
            if (product as u64) < count {
                // How many products would make the first results more likely than the others.
                let excess = (u64::MAX - range) % count;
                while (product as u64) < excess {
                    product = u128::from(bits.next_u64()) * u128::from(count);
                }
            }
            (product >> 64) as u64
        }
    }
}

/// A number from 0 to `range`, as for `u64`.
#[inline]
pub(crate) fn lemire_below<B: BitGenerator + ?Sized>(bits: &mut B, range: u64) -> u64 {
    within_64(range, bits, &mut Shared::default())
}

#[inline]
fn within_32<B: BitGenerator + ?Sized>(range: u64, bits: &mut B, _: &mut Shared) -> u64 {
    match range {
        0 => 0,
        0xffff_ffff => bits.next_u32().into(),
        _ => {
            let range = range as u32;
            let count = range + 1;
            let mut product = u64::from(bits.next_u32()) * u64::from(count);
            if (product as u32) < count {
                let excess = (u32::MAX - range) % count;
                while (product as u32) < excess {
                    product = u64::from(bits.next_u32()) * u64::from(count);
                }
            }
            product >> 32
        }
    }
}

#[inline]
fn within_16<B: BitGenerator + ?Sized>(range: u64, bits: &mut B, shared: &mut Shared) -> u64 {
    within_piece(16, range, bits, shared)
}

#[inline]
fn within_8<B: BitGenerator + ?Sized>(range: u64, bits: &mut B, shared: &mut Shared) -> u64 {
    within_piece(8, range, bits, shared)
}

/// Lemire's method for pieces of 8 or 16 bits.
#[inline]
fn within_piece<B: BitGenerator + ?Sized>(
    size: u32,
    range: u64,
    bits: &mut B,
    shared: &mut Shared,
) -> u64 {
    let most = (1 << size) - 1;
    let range = range as u32;
    if range == 0 {
        return 0;
    } else if range == most {
        return (shared.next(size, bits) & most).into();
    }
    let count = range + 1;
    let mut product = (shared.next(size, bits) & most) * count;
    if product & most < count {
        let excess = (most - range) % count;
        while product & most < excess {
            product = (shared.next(size, bits) & most) * count;
        }
    }
    (product >> size).into()
}
