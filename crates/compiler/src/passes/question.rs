//! What a guard asks, as statements.

use ir::{Kernel, Op, Operands, Statement, Value};
use memory::{DType, Scalar};

use super::formula::{Sum, difference};

/// Writes the statements that compute a guard.
#[derive(Debug)]
pub(super) struct Guard<'k> {
    pub(super) kernel: &'k mut Kernel,
    pub(super) statements: Vec<Statement>,
    all: Option<Value>,
}

impl<'k> Guard<'k> {
    pub(super) fn new(kernel: &'k mut Kernel) -> Self {
        Self { kernel, statements: Vec::new(), all: None }
    }

    fn number(&mut self, number: i64) -> Value {
        let scalar = Scalar::from(number);
        let result = self.kernel.new_value(scalar.dtype());
        self.statements.push(Statement::Constant { result, scalar });
        result
    }

    fn op(&mut self, op: Op, x: Value, y: Value) -> Value {
        let compares = matches!(op, Op::Le);
        let dtype = if compares { DType::Bool } else { self.kernel.dtype(x) };
        let result = self.kernel.new_value(dtype);
        self.statements.push(Statement::Op { result, op, operands: Operands::new(&[x, y]) });
        result
    }

    /// Require a condition.
    pub(super) fn holds(&mut self, condition: Value) {
        self.all = Some(match self.all {
            None => condition,
            Some(all) => self.op(Op::And, all, condition),
        });
    }

    /// Require that a sum is not negative.
    pub(super) fn not_negative(&mut self, sum: &Sum) {
        if let Some((larger, smaller)) = difference(sum) {
            let condition = self.op(Op::Le, smaller, larger);
            return self.holds(condition);
        }
        let mut total = None;
        let (minus, plus): (Vec<_>, Vec<_>) = sum.iter().partition(|(_, factor)| *factor == -1);
        for (symbols, factor) in plus {
            let product = self.product(symbols);
            let term = match (product, *factor) {
                (None, factor) => self.number(factor),
                (Some(product), 1) => product,
                (Some(product), factor) => {
                    let factor = self.number(factor);
                    self.op(Op::Mul, product, factor)
                }
            };
            total = Some(match total {
                None => term,
                Some(total) => self.op(Op::Add, total, term),
            });
        }
        let zero = self.number(0);
        let mut total = total.unwrap_or(zero);
        for (symbols, _) in minus {
            let term = self.product(symbols).unwrap_or_else(|| self.number(1));
            total = self.op(Op::Sub, total, term);
        }
        let condition = self.op(Op::Le, zero, total);
        self.holds(condition);
    }

    fn product(&mut self, symbols: &[Value]) -> Option<Value> {
        symbols.iter().copied().reduce(|product, symbol| self.op(Op::Mul, product, symbol))
    }

    /// Require that a value is no larger than this, either way.
    pub(super) fn within(&mut self, value: Value, limit: i64) {
        for bound in [-limit, limit] {
            let bound_value = self.number(bound);
            let condition = if bound < 0 {
                self.op(Op::Le, bound_value, value)
            } else {
                self.op(Op::Le, value, bound_value)
            };
            self.holds(condition);
        }
    }

    /// The condition that all hold, if anything was required.
    pub(super) fn finish(self) -> (Vec<Statement>, Option<Value>) {
        (self.statements, self.all)
    }
}
