//! Blocks of a reduction with their lanes side by side in vectors.

use ir::Reduce;
use memory::DType;

use crate::access::NEAR_AHEAD;
use crate::combine::{Part, Pass};
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::{LANES, Unsupported};

/// Statements of a body over several axes that make it long.
const MANY: usize = 12;

impl Emitter<'_> {
    /// Lanes side by side: in registers where the body is short, else in memory, so that the code of
    /// the body is there once.
    pub(crate) fn block_in_lanes(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        length: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let parts = &pass.parts[..];
        // Loads from several axes are long.
        let several = it.axes.len() > 1 && self.kernel.block(it.body).statements.len() > MANY;
        let sums = if several || self.is_long(it.body) {
            self.sums_in_memory(it, pass, begin, length)?
        } else {
            self.sums_in_registers(it, pass, begin, length)?
        };
        let present = self.text.intrinsic("smin", WORD, &[length, number(LANES)]);
        self.tree_of_lanes(parts, sums, present)
    }

    fn sums_in_registers(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        length: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let parts = &pass.parts[..];
        let width = LANES as u32;
        // The first value of a lane starts it.
        let mask = self.below(width, 0, length);
        let first = self.in_lanes(it, pass, begin, number(0), width, Some(mask))?;
        let mut extremes = self.extremes(parts);
        for extreme in &mut extremes {
            extreme.begin(self, &first, mask);
        }
        let types: Vec<_> = parts.iter().map(|part| Type::new(part.dtype, width)).collect();
        // Whole steps of all lanes.
        let whole = self.text.op("and", WORD, &[length, number(-(LANES))]);
        let (head, body, done) = (self.text.label(), self.text.label(), self.text.label());
        let (at, next) = (self.text.register(), self.text.register());
        let before = self.text.here();
        self.text.jump(head);
        self.text.begin(head);
        let at_line = self.text.reserve();
        let lines: Vec<_> =
            parts.iter().map(|_| (self.text.reserve(), self.text.register())).collect();
        let sums: Vec<_> = lines.iter().map(|&(_, sum)| sum).collect();
        for extreme in &mut extremes {
            extreme.enter(self);
        }
        let more = self.text.op("icmp slt", WORD, &[at, whole]);
        self.text.branch(more, body, done);
        self.text.begin(body);
        let values = self.in_lanes(it, pass, begin, at, width, None)?;
        let mut stepped = self.add(parts, width, &sums, &values)?;
        for extreme in &mut extremes {
            extreme.step(self, &sums, &values, &mut stepped);
        }
        let latch = self.text.here();
        let [shown_at, shown_next] = [at, next].map(|it| self.text.show(it, 1));
        self.text.line(format_args!("{shown_next} = add i64 {shown_at}, {LANES}"));
        self.text.jump(head);
        let line =
            format!("{shown_at} = phi i64 [ {LANES}, %{before} ], [ {shown_next}, %{latch} ]");
        self.text.fill(at_line, line);
        for (place, &(line, sum)) in lines.iter().enumerate() {
            let [sum, start, value] =
                [sum, first[place], stepped[place]].map(|it| self.text.show(it, width));
            let ty = types[place];
            self.text.fill(
                line,
                format_args!("{sum} = phi {ty} [ {start}, %{before} ], [ {value}, %{latch} ]"),
            );
        }
        for extreme in &extremes {
            extreme.carry(self, before, latch);
        }
        self.text.begin(done);
        for extreme in &mut extremes {
            extreme.end(self);
        }
        // What is left of a step, if there was a whole one before.
        let rest = self.text.op("sub", WORD, &[length, whole]);
        let (partial, join) = (self.text.label(), self.text.label());
        let some = self.text.op("icmp sgt", WORD, &[rest, number(0)]);
        let many = self.text.op("icmp sgt", WORD, &[whole, number(0)]);
        let both = self.text.op("and", Type::new(DType::Bool, 1), &[some, many]);
        let skip = self.text.here();
        self.text.branch(both, partial, join);
        self.text.begin(partial);
        let mask = self.below(width, 0, rest);
        let values = self.in_lanes(it, pass, begin, whole, width, Some(mask))?;
        let combined = self.add(parts, width, &sums, &values)?;
        for extreme in &mut extremes {
            extreme.rest(self, &values, mask);
        }
        let mut chosen = Vec::new();
        for (place, &ty) in types.iter().enumerate() {
            chosen.push(self.text.select(mask, ty, combined[place], sums[place]));
        }
        let from = self.text.here();
        self.text.jump(join);
        self.text.begin(join);
        let mut found = Vec::new();
        for (place, &ty) in types.iter().enumerate() {
            let [known, new] = [sums[place], chosen[place]].map(|it| self.text.show(it, width));
            let line = format!("phi {ty} [ {known}, %{skip} ], [ {new}, %{from} ]");
            found.push(self.text.define(line));
        }
        for extreme in &mut extremes {
            extreme.meet(self, (skip, from));
        }
        for extreme in &extremes {
            extreme.settle(self, &mut found);
        }
        Ok(found)
    }

    fn sums_in_memory(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        length: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let parts = &pass.parts[..];
        let width = self.width.min(LANES as u32);
        let rooms: Vec<_> = parts.iter().map(|part| self.room(part.dtype, LANES)).collect();
        self.under_masks(number(0), length, width, |e, at, mask| {
            let values = e.in_lanes(it, pass, begin, at, width, Some(mask))?;
            let lane = e.text.op("and", WORD, &[at, number(LANES - 1)]);
            let first = e.text.op("icmp slt", WORD, &[at, number(LANES)]);
            let places: Vec<_> = rooms
                .iter()
                .zip(parts)
                .map(|(&room, part)| e.element(room, part.dtype, lane))
                .collect();
            let (fresh, known, join) = (e.text.label(), e.text.label(), e.text.label());
            e.text.branch(first, fresh, known);
            e.text.begin(fresh);
            for ((&place, part), &value) in places.iter().zip(parts).zip(&values) {
                e.put_lanes(place, part.dtype, width, value);
            }
            e.text.jump(join);
            e.text.begin(known);
            let mut before = Vec::new();
            for (&place, part) in places.iter().zip(parts) {
                before.push(e.take_lanes(place, part.dtype, width));
            }
            let patient = std::mem::replace(&mut e.patient, true);
            let combined = e.add(parts, width, &before, &values)?;
            e.patient = patient;
            for (number, (&place, part)) in places.iter().zip(parts).enumerate() {
                let ty = Type::new(part.dtype, width);
                let chosen = e.text.select(mask, ty, combined[number], before[number]);
                e.put_lanes(place, part.dtype, width, chosen);
            }
            e.text.jump(join);
            e.text.begin(join);
            Ok(())
        })?;
        let mut sums = Vec::new();
        for (&room, part) in rooms.iter().zip(parts) {
            sums.push(self.take_lanes(room, part.dtype, LANES as u32));
        }
        Ok(sums)
    }

    /// Run code from `from` to `to` under masks, which are the same for all whole vectors: so each is made once.
    fn under_masks(
        &mut self,
        from: Operand,
        to: Operand,
        width: u32,
        code: impl FnOnce(&mut Self, Operand, Operand) -> Result<(), Unsupported>,
    ) -> Result<(), Unsupported> {
        let length = self.text.op("sub", WORD, &[to, from]);
        let whole = self.text.op("and", WORD, &[length, number(-i64::from(width))]);
        let middle = self.text.op("add", WORD, &[from, whole]);
        // A loop of two, so that the code is there once.
        let part = self.text.begin_count(number(0), number(2), 1);
        let head = self.text.op("icmp eq", WORD, &[part.index, number(0)]);
        let begin = self.text.select(head, WORD, from, middle);
        let end = self.text.select(head, WORD, middle, to);
        let count = self.text.op("sub", WORD, &[end, begin]);
        let mask = self.first(width, count);
        let each = self.text.begin_count(begin, end, width.into());
        code(self, each.index, mask)?;
        self.text.end_count(&each);
        self.text.end_count(&part);
        Ok(())
    }

    pub(crate) fn put_lanes(&mut self, place: Operand, dtype: DType, lanes: u32, value: Operand) {
        let ty = Type::new(dtype, lanes);
        let stored = ty.stored();
        let value =
            if dtype == DType::Bool { self.text.convert("zext", ty, value, stored) } else { value };
        let (value, place) = (self.text.show(value, lanes), self.text.show(place, 1));
        let align = dtype.size();
        self.text.line(format_args!("store {stored} {value}, ptr {place}, align {align}"));
    }

    pub(crate) fn take_lanes(&mut self, place: Operand, dtype: DType, lanes: u32) -> Operand {
        let stored = Type::new(dtype, lanes).stored();
        let place = self.text.show(place, 1);
        let align = dtype.size();
        let found = self.text.define(format_args!("load {stored}, ptr {place}, align {align}"));
        if dtype == DType::Bool {
            return self.text.op("icmp ne", stored, &[found, Operand::Constant(DType::U8, 0)]);
        }
        found
    }

    /// Which lanes of a vector that begins at `shift` lie below `end`.
    pub(crate) fn below(&mut self, width: u32, shift: i64, end: Operand) -> Operand {
        // Narrow numbers make for short code; what is far above all lanes is above them all.
        let ty = Type::new(DType::I32, width);
        let left = self.text.op("sub", WORD, &[end, number(shift)]);
        let left = self.text.intrinsic("smin", WORD, &[left, number(LANES * 2)]);
        let left = self.text.intrinsic("smax", WORD, &[left, number(0)]);
        let left = self.text.convert("trunc", WORD, left, Type::new(DType::I32, 1));
        let left = self.text.splat(left, ty);
        let left = self.text.show(left, width);
        let lanes: Vec<_> = (0..width).map(|lane| format!("i32 {lane}")).collect();
        self.text.define(format_args!("icmp slt {ty} <{}>, {left}", lanes.join(", ")))
    }

    /// The first `count` lanes of a vector, at least one of them; all, if there are fewer.
    pub(crate) fn first(&mut self, width: u32, count: Operand) -> Operand {
        if !self.masks {
            return self.below(width, 0, count);
        }
        // Bits of a word, which leaves vectors to those who compute.
        let count = self.text.intrinsic("smin", WORD, &[count, number(width.into())]);
        let out = self.text.op("sub", WORD, &[number(64), count]);
        let bits = self.text.op("lshr", WORD, &[number(-1), out]);
        let bits = self.text.show(bits, 1);
        let bits = if width == 64 {
            bits
        } else {
            let bits = self.text.define(format_args!("trunc i64 {bits} to i{width}"));
            self.text.show(bits, 1)
        };
        self.text.define(format_args!("bitcast i{width} {bits} to <{width} x i1>"))
    }

    /// The body's values in `width` lanes from point `begin + shift` on.
    pub(crate) fn in_lanes(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        shift: Operand,
        width: u32,
        mask: Option<Operand>,
    ) -> Result<Vec<Operand>, Unsupported> {
        let at = self.text.op("add", WORD, &[begin, shift]);
        let lanes = std::mem::replace(&mut self.lanes, width);
        let outer = std::mem::replace(&mut self.mask, mask);
        if let [axis] = it.axes[..] {
            let index = self.kernel.block(it.body).arguments[0];
            let place = self.index_of(&axis, at);
            self.hold(index, Held::Linear(place));
        } else {
            self.wrap(it, at);
        }
        let ahead = self.ahead.replace(NEAR_AHEAD);
        self.straight(it.body)?;
        self.ahead = ahead;
        self.wrapped = None;
        let k = self.places_from(shift);
        let found = self.yielded(it, pass, k);
        self.lanes = lanes;
        self.mask = outer;
        Ok(found)
    }

    /// `shift`, `shift + 1`, ... in the lanes, as i32.
    fn places_from(&mut self, shift: Operand) -> Operand {
        let ty = Type::new(DType::I32, self.lanes);
        let first = self.text.convert("trunc", WORD, shift, Type::new(DType::I32, 1));
        let first = self.text.splat(first, ty);
        let first = self.text.show(first, self.lanes);
        let lanes: Vec<_> = (0..self.lanes).map(|lane| format!("i32 {lane}")).collect();
        self.text.define(format_args!("add {ty} {first}, <{}>", lanes.join(", ")))
    }

    /// Lane `l` with lane `l + 16`, then `+ 8`, ...; lanes from `present` on take no part.
    pub(crate) fn tree_of_lanes(
        &mut self,
        parts: &[Part],
        mut sums: Vec<Operand>,
        present: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let mut half = LANES as u32 / 2;
        while half > 0 {
            let [mut low, mut high] = [Vec::new(), Vec::new()];
            for (part, &sum) in parts.iter().zip(&sums) {
                low.push(self.part_of(part.dtype, 2 * half, sum, 0, half));
                high.push(self.part_of(part.dtype, 2 * half, sum, half, half));
            }
            let there = if half == 1 {
                self.text.op("icmp sgt", WORD, &[present, number(1)])
            } else {
                self.below(half, half.into(), present)
            };
            let combined = self.combine(parts, half, &low, &high)?;
            self.keep(parts, half, there, &combined, &mut low);
            sums = low;
            half /= 2;
        }
        Ok(sums)
    }

    fn keep(
        &mut self,
        parts: &[Part],
        width: u32,
        mask: Operand,
        new: &[Operand],
        old: &mut [Operand],
    ) {
        for ((part, &new), old) in parts.iter().zip(new).zip(old) {
            *old = self.text.select(mask, Type::new(part.dtype, width), new, *old);
        }
    }

    /// Lanes `from..from + count` of a vector.
    pub(crate) fn part_of(
        &mut self,
        dtype: DType,
        lanes: u32,
        vector: Operand,
        from: u32,
        count: u32,
    ) -> Operand {
        let ty = Type::new(dtype, lanes);
        let shown = self.text.show(vector, lanes);
        if count == 1 {
            return self.text.define(format_args!("extractelement {ty} {shown}, i64 {from}"));
        }
        let places: Vec<_> = (from..from + count).map(|lane| format!("i32 {lane}")).collect();
        self.text.define(format_args!(
            "shufflevector {ty} {shown}, {ty} poison, <{count} x i32> <{}>",
            places.join(", ")
        ))
    }
}
