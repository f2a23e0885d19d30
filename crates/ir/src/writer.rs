//! Writes statements in place of others, in one block.

use std::cell::RefCell;
use std::collections::HashMap;

use memory::{DType, Scalar};

use crate::{BlockId, Kernel, Op, Operands, Statement, Table, TableId, Value};

/// Where a table of constants of this program stands in a kernel; by its address.
pub(crate) type Tables = HashMap<usize, TableId>;

/// Takes the statements of a block, one after the other, and what stands in for some of them.
pub(crate) struct Writer<'k> {
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
    /// Takes the statements out of a block; [`Writer::finish`] puts others there.
    pub(crate) fn take(
        kernel: &'k mut Kernel,
        tables: &'k mut Tables,
        block: BlockId,
    ) -> (Self, Vec<Statement>) {
        let before = std::mem::take(&mut kernel.block_mut(block).statements);
        let (statements, constants) = (Vec::new(), HashMap::new());
        (Self { state: RefCell::new(State { kernel, tables, statements, constants }) }, before)
    }

    pub(crate) fn finish(self, block: BlockId) {
        let state = self.state.into_inner();
        state.kernel.block_mut(block).statements = state.statements;
    }

    /// How many statements are written.
    pub(crate) fn len(&self) -> usize {
        self.state.borrow().statements.len()
    }

    pub(crate) fn push(&self, statement: Statement) {
        self.state.borrow_mut().statements.push(statement);
    }

    pub(crate) fn dtype(&self, value: Value) -> DType {
        self.state.borrow().kernel.dtype(value)
    }

    /// An op whose result has this type.
    pub(crate) fn op(&self, op: Op, dtype: DType, operands: &[Value]) -> Value {
        let mut state = self.state.borrow_mut();
        let result = state.kernel.new_value(dtype);
        state.statements.push(Statement::Op { result, op, operands: Operands::new(operands) });
        result
    }

    /// An op whose result has the type that the table says.
    pub(crate) fn apply(&self, op: Op, operands: &[Value]) -> Value {
        let types: Vec<_> = operands.iter().map(|&operand| self.dtype(operand)).collect();
        let dtype = op.result(&types, None).unwrap_or_else(|error| panic!("{error}"));
        self.op(op, dtype, operands)
    }

    pub(crate) fn cast(&self, dtype: DType, value: Value) -> Value {
        if self.dtype(value) == dtype { value } else { self.op(Op::Cast, dtype, &[value]) }
    }

    pub(crate) fn bitcast(&self, dtype: DType, value: Value) -> Value {
        self.op(Op::Bitcast, dtype, &[value])
    }

    /// A constant.
    pub(crate) fn number(&self, scalar: Scalar) -> Value {
        let mut state = self.state.borrow_mut();
        if let Some(&known) = state.constants.get(&scalar) {
            return known;
        }
        let result = state.kernel.new_value(scalar.dtype());
        state.statements.push(Statement::Constant { result, scalar });
        state.constants.insert(scalar, result);
        result
    }

    /// An entry of a table of this program, which is made when it is first asked for.
    pub(crate) fn entry(
        &self,
        address: usize,
        index: Value,
        make: impl FnOnce() -> Table,
    ) -> Value {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let next = TableId::new(state.kernel.tables.len());
        let table = *state.tables.entry(address).or_insert(next);
        if table == next {
            state.kernel.tables.push(make());
        }
        let result = state.kernel.new_value(state.kernel.table(table).dtype());
        state.statements.push(Statement::Lookup { result, table, index });
        result
    }

    /// Let what was written from `begin` on define `result` where it defines `value`.
    pub(crate) fn define(&self, result: Value, value: Value, begin: usize) {
        let is_value =
            |it: &Statement| matches!(it, Statement::Op { .. }) && it.results() == [value];
        let found = self.state.borrow().statements[begin..].iter().any(is_value);
        // A constant or an argument has other uses: a choice between it and itself copies it.
        let copied = if found {
            value
        } else {
            let always = self.number(Scalar::from(true));
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
}
