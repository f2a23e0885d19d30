//! Parallel loops: blocks of rows, and the last axis in lanes.

use ir::{For, Statement};

use crate::access::{AHEAD, FAR_AHEAD};
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::Operand;
use crate::{CHUNK, Unsupported};

/// How the points of a parallel loop are cut into blocks: the last axis into columns of a chunk, or
/// several rows into one block where a row is shorter than that. Depends on the extents alone.
pub(crate) struct Cut {
    /// Length of each axis but the last.
    outer: Vec<Operand>,
    /// Length of the last axis.
    inner: Operand,
    rows: Operand,
    chunk: Operand,
    chunks_in_a_row: Operand,
    rows_in_a_block: Operand,
    /// How many blocks there are.
    pub(crate) blocks: Operand,
}

impl<'k> Emitter<'k> {
    /// Find out how a parallel loop is cut.
    pub(crate) fn cut(&mut self, it: &'k For) -> Cut {
        let mut lengths: Vec<_> = it.axes.iter().map(|axis| self.length(axis)).collect();
        let inner = lengths.pop().expect("verified: a loop has an axis");
        let mut rows = number(1);
        for &length in &lengths {
            rows = self.text.op("mul", WORD, &[rows, length]);
        }
        // A point with a loop inside is many points.
        let at_least_one = self.text.intrinsic("smax", WORD, &[inner, number(1)]);
        let (chunk, rows_in_a_block) = if self.is_straight(it.body) {
            (number(CHUNK), self.up(number(CHUNK), at_least_one))
        } else if let Some(columns) = self.columns_of(it) {
            let values = self.points(columns.reduce);
            let values = self.text.intrinsic("smax", WORD, &[values, number(1)]);
            let row = self.text.op("mul", WORD, &[values, at_least_one]);
            (self.columns_of_a_tile(at_least_one), self.up(number(CHUNK), row))
        } else {
            let few = self.few(it, inner);
            (few, self.up(few, at_least_one))
        };
        if lengths.is_empty() {
            let blocks = self.up(inner, chunk);
            let one = number(1);
            return Cut {
                outer: lengths,
                inner,
                rows: one,
                chunk,
                chunks_in_a_row: blocks,
                rows_in_a_block: one,
                blocks,
            };
        }
        let chunks_in_a_row = self.up(at_least_one, chunk);
        let wide = self.text.op("icmp sgt", WORD, &[chunks_in_a_row, number(1)]);
        let rows_in_a_block = self.text.select(wide, WORD, number(1), rows_in_a_block);
        let row_blocks = self.up(rows, rows_in_a_block);
        let blocks = self.text.op("mul", WORD, &[row_blocks, chunks_in_a_row]);
        let empty = self.text.op("icmp eq", WORD, &[inner, number(0)]);
        let blocks = self.text.select(empty, WORD, number(0), blocks);
        Cut { outer: lengths, inner, rows, chunk, chunks_in_a_row, rows_in_a_block, blocks }
    }

    /// Points in a block where each is much work: an extent is cut into some 64 blocks.
    fn few(&mut self, it: &For, length: Operand) -> Operand {
        let grain = self.grain(it).min(64);
        let share = self.text.op("sdiv", WORD, &[length, number(64 * grain)]);
        let share = self.text.intrinsic("smax", WORD, &[share, number(1)]);
        let share = self.text.intrinsic("smin", WORD, &[share, number(64 / grain)]);
        self.text.op("mul", WORD, &[share, number(grain)])
    }

    /// `a / b`, rounded up.
    pub(crate) fn up(&mut self, a: Operand, b: Operand) -> Operand {
        let raised = self.text.op("add", WORD, &[a, b]);
        let raised = self.text.op("sub", WORD, &[raised, number(1)]);
        self.text.op("sdiv", WORD, &[raised, b])
    }

