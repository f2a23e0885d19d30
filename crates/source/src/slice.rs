//! Slices whose step is only known while the function runs.

use ir::Value;
use ruff_text_size::TextRange;

use crate::index::LONGEST;
use crate::lower::Lowerer;
use crate::value::{Axis, Num};

impl Lowerer<'_> {
    /// A slice of an axis by a step that may go either way.
    pub(crate) fn sliced_by(
        &mut self,
        range: TextRange,
        axis: &Axis,
        bounds: [Option<&Num>; 2],
        step: &Num,
        bounded: bool,
    ) -> Axis {
        let [less, zero, one] = [-1i64, 0, 1].map(|it| self.b.constant(it));
        let holds = self.b.ne(step.re, zero);
        self.value_error(holds, range, "slice step cannot be zero");
        // Beyond the length of every array all steps are the same.
        let [lowest, highest] = [-LONGEST, LONGEST].map(|it| self.b.constant(it));
        let by = self.b.max(step.re, lowest);
        let by = self.b.min(by, highest);
        let up = self.b.gt(by, zero);
        let length = axis.length;
        let last = self.b.sub(length, one);
        let (low, high) = (self.b.select(up, zero, less), self.b.select(up, length, last));
        let ends = [self.b.select(up, low, high), self.b.select(up, high, low)];
        let [begin, end] = [0, 1].map(|it| match bounds[it] {
            None => ends[it],
            Some(bound) => self.clamped(bound, length, low, high),
        });
        let (rise, fall) = (self.b.sub(end, begin), self.b.sub(begin, end));
        let way = self.b.select(up, rise, fall);
        let down = self.b.neg(by);
        let size = self.b.max(by, down);
        let size = self.b.max(size, one);
        let more = self.b.sub(size, one);
        let raised = self.b.add(way, more);
        let count = self.b.floor_div(raised, size);
        let count = self.b.max(count, zero);
        // Of arrays whose length varies, it is said in words that `size.rs` knows.
        let count = if bounded { self.b.min(count, length) } else { count };
        let start = self.moved(axis, begin);
        let by = match axis.step {
            None => by,
            Some(old) => self.b.mul(old, by),
        };
        Axis { length: count, known: None, begin: Some(start), step: Some(by) }
    }

    /// A bound of a slice as a place: negative ones count from the end.
    pub(crate) fn clamped(&mut self, bound: &Num, length: Value, low: Value, high: Value) -> Value {
        let at = if bound.natural {
            bound.re
        } else {
            let zero = self.b.constant(0i64);
            let below = self.b.lt(bound.re, zero);
            let sum = self.b.add(bound.re, length);
            let at = self.b.select(below, sum, bound.re);
            self.b.max(at, low)
        };
        self.b.min(at, high)
    }
}
