//! When a comparison inside a loop nest holds for all points of the nest, as sums that must not be negative.

use std::collections::{BTreeSet, HashMap};

use ir::analysis::{Affine, Indices, Polynomial};
use ir::{Axis, BlockId, Kernel, Op, Operands, Statement, Value};
use memory::Scalar;

use super::known::Known;

/// What must hold before a loop for some comparisons inside of it to hold always.
#[derive(Clone, Debug, Default)]
pub(super) struct Requirement {
    /// Each must not be negative.
    pub(super) sums: BTreeSet<Sum>,
    /// Each must be an i64 that did not wrap.
    exact: Vec<Affine>,
}

/// A polynomial in a form that has an order.
pub(super) type Sum = Vec<(Vec<Value>, i64)>;

/// The first and last index of an axis, seen from outside of its loop; several where either will do.
#[derive(Debug)]
struct Ends {
    first: Vec<Affine>,
    last: Vec<Affine>,
    /// What the loop says of them, which must not have wrapped.
    exact: Vec<Affine>,
}

/// A loop nest as it is seen from outside.
#[derive(Debug)]
pub(super) struct Nest<'k> {
    kernel: &'k Kernel,
    pub(super) known: &'k Known,
    indices: Indices,
    /// The axes in the order of the text, so that inner ones come later.
    axes: Vec<(Value, Option<Ends>)>,
}

/// Magnitudes that symbols may be limited to, so that sums of products do not wrap.
const LIMITS: [i64; 6] = [1 << 60, 1 << 50, 1 << 40, 1 << 31, 1 << 30, 1 << 24];

impl<'k> Nest<'k> {
    /// Look at a loop, which stands in `kernel`, when some conditions inside are taken as told.
    pub(super) fn new(
        kernel: &'k Kernel,
        known: &'k Known,
        statement: &Statement,
        assumed: HashMap<Value, bool>,
    ) -> Option<Self> {
        let body = statement.blocks().next()?;
        let indices = Indices::seen_assuming(kernel, body, assumed);
        let mut nest = Self { kernel, known, indices, axes: Vec::new() };
        nest.find(statement);
        Some(nest)
    }

    fn find(&mut self, statement: &Statement) {
        if let Some((axes, body)) = super::axes(statement) {
            for (axis, &index) in axes.iter().zip(&self.kernel.block(body).arguments) {
                let ends = self.ends(axis);
                self.axes.push((index, ends));
            }
        }
        let kernel = self.kernel;
        for block in statement.blocks() {
            kernel.block(block).statements.iter().for_each(|it| self.find(it));
        }
    }

    /// The forms of a value, or of both sides of a minimum or maximum, either of which bounds it.
    fn forms(&self, value: Value, op: Op) -> Vec<Affine> {
        let mut forms: Vec<_> = match self.known.op(value) {
            Some((found, sides)) if found == op => {
                sides.iter().filter_map(|&it| self.form(it)).collect()
            }
            _ => Vec::new(),
        };
        forms.extend(self.form(value));
        forms
    }

    fn form(&self, value: Value) -> Option<Affine> {
        self.indices.affine(value).cloned()
    }

    fn ends(&self, axis: &Axis) -> Option<Ends> {
        let number = |number: i64| Affine::constant(Polynomial::constant(number));
        let shifted = |them: Vec<Affine>, by: i64| -> Vec<Affine> {
            them.iter().filter_map(|it| it.plus(&number(by))).collect()
        };
        let step = axis.step.map_or(Some(1), |step| self.known.integer(step))?;
        let begin = |op| axis.begin.map_or(vec![number(0)], |begin| self.forms(begin, op));
        let (first, last) = if step > 0 {
            (begin(Op::Max), self.last(axis, step, shifted(self.forms(axis.end, Op::Min), -1)))
        } else {
            (self.last(axis, step, shifted(self.forms(axis.end, Op::Max), 1)), begin(Op::Min))
        };
        let mut exact = self.forms(axis.end, if step > 0 { Op::Min } else { Op::Max });
        exact.extend(begin(if step > 0 { Op::Max } else { Op::Min }));
        (!first.is_empty() && !last.is_empty()).then_some(Ends { first, last, exact })
    }

