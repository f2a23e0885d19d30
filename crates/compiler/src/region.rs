//! Parallel loops in the midst of a kernel: each is a function of its own, over a context of what it uses
//! from outside, that the caller's services share out over threads.

use std::collections::HashSet;

use ir::{Axis, BlockId, For, Reduce, Statement, Value};
use memory::DType;

use crate::compile::{How, define, slot};
use crate::emitter::{Emitter, Lanes};
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::{MANY, NO_ROOM, Unsupported};

impl<'k> Emitter<'k> {
    /// A parallel loop as a launch of its own.
    pub(crate) fn launch(&mut self, it: &'k For) -> Result<(), Unsupported> {
        let blocks = self.cut(it).blocks;
        let outside = self.captured(&it.axes, it.body);
        let effort = self.effort(&it.axes, it.body);
        let (name, in_lanes) = self.region(&outside, |inner| {
            inner.parallel(it, Operand::Argument("begin"), Operand::Argument("end"))
        })?;
        let effort = self.effort_of(effort, in_lanes);
        self.share_out(&name, &outside, None, (blocks, effort));
        Ok(())
    }

    /// A reduction as launches of its own, each of at most [`MANY`] blocks: what blocks found meets here after
    /// each, so that it takes little memory however many there are.
    pub(crate) fn launch_reduction(&mut self, it: &'k Reduce) -> Result<(), Unsupported> {
        let count = self.points(it);
        let blocks = self.blocks_of(count);
        let parts = self.parts(it)?;
        let outside = self.captured(&it.axes, it.body);
        let last = outside.len() + 1;
        let effort = self.effort(&it.axes, it.body);
        let (name, in_lanes) = self.region(&outside, |inner| {
            let word = inner.word_of("%context", last);
            let word = inner.text.show(word, 1);
            let scratch = inner.text.define(format_args!("load ptr, ptr {word}"));
            let scratch = inner.text.show(scratch, 1);
            let first = inner.word_of("%context", last + 1);
            let first = inner.take(first, DType::I64);
            let parts = inner.parts(it)?;
            let count = inner.points(it);
            let (begin, end) = (Operand::Argument("begin"), Operand::Argument("end"));
            let block = inner.text.begin_count(begin, end, 1);
            let number = inner.text.op("add", WORD, &[first, block.index]);
            let found = inner.block(it, count, number)?;
            for (place, (part, value)) in parts.iter().zip(found).enumerate() {
                let room = slot(inner, &scratch, block.index, parts.len(), place);
                inner.put(room, part.dtype, value);
            }
            inner.text.end_count(&block);
            Ok(())
        })?;
        let bytes = number(16 * i64::try_from(parts.len()).expect("a kernel has fewer values"));
        let most = self.text.intrinsic("smin", WORD, &[blocks, number(MANY)]);
        let bytes = self.text.op("mul", WORD, &[most, bytes]);
        let services = self.frame.services(&mut self.text);
        let place = self.service(&services, 2);
        let bytes = self.text.show(bytes, 1);
        let scratch =
            self.text.define(format_args!("call ptr {place}(ptr {services}, i64 {bytes})"));
        let scratch = self.text.show(scratch, 1);
        let (on, end) = (self.text.label(), self.text.label());
        let there = self.text.define(format_args!("icmp ne ptr {scratch}, null"));
        self.text.branch_likely(there, on, end);
        self.text.begin(end);
        self.text.line(format_args!("ret i64 {NO_ROOM}"));
        self.text.begin(on);
        let effort = self.effort_of(effort, in_lanes);
        let tree = self.tree(&parts);
        let raised = self.text.op("add", WORD, &[blocks, number(MANY - 1)]);
        let rounds = self.text.op("udiv", WORD, &[raised, number(MANY)]);
        let round = self.text.begin_count(number(0), rounds, 1);
        let first = self.text.op("mul", WORD, &[round.index, number(MANY)]);
        let left = self.text.op("sub", WORD, &[blocks, first]);
        let these = self.text.intrinsic("smin", WORD, &[left, number(MANY)]);
        self.share_out(&name, &outside, Some((&scratch, first)), (these, effort));
        self.take_blocks(&parts, &tree, &scratch, (first, these))?;
        self.text.end_count(&round);
        self.collect(it, &parts, &tree, blocks)
    }

