//! Masks: elements that an array of bools chooses, read, stored to, and counted.

use ir::{For, If, Statement, Value};
use memory::DType;
use ruff_python_ast::Operator;
use ruff_text_size::TextRange;

use crate::gather::Pick;
use crate::index::Part;
use crate::lower::{Lowerer, Result};
use crate::store::Like;
use crate::value::{At, NumType, Val, View};
use crate::whole::{Extent, Lazy, Node, Spot, What, extents};

/// Writes something for an index, and how many were chosen before.
type Counted<'w, 'l> = &'w mut dyn FnMut(&mut Lowerer<'l>, &[Value], Value) -> Result<()>;

impl<'l> Lowerer<'l> {
    /// Check that a mask has the lengths of the axes that it stands for.
    pub(crate) fn mask_fits(&mut self, range: TextRange, mask: &Lazy, to: &[Extent], from: usize) {
        for (place, (own, to)) in mask.axes.iter().zip(to).enumerate() {
            if own.length == to.length {
                continue;
            }
            let holds = self.b.eq(own.length, to.length);
            let text = format!(
                "boolean index did not match indexed array along axis {}; size of axis is {{}} \
                 but size of corresponding boolean axis is {{}}",
                from + place
            );
            self.noted(holds, range, "IndexError", text, &[to.length, own.length]);
        }
    }

    /// A mask that is cheap to look at twice, its length where all of it is true, and how many are.
    fn counted_mask(&mut self, range: TextRange, mask: &Lazy) -> Result<(Lazy, Value, Value)> {
        let mut mask = mask.clone();
        if Self::heavy(&mask.node) {
            let whole = self.computed(range, &mask, None)?;
            mask = self.lazy(range, &Val::View(whole))?;
        }
        let count = self.counted_true(range, &Val::Lazy(mask.clone()))?;
        let mut lengths = mask.axes.iter().map(|it| it.length);
        let first = lengths.next();
        let mut total = first.unwrap_or_else(|| self.b.constant(1i64));
        for length in lengths {
            total = self.b.mul(total, length);
        }
        // Said in words that `size.rs` knows: it is not longer than the mask.
        let count = self.b.min(count.re, total);
        Ok((mask, total, count))
    }

    /// Go over a mask in order. `write` is given the index, and how many before were true; what it
    /// writes there is written over by the next, unless the mask is true.
    fn compacted(&mut self, range: TextRange, mask: &Lazy, write: Counted<'_, 'l>) -> Result<()> {
        let rank = mask.axes.len();
        let arguments = self.b.open(&vec![DType::I64; rank + 1]);
        let (index, count) = (&arguments[..rank], arguments[rank]);
        let spot = Spot { index, axes: &mask.axes, fast: false };
        let num = self.element_of(&mask.node, &spot)?;
        let chosen = self.truth(range, &Val::Num(num))?;
        write(self, index, count)?;
        let step = self.b.cast(DType::I64, chosen.re);
        let next = self.b.add(count, step);
        let body = self.b.close(&[next]);
        let start = vec![self.b.constant(0i64)];
        let results = vec![self.b.new_value(DType::I64)];
        self.b.push(Statement::For(For {
            parallel: false,
            lanes: false,
            axes: mask.axes.iter().map(|it| ir::Axis::from(it.length)).collect(),
            start,
            body,
            results,
        }));
        Ok(())
    }

    /// A new array of one dimension.
    fn row(&mut self, range: TextRange, dtype: DType, length: Value) -> Result<View> {
        let axes = vec![Extent::new(length, None)];
        let node = std::rc::Rc::new(Node::Empty(NumType::strong(dtype)));
        self.computed(range, &Lazy { axes, node }, None)
    }

    fn element_at(view: &View, at: Value) -> View {
        let mut map = view.map.clone();
        for it in &mut map {
            if matches!(it, At::Axis(_)) {
                *it = At::Fixed(at);
            }
        }
        View { map, axes: Vec::new(), whole: false, ..view.clone() }
    }

    /// The indices where a mask is true: an array for each axis.
    pub(crate) fn nonzero(&mut self, range: TextRange, mask: &Lazy) -> Result<Vec<View>> {
        let (mask, total, count) = self.counted_mask(range, mask)?;
        let mut rows = Vec::new();
        for _ in &mask.axes {
            rows.push(self.row(range, DType::I64, total)?);
        }
        self.compacted(range, &mask, &mut |it, index, at| {
            for (row, &index) in rows.iter().zip(index) {
                let number = it.natural(index);
                it.store(range, &Self::element_at(row, at), &number)?;
            }
            Ok(())
        })?;
        for row in &mut rows {
            row.axes[0].length = count;
        }
        Ok(rows)
    }

    /// The elements that a mask of all axes chooses.
    pub(crate) fn chosen_from(
        &mut self,
        range: TextRange,
        view: &View,
        mask: &Lazy,
    ) -> Result<Val> {
        self.mask_fits(range, mask, &extents(view), 0);
        let (mask, total, count) = self.counted_mask(range, mask)?;
        let mut row = self.row(range, view.dtype, total)?;
        self.compacted(range, &mask, &mut |it, index, at| {
            let element = it.element_under(view, index);
            match it.current(&element) {
                Val::Num(num) => it.store(range, &Self::element_at(&row, at), &num),
                other => Err(it.no_number(range, &other)),
            }
        })?;
        row.axes[0].length = count;
        Ok(Val::View(row))
    }

