//! What is known of values at one place of a kernel: ranges, differences, truths.
//!
//! Facts hold from where they are told to the end of the scope. Values never change, so a fact learnt
//! later holds for what was computed earlier too.

use std::collections::HashMap;

use ir::{Kernel, Op, Operands, Value};
use memory::{DType, Scalar};

/// Smallest and largest value.
pub(super) type Range = (i64, i64);

/// All i64.
pub(super) const ANY: Range = (i64::MIN, i64::MAX);

/// How many facts a proof may chain.
const DEPTH: usize = 5;

/// What was told, to take it back at the end of a scope.
#[derive(Debug)]
enum Change {
    Range(Value, Range),
    Below(Value),
    Truth(Value),
}

/// Facts about the values of a kernel.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Of i64 alone.
    ranges: Vec<Range>,
    integers: Vec<bool>,
    constants: Vec<Option<Scalar>>,
    ops: Vec<Option<(Op, Operands)>>,
    /// For each `x` some `(y, c)` with `x - y <= c`, exactly, without wrapping.
    below: HashMap<Value, Vec<(Value, i64)>>,
    truths: HashMap<Value, bool>,
    log: Vec<Change>,
}

impl Known {
    /// Make room for values that are new.
    pub(super) fn grow(&mut self, kernel: &Kernel) {
        let count = kernel.values.len();
        for info in &kernel.values[self.integers.len()..] {
            self.integers.push(info.dtype == DType::I64);
        }
        self.ranges.resize(count, ANY);
        self.constants.resize(count, None);
        self.ops.resize(count, None);
    }

    /// Where a scope begins.
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Forget what was told since.
    pub(super) fn forget(&mut self, mark: usize) {
        for change in self.log.drain(mark..).rev() {
            match change {
                Change::Range(value, range) => self.ranges[value.index()] = range,
                Change::Below(value) => {
                    self.below.get_mut(&value).and_then(Vec::pop);
                }
                Change::Truth(value) => {
                    self.truths.remove(&value);
                }
            }
        }
    }

    pub(super) fn define_constant(&mut self, value: Value, scalar: Scalar) {
        self.constants[value.index()] = Some(scalar);
        if scalar.dtype() == DType::I64 {
            self.ranges[value.index()] = (scalar.to_i64(), scalar.to_i64());
        }
    }

    pub(super) fn define_op(&mut self, value: Value, op: Op, operands: Operands) {
        self.ops[value.index()] = Some((op, operands));
    }

    /// A comparison that is replaced by what it is known to be.
    pub(super) fn settle(&mut self, value: Value, truth: bool) {
        self.ops[value.index()] = None;
        self.define_constant(value, Scalar::from(truth));
    }

    /// The op that defines a value.
    pub(super) fn op(&self, value: Value) -> Option<(Op, Operands)> {
        self.ops[value.index()]
    }

    /// The constant that a value is, also when a condition told so.
    pub(super) fn constant(&self, value: Value) -> Option<Scalar> {
        let found = self.constants[value.index()];
        found.or_else(|| self.truths.get(&value).map(|&truth| Scalar::from(truth)))
    }

    pub(super) fn integer(&self, value: Value) -> Option<i64> {
        self.constants[value.index()].map(Scalar::to_i64)
    }

    pub(super) fn is_integer(&self, value: Value) -> bool {
        self.integers[value.index()]
    }

    /// Smallest and largest value that an i64 may have here.
    pub(super) fn range(&self, value: Value) -> Range {
        let own = self.ranges[value.index()];
        let Some((base, offset)) = self.sum(value) else { return own };
        let (lo, hi) = self.ranges[base.index()];
        match (lo.checked_add(offset), hi.checked_add(offset)) {
            (Some(lo), Some(hi)) => (own.0.max(lo), own.1.min(hi)),
            _ => own,
        }
    }

    /// Say that a value lies in a range.
    pub(super) fn narrow(&mut self, value: Value, (lo, hi): Range) {
        let old = self.ranges[value.index()];
        let new = (old.0.max(lo), old.1.min(hi));
        // An empty range means that nobody comes by here.
        if new != old && new.0 <= new.1 {
            self.log.push(Change::Range(value, old));
            self.ranges[value.index()] = new;
        }
    }

