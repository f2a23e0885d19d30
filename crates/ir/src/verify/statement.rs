//! Rules of statements without blocks.

use memory::DType;

use super::{Reason, Scope};
use crate::{Buffer, Call, Callee, Op, Rule, Statement, Value};

impl Scope<'_> {
    pub(super) fn dtype(&self, value: Value) -> DType {
        self.kernel.dtype(value)
    }

    /// Types of a statement, whose operands and results exist.
    pub(super) fn statement(&self, statement: &Statement) -> Result<(), Reason> {
        match statement {
            Statement::Constant { result, scalar } => {
                self.expect("the constant", *result, scalar.dtype())?;
                if scalar.dtype() == DType::Bool && scalar.bits() > 1 {
                    return Err("a bool is 0 or 1".into());
                }
                Ok(())
            }
            Statement::Op { result, op, operands } => self.op(*op, operands, *result),
            Statement::Lookup { result, table, index } => {
                let Some(entries) = self.kernel.tables.get(table.index()) else {
                    return Err(format!("table ${} does not exist", table.index()));
                };
                if !self.dtype(*index).is_integer() {
                    return Err(format!(
                        "the index is {}: it must be an integer",
                        self.dtype(*index).short()
                    ));
                }
                self.expect("the entry", *result, entries.dtype())
            }
            Statement::Load { result, buffer, index } => {
                let (dtype, access) = self.element(*buffer, index)?;
                if !access.reads() {
                    return Err("the buffer is `write`: only `read` and `update` load".into());
                }
                self.expect("the element", *result, dtype)
            }
            Statement::Store { buffer, index, value } => {
                let (dtype, access) = self.element(*buffer, index)?;
                if !access.writes() {
                    return Err("the buffer is `read`: only `write` and `update` store".into());
                }
                self.expect("the element", *value, dtype)
            }
            Statement::Check { condition, code } => {
                self.expect("the condition", *condition, DType::Bool)?;
                if *code == 0 {
                    return Err("code 0 means that nothing failed: give another one".into());
                }
                Ok(())
            }
            Statement::For(it) => self.for_loop(it),
            Statement::Reduce(it) => self.reduce(it),
            Statement::If(it) => self.choice(it),
            Statement::While(it) => self.while_loop(it),
            Statement::Call(it) => self.call(it),
        }
    }

    fn call(&self, it: &Call) -> Result<(), Reason> {
        let results =
            |types: &[DType]| self.expect_all("the results", &it.results, types.iter().copied());
        match it.callee {
            Callee::Function { function, deep } => {
                let Some(function) = self.kernel.functions.get(function.index()) else {
                    return Err(format!("function {} does not exist", function.index()));
                };
                if deep == 0 {
                    return Err("code 0 means that nothing failed: give another one".into());
                }
                let given = self.kernel.block(function.body).arguments.iter();
                let types = given.map(|&value| self.dtype(value));
                self.expect_all("the arguments", &it.arguments, types)?;
                results(&function.results)
            }
            Callee::Say(_) => results(&[]),
            Callee::ThreadId | Callee::ThreadCount => {
                self.expect_all("the arguments", &it.arguments, [])?;
                results(&[DType::I64])
            }
        }
    }

    fn op(&self, op: Op, operands: &[Value], result: Value) -> Result<(), Reason> {
        let types: Vec<_> = operands.iter().map(|&operand| self.dtype(operand)).collect();
        let states = matches!(op.row().rule, Rule::Stated | Rule::Bits);
        let stated = states.then(|| self.dtype(result));
        let dtype = op.result(&types, stated).map_err(|error| error.to_string())?;
        self.expect("the result", result, dtype)
    }

    /// What an element access finds.
    fn element(&self, buffer: Buffer, index: &[Value]) -> Result<(DType, crate::Access), Reason> {
        let Some(found) = self.kernel.buffer(buffer) else {
            return Err(format!("parameter {} is no buffer", buffer.index()));
        };
        if index.len() != found.rank() {
            let (given, rank) = (index.len(), found.rank());
            return Err(format!("{given} indices for a buffer of rank {rank}"));
        }
        for &value in index {
            self.expect("an index", value, DType::I64)?;
        }
        Ok((found.dtype, found.access))
    }

    pub(super) fn expect(&self, what: &str, value: Value, dtype: DType) -> Result<(), Reason> {
        let given = self.dtype(value);
        if given == dtype {
            return Ok(());
        }
        Err(format!("{what} {} is {}, not {}", self.name(value), given.short(), dtype.short()))
    }

    /// Whether values have these types, in order.
    pub(super) fn expect_all(
        &self,
        what: &str,
        values: &[Value],
        types: impl IntoIterator<Item = DType>,
    ) -> Result<(), Reason> {
        let types: Vec<_> = types.into_iter().collect();
        let given: Vec<_> = values.iter().map(|&value| self.dtype(value)).collect();
        if given == types {
            return Ok(());
        }
        let text = |types: &[DType]| {
            let names: Vec<_> = types.iter().map(|dtype| dtype.short()).collect();
            names.join(", ")
        };
        Err(format!("{what}: ({}), not ({})", text(&types), text(&given)))
    }
}
