//! How large the arrays that a function makes may become, told before it runs.
//!
//! A length is a value of the kernel. Where it follows from the arguments alone it is computed from
//! them; else from the bounds of what it is made of: a slice is not longer than its axis.

use std::collections::{HashMap, HashSet};

use ir::{Callee, Kernel, Op, ParameterKind, Statement, Value};
use memory::{DType, Scalar};

/// One step of the computation of sizes.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// The scalar or extent that is the kernel's parameter at this place.
    Parameter(usize),
    Constant(Scalar),
    /// How many threads the kernel may use.
    Threads,
    /// As the kernel computes it.
    Op(Op, DType, Vec<usize>),
    /// Of integers, and no wrapping.
    Bound(Op, usize, usize),
}

/// What computes sizes from the arguments of a call.
#[derive(Clone, Debug, Default)]
pub struct Sizes {
    steps: Vec<Step>,
}

impl Sizes {
    /// All steps, for the numbers at the places of the kernel's parameters.
    pub fn evaluate(
        &self,
        threads: usize,
        number: impl Fn(usize) -> Option<Scalar>,
    ) -> Option<Vec<Scalar>> {
        let mut found: Vec<Scalar> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let scalar = match step {
                Step::Parameter(place) => number(*place)?,
                Step::Constant(it) => *it,
                Step::Threads => Scalar::from(i64::try_from(threads).ok()?),
                Step::Op(op, dtype, of) => {
                    let operands: Vec<_> = of.iter().map(|&it| found[it]).collect();
                    let stated = matches!(op, Op::Cast | Op::Bitcast).then_some(*dtype);
                    ir::evaluate(*op, &operands, stated).ok()?
                }
                Step::Bound(op, x, y) => {
                    let (x, y) = (found[*x].to_i128(), found[*y].to_i128());
                    let exact = match op {
                        Op::Min => x.min(y),
                        Op::Max => x.max(y),
                        Op::Add => x + y,
                        Op::Sub => x - y,
                        Op::FloorDiv if y > 0 => x.div_euclid(y),
                        _ => return None,
                    };
                    let held = exact.clamp(i64::MIN.into(), i64::MAX.into());
                    Scalar::from(i64::try_from(held).ok()?)
                }
            };
            found.push(scalar);
        }
        Some(found)
    }
}

/// What a value is.
enum Made<'k> {
    Constant(Scalar),
    Parameter(usize),
    Threads,
    Op(Op, &'k [Value]),
    Index(ir::Axis),
    /// One of several.
    Either(Vec<Value>),
}

/// A bound: a step, or what does not matter beside others.
#[derive(Clone, Copy, Debug)]
enum Bound {
    Step(usize),
    Itself,
}

const DEEPEST: usize = 400;

/// Most values that are looked at: whoever looks twice as often at twice as much never ends.
const MOST_WORK: usize = 50_000;

pub(crate) struct Finder<'k> {
    kernel: &'k Kernel,
    made: HashMap<Value, Made<'k>>,
    pub(crate) sizes: Sizes,
    exact: HashMap<Value, Option<usize>>,
    busy: HashSet<(Value, bool)>,
    depth: usize,
    work: usize,
}

impl<'k> Finder<'k> {
    pub(crate) fn new(kernel: &'k Kernel) -> Self {
        let mut made = HashMap::new();
        for (place, parameter) in kernel.parameters.iter().enumerate() {
            if let ParameterKind::Scalar(it) | ParameterKind::Extent(it) = parameter.kind {
                made.insert(it, Made::Parameter(place));
            }
        }
        let yields = |block| kernel.block(block).yields.as_slice();
        for statement in kernel.blocks.iter().flat_map(|it| &it.statements) {
            match statement {
                Statement::Constant { result, scalar } => {
                    made.insert(*result, Made::Constant(*scalar));
                }
                Statement::Op { result, op, operands } => {
                    made.insert(*result, Made::Op(*op, operands));
                }
                Statement::Call(it) if it.callee == Callee::ThreadCount => {
                    made.insert(it.results[0], Made::Threads);
                }
                Statement::For(it) => {
                    let (index, carried) = kernel.block(it.body).arguments.split_at(it.axes.len());
                    for (index, axis) in index.iter().zip(&it.axes) {
                        made.insert(*index, Made::Index(*axis));
                    }
                    let next = yields(it.body);
                    let values = carried.iter().zip(&it.start).zip(next).zip(&it.results);
                    for (((&argument, &start), &next), &result) in values {
                        made.insert(argument, Made::Either(vec![start, next]));
                        made.insert(result, Made::Either(vec![start, next]));
                    }
                }
                Statement::Reduce(it) => {
                    let index = &kernel.block(it.body).arguments;
                    for (index, axis) in index.iter().zip(&it.axes) {
                        made.insert(*index, Made::Index(*axis));
                    }
                }
                Statement::While(it) => {
                    let carried = &kernel.block(it.test).arguments;
                    let next = yields(it.body);
                    let values = carried.iter().zip(&it.start).zip(next).zip(&it.results);
                    for (((&argument, &start), &next), &result) in values {
                        made.insert(argument, Made::Either(vec![start, next]));
                        // The loop hands on what its test was given.
                        made.insert(result, Made::Either(vec![start, next]));
                    }
                }
                Statement::If(it) => {
                    let (then, otherwise) = (yields(it.then), yields(it.otherwise));
                    for ((&x, &y), &result) in then.iter().zip(otherwise).zip(&it.results) {
                        made.insert(result, Made::Either(vec![x, y]));
                    }
                }
                _ => {}
            }
        }
        Self {
            kernel,
            made,
            sizes: Sizes::default(),
            exact: HashMap::new(),
            busy: HashSet::new(),
            depth: 0,
            work: 0,
        }
    }

