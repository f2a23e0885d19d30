//! Calls: builtins, types, functions of modules, other jit functions.

use std::collections::BTreeMap;
use std::sync::Arc;

use ir::{Callee, Op};
use memory::{DType, Kind};
use ruff_python_ast::name::Name;
use ruff_python_ast::{CmpOp, Expr, ExprCall, Operator};
use ruff_text_size::{Ranged, TextRange};

use crate::Unit;
use crate::fold::Fold;
use crate::lower::{Frame, Lowerer, RaiseKind, Result, Slot};
use crate::step::{Names, RESULT};
use crate::value::{Iter, Known, Num, NumType, Val};
use crate::whole::{What, is_array};

/// Most calls of jit functions inside each other.
pub(crate) const DEEPEST: usize = 24;

/// Arguments of a call: the plain ones, then the named ones.
pub(crate) struct Given {
    pub(crate) plain: Vec<(Val, TextRange)>,
    pub(crate) named: Vec<(String, Val, TextRange)>,
}

/// Whether lists may stand among the arguments of a function: it makes an array of them, or runs over them.
fn takes_lists(name: &str) -> bool {
    name.starts_with("numpy.")
        || ["zip", "enumerate", "reversed", "len", "tuple"]
            .iter()
            .any(|it| name.strip_prefix("builtins.") == Some(it))
}

/// Under this name a function that stands for another one keeps that one's name.
const STANDS_FOR: &str = "$stands for";