    /// The value as another one plus a number, wrapping.
    fn sum(&self, value: Value) -> Option<(Value, i64)> {
        let (op, operands) = self.ops[value.index()]?;
        let offset = (op == Op::Add).then(|| self.integer(operands[1]))??;
        self.integers[value.index()].then_some((operands[0], offset))
    }

    /// The value as another one plus a number, exactly.
    fn split(&self, value: Value) -> (Value, i128) {
        let Some((base, offset)) = self.sum(value) else { return (value, 0) };
        let (lo, hi) = self.ranges[base.index()];
        if lo.checked_add(offset).is_some() && hi.checked_add(offset).is_some() {
            (base, offset.into())
        } else {
            (value, 0)
        }
    }

    /// Say that `x - y <= bound`.
    pub(super) fn at_most(&mut self, x: Value, y: Value, bound: i64) {
        self.tell(x, y, bound.into(), DEPTH);
    }

    fn tell(&mut self, x: Value, y: Value, bound: i128, depth: usize) {
        let ((x, x_offset), (y, y_offset)) = (self.split(x), self.split(y));
        let bound = bound - x_offset + y_offset;
        let clamp = |number: i128| number.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
        self.narrow(x, (i64::MIN, clamp(i128::from(self.ranges[y.index()].1) + bound)));
        self.narrow(y, (clamp(i128::from(self.ranges[x.index()].0) - bound), i64::MAX));
        if let Ok(bound) = i64::try_from(bound)
            && self.integer(x).is_none()
            && self.integer(y).is_none()
        {
            self.below.entry(x).or_default().push((y, bound));
            self.log.push(Change::Below(x));
        }
        if depth == 0 {
            return;
        }
        if let Some((Op::Min, operands)) = self.ops[y.index()] {
            operands.iter().for_each(|&it| self.tell(x, it, bound, depth - 1));
        }
        if let Some((Op::Max, operands)) = self.ops[x.index()] {
            operands.iter().for_each(|&it| self.tell(it, y, bound, depth - 1));
        }
    }

    /// Whether `x - y <= bound` for sure.
    pub(super) fn proves(&self, x: Value, y: Value, bound: i64) -> bool {
        self.follows(x, y, bound.into(), DEPTH)
    }

    fn follows(&self, x: Value, y: Value, bound: i128, depth: usize) -> bool {
        let (high, low) = (self.range(x).1, self.range(y).0);
        if i128::from(high) - i128::from(low) <= bound {
            return true;
        }
        let ((x, x_offset), (y, y_offset)) = (self.split(x), self.split(y));
        let bound = bound - x_offset + y_offset;
        if x == y {
            return bound >= 0;
        }
        let Some(depth) = depth.checked_sub(1) else { return false };
        let either = |op, value: Value| {
            self.ops[value.index()].filter(|it| it.0 == op).map(|(_, operands)| operands)
        };
        let left = |it: &Value| self.follows(*it, y, bound, depth);
        let right = |it: &Value| self.follows(x, *it, bound, depth);
        either(Op::Min, x).is_some_and(|them| them.iter().any(left))
            || either(Op::Max, x).is_some_and(|them| them.iter().all(left))
            || either(Op::Max, y).is_some_and(|them| them.iter().any(right))
            || either(Op::Min, y).is_some_and(|them| them.iter().all(right))
            || self.below.get(&x).is_some_and(|them| {
                them.iter().any(|&(z, told)| self.follows(z, y, bound - i128::from(told), depth))
            })
    }

    /// Whether a comparison of two i64 holds, if that is known.
    pub(super) fn compare(&self, op: Op, x: Value, y: Value) -> Option<bool> {
        if !self.is_integer(x) {
            return None;
        }
        let decide = |yes: bool, no: bool| if yes { Some(true) } else { no.then_some(false) };
        match op {
            Op::Lt => decide(self.proves(x, y, -1), self.proves(y, x, 0)),
            Op::Le => decide(self.proves(x, y, 0), self.proves(y, x, -1)),
            Op::Eq => decide(x == y, self.proves(x, y, -1) || self.proves(y, x, -1)),
            Op::Ne => self.compare(Op::Eq, x, y).map(|equal| !equal),
            _ => None,
        }
    }

