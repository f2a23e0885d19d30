//! Where ways through the program meet: choices and loops, and the types that variables have there.
//!
//! A type that turns out wider than thought is written down, and the function is lowered once more.

use ir::{BlockId, If, Statement, Value};
use ruff_python_ast::name::Name;
use ruff_text_size::TextRange;

use crate::choice::States;
use crate::learned::{Join, Key};
use crate::lower::{Lowerer, Result, Slot};
use crate::step::Line;
use crate::value::{NumType, Ty, Val};

/// What a loop hands from one turn to the next.
pub(crate) struct Carry {
    id: u64,
    names: Vec<Name>,
    /// Those of the names that are carried, with what they are.
    joins: Vec<(Name, Join)>,
    states: Option<States>,
    /// How many values there were before the first turn.
    mark: usize,
    pub(crate) start: Vec<Value>,
}

/// Names that a statement assigns and that are read later.
pub(crate) fn carried(line: &Line) -> Vec<Name> {
    line.assigned.intersection(&line.live).cloned().collect()
}

fn own(name: &Name) -> bool {
    name.starts_with('$')
}

impl Lowerer<'_> {
    fn key(&self, id: u64, name: &str) -> Key {
        (self.frame().path.clone(), id, name.to_owned())
    }

    /// Note a type for a meeting; whether something changed.
    pub(crate) fn meet(
        &mut self,
        key: &Key,
        ty: &Ty,
        open: bool,
        range: TextRange,
    ) -> Result<bool> {
        if matches!(ty, Ty::Fixed(Val::Choice(_))) {
            self.choose(key);
            return Ok(true);
        }
        let ty = self.learned.homed(ty);
        let Some(join) = self.learned.joins.get(key).cloned() else {
            self.learned.joins.insert(key.clone(), Join { ty, open });
            return Ok(true);
        };
        let join = Join { ty: self.learned.homed(&join.ty), ..join };
        let unified = join.ty.unify(&ty);
        if unified.is_none() && self.told_apart(key, &join.ty, &ty) {
            return Ok(true);
        }
        let both = unified.or_else(|| self.in_turn_of(key, &join.ty, &ty));
        let Some(both) = both else {
            let (name, before) = (key.2.trim_start_matches('$'), join.ty.describe());
            let message = format!(
                "{name} is {before} on one way through the program and {} on another",
                ty.describe()
            );
            let hint = match (&join.ty, &ty) {
                (
                    Ty::Array(..) | Ty::Fixed(Val::View(_)),
                    Ty::Array(..) | Ty::Fixed(Val::View(_)),
                ) => {
                    "a variable that is one array and then another has the same type of elements and \
                     as many dimensions: convert the first with astype"
                }
                _ => "give it values of one kind on all ways, or use two names",
            };
            return Err(self.refuse(range, message, hint));
        };
        let join = Join { ty: both, open: join.open || open };
        let changed = self.learned.joins.get(key) != Some(&join);
        self.learned.joins.insert(key.clone(), join);
        Ok(changed)
    }

    /// What a way hands to the meeting, for each of the names.
    fn handed(&mut self, key: &Key, slot: Option<&Slot>, into: &mut Vec<Value>) {
        let Some(join) = self.learned.joins.get(key).cloned() else { return };
        match slot {
            Some(slot) => self.flatten(&slot.value, &join.ty, into),
            None => self.zeros(&join.ty, into),
        }
        if join.open {
            let flag = match slot {
                Some(Slot { assigned: Some(flag), .. }) => *flag,
                other => self.b.constant(other.is_some()),
            };
            into.push(flag);
        }
    }

    pub(crate) fn flatten(&mut self, value: &Val, ty: &Ty, into: &mut Vec<Value>) {
        match (value, ty) {
            (Val::Num(it), Ty::Num(to)) => {
                if it.ty == NumType::INT && !to.weak && to.dtype.is_integer() {
                    self.check_fits(self.here, it, to.dtype);
                }
                let it = self.to(it, *to);
                into.push(it.re);
                into.extend(it.im);
            }
            (Val::View(it), Ty::Array(home, _)) => self.handed_array(it, home, into),
            (Val::View(it), Ty::Window(window)) => self.handed_window(it, window, into),
            (Val::Tuple(items), Ty::Tuple(types)) if items.len() == types.len() => {
                for (item, ty) in items.iter().zip(types) {
                    self.flatten(item, ty, into);
                }
            }
            _ => self.zeros(ty, into),
        }
    }

    pub(crate) fn zeros(&mut self, ty: &Ty, into: &mut Vec<Value>) {
        let mut dtypes = Vec::new();
        ty.dtypes(&mut dtypes);
        for dtype in dtypes {
            let zero = self.zero(dtype);
            into.push(zero);
        }
    }

    /// The slot of a join from the values that hold it.
    fn slot(&mut self, join: &Join, from: &mut impl Iterator<Item = Value>) -> Option<Slot> {
        let value = self.rebuilt(&join.ty, from)?;
        let assigned = if join.open { Some(from.next()?) } else { None };
        Some(Slot { value, assigned })
    }

    fn arm(
        &mut self,
        (id, names, range): (u64, &[Name], TextRange),
        absent: &mut Vec<Name>,
        second: bool,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<(BlockId, bool)> {
        let (before, dead) = (self.frame().env.clone(), self.dead);
        let (flying, mark) = (self.flying.len(), self.mark());
        self.b.open(&[]);
        write(self)?;
        self.flying.truncate(flying);
        let ended = std::mem::replace(&mut self.dead, dead);
        let env = std::mem::replace(&mut self.frame_mut().env, before);
        let mut yields = Vec::new();
        for name in names {
            if self.is_chosen(id, name) {
                continue;
            }
            let key = self.key(id, name);
            let slot = env.get(name);
            let new = !self.learned.joins.contains_key(&key);
            match slot {
                _ if ended => {}
                Some(slot) => {
                    let open = slot.assigned.is_some() || (absent.contains(name) && !own(name));
                    let ty = Ty::of(&slot.value).before(mark);
                    let changed = self.meet(&key, &ty, open && !own(name), range)?;
                    // Nobody has handed anything yet when the first arm is the first to tell.
                    self.learned.again |= changed && (second || !new);
                }
                None => {
                    absent.push(name.clone());
                    if let Some(join) = self.learned.joins.get_mut(&key)
                        && !join.open
                        && !own(name)
                    {
                        join.open = true;
                        self.learned.again = true;
                    }
                }
            }
            self.handed(&key, slot.filter(|_| !ended), &mut yields);
        }
        self.hand_states((id, range), Some(&env).filter(|_| !ended), &mut yields)?;
        Ok((self.b.close(&yields), ended))
    }

    /// A choice between two ways, after which `names` may be read and `assigned` are not what they were.
    pub(crate) fn branch(
        &mut self,
        (id, line): (u64, &Line),
        condition: Value,
        then: impl FnOnce(&mut Self) -> Result<()>,
        otherwise: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let names = carried(line);
        let mut absent = Vec::new();
        let place = (id, &names[..], line.range);
        let (then, first) = self.arm(place, &mut absent, false, then)?;
        let (otherwise, second) = self.arm(place, &mut absent, true, otherwise)?;
        let joins: Vec<_> = names
            .iter()
            .filter_map(|it| Some((it.clone(), self.learned.joins.get(&self.key(id, it))?.clone())))
            .collect();
        let states = self.states(id);
        let results = self.results(&joins, states.as_ref());
        self.b.push(Statement::If(If { condition, then, otherwise, results: results.clone() }));
        self.forget(line);
        self.assign(&joins, states.as_ref(), &results);
        self.dead = self.dead || (first && second);
        Ok(())
    }

    fn results(&mut self, joins: &[(Name, Join)], states: Option<&States>) -> Vec<Value> {
        let mut dtypes = Vec::new();
        for (_, join) in joins {
            join.ty.dtypes(&mut dtypes);
            if join.open {
                dtypes.push(memory::DType::Bool);
            }
        }
        if let Some(states) = states {
            states.dtypes(&mut dtypes);
        }
        dtypes.into_iter().map(|dtype| self.b.new_value(dtype)).collect()
    }

    /// Names that a statement assigns are not what they were before it.
    pub(crate) fn forget(&mut self, line: &Line) {
        for name in &line.assigned {
            self.frame_mut().env.remove(name);
        }
    }

    fn assign(&mut self, joins: &[(Name, Join)], states: Option<&States>, values: &[Value]) {
        let mut values = values.iter().copied();
        for (name, join) in joins {
            if let Some(slot) = self.slot(join, &mut values) {
                self.frame_mut().env.insert(name.clone(), slot);
            }
        }
        if let Some(states) = states {
            self.assign_states(states, &mut values);
        }
    }

    // Loops

    /// What a loop carries, as it is before the first turn.
    pub(crate) fn carry(&mut self, id: u64, line: &Line, names: Vec<Name>) -> Result<Carry> {
        let (mark, joins, start) = (self.mark(), Vec::new(), Vec::new());
        let mut carry = Carry { id, names, joins, states: None, mark, start };
        for name in &carry.names {
            if self.is_chosen(id, name) {
                continue;
            }
            let key = self.key(id, name);
            let slot = self.frame().env.get(name).cloned();
            match &slot {
                Some(slot) => {
                    let open = slot.assigned.is_some() && !own(name);
                    let _noted = self.meet(&key, &Ty::of(&slot.value), open, line.range)?;
                }
                None => {
                    let Some(join) = self.learned.joins.get_mut(&key) else { continue };
                    join.open = join.open || !own(name);
                }
            }
            self.handed(&key, slot.as_ref(), &mut carry.start);
            if let Some(join) = self.learned.joins.get(&key) {
                carry.joins.push((name.clone(), join.clone()));
            }
        }
        let env = self.frame().env.clone();
        self.hand_states((id, line.range), Some(&env), &mut carry.start)?;
        carry.states = self.states(id);
        Ok(carry)
    }

    /// Types of what is carried.
    pub(crate) fn carried_types(&self, carry: &Carry) -> Vec<memory::DType> {
        carry.start.iter().map(|&it| self.b.dtype(it)).collect()
    }

    /// Begin a turn with what is carried.
    pub(crate) fn begin_turn(&mut self, carry: &Carry, line: &Line, values: &[Value]) {
        self.forget(line);
        self.assign(&carry.joins, carry.states.as_ref(), values);
    }

    /// End a turn; answers what the next one is given.
    pub(crate) fn end_turn(&mut self, carry: &Carry, line: &Line) -> Result<Vec<Value>> {
        let ended = std::mem::replace(&mut self.dead, false);
        let mut yields = Vec::new();
        for name in &carry.names {
            if self.is_chosen(carry.id, name) {
                continue;
            }
            let key = self.key(carry.id, name);
            let slot = self.frame().env.get(name).cloned();
            if let Some(slot) = slot.as_ref().filter(|_| !ended) {
                let known = carry.joins.iter().any(|(it, _)| it == name);
                let open = (slot.assigned.is_some() || !known) && !own(name);
                let ty = Ty::of(&slot.value).before(carry.mark);
                self.learned.again |= self.meet(&key, &ty, open, line.range)?;
            } else if !ended
                && !own(name)
                && let Some(join) = self.learned.joins.get_mut(&key)
                && !join.open
            {
                // It was deleted.
                join.open = true;
                self.learned.again = true;
            }
            if carry.joins.iter().any(|(it, _)| it == name) {
                self.handed(&key, slot.as_ref().filter(|_| !ended), &mut yields);
            }
        }
        let env = self.frame().env.clone();
        self.hand_states((carry.id, line.range), Some(&env).filter(|_| !ended), &mut yields)?;
        Ok(yields)
    }

    /// The values after a loop.
    pub(crate) fn after_loop(&mut self, carry: &Carry, line: &Line, values: &[Value]) {
        self.forget(line);
        self.assign(&carry.joins, carry.states.as_ref(), values);
    }

    /// New values for what a loop carries.
    pub(crate) fn loop_results(&mut self, carry: &Carry) -> Vec<Value> {
        let joins = carry.joins.clone();
        self.results(&joins, carry.states.as_ref())
    }

    // Expressions

    /// The value of one expression or another. Arms that only compute are both computed.
    pub(crate) fn either(
        &mut self,
        range: TextRange,
        condition: Value,
        then: impl FnOnce(&mut Self) -> Result<Val>,
        otherwise: impl FnOnce(&mut Self) -> Result<Val>,
    ) -> Result<Val> {
        let id = 1 << 40
            | u64::from(u32::from(range.start())) << 8
            | u64::from(u32::from(range.len()) & 0xff);
        let key = self.key(id, "the value");
        self.conditional += 1;
        let (flying, mark) = (self.flying.len(), self.mark());
        self.b.open(&[]);
        let name = format!("$either{}", u32::from(range.start()));
        let first = then(self)?;
        let first = self.settled(range, first, Some(&name))?;
        let changed = self.meet(&key, &Ty::of(&first).before(mark), false, range)?;
        let mut yields = Vec::new();
        self.handed(&key, Some(&Slot { value: first, assigned: None }), &mut yields);
        self.flying.truncate(flying);
        let then = self.b.close(&yields);
        let calm = self.b.splice(then);
        let before = self.learned.joins.get(&key).cloned();
        self.b.open(&[]);
        let second = otherwise(self)?;
        let second = self.settled(range, second, Some(&name))?;
        self.conditional -= 1;
        let widened = self.meet(&key, &Ty::of(&second).before(mark), false, range)?;
        self.learned.again |= widened || (changed && before.is_none());
        let mut others = Vec::new();
        self.handed(&key, Some(&Slot { value: second, assigned: None }), &mut others);
        self.flying.truncate(flying);
        let otherwise = self.b.close(&others);
        let ty = self.learned.joins.get(&key).map(|it| it.ty.clone());
        let results = if calm && yields.len() == others.len() && self.b.splice(otherwise) {
            yields
                .iter()
                .zip(&others)
                .map(|(&x, &y)| if x == y { x } else { self.b.select(condition, x, y) })
                .collect()
        } else {
            let then = if calm {
                self.b.open(&[]);
                self.b.close(&yields)
            } else {
                then
            };
            let results: Vec<_> = others
                .iter()
                .map(|&it| self.b.dtype(it))
                .collect::<Vec<_>>()
                .into_iter()
                .map(|dtype| self.b.new_value(dtype))
                .collect();
            self.b.push(Statement::If(If { condition, then, otherwise, results: results.clone() }));
            results
        };
        let value = ty.and_then(|ty| self.rebuilt(&ty, &mut results.into_iter()));
        let value = value.unwrap_or(Val::None);
        self.fly(&value);
        Ok(value)
    }
}
