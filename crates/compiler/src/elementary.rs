//! Elementary functions, written down as operations of LLVM.

use std::any::Any;
use std::cell::RefCell;

use ir::elementary::{Bits, Element, Emit, Float, Integer, Kind, Number};
use memory::DType;

use crate::text::{Operand, Text, Type};

/// Writes what [`ir::elementary`] emits, in so many lanes.
pub(crate) struct Writer<'t> {
    text: RefCell<&'t mut Text>,
    lanes: u32,
}

impl<'t> Writer<'t> {
    pub(crate) fn new(text: &'t mut Text, lanes: u32) -> Self {
        Self { text: RefCell::new(text), lanes }
    }

    fn ty<T: Element>(&self) -> Type {
        let dtype = match T::KIND {
            Kind::F32 => DType::F32,
            Kind::F64 => DType::F64,
            Kind::I32 => DType::I32,
            Kind::I64 => DType::I64,
            Kind::Bool => DType::Bool,
        };
        Type::new(dtype, self.lanes)
    }

    fn op<T: Element>(&self, name: &str, operands: &[Operand]) -> Operand {
        self.text.borrow_mut().op(name, self.ty::<T>(), operands)
    }

    fn intrinsic<T: Element>(&self, name: &str, operands: &[Operand]) -> Operand {
        self.text.borrow_mut().intrinsic(name, self.ty::<T>(), operands)
    }

    fn compare<T: Number>(&self, float: &str, integer: &str, a: Operand, b: Operand) -> Operand {
        let ty = self.ty::<T>();
        let name =
            if ty.dtype.is_float() { format!("fcmp {float}") } else { format!("icmp {integer}") };
        self.text.borrow_mut().op(&name, ty, &[a, b])
    }

    fn convert<S: Element, T: Element>(&self, name: &str, a: Operand) -> Operand {
        self.text.borrow_mut().convert(name, self.ty::<S>(), a, self.ty::<T>())
    }

    fn number<T: Element>(&self, integer: &str, float: &str, operands: &[Operand]) -> Operand {
        self.op::<T>(if self.ty::<T>().dtype.is_float() { float } else { integer }, operands)
    }
}

/// Bits of one of the five types.
fn bits(value: &dyn Any) -> u64 {
    if let Some(value) = value.downcast_ref::<f32>() {
        return value.to_bits().into();
    }
    if let Some(value) = value.downcast_ref::<f64>() {
        return value.to_bits();
    }
    if let Some(value) = value.downcast_ref::<i32>() {
        return value.cast_unsigned().into();
    }
    if let Some(value) = value.downcast_ref::<i64>() {
        return value.cast_unsigned();
    }
    value.downcast_ref::<bool>().copied().map_or(0, u64::from)
}

impl Emit for Writer<'_> {
    type Value<T: Element> = Operand;

    fn constant<T: Element>(&self, value: T) -> Operand {
        Operand::Constant(self.ty::<T>().dtype, bits(&value))
    }

    fn add<T: Number>(&self, a: Operand, b: Operand) -> Operand {
        self.number::<T>("add", "fadd", &[a, b])
    }

    fn sub<T: Number>(&self, a: Operand, b: Operand) -> Operand {
        self.number::<T>("sub", "fsub", &[a, b])
    }

    fn mul<T: Float>(&self, a: Operand, b: Operand) -> Operand {
        self.op::<T>("fmul", &[a, b])
    }

    fn div<T: Float>(&self, a: Operand, b: Operand) -> Operand {
        self.op::<T>("fdiv", &[a, b])
    }

    fn fma<T: Float>(&self, a: Operand, b: Operand, c: Operand) -> Operand {
        self.intrinsic::<T>("fma", &[a, b, c])
    }

    fn sqrt<T: Float>(&self, a: Operand) -> Operand {
        self.intrinsic::<T>("sqrt", &[a])
    }

    fn abs<T: Float>(&self, a: Operand) -> Operand {
        self.intrinsic::<T>("fabs", &[a])
    }

    fn neg<T: Float>(&self, a: Operand) -> Operand {
        self.op::<T>("fneg", &[a])
    }

    fn rint<T: Float>(&self, a: Operand) -> Operand {
        self.intrinsic::<T>("roundeven", &[a])
    }

    fn floor<T: Float>(&self, a: Operand) -> Operand {
        self.intrinsic::<T>("floor", &[a])
    }

    fn less<T: Number>(&self, a: Operand, b: Operand) -> Operand {
        self.compare::<T>("olt", "slt", a, b)
    }

    fn at_most<T: Number>(&self, a: Operand, b: Operand) -> Operand {
        self.compare::<T>("ole", "sle", a, b)
    }

    fn equal<T: Number>(&self, a: Operand, b: Operand) -> Operand {
        self.compare::<T>("oeq", "eq", a, b)
    }

    fn select<T: Element>(&self, mask: Operand, a: Operand, b: Operand) -> Operand {
        let ty = self.ty::<T>();
        self.text.borrow_mut().select(mask, ty, a, b)
    }

    fn and<T: Bits>(&self, a: Operand, b: Operand) -> Operand {
        self.op::<T>("and", &[a, b])
    }

    fn or<T: Bits>(&self, a: Operand, b: Operand) -> Operand {
        self.op::<T>("or", &[a, b])
    }

    fn xor<T: Bits>(&self, a: Operand, b: Operand) -> Operand {
        self.op::<T>("xor", &[a, b])
    }

    fn shl<T: Integer>(&self, a: Operand, count: u32) -> Operand {
        let count = Operand::Constant(self.ty::<T>().dtype, count.into());
        self.op::<T>("shl", &[a, count])
    }

    fn shr<T: Integer>(&self, a: Operand, count: u32) -> Operand {
        let count = Operand::Constant(self.ty::<T>().dtype, count.into());
        self.op::<T>("ashr", &[a, count])
    }

    fn to_bits<T: Float>(&self, a: Operand) -> Operand {
        self.convert::<T, T::Int>("bitcast", a)
    }

    fn float_of_bits<T: Float>(&self, a: Operand) -> Operand {
        self.convert::<T::Int, T>("bitcast", a)
    }

    fn to_integer<T: Float>(&self, a: Operand) -> Operand {
        // What does not fit is poison for LLVM; frozen, it is some integer, as promised.
        let converted = self.convert::<T, T::Int>("fptosi", a);
        self.op::<T::Int>("freeze", &[converted])
    }

    fn float_of_integer<T: Float>(&self, a: Operand) -> Operand {
        self.convert::<T::Int, T>("sitofp", a)
    }

    fn widen(&self, a: Operand) -> Operand {
        self.convert::<f32, f64>("fpext", a)
    }

    fn narrow(&self, a: Operand) -> Operand {
        self.convert::<f64, f32>("fptrunc", a)
    }

    fn lookup<T: Float>(&self, table: &'static [T], index: Operand) -> Operand {
        let entries: Vec<_> = table.iter().map(|entry| bits(entry)).collect();
        let (entry, index_type) = (self.ty::<T>(), self.ty::<T::Int>());
        self.text.borrow_mut().lookup(entry, &entries, index_type, index)
    }
}
