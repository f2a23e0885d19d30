//! Reductions of whole arrays, and products of matrices.

use std::rc::Rc;

use ir::{Combiner, Reduce, Statement, Value};
use memory::{DType, Kind};
use ruff_python_ast::Operator;
use ruff_text_size::TextRange;

use crate::call::Given;
use crate::lower::{Lowerer, RaiseKind, Result};
use crate::value::{At, Known, Num, NumType, Val, View};
use crate::whole::{Extent, Lazy, Node, Spot, What, extents};

/// Functions that reduce.
pub(crate) const TOTALS: &[&str] = &[
    "sum", "prod", "mean", "min", "max", "amin", "amax", "any", "all", "argmin", "argmax", "var",
    "std",
];

impl<'l> Lowerer<'l> {
    /// `np.sum` and its like.
    pub(crate) fn total(&mut self, range: TextRange, name: &str, given: &Given) -> Result<Val> {
        let name = match name {
            "amin" => "min",
            "amax" => "max",
            other => other,
        };
        let spread = matches!(name, "var" | "std");
        let names: &[&str] =
            if spread { &["a", "axis", "ddof"] } else { &["a", "axis", "keepdims"] };
        let taken = self.taken(range, name, given, names)?;
        let value = taken.get(0).cloned().unwrap_or(Val::None);
        let lazy = self.lazy(range, &value)?;
        let known = |value: Option<&Val>| match value {
            Some(Val::Num(Num { known: Some(Known::Int(it)), .. })) => Some(*it),
            Some(Val::Num(Num { known: Some(Known::Bool(it)), .. })) => Some((*it).into()),
            _ => None,
        };
        let rank = lazy.axes.len();
        let mut reduced: Vec<usize> = match taken.get(1) {
            None => (0..rank).collect(),
            Some(it) => {
                let items = match it {
                    Val::Tuple(items) => items.to_vec(),
                    other => vec![other.clone()],
                };
                let mut axes = Vec::new();
                for it in &items {
                    let Some(at) = known(Some(it)) else {
                        let hint = "write the axis as a number";
                        return Err(self.refuse(taken.at(1, range), "an axis that varies", hint));
                    };
                    let place = if at < 0 { at + rank as i64 } else { at };
                    let Some(place) = usize::try_from(place).ok().filter(|&it| it < rank) else {
                        let message =
                            format!("axis {at} is out of bounds for array of dimension {rank}");
                        return Err(self.refuse(
                            taken.at(1, range),
                            message,
                            "NumPy refuses it too",
                        ));
                    };
                    axes.push(place);
                }
                axes
            }
        };
        reduced.sort_unstable();
        reduced.dedup();
        let third = taken.get(2);
        if third.is_some() && known(third).is_none() {
            let hint = "write it as a constant";
            return Err(self.refuse(taken.at(2, range), format!("{} that varies", names[2]), hint));
        }
        let third = known(third).unwrap_or(0);
        if matches!(name, "argmin" | "argmax") && reduced.len() != rank && reduced.len() != 1 {
            return Err(self.refuse(range, format!("{name} along several axes"), "give one axis"));
        }
        let kept: Vec<usize> = (0..rank).filter(|it| !reduced.contains(it)).collect();
        if matches!(name, "min" | "max" | "argmin" | "argmax") {
            self.not_empty(range, name, &lazy, &reduced, &kept);
        }
        if kept.is_empty() {
            return self.reduced(range, name, &lazy, &reduced, &[], third).map(Val::Num);
        }
        // Elements that are long to compute are computed once, if they are stretched.
        let lazy = if lazy.axes.iter().any(|it| it.parts.len() > 1) {
            let view = self.computed(range, &lazy, None)?;
            self.lazy(range, &Val::View(view))?
        } else {
            lazy
        };
        let axes: Vec<Extent> = kept.iter().map(|&it| lazy.axes[it].clone()).collect();
        let shape = Lazy { axes: axes.clone(), node: Rc::new(Node::Empty(NumType::FLOAT)) };
        let mut made: Option<View> = None;
        if !self.learned.shared.is_empty() {
            // What is kept in a slot has it before the loops begin.
            let touched = self.touched.len();
            let index = self.b.open(&vec![DType::I64; axes.len()]);
            let num = self.reduced(range, name, &lazy, &reduced, &index, third);
            self.b.forget();
            self.touched.truncate(touched);
            let node = Rc::new(Node::Empty(NumType::strong(num?.ty.dtype)));
            made = Some(self.computed(range, &Lazy { node, ..shape.clone() }, None)?);
        }
        self.nest(&axes, &mut |it, index| {
            let num = it.reduced(range, name, &lazy, &reduced, index, third)?;
            if made.is_none() {
                let shape = Lazy {
                    node: Rc::new(Node::Empty(NumType::strong(num.ty.dtype))),
                    ..shape.clone()
                };
                made = Some(it.computed(range, &shape, None)?);
            }
            let Some(view) = &made else { return Ok(()) };
            let mut map = view.map.clone();
            for at in &mut map {
                if let At::Axis(axis) = at {
                    *at = At::Fixed(index[*axis]);
                }
            }
            let element = View { map, axes: Vec::new(), whole: false, ..view.clone() };
            it.store(range, &element, &num)
        })?;
        let Some(view) = made else { return Err(self.refuse(range, "this reduction", "")) };
        if third == 1 && !spread {
            return Ok(Val::View(self.with_axes(&view, &kept, rank)));
        }
        Ok(Val::View(view))
    }