    /// Run the blocks `%begin..%end` of a parallel loop.
    pub(crate) fn parallel(
        &mut self,
        it: &'k For,
        begin: Operand,
        end: Operand,
    ) -> Result<(), Unsupported> {
        let cut = self.cut(it);
        let arguments = self.kernel.block(it.body).arguments.clone();
        let (last, outer) = arguments.split_last().expect("verified: a loop has an axis");
        let columns = self.columns_of(it);
        if outer.is_empty() && columns.is_none() {
            // Blocks that follow each other are one stretch of a row. Unsigned, because what the last one lacks
            // may lie beyond the largest number.
            let from = self.text.op("mul", WORD, &[begin, cut.chunk]);
            let to = self.text.op("mul", WORD, &[end, cut.chunk]);
            let to = self.text.intrinsic("umin", WORD, &[to, cut.inner]);
            return self.part_of_a_row(it, *last, from, to);
        }
        let block = self.text.begin_count(begin, end, 1);
        let row_block = self.text.op("udiv", WORD, &[block.index, cut.chunks_in_a_row]);
        let column = self.text.op("urem", WORD, &[block.index, cut.chunks_in_a_row]);
        let first_row = self.text.op("mul", WORD, &[row_block, cut.rows_in_a_block]);
        let last_row = self.text.op("add", WORD, &[first_row, cut.rows_in_a_block]);
        let last_row = self.text.intrinsic("smin", WORD, &[last_row, cut.rows]);
        let from = self.text.op("mul", WORD, &[column, cut.chunk]);
        let to = self.text.op("add", WORD, &[from, cut.chunk]);
        let to = self.text.intrinsic("smin", WORD, &[to, cut.inner]);
        let row = self.text.begin_count(first_row, last_row, 1);
        self.hold_row(it, outer, &cut.outer, row.index);
        if let Some(columns) = columns.filter(|_| !self.lies_in_lanes(it)) {
            let axis = it.axes[it.axes.len() - 1];
            self.reduce_columns(&columns, &axis, *last, from, to)?;
        } else {
            self.part_of_a_row(it, *last, from, to)?;
        }
        self.text.end_count(&row);
        self.text.end_count(&block);
        Ok(())
    }

    /// Whether the points of a loop are lanes.
    pub(crate) fn lies_in_lanes(&self, it: &For) -> bool {
        let step = it.axes[it.axes.len() - 1].step;
        self.width > 1 && self.is_straight(it.body) && step.is_none()
    }

    /// The points `from..to` of the last axis, which is `index`.
    fn part_of_a_row(
        &mut self,
        it: &'k For,
        index: ir::Value,
        from: Operand,
        to: Operand,
    ) -> Result<(), Unsupported> {
        if self.lies_in_lanes(it) {
            self.columns(it, index, from, to)
        } else {
            self.independent(it, from, to)
        }
    }

    /// Set the indices of all axes but the last to those of a row.
    pub(crate) fn hold_row(
        &mut self,
        it: &For,
        indices: &[ir::Value],
        lengths: &[Operand],
        row: Operand,
    ) {
        let mut rest = row;
        for (place, &index) in indices.iter().enumerate().rev() {
            let axis = it.axes[place];
            let at = if place == 0 {
                rest
            } else {
                let at = self.text.op("urem", WORD, &[rest, lengths[place]]);
                rest = self.text.op("udiv", WORD, &[rest, lengths[place]]);
                at
            };
            let at = self.index_of(&axis, at);
            self.hold(index, Held::Uniform(at));
        }
    }

    /// Columns `from..to` of a row, in lanes, the last ones under a mask.
    ///
    /// Where stores go past the caches, first those before the first whole vector of a result.
    fn columns(
        &mut self,
        it: &For,
        index: ir::Value,
        from: Operand,
        to: Operand,
    ) -> Result<(), Unsupported> {
        if self.streaming.is_none() {
            return self.stretch(it, index, from, to);
        }
        let middle = self.first_whole(it, index, from, to);
        // A loop of two, so that the code is there once.
        let part = self.text.begin_count(number(0), number(2), 1);
        let head = self.text.op("icmp eq", WORD, &[part.index, number(0)]);
        let begin = self.text.select(head, WORD, from, middle);
        let end = self.text.select(head, WORD, middle, to);
        self.stretch(it, index, begin, end)?;
        self.text.end_count(&part);
        Ok(())
    }