    /// Say whether a `bool` holds, and all that follows.
    pub(super) fn assume(&mut self, condition: Value, truth: bool) {
        if self.constant(condition).is_some() {
            return;
        }
        self.truths.insert(condition, truth);
        self.log.push(Change::Truth(condition));
        let Some((op, operands)) = self.op(condition) else { return };
        match (op, truth) {
            (Op::And, true) | (Op::Or, false) => {
                operands.iter().for_each(|&it| self.assume(it, truth));
            }
            (Op::Not, _) => self.assume(operands[0], !truth),
            _ if operands.len() == 2 && self.is_integer(operands[0]) => {
                self.assume_comparison(op, operands[0], operands[1], truth);
            }
            _ => {}
        }
    }

    fn assume_comparison(&mut self, op: Op, x: Value, y: Value, truth: bool) {
        match (op, truth) {
            (Op::Lt, true) => self.at_most(x, y, -1),
            (Op::Lt, false) => self.at_most(y, x, 0),
            (Op::Le, true) => self.at_most(x, y, 0),
            (Op::Le, false) => self.at_most(y, x, -1),
            (Op::Eq, true) | (Op::Ne, false) => {
                self.at_most(x, y, 0);
                self.at_most(y, x, 0);
            }
            (Op::Ne, true) | (Op::Eq, false) => {
                // It cuts off the end of a range, such as 0 of a length.
                for (value, other) in [(x, y), (y, x)] {
                    let ((lo, hi), Some(number)) = (self.range(value), self.integer(other)) else {
                        continue;
                    };
                    if lo == number && lo < hi {
                        self.narrow(value, (lo + 1, hi));
                    } else if hi == number && lo < hi {
                        self.narrow(value, (lo, hi - 1));
                    }
                }
            }
            _ => {}
        }
    }

    /// `select(i < 0, i + n, i)`, an index from the end where it is negative.
    fn describe_wrapped(&mut self, result: Value, operands: &[Value]) {
        let Some((Op::Lt, compared)) = self.op(operands[0]) else { return };
        let Some((Op::Add, sides)) = self.op(operands[1]) else { return };
        let index = operands[2];
        if compared[0] != index || self.integer(compared[1]) != Some(0) {
            return;
        }
        let Some(&length) = sides.iter().find(|&&side| side != index) else { return };
        let least = (self.range(index).0, self.range(length).0);
        // One length is enough, and does not lead beyond the end.
        if !sides.contains(&index) || least.1 < 0 || least.0.saturating_add(least.1) < 0 {
            return;
        }
        self.narrow(result, (0, i64::MAX));
        if self.proves(index, length, -1) {
            self.at_most(result, length, -1);
        }
    }

    /// Tell what follows of an i64 from how it is computed.
    pub(super) fn describe(&mut self, kernel: &Kernel, result: Value, op: Op, operands: Operands) {
        if !self.is_integer(result) {
            return;
        }
        let range = super::ranges::of(self, kernel, op, &operands);
        self.narrow(result, range);
        if op == Op::Select {
            return self.describe_wrapped(result, &operands);
        }
        let (x, y) = (operands[0], operands[operands.len() - 1]);
        match op {
            Op::Rem if self.range(y).0 > 0 => self.at_most(result, y, -1),
            Op::Fmod if self.range(y).0 > 0 && self.range(x).0 >= 0 => {
                self.at_most(result, y, -1);
                self.at_most(result, x, 0);
            }
            Op::Div | Op::FloorDiv if self.range(y).0 > 0 && self.range(x).0 >= 0 => {
                self.at_most(result, x, 0);
            }
            Op::Add if range != ANY && self.integer(y).is_none() => {
                for (side, other) in [(x, y), (y, x)] {
                    let (low, high) = self.range(other);
                    if high < 1 << 62 {
                        self.at_most(result, side, high);
                    }
                    if low > -(1 << 62) {
                        self.at_most(side, result, -low);
                    }
                }
            }
            // With both at least 0 the difference does not wrap.
            Op::Sub if self.range(x).0 >= 0 && self.range(y).0 >= 0 => {
                let least = self.range(y).0;
                self.at_most(result, x, -least);
                if self.proves(y, x, 0) {
                    self.narrow(result, (0, i64::MAX));
                }
            }
            Op::Min => {
                self.at_most(result, x, 0);
                self.at_most(result, y, 0);
            }
            Op::Max => {
                self.at_most(x, result, 0);
                self.at_most(y, result, 0);
            }
            _ => {}
        }
    }
}
