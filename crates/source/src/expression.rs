//! Expressions, and what they are assigned to.

use ruff_python_ast::{BoolOp, CmpOp, Expr, Number, Operator};
use ruff_text_size::{Ranged, TextRange};

use crate::Constant;
use crate::flow::chain;
use crate::index::Part;
use crate::lower::{Lowerer, RaiseKind, Result, Slot};
use crate::value::{Known, Num, NumType, Val};
use crate::whole::{What, extents, is_array};

/// Expressions deeper than this are refused, so that passes may recurse.
const DEEPEST: usize = 120;

impl Lowerer<'_> {
    pub(crate) fn expression(&mut self, expr: &Expr) -> Result<Val> {
        if self.depth >= DEEPEST {
            let hint = "give parts of it a name";
            return Err(self.refuse(expr.range(), "an expression that is too deep", hint));
        }
        self.depth += 1;
        self.work += 1;
        let found = self.expressed(expr);
        self.depth -= 1;
        found
    }

    fn expressed(&mut self, expr: &Expr) -> Result<Val> {
        let range = expr.range();
        match expr {
            Expr::NumberLiteral(it) => Ok(Val::Num(match &it.value {
                Number::Int(value) => match (value.as_i64(), value.as_u64()) {
                    (Some(value), _) => self.int(value),
                    (None, Some(value)) => return Ok(Val::Large(value)),
                    (None, None) => {
                        let hint = "integers have 64 bits here; write a float";
                        return Err(self.refuse(range, "an int that is too large", hint));
                    }
                },
                Number::Float(value) => self.float(*value),
                Number::Complex { real, imag } => self.complex_constant(*real, *imag),
            })),
            Expr::BooleanLiteral(it) => Ok(Val::Num(self.boolean(it.value))),
            Expr::NoneLiteral(_) => Ok(Val::None),
            Expr::StringLiteral(it) => Ok(Val::Text(it.value.to_str().to_owned())),
            Expr::Name(it) => self.name(range, &it.id),
            Expr::Attribute(it) => self.attribute(expr, it),
            Expr::Tuple(it) => {
                let items = it.elts.iter().map(|it| self.expression(it)).collect::<Result<_>>()?;
                Ok(Val::Tuple(items))
            }
            Expr::Named(it) => {
                let value = self.expression(&it.value)?;
                if self.conditional > 0 {
                    let hint = "assign it in a statement of its own";
                    return Err(self.refuse(range, "`:=` that may not be evaluated", hint));
                }
                self.assign_to(&it.target, value.clone())?;
                Ok(value)
            }
            Expr::BinOp(it) => {
                let x = self.expression(&it.left)?;
                let before = self.stored.len();
                let y = self.expression(&it.right)?;
                self.undisturbed(it.left.range(), &x, before)?;
                self.operated(range, it.op, &x, &y)
            }
            Expr::UnaryOp(it) => {
                let value = self.expression(&it.operand)?;
                if is_array(&value) && it.op != ruff_python_ast::UnaryOp::Not {
                    return self.apply(range, What::Unary(it.op), &[value]);
                }
                self.unary(range, it.op, &value)
            }
            Expr::BoolOp(it) => self.joined(range, it.op, &it.values),
            Expr::Compare(it) => {
                let first = self.expression(&it.left)?;
                self.chained(range, &first, &it.ops, &it.comparators)
            }
            Expr::If(it) => {
                let test = self.condition(&it.test)?;
                match test.known {
                    Some(Known::Bool(true)) => self.expression(&it.body),
                    Some(Known::Bool(false)) => self.expression(&it.orelse),
                    _ => self.either(
                        range,
                        test.re,
                        |lowerer| lowerer.expression(&it.body),
                        |lowerer| lowerer.expression(&it.orelse),
                    ),
                }
            }
            Expr::Subscript(it) => {
                let value = self.expression(&it.value)?;
                self.subscript(range, &value, &it.slice)
            }
            Expr::Call(it) => self.call(it),
            other => {
                let (message, hint) = refused(other);
                Err(self.refuse(range, message, hint))
            }
        }
    }

    pub(crate) fn name(
        &mut self,
        range: TextRange,
        name: &ruff_python_ast::name::Name,
    ) -> Result<Val> {
        if self.is_local(name) {
            return match self.frame().env.get(name).cloned() {
                Some(Slot { value, assigned: None }) => Ok(value),
                Some(Slot { value, assigned: Some(assigned) }) => {
                    let message = format!(
                        "cannot access local variable '{name}' where it is not associated with a value"
                    );
                    self.check(assigned, range, RaiseKind::Builtin("UnboundLocalError", message));
                    if let Some(slot) = self.frame_mut().env.get_mut(name) {
                        slot.assigned = None;
                    }
                    Ok(value)
                }
                None => {
                    let message = format!("{name} is read before it is assigned");
                    Err(self.refuse(range, message, "assign it before"))
                }
            };
        }
        self.outside(range, name)
    }

    /// What a name outside stands for.
    fn outside(&mut self, range: TextRange, chain: &str) -> Result<Val> {
        let unit = self.frame().unit.clone();
        let Some(constant) = unit.constant(chain) else {
            let message = format!("the name {chain} is not defined");
            return Err(self.refuse(
                range,
                message,
                "define it before the function is first called",
            ));
        };
        let value = self.constant(constant, chain)?;
        if let Val::Other(what) = &value {
            let message = format!("{chain} is {what}");
            let hint = "functions use numbers, tuples, arrays, functions of math and numpy and other jit \
                        functions from outside; pass anything else as an argument";
            return Err(self.refuse(range, message, hint));
        }
        Ok(value)
    }

    fn constant(&mut self, constant: &Constant, chain: &str) -> Result<Val> {
        Ok(match constant {
            Constant::Int(it) => Val::Num(self.int(*it)),
            Constant::Large(it) => Val::Large(*it),
            Constant::Float(it) => Val::Num(self.float(*it)),
            Constant::Bool(it) => Val::Num(self.boolean(*it)),
            Constant::Complex(re, im) => Val::Num(self.complex_constant(*re, *im)),
            Constant::None => Val::None,
            Constant::Text(it) => Val::Text(it.clone()),
            Constant::Tuple(items) => {
                Val::Tuple(items.iter().map(|it| self.constant(it, chain)).collect::<Result<_>>()?)
            }
            Constant::Class(class, defaults) => Val::Class(class.clone(), defaults.clone()),
            Constant::NamedTuple(class, items) => {
                let items =
                    items.iter().map(|it| self.constant(it, chain)).collect::<Result<_>>()?;
                Val::Tuple(crate::Items::named(class.clone(), items))
            }
            Constant::Named(it) => Val::Named(it.clone()),
            Constant::Module => Val::Module(chain.to_owned()),
            Constant::Unit(it) => Val::Unit(it.clone()),
            Constant::Again(id) => {
                let mut around = self.frames.iter().rev().map(|it| &it.unit);
                let found = around.find(|it| it.again.as_ref().is_some_and(|it| it.id == *id));
                match found {
                    Some(unit) => Val::Unit(unit.clone()),
                    None => Val::Other(format!("{chain}, which is not called from itself")),
                }
            }
            Constant::Array(place) => match self.views.get(self.first_closure + place) {
                Some(view) => Val::View(view.clone()),
                None => Val::Other("an array that is not there".into()),
            },
            Constant::Exception(it) => Val::Exception(it.clone()),
            Constant::Other(it) => Val::Other(it.clone()),
        })
    }

    fn attribute(&mut self, expr: &Expr, it: &ruff_python_ast::ExprAttribute) -> Result<Val> {
        let range = it.range;
        if let Some(chain) = chain(expr) {
            let first = chain.split('.').next().unwrap_or_default();
            if !self.is_local(first) && self.frame().unit.constant(&chain).is_some() {
                return self.outside(range, &chain);
            }
        }
        let value = self.expression(&it.value)?;
        if let (Val::Lazy(_), name) = (&value, it.attr.as_str()) {
            let known = ["shape", "ndim", "size", "real", "imag"].contains(&name);
            if !known {
                let settled = self.settled(range, value, None)?;
                return self.attribute_of(range, &settled, name);
            }
        }
        self.attribute_of(range, &value, it.attr.as_str())
    }

    fn attribute_of(&mut self, range: TextRange, value: &Val, name: &str) -> Result<Val> {
        match (value, name) {
            (Val::Tuple(items), name) if items.field(name).is_some() => {
                Ok(items.field(name).cloned().unwrap_or(Val::None))
            }
            (Val::Rng(rng), name) => Ok(Val::Draw(*rng, name.to_owned())),
            (Val::View(_) | Val::Lazy(_), "real" | "imag") => {
                let what = if name == "real" { What::Real } else { What::Imag };
                self.apply(range, what, std::slice::from_ref(value))
            }
            (Val::Lazy(it), "shape" | "ndim" | "size") => {
                let axes = it.axes.iter();
                let axes = axes.map(|it| crate::value::Axis {
                    length: it.length,
                    known: it.known,
                    begin: None,
                    step: None,
                });
                let axes: Vec<_> = axes.collect();
                self.sized(&axes, name)
            }
            (Val::View(view), "shape" | "ndim" | "size") => {
                let axes = view.axes.clone();
                self.sized(&axes, name)
            }
            (Val::View(view), "T") => Ok(Val::View(crate::method::transposed(view))),
            (Val::View(view), "dtype") => Ok(Val::Named(format!("numpy.{}", view.dtype.name()))),
            (Val::Num(num), "real" | "imag") if num.ty == NumType::BOOL => {
                let num = self.to(num, NumType::INT);
                Ok(Val::Num(if name == "real" { num } else { self.int(0) }))
            }
            (Val::Num(num), "real") => {
                let ty = NumType { dtype: num.ty.dtype.part(), weak: num.ty.weak };
                Ok(Val::Num(Num { ty, im: None, ..num.clone() }))
            }
            (Val::Num(num), "imag") => {
                let ty = NumType { dtype: num.ty.dtype.part(), weak: num.ty.weak };
                let re = match num.im {
                    Some(im) => im,
                    None => self.zero(ty.dtype),
                };
                Ok(Val::Num(self.number(ty, re)))
            }
            (value, name) => {
                let message = format!("the attribute {name} of {}", value.describe());
                let hint = "arrays have shape, ndim, size, T and dtype here, numbers real and imag; modules \
                            what docs/guide/jit.md lists";
                Err(self.refuse(range, message, hint))
            }
        }
    }

    /// Refuse what is not computed yet if its arrays were stored to since.
    fn undisturbed(&mut self, range: TextRange, value: &Val, before: usize) -> Result<()> {
        let changed = self.stored[before..].iter().any(|&it| Self::shows(value, it));
        if changed && matches!(value, Val::Lazy(_)) {
            let hint = "compute it in a statement of its own, before";
            let message = "a part of an expression reads what a later part changes";
            return Err(self.refuse(range, message, hint));
        }
        Ok(())
    }

    pub(crate) fn sized(&mut self, axes: &[crate::value::Axis], name: &str) -> Result<Val> {
        Ok(match name {
            "shape" => Val::Tuple(axes.iter().map(|it| Val::Num(self.axis_length(it))).collect()),
            "ndim" => Val::Num(self.int(axes.len() as i64)),
            _ => {
                let mut size = self.int(1);
                for axis in axes {
                    let length = self.axis_length(axis);
                    let re = self.b.mul(size.re, length.re);
                    size = self.natural(re);
                }
                Val::Num(size)
            }
        })
    }

    pub(crate) fn axis_length(&mut self, axis: &crate::value::Axis) -> Num {
        match axis.known {
            Some(known) => self.int(known),
            None => self.natural(axis.length),
        }
    }

    pub(crate) fn operated(
        &mut self,
        range: TextRange,
        op: Operator,
        x: &Val,
        y: &Val,
    ) -> Result<Val> {
        match (x, y) {
            (Val::Large(_), _) | (_, Val::Large(_)) => {
                let (x, y) = self.paired(range, x, y)?;
                self.operated(range, op, &x, &y)
            }
            (Val::Num(x), Val::Num(y)) => Ok(Val::Num(self.binary(range, op, x, y)?)),
            (Val::Tuple(x), Val::Tuple(y)) if op == Operator::Add => {
                Ok(Val::Tuple(x.iter().chain(y).cloned().collect()))
            }
            (Val::Tuple(items), Val::Num(Num { known: Some(Known::Int(count)), .. }))
                if op == Operator::Mult && (0..=64).contains(count) =>
            {
                let count = *count as usize;
                Ok(Val::Tuple(items.iter().cycle().take(items.len() * count).cloned().collect()))
            }
            (x, y) if is_array(x) || is_array(y) => {
                if op == Operator::MatMult {
                    return self.matrix_product(range, x, y, "matmul");
                }
                self.apply(range, What::Binary(op), &[x.clone(), y.clone()])
            }
            (Val::Num(_), other) | (other, _) => Err(self.no_number(range, other)),
        }
    }

    /// `and` and `or`: the last value that had to be looked at.
    fn joined(&mut self, range: TextRange, op: BoolOp, values: &[Expr]) -> Result<Val> {
        let Some((first, rest)) = values.split_first() else { return Ok(Val::None) };
        let value = self.expression(first)?;
        if rest.is_empty() {
            return Ok(value);
        }
        let truth = self.truth(first.range(), &value)?;
        if let Some(Known::Bool(known)) = truth.known {
            let decided = known == (op == BoolOp::Or);
            return if decided { Ok(value) } else { self.joined(range, op, rest) };
        }
        let range = rest[0].range().cover(first.range());
        match op {
            BoolOp::And => {
                self.either(range, truth.re, |it| it.joined(range, op, rest), |_| Ok(value))
            }
            BoolOp::Or => {
                let same = value.clone();
                self.either(range, truth.re, |_| Ok(same), |it| it.joined(range, op, rest))
            }
        }
    }

    fn chained(
        &mut self,
        range: TextRange,
        first: &Val,
        ops: &[CmpOp],
        others: &[Expr],
    ) -> Result<Val> {
        let (Some(op), Some(other)) = (ops.first(), others.first()) else { return Ok(Val::None) };
        let second = match op {
            CmpOp::In | CmpOp::NotIn => self.sequence(other)?,
            _ => self.expression(other)?,
        };
        let (paired, second) = self.paired(range, first, &second)?;
        let first = &paired;
        if let [CmpOp::Eq | CmpOp::NotEq | CmpOp::Lt | CmpOp::LtE | CmpOp::Gt | CmpOp::GtE] = ops
            && (is_array(first) || is_array(&second))
        {
            return self.apply(range, What::Compare(*op), &[first.clone(), second]);
        }
        let found = self.compare(range, *op, first, &second)?;
        if ops.len() == 1 {
            return Ok(Val::Num(found));
        }
        let place = other.range();
        let last = found.clone();
        self.either(
            place,
            found.re,
            |it| it.chained(range, &second, &ops[1..], &others[1..]),
            |_| Ok(Val::Num(last)),
        )
    }

    pub(crate) fn assign_to(&mut self, target: &Expr, value: Val) -> Result<()> {
        let range = target.range();
        match target {
            Expr::Name(it) => self.put(range, &it.id, value),
            Expr::Subscript(it) => {
                let view = self.assigned_array(it)?;
                let parts = self.index_parts(&it.slice)?;
                if parts.iter().any(|it| matches!(it, Part::Array(..))) {
                    return self.scattered(range, &view, parts, (None, &value));
                }
                let view = self.viewed(it.slice.range(), &view, parts)?;
                self.assign_view(range, &view, &value)
            }
            Expr::Tuple(_) | Expr::List(_) => {
                let targets = match target {
                    Expr::Tuple(it) => &it.elts,
                    Expr::List(it) => &it.elts,
                    _ => return Ok(()),
                };
                let value = self.unpacked(range, value, targets.len())?;
                let Val::Tuple(items) = value else {
                    let message = format!("{} is assigned to several names", value.describe());
                    let hint = "assign tuples and arrays";
                    return Err(self.refuse(range, message, hint));
                };
                if items.len() != targets.len() {
                    let message =
                        format!("{} values are assigned to {} names", items.len(), targets.len());
                    return Err(self.refuse(range, message, "have as many names as values"));
                }
                // All is computed before any is assigned.
                let items = match self.settled(range, Val::Tuple(items), None)? {
                    Val::Tuple(items) => items,
                    other => vec![other].into(),
                };
                for (target, item) in targets.iter().zip(items) {
                    self.assign_to(target, item)?;
                }
                Ok(())
            }
            Expr::Starred(_) => {
                Err(self.refuse(range, "a starred name", "name the items, or slice the tuple"))
            }
            _ => {
                let hint = "assign names and elements of arrays";
                Err(self.refuse(range, "an assignment to an attribute", hint))
            }
        }
    }

    /// `target op= value`.
    pub(crate) fn change(
        &mut self,
        range: TextRange,
        target: &Expr,
        op: Operator,
        value: &Expr,
    ) -> Result<()> {
        let Expr::Subscript(it) = target else {
            let before = self.expression(target)?;
            if let Val::View(view) = &before
                && !view.axes.is_empty()
            {
                return self.change_view(range, &view.clone(), op, value);
            }
            let value = self.expression(value)?;
            let after = self.operated(range, op, &before, &value)?;
            return self.assign_to(target, after);
        };
        let view = self.assigned_array(it)?;
        let parts = self.index_parts(&it.slice)?;
        if parts.iter().any(|it| matches!(it, Part::Array(..))) {
            let value = self.expression(value)?;
            return self.scattered(range, &view, parts, (Some(op), &value));
        }
        let view = self.viewed(it.slice.range(), &view, parts)?;
        if !view.axes.is_empty() {
            return self.change_view(range, &view, op, value);
        }
        let before = self.current(&view);
        let value = self.expression(value)?;
        let after = self.operated(range, op, &before, &value)?;
        self.assign_view(range, &view, &after)
    }

    /// Something combined with all elements of a view, in place.
    fn change_view(
        &mut self,
        range: TextRange,
        view: &crate::value::View,
        op: Operator,
        value: &Expr,
    ) -> Result<()> {
        let value = self.expression(value)?;
        self.changes(range, view)?;
        let target = extents(view);
        let (before, value) = self.paired(range, &Val::View(view.clone()), &value)?;
        let lazy = if op == Operator::MatMult {
            if !matches!(&value, Val::View(it) if it.axes.len() > 1) {
                let hint = "NumPy refuses it too: write `x = x @ y`";
                return Err(self.refuse(range, "`@=` of something else than a matrix", hint));
            }
            let product = self.matrix_product(range, &before, &value, "matmul")?;
            self.lazy(range, &product)?
        } else {
            self.apply_to(range, What::Binary(op), &[before, value], Some(&target))?
        };
        self.assign_lazy(range, view, &lazy, true)
    }
}

