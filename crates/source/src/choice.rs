//! Variables that hold one thing and then another, where that can be told: `a, b = b, a` of arrays that were
//! passed in, `None` and then an array.
//!
//! What such variables hold together is a *state*, and there are few. Where ways meet, the number of the state is
//! handed on. What reads such a variable is written once for each state, with the values of that state: so
//! arrays are never copied, and keep being the ones that they are.

use std::collections::BTreeMap;
use std::rc::Rc;

use ir::Value;
use memory::DType;
use ruff_python_ast::{Expr, name::Name};
use ruff_text_size::{Ranged, TextRange};

use crate::flow::read_by;
use crate::learned::{Key, Learned};
use crate::lower::{Lowerer, Result, Slot};
use crate::step::{Line, Names, Step};
use crate::value::{Num, Ty, Val};

/// Most states.
const MOST: usize = 8;

/// What variables hold together, where ways meet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct States {
    names: Vec<Name>,
    ways: Vec<Vec<Ty>>,
}

/// What a variable holds in each state, and the state.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) which: Value,
    pub(crate) ways: Vec<Val>,
}

impl States {
    /// Types of the values that hold it: the state, and for each state what it consists of.
    pub(crate) fn dtypes(&self, into: &mut Vec<DType>) {
        into.push(DType::I64);
        self.ways.iter().flatten().for_each(|it| it.dtypes(into));
    }
}

/// Whether a value of this type is the same thing wherever it is read.
fn lasts(ty: &Ty) -> bool {
    match ty {
        Ty::Num(_) | Ty::Array(..) | Ty::Window(_) => true,
        Ty::Tuple(items) => items.iter().all(lasts),
        Ty::Fixed(it) => match it {
            Val::Rng(it) => it.row.is_none(),
            Val::View(_)
            | Val::None
            | Val::Unassigned
            | Val::Text(_)
            | Val::Named(_)
            | Val::Unit(_) => true,
            _ => false,
        },
    }
}

/// Whether two types are arrays that the function makes, which may share a home.
fn share(one: &Ty, other: &Ty) -> bool {
    match (one, other) {
        (Ty::Array(a, _), Ty::Array(b, _)) => {
            (a.dtype, a.rank, a.around) == (b.dtype, b.rank, b.around)
        }
        (Ty::Tuple(a), Ty::Tuple(b)) => {
            a.len() == b.len()
                && a.class() == b.class()
                && a.iter().zip(b).all(|(a, b)| a.unify(b).is_some() || share(a, b))
        }
        _ => false,
    }
}

/// Whether arrays may be kept in one home, and copied where that cannot be told.
fn may_turn(one: &Ty, other: &Ty) -> bool {
    match (one, other) {
        (Ty::Array(a, _), Ty::Array(b, _)) => {
            (a.dtype, a.rank, a.around) == (b.dtype, b.rank, b.around)
        }
        (Ty::Tuple(a), Ty::Tuple(b)) => {
            a.len() == b.len()
                && a.class() == b.class()
                && a.iter().zip(b).all(|(a, b)| a.unify(b).is_some() || may_turn(a, b))
        }
        (Ty::Array(home, _), part) | (part, Ty::Array(home, _)) => {
            part.view().is_some_and(|it| (home.dtype, home.rank) == (it.dtype, it.axes.len()))
        }
        (one, other) => one
            .view()
            .zip(other.view())
            .is_some_and(|(a, b)| (a.dtype, a.axes.len()) == (b.dtype, b.axes.len())),
    }
}

impl Learned {
    fn share_all(&mut self, one: &Ty, other: &Ty) {
        match (one, other) {
            (Ty::Array(a, _), Ty::Array(b, _)) if a != b => {
                self.share(a, b);
            }
            (Ty::Tuple(a), Ty::Tuple(b)) => {
                a.iter().zip(b).for_each(|(a, b)| self.share_all(a, b));
            }
            _ => {}
        }
    }