    /// A view with axes of one element where axes were reduced.
    fn with_axes(&mut self, view: &View, kept: &[usize], rank: usize) -> View {
        let one = self.b.constant(1i64);
        let mut axes = Vec::new();
        for place in 0..rank {
            axes.push(match kept.iter().position(|&it| it == place) {
                Some(at) => view.axes[at].clone(),
                None => crate::value::Axis { length: one, known: Some(1), begin: None, step: None },
            });
        }
        let mut map = view.map.clone();
        for at in &mut map {
            if let At::Axis(axis) = at {
                *axis = kept[*axis];
            }
        }
        View { map, axes, whole: false, ..view.clone() }
    }

    fn not_empty(
        &mut self,
        range: TextRange,
        name: &str,
        lazy: &Lazy,
        reduced: &[usize],
        kept: &[usize],
    ) {
        let zero = self.b.constant(0i64);
        let mut holds = self.b.constant(true);
        for &axis in reduced {
            let some = self.b.gt(lazy.axes[axis].length, zero);
            holds = self.b.and(holds, some);
        }
        for &axis in kept {
            let none = self.b.eq(lazy.axes[axis].length, zero);
            holds = self.b.or(holds, none);
        }
        let message = match name {
            "min" => "zero-size array to reduction operation minimum which has no identity".into(),
            "max" => "zero-size array to reduction operation maximum which has no identity".into(),
            _ => format!("attempt to get {name} of an empty sequence"),
        };
        self.check(holds, range, RaiseKind::Builtin("ValueError", message));
    }

    /// One number: what some axes are reduced to, at a place of the others.
    fn reduced(
        &mut self,
        range: TextRange,
        name: &str,
        lazy: &Lazy,
        axes: &[usize],
        kept: &[Value],
        third: i64,
    ) -> Result<Num> {
        let mut count = self.b.constant(1i64);
        for &axis in axes {
            count = self.b.mul(count, lazy.axes[axis].length);
        }
        let found = self.folded(lazy, axes, kept, &mut |it, num| it.combined(range, name, num))?;
        let (num, values) = found;
        let strong = NumType::strong;
        Ok(match name {
            "any" | "all" => self.number(strong(DType::Bool), values[0]),
            "argmin" | "argmax" => self.number(strong(DType::I64), values[1]),
            "mean" => {
                let sum = self.whole_number(num.ty, &values);
                let count = self.number(NumType::INT, count);
                let found = self.binary(range, Operator::Div, &sum, &count)?;
                self.to(&found, strong(mean_type(num.before)))
            }
            "var" | "std" => {
                let wide = values[2];
                let dtype = self.b.dtype(wide);
                let less = self.b.constant(third);
                let left = self.b.sub(count, less);
                let zero = self.b.constant(0i64);
                let left = self.b.max(left, zero);
                let left = self.b.cast(dtype, left);
                let mut re = self.b.div(wide, left);
                if name == "std" {
                    re = self.b.sqrt(re);
                }
                let found = self.number(strong(dtype), re);
                self.to(&found, strong(mean_type(num.before)))
            }
            _ => self.whole_number(num.ty, &values),
        })
    }

    fn whole_number(&mut self, ty: NumType, values: &[Value]) -> Num {
        let im = ty.dtype.is_complex().then(|| values[1]);
        Num { ty: NumType::strong(ty.dtype), re: values[0], im, known: None, natural: false }
    }

