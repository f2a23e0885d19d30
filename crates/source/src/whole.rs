//! Whole arrays in expressions: what is computed for each element, written once its result is stored.

use std::rc::Rc;
use std::sync::Arc;

use ir::{For, If, Statement, Value};
use memory::DType;
use ruff_python_ast::{CmpOp, Operator, UnaryOp};
use ruff_text_size::TextRange;

use crate::Unit;
use crate::gather::Pick;
use crate::lower::{Lowerer, RaiseKind, Result};
use crate::value::{At, Num, NumType, Val, View};

/// One axis of an expression over arrays.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Extent {
    pub(crate) length: Value,
    pub(crate) known: Option<i64>,
    /// The lengths that are broadcast to it, each once; not those that are known to be 1.
    pub(crate) parts: Vec<Value>,
}

/// An expression over whole arrays that is not computed yet.
#[derive(Clone, Debug)]
pub(crate) struct Lazy {
    pub(crate) axes: Vec<Extent>,
    pub(crate) node: Rc<Node>,
}

/// What an element is made of.
#[derive(Debug)]
pub(crate) enum Node {
    View(View),
    Num(Num),
    /// The index along an axis, counted from the last one.
    Index(usize, Extent),
    /// Anything.
    Empty(NumType),
    /// The element of an array that arrays of integers name.
    Pick(Pick),
    Apply(What, Vec<Rc<Node>>, (Arc<Unit>, TextRange)),
}

/// What makes one number of some.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Binary(Operator),
    Compare(CmpOp),
    Unary(UnaryOp),
    Call(String),
    Where,
    Cast(DType),
    Real,
    Imag,
}

/// The element that is computed: its index, and whether no axis is stretched.
pub(crate) struct Spot<'s> {
    pub(crate) index: &'s [Value],
    pub(crate) axes: &'s [Extent],
    pub(crate) fast: bool,
}

/// Writes something for an index.
pub(crate) type Body<'w, 'l> = &'w mut dyn FnMut(&mut Lowerer<'l>, &[Value]) -> Result<()>;

impl Extent {
    pub(crate) fn new(length: Value, known: Option<i64>) -> Self {
        let parts = if known == Some(1) { Vec::new() } else { vec![length] };
        Self { length, known, parts }
    }
}

impl Node {
    /// The views that are read.
    pub(crate) fn views<'n>(&'n self, into: &mut Vec<&'n View>) {
        match self {
            Self::View(view) => into.push(view),
            Self::Pick(pick) => pick.views(into),
            Self::Apply(_, of, _) => of.iter().for_each(|it| it.views(into)),
            _ => {}
        }
    }
}

impl Node {
    /// Whether elements of an array are read that arrays name.
    pub(crate) fn picks(&self, array: usize) -> bool {
        match self {
            Self::Pick(pick) => pick.reads(array),
            Self::Apply(_, of, _) => of.iter().any(|it| it.picks(array)),
            _ => false,
        }
    }
}

/// Whether a value is an array, or an expression over some.
pub(crate) fn is_array(value: &Val) -> bool {
    matches!(value, Val::View(_) | Val::Lazy(_))
}

pub(crate) fn extents(view: &View) -> Vec<Extent> {
    view.axes.iter().map(|it| Extent::new(it.length, it.known)).collect()
}

impl<'l> Lowerer<'l> {
    /// An array as an expression.
    pub(crate) fn lazy(&mut self, range: TextRange, value: &Val) -> Result<Lazy> {
        Ok(match value {
            Val::Num(it) => Lazy { axes: Vec::new(), node: Rc::new(Node::Num(it.clone())) },
            Val::View(it) if it.axes.is_empty() => {
                let element = self.current(it);
                return self.lazy(range, &element);
            }
            Val::View(it) => Lazy { axes: extents(it), node: Rc::new(Node::View(it.clone())) },
            Val::Lazy(it) => it.clone(),
            Val::Tuple(_) => {
                let made = self.array_of(range, value)?;
                return self.lazy(range, &made);
            }
            other => return Err(self.no_number(range, other)),
        })
    }

    /// Something for each element of arrays and numbers.
    pub(crate) fn apply(&mut self, range: TextRange, what: What, of: &[Val]) -> Result<Val> {
        let lazy = self.apply_to(range, what, of, None)?;
        if lazy.axes.is_empty() {
            let spot = Spot { index: &[], axes: &[], fast: true };
            return self.element_of(&lazy.node, &spot).map(Val::Num);
        }
        Ok(Val::Lazy(lazy))
    }

