//! Reductions, in the order that `docs/design/0009-loop-language.md` fixes.

use ir::{Combiner, Op, Reduce};
use memory::DType;

use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::{BLOCK, LANES, Unsupported, op};

/// One number that a reduction carries: most combiners have one, some have more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) dtype: DType,
    how: Combiner,
}

/// One way through the values of a block. Moments take two: their sum, then the squares about its mean.
pub(crate) struct Pass {
    pub(crate) parts: Vec<Part>,
    about: About,
}

/// What the values of moments are taken about, one mean for each of them.
enum About {
    /// The first way: nothing.
    Zero,
    /// The second one: the same mean in all lanes.
    Scalars(Vec<Operand>),
    /// Or a mean for each lane.
    Vectors(Vec<Operand>),
}

impl Pass {
    /// The second way where each lane has a mean of its own.
    pub(crate) fn about_vectors(parts: &[Part], means: Vec<Operand>) -> Self {
        Self { parts: parts.to_vec(), about: About::Vectors(means) }
    }
}

/// Deepest tree of blocks.
pub(crate) const DEEPEST: u64 = 64;

/// Memory in which the results of blocks meet.
pub(crate) struct Tree {
    rooms: Vec<Operand>,
    carry: Vec<Operand>,
    level: Operand,
}

