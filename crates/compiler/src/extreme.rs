//! Minima and maxima of floats in vectors: NaN is looked for beside, not in the way of each value.
//!
//! A NaN stays once it was met, which takes a comparison more between one value and the next: twice the time, where
//! values wait in a cache. One instruction does the rest, so that is what values go through, and whether some
//! value was NaN is gathered in flags that nothing waits for. Both meet when all values of a block are seen.

use memory::DType;

use crate::LANES;
use crate::combine::Part;
use crate::emitter::Emitter;
use crate::text::{Label, Operand, Type};

/// A part that is an extreme, and what was found out about it.
pub(crate) struct Extreme {
    place: usize,
    part: Part,
    how: &'static str,
    /// Lanes of a register.
    lanes: u32,
    /// For each two registers: a line to fill, the flags before a step, and those behind it.
    flags: Vec<(usize, Operand, Operand)>,
    /// Whether one of the first values is NaN; of those in whole steps; of those of the last step.
    seen: [Operand; 3],
}

impl Emitter<'_> {
    /// The extremes among the parts, on machines whose comparisons have registers of their own.
    pub(crate) fn extremes(&self, parts: &[Part]) -> Vec<Extreme> {
        let there = parts.iter().enumerate().filter(|_| self.masks);
        let found = there.filter_map(|(place, &part)| {
            let none = Operand::Constant(DType::Bool, 0);
            let lanes = 64 / part.dtype.size() as u32;
            let how = part.extreme()?;
            Some(Extreme { place, part, how, lanes, flags: Vec::new(), seen: [none; 3] })
        });
        found.collect()
    }

    /// Whether a lane is set.
    fn some(&mut self, lanes: u32, mask: Operand) -> Operand {
        let mask = self.text.show(mask, lanes);
        let bits = self.text.define(format_args!("bitcast <{lanes} x i1> {mask} to i{lanes}"));
        let bits = self.text.show(bits, 1);
        self.text.define(format_args!("icmp ne i{lanes} {bits}, 0"))
    }
}

impl Extreme {
    /// The values that start the lanes of the mask.
    pub(crate) fn begin(&mut self, e: &mut Emitter<'_>, first: &[Operand], mask: Operand) {
        self.seen[0] = self.some_nan(e, first, mask);
    }

    fn some_nan(&self, e: &mut Emitter<'_>, values: &[Operand], mask: Operand) -> Operand {
        let lanes = LANES as u32;
        let value = values[self.place];
        let nan = e.text.op("fcmp uno", Type::new(self.part.dtype, lanes), &[value, value]);
        let nan = e.text.op("and", Type::new(DType::Bool, lanes), &[nan, mask]);
        e.some(lanes, nan)
    }

    /// At the head of the loop of whole steps.
    pub(crate) fn enter(&mut self, e: &mut Emitter<'_>) {
        for _ in 0..LANES as u32 / self.lanes / 2 {
            self.flags.push((e.text.reserve(), e.text.register(), Operand::Poison));
        }
    }

    /// A whole step: what is kept, and whether one was NaN.
    pub(crate) fn step(
        &mut self,
        e: &mut Emitter<'_>,
        sums: &[Operand],
        values: &[Operand],
        stepped: &mut [Operand],
    ) {
        let ty = Type::new(self.part.dtype, LANES as u32);
        let (sum, value) = (sums[self.place], values[self.place]);
        let keep = e.text.op(self.how, ty, &[sum, value]);
        stepped[self.place] = e.text.select(keep, ty, sum, value);
        let (dtype, lanes) = (self.part.dtype, self.lanes);
        let (register, truth) = (Type::new(dtype, lanes), Type::new(DType::Bool, lanes));
        for (pair, (_, before, behind)) in self.flags.iter_mut().enumerate() {
            let from = 2 * pair as u32 * lanes;
            // One comparison looks at two registers.
            let two =
                [from, from + lanes].map(|from| e.part_of(dtype, LANES as u32, value, from, lanes));
            let nan = e.text.op("fcmp uno", register, &two);
            *behind = e.text.op("or", truth, &[*before, nan]);
        }
    }

    /// What the loop carries.
    pub(crate) fn carry(&self, e: &mut Emitter<'_>, before: Label, latch: Label) {
        let lanes = self.lanes;
        for &(line, flags, behind) in &self.flags {
            let [flags, behind] = [flags, behind].map(|it| e.text.show(it, lanes));
            let line_ = format!(
                "{flags} = phi <{lanes} x i1> [ zeroinitializer, %{before} ], [ {behind}, %{latch} ]"
            );
            e.text.fill(line, line_);
        }
    }

    /// Behind the loop.
    pub(crate) fn end(&mut self, e: &mut Emitter<'_>) {
        let truth = Type::new(DType::Bool, self.lanes);
        let none = Operand::Constant(DType::Bool, 0);
        let all = self
            .flags
            .iter()
            .fold(none, |all, &(_, flags, _)| e.text.op("or", truth, &[all, flags]));
        let some = e.some(self.lanes, all);
        self.seen[1] = e.text.op("or", Type::new(DType::Bool, 1), &[some, self.seen[0]]);
    }

    /// The values of the last step, where it is not whole.
    pub(crate) fn rest(&mut self, e: &mut Emitter<'_>, values: &[Operand], mask: Operand) {
        let some = self.some_nan(e, values, mask);
        self.seen[2] = e.text.op("or", Type::new(DType::Bool, 1), &[some, self.seen[1]]);
    }

    /// Where ways meet: from behind the loop, and from the last step.
    pub(crate) fn meet(&mut self, e: &mut Emitter<'_>, (skip, from): (Label, Label)) {
        let [whole, rest] = [self.seen[1], self.seen[2]].map(|it| e.text.show(it, 1));
        self.seen[2] =
            e.text.define(format_args!("phi i1 [ {whole}, %{skip} ], [ {rest}, %{from} ]"));
    }

    /// Make it NaN where one was seen.
    pub(crate) fn settle(&self, e: &mut Emitter<'_>, found: &mut [Operand]) {
        let ty = Type::new(self.part.dtype, LANES as u32);
        let bits = if self.part.dtype == DType::F32 { 0x7fc0_0000 } else { 0x7ff8 << 48 };
        let nan = Operand::Constant(self.part.dtype, bits);
        let some = e.text.show(self.seen[2], 1);
        let [nan, known] = [nan, found[self.place]].map(|it| e.text.show(it, LANES as u32));
        found[self.place] =
            e.text.define(format_args!("select i1 {some}, {ty} {nan}, {ty} {known}"));
    }
}
