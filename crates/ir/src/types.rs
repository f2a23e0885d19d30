//! Sets of element types: what an op accepts.

use std::fmt;
use std::ops::BitOr;

use memory::{DType, Kind};

/// A set of element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Types(u16);

impl Types {
    /// `bool` alone.
    pub const BOOL: Self = Self::of_kind(Kind::Bool);
    /// Signed integers.
    pub const SIGNED: Self = Self::of_kind(Kind::Signed);
    /// Unsigned integers.
    pub const UNSIGNED: Self = Self::of_kind(Kind::Unsigned);
    /// Integers of either kind.
    pub const INTEGERS: Self = Self::SIGNED.or(Self::UNSIGNED);
    /// Integers and `bool`.
    pub const BITS: Self = Self::INTEGERS.or(Self::BOOL);
    /// Floating point numbers.
    pub const FLOATS: Self = Self::of_kind(Kind::Float);
    /// float32 and float64, which have complex numbers.
    pub const WIDE_FLOATS: Self = Self::one(DType::F32).or(Self::one(DType::F64));
    /// Complex numbers.
    pub const COMPLEX: Self = Self::of_kind(Kind::Complex);
    /// Integers and floating point numbers.
    pub const REAL: Self = Self::INTEGERS.or(Self::FLOATS);
    /// All numbers; not `bool`.
    pub const NUMBERS: Self = Self::REAL.or(Self::COMPLEX);
    /// What has an order: all but complex numbers.
    pub const ORDERED: Self = Self::REAL.or(Self::BOOL);
    /// Everything.
    pub const ALL: Self = Self::NUMBERS.or(Self::BOOL);

    const fn one(dtype: DType) -> Self {
        Self(1 << dtype as u16)
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn of_kind(kind: Kind) -> Self {
        let mut set = 0;
        let mut i = 0;
        while i < DType::ALL.len() {
            if DType::ALL[i].kind() as u8 == kind as u8 {
                set |= 1 << i;
            }
            i += 1;
        }
        Self(set)
    }

    /// Whether the type is in the set.
    pub const fn contains(self, dtype: DType) -> bool {
        self.0 >> dtype as u16 & 1 == 1
    }

    /// The types, in the order of [`DType::ALL`].
    pub fn iter(self) -> impl Iterator<Item = DType> {
        DType::ALL.into_iter().filter(move |&dtype| self.contains(dtype))
    }
}

impl BitOr for Types {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

impl fmt::Display for Types {
    /// The short names with spaces between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, dtype) in self.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            write!(f, "{space}{}", dtype.short())?;
        }
        Ok(())
    }
}
