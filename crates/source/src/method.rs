//! Methods of arrays, and NumPy's functions that are more than a number for each element.

use memory::DType;
use ruff_text_size::TextRange;

use crate::call::Given;
use crate::index::Part;
use crate::lower::{Lowerer, Result};
use crate::total::TOTALS;
use crate::value::{At, NumType, Val, View};
use crate::whole::{What, is_array};
use ruff_python_ast::Operator;

impl Lowerer<'_> {
    /// A function of NumPy that makes, reduces or multiplies arrays; none where it is another one.
    pub(crate) fn array_function(
        &mut self,
        range: TextRange,
        name: &str,
        given: &Given,
    ) -> Result<Option<Val>> {
        if let Some(found) = self.into_out(range, name, given)? {
            return Ok(Some(found));
        }
        let as_arrays = match name {
            "dot" | "matmul" => 2,
            "cumsum" | "cumprod" | "count_nonzero" | "transpose" | "reshape" | "ravel" => 1,
            "nonzero" | "flatnonzero" => 1,
            _ => usize::from(TOTALS.contains(&name)),
        };
        let given = &self.with_arrays(range, name, given, as_arrays)?;
        let arrays = given.plain.iter().any(|it| is_array(&it.0));
        if TOTALS.contains(&name) && arrays {
            return self.total(range, name, given).map(Some);
        }
        if matches!(
            name,
            "dot"
                | "matmul"
                | "count_nonzero"
                | "reshape"
                | "nonzero"
                | "flatnonzero"
                | "take"
                | "ravel"
                | "size"
                | "ndim"
        ) {
            self.nothing_named(name, given)?;
        }
        Ok(Some(match (name, &given.plain[..]) {
            ("real" | "imag", [(value, _)]) => return self.part(range, value, name).map(Some),
            ("dot", [(Val::Num(x), _), (Val::Num(y), _)]) => {
                let found = self.binary(range, Operator::Mult, x, y)?;
                Val::Num(self.to(&found, NumType::strong(found.ty.dtype)))
            }
            ("dot" | "matmul", [(x, _), (y, _)]) if arrays => {
                self.matrix_product(range, x, y, name)?
            }
            ("cumsum" | "cumprod", [(x, _), ..]) if arrays => {
                self.run_along(range, name, x, given)?
            }
            ("count_nonzero", [(x, _)]) if arrays => {
                let count = self.counted_true(range, x)?;
                Val::Num(self.to(&count, NumType::strong(DType::I64)))
            }
            ("transpose", [(x, _), ..]) if arrays => {
                let taken = self.taken(range, name, given, &["a", "axes"])?;
                let order = taken.get(1).cloned();
                self.permuted(range, x, order.as_slice())?
            }
            ("swapaxes", [(x, _), (a, _), (b, _)]) if arrays => {
                self.nothing_named(name, given)?;
                self.swapped(range, x, a, b)?
            }
            ("reshape", [(x, _), (shape, _)]) if arrays => self.reshaped(range, x, shape)?,
            ("concatenate" | "stack" | "vstack" | "hstack", _) => {
                self.put_together(range, name, given)?
            }
            ("ravel", [(x, _)]) if arrays => self.raveled(range, x, false)?,
            ("nonzero" | "where", [(x, _)]) if arrays => {
                let mask = self.lazy(range, x)?;
                let found = self.nonzero(range, &mask)?;
                Val::Tuple(found.into_iter().map(Val::View).collect())
            }
            ("flatnonzero", [(x, _)]) if arrays => {
                let flat = self.raveled(range, x, false)?;
                let mask = self.lazy(range, &flat)?;
                Val::View(self.nonzero(range, &mask)?.remove(0))
            }
            ("take", [(Val::View(x), _), (index, at)]) if x.axes.len() == 1 => {
                let index = self.as_places(range, index)?;
                self.picked(range, x, vec![Part::Array(index, *at)])?
            }
            ("size" | "ndim" | "shape", [(Val::View(x), _)]) => {
                let axes = x.axes.clone();
                self.sized(&axes, name)?
            }
            ("size" | "ndim" | "shape", [(Val::Num(_), _)]) => self.sized(&[], name)?,
            _ => return self.makes(range, name, given),
        }))
    }

    /// Indices that are taken as ints, also if they are bools.
    fn as_places(&mut self, range: TextRange, index: &Val) -> Result<Val> {
        let bools = match index {
            Val::View(it) => it.dtype == DType::Bool,
            Val::Lazy(it) => self.type_within(it)? == DType::Bool,
            _ => false,
        };
        if bools {
            return self.apply(range, What::Cast(DType::I64), std::slice::from_ref(index));
        }
        Ok(index.clone())
    }

    /// Arguments of which the first ones are arrays where they are lists or tuples, and of a reduction also where
    /// they are numbers.
    fn with_arrays(
        &mut self,
        range: TextRange,
        name: &str,
        given: &Given,
        count: usize,
    ) -> Result<Given> {
        let mut given = Given { plain: given.plain.clone(), named: given.named.clone() };
        let numbers = TOTALS.contains(&name) || matches!(name, "cumsum" | "cumprod");
        for (value, _) in given.plain.iter_mut().take(count) {
            *value = match value {
                Val::Num(_) if numbers => {
                    let one = Val::Tuple(vec![value.clone()].into());
                    self.array_of(range, &one)?
                }
                Val::Tuple(items) if !items.iter().any(is_array) => self.array_of(range, value)?,
                _ => continue,
            };
        }
        Ok(given)
    }

    /// A method of an array.
    pub(crate) fn method(
        &mut self,
        range: TextRange,
        value: &Val,
        name: &str,
        mut given: Given,
    ) -> Result<Val> {
        let args: Vec<Val> = given.plain.iter().map(|it| it.0.clone()).collect();
        let converts = name == "astype" && given.named.iter().all(|it| it.0 == "copy");
        // A method that is written in the language itself.
        if let Some(crate::Constant::Unit(unit)) =
            self.frame().unit.constant(&format!(".{name}")).cloned()
        {
            given.plain.insert(0, (value.clone(), range));
            return self.inlined(range, &unit, given);
        }
        if !TOTALS.contains(&name)
            && !matches!(name, "reshape" | "cumsum" | "cumprod" | "transpose")
            && !converts
        {
            self.nothing_named(name, &given)?;
        }
        match (name, &args[..]) {
            ("round", [] | [_]) => {
                let of: Vec<_> = std::iter::once(value.clone()).chain(args).collect();
                return self.apply(range, What::Call("numpy.round".into()), &of);
            }
            ("copy", []) => return self.copied(range, value),
            ("astype", [to]) => {
                let dtype = self.dtype(given.plain[0].1, to)?;
                return self.apply(range, What::Cast(dtype), std::slice::from_ref(value));
            }
            ("fill", [number @ Val::Num(_)]) => {
                if let Val::View(view) = value {
                    self.assign_view(range, view, number)?;
                    return Ok(Val::None);
                }
            }
            ("conj" | "conjugate", []) => {
                let what = What::Call("numpy.conjugate".into());
                return self.apply(range, what, std::slice::from_ref(value));
            }
            ("clip", [low, high]) => {
                let mut found = value.clone();
                for (function, limit) in [("numpy.maximum", low), ("numpy.minimum", high)] {
                    if !matches!(limit, Val::None) {
                        let what = What::Call(function.into());
                        found = self.apply(range, what, &[found, limit.clone()])?;
                    }
                }
                return Ok(found);
            }
            ("dot", [other]) => return self.matrix_product(range, value, other, "dot"),
            ("reshape", [shape]) if given.named.is_empty() => {
                return self.reshaped(range, value, shape);
            }
            ("reshape", [_, ..]) if given.named.is_empty() => {
                return self.reshaped(range, value, &Val::Tuple(args.into()));
            }
            ("ravel", []) => return self.raveled(range, value, false),
            ("flatten", []) => return self.raveled(range, value, true),
            ("transpose", _) => {
                self.nothing_named(name, &given)?;
                return self.permuted(range, value, &args);
            }
            ("swapaxes", [a, b]) => return self.swapped(range, value, a, b),
            ("item", []) => {
                let lazy = self.lazy(range, value)?;
                if lazy.axes.iter().all(|it| it.known == Some(1)) {
                    let zero = self.b.constant(0i64);
                    let index = vec![zero; lazy.axes.len()];
                    let spot = crate::whole::Spot { index: &index, axes: &lazy.axes, fast: true };
                    return self.element_of(&lazy.node, &spot).map(Val::Num);
                }
            }
            ("cumsum" | "cumprod", _) => {
                given.plain.insert(0, (value.clone(), range));
                return self.run_along(range, name, value, &given);
            }
            ("nonzero" | "take", _) => {
                given.plain.insert(0, (value.clone(), range));
                if let Some(found) = self.array_function(range, name, &given)? {
                    return Ok(found);
                }
            }
            _ if TOTALS.contains(&name) => {
                given.plain.insert(0, (value.clone(), range));
                return self.total(range, name, &given);
            }
            _ => {}
        }
        let message = format!("the method {name} of {}", value.describe());
        let hint = "arrays have sum, prod, mean, min, max, any, all, argmin, argmax, var, std, dot, cumsum, \
                    copy, astype, fill, clip, round, reshape, ravel, flatten, nonzero, take, transpose, swapaxes, \
                    sort, argsort and repeat here";
        Err(self.refuse(range, message, hint))
    }
}

/// A view with its axes the other way round.
pub(crate) fn transposed(view: &View) -> View {
    let mut view = view.clone();
    let last = view.axes.len();
    view.axes.reverse();
    for at in &mut view.map {
        if let At::Axis(axis) = at {
            *axis = last - 1 - *axis;
        }
    }
    view.whole = view.whole && last < 2;
    view
}
