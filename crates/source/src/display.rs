//! Lists where arrays or tuples are made of them: `np.array([x, y])`, `np.array([f(i) for i in range(n)])`,
//! `for x in [1, 2, 3]`.
//!
//! A list that is written out is a tuple here. Of a comprehension an array is made, as long as its loops say.

use std::rc::Rc;

use ir::Value;
use memory::DType;
use ruff_python_ast::{Comprehension, Expr, name::Name};
use ruff_text_size::{Ranged, TextRange};

use crate::flow::{read_by, targets};
use crate::fold::{Fold, Lines, named};
use crate::lower::{Lowerer, Result};
use crate::step::{Names, Step};
use crate::value::{At, Num, NumType, Ty, Val, View};
use crate::whole::{Extent, Lazy, Node};

/// The array that elements are stored to.
const OUT: &str = "$out";
/// How many were.
const COUNT: &str = "$count";

/// A comprehension: its element, and its loops.
type Made<'a> = (&'a Expr, &'a [Comprehension]);

fn comprehension(expr: &Expr) -> Option<Made<'_>> {
    match expr {
        Expr::ListComp(it) => Some((&it.elt, &it.generators)),
        _ => None,
    }
}

/// Items of a list or tuple that is written out.
fn items(expr: &Expr) -> Option<&[Expr]> {
    match expr {
        Expr::List(it) => Some(&it.elts),
        Expr::Tuple(it) => Some(&it.elts),
        _ => None,
    }
}

