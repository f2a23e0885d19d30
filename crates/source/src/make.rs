//! NumPy's functions that make arrays: `zeros`, `arange`, `eye` and their like.

use std::rc::Rc;

use memory::{DType, Kind};
use ruff_python_ast::{CmpOp, Operator};
use ruff_text_size::TextRange;

use crate::call::Given;
use crate::lower::{Lowerer, RaiseKind, Result};
use crate::value::{Num, NumType, Val};
use crate::whole::{Extent, Lazy, Node, What, extents, is_array};

/// Arguments of a function by the names that NumPy gives them.
pub(crate) struct Taken {
    values: Vec<Option<(Val, TextRange)>>,
}

impl Taken {
    pub(crate) fn get(&self, place: usize) -> Option<&Val> {
        self.values.get(place)?.as_ref().map(|it| &it.0).filter(|it| !matches!(it, Val::None))
    }

    pub(crate) fn at(&self, place: usize, range: TextRange) -> TextRange {
        self.values.get(place).and_then(Option::as_ref).map_or(range, |it| it.1)
    }
}

impl Lowerer<'_> {
    /// The arguments of a function that has such parameters.
    pub(crate) fn taken(
        &mut self,
        range: TextRange,
        function: &str,
        given: &Given,
        names: &[&str],
    ) -> Result<Taken> {
        let mut values: Vec<Option<(Val, TextRange)>> = vec![None; names.len()];
        if given.plain.len() > names.len() {
            let message = format!("{function} with {} arguments", given.plain.len());
            let hint = format!("it takes {} here", names.join(", "));
            return Err(self.refuse(range, message, &hint));
        }
        for (slot, it) in values.iter_mut().zip(&given.plain) {
            *slot = Some(it.clone());
        }
        for (name, value, at) in &given.named {
            let place = names.iter().position(|it| it == name);
            let Some(slot) = place.map(|it| &mut values[it]).filter(|it| it.is_none()) else {
                let hint = format!("it takes {} here", names.join(", "));
                return Err(self.refuse(*at, format!("{function} with {name}="), &hint));
            };
            *slot = Some((value.clone(), *at));
        }
        Ok(Taken { values })
    }

    /// A type of elements.
    pub(crate) fn dtype(&mut self, range: TextRange, value: &Val) -> Result<DType> {
        let name = match value {
            Val::Named(it) => it.as_str(),
            Val::Text(it) => it.as_str(),
            _ => "",
        };
        let name = name.strip_prefix("numpy.").unwrap_or(name);
        let found = match name {
            "builtins.float" | "float" => Some(DType::F64),
            "builtins.int" | "int" => Some(DType::I64),
            "builtins.bool" | "bool" | "bool_" => Some(DType::Bool),
            "builtins.complex" | "complex" => Some(DType::C128),
            other => DType::from_name(other),
        };
        found.ok_or_else(|| {
            let message = format!("a dtype that is {}", value.describe());
            self.refuse(range, message, "write np.float64, float, int, bool, \"int32\" or x.dtype")
        })
    }

    /// A shape: an int, or a tuple of them.
    pub(crate) fn new_shape(&mut self, range: TextRange, value: &Val) -> Result<Vec<Extent>> {
        let items = match value {
            Val::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        let mut axes = Vec::new();
        for it in &items {
            let Val::Num(num) = it else {
                let message = format!("a shape of {}", it.describe());
                return Err(self.refuse(range, message, "write an int or a tuple of ints"));
            };
            if !num.ty.dtype.is_integer() {
                let message = format!("a length that is {}", num.ty.name());
                return Err(self.refuse(range, message, "convert it with int(x)"));
            }
            let num = self.to_index(num);
            axes.push(self.new_length(range, &num));
        }
        if axes.is_empty() {
            let hint = "use a number";
            return Err(self.refuse(range, "an array without axes", hint));
        }
        self.countable(range, &axes);
        Ok(axes)
    }

    /// Check that the number of elements is one.
    pub(crate) fn countable(&mut self, range: TextRange, axes: &[Extent]) {
        let mut size: Option<ir::Value> = None;
        for axis in axes.iter().filter(|it| it.known.is_none_or(|it| it > 1 << 20)) {
            let length = self.b.cast(DType::F64, axis.length);
            size = Some(match size {
                None => length,
                Some(other) => self.b.mul(other, length),
            });
        }
        let Some(size) = size else { return };
        let most = self.b.constant((1i64 << 60) as f64);
        let holds = self.b.lt(size, most);
        let text = "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum \
                    possible size.";
        self.value_error(holds, range, text);
    }

    fn filled(
        &mut self,
        axes: Vec<Extent>,
        num: &Num,
        dtype: DType,
        range: TextRange,
    ) -> Result<Val> {
        let num = self.to_element(range, num, dtype)?;
        Ok(Val::Lazy(Lazy { axes, node: Rc::new(Node::Num(num)) }))
    }

    /// The type of the elements of an array or expression; computes an expression for that.
    pub(crate) fn type_of(&mut self, range: TextRange, value: &Val) -> Result<(Val, DType)> {
        Ok(match value {
            Val::View(it) => (value.clone(), it.dtype),
            Val::Num(it) => (value.clone(), it.ty.dtype),
            Val::Lazy(it) => {
                let view = self.computed(range, it, None)?;
                let dtype = view.dtype;
                (Val::View(view), dtype)
            }
            other => return Err(self.no_number(range, other)),
        })
    }

    /// A function that makes an array; none where there is no such function.
    pub(crate) fn makes(
        &mut self,
        range: TextRange,
        name: &str,
        given: &Given,
    ) -> Result<Option<Val>> {
        Ok(Some(match name {
            "zeros" | "ones" | "empty" => {
                let taken = self.taken(range, name, given, &["shape", "dtype"])?;
                let Some(shape) = taken.get(0) else {
                    return Err(self.refuse(range, format!("{name} without a shape"), "give one"));
                };
                let axes = self.new_shape(taken.at(0, range), shape)?;
                let dtype = match taken.get(1) {
                    Some(it) => self.dtype(taken.at(1, range), it)?,
                    None => DType::F64,
                };
                self.made(range, name, axes, dtype)?
            }
            "zeros_like" | "ones_like" | "empty_like" | "full_like" => {
                let names: &[&str] = match name {
                    "full_like" => &["a", "fill_value", "dtype"],
                    _ => &["a", "dtype"],
                };
                let taken = self.taken(range, name, given, names)?;
                let like = taken.get(0).cloned().unwrap_or(Val::None);
                let (like, mut dtype) = self.type_of(range, &like)?;
                if let Some(it) = taken.get(names.len() - 1) {
                    dtype = self.dtype(taken.at(names.len() - 1, range), it)?;
                }
                let Val::View(view) = &like else {
                    let hint = "give it an array";
                    return Err(self.refuse(range, format!("{name} of a number"), hint));
                };
                let axes = extents(view);
                if name == "full_like" {
                    let Some(Val::Num(value)) = taken.get(1).cloned() else {
                        return Err(self.refuse(range, "full_like without a number", "give one"));
                    };
                    return self.filled(axes, &value, dtype, range).map(Some);
                }
                self.made(range, name.trim_end_matches("_like"), axes, dtype)?
            }
            "full" => {
                let taken = self.taken(range, name, given, &["shape", "fill_value", "dtype"])?;
                let (Some(shape), Some(Val::Num(value))) = (taken.get(0), taken.get(1).cloned())
                else {
                    let hint = "write np.full(shape, number)";
                    return Err(self.refuse(range, "full of something else than a number", hint));
                };
                let axes = self.new_shape(taken.at(0, range), shape)?;
                let dtype = match taken.get(2) {
                    Some(it) => self.dtype(taken.at(2, range), it)?,
                    None => value.ty.dtype,
                };
                self.filled(axes, &value, dtype, range)?
            }
            "arange" => self.arange(range, given)?,
            "linspace" => self.linspace(range, given)?,
            "eye" | "identity" => {
                let names: &[&str] =
                    if name == "eye" { &["N", "M", "k", "dtype"] } else { &["n", "", "", "dtype"] };
                let taken = self.taken(range, name, given, names)?;
                let rows = taken.get(0).cloned().unwrap_or(Val::None);
                let columns = taken.get(1).cloned().unwrap_or_else(|| rows.clone());
                let axes = self.new_shape(range, &Val::Tuple(vec![rows, columns].into()))?;
                let dtype = match taken.get(3) {
                    Some(it) => self.dtype(taken.at(3, range), it)?,
                    None => DType::F64,
                };
                let mut row = self.counted_along(&axes, 0);
                if let Some(shift) = taken.get(2) {
                    row = self.apply(range, What::Binary(Operator::Add), &[row, shift.clone()])?;
                }
                let column = self.counted_along(&axes, 1);
                let same = self.apply(range, What::Compare(CmpOp::Eq), &[row, column])?;
                self.apply(range, What::Cast(dtype), &[same])?
            }
            "copy" | "asarray" | "array" => {
                let names: &[&str] = if name == "copy" { &["a"] } else { &["a", "dtype"] };
                let taken = self.taken(range, name, given, names)?;
                let value = taken.get(0).cloned().unwrap_or(Val::None);
                let value = match value {
                    Val::Tuple(items) if items.iter().any(is_array) => {
                        let given = Given {
                            plain: vec![(Val::Tuple(items), taken.at(0, range))],
                            named: Vec::new(),
                        };
                        self.put_together(range, "stack", &given)?
                    }
                    Val::Tuple(_) => self.array_of(taken.at(0, range), &value)?,
                    other => other,
                };
                let value = match taken.get(1) {
                    Some(it) => {
                        let dtype = self.dtype(taken.at(1, range), it)?;
                        self.apply(range, What::Cast(dtype), &[value])?
                    }
                    None => value,
                };
                if !is_array(&value) {
                    let hint = "make it with np.empty and store its elements";
                    let message = format!("np.{name} of {}", value.describe());
                    return Err(self.refuse(range, message, hint));
                }
                if name == "asarray" { value } else { self.copied(range, &value)? }
            }
            _ => return Ok(None),
        }))
    }

    /// A new array of the same elements.
    pub(crate) fn copied(&mut self, range: TextRange, value: &Val) -> Result<Val> {
        Ok(Val::Lazy(self.lazy(range, value)?))
    }

    fn made(
        &mut self,
        range: TextRange,
        name: &str,
        axes: Vec<Extent>,
        dtype: DType,
    ) -> Result<Val> {
        if name == "empty" {
            let node = Rc::new(Node::Empty(NumType::strong(dtype)));
            return Ok(Val::Lazy(Lazy { axes, node }));
        }
        let num = self.int(i64::from(name == "ones"));
        self.filled(axes, &num, dtype, range)
    }

    /// The indices along an axis, as Python's ints.
    fn counted_along(&mut self, axes: &[Extent], axis: usize) -> Val {
        let node = Node::Index(axes.len() - 1 - axis, axes[axis].clone());
        Val::Lazy(Lazy { axes: axes.to_vec(), node: Rc::new(node) })
    }

    fn arange(&mut self, range: TextRange, given: &Given) -> Result<Val> {
        let taken = self.taken(range, "arange", given, &["start", "stop", "step", "dtype"])?;
        let number = |place: usize| match taken.get(place) {
            Some(Val::Num(it)) => Some(it.clone()),
            _ => None,
        };
        let Some(first) = number(0) else {
            return Err(self.refuse(
                range,
                "arange of something else than numbers",
                "give numbers",
            ));
        };
        let (start, stop) = match number(1) {
            Some(stop) => (first, stop),
            None => (self.int(0), first),
        };
        let step = number(2).unwrap_or_else(|| self.int(1));
        let ty = start.ty.meet(stop.ty).meet(step.ty);
        let dtype = match taken.get(3) {
            Some(it) => self.dtype(taken.at(3, range), it)?,
            None if ty.dtype == DType::Bool => DType::I64,
            None => ty.dtype,
        };
        let float = ty.dtype.kind() == Kind::Float;
        let weak = start.ty.weak && stop.ty.weak && step.ty.weak;
        if ty.dtype.is_complex() || dtype == DType::Bool {
            return Err(self.refuse(range, "arange of such numbers", "use ints or floats"));
        }
        let wide = if float { NumType::FLOAT } else { NumType::INT };
        let [start, stop, step] = [start, stop, step].map(|it| self.to(&it, wide));
        let zero = self.zero(wide.dtype);
        let moves = self.b.ne(step.re, zero);
        // Python divides its own numbers, NumPy those of NumPy.
        let most = || RaiseKind::Builtin("ValueError", "Maximum allowed size exceeded".into());
        let kind = match (weak, float) {
            (true, true) => RaiseKind::Like("1.0 / 0.0"),
            (true, false) => RaiseKind::Like("1 / 0"),
            _ => most(),
        };
        self.check(moves, range, kind);
        // As NumPy counts: the quotient of floats, rounded up.
        let way = self.b.sub(stop.re, start.re);
        let way = self.b.cast(DType::F64, way);
        let by = self.b.cast(DType::F64, step.re);
        let turns = self.b.div(way, by);
        let turns = self.b.op(ir::Op::Ceil, &[turns]);
        if float {
            let unknown = self.b.op(ir::Op::IsNan, &[turns]);
            let known = self.b.not(unknown);
            self.value_error(known, range, "arange: cannot compute length");
            let limit = self.b.constant((1i64 << 60) as f64);
            let fits = self.b.lt(turns, limit);
            self.check(fits, range, most());
        }
        // Memory is made before anything is checked: none for what has no length.
        let none = self.b.constant(0.0);
        let limit = self.b.constant((1i64 << 60) as f64);
        let fits = self.b.lt(turns, limit);
        let turns = self.b.select(fits, turns, none);
        let turns = self.b.max(turns, none);
        let length = self.b.cast(DType::I64, turns);
        let axes = vec![Extent::new(length, None)];
        let index = self.counted_along(&axes, 0);
        // The second number decides the step: NumPy fills from the first two.
        let strong = NumType::strong(if float && dtype.is_float() { dtype } else { wide.dtype });
        let first = self.to(&start, strong);
        let second = self.binary(range, Operator::Add, &start, &step)?;
        let second = self.to(&second, strong);
        let by = self.binary(range, Operator::Sub, &second, &first)?;
        let index = self.apply(range, What::Cast(strong.dtype), &[index])?;
        let moved = self.apply(range, What::Binary(Operator::Mult), &[index, Val::Num(by)])?;
        let found = self.apply(range, What::Binary(Operator::Add), &[Val::Num(first), moved])?;
        self.apply(range, What::Cast(dtype), &[found])
    }

    fn linspace(&mut self, range: TextRange, given: &Given) -> Result<Val> {
        let taken = self.taken(range, "linspace", given, &["start", "stop", "num", "endpoint"])?;
        let (Some(Val::Num(start)), Some(Val::Num(stop))) =
            (taken.get(0).cloned(), taken.get(1).cloned())
        else {
            return Err(self.refuse(
                range,
                "linspace of something else than numbers",
                "give numbers",
            ));
        };
        let count = taken.get(2).cloned().unwrap_or_else(|| Val::Num(self.int(50)));
        let axes = self.new_shape(range, &count)?;
        let endpoint = match taken.get(3) {
            None => true,
            Some(Val::Num(Num { known: Some(crate::value::Known::Bool(it)), .. })) => *it,
            Some(_) => {
                let hint = "write endpoint=True or endpoint=False";
                return Err(self.refuse(range, "an endpoint that varies", hint));
            }
        };
        let complex = start.ty.dtype.is_complex() || stop.ty.dtype.is_complex();
        let strong = NumType::strong(if complex { DType::C128 } else { DType::F64 });
        let (start, stop) = (self.to(&start, strong), self.to(&stop, strong));
        let one = self.b.constant(1i64);
        let parts = if endpoint { self.b.sub(axes[0].length, one) } else { axes[0].length };
        let some = self.b.max(parts, one);
        let some = self.b.cast(DType::F64, some);
        let some = self.number(NumType::strong(DType::F64), some);
        let way = self.binary(range, Operator::Sub, &stop, &start)?;
        let step = Val::Num(self.binary(range, Operator::Div, &way, &some)?);
        let index = self.counted_along(&axes, 0);
        let moved = self.apply(range, What::Binary(Operator::Mult), &[index.clone(), step])?;
        let found = self.apply(range, What::Binary(Operator::Add), &[moved, Val::Num(start)])?;
        if !endpoint {
            return Ok(found);
        }
        // The last number is exact, if there are two.
        let last = self.b.sub(axes[0].length, one);
        let none = self.b.constant(-1i64);
        let alone = self.b.le(axes[0].length, one);
        let last = self.b.select(alone, none, last);
        let last = Val::Num(self.number(NumType::INT, last));
        let ends = self.apply(range, What::Compare(CmpOp::Eq), &[index, last])?;
        self.apply(range, What::Where, &[ends, Val::Num(stop), found])
    }
}
