//! One element.

use std::fmt;

use crate::{DType, Kind, half};

/// One element: a type and the bits that memory would hold.
///
/// Bits above the size of the type are zero; a complex number has its real part in the lower half.
/// Equality is that of bits: `-0.0` is not `0.0` and a NaN is itself. [`Scalar::same`] takes all NaN
/// for one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scalar {
    dtype: DType,
    bits: u128,
}

impl Scalar {
    /// These bits of this type; bits above its size are dropped.
    pub const fn from_bits(dtype: DType, bits: u128) -> Self {
        let unused = 128 - dtype.bits();
        Self { dtype, bits: bits << unused >> unused }
    }

    /// The element in the first bytes of a slice, which must be long enough.
    pub fn from_bytes(dtype: DType, bytes: &[u8]) -> Self {
        let mut image = [0; 16];
        image[..dtype.size()].copy_from_slice(&bytes[..dtype.size()]);
        Self { dtype, bits: u128::from_le_bytes(image) }
    }

    /// Write the element into the first bytes of a slice, which must be long enough.
    pub fn to_bytes(self, bytes: &mut [u8]) {
        let size = self.dtype.size();
        bytes[..size].copy_from_slice(&self.bits.to_le_bytes()[..size]);
    }

    /// Zero of a type.
    pub const fn zero(dtype: DType) -> Self {
        Self { dtype, bits: 0 }
    }

    /// An integer as a value of any type; integers wrap, floats round to nearest.
    pub fn from_i64(dtype: DType, value: i64) -> Self {
        match dtype.kind() {
            Kind::Bool => Self::from(value != 0),
            Kind::Signed | Kind::Unsigned => Self::from_bits(dtype, value as u128),
            Kind::Float if dtype == DType::F32 => Self::from(value as f32),
            Kind::Complex if dtype == DType::C64 => Self::complex32(value as f32, 0.0),
            Kind::Float | Kind::Complex => Self::from_f64(dtype, value as f64),
        }
    }

    /// A number as a value of a floating or complex type, in one rounding.
    ///
    /// # Panics
    ///
    /// When the type is neither.
    pub fn from_f64(dtype: DType, value: f64) -> Self {
        match dtype {
            DType::F16 => Self::from_bits(dtype, half::from_f64(value).into()),
            DType::F32 => Self::from(value as f32),
            DType::F64 => Self::from(value),
            DType::C64 => Self::complex32(value as f32, 0.0),
            DType::C128 => Self::complex64(value, 0.0),
            _ => panic!("{dtype} holds no floating point number"),
        }
    }

    /// A complex64.
    pub fn complex32(real: f32, imag: f32) -> Self {
        let bits = u128::from(imag.to_bits()) << 32 | u128::from(real.to_bits());
        Self { dtype: DType::C64, bits }
    }

    /// A complex128.
    pub fn complex64(real: f64, imag: f64) -> Self {
        let bits = u128::from(imag.to_bits()) << 64 | u128::from(real.to_bits());
        Self { dtype: DType::C128, bits }
    }

    /// A complex number from its parts, which have one type.
    ///
    /// # Panics
    ///
    /// When no complex type has such parts.
    pub fn from_parts(real: Self, imag: Self) -> Self {
        let dtype = real.dtype.complex().filter(|_| real.dtype == imag.dtype);
        let dtype = dtype.unwrap_or_else(|| {
            panic!("no complex type has parts of {} and {}", real.dtype, imag.dtype)
        });
        Self { dtype, bits: imag.bits << real.dtype.bits() | real.bits }
    }

    /// Type of the element.
    pub const fn dtype(self) -> DType {
        self.dtype
    }

    /// What memory would hold, above its size zero.
    pub const fn bits(self) -> u128 {
        self.bits
    }

    /// Whether a `bool` is true: whether the lowest bit is set.
    pub const fn is_true(self) -> bool {
        self.bits & 1 == 1
    }

    /// Value of an integer or `bool`, sign extended where it has one; else the bits as they are.
    pub const fn to_i64(self) -> i64 {
        match self.dtype {
            DType::I8 => self.bits as i8 as i64,
            DType::I16 => self.bits as i16 as i64,
            DType::I32 => self.bits as i32 as i64,
            _ => self.bits as i64,
        }
    }

    /// Value of an integer or `bool`, as wide as it takes to hold all of them.
    pub const fn to_i128(self) -> i128 {
        match self.dtype.kind() {
            Kind::Signed => self.to_i64() as i128,
            _ => self.bits.cast_signed(),
        }
    }

    /// Value of a real number, or the real part of a complex one. Integers beyond 2^53 round.
    pub fn to_f64(self) -> f64 {
        match self.dtype {
            DType::F16 => half::to_f32(self.bits as u16).into(),
            DType::F32 | DType::C64 => f32::from_bits(self.bits as u32).into(),
            DType::F64 | DType::C128 => f64::from_bits(self.bits as u64),
            _ => self.to_i128() as f64,
        }
    }

