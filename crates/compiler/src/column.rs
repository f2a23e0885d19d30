//! Reductions along an axis that does not lie close in memory, such as sums of columns: the columns
//! are the lanes, and rows are read in order.
//!
//! Any parallel loop around one reduction is written this way, inside of compiled Python too (`region.rs`): loop over the
//! columns outside, reduce over the rows inside, and load `%x[%row, %column]` with a last stride of class `unit`.
//!
//! Each column has its own 32 accumulators, of design note 0009. Those of a tile of columns lie in
//! memory, few enough for the second cache: what row `k` gives is added to the ones of `k % 32`.

use ir::{Axis, Combiner, For, Kernel, Reduce, Statement, Stride, Value};
use memory::DType;

use crate::beside::is_plain;
use crate::combine::{Part, Pass};
use crate::compile::How;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::rows::Rows;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::{BLOCK, LANES, Unsupported};

/// A parallel loop around one reduction whose columns can be lanes.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'k> {
    pub(crate) before: &'k [Statement],
    pub(crate) reduce: &'k Reduce,
    pub(crate) after: &'k [Statement],
}

/// Vectors of a tile, at most: as many as the accumulators of a column let fit the second cache, so that each row
/// is read in long pieces. Where points are columns by gathers, the first cache is what counts.
pub(crate) fn vectors(kernel: &Kernel, how: How) -> i64 {
    let statements = kernel.blocks.iter().flat_map(|block| &block.statements);
    let numbers = statements.filter_map(|statement| match statement {
        Statement::Reduce(it) => Some(it.combiners.iter().map(|it| it.result_count()).sum()),
        _ => None,
    });
    match (numbers.max().unwrap_or(1), how) {
        (_, How::Short | How::Across) => 16,
        (1usize, How::Plain) => 160,
        (2, How::Plain) => 80,
        (1, _) => 64,
        (2, _) => 32,
        _ => 16,
    }
}

/// Deepest tree of the blocks of a column: of more values than any machine lives to see.
const LEVELS: i64 = 40;

/// Vectors of a tile that rows are still read in long pieces with.
const LONG: i64 = 64;

impl Emitter<'_> {
    /// Columns of a tile, for so many in a row: some eight tiles of a length, for threads to share, where
    /// they stay long enough.
    pub(crate) fn columns_of_a_tile(&mut self, inner: Operand) -> Operand {
        let (width, most) = (i64::from(self.width), self.tile);
        let least = (LONG * width).min(most);
        let share = self.up(inner, number(8 * width));
        let share = self.text.op("mul", WORD, &[share, number(width)]);
        let share = self.text.intrinsic("smax", WORD, &[share, number(least)]);
        let share = self.text.intrinsic("smin", WORD, &[share, number(most)]);
        let tiles = self.up(inner, share);
        let even = self.text.op("add", WORD, &[tiles, number(3)]);
        let even = self.text.op("and", WORD, &[even, number(-4)]);
        let few = self.text.op("icmp sle", WORD, &[tiles, number(2)]);
        let tiles = self.text.select(few, WORD, tiles, even);
        let vectors = self.text.op("mul", WORD, &[tiles, number(width)]);
        let vectors = self.up(inner, vectors);
        self.text.op("mul", WORD, &[vectors, number(width)])
    }
}

impl Tile {
    /// Accumulators of the first or second way, and what they are.
    pub(crate) fn way(&self, again: bool) -> (&[Operand], &[Part]) {
        if again { (&self.squares, &self.second) } else { (&self.sums, &self.first.parts) }
    }
}

/// Which parts are the sums of squares of moments; the mean stands before each.
pub(crate) fn third_parts(it: &Reduce) -> Vec<usize> {
    let mut found = Vec::new();
    let mut place = 0;
    for combiner in &it.combiners {
        place += combiner.result_count();
        if *combiner == Combiner::Moments {
            found.push(place - 1);
        }
    }
    found
}

