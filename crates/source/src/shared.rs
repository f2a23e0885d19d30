//! Variables that are one array and then another: `x = x_new` in a loop, the arms of an `if`.
//!
//! All arrays that such a variable may hold share one home, each in a slot of it, and the variable is
//! the number of a slot: so nothing is copied, and two variables that are the same array in Python are
//! the same here. A new array takes a slot that no variable shows.
//!
//! An array that was given cannot move into a slot; it is copied. That is told from Python only by
//! whoever changes one of the two, which is refused.

use ir::Value;
use memory::DType;
use ruff_text_size::TextRange;

use crate::fresh::Home;
use crate::learned::{Key, Learned};
use crate::lower::{Lowerer, Result};
use crate::value::{At, Iter, Ty, Val, View};
use crate::whole::{Lazy, Node, Spot};

const HINT: &str = "a variable that is one array and then another, and changed in place, begins with one of its \
                    own: write `y = x.copy()` before";

impl Learned {
    /// Where an array is kept in the end.
    pub(crate) fn home(&self, home: Home) -> Home {
        let mut home = home;
        while let Some(next) = self.shared.get(&home) {
            home = next.clone();
        }
        home
    }

    /// Let arrays share a home; whether that is new.
    pub(crate) fn share(&mut self, one: &Home, other: &Home) -> bool {
        let (one, other) = (self.home(one.clone()), self.home(other.clone()));
        if one == other && one.slots {
            return false;
        }
        let home = Home { slots: true, ..one.clone() };
        for it in [one, other] {
            if it != home {
                self.shared.insert(it, home.clone());
            }
        }
        true
    }

    /// A type with the homes as they are now.
    pub(crate) fn homed(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Array(home, lent) => Ty::Array(self.home((**home).clone()).into(), *lent),
            Ty::Tuple(items) => Ty::Tuple(items.map(|it| self.homed(it))),
            Ty::Window(it) => Ty::Window(it.homed(self).into()),
            other => other.clone(),
        }
    }
}

