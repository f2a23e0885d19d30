//! Arrays in other shapes, and several put together.
//!
//! What NumPy would show as a view is copied: so nothing is stored to it, and what it is of does not
//! change any more (`shared.rs`).

use std::rc::Rc;

use ir::Value;
use memory::{DType, promote};
use ruff_text_size::TextRange;

use crate::call::Given;
use crate::gather::Pick;
use crate::lower::{Lowerer, Result};
use crate::value::{At, Axis, Known, Num, NumType, Val, View};
use crate::whole::{Extent, Lazy, Node, What, is_array};

impl Lowerer<'_> {
    /// An array that NumPy may show as a view of another, as a copy.
    fn lends(&mut self, range: TextRange, of: &View, copy: View) -> View {
        let site = (self.frame().unit.clone(), range);
        self.lent.push((of.array, site, self.changed.len()));
        View { lent: true, ..copy }
    }

    /// All elements in a row.
    pub(crate) fn raveled(&mut self, range: TextRange, value: &Val, copy: bool) -> Result<Val> {
        let lazy = self.lazy(range, value)?;
        if lazy.axes.len() == 1 {
            return if copy { self.copied(range, value) } else { Ok(value.clone()) };
        }
        let flat = self.in_a_row(range, &lazy)?;
        Ok(Val::View(match value {
            Val::View(of) if !copy => self.lends(range, of, flat),
            _ => flat,
        }))
    }

    /// The elements of an expression in a new array of one dimension.
    fn in_a_row(&mut self, range: TextRange, lazy: &Lazy) -> Result<View> {
        let mut lengths = lazy.axes.iter().map(|it| it.length);
        let first = lengths.next();
        let mut total = first.unwrap_or_else(|| self.b.constant(1i64));
        for length in lengths {
            total = self.b.mul(total, length);
        }
        let dtype = self.type_within(lazy)?;
        let out = self.empty(range, vec![Extent::new(total, None)], dtype)?;
        self.nest(&lazy.axes, &mut |it, index| {
            let spot = crate::whole::Spot { index, axes: &lazy.axes, fast: false };
            let num = it.element_of(&lazy.node, &spot)?;
            let at = it.flat(index, &lazy.axes);
            let element = it.element_under(&out, &[at]);
            it.store(range, &element, &num)
        })?;
        Ok(out)
    }

    fn empty(&mut self, range: TextRange, axes: Vec<Extent>, dtype: DType) -> Result<View> {
        let node = Rc::new(Node::Empty(NumType::strong(dtype)));
        self.computed(range, &Lazy { axes, node }, None)
    }

    /// The place of an index among all elements in a row.
    pub(crate) fn flat(&mut self, index: &[Value], axes: &[Extent]) -> Value {
        let mut at: Option<Value> = None;
        for (&index, axis) in index.iter().zip(axes) {
            at = Some(match at {
                None => index,
                Some(before) => {
                    let rows = self.b.mul(before, axis.length);
                    self.b.add(rows, index)
                }
            });
        }
        at.unwrap_or_else(|| self.b.constant(0i64))
    }

    /// An array in another shape.
    pub(crate) fn reshaped(&mut self, range: TextRange, value: &Val, shape: &Val) -> Result<Val> {
        let lazy = self.lazy(range, value)?;
        let axes = self.other_shape(range, &lazy.axes, shape)?;
        if axes.len() == 1 && lazy.axes.len() == 1 {
            return Ok(value.clone());
        }
        let flat = match value {
            Val::View(it) if it.axes.len() == 1 => it.clone(),
            _ if lazy.axes.len() == 1 => self.computed(range, &lazy, None)?,
            _ => self.in_a_row(range, &lazy)?,
        };
        let new = if axes.len() == 1 && flat.home.is_some() && !is_view(value) {
            View { axes: vec![Axis { length: axes[0].length, ..flat.axes[0].clone() }], ..flat }
        } else {
            let node = Rc::new(Node::Pick(Pick::in_a_row(flat, axes.clone(), range)));
            self.computed(range, &Lazy { axes, node }, None)?
        };
        Ok(Val::View(match value {
            Val::View(of) => self.lends(range, of, new),
            _ => new,
        }))
    }

    /// `np.concatenate`, `stack`, `vstack` and `hstack` of a tuple of arrays.
    pub(crate) fn put_together(
        &mut self,
        range: TextRange,
        name: &str,
        given: &Given,
    ) -> Result<Val> {
        let names: &[&str] = if name.ends_with("vstack") || name == "hstack" {
            &["tup"]
        } else {
            &["arrays", "axis"]
        };
        let taken = self.taken(range, name, given, names)?;
        let hint = "give it a tuple of arrays: np.concatenate((a, b))";
        let Some(Val::Tuple(items)) = taken.get(0).cloned() else {
            return Err(self.refuse(range, format!("{name} of something else"), hint));
        };
        if items.is_empty() || !items.iter().all(is_array) {
            return Err(self.refuse(range, format!("{name} of something else"), hint));
        }
        let mut axis = match taken.get(1) {
            None => 0,
            Some(Val::Num(Num { known: Some(Known::Int(it)), .. })) => *it,
            Some(_) => {
                let hint = "write the axis as a number";
                return Err(self.refuse(taken.at(1, range), "an axis that varies", hint));
            }
        };
        let mut parts = Vec::new();
        let mut dtype: Option<DType> = None;
        for it in &items {
            let lazy = self.lazy(range, it)?;
            let own = self.type_within(&lazy)?;
            dtype = Some(dtype.map_or(own, |other| promote(other, own)));
            parts.push(lazy);
        }
        let rank = parts[0].axes.len();
        if parts.iter().any(|it| it.axes.len() != rank) {
            let hint = "NumPy refuses it too: give them as many dimensions";
            return Err(self.refuse(range, format!("{name} of different dimensions"), hint));
        }
        let stacks = name == "stack" || (name == "vstack" && rank == 1);
        if name == "hstack" && rank > 1 {
            axis = 1;
        }
        let rank = rank + usize::from(stacks);
        let place = if axis < 0 { axis + rank as i64 } else { axis };
        let Some(place) = usize::try_from(place).ok().filter(|&it| it < rank) else {
            let message = format!("axis {axis} is out of bounds for array of dimension {rank}");
            return Err(self.refuse(range, message, "NumPy refuses it too"));
        };
        if stacks {
            let one = self.b.constant(1i64);
            for it in &mut parts {
                // A new axis of one element, in the middle of an expression: a view has it.
                let view = self.computed(range, it, None)?;
                it.axes.insert(place, Extent::new(one, Some(1)));
                it.node = Rc::new(Node::View(with_axis(&view, place, one)));
            }
        }
        let alike = name == "stack";
        self.joined_along(range, &parts, place, dtype.unwrap_or(DType::F64), alike)
    }

    fn joined_along(
        &mut self,
        range: TextRange,
        parts: &[Lazy],
        place: usize,
        dtype: DType,
        alike: bool,
    ) -> Result<Val> {
        let mut axes = parts[0].axes.clone();
        let mut length = axes[place].length;
        for (number, it) in parts.iter().enumerate().skip(1) {
            for (at, (own, first)) in it.axes.iter().zip(&axes).enumerate() {
                if at == place || own.length == first.length {
                    continue;
                }
                let holds = self.b.eq(own.length, first.length);
                if alike {
                    let text = "all input arrays must have the same shape";
                    self.value_error(holds, range, text);
                    continue;
                }
                let text = format!(
                    "all the input array dimensions except for the concatenation axis must match \
                     exactly, but along dimension {at}, the array at index 0 has size {{}} and the \
                     array at index {number} has size {{}}"
                );
                self.noted(holds, range, "ValueError", text, &[first.length, own.length]);
            }
            length = self.b.add(length, it.axes[place].length);
        }
        axes[place] = Extent::new(length, None);
        for axis in &mut axes {
            *axis = Extent::new(axis.length, axis.known);
        }
        let out = self.empty(range, axes, dtype)?;
        let mut from = self.b.constant(0i64);
        for it in parts {
            let mut to = out.clone();
            for (at, axis) in it.axes.iter().enumerate() {
                to.axes[at] =
                    Axis { length: axis.length, known: axis.known, begin: None, step: None };
            }
            to.axes[place].begin = Some(from);
            to.whole = false;
            let cast = self.apply(range, What::Cast(dtype), &[Val::Lazy(it.clone())])?;
            let lazy = self.lazy(range, &cast)?;
            self.assign_plainly(range, &to, &lazy, false)?;
            from = self.b.add(from, it.axes[place].length);
        }
        Ok(Val::View(out))
    }
}

fn is_view(value: &Val) -> bool {
    matches!(value, Val::View(_))
}

/// A view with an axis of one element more.
fn with_axis(view: &View, place: usize, one: Value) -> View {
    let mut view = view.clone();
    view.axes.insert(place, Axis { length: one, known: Some(1), begin: None, step: None });
    for at in &mut view.map {
        if let At::Axis(axis) = at
            && *axis >= place
        {
            *axis += 1;
        }
    }
    view.whole = false;
    view
}
