//! Indices as steps along axes.

use std::collections::HashMap;

use memory::DType;

use super::Polynomial;
use crate::{BlockId, Kernel, Op, Statement, Value};

/// `offset + step * axis + ...`: what an i64 is, seen from inside some loops. Wraps as i64 does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Affine {
    /// What does not move with any axis.
    pub offset: Polynomial,
    /// For each axis that it moves with, by how much; no step is the number zero.
    pub steps: Vec<(Value, Polynomial)>,
}

impl Affine {
    /// How far it moves when an axis grows by one.
    pub fn step(&self, axis: Value) -> Polynomial {
        let found = self.steps.iter().find(|(other, _)| *other == axis);
        found.map(|(_, step)| step.clone()).unwrap_or_default()
    }

    /// The largest magnitude of a factor.
    pub fn largest(&self) -> u64 {
        let steps = self.steps.iter().map(|(_, step)| step.largest());
        steps.max().unwrap_or(0).max(self.offset.largest())
    }

    /// What moves with no axis.
    pub fn constant(offset: Polynomial) -> Self {
        Self { offset, steps: Vec::new() }
    }

    fn axis(axis: Value) -> Self {
        Self { offset: Polynomial::default(), steps: vec![(axis, Polynomial::constant(1))] }
    }

    /// The sum, unless it has grown too large to be followed.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        let mut answer = Self::constant(self.offset.plus(&other.offset)?);
        let mut axes: Vec<_> = self.steps.iter().chain(&other.steps).map(|it| it.0).collect();
        axes.sort_unstable();
        axes.dedup();
        for axis in axes {
            let step = self.step(axis).plus(&other.step(axis))?;
            if step.as_constant() != Some(0) {
                answer.steps.push((axis, step));
            }
        }
        Some(answer)
    }

    /// The product with what stands still, unless it has grown too large to be followed.
    #[must_use]
    pub fn scaled(&self, factor: &Polynomial) -> Option<Self> {
        let mut answer = Self::constant(self.offset.times(factor)?);
        for (axis, step) in &self.steps {
            let step = step.times(factor)?;
            if step.as_constant() != Some(0) {
                answer.steps.push((*axis, step));
            }
        }
        Some(answer)
    }

    /// A product is affine if one side stands still.
    fn times(&self, other: &Self) -> Option<Self> {
        if other.steps.is_empty() {
            self.scaled(&other.offset)
        } else if self.steps.is_empty() {
            other.scaled(&self.offset)
        } else {
            None
        }
    }
}

/// The affine form of every i64 that a block uses and that has one, seen from the block.
///
/// Axes are the indices of loops whose body is the block or stands inside it. Values from outside the
/// block stand still: they are symbols, or polynomials in symbols. What else is computed inside,
/// such as a loaded or carried value, has no affine form: an index with it is a gather.
#[derive(Clone, Debug)]
pub struct Indices {
    forms: HashMap<Value, Affine>,
    /// Conditions that are taken to be so; a choice by one of them is the value chosen.
    assumed: HashMap<Value, bool>,
}

impl Indices {
    /// Look at a legal kernel from a block, usually the body of a loop.
    pub fn seen_from(kernel: &Kernel, block: BlockId) -> Self {
        Self::seen_assuming(kernel, block, HashMap::new())
    }

    /// The same where some conditions are known to be true or false.
    pub fn seen_assuming(kernel: &Kernel, block: BlockId, assumed: HashMap<Value, bool>) -> Self {
        let mut indices = Self { forms: HashMap::new(), assumed };
        let outside = Outside::new(kernel, block);
        // What stands outside is looked at where it is used, which in large kernels is little of it.
        if let Some(owner) = outside.owner {
            owner.each_operand(|it| indices.ensure(kernel, &outside, it, 0));
        }
        let mut axes = vec![false; kernel.values.len()];
        outside.owner.into_iter().flat_map(|it| indices_of(kernel, it)).for_each(|axis| {
            axes[axis.index()] = true;
        });
        indices.block(kernel, block, &outside, &mut axes);
        indices
    }

    /// The forms of what a block and all inside it define.
    fn block(&mut self, kernel: &Kernel, block: BlockId, outside: &Outside<'_>, axes: &mut [bool]) {
        for &argument in &kernel.block(block).arguments {
            if axes[argument.index()] {
                self.forms.insert(argument, Affine::axis(argument));
            }
        }
        for statement in &kernel.block(block).statements {
            statement.each_operand(|it| self.ensure(kernel, outside, it, 0));
            for axis in indices_of(kernel, statement) {
                axes[axis.index()] = true;
            }
            if let Some(form) = self.form(kernel, statement) {
                for &result in statement.results() {
                    self.forms.insert(result, form.clone());
                }
            }
            statement.blocks().for_each(|inner| self.block(kernel, inner, outside, axes));
        }
        for &value in &kernel.block(block).yields {
            self.ensure(kernel, outside, value, 0);
        }
    }

