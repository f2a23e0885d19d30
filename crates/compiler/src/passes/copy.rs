//! Copies of statements with values and blocks of their own.

use std::collections::HashMap;

use ir::{BlockId, Kernel, Statement, Value};

/// Copies statements; what they define becomes new, what they use from outside stays.
#[derive(Debug, Default)]
pub(super) struct Copy {
    values: HashMap<Value, Value>,
}

impl Copy {
    /// The copy of a value, if it was copied; else the value.
    fn value(&self, value: Value) -> Value {
        self.values.get(&value).copied().unwrap_or(value)
    }

    fn define(&mut self, kernel: &mut Kernel, value: Value) -> Value {
        let copy = kernel.new_value(kernel.dtype(value));
        if let Some(name) = kernel.values[value.index()].name.clone() {
            kernel.values[copy.index()].name = Some(format!("{name}_{}", copy.index()));
        }
        self.values.insert(value, copy);
        copy
    }

    /// A copy of a statement and all inside it.
    pub(super) fn statement(&mut self, kernel: &mut Kernel, statement: &Statement) -> Statement {
        let mut copy = statement.clone();
        copy.change_operands(|it| *it = self.value(*it));
        copy.change_blocks(|it| *it = self.block(kernel, *it));
        copy.change_results(|it| *it = self.define(kernel, *it));
        copy
    }

    fn block(&mut self, kernel: &mut Kernel, block: BlockId) -> BlockId {
        let original = kernel.block(block).clone();
        let copy = kernel.new_block();
        let arguments =
            original.arguments.iter().map(|&it| self.define(kernel, it)).collect::<Vec<_>>();
        let statements =
            original.statements.iter().map(|it| self.statement(kernel, it)).collect::<Vec<_>>();
        let yields = original.yields.iter().map(|&it| self.value(it)).collect();
        *kernel.block_mut(copy) = ir::Block { arguments, statements, yields };
        copy
    }
}
