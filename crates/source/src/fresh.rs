//! Arrays that a function makes: their memory is given with the call, as large as they may become.

use std::rc::Rc;

use ir::{Access, Stride, Value};
use memory::DType;
use ruff_python_ast::name::Name;
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, Result};
use crate::value::{At, Axis, Iter, Num, Ty, Val, View};
use crate::whole::{Extent, Lazy, Node, Spot};

/// Where an array is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Home {
    /// The calls around.
    pub(crate) path: Vec<u64>,
    /// The variable.
    pub(crate) name: String,
    pub(crate) dtype: DType,
    pub(crate) rank: usize,
    /// Loops of `prange` around: each turn has an array of its own.
    pub(crate) around: usize,
    /// Which one of those that are alike.
    pub(crate) count: usize,
    /// Whether several arrays are kept there, each in a slot: those that a variable holds in turn.
    pub(crate) slots: bool,
}

/// Memory for an array.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) array: usize,
    /// Place of the buffer among the kernel's parameters.
    pub(crate) parameter: usize,
    pub(crate) dtype: DType,
    /// The lengths that it may have.
    pub(crate) lengths: Vec<Vec<Value>>,
    pub(crate) home: Home,
    /// The array that it is kept beside, if it watches one.
    pub(crate) beside: Option<usize>,
    /// Limits of the lengths that cannot be told when the call begins, and their parameters.
    pub(crate) limits: Vec<Option<(Value, usize)>>,
}