    /// Where the step is not one, the last index may be known better than `end - 1` where both ends
    /// are numbers, or a whole number of steps apart.
    fn last(&self, axis: &Axis, step: i64, otherwise: Vec<Affine>) -> Vec<Affine> {
        let begin = axis.begin.map_or(Some(0), |begin| self.known.integer(begin));
        let end = self.known.integer(axis.end);
        let (Some(begin), Some(end), true) = (begin, end, step.abs() < 1 << 30) else {
            return otherwise;
        };
        let (begin, end, step) = (i128::from(begin), i128::from(end), i128::from(step));
        let turns = (end - begin - step.signum()) / step;
        match i64::try_from(begin + turns * step) {
            Ok(last) if turns >= 0 => vec![Affine::constant(Polynomial::constant(last))],
            _ => otherwise,
        }
    }

    /// What it takes for a comparison to have an answer at every point.
    pub(super) fn requirement(
        &self,
        op: Op,
        operands: &Operands,
        truth: bool,
    ) -> Option<Requirement> {
        let (x, y) = (self.form(operands[0])?, self.form(operands[1])?);
        // smaller + strict <= larger
        let (smaller, larger, strict) = match (op, truth) {
            (Op::Lt, true) => (&x, &y, 1),
            (Op::Le, true) => (&x, &y, 0),
            (Op::Lt, false) => (&y, &x, 0),
            (Op::Le, false) => (&y, &x, 1),
            _ => return None,
        };
        let minus = smaller.scaled(&Polynomial::constant(-1))?;
        let strict = Affine::constant(Polynomial::constant(-strict));
        let difference = larger.plus(&minus)?.plus(&strict)?;
        let (mut sums, mut used) = (BTreeSet::new(), BTreeSet::new());
        self.eliminate(difference, &mut sums, &mut used, 16)?;
        // Whatever no length can make negative is no question.
        sums.retain(|sum| self.interval_of(sum, i64::MAX).is_none_or(|(lo, _)| lo < 0));
        let never =
            sums.iter().any(|sum| self.interval_of(sum, i64::MAX).is_some_and(|(_, hi)| hi < 0));
        let mut exact = vec![x, y];
        for (index, ends) in &self.axes {
            if let Some(ends) = ends.as_ref().filter(|_| used.contains(index)) {
                exact.extend(ends.exact.iter().cloned());
            }
        }
        (!never).then_some(Requirement { sums, exact })
    }

