//! Arrays as indices: which elements arrays of integers name, together with ints and slices.

use std::rc::Rc;

use ir::Value;
use memory::DType;
use ruff_text_size::TextRange;

use crate::index::Part;
use crate::lower::{Lowerer, Result};
use crate::value::{At, Axis, Num, NumType, Val, View};
use crate::whole::{Extent, Lazy, Node, Spot, extents};

/// Elements of an array that an index with arrays names.
#[derive(Clone, Debug)]
pub(crate) struct Pick {
    view: View,
    /// How each axis of the view is found.
    ways: Vec<Way>,
    /// The arrays of integers.
    named: Vec<Lazy>,
    /// What these are broadcast to, and from which axis of the result on it stands.
    shape: Vec<Extent>,
    at: usize,
    /// The axes of the result.
    pub(crate) axes: Vec<Extent>,
    range: TextRange,
}

#[derive(Clone, Debug)]
enum Way {
    Fixed(Value),
    /// A slice, along an axis of the result.
    Along(Axis, usize),
    /// The array of this number says it.
    Named(usize),
    /// The place among all elements of the result.
    Row,
}

impl Pick {
    /// The elements of an array of one dimension in another shape of as many.
    pub(crate) fn in_a_row(view: View, axes: Vec<Extent>, range: TextRange) -> Self {
        let ways = vec![Way::Row];
        Self { view, ways, named: Vec::new(), shape: Vec::new(), at: 0, axes, range }
    }

    /// Whether elements of an array are read at other places than those of the result.
    pub(crate) fn reads(&self, array: usize) -> bool {
        let mut read = Vec::new();
        self.views(&mut read);
        read.into_iter().any(|it| it.array == array)
    }

    pub(crate) fn views<'n>(&'n self, into: &mut Vec<&'n View>) {
        into.push(&self.view);
        self.named.iter().for_each(|it| it.node.views(into));
    }
}

