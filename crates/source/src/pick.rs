//! Arrays as indices: elements that an array of integers names, and those that one of bools chooses.

use std::rc::Rc;

use ir::{If, Statement};
use memory::DType;
use ruff_python_ast::{Expr, Operator, UnaryOp};
use ruff_text_size::{Ranged, TextRange};

use crate::lower::{Lowerer, Result};
use crate::value::{At, Val, View};
use crate::whole::{Lazy, Node, Spot, extents, is_array};

impl Lowerer<'_> {
    /// The array that an index is, if it is one.
    pub(crate) fn array_index(&mut self, index: &Expr) -> Result<Option<Val>> {
        let may = match index {
            Expr::Name(it) => self.frame().env.get(&it.id).is_some_and(|slot| match &slot.value {
                Val::View(view) => !view.axes.is_empty(),
                other => is_array(other),
            }),
            other => compares(other),
        };
        if !may {
            return Ok(None);
        }
        let value = self.expression(index)?;
        Ok(Some(value).filter(is_array))
    }

    /// The elements that an array of integers names, as a new array.
    pub(crate) fn taken_from(&mut self, range: TextRange, view: &View, index: &Val) -> Result<Val> {
        if view.axes.len() != 1 {
            let hint =
                "arrays of one dimension are indexed by arrays here: write a loop over the rows";
            return Err(self.refuse(range, "an array as index of several dimensions", hint));
        }
        let lazy = self.lazy(range, index)?;
        let node = Node::Take(view.clone(), lazy.node, range);
        let found = self.computed(range, &Lazy { axes: lazy.axes, node: Rc::new(node) }, None)?;
        Ok(Val::View(found))
    }

    /// Store a number to the elements that an array of bools chooses, or combine it with them.
    pub(crate) fn store_chosen(
        &mut self,
        range: TextRange,
        view: &View,
        mask: &Val,
        (op, value): (Option<Operator>, &Val),
    ) -> Result<()> {
        let Val::Num(number) = value else {
            let hint = "assign a number, or write a loop: a[mask] = b[mask] is a[:] = np.where(mask, b, a)";
            return Err(self.refuse(range, "an array is assigned where a mask says", hint));
        };
        let mut mask = self.lazy(range, mask)?;
        if mask.axes.len() != view.axes.len() {
            let hint = "give it as many dimensions as the array has";
            return Err(self.refuse(range, "a mask of other dimensions than the array", hint));
        }
        for (place, (own, to)) in mask.axes.iter().zip(extents(view)).enumerate() {
            if own.length == to.length {
                continue;
            }
            let holds = self.b.eq(own.length, to.length);
            let text = format!(
                "boolean index did not match indexed array along axis {place}; size of axis is {{}} \
                 but size of corresponding boolean axis is {{}}"
            );
            self.noted(holds, range, "IndexError", text, &[to.length, own.length]);
        }
        let stretched = mask.axes.iter().any(|it| it.parts.len() > 1);
        if stretched || self.crosses(view, &mask.node, false) {
            let whole = self.computed(range, &mask, None)?;
            mask = self.lazy(range, &Val::View(whole))?;
        }
        self.nest(&extents(view), &mut |it, index| {
            let spot = Spot { index, axes: &mask.axes, fast: true };
            let chosen = it.element_of(&mask.node, &spot)?;
            if chosen.ty.dtype != DType::Bool {
                let hint = "masks are arrays of bools; write a loop for indices";
                return Err(it.refuse(range, "elements that integers name are assigned", hint));
            }
            let mut map = view.map.clone();
            for at in &mut map {
                if let At::Axis(axis) = at {
                    let axis = *axis;
                    *at = At::Fixed(it.moved(&view.axes[axis], index[axis]));
                }
            }
            let element = View { map, axes: Vec::new(), whole: false, ..view.clone() };
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

    /// Assign where a mask says, if an index is one; whether that was so.
    pub(crate) fn assigned_chosen(
        &mut self,
        target: &ruff_python_ast::ExprSubscript,
        op: Option<Operator>,
        value: &mut dyn FnMut(&mut Self) -> Result<Val>,
    ) -> Result<bool> {
        let Some(mask) = self.array_index(&target.slice)? else { return Ok(false) };
        let Val::View(view) = self.expression(&target.value)? else { return Ok(false) };
        let value = value(self)?;
        self.store_chosen(target.range(), &view, &mask, (op, &value))?;
        Ok(true)
    }
}

/// Whether an expression compares, so that it may be a mask.
fn compares(expr: &Expr) -> bool {
    match expr {
        Expr::Compare(_) => true,
        Expr::UnaryOp(it) => it.op == UnaryOp::Invert && compares(&it.operand),
        Expr::BinOp(it) => {
            matches!(it.op, Operator::BitAnd | Operator::BitOr | Operator::BitXor)
                && compares(&it.left)
                && compares(&it.right)
        }
        _ => false,
    }
}
