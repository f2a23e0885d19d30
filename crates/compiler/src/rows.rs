//! Rows of columns that are reduced: read in order, those of one accumulator together.

use ir::{Axis, Value};
use memory::DType;

use crate::column::{Columns, Tile, third_parts};
use crate::combine::Pass;
use crate::compile::How;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::{LANES, Unsupported};

/// How many rows of one lane are added at once, where a body has at most so many statements. Each of them is a
/// stretch of memory that machines fetch by themselves: to be told what comes next only keeps them busy.
const TOGETHER: [(i64, usize); 2] = [(8, 4), (4, 12)];

/// One block of rows at work.
pub(crate) struct Rows<'t, 'k> {
    pub(crate) it: &'t Columns<'k>,
    pub(crate) tile: &'t Tile,
    pub(crate) axis: &'t Axis,
    pub(crate) column: Value,
    /// The first row, and how many there are.
    pub(crate) begin: Operand,
    pub(crate) length: Operand,
}

/// One row of a block: its indices, and its place in the block.
struct RowAt {
    indices: Vec<(Value, Held)>,
    place: Operand,
}

impl Emitter<'_> {
    /// Rows `from..to` of a block: the first ones start the accumulators, later ones add to them.
    pub(crate) fn rows_of(
        &mut self,
        work: &Rows<'_, '_>,
        from: Operand,
        to: Operand,
        starts: bool,
        again: bool,
    ) -> Result<(), Unsupported> {
        let mut from = from;
        let statements = self.kernel.block(work.it.reduce.body).statements.len();
        let short = !starts && !self.is_long(work.it.reduce.body);
        for (count, most) in TOGETHER {
            if !short || statements > most {
                continue;
            }
            // Rows of one lane at once, which saves most of the ways of its accumulators.
            let length = self.text.op("sub", WORD, &[to, from]);
            let length = self.text.intrinsic("smax", WORD, &[length, number(0)]);
            let length = self.text.op("and", WORD, &[length, number(-count * LANES)]);
            let end = self.text.op("add", WORD, &[from, length]);
            let group = self.text.begin_count(from, end, count * LANES);
            let lane = self.text.begin_count(number(0), number(LANES), 1);
            let row = self.text.op("add", WORD, &[group.index, lane.index]);
            let mut rows = Vec::new();
            for place in 0..count {
                let row = self.text.op("add", WORD, &[row, number(place * LANES)]);
                rows.push(self.row_at(work, row));
            }
            self.add_rows(work, &rows, lane.index, false, again)?;
            self.text.end_count(&lane);
            self.text.end_count(&group);
            from = end;
        }
        let row = self.text.begin_count(from, to, 1);
        let lane = self.text.op("and", WORD, &[row.index, number(LANES - 1)]);
        let at = self.row_at(work, row.index);
        self.add_rows(work, &[at], lane, starts, again)?;
        self.text.end_count(&row);
        Ok(())
    }

    /// Where a row of the block lies.
    fn row_at(&mut self, work: &Rows<'_, '_>, row: Operand) -> RowAt {
        let reduce = work.it.reduce;
        let k = self.text.op("add", WORD, &[work.begin, row]);
        self.place_at(reduce, k);
        let arguments = self.kernel.block(reduce.body).arguments.clone();
        let indices = arguments.into_iter().map(|it| (it, self.held(it))).collect();
        let place = self.text.convert("trunc", WORD, row, Type::new(DType::I32, 1));
        RowAt { indices, place }
    }

    /// Add rows of one lane, in this order, to its accumulators; or have the one start them.
    fn add_rows(
        &mut self,
        work: &Rows<'_, '_>,
        rows: &[RowAt],
        lane: Operand,
        starts: bool,
        again: bool,
    ) -> Result<(), Unsupported> {
        let base = self.text.op("mul", WORD, &[lane, number(self.tile)]);
        let code = |e: &mut Self, at: Operand| {
            let here = e.text.op("add", WORD, &[work.tile.from, at]);
            let index = e.index_of_lane(work.axis, here);
            let place = e.text.op("add", WORD, &[base, at]);
            let (sums, parts) = work.tile.way(again);
            let mut so_far = (!starts).then(|| e.take_row(sums, parts, place));
            for row in rows {
                e.hold(work.column, Held::Linear(index));
                let values = e.row_values(work, row, at, again)?;
                so_far = Some(match so_far {
                    Some(before) => e.add(parts, e.lanes, &before, &values)?,
                    None => values,
                });
            }
            e.put_row(sums, parts, place, &so_far.unwrap_or_default());
            Ok(())
        };
        if (starts && self.how != How::Short) || self.is_long(work.it.reduce.body) {
            return self.each_vector(work.tile, code);
        }
        // The hot loop: no masks as long as vectors are whole.
        let width = i64::from(self.width);
        let whole = self.text.op("and", WORD, &[work.tile.count, number(-width)]);
        let each = self.text.begin_count(number(0), whole, width);
        self.lanes = self.width;
        code(self, each.index)?;
        self.lanes = 1;
        self.text.end_count(&each);
        self.vectors_from(whole, work.tile, code)
    }

    /// What a row yields for the lanes of a vector.
    fn row_values(
        &mut self,
        work: &Rows<'_, '_>,
        row: &RowAt,
        at: Operand,
        again: bool,
    ) -> Result<Vec<Operand>, Unsupported> {
        let kernel = self.kernel;
        let body = kernel.block(work.it.reduce.body);
        for &(index, held) in &row.indices {
            self.hold(index, held);
        }
        self.straight_run(&[work.it.before, &body.statements], &body.yields)?;
        let k = self.text.splat(row.place, Type::new(DType::I32, self.lanes));
        if !again {
            return Ok(self.yielded(work.it.reduce, &work.tile.first, k));
        }
        let mut means = Vec::new();
        for (place, part) in third_parts(work.it.reduce).into_iter().zip(&work.tile.second) {
            let mean = self.element(work.tile.carry[place - 1], part.dtype, at);
            means.push(self.take_lanes(mean, part.dtype, self.lanes));
        }
        let pass = Pass::about_vectors(&work.tile.second, means);
        Ok(self.yielded(work.it.reduce, &pass, k))
    }
}
