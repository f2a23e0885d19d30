//! Bodies with loops and choices in lanes: iterations of a loop run side by side, each in its own order.
//!
//! A choice that differs from lane to lane runs both ways, each under a mask; a loop that lanes leave at
//! different times runs until all have left it. What is the same in all lanes stays a scalar and a branch.

use ir::{Axis, BlockId, Buffer, For, If, Statement, Value, While};
use memory::DType;

use crate::Unsupported;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::parts::Stored;
use crate::structure::{WORD, number};
use crate::text::{Operand, Text, Type};
use crate::varying::Reach;

/// Where a value is kept from place to place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Room {
    Scalar(Operand, DType),
    Lanes(Operand, DType),
}

/// A choice between blocks of no more statements than this, which only compute and load, takes no branch.
const LIGHT: usize = 8;

/// What a block costs that takes no branch.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    statements: usize,
    /// Whether it loads, which takes a mask.
    loads: bool,
}

/// Whether a statement stands in no block of its own and changes nothing.
pub(crate) fn is_plain(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Constant { .. }
            | Statement::Op { .. }
            | Statement::Lookup { .. }
            | Statement::Load { .. }
    )
}

impl Emitter<'_> {
    /// Iterations `from..to` of an axis in lanes; what is left at the end runs under a mask.
    pub(crate) fn side_by_side(
        &mut self,
        body: BlockId,
        index: Value,
        axis: &Axis,
        [from, to]: [Operand; 2],
        once: bool,
    ) -> Result<(), Unsupported> {
        let width = i64::from(self.width);
        if once {
            let each = self.text.begin_count(from, to, width);
            let left = self.text.op("sub", WORD, &[to, each.index]);
            self.mask = Some(self.those_below(left));
            self.vector_of(body, index, axis, each.index)?;
            self.mask = None;
            self.text.end_count(&each);
            return Ok(());
        }
        self.whole_and_rest(from, to, |e, first, _| e.vector_of(body, index, axis, first))
    }

    fn vector_of(
        &mut self,
        body: BlockId,
        index: Value,
        axis: &Axis,
        first: Operand,
    ) -> Result<(), Unsupported> {
        let at = self.index_of_lane(axis, first);
        self.hold(index, Held::Linear(at));
        self.lanes = self.width;
        self.beside(body)?;
        self.lanes = 1;
        if self.has_loops(body) {
            self.poll();
        }
        Ok(())
    }

    /// The lanes whose number is below `count`, which is above zero.
    pub(crate) fn those_below(&mut self, count: Operand) -> Operand {
        let count = self.text.intrinsic("smin", WORD, &[count, number(i64::from(self.width))]);
        let mask = self.mask_below(count);
        self.tail = Some((mask, count));
        mask
    }

    fn mask_below(&mut self, count: Operand) -> Operand {
        let lanes = self.width;
        if self.masks {
            // As many bits as there are lanes.
            let others = self.text.op("sub", WORD, &[number(64), count]);
            let mut bits = self.text.op("lshr", WORD, &[number(-1), others]);
            if lanes < 64 {
                let shown = self.text.show(bits, 1);
                bits = self.text.define(format_args!("trunc i64 {shown} to i{lanes}"));
            }
            let bits = self.text.show(bits, 1);
            return self.text.define(format_args!("bitcast i{lanes} {bits} to <{lanes} x i1>"));
        }
        // Numbers no wider than what the lanes hold.
        let dtype = match lanes {
            ..=4 => DType::I64,
            5..=8 => DType::I32,
            9..=16 => DType::I16,
            _ => DType::I8,
        };
        let ty = Type::new(dtype, lanes);
        let count = match dtype {
            DType::I64 => count,
            _ => self.text.convert("trunc", WORD, count, Type::new(dtype, 1)),
        };
        let count = self.text.splat(count, ty);
        let (count, numbers) = (self.text.show(count, lanes), Text::numbers(dtype, lanes));
        self.text.define(format_args!("icmp slt {ty} {numbers}, {count}"))
    }

    /// Write a block in lanes, whatever stands in it.
    pub(crate) fn beside(&mut self, block: BlockId) -> Result<(), Unsupported> {
        let kernel = self.kernel;
        self.beside_all(&kernel.block(block).statements)
    }

    /// Write statements in lanes.
    pub(crate) fn beside_all(&mut self, statements: &[Statement]) -> Result<(), Unsupported> {
        let mut begin = 0;
        for (at, statement) in statements.iter().enumerate() {
            if is_plain(statement) || at < begin {
                continue;
            }
            self.plain_run(&statements[begin..at])?;
            begin = at + 1;
            if let Some(next) = statements.get(begin).filter(|next| self.are_parts(statement, next))
            {
                begin += 1;
                self.both_beside(statement, next);
                continue;
            }
            self.one_beside(statement)?;
        }
        self.plain_run(&statements[begin..])
    }

    fn plain_run(&mut self, run: &[Statement]) -> Result<(), Unsupported> {
        if run.is_empty() {
            return Ok(());
        }
        let wanted: Vec<_> = run.iter().flat_map(|it| it.results().to_vec()).collect();
        self.straight_run(&[run], &wanted)
    }

    /// Write a statement in lanes.
    pub(crate) fn one_beside(&mut self, statement: &Statement) -> Result<(), Unsupported> {
        match statement {
            Statement::Store { buffer, index, value } => {
                self.store_beside(*buffer, index, *value);
                Ok(())
            }
            Statement::Check { condition, .. } => {
                self.check_beside(*condition);
                Ok(())
            }
            Statement::For(it) if self.varying().parts(it) => self.sequence_apart(it),
            Statement::For(it) => self.sequence_beside(it),
            Statement::If(it) if self.varying().is_uniform(it.condition) => self.choose_beside(it),
            Statement::If(it) => self.choose_apart(it),
            Statement::While(it) => {
                let test = self.kernel.block(it.test).yields[0];
                let apart = !self.varying().is_uniform(test);
                self.repeat_beside(it, apart)
            }
            plain => self.plain_run(std::slice::from_ref(plain)),
        }
    }

    /// Store both parts of complex numbers.
    pub(crate) fn both_beside(&mut self, real: &Statement, imag: &Statement) {
        let mut stores = Vec::new();
        let from = self.text.mark();
        for statement in [real, imag] {
            let Statement::Store { buffer, index, value } = statement else { continue };
            let site = self.site(*buffer, index);
            let site = self.spread(site);
            stores.push(Stored { site, buffer: *buffer, index, value: *value });
        }
        self.store_all(&stores);
        if let Some(first) = stores.first() {
            self.tag(from, first.buffer);
        }
    }

    fn store_beside(&mut self, buffer: Buffer, index: &[Value], value: Value) {
        let from = self.text.mark();
        let site = self.site(buffer, index);
        // Of several lanes that store to one place the last one wins, as in a loop.
        let site = self.spread(site);
        self.store(&site, value);
        self.tag(from, buffer);
    }

    // Values from place to place

    pub(crate) fn room_beside(&mut self, value: Value) -> Room {
        let dtype = self.kernel.dtype(value);
        if self.varying().is_uniform(value) {
            Room::Scalar(self.room(dtype, 1), dtype)
        } else {
            self.room_of_lanes(dtype)
        }
    }

    fn room_of_lanes(&mut self, dtype: DType) -> Room {
        let room = self.text.register();
        let name = self.text.show(room, 1);
        let ty = Type::new(dtype, self.lanes);
        self.rooms.push(format!("  {name} = alloca {ty}, align 64"));
        Room::Lanes(room, dtype)
    }

    fn value_for(&mut self, room: Room, value: Value) -> Operand {
        match room {
            Room::Scalar(..) => self.uniform(value).expect("uniform, says `Varying`"),
            Room::Lanes(..) => self.vector(value),
        }
    }

    fn put_beside(&mut self, room: Room, operand: Operand) {
        match room {
            Room::Scalar(place, dtype) => self.put(place, dtype, operand),
            Room::Lanes(place, dtype) => {
                let ty = Type::new(dtype, self.lanes);
                let (shown, place) =
                    (self.text.show(operand, self.lanes), self.text.show(place, 1));
                self.text.line(format_args!("store {ty} {shown}, ptr {place}"));
            }
        }
    }

    pub(crate) fn take_beside(&mut self, room: Room) -> Held {
        match room {
            Room::Scalar(place, dtype) => Held::Uniform(self.take(place, dtype)),
            Room::Lanes(place, dtype) => {
                let (ty, place) = (Type::new(dtype, self.lanes), self.text.show(place, 1));
                Held::Vector(self.text.define(format_args!("load {ty}, ptr {place}")))
            }
        }
    }

    pub(crate) fn put_all_beside(&mut self, rooms: &[Room], values: &[Value]) {
        // All are read before any is written: a value may be another one's old self.
        let operands: Vec<_> =
            rooms.iter().zip(values).map(|(&room, &value)| self.value_for(room, value)).collect();
        for (&room, operand) in rooms.iter().zip(operands) {
            self.put_beside(room, operand);
        }
    }

    /// As `put_all_beside`, in the lanes of a mask alone.
    fn put_some(&mut self, rooms: &[Room], values: &[Value], mask: Operand) {
        let mut chosen = Vec::new();
        for (&room, &value) in rooms.iter().zip(values) {
            let new = self.vector(value);
            let (Room::Lanes(_, dtype), Held::Vector(old)) = (room, self.take_beside(room)) else {
                unreachable!("what lanes leave at different times is kept in lanes");
            };
            let ty = Type::new(dtype, self.lanes);
            chosen.push(self.text.select(mask, ty, new, old));
        }
        for (&room, operand) in rooms.iter().zip(chosen) {
            self.put_beside(room, operand);
        }
    }

    pub(crate) fn take_all_beside(&mut self, rooms: &[Room], values: &[Value]) {
        for (&room, &value) in rooms.iter().zip(values) {
            let held = self.take_beside(room);
            self.hold(value, held);
        }
    }

    fn rooms_beside(&mut self, values: &[Value]) -> Vec<Room> {
        values.iter().map(|&value| self.room_beside(value)).collect()
    }

    // Masks

    fn truth(&self) -> Type {
        Type::new(DType::Bool, self.lanes)
    }

    /// The lanes that are there and where a condition holds.
    fn among(&mut self, condition: Operand) -> Operand {
        match self.mask {
            Some(mask) => self.text.op("and", self.truth(), &[mask, condition]),
            None => condition,
        }
    }

    fn any_of(&mut self, mask: Operand) -> Operand {
        let (ty, lanes) = (self.truth(), self.lanes);
        let shown = self.text.show(mask, lanes);
        let bits = self.text.define(format_args!("bitcast {ty} {shown} to i{lanes}"));
        let bits = self.text.show(bits, 1);
        self.text.define(format_args!("icmp ne i{lanes} {bits}, 0"))
    }

    // Statements with blocks

    fn sequence_beside(&mut self, it: &For) -> Result<(), Unsupported> {
        if !self.crossed(it, 1).is_empty() || self.few_turns(it, 1).is_some() {
            let mut own = [self.snapshot()];
            self.loop_at_once(it, &mut own)?;
            let [own] = own;
            self.restore(own);
            return Ok(());
        }
        let arguments = self.kernel.block(it.body).arguments.clone();
        let (indices, carried) = arguments.split_at(it.axes.len());
        let rooms = self.rooms_beside(carried);
        self.put_all_beside(&rooms, &it.start);
        let mut counts = Vec::new();
        let mut last = number(0);
        let mut stretches = None;
        let nested = self.has_loops(it.body);
        for (axis, &index) in it.axes.iter().zip(indices) {
            let length = self.length(axis);
            last = length;
            let (mut from, mut to) = (number(0), length);
            if it.axes.len() == 1 && !nested {
                stretches = self.begin_stretches(axis, from, to);
                if let Some(it) = &stretches {
                    (from, to) = (it.from, it.to);
                }
            }
            let count = self.text.begin_count(from, to, 1);
            let at = self.index_of(axis, count.index);
            self.hold(index, Held::Uniform(at));
            counts.push(count);
        }
        self.take_all_beside(&rooms, carried);
        self.beside(it.body)?;
        let yields = self.kernel.block(it.body).yields.clone();
        self.put_all_beside(&rooms, &yields);
        if nested {
            self.spend(number(1));
            self.poll();
        }
        for count in counts.iter().rev() {
            self.text.end_count(count);
        }
        match stretches {
            Some(it) => self.end_stretches(&it),
            None => self.spend(last),
        }
        self.take_all_beside(&rooms, &it.results);
        Ok(())
    }

    /// A loop whose bounds differ from lane to lane.
    fn sequence_apart(&mut self, it: &For) -> Result<(), Unsupported> {
        let axis = it.axes[0];
        let arguments = self.kernel.block(it.body).arguments.clone();
        let (index, carried) = (arguments[0], &arguments[1..]);
        let rooms = self.rooms_beside(carried);
        self.put_all_beside(&rooms, &it.start);
        let words = Type::new(DType::I64, self.lanes);
        let mut length = self.vector(axis.end);
        if let Some(begin) = axis.begin {
            let begin = self.vector(begin);
            // A difference may wrap where there are no turns.
            let some = self.text.op("icmp slt", words, &[begin, length]);
            let difference = self.text.op("sub", words, &[length, begin]);
            length = self.text.select(some, words, difference, number(0));
        }
        let step = self.room(DType::I64, 1);
        self.put(step, DType::I64, number(0));
        let outer = self.mask;
        let (head, body, done) = (self.text.label(), self.text.label(), self.text.label());
        self.text.jump(head);
        self.text.begin(head);
        let at = self.take(step, DType::I64);
        let places = self.text.splat(at, words);
        let there = self.text.op("icmp slt", words, &[places, length]);
        let live = self.among(there);
        let any = self.any_of(live);
        self.text.branch(any, body, done);
        self.text.begin(body);
        let here = match axis.begin.map(|begin| self.held(begin)) {
            None => Held::Uniform(at),
            Some(Held::Uniform(begin)) => Held::Uniform(self.text.op("add", WORD, &[begin, at])),
            Some(Held::Linear(begin)) => Held::Linear(self.text.op("add", WORD, &[begin, at])),
            Some(Held::Vector(begin)) => Held::Vector(self.text.op("add", words, &[begin, places])),
        };
        self.hold(index, here);
        self.mask = Some(live);
        self.take_all_beside(&rooms, carried);
        self.beside(it.body)?;
        let yields = self.kernel.block(it.body).yields.clone();
        self.put_some(&rooms, &yields, live);
        self.mask = outer;
        let next = self.text.op("add nuw nsw", WORD, &[at, number(1)]);
        self.put(step, DType::I64, next);
        self.spend(number(1));
        self.poll();
        self.text.jump(head);
        self.text.begin(done);
        self.take_all_beside(&rooms, &it.results);
        Ok(())
    }

    fn choose_beside(&mut self, it: &If) -> Result<(), Unsupported> {
        let rooms = self.rooms_beside(&it.results);
        let (then, otherwise, join) = (self.text.label(), self.text.label(), self.text.label());
        let condition = self.uniform(it.condition).expect("uniform, says `Varying`");
        self.text.branch(condition, then, otherwise);
        for (label, block) in [(then, it.then), (otherwise, it.otherwise)] {
            self.text.begin(label);
            self.beside(block)?;
            let yields = self.kernel.block(block).yields.clone();
            self.put_all_beside(&rooms, &yields);
            self.text.jump(join);
        }
        self.text.begin(join);
        self.take_all_beside(&rooms, &it.results);
        Ok(())
    }

    /// A choice that differs from lane to lane.
    fn choose_apart(&mut self, it: &If) -> Result<(), Unsupported> {
        let condition = self.vector(it.condition);
        let ty = self.truth();
        let other = self.text.op("xor", ty, &[condition, Operand::Constant(DType::Bool, 1)]);
        let mut found = Vec::new();
        for (condition, block) in [(condition, it.then), (other, it.otherwise)] {
            found.push(self.one_way(condition, block)?);
        }
        let (otherwise, then) = (found.pop().unwrap_or_default(), found.pop().unwrap_or_default());
        for ((&result, yes), no) in it.results.iter().zip(then).zip(otherwise) {
            let ty = Type::new(self.kernel.dtype(result), self.lanes);
            let chosen = self.text.select(condition, ty, yes, no);
            self.hold(result, Held::Vector(chosen));
        }
        Ok(())
    }

    /// One block of a choice, in the lanes that take it; answers what it yields.
    fn one_way(&mut self, condition: Operand, block: BlockId) -> Result<Vec<Operand>, Unsupported> {
        let yields = self.kernel.block(block).yields.clone();
        if let Some(weight) = self.weight(block) {
            let outer = self.mask;
            if weight.loads {
                self.mask = Some(self.among(condition));
            }
            self.beside(block)?;
            self.mask = outer;
            return Ok(yields.iter().map(|&value| self.vector(value)).collect());
        }
        let types: Vec<_> = yields.iter().map(|&value| self.kernel.dtype(value)).collect();
        let mut rooms = Vec::new();
        for dtype in types {
            let room = self.room_of_lanes(dtype);
            self.put_beside(room, Operand::Constant(dtype, 0));
            rooms.push(room);
        }
        let outer = self.mask;
        let taken = self.among(condition);
        let any = self.any_of(taken);
        let (some, join) = (self.text.label(), self.text.label());
        self.text.branch(any, some, join);
        self.text.begin(some);
        self.mask = Some(taken);
        self.beside(block)?;
        self.put_all_beside(&rooms, &yields);
        self.mask = outer;
        self.text.jump(join);
        self.text.begin(join);
        let held: Vec<_> = rooms.iter().map(|&room| self.take_beside(room)).collect();
        Ok(held
            .into_iter()
            .map(|held| match held {
                Held::Vector(operand) => operand,
                _ => unreachable!("kept in lanes"),
            })
            .collect())
    }

    /// What a block of a choice costs that is so light that no branch around it is worth its while.
    fn weight(&self, block: BlockId) -> Option<Weight> {
        let mut weight = Weight::default();
        for statement in &self.kernel.block(block).statements {
            match statement {
                Statement::Constant { .. } => {}
                Statement::Lookup { .. } => weight.statements += 1,
                Statement::Op { op, operands, .. } => {
                    if op.is_elementary(self.kernel.dtype(operands[operands.len() - 1])) {
                        return None;
                    }
                    weight.statements += 1;
                }
                // Of no lane nothing is loaded, if the machine has masks.
                Statement::Load { buffer, index, .. } => {
                    let along = self.varying().reach(*buffer, index) == Reach::Row;
                    if !self.masks || !along {
                        return None;
                    }
                    weight.statements += 1;
                    weight.loads = true;
                }
                Statement::If(it) => {
                    for inner in [it.then, it.otherwise] {
                        let inner = self.weight(inner)?;
                        weight.statements += 1 + inner.statements;
                        weight.loads |= inner.loads;
                    }
                }
                _ => return None,
            }
        }
        (weight.statements <= LIGHT).then_some(weight)
    }

    /// Whether choices in a block take branches.
    pub(crate) fn has_branches(&self, block: BlockId) -> bool {
        self.kernel.block(block).statements.iter().any(|it| match it {
            Statement::If(_) => it.blocks().any(|inner| self.weight(inner).is_none()),
            Statement::While(_) => true,
            _ => it.blocks().any(|inner| self.has_branches(inner)),
        })
    }

    /// A loop whose end the body decides; `apart`: in each lane by itself.
    fn repeat_beside(&mut self, it: &While, apart: bool) -> Result<(), Unsupported> {
        let test = self.kernel.block(it.test).clone();
        let rooms = self.rooms_beside(&test.arguments);
        self.put_all_beside(&rooms, &it.start);
        let outer = self.mask;
        let live = apart.then(|| self.room_of_lanes(DType::Bool));
        if let Some(live) = live {
            self.put_beside(live, outer.unwrap_or(Operand::Constant(DType::Bool, 1)));
        }
        let (head, body, done) = (self.text.label(), self.text.label(), self.text.label());
        self.text.jump(head);
        self.text.begin(head);
        if let Some(live) = live {
            let Held::Vector(mask) = self.take_beside(live) else { unreachable!("in lanes") };
            self.mask = Some(mask);
        }
        self.take_all_beside(&rooms, &test.arguments);
        self.beside(it.test)?;
        let more = match live {
            None => self.uniform(test.yields[0]).expect("uniform, says `Varying`"),
            Some(live) => {
                let more = self.vector(test.yields[0]);
                let more = self.among(more);
                self.put_beside(live, more);
                self.mask = Some(more);
                self.any_of(more)
            }
        };
        self.text.branch(more, body, done);
        self.text.begin(body);
        // The carried values of the body are those of the test.
        let inner = self.mask;
        self.beside(it.body)?;
        let yields = self.kernel.block(it.body).yields.clone();
        match (live, inner) {
            (Some(_), Some(mask)) => self.put_some(&rooms, &yields, mask),
            _ => self.put_all_beside(&rooms, &yields),
        }
        self.mask = outer;
        self.spend(number(1));
        self.poll();
        self.text.jump(head);
        self.text.begin(done);
        self.take_all_beside(&rooms, &it.results);
        Ok(())
    }
}