    /// Value as float32: float16 and float32 exactly, others rounded once.
    pub fn to_f32(self) -> f32 {
        match self.dtype {
            DType::F16 => half::to_f32(self.bits as u16),
            DType::F32 | DType::C64 => f32::from_bits(self.bits as u32),
            DType::F64 | DType::C128 => self.to_f64() as f32,
            _ => self.to_i128() as f32,
        }
    }

    /// Real part of a complex number; of another value itself.
    #[must_use]
    pub const fn real(self) -> Self {
        Self::from_bits(self.dtype.part(), self.bits)
    }

    /// Imaginary part; of a real number zero.
    #[must_use]
    pub const fn imag(self) -> Self {
        let part = self.dtype.part();
        if self.dtype.is_complex() {
            Self::from_bits(part, self.bits >> part.bits())
        } else {
            Self::zero(part)
        }
    }

    /// Whether it, or one of its parts, is not a number.
    pub fn is_nan(self) -> bool {
        match self.dtype.kind() {
            Kind::Float => self.to_f64().is_nan(),
            Kind::Complex => self.real().is_nan() || self.imag().is_nan(),
            _ => false,
        }
    }

    /// Whether both are the same element. Which NaN it is makes no difference; the sign of zero does.
    pub fn same(self, other: Self) -> bool {
        if self.dtype != other.dtype {
            return false;
        }
        if self.dtype.is_complex() {
            return self.real().same(other.real()) && self.imag().same(other.imag());
        }
        self.bits == other.bits || (self.is_nan() && other.is_nan())
    }
}

macro_rules! from {
    ($($from:ty => $dtype:ident, $bits:expr;)*) => {$(
        impl From<$from> for Scalar {
            fn from(value: $from) -> Self {
                let bits: fn($from) -> u128 = $bits;
                Self::from_bits(DType::$dtype, bits(value))
            }
        }
    )*};
}

from! {
    bool => Bool, u128::from;
    i8 => I8, |value| value as u128;
    i16 => I16, |value| value as u128;
    i32 => I32, |value| value as u128;
    i64 => I64, |value| value as u128;
    u8 => U8, u128::from;
    u16 => U16, u128::from;
    u32 => U32, u128::from;
    u64 => U64, u128::from;
    f32 => F32, |value| value.to_bits().into();
    f64 => F64, |value| value.to_bits().into();
}

impl fmt::Display for Scalar {
    /// The value alone: `-3`, `0.1`, `true`, `(1.0, -inf)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dtype {
            DType::Bool => write!(f, "{}", self.is_true()),
            DType::F16 | DType::F32 => write!(f, "{:?}", self.to_f32()),
            DType::F64 => write!(f, "{:?}", self.to_f64()),
            DType::C64 | DType::C128 => write!(f, "({}, {})", self.real(), self.imag()),
            _ => write!(f, "{}", self.to_i128()),
        }
    }
}

impl fmt::Debug for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}{}", self.dtype.short())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_survives_memory() {
        let mut memory = [0xee; 16];
        for dtype in DType::ALL {
            let scalar = Scalar::from_i64(dtype, 1);
            scalar.to_bytes(&mut memory);
            assert_eq!(Scalar::from_bytes(dtype, &memory), scalar);
            assert_eq!(scalar.to_f64().to_bits(), 1f64.to_bits());
        }
    }

    #[test]
    fn integers_wrap_and_keep_their_sign() {
        assert_eq!(Scalar::from_i64(DType::I8, 300).to_i64(), 44);
        assert_eq!(Scalar::from_i64(DType::U8, -1).to_i64(), 255);
        assert_eq!(Scalar::from(-5i16).to_i64(), -5);
        assert_eq!(Scalar::from(u64::MAX).to_i128(), i128::from(u64::MAX));
    }

    #[test]
    fn parts_make_the_whole() {
        let whole = Scalar::complex32(1.5, -0.0);
        assert_eq!(Scalar::from_parts(whole.real(), whole.imag()), whole);
        assert_eq!(whole.to_string(), "(1.5, -0.0)");
        let whole = Scalar::complex64(f64::NAN, -2.0);
        assert_eq!(Scalar::from_parts(whole.real(), whole.imag()), whole);
        assert!(whole.is_nan());
    }

    #[test]
    fn all_nan_are_the_same_and_zeros_are_not() {
        let (quiet, other) = (f64::NAN, f64::from_bits(0x7ff8_0000_0000_0001));
        assert_ne!(Scalar::from(quiet), Scalar::from(other));
        assert!(Scalar::from(quiet).same(Scalar::from(-other)));
        assert!(!Scalar::from(0.0).same(Scalar::from(-0.0)));
        assert!(!Scalar::from(0.0).same(Scalar::from(0.0f32)));
        assert!(Scalar::complex64(quiet, 1.0).same(Scalar::complex64(other, 1.0)));
        assert!(!Scalar::complex64(quiet, 1.0).same(Scalar::complex64(other, 2.0)));
    }
}