    /// The element of a view at an index.
    pub(crate) fn element_under(&mut self, view: &View, index: &[Value]) -> View {
        let mut map = view.map.clone();
        for at in &mut map {
            if let At::Axis(axis) = at {
                let axis = *axis;
                *at = At::Fixed(self.moved(&view.axes[axis], index[axis]));
            }
        }
        View { map, axes: Vec::new(), whole: false, ..view.clone() }
    }

    /// Store a number to the elements that a mask chooses, or combine it with them.
    fn store_chosen(
        &mut self,
        range: TextRange,
        view: &View,
        mask: &Lazy,
        (op, number): (Option<Operator>, &crate::value::Num),
    ) -> Result<()> {
        let mut mask = mask.clone();
        self.mask_fits(range, &mask, &extents(view), 0);
        let stretched = mask.axes.iter().any(|it| it.parts.len() > 1);
        if stretched || self.crosses(view, &mask.node, false) {
            let whole = self.computed(range, &mask, None)?;
            mask = self.lazy(range, &Val::View(whole))?;
        }
        let rank = mask.axes.len();
        self.nest(&extents(view), &mut |it, index| {
            let spot = Spot { index: &index[..rank], axes: &mask.axes, fast: true };
            let chosen = it.element_of(&mask.node, &spot)?;
            let element = it.element_under(view, index);
            it.b.open(&[]);
            let after = match (op, it.current(&element)) {
                (Some(op), Val::Num(before)) => it.binary(range, op, &before, number)?,
                _ => number.clone(),
            };
            it.store(range, &element, &after)?;
            let then = it.b.close(&[]);
            it.b.open(&[]);
            let otherwise = it.b.close(&[]);
            it.b.push(Statement::If(If {
                condition: chosen.re,
                then,
                otherwise,
                results: Vec::new(),
            }));
            Ok(())
        })
    }

    /// Store to the elements that an index with arrays names, or combine something with them.
    pub(crate) fn scattered(
        &mut self,
        range: TextRange,
        view: &View,
        parts: Vec<Part<'_>>,
        (op, value): (Option<Operator>, &Val),
    ) -> Result<()> {
        self.changes(range, view)?;
        let mut like = Like::Named;
        if let [Part::Array(index, _)] = &parts[..] {
            let (lazy, mask) = self.indices(range, index)?;
            if mask && lazy.axes.len() <= view.axes.len() {
                // Elements do not depend on each other.
                if let Val::Num(number) = value {
                    return self.store_chosen(range, view, &lazy, (op, number));
                }
                like = Like::Chosen;
            }
        }
        let mut pick = self.pick(range, view, parts)?;
        if Self::named_by(&pick, view.array) {
            self.hold_places(range, &mut pick)?;
        }
        let value = match op {
            None => value.clone(),
            Some(op) => {
                let before = self.taken_again(range, &pick)?;
                let after = self.apply(range, What::Binary(op), &[before, value.clone()])?;
                self.settled(range, after, None)?
            }
        };
        let mut lazy = self.lazy(range, &value)?;
        if !self.fits_into(range, &pick.axes, &lazy, like)? {
            return Ok(());
        }
        let mut read = Vec::new();
        lazy.node.views(&mut read);
        let overlaps = read.iter().any(|it| {
            it.array == view.array
                || (self.options.overlapping && it.array < self.given && view.array < self.given)
        });
        if overlaps || Self::heavy(&lazy.node) {
            let whole = self.computed(range, &lazy, None)?;
            lazy = self.lazy(range, &Val::View(whole))?;
        }
        self.all_inside(&pick)?;
        let target = pick.axes.clone();
        let over = lazy.axes.len().saturating_sub(target.len());
        let short = target.len().saturating_sub(lazy.axes.len());
        // In order: of elements that are named twice, the last one counts.
        self.nest_of(&target, false, &mut |it, index| {
            let mut own: Vec<Value> = (0..over).map(|_| it.b.constant(0i64)).collect();
            for (place, axis) in lazy.axes[over..].iter().enumerate() {
                own.push(match axis.known {
                    Some(1) => it.b.constant(0i64),
                    _ => it.stretched(index[short + place], axis.length),
                });
            }
            let spot = Spot { index: &own, axes: &lazy.axes, fast: false };
            let num = it.element_of(&lazy.node, &spot)?;
            let element = it.named_element(&pick, index, (false, false))?;
            it.store(range, &element, &num)
        })
    }

    /// The elements that are named, as they are now.
    fn taken_again(&mut self, range: TextRange, pick: &Pick) -> Result<Val> {
        let axes = pick.axes.clone();
        let lazy = Lazy { axes, node: std::rc::Rc::new(Node::Pick(pick.clone())) };
        Ok(Val::View(self.computed(range, &lazy, None)?))
    }
}
