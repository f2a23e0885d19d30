//! Whole arrays that are stored to: what fits, and what a store would change before it is read.

use std::collections::HashMap;

use ir::{Op, Statement, Value};
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, Result};
use crate::value::{At, Val, View};
use crate::whole::{Extent, Lazy, Node, Spot, extents, shown};

/// How an array is stored, for the message where it does not fit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Like {
    Plain,
    /// Combined with what is there.
    Change,
    /// To elements that arrays name.
    Named,
    /// To elements that a mask chooses.
    Chosen,
}

impl Lowerer<'_> {
    /// Store an expression to a view, as NumPy does: all is computed before any is stored.
    pub(crate) fn assign_lazy(
        &mut self,
        range: TextRange,
        view: &View,
        lazy: &Lazy,
        changes: bool,
    ) -> Result<()> {
        let target = extents(view);
        if (1..target.len()).contains(&lazy.axes.len()) && Self::heavy(&lazy.node) {
            let whole = self.computed(range, lazy, None)?;
            let lazy = self.lazy(range, &Val::View(whole))?;
            return self.assign_lazy(range, view, &lazy, changes);
        }
        let like = if changes { Like::Change } else { Like::Plain };
        if !self.fits_into(range, &target, lazy, like)? {
            return Ok(());
        }
        if !self.crosses(view, &lazy.node, false) {
            return self.assign_plainly(range, view, lazy, changes);
        }
        let apart = self.in_other_slots(view, &lazy.node);
        let first = apart.is_some();
        self.guarded(apart, &mut |it, apart| {
            if apart && first {
                return it.assign_plainly(range, view, lazy, changes);
            }
            let flying = it.flying.len();
            let whole = it.computed(range, lazy, None)?;
            let lazy = it.lazy(range, &Val::View(whole))?;
            it.flying.truncate(flying);
            it.assign_plainly(range, view, &lazy, changes)
        })
    }

    pub(crate) fn assign_plainly(
        &mut self,
        range: TextRange,
        view: &View,
        lazy: &Lazy,
        changes: bool,
    ) -> Result<()> {
        let target = extents(view);
        let over = lazy.axes.len().saturating_sub(target.len());
        let short = target.len().saturating_sub(lazy.axes.len());
        // Each axis of the expression is as long as the target's, or of one element.
        let mut joint = Vec::new();
        for (axis, to) in lazy.axes[over..].iter().zip(&target[short..]) {
            let mut parts = vec![to.length];
            parts.extend(axis.parts.iter().filter(|&&it| it != to.length));
            joint.push(Extent { parts, ..to.clone() });
        }
        let condition = self.unstretched(&joint);
        self.guarded(condition, &mut |it, fast| {
            it.nest(&target, &mut |it, index| {
                let mut own: Vec<Value> = (0..over).map(|_| it.b.constant(0i64)).collect();
                for (place, axis) in lazy.axes[over..].iter().enumerate() {
                    let at = index[short + place];
                    let single = axis.known == Some(1) && joint[place].known != Some(1);
                    own.push(match () {
                        () if single => it.b.constant(0i64),
                        () if fast || joint[place].parts.len() < 2 => at,
                        () => it.stretched(at, axis.length),
                    });
                }
                let spot = Spot { index: &own, axes: &lazy.axes, fast };
                let num = it.element_of(&lazy.node, &spot)?;
                if changes && num.ty.dtype.kind() > view.dtype.kind() {
                    let message =
                        format!("{} are changed in place to {}", view.dtype, num.ty.dtype);
                    let hint = "NumPy refuses it too: assign a new array, or convert with astype";
                    return Err(it.refuse(range, message, hint));
                }
                let mut map = Vec::new();
                for at in &view.map {
                    map.push(match at {
                        At::Fixed(it) => At::Fixed(*it),
                        At::Axis(axis) => At::Fixed(it.moved(&view.axes[*axis], index[*axis])),
                    });
                }
                let element = View { map, axes: Vec::new(), whole: false, ..view.clone() };
                it.store(range, &element, &num)
            })
        })
    }

    /// Check that an expression can be stored to a shape; whether that is possible at all.
    pub(crate) fn fits_into(
        &mut self,
        range: TextRange,
        target: &[Extent],
        lazy: &Lazy,
        like: Like,
    ) -> Result<bool> {
        let changes = like == Like::Change;
        let mut holds: Option<Value> = None;
        let over = lazy.axes.len().saturating_sub(target.len());
        let short = target.len().saturating_sub(lazy.axes.len());
        if changes && over > 0 {
            holds = Some(self.b.constant(false));
        }
        for (place, axis) in lazy.axes.iter().enumerate() {
            if axis.known == Some(1) {
                continue;
            }
            let one = self.b.constant(1i64);
            let mut fits = self.b.eq(axis.length, one);
            if let Some(to) = place.checked_sub(over).map(|it| &target[short + it]) {
                if axis.parts.len() == 1 && axis.parts[0] == to.length {
                    continue;
                }
                let same = self.b.eq(axis.length, to.length);
                fits = self.b.or(fits, same);
            }
            holds = Some(match holds {
                None => fits,
                Some(other) => self.b.and(other, fits),
            });
        }
        let Some(holds) = holds else { return Ok(true) };
        let mut words = Vec::new();
        let text = if changes {
            let target = shown(target, &mut words);
            let lazy = shown(&lazy.axes, &mut words);
            format!(
                "non-broadcastable output operand with shape {target} doesn't match the broadcast \
                 shape {lazy}"
            )
        } else if let ([from], [to], Like::Chosen) = (&lazy.axes[..], target, like) {
            words.extend([from.length, to.length]);
            "NumPy boolean array indexing assignment cannot assign {} input values to the {} output \
             values where the mask is true"
                .to_owned()
        } else if like != Like::Plain {
            let lazy = shown(&lazy.axes, &mut words);
            let target = shown(target, &mut words);
            format!(
                "shape mismatch: value array of shape {lazy} could not be broadcast to indexing \
                 result of shape {target}"
            )
        } else {
            let lazy = shown(&lazy.axes, &mut words);
            let target = shown(target, &mut words);
            format!("could not broadcast input array from shape {lazy} into shape {target}")
        };
        self.noted(holds, range, "ValueError", text, &words);
        Ok(!(changes && over > 0))
    }

    /// Whether a store to a view may change what an expression reads at another place.
    pub(crate) fn crosses(&self, view: &View, node: &Node, exact: bool) -> bool {
        let mut read = Vec::new();
        node.views(&mut read);
        node.picks(view.array) || read.into_iter().any(|it| self.crosses_view(view, it, exact))
    }

    /// The same for one array that is read.
    pub(crate) fn crosses_view(&self, view: &View, it: &View, exact: bool) -> bool {
        {
            if it.array != view.array {
                return self.options.overlapping
                    && it.array < self.given
                    && view.array < self.given;
            }
            let same = |a: Option<Value>, b: Option<Value>| match (a, b) {
                (None, None) => true,
                (Some(a), Some(b)) => self.same(a, b),
                _ => false,
            };
            let axes = it.axes.len() == view.axes.len()
                && it.axes.iter().zip(&view.axes).all(|(a, b)| {
                    same(a.begin, b.begin)
                        && same(a.step, b.step)
                        && (if exact {
                            a.length == b.length
                        } else {
                            self.same(a.length, b.length)
                        })
                });
            let map = it.map.len() == view.map.len()
                && it.map.iter().zip(&view.map).all(|(a, b)| match (a, b) {
                    (At::Fixed(a), At::Fixed(b)) => self.same(*a, *b),
                    (At::Axis(a), At::Axis(b)) => a == b,
                    _ => false,
                });
            !(axes && map)
        }
    }

    /// Whether two values are computed in the same way from the same values.
    pub(crate) fn same(&self, a: Value, b: Value) -> bool {
        fn alike(defined: &HashMap<Value, &Statement>, a: Value, b: Value, depth: usize) -> bool {
            if a == b {
                return true;
            }
            match (defined.get(&a), defined.get(&b)) {
                (
                    Some(Statement::Constant { scalar: a, .. }),
                    Some(Statement::Constant { scalar: b, .. }),
                ) => a == b,
                (
                    Some(Statement::Op { op: f, operands: x, .. }),
                    Some(Statement::Op { op: g, operands: y, .. }),
                ) => {
                    depth < 24
                        && f == g
                        && !matches!(f, Op::Cast | Op::Bitcast)
                        && x.len() == y.len()
                        && x.iter().zip(y.iter()).all(|(&a, &b)| alike(defined, a, b, depth + 1))
                }
                _ => false,
            }
        }
        if a == b {
            return true;
        }
        let mut defined = HashMap::new();
        for statement in self.b.kernel().blocks.iter().flat_map(|it| &it.statements) {
            if let Statement::Constant { result, .. } | Statement::Op { result, .. } = statement {
                defined.insert(*result, statement);
            }
        }
        alike(&defined, a, b, 0)
    }
}
