//! When a comparison inside a loop nest holds for all points of the nest, as sums that must not be negative.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ir::analysis::{Affine, Indices, Polynomial};
use ir::{Axis, BlockId, Kernel, Op, Operands, Statement, Value};

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

/// The values `x` and `y` of a sum `x - y`. To compare them is never wrong, whatever they are.
pub(super) fn difference(sum: &Sum) -> Option<(Value, Value)> {
    match &sum[..] {
        [(x, 1), (y, -1)] | [(y, -1), (x, 1)] if x.len() == 1 && y.len() == 1 => Some((x[0], y[0])),
        _ => None,
    }
}

/// A loop nest as it is seen from outside.
#[derive(Debug)]
pub(super) struct Nest<'k> {
    kernel: &'k Kernel,
    pub(super) known: &'k Known,
    indices: Indices,
    /// The axes in the order of the text, so that inner ones come later.
    axes: Vec<(Value, Option<Ends>)>,
    /// Values that are the last index of an axis, computed before the nest.
    lasts: &'k HashMap<Value, Value>,
}

/// Forms with larger factors are not followed: they might wrap while they are put together.
const LARGEST: u64 = 1 << 61;

/// Magnitudes that symbols may be limited to, so that sums of products do not wrap.
const LIMITS: [i64; 6] = [1 << 60, 1 << 50, 1 << 40, 1 << 31, 1 << 30, 1 << 24];

impl<'k> Nest<'k> {
    /// Look at a loop, which stands in `kernel`, when some conditions inside are taken as told.
    pub(super) fn new(
        kernel: &'k Kernel,
        known: &'k Known,
        statement: &Statement,
        lasts: &'k HashMap<Value, Value>,
        assumed: HashMap<Value, bool>,
    ) -> Option<Self> {
        let body = statement.blocks().next()?;
        let indices = Indices::seen_assuming(kernel, body, assumed);
        let mut nest = Self { kernel, known, indices, axes: Vec::new(), lasts };
        nest.find(statement);
        Some(nest)
    }

