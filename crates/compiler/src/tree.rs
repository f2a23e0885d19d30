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
        self.take_block(parts, &tree, scratch, (block.index, block.index))?;
        self.text.end_count(&block);
        self.collect(it, parts, &tree, end)
    }

    /// Add the results of so many blocks from number `first` on to the tree; the first one's lies first.
    pub(crate) fn take_blocks(
        &mut self,
        parts: &[Part],
        tree: &Tree,
        scratch: &str,
        (first, count): (Operand, Operand),
    ) -> Result<(), Unsupported> {
        let place = self.text.begin_count(number(0), count, 1);
        let block = self.text.op("add", WORD, &[first, place.index]);
        self.take_block(parts, tree, scratch, (block, place.index))?;
        self.text.end_count(&place);
        Ok(())
    }

    /// Add the result of a block, which lies at a place in scratch memory, to the tree.
    fn take_block(
        &mut self,
        parts: &[Part],
        tree: &Tree,
        scratch: &str,
        (block, at): (Operand, Operand),
    ) -> Result<(), Unsupported> {
        let mut found = Vec::new();
        for (place, part) in parts.iter().enumerate() {
            let room = slot(self, scratch, at, parts.len(), place);
            found.push(self.take(room, part.dtype));
        }
        self.push(parts, tree, block, &found)
    }

    /// Add the result of block number `block` to the tree: neighbours combine as soon as both are there.
    pub(crate) fn push(
        &mut self,
        parts: &[Part],
        tree: &Tree,
        block: Operand,
        values: &[Operand],
    ) -> Result<(), Unsupported> {
        self.put_parts(&tree.carry, parts, number(0), values);
        self.count_up(tree.level, block, |e, level| e.join_level(parts, tree, level))?;
        let level = self.take(tree.level, DType::I64);
        let values = self.take_parts(&tree.carry, parts, number(0));
        self.put_parts(&tree.rooms, parts, level, &values);
        Ok(())
    }

    /// Count a block, as a binary counter does: `join` each level where a neighbour waits, from the lowest on. Its
    /// result is to wait at the level that `level` says afterwards.
    pub(crate) fn count_up(
        &mut self,
        level: Operand,
        block: Operand,
        join: impl FnOnce(&mut Self, Operand) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        self.put(level, DType::I64, number(0));
        let (head, body, done) = (self.text.label(), self.text.label(), self.text.label());
        self.text.jump(head);
        self.text.begin(head);
        let at = self.take(level, DType::I64);
        let bit = self.text.op("lshr", WORD, &[block, at]);
        let bit = self.text.op("and", WORD, &[bit, number(1)]);
        let more = self.text.op("icmp ne", WORD, &[bit, number(0)]);
        self.text.branch(more, body, done);
        self.text.begin(body);
        join(self, at)?;
        let next = self.text.op("add", WORD, &[at, number(1)]);
        self.put(level, DType::I64, next);
        self.text.jump(head);
        self.text.begin(done);
        Ok(())
    }

    /// Take together what so many blocks left: the smallest part of their tree, which came last and is what
    /// `begin` takes, then `join` the level of each larger one.
    pub(crate) fn count_out(
        &mut self,
        blocks: Operand,
        begin: impl FnOnce(&mut Self, Operand) -> Result<(), Unsupported>,
        join: impl FnOnce(&mut Self, Operand) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        let lowest = self.text.zeros("cttz", WORD, blocks);
        begin(self, lowest)?;
        let above = self.text.op("add", WORD, &[lowest, number(1)]);
        let zeros = self.text.zeros("ctlz", WORD, blocks);
        let end = self.text.op("sub", WORD, &[number(64), zeros]);
        let each = self.text.begin_count(above, end, 1);
        let bit = self.text.op("lshr", WORD, &[blocks, each.index]);
        let bit = self.text.op("and", WORD, &[bit, number(1)]);
        let there = self.text.op("icmp ne", WORD, &[bit, number(0)]);
        self.only_if(there, |e| join(e, each.index))?;
        self.text.end_count(&each);
        Ok(())
    }

    /// Code that runs where a truth holds.
    pub(crate) fn only_if(
        &mut self,
        truth: Operand,
        code: impl FnOnce(&mut Self) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        let (yes, join) = (self.text.label(), self.text.label());
        self.text.branch(truth, yes, join);
        self.text.begin(yes);
        code(self)?;
        self.text.jump(join);
        self.text.begin(join);
        Ok(())
    }

    /// One code where `count` is zero, as the result of no values is, and another where it is not.
    pub(crate) fn none_or_some(
        &mut self,
        count: Operand,
        none: impl FnOnce(&mut Self) -> Result<(), Unsupported>,
        some: impl FnOnce(&mut Self) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        let (empty, there, join) = (self.text.label(), self.text.label(), self.text.label());
        let is_none = self.text.op("icmp eq", WORD, &[count, number(0)]);
        self.text.branch(is_none, empty, there);
        self.text.begin(empty);
        none(self)?;
        self.text.jump(join);
        self.text.begin(there);
        some(self)?;
        self.text.jump(join);
        self.text.begin(join);
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
        let identity = self.identity(it);
        self.none_or_some(
            blocks,
            |e| {
                e.put_parts(&tree.carry, parts, number(0), &identity);
                Ok(())
            },
            |e| {
                e.count_out(
                    blocks,
                    |e, lowest| {
                        let last = e.take_parts(&tree.rooms, parts, lowest);
                        e.put_parts(&tree.carry, parts, number(0), &last);
                        Ok(())
                    },
                    |e, level| e.join_level(parts, tree, level),
                )
            },
        )?;
        for ((&carry, part), &result) in tree.carry.iter().zip(parts).zip(&it.results) {
            let found = self.take(carry, part.dtype);
            self.hold(result, Held::Uniform(found));
        }
        Ok(())
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
