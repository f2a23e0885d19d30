//! Loops inside of lanes that walk along memory where the lanes lie across it, as the rows of a matrix by a vector.
//!
//! Turn by turn each lane's element comes from a row of its own: a gather, one element at a time. Instead
//! as many turns as there are lanes are made at once: a piece of each row is loaded, and rows become columns in
//! registers. Every lane still takes its turns in order, one after the other.

use ir::{Buffer, For, Statement, Stride, Value};
use memory::DType;

use crate::Unsupported;
use crate::beside::Room;
use crate::emitter::Emitter;
use crate::frame::Step;
use crate::held::Held;
use crate::remainder;
use crate::structure::{WORD, number};
use crate::text::{Operand, Text, Type};
use crate::varying::{Kind, Varying};

/// Most statements that are written for turns made at once.
const LARGEST: usize = 640;

/// So many pieces of each row ahead what comes is fetched, into the first cache: from the second one it comes
/// later than a row of additions takes.
const AHEAD: i64 = 16;

/// Rows shorter than this are not fetched ahead: matrices of such rows lie in the second cache as a rule,
/// where asking costs a tenth of the time.
const FAR: i64 = 512;

/// The rows of the lanes for one load.
struct Rows {
    dtype: DType,
    buffer: Buffer,
    /// Where the row of each lane begins.
    addresses: Vec<Operand>,
    /// How far apart.
    apart: Step,
}

/// Copies of a loop whose lanes load the same rows, such as those of several points of a loop around.
struct Bunch {
    copies: Vec<usize>,
    /// For each load the indices of its rows, by which bunches are told apart.
    indices: Vec<Vec<Held>>,
    /// For each load.
    rows: Vec<Rows>,
}

/// A loop whose turns are made at once.
struct Walk<'w> {
    it: &'w For,
    /// The statements that load from a row for each lane.
    loads: &'w [usize],
    /// What each copy carries.
    rooms: &'w [Vec<Room>],
    bunches: Vec<Bunch>,
    /// What the statements between those compute.
    wanted: Vec<Value>,
    runs: Vec<&'w [Statement]>,
}