impl Lowerer<'_> {
    pub(crate) fn call(&mut self, it: &ExprCall) -> Result<Val> {
        let range = it.range();
        // Methods of arrays and numbers.
        if let Expr::Attribute(attribute) = &*it.func
            && !self.is_outside(&it.func)
        {
            let value = self.expression(&attribute.value)?;
            let name = attribute.attr.as_str();
            match value {
                Val::Num(num) if it.arguments.is_empty() && name == "conjugate" => {
                    if num.ty == NumType::BOOL {
                        return Ok(Val::Num(self.to(&num, NumType::INT)));
                    }
                    let im = num.im.map(|im| self.b.neg(im));
                    return Ok(Val::Num(Num { im, ..num }));
                }
                Val::Num(num) if it.arguments.is_empty() && name == "is_integer" => {
                    return self.is_whole(range, &num);
                }
                Val::Num(num)
                    if it.arguments.is_empty() && matches!(name, "bit_length" | "bit_count") =>
                {
                    return self.bits(range, &num, name == "bit_length");
                }
                Val::Tuple(items) if name == "_replace" && items.class().is_some() => {
                    let given = self.arguments(it)?;
                    let class = items.class().cloned();
                    let Some(class) = class else { return Ok(Val::None) };
                    return self.replaced(range, &class, &items, given);
                }
                Val::View(_) | Val::Lazy(_) => {
                    let given = self.arguments(it)?;
                    return self.method(range, &value, name, given);
                }
                _ => {}
            }
        }
        if self.is_print(it) {
            return self.printed(it);
        }
        let function = self.expression(&it.func)?;
        if let Val::Named(name) = &function
            && let Some(how) = Fold::of(name)
            && let Some(found) = self.folds(range, how, it)?
        {
            return Ok(found);
        }
        let lists = matches!(&function, Val::Named(it) if takes_lists(it));
        let given = self.arguments_of(it, lists)?;
        match function {
            Val::Named(name) => self.named(range, &name, &given),
            Val::Unit(unit) if unit.again.is_some() => self.called(range, &unit, given),
            Val::Unit(unit) => self.inlined(range, &unit, given),
            Val::Class(class, defaults) => self.record(range, &class, &defaults, given),
            Val::Draw(rng, method) => self.drawn(range, rng, &method, &given),
            other => {
                let message = format!("a call of {}", other.describe());
                let hint = "call functions of math and numpy, builtins, and functions that ab.jit \
                            decorates";
                Err(self.refuse(range, message, hint))
            }
        }
    }

    /// Whether a name with attributes stands for something outside of the function.
    fn is_outside(&self, expr: &Expr) -> bool {
        let Some(chain) = crate::flow::chain(expr) else { return false };
        let first = chain.split('.').next().unwrap_or_default();
        let unit = &self.frame().unit;
        !self.is_local(first) && unit.constant(&chain).is_some()
    }

    /// The arguments of a call.
    fn arguments(&mut self, it: &ExprCall) -> Result<Given> {
        self.arguments_of(it, false)
    }

    /// The same, where lists may stand for tuples and arrays.
    fn arguments_of(&mut self, it: &ExprCall, lists: bool) -> Result<Given> {
        let mut given = Given { plain: Vec::new(), named: Vec::new() };
        for argument in &it.arguments.args {
            if let Expr::Starred(starred) = argument {
                match self.expression(&starred.value)? {
                    Val::Tuple(items) => {
                        given.plain.extend(items.into_iter().map(|it| (it, argument.range())));
                    }
                    _ => {
                        let hint = "name the arguments; tuples can be unpacked";
                        return Err(self.refuse(argument.range(), "a starred argument", hint));
                    }
                }
                continue;
            }
            let value = if lists { self.sequence(argument)? } else { self.expression(argument)? };
            given.plain.push((value, argument.range()));
        }
        for keyword in &it.arguments.keywords {
            let Some(name) = &keyword.arg else {
                return Err(self.refuse(keyword.range, "`**`", "name the arguments"));
            };
            let value = if lists {
                self.sequence(&keyword.value)?
            } else {
                self.expression(&keyword.value)?
            };
            given.named.push((name.to_string(), value, keyword.range));
        }
        Ok(given)
    }

    pub(crate) fn inlined(
        &mut self,
        range: TextRange,
        unit: &Arc<Unit>,
        given: Given,
    ) -> Result<Val> {
        if self.frames.iter().any(|it| {
            it.unit.text().as_ptr() == unit.text().as_ptr() && it.unit.name() == unit.name()
        }) {
            let hint = "write it as a loop: calls are compiled into the function that makes them";
            return Err(self.refuse(range, format!("{} calls itself", unit.name()), hint));
        }
        if self.frames.len() >= DEEPEST {
            return Err(self.refuse(range, "calls that are too deep", "write fewer functions"));
        }
        let mut env = BTreeMap::new();
        let parameters = unit.parameters();
        if given.plain.len() > parameters.len() {
            let message = format!(
                "{} takes {} arguments, not {}",
                unit.name(),
                parameters.len(),
                given.plain.len()
            );
            return Err(self.refuse(range, message, "give one argument for each parameter"));
        }
        for (name, (value, at)) in parameters.iter().zip(given.plain) {
            let value = self.settled(at, value, None)?;
            env.insert(Name::new(name), Slot { value, assigned: None });
        }
        for (name, value, range) in given.named {
            let value = self.settled(range, value, None)?;
            let slot = Slot { value, assigned: None };
            if !parameters.contains(&name) || env.insert(Name::new(&name), slot).is_some() {
                let message = format!("{} cannot be given {name}= here", unit.name());
                return Err(self.refuse(range, message, "give each parameter once"));
            }
        }
        let mut path = self.frame().path.clone();
        path.push(u64::from(u32::from(range.start())) | 1 << 34);
        self.frames.push(Frame { unit: unit.clone(), env, path, inner: Names::new() });
        for name in parameters {
            let name = Name::new(name);
            if self.frame().env.contains_key(&name) {
                continue;
            }
            let Some(constant) = unit.constant(&format!("{name}=")).cloned() else {
                self.frames.pop();
                let message = format!("{} is not given {name}", unit.name());
                return Err(self.refuse(range, message, "give one argument for each parameter"));
            };
            let value = self.default(&constant)?;
            self.set(&name, value);
        }
        let depth = std::mem::replace(&mut self.conditional, 0);
        let flying = self.flying.len();
        let found = self.lines(&unit.lines);
        self.flying.truncate(flying);
        self.conditional = depth;
        let frame = self.frames.pop();
        found.map_err(|it| self.in_the_callers_words(range, unit, it))?;
        let result = frame.and_then(|mut it| it.env.remove(RESULT));
        let result = result.map_or(Val::None, |slot| slot.value);
        self.fly(&result);
        Ok(result)
    }

    /// Of what stands for a function of NumPy's, the caller is shown the call: the lines inside are not theirs.
    fn in_the_callers_words(
        &self,
        range: TextRange,
        unit: &Unit,
        refusal: Box<crate::Refusal>,
    ) -> Box<crate::Refusal> {
        let Some(crate::Constant::Text(name)) = unit.constant(STANDS_FOR) else { return refusal };
        let message = format!("{name} of such arguments: {}", refusal.message);
        let hint = "docs/guide/jit.md says for which it is compiled; else write a loop, or call it outside";
        self.refuse(range, message, hint)
    }

    pub(crate) fn default(&mut self, constant: &crate::Constant) -> Result<Val> {
        use crate::Constant;
        Ok(match constant {
            Constant::Int(it) => Val::Num(self.int(*it)),
            Constant::Large(it) => Val::Large(*it),
            Constant::Float(it) => Val::Num(self.float(*it)),
            Constant::Bool(it) => Val::Num(self.boolean(*it)),
            Constant::Complex(re, im) => Val::Num(self.complex_constant(*re, *im)),
            Constant::Text(it) => Val::Text(it.clone()),
            Constant::Tuple(items) => {
                Val::Tuple(items.iter().map(|it| self.default(it)).collect::<Result<_>>()?)
            }
            Constant::NamedTuple(class, items) => {
                let items = items.iter().map(|it| self.default(it)).collect::<Result<_>>()?;
                Val::Tuple(crate::Items::named(class.clone(), items))
            }
            _ => Val::None,
        })
    }

    pub(crate) fn named(&mut self, range: TextRange, name: &str, given: &Given) -> Result<Val> {
        let args: Vec<Val> = given.plain.iter().map(|it| it.0.clone()).collect();
        let (module, function) = name.rsplit_once('.').unwrap_or(("", name));
        if module == "numpy"
            && let Some(found) = self.array_function(range, function, given)?
        {
            return Ok(found);
        }
        if let Some((name, _, at)) = given.named.first() {
            let known =
                |it: &Val| matches!(it, Val::Num(it) if it.known == Some(Known::Bool(false)));
            let takes = match (function, name.as_str()) {
                ("enumerate", "start") => true,
                ("zip", "strict") => known(&given.named[0].1),
                _ => false,
            };
            if !takes {
                let hint = "give it in its place";
                return Err(self.refuse(*at, format!("{function} with {name}= "), hint));
            }
        }
        if module == "builtins" {
            if let Some(found) = self.builtin(range, function, &args, given)? {
                return Ok(found);
            }
        } else if module == "abreast" && function == "prange" {
            let inner = self.range(range, &args)?;
            return Ok(Val::Iter(Box::new(Iter::Parallel(Box::new(inner)))));
        } else if let ("abreast", "thread_id", []) = (module, function, &args[..]) {
            return Ok(self.asked(Callee::ThreadId));
        } else if let ("abreast", "thread_count", []) = (module, function, &args[..]) {
            return Ok(self.asked(Callee::ThreadCount));
        }
        if let Some(dtype) =
            DType::from_name(function).filter(|_| module == "numpy" && function != "bool")
        {
            return self.converted(range, NumType::strong(dtype), &args);
        }
        match (module, function, &args[..]) {
            ("numpy", "bool" | "bool_", [value]) => {
                let truth = self.truth(range, value)?;
                return Ok(Val::Num(self.to(&truth, NumType::strong(DType::Bool))));
            }
            ("numpy", "where", [test, x, y]) if args.iter().any(is_array) => {
                let of = [test.clone(), x.clone(), y.clone()];
                return self.apply(range, What::Where, &of);
            }
            ("numpy", "where", [test, x, y]) => {
                let test = self.truth(range, test)?;
                return match (x, y) {
                    (Val::Num(x), Val::Num(y)) => Ok(Val::Num(self.chosen(&test, x, y))),
                    _ => Err(self.whole(range, name, &args)),
                };
            }
            ("numpy", "clip", [x, low, high]) => {
                let raised =
                    self.named_numbers(range, "numpy.maximum", &[x.clone(), low.clone()])?;
                return self.named_numbers(range, "numpy.minimum", &[raised, high.clone()]);
            }
            _ => {}
        }
        self.named_numbers(range, name, &args)
    }

    pub(crate) fn named_numbers(
        &mut self,
        range: TextRange,
        name: &str,
        args: &[Val],
    ) -> Result<Val> {
        let (module, function) = name.rsplit_once('.').unwrap_or(("", name));
        let numbers = |it: &Val| match it {
            Val::Tuple(items) => items.iter().all(|it| matches!(it, Val::Num(_))),
            _ => false,
        };
        if module == "numpy" && args.iter().any(numbers) {
            // Of tuples NumPy makes arrays.
            let mut arrays = args.to_vec();
            for it in arrays.iter_mut().filter(|it| numbers(it)) {
                *it = self.array_of(range, it)?;
            }
            return self.named_numbers(range, name, &arrays);
        }
        if module == "numpy" && args.iter().any(is_array) {
            return self.apply(range, What::Call(name.to_owned()), args);
        }
        let mut numbers = Vec::new();
        for it in args {
            let Val::Num(it) = it else { return Err(self.whole(range, name, args)) };
            numbers.push(it.clone());
        }
        let found = match module {
            "math" => self.math(range, function, &numbers)?,
            "numpy" => self.numpy(range, function, &numbers)?,
            "cmath" => self.cmath(range, function, &numbers)?,
            _ => None,
        };
        found.ok_or_else(|| {
            let given: Vec<_> = args.iter().map(Val::describe).collect();
            let message = format!("{name} of {}", given.join(" and "));
            self.refuse(range, message, "docs/guide/jit.md lists the functions that are compiled")
        })
    }

    /// A refusal of a function that is given something else than numbers.
    fn whole(&self, range: TextRange, name: &str, args: &[Val]) -> Box<crate::Refusal> {
        let other = args.iter().find(|it| !matches!(it, Val::Num(_)));
        let what = other.map_or_else(|| "this".into(), Val::describe);
        let hint = if other.is_some_and(is_array) {
            "it is a function of numbers: NumPy's take arrays, such as np.sin(x), np.sum(x), np.max(x)"
        } else {
            "give it numbers"
        };
        self.refuse(range, format!("{name} of {what}"), hint)
    }

    /// What `zip` and its like run over, one turn after the other.
    fn in_turn(&mut self, range: TextRange, name: &str, value: &Val) -> Result<Iter> {
        let inner = self.iterated(range, value.clone())?;
        if matches!(inner, Iter::Parallel(_)) {
            let hint = "write `for i in ab.prange(n)` and index with i, or use range";
            return Err(self.refuse(range, format!("{name} of prange"), hint));
        }
        Ok(inner)
    }

    fn integer(&mut self, range: TextRange, value: &Val) -> Result<Num> {
        match value {
            Val::Num(it) if it.ty.dtype.is_integer() || it.ty == NumType::BOOL => {
                Ok(self.to_index(it))
            }
            other => {
                let message = format!("range of {}", other.describe());
                Err(self.refuse(range, message, "convert it with int(x)"))
            }
        }
    }

    fn range(&mut self, range: TextRange, args: &[Val]) -> Result<Iter> {
        let mut numbers = Vec::new();
        for it in args {
            numbers.push(self.integer(range, it)?);
        }
        let (zero, one) = (self.int(0), self.int(1));
        Ok(match &numbers[..] {
            [end] => Iter::Range { begin: zero, end: end.clone(), step: one },
            [begin, end] => Iter::Range { begin: begin.clone(), end: end.clone(), step: one },
            [begin, end, step] => {
                self.check_step(range, step);
                Iter::Range { begin: begin.clone(), end: end.clone(), step: step.clone() }
            }
            _ => return Err(self.refuse(range, "a range of no or too many numbers", "")),
        })
    }

    pub(crate) fn converted(&mut self, range: TextRange, ty: NumType, args: &[Val]) -> Result<Val> {
        let zero = self.int(0);
        let large = match args {
            [Val::Large(it)] => self.large(*it, ty.dtype),
            _ => None,
        };
        let num = match args {
            [] => zero,
            [Val::Num(num)] => num.clone(),
            [_] if large.is_some() => large.unwrap_or(zero),
            _ => {
                let message = format!("{} of this", ty.name());
                return Err(self.refuse(range, message, "convert one number"));
            }
        };
        if num.ty.dtype.is_complex() && !ty.dtype.is_complex() {
            let message = format!("{} of a complex number", ty.name());
            return Err(self.refuse(range, message, "take its real part: `x.real`"));
        }
        if !ty.weak {
            return Ok(Val::Num(self.to_element(range, &num, ty.dtype)?));
        }
        Ok(Val::Num(self.to(&num, ty)))
    }

    fn builtin(
        &mut self,
        range: TextRange,
        name: &str,
        args: &[Val],
        given: &Given,
    ) -> Result<Option<Val>> {
        let found = match (name, args) {
            ("range", _) => Val::Iter(Box::new(self.range(range, args)?)),
            ("len", [Val::View(view)]) if !view.axes.is_empty() => {
                let axis = view.axes[0].clone();
                Val::Num(self.axis_length(&axis))
            }
            ("len", [Val::Rngs(rngs)]) => Val::Num(self.natural(rngs.length)),
            ("len", [Val::Tuple(items)]) => Val::Num(self.int(items.len() as i64)),
            ("len", [Val::Iter(iter)]) if matches!(**iter, Iter::Range { .. }) => {
                let length = self.length(range, iter)?;
                Val::Num(self.natural(length))
            }
            ("zip", _) => {
                let mut all = Vec::new();
                for it in args {
                    all.push(self.in_turn(range, name, it)?);
                }
                Val::Iter(Box::new(Iter::Zip(all)))
            }
            ("enumerate", [value] | [value, _]) => {
                let inner = self.in_turn(range, name, value)?;
                let start = args.get(1).or(given.named.first().map(|it| &it.1));
                let start = match start {
                    Some(it) => self.integer(range, it)?,
                    None => self.int(0),
                };
                Val::Iter(Box::new(Iter::Enumerate(Box::new(inner), start)))
            }
            ("reversed", [value]) => {
                let inner = self.in_turn(range, name, value)?;
                if matches!(inner, Iter::Zip(_) | Iter::Enumerate(..) | Iter::Reversed(_)) {
                    let hint = "Python refuses it too: reverse what it is made of";
                    return Err(self.refuse(range, "reversed of an iterator", hint));
                }
                Val::Iter(Box::new(Iter::Reversed(Box::new(inner))))
            }
            ("int", []) => Val::Num(self.int(0)),
            ("int", [Val::Num(num)]) => Val::Num(self.to_int(range, num, Op::Trunc)?),
            ("round", [Val::Num(num)]) => Val::Num(self.to_int(range, num, Op::Rint)?),
            ("round", [Val::Num(x), Val::Num(digits)]) => self.round_to(range, x, digits)?,
            ("float", _) => return self.converted(range, NumType::FLOAT, args).map(Some),
            ("bool", [value]) => Val::Num(self.truth(range, value)?),
            ("complex", [Val::Num(re), Val::Num(im)]) => {
                let re_complex = re.im.is_some();
                // a + b * 1j, of which both may be complex.
                let (a, b) = self.parts(re, NumType::COMPLEX);
                let (c, d) = self.parts(im, NumType::COMPLEX);
                let re = if im.im.is_some() { self.b.sub(a, d) } else { a };
                let im = if re_complex { self.b.add(c, b) } else { c };
                Val::Num(self.complex(NumType::COMPLEX, re, im))
            }
            ("complex", _) => return self.converted(range, NumType::COMPLEX, args).map(Some),
            ("abs", [value]) if is_array(value) => {
                return self.apply(range, What::Call("numpy.absolute".into()), args).map(Some);
            }
            ("pow", [x, y]) if is_array(x) || is_array(y) => {
                return self.apply(range, What::Binary(Operator::Pow), args).map(Some);
            }
            ("len", [Val::Lazy(it)]) => {
                let axis = it.axes[0].clone();
                let known = axis.known;
                Val::Num(match known {
                    Some(known) => self.int(known),
                    None => self.natural(axis.length),
                })
            }
            ("abs", [Val::Num(num)]) => Val::Num(self.absolute(num)),
            ("pow", [Val::Num(x), Val::Num(y)]) => {
                Val::Num(self.binary(range, Operator::Pow, x, y)?)
            }
            ("divmod", [Val::Num(x), Val::Num(y)]) => {
                if x.ty.meet(y.ty) == NumType::FLOAT {
                    let (y, zero) = (self.to(y, NumType::FLOAT), self.b.constant(0f64));
                    let fine = self.b.ne(y.re, zero);
                    self.check(fine, range, RaiseKind::Like("divmod(1.0, 0.0)"));
                }
                let quotient = self.binary(range, Operator::FloorDiv, x, y)?;
                let rest = self.binary(range, Operator::Mod, x, y)?;
                Val::Tuple(vec![Val::Num(quotient), Val::Num(rest)].into())
            }
            ("min" | "max", [_, _, ..]) => return self.extreme(range, name, args).map(Some),
            ("tuple", [Val::Tuple(items)]) => Val::Tuple(items.to_vec().into()),
            _ => {
                let what: Vec<_> = args.iter().map(Val::describe).collect();
                let message = format!("{name} of {}", what.join(" and "));
                let hint = "docs/guide/jit.md lists the builtins that are compiled";
                return Err(self.refuse(range, message, hint));
            }
        };
        Ok(Some(found))
    }

    /// Python's `min` and `max`: the first of those that none goes beyond.
    pub(crate) fn extreme(&mut self, range: TextRange, name: &str, items: &[Val]) -> Result<Val> {
        let mut best: Option<Num> = None;
        for item in items {
            let Val::Num(num) = item else { return Err(self.whole(range, name, items)) };
            let Some(other) = best else {
                best = Some(num.clone());
                continue;
            };
            let op = if name == "min" { CmpOp::Lt } else { CmpOp::Gt };
            let beyond = self.compare(range, op, item, &Val::Num(other.clone()))?;
            let ty = other.ty.meet(num.ty);
            if ty.dtype.kind() == Kind::Complex {
                return Err(self.refuse(range, "an order of complex numbers", "use abs(x)"));
            }
            if let (Some(Known::Int(x)), Some(Known::Int(y)), true) =
                (num.known, other.known, ty == NumType::INT)
            {
                best = Some(self.int(if name == "min" { x.min(y) } else { x.max(y) }));
                continue;
            }
            let natural = num.natural && other.natural;
            let (x, y) = (self.to(num, ty).re, self.to(&other, ty).re);
            let re = self.b.select(beyond.re, x, y);
            best = Some(Num { ty, re, im: None, known: None, natural });
        }
        Ok(best.map_or(Val::None, Val::Num))
    }
}