impl Lowerer<'_> {
    /// The elements that an index with arrays names or chooses, as a new array.
    pub(crate) fn picked(
        &mut self,
        range: TextRange,
        view: &View,
        parts: Vec<Part<'_>>,
    ) -> Result<Val> {
        if let [Part::Array(mask, _)] = &parts[..] {
            let mask = self.indices(range, mask)?;
            if mask.1 && mask.0.axes.len() == view.axes.len() {
                return self.chosen_from(range, view, &mask.0);
            }
        }
        let pick = self.pick(range, view, parts)?;
        self.taken_from(range, pick)
    }

    pub(crate) fn taken_from(&mut self, range: TextRange, pick: Pick) -> Result<Val> {
        let axes = pick.axes.clone();
        let lazy = Lazy { axes, node: Rc::new(Node::Pick(pick)) };
        Ok(Val::View(self.computed(range, &lazy, None)?))
    }

    /// An array as an index, and whether it is a mask.
    pub(crate) fn indices(&mut self, range: TextRange, value: &Val) -> Result<(Lazy, bool)> {
        let dtype = match value {
            Val::View(it) => it.dtype,
            Val::Lazy(it) => match Self::told_type(&it.node) {
                Some(dtype) => dtype,
                None => {
                    let (value, _) = self.type_of(range, value)?;
                    return self.indices(range, &value);
                }
            },
            other => return Err(self.no_number(range, other)),
        };
        if dtype != DType::Bool && !dtype.is_integer() {
            let message = format!("an array of {dtype} as index");
            let hint = "NumPy refuses it too: convert it with astype(np.int64)";
            return Err(self.refuse(range, message, hint));
        }
        Ok((self.lazy(range, value)?, dtype == DType::Bool))
    }

    /// The type of the elements of an expression, where that is plain to see.
    fn told_type(node: &Node) -> Option<DType> {
        use crate::whole::What;
        match node {
            Node::View(it) => Some(it.dtype),
            Node::Num(it) => Some(it.ty.dtype),
            Node::Index(..) => Some(DType::I64),
            Node::Apply(What::Compare(_), ..) => Some(DType::Bool),
            Node::Apply(What::Cast(to), ..) => Some(*to),
            Node::Apply(What::Binary(_) | What::Unary(_), of, _) => {
                let mut types = of.iter().map(|it| Self::told_type(it));
                let all = types.all(|it| it == Some(DType::Bool));
                let plain = all && !of.iter().any(|it| matches!(&**it, Node::Num(_)));
                plain.then_some(DType::Bool)
            }
            _ => None,
        }
    }

    /// What an index with arrays names. Masks become the places where they are true.
    pub(crate) fn pick(
        &mut self,
        range: TextRange,
        view: &View,
        parts: Vec<Part<'_>>,
    ) -> Result<Pick> {
        let rank = view.axes.len();
        let mut wide = Vec::new();
        for part in parts {
            let Part::Array(value, at) = part else {
                wide.push((part, None, 0));
                continue;
            };
            let (lazy, mask) = self.indices(at, &value)?;
            let count = if mask { lazy.axes.len() } else { 1 };
            wide.push((Part::Array(value, at), Some((lazy, mask)), count));
        }
        let used: usize = wide
            .iter()
            .map(|(part, _, count)| match part {
                Part::At(..) | Part::Slice(_) => 1,
                _ => *count,
            })
            .sum();
        if used > rank {
            let message = format!("{used} indices for an array of {rank} dimensions");
            return Err(self.refuse(range, message, "give at most one for each dimension"));
        }
        if !wide.iter().any(|it| matches!(it.0, Part::Rest)) {
            wide.push((Part::Rest, None, 0));
        }
        let mut ways = Vec::new();
        let mut named: Vec<Lazy> = Vec::new();
        let mut rest: Vec<Extent> = Vec::new();
        // Where the arrays and ints stand: NumPy puts their axes there if they stand together.
        let (mut first, mut ended, mut apart) = (None, false, false);
        let mut meets = |rest: &[Extent], ended: &mut bool| {
            apart = apart || (first.is_some() && *ended);
            first.get_or_insert(rest.len());
            *ended = false;
        };
        let mut old = 0;
        for (part, array, _) in wide {
            match part {
                Part::At(num, at) => {
                    meets(&rest, &mut ended);
                    let length = view.axes[old].length;
                    ways.push(Way::Fixed(self.place(at, &num, length, old)?));
                    old += 1;
                }
                Part::Array(_, at) => {
                    meets(&rest, &mut ended);
                    let Some((lazy, mask)) = array else { continue };
                    if mask {
                        self.mask_fits(at, &lazy, &extents(view)[old..], old);
                        for place in self.nonzero(at, &lazy)? {
                            ways.push(Way::Named(named.len()));
                            named.push(self.lazy(at, &Val::View(place))?);
                            old += 1;
                        }
                    } else {
                        ways.push(Way::Named(named.len()));
                        named.push(lazy);
                        old += 1;
                    }
                }
                Part::Slice(it) => {
                    let axis = self.sliced(it, &view.axes[old], view.home.is_some())?;
                    ended = true;
                    ways.push(Way::Along(axis.clone(), rest.len()));
                    rest.push(Extent::new(axis.length, axis.known));
                    old += 1;
                }
                Part::New => {
                    let one = self.b.constant(1i64);
                    ended = true;
                    rest.push(Extent::new(one, Some(1)));
                }
                Part::Rest => {
                    ended = true;
                    for axis in &view.axes[old..old + rank - used] {
                        ways.push(Way::Along(axis.clone(), rest.len()));
                        rest.push(Extent::new(axis.length, axis.known));
                    }
                    old += rank - used;
                }
            }
        }
        let shapes: Vec<_> = named.iter().map(|it| it.axes.clone()).collect();
        let text = "shape mismatch: indexing arrays could not be broadcast together with shapes ";
        let shape = self.broadcast_or(range, &shapes, None, ("IndexError", text))?;
        let at = if apart { 0 } else { first.unwrap_or(0) };
        let mut axes = rest;
        axes.splice(at..at, shape.iter().cloned());
        for way in &mut ways {
            if let Way::Along(_, place) = way
                && *place >= at
            {
                *place += shape.len();
            }
        }
        Ok(Pick { view: view.clone(), ways, named, shape, at, axes, range })
    }

    /// The element at a place of the result. `fast`: nothing is stretched.
    pub(crate) fn named_element(
        &mut self,
        pick: &Pick,
        own: &[Value],
        (fast, checked): (bool, bool),
    ) -> Result<View> {
        let mut at = Vec::new();
        for (place, way) in pick.ways.iter().enumerate() {
            at.push(match way {
                Way::Fixed(it) => self.moved(&pick.view.axes[place], *it),
                Way::Row => {
                    let at = self.flat(own, &pick.axes);
                    self.moved(&pick.view.axes[place], at)
                }
                Way::Along(axis, result) => self.moved(axis, own[*result]),
                Way::Named(number) => {
                    let index = &own[pick.at..pick.at + pick.shape.len()];
                    let spot = Spot { index, axes: &pick.shape, fast };
                    let num = self.element_of(&pick.named[*number].node, &spot)?;
                    let length = pick.view.axes[place].length;
                    let at = if checked || !self.options.boundscheck {
                        self.place(pick.range, &num, length, place)?
                    } else {
                        self.counted_from(&num, length)
                    };
                    self.moved(&pick.view.axes[place], at)
                }
            });
        }
        let map = pick
            .view
            .map
            .iter()
            .map(|it| match it {
                At::Fixed(it) => At::Fixed(*it),
                At::Axis(axis) => At::Fixed(at[*axis]),
            })
            .collect();
        Ok(View { map, axes: Vec::new(), whole: false, ..pick.view.clone() })
    }

    /// An index that was checked before, counted from the front.
    fn counted_from(&mut self, index: &Num, length: Value) -> Value {
        let index = self.to(index, NumType::INT);
        let zero = self.b.constant(0i64);
        let below = self.b.lt(index.re, zero);
        let sum = self.b.add(index.re, length);
        self.b.select(below, sum, index.re)
    }

    /// Check all that arrays name, before anything is stored there.
    pub(crate) fn all_inside(&mut self, pick: &Pick) -> Result<()> {
        if !self.options.boundscheck || pick.named.is_empty() {
            return Ok(());
        }
        self.nest(&pick.shape, &mut |it, index| {
            for (place, way) in pick.ways.iter().enumerate() {
                let Way::Named(number) = way else { continue };
                let spot = Spot { index, axes: &pick.shape, fast: false };
                let num = it.element_of(&pick.named[*number].node, &spot)?;
                it.place(pick.range, &num, pick.view.axes[place].length, place)?;
            }
            Ok(())
        })
    }

    /// Compute the places aside, before what they are read from changes.
    pub(crate) fn hold_places(&mut self, range: TextRange, pick: &mut Pick) -> Result<()> {
        for it in &mut pick.named {
            let whole = self.computed(range, it, None)?;
            *it = self.lazy(range, &Val::View(whole))?;
        }
        Ok(())
    }

    /// Whether what says the places reads an array.
    pub(crate) fn named_by(pick: &Pick, array: usize) -> bool {
        let mut read = Vec::new();
        pick.named.iter().for_each(|it| it.node.views(&mut read));
        read.into_iter().any(|it| it.array == array)
    }

    /// Whether elements are longer to compute than to keep.
    pub(crate) fn heavy(node: &Node) -> bool {
        use crate::whole::What;
        match node {
            Node::Pick(_) => true,
            Node::Apply(what, of, _) => {
                let light = match what {
                    What::Binary(op) => {
                        use ruff_python_ast::Operator as O;
                        !matches!(op, O::Div | O::FloorDiv | O::Mod | O::Pow)
                    }
                    What::Call(_) => false,
                    _ => true,
                };
                !light || of.iter().any(|it| Self::heavy(it))
            }
            _ => false,
        }
    }
}