    /// How a function combines elements of a type: the combiners, and what they are given.
    fn combined(&mut self, range: TextRange, name: &str, num: &Num) -> Result<Folding> {
        let before = num.ty.dtype;
        let complex = num.ty.dtype.is_complex();
        let wide = match (name, before.kind()) {
            ("sum" | "prod", Kind::Bool | Kind::Signed) => DType::I64,
            ("sum" | "prod", Kind::Unsigned) => DType::U64,
            ("mean" | "var" | "std", Kind::Bool | Kind::Signed | Kind::Unsigned) => DType::F64,
            ("mean" | "var" | "std", _) if before == DType::F16 => DType::F32,
            _ => before,
        };
        let ty = NumType::strong(wide);
        let refused = |it: &Self| {
            let hint = "reduce its real and imaginary parts";
            Err(it.refuse(range, format!("{name} of complex numbers"), hint))
        };
        let combiner = match name {
            "sum" | "mean" => Combiner::Add,
            "prod" if complex => return refused(self),
            "prod" => Combiner::Mul,
            "any" | "all" => {
                let truth = self.truth(range, &Val::Num(num.clone()))?;
                let combiner = if name == "any" { Combiner::Or } else { Combiner::And };
                let ty = NumType::strong(DType::Bool);
                return Ok(Folding { ty, before, combiner, yields: vec![truth.re] });
            }
            _ if complex => return refused(self),
            "min" | "argmin" | "max" | "argmax" if wide == DType::Bool => {
                let ty = NumType::strong(DType::U8);
                let byte = self.to(num, ty);
                let combiner = match name {
                    "min" => return self.combined(range, "all", num),
                    "max" => return self.combined(range, "any", num),
                    "argmin" => Combiner::ArgMin,
                    _ => Combiner::ArgMax,
                };
                return Ok(Folding { ty, before, combiner, yields: vec![byte.re] });
            }
            "min" => Combiner::Min,
            "max" => Combiner::Max,
            "argmin" => Combiner::ArgMin,
            "argmax" => Combiner::ArgMax,
            _ => Combiner::Moments,
        };
        let num = self.to(num, ty);
        let mut yields = vec![num.re];
        yields.extend(num.im);
        Ok(Folding { ty, before, combiner, yields })
    }

    /// Reduce the elements of an expression along axes, at a place of the others.
    fn folded(
        &mut self,
        lazy: &Lazy,
        axes: &[usize],
        kept: &[Value],
        combine: &mut dyn FnMut(&mut Self, &Num) -> Result<Folding>,
    ) -> Result<(Folding, Vec<Value>)> {
        // Where axes may be stretched, the elements are looked at as if they were.
        let arguments = self.b.open(&vec![DType::I64; axes.len()]);
        let mut index = Vec::new();
        let (mut inner, mut outer) = (arguments.iter(), kept.iter());
        for place in 0..lazy.axes.len() {
            let from = if axes.contains(&place) { inner.next() } else { outer.next() };
            index.extend(from);
        }
        let spot = Spot { index: &index, axes: &lazy.axes, fast: false };
        let num = self.element_of(&lazy.node, &spot)?;
        let folding = combine(self, &num)?;
        let mut results = Vec::new();
        for &it in &folding.yields {
            let dtype = self.b.dtype(it);
            for dtype in folding.combiner.results(dtype) {
                results.push(self.b.new_value(dtype));
            }
        }
        let body = self.b.close(&folding.yields);
        self.b.push(Statement::Reduce(Reduce {
            axes: axes.iter().map(|&it| ir::Axis::from(lazy.axes[it].length)).collect(),
            combiners: vec![folding.combiner; folding.yields.len()],
            empty: Vec::new(),
            body,
            results: results.clone(),
        }));
        Ok((folding, results))
    }