impl Lowerer<'_> {
    /// A value that a loop runs over, or an array is made of: here a list may stand.
    pub(crate) fn sequence(&mut self, expr: &Expr) -> Result<Val> {
        match expr {
            Expr::List(it) => {
                let mut values = Vec::new();
                for item in &it.elts {
                    match item {
                        Expr::Starred(it) => match self.sequence(&it.value)? {
                            Val::Tuple(items) => values.extend(items),
                            _ => return self.expression(item),
                        },
                        item => values.push(self.sequence(item)?),
                    }
                }
                Ok(Val::Tuple(values.into()))
            }
            Expr::ListComp(_) => self.comprehended(expr),
            _ => self.expression(expr),
        }
    }

    /// The array that a comprehension makes.
    fn comprehended(&mut self, expr: &Expr) -> Result<Val> {
        let range = expr.range();
        let mut levels: Vec<&Comprehension> = Vec::new();
        let mut inner = Names::new();
        let mut element = expr;
        while let Some((next, loops)) = comprehension(element) {
            let [only] = loops else {
                let hint = "write one loop inside of another: [[f(i, j) for j in range(m)] for i in range(n)], or \
                            store to an array that np.empty makes";
                return Err(self.refuse(range, "a comprehension of several loops", hint));
            };
            if only.is_async {
                return Err(self.refuse(only.range, "`async for`", "write a plain loop"));
            }
            if read_by(&only.iter).iter().any(|it| inner.contains(it)) {
                let hint =
                    "rows of an array are of one length: store to an array that np.zeros makes";
                return Err(self.refuse(only.range, "a comprehension of rows that differ", hint));
            }
            targets(&only.target, &mut inner, &mut Names::new());
            levels.push(only);
            element = next;
        }
        let tests = levels.iter().any(|it| !it.ifs.is_empty());
        if tests && levels.len() > 1 {
            let hint = "rows of an array are of one length: store to an array that np.zeros makes";
            return Err(self.refuse(range, "a comprehension of rows with `if`", hint));
        }
        let (mut set, mut lengths) = (Vec::new(), Vec::new());
        let mut total = self.b.constant(1i64);
        for (place, it) in levels.iter().enumerate() {
            let value = self.sequence(&it.iter)?;
            let iter = self.iterated(it.iter.range(), value)?;
            let length = self.length(it.iter.range(), &iter)?;
            total = self.b.mul(total, length);
            lengths.push(Val::Num(self.natural(length)));
            set.push((Name::new(format!("$over{place}")), Val::Iter(Box::new(iter))));
        }
        // Elements that are tuples are rows.
        let width = items(element).map(<[Expr]>::len);
        if let Some(width) = width {
            let width = self.int(width as i64);
            total = self.b.mul(total, width.re);
            lengths.push(Val::Num(width));
        }
        let key = (
            self.frame().path.clone(),
            u64::from(u32::from(range.start())) | 1 << 46,
            COUNT.into(),
        );
        let dtype = match self.learned.joins.get(&key).map(|it| it.ty.clone()) {
            Some(Ty::Num(ty)) => ty.dtype,
            _ => DType::Bool,
        };
        let node = Rc::new(Node::Empty(NumType::strong(dtype)));
        let out = Lazy { axes: vec![Extent::new(total, None)], node };
        let out = self.computed(range, &out, None)?;
        let zero = Val::Num(self.int(0));
        set.push((Name::new(OUT), Val::View(out.clone())));
        set.push((Name::new(COUNT), zero));
        let mut lines = Lines::default();
        let mut line = lines.line(element.range(), Step::Fold(Fold::Store, element.clone()));
        for (place, it) in levels.iter().enumerate().rev() {
            let over = named(range, &format!("$over{place}"));
            line = lines.around(std::slice::from_ref(*it), &|_| Some(over.clone()), &[], line);
        }
        self.elements.push((key, range));
        let found = self.aside(range, vec![line], set, &inner, &[COUNT]);
        self.elements.pop();
        let env = found?;
        if tests {
            let count = env.get(&Name::new(COUNT)).map(|it| it.value.clone());
            let Some(Val::Num(count)) = count else { return Ok(Val::None) };
            let mut part = out;
            part.whole = false;
            part.axes[0].length = count.re;
            part.axes[0].known = None;
            return self.copied(range, &Val::View(part));
        }
        if lengths.len() == 1 {
            return Ok(Val::View(out));
        }
        self.reshaped(range, &Val::View(out), &Val::Tuple(lengths.into()))
    }

    /// Store an element of a comprehension.
    pub(crate) fn stored_next(&mut self, range: TextRange, value: &Val) -> Result<()> {
        let values = match value {
            Val::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        for value in values {
            let Val::Num(num) = &value else {
                let hint = "its elements are numbers, or tuples of numbers: store rows to an array that np.empty makes";
                let message = format!("a comprehension of {}", value.describe());
                return Err(self.refuse(range, message, hint));
            };
            if let Some((key, range)) = self.elements.last().cloned() {
                let changed =
                    self.meet(&key, &Ty::Num(NumType::strong(num.ty.dtype)), false, range)?;
                self.learned.again |= changed;
            }
            let held = |it: &Self, name: &str| it.frame().env.get(name).map(|it| it.value.clone());
            let (Some(Val::View(out)), Some(Val::Num(count))) =
                (held(self, OUT), held(self, COUNT))
            else {
                return Ok(());
            };
            let element = at(&out, count.re);
            let num = self.to(num, NumType::strong(out.dtype));
            self.store(range, &element, &num)?;
            let one = self.b.constant(1i64);
            let next = self.b.add(count.re, one);
            let next = Val::Num(self.natural(next));
            self.set(&Name::new(COUNT), next);
        }
        Ok(())
    }

    /// The array of a tuple of numbers, of arrays, or of such tuples.
    pub(crate) fn array_of(&mut self, range: TextRange, value: &Val) -> Result<Val> {
        let mut shape = Vec::new();
        let mut flat = Vec::new();
        self.flattened(range, value, 0, &mut shape, &mut flat)?;
        let mut found: Option<DType> = None;
        for it in &flat {
            let own = it.ty.dtype;
            found = Some(found.map_or(own, |other| memory::promote(other, own)));
        }
        let dtype = found.unwrap_or(DType::F64);
        let mut axes = Vec::new();
        for &it in &shape {
            let length = self.b.constant(it as i64);
            axes.push(Extent::new(length, Some(it as i64)));
        }
        let strong = NumType::strong(dtype);
        let lazy = Lazy { axes, node: Rc::new(Node::Empty(strong)) };
        let out = self.computed(range, &lazy, None)?;
        for (place, num) in flat.iter().enumerate() {
            let mut left = place;
            let mut index = vec![self.b.constant(0i64); shape.len()];
            for axis in (0..shape.len()).rev() {
                index[axis] = self.b.constant((left % shape[axis]) as i64);
                left /= shape[axis];
            }
            let mut map = out.map.clone();
            for at in &mut map {
                if let At::Axis(axis) = at {
                    *at = At::Fixed(index[*axis]);
                }
            }
            let element = View { map, axes: Vec::new(), whole: false, ..out.clone() };
            let num: Num = self.to(num, strong);
            self.store(range, &element, &num)?;
        }
        Ok(Val::View(out))
    }

    fn flattened(
        &mut self,
        range: TextRange,
        value: &Val,
        depth: usize,
        shape: &mut Vec<usize>,
        flat: &mut Vec<Num>,
    ) -> Result<()> {
        match value {
            Val::Num(it) if depth == shape.len() => {
                flat.push(it.clone());
                Ok(())
            }
            Val::Tuple(items) => {
                // The first one on each level says how long all are.
                if flat.is_empty() && depth == shape.len() {
                    shape.push(items.len());
                }
                if shape.get(depth) != Some(&items.len()) {
                    let hint = "NumPy refuses it too: rows have one length";
                    return Err(self.refuse(range, "an array of rows that differ", hint));
                }
                for it in items {
                    self.flattened(range, it, depth + 1, shape, flat)?;
                }
                Ok(())
            }
            Val::Num(_) => {
                let hint = "NumPy refuses it too: rows have one length";
                Err(self.refuse(range, "an array of rows and numbers", hint))
            }
            other => {
                let message = format!("an array of {}", other.describe());
                let hint =
                    "write np.stack((x, y)) for arrays; numbers may stand in lists and tuples";
                Err(self.refuse(range, message, hint))
            }
        }
    }
}

/// The element of an array of one axis.
fn at(view: &View, index: Value) -> View {
    let map = view
        .map
        .iter()
        .map(|it| match it {
            At::Axis(_) => At::Fixed(index),
            fixed @ At::Fixed(_) => *fixed,
        })
        .collect();
    View { map, axes: Vec::new(), whole: false, ..view.clone() }
}