    fn find(&mut self, statement: &Statement) {
        if let Some((axes, body)) = super::axes(statement) {
            for (axis, &index) in axes.iter().zip(&self.kernel.block(body).arguments) {
                let ends = self.ends(axis, index);
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

    fn ends(&self, axis: &Axis, index: Value) -> Option<Ends> {
        let number = |number: i64| Affine::constant(Polynomial::constant(number));
        let shifted = |them: Vec<Affine>, by: i64| -> Vec<Affine> {
            them.iter().filter_map(|it| it.plus(&number(by))).collect()
        };
        let step = axis.step.map_or(Some(1), |step| self.known.integer(step))?;
        let (upper, lower) = if step > 0 { (Op::Min, Op::Max) } else { (Op::Max, Op::Min) };
        let begin = axis.begin.map_or(vec![number(0)], |begin| self.forms(begin, lower));
        let end = self.forms(axis.end, upper);
        let last = match self.lasts.get(&index) {
            Some(&last) => vec![Affine::constant(Polynomial::symbol(last))],
            None => shifted(end.clone(), -step.signum()),
        };
        if begin.is_empty() || last.is_empty() {
            return None;
        }
        let exact = begin.iter().chain(&end).cloned().collect();
        let (first, last) = if step > 0 { (begin, last) } else { (last, begin) };
        Some(Ends { first, last, exact })
    }

    /// What it takes for a comparison to have an answer at every point.
    pub(super) fn requirement(
        &self,
        op: Op,
        operands: &Operands,
        truth: bool,
    ) -> Option<Requirement> {
        let (x, y) = (self.form(operands[0])?, self.form(operands[1])?);
        if x.largest().max(y.largest()) > LARGEST {
            return None;
        }
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
        sums.retain(|sum| self.interval_of(sum, &Limit::default()).is_none_or(|(lo, _)| lo < 0));
        let never = sums
            .iter()
            .any(|sum| self.interval_of(sum, &Limit::default()).is_some_and(|(_, hi)| hi < 0));
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
                // Sums of at most 16 products, so that no factor wraps.
                let product = u128::from(end.largest()) * u128::from(step.largest());
                let small = product <= u128::from(LARGEST / 16) && rest.largest() <= LARGEST;
                let moved = end.scaled(&step).and_then(|it| rest.plus(&it)).filter(|_| small);
                if moved.and_then(|it| self.eliminate(it, &mut found, used, budget)).is_none() {
                    continue;
                }
                found.retain(|sum| {
                    self.interval_of(sum, &Limit::default()).is_none_or(|(lo, _)| lo < 0)
                });
                if best.as_ref().is_none_or(|best| found.len() < best.len()) {
                    best = Some(found);
                }
            }
            sums.extend(best?);
            Some(())
        };
        let interval = self.interval_of(&sum(&step), &Limit::default());
        if interval.is_none_or(|(lo, _)| lo < 0) {
            towards(&ends.last, sums)?;
        }
        if interval.is_none_or(|(_, hi)| hi > 0) {
            towards(&ends.first, sums)?;
        }
        Some(())
    }

    /// The symbols to limit, and to what, so that no sum and no index wraps.
    pub(super) fn limit(&self, requirement: &Requirement) -> Option<BTreeMap<Value, i64>> {
        let mut found = Symbols::default();
        let natural = Limit::default();
        let mut loose = false;
        for sum in requirement.sums.iter().filter(|it| difference(it).is_none()) {
            if !fits(self.interval_of(sum, &natural)) {
                loose = true;
                found.look(sum);
            }
        }
        let mut wide = Vec::new();
        for form in &requirement.exact {
            if !fits(self.interval(form, &natural)) {
                wide.push(form);
                self.symbols(form, &mut found)?;
            }
        }
        if !loose && wide.is_empty() {
            return Some(BTreeMap::new());
        }
        let limit = LIMITS.into_iter().find_map(|product| {
            let limit = Limit { single: LIMITS[0], product, products: found.products.clone() };
            let fitting = requirement.sums.iter().all(|sum| {
                difference(sum).is_some()
                    || fits(self.interval_of(sum, &natural))
                    || fits(self.interval_of(sum, &limit))
            }) && wide.iter().all(|form| fits(self.interval(form, &limit)));
            fitting.then_some(limit)
        })?;
        let limits = found.all.into_iter().map(|symbol| (symbol, limit.of(symbol)));
        let needed = |&(symbol, limit): &(Value, i64)| {
            let (lo, hi) = self.known.range(symbol);
            lo < -limit || hi > limit
        };
        Some(limits.filter(needed).collect())
    }

    /// The symbols of a form and of what bounds its indices.
    fn symbols(&self, form: &Affine, found: &mut Symbols) -> Option<()> {
        found.look(&sum(&form.offset));
        for (index, step) in &form.steps {
            let (_, ends) = self.axes.iter().find(|it| it.0 == *index)?;
            let ends = ends.as_ref()?;
            let mut inner = Symbols::default();
            inner.look(&sum(step));
            for end in ends.first.iter().chain(&ends.last) {
                self.symbols(end, &mut inner)?;
            }
            if step.as_constant().is_none() {
                found.products.extend(inner.all.iter().copied());
            }
            found.products.extend(inner.products);
            found.all.extend(inner.all);
        }
        Some(())
    }

    /// Smallest and largest value of a form over the whole nest.
    fn interval(&self, form: &Affine, limit: &Limit) -> Option<(i128, i128)> {
        let mut total = self.interval_of(&sum(&form.offset), limit)?;
        for (index, step) in &form.steps {
            let step = self.interval_of(&sum(step), limit)?;
            let product = times(self.interval_of_index(*index, limit), step)?;
            total = plus(total, product)?;
        }
        Some(total)
    }

    fn interval_of_index(&self, index: Value, limit: &Limit) -> (i128, i128) {
        let own = self.known.range(index);
        let own = (i128::from(own.0), i128::from(own.1));
        let Some((_, Some(ends))) = self.axes.iter().find(|it| it.0 == index) else {
            return own;
        };
        let first = ends.first.iter().filter_map(|it| self.interval(it, limit)).map(|it| it.0);
        let last = ends.last.iter().filter_map(|it| self.interval(it, limit)).map(|it| it.1);
        (own.0.max(first.max().unwrap_or(own.0)), own.1.min(last.min().unwrap_or(own.1)))
    }

    fn interval_of(&self, sum: &Sum, limit: &Limit) -> Option<(i128, i128)> {
        sum.iter().try_fold((0, 0), |total, (symbols, factor)| {
            let mut product = (i128::from(*factor), i128::from(*factor));
            for &symbol in symbols {
                let ((lo, hi), limit) = (self.known.range(symbol), limit.of(symbol));
                // Without a limit the smallest integer counts too, which is one further from zero.
                let low = if limit == i64::MAX { lo } else { lo.max(-limit) };
                let range = (i128::from(low), i128::from(hi.min(limit)));
                product = times(product, range)?;
            }
            plus(total, product)
        })
    }
}

/// The largest magnitudes of symbols.
#[derive(Debug)]
struct Limit {
    single: i64,
    /// Of those that are multiplied with each other.
    product: i64,
    products: BTreeSet<Value>,
}

impl Default for Limit {
    /// None but that of i64.
    fn default() -> Self {
        Self { single: i64::MAX, product: i64::MAX, products: BTreeSet::new() }
    }
}

impl Limit {
    fn of(&self, symbol: Value) -> i64 {
        if self.products.contains(&symbol) { self.product } else { self.single }
    }
}

/// The symbols of some sums.
#[derive(Default)]
struct Symbols {
    all: BTreeSet<Value>,
    /// Those that are multiplied with each other.
    products: BTreeSet<Value>,
}

impl Symbols {
    fn look(&mut self, sum: &Sum) {
        for (symbols, _) in sum {
            self.all.extend(symbols);
            if symbols.len() > 1 {
                self.products.extend(symbols);
            }
        }
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
