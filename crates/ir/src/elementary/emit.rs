//! Where the operations go.

use super::element::{Bits, Element, Float, Integer, Number};

/// Takes the operations of an elementary function, one at a time.
///
/// [`Scalar`](super::Scalar) computes them at once. A compiler writes them down: its `Value` is the
/// number of an operation, and [`Element::KIND`] tells the type. There are no branches and no loops, so a
/// function is the same straight line of operations for every argument.
pub trait Emit {
    /// A value of type `T`.
    type Value<T: Element>: Copy;

    /// The same value in every lane.
    fn constant<T: Element>(&self, value: T) -> Self::Value<T>;

    /// `a + b`; integers wrap.
    fn add<T: Number>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<T>;
    /// `a - b`; integers wrap.
    fn sub<T: Number>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<T>;
    /// `a * b`
    fn mul<T: Float>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<T>;
    /// `a / b`
    fn div<T: Float>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<T>;
    /// `a * b + c`, rounded once.
    fn fma<T: Float>(
        &self,
        a: Self::Value<T>,
        b: Self::Value<T>,
        c: Self::Value<T>,
    ) -> Self::Value<T>;
    /// Square root, correctly rounded.
    fn sqrt<T: Float>(&self, a: Self::Value<T>) -> Self::Value<T>;
    /// Without its sign.
    fn abs<T: Float>(&self, a: Self::Value<T>) -> Self::Value<T>;
    /// With the other sign.
    fn neg<T: Float>(&self, a: Self::Value<T>) -> Self::Value<T>;
    /// The nearest integer, halves to even.
    fn rint<T: Float>(&self, a: Self::Value<T>) -> Self::Value<T>;
    /// The integer below.
    fn floor<T: Float>(&self, a: Self::Value<T>) -> Self::Value<T>;

    /// `a < b`, false if either is not a number.
    fn less<T: Number>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<bool>;
    /// `a <= b`, false if either is not a number.
    fn at_most<T: Number>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<bool>;
    /// `a == b`, false if either is not a number.
    fn equal<T: Number>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<bool>;
    /// `a` where the mask is set, `b` elsewhere.
    fn select<T: Element>(
        &self,
        mask: Self::Value<bool>,
        a: Self::Value<T>,
        b: Self::Value<T>,
    ) -> Self::Value<T>;

    /// Bitwise and.
    fn and<T: Bits>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<T>;
    /// Bitwise or.
    fn or<T: Bits>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<T>;
    /// Bitwise exclusive or.
    fn xor<T: Bits>(&self, a: Self::Value<T>, b: Self::Value<T>) -> Self::Value<T>;
    /// `a << count`
    fn shl<T: Integer>(&self, a: Self::Value<T>, count: u32) -> Self::Value<T>;
    /// `a >> count`, copies of the sign from the left.
    fn shr<T: Integer>(&self, a: Self::Value<T>, count: u32) -> Self::Value<T>;

    /// The bits of a float as an integer of its width.
    fn to_bits<T: Float>(&self, a: Self::Value<T>) -> Self::Value<T::Int>;
    /// The float that has these bits.
    fn float_of_bits<T: Float>(&self, a: Self::Value<T::Int>) -> Self::Value<T>;
    /// An integral float as an integer. What does not fit gives any integer, but no trap.
    fn to_integer<T: Float>(&self, a: Self::Value<T>) -> Self::Value<T::Int>;
    /// An integer as a float, rounded to nearest.
    fn float_of_integer<T: Float>(&self, a: Self::Value<T::Int>) -> Self::Value<T>;
    /// The same number in the wider format.
    fn widen(&self, a: Self::Value<f32>) -> Self::Value<f64>;
    /// The nearest number of the narrower format.
    fn narrow(&self, a: Self::Value<f64>) -> Self::Value<f32>;
    /// `table[index]`; the index is always inside.
    fn lookup<T: Float>(&self, table: &'static [T], index: Self::Value<T::Int>) -> Self::Value<T>;
}
