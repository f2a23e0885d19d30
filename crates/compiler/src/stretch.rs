//! Loops inside of others that run in stretches, so that they are stopped in time.

use std::collections::HashSet;

use ir::{Axis, BlockId, Kernel, Op, ParameterKind, Statement, Value};
use memory::DType;

use crate::emitter::Emitter;
use crate::held::Held;
use crate::poll::STRETCH;
use crate::structure::{WORD, number};
use crate::text::{Label, Operand};

/// A loop inside of others that runs in stretches; where one is enough, it costs a comparison.
pub(crate) struct Stretches {
    head: Label,
    /// The iterations of the stretch that runs.
    pub(crate) from: Operand,
    pub(crate) to: Operand,
    /// How many they are.
    count: Operand,
    whole: Operand,
}

impl Emitter<'_> {
    /// Begin the stretches of iterations `from..to` of an axis, if they can be more than one.
    pub(crate) fn begin_stretches(
        &mut self,
        axis: &Axis,
        from: Operand,
        to: Operand,
    ) -> Option<Stretches> {
        if !self.loops.counting || self.is_one_stretch(axis) {
            return None;
        }
        let before = self.text.here();
        let (head, first, end) = (self.text.label(), self.text.register(), self.text.register());
        self.text.jump(head);
        self.text.begin(head);
        let [first_shown, end_shown, from] = [first, end, from].map(|it| self.text.show(it, 1));
        self.text.line(format_args!(
            "{first_shown} = phi i64 [ {from}, %{before} ], [ {end_shown}, %{head}.again ]"
        ));
        let left = self.text.op("sub", WORD, &[to, first]);
        let count = self.text.intrinsic("smin", WORD, &[left, number(STRETCH)]);
        let count_shown = self.text.show(count, 1);
        self.text.line(format_args!("{end_shown} = add nsw i64 {first_shown}, {count_shown}"));
        Some(Stretches { head, from: first, to: end, count, whole: to })
    }

    /// End a stretch, and go on with the next one.
    pub(crate) fn end_stretches(&mut self, it: &Stretches) {
        self.spend(it.count);
        let (again, done) = (self.text.label(), self.text.label());
        let over = self.text.op("icmp sge", WORD, &[it.to, it.whole]);
        self.text.branch_likely(over, done, again);
        self.text.begin(again);
        self.poll();
        let head = it.head;
        self.text.line(format_args!("br label %{head}.again"));
        self.text.raw(format!("{head}.again:"));
        self.text.jump(head);
        self.text.begin(done);
    }

    /// Whether an axis is no longer than some arrays together: what is in memory takes no time that
    /// somebody waits for.
    fn is_one_stretch(&mut self, axis: &Axis) -> bool {
        let kernel = self.kernel;
        let lengths = self.loops.lengths.get_or_insert_with(|| lengths(kernel));
        let [least, most] = &self.loops.bounded;
        let ends = lengths.contains(&axis.end) || most.contains(&axis.end);
        ends && axis.begin.is_none_or(|it| lengths.contains(&it) || least.contains(&it))
    }

    /// What is known of values where a condition holds, beside what is known already.
    pub(crate) fn bounded(&mut self, condition: Value) -> [Vec<Value>; 2] {
        let kernel = self.kernel;
        self.loops.lengths.get_or_insert_with(|| lengths(kernel));
        self.ops();
        let mut bounded = self.loops.bounded.clone();
        let [least, most] = &mut bounded;
        let (Some(lengths), Some(ops)) = (&self.loops.lengths, &self.loops.ops) else {
            return bounded;
        };
        let is_zero = |value: Value| self.held[value.index()] == Some(Held::Uniform(number(0)));
        let mut pending = vec![condition];
        while let Some(condition) = pending.pop() {
            match ops.get(&condition) {
                Some((Op::And, both)) => pending.extend(both.iter()),
                Some((Op::Le, sides)) if is_zero(sides[0]) => least.push(sides[1]),
                Some((Op::Le, sides)) if lengths.contains(&sides[1]) => most.push(sides[0]),
                _ => {}
            }
        }
        bounded
    }
}

/// Values that are about as large as the length of an array, or a small number.
fn lengths(kernel: &Kernel) -> HashSet<Value> {
    let parameters = kernel.parameters.iter().filter_map(|it| match it.kind {
        ParameterKind::Extent(value) => Some(value),
        _ => None,
    });
    let mut found = parameters.collect();
    search(kernel, kernel.body, &mut found);
    found
}

fn search(kernel: &Kernel, block: BlockId, found: &mut HashSet<Value>) {
    for statement in &kernel.block(block).statements {
        match statement {
            Statement::Constant { result, scalar }
                if scalar.dtype() == DType::I64 && scalar.to_i64().abs() < STRETCH =>
            {
                found.insert(*result);
            }
            Statement::Op { result, op, operands } => {
                let keeps = matches!(op, Op::Add | Op::Sub | Op::Min | Op::Max | Op::FloorDiv);
                if keeps && operands.iter().all(|it| found.contains(it)) {
                    found.insert(*result);
                }
            }
            Statement::For(it) => {
                for (axis, &index) in it.axes.iter().zip(&kernel.block(it.body).arguments) {
                    let mut bounds = axis.begin.iter().chain([&axis.end]);
                    if bounds.all(|it| found.contains(it)) {
                        found.insert(index);
                    }
                }
            }
            _ => {}
        }
        for inside in statement.blocks() {
            search(kernel, inside, found);
        }
    }
}