/// One tile at work.
pub(crate) struct Tile {
    pub(crate) parts: Vec<Part>,
    /// The columns of the tile: from where on, and how many.
    pub(crate) from: Operand,
    pub(crate) count: Operand,
    /// The first way through the rows of a block; for each of its parts accumulators, as many rows of
    /// them as `LANES`.
    pub(crate) first: Pass,
    sums: Vec<Operand>,
    /// The same for the second way, if there is one.
    pub(crate) second: Vec<Part>,
    squares: Vec<Operand>,
    /// For each part: results of blocks that wait for their neighbours, and what is carried up.
    levels: Vec<Operand>,
    pub(crate) carry: Vec<Operand>,
    level: Operand,
}

impl<'k> Emitter<'k> {
    /// The loop as columns, if that is what it is and memory lies that way, or its points have few values.
    pub(crate) fn columns_of(&self, it: &'k For) -> Option<Columns<'k>> {
        let columns = self.short_of(it)?;
        let inside = &self.kernel.block(columns.reduce.body).statements;
        let column = *self.kernel.block(it.body).arguments.last()?;
        let row = *self.kernel.block(columns.reduce.body).arguments.last()?;
        let close = self.close(inside, column) > self.close(inside, row);
        (matches!(self.how, How::Short | How::Across) || close).then_some(columns)
    }

    /// The loop as columns, however memory lies.
    pub(crate) fn short_of(&self, it: &'k For) -> Option<Columns<'k>> {
        if self.width == 1 || it.axes[it.axes.len() - 1].step.is_some() {
            return None;
        }
        let body = self.kernel.block(it.body);
        let place = body.statements.iter().position(|it| matches!(it, Statement::Reduce(_)))?;
        let (before, rest) = body.statements.split_at(place);
        let Some((Statement::Reduce(reduce), after)) = rest.split_first() else { return None };
        let inside = &self.kernel.block(reduce.body).statements;
        let fits = before.iter().all(is_plain)
            && inside.iter().all(is_plain)
            && after.iter().all(|it| is_plain(it) || matches!(it, Statement::Store { .. }));
        let fixed = self.is_fixed(it, before, reduce);
        (fits && fixed).then_some(Columns { before, reduce, after })
    }

    /// Whether how far a reduction runs is the same at each point of the loop around it.
    pub(crate) fn is_fixed(&self, it: &For, before: &[Statement], reduce: &Reduce) -> bool {
        let inner: Vec<Value> = before
            .iter()
            .flat_map(|statement| statement.results().to_vec())
            .chain(self.kernel.block(it.body).arguments.iter().copied())
            .collect();
        reduce.axes.iter().all(|axis| {
            let values = [axis.begin, Some(axis.end), axis.step];
            values.iter().flatten().all(|value| !inner.contains(value))
        })
    }

    /// How many loads go through memory element by element as an index grows.
    pub(crate) fn close(&self, statements: &[Statement], index: Value) -> usize {
        statements
            .iter()
            .filter(|statement| {
                let Statement::Load { buffer, index: indices, .. } = statement else {
                    return false;
                };
                let Some(ty) = self.kernel.buffer(*buffer) else { return false };
                indices.iter().zip(&ty.strides).any(|(&at, &stride)| {
                    at == index && matches!(stride, Stride::Unit | Stride::Pair)
                })
            })
            .count()
    }

    /// Columns `from..to`, at most a tile of them.
    pub(crate) fn reduce_columns(
        &mut self,
        it: &Columns<'_>,
        axis: &Axis,
        column: Value,
        from: Operand,
        to: Operand,
    ) -> Result<(), Unsupported> {
        let tile = self.columns_from(it, from, to)?;
        let points = self.points(it.reduce);
        if self.how == How::Short {
            self.short_tile(it, &tile, axis, column, points)?;
        } else {
            let blocks = self.blocks_of(points);
            self.reduce_tile(it, &tile, axis, column, number(0), blocks)?;
        }
        self.after_tile(it, &tile, axis, column)
    }

    /// Room for the columns `from..to`.
    pub(crate) fn columns_from(
        &mut self,
        it: &Columns<'_>,
        from: Operand,
        to: Operand,
    ) -> Result<Tile, Unsupported> {
        let parts = self.parts(it.reduce)?;
        let size = self.tile;
        let rooms = |e: &mut Self, parts: &[Part], rows: i64| -> Vec<Operand> {
            parts.iter().map(|part| e.room(part.dtype, rows * size)).collect()
        };
        let (first, second) = (self.first_pass(it.reduce), self.second_parts(it.reduce));
        let count = self.text.op("sub", WORD, &[to, from]);
        Ok(Tile {
            sums: rooms(self, &first.parts, LANES),
            squares: rooms(self, &second, LANES),
            first,
            second,
            levels: rooms(self, &parts, LEVELS),
            carry: rooms(self, &parts, 1),
            level: self.room(DType::I64, 1),
            parts,
            from,
            count,
        })
    }

    /// The result of the blocks `first..last` of rows, which make a tree of their own, into `carry`.
    pub(crate) fn reduce_tile(
        &mut self,
        it: &Columns<'_>,
        tile: &Tile,
        axis: &Axis,
        column: Value,
        first: Operand,
        last: Operand,
    ) -> Result<(), Unsupported> {
        let points = self.points(it.reduce);
        let blocks = self.text.op("sub", WORD, &[last, first]);
        let each = self.text.begin_count(number(0), blocks, 1);
        let block = self.text.op("add", WORD, &[first, each.index]);
        self.column_block(it, tile, axis, column, points, block)?;
        self.push_tile(tile, each.index)?;
        self.text.end_count(&each);
        self.collect_tile(it, tile, blocks)
    }

    /// The result of at most one block of values a column, into `carry`.
    fn short_tile(
        &mut self,
        it: &Columns<'_>,
        tile: &Tile,
        axis: &Axis,
        column: Value,
        points: Operand,
    ) -> Result<(), Unsupported> {
        self.none_or_some(
            points,
            |e| e.empty_tile(it, tile),
            |e| e.column_block(it, tile, axis, column, points, number(0)),
        )
    }

    /// The result of no values at all, into `carry`.
    fn empty_tile(&mut self, it: &Columns<'_>, tile: &Tile) -> Result<(), Unsupported> {
        let identity = self.identity(it.reduce);
        self.each_vector(tile, |e, at| {
            let mut values = Vec::new();
            for (part, &value) in tile.parts.iter().zip(&identity) {
                values.push(e.text.splat(value, Type::new(part.dtype, e.lanes)));
            }
            e.put_row(&tile.carry, &tile.parts, at, &values);
            Ok(())
        })
    }

    /// What comes after the reduction, in lanes.
    pub(crate) fn after_tile(
        &mut self,
        it: &Columns<'_>,
        tile: &Tile,
        axis: &Axis,
        column: Value,
    ) -> Result<(), Unsupported> {
        self.each_vector(tile, |e, at| {
            let here = e.text.op("add", WORD, &[tile.from, at]);
            let index = e.index_of_lane(axis, here);
            e.hold(column, Held::Linear(index));
            for ((&carry, part), &result) in
                tile.carry.iter().zip(&tile.parts).zip(&it.reduce.results)
            {
                let place = e.element(carry, part.dtype, at);
                let found = e.take_lanes(place, part.dtype, e.lanes);
                e.hold(result, Held::Vector(found));
            }
            e.straight_run(&[it.before, it.after], &[])
        })
    }

    /// Run code for each vector of the tile, with lanes and mask set.
    pub(crate) fn each_vector(
        &mut self,
        tile: &Tile,
        code: impl FnOnce(&mut Self, Operand) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        self.vectors_from(number(0), tile, code)
    }

    /// As `each_vector`, from one of its columns on.
    pub(crate) fn vectors_from(
        &mut self,
        from: Operand,
        tile: &Tile,
        code: impl FnOnce(&mut Self, Operand) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        let each = self.text.begin_count(from, tile.count, i64::from(self.width));
        let left = self.text.op("sub", WORD, &[tile.count, each.index]);
        self.mask = Some(self.below(self.width, 0, left));
        self.lanes = self.width;
        code(self, each.index)?;
        self.lanes = 1;
        self.mask = None;
        self.text.end_count(&each);
        Ok(())
    }

    /// The result of one block of rows, into `carry`.
    fn column_block(
        &mut self,
        it: &Columns<'_>,
        tile: &Tile,
        axis: &Axis,
        column: Value,
        points: Operand,
        block: Operand,
    ) -> Result<(), Unsupported> {
        let begin = self.text.op("mul", WORD, &[block, number(BLOCK)]);
        let left = self.text.op("sub", WORD, &[points, begin]);
        let length = self.text.intrinsic("smin", WORD, &[left, number(BLOCK)]);
        let work = Rows { it, tile, axis, column, begin, length };
        self.column_way(&work, false)?;
        self.each_vector(tile, |e, at| {
            let sums = e.take_row(&tile.sums, &tile.first.parts, at);
            let mut found = Vec::new();
            let mut place = 0;
            for &combiner in &it.reduce.combiners {
                if matches!(combiner, Combiner::ArgMin | Combiner::ArgMax) {
                    let k = e.numbered(sums[place + 1], begin, e.lanes);
                    found.extend([sums[place], k]);
                    place += 2;
                } else if combiner == Combiner::Moments {
                    let dtype = tile.first.parts[place].dtype;
                    let ty = Type::new(dtype, e.lanes);
                    let count = e.text.convert("sitofp", WORD, length, Type::new(dtype, 1));
                    let count = e.text.splat(count, ty);
                    let mean = e.text.op("fdiv", ty, &[sums[place], count]);
                    let length = e.text.splat(length, Type::new(DType::I64, e.lanes));
                    // The squares follow.
                    found.extend([length, mean, mean]);
                    place += 1;
                } else {
                    found.push(sums[place]);
                    place += 1;
                }
            }
            e.put_row(&tile.carry, &tile.parts, at, &found);
            Ok(())
        })?;
        if tile.second.is_empty() {
            return Ok(());
        }
        self.column_way(&work, true)?;
        self.each_vector(tile, |e, at| {
            let squares = e.take_row(&tile.squares, &tile.second, at);
            let places = third_parts(it.reduce);
            for ((&place, part), square) in places.iter().zip(&tile.second).zip(squares) {
                let to = e.element(tile.carry[place], part.dtype, at);
                e.put_lanes(to, part.dtype, e.lanes, square);
            }
            Ok(())
        })
    }

    /// Go once through the rows of a block, and combine the lanes into row 0.
    fn column_way(&mut self, work: &Rows<'_, '_>, again: bool) -> Result<(), Unsupported> {
        let first = self.text.intrinsic("smin", WORD, &[work.length, number(LANES)]);
        self.rows_of(work, number(0), first, true, again)?;
        self.rows_of(work, number(LANES), work.length, false, again)?;
        let (rooms, parts) = work.tile.way(again);
        let level = self.text.begin_count(number(0), number(LANES.ilog2().into()), 1);
        let half = self.text.op("lshr", WORD, &[number(LANES / 2), level.index]);
        let end = self.text.op("sub", WORD, &[first, half]);
        let end = self.text.intrinsic("smin", WORD, &[end, half]);
        let pair = self.text.begin_count(number(0), end, 1);
        let low = self.text.op("mul", WORD, &[pair.index, number(self.tile)]);
        let upper = self.text.op("add", WORD, &[pair.index, half]);
        let high = self.text.op("mul", WORD, &[upper, number(self.tile)]);
        self.combine_rows(work.tile, parts, (rooms, low), (rooms, high), (rooms, low))?;
        self.text.end_count(&pair);
        self.text.end_count(&level);
        Ok(())
    }

    /// `to = first with later`, for each column; rows of rooms, by where they begin.
    fn combine_rows(
        &mut self,
        tile: &Tile,
        parts: &[Part],
        first: (&[Operand], Operand),
        later: (&[Operand], Operand),
        to: (&[Operand], Operand),
    ) -> Result<(), Unsupported> {
        self.each_vector(tile, |e, at| {
            let places = [first.1, later.1, to.1].map(|row| e.text.op("add", WORD, &[row, at]));
            let one = e.take_row(first.0, parts, places[0]);
            let two = e.take_row(later.0, parts, places[1]);
            let combined = e.combine(parts, e.lanes, &one, &two)?;
            e.put_row(to.0, parts, places[2], &combined);
            Ok(())
        })
    }

    pub(crate) fn put_row(
        &mut self,
        rooms: &[Operand],
        parts: &[Part],
        at: Operand,
        values: &[Operand],
    ) {
        for ((&room, part), &value) in rooms.iter().zip(parts).zip(values) {
            let place = self.element(room, part.dtype, at);
            self.put_lanes(place, part.dtype, self.lanes, value);
        }
    }

    pub(crate) fn take_row(
        &mut self,
        rooms: &[Operand],
        parts: &[Part],
        at: Operand,
    ) -> Vec<Operand> {
        let mut found = Vec::new();
        for (&room, part) in rooms.iter().zip(parts) {
            let place = self.element(room, part.dtype, at);
            found.push(self.take_lanes(place, part.dtype, self.lanes));
        }
        found
    }

    fn copy_row(
        &mut self,
        tile: &Tile,
        from: (&[Operand], Operand),
        to: (&[Operand], Operand),
    ) -> Result<(), Unsupported> {
        self.each_vector(tile, |e, at| {
            let places = [from.1, to.1].map(|row| e.text.op("add", WORD, &[row, at]));
            let found = e.take_row(from.0, &tile.parts, places[0]);
            e.put_row(to.0, &tile.parts, places[1], &found);
            Ok(())
        })
    }

    /// As `push`, for each column at once; what comes is in `carry`.
    pub(crate) fn push_tile(&mut self, tile: &Tile, block: Operand) -> Result<(), Unsupported> {
        let carry = (&tile.carry[..], number(0));
        self.count_up(tile.level, block, |e, level| e.join_tiles(tile, level))?;
        let level = self.take(tile.level, DType::I64);
        let row = self.text.op("mul", WORD, &[level, number(self.tile)]);
        self.copy_row(tile, carry, (&tile.levels, row))
    }

    /// `carry = levels[level] with carry`
    fn join_tiles(&mut self, tile: &Tile, level: Operand) -> Result<(), Unsupported> {
        let row = self.text.op("mul", WORD, &[level, number(self.tile)]);
        let carry = (&tile.carry[..], number(0));
        self.combine_rows(tile, &tile.parts, (&tile.levels, row), carry, carry)
    }

    /// As `collect`; the results are in `carry`.
    pub(crate) fn collect_tile(
        &mut self,
        it: &Columns<'_>,
        tile: &Tile,
        blocks: Operand,
    ) -> Result<(), Unsupported> {
        self.none_or_some(
            blocks,
            |e| e.empty_tile(it, tile),
            |e| {
                e.count_out(
                    blocks,
                    |e, lowest| {
                        let row = e.text.op("mul", WORD, &[lowest, number(e.tile)]);
                        e.copy_row(tile, (&tile.levels, row), (&tile.carry, number(0)))
                    },
                    |e, level| e.join_tiles(tile, level),
                )
            },
        )
    }
}