fn refused(expr: &Expr) -> (&'static str, &'static str) {
    match expr {
        Expr::List(_) | Expr::ListComp(_) => (
            "a list",
            "use a tuple where its length is known, else an array: np.zeros(n), np.arange(n)",
        ),
        Expr::Dict(_) | Expr::DictComp(_) => {
            ("a dict", "use arrays, one for keys and one for values")
        }
        Expr::Set(_) | Expr::SetComp(_) => ("a set", "use an array of bools"),
        Expr::Generator(_) => ("a generator", "write the loop"),
        Expr::Lambda(_) => {
            ("a function inside a function", "define it outside and decorate it with ab.jit")
        }
        Expr::FString(_) | Expr::TString(_) => {
            ("a formatted string", "format it outside of the function")
        }
        Expr::BytesLiteral(_) => ("bytes", "use an array of uint8"),
        Expr::Await(_) | Expr::Yield(_) | Expr::YieldFrom(_) => {
            ("a function that is suspended", "write results to an array")
        }
        Expr::Starred(_) => ("a starred expression", "name the items"),
        Expr::Slice(_) => ("a slice", "slices stand inside of an index"),
        Expr::EllipsisLiteral(_) => ("`...`", "it stands inside of an index"),
        _ => ("this expression", "see the table of the language in docs/guide/jit.md"),
    }
}
