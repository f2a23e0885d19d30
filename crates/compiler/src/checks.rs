//! Checks in one lane.
//!
//! Checks that follow each other are asked by one branch, as they hold nearly always; only behind it is asked
//! which of them failed first. `int(x)` asks three things of a float, and one of them says the others.

use ir::{Op, Statement, Value};
use memory::DType;

use crate::Unsupported;
use crate::emitter::Emitter;
use crate::text::{Operand, Type};

impl<'k> Emitter<'k> {
    /// Write the checks that statements begin with, if there is more than one; answers how many there were.
    /// Checks of indices from the end are asked one by one: those know more than their conditions say.
    pub(crate) fn questions(
        &mut self,
        before: &[Statement],
        statements: &'k [Statement],
    ) -> Result<usize, Unsupported> {
        let mut checks = Vec::new();
        for statement in statements {
            let Statement::Check { condition, code } = statement else { break };
            if self.index_asked(before, *condition).is_some() {
                break;
            }
            checks.push((*condition, *code));
        }
        let Some((&last, first)) = checks.split_last().filter(|it| !it.1.is_empty()) else {
            return Ok(0);
        };
        let conditions: Vec<_> = checks.iter().map(|it| it.0).collect();
        let mut all = None;
        for condition in self.needed(&conditions) {
            let condition = self.scalar(condition);
            all = Some(match all {
                None => condition,
                Some(before) => {
                    self.text.op("and", Type::new(DType::Bool, 1), &[before, condition])
                }
            });
        }
        let all = all.expect("a check that others do not say");
        let (held, failed) = (self.text.label(), self.text.label());
        self.text.branch_likely(all, held, failed);
        self.text.begin(failed);
        for &(condition, code) in first {
            self.check(condition, code, &[])?;
        }
        // Some check fails, so the last one does if no other did.
        let question = self.compared(last.0);
        self.fail(question, last.1);
        self.text.begin(held);
        Ok(checks.len())
    }

    /// Those of several conditions that the others do not say.
    pub(crate) fn needed(&mut self, conditions: &[Value]) -> Vec<Value> {
        let said: Vec<_> = conditions.iter().filter_map(|&it| self.finite(it)).collect();
        let ops = self.ops();
        let mut needed = conditions.to_vec();
        needed.retain(|condition| match ops.get(condition) {
            Some((Op::IsFinite, of)) => !said.contains(&of[0]),
            Some((Op::Not, of)) => match ops.get(&of[0]) {
                Some((Op::IsNan, of)) => !said.contains(&of[0]),
                _ => true,
            },
            _ => true,
        });
        needed
    }

    /// The float that is finite where `least <= x and x < limit` holds, of two numbers.
    fn finite(&mut self, condition: Value) -> Option<Value> {
        let kernel = self.kernel;
        let ops = self.ops();
        let Some((Op::And, both)) = ops.get(&condition) else { return None };
        let Some((Op::Le, low)) = ops.get(&both[0]) else { return None };
        let Some((Op::Lt, high)) = ops.get(&both[1]) else { return None };
        let number = |value: Value| {
            kernel.blocks.iter().flat_map(|it| &it.statements).any(|it| match it {
                Statement::Constant { result, scalar } if *result == value => {
                    scalar.dtype().is_float() && scalar.to_f64().is_finite()
                }
                _ => false,
            })
        };
        let same = low[1] == high[0] && kernel.dtype(low[1]).is_float();
        (same && number(low[0]) && number(high[1])).then_some(low[1])
    }

    /// Write a check after these statements.
    pub(crate) fn check(
        &mut self,
        condition: Value,
        code: i64,
        before: &[Statement],
    ) -> Result<(), Unsupported> {
        if !self.may_end {
            return Err(Unsupported::new("a check inside of a parallel reduction"));
        }
        let (held, failed) = (self.text.label(), self.text.label());
        let question = self.compared(condition);
        let from_end = self.index_asked(before, condition);
        let asked = from_end.map(|it| self.ask_from_end(it, held, failed));
        if asked.is_none() {
            let condition = self.scalar(condition);
            self.text.branch_likely(condition, held, failed);
        }
        self.text.begin(failed);
        self.fail(question, code);
        self.text.begin(held);
        if let Some(asked) = asked {
            self.index_from_end(&asked);
        }
        Ok(())
    }

    /// End the kernel with the code of a check that failed.
    fn fail(&mut self, question: Option<(Operand, Operand)>, code: i64) {
        if let Some((index, length)) = question {
            let services = self.frame.services(&mut self.text);
            let outside = self.service(&services, 3);
            let (index, length) = (self.text.show(index, 1), self.text.show(length, 1));
            self.text.line(format_args!(
                "call void {outside}(ptr {services}, i64 {index}, i64 {length}) #1"
            ));
        }
        self.text.line(format_args!("ret i64 {code}"));
    }

    /// The index and the length that a condition compares, if it asks whether one is below the other.
    fn compared(&mut self, condition: Value) -> Option<(Operand, Operand)> {
        let ops = self.ops();
        let below = |value: Value| match ops.get(&value) {
            Some((Op::Lt, operands)) => Some((operands[0], operands[1])),
            _ => None,
        };
        let (index, length) = match ops.get(&condition) {
            Some((Op::And, both)) => below(both[0]).or_else(|| below(both[1])),
            _ => below(condition),
        }?;
        let known = |it: &Self, value: Value| {
            let word = it.kernel.dtype(value) == DType::I64;
            (word && it.held[value.index()].is_some()).then(|| it.uniform(value)).flatten()
        };
        Some((known(self, index)?, known(self, length)?))
    }
}
