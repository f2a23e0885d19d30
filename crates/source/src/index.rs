//! Elements and views of arrays.

use ir::Value;
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

use crate::lower::{Lowerer, RaiseKind, Result};
use crate::value::{At, Axis, Known, Num, NumType, Val, View};
use crate::whole::is_array;

/// One part of an index.
pub(crate) enum Part<'e> {
    At(Num, TextRange),
    Slice(&'e ruff_python_ast::ExprSlice),
    New,
    Rest,
    /// Elements that an array names or chooses.
    Array(Val, TextRange),
}

/// What an index makes of an axis.
enum New {
    Fixed(Value),
    Moved(usize),
}

/// More than any axis is long; so no position wraps.
pub(crate) const LONGEST: i64 = 1 << 60;

impl Lowerer<'_> {
    /// An index as it counts from the front, checked against the length of its axis.
    pub(crate) fn place(
        &mut self,
        range: TextRange,
        index: &Num,
        length: Value,
        axis: usize,
    ) -> Result<Value> {
        if !index.ty.dtype.is_integer() {
            let message = format!("an index is {}, not an integer", index.ty.name());
            let hint = "convert it with int(x)";
            return Err(self.refuse(range, message, hint));
        }
        let index = self.to_index(index);
        let negative = matches!(index.known, Some(Known::Int(it)) if it < 0);
        if !self.options.boundscheck {
            return Ok(if negative { self.b.add(index.re, length) } else { index.re });
        }
        let zero = self.b.constant(0i64);
        let at = if index.natural {
            index.re
        } else {
            let below = self.b.lt(index.re, zero);
            let sum = self.b.add(index.re, length);
            self.b.select(below, sum, index.re)
        };
        let above = self.b.ge(at, zero);
        let below = self.b.lt(at, length);
        let inside = self.b.and(above, below);
        self.check(inside, range, RaiseKind::Index(axis));
        Ok(at)
    }

    /// A tuple's item, or an element or view of an array.
    pub(crate) fn subscript(&mut self, range: TextRange, value: &Val, index: &Expr) -> Result<Val> {
        match value {
            Val::Tuple(items) => self.item(range, items, index),
            Val::View(view) => {
                let parts = self.index_parts(index)?;
                if parts.iter().any(|it| matches!(it, Part::Array(..))) {
                    return self.picked(range, view, parts);
                }
                let view = self.viewed(index.range(), view, parts)?;
                Ok(self.loaded(view))
            }
            Val::Lazy(_) => {
                let settled = self.settled(range, value.clone(), None)?;
                self.subscript(range, &settled, index)
            }
            Val::Rngs(rngs) => self.one_of(rngs, index),
            other => {
                let message = format!("an index of {}", other.describe());
                Err(self.refuse(range, message, "index arrays and tuples"))
            }
        }
    }

    fn item(&mut self, range: TextRange, items: &[Val], index: &Expr) -> Result<Val> {
        let length = items.len() as i64;
        if let Expr::Slice(it) = index {
            let mut bounds = [None, None, None];
            for (bound, expr) in bounds.iter_mut().zip([&it.lower, &it.upper, &it.step]) {
                let Some(expr) = expr else { continue };
                match self.expression(expr)? {
                    Val::Num(Num { known: Some(Known::Int(it)), .. }) => *bound = Some(it),
                    _ => {
                        let hint = "write numbers into the slice";
                        return Err(self.refuse(
                            expr.range(),
                            "a slice of a tuple that varies",
                            hint,
                        ));
                    }
                }
            }
            let fix = |it: i64| if it < 0 { (it + length).max(0) } else { it.min(length) };
            let [begin, end, step] = bounds;
            if step.is_some_and(|it| it != 1) {
                return Err(self.refuse(range, "a slice of a tuple with a step", "name the items"));
            }
            let begin = begin.map_or(0, fix) as usize;
            let end = (end.map_or(length, fix) as usize).max(begin);
            return Ok(Val::Tuple(items[begin..end].to_vec().into()));
        }
        let place = self.expression(index)?;
        let Val::Num(num) = place else {
            return Err(self.refuse(index.range(), "an index of a tuple that is no int", ""));
        };
        if !num.ty.dtype.is_integer() && num.ty != NumType::BOOL {
            let message = format!("an index of a tuple is {}, not an integer", num.ty.name());
            return Err(self.refuse(index.range(), message, "convert it with int(x)"));
        }
        if let Some(Known::Int(at)) = num.known {
            let at = if at < 0 { at + length } else { at };
            return match usize::try_from(at).ok().and_then(|at| items.get(at)) {
                Some(item) => Ok(item.clone()),
                None => {
                    let message = format!("index {at} of a tuple of {length}");
                    Err(self.refuse(index.range(), message, "a tuple ends where it ends"))
                }
            };
        }
        let Some(mut ty) = items.first().map(crate::value::Ty::of) else {
            return Err(self.refuse(range, "an index of an empty tuple", ""));
        };
        for item in items {
            ty = match ty.unify(&crate::value::Ty::of(item)) {
                Some(ty @ crate::value::Ty::Num(_)) => ty,
                _ => {
                    let hint = "use constant indices, or an array";
                    let message = "an index that varies of a tuple of different things";
                    return Err(self.refuse(index.range(), message, hint));
                }
            };
        }
        let crate::value::Ty::Num(ty) = ty else { return Ok(Val::None) };
        let whole = self.b.constant(length);
        let num = self.to_index(&num);
        let zero = self.b.constant(0i64);
        let below = self.b.lt(num.re, zero);
        let sum = self.b.add(num.re, whole);
        let at = self.b.select(below, sum, num.re);
        let above = self.b.ge(at, zero);
        let under = self.b.lt(at, whole);
        let inside = self.b.and(above, under);
        self.check(inside, index.range(), RaiseKind::Like("()[0]"));
        let mut found: Option<Num> = None;
        for (place, item) in items.iter().enumerate() {
            let Val::Num(item) = item else { continue };
            let item = self.to(item, ty);
            found = Some(match found {
                None => item,
                Some(other) => {
                    let here = self.b.constant(place as i64);
                    let same = self.b.eq(at, here);
                    let re = self.b.select(same, item.re, other.re);
                    let im = item.im.zip(other.im).map(|(x, y)| self.b.select(same, x, y));
                    Num { ty, re, im, known: None, natural: false }
                }
            });
        }
        Ok(found.map_or(Val::None, Val::Num))
    }

    /// The parts of an index, with their values.
    pub(crate) fn index_parts<'e>(&mut self, index: &'e Expr) -> Result<Vec<Part<'e>>> {
        let single = std::slice::from_ref(index);
        let parts: &[Expr] = match index {
            Expr::Tuple(it) => &it.elts,
            _ => single,
        };
        // Values first, in the order of the source; a name may stand for a tuple.
        let mut found = Vec::new();
        for part in parts {
            let range = part.range();
            match part {
                Expr::Slice(it) => found.push(Part::Slice(it)),
                Expr::EllipsisLiteral(_) => found.push(Part::Rest),
                Expr::NoneLiteral(_) => found.push(Part::New),
                _ => match self.listed(part)? {
                    Val::Num(it) => found.push(Part::At(it, range)),
                    Val::None => found.push(Part::New),
                    Val::Tuple(items) if parts.len() == 1 => {
                        for item in items {
                            found.push(match item {
                                Val::Num(it) => Part::At(it, range),
                                Val::None => Part::New,
                                it if is_array(&it) => Part::Array(it, range),
                                _ => {
                                    let hint = "index with ints, slices and arrays";
                                    return Err(self.refuse(range, "this index", hint));
                                }
                            });
                        }
                    }
                    it if is_array(&it) => found.push(Part::Array(it, range)),
                    other => {
                        let message = format!("an index that is {}", other.describe());
                        let hint = "index with ints, slices, and arrays of ints or bools";
                        return Err(self.refuse(range, message, hint));
                    }
                },
            }
        }
        Ok(found)
    }

    /// A part of an index; a list is an array.
    fn listed(&mut self, part: &Expr) -> Result<Val> {
        match part {
            Expr::List(_) => {
                let items = self.sequence(part)?;
                self.array_of(part.range(), &items)
            }
            Expr::ListComp(_) => self.sequence(part),
            other => self.expression(other),
        }
    }

    /// The view that an index without arrays makes of a view.
    pub(crate) fn viewed(
        &mut self,
        range: TextRange,
        view: &View,
        mut found: Vec<Part<'_>>,
    ) -> Result<View> {
        let used = found.iter().filter(|it| matches!(it, Part::At(..) | Part::Slice(_))).count();
        let rank = view.axes.len();
        if used > rank {
            let message = format!("{used} indices for an array of {rank} dimensions");
            return Err(self.refuse(range, message, "give at most one for each dimension"));
        }
        if found.iter().filter(|it| matches!(it, Part::Rest)).count() > 1 {
            return Err(self.refuse(range, "several `...` in an index", "write one"));
        }
        if !found.iter().any(|it| matches!(it, Part::Rest)) {
            found.push(Part::Rest);
        }
        // Each old axis becomes fixed, or an axis of the new view.
        let mut axes: Vec<Axis> = Vec::new();
        let mut fate = Vec::new();
        let mut old = 0;
        for part in found {
            match part {
                Part::At(num, range) => {
                    let at = self.place(range, &num, view.axes[old].length, old)?;
                    fate.push(New::Fixed(at));
                    old += 1;
                }
                Part::Slice(it) => {
                    let axis = self.sliced(it, &view.axes[old], view.home.is_some())?;
                    fate.push(New::Moved(axes.len()));
                    axes.push(axis);
                    old += 1;
                }
                Part::New | Part::Array(..) => {
                    let length = self.b.constant(1i64);
                    axes.push(Axis { length, known: Some(1), begin: None, step: None });
                }
                Part::Rest => {
                    for axis in &view.axes[old..old + rank - used] {
                        fate.push(New::Moved(axes.len()));
                        axes.push(axis.clone());
                    }
                    old += rank - used;
                }
            }
        }
        let mut map = Vec::new();
        for at in &view.map {
            map.push(match at {
                At::Fixed(it) => At::Fixed(*it),
                At::Axis(axis) => match fate[*axis] {
                    New::Fixed(at) => At::Fixed(self.moved(&view.axes[*axis], at)),
                    New::Moved(to) => At::Axis(to),
                },
            });
        }
        Ok(View { map, axes, whole: false, ..view.clone() })
    }

    /// Where element `at` of an axis lies along the buffer's axis.
    pub(crate) fn moved(&mut self, axis: &Axis, at: Value) -> Value {
        let moved = match axis.step {
            None => at,
            Some(step) => self.b.mul(at, step),
        };
        match axis.begin {
            None => moved,
            Some(begin) => self.b.add(begin, moved),
        }
    }

    /// A slice of an axis, as `slice.indices` says it.
    pub(crate) fn sliced(
        &mut self,
        slice: &ruff_python_ast::ExprSlice,
        axis: &Axis,
        bounded: bool,
    ) -> Result<Axis> {
        let range = slice.range;
        let mut bounds = [None, None, None];
        for (bound, expr) in bounds.iter_mut().zip([&slice.lower, &slice.upper, &slice.step]) {
            let Some(expr) = expr else { continue };
            match self.expression(expr)? {
                Val::None => {}
                Val::Num(it) if it.ty.dtype.is_integer() => {
                    *bound = Some(self.to_index(&it));
                }
                other => {
                    let message = format!("a slice with {}", other.describe());
                    return Err(self.refuse(expr.range(), message, "use ints"));
                }
            }
        }
        let [begin, end, step] = bounds;
        let step = match step {
            None => 1,
            // Beyond the length of every array all steps are the same.
            Some(Num { known: Some(Known::Int(it)), .. }) if it != 0 => it.clamp(-LONGEST, LONGEST),
            Some(it) => {
                return Ok(self.sliced_by(
                    range,
                    axis,
                    [begin.as_ref(), end.as_ref()],
                    &it,
                    bounded,
                ));
            }
        };
        if begin.is_none() && end.is_none() && step == 1 {
            return Ok(axis.clone());
        }
        if step == 1
            && let Some((front, back)) = cut(begin.as_ref(), end.as_ref())
        {
            return Ok(self.shortened(axis, front, back, bounded));
        }
        let length = axis.length;
        let zero = self.b.constant(0i64);
        let one = self.b.constant(1i64);
        let (low, high) = if step > 0 {
            (zero, length)
        } else {
            (self.b.constant(-1i64), self.b.sub(length, one))
        };
        let (first, last) = if step > 0 { (zero, length) } else { (high, low) };
        let begin = begin.map_or(first, |it| self.clamped(&it, length, low, high));
        let end = end.map_or(last, |it| self.clamped(&it, length, low, high));
        let way = if step > 0 { self.b.sub(end, begin) } else { self.b.sub(begin, end) };
        let size = step.abs();
        let count = if size == 1 {
            way
        } else {
            let more = self.b.constant(size - 1);
            let raised = self.b.add(way, more);
            let size = self.b.constant(size);
            self.b.floor_div(raised, size)
        };
        let count = self.b.max(count, zero);
        // Of arrays whose length varies, it is said in words that `size.rs` knows.
        let count = if bounded { self.b.min(count, length) } else { count };
        // The axis may be a slice itself.
        let start = self.moved(axis, begin);
        let by = self.b.constant(step);
        let by = match axis.step {
            None => by,
            Some(old) => self.b.mul(old, by),
        };
        let step = (step != 1 || axis.step.is_some()).then_some(by);
        Ok(Axis { length: count, known: None, begin: Some(start), step })
    }

    /// An axis without so many elements at its ends. That slices such as `x[2:]`, `x[:-2]` and `x[1:-1]`
    /// are as long is then plain to see.
    fn shortened(&mut self, axis: &Axis, front: i64, back: i64, bounded: bool) -> Axis {
        let zero = self.b.constant(0i64);
        let less = self.b.constant(front + back);
        let count = self.b.sub(axis.length, less);
        let count = self.b.max(count, zero);
        let count = if bounded { self.b.min(count, axis.length) } else { count };
        self.shorter.insert(count, (axis.length, front + back));
        let front = self.b.constant(front);
        let begin = self.moved(axis, front);
        Axis { length: count, known: None, begin: Some(begin), step: axis.step }
    }

    /// Whether two lengths are known to be the same.
    pub(crate) fn as_long(&self, one: Value, other: Value) -> bool {
        let shorter = |it: Value| self.shorter.get(&it);
        one == other || shorter(one).is_some_and(|it| Some(it) == shorter(other))
    }

    /// The part of a view at a place of its first axis, which is known to be inside.
    pub(crate) fn element(&mut self, view: &View, at: Value) -> Val {
        let at = self.moved(&view.axes[0], at);
        let map = view
            .map
            .iter()
            .map(|it| match it {
                At::Axis(0) => At::Fixed(at),
                At::Axis(axis) => At::Axis(axis - 1),
                At::Fixed(it) => At::Fixed(*it),
            })
            .collect();
        self.loaded(View { map, axes: view.axes[1..].to_vec(), whole: false, ..view.clone() })
    }

    /// A view without axes is its element.
    fn loaded(&mut self, view: View) -> Val {
        if !view.axes.is_empty() {
            return Val::View(view);
        }
        let mut index = fixed(&view);
        if !view.dtype.is_complex() {
            let re = self.b.load(view.buffer, &index);
            self.touch(view.buffer, &index, re, false);
            return Val::Num(self.number(NumType::strong(view.dtype), re));
        }
        let [first, second] = [0i64, 1].map(|part| self.b.constant(part));
        index.push(first);
        let re = self.b.load(view.buffer, &index);
        self.touch(view.buffer, &index, re, false);
        let last = index.len() - 1;
        index[last] = second;
        let im = Some(self.b.load(view.buffer, &index));
        let ty = NumType::strong(view.dtype);
        Val::Num(Num { ty, re, im, known: None, natural: false })
    }

    /// Note where an element is read or written, for messages about races.
    fn touch(&mut self, buffer: ir::Buffer, index: &[Value], value: Value, stores: bool) {
        self.meets(buffer, index, stores);
        if self.parallel > 0 {
            let site = (self.frame().unit.clone(), self.here);
            self.touched.push(((buffer, index.to_vec(), value), site));
        }
    }

    /// Store a number to the element that a view without axes is.
    pub(crate) fn store(&mut self, range: TextRange, view: &View, num: &Num) -> Result<()> {
        if !self.writable[view.array] {
            let never = self.b.constant(false);
            self.value_error(never, range, "assignment destination is read-only");
            return Ok(());
        }
        if view.home.is_none() && self.learned.written.insert(view.array) {
            self.learned.again = true;
        }
        self.stored.push(view.array);
        let num = self.to_element(range, num, view.dtype)?;
        let mut index = fixed(view);
        let Some(im) = num.im else {
            self.b.store(view.buffer, &index, num.re);
            self.touch(view.buffer, &index, num.re, true);
            return Ok(());
        };
        let [first, second] = [0i64, 1].map(|part| self.b.constant(part));
        index.push(first);
        self.b.store(view.buffer, &index, num.re);
        self.touch(view.buffer, &index, num.re, true);
        let last = index.len() - 1;
        index[last] = second;
        self.b.store(view.buffer, &index, im);
        Ok(())
    }

    /// The array whose items are assigned; refuses all but views.
    pub(crate) fn assigned_array(
        &mut self,
        target: &ruff_python_ast::ExprSubscript,
    ) -> Result<View> {
        match self.expression(&target.value)? {
            Val::View(view) => Ok(view),
            other => {
                let message = format!("an item of {} is assigned", other.describe());
                Err(self.refuse(target.range, message, "assign elements of arrays"))
            }
        }
    }

    /// Assign to an element, or the same number to all elements of a view, or from another view.
    pub(crate) fn assign_view(&mut self, range: TextRange, view: &View, value: &Val) -> Result<()> {
        self.changes(range, view)?;
        match value {
            Val::Num(it) if view.axes.is_empty() => {
                let it = self.to_stored(range, it, view.dtype)?;
                self.store(range, view, &it)
            }
            Val::Num(_) | Val::View(_) | Val::Lazy(_) => {
                let lazy = self.lazy(range, value)?;
                if view.axes.is_empty() {
                    return self.assign_single(range, view, &lazy);
                }
                self.assign_lazy(range, view, &lazy, false)
            }
            Val::Tuple(items) => self.assign_tuple(range, view, items),
            other => {
                if let Val::Large(it) = other
                    && let Some(num) = self.large(*it, view.dtype)
                {
                    return self.assign_view(range, view, &Val::Num(num));
                }
                let message = format!("{} is assigned to elements of an array", other.describe());
                let hint = "assign numbers and arrays";
                Err(self.refuse(range, message, hint))
            }
        }
    }

    /// An array of one element to an element.
    fn assign_single(
        &mut self,
        range: TextRange,
        view: &View,
        lazy: &crate::whole::Lazy,
    ) -> Result<()> {
        if lazy.axes.iter().any(|it| it.known != Some(1)) {
            let hint = "assign a number: `a[i] = b[j]`, or to a slice: `a[i:j] = b`";
            return Err(self.refuse(range, "an array is assigned to one element", hint));
        }
        let zero = self.b.constant(0i64);
        let index = vec![zero; lazy.axes.len()];
        let spot = crate::whole::Spot { index: &index, axes: &lazy.axes, fast: true };
        let num = self.element_of(&lazy.node, &spot)?;
        self.store(range, view, &num)
    }

    /// The element that a view without axes is.
    pub(crate) fn current(&mut self, view: &View) -> Val {
        self.loaded(view.clone())
    }
}

/// How many elements a slice leaves out at the front and at the back, where these are numbers.
fn cut(begin: Option<&Num>, end: Option<&Num>) -> Option<(i64, i64)> {
    let number = |bound: Option<&Num>| match bound.map(|it| it.known) {
        None => Some(0),
        Some(Some(Known::Int(it))) => Some(it),
        Some(_) => None,
    };
    let (front, back) = (number(begin)?, number(end)?);
    let fits = (0..LONGEST).contains(&front)
        && (-LONGEST..=0).contains(&back)
        && (back < 0 || end.is_none());
    fits.then_some((front, -back))
}

fn fixed(view: &View) -> Vec<Value> {
    let at = |it: &At| match it {
        At::Fixed(it) => Some(*it),
        At::Axis(_) => None,
    };
    view.map.iter().filter_map(at).collect()
}
