//! Statements with blocks, in one lane.

use ir::{Axis, BlockId, For, If, Statement, Value, While};
use memory::DType;

use crate::Unsupported;
use crate::beside::is_plain;
use crate::compile::How;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::poll::STRETCH;
use crate::text::{Label, Operand, Text, Type};

/// Bodies of no more statements are written several times in a row.
pub(crate) const SHORT: usize = 12;

pub(crate) const WORD: Type = Type { dtype: DType::I64, lanes: 1 };

/// A number of 64 bits.
pub(crate) fn number(value: i64) -> Operand {
    Operand::Constant(DType::I64, value.cast_unsigned())
}

/// A loop in the making that counts from `begin` up to `end`.
pub(crate) struct Count {
    pub(crate) index: Operand,
    head: Label,
    done: Label,
    /// The line that steps to the next index.
    step: String,
    /// What LLVM is told of the loop.
    pub(crate) told: Option<&'static str>,
}

/// Before what LLVM is told of a loop, at the end of a line.
pub(crate) const TOLD: &str = "!llvm.loop of ";

/// Several iterations are worth to be written one after the other.
pub(crate) const UNROLLED: &str = "!3";

/// The same, and vectors are not worth their while.
pub(crate) const SCATTERED: &str = "!3, !4";

impl Text {
    /// Begin `for index in begin..end step by`; what follows is its body, until `end_count`.
    pub(crate) fn begin_count(&mut self, begin: Operand, end: Operand, by: i64) -> Count {
        let (head, body, done) = (self.label(), self.label(), self.label());
        let before = self.here();
        let (index, next) = (self.register(), self.register());
        self.jump(head);
        self.begin(head);
        let [shown, next, begin] = [index, next, begin].map(|it| self.show(it, 1));
        // The latch is a block of its own, named after the loop.
        self.line(format_args!(
            "{shown} = phi i64 [ {begin}, %{before} ], [ {next}, %{head}.latch ]"
        ));
        let more = self.op("icmp slt", WORD, &[index, end]);
        self.branch(more, body, done);
        self.begin(body);
        Count {
            index,
            head,
            done,
            step: format!("{next} = add nuw nsw i64 {shown}, {by}"),
            told: None,
        }
    }

    /// End the body of a loop; what follows comes after it.
    pub(crate) fn end_count(&mut self, count: &Count) {
        let head = count.head;
        self.line(format_args!("br label %{head}.latch"));
        self.raw(format!("{head}.latch:"));
        self.line(&count.step);
        match count.told {
            Some(words) => self.line(format_args!("br label %{head}, {TOLD}{words}")),
            None => self.jump(head),
        }
        self.begin(count.done);
    }
}

impl<'k> Emitter<'k> {
    /// Write a block in one lane, whatever stands in it.
    pub(crate) fn any(&mut self, block: BlockId) -> Result<(), Unsupported> {
        debug_assert_eq!(self.lanes, 1);
        let kernel = self.kernel;
        self.rows(&kernel.block(block).statements)
    }

    /// Write statements in one lane.
    pub(crate) fn rows(&mut self, statements: &'k [Statement]) -> Result<(), Unsupported> {
        let mut done = 0;
        while let Some(statement) = statements.get(done) {
            let (before, rest) = statements.split_at(done);
            done += match self.questions(before, rest)? {
                0 => {
                    self.one(statement, before)?;
                    1
                }
                asked => asked,
            };
        }
        Ok(())
    }

    /// Whether a reduction is launches of its own.
    fn launches_reductions(&self) -> bool {
        self.loops.launches && (self.loops.structured || self.how == How::Rounds)
    }

    /// Write a statement after these.
    fn one(&mut self, statement: &'k Statement, before: &[Statement]) -> Result<(), Unsupported> {
        match statement {
            Statement::Store { buffer, index, value } => {
                let from = self.text.mark();
                let site = self.site(*buffer, index);
                self.store(&site, *value);
                self.tag(from, *buffer);
                Ok(())
            }
            Statement::Check { condition, code } => self.check(*condition, *code, before),
            Statement::For(it) if it.parallel && self.loops.launches => self.launch(it),
            Statement::For(it) => self.sequence(it),
            Statement::If(it) => self.choose(it),
            Statement::While(it) => self.repeat(it),
            Statement::Reduce(it) if self.launches_reductions() => self.launch_reduction(it),
            Statement::Reduce(it) => self.reduce(it),
            Statement::Call(it) => self.call(it),
            _ => {
                self.always_exact();
                self.simple(statement)
            }
        }
    }

    fn ty(&self, value: Value) -> Type {
        Type::new(self.kernel.dtype(value), 1)
    }