    /// Tell what variables hold by states from now on. What is known of types is known no more.
    pub(crate) fn choose(&mut self, must: bool) {
        if (must && !self.must) || !(self.choosing || self.never) {
            (self.choosing, self.must) = (true, must);
            self.forget();
        }
    }

    /// Copy arrays again where that does as well, as something was refused.
    pub(crate) fn choose_not(&mut self) {
        if self.choosing && !self.must && !self.again {
            (self.choosing, self.never) = (false, true);
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.joins.clear();
        self.shared.clear();
        self.wide.clear();
        self.states.clear();
        self.again = true;
    }
}

impl Lowerer<'_> {
    fn meeting(&self, id: u64) -> (Vec<u64>, u64) {
        (self.frame().path.clone(), id)
    }

    /// What variables hold together at a place, if some do.
    pub(crate) fn states(&self, id: u64) -> Option<States> {
        self.learned.states.get(&self.meeting(id)).cloned()
    }

    /// Whether what a variable holds at a place is told by a state.
    pub(crate) fn is_chosen(&self, id: u64, name: &Name) -> bool {
        self.learned.states.get(&self.meeting(id)).is_some_and(|it| it.names.contains(name))
    }

    /// Let a state tell what a variable holds, if its types allow it. Arrays are copied where that cannot be
    /// told from what Python does, until something tells it.
    pub(crate) fn told_apart(&mut self, key: &Key, one: &Ty, other: &Ty) -> bool {
        let expression = key.1 >> 40 & 1 != 0;
        if expression || !lasts(one) || !lasts(other) || share(one, other) {
            return false;
        }
        if !self.learned.choosing {
            if may_turn(one, other) {
                return false;
            }
            self.learned.choose(true);
            return self.learned.choosing;
        }
        self.choose(key);
        true
    }

    /// Let a state tell what a variable holds where it meets.
    pub(crate) fn choose(&mut self, key: &Key) {
        let states = self.learned.states.entry((key.0.clone(), key.1)).or_default();
        states.names.push(Name::new(&key.2));
        states.ways.clear();
        self.learned.joins.remove(key);
        self.learned.again = true;
    }

    /// What a way hands to a meeting: the state there, and what it consists of.
    pub(crate) fn hand_states(
        &mut self,
        (id, range): (u64, TextRange),
        env: Option<&BTreeMap<Name, Slot>>,
        into: &mut Vec<Value>,
    ) -> Result<()> {
        let Some(mut states) = self.states(id) else { return Ok(()) };
        let mut handed: Option<Vec<Value>> = None;
        let mut found = Vec::new();
        if let Some(env) = env {
            let slots = states.names.iter().map(|it| env.get(it).cloned());
            self.spread(slots.collect(), None, &mut found);
        }
        for (condition, values) in found {
            let place = self.way(range, &mut states, &values)?;
            let mut words = vec![self.b.constant(place as i64)];
            for (at, way) in states.ways.clone().iter().enumerate() {
                for (ty, value) in way.iter().zip(&values) {
                    if at == place {
                        self.flatten(value, ty, &mut words);
                    } else {
                        self.zeros(ty, &mut words);
                    }
                }
            }
            handed = Some(match (handed, condition) {
                (Some(others), Some(condition)) if others.len() == words.len() => words
                    .iter()
                    .zip(others)
                    .map(|(&x, y)| if x == y { x } else { self.b.select(condition, x, y) })
                    .collect(),
                _ => words,
            });
        }
        let known = self.learned.states.insert(self.meeting(id), states.clone());
        self.learned.again |= known.as_ref() != Some(&states);
        match handed {
            Some(handed) => into.extend(handed),
            None => {
                let mut dtypes = Vec::new();
                states.dtypes(&mut dtypes);
                for dtype in dtypes {
                    let zero = self.zero(dtype);
                    into.push(zero);
                }
            }
        }
        Ok(())
    }

