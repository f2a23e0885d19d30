//! Tiles: several rows of a nest, or several vectors of a row, written side by side.

use ir::{Axis, BlockId, For, Statement, Value};

use crate::Unsupported;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::independent::Nest;
use crate::poll::TILE;
use crate::structure::{WORD, number};
use crate::text::Operand;
use crate::varying::Varying;

/// Vectors of a panel whose tiles are one vector wide: where each row that is written is another page, it should be
/// written in longer pieces.
const PANEL: i64 = 32;

impl<'k> Emitter<'k> {
    /// Rows and vectors of a tile around a loop in lanes. Rows that are turned in registers are turned once for all
    /// rows of the tile; more vectors would be more streams of memory, and much code.
    pub(crate) fn tile(&self, inner: &For, varying: &Varying<'_>, carried: usize) -> (i64, i64) {
        let turned = |copies| {
            self.kernel.block(inner.body).statements.iter().any(|it| {
                matches!(it, Statement::For(it) if !self.crossed_by(it, varying, copies).is_empty())
            })
        };
        let most = if self.masks && carried == 1 { 8 } else { 4 };
        let rows = [8, 4].into_iter().filter(|&rows| rows <= most);
        match rows.into_iter().find(|&rows| carried <= 2 && turned(rows as usize)) {
            Some(rows) => (rows, 1),
            None => self.tile_of(carried),
        }
    }

    /// Rows and vectors of a tile: as many accumulators as fit the registers and hide an addition.
    pub(crate) fn tile_of(&self, carried: usize) -> (i64, i64) {
        match (self.masks, carried) {
            (true, 1) => (4, 4),
            (true, 2) | (false, 1) => (4, 2),
            (true, 3..=4) | (false, 2) => (2, 2),
            _ => (1, 1),
        }
    }

    /// Rows `from..to`, several at once, for one panel of columns after the other: what all rows read of a
    /// panel stays in the second cache.
    pub(crate) fn rows_at_once(
        &mut self,
        nest: &Nest<'k>,
        index: Value,
        axis: &Axis,
        [from, to]: [Operand; 2],
    ) -> Result<(), Unsupported> {
        let outside = self.loops.varying.replace(nest.varying.clone());
        let inner = nest.inner;
        let columns = self.length(&inner.axes[0]);
        let width = i64::from(self.width);
        let rest = self.text.op("urem", WORD, &[columns, number(width * nest.vectors)]);
        let whole = self.text.op("sub", WORD, &[columns, rest]);
        let length = self.text.op("sub", WORD, &[to, from]);
        let rest = self.text.op("urem", WORD, &[length, number(nest.rows)]);
        let middle = self.text.op("sub", WORD, &[to, rest]);
        // Of one vector, where masks cost next to nothing, the code is there once, in a loop over those of a panel.
        let once = self.masks && nest.vectors == 1;
        let panels = if once {
            vec![(number(0), columns, 1, true)]
        } else {
            vec![(number(0), whole, nest.vectors, false), (whole, columns, 1, true)]
        };
        for (begin, end, vectors, masked) in panels {
            let each = width * vectors;
            let panel = self.text.begin_count(begin, end, if once { PANEL * each } else { each });
            let stop = self.text.op("add", WORD, &[panel.index, number(PANEL * each)]);
            let stop = self.text.intrinsic("smin", WORD, &[stop, end]);
            for (from, to, rows) in [(from, middle, nest.rows), (middle, to, 1)] {
                let group = self.text.begin_count(from, to, rows);
                let known = self.snapshot();
                let mut lines = Vec::new();
                for row in 0..rows {
                    self.restore(known.clone());
                    let place = self.text.op("add", WORD, &[group.index, number(row)]);
                    let at = self.index_of(axis, place);
                    self.hold(index, Held::Uniform(at));
                    self.rows(nest.before)?;
                    lines.push(self.snapshot());
                }
                let piece = once.then(|| self.text.begin_count(panel.index, stop, each));
                let first = piece.as_ref().map_or(panel.index, |it| it.index);
                self.tile_at(nest, &lines, first, masked.then_some(end), vectors)?;
                if let Some(piece) = piece {
                    self.text.end_count(&piece);
                }
                self.text.end_count(&group);
            }
            self.text.end_count(&panel);
        }
        self.loops.varying = outside;
        Ok(())
    }

    /// The points of some rows and of some vectors of columns, those before `end` if that is asked.
    fn tile_at(
        &mut self,
        nest: &Nest<'k>,
        rows: &[Vec<Option<Held>>],
        first: Operand,
        end: Option<Operand>,
        vectors: i64,
    ) -> Result<(), Unsupported> {
        let inner = nest.inner;
        let column = self.kernel.block(inner.body).arguments[0];
        self.mask = end.map(|end| {
            let left = self.text.op("sub", WORD, &[end, first]);
            self.those_below(left)
        });
        // The same for all rows, so that what they all load is told by its indices.
        let mut places = Vec::new();
        for vector in 0..vectors {
            let next = number(vector * i64::from(self.width));
            let place = self.text.op("add", WORD, &[first, next]);
            places.push(self.index_of_lane(&inner.axes[0], place));
        }
        let mut copies = Vec::new();
        for row in rows {
            for &at in &places {
                self.restore(row.clone());
                self.hold(column, Held::Linear(at));
                copies.push(self.snapshot());
            }
        }
        self.lanes = self.width;
        self.at_once(inner.body, &mut copies)?;
        self.lanes = 1;
        self.mask = None;
        self.spend(number(TILE));
        self.poll();
        Ok(())
    }

    /// Columns `from..to` in lanes, several vectors at a time and then one.
    pub(crate) fn columns_at_once(
        &mut self,
        body: BlockId,
        index: Value,
        axis: &Axis,
        [from, to]: [Operand; 2],
        vectors: i64,
    ) -> Result<(), Unsupported> {
        let width = i64::from(self.width);
        let length = self.text.op("sub", WORD, &[to, from]);
        let length = self.text.intrinsic("smax", WORD, &[length, number(0)]);
        let rest = self.text.op("urem", WORD, &[length, number(width * vectors)]);
        let middle = self.text.op("sub", WORD, &[to, rest]);
        for (from, to, vectors, masked) in [(from, middle, vectors, false), (middle, to, 1, true)] {
            let each = self.text.begin_count(from, to, width * vectors);
            if masked {
                let left = self.text.op("sub", WORD, &[to, each.index]);
                self.mask = Some(self.those_below(left));
            }
            let mut copies = Vec::new();
            for vector in 0..vectors {
                let place = self.text.op("add", WORD, &[each.index, number(vector * width)]);
                let at = self.index_of_lane(axis, place);
                self.hold(index, Held::Linear(at));
                copies.push(self.snapshot());
            }
            self.lanes = self.width;
            self.at_once(body, &mut copies)?;
            self.lanes = 1;
            self.mask = None;
            self.poll();
            self.text.end_count(&each);
        }
        Ok(())
    }
}