    /// A value handed from place to place lives in memory of the function; LLVM makes registers of it.
    fn carried(&mut self, values: &[Value]) -> Vec<Operand> {
        values
            .iter()
            .map(|&value| {
                let dtype = self.kernel.dtype(value);
                self.room(dtype, 1)
            })
            .collect()
    }

    pub(crate) fn put(&mut self, room: Operand, dtype: DType, operand: Operand) {
        let ty = Type::new(dtype, 1);
        let stored = ty.stored();
        let given = if dtype == DType::Bool {
            self.text.convert("zext", ty, operand, stored)
        } else {
            operand
        };
        let [given, room] = [given, room].map(|it| self.text.show(it, 1));
        self.text.line(format_args!("store {stored} {given}, ptr {room}"));
    }

    pub(crate) fn take(&mut self, room: Operand, dtype: DType) -> Operand {
        let stored = Type::new(dtype, 1).stored();
        let room = self.text.show(room, 1);
        let found = self.text.define(format_args!("load {stored}, ptr {room}"));
        if dtype == DType::Bool {
            return self.text.op("icmp ne", stored, &[found, Operand::Constant(DType::U8, 0)]);
        }
        found
    }

    pub(crate) fn put_all(&mut self, rooms: &[Operand], values: &[Value]) {
        // All are read before any is written: a value may be another one's old self.
        let operands: Vec<_> = values.iter().map(|&value| self.scalar(value)).collect();
        for ((&room, &value), operand) in rooms.iter().zip(values).zip(operands) {
            self.put(room, self.ty(value).dtype, operand);
        }
    }

    pub(crate) fn take_all(&mut self, rooms: &[Operand], values: &[Value]) {
        for (&room, &value) in rooms.iter().zip(values) {
            let operand = self.take(room, self.ty(value).dtype);
            self.hold(value, Held::Uniform(operand));
        }
    }

    fn sequence(&mut self, it: &'k For) -> Result<(), Unsupported> {
        if it.lanes || it.parallel {
            return self.unordered(it);
        }
        let checked = self.checked_lanes(it);
        let prepared = self.prepared(it);
        let rooms = self.carried(&it.results);
        self.put_all(&rooms, &it.start);
        let arguments = self.kernel.block(it.body).arguments.clone();
        let (indices, carried) = arguments.split_at(it.axes.len());
        let mut counts = Vec::new();
        // A loop of one axis without loops inside counts as a whole; not inside of others, in stretches.
        let simple = it.axes.len() == 1 && !self.has_loops(it.body);
        let stretches = simple && self.loops.depth == 0 && self.loops.counting;
        let mut stretch = None;
        let mut inner = None;
        let mut last = number(0);
        for (axis, &index) in it.axes.iter().zip(indices) {
            let length = self.length(axis);
            last = length;
            let (mut from, mut to) = (number(0), length);
            if stretches {
                let whole = self.text.begin_count(from, to, STRETCH);
                let end = self.text.op("add", WORD, &[whole.index, number(STRETCH)]);
                (from, to) = (whole.index, self.text.intrinsic("smin", WORD, &[end, to]));
                stretch = Some(whole);
            } else if simple {
                inner = self.begin_stretches(axis, from, to);
                if let Some(it) = &inner {
                    (from, to) = (it.from, it.to);
                }
            }
            if let Some(varying) = checked.clone() {
                self.tell_checked(it);
                from = self.while_checks_hold(it, varying, [from, to])?;
            }
            if let Some(plan) = &prepared {
                self.tell_prepared(it);
                from = self.turns_prepared(it, plan, &rooms, [from, to])?;
            } else if checked.is_none() {
                from = self.several_turns(it, &rooms, [from, to])?;
            }
            let mut count = self.text.begin_count(from, to, 1);
            let short = simple && !it.start.is_empty() && self.is_short(it.body);
            count.told = short.then_some(UNROLLED);
            let at = self.index_of(axis, count.index);
            self.hold(index, Held::Uniform(at));
            counts.push(count);
        }
        self.take_all(&rooms, carried);
        self.loops.depth += 1;
        self.any(it.body)?;
        self.loops.depth -= 1;
        let yields = self.kernel.block(it.body).yields.clone();
        self.put_all(&rooms, &yields);
        if !simple {
            self.spend(number(1));
            self.poll();
        }
        for count in counts.iter().rev() {
            self.text.end_count(count);
        }
        if let Some(stretch) = stretch {
            self.spend(number(STRETCH));
            self.poll();
            self.text.end_count(&stretch);
        } else if let Some(inner) = inner {
            self.end_stretches(&inner);
        } else if simple {
            self.spend(last);
        }
        self.take_all(&rooms, &it.results);
        Ok(())
    }

    /// Whether a body is so short that its loop takes longer to count than it takes to compute.
    fn is_short(&self, body: BlockId) -> bool {
        let statements = &self.kernel.block(body).statements;
        statements.len() <= SHORT && statements.iter().all(is_plain)
    }

