//! Writes the operations of a function into a kernel.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;

use memory::{DType, Scalar};

use super::{Tables, is_call};
use crate::elementary::{Bits, Element, Emit, Float, Function, Integer, Kind, Number};
use crate::{Kernel, Op, Operands, Statement, Table, TableId, Value};

/// The instance of [`Emit`] whose values are values of a kernel.
pub(super) struct Writer<'k> {
    state: RefCell<State<'k>>,
}

struct State<'k> {
    kernel: &'k mut Kernel,
    tables: &'k mut Tables,
    statements: Vec<Statement>,
    /// What was written before; each constant once a block.
    constants: HashMap<Scalar, Value>,
}

impl<'k> Writer<'k> {
    pub(super) fn new(kernel: &'k mut Kernel, tables: &'k mut Tables) -> Self {
        let (statements, constants) = (Vec::new(), HashMap::new());
        Self { state: RefCell::new(State { kernel, tables, statements, constants }) }
    }

    pub(super) fn finish(self) -> Vec<Statement> {
        self.state.into_inner().statements
    }

    pub(super) fn len(&self) -> usize {
        self.state.borrow().statements.len()
    }

    pub(super) fn push(&self, statement: Statement) {
        self.state.borrow_mut().statements.push(statement);
    }

    pub(super) fn dtype(&self, value: Value) -> DType {
        self.state.borrow().kernel.dtype(value)
    }

    /// The function that a statement calls, with what, and what it defines.
    pub(super) fn call(&self, statement: &Statement) -> Option<(Function, Operands, Value)> {
        match statement {
            Statement::Op { result, op, operands }
                if is_call(self.state.borrow().kernel, statement) =>
            {
                Some((Function::named(op.name())?, *operands, *result))
            }
            _ => None,
        }
    }

    pub(super) fn op(&self, op: Op, dtype: DType, operands: &[Value]) -> Value {
        let mut state = self.state.borrow_mut();
        let result = state.kernel.new_value(dtype);
        state.statements.push(Statement::Op { result, op, operands: Operands::new(operands) });
        result
    }

    pub(super) fn cast(&self, dtype: DType, value: Value) -> Value {
        if self.dtype(value) == dtype { value } else { self.op(Op::Cast, dtype, &[value]) }
    }

    /// Let what was written from `begin` on define `result` where it defines `value`.
    pub(super) fn define(&self, result: Value, value: Value, begin: usize) {
        let is_value =
            |it: &Statement| matches!(it, Statement::Op { .. }) && it.results() == [value];
        let found = self.state.borrow().statements[begin..].iter().any(is_value);
        // A constant or an argument has other uses: a choice between it and itself copies it.
        let copied = if found {
            value
        } else {
            let always = self.constant(true);
            self.op(Op::Select, self.dtype(value), &[always, value, value])
        };
        let rename = |it: &mut Value| {
            if *it == copied {
                *it = result;
            }
        };
        for statement in &mut self.state.borrow_mut().statements[begin..] {
            statement.change_operands(rename);
            statement.change_results(rename);
        }
    }

    fn same(&self, op: Op, operands: &[Value]) -> Value {
        self.op(op, self.dtype(operands[0]), operands)
    }

    fn shift<T: Integer>(&self, op: Op, value: Value, count: u32) -> Value {
        let count = self.constant(T::of(count.into()));
        self.same(op, &[value, count])
    }
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

impl Emit for Writer<'_> {
    type Value<T: Element> = Value;

    fn constant<T: Element>(&self, value: T) -> Value {
        let scalar = scalar(value);
        let mut state = self.state.borrow_mut();
        if let Some(&known) = state.constants.get(&scalar) {
            return known;
        }
        let result = state.kernel.new_value(scalar.dtype());
        state.statements.push(Statement::Constant { result, scalar });
        state.constants.insert(scalar, result);
        result
    }
    fn add<T: Number>(&self, a: Value, b: Value) -> Value {
        self.same(Op::Add, &[a, b])
    }
    fn sub<T: Number>(&self, a: Value, b: Value) -> Value {
        self.same(Op::Sub, &[a, b])
    }
    fn mul<T: Float>(&self, a: Value, b: Value) -> Value {
        self.same(Op::Mul, &[a, b])
    }
    fn div<T: Float>(&self, a: Value, b: Value) -> Value {
        self.same(Op::Div, &[a, b])
    }
    fn fma<T: Float>(&self, a: Value, b: Value, c: Value) -> Value {
        self.same(Op::Fma, &[a, b, c])
    }
    fn sqrt<T: Float>(&self, a: Value) -> Value {
        self.same(Op::Sqrt, &[a])
    }
    fn abs<T: Float>(&self, a: Value) -> Value {
        self.same(Op::Abs, &[a])
    }
    fn neg<T: Float>(&self, a: Value) -> Value {
        self.same(Op::Neg, &[a])
    }
    fn rint<T: Float>(&self, a: Value) -> Value {
        self.same(Op::Rint, &[a])
    }
    fn floor<T: Float>(&self, a: Value) -> Value {
        self.same(Op::Floor, &[a])
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
        self.same(Op::And, &[a, b])
    }
    fn or<T: Bits>(&self, a: Value, b: Value) -> Value {
        self.same(Op::Or, &[a, b])
    }
    fn xor<T: Bits>(&self, a: Value, b: Value) -> Value {
        self.same(Op::Xor, &[a, b])
    }
    fn shl<T: Integer>(&self, a: Value, count: u32) -> Value {
        self.shift::<T>(Op::Shl, a, count)
    }
    fn shr<T: Integer>(&self, a: Value, count: u32) -> Value {
        self.shift::<T>(Op::Shr, a, count)
    }
    fn to_bits<T: Float>(&self, a: Value) -> Value {
        self.op(Op::Bitcast, dtype::<T::Int>(), &[a])
    }
    fn from_bits<T: Float>(&self, a: Value) -> Value {
        self.op(Op::Bitcast, dtype::<T>(), &[a])
    }
    fn to_integer<T: Float>(&self, a: Value) -> Value {
        self.op(Op::Cast, dtype::<T::Int>(), &[a])
    }
    fn from_integer<T: Float>(&self, a: Value) -> Value {
        self.op(Op::Cast, dtype::<T>(), &[a])
    }
    fn widen(&self, a: Value) -> Value {
        self.op(Op::Cast, DType::F64, &[a])
    }
    fn narrow(&self, a: Value) -> Value {
        self.op(Op::Cast, DType::F32, &[a])
    }
    fn lookup<T: Float>(&self, entries: &'static [T], index: Value) -> Value {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let next = TableId::new(state.kernel.tables.len());
        let id = *state.tables.entry(entries.as_ptr().addr()).or_insert(next);
        if id == next {
            state.kernel.tables.push(table(entries));
        }
        let result = state.kernel.new_value(dtype::<T>());
        state.statements.push(Statement::Lookup { result, table: id, index });
        result
    }
}