    /// The form of a value from outside: of what it is computed from, or as a symbol.
    fn ensure(&mut self, kernel: &Kernel, outside: &Outside<'_>, value: Value, depth: usize) {
        let Some(&Definition::Outside(statement)) = outside.definitions.get(value.index()) else {
            return;
        };
        if self.forms.contains_key(&value) {
            return;
        }
        if let Some(statement) = statement.filter(|_| depth < DEEPEST_CHAIN) {
            statement.each_operand(|it| self.ensure(kernel, outside, it, depth + 1));
            if let Some(form) = self.form(kernel, statement) {
                self.forms.insert(value, form);
                return;
            }
        }
        self.symbol(kernel, value);
    }

    /// The affine form of a value, if it has one.
    pub fn affine(&self, value: Value) -> Option<&Affine> {
        self.forms.get(&value)
    }

    fn symbol(&mut self, kernel: &Kernel, value: Value) {
        if kernel.dtype(value) == DType::I64 {
            self.forms.insert(value, Affine::constant(Polynomial::symbol(value)));
        }
    }

    /// What an op on affine values is.
    fn form(&self, kernel: &Kernel, statement: &Statement) -> Option<Affine> {
        let (op, operands) = match statement {
            Statement::Constant { scalar, .. } if scalar.dtype() == DType::I64 => {
                return Some(Affine::constant(Polynomial::constant(scalar.to_i64())));
            }
            Statement::Op { op, operands, result } if kernel.dtype(*result) == DType::I64 => {
                (*op, operands)
            }
            _ => return None,
        };
        let form = |position: usize| self.affine(operands[position]);
        let minus = Polynomial::constant(-1);
        match op {
            Op::Select => {
                let &chosen = self.assumed.get(&operands[0])?;
                form(if chosen { 1 } else { 2 }).cloned()
            }
            Op::Add => form(0)?.plus(form(1)?),
            Op::Sub => form(0)?.plus(&form(1)?.scaled(&minus)?),
            Op::Mul => form(0)?.times(form(1)?),
            Op::Square => form(0)?.times(form(0)?),
            Op::Neg => form(0)?.scaled(&minus),
            Op::Shl => {
                let count = form(1).filter(|count| count.steps.is_empty())?;
                let count =
                    u32::try_from(count.offset.as_constant()?).ok().filter(|&it| it < 64)?;
                form(0)?.scaled(&Polynomial::constant(1i64 << count))
            }
            _ => None,
        }
    }
}

/// A longer chain of ops outside of the block is not followed: what it computes is a symbol.
const DEEPEST_CHAIN: usize = 64;

/// Where a value comes from.
#[derive(Clone, Copy)]
enum Definition<'k> {
    Inside,
    /// The op or constant that defines it, if one does.
    Outside(Option<&'k Statement>),
}

/// What is defined outside of a block.
struct Outside<'k> {
    definitions: Vec<Definition<'k>>,
    /// The statement that the block belongs to.
    owner: Option<&'k Statement>,
}

impl<'k> Outside<'k> {
    fn new(kernel: &'k Kernel, block: BlockId) -> Self {
        let mut definitions = vec![Definition::Outside(None); kernel.values.len()];
        let mut owner = None;
        // Blocks to look at, and whether they are inside.
        let roots = kernel.roots().into_iter();
        let mut pending: Vec<_> = roots.map(|root| (root, root == block)).collect();
        while let Some((next, inside)) = pending.pop() {
            let here = kernel.block(next);
            if inside {
                for argument in &here.arguments {
                    definitions[argument.index()] = Definition::Inside;
                }
            }
            for statement in &here.statements {
                let simple = matches!(statement, Statement::Constant { .. } | Statement::Op { .. });
                for result in statement.results() {
                    definitions[result.index()] = if inside {
                        Definition::Inside
                    } else {
                        Definition::Outside(simple.then_some(statement))
                    };
                }
                for inner in statement.blocks() {
                    if inner == block {
                        owner = Some(statement);
                    }
                    pending.push((inner, inside || inner == block));
                }
            }
        }
        Self { definitions, owner }
    }
}

/// The indices that a loop gives its body.
fn indices_of<'k>(kernel: &'k Kernel, statement: &Statement) -> &'k [Value] {
    let (body, count) = match statement {
        Statement::For(it) => (it.body, it.axes.len()),
        Statement::Reduce(it) => (it.body, it.axes.len()),
        _ => return &[],
    };
    &kernel.block(body).arguments[..count]
}