    /// A loop whose iterations do not depend on each other.
    fn unordered(&mut self, it: &'k For) -> Result<(), Unsupported> {
        let indices = self.kernel.block(it.body).arguments.clone();
        let outer = it.axes.len() - 1;
        let mut counts = Vec::new();
        for (axis, &index) in it.axes[..outer].iter().zip(&indices) {
            let length = self.length(axis);
            let count = self.text.begin_count(number(0), length, 1);
            let at = self.index_of(axis, count.index);
            self.hold(index, Held::Uniform(at));
            counts.push(count);
        }
        let length = self.length(&it.axes[outer]);
        self.independent(it, number(0), length)?;
        for count in counts.iter().rev() {
            self.text.end_count(count);
        }
        Ok(())
    }

    /// How many indices an axis has.
    pub(crate) fn length(&mut self, axis: &Axis) -> Operand {
        let end = self.scalar(axis.end);
        let begin = axis.begin.map(|begin| self.scalar(begin));
        let Some(step) = axis.step else {
            return match begin {
                None => self.text.intrinsic("smax", WORD, &[end, number(0)]),
                Some(begin) => self.distance(begin, end),
            };
        };
        // (end - begin + step - 1) / step forwards, the same with turned signs backwards.
        let step = self.scalar(step);
        let begin = begin.unwrap_or(number(0));
        let backwards = self.text.op("icmp slt", WORD, &[step, number(0)]);
        let size = self.text.op("sub", WORD, &[number(0), step]);
        let size = self.text.select(backwards, WORD, size, step);
        let (there, back) = (self.distance(begin, end), self.distance(end, begin));
        let way = self.text.select(backwards, WORD, back, there);
        let raised = self.text.op("add", WORD, &[way, size]);
        let raised = self.text.op("sub", WORD, &[raised, number(1)]);
        self.text.op("sdiv", WORD, &[raised, size])
    }

    /// How far it is up to a number, which is nothing where that lies below. The difference of such numbers may wrap.
    fn distance(&mut self, from: Operand, to: Operand) -> Operand {
        let up = self.text.op("icmp slt", WORD, &[from, to]);
        let difference = self.text.op("sub", WORD, &[to, from]);
        self.text.select(up, WORD, difference, number(0))
    }

    /// The index of an axis at a place in its row.
    pub(crate) fn index_of(&mut self, axis: &Axis, at: Operand) -> Operand {
        let moved = match axis.step {
            None => at,
            Some(step) => {
                let step = self.scalar(step);
                self.text.op("mul", WORD, &[at, step])
            }
        };
        match axis.begin {
            None => moved,
            Some(begin) => {
                let begin = self.scalar(begin);
                self.text.op("add", WORD, &[begin, moved])
            }
        }
    }

    fn choose(&mut self, it: &'k If) -> Result<(), Unsupported> {
        let rooms = self.carried(&it.results);
        let (then, otherwise, join) = (self.text.label(), self.text.label(), self.text.label());
        let condition = self.scalar(it.condition);
        self.text.branch(condition, then, otherwise);
        // What a guard asks of lengths holds for the loops behind it.
        let holds = self.has_loops(it.then).then(|| self.bounded(it.condition));
        for (label, block, bounded) in [(then, it.then, holds), (otherwise, it.otherwise, None)] {
            self.text.begin(label);
            let outside = self.loops.bounded.clone();
            self.loops.bounded = bounded.unwrap_or_else(|| outside.clone());
            self.any(block)?;
            self.loops.bounded = outside;
            let yields = self.kernel.block(block).yields.clone();
            self.put_all(&rooms, &yields);
            self.text.jump(join);
        }
        self.text.begin(join);
        self.take_all(&rooms, &it.results);
        Ok(())
    }

    fn repeat(&mut self, it: &'k While) -> Result<(), Unsupported> {
        let rooms = self.carried(&it.results);
        self.put_all(&rooms, &it.start);
        let (head, body, done) = (self.text.label(), self.text.label(), self.text.label());
        self.text.jump(head);
        self.text.begin(head);
        let test = self.kernel.block(it.test).clone();
        self.take_all(&rooms, &test.arguments);
        self.any(it.test)?;
        let more = self.scalar(test.yields[0]);
        self.text.branch(more, body, done);
        self.text.begin(body);
        // The carried values of the body are those of the test.
        let arguments = self.kernel.block(it.body).arguments.clone();
        self.take_all(&rooms, &arguments);
        self.loops.depth += 1;
        self.any(it.body)?;
        self.loops.depth -= 1;
        let yields = self.kernel.block(it.body).yields.clone();
        self.put_all(&rooms, &yields);
        self.spend(number(1));
        self.poll();
        self.text.jump(head);
        self.text.begin(done);
        self.take_all(&rooms, &it.results);
        Ok(())
    }
}