    /// Replace each index by the end of its axis that makes the form smallest.
    fn eliminate(
        &self,
        form: Affine,
        sums: &mut BTreeSet<Sum>,
        used: &mut BTreeSet<Value>,
        budget: usize,
    ) -> Option<()> {
        let inner = self.axes.iter().rev().find_map(|(index, ends)| {
            let step = form.step(*index);
            (step.as_constant() != Some(0)).then_some((*index, ends, step))
        });
        let Some((index, ends, step)) = inner else {
            // What is left moves with no axis of this nest.
            if !form.steps.is_empty() {
                return None;
            }
            sums.insert(sum(&form.offset));
            return Some(());
        };
        let (ends, budget) = (ends.as_ref()?, budget.checked_sub(1)?);
        used.insert(index);
        let mut rest = form;
        rest.steps.retain(|it| it.0 != index);
        let mut towards = |ends: &[Affine], sums: &mut BTreeSet<Sum>| {
            // Of several ends that will do, the one that needs the least.
            let mut best: Option<BTreeSet<Sum>> = None;
            for end in ends {
                let mut found = BTreeSet::new();
                let moved = end.scaled(&step).and_then(|it| rest.plus(&it));
                if moved.and_then(|it| self.eliminate(it, &mut found, used, budget)).is_none() {
                    continue;
                }
                found.retain(|sum| self.interval_of(sum, i64::MAX).is_none_or(|(lo, _)| lo < 0));
                if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                    best = Some(found);
                }
            }
            sums.extend(best?);
            Some(())
        };
        let interval = self.interval_of(&sum(&step), i64::MAX);
        if interval.is_none_or(|(lo, _)| lo < 0) {
            towards(&ends.last, sums)?;
        }
        if interval.is_none_or(|(_, hi)| hi > 0) {
            towards(&ends.first, sums)?;
        }
        Some(())
    }

    /// The limit on symbols under which no sum and no index wraps, and the symbols that it limits.
    pub(super) fn limit(&self, requirement: &Requirement) -> Option<(i64, BTreeSet<Value>)> {
        let mut loose = Vec::new();
        for sum in &requirement.sums {
            if !fits(self.interval_of(sum, i64::MAX)) {
                loose.push(symbols(sum));
            }
        }
        let mut wide = Vec::new();
        for form in &requirement.exact {
            if !fits(self.interval(form, i64::MAX)) {
                wide.push(form);
                let mut them = symbols(&sum(&form.offset));
                for (index, step) in &form.steps {
                    them.extend(symbols(&sum(step)));
                    self.bounds_of(*index, &mut them)?;
                }
                loose.push(them);
            }
        }
        if loose.is_empty() {
            return Some((i64::MAX, BTreeSet::new()));
        }
        let limit = LIMITS.into_iter().find(|&limit| {
            requirement.sums.iter().all(|sum| fits(self.interval_of(sum, limit)))
                && wide.iter().all(|form| fits(self.interval(form, limit)))
        })?;
        let them = loose.into_iter().flatten().filter(|&it| {
            let (lo, hi) = self.known.range(it);
            lo < -limit || hi > limit
        });
        Some((limit, them.collect()))
    }

    /// The symbols that bound an index.
    fn bounds_of(&self, index: Value, them: &mut BTreeSet<Value>) -> Option<()> {
        let (_, ends) = self.axes.iter().find(|it| it.0 == index)?;
        let ends = ends.as_ref()?;
        for form in ends.first.iter().chain(&ends.last) {
            them.extend(symbols(&sum(&form.offset)));
            for (outer, step) in &form.steps {
                them.extend(symbols(&sum(step)));
                self.bounds_of(*outer, them)?;
            }
        }
        Some(())
    }

    /// Smallest and largest value of a form over the whole nest.
    fn interval(&self, form: &Affine, limit: i64) -> Option<(i128, i128)> {
        let mut total = self.interval_of(&sum(&form.offset), limit)?;
        for (index, step) in &form.steps {
            let step = self.interval_of(&sum(step), limit)?;
            let product = times(self.interval_of_index(*index, limit)?, step)?;
            total = plus(total, product)?;
        }
        Some(total)
    }

    fn interval_of_index(&self, index: Value, limit: i64) -> Option<(i128, i128)> {
        let own = self.known.range(index);
        let own = (i128::from(own.0), i128::from(own.1));
        let Some((_, Some(ends))) = self.axes.iter().find(|it| it.0 == index) else {
            return Some(own);
        };
        let first = ends.first.iter().filter_map(|it| self.interval(it, limit)).map(|it| it.0);
        let last = ends.last.iter().filter_map(|it| self.interval(it, limit)).map(|it| it.1);
        Some((own.0.max(first.max().unwrap_or(own.0)), own.1.min(last.min().unwrap_or(own.1))))
    }

    fn interval_of(&self, sum: &Sum, limit: i64) -> Option<(i128, i128)> {
        sum.iter().try_fold((0, 0), |total, (symbols, factor)| {
            let mut product = (i128::from(*factor), i128::from(*factor));
            for &symbol in symbols {
                let (lo, hi) = self.known.range(symbol);
                let range = (i128::from(lo.max(-limit)), i128::from(hi.min(limit)));
                product = times(product, range)?;
            }
            plus(total, product)
        })
    }
}

impl Requirement {
    /// Require another thing too.
    pub(super) fn join(&mut self, other: Self) {
        self.sums.extend(other.sums);
        self.exact.extend(other.exact);
    }
}

pub(super) fn sum(polynomial: &Polynomial) -> Sum {
    polynomial.terms().map(|(symbols, factor)| (symbols.to_vec(), factor)).collect()
}

fn symbols(sum: &Sum) -> BTreeSet<Value> {
    sum.iter().flat_map(|(symbols, _)| symbols.iter().copied()).collect()
}

fn fits(interval: Option<(i128, i128)>) -> bool {
    interval.is_some_and(|(lo, hi)| lo >= i64::MIN.into() && hi <= i64::MAX.into())
}