    /// The state of these values; a new one if need be.
    fn way(&mut self, range: TextRange, states: &mut States, values: &[Val]) -> Result<usize> {
        let types: Vec<_> =
            values.iter().map(|it| self.learned.homed(&Ty::of(it).before(0))).collect();
        if let Some(at) = types.iter().position(|it| !lasts(it)) {
            let name = &states.names[at];
            let message =
                format!("{name} is {} here, and something else elsewhere", types[at].describe());
            let hint = "give it values of one kind on all ways, or use two names";
            return Err(self.refuse(range, message, hint));
        }
        for (place, way) in states.ways.iter_mut().enumerate() {
            for ty in way.iter_mut() {
                *ty = self.learned.homed(ty);
            }
            let both: Option<Vec<_>> = way.iter().zip(&types).map(|(a, b)| a.unify(b)).collect();
            if let Some(both) = both {
                *way = both;
                return Ok(place);
            }
            // Arrays that the function makes share a home, as elsewhere.
            let pairs = || way.iter().zip(&types);
            if pairs().all(|(a, b)| a.unify(b).is_some() || share(a, b)) {
                for (a, b) in pairs() {
                    self.learned.share_all(a, b);
                }
                self.learned.again = true;
                return Ok(place);
            }
        }
        if states.ways.len() == MOST {
            let names: Vec<_> = states.names.iter().map(Name::as_str).collect();
            let message =
                format!("{} hold more than {MOST} different things in turn", names.join(", "));
            return Err(self.refuse(
                range,
                message,
                "use fewer names, or one array with an axis more",
            ));
        }
        states.ways.push(types);
        Ok(states.ways.len() - 1)
    }

    /// What variables hold together: for each state what says that it is that one.
    fn spread(
        &mut self,
        slots: Vec<Option<Slot>>,
        condition: Option<Value>,
        into: &mut Vec<(Option<Value>, Vec<Val>)>,
    ) {
        let unsure = slots.iter().position(|it| matches!(it, Some(Slot { assigned: Some(_), .. })));
        if let Some(at) = unsure {
            let (mut with, mut without) = (slots.clone(), slots);
            let flag = with[at].as_mut().and_then(|it| it.assigned.take());
            without[at] = None;
            self.spread(without, condition, into);
            let condition = match (flag, condition) {
                (Some(flag), Some(other)) => Some(self.b.and(other, flag)),
                (flag, other) => flag.or(other),
            };
            self.spread(with, condition, into);
            return;
        }
        let choice = slots.iter().flatten().find_map(|it| match &it.value {
            Val::Choice(it) => Some((it.which, it.ways.len())),
            _ => None,
        });
        let Some((which, count)) = choice else {
            let values = slots.into_iter().map(|it| it.map_or(Val::Unassigned, |it| it.value));
            into.push((condition, values.collect()));
            return;
        };
        for state in 0..count {
            let mut slots = slots.clone();
            for slot in slots.iter_mut().flatten() {
                settle(&mut slot.value, which, state);
            }
            let number = self.b.constant(state as i64);
            let same = self.b.eq(which, number);
            let condition = match condition {
                Some(other) => self.b.and(other, same),
                None => same,
            };
            self.spread(slots, Some(condition), into);
        }
    }

    /// Give variables what they hold, from the values that hold a state.
    pub(crate) fn assign_states(
        &mut self,
        states: &States,
        values: &mut impl Iterator<Item = Value>,
    ) {
        let Some(which) = values.next() else { return };
        let mut held = vec![Vec::new(); states.names.len()];
        for way in &states.ways {
            for (ty, held) in way.iter().zip(&mut held) {
                held.extend(self.rebuilt(ty, values));
            }
        }
        for (name, mut ways) in states.names.iter().zip(held) {
            match ways.len() {
                0 => {}
                1 => {
                    if let Some(value) = ways.pop().filter(|it| !matches!(it, Val::Unassigned)) {
                        self.set(name, value);
                    }
                }
                _ => self.set(name, Val::Choice(Rc::new(Choice { which, ways }))),
            }
        }
    }

