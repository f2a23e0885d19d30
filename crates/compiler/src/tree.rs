//! Where the results of blocks meet: neighbours in pairs, as a binary counter counts.

use ir::Reduce;
use memory::DType;

use crate::Unsupported;
use crate::combine::Part;
use crate::compile::slot;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::Operand;

/// Deepest tree of blocks.
pub(crate) const DEEPEST: i64 = 64;

/// Memory in which the results of blocks meet.
pub(crate) struct Tree {
    rooms: Vec<Operand>,
    carry: Vec<Operand>,
    level: Operand,
}

impl Emitter<'_> {
    pub(crate) fn tree(&mut self, parts: &[Part]) -> Tree {
        let rooms = parts.iter().map(|part| self.room(part.dtype, DEEPEST)).collect();
        let carry = parts.iter().map(|part| self.room(part.dtype, 1)).collect();
        Tree { rooms, carry, level: self.room(DType::I64, 1) }
    }

    /// Combine the results of blocks `begin..end`, which lie in scratch memory, in a tree: the results
    /// of the reduction are held.
    pub(crate) fn join_blocks(
        &mut self,
        it: &Reduce,
        parts: &[Part],
        scratch: &str,
        begin: Operand,
        end: Operand,
    ) -> Result<(), Unsupported> {
        let tree = self.tree(parts);
        let block = self.text.begin_count(begin, end, 1);
        let mut found = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            let room = slot(self, scratch, block.index, parts.len(), place);
            found.push(self.take(room, part.dtype));
        }
        self.push(parts, &tree, block.index, &found)?;
        self.text.end_count(&block);
        self.collect(it, parts, &tree, end)
    }

    /// Add the result of block number `number_` to the tree: neighbours combine as soon as both are there.
    pub(crate) fn push(
        &mut self,
        parts: &[Part],
        tree: &Tree,
        block: Operand,
        values: &[Operand],
    ) -> Result<(), Unsupported> {
        for ((&room, part), &value) in tree.carry.iter().zip(parts).zip(values) {
            self.put(room, part.dtype, value);
        }
        self.put(tree.level, DType::I64, number(0));
        let (head, body, done) = (self.text.label(), self.text.label(), self.text.label());
        self.text.jump(head);
        self.text.begin(head);
        let level = self.take(tree.level, DType::I64);
        let bit = self.text.op("lshr", WORD, &[block, level]);
        let bit = self.text.op("and", WORD, &[bit, number(1)]);
        let more = self.text.op("icmp ne", WORD, &[bit, number(0)]);
        self.text.branch(more, body, done);
        self.text.begin(body);
        self.join_level(parts, tree, level)?;
        let next = self.text.op("add", WORD, &[level, number(1)]);
        self.put(tree.level, DType::I64, next);
        self.text.jump(head);
        self.text.begin(done);
        let level = self.take(tree.level, DType::I64);
        for ((&room, &carry), part) in tree.rooms.iter().zip(&tree.carry).zip(parts) {
            let value = self.take(carry, part.dtype);
            let place = self.element(room, part.dtype, level);
            self.put(place, part.dtype, value);
        }
        Ok(())
    }

    /// `carry = rooms[level] with carry`
    fn join_level(
        &mut self,
        parts: &[Part],
        tree: &Tree,
        level: Operand,
    ) -> Result<(), Unsupported> {
        let first = self.take_parts(&tree.rooms, parts, level);
        let later = self.take_parts(&tree.carry, parts, number(0));
        let combined = self.combine(parts, 1, &first, &later)?;
        self.put_parts(&tree.carry, parts, number(0), &combined);
        Ok(())
    }

    /// The result of a tree with so many blocks in it; hold it as the reduction's results.
    pub(crate) fn collect(
        &mut self,
        it: &Reduce,
        parts: &[Part],
        tree: &Tree,
        blocks: Operand,
    ) -> Result<(), Unsupported> {
        let (empty, some, join) = (self.text.label(), self.text.label(), self.text.label());
        let none = self.text.op("icmp eq", WORD, &[blocks, number(0)]);
        self.text.branch(none, empty, some);
        self.text.begin(empty);
        let identity = self.identity(it);
        self.put_parts(&tree.carry, parts, number(0), &identity);
        self.text.jump(join);
        self.text.begin(some);
        // From the smallest part of the tree, which came last, to the largest.
        let lowest = self.lowest_bit(blocks);
        let last = self.take_parts(&tree.rooms, parts, lowest);
        self.put_parts(&tree.carry, parts, number(0), &last);
        let above = self.text.op("add", WORD, &[lowest, number(1)]);
        let each = self.text.begin_count(above, number(DEEPEST - 1), 1);
        let bit = self.text.op("lshr", WORD, &[blocks, each.index]);
        let bit = self.text.op("and", WORD, &[bit, number(1)]);
        let there = self.text.op("icmp ne", WORD, &[bit, number(0)]);
        let (take, next) = (self.text.label(), self.text.label());
        self.text.branch(there, take, next);
        self.text.begin(take);
        self.join_level(parts, tree, each.index)?;
        self.text.jump(next);
        self.text.begin(next);
        self.text.end_count(&each);
        self.text.jump(join);
        self.text.begin(join);
        for ((&carry, part), &result) in tree.carry.iter().zip(parts).zip(&it.results) {
            let found = self.take(carry, part.dtype);
            self.hold(result, Held::Uniform(found));
        }
        Ok(())
    }

    /// The number of the lowest bit that is set; one is.
    pub(crate) fn lowest_bit(&mut self, number: Operand) -> Operand {
        self.text.outside.insert("declare i64 @llvm.cttz.i64(i64, i1)".to_owned());
        let shown = self.text.show(number, 1);
        self.text.define(format_args!("call i64 @llvm.cttz.i64(i64 {shown}, i1 true)"))
    }

    pub(crate) fn identity(&mut self, it: &Reduce) -> Vec<Operand> {
        if !it.empty.is_empty() {
            return it.empty.iter().map(|&value| self.scalar(value)).collect();
        }
        let yields = self.kernel.block(it.body).yields.clone();
        let mut found = Vec::new();
        for (&combiner, value) in it.combiners.iter().zip(yields) {
            for scalar in combiner.identity(self.kernel.dtype(value)) {
                found.push(Operand::Constant(scalar.dtype(), scalar.bits() as u64));
            }
        }
        found
    }
}
