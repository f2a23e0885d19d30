//! Arrays with their axes in another order, and arrays whose rows are given names.

use ruff_text_size::TextRange;

use crate::call::Given;
use crate::lower::{Lowerer, RaiseKind, Result};
use crate::method::transposed;
use crate::value::{At, Known, Num, NumType, Val, View};
use crate::whole::What;

impl Lowerer<'_> {
    /// Refuse arguments that are given by a name.
    pub(crate) fn nothing_named(&mut self, name: &str, given: &Given) -> Result<()> {
        let Some((key, _, at)) = given.named.first() else { return Ok(()) };
        let hint = "docs/guide/jit.md lists what is compiled";
        Err(self.refuse(*at, format!("{name} with {key}="), hint))
    }

    /// `np.real` and `np.imag`.
    pub(crate) fn part(&mut self, range: TextRange, value: &Val, name: &str) -> Result<Val> {
        let Val::Num(num) = value else {
            let what = if name == "real" { What::Real } else { What::Imag };
            return self.apply(range, what, std::slice::from_ref(value));
        };
        let num = if num.ty == NumType::BOOL { self.to(num, NumType::INT) } else { num.clone() };
        let ty = NumType { dtype: num.ty.dtype.part(), weak: num.ty.weak };
        Ok(Val::Num(match (name, num.im) {
            ("real", _) => Num { ty, im: None, ..num },
            (_, Some(im)) => self.number(ty, im),
            _ => {
                let zero = self.zero(ty.dtype);
                self.number(ty, zero)
            }
        }))
    }

    /// The place of an axis that is written as a number.
    fn place_of(&mut self, range: TextRange, value: &Val, rank: usize) -> Result<usize> {
        let Val::Num(Num { known: Some(Known::Int(at)), .. }) = value else {
            let hint = "write the axis as a number";
            return Err(self.refuse(range, "an axis that varies", hint));
        };
        let place = if *at < 0 { at + rank as i64 } else { *at };
        usize::try_from(place).ok().filter(|&it| it < rank).ok_or_else(|| {
            let message = format!("axis {at} is out of bounds for array of dimension {rank}");
            self.refuse(range, message, "NumPy refuses it too")
        })
    }

    /// `transpose` with an order of axes: numbers, or one tuple of them; without, the other way round.
    pub(crate) fn permuted(&mut self, range: TextRange, x: &Val, order: &[Val]) -> Result<Val> {
        let x = self.settled(range, x.clone(), None)?;
        let Val::View(view) = &x else { return Ok(x) };
        let order = match order {
            [] | [Val::None] => return Ok(Val::View(transposed(view))),
            [Val::Tuple(items)] => items.to_vec(),
            items => items.to_vec(),
        };
        let rank = view.axes.len();
        let mut places = Vec::new();
        for it in &order {
            let place = self.place_of(range, it, rank)?;
            if !places.contains(&place) {
                places.push(place);
            }
        }
        if order.len() != rank || places.len() != rank {
            let message = format!("{} axes in the order of an array of {rank}", order.len());
            return Err(self.refuse(range, message, "name each axis once: NumPy asks it too"));
        }
        Ok(Val::View(reordered(view, &places)))
    }

    /// `cumsum` and `cumprod`, whose axis is that of an array of one dimension.
    pub(crate) fn run_along(
        &mut self,
        range: TextRange,
        name: &str,
        x: &Val,
        given: &Given,
    ) -> Result<Val> {
        let taken = self.taken(range, name, given, &["a", "axis"])?;
        if let Some(axis) = taken.get(1).cloned() {
            let rank = self.lazy(range, x)?.axes.len();
            self.place_of(taken.at(1, range), &axis, rank)?;
        }
        self.running(range, name, x)
    }

    pub(crate) fn swapped(&mut self, range: TextRange, x: &Val, a: &Val, b: &Val) -> Result<Val> {
        let x = self.settled(range, x.clone(), None)?;
        let Val::View(view) = &x else { return Ok(x) };
        let rank = view.axes.len();
        let (a, b) = (self.place_of(range, a, rank)?, self.place_of(range, b, rank)?);
        let mut places: Vec<usize> = (0..rank).collect();
        places.swap(a, b);
        Ok(Val::View(reordered(view, &places)))
    }

    /// The rows of an array as a tuple, if it has as many; other values as they are.
    pub(crate) fn unpacked(&mut self, range: TextRange, value: Val, count: usize) -> Result<Val> {
        if !crate::whole::is_array(&value) {
            return Ok(value);
        }
        let value = self.settled(range, value, None)?;
        let Val::View(view) = &value else { return Ok(value) };
        let Some(axis) = view.axes.first() else { return Ok(value) };
        let length = axis.length;
        let wanted = self.b.constant(count as i64);
        let few = self.b.le(length, wanted);
        let text = format!("too many values to unpack (expected {count})");
        self.check(few, range, RaiseKind::Builtin("ValueError", text));
        let enough = self.b.ge(length, wanted);
        let text = format!("not enough values to unpack (expected {count}, got {{}})");
        self.noted(enough, range, "ValueError", text, &[length]);
        let mut items = Vec::new();
        for place in 0..count {
            let at = self.b.constant(place as i64);
            items.push(self.element(view, at));
        }
        Ok(Val::Tuple(items.into()))
    }
}

/// A view whose axes are those of another one, in an order.
fn reordered(view: &View, places: &[usize]) -> View {
    let mut found = view.clone();
    found.axes = places.iter().map(|&it| view.axes[it].clone()).collect();
    for at in &mut found.map {
        if let At::Axis(axis) = at {
            *axis = places.iter().position(|it| it == axis).unwrap_or(*axis);
        }
    }
    found.whole = view.whole && places.iter().enumerate().all(|(at, &it)| at == it);
    found
}