impl Emitter<'_> {
    /// What a reduction carries from block to block.
    pub(crate) fn parts(&self, it: &Reduce) -> Result<Vec<Part>, Unsupported> {
        let yields = &self.kernel.block(it.body).yields;
        let mut parts = Vec::new();
        for (&how, &value) in it.combiners.iter().zip(yields) {
            let dtype = self.kernel.dtype(value);
            if dtype.is_complex() {
                return Err(Unsupported::new(format!("{how} of {}", dtype.short())));
            }
            parts.extend(how.results(dtype).into_iter().map(|dtype| Part { dtype, how }));
        }
        Ok(parts)
    }

    /// The first way through the values of a block.
    pub(crate) fn first_pass(&self, it: &Reduce) -> Pass {
        let yields = &self.kernel.block(it.body).yields;
        let mut parts = Vec::new();
        for (&how, &value) in it.combiners.iter().zip(yields) {
            let dtype = self.kernel.dtype(value);
            if how == Combiner::Moments {
                parts.push(Part { dtype, how: Combiner::Add });
            } else {
                parts.extend(how.results(dtype).into_iter().map(|dtype| Part { dtype, how }));
            }
        }
        Pass { parts, about: About::Zero }
    }

    /// What the second way carries: a sum of squares for each moments.
    pub(crate) fn second_parts(&self, it: &Reduce) -> Vec<Part> {
        let yields = &self.kernel.block(it.body).yields;
        let moments = it.combiners.iter().zip(yields).filter(|(how, _)| **how == Combiner::Moments);
        moments
            .map(|(_, &value)| Part { dtype: self.kernel.dtype(value), how: Combiner::Add })
            .collect()
    }

    /// Combine what came first with what came later, lane by lane.
    pub(crate) fn combine(
        &mut self,
        parts: &[Part],
        lanes: u32,
        first: &[Operand],
        later: &[Operand],
    ) -> Result<Vec<Operand>, Unsupported> {
        let mut combined = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let Part { how: combiner, dtype } = parts[at];
            let simple = match combiner {
                Combiner::Add => Some(Op::Add),
                Combiner::Mul => Some(Op::Mul),
                Combiner::Min => Some(Op::Min),
                Combiner::Max => Some(Op::Max),
                Combiner::And => Some(Op::And),
                Combiner::Or => Some(Op::Or),
                Combiner::Xor => Some(Op::Xor),
                _ => None,
            };
            if let Some(simple) = simple {
                let operands = [first[at], later[at]];
                combined.push(op::emit(&mut self.text, simple, dtype, dtype, lanes, &operands)?);
                at += 1;
            } else if combiner == Combiner::Moments {
                let [a, b] = [first, later].map(|it| [it[at], it[at + 1], it[at + 2]]);
                combined.extend(self.merge(parts[at + 1].dtype, lanes, a, b));
                at += 3;
            } else {
                let (a, b) = ([first[at], first[at + 1]], [later[at], later[at + 1]]);
                combined.extend(self.better(combiner, dtype, lanes, a, b)?);
                at += 2;
            }
        }
        Ok(combined)
    }

    /// Of two values with their places the smaller or larger one; of equal ones the first; NaN first.
    fn better(
        &mut self,
        combiner: Combiner,
        dtype: DType,
        lanes: u32,
        [value, place]: [Operand; 2],
        [other, other_place]: [Operand; 2],
    ) -> Result<[Operand; 2], Unsupported> {
        let (ty, places) = (Type::new(dtype, lanes), Type::new(DType::I64, lanes));
        let mask = Type::new(DType::Bool, lanes);
        let how = if combiner == Combiner::ArgMin { Op::Lt } else { Op::Gt };
        let to = DType::Bool;
        let mut wins = op::emit(&mut self.text, how, dtype, to, lanes, &[other, value])?;
        let mut same = op::emit(&mut self.text, Op::Eq, dtype, to, lanes, &[other, value])?;
        if dtype.is_float() {
            let one = op::emit(&mut self.text, Op::IsNan, dtype, to, lanes, &[value])?;
            let two = op::emit(&mut self.text, Op::IsNan, dtype, to, lanes, &[other])?;
            let both = self.text.op("and", mask, &[one, two]);
            same = self.text.op("or", mask, &[same, both]);
            let number = self.text.op("xor", mask, &[one, Operand::Constant(DType::Bool, 1)]);
            let only = self.text.op("and", mask, &[two, number]);
            wins = self.text.op("or", mask, &[wins, only]);
        }
        let earlier = self.text.op("icmp slt", places, &[other_place, place]);
        let tie = self.text.op("and", mask, &[same, earlier]);
        let take = self.text.op("or", mask, &[wins, tie]);
        let value = self.text.select(take, ty, other, value);
        let place = self.text.select(take, places, other_place, place);
        Ok([value, place])
    }

    /// Counts, means and sums of squares of two sets of values, by the formula of Chan, Golub and
    /// `LeVeque` (1979), in the order of operations that `ir::reduction` fixes.
    fn merge(
        &mut self,
        dtype: DType,
        lanes: u32,
        [count, mean, squares]: [Operand; 3],
        [other_count, other_mean, other_squares]: [Operand; 3],
    ) -> [Operand; 3] {
        let (words, ty) = (Type::new(DType::I64, lanes), Type::new(dtype, lanes));
        let all = self.text.op("add", words, &[count, other_count]);
        let [mine, others, whole] =
            [count, other_count, all].map(|it| self.text.convert("sitofp", words, it, ty));
        let share = self.text.op("fdiv", ty, &[others, whole]);
        let delta = self.text.op("fsub", ty, &[other_mean, mean]);
        let step = self.text.op("fmul", ty, &[delta, share]);
        let new_mean = self.text.op("fadd", ty, &[mean, step]);
        let square = self.text.op("fmul", ty, &[delta, delta]);
        let weight = self.text.op("fmul", ty, &[mine, share]);
        let between = self.text.op("fmul", ty, &[square, weight]);
        let within = self.text.op("fadd", ty, &[squares, other_squares]);
        [all, new_mean, self.text.op("fadd", ty, &[within, between])]
    }

    /// What the body yields, as the parts of one value each, `k` being the value's number.
    pub(crate) fn yielded(&mut self, it: &Reduce, pass: &Pass, k: Operand) -> Vec<Operand> {
        let yields = self.kernel.block(it.body).yields.clone();
        let mut found = Vec::new();
        let mut moments = 0;
        for (&combiner, value) in it.combiners.iter().zip(yields) {
            let ty = Type::new(self.kernel.dtype(value), self.lanes);
            let mean = match (&pass.about, combiner) {
                (About::Zero, _) => None,
                (About::Scalars(means), Combiner::Moments) => {
                    let mean = means[moments];
                    Some(self.text.splat(mean, ty))
                }
                (About::Vectors(means), Combiner::Moments) => Some(means[moments]),
                _ => continue,
            };
            moments += usize::from(combiner == Combiner::Moments);
            let given = self.vector(value);
            if let Some(mean) = mean {
                let apart = self.text.op("fsub", ty, &[given, mean]);
                found.push(self.text.op("fmul", ty, &[apart, apart]));
                continue;
            }
            found.push(given);
            if combiner.result_count() == 2 {
                found.push(k);
            }
        }
        found
    }

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
        self.text.op("sdiv", WORD, &[raised, number(BLOCK)])
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
        let pass = self.first_pass(it);
        let sums = self.way(it, &pass, begin, length)?;
        if !it.combiners.contains(&Combiner::Moments) {
            return Ok(sums);
        }
        let mut means = Vec::new();
        let mut at = 0;
        for (place, &combiner) in it.combiners.iter().enumerate() {
            if combiner == Combiner::Moments {
                let ty = Type::new(pass.parts[at].dtype, 1);
                let values = self.text.convert("sitofp", WORD, length, ty);
                means.push(self.text.op("fdiv", ty, &[sums[at], values]));
            }
            at +=
                if combiner == Combiner::Moments { 1 } else { it.combiners[place].result_count() };
        }
        let second = Pass { parts: self.second_parts(it), about: About::Scalars(means.clone()) };
        let squares = self.way(it, &second, begin, length)?;
        let (mut found, mut at, mut moments) = (Vec::new(), 0, 0);
        for &combiner in &it.combiners {
            if combiner == Combiner::Moments {
                found.extend([length, means[moments], squares[moments]]);
                moments += 1;
                at += 1;
            } else {
                found.extend(&sums[at..at + combiner.result_count()]);
                at += combiner.result_count();
            }
        }
        Ok(found)
    }

    /// Go once through the values of a block.
    fn way(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        length: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let straight = self.is_straight(it.body) && it.axes.len() == 1 && it.axes[0].step.is_none();
        if straight && self.width > 1 {
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
        let values = self.yielded(it, pass, k);
        let lane = self.text.op("and", WORD, &[each.index, number(LANES as i64 - 1)]);
        let (fresh, known, join) = (self.text.label(), self.text.label(), self.text.label());
        let is_first = self.text.op("icmp slt", WORD, &[each.index, number(LANES as i64)]);
        self.text.branch(is_first, fresh, known);
        self.text.begin(fresh);
        self.put_parts(&rooms, parts, lane, &values);
        self.text.jump(join);
        self.text.begin(known);
        let before = self.take_parts(&rooms, parts, lane);
        let combined = self.combine(parts, 1, &before, &values)?;
        self.put_parts(&rooms, parts, lane, &combined);
        self.text.jump(join);
        self.text.begin(join);
        self.text.end_count(&each);
        let present = self.text.intrinsic("smin", WORD, &[length, number(LANES as i64)]);
        // Lanes from `half` on combine with those below; what is not there takes no part.
        let level = self.text.begin_count(number(0), number(LANES.ilog2().into()), 1);
        let half = self.text.op("lshr", WORD, &[number(LANES as i64 / 2), level.index]);
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

    fn put_parts(&mut self, rooms: &[Operand], parts: &[Part], at: Operand, values: &[Operand]) {
        for ((&room, part), &value) in rooms.iter().zip(parts).zip(values) {
            let place = self.element(room, part.dtype, at);
            self.put(place, part.dtype, value);
        }
    }

    fn take_parts(&mut self, rooms: &[Operand], parts: &[Part], at: Operand) -> Vec<Operand> {
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

    /// Lanes side by side: in registers where the body is short, else in memory, so that the code of
    /// the body is there once.
    fn block_in_lanes(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        length: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let parts = &pass.parts[..];
        let sums = if self.is_long(it.body) {
            self.sums_in_memory(it, pass, begin, length)?
        } else {
            self.sums_in_registers(it, pass, begin, length)?
        };
        let present = self.text.intrinsic("smin", WORD, &[length, number(LANES as i64)]);
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
        let types: Vec<_> = parts.iter().map(|part| Type::new(part.dtype, width)).collect();
        // Whole steps of all lanes.
        let whole = self.text.op("and", WORD, &[length, number(-(LANES as i64))]);
        let (head, body, done) = (self.text.label(), self.text.label(), self.text.label());
        let (at, next) = (self.text.register(), self.text.register());
        let before = self.text.here();
        self.text.jump(head);
        self.text.begin(head);
        let at_line = self.text.reserve();
        let lines: Vec<_> =
            parts.iter().map(|_| (self.text.reserve(), self.text.register())).collect();
        let sums: Vec<_> = lines.iter().map(|&(_, sum)| sum).collect();
        let more = self.text.op("icmp slt", WORD, &[at, whole]);
        self.text.branch(more, body, done);
        self.text.begin(body);
        let values = self.in_lanes(it, pass, begin, at, width, None)?;
        let stepped = self.combine(parts, width, &sums, &values)?;
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
        self.text.begin(done);
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
        let combined = self.combine(parts, width, &sums, &values)?;
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
        let each = self.text.begin_count(number(0), length, i64::from(width));
        let left = self.text.op("sub", WORD, &[length, each.index]);
        let mask = self.below(width, 0, left);
        let values = self.in_lanes(it, pass, begin, each.index, width, Some(mask))?;
        let lane = self.text.op("and", WORD, &[each.index, number(LANES as i64 - 1)]);
        let first = self.text.op("icmp slt", WORD, &[each.index, number(LANES as i64)]);
        let places: Vec<_> = rooms
            .iter()
            .zip(parts)
            .map(|(&room, part)| self.element(room, part.dtype, lane))
            .collect();
        let (fresh, known, join) = (self.text.label(), self.text.label(), self.text.label());
        self.text.branch(first, fresh, known);
        self.text.begin(fresh);
        for ((&place, part), &value) in places.iter().zip(parts).zip(&values) {
            self.put_lanes(place, part.dtype, width, value);
        }
        self.text.jump(join);
        self.text.begin(known);
        let mut before = Vec::new();
        for (&place, part) in places.iter().zip(parts) {
            before.push(self.take_lanes(place, part.dtype, width));
        }
        let combined = self.combine(parts, width, &before, &values)?;
        for (number, (&place, part)) in places.iter().zip(parts).enumerate() {
            let ty = Type::new(part.dtype, width);
            let chosen = self.text.select(mask, ty, combined[number], before[number]);
            self.put_lanes(place, part.dtype, width, chosen);
        }
        self.text.jump(join);
        self.text.begin(join);
        self.text.end_count(&each);
        let mut sums = Vec::new();
        for (&room, part) in rooms.iter().zip(parts) {
            sums.push(self.take_lanes(room, part.dtype, LANES as u32));
        }
        Ok(sums)
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
        let left = self.text.intrinsic("smin", WORD, &[left, number(LANES as i64 * 2)]);
        let left = self.text.intrinsic("smax", WORD, &[left, number(0)]);
        let left = self.text.convert("trunc", WORD, left, Type::new(DType::I32, 1));
        let left = self.text.splat(left, ty);
        let left = self.text.show(left, width);
        let lanes: Vec<_> = (0..width).map(|lane| format!("i32 {lane}")).collect();
        self.text.define(format_args!("icmp slt {ty} <{}>, {left}", lanes.join(", ")))
    }

    /// The body's values in `width` lanes from point `begin + shift` on.
    fn in_lanes(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        shift: Operand,
        width: u32,
        mask: Option<Operand>,
    ) -> Result<Vec<Operand>, Unsupported> {
        let at = self.text.op("add", WORD, &[begin, shift]);
        let index = self.kernel.block(it.body).arguments[0];
        let lanes = std::mem::replace(&mut self.lanes, width);
        let outer = std::mem::replace(&mut self.mask, mask);
        let place = self.index_of(&it.axes[0], at);
        self.hold(index, Held::Linear(place));
        self.straight(it.body)?;
        let k = self.count_from(at);
        let found = self.yielded(it, pass, k);
        self.lanes = lanes;
        self.mask = outer;
        Ok(found)
    }

    /// Lane `l` with lane `l + 16`, then `+ 8`, ...; lanes from `present` on take no part.
    fn tree_of_lanes(
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
    fn part_of(
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

    pub(crate) fn tree(&mut self, parts: &[Part]) -> Tree {
        let rooms = parts.iter().map(|part| self.room(part.dtype, DEEPEST)).collect();
        let carry = parts.iter().map(|part| self.room(part.dtype, 1)).collect();
        Tree { rooms, carry, level: self.room(DType::I64, 1) }
    }

    /// Add the result of block number `number_` to the tree: neighbours combine as soon as both are there.
    pub(crate) fn push(
        &mut self,
        parts: &[Part],
        tree: &Tree,
        block: Operand,
        values: &[Operand],
    ) -> Result<(), Unsupported> {
        for ((&room, part), &value) in tree.carry.iter().zip(parts).zip(values) {
            self.put(room, part.dtype, value);
        }
        self.put(tree.level, DType::I64, number(0));
        let (head, body, done) = (self.text.label(), self.text.label(), self.text.label());
        self.text.jump(head);
        self.text.begin(head);
        let level = self.take(tree.level, DType::I64);
        let bit = self.text.op("lshr", WORD, &[block, level]);
        let bit = self.text.op("and", WORD, &[bit, number(1)]);
        let more = self.text.op("icmp ne", WORD, &[bit, number(0)]);
        self.text.branch(more, body, done);
        self.text.begin(body);
        self.join_level(parts, tree, level)?;
        let next = self.text.op("add", WORD, &[level, number(1)]);
        self.put(tree.level, DType::I64, next);
        self.text.jump(head);
        self.text.begin(done);
        let level = self.take(tree.level, DType::I64);
        for ((&room, &carry), part) in tree.rooms.iter().zip(&tree.carry).zip(parts) {
            let value = self.take(carry, part.dtype);
            let place = self.element(room, part.dtype, level);
            self.put(place, part.dtype, value);
        }
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
        let (empty, some, join) = (self.text.label(), self.text.label(), self.text.label());
        let none = self.text.op("icmp eq", WORD, &[blocks, number(0)]);
        self.text.branch(none, empty, some);
        self.text.begin(empty);
        let identity = self.identity(it);
        self.put_parts(&tree.carry, parts, number(0), &identity);
        self.text.jump(join);
        self.text.begin(some);
        // From the smallest part of the tree, which came last, to the largest.
        let lowest = self.lowest_bit(blocks);
        let last = self.take_parts(&tree.rooms, parts, lowest);
        self.put_parts(&tree.carry, parts, number(0), &last);
        let above = self.text.op("add", WORD, &[lowest, number(1)]);
        let each = self.text.begin_count(above, number(DEEPEST as i64 - 1), 1);
        let bit = self.text.op("lshr", WORD, &[blocks, each.index]);
        let bit = self.text.op("and", WORD, &[bit, number(1)]);
        let there = self.text.op("icmp ne", WORD, &[bit, number(0)]);
        let (take, next) = (self.text.label(), self.text.label());
        self.text.branch(there, take, next);
        self.text.begin(take);
        self.join_level(parts, tree, each.index)?;
        self.text.jump(next);
        self.text.begin(next);
        self.text.end_count(&each);
        self.text.jump(join);
        self.text.begin(join);
        for ((&carry, part), &result) in tree.carry.iter().zip(parts).zip(&it.results) {
            let found = self.take(carry, part.dtype);
            self.hold(result, Held::Uniform(found));
        }
        Ok(())
    }

    /// The number of the lowest bit that is set; one is.
    pub(crate) fn lowest_bit(&mut self, number: Operand) -> Operand {
        self.text.outside.insert("declare i64 @llvm.cttz.i64(i64, i1)".to_owned());
        let shown = self.text.show(number, 1);
        self.text.define(format_args!("call i64 @llvm.cttz.i64(i64 {shown}, i1 true)"))
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