    /// The same, for an array that it is stored to.
    pub(crate) fn apply_to(
        &mut self,
        range: TextRange,
        what: What,
        of: &[Val],
        out: Option<&[Extent]>,
    ) -> Result<Lazy> {
        let mut nodes = Vec::new();
        let mut shapes = Vec::new();
        for it in of {
            let lazy = self.lazy(range, it)?;
            nodes.push(lazy.node);
            shapes.push(lazy.axes);
        }
        let axes = self.broadcast(range, &shapes, out)?;
        for (node, own) in nodes.iter_mut().zip(&shapes) {
            // What is long to compute is not computed again for each row that it is stretched to.
            let skip = axes.len() - own.len();
            let single = |(at, it): (usize, &Extent)| {
                it.known == Some(1) && axes[skip + at].known != Some(1)
            };
            let again = skip > 0 || own.iter().enumerate().any(single);
            if again && !own.is_empty() && Self::heavy(node) {
                let lazy = Lazy { axes: own.clone(), node: node.clone() };
                *node = Rc::new(Node::View(self.computed(range, &lazy, None)?));
            }
        }
        let site = (self.frame().unit.clone(), range);
        Ok(Lazy { axes, node: Rc::new(Node::Apply(what, nodes, site)) })
    }

    /// The shape that shapes are broadcast to; `out` is named last in the message.
    pub(crate) fn broadcast(
        &mut self,
        range: TextRange,
        shapes: &[Vec<Extent>],
        out: Option<&[Extent]>,
    ) -> Result<Vec<Extent>> {
        let text = "operands could not be broadcast together with shapes ";
        self.broadcast_or(range, shapes, out, ("ValueError", text))
    }

