//! A parallel loop of few points, each a long reduction: its blocks are run on their own and meet at the end.
//!
//! As many blocks of 4096 values as a power of two says are a piece, so that a piece is one knot of the tree
//! that design note 0009 fixes, and the pieces of a point are the leaves of the rest of it.

use ir::{For, Reduce, Statement};

use crate::Unsupported;
use crate::beside::is_plain;
use crate::column::{Columns, Tile};
use crate::combine::Part;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::Operand;

/// Most pieces of one reduction: enough for the cores of any machine.
const PIECES: i64 = 256;

/// A loop whose reductions can be run in pieces.
pub(crate) struct Split<'k> {
    it: &'k For,
    around: Columns<'k>,
    /// Whether columns are the lanes.
    columns: bool,
}

/// What there is to do, as the extents say.
struct Work {
    outer: Vec<Operand>,
    /// Length of the last axis, and tiles of it: of columns, or of one point each.
    inner: Operand,
    tile: Operand,
    tiles: Operand,
    /// Tiles of all rows.
    all: Operand,
    /// Blocks of a reduction, of a piece, and how many pieces there are.
    blocks: Operand,
    size: Operand,
    pieces: Operand,
}

impl<'k> Emitter<'k> {
    /// The loop in pieces, if it is one reduction and what little is around it.
    pub(crate) fn split_of(&self, it: &'k For) -> Option<Split<'k>> {
        if let Some(around) = self.columns_of(it) {
            return Some(Split { it, around, columns: true });
        }
        let body = self.kernel.block(it.body);
        let place = body.statements.iter().position(|it| matches!(it, Statement::Reduce(_)))?;
        let (before, rest) = body.statements.split_at(place);
        let Some((Statement::Reduce(reduce), after)) = rest.split_first() else { return None };
        let fits = before.iter().all(is_plain)
            && self.kernel.block(reduce.body).statements.iter().all(is_plain)
            && after.iter().all(|it| is_plain(it) || matches!(it, Statement::Store { .. }));
        (fits && self.is_fixed(it, before, reduce)).then_some(Split {
            it,
            around: Columns { before, reduce, after },
            columns: false,
        })
    }

    fn work(&mut self, split: &Split<'k>) -> Work {
        let mut outer: Vec<_> = split.it.axes.iter().map(|axis| self.length(axis)).collect();
        let inner = outer.pop().expect("verified: a loop has an axis");
        let tile = number(if split.columns { self.tile } else { 1 });
        let tiles = self.up(inner, tile);
        let all = outer.iter().fold(tiles, |all, &it| self.text.op("mul", WORD, &[all, it]));
        let points = self.points(split.around.reduce);
        let blocks = self.blocks_of(points);
        // The next power of two from `least` on.
        let least = self.up(blocks, number(PIECES));
        let least = self.text.intrinsic("smax", WORD, &[least, number(1)]);
        let below = self.text.op("sub", WORD, &[least, number(1)]);
        let zeros = self.text.zeros("ctlz", WORD, below);
        let bits = self.text.op("sub", WORD, &[number(64), zeros]);
        let size = self.text.op("shl", WORD, &[number(1), bits]);
        let pieces = self.up(blocks, size);
        Work { outer, inner, tile, tiles, all, blocks, size, pieces }
    }

    /// How many pieces there are in all.
    pub(crate) fn split_count(&mut self, split: &Split<'k>) -> Operand {
        let work = self.work(split);
        self.text.op("mul", WORD, &[work.all, work.pieces])
    }

    /// Bytes that the result of a piece takes.
    pub(crate) fn split_scratch(&self, split: &Split<'k>) -> Result<usize, Unsupported> {
        let parts = self.parts(split.around.reduce)?;
        Ok(parts.iter().map(|&part| self.room_of(split, part)).sum())
    }

    fn room_of(&self, split: &Split<'k>, part: Part) -> usize {
        let columns = if split.columns { self.tile } else { 1 };
        (columns.unsigned_abs() as usize * part.dtype.size()).next_multiple_of(16)
    }

    /// Where the parts of a piece's result lie.
    fn slots(&mut self, split: &Split<'k>, parts: &[Part], piece: Operand) -> Vec<Operand> {
        let rooms: Vec<_> = parts.iter().map(|&part| self.room_of(split, part)).collect();
        let whole = number(rooms.iter().sum::<usize>().cast_signed() as i64);
        let begin = self.text.op("mul", WORD, &[piece, whole]);
        let scratch = self.frame.scratch(&mut self.text);
        let mut at = 0;
        let mut found = Vec::new();
        for room in rooms {
            let place = self.text.op("add", WORD, &[begin, number(at)]);
            let place = self.text.show(place, 1);
            found.push(
                self.text.define(format_args!("getelementptr i8, ptr {scratch}, i64 {place}")),
            );
            at += room.cast_signed() as i64;
        }
        found
    }

    /// Set the indices to those of a tile; where it begins and ends in the last axis.
    fn hold_tile(&mut self, split: &Split<'k>, work: &Work, tile: Operand) -> (Operand, Operand) {
        let arguments = self.kernel.block(split.it.body).arguments.clone();
        let (last, outer) = arguments.split_last().expect("verified: a loop has an axis");
        let row = self.text.op("udiv", WORD, &[tile, work.tiles]);
        let column = self.text.op("urem", WORD, &[tile, work.tiles]);
        self.hold_row(split.it, outer, &work.outer, row);
        let from = self.text.op("mul", WORD, &[column, work.tile]);
        if !split.columns {
            let axis = split.it.axes[split.it.axes.len() - 1];
            let at = self.index_of(&axis, from);
            self.hold(*last, Held::Uniform(at));
        }
        let to = self.text.op("add", WORD, &[from, work.tile]);
        let to = self.text.intrinsic("smin", WORD, &[to, work.inner]);
        (from, to)
    }

    /// Run the pieces `%begin..%end`.
    pub(crate) fn split_pieces(
        &mut self,
        split: &Split<'k>,
        begin: Operand,
        end: Operand,
    ) -> Result<(), Unsupported> {
        self.may_end = false;
        let work = self.work(split);
        let parts = self.parts(split.around.reduce)?;
        let (axis, column) = self.last_axis(split);
        let each = self.text.begin_count(begin, end, 1);
        let tile = self.text.op("udiv", WORD, &[each.index, work.pieces]);
        let piece = self.text.op("urem", WORD, &[each.index, work.pieces]);
        let (from, to) = self.hold_tile(split, &work, tile);
        let first = self.text.op("mul", WORD, &[piece, work.size]);
        let last = self.text.op("add", WORD, &[first, work.size]);
        let last = self.text.intrinsic("smin", WORD, &[last, work.blocks]);
        if split.columns {
            let room = self.columns_from(&split.around, from, to)?;
            self.reduce_tile(&split.around, &room, &axis, column, first, last)?;
            let slots = self.slots(split, &parts, each.index);
            self.copy_tile(&room, &room.carry, &slots)?;
        } else {
            self.rows(split.around.before)?;
            let reduce = split.around.reduce;
            let points = self.points(reduce);
            let tree = self.tree(&parts);
            let blocks = self.text.op("sub", WORD, &[last, first]);
            let one = self.text.begin_count(number(0), blocks, 1);
            let block = self.text.op("add", WORD, &[first, one.index]);
            let found = self.block(reduce, points, block)?;
            self.push(&parts, &tree, one.index, &found)?;
            self.text.end_count(&one);
            self.collect(reduce, &parts, &tree, blocks)?;
            let slots = self.slots(split, &parts, each.index);
            for ((slot, part), &result) in slots.into_iter().zip(&parts).zip(&reduce.results) {
                let value = self.scalar(result);
                self.put(slot, part.dtype, value);
            }
        }
        self.text.end_count(&each);
        Ok(())
    }

    /// Combine the pieces of each point, and do what comes after.
    pub(crate) fn split_finish(&mut self, split: &Split<'k>) -> Result<(), Unsupported> {
        let work = self.work(split);
        let reduce: &Reduce = split.around.reduce;
        let parts = self.parts(reduce)?;
        let (axis, column) = self.last_axis(split);
        let each = self.text.begin_count(number(0), work.all, 1);
        let (from, to) = self.hold_tile(split, &work, each.index);
        let before = self.text.op("mul", WORD, &[each.index, work.pieces]);
        if split.columns {
            let room = self.columns_from(&split.around, from, to)?;
            let one = self.text.begin_count(number(0), work.pieces, 1);
            let piece = self.text.op("add", WORD, &[before, one.index]);
            let slots = self.slots(split, &parts, piece);
            self.copy_tile(&room, &slots, &room.carry)?;
            self.push_tile(&room, one.index)?;
            self.text.end_count(&one);
            self.collect_tile(&split.around, &room, work.pieces)?;
            self.after_tile(&split.around, &room, &axis, column)?;
        } else {
            self.rows(split.around.before)?;
            let tree = self.tree(&parts);
            let one = self.text.begin_count(number(0), work.pieces, 1);
            let piece = self.text.op("add", WORD, &[before, one.index]);
            let slots = self.slots(split, &parts, piece);
            let mut found = Vec::new();
            for (slot, part) in slots.into_iter().zip(&parts) {
                found.push(self.take(slot, part.dtype));
            }
            self.push(&parts, &tree, one.index, &found)?;
            self.text.end_count(&one);
            self.collect(reduce, &parts, &tree, work.pieces)?;
            self.rows(split.around.after)?;
        }
        self.text.end_count(&each);
        Ok(())
    }

    fn last_axis(&self, split: &Split<'k>) -> (ir::Axis, ir::Value) {
        let arguments = &self.kernel.block(split.it.body).arguments;
        let last = split.it.axes.len() - 1;
        (split.it.axes[last], arguments[last])
    }

    /// One row of a tile from rooms to rooms.
    fn copy_tile(
        &mut self,
        tile: &Tile,
        from: &[Operand],
        to: &[Operand],
    ) -> Result<(), Unsupported> {
        self.each_vector(tile, |e, at| {
            for ((&from, &to), part) in from.iter().zip(to).zip(&tile.parts) {
                let place = e.element(from, part.dtype, at);
                let value = e.take_lanes(place, part.dtype, e.lanes);
                let place = e.element(to, part.dtype, at);
                e.put_lanes(place, part.dtype, e.lanes, value);
            }
            Ok(())
        })
    }
}
