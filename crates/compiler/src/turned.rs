//! A reduction of an array that is read across memory, such as the sum of a transposed one.
//!
//! Design note 0009 numbers values along the last axis, whose elements lie far apart here; those of the
//! first axis lie side by side. So the lanes are neighbours along the first axis, columns that are walked
//! down together, and what is fetched is used. A column runs on into the next one where its axes end, as
//! the numbers do: value `t` of column `a` is value `a * n + t` of all, if a column has `n`.
//!
//! Blocks of values begin at other places in each column. So each column reduces the blocks that begin in
//! it, and goes into the next column as far as the last of them. Columns are cut into strips as well: a
//! strip reduces the blocks that begin in it.

use ir::{Combiner, Reduce, Statement};
use memory::DType;

use crate::combine::{Part, Pass};
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::{BLOCK, LANES, Unsupported};

/// Values of a column in a strip, and how many blocks may begin in them.
const STRIP: i64 = 8 * BLOCK;
const BEGIN: i64 = STRIP / BLOCK;

/// What there is to do, as the extents say.
struct Work {
    /// How long the first axis is, and how many values a column has.
    across: Operand,
    down: Operand,
    strips: Operand,
    points: Operand,
    blocks: Operand,
}

/// Columns of a strip at work.
struct Strip {
    pass: Pass,
    /// Which one it is, of all.
    unit: Operand,
    /// Its first column, and how many there are.
    from: Operand,
    count: Operand,
    /// Where in the columns it begins and ends.
    begin: Operand,
    end: Operand,
    /// For each part and column as many accumulators as there are lanes; by rows modulo `LANES`.
    sums: Vec<Operand>,
    /// The accumulators of one column.
    lanes: Vec<Operand>,
    /// Where in a block each column begins.
    phases: Operand,
}