impl Lowerer<'_> {
    /// The type of a variable that is one array and then another, if they are alike.
    pub(crate) fn in_turn_of(&mut self, key: &Key, one: &Ty, other: &Ty) -> Option<Ty> {
        Some(match (one, other) {
            (Ty::Array(a, x), Ty::Array(b, y)) => {
                if (a.dtype, a.rank, a.around) != (b.dtype, b.rank, b.around) {
                    return None;
                }
                self.learned.again |= self.learned.share(a, b);
                Ty::Array(self.learned.home((**a).clone()).into(), *x || *y)
            }
            (Ty::Array(home, _), part) | (part, Ty::Array(home, _)) => {
                let view = part.view()?;
                if (home.dtype, home.rank) != (view.dtype, view.axes.len()) {
                    return None;
                }
                self.learned.again |= self.learned.share(home, home);
                Ty::Array(self.learned.home((**home).clone()).into(), true)
            }
            (Ty::Fixed(_) | Ty::Window(_), Ty::Fixed(_) | Ty::Window(_)) => {
                let (a, b) = (one.view()?, other.view()?);
                if (a.dtype, a.axes.len()) != (b.dtype, b.axes.len()) {
                    return None;
                }
                let name = format!("$turn{}.{}", key.1, key.2);
                let home = self.home_of(&name, a.dtype, a.axes.len(), 0);
                self.learned.again |= self.learned.share(&home, &home);
                Ty::Array(self.learned.home(home).into(), true)
            }
            (Ty::Tuple(a), Ty::Tuple(b)) if a.len() == b.len() && a.class() == b.class() => {
                let mut items = Vec::new();
                for (a, b) in a.iter().zip(b) {
                    items.push(a.unify(b).or_else(|| self.in_turn_of(key, a, b))?);
                }
                Ty::Tuple(a.like(items))
            }
            _ => return None,
        })
    }

    /// What a way through the program hands on of an array: its slot and lengths.
    pub(crate) fn handed_array(&mut self, view: &View, home: &Home, into: &mut Vec<Value>) {
        let at_home = view.whole && view.home.as_deref() == Some(home);
        let (slot, axes) = match (at_home, home.slots) {
            (true, true) => (self.slot_of(view), view.axes.clone()),
            (true, false) => (None, view.axes.clone()),
            (false, true) => {
                let range = self.here;
                let moved = self.lazy(range, &Val::View(view.clone())).and_then(|lazy| {
                    let to = self.in_slot(range, home, &lazy, None);
                    self.assign_plainly(range, &to, &lazy, false)?;
                    Ok(to)
                });
                let Ok(moved) = moved else { return };
                let site = (self.frame().unit.clone(), range);
                self.lent.push((view.array, site, self.changed.len()));
                (self.slot_of(&moved), moved.axes)
            }
            // A try that is made again.
            (false, false) => (None, view.axes.clone()),
        };
        into.extend(slot);
        into.extend(axes.iter().map(|it| it.length));
    }

    /// Whether two views of one array are known to lie in different slots.
    pub(crate) fn lie_apart(&self, one: &View, other: &View) -> bool {
        match (self.slot_of(one), self.slot_of(other)) {
            (Some(a), Some(b)) => self.apart.contains(&(a, b)) || self.apart.contains(&(b, a)),
            _ => false,
        }
    }

    fn slot_of(&self, view: &View) -> Option<Value> {
        match view.map.get(view.home.as_ref()?.around) {
            Some(At::Fixed(slot)) if view.home.as_ref()?.slots => Some(*slot),
            _ => None,
        }
    }

    /// A place for a new array in a home that several share.
    pub(crate) fn in_slot(
        &mut self,
        range: TextRange,
        home: &Home,
        lazy: &Lazy,
        name: Option<&str>,
    ) -> View {
        let array = self.homes.get(home).copied();
        let mut taken: Vec<Value> = Vec::new();
        if let Some(array) = array {
            if let Some(slot) = name.and_then(|name| self.in_place(array, home, lazy, name)) {
                return self.home_in(home, &lazy.axes, Some((slot, 1)));
            }
            taken = self.slots_of(array, lazy, name);
        }
        let mut free = self.b.constant(taken.len() as i64);
        for slot in (0..taken.len()).rev() {
            let slot = self.b.constant(slot as i64);
            let mut unused = self.b.constant(true);
            for &it in &taken {
                let other = self.b.ne(it, slot);
                unused = self.b.and(unused, other);
            }
            free = self.b.select(unused, slot, free);
        }
        self.apart.extend(taken.iter().map(|&it| (free, it)));
        let view = self.home_in(home, &lazy.axes, Some((free, taken.len() + 1)));
        self.check_room(range, home, &lazy.axes);
        if name.is_none() {
            self.fly(&Val::View(view.clone()));
        }
        view
    }

    /// The slot of a variable that may take its new value in place.
    fn in_place(&mut self, array: usize, home: &Home, lazy: &Lazy, name: &str) -> Option<Value> {
        let own = match self.frame().env.get(name).map(|it| &it.value) {
            Some(Val::View(it)) if it.array == array && it.whole && !it.lent => it.clone(),
            _ => return None,
        };
        let seen = self.flying.iter().any(|it| it.1.array == array) || self.shared(array, name);
        let slot = self.slot_of(&own)?;
        let whole = self.home_in(home, &lazy.axes, Some((slot, 1)));
        (!seen && !self.crosses(&whole, &lazy.node, true)).then_some(slot)
    }

    /// The slots of an array that something shows, besides a variable that is given a new value.
    fn slots_of(&self, array: usize, lazy: &Lazy, name: Option<&str>) -> Vec<Value> {
        let mut views: Vec<&View> = Vec::new();
        lazy.node.views(&mut views);
        let last = self.frames.len() - 1;
        for (at, frame) in self.frames.iter().enumerate().skip(self.base) {
            for (other, slot) in &frame.env {
                if !(at == last && Some(other.as_str()) == name) {
                    shown_by(&slot.value, &mut views);
                }
            }
        }
        self.held.iter().for_each(|it| run_over(it, &mut views));
        views.extend(self.flying.iter().map(|it| &it.1));
        let mut taken = Vec::new();
        for view in views.into_iter().filter(|it| it.array == array) {
            let slot = self.slot_of(view);
            taken.extend(slot.filter(|it| !taken.contains(it)));
        }
        taken
    }

    /// A value without a name is needed until the statement ends.
    pub(crate) fn fly(&mut self, value: &Val) {
        let mut views = Vec::new();
        shown_by(value, &mut views);
        let path = self.frame().path.clone();
        for it in views {
            if it.home.as_ref().is_some_and(|it| it.slots) {
                self.flying.push((path.clone(), it.clone()));
            }
        }
    }

    /// Whether an array that a store would change before it is read lies in another slot, where that is
    /// all that matters; told while it runs.
    pub(crate) fn in_other_slots(&mut self, view: &View, node: &Node) -> Option<Value> {
        let own = self.slot_of(view)?;
        if node.picks(view.array) {
            return None;
        }
        let mut read = Vec::new();
        node.views(&mut read);
        let mut apart: Option<Value> = None;
        for it in read {
            if !self.crosses_view(view, it, false) {
                continue;
            }
            let slot = self.slot_of(it).filter(|it| *it != own)?;
            let other = self.b.ne(slot, own);
            apart = Some(match apart {
                None => other,
                Some(all) => self.b.and(all, other),
            });
        }
        apart
    }

    /// The type of the elements of an expression, as it will be.
    pub(crate) fn type_within(&mut self, lazy: &Lazy) -> Result<DType> {
        if let Node::View(it) = &*lazy.node {
            return Ok(it.dtype);
        }
        let (touched, stored) = (self.touched.len(), self.stored.len());
        let index = self.b.open(&vec![DType::I64; lazy.axes.len()]);
        let spot = Spot { index: &index, axes: &lazy.axes, fast: true };
        let num = self.element_of(&lazy.node, &spot);
        self.b.forget();
        self.touched.truncate(touched);
        self.stored.truncate(stored);
        Ok(num?.ty.dtype)
    }

    /// Note that an array is changed in place.
    pub(crate) fn changes(&mut self, range: TextRange, view: &View) -> Result<()> {
        if view.lent {
            self.learned.choose(true);
            return Err(self.refuse(
                range,
                "an array that may be a copy of another is changed",
                HINT,
            ));
        }
        self.changed.push(view.array);
        Ok(())
    }

    /// Refuse changes of arrays that were copied where Python would not.
    pub(crate) fn lent_stay(&mut self) -> Result<()> {
        for (array, (unit, range), before) in &self.lent.clone() {
            let changed = self.changed[*before..].iter().any(|it| {
                it == array || (self.options.overlapping && *it < self.given && *array < self.given)
            });
            if changed {
                self.learned.choose(true);
                let message = "an array is changed that a variable holds in turn with others";
                return Err(crate::Refusal::at(unit, *range, message.to_owned(), HINT));
            }
        }
        Ok(())
    }
}

/// The arrays that a value shows.
fn shown_by<'v>(value: &'v Val, into: &mut Vec<&'v View>) {
    match value {
        Val::View(it) => into.push(it),
        Val::Lazy(it) => it.node.views(into),
        Val::Tuple(items) => items.iter().for_each(|it| shown_by(it, into)),
        Val::Iter(it) => run_over(it, into),
        Val::Choice(it) => it.ways.iter().for_each(|it| shown_by(it, into)),
        _ => {}
    }
}

fn run_over<'v>(iter: &'v Iter, into: &mut Vec<&'v View>) {
    match iter {
        Iter::Range { .. } => {}
        Iter::Elements(it) => into.push(it),
        Iter::Items(items) => items.iter().for_each(|it| shown_by(it, into)),
        Iter::Zip(all) => all.iter().for_each(|it| run_over(it, into)),
        Iter::Parallel(it) | Iter::Enumerate(it, _) | Iter::Reversed(it) => run_over(it, into),
    }
}