impl Emitter<'_> {
    /// Which statements of a loop load along memory, from a row for each lane; none where turns are not made at
    /// once. `copies`: how often the loop is written side by side.
    pub(crate) fn crossed(&self, it: &For, copies: usize) -> Vec<usize> {
        self.crossed_by(it, &self.varying(), copies)
    }

    /// The same for lanes of which this is known.
    pub(crate) fn crossed_by(&self, it: &For, varying: &Varying<'_>, copies: usize) -> Vec<usize> {
        let body = self.kernel.block(it.body);
        let sum = body.statements.len() * self.width as usize * copies;
        let tail = self.mask.is_none_or(|mask| self.tail.is_some_and(|it| it.0 == mask));
        let quick = |statement: &Statement| match statement {
            Statement::Op { op, operands, .. } => {
                let dtype = self.kernel.dtype(operands[operands.len() - 1]);
                !op.is_elementary(dtype) && !remainder::is_one(*op, dtype)
            }
            Statement::Constant { .. } | Statement::Load { .. } => true,
            _ => false,
        };
        if !(4..=16).contains(&self.width)
            || sum > LARGEST
            || !tail
            || it.axes.len() > 1
            || it.axes[0].step.is_some()
            || varying.parts(it)
            || !body.statements.iter().all(quick)
        {
            return Vec::new();
        }
        let along = |statement: &Statement| match statement {
            Statement::Load { buffer, index, .. } => self.lies_across(it, varying, *buffer, index),
            _ => false,
        };
        (0..body.statements.len()).filter(|&at| along(&body.statements[at])).collect()
    }

    /// Whether the turns of a loop find their elements side by side, and the lanes theirs in rows.
    fn lies_across(
        &self,
        it: &For,
        varying: &Varying<'_>,
        buffer: Buffer,
        index: &[Value],
    ) -> bool {
        let Some(ty) = self.kernel.buffer(buffer) else { return false };
        let body = self.kernel.block(it.body);
        let inside = |value: &Value| {
            body.arguments.contains(value)
                || body.statements.iter().any(|it| it.results().contains(value))
        };
        let (mut turns, mut lanes) = (0, 0);
        for (value, &stride) in index.iter().zip(&ty.strides) {
            if *value == body.arguments[0] && stride == Stride::Unit {
                turns += 1;
            } else if inside(value) || stride == Stride::Pair {
                return false;
            } else if stride != Stride::Zero {
                match varying.kind(*value) {
                    Kind::Uniform => {}
                    Kind::Linear => lanes += 1,
                    Kind::Vector => return false,
                }
            }
        }
        ty.dtype != DType::Bool && turns == 1 && lanes > 0
    }

    /// Write as many turns of a loop at once as fit; answers the turn to go on with.
    pub(crate) fn turns_at_once(
        &mut self,
        it: &For,
        loads: &[usize],
        copies: &mut [Vec<Option<Held>>],
        (rooms, length): (&[Vec<Room>], Operand),
    ) -> Result<Operand, Unsupported> {
        let kernel = self.kernel;
        let body = kernel.block(it.body);
        let width = i64::from(self.width);
        let whole = self.text.op("and", WORD, &[length, number(-width)]);
        let bunches = self.bunches(it, loads, copies);
        let wanted: Vec<_> = body.statements.iter().flat_map(|it| it.results().to_vec()).collect();
        let runs: Vec<_> = body
            .statements
            .split(|it| loads.iter().any(|&at| std::ptr::eq(it, &raw const body.statements[at])))
            .collect();
        let walk = Walk { it, loads, rooms, bunches, wanted, runs };
        let far = self.text.op("icmp sge", WORD, &[whole, number(FAR)]);
        let count = self.text.begin_count(number(0), whole, width);
        let first = self.index_of_lane(&it.axes[0], count.index);
        if self.mask.is_none() {
            // Behind the end of these rows come those of the next lanes.
            let later = self.text.op("add", WORD, &[count.index, number(AHEAD * width)]);
            let behind = self.text.op("icmp sge", WORD, &[later, whole]);
            let over = self.text.select(behind, WORD, whole, number(0));
            let later = self.text.op("sub", WORD, &[later, over]);
            let later = self.index_of_lane(&it.axes[0], later);
            let lanes = number(width * walk.bunches.len().cast_signed() as i64);
            let lanes = self.text.select(behind, WORD, lanes, number(0));
            self.only_if(far, |e| {
                for rows in walk.bunches.iter().flat_map(|it| &it.rows) {
                    e.fetch_rows(rows, lanes, later);
                }
                Ok(())
            })?;
        }
        self.piece(&walk, copies, (first, None))?;
        self.text.end_count(&count);
        if !self.masks {
            return Ok(whole);
        }
        // The last, shorter piece: the same, but turns end where the rows do.
        let rest = self.text.op("sub", WORD, &[length, whole]);
        let some = self.text.op("icmp sgt", WORD, &[rest, number(0)]);
        let first = self.index_of_lane(&it.axes[0], whole);
        self.only_if(some, |e| e.piece(&walk, copies, (first, Some(rest))))?;
        Ok(length)
    }

    /// The copies of a loop, by the rows that they load.
    fn bunches(
        &mut self,
        it: &For,
        loads: &[usize],
        copies: &mut [Vec<Option<Held>>],
    ) -> Vec<Bunch> {
        let body = self.kernel.block(it.body);
        let mut bunches: Vec<Bunch> = Vec::new();
        for (place, copy) in copies.iter_mut().enumerate() {
            self.swap(copy);
            self.hold(body.arguments[0], Held::Uniform(number(0)));
            let indices = loads.iter().map(|&at| match &body.statements[at] {
                Statement::Load { index, .. } => index.iter().map(|&it| self.held(it)).collect(),
                _ => unreachable!("a load"),
            });
            let indices: Vec<_> = indices.collect();
            if let Some(bunch) = bunches.iter_mut().find(|it| it.indices == indices) {
                bunch.copies.push(place);
            } else {
                let rows = loads.iter().map(|&at| self.rows_across(&body.statements[at]));
                let rows = rows.collect();
                bunches.push(Bunch { copies: vec![place], indices, rows });
            }
            self.swap(copy);
        }
        bunches
    }

    /// The turns of a piece, for all copies; of so many turns, if there are fewer than lanes.
    fn piece(
        &mut self,
        walk: &Walk<'_>,
        copies: &mut [Vec<Option<Held>>],
        (first, rest): (Operand, Option<Operand>),
    ) -> Result<(), Unsupported> {
        let body = self.kernel.block(walk.it.body);
        let (index, carried) = (body.arguments[0], &body.arguments[1..]);
        let mask = rest.map(|rest| self.below(self.width, 0, rest));
        for bunch in &walk.bunches {
            // Each row is loaded and turned once, for whoever looks at it.
            let columns: Vec<_> =
                bunch.rows.iter().map(|rows| self.columns_of_rows(rows, first, mask)).collect();
            let end = self.text.label();
            for (place, turn) in (0..i64::from(self.width)).enumerate() {
                if let Some(rest) = rest.filter(|_| turn > 0) {
                    let on = self.text.label();
                    let more = self.text.op("icmp sgt", WORD, &[rest, number(turn)]);
                    self.text.branch(more, on, end);
                    self.text.begin(on);
                }
                let at = self.text.op("add", WORD, &[first, number(turn)]);
                for &each in &bunch.copies {
                    let (copy, rooms) = (&mut copies[each], &walk.rooms[each]);
                    self.swap(copy);
                    self.hold(index, Held::Uniform(at));
                    for (&load, columns) in walk.loads.iter().zip(&columns) {
                        let result = body.statements[load].results()[0];
                        self.hold(result, Held::Vector(columns[place]));
                    }
                    self.take_all_beside(rooms, carried);
                    self.straight_run(&walk.runs, &walk.wanted)?;
                    self.put_all_beside(rooms, &body.yields);
                    self.swap(copy);
                }
            }
            if rest.is_some() {
                self.text.jump(end);
                self.text.begin(end);
            }
        }
        Ok(())
    }

    /// Where the rows of a load begin. The index of the turns is held as zero.
    fn rows_across(&mut self, load: &Statement) -> Rows {
        let Statement::Load { buffer, index, .. } = load else { unreachable!("a load") };
        let dtype = self.kernel.buffer(*buffer).expect("verified: a buffer").dtype;
        let place = self.frame.places[buffer.index()].clone().expect("verified: a buffer");
        let mut address = place.address;
        let mut apart: Option<Step> = None;
        for (&step, &value) in place.steps.iter().zip(index) {
            let at = match self.held(value) {
                Held::Uniform(at) => at,
                Held::Linear(at) => {
                    apart = Some(apart.map_or(step, |before| self.sum(before, step)));
                    at
                }
                Held::Vector(_) => unreachable!("indices are linear, says `Varying`"),
            };
            address = self.move_by(address, at, step);
        }
        let apart = apart.unwrap_or(Step::Bytes(0));
        // Lanes that are not there look at the last row that is.
        let last = self
            .mask
            .and(self.tail)
            .map(|(_, count)| self.text.op("sub", WORD, &[count, number(1)]));
        let addresses = (0..i64::from(self.width)).map(|lane| {
            let lane = match last {
                Some(last) => self.text.intrinsic("smin", WORD, &[last, number(lane)]),
                None => number(lane),
            };
            self.move_by(address, lane, apart)
        });
        Rows { dtype, buffer: *buffer, addresses: addresses.collect(), apart }
    }

    /// Have what comes of each row fetched, or of the row so many lanes behind it.
    fn fetch_rows(&mut self, rows: &Rows, lanes: Operand, later: Operand) {
        let size = rows.dtype.size().cast_signed() as i64;
        for &address in &rows.addresses {
            let ahead = self.move_by(address, lanes, rows.apart);
            let ahead = self.move_by(ahead, later, Step::Bytes(size));
            self.fetch_near(ahead);
        }
    }

    /// The next piece of each row, as columns; only the elements of a mask.
    fn columns_of_rows(
        &mut self,
        rows: &Rows,
        first: Operand,
        mask: Option<Operand>,
    ) -> Vec<Operand> {
        let size = rows.dtype.size().cast_signed() as i64;
        let half = self.width / 2;
        let part = Type::new(rows.dtype, half);
        let whole = Type::new(rows.dtype, self.width);
        let mark = self.text.mark();
        let mut sides = [Vec::new(), Vec::new()];
        for &address in &rows.addresses {
            let address = self.move_by(address, first, Step::Bytes(size));
            if mask.is_some() {
                let address = self.text.show(address, 1);
                let row = self.load_row(&address, whole, rows.dtype.size(), mask);
                for (side, from) in sides.iter_mut().zip([0, half]) {
                    let lanes: Vec<_> = (from..from + half).collect();
                    side.push(self.shuffled(whole, [row, row], &lanes));
                }
                continue;
            }
            let middle = self.move_by(address, number(i64::from(half)), Step::Bytes(size));
            for (side, address) in sides.iter_mut().zip([address, middle]) {
                let address = self.text.show(address, 1);
                side.push(
                    self.text.define(format_args!("load {part}, ptr {address}, align {size}")),
                );
            }
        }
        self.tag(mark, rows.buffer);
        // Halves of two rows that lie half of all rows apart stand side by side; a square is turned in each.
        let lanes: Vec<_> = (0..self.width).collect();
        let half = half as usize;
        let mut columns = Vec::new();
        for side in sides {
            let mut square: Vec<_> = (0..half)
                .map(|row| self.shuffled(part, [side[row], side[row + half]], &lanes))
                .collect();
            let mut bit = 1;
            while bit < half {
                for row in (0..half).filter(|row| row & bit == 0) {
                    let pair = [square[row], square[row + bit]];
                    let (mut upper, mut lower) = (Vec::new(), Vec::new());
                    for lane in 0..2 * half {
                        let other = if lane & bit == 0 { 0 } else { 2 * half };
                        upper.push((other + (lane & !bit)) as u32);
                        lower.push((other + (lane | bit)) as u32);
                    }
                    square[row] = self.shuffled(whole, pair, &upper);
                    square[row + bit] = self.shuffled(whole, pair, &lower);
                }
                bit *= 2;
            }
            columns.append(&mut square);
        }
        columns
    }

    /// Elements of two vectors, by their places.
    fn shuffled(&mut self, ty: Type, pair: [Operand; 2], places: &[u32]) -> Operand {
        let [a, b] = pair.map(|it| self.text.show(it, ty.lanes));
        let count = places.len();
        let places = Text::listed(DType::I32, places);
        self.text.define(format_args!("shufflevector {ty} {a}, {ty} {b}, <{count} x i32> {places}"))
    }
}
