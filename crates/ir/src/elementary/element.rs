//! What a value can be: two floats, the integers of their widths, and a truth value.

use std::fmt::Debug;

/// The name of an element type, for emitters that write text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// binary32
    F32,
    /// binary64
    F64,
    /// 32 bits, two's complement, wrapping
    I32,
    /// 64 bits, two's complement, wrapping
    I64,
    /// a mask's lane
    Bool,
}

/// A type of values: `f32`, `f64`, `i32`, `i64` or `bool`.
pub trait Element: Copy + Debug + PartialEq + 'static {
    /// Which of the five.
    const KIND: Kind;
}

/// What can be added and compared. The functions are what the operations mean.
pub trait Number: Element + PartialOrd {
    /// `a + b`; integers wrap.
    fn plus(self, other: Self) -> Self;
    /// `a - b`; integers wrap.
    fn minus(self, other: Self) -> Self;
}

/// Truth values and integers: bits that can be combined.
pub trait Bits: Element {
    /// Bitwise and.
    fn both(self, other: Self) -> Self;
    /// Bitwise or.
    fn either(self, other: Self) -> Self;
    /// Bitwise exclusive or.
    fn differ(self, other: Self) -> Self;
}

/// A signed integer of a float's width.
pub trait Integer: Number + Bits {
    /// The low bits of `value`.
    fn of(value: i64) -> Self;
    /// As an index, for tables.
    fn index(self) -> usize;
    /// `a << count`, zeros from the right.
    fn left(self, count: u32) -> Self;
    /// `a >> count`, copies of the sign from the left.
    fn right(self, count: u32) -> Self;
}

/// A binary format of IEEE 754.
pub trait Float: Number {
    /// The integer of the same width.
    type Int: Integer;
    /// Bits of the fraction: 23 or 52.
    const FRACTION: u32;
    /// Bits of the whole.
    const WIDTH: u32;
    /// Bias of the exponent: 127 or 1023.
    const BIAS: i64;
    /// 1.5 * 2^FRACTION: added to a number below 2^(FRACTION - 2), it leaves the nearest integer in the low bits.
    const MAGIC: Self;
    /// Infinity.
    const INFINITY: Self;
    /// Not a number.
    const NAN: Self;

    /// The nearest number of this format.
    fn of(value: f64) -> Self;
    /// Widened, which is exact.
    fn double(self) -> f64;
    /// `a * b`
    fn times(self, other: Self) -> Self;
    /// `a / b`
    fn over(self, other: Self) -> Self;
    /// `a * b + c`, rounded once.
    fn fused(self, factor: Self, addend: Self) -> Self;
    /// Square root.
    fn root(self) -> Self;
    /// Without its sign.
    fn magnitude(self) -> Self;
    /// With the other sign.
    fn opposite(self) -> Self;
    /// The nearest integer, halves to even.
    fn nearest(self) -> Self;
    /// The integer below.
    fn below(self) -> Self;
    /// The bits as an integer.
    fn bits(self) -> Self::Int;
    /// The float of these bits.
    fn from_bits(bits: Self::Int) -> Self;
    /// An integral value as an integer; anything for what does not fit.
    fn integer(self) -> Self::Int;
    /// An integer, rounded to nearest.
    fn from_integer(value: Self::Int) -> Self;
}

impl Element for bool {
    const KIND: Kind = Kind::Bool;
}

impl Bits for bool {
    fn both(self, other: Self) -> Self {
        self & other
    }
    fn either(self, other: Self) -> Self {
        self | other
    }
    fn differ(self, other: Self) -> Self {
        self ^ other
    }
}

macro_rules! format {
    ($float:ident, $int:ident, $word:ident, $kind:ident, $int_kind:ident, $fraction:literal, $bias:literal) => {
        impl Element for $int {
            const KIND: Kind = Kind::$int_kind;
        }

        impl Number for $int {
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
        }

        impl Bits for $int {
            fn both(self, other: Self) -> Self {
                self & other
            }
            fn either(self, other: Self) -> Self {
                self | other
            }
            fn differ(self, other: Self) -> Self {
                self ^ other
            }
        }

        impl Integer for $int {
            fn of(value: i64) -> Self {
                value as $int
            }
            fn index(self) -> usize {
                self as usize
            }
            fn left(self, count: u32) -> Self {
                self << count
            }
            fn right(self, count: u32) -> Self {
                self >> count
            }
        }

        impl Element for $float {
            const KIND: Kind = Kind::$kind;
        }

        impl Number for $float {
            fn plus(self, other: Self) -> Self {
                self + other
            }
            fn minus(self, other: Self) -> Self {
                self - other
            }
        }

        impl Float for $float {
            type Int = $int;
            const FRACTION: u32 = $fraction;
            const WIDTH: u32 = $word::BITS;
            const BIAS: i64 = $bias;
            const MAGIC: Self = 1.5 * (1_u64 << $fraction) as $float;
            const INFINITY: Self = $float::INFINITY;
            const NAN: Self = $float::NAN;

            fn of(value: f64) -> Self {
                value as $float
            }
            fn double(self) -> f64 {
                f64::from(self)
            }
            fn times(self, other: Self) -> Self {
                self * other
            }
            fn over(self, other: Self) -> Self {
                self / other
            }
            fn fused(self, factor: Self, addend: Self) -> Self {
                self.mul_add(factor, addend)
            }
            fn root(self) -> Self {
                self.sqrt()
            }
            fn magnitude(self) -> Self {
                self.abs()
            }
            fn opposite(self) -> Self {
                -self
            }
            fn nearest(self) -> Self {
                self.round_ties_even()
            }
            fn below(self) -> Self {
                self.floor()
            }
            fn bits(self) -> $int {
                self.to_bits().cast_signed()
            }
            fn from_bits(bits: $int) -> Self {
                $float::from_bits(bits as $word)
            }
            fn integer(self) -> $int {
                self as $int
            }
            fn from_integer(value: $int) -> Self {
                value as $float
            }
        }
    };
}

format!(f32, i32, u32, F32, I32, 23, 127);
format!(f64, i64, u64, F64, I64, 52, 1023);
