//! Computes at once.

use super::element::{Bits, Element, Float, Integer, Number};
use super::emit::Emit;

/// The instance of [`Emit`] whose values are Rust's own: what the operations mean.
#[derive(Clone, Copy, Debug)]
pub struct Scalar;

impl Emit for Scalar {
    type Value<T: Element> = T;

    #[inline]
    fn constant<T: Element>(&self, value: T) -> T {
        value
    }
    #[inline]
    fn add<T: Number>(&self, a: T, b: T) -> T {
        a.plus(b)
    }
    #[inline]
    fn sub<T: Number>(&self, a: T, b: T) -> T {
        a.minus(b)
    }
    #[inline]
    fn mul<T: Float>(&self, a: T, b: T) -> T {
        a.times(b)
    }
    #[inline]
    fn div<T: Float>(&self, a: T, b: T) -> T {
        a.over(b)
    }
    #[inline]
    fn fma<T: Float>(&self, a: T, b: T, c: T) -> T {
        a.fused(b, c)
    }
    #[inline]
    fn sqrt<T: Float>(&self, a: T) -> T {
        a.root()
    }
    #[inline]
    fn abs<T: Float>(&self, a: T) -> T {
        a.magnitude()
    }
    #[inline]
    fn neg<T: Float>(&self, a: T) -> T {
        a.opposite()
    }
    #[inline]
    fn rint<T: Float>(&self, a: T) -> T {
        a.nearest()
    }
    #[inline]
    fn floor<T: Float>(&self, a: T) -> T {
        a.below()
    }
    #[inline]
    fn less<T: Number>(&self, a: T, b: T) -> bool {
        a < b
    }
    #[inline]
    fn at_most<T: Number>(&self, a: T, b: T) -> bool {
        a <= b
    }
    #[inline]
    fn equal<T: Number>(&self, a: T, b: T) -> bool {
        a == b
    }
    #[inline]
    fn select<T: Element>(&self, mask: bool, a: T, b: T) -> T {
        if mask { a } else { b }
    }
    #[inline]
    fn and<T: Bits>(&self, a: T, b: T) -> T {
        a.both(b)
    }
    #[inline]
    fn or<T: Bits>(&self, a: T, b: T) -> T {
        a.either(b)
    }
    #[inline]
    fn xor<T: Bits>(&self, a: T, b: T) -> T {
        a.differ(b)
    }
    #[inline]
    fn shl<T: Integer>(&self, a: T, count: u32) -> T {
        a.left(count)
    }
    #[inline]
    fn shr<T: Integer>(&self, a: T, count: u32) -> T {
        a.right(count)
    }
    #[inline]
    fn to_bits<T: Float>(&self, a: T) -> T::Int {
        a.bits()
    }
    #[inline]
    fn float_of_bits<T: Float>(&self, a: T::Int) -> T {
        T::from_bits(a)
    }
    #[inline]
    fn to_integer<T: Float>(&self, a: T) -> T::Int {
        a.integer()
    }
    #[inline]
    fn float_of_integer<T: Float>(&self, a: T::Int) -> T {
        T::from_integer(a)
    }
    #[inline]
    fn widen(&self, a: f32) -> f64 {
        f64::from(a)
    }
    #[inline]
    fn narrow(&self, a: f64) -> f32 {
        a as f32
    }
    #[inline]
    fn lookup<T: Float>(&self, table: &'static [T], index: T::Int) -> T {
        table[index.index()]
    }
}
