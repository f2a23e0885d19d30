//! Reductions, in the order that `docs/design/0009-loop-language.md` fixes: blocks of values, one by one.

use ir::{Combiner, Reduce};
use memory::DType;

use crate::combine::{About, Part, Pass};
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::{BLOCK, LANES, Unsupported};

impl Emitter<'_> {
    /// Write a whole reduction, in one lane.
    pub(crate) fn reduce(&mut self, it: &Reduce) -> Result<(), Unsupported> {
        let parts = self.parts(it)?;
        let count = self.points(it);
        let tree = self.tree(&parts);
        let blocks = self.blocks_of(count);
        let each = self.text.begin_count(number(0), blocks, 1);
        let found = self.block(it, count, each.index)?;
        self.push(&parts, &tree, each.index, &found)?;
        self.text.end_count(&each);
        self.collect(it, &parts, &tree, blocks)
    }

    /// How many points the axes have together.
    pub(crate) fn points(&mut self, it: &Reduce) -> Operand {
        let mut count = number(1);
        for axis in &it.axes {
            let length = self.length(axis);
            count = self.text.op("mul", WORD, &[count, length]);
        }
        count
    }

    /// How many blocks there are of so many points.
    pub(crate) fn blocks_of(&mut self, count: Operand) -> Operand {
        let raised = self.text.op("add", WORD, &[count, number(BLOCK - 1)]);
        self.text.op("udiv", WORD, &[raised, number(BLOCK)])
    }

    /// Reduce block number `block`, which is not empty.
    pub(crate) fn block(
        &mut self,
        it: &Reduce,
        count: Operand,
        block: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let begin = self.text.op("mul", WORD, &[block, number(BLOCK)]);
        let left = self.text.op("sub", WORD, &[count, begin]);
        let length = self.text.intrinsic("smin", WORD, &[left, number(BLOCK)]);
        if let Some(pass) = self.value_pass(it).filter(|_| self.can_search(it)) {
            return self.searched_block(it, &pass, begin, length);
        }
        let pass = self.first_pass(it);
        let sums = self.way(it, &pass, begin, length)?;
        let (mut found, mut means, mut at) = (Vec::new(), Vec::new(), 0);
        for &combiner in &it.combiners {
            let sum = sums[at];
            match combiner {
                Combiner::Moments => {
                    let ty = Type::new(pass.parts[at].dtype, 1);
                    let values = self.text.convert("sitofp", WORD, length, ty);
                    let mean = self.text.op("fdiv", ty, &[sum, values]);
                    means.push((found.len() + 2, mean));
                    // The squares follow.
                    found.extend([length, mean, mean]);
                }
                Combiner::ArgMin | Combiner::ArgMax => {
                    found.extend([sum, self.numbered(sums[at + 1], begin, 1)]);
                    at += 1;
                }
                _ => found.push(sum),
            }
            at += 1;
        }
        if !means.is_empty() {
            let about = About::Scalars(means.iter().map(|&(_, mean)| mean).collect());
            let second = Pass { parts: self.second_parts(it), about };
            let squares = self.way(it, &second, begin, length)?;
            for (&(place, _), square) in means.iter().zip(squares) {
                found[place] = square;
            }
        }
        Ok(found)
    }

    /// Whether the values of a block are read side by side.
    pub(crate) fn is_in_lanes(&self, it: &Reduce) -> bool {
        self.width > 1 && self.is_straight(it.body) && self.can_wrap(it)
    }

    /// Go once through the values of a block.
    fn way(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        length: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        if self.is_in_lanes(it) {
            self.block_in_lanes(it, pass, begin, length)
        } else {
            self.block_in_order(it, pass, begin, length)
        }
    }

    /// One value after the other, the lanes in memory.
    fn block_in_order(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        length: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let parts = &pass.parts[..];
        let rooms: Vec<_> = parts.iter().map(|part| self.room(part.dtype, LANES)).collect();
        let each = self.text.begin_count(number(0), length, 1);
        let k = self.text.op("add", WORD, &[begin, each.index]);
        self.place_at(it, k);
        self.any(it.body)?;
        let place = self.text.convert("trunc", WORD, each.index, Type::new(DType::I32, 1));
        let values = self.yielded(it, pass, place);
        let lane = self.text.op("and", WORD, &[each.index, number(LANES - 1)]);
        let (fresh, known, join) = (self.text.label(), self.text.label(), self.text.label());
        let is_first = self.text.op("icmp slt", WORD, &[each.index, number(LANES)]);
        self.text.branch(is_first, fresh, known);
        self.text.begin(fresh);
        self.put_parts(&rooms, parts, lane, &values);
        self.text.jump(join);
        self.text.begin(known);
        let before = self.take_parts(&rooms, parts, lane);
        let combined = self.add(parts, 1, &before, &values)?;
        self.put_parts(&rooms, parts, lane, &combined);
        self.text.jump(join);
        self.text.begin(join);
        self.text.end_count(&each);
        let present = self.text.intrinsic("smin", WORD, &[length, number(LANES)]);
        // Lanes from `half` on combine with those below; what is not there takes no part.
        let level = self.text.begin_count(number(0), number(LANES.ilog2().into()), 1);
        let half = self.text.op("lshr", WORD, &[number(LANES / 2), level.index]);
        let end = self.text.op("sub", WORD, &[present, half]);
        let end = self.text.intrinsic("smin", WORD, &[end, half]);
        let pair = self.text.begin_count(number(0), end, 1);
        let upper = self.text.op("add", WORD, &[pair.index, half]);
        let low = self.take_parts(&rooms, parts, pair.index);
        let high = self.take_parts(&rooms, parts, upper);
        let combined = self.combine(parts, 1, &low, &high)?;
        self.put_parts(&rooms, parts, pair.index, &combined);
        self.text.end_count(&pair);
        self.text.end_count(&level);
        Ok(self.take_parts(&rooms, parts, number(0)))
    }

    /// Set the indices to those of point number `k`.
    pub(crate) fn place_at(&mut self, it: &Reduce, k: Operand) {
        let arguments = self.kernel.block(it.body).arguments.clone();
        let mut rest = k;
        for (place, (axis, &index)) in it.axes.iter().zip(&arguments).enumerate().rev() {
            let at = if place == 0 {
                rest
            } else {
                let length = self.length(axis);
                let at = self.text.op("urem", WORD, &[rest, length]);
                rest = self.text.op("udiv", WORD, &[rest, length]);
                at
            };
            let index_value = self.index_of(axis, at);
            self.hold(index, Held::Uniform(index_value));
        }
    }

    pub(crate) fn put_parts(
        &mut self,
        rooms: &[Operand],
        parts: &[Part],
        at: Operand,
        values: &[Operand],
    ) {
        for ((&room, part), &value) in rooms.iter().zip(parts).zip(values) {
            let place = self.element(room, part.dtype, at);
            self.put(place, part.dtype, value);
        }
    }

    pub(crate) fn take_parts(
        &mut self,
        rooms: &[Operand],
        parts: &[Part],
        at: Operand,
    ) -> Vec<Operand> {
        let mut found = Vec::new();
        for (&room, part) in rooms.iter().zip(parts) {
            let place = self.element(room, part.dtype, at);
            found.push(self.take(place, part.dtype));
        }
        found
    }

    pub(crate) fn element(&mut self, room: Operand, dtype: DType, at: Operand) -> Operand {
        let ty = Type::new(dtype, 1).stored();
        let [room, at] = [room, at].map(|it| self.text.show(it, 1));
        self.text.define(format_args!("getelementptr inbounds {ty}, ptr {room}, i64 {at}"))
    }
}