fn plus(x: (i128, i128), y: (i128, i128)) -> Option<(i128, i128)> {
    Some((x.0.checked_add(y.0)?, x.1.checked_add(y.1)?))
}

fn times(x: (i128, i128), y: (i128, i128)) -> Option<(i128, i128)> {
    let mut ends = [0; 4];
    for (slot, (a, b)) in ends.iter_mut().zip([(x.0, y.0), (x.0, y.1), (x.1, y.0), (x.1, y.1)]) {
        *slot = i128::checked_mul(a, b)?;
    }
    Some((*ends.iter().min()?, *ends.iter().max()?))
}

/// Writes the statements that compute a guard.
#[derive(Debug)]
pub(super) struct Guard<'k> {
    pub(super) kernel: &'k mut Kernel,
    pub(super) statements: Vec<Statement>,
    all: Option<Value>,
}

impl<'k> Guard<'k> {
    pub(super) fn new(kernel: &'k mut Kernel) -> Self {
        Self { kernel, statements: Vec::new(), all: None }
    }

    fn number(&mut self, number: i64) -> Value {
        let scalar = Scalar::from(number);
        let result = self.kernel.new_value(scalar.dtype());
        self.statements.push(Statement::Constant { result, scalar });
        result
    }

    fn op(&mut self, op: Op, x: Value, y: Value) -> Value {
        let compares = matches!(op, Op::Le);
        let dtype = if compares { memory::DType::Bool } else { self.kernel.dtype(x) };
        let result = self.kernel.new_value(dtype);
        self.statements.push(Statement::Op { result, op, operands: Operands::new(&[x, y]) });
        result
    }

    /// Require a condition.
    pub(super) fn holds(&mut self, condition: Value) {
        self.all = Some(match self.all {
            None => condition,
            Some(all) => self.op(Op::And, all, condition),
        });
    }

    /// Require that a sum is not negative.
    pub(super) fn not_negative(&mut self, sum: &Sum) {
        let mut total = None;
        let (minus, plus): (Vec<_>, Vec<_>) = sum.iter().partition(|(_, factor)| *factor == -1);
        for (symbols, factor) in plus {
            let product = self.product(symbols);
            let term = match (product, *factor) {
                (None, factor) => self.number(factor),
                (Some(product), 1) => product,
                (Some(product), factor) => {
                    let factor = self.number(factor);
                    self.op(Op::Mul, product, factor)
                }
            };
            total = Some(match total {
                None => term,
                Some(total) => self.op(Op::Add, total, term),
            });
        }
        let zero = self.number(0);
        let mut total = total.unwrap_or(zero);
        for (symbols, _) in minus {
            let term = self.product(symbols).unwrap_or_else(|| self.number(1));
            total = self.op(Op::Sub, total, term);
        }
        let condition = self.op(Op::Le, zero, total);
        self.holds(condition);
    }

    fn product(&mut self, symbols: &[Value]) -> Option<Value> {
        symbols.iter().copied().reduce(|product, symbol| self.op(Op::Mul, product, symbol))
    }

    /// Require that a value is no larger than this, either way.
    pub(super) fn within(&mut self, value: Value, limit: i64) {
        for bound in [-limit, limit] {
            let bound_value = self.number(bound);
            let condition = if bound < 0 {
                self.op(Op::Le, bound_value, value)
            } else {
                self.op(Op::Le, value, bound_value)
            };
            self.holds(condition);
        }
    }

    /// The condition that all hold, if anything was required.
    pub(super) fn finish(self) -> (Vec<Statement>, Option<Value>) {
        (self.statements, self.all)
    }
}

/// Every loop body inside of a statement, itself included.
pub(super) fn defined_inside(kernel: &Kernel, statement: &Statement) -> Vec<bool> {
    let mut inside = vec![false; kernel.values.len()];
    let mut pending: Vec<BlockId> = statement.blocks().collect();
    while let Some(block) = pending.pop() {
        let block = kernel.block(block);
        block.arguments.iter().for_each(|it| inside[it.index()] = true);
        for statement in &block.statements {
            statement.results().iter().for_each(|it| inside[it.index()] = true);
            pending.extend(statement.blocks());
        }
    }
    inside
}
