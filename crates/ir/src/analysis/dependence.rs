//! Whether the iterations of a loop depend on each other.
//!
//! Two of them do if one stores an element that the other loads or stores. Elements are told apart
//! by their indices: buffers that a kernel writes overlap with nothing. Indices are affine or unknown;
//! that no loop runs so long that they wrap round all i64 is taken for granted.

use super::{Affine, Indices};
use crate::{Buffer, For, Kernel, Place, Statement, Stride, Value};

/// What is known of the iterations of a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Iterations {
    /// None stores what another one loads or stores.
    Independent,
    /// Two of them meet at an element, if the loop runs that far.
    Racing(Race),
    /// Neither is proved.
    Unknown,
}

/// Two iterations that meet at an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Race {
    /// The buffer of the element.
    pub buffer: Buffer,
    /// A store.
    pub store: Place,
    /// The store or load that meets it; the same statement where it meets itself.
    pub other: Place,
    /// Whether the other one stores too.
    pub both_store: bool,
    /// The iterations of the store and of the other one, counted from 0, for each axis of the loop.
    pub iterations: (Vec<i64>, Vec<i64>),
}

/// A load or store in a loop.
struct Access {
    place: Place,
    buffer: Buffer,
    /// The affine form of each index.
    index: Vec<Option<Affine>>,
    stores: bool,
    /// Whether every iteration comes by here, if the loops inside run at all.
    always: bool,
}

/// How two accesses relate, over different iterations.
enum Relation {
    /// They never meet.
    Apart,
    /// They meet at iterations so far from each other, for each axis, in steps of the index.
    Meet(Vec<i64>),
    Unknown,
}

/// Steps and distances beyond these are not followed, so that no product wraps.
const LARGEST_STEP: i64 = 1 << 8;
const LARGEST_DISTANCE: i64 = 1 << 40;

/// Pairs beyond this many are not looked at.
const MOST_PAIRS: usize = 4096;

/// What is known of the iterations of a loop of a legal kernel. What it carries is not looked at.
///
/// ```
/// use ir::analysis::{Iterations, iterations};
/// use ir::{Kernel, Statement};
///
/// let kernel: Kernel = "
///     kernel @shift(%n: extent, %x: update f64[any]) {
///       %one = const i64 1
///       for (%i) in (%one..%n) {
///         %before = sub %i, %one
///         %element = load %x[%before]
///         store %element, %x[%i]
///       }
///     }"
/// .parse()?;
/// let Statement::For(it) = &kernel.block(kernel.body).statements[1] else { panic!() };
/// let Iterations::Racing(race) = iterations(&kernel, it) else { panic!() };
/// assert_eq!(race.iterations, (vec![0], vec![1]));
/// # Ok::<(), ir::ParseError>(())
/// ```
pub fn iterations(kernel: &Kernel, it: &For) -> Iterations {
    match met(kernel, it) {
        // What is called may store anywhere, and what it says has an order.
        Iterations::Independent if kernel.calls(it.body) => Iterations::Unknown,
        found => found,
    }
}

fn met(kernel: &Kernel, it: &For) -> Iterations {
    let look = Look::new(kernel, it);
    let stores: Vec<_> = (0..look.accesses.len()).filter(|&at| look.accesses[at].stores).collect();
    if stores.is_empty() {
        return Iterations::Independent;
    }
    if kernel.overlapping || stores.len() * look.accesses.len() > MOST_PAIRS {
        return Iterations::Unknown;
    }
    let mut answer = Iterations::Independent;
    for &position in &stores {
        let store = &look.accesses[position];
        for (at, other) in look.accesses.iter().enumerate() {
            // Of two stores, each pair once.
            if store.buffer != other.buffer || (other.stores && at < position) {
                continue;
            }
            match look.relation(store, other) {
                Relation::Apart => {}
                Relation::Meet(distance) if store.always && other.always => {
                    return Iterations::Racing(race(store, other, &distance));
                }
                _ => answer = Iterations::Unknown,
            }
        }
    }
    answer
}

fn race(store: &Access, other: &Access, distance: &[i64]) -> Race {
    // The other one comes `distance` later; counted so that neither is before the first.
    let of_store = distance.iter().map(|&it| (-it).max(0)).collect();
    let of_other = distance.iter().map(|&it| it.max(0)).collect();
    Race {
        buffer: store.buffer,
        store: store.place,
        other: other.place,
        both_store: other.stores,
        iterations: (of_store, of_other),
    }
}

struct Look<'k> {
    kernel: &'k Kernel,
    it: &'k For,
    indices: Indices,
    accesses: Vec<Access>,
    /// Indices of loops inside whose ranges are the same in every iteration.
    steady: Vec<Value>,
    /// The smallest and the largest index of each axis, where the step is one or minus one.
    ranges: Vec<(Value, Option<(Affine, Affine)>)>,
}

