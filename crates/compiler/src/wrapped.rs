//! Lanes that go through several axes as through one: where an index ends, the next lane begins it anew.
//!
//! A reduction numbers its axes as one, so that a vector of values may begin in one row and end in the
//! next. Where it stays in one row, and rows lie along memory, it is a load as any other; else its
//! elements are gathered.

use ir::{Buffer, Reduce, Statement, Stride, Value};
use memory::DType;

use crate::LANES;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};

/// The indices that the lanes go through.
#[derive(Clone, Debug)]
pub(crate) struct Wrapped {
    /// From the outermost on.
    axes: Vec<Turn>,
    /// Whether all lanes stand in one row.
    within: Operand,
}

/// One axis of them.
#[derive(Clone, Copy, Debug)]
struct Turn {
    index: Value,
    axis: ir::Axis,
    length: Operand,
    /// Where the first lane stands.
    first: Operand,
}

impl Emitter<'_> {
    /// Whether it pays to have lanes go through the axes of a reduction. Elements that lie far apart are no
    /// faster gathered than one by one, so only what is computed from them counts then.
    pub(crate) fn can_wrap(&self, it: &Reduce) -> bool {
        let body = self.kernel.block(it.body);
        let far = |statement: &Statement| {
            let Statement::Load { buffer, index, .. } = statement else { return false };
            let Some(ty) = self.kernel.buffer(*buffer) else { return false };
            let unit = index
                .iter()
                .zip(&ty.strides)
                .find(|(_, it)| matches!(it, Stride::Unit | Stride::Pair));
            unit.is_some_and(|(at, _)| {
                body.arguments.split_last().is_some_and(|(_, outer)| outer.contains(at))
            })
        };
        it.axes.iter().all(|axis| axis.step.is_none())
            && (self.is_long(it.body) || !body.statements.iter().any(far))
    }

    /// Set the indices of several axes to those of the points from number `k` on, one a lane.
    pub(crate) fn wrap(&mut self, it: &Reduce, k: Operand) {
        let arguments = self.kernel.block(it.body).arguments.clone();
        let mut axes = Vec::new();
        let mut rest = k;
        for (place, (&axis, &index)) in it.axes.iter().zip(&arguments).enumerate().rev() {
            let length = self.length(&axis);
            let mut first = rest;
            if place > 0 {
                first = self.text.op("urem", WORD, &[rest, length]);
                rest = self.text.op("udiv", WORD, &[rest, length]);
            }
            axes.push(Turn { index, axis, length, first });
        }
        axes.reverse();
        let last = axes[axes.len() - 1];
        let end = self.text.op("add", WORD, &[last.first, number(self.lanes.into())]);
        let within = self.text.op("icmp sle", WORD, &[end, last.length]);
        let wrapped = Wrapped { axes, within };
        if self.is_used_apart(it, &arguments) {
            self.hold_turns(&wrapped);
        } else {
            // Only loads look at them.
            self.hold_row_of(&wrapped);
        }
        self.wrapped = Some(wrapped);
    }

    /// Whether anything but loads uses these indices.
    fn is_used_apart(&self, it: &Reduce, indices: &[Value]) -> bool {
        let body = self.kernel.block(it.body);
        let uses = |used: &[Value]| used.iter().any(|it| indices.contains(it));
        uses(&body.yields)
            || body.statements.iter().any(|statement| match statement {
                Statement::Load { buffer, index, .. } => {
                    !self.lies_in_rows(*buffer, index, indices)
                }
                Statement::Op { operands, .. } => uses(operands),
                Statement::Lookup { index, .. } => indices.contains(index),
                Statement::Constant { .. } => false,
                _ => true,
            })
    }

    /// Whether elements of a row, the last index of these, lie one after the other, or are one.
    fn lies_in_rows(&self, buffer: Buffer, index: &[Value], turns: &[Value]) -> bool {
        let Some(ty) = self.kernel.buffer(buffer) else { return false };
        let last = turns.last();
        let along: Vec<_> = index
            .iter()
            .zip(&ty.strides)
            .filter(|(at, stride)| Some(*at) == last && **stride != Stride::Zero)
            .map(|(_, stride)| *stride)
            .collect();
        matches!(along[..], [] | [Stride::Unit | Stride::Pair])
    }

    /// Hold the indices as they are in one row.
    fn hold_row_of(&mut self, wrapped: &Wrapped) {
        for (place, turn) in wrapped.axes.iter().enumerate() {
            let first = self.index_of_lane(&turn.axis, turn.first);
            let last = place + 1 == wrapped.axes.len();
            self.hold(turn.index, if last { Held::Linear(first) } else { Held::Uniform(first) });
        }
    }

    /// Hold the indices as vectors, each lane having gone past as many ends as it has.
    fn hold_turns(&mut self, wrapped: &Wrapped) {
        let lanes = self.lanes;
        let (narrow, wide) = (Type::new(DType::I32, lanes), Type::new(WORD.dtype, lanes));
        let one = Type::new(DType::I32, 1);
        // How far each lane is ahead of the first one: at most as many steps as there are lanes.
        let iota: Vec<_> = (0..lanes).map(|lane| format!("i32 {lane}")).collect();
        let mut ahead =
            self.text.define(format_args!("add {narrow} zeroinitializer, <{}>", iota.join(", ")));
        for (place, turn) in wrapped.axes.iter().enumerate().rev() {
            let splat = self.text.splat(turn.first, wide);
            let steps = self.text.convert("sext", narrow, ahead, wide);
            let mut at = self.text.op("add", wide, &[splat, steps]);
            if place > 0 {
                let left = self.text.op("sub", WORD, &[turn.length, turn.first]);
                let left = self.text.intrinsic("smin", WORD, &[left, number(2 * LANES)]);
                let left = self.text.convert("trunc", WORD, left, one);
                let left = self.text.splat(left, narrow);
                let over = self.text.op("sub", narrow, &[ahead, left]);
                let zero = Operand::Constant(DType::I32, 0);
                let past = self.text.op("icmp sge", narrow, &[over, zero]);
                // `over / length`, which is exact this way for numbers below 32.
                let length = self.text.intrinsic("smin", WORD, &[turn.length, number(LANES)]);
                let inverse = self.text.op("udiv", WORD, &[number(65_535), length]);
                let inverse = self.text.op("add", WORD, &[inverse, number(1)]);
                let inverse = self.text.convert("trunc", WORD, inverse, one);
                let inverse = self.text.splat(inverse, narrow);
                let more = self.text.op("mul", narrow, &[over, inverse]);
                let more = self.text.op("lshr", narrow, &[more, Operand::Constant(DType::I32, 16)]);
                let length = self.text.convert("trunc", WORD, length, one);
                let length = self.text.splat(length, narrow);
                let whole = self.text.op("mul", narrow, &[more, length]);
                let rest = self.text.op("sub", narrow, &[over, whole]);
                let rest = self.text.convert("sext", narrow, rest, wide);
                at = self.text.select(past, wide, rest, at);
                let more = self.text.op("add", narrow, &[more, Operand::Constant(DType::I32, 1)]);
                ahead = self.text.select(past, narrow, more, zero);
            }
            if let Some(begin) = turn.axis.begin {
                let begin = self.vector(begin);
                at = self.text.op("add", wide, &[at, begin]);
            }
            self.hold(turn.index, Held::Vector(at));
        }
    }

    /// Whether the lanes go through several axes, and an index of those leads to other elements.
    fn turns(&self, buffer: Buffer, index: &[Value]) -> bool {
        let (Some(wrapped), Some(ty)) = (&self.wrapped, self.kernel.buffer(buffer)) else {
            return false;
        };
        index.iter().zip(&ty.strides).any(|(at, stride)| {
            *stride != Stride::Zero && wrapped.axes.iter().any(|turn| turn.index == *at)
        })
    }

    /// What a load finds.
    pub(crate) fn found_at(&mut self, buffer: Buffer, index: &[Value]) -> Held {
        let wrapped = if self.turns(buffer, index) { self.wrapped.clone() } else { None };
        let Some(wrapped) = wrapped else {
            let site = self.site(buffer, index);
            return self.load(&site);
        };
        let indices: Vec<_> = wrapped.axes.iter().map(|turn| turn.index).collect();
        if !self.lies_in_rows(buffer, index, &indices) {
            // Held as vectors already.
            let site = self.site(buffer, index);
            return self.load(&site);
        }
        let before: Vec<_> = indices.iter().map(|&it| self.held(it)).collect();
        let ty = Type::new(self.kernel.buffer(buffer).expect("it has elements").dtype, self.lanes);
        let (row, turn, join) = (self.text.label(), self.text.label(), self.text.label());
        self.text.branch_likely(wrapped.within, row, turn);
        let mut found = Vec::new();
        for label in [row, turn] {
            self.text.begin(label);
            if label == row {
                self.hold_row_of(&wrapped);
            } else {
                self.hold_turns(&wrapped);
            }
            let site = self.site(buffer, index);
            let value = match self.load(&site) {
                Held::Vector(value) => value,
                Held::Uniform(value) | Held::Linear(value) => self.text.splat(value, ty),
            };
            let value = self.text.show(value, self.lanes);
            found.push(format!("[ {value}, %{} ]", self.text.here()));
            self.text.jump(join);
        }
        self.text.begin(join);
        // What was loaded on one way is not there on the other.
        self.wide_vector = None;
        for (index, held) in indices.into_iter().zip(before) {
            self.hold(index, held);
        }
        Held::Vector(self.text.define(format_args!("phi {ty} {}", found.join(", "))))
    }
}