impl Lowerer<'_> {
    /// Room for the numbers of messages.
    pub(crate) fn notes(&mut self) -> ir::Buffer {
        if let Some(found) = self.notes {
            return found;
        }
        let made = self.b.buffer("notes", DType::I64, Access::Write, &[Stride::Unit]);
        self.notes = Some(made);
        made
    }

    /// The array that a variable is kept in, for such elements and lengths.
    pub(crate) fn home(&mut self, range: TextRange, home: &Home, axes: &[Extent]) -> View {
        let view = self.home_in(home, axes, None);
        self.check_room(range, home, axes);
        view
    }

    /// Check that an array fits its room, where that is of a size that says nothing about arrays.
    pub(crate) fn check_room(&mut self, range: TextRange, home: &Home, axes: &[Extent]) {
        let Some(&array) = self.homes.get(home) else { return };
        let Some(room) = self.rooms.iter().find(|it| it.array == array) else { return };
        let limits = room.limits.clone();
        let mut lengths: Vec<Value> = self.around.iter().map(|it| it.1).collect();
        if home.slots {
            lengths.push(self.b.constant(1i64));
        }
        lengths.extend(axes.iter().map(|it| it.length));
        let mut holds: Option<Value> = None;
        for (limit, &length) in limits.iter().zip(&lengths) {
            let Some((limit, _)) = *limit else { continue };
            let fits = self.b.le(length, limit);
            holds = Some(match holds {
                None => fits,
                Some(other) => self.b.and(other, fits),
            });
        }
        let Some(holds) = holds else { return };
        let mut words = Vec::new();
        let shape = crate::whole::shown(axes, &mut words);
        let text = format!(
            "Unable to allocate an array with shape {shape} and data type {}",
            home.dtype.name()
        );
        self.noted(holds, range, "MemoryError", text, &words);
    }

    /// The same in a slot: which, and how many there must be at least.
    pub(crate) fn home_in(
        &mut self,
        home: &Home,
        axes: &[Extent],
        slot: Option<(Value, usize)>,
    ) -> View {
        let mut lengths: Vec<Value> = self.around.iter().map(|it| it.1).collect();
        let mut slot = slot;
        if home.slots {
            let count = slot.map_or(1, |it| it.1);
            lengths.push(self.b.constant(count as i64));
            slot = slot.or_else(|| Some((self.b.constant(0i64), 1)));
        }
        lengths.extend(axes.iter().map(|it| it.length));
        let array = match self.homes.get(home) {
            Some(&array) => array,
            None => {
                let array = self.views.len();
                let dtype = home.dtype;
                let mut strides = vec![Stride::Any; lengths.len()];
                if dtype.is_complex() {
                    if let Some(last) = strides.last_mut() {
                        *last = Stride::Pair;
                    }
                    strides.push(Stride::Unit);
                } else if let Some(last) = strides.last_mut() {
                    *last = Stride::Unit;
                }
                let name = home.name.trim_matches('$').to_owned();
                let mut limits = Vec::new();
                for place in 0..lengths.len() {
                    let wide = self.learned.wide.contains(&(home.clone(), place));
                    limits.push(wide.then(|| {
                        let limit = self.b.extent(&format!("{name}_most"));
                        (limit, self.b.kernel().parameters.len() - 1)
                    }));
                }
                let buffer = self.b.buffer(&name, dtype.part(), Access::Update, &strides);
                self.views.push(View {
                    array,
                    buffer,
                    dtype,
                    map: Vec::new(),
                    axes: Vec::new(),
                    whole: true,
                    home: Some(Rc::new(home.clone())),
                    lent: false,
                });
                self.writable.push(true);
                self.rooms.push(Room {
                    array,
                    parameter: buffer.index(),
                    dtype,
                    lengths: Vec::new(),
                    home: home.clone(),
                    beside: None,
                    limits,
                });
                self.homes.insert(home.clone(), array);
                self.shadow_room(array);
                array
            }
        };
        self.room_for(array, &lengths);
        let axes = axes
            .iter()
            .map(|it| Axis { length: it.length, known: it.known, begin: None, step: None })
            .collect();
        let turns = self.around.iter().map(|it| At::Fixed(it.0));
        let slot = home.slots.then(|| slot.map(|it| At::Fixed(it.0))).flatten();
        let map = turns.chain(slot).chain((0..home.rank).map(At::Axis)).collect();
        View { map, axes, ..self.views[array].clone() }
    }

    /// The value of a type from those that hold it.
    pub(crate) fn rebuilt(
        &mut self,
        ty: &Ty,
        from: &mut impl Iterator<Item = Value>,
    ) -> Option<Val> {
        Some(match ty {
            Ty::Num(ty) => {
                let re = from.next()?;
                let im = if ty.dtype.is_complex() { Some(from.next()?) } else { None };
                Val::Num(Num { ty: *ty, re, im, known: None, natural: false })
            }
            Ty::Tuple(items) => {
                let mut values = Vec::new();
                for it in items {
                    values.push(self.rebuilt(it, from)?);
                }
                Val::Tuple(items.like(values))
            }
            Ty::Array(home, lent) => {
                let slot = if home.slots { Some((from.next()?, 1)) } else { None };
                let lengths: Vec<_> = from.take(home.rank).collect();
                let axes: Vec<_> = lengths.iter().map(|&it| Extent::new(it, None)).collect();
                let view = self.home_in(home, &axes, slot);
                Val::View(View { lent: *lent, ..view })
            }
            Ty::Window(it) => Val::View(self.rebuilt_window(it, from)?),
            Ty::Fixed(it) => it.clone(),
        })
    }

    /// Whether a value shows an array.
    pub(crate) fn shows(value: &Val, array: usize) -> bool {
        match value {
            Val::View(it) => it.array == array,
            Val::Lazy(it) => {
                let mut read = Vec::new();
                it.node.views(&mut read);
                read.into_iter().any(|it| it.array == array)
            }
            Val::Tuple(items) => items.iter().any(|it| Self::shows(it, array)),
            Val::Iter(it) => Self::runs_over(it, array),
            Val::Choice(it) => it.ways.iter().any(|it| Self::shows(it, array)),
            _ => false,
        }
    }

    pub(crate) fn runs_over(iter: &Iter, array: usize) -> bool {
        match iter {
            Iter::Range { .. } => false,
            Iter::Elements(it) => it.array == array,
            Iter::Items(items) => items.iter().any(|it| Self::shows(it, array)),
            Iter::Zip(all) => all.iter().any(|it| Self::runs_over(it, array)),
            Iter::Parallel(it) | Iter::Enumerate(it, _) | Iter::Reversed(it) => {
                Self::runs_over(it, array)
            }
        }
    }

    /// Whether something else than the variable shows an array.
    pub(crate) fn shared(&self, array: usize, name: &str) -> bool {
        let last = self.frames.len() - 1;
        self.held.iter().any(|it| Self::runs_over(it, array))
            || self.frames.iter().enumerate().skip(self.base).any(|(at, frame)| {
                frame.env.iter().any(|(other, slot)| {
                    !(at == last && other.as_str() == name) && Self::shows(&slot.value, array)
                })
            })
    }

    /// The array that an expression is, computed; kept in the home of a variable if there is one.
    pub(crate) fn computed(
        &mut self,
        range: TextRange,
        lazy: &Lazy,
        name: Option<&str>,
    ) -> Result<View> {
        if let Node::Empty(ty) = &*lazy.node {
            return Ok(self.place_for(range, ty.dtype, lazy, name).0);
        }
        let condition = self.unstretched(&lazy.axes);
        // What is kept in a slot has it before the loops begin.
        let mut made: Option<(View, bool)> = None;
        if !self.learned.shared.is_empty() {
            let dtype = self.type_within(lazy)?;
            made = Some(self.place_for(range, dtype, lazy, name));
        }
        self.guarded(condition, &mut |it, fast| {
            it.nest(&lazy.axes, &mut |it, index| {
                let spot = Spot { index, axes: &lazy.axes, fast };
                let num = it.element_of(&lazy.node, &spot)?;
                let (view, _) = made
                    .get_or_insert_with(|| it.place_for(range, num.ty.dtype, lazy, name))
                    .clone();
                let mut map = view.map.clone();
                for at in &mut map {
                    if let At::Axis(axis) = at {
                        *at = At::Fixed(index[*axis]);
                    }
                }
                let element = View { map, axes: Vec::new(), whole: false, ..view };
                it.store(range, &element, &num)
            })
        })?;
        let Some((view, aside)) = made else { return Err(self.refuse(range, "this array", "")) };
        if !aside {
            return Ok(view);
        }
        // It was computed from what the variable still holds: now it moves there.
        let home = self.home_of(name.unwrap_or_default(), view.dtype, view.axes.len(), 0);
        let home = self.home(range, &home, &lazy.axes);
        let whole = Lazy { axes: lazy.axes.clone(), node: Rc::new(Node::View(view)) };
        self.assign_lazy(range, &home, &whole, false)?;
        Ok(home)
    }

    pub(crate) fn home_of(&self, name: &str, dtype: DType, rank: usize, count: usize) -> Home {
        // The turns of an unrolled loop share what they keep, and so do the states of a choice.
        let path = self.frame().path.iter().copied().filter(|it| it >> 33 & 0b101 == 0);
        let path = path.chain(self.in_watched_turn()).collect();
        let (name, around) = (name.to_owned(), self.around.len());
        self.learned.home(Home { path, name, dtype, rank, around, count, slots: false })
    }

    /// Where an expression may be computed to, and whether that is not where it shall be in the end.
    fn place_for(
        &mut self,
        range: TextRange,
        dtype: DType,
        lazy: &Lazy,
        name: Option<&str>,
    ) -> (View, bool) {
        let rank = lazy.axes.len();
        let aside = |it: &mut Self| {
            // Several of one expression are all needed until the statement ends.
            let place = (it.frame().path.clone(), u32::from(range.start()));
            let number = it.asides.iter().filter(|it| **it == place).count();
            let name = format!("$aside{}.{number}", place.1);
            it.asides.push(place);
            let mut count = 0;
            loop {
                let home = it.home_of(&name, dtype, rank, count);
                if home.slots {
                    return it.in_slot(range, &home, lazy, None);
                }
                let free = it.homes.get(&home).is_none_or(|&array| {
                    !it.shared(array, "") && !Self::shows(&Val::Lazy(lazy.clone()), array)
                });
                if free {
                    return it.home(range, &home, &lazy.axes);
                }
                count += 1;
            }
        };
        let Some(name) = name else { return (aside(self), false) };
        let mut count = 0;
        loop {
            let home = self.home_of(name, dtype, rank, count);
            if home.slots {
                return (self.in_slot(range, &home, lazy, Some(name)), false);
            }
            let Some(&array) = self.homes.get(&home) else {
                return (self.home(range, &home, &lazy.axes), false);
            };
            if self.shared(array, name) {
                count += 1;
                continue;
            }
            let axes = lazy
                .axes
                .iter()
                .map(|it| Axis { length: it.length, known: it.known, begin: None, step: None })
                .collect();
            let turns = self.around.iter().map(|it| At::Fixed(it.0));
            let map = turns.chain((0..rank).map(At::Axis)).collect();
            let whole = View { map, axes, ..self.views[array].clone() };
            if !self.crosses(&whole, &lazy.node, true) {
                return (self.home(range, &home, &lazy.axes), false);
            }
            if count == 0 {
                // With two slots nothing needs to move.
                self.learned.again |= self.learned.share(&home, &home);
                return (aside(self), true);
            }
            count += 1;
        }
    }

    /// A value without anything left to compute; an array is kept in the home of a variable.
    pub(crate) fn settled(
        &mut self,
        range: TextRange,
        value: Val,
        name: Option<&str>,
    ) -> Result<Val> {
        Ok(match value {
            Val::Lazy(it) => Val::View(self.computed(range, &it, name)?),
            Val::Tuple(items)
                if items.iter().any(|it| matches!(it, Val::Lazy(_) | Val::Tuple(_))) =>
            {
                let mut settled = Vec::new();
                for (place, item) in items.iter().cloned().enumerate() {
                    let name = name.map(|it| format!("${it}.{place}"));
                    settled.push(self.settled(range, item, name.as_deref())?);
                }
                Val::Tuple(items.like(settled))
            }
            other => other,
        })
    }

    /// Arrays that the function made, to be moved to where its result is kept.
    pub(crate) fn moved_out(&mut self, range: TextRange, value: Val) -> Result<Val> {
        Ok(match value {
            Val::View(it) if it.whole && it.home.is_some() => {
                Val::Lazy(self.lazy(range, &Val::View(it))?)
            }
            Val::Tuple(items) => {
                let mut moved = Vec::new();
                for it in &items {
                    moved.push(self.moved_out(range, it.clone())?);
                }
                Val::Tuple(items.like(moved))
            }
            other => other,
        })
    }

    /// Give a variable a value.
    pub(crate) fn put(&mut self, range: TextRange, name: &Name, value: Val) -> Result<()> {
        let value = self.settled(range, value, Some(name.as_str()))?;
        self.set(name, value);
        Ok(())
    }

    /// A number as a length; negative ones are refused as NumPy does.
    pub(crate) fn new_length(&mut self, range: TextRange, num: &Num) -> Extent {
        let known = match num.known {
            Some(crate::value::Known::Int(it)) => Some(it),
            _ => None,
        };
        if !num.natural {
            let zero = self.b.constant(0i64);
            let holds = self.b.ge(num.re, zero);
            self.value_error(holds, range, "negative dimensions are not allowed");
        }
        Extent::new(num.re, known.filter(|&it| it >= 0))
    }
}
