//! A value that remembers where its operations go, so that formulas read as formulas.

use std::fmt::{self, Debug, Formatter};
use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Sub};

use super::double::Double;
use super::element::{Bits, Element, Float, Integer, Number};
use super::emit::Emit;

/// One value of a function in the making. `x * y + z` emits a product and a sum, which round twice;
/// `x.fma(y, z)` rounds once. A number written as `f64` beside a lane must be exact in the lane's format.
pub struct Lane<'e, E: Emit, T: Element> {
    emit: &'e E,
    /// What the emitter calls it.
    pub value: E::Value<T>,
}

/// A truth value in every lane.
pub type Mask<'e, E> = Lane<'e, E, bool>;

impl<E: Emit, T: Element> Clone for Lane<'_, E, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E: Emit, T: Element> Copy for Lane<'_, E, T> {}

impl<E: Emit, T: Element> Debug for Lane<'_, E, T>
where
    E::Value<T>: Debug,
{
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.value.fmt(formatter)
    }
}

impl<'e, E: Emit, T: Element> Lane<'e, E, T> {
    /// Lets `value` take part in formulas.
    pub fn new(emit: &'e E, value: E::Value<T>) -> Self {
        Self { emit, value }
    }

    /// A constant beside this value.
    pub fn like<S: Element>(self, constant: S) -> Lane<'e, E, S> {
        Lane::new(self.emit, self.emit.constant(constant))
    }

    fn to<S: Element>(self, value: E::Value<S>) -> Lane<'e, E, S> {
        Lane::new(self.emit, value)
    }
}

impl<'e, E: Emit, T: Number> Lane<'e, E, T> {
    /// `self < other`
    pub fn less(self, other: Self) -> Mask<'e, E> {
        self.to(self.emit.less(self.value, other.value))
    }

    /// `self <= other`
    pub fn at_most(self, other: Self) -> Mask<'e, E> {
        self.to(self.emit.at_most(self.value, other.value))
    }

    /// `self == other`
    pub fn equal(self, other: Self) -> Mask<'e, E> {
        self.to(self.emit.equal(self.value, other.value))
    }

    /// The smaller; `other` unless `self` is below it, so also where one is not a number.
    pub fn smaller(self, other: Self) -> Self {
        self.less(other).select(self, other)
    }

    /// The larger; `other` unless `self` is above it, so also where one is not a number.
    pub fn larger(self, other: Self) -> Self {
        other.less(self).select(self, other)
    }
}

impl<'e, E: Emit, T: Float> Lane<'e, E, T> {
    /// A constant of this format, rounded to it.
    pub fn of(self, constant: f64) -> Self {
        self.like(T::of(constant))
    }

    /// `self * factor + addend`, rounded once.
    pub fn fma(self, factor: Self, addend: Self) -> Self {
        self.to(self.emit.fma(self.value, factor.value, addend.value))
    }

    /// Square root.
    pub fn sqrt(self) -> Self {
        self.to(self.emit.sqrt(self.value))
    }

    /// Without its sign.
    pub fn abs(self) -> Self {
        self.to(self.emit.abs(self.value))
    }

    /// The nearest integer, halves to even.
    pub fn rint(self) -> Self {
        self.to(self.emit.rint(self.value))
    }

    /// The integer below.
    pub fn floor(self) -> Self {
        self.to(self.emit.floor(self.value))
    }

