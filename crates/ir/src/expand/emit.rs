//! Functions as operations of a kernel.

use std::any::Any;

use memory::{DType, Scalar};

use crate::elementary::{Bits, Element, Emit, Float, Integer, Kind, Number};
use crate::writer::Writer;
use crate::{Op, Table, Value};

fn same(writer: &Writer<'_>, op: Op, operands: &[Value]) -> Value {
    writer.op(op, writer.dtype(operands[0]), operands)
}

fn shift<T: Integer>(writer: &Writer<'_>, op: Op, value: Value, count: u32) -> Value {
    let count = writer.constant(T::of(count.into()));
    same(writer, op, &[value, count])
}

fn dtype<T: Element>() -> DType {
    match T::KIND {
        Kind::F32 => DType::F32,
        Kind::F64 => DType::F64,
        Kind::I32 => DType::I32,
        Kind::I64 => DType::I64,
        Kind::Bool => DType::Bool,
    }
}

/// The five types of elements are types of scalars.
fn scalar<T: Element>(value: T) -> Scalar {
    let value: &dyn Any = &value;
    let found = None
        .or_else(|| value.downcast_ref::<f32>().map(|&it| Scalar::from(it)))
        .or_else(|| value.downcast_ref::<f64>().map(|&it| Scalar::from(it)))
        .or_else(|| value.downcast_ref::<i32>().map(|&it| Scalar::from(it)))
        .or_else(|| value.downcast_ref::<i64>().map(|&it| Scalar::from(it)))
        .or_else(|| value.downcast_ref::<bool>().map(|&it| Scalar::from(it)));
    found.unwrap_or_else(|| unreachable!("an element is one of five types"))
}

/// The entries, the last one repeated up to a power of two. Functions look inside their tables only,
/// but `fast` may be given an argument that leads it out of them.
fn table<T: Element>(entries: &[T]) -> Table {
    let mut entries: Vec<_> = entries.iter().map(|&entry| scalar(entry)).collect();
    let last = entries.last().copied();
    entries.resize(entries.len().next_power_of_two(), last.unwrap_or(Scalar::from(0.0)));
    Table { entries }
}

/// The instance of [`Emit`] whose values are values of a kernel.
impl Emit for Writer<'_> {
    type Value<T: Element> = Value;

    fn constant<T: Element>(&self, value: T) -> Value {
        self.number(scalar(value))
    }
    fn add<T: Number>(&self, a: Value, b: Value) -> Value {
        same(self, Op::Add, &[a, b])
    }
    fn sub<T: Number>(&self, a: Value, b: Value) -> Value {
        same(self, Op::Sub, &[a, b])
    }
    fn mul<T: Float>(&self, a: Value, b: Value) -> Value {
        same(self, Op::Mul, &[a, b])
    }
    fn div<T: Float>(&self, a: Value, b: Value) -> Value {
        same(self, Op::Div, &[a, b])
    }
    fn fma<T: Float>(&self, a: Value, b: Value, c: Value) -> Value {
        same(self, Op::Fma, &[a, b, c])
    }
    fn sqrt<T: Float>(&self, a: Value) -> Value {
        same(self, Op::Sqrt, &[a])
    }
    fn abs<T: Float>(&self, a: Value) -> Value {
        same(self, Op::Abs, &[a])
    }
    fn neg<T: Float>(&self, a: Value) -> Value {
        same(self, Op::Neg, &[a])
    }
    fn rint<T: Float>(&self, a: Value) -> Value {
        same(self, Op::Rint, &[a])
    }
    fn floor<T: Float>(&self, a: Value) -> Value {
        same(self, Op::Floor, &[a])
    }
    fn less<T: Number>(&self, a: Value, b: Value) -> Value {
        self.op(Op::Lt, DType::Bool, &[a, b])
    }
    fn at_most<T: Number>(&self, a: Value, b: Value) -> Value {
        self.op(Op::Le, DType::Bool, &[a, b])
    }
    fn equal<T: Number>(&self, a: Value, b: Value) -> Value {
        self.op(Op::Eq, DType::Bool, &[a, b])
    }
    fn select<T: Element>(&self, mask: Value, a: Value, b: Value) -> Value {
        self.op(Op::Select, dtype::<T>(), &[mask, a, b])
    }
    fn and<T: Bits>(&self, a: Value, b: Value) -> Value {
        same(self, Op::And, &[a, b])
    }
    fn or<T: Bits>(&self, a: Value, b: Value) -> Value {
        same(self, Op::Or, &[a, b])
    }
    fn xor<T: Bits>(&self, a: Value, b: Value) -> Value {
        same(self, Op::Xor, &[a, b])
    }
    fn shl<T: Integer>(&self, a: Value, count: u32) -> Value {
        shift::<T>(self, Op::Shl, a, count)
    }
    fn shr<T: Integer>(&self, a: Value, count: u32) -> Value {
        shift::<T>(self, Op::Shr, a, count)
    }
    fn to_bits<T: Float>(&self, a: Value) -> Value {
        self.op(Op::Bitcast, dtype::<T::Int>(), &[a])
    }
    fn float_of_bits<T: Float>(&self, a: Value) -> Value {
        self.op(Op::Bitcast, dtype::<T>(), &[a])
    }
    fn to_integer<T: Float>(&self, a: Value) -> Value {
        self.op(Op::Cast, dtype::<T::Int>(), &[a])
    }
    fn float_of_integer<T: Float>(&self, a: Value) -> Value {
        self.op(Op::Cast, dtype::<T>(), &[a])
    }
    fn widen(&self, a: Value) -> Value {
        self.op(Op::Cast, DType::F64, &[a])
    }
    fn narrow(&self, a: Value) -> Value {
        self.op(Op::Cast, DType::F32, &[a])
    }
    fn lookup<T: Float>(&self, entries: &'static [T], index: Value) -> Value {
        self.entry(entries.as_ptr().addr(), index, || table(entries))
    }
}