    fn step(&mut self, step: Step) -> usize {
        if let Some(place) = self.sizes.steps.iter().position(|it| *it == step) {
            return place;
        }
        self.sizes.steps.push(step);
        self.sizes.steps.len() - 1
    }

    /// The largest of lengths, if it can be told.
    pub(crate) fn most(&mut self, lengths: &[Value]) -> Option<usize> {
        let mut most = None;
        for &it in lengths {
            match self.bound(it, true, true)? {
                Bound::Itself => {}
                Bound::Step(step) => {
                    most = Some(match most {
                        None => step,
                        Some(other) => self.step(Step::Bound(Op::Max, other, step)),
                    });
                }
            }
        }
        most
    }

    /// The step that computes a value as it is.
    fn exactly(&mut self, value: Value) -> Option<usize> {
        if let Some(found) = self.exact.get(&value) {
            return *found;
        }
        if self.depth > DEEPEST {
            return None;
        }
        self.depth += 1;
        let found = match self.made.get(&value) {
            Some(Made::Constant(it)) => {
                let step = Step::Constant(*it);
                Some(self.step(step))
            }
            Some(Made::Parameter(place)) => {
                let step = Step::Parameter(*place);
                Some(self.step(step))
            }
            Some(Made::Threads) => Some(self.step(Step::Threads)),
            Some(Made::Op(op, of)) => {
                let (op, of) = (*op, *of);
                let steps: Option<Vec<_>> = of.iter().map(|&it| self.exactly(it)).collect();
                let dtype = self.kernel.dtype(value);
                steps.map(|steps| self.step(Step::Op(op, dtype, steps)))
            }
            _ => None,
        };
        self.depth -= 1;
        self.exact.insert(value, found);
        found
    }

    /// What a value is not above (`above`), or not below. `plain`: nothing was done with it since.
    fn bound(&mut self, value: Value, above: bool, plain: bool) -> Option<Bound> {
        if let Some(step) = self.exactly(value) {
            return Some(Bound::Step(step));
        }
        self.work += 1;
        if self.kernel.dtype(value) != DType::I64 || self.depth > DEEPEST || self.work > MOST_WORK {
            return None;
        }
        if !self.busy.insert((value, above)) {
            return plain.then_some(Bound::Itself);
        }
        self.depth += 1;
        let found = self.looked(value, above, plain);
        self.depth -= 1;
        self.busy.remove(&(value, above));
        found
    }

    fn looked(&mut self, value: Value, above: bool, plain: bool) -> Option<Bound> {
        let outer = if above { Op::Max } else { Op::Min };
        match self.made.get(&value)? {
            Made::Either(of) => {
                let of = of.clone();
                let mut found = Bound::Itself;
                for it in of {
                    let next = self.bound(it, above, plain)?;
                    found = self.joined(outer, found, next);
                }
                Some(found)
            }
            Made::Index(axis) => {
                let axis = *axis;
                if let Some(step) = axis.step {
                    let Some(Made::Constant(step)) = self.made.get(&step) else { return None };
                    if step.to_i128() <= 0 {
                        return None;
                    }
                }
                if above {
                    return self.bound(axis.end, true, false);
                }
                match axis.begin {
                    Some(begin) => self.bound(begin, false, false),
                    None => Some(Bound::Step(self.step(Step::Constant(Scalar::from(0i64))))),
                }
            }
            Made::Op(op, of) => {
                let (op, of) = (*op, *of);
                match op {
                    Op::Select => {
                        let x = self.bound(of[1], above, plain)?;
                        let y = self.bound(of[2], above, plain)?;
                        Some(self.joined(outer, x, y))
                    }
                    // Either bound will do, or both are needed.
                    Op::Min | Op::Max => {
                        let one = (op == Op::Min) == above;
                        let x = self.bound(of[0], above, plain);
                        let y = self.bound(of[1], above, plain);
                        match (x, y) {
                            (Some(x), Some(y)) => Some(self.joined(op, x, y)),
                            (Some(it), None) | (None, Some(it)) if one => Some(it),
                            _ => None,
                        }
                    }
                    Op::Add | Op::Sub => {
                        let x = self.bound(of[0], above, false)?;
                        let y = self.bound(of[1], above == (op == Op::Add), false)?;
                        let (Bound::Step(x), Bound::Step(y)) = (x, y) else { return None };
                        Some(Bound::Step(self.step(Step::Bound(op, x, y))))
                    }
                    Op::FloorDiv => {
                        let Some(Made::Constant(by)) = self.made.get(&of[1]) else { return None };
                        if by.to_i128() <= 0 {
                            return None;
                        }
                        let Bound::Step(x) = self.bound(of[0], above, false)? else { return None };
                        let y = self.exactly(of[1])?;
                        Some(Bound::Step(self.step(Step::Bound(op, x, y))))
                    }
                    _ => None,
                }
            }
            Made::Constant(_) | Made::Parameter(_) | Made::Threads => None,
        }
    }

    fn joined(&mut self, op: Op, x: Bound, y: Bound) -> Bound {
        match (x, y) {
            (Bound::Itself, other) | (other, Bound::Itself) => other,
            (Bound::Step(x), Bound::Step(y)) => Bound::Step(self.step(Step::Bound(op, x, y))),
        }
    }
}
