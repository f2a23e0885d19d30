//! A program as a kernel of the loop language.

use ir::{Access, Axis, Buffer, Builder, Combiner, Invalid, Kernel, Value};

use crate::program::{Elements, Program, Step};

/// The kernel of a program. Its parameters: extents, inputs, outputs, scalars.
pub(crate) fn build(program: &Program) -> Result<Kernel, Invalid> {
    let mut b = Builder::new(name(program));
    let extents: Vec<_> = (0..program.outer + program.inner)
        .map(|at| b.extent(["n", "m", "p", "q"].get(at).copied().unwrap_or("n")))
        .collect();
    let (outer, inner) = extents.split_at(program.outer);
    let buffer = |b: &mut Builder, name: &str, access, elements: &Elements| {
        b.buffer(name, elements.dtype, access, &elements.strides)
    };
    let inputs: Vec<_> =
        program.inputs.iter().map(|it| buffer(&mut b, "x", Access::Read, it)).collect();
    let outputs: Vec<_> =
        program.outputs.iter().map(|it| buffer(&mut b, "y", Access::Write, &it.elements)).collect();
    let scalars: Vec<_> = program.scalars.iter().map(|&dtype| b.scalar("c", dtype)).collect();
    let parts = Parts { program, inputs, outputs, scalars };
    if outer.is_empty() {
        parts.point(&mut b, &[], inner);
    } else {
        let axes: Vec<Axis> = outer.iter().map(|&end| end.into()).collect();
        b.parallel(&axes, |b, index| parts.point(b, index, inner));
    }
    b.finish()
}

fn name(program: &Program) -> &'static str {
    if program.scan.is_some() {
        "scan"
    } else if program.reductions.is_empty() {
        "map"
    } else {
        "reduce"
    }
}

struct Parts<'p> {
    program: &'p Program,
    inputs: Vec<Buffer>,
    outputs: Vec<Buffer>,
    scalars: Vec<Value>,
}

impl Parts<'_> {
    /// What happens at one point of the outer axes.
    fn point(&self, b: &mut Builder, outer: &[Value], inner: &[Value]) {
        let program = self.program;
        if let Some(op) = program.scan {
            self.scan(b, op, outer, inner);
            return;
        }
        let mut reduced = Vec::new();
        if !program.reductions.is_empty() {
            let axes: Vec<Axis> = inner.iter().map(|&end| end.into()).collect();
            let combiners: Vec<Combiner> = program.reductions.iter().map(|it| it.0).collect();
            let results = b.reduce(&axes, &combiners, |b, index| {
                let index = [outer, index].concat();
                let values = self.steps(b, &program.inside, outer, &index, &[]);
                program.reductions.iter().map(|it| values[it.1 as usize]).collect()
            });
            let mut rest = &results[..];
            for combiner in combiners {
                let (own, others) = rest.split_at(combiner.result_count());
                reduced.push(own.to_vec());
                rest = others;
            }
        }
        let values = self.steps(b, &program.outside, outer, outer, &reduced);
        for (output, &buffer) in program.outputs.iter().zip(&self.outputs) {
            b.store(buffer, outer, values[output.value as usize]);
        }
    }

    /// Go along the inner axis and store what has come together so far.
    fn scan(&self, b: &mut Builder, op: ir::Op, outer: &[Value], inner: &[Value]) {
        let output = &self.program.outputs[0];
        let dtype = output.elements.dtype;
        let identity = match op {
            ir::Op::Mul => memory::Scalar::from_i64(dtype, 1),
            _ => memory::Scalar::from_i64(dtype, 0),
        };
        let start = b.constant(identity);
        let axes: Vec<Axis> = inner.iter().map(|&end| end.into()).collect();
        b.sequence(&axes, &[start], |b, along, carried| {
            let index = [outer, along].concat();
            let values = self.steps(b, &self.program.inside, outer, &index, &[]);
            let sum = b.op(op, &[carried[0], values[output.value as usize]]);
            b.store(self.outputs[0], &index, sum);
            vec![sum]
        });
    }

    fn steps(
        &self,
        b: &mut Builder,
        steps: &[Step],
        outer: &[Value],
        index: &[Value],
        reduced: &[Vec<Value>],
    ) -> Vec<Value> {
        let mut values: Vec<Value> = Vec::with_capacity(steps.len());
        for step in steps {
            let value = match step {
                Step::Load(input) => {
                    let input = *input as usize;
                    // A buffer of the outer axes alone has no more of them.
                    let rank = self.program.inputs[input].strides.len();
                    let index = if rank == outer.len() { outer } else { index };
                    b.load(self.inputs[input], index)
                }
                Step::Scalar(scalar) => self.scalars[*scalar as usize],
                Step::Iota { axis, start, step } => {
                    let start = self.scalars[*start as usize];
                    match axis {
                        None => start,
                        Some(axis) => {
                            let step = self.scalars[*step as usize];
                            let moved = b.mul(step, index[*axis as usize]);
                            b.add(start, moved)
                        }
                    }
                }
                Step::Op(op, operands) => {
                    let operands: Vec<_> =
                        operands.iter().map(|&operand| values[operand as usize]).collect();
                    b.op(*op, &operands)
                }
                Step::Cast(dtype, value) => b.cast(*dtype, values[*value as usize]),
                Step::Reduced { reduction, result } => {
                    reduced[*reduction as usize][*result as usize]
                }
            };
            values.push(value);
        }
        values
    }
}

/// The kernel that writes elements into a part of others: combined with what is there by an op, or
/// in its place. Parameters: extents, what is there if there is an op, the new elements, the target.
pub(crate) fn build_change(
    op: Option<ir::Op>,
    target: &Elements,
    value: &Elements,
) -> Result<Kernel, Invalid> {
    let mut b = Builder::new(if op.is_some() { "change" } else { "set" });
    let extents: Vec<_> = (0..target.strides.len()).map(|_| b.extent("n")).collect();
    let access = if op.is_some() { Access::Update } else { Access::Write };
    let from = b.buffer("x", value.dtype, Access::Read, &value.strides);
    let to = b.buffer("y", target.dtype, access, &target.strides);
    let write = |b: &mut Builder, index: &[Value]| {
        let mut new = b.load(from, index);
        if let Some(op) = op {
            let old = b.load(to, index);
            new = b.op(op, &[old, new]);
        }
        b.store(to, index, new);
    };
    if extents.is_empty() {
        write(&mut b, &[]);
    } else {
        let axes: Vec<Axis> = extents.iter().map(|&end| end.into()).collect();
        b.parallel(&axes, |b, index| write(b, index));
    }
    b.finish()
}