    /// Have a function run over blocks; its context is the frame, what it uses from outside, and perhaps
    /// an address and the number of the first block. Beside the number of blocks is said how many steps all take, about.
    fn share_out(
        &mut self,
        name: &str,
        outside: &[(Value, Operand)],
        scratch: Option<(&str, Operand)>,
        (blocks, effort): (Operand, Operand),
    ) {
        let words = i64::try_from(outside.len() + 3).expect("a kernel has fewer values");
        let room = self.room(DType::I64, words);
        let context = self.text.show(room, 1);
        self.text.line(format_args!("store ptr %frame, ptr {context}"));
        for (place, &(value, operand)) in outside.iter().enumerate() {
            let word = self.word_of(&context, place + 1);
            self.put(word, self.kernel.dtype(value), operand);
        }
        if let Some((scratch, first)) = scratch {
            let word = self.word_of(&context, outside.len() + 1);
            let word = self.text.show(word, 1);
            self.text.line(format_args!("store ptr {scratch}, ptr {word}"));
            let word = self.word_of(&context, outside.len() + 2);
            self.put(word, DType::I64, first);
        }
        let services = self.frame.services(&mut self.text);
        let launch = self.service(&services, 0);
        let [blocks, effort] = [blocks, effort].map(|it| self.text.show(it, 1));
        let code = self.text.define(format_args!(
            "call i64 {launch}(ptr {services}, ptr @{name}, ptr {context}, i64 {blocks}, i64 {effort})"
        ));
        self.end_unless_zero(code);
    }

    /// The address of a function that the caller offers.
    pub(crate) fn service(&mut self, services: &str, number: usize) -> String {
        let place = self
            .text
            .define(format_args!("getelementptr inbounds ptr, ptr {services}, i64 {number}"));
        let place = self.text.show(place, 1);
        let found = self.text.define(format_args!("load ptr, ptr {place}, !invariant.load !1"));
        self.text.show(found, 1)
    }

    /// Answer a code unless it is zero.
    pub(crate) fn end_unless_zero(&mut self, code: Operand) {
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
    fn captured(&self, axes: &[Axis], body: BlockId) -> Vec<(Value, Operand)> {
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
        for axis in axes {
            [axis.begin, Some(axis.end), axis.step].into_iter().flatten().for_each(&mut see);
        }
        let mut pending = vec![body];
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

    /// Write a function that begins with what it uses from outside; answers its name, and whether a loop of it runs in lanes.
    fn region(
        &mut self,
        outside: &[(Value, Operand)],
        write: impl FnOnce(&mut Self) -> Result<(), Unsupported>,
    ) -> Result<(String, bool), Unsupported> {
        let lanes = Lanes { width: self.width, masks: self.masks, how: How::Plain };
        let exacts = std::mem::take(&mut self.exacts);
        let mut inner =
            Emitter::within(self.kernel, lanes, exacts, "%frame = load ptr, ptr %context");
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
        write(&mut inner)?;
        inner.text.line("ret i64 0");
        let name = format!("region.{}", self.loops.regions.len());
        let header = format!("internal i64 @{name}(ptr noalias readonly %context");
        self.loops.regions.push(define(&header, &inner));
        self.stack += inner.stack;
        self.loops.in_lanes |= inner.loops.in_lanes;
        self.loops.ways.append(&mut inner.loops.ways);
        self.exacts = inner.exacts;
        self.text.outside.append(&mut inner.text.outside);
        Ok((name, inner.loops.in_lanes))
    }

    /// Whether a statement of a block is a loop.
    pub(crate) fn has_loops(&self, block: BlockId) -> bool {
        self.kernel.block(block).statements.iter().any(|it| {
            matches!(it, Statement::For(_) | Statement::While(_) | Statement::Reduce(_))
                || it.blocks().any(|inside| self.has_loops(inside))
        })
    }
}
