//! `min` and `max` with `key=`: a lambda, a jit function, or a function by its name.

use std::rc::Rc;

use ruff_python_ast::{CmpOp, Expr, ExprLambda, name::Name};
use ruff_text_size::{Ranged, TextRange};

use crate::call::Given;
use crate::fold::{FOLD, Fold, SOME};
use crate::lower::{Frame, Lowerer, Result, Slot};
use crate::step::Names;
use crate::value::{Num, Val};

/// The function that elements are compared by.
pub(crate) const BY: &str = "$by";
/// What it said of the element that is first so far.
pub(crate) const KEY: &str = "$key";

impl Lowerer<'_> {
    /// What stands behind `key=`.
    pub(crate) fn key_function(&mut self, expr: &Expr) -> Result<Val> {
        let hint = "give it a lambda of one argument, a jit function, or a function such as abs";
        let found = match expr {
            Expr::Lambda(it) => Val::Lambda(Rc::new(it.clone())),
            other => self.expression(other)?,
        };
        match &found {
            Val::Lambda(_) | Val::Named(_) | Val::None => Ok(found),
            Val::Unit(it) if it.again.is_none() => Ok(found),
            other => {
                let message = format!("key= with {}", other.describe());
                Err(self.refuse(expr.range(), message, hint))
            }
        }
    }

    /// What a key says of a value.
    fn keyed(&mut self, range: TextRange, by: &Val, value: Val) -> Result<Num> {
        let found = match by {
            Val::Lambda(it) => self.lambda(range, it, value)?,
            Val::Unit(unit) => {
                let given = Given { plain: vec![(value, range)], named: Vec::new() };
                self.inlined(range, unit, given)?
            }
            Val::Named(name) => {
                let given = Given { plain: vec![(value, range)], named: Vec::new() };
                self.named(range, name, &given)?
            }
            _ => value,
        };
        match found {
            Val::Num(it) => Ok(it),
            other => {
                let message = format!("a key that is {}", other.describe());
                Err(self.refuse(range, message, "elements are compared by numbers"))
            }
        }
    }

    /// A lambda of a value, where the names of the function are what they are.
    fn lambda(&mut self, range: TextRange, it: &ExprLambda, value: Val) -> Result<Val> {
        let parameters = it.parameters.as_deref();
        let name = parameters.and_then(|all| match &all.args[..] {
            [one] if all.len() == 1 && one.default.is_none() => Some(one.parameter.name.id.clone()),
            _ => None,
        });
        let Some(name) = name else {
            let hint = "write `lambda x: ...`";
            return Err(self.refuse(it.range(), "a key that takes not just one argument", hint));
        };
        let (unit, mut env) = (self.frame().unit.clone(), self.frame().env.clone());
        let mut path = self.frame().path.clone();
        path.push(u64::from(u32::from(range.start())) | 1 << 34 | 1 << 46);
        let mut inner: Names = self.frame().inner.clone();
        inner.insert(Name::new(&name));
        env.insert(Name::new(&name), Slot { value, assigned: None });
        self.frames.push(Frame { unit, env, path, inner });
        let found = self.expression(&it.body);
        self.frames.pop();
        found
    }

    /// The first of several values that none goes beyond by its key.
    pub(crate) fn extreme_by(
        &mut self,
        range: TextRange,
        (how, by): (Fold, &Val),
        items: &[Val],
    ) -> Result<Val> {
        if matches!(by, Val::None) {
            return self.extreme(range, how.name(), items);
        }
        let mut best: Option<(Num, Num)> = None;
        for (place, item) in items.iter().enumerate() {
            let Val::Num(num) = item else {
                let message = format!("{} of {}", how.name(), item.describe());
                return Err(self.refuse(range, message, "give it numbers"));
            };
            // Each key is written out, with what meets in it apart.
            self.frame_mut().path.push(place as u64 | 1 << 33);
            let key = self.keyed(range, by, item.clone());
            self.frame_mut().path.pop();
            let key = key?;
            best = Some(match best {
                None => (num.clone(), key),
                Some((other, before)) => {
                    let takes = self.beyond(range, how, &key, &before)?;
                    let value = self.one_or_other(range, &takes, num, &other)?;
                    (value, self.one_or_other(range, &takes, &key, &before)?)
                }
            });
        }
        Ok(best.map_or(Val::None, |it| Val::Num(it.0)))
    }

    /// An element comes to the one that was first so far, by what its key says.
    pub(crate) fn further_by(&mut self, range: TextRange, how: Fold, value: &Val) -> Result<bool> {
        let held = |it: &Self, name: &str| it.frame().env.get(name).map(|it| it.value.clone());
        let Some(by) = held(self, BY) else { return Ok(false) };
        let (Val::Num(num), Some(Val::Num(best)), Some(Val::Num(before)), Some(Val::Num(some))) =
            (value, held(self, FOLD), held(self, KEY), held(self, SOME))
        else {
            let message = format!("{} of {}", how.name(), value.describe());
            return Err(self.refuse(range, message, "give it numbers"));
        };
        let key = self.keyed(range, &by, value.clone())?;
        let beyond = self.beyond(range, how, &key, &before)?;
        let first = self.b.not(some.re);
        let takes = self.b.or(first, beyond.re);
        let takes = Num { re: takes, known: None, ..beyond };
        let value = self.one_or_other(range, &takes, num, &best)?;
        let key = self.one_or_other(range, &takes, &key, &before)?;
        let some = self.boolean(true);
        for (name, it) in [(FOLD, value), (KEY, key), (SOME, some)] {
            self.set(&Name::new(name), Val::Num(it));
        }
        Ok(true)
    }

    fn beyond(&mut self, range: TextRange, how: Fold, key: &Num, before: &Num) -> Result<Num> {
        let op = if how == Fold::Least { CmpOp::Lt } else { CmpOp::Gt };
        self.compare(range, op, &Val::Num(key.clone()), &Val::Num(before.clone()))
    }

    fn one_or_other(
        &mut self,
        range: TextRange,
        takes: &Num,
        one: &Num,
        other: &Num,
    ) -> Result<Num> {
        let ty = one.ty.meet(other.ty);
        if ty.dtype.is_complex() {
            let hint = "write the loop: `if f(x) < f(best): best = x`";
            return Err(self.refuse(range, "key= over complex numbers", hint));
        }
        let (x, y) = (self.to(one, ty).re, self.to(other, ty).re);
        let natural = one.natural && other.natural;
        let re = self.b.select(takes.re, x, y);
        Ok(Num { ty, re, im: None, known: None, natural })
    }
}