    /// From where on the vectors of the first result that lies along a row are aligned; `from` for none.
    fn first_whole(&mut self, it: &For, index: ir::Value, from: Operand, to: Operand) -> Operand {
        let body = self.kernel.block(it.body);
        let axis = it.axes[it.axes.len() - 1];
        let found = body.statements.iter().find_map(|statement| {
            let Statement::Store { buffer, index: at, .. } = statement else { return None };
            // Of complex numbers the real parts.
            let part = self.part(*buffer, at);
            let number = &at[..at.len() - usize::from(part.is_some())];
            let along = number.last() == Some(&index)
                && number.iter().all(|it| body.arguments.contains(it))
                && part.is_none_or(|part| part == 0);
            along.then_some((*buffer, at, 1 + i64::from(part.is_some())))
        });
        let Some((buffer, at, parts)) = found else { return from };
        let first = self.index_of_lane(&axis, from);
        self.hold(index, Held::Uniform(first));
        let site = self.site(buffer, at);
        let (address, size) = site.one().expect("in one lane there is one address");
        let size = size * parts;
        let bytes = size * i64::from(self.width);
        let address = self.text.show(address, 1);
        let address = self.text.define(format_args!("ptrtoint ptr {address} to i64"));
        let ahead = self.text.op("sub", WORD, &[number(0), address]);
        let ahead = self.text.op("and", WORD, &[ahead, number(bytes - 1)]);
        let ahead = self.text.op("udiv", WORD, &[ahead, number(size)]);
        let middle = self.text.op("add", WORD, &[from, ahead]);
        self.text.intrinsic("smin", WORD, &[middle, to])
    }

    /// Columns `from..to` of a row, in lanes, the last ones under a mask.
    fn stretch(
        &mut self,
        it: &For,
        index: ir::Value,
        from: Operand,
        to: Operand,
    ) -> Result<(), Unsupported> {
        let axis = it.axes[it.axes.len() - 1];
        let width = i64::from(self.width);
        if self.masks && self.streaming.is_none() && self.is_long(it.body) {
            // Where masks cost next to nothing, the code of the body is there once. It computes for so long
            // that what it reads is better fetched.
            let ahead = self.ahead.replace(AHEAD);
            let each = self.text.begin_count(from, to, width);
            self.lanes = self.width;
            let left = self.text.op("sub", WORD, &[to, each.index]);
            self.mask = Some(self.first(self.width, left));
            let at = self.index_of_lane(&axis, each.index);
            self.hold(index, Held::Linear(at));
            self.straight(it.body)?;
            self.lanes = 1;
            (self.mask, self.ahead) = (None, ahead);
            self.text.end_count(&each);
            return Ok(());
        }
        let ahead = self.ahead;
        if self.streaming.is_some() && self.is_long(it.body) {
            self.ahead = Some(FAR_AHEAD);
        }
        self.whole_and_rest(from, to, |e, at, whole| {
            let at = e.index_of_lane(&axis, at);
            e.hold(index, Held::Linear(at));
            // Nothing of less than a vector passes the caches.
            let streaming = e.streaming;
            e.streaming = streaming.filter(|_| whole);
            e.straight(it.body)?;
            e.streaming = streaming;
            Ok(())
        })?;
        self.ahead = ahead;
        Ok(())
    }

    /// Run code from `from` to `to`, once for whole vectors and, if one is left that is not, once for that under
    /// a mask.
    pub(crate) fn whole_and_rest(
        &mut self,
        from: Operand,
        to: Operand,
        mut code: impl FnMut(&mut Self, Operand, bool) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        let width = i64::from(self.width);
        let length = self.text.op("sub", WORD, &[to, from]);
        let whole = self.text.op("and", WORD, &[length, number(-width)]);
        let end = self.text.op("add", WORD, &[from, whole]);
        let each = self.text.begin_count(from, end, width);
        self.lanes = self.width;
        code(self, each.index, true)?;
        self.lanes = 1;
        self.text.end_count(&each);
        let left = self.text.op("icmp slt", WORD, &[end, to]);
        self.only_if(left, |e| {
            let rest = e.text.op("sub", WORD, &[to, end]);
            let mask = e.below(e.width, 0, rest);
            e.mask = Some(mask);
            e.tail = Some((mask, rest));
            e.lanes = e.width;
            code(e, end, false)?;
            e.lanes = 1;
            e.mask = None;
            Ok(())
        })
    }

    /// As `index_of`; the beginning of an axis is the same in every lane.
    pub(crate) fn index_of_lane(&mut self, axis: &ir::Axis, at: Operand) -> Operand {
        let lanes = std::mem::replace(&mut self.lanes, 1);
        let index = self.index_of(axis, at);
        self.lanes = lanes;
        index
    }
}
