//! The last index of loops that take steps of more than one, as statements before the nest.

use std::collections::HashMap;

use ir::{Axis, Kernel, Op, Operands, Statement, Value};
use memory::{DType, Scalar};

use super::known::Known;

/// Statements that compute last indices, and for each such index of the nest its last.
#[derive(Debug, Default)]
pub(super) struct Lasts {
    pub(super) statements: Vec<Statement>,
    pub(super) of: HashMap<Value, Value>,
}

impl Lasts {
    /// Those of a loop and the loops inside of it, where they do not change inside of it.
    pub(super) fn new(
        kernel: &mut Kernel,
        known: &mut Known,
        statement: &Statement,
        inside: &[bool],
    ) -> Self {
        let mut lasts = Self::default();
        lasts.find(kernel, known, statement, inside);
        lasts
    }

    fn find(
        &mut self,
        kernel: &mut Kernel,
        known: &mut Known,
        statement: &Statement,
        inside: &[bool],
    ) {
        if let Some((axes, body)) = super::axes(statement) {
            for (position, axis) in axes.iter().enumerate() {
                let index = kernel.block(body).arguments[position];
                self.axis(kernel, known, axis, index, inside);
            }
        }
        for block in statement.blocks() {
            for inner in kernel.block(block).statements.clone() {
                self.find(kernel, known, &inner, inside);
            }
        }
    }

    /// `begin + (end - way - begin) / step * step`, with `way` the sign of the step.
    ///
    /// Where the loop is empty it is no index, and nobody asks for one.
    fn axis(
        &mut self,
        kernel: &mut Kernel,
        known: &mut Known,
        axis: &Axis,
        index: Value,
        inside: &[bool],
    ) {
        let step = axis.step.and_then(|step| Some((step, known.integer(step)?)));
        let Some((step, by)) = step.filter(|it| it.1.unsigned_abs() > 1) else { return };
        let outside = |value: Value| inside.get(value.index()).is_none_or(|inside| !inside);
        let all = [axis.begin, Some(axis.end), Some(step)];
        let begin = axis.begin.map_or((0, 0), |begin| known.range(begin));
        let end = known.range(axis.end);
        // Then no difference of the two wraps.
        if !all.into_iter().flatten().all(outside) || begin.0 < 0 || (by < 0 && end.0 < -1) {
            return;
        }
        let mut op = |kernel: &mut Kernel, op: Op, x: Value, y: Value| {
            let result = kernel.new_value(DType::I64);
            let operands = Operands::new(&[x, y]);
            self.statements.push(Statement::Op { result, op, operands });
            result
        };
        let way = kernel.new_value(DType::I64);
        let rest = op(kernel, Op::Sub, axis.end, way);
        let rest = axis.begin.map_or(rest, |begin| op(kernel, Op::Sub, rest, begin));
        let turns = op(kernel, Op::Div, rest, step);
        let moved = op(kernel, Op::Mul, turns, step);
        let last = axis.begin.map_or(moved, |begin| op(kernel, Op::Add, moved, begin));
        let sign = Statement::Constant { result: way, scalar: Scalar::from(by.signum()) };
        let first = self.statements.len() - if axis.begin.is_some() { 5 } else { 3 };
        self.statements.insert(first, sign);
        known.grow(kernel);
        known.narrow(
            last,
            if by > 0 {
                (begin.0, end.1.saturating_sub(1))
            } else {
                (end.0.saturating_add(1), begin.1)
            },
        );
        self.of.insert(index, last);
    }
}
