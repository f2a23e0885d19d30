//! Functions that call themselves: they are functions of the kernel, one for each way in which arrays are
//! passed on.
//!
//! Numbers are arguments of the call, and so is where views lie; which array it is belongs to the function.
//! So a function that is given `a` and gives `a[1:]` to itself is written twice: for all of `a`, and for a part.

use std::collections::BTreeMap;
use std::sync::Arc;

use ir::{Callee, FunctionId, Value};
use memory::DType;
use ruff_python_ast::name::Name;
use ruff_text_size::TextRange;

use crate::call::{DEEPEST, Given};
use crate::lower::{Frame, Lowerer, RaiseKind, Result, Slot};
use crate::step::{Names, RESULT};
use crate::value::{At, Axis, Num, NumType, Val, View};
use crate::{Said, Unit};

/// What is known of a function that calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Again {
    /// A number that no other function has.
    pub id: u64,
    /// Types of its parameters.
    pub types: Vec<Said>,
    /// What it returns.
    pub returns: Said,
}

/// How an argument is passed.
#[derive(Clone, Debug, PartialEq)]
enum Passed {
    Number,
    Tuple(Vec<Passed>),
    /// An array that is there in all of the kernel.
    Whole(View),
    /// A view: which array, which of the array's axes have one index, which of its own begin elsewhere and go
    /// by steps, and whether it is lent.
    Part(usize, Vec<Option<usize>>, Vec<(bool, bool)>, bool),
}

/// A function of the kernel.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    id: u64,
    passed: Vec<Passed>,
    function: FunctionId,
    /// Arrays that it stores to, once it is written.
    stored: Vec<usize>,
    /// Whether arrays are made in it, or in what it calls.
    makes: bool,
}

/// How many calls may stand inside each other, and one: each has arrays of its own.
const CALLS: i64 = 10_001;

/// The views that stand for a view inside of a function, made of these values.
fn rebuilt(view: &View, values: &mut impl Iterator<Item = Value>) -> View {
    let mut next = || values.next().unwrap_or(Value::new(0));
    let map = view
        .map
        .iter()
        .map(|at| match at {
            At::Fixed(_) => At::Fixed(next()),
            At::Axis(axis) => At::Axis(*axis),
        })
        .collect();
    let axes = view
        .axes
        .iter()
        .map(|axis| Axis {
            length: next(),
            known: None,
            begin: axis.begin.map(|_| next()),
            step: axis.step.map(|_| next()),
        })
        .collect();
    View { map, axes, whole: false, home: None, ..view.clone() }
}

/// What says where a view lies, in the order of [`rebuilt`].
fn words(view: &View) -> Vec<Value> {
    let fixed = view.map.iter().filter_map(|at| match at {
        At::Fixed(it) => Some(*it),
        At::Axis(_) => None,
    });
    let axes = view.axes.iter().flat_map(|it| [Some(it.length), it.begin, it.step]);
    fixed.chain(axes.flatten()).collect()
}

/// How a value is passed, and the numbers that are.
fn pass(value: &Val, into: &mut Vec<Value>) -> Option<Passed> {
    Some(match value {
        Val::Num(it) => {
            into.push(it.re);
            into.extend(it.im);
            Passed::Number
        }
        Val::Tuple(items) => {
            Passed::Tuple(items.iter().map(|it| pass(it, into)).collect::<Option<_>>()?)
        }
        Val::View(it) if it.whole && it.home.is_none() => Passed::Whole(it.clone()),
        Val::View(it) => {
            into.extend(words(it));
            let map = it.map.iter().map(|at| match at {
                At::Fixed(_) => None,
                At::Axis(axis) => Some(*axis),
            });
            let axes = it.axes.iter().map(|it| (it.begin.is_some(), it.step.is_some()));
            Passed::Part(it.array, map.collect(), axes.collect(), it.lent)
        }
        _ => return None,
    })
}