    /// The bits as an integer.
    pub fn bits(self) -> Lane<'e, E, T::Int> {
        self.to(self.emit.to_bits::<T>(self.value))
    }

    /// The float of these bits.
    pub fn from_bits(bits: Lane<'e, E, T::Int>) -> Self {
        bits.to(bits.emit.float_of_bits::<T>(bits.value))
    }

    /// An integral value as an integer.
    pub fn integer(self) -> Lane<'e, E, T::Int> {
        self.to(self.emit.to_integer::<T>(self.value))
    }

    /// An integer as a float.
    pub fn from_integer(value: Lane<'e, E, T::Int>) -> Self {
        value.to(value.emit.float_of_integer::<T>(value.value))
    }

    /// `table[index]`
    pub fn lookup(table: &'static [T], index: Lane<'e, E, T::Int>) -> Self {
        index.to(index.emit.lookup::<T>(table, index.value))
    }

    /// The sign's bit alone.
    pub fn sign(self) -> Lane<'e, E, T::Int> {
        let bits = self.bits();
        bits & bits.like(T::of(-0.0).bits())
    }

    /// The sign turned where `sign` has its bit set.
    pub fn flip(self, sign: Lane<'e, E, T::Int>) -> Self {
        Self::from_bits(self.bits() ^ sign)
    }

    /// Negative where `other` is, zeros too; `self` is not negative where `other` is not.
    pub fn with_sign_of(self, other: Self) -> Self {
        Self::from_bits(self.bits() | other.sign())
    }

    /// `c[0] + c[1] x + ...`, by Horner's rule.
    pub fn polynomial(self, coefficients: &[T]) -> Self {
        let (last, rest) = coefficients.split_last().expect("a polynomial has coefficients");
        rest.iter().rev().fold(self.like(*last), |sum, c| sum.fma(self, self.like(*c)))
    }

    /// Neither infinite nor NaN.
    pub fn is_finite(self) -> Mask<'e, E> {
        self.abs().less(self.like(T::INFINITY))
    }

    /// Whether it is a number.
    pub fn is_number(self) -> Mask<'e, E> {
        self.equal(self)
    }
}

impl<'e, E: Emit> Lane<'e, E, f32> {
    /// The same number as `f64`.
    pub fn widen(self) -> Lane<'e, E, f64> {
        self.to(self.emit.widen(self.value))
    }
}

impl<'e, E: Emit> Lane<'e, E, f64> {
    /// The nearest `f32`.
    pub fn narrow(self) -> Lane<'e, E, f32> {
        self.to(self.emit.narrow(self.value))
    }
}

impl<E: Emit, T: Integer> Lane<'_, E, T> {
    /// A constant of this type.
    pub fn int(self, constant: i64) -> Self {
        self.like(T::of(constant))
    }

    /// `self << count`
    pub fn left(self, count: u32) -> Self {
        self.to(self.emit.shl(self.value, count))
    }

    /// `self >> count`, copies of the sign from the left.
    pub fn right(self, count: u32) -> Self {
        self.to(self.emit.shr(self.value, count))
    }
}

impl<'e, E: Emit> Mask<'e, E> {
    /// `a` where set, `b` elsewhere.
    pub fn select<T: Element>(self, a: Lane<'e, E, T>, b: Lane<'e, E, T>) -> Lane<'e, E, T> {
        self.to(self.emit.select(self.value, a.value, b.value))
    }

    /// The same choice between sums in two parts.
    pub(super) fn choose<T: Float>(
        self,
        a: Double<'e, E, T>,
        b: Double<'e, E, T>,
    ) -> Double<'e, E, T> {
        Double::new(self.select(a.high, b.high), self.select(a.low, b.low))
    }

    /// Set where `self` is not.
    pub fn negate(self) -> Self {
        self ^ self.like(true)
    }
}

macro_rules! operator {
    ($name:ident, $method:ident, $bound:ident, $emit:ident) => {
        impl<E: Emit, T: $bound> $name for Lane<'_, E, T> {
            type Output = Self;

            fn $method(self, other: Self) -> Self {
                self.to(self.emit.$emit(self.value, other.value))
            }
        }
    };
}

operator!(Add, add, Number, add);
operator!(Sub, sub, Number, sub);
operator!(Mul, mul, Float, mul);
operator!(Div, div, Float, div);
operator!(BitAnd, bitand, Bits, and);
operator!(BitOr, bitor, Bits, or);
operator!(BitXor, bitxor, Bits, xor);

impl<E: Emit, T: Float> Neg for Lane<'_, E, T> {
    type Output = Self;

    fn neg(self) -> Self {
        self.to(self.emit.neg(self.value))
    }
}

macro_rules! with_number {
    ($name:ident, $method:ident) => {
        impl<E: Emit, T: Float> $name<f64> for Lane<'_, E, T> {
            type Output = Self;

            fn $method(self, other: f64) -> Self {
                $name::$method(self, self.like(T::of(other)))
            }
        }
    };
}

with_number!(Add, add);
with_number!(Sub, sub);
with_number!(Mul, mul);