    /// `x @ y` and `np.dot`.
    pub(crate) fn matrix_product(
        &mut self,
        range: TextRange,
        x: &Val,
        y: &Val,
        name: &str,
    ) -> Result<Val> {
        let (x, first) = self.type_of(range, x)?;
        let (y, second) = self.type_of(range, y)?;
        let (Val::View(x), Val::View(y)) = (&x, &y) else {
            if name == "dot" {
                return self.apply(range, What::Binary(Operator::Mult), &[x, y]);
            }
            return Err(self.refuse(range, "`@` of a number", "NumPy refuses it too: write `*`"));
        };
        let (rows, columns) = (x.axes.len(), y.axes.len());
        if !(1..=2).contains(&rows) || !(1..=2).contains(&columns) {
            let hint = "arrays of one and two dimensions are multiplied here: write a loop around";
            return Err(self.refuse(
                range,
                format!("{name} of {rows} and {columns} dimensions"),
                hint,
            ));
        }
        let dtype = memory::promote(first, second);
        let (inner, other) = (x.axes[rows - 1].length, y.axes[0].length);
        if inner != other {
            let holds = self.b.eq(inner, other);
            let text = "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc \
                        signature (n?,k),(k,m?)->(n?,m?) (size {} is different from {})";
            self.noted(holds, range, "ValueError", text.to_owned(), &[other, inner]);
        }
        if rows == 1 && columns == 1 {
            let terms = What::Binary(Operator::Mult);
            let terms = self.apply(range, terms, &[Val::View(x.clone()), Val::View(y.clone())])?;
            let lazy = self.lazy(range, &terms)?;
            return self.dotted(range, &lazy, &[0], &[], dtype).map(Val::Num);
        }
        let mut axes: Vec<Extent> = Vec::new();
        if rows == 2 {
            axes.push(Extent::new(x.axes[0].length, x.axes[0].known));
        }
        if columns == 2 {
            axes.push(Extent::new(y.axes[1].length, y.axes[1].known));
        }
        let node = Rc::new(Node::Empty(NumType::strong(dtype)));
        let out = self.computed(range, &Lazy { axes: axes.clone(), node }, None)?;
        self.multiplied(range, (x, y), &out, inner)?;
        Ok(Val::View(out))
    }

    fn dotted(
        &mut self,
        range: TextRange,
        lazy: &Lazy,
        axes: &[usize],
        kept: &[Value],
        dtype: DType,
    ) -> Result<Num> {
        let (folding, values) = self.folded(lazy, axes, kept, &mut |it, num| {
            if num.ty.dtype == DType::Bool {
                return it.combined(range, "any", num);
            }
            let yields = [Some(num.re), num.im].into_iter().flatten().collect();
            let ty = NumType::strong(dtype);
            Ok(Folding { ty, before: dtype, combiner: Combiner::Add, yields })
        })?;
        Ok(self.whole_number(folding.ty, &values))
    }