/// The value that stands for one inside of a function, made of these values.
fn taken(value: &Val, from: &mut impl Iterator<Item = Value>) -> Val {
    match value {
        Val::Num(it) => {
            let re = from.next().unwrap_or(it.re);
            let im = it.im.and_then(|_| from.next());
            Val::Num(Num { ty: it.ty, re, im, known: None, natural: false })
        }
        Val::Tuple(items) => Val::Tuple(items.map(|it| taken(it, from))),
        Val::View(it) if it.whole && it.home.is_none() => Val::View(it.clone()),
        Val::View(it) => Val::View(rebuilt(it, from)),
        other => other.clone(),
    }
}

impl Lowerer<'_> {
    /// Call a function that calls itself.
    pub(crate) fn called(
        &mut self,
        range: TextRange,
        unit: &Arc<Unit>,
        given: Given,
    ) -> Result<Val> {
        let Some(again) = unit.again.clone() else { return self.inlined(range, unit, given) };
        if self.options.races {
            let hint = "write it as a loop, or leave races=True away";
            return Err(self.refuse(range, format!("{} calls itself", unit.name()), hint));
        }
        let values = self.bound(range, unit, given, &again)?;
        let mut passed = Vec::new();
        let mut arguments = Vec::new();
        for value in &values {
            let Some(it) = pass(value, &mut arguments) else {
                let message = format!("{} is given {}", unit.name(), value.describe());
                let hint =
                    "functions that call themselves take numbers, arrays and tuples of these";
                return Err(self.refuse(range, message, hint));
            };
            passed.push(it);
        }
        // How many calls are around: each has a place of its own in the arrays that the function makes.
        let depth = match self.within {
            Some(depth) => {
                let one = self.b.constant(1i64);
                self.b.add(depth, one)
            }
            None => self.b.constant(0i64),
        };
        arguments.push(depth);
        let mut results = Vec::new();
        again.returns.dtypes(&mut results);
        let known = self.functions.iter().position(|it| it.id == again.id && it.passed == passed);
        let place = match known {
            Some(place) => place,
            None => {
                let types: Vec<_> = arguments.iter().map(|&it| self.b.dtype(it)).collect();
                let function = self.b.function(unit.name(), &types, &results);
                let called =
                    Called { id: again.id, passed, function, stored: Vec::new(), makes: false };
                self.functions.push(called);
                let place = self.functions.len() - 1;
                self.written(range, unit, &again, (place, &values))?;
                place
            }
        };
        let Called { function, stored, makes, .. } = self.functions[place].clone();
        self.makes |= makes;
        if makes && self.parallel > 0 {
            let message =
                format!("{} makes arrays, calls itself, and is called by prange", unit.name());
            let hint =
                "turns would share the arrays: make them outside and pass each turn its part";
            return Err(self.refuse(range, message, hint));
        }
        self.stored.extend(stored);
        let message = "maximum recursion depth exceeded".to_owned();
        let deep = self.code(range, RaiseKind::Builtin("RecursionError", message));
        let found = self.b.call(Callee::Function { function, deep }, &arguments, &results);
        Ok(self.answered(&again.returns, &mut found.into_iter()))
    }

    /// The arguments in the order of the parameters, in the types of the signature.
    fn bound(
        &mut self,
        range: TextRange,
        unit: &Arc<Unit>,
        given: Given,
        again: &Again,
    ) -> Result<Vec<Val>> {
        let parameters = unit.parameters();
        let hint = "give each parameter one argument";
        let mut values = vec![None; parameters.len()];
        let count = given.plain.len();
        if count > parameters.len() {
            let message =
                format!("{} takes {} arguments, not {count}", unit.name(), parameters.len());
            return Err(self.refuse(range, message, hint));
        }
        for (slot, it) in values.iter_mut().zip(given.plain) {
            *slot = Some(it);
        }
        for (name, value, at) in given.named {
            let slot = parameters.iter().position(|it| *it == name).map(|it| &mut values[it]);
            match slot {
                Some(slot @ None) => *slot = Some((value, at)),
                _ => {
                    let message = format!("{} cannot be given {name}= here", unit.name());
                    return Err(self.refuse(at, message, hint));
                }
            }
        }
        let mut found = Vec::new();
        for ((slot, name), said) in values.into_iter().zip(parameters).zip(&again.types) {
            let (value, at) = match slot {
                Some(it) => it,
                None => match unit.constant(&format!("{name}=")).cloned() {
                    Some(constant) => (self.default(&constant)?, range),
                    None => {
                        let message = format!("{} is not given {name}", unit.name());
                        return Err(self.refuse(range, message, hint));
                    }
                },
            };
            let value = self.settled(at, value, None)?;
            let Some(fits) = self.as_said(at, &value, said)? else {
                let message = format!(
                    "{} is given {} for {name}, which its signature does not say",
                    unit.name(),
                    value.describe()
                );
                let hint =
                    "give numbers for numbers, and arrays of the type and rank of the signature";
                return Err(self.refuse(at, message, hint));
            };
            found.push(fits);
        }
        Ok(found)
    }

    /// A number as NumPy's class of a type makes it.
    pub(crate) fn in_type(&mut self, range: TextRange, value: &Num, dtype: DType) -> Result<Val> {
        if dtype == DType::Bool {
            let truth = self.truth(range, &Val::Num(value.clone()))?;
            return Ok(Val::Num(self.to(&truth, NumType::strong(DType::Bool))));
        }
        self.converted(range, NumType::strong(dtype), &[Val::Num(value.clone())])
    }

    /// Write the function at a place, for such arguments.
    fn written(
        &mut self,
        range: TextRange,
        unit: &Arc<Unit>,
        again: &Again,
        (place, values): (usize, &[Val]),
    ) -> Result<()> {
        if self.frames.len() >= DEEPEST {
            return Err(self.refuse(range, "calls that are too deep", "write fewer functions"));
        }
        let rooms = self.rooms.len();
        let outside = (
            std::mem::take(&mut self.around),
            std::mem::take(&mut self.within),
            std::mem::replace(&mut self.makes, false),
            std::mem::replace(&mut self.base, self.frames.len()),
            std::mem::take(&mut self.held),
            std::mem::take(&mut self.stored),
            std::mem::replace(&mut self.conditional, 0),
            std::mem::replace(&mut self.parallel, 0),
            std::mem::replace(&mut self.dead, false),
            self.here,
        );
        let mut inside = self.b.enter(self.functions[place].function).into_iter();
        let mut env = BTreeMap::new();
        for (name, value) in unit.parameters().iter().zip(values) {
            let value = taken(value, &mut inside);
            env.insert(Name::new(name), Slot { value, assigned: None });
        }
        let depth = inside.next().unwrap_or(Value::new(0));
        let calls = self.b.constant(CALLS);
        (self.within, self.around) = (Some(depth), vec![(depth, calls)]);
        // Arrays that it makes are the same for all ways in which arrays are handed on.
        let one = self.functions.iter().position(|it| it.id == again.id).unwrap_or(place);
        let path = vec![1 << 50 | one as u64, 1 << 51 | 1 << 33 | place as u64];
        self.frames.push(Frame { unit: unit.clone(), env, path, inner: Names::new() });
        let found = self.lines(&unit.lines);
        let frame = self.frames.pop();
        let result = frame.and_then(|mut it| it.env.remove(RESULT)).map(|it| it.value);
        let result = found.and_then(|()| self.handed_back(range, (unit, &again.returns), result));
        // Also what is refused must leave the block: another try may follow.
        self.b.leave(result.as_deref().unwrap_or_default());
        let stored = std::mem::take(&mut self.stored);
        self.functions[place].stored = stored;
        let makes = self.makes || self.rooms.len() > rooms;
        self.functions[place].makes = makes;
        (
            self.around,
            self.within,
            self.makes,
            self.base,
            self.held,
            self.stored,
            self.conditional,
            self.parallel,
            self.dead,
            self.here,
        ) = outside;
        result.map(|_| ())
    }
}