    /// The state that tells what one of the names holds, and how many there are.
    pub(crate) fn choice_in(&self, names: &Names) -> Option<(Value, usize)> {
        if !self.learned.choosing {
            return None;
        }
        let env = &self.frame().env;
        names.iter().find_map(|it| match &env.get(it)?.value {
            Val::Choice(it) => Some((it.which, it.ways.len())),
            _ => None,
        })
    }

    /// Whether a line reads a variable that this state tells.
    pub(crate) fn reads_choice(&self, line: &Line, which: Value) -> bool {
        let env = &self.frame().env;
        line.reads.iter().any(|it| {
            matches!(env.get(it).map(|it| &it.value), Some(Val::Choice(it)) if it.which == which)
        })
    }

    /// Write lines once for each state.
    pub(crate) fn in_each_state(
        &mut self,
        lines: &[Line],
        (which, count): (Value, usize),
    ) -> Result<()> {
        let [first, .., last] = lines else {
            let [only] = lines else { return Ok(()) };
            return self.in_state(only, lines, (which, 0, count));
        };
        let assigned = lines.iter().flat_map(|it| it.assigned.iter().cloned()).collect();
        let all = Line {
            step: Step::Flag(Name::new("$state"), true),
            range: first.range,
            id: first.id,
            assigned,
            live: last.live.clone(),
            reads: Names::new(),
        };
        self.in_state(&all, lines, (which, 0, count))
    }

    fn in_state(
        &mut self,
        all: &Line,
        lines: &[Line],
        (which, state, count): (Value, usize, usize),
    ) -> Result<()> {
        let write = |it: &mut Self| {
            let id = u64::from(all.id);
            it.frame_mut().path.push(state as u64 | 1 << 35 | id << 36);
            it.settle(which, state);
            let found = it.lines(lines);
            it.frame_mut().path.pop();
            found
        };
        if state + 1 == count {
            return write(self);
        }
        let number = self.b.constant(state as i64);
        let same = self.b.eq(which, number);
        let id = u64::from(all.id) | 1 << 43 | (state as u64) << 44;
        self.branch((id, all), same, write, |it| it.in_state(all, lines, (which, state + 1, count)))
    }

    /// Let variables hold what they hold in a state.
    fn settle(&mut self, which: Value, state: usize) {
        let env = &mut self.frame_mut().env;
        for slot in env.values_mut() {
            settle(&mut slot.value, which, state);
        }
        env.retain(|_, it| !matches!(it.value, Val::Unassigned));
    }

    /// A condition that may read variables of several states.
    pub(crate) fn condition_in_states(&mut self, test: &Expr) -> Result<Num> {
        match self.choice_in(&read_by(test)) {
            None => self.condition(test),
            Some((which, count)) => self.condition_in(test, (which, 0, count)),
        }
    }

    fn condition_in(
        &mut self,
        test: &Expr,
        (which, state, count): (Value, usize, usize),
    ) -> Result<Num> {
        let before = self.frame().env.clone();
        let write = |it: &mut Self| {
            it.frame_mut().path.push(state as u64 | 1 << 35);
            it.settle(which, state);
            let found = it.condition_in_states(test);
            it.frame_mut().path.pop();
            it.frame_mut().env.clone_from(&before);
            found.map(Val::Num)
        };
        if state + 1 == count {
            return match write(self)? {
                Val::Num(it) => Ok(it),
                other => self.truth(test.range(), &other),
            };
        }
        let number = self.b.constant(state as i64);
        let same = self.b.eq(which, number);
        self.frame_mut().path.push(state as u64 | 1 << 35 | 1 << 36);
        let found = self.either(test.range(), same, write, |it| {
            it.condition_in(test, (which, state + 1, count)).map(Val::Num)
        });
        self.frame_mut().path.pop();
        let found = found?;
        self.truth(test.range(), &found)
    }
}

/// Let a value be what it is in a state.
fn settle(value: &mut Val, which: Value, state: usize) {
    let found = match value {
        Val::Choice(it) if it.which == which => it.ways.get(state).cloned(),
        _ => None,
    };
    if let Some(found) = found {
        *value = found;
    }
}