impl<'k> Look<'k> {
    fn new(kernel: &'k Kernel, it: &'k For) -> Self {
        let indices = Indices::seen_from(kernel, it.body);
        let (accesses, steady, ranges) = (Vec::new(), Vec::new(), Vec::new());
        let mut look = Self { kernel, it, indices, accesses, steady, ranges };
        look.axes(&it.axes, it.body);
        look.block(it.body, true);
        look
    }

    /// The indices of the loop itself.
    fn own(&self) -> &'k [Value] {
        &self.kernel.block(self.it.body).arguments[..self.it.axes.len()]
    }

    fn axes(&mut self, axes: &[crate::Axis], body: crate::BlockId) {
        for (axis, &index) in axes.iter().zip(&self.kernel.block(body).arguments) {
            let range = self.range(axis);
            self.ranges.push((index, range));
        }
    }

    fn range(&self, axis: &crate::Axis) -> Option<(Affine, Affine)> {
        let number = |number| Affine::constant(super::Polynomial::constant(number));
        let form = |value| self.indices.affine(value).cloned();
        let begin = axis.begin.map_or(Some(number(0)), form)?;
        let step = axis.step.map_or(Some(number(1)), form)?;
        let step = step.offset.as_constant().filter(|_| step.steps.is_empty())?;
        let last = form(axis.end)?.plus(&number(-step.signum()))?;
        match step {
            1.. => Some((begin, last)),
            0 => None,
            _ => Some((last, begin)),
        }
    }

    fn block(&mut self, block: crate::BlockId, always: bool) {
        let kernel = self.kernel;
        for (position, statement) in kernel.block(block).statements.iter().enumerate() {
            let place = Place::Statement(block, position);
            let mut access = |buffer: Buffer, index: &[Value], stores| {
                let index = index.iter().map(|&it| self.indices.affine(it).cloned()).collect();
                self.accesses.push(Access { place, buffer, index, stores, always });
            };
            match statement {
                Statement::Load { buffer, index, .. } => access(*buffer, index, false),
                Statement::Store { buffer, index, .. } => access(*buffer, index, true),
                _ => {}
            }
            let (axes, body) = match statement {
                Statement::For(it) => (&it.axes[..], it.body),
                Statement::Reduce(it) => (&it.axes[..], it.body),
                _ => (&[][..], block),
            };
            for (axis, &index) in axes.iter().zip(&kernel.block(body).arguments) {
                let bounds = [axis.begin, Some(axis.end), axis.step];
                if bounds.into_iter().flatten().all(|it| self.is_steady(it)) {
                    self.steady.push(index);
                }
            }
            self.axes(axes, body);
            let always = always && !axes.is_empty();
            statement.blocks().for_each(|inner| self.block(inner, always));
        }
    }

    /// Whether a value has the same values in every iteration.
    fn is_steady(&self, value: Value) -> bool {
        self.indices.affine(value).is_some_and(|form| self.same_in_all(form))
    }

    fn same_in_all(&self, form: &Affine) -> bool {
        form.steps.iter().all(|(index, _)| self.steady.contains(index))
    }

    /// Where both accesses can be at one element in different iterations.
    fn relation(&self, store: &Access, other: &Access) -> Relation {
        let own = self.own();
        let mut distance: Vec<Option<i64>> = vec![None; own.len()];
        // Whether every index was understood, so that a meeting is proved where none is excluded.
        let mut understood = true;
        let Some(buffer) = self.kernel.buffer(store.buffer) else { return Relation::Unknown };
        let mut open = Vec::new();
        for (axis, (left, right)) in store.index.iter().zip(&other.index).enumerate() {
            if buffer.strides[axis] == Stride::Zero {
                continue;
            }
            match (left, right) {
                (Some(left), Some(right)) if self.never_equal(left, right) => {
                    return Relation::Apart;
                }
                (Some(left), Some(right)) => match self.equation(left, right) {
                    Equation::Linear(factors, sum) => open.push((factors, sum)),
                    Equation::Same => {}
                    Equation::Unknown => understood = false,
                },
                _ => understood = false,
            }
        }
        // Each equation with one distance left settles it.
        loop {
            let before = open.len();
            let mut rest = Vec::new();
            for (mut factors, mut sum) in open {
                for (factor, known) in factors.iter_mut().zip(&distance) {
                    if let Some(known) = known {
                        sum -= *factor * known;
                        *factor = 0;
                    }
                }
                let mut unknown = (0..factors.len()).filter(|&at| factors[at] != 0);
                match (unknown.next(), unknown.next()) {
                    (None, _) if sum == 0 => {}
                    (None, _) => return Relation::Apart,
                    (Some(at), None) => {
                        if sum % factors[at] != 0 {
                            return Relation::Apart;
                        }
                        distance[at] = Some(sum / factors[at]);
                    }
                    (Some(_), Some(_)) => {
                        if sum % factors.iter().fold(0, |all, &it| gcd(all, it)) != 0 {
                            return Relation::Apart;
                        }
                        rest.push((factors, sum));
                    }
                }
            }
            open = rest;
            if open.len() == before {
                break;
            }
        }
        if distance.iter().all(|it| *it == Some(0)) {
            return Relation::Apart;
        }
        self.met(&distance, understood && open.is_empty())
    }

    /// The iterations that distances of indices mean.
    fn met(&self, distance: &[Option<i64>], understood: bool) -> Relation {
        let mut answer = Vec::new();
        let mut sure = understood;
        // Where an index does not tell, the next iteration already meets; one axis is enough.
        let fixed = distance.iter().flatten().any(|&it| it != 0);
        let mut moved = fixed;
        for (axis, distance) in self.it.axes.iter().zip(distance) {
            let constant = |value: Option<Value>, absent: i64| match value {
                None => Some(absent),
                Some(value) => {
                    let form = self.indices.affine(value)?;
                    form.steps.is_empty().then(|| form.offset.as_constant())?
                }
            };
            let step = constant(axis.step, 1).filter(|&it| it != 0);
            let steps = match (distance, step) {
                (Some(0), _) => 0,
                (Some(distance), Some(step)) if distance % step != 0 => return Relation::Apart,
                (Some(distance), Some(step)) => distance / step,
                (Some(_), None) => {
                    sure = false;
                    0
                }
                (None, _) if moved => 0,
                (None, _) => {
                    moved = true;
                    1
                }
            };
            if let (Some(begin), Some(end), Some(step)) =
                (constant(axis.begin, 0), constant(Some(axis.end), 0), step)
            {
                let wide = i128::from(end) - i128::from(begin);
                let turns =
                    (wide + i128::from(step) - i128::from(step.signum())) / i128::from(step);
                if i128::from(steps.abs()) >= turns {
                    // It does not run that far. An axis that may choose its distance has another.
                    if distance.is_some() && steps != 0 {
                        return Relation::Apart;
                    }
                    sure = false;
                }
            }
            answer.push(steps);
        }
        if sure { Relation::Meet(answer) } else { Relation::Unknown }
    }

    /// Whether two indices differ at any two points of the loop: their ranges lie apart, as those of `j` and
    /// of `i` from `j + 1` on.
    fn never_equal(&self, left: &Affine, right: &Affine) -> bool {
        let apart = |low: &Affine, high: &Affine| {
            let most = self.end(low.clone(), true)?;
            let minus = super::Polynomial::constant(-1);
            let gap = self.end(high.clone(), false)?.plus(&most.times(&minus)?)?;
            Some(gap.as_constant()? > 0)
        };
        apart(left, right) == Some(true) || apart(right, left) == Some(true)
    }

    /// The largest or smallest value of a form over all points, seen from outside of the loop.
    fn end(&self, mut form: Affine, largest: bool) -> Option<super::Polynomial> {
        // Inner axes come later in the list, and are told by outer ones.
        while let Some((index, step)) = form.steps.pop() {
            let (begin, end) = self.ranges.iter().find(|it| it.0 == index)?.1.as_ref()?;
            let up = step.as_constant()?.signum() > 0;
            let bound = if up == largest { end } else { begin };
            if step.largest() > LARGEST_STEP.unsigned_abs() || !short(bound.largest()) {
                return None;
            }
            form = form.plus(&bound.scaled(&step)?)?;
        }
        short(form.offset.largest()).then_some(form.offset)
    }

    /// What must hold of the distance between two iterations for two indices to be equal.
    fn equation(&self, left: &Affine, right: &Affine) -> Equation {
        let own = self.own();
        if left == right && self.same_in_all(left) {
            return Equation::Same;
        }
        let others = left.steps.iter().chain(&right.steps).any(|(index, _)| !own.contains(index));
        let offset = |form: &Affine| form.offset.clone();
        let minus = super::Polynomial::constant(-1);
        let difference =
            offset(right).times(&minus).and_then(|it| offset(left).plus(&it)?.as_constant());
        let (false, Some(sum)) = (others, difference) else { return Equation::Unknown };
        let mut factors = Vec::new();
        for &index in own {
            let (factor, other) = (left.step(index), right.step(index));
            match factor.as_constant() {
                Some(number) if factor == other && number.abs() <= LARGEST_STEP => {
                    factors.push(number);
                }
                _ => return Equation::Unknown,
            }
        }
        if sum.abs() > LARGEST_DISTANCE {
            return Equation::Unknown;
        }
        Equation::Linear(factors, sum)
    }
}

/// For which distances of the loop's indices two indices of an element are equal.
enum Equation {
    /// Those whose sum, each times its factor, is this.
    Linear(Vec<i64>, i64),
    /// All: the index takes the same values in every iteration.
    Same,
    Unknown,
}

/// Whether nothing wraps that is computed with a factor.
fn short(factor: u64) -> bool {
    factor <= LARGEST_DISTANCE.unsigned_abs()
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a.abs() } else { gcd(b, a % b) }
}