impl Emitter<'_> {
    /// Whether a reduction is read across memory, by a body that only computes.
    pub(crate) fn turns_of(&self, it: &Reduce) -> bool {
        let body = self.kernel.block(it.body);
        let [first, .., last] = body.arguments[..] else { return false };
        self.width > 1
            && it.axes.iter().all(|axis| axis.step.is_none())
            && !it.combiners.contains(&Combiner::Moments)
            && body.statements.iter().all(crate::beside::is_plain)
            && self.close(&body.statements, first) > self.close(&body.statements, last)
    }

    fn turned_work(&mut self, it: &Reduce) -> Work {
        let across = self.length(&it.axes[0]);
        let mut down = number(1);
        for axis in &it.axes[1..] {
            let length = self.length(axis);
            down = self.text.op("mul", WORD, &[down, length]);
        }
        let strips = self.up(down, number(STRIP));
        let points = self.text.op("mul", WORD, &[across, down]);
        let blocks = self.blocks_of(points);
        Work { across, down, strips, points, blocks }
    }

    /// How many strips of columns there are.
    pub(crate) fn turned_count(&mut self, it: &Reduce) -> Operand {
        let work = self.turned_work(it);
        let tiles = self.up(work.across, number(self.tile));
        self.text.op("mul", WORD, &[tiles, work.strips])
    }

    /// Bytes that the results of a strip take.
    pub(crate) fn turned_scratch(&self, parts: &[Part]) -> usize {
        16 * parts.len() * (self.tile * BEGIN).unsigned_abs() as usize
    }

    /// Where the parts of the block that begins at value `at` of a column lie in the scratch memory.
    fn turned_slots(
        &mut self,
        parts: &[Part],
        unit: Operand,
        column: Operand,
        at: Operand,
    ) -> Vec<Operand> {
        let place = self.text.op("sdiv", WORD, &[at, number(BLOCK)]);
        let room = self.text.op("mul", WORD, &[column, number(BEGIN)]);
        let room = self.text.op("add", WORD, &[room, place]);
        let all = self.text.op("mul", WORD, &[unit, number(self.tile * BEGIN)]);
        let room = self.text.op("add", WORD, &[all, room]);
        let scratch = self.frame.scratch(&mut self.text);
        let places = 0..parts.len();
        places.map(|place| crate::compile::slot(self, &scratch, room, parts.len(), place)).collect()
    }

    /// Run the strips `begin..end`.
    pub(crate) fn turned_strips(
        &mut self,
        it: &Reduce,
        begin: Operand,
        end: Operand,
    ) -> Result<(), Unsupported> {
        let work = self.turned_work(it);
        let pass = self.first_pass(it);
        let size = self.tile;
        let room = |e: &mut Self, count| -> Vec<Operand> {
            pass.parts.iter().map(|part| e.room(part.dtype, count)).collect()
        };
        let (sums, lanes) = (room(self, LANES * size), room(self, LANES));
        let phases = self.room(DType::I32, size);
        let each = self.text.begin_count(begin, end, 1);
        let tile = self.text.op("udiv", WORD, &[each.index, work.strips]);
        let strip = self.text.op("urem", WORD, &[each.index, work.strips]);
        let from = self.text.op("mul", WORD, &[tile, number(size)]);
        let count = self.text.op("sub", WORD, &[work.across, from]);
        let count = self.text.intrinsic("smin", WORD, &[count, number(size)]);
        let first = self.text.op("mul", WORD, &[strip, number(STRIP)]);
        let last = self.text.op("add", WORD, &[first, number(STRIP)]);
        let last = self.text.intrinsic("smin", WORD, &[last, work.down]);
        let unit = each.index;
        let strip = Strip { pass, unit, from, count, begin: first, end: last, sums, lanes, phases };
        self.set_phases(&work, &strip);
        // Blocks that begin in the strip end less than a block behind it.
        let stop = self.text.op("add", WORD, &[strip.end, number(BLOCK)]);
        let row = self.text.begin_count(strip.begin, stop, 1);
        self.turned_row(it, &work, &strip, row.index)?;
        self.text.end_count(&row);
        self.last_block(it, &work, &strip)?;
        self.text.end_count(&each);
        Ok(())
    }

    /// Note where in a block each column begins.
    fn set_phases(&mut self, work: &Work, strip: &Strip) {
        let each = self.text.begin_count(number(0), strip.count, 1);
        let column = self.text.op("add", WORD, &[strip.from, each.index]);
        let k = self.text.op("mul", WORD, &[column, work.down]);
        let phase = self.text.op("and", WORD, &[k, number(BLOCK - 1)]);
        let phase = self.text.convert("trunc", WORD, phase, Type::new(DType::I32, 1));
        let place = self.element(strip.phases, DType::I32, each.index);
        self.put(place, DType::I32, phase);
        self.text.end_count(&each);
    }

    /// Add value `t` of each column to its accumulators.
    fn turned_row(
        &mut self,
        it: &Reduce,
        work: &Work,
        strip: &Strip,
        t: Operand,
    ) -> Result<(), Unsupported> {
        let turns = self.text.op("udiv", WORD, &[t, work.down]);
        let from = self.text.op("add", WORD, &[strip.from, turns]);
        let count = self.text.op("sub", WORD, &[work.across, from]);
        let count = self.text.intrinsic("smin", WORD, &[count, strip.count]);
        self.hold_down(it, work, t);
        let narrow = Type::new(DType::I32, 1);
        let step = self.text.op("and", WORD, &[t, number(BLOCK - 1)]);
        let step = self.text.convert("trunc", WORD, step, narrow);
        // A value takes part if its block begins in the strip: not before, not behind.
        let into = self.text.op("sub", WORD, &[t, strip.begin]);
        let complete = self.text.op("icmp sge", WORD, &[into, number(BLOCK)]);
        let most = self.text.intrinsic("smin", WORD, &[into, number(BLOCK - 1)]);
        let most = self.text.convert("trunc", WORD, most, narrow);
        let least = self.text.op("sub", WORD, &[t, strip.end]);
        let least = self.text.op("add", WORD, &[least, number(1)]);
        let least = self.text.intrinsic("smax", WORD, &[least, number(0)]);
        let least = self.text.convert("trunc", WORD, least, narrow);
        let lane = self.text.op("and", WORD, &[t, number(LANES - 1)]);
        let base = self.text.op("mul", WORD, &[lane, number(self.tile)]);
        let width = self.width;
        let each = self.text.begin_count(number(0), count, i64::from(width));
        let (places, truth) = (Type::new(DType::I32, width), Type::new(DType::Bool, width));
        let left = self.text.op("sub", WORD, &[count, each.index]);
        let there = self.first(width, left);
        let phase = self.element(strip.phases, DType::I32, each.index);
        let phase = self.take_lanes(phase, DType::I32, width);
        let step = self.text.splat(step, places);
        let place = self.text.op("add", places, &[phase, step]);
        let wrap = Operand::Constant(DType::I32, (BLOCK - 1) as u64);
        let place = self.text.op("and", places, &[place, wrap]);
        let zero = Operand::Constant(DType::I32, 0);
        let done = self.text.op("icmp eq", places, &[place, zero]);
        let done = self.text.op("and", truth, &[done, there]);
        let complete = self.text.splat(complete, truth);
        let done = self.text.op("and", truth, &[done, complete]);
        self.finish_blocks(it, work, strip, (each.index, t), done)?;
        let [most, least] = [most, least].map(|it| self.text.splat(it, places));
        let before = self.text.op("icmp sle", places, &[place, most]);
        let behind = self.text.op("icmp sge", places, &[place, least]);
        let mask = self.text.op("and", truth, &[there, before]);
        let mask = self.text.op("and", truth, &[mask, behind]);
        let at = self.text.op("add", WORD, &[from, each.index]);
        let at = self.index_of(&it.axes[0], at);
        let index = self.kernel.block(it.body).arguments[0];
        self.hold(index, Held::Linear(at));
        (self.lanes, self.mask) = (width, Some(mask));
        self.fetch_down(it, at);
        self.straight(it.body)?;
        let values = self.yielded(it, &strip.pass, place);
        let parts = &strip.pass.parts;
        let room = self.text.op("add", WORD, &[base, each.index]);
        let sums = self.take_row(&strip.sums, parts, room);
        let added = self.add(parts, width, &sums, &values)?;
        let lanes = Operand::Constant(DType::I32, LANES as u64);
        let fresh = self.text.op("icmp slt", places, &[place, lanes]);
        let mut kept = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            let ty = Type::new(part.dtype, width);
            let new = self.text.select(fresh, ty, values[number], added[number]);
            kept.push(self.text.select(mask, ty, new, sums[number]));
        }
        self.put_row(&strip.sums, parts, room, &kept);
        (self.lanes, self.mask) = (1, None);
        self.text.end_count(&each);
        Ok(())
    }

    /// Set the indices of all axes but the first to those of value `t` of a column.
    fn hold_down(&mut self, it: &Reduce, work: &Work, t: Operand) {
        let mut rest = self.text.op("urem", WORD, &[t, work.down]);
        let arguments = self.kernel.block(it.body).arguments.clone();
        for place in (1..it.axes.len()).rev() {
            let mut at = rest;
            if place > 1 {
                let length = self.length(&it.axes[place]);
                at = self.text.op("urem", WORD, &[rest, length]);
                rest = self.text.op("udiv", WORD, &[rest, length]);
            }
            let index = self.index_of(&it.axes[place], at);
            self.hold(arguments[place], Held::Uniform(index));
        }
    }

    /// Fetch what rows to come hold in the lanes; they lie too far apart for any machine to see them coming.
    fn fetch_down(&mut self, it: &Reduce, first: Operand) {
        let kernel = self.kernel;
        let body = kernel.block(it.body);
        let row = body.arguments[body.arguments.len() - 1];
        let here = self.held(row);
        let Held::Uniform(at) = here else { return };
        let ahead = self.text.op("add", WORD, &[at, number(AHEAD)]);
        self.hold(row, Held::Uniform(ahead));
        for statement in &body.statements {
            let Statement::Load { buffer, index, .. } = statement else { continue };
            if index.iter().all(|it| body.arguments.contains(it)) && index.contains(&row) {
                let site = self.site(*buffer, index);
                self.fetch(&site);
            }
        }
        self.hold(row, here);
        self.hold(body.arguments[0], Held::Linear(first));
    }

    /// Where a block of a column ended before value `t`: its result into the scratch memory.
    fn finish_blocks(
        &mut self,
        it: &Reduce,
        work: &Work,
        strip: &Strip,
        (at, t): (Operand, Operand),
        done: Operand,
    ) -> Result<(), Unsupported> {
        let width = self.width;
        let (some, join) = (self.text.label(), self.text.label());
        let shown = self.text.show(done, width);
        let bits = self.text.define(format_args!("bitcast <{width} x i1> {shown} to i{width}"));
        let shown = self.text.show(bits, 1);
        let none = self.text.define(format_args!("icmp eq i{width} {shown}, 0"));
        self.text.branch_likely(none, join, some);
        self.text.begin(some);
        let bits = if width < 64 {
            self.text.define(format_args!("zext i{width} {shown} to i64"))
        } else {
            bits
        };
        let each = self.text.begin_count(number(0), number(width.into()), 1);
        let bit = self.text.op("lshr", WORD, &[bits, each.index]);
        let bit = self.text.op("and", WORD, &[bit, number(1)]);
        let is = self.text.op("icmp ne", WORD, &[bit, number(0)]);
        self.only_if(is, |e| {
            let column = e.text.op("add", WORD, &[at, each.index]);
            let begin = e.text.op("sub", WORD, &[t, number(BLOCK)]);
            e.finish_block(it, work, strip, (column, begin), number(BLOCK))
        })?;
        self.text.end_count(&each);
        self.text.jump(join);
        self.text.begin(join);
        Ok(())
    }

    /// The result of the block that begins at value `at` of a column, into the scratch memory.
    fn finish_block(
        &mut self,
        it: &Reduce,
        work: &Work,
        strip: &Strip,
        (column, at): (Operand, Operand),
        length: Operand,
    ) -> Result<(), Unsupported> {
        let parts = &strip.pass.parts;
        let number_ = self.text.op("add", WORD, &[strip.from, column]);
        let before = self.text.op("mul", WORD, &[number_, work.down]);
        let lane = self.text.begin_count(number(0), number(LANES), 1);
        let row = self.text.op("sub", WORD, &[lane.index, before]);
        let row = self.text.op("and", WORD, &[row, number(LANES - 1)]);
        let row = self.text.op("mul", WORD, &[row, number(self.tile)]);
        let row = self.text.op("add", WORD, &[row, column]);
        let values = self.take_parts(&strip.sums, parts, row);
        self.put_parts(&strip.lanes, parts, lane.index, &values);
        self.text.end_count(&lane);
        let mut sums = Vec::new();
        for (&room, part) in strip.lanes.iter().zip(parts) {
            sums.push(self.take_lanes(room, part.dtype, LANES as u32));
        }
        let present = self.text.intrinsic("smin", WORD, &[length, number(LANES)]);
        let sums = self.tree_of_lanes(parts, sums, present)?;
        let begin = self.text.op("add", WORD, &[before, at]);
        let found = self.numbered_parts(it, &sums, begin);
        let parts = self.parts(it)?;
        let inside = self.text.op("sub", WORD, &[at, strip.begin]);
        let slots = self.turned_slots(&parts, strip.unit, column, inside);
        for ((slot, part), value) in slots.into_iter().zip(&parts).zip(found) {
            self.put(slot, part.dtype, value);
        }
        Ok(())
    }

    /// What lanes found, with places as numbers of values.
    fn numbered_parts(&mut self, it: &Reduce, sums: &[Operand], begin: Operand) -> Vec<Operand> {
        let (mut found, mut at) = (Vec::new(), 0);
        for combiner in &it.combiners {
            found.push(sums[at]);
            at += 1;
            if matches!(combiner, Combiner::ArgMin | Combiner::ArgMax) {
                found.push(self.numbered(sums[at], begin, 1));
                at += 1;
            }
        }
        found
    }

    /// The last block of all, which no value follows, if it begins in this strip.
    fn last_block(&mut self, it: &Reduce, work: &Work, strip: &Strip) -> Result<(), Unsupported> {
        let begin = self.text.op("sub", WORD, &[work.blocks, number(1)]);
        let begin = self.text.op("mul", WORD, &[begin, number(BLOCK)]);
        let length = self.text.op("sub", WORD, &[work.points, begin]);
        let (unit, column, at) = self.whereabouts(work, begin);
        let here = self.text.op("icmp eq", WORD, &[unit, strip.unit]);
        self.only_if(here, |e| e.finish_block(it, work, strip, (column, at), length))
    }

    /// In which strip value `k` lies, in which of its columns, and at which value of that.
    fn whereabouts(&mut self, work: &Work, k: Operand) -> (Operand, Operand, Operand) {
        let column = self.text.op("udiv", WORD, &[k, work.down]);
        let at = self.text.op("urem", WORD, &[k, work.down]);
        let tile = self.text.op("udiv", WORD, &[column, number(self.tile)]);
        let column = self.text.op("urem", WORD, &[column, number(self.tile)]);
        let strip = self.text.op("udiv", WORD, &[at, number(STRIP)]);
        let unit = self.text.op("mul", WORD, &[tile, work.strips]);
        (self.text.op("add", WORD, &[unit, strip]), column, at)
    }

    /// Combine the blocks in their order; the results of the reduction are held.
    pub(crate) fn turned_finish(&mut self, it: &Reduce) -> Result<(), Unsupported> {
        let work = self.turned_work(it);
        let parts = self.parts(it)?;
        let tree = self.tree(&parts);
        let block = self.text.begin_count(number(0), work.blocks, 1);
        let begin = self.text.op("mul", WORD, &[block.index, number(BLOCK)]);
        let (unit, column, at) = self.whereabouts(&work, begin);
        let at = self.text.op("urem", WORD, &[at, number(STRIP)]);
        let mut found = Vec::new();
        for (slot, part) in self.turned_slots(&parts, unit, column, at).into_iter().zip(&parts) {
            found.push(self.take(slot, part.dtype));
        }
        self.push(&parts, &tree, block.index, &found)?;
        self.text.end_count(&block);
        self.collect(it, &parts, &tree, work.blocks)
    }
}

/// How many rows ahead of the one that is read the next ones are fetched.
const AHEAD: i64 = 8;