    /// The same, with another exception where they do not fit.
    pub(crate) fn broadcast_or(
        &mut self,
        range: TextRange,
        shapes: &[Vec<Extent>],
        out: Option<&[Extent]>,
        (class, text): (&'static str, &str),
    ) -> Result<Vec<Extent>> {
        let rank = shapes.iter().map(Vec::len).max().unwrap_or(0);
        let mut holds: Option<Value> = None;
        let mut axes = Vec::new();
        for back in (1..=rank).rev() {
            let mut found: Option<Extent> = None;
            for shape in shapes {
                let Some(next) = shape.len().checked_sub(back).map(|at| shape[at].clone()) else {
                    continue;
                };
                let Some(here) = found else {
                    found = Some(next);
                    continue;
                };
                let within = |a: &Extent, b: &Extent| {
                    a.parts.iter().all(|&it| b.parts.iter().any(|&other| self.as_long(it, other)))
                };
                found = Some(if next.known == Some(1) || within(&next, &here) {
                    here
                } else if here.known == Some(1) || within(&here, &next) {
                    next
                } else {
                    let one = self.b.constant(1i64);
                    let same = self.b.eq(here.length, next.length);
                    let first = self.b.eq(here.length, one);
                    let second = self.b.eq(next.length, one);
                    let either = self.b.or(first, second);
                    let fits = self.b.or(same, either);
                    holds = Some(match holds {
                        None => fits,
                        Some(other) => self.b.and(other, fits),
                    });
                    let length = self.b.select(first, next.length, here.length);
                    let mut parts = here.parts.clone();
                    parts.extend(next.parts.iter().filter(|it| !here.parts.contains(it)));
                    Extent { length, known: None, parts }
                });
            }
            axes.extend(found);
        }
        if let Some(holds) = holds {
            let mut text = text.to_owned();
            let mut words = Vec::new();
            for shape in shapes.iter().map(Vec::as_slice).chain(out) {
                text.push_str(&shown(shape, &mut words));
                text.push(' ');
            }
            self.noted(holds, range, class, text, &words);
        }
        Ok(axes)
    }

    /// A check whose message has numbers of the run in place of each `{}`.
    pub(crate) fn noted(
        &mut self,
        holds: Value,
        range: TextRange,
        class: &'static str,
        text: String,
        words: &[Value],
    ) {
        if self.parallel > 0 || words.len() > crate::lower::NOTES {
            // Turns would write over each other's numbers.
            let text = match text.split_once("{}") {
                Some((before, _)) => unsaid(before),
                None => text,
            };
            self.check(holds, range, RaiseKind::Builtin(class, text));
            return;
        }
        let notes = self.notes();
        self.b.open(&[]);
        let then = self.b.close(&[]);
        self.b.open(&[]);
        for (place, &word) in words.iter().enumerate() {
            let at = self.b.constant(place as i64);
            self.b.store(notes, &[at], word);
        }
        let otherwise = self.b.close(&[]);
        self.b.push(Statement::If(If { condition: holds, then, otherwise, results: Vec::new() }));
        self.check(holds, range, RaiseKind::Noted(class, text));
    }

    /// The condition under which no axis is stretched; none where that is known.
    pub(crate) fn unstretched(&mut self, axes: &[Extent]) -> Option<Value> {
        let mut all: Option<Value> = None;
        for axis in axes {
            for &part in axis.parts.get(1..).unwrap_or_default() {
                let same = self.b.eq(axis.parts[0], part);
                all = Some(match all {
                    None => same,
                    Some(other) => self.b.and(other, same),
                });
            }
        }
        all
    }

    /// An index along an axis of the result as one along an axis that may be stretched to it.
    fn along(&mut self, index: Value, own: &Extent, result: &Extent, fast: bool) -> Value {
        if own.known == Some(1) && result.known != Some(1) {
            return self.b.constant(0i64);
        }
        if fast || result.parts.len() < 2 {
            return index;
        }
        self.stretched(index, own.length)
    }

    /// An index along an axis that is stretched if it has one element.
    pub(crate) fn stretched(&mut self, index: Value, length: Value) -> Value {
        let (zero, one) = (self.b.constant(0i64), self.b.constant(1i64));
        let single = self.b.eq(length, one);
        let factor = self.b.select(single, zero, one);
        self.b.mul(index, factor)
    }

    /// An element of an expression.
    pub(crate) fn element_of(&mut self, node: &Node, spot: &Spot<'_>) -> Result<Num> {
        let rank = spot.index.len();
        Ok(match node {
            Node::Num(it) => it.clone(),
            Node::Empty(ty) => {
                let re = self.zero(ty.dtype.part());
                let im = ty.dtype.is_complex().then(|| self.zero(ty.dtype.part()));
                Num { ty: *ty, re, im, known: None, natural: false }
            }
            Node::Index(back, extent) => {
                let at = rank - 1 - back;
                let re = self.along(spot.index[at], extent, &spot.axes[at], spot.fast);
                self.natural(re)
            }
            Node::View(view) => {
                let skip = rank - view.axes.len();
                let mut map = Vec::new();
                for at in &view.map {
                    map.push(match at {
                        At::Fixed(it) => At::Fixed(*it),
                        At::Axis(axis) => {
                            let own = &view.axes[*axis];
                            let extent = Extent::new(own.length, own.known);
                            let place = skip + axis;
                            let index = spot.index[place];
                            let at = self.along(index, &extent, &spot.axes[place], spot.fast);
                            At::Fixed(self.moved(&view.axes[*axis], at))
                        }
                    });
                }
                let element = View { map, axes: Vec::new(), whole: false, ..view.clone() };
                match self.current(&element) {
                    Val::Num(it) => it,
                    other => return Err(self.no_number(self.here, &other)),
                }
            }
            Node::Pick(pick) => {
                let skip = rank - pick.axes.len();
                let mut own = Vec::new();
                for (place, axis) in pick.axes.iter().enumerate() {
                    let place = skip + place;
                    own.push(self.along(spot.index[place], axis, &spot.axes[place], spot.fast));
                }
                let element = self.named_element(pick, &own, (spot.fast, true))?;
                match self.current(&element) {
                    Val::Num(it) => it,
                    other => return Err(self.no_number(self.here, &other)),
                }
            }
            Node::Apply(what, of, (unit, range)) => {
                let mut numbers = Vec::new();
                for it in of {
                    numbers.push(self.element_of(it, spot)?);
                }
                let before = std::mem::replace(&mut self.frame_mut().unit, unit.clone());
                let found = self.applied(what, &numbers, *range);
                self.frame_mut().unit = before;
                found?
            }
        })
    }

    fn applied(&mut self, what: &What, of: &[Num], range: TextRange) -> Result<Num> {
        let first = &of[0];
        let value = match what {
            What::Binary(op) => return self.binary(range, *op, first, &of[1]),
            What::Compare(op) => {
                let found =
                    self.compare(range, *op, &Val::Num(first.clone()), &Val::Num(of[1].clone()))?;
                return Ok(self.to(&found, NumType::strong(DType::Bool)));
            }
            What::Unary(op) => self.unary(range, *op, &Val::Num(first.clone()))?,
            What::Call(name) => {
                let values: Vec<_> = of.iter().cloned().map(Val::Num).collect();
                self.named_numbers(range, name, &values)?
            }
            What::Where => {
                let test = self.truth(range, &Val::Num(first.clone()))?;
                return Ok(self.chosen(&test, &of[1], &of[2]));
            }
            What::Cast(dtype) => return Ok(self.to(first, NumType::strong(*dtype))),
            What::Real | What::Imag => {
                let ty = NumType { dtype: first.ty.dtype.part(), weak: first.ty.weak };
                let re = match (what, first.im) {
                    (What::Real, _) => first.re,
                    (_, Some(im)) => im,
                    _ => self.zero(ty.dtype),
                };
                return Ok(self.number(ty, re));
            }
        };
        match value {
            Val::Num(it) => Ok(it),
            other => Err(self.no_number(range, &other)),
        }
    }

    /// `np.where` of numbers.
    pub(crate) fn chosen(&mut self, test: &Num, x: &Num, y: &Num) -> Num {
        let ty = NumType::strong(x.ty.meet(y.ty).dtype);
        let (x, y) = (self.to(x, ty), self.to(y, ty));
        let re = self.b.select(test.re, x.re, y.re);
        let im = x.im.zip(y.im).map(|(x, y)| self.b.select(test.re, x, y));
        Num { ty, re, im, known: None, natural: false }
    }

    /// A loop over all points of a shape, on all cores where that may be.
    pub(crate) fn nest(&mut self, extents: &[Extent], body: Body<'_, 'l>) -> Result<()> {
        let parallel = self.parallel == 0 && !self.options.overlapping;
        self.nest_of(extents, parallel, body)
    }

    /// The same, in order or on all cores.
    pub(crate) fn nest_of(
        &mut self,
        extents: &[Extent],
        parallel: bool,
        body: Body<'_, 'l>,
    ) -> Result<()> {
        // What has one element is no loop.
        let single = |(place, it): (usize, &Extent)| place > 0 && it.known == Some(1);
        let loops: Vec<_> =
            extents.iter().enumerate().filter(|it| !single(*it)).map(|it| it.1.length).collect();
        let arguments = self.b.open(&vec![DType::I64; loops.len()]);
        let mut given = arguments.iter();
        let mut index = Vec::new();
        for it in extents.iter().enumerate() {
            let next = if single(it) { None } else { given.next().copied() };
            index.push(next.unwrap_or_else(|| self.b.constant(0i64)));
        }
        body(self, &index)?;
        let body = self.b.close(&[]);
        self.b.push(Statement::For(For {
            parallel,
            lanes: false,
            axes: loops.into_iter().map(ir::Axis::from).collect(),
            start: Vec::new(),
            body,
            results: Vec::new(),
        }));
        Ok(())
    }

    /// Write something twice: for arrays that fit as they are, and for those that are stretched.
    pub(crate) fn guarded(
        &mut self,
        condition: Option<Value>,
        write: &mut dyn FnMut(&mut Self, bool) -> Result<()>,
    ) -> Result<()> {
        let Some(condition) = condition else { return write(self, true) };
        self.b.open(&[]);
        write(self, true)?;
        let then = self.b.close(&[]);
        self.b.open(&[]);
        write(self, false)?;
        let otherwise = self.b.close(&[]);
        self.b.push(Statement::If(If { condition, then, otherwise, results: Vec::new() }));
        Ok(())
    }
}

/// The beginning of a message up to what numbers of the run would say.
fn unsaid(before: &str) -> String {
    let end = [" with shape", " from shape", ", with gufunc", " (", " with size", " index "]
        .iter()
        .filter_map(|it| before.find(it))
        .min()
        .unwrap_or(before.len());
    let told = before[..end].trim_end();
    format!("{told} (numbers are left out in prange)")
}

/// A shape in a message, as NumPy shows it; its numbers are words of the run.
pub(crate) fn shown(shape: &[Extent], words: &mut Vec<Value>) -> String {
    words.extend(shape.iter().map(|it| it.length));
    match shape {
        [_] => "({},)".to_owned(),
        _ => format!("({})", vec!["{}"; shape.len()].join(",")),
    }
}
