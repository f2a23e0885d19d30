//! Tuples that are assigned to elements of arrays: `a[i] = x, y`.

use ruff_text_size::TextRange;

use crate::Items;
use crate::call::Given;
use crate::lower::{Lowerer, Result};
use crate::store::Like;
use crate::value::{At, Num, Val, View};
use crate::whole::{Extent, extents, is_array, shown};

impl Lowerer<'_> {
    /// Assign a tuple: numbers one by one, all else as the array that it makes.
    pub(crate) fn assign_tuple(
        &mut self,
        range: TextRange,
        view: &View,
        items: &Items<Val>,
    ) -> Result<()> {
        if depth(items) > view.axes.len() {
            let (message, hint) = match view.axes.len() {
                0 => ("a tuple is assigned to one element", "assign a number, or to a row"),
                _ => ("tuples inside of each other are assigned to a row", "assign numbers"),
            };
            return Err(self.refuse(range, message, &format!("NumPy refuses it too: {hint}")));
        }
        let numbers = items.iter().map(|it| match it {
            Val::Num(it) => Some(it.clone()),
            _ => None,
        });
        match numbers.collect::<Option<Vec<Num>>>() {
            Some(numbers) if view.axes.len() == 1 && numbers.len() > 1 => {
                self.assign_row(range, view, &numbers)
            }
            None if items.len() > 1 && items.iter().all(is_array) && view.axes.len() > 1 => {
                self.assign_rows(range, view, items)
            }
            _ => {
                let value = Val::Tuple(items.clone());
                let made = if items.iter().any(is_array) {
                    let given = Given { plain: vec![(value, range)], named: Vec::new() };
                    self.put_together(range, "stack", &given)?
                } else {
                    self.array_of(range, &value)?
                };
                self.assign_view(range, view, &made)
            }
        }
    }

    /// Arrays to the rows of an array. NumPy writes one row after the other, and reads what is written so far.
    fn assign_rows(&mut self, range: TextRange, view: &View, items: &Items<Val>) -> Result<()> {
        let Val::Tuple(items) = self.settled(range, Val::Tuple(items.clone()), None)? else {
            return Ok(());
        };
        let rows = items.iter().map(|it| self.lazy(range, it)).collect::<Result<Vec<_>>>()?;
        let count = items.len() as i64;
        let length = self.b.constant(count);
        let mut whole = rows[0].clone();
        whole.axes.insert(0, Extent::new(length, Some(count)));
        if rows.iter().any(|it| it.axes.len() + 1 != view.axes.len()) {
            let given = Given { plain: vec![(Val::Tuple(items), range)], named: Vec::new() };
            let made = self.put_together(range, "stack", &given)?;
            return self.assign_view(range, view, &made);
        }
        if !self.fits_into(range, &extents(view), &whole, Like::Plain)? {
            return Ok(());
        }
        for (place, item) in items.iter().enumerate() {
            let place = self.b.constant(place as i64);
            let place = self.moved(&view.axes[0], place);
            let map = view.map.iter().map(|it| match it {
                At::Axis(0) => At::Fixed(place),
                At::Axis(axis) => At::Axis(axis - 1),
                fixed @ At::Fixed(_) => *fixed,
            });
            let (map, axes) = (map.collect(), view.axes[1..].to_vec());
            let row = View { map, axes, whole: false, ..view.clone() };
            self.assign_view(range, &row, item)?;
        }
        Ok(())
    }

    /// No array is made: it would be, for each turn of a loop.
    fn assign_row(&mut self, range: TextRange, view: &View, numbers: &[Num]) -> Result<()> {
        let axis = view.axes[0].clone();
        let count = numbers.len() as i64;
        if axis.known != Some(count) {
            let length = self.b.constant(count);
            let fits = self.b.eq(axis.length, length);
            let mut words = Vec::new();
            let from = shown(&[Extent::new(length, Some(count))], &mut words);
            let to = shown(&extents(view), &mut words);
            let text = format!("could not broadcast input array from shape {from} into shape {to}");
            self.noted(fits, range, "ValueError", text, &words);
        }
        for (place, num) in numbers.iter().enumerate() {
            let place = self.b.constant(place as i64);
            let place = At::Fixed(self.moved(&axis, place));
            let map = view.map.iter().map(|it| match it {
                At::Axis(_) => place,
                fixed @ At::Fixed(_) => *fixed,
            });
            let map = map.collect();
            let element = View { map, axes: Vec::new(), whole: false, ..view.clone() };
            let num = self.to_stored(range, num, view.dtype)?;
            self.store(range, &element, &num)?;
        }
        Ok(())
    }
}

/// How many axes the array of a tuple has, from its first item on.
fn depth(items: &Items<Val>) -> usize {
    1 + match items.iter().next() {
        Some(Val::Tuple(items)) => depth(items),
        Some(Val::View(it)) => it.axes.len(),
        Some(Val::Lazy(it)) => it.axes.len(),
        _ => 0,
    }
}