    /// The loops of a product of matrices, or of a matrix and a vector.
    fn multiplied(
        &mut self,
        range: TextRange,
        (x, y): (&View, &View),
        out: &View,
        inner: Value,
    ) -> Result<()> {
        let lengths = extents(out);
        let strong = NumType::strong(out.dtype);
        let at = |it: &mut Self, view: &View, index: &[Value]| -> Result<Num> {
            let mut map = view.map.clone();
            for at in &mut map {
                if let At::Axis(axis) = at {
                    let axis = *axis;
                    *at = At::Fixed(it.moved(&view.axes[axis], index[axis]));
                }
            }
            let element = View { map, axes: Vec::new(), whole: false, ..view.clone() };
            match it.current(&element) {
                Val::Num(num) => Ok(it.to(&num, strong)),
                other => Err(it.no_number(range, &other)),
            }
        };
        // The outer loop on all cores, those inside in order: the compiler makes vectors of columns.
        self.nest(&lengths[..1], &mut |it, outer| {
            let inside = |it: &mut Lowerer<'l>, index: &[Value]| -> Result<()> {
                let zero = it.zero(strong.dtype.part());
                let mut start = vec![zero];
                if strong.dtype.is_complex() {
                    start.push(zero);
                }
                let mut types = vec![DType::I64];
                types.extend(start.iter().map(|_| strong.dtype.part()));
                let arguments = it.b.open(&types);
                let k = arguments[0];
                let before = Num {
                    ty: strong,
                    re: arguments[1],
                    im: arguments.get(2).copied(),
                    known: None,
                    natural: false,
                };
                let left = if x.axes.len() == 2 { vec![index[0], k] } else { vec![k] };
                let last = index[index.len() - 1];
                let right = if y.axes.len() == 2 { vec![k, last] } else { vec![k] };
                let left = at(it, x, &left)?;
                let right = at(it, y, &right)?;
                let term = it.binary(range, Operator::Mult, &left, &right)?;
                let sum = it.binary(range, Operator::Add, &before, &term)?;
                let yields: Vec<_> = [Some(sum.re), sum.im].into_iter().flatten().collect();
                let body = it.b.close(&yields);
                let results: Vec<_> =
                    start.iter().map(|_| it.b.new_value(strong.dtype.part())).collect();
                it.b.push(Statement::For(ir::For {
                    parallel: false,
                    lanes: false,
                    axes: vec![ir::Axis::from(inner)],
                    start,
                    body,
                    results: results.clone(),
                }));
                let num = Num {
                    ty: strong,
                    re: results[0],
                    im: results.get(1).copied(),
                    known: None,
                    natural: false,
                };
                let mut map = out.map.clone();
                for at in &mut map {
                    if let At::Axis(axis) = at {
                        *at = At::Fixed(index[*axis]);
                    }
                }
                let element = View { map, axes: Vec::new(), whole: false, ..out.clone() };
                it.store(range, &element, &num)
            };
            if lengths.len() == 1 {
                return inside(it, outer);
            }
            let arguments = it.b.open(&[DType::I64]);
            inside(it, &[outer[0], arguments[0]])?;
            let body = it.b.close(&[]);
            it.b.push(Statement::For(ir::For {
                parallel: false,
                lanes: false,
                axes: vec![ir::Axis::from(lengths[1].length)],
                start: Vec::new(),
                body,
                results: Vec::new(),
            }));
            Ok(())
        })
    }

    /// `np.cumsum` and `np.cumprod` of one dimension.
    pub(crate) fn running(&mut self, range: TextRange, name: &str, value: &Val) -> Result<Val> {
        let lazy = self.lazy(range, value)?;
        if lazy.axes.len() != 1 {
            let hint = "arrays of one dimension are summed up here: write a loop around";
            let message = format!("{name} of {} dimensions", lazy.axes.len());
            return Err(self.refuse(range, message, hint));
        }
        let (value, dtype) = self.type_of(range, value)?;
        let lazy = self.lazy(range, &value)?;
        let wide = match dtype.kind() {
            Kind::Bool | Kind::Signed => DType::I64,
            Kind::Unsigned => DType::U64,
            _ => dtype,
        };
        let ty = NumType::strong(wide);
        let node = Rc::new(Node::Empty(ty));
        let out = self.computed(range, &Lazy { axes: lazy.axes.clone(), node }, None)?;
        let part = wide.part();
        let first = i64::from(name == "cumprod");
        let first = self.b.constant(memory::Scalar::from_i64(part, first));
        let mut start = vec![first];
        if wide.is_complex() {
            start.push(self.zero(part));
        }
        let mut types = vec![DType::I64];
        types.extend(start.iter().map(|_| part));
        let arguments = self.b.open(&types);
        let index = &arguments[..1];
        let im = arguments.get(2).copied();
        let before = Num { ty, re: arguments[1], im, known: None, natural: false };
        let spot = Spot { index, axes: &lazy.axes, fast: true };
        let num = self.element_of(&lazy.node, &spot)?;
        let num = self.to(&num, ty);
        let op = if name == "cumsum" { Operator::Add } else { Operator::Mult };
        let num = self.binary(range, op, &before, &num)?;
        let mut map = out.map.clone();
        for at in &mut map {
            if matches!(at, At::Axis(_)) {
                *at = At::Fixed(index[0]);
            }
        }
        let element = View { map, axes: Vec::new(), whole: false, ..out.clone() };
        self.store(range, &element, &num)?;
        let yields: Vec<_> = [Some(num.re), num.im].into_iter().flatten().collect();
        let body = self.b.close(&yields);
        let results = start.iter().map(|_| self.b.new_value(part)).collect();
        self.b.push(Statement::For(ir::For {
            parallel: false,
            lanes: false,
            axes: vec![ir::Axis::from(lazy.axes[0].length)],
            start,
            body,
            results,
        }));
        Ok(Val::View(out))
    }

    /// How many elements of an array of bools are true.
    pub(crate) fn counted_true(&mut self, range: TextRange, value: &Val) -> Result<Num> {
        let lazy = self.lazy(range, value)?;
        let axes: Vec<_> = (0..lazy.axes.len()).collect();
        let (_, values) = self.folded(&lazy, &axes, &[], &mut |it, num| {
            let truth = it.truth(range, &Val::Num(num.clone()))?;
            let one = it.b.cast(DType::I64, truth.re);
            let ty = NumType::INT;
            Ok(Folding { ty, before: DType::Bool, combiner: Combiner::Add, yields: vec![one] })
        })?;
        Ok(self.natural(values[0]))
    }
}

/// What a reduction is given, and how it combines that.
pub(crate) struct Folding {
    ty: NumType,
    before: DType,
    combiner: Combiner,
    yields: Vec<Value>,
}

/// The type of a mean of elements of a type.
fn mean_type(dtype: DType) -> DType {
    match dtype.kind() {
        Kind::Bool | Kind::Signed | Kind::Unsigned => DType::F64,
        _ => dtype,
    }
}
