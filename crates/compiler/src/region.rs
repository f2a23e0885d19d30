//! Parallel loops in the midst of a kernel: each is a function of its own, over a context of what it uses
//! from outside, that the caller's services share out over threads.

use std::collections::HashSet;

use ir::{BlockId, For, Statement, Value};
use memory::DType;

use crate::Unsupported;
use crate::compile::define;
use crate::emitter::{Emitter, Lanes};
use crate::held::Held;
use crate::text::{Operand, Type};

impl<'k> Emitter<'k> {
    /// A parallel loop as a launch of its own.
    pub(crate) fn launch(&mut self, it: &'k For) -> Result<(), Unsupported> {
        let blocks = self.cut(it).blocks;
        let outside = self.captured(it);
        let words = i64::try_from(outside.len() + 1).expect("a kernel has fewer values");
        let room = self.room(DType::I64, words);
        let context = self.text.show(room, 1);
        self.text.line(format_args!("store ptr %frame, ptr {context}"));
        for (place, &(value, operand)) in outside.iter().enumerate() {
            let word = self.word_of(&context, place + 1);
            self.put(word, self.kernel.dtype(value), operand);
        }
        let name = self.region(it, &outside)?;
        let services = self.frame.services(&mut self.text);
        let launch = self.text.define(format_args!("load ptr, ptr {services}"));
        let [launch, blocks] = [launch, blocks].map(|it| self.text.show(it, 1));
        let code = self.text.define(format_args!(
            "call i64 {launch}(ptr {services}, ptr @{name}, ptr {context}, i64 {blocks})"
        ));
        self.end_unless_zero(code);
        Ok(())
    }

    /// Answer a code unless it is zero.
    fn end_unless_zero(&mut self, code: Operand) {
        let (on, end) = (self.text.label(), self.text.label());
        let word = Type::new(DType::I64, 1);
        let fine = self.text.op("icmp eq", word, &[code, Operand::Constant(DType::I64, 0)]);
        self.text.branch_likely(fine, on, end);
        self.text.begin(end);
        let code = self.text.show(code, 1);
        self.text.line(format_args!("ret i64 {code}"));
        self.text.begin(on);
    }

    fn word_of(&mut self, context: &str, place: usize) -> Operand {
        self.text.define(format_args!("getelementptr inbounds i64, ptr {context}, i64 {place}"))
    }

    /// What a loop uses from outside of it, other than parameters and constants.
    fn captured(&self, it: &For) -> Vec<(Value, Operand)> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        let parameters: HashSet<_> = self.frame.scalars.iter().map(|&(value, _)| value).collect();
        let mut see = |value: Value| {
            if parameters.contains(&value) || !seen.insert(value) {
                return;
            }
            // What is defined inside is not held yet, or is from a writing before: not used then.
            if let Some(Held::Uniform(operand)) = self.held[value.index()] {
                found.push((value, operand));
            }
        };
        for axis in &it.axes {
            [axis.begin, Some(axis.end), axis.step].into_iter().flatten().for_each(&mut see);
        }
        let mut pending = vec![it.body];
        while let Some(block) = pending.pop() {
            let block = self.kernel.block(block);
            block.yields.iter().copied().for_each(&mut see);
            for statement in &block.statements {
                statement.each_operand(&mut see);
                pending.extend(statement.blocks());
            }
        }
        found
    }

    /// Write the function of a loop; answers its name.
    fn region(&mut self, it: &'k For, outside: &[(Value, Operand)]) -> Result<String, Unsupported> {
        let lanes = Lanes { width: self.width, masks: self.masks };
        let exacts = std::mem::take(&mut self.exacts);
        let mut inner =
            Emitter::within(self.kernel, lanes, exacts, "%frame = load ptr, ptr %context")?;
        inner.loops.counts();
        for (place, &(value, operand)) in outside.iter().enumerate() {
            let known = if matches!(operand, Operand::Constant(..)) {
                operand
            } else {
                let word = inner.word_of("%context", place + 1);
                inner.take(word, self.kernel.dtype(value))
            };
            inner.hold(value, Held::Uniform(known));
        }
        inner.parallel(it, Operand::Argument("begin"), Operand::Argument("end"))?;
        inner.text.line("ret i64 0");
        let name = format!("region.{}", self.loops.regions.len());
        let header = format!("internal i64 @{name}(ptr noalias readonly %context");
        self.loops.regions.push(define(&header, &inner));
        self.loops.in_lanes |= inner.loops.in_lanes;
        self.exacts = inner.exacts;
        self.text.outside.append(&mut inner.text.outside);
        Ok(name)
    }

    /// Whether a statement of a block is a loop.
    pub(crate) fn has_loops(&self, block: BlockId) -> bool {
        self.kernel.block(block).statements.iter().any(|it| {
            matches!(it, Statement::For(_) | Statement::While(_) | Statement::Reduce(_))
                || it.blocks().any(|inside| self.has_loops(inside))
        })
    }
}
