//! `print`: the kernel says the numbers, Python prints them.

use ir::{Callee, Value};
use memory::DType;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::{Ranged, TextRange};

use crate::ResultType;
use crate::lower::{Lowerer, Result};
use crate::value::{At, Known, Num, Val, View};
use crate::whole::extents;

/// A call of `print`: what is said of it is the numbers of its values, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Print {
    /// What is printed.
    pub items: Vec<Shown>,
    /// Between them; Python's own if it is not given.
    pub sep: Option<String>,
    /// After them.
    pub end: Option<String>,
    /// Whether it is written at once.
    pub flush: bool,
    /// What is said of an array that a later one prints; nothing is printed then.
    pub part: Option<Part>,
}

/// What is said of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// An array begins, of elements of a type: its lengths.
    Begin(DType),
    /// Its next element.
    Element,
}

/// A thing that is printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A text.
    Text(String),
    /// What Python makes a text of.
    Value(ResultType),
    /// A text with values in it.
    Format(Vec<Formatted>),
}

/// A part of a text with values in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Formatted {
    /// As it is.
    Text(String),
    /// A value, its conversion (`r`, `s`, `a` or nothing) and its format.
    Value(ResultType, &'static str, String),
}

const HINT: &str =
    "print takes numbers, arrays, tuples of these, None, strings and f-strings of these";

/// What a print is given: its numbers, and the arrays, whose elements are said before.
#[derive(Default)]
struct Words {
    numbers: Vec<Value>,
    arrays: Vec<View>,
}

impl Lowerer<'_> {
    /// Whether a call is one of `print`.
    pub(crate) fn is_print(&self, it: &ExprCall) -> bool {
        let Expr::Name(name) = &*it.func else { return false };
        let unit = &self.frame().unit;
        let named = |it: &crate::Constant| matches!(it, crate::Constant::Named(it) if it == "builtins.print");
        !self.is_local(&name.id) && unit.constant(&name.id).is_some_and(named)
    }

    /// A call of `print`.
    pub(crate) fn printed(&mut self, it: &ExprCall) -> Result<Val> {
        let mut print = Print { items: Vec::new(), sep: None, end: None, flush: false, part: None };
        let mut words = Words::default();
        for argument in &it.arguments.args {
            match argument {
                Expr::FString(message) => {
                    let format =
                        self.formatted(message, Formatted::Text, |it, range, value, how, spec| {
                            if let (Val::Text(text), "", "") = (value, how, spec.as_str()) {
                                return Ok(Formatted::Text(text.clone()));
                            }
                            Ok(Formatted::Value(it.shown(range, value, &mut words)?, how, spec))
                        })?;
                    print.items.push(Shown::Format(format));
                }
                Expr::Starred(starred) => match self.expression(&starred.value)? {
                    Val::Tuple(items) => {
                        for item in &items {
                            let shown = self.thing(argument.range(), item, &mut words)?;
                            print.items.push(shown);
                        }
                    }
                    other => {
                        let message = format!("print of {} with a star", other.describe());
                        return Err(self.refuse(argument.range(), message, HINT));
                    }
                },
                plain => {
                    let value = self.expression(plain)?;
                    let shown = self.thing(plain.range(), &value, &mut words)?;
                    print.items.push(shown);
                }
            }
        }
        for keyword in &it.arguments.keywords {
            let name = keyword.arg.as_ref().map_or("", |it| it.as_str());
            let value = self.expression(&keyword.value)?;
            match (name, value) {
                ("sep" | "end" | "flush", Val::None) => {}
                ("sep", Val::Text(text)) => print.sep = Some(text),
                ("end", Val::Text(text)) => print.end = Some(text),
                ("flush", Val::Num(Num { known: Some(Known::Bool(it)), .. })) => print.flush = it,
                _ => {
                    let message = format!("print with such a {name}=");
                    let hint = "sep= and end= are constant strings, flush= is True or False; it prints to \
                                sys.stdout";
                    return Err(self.refuse(keyword.range, message, hint));
                }
            }
        }
        // Arrays are printed as they are when all arguments are there.
        for it in &words.arrays {
            self.said(it)?;
        }
        self.say(print, &words.numbers);
        Ok(Val::None)
    }

    fn say(&mut self, print: Print, words: &[Value]) {
        let place = self.prints.iter().position(|it| *it == print).unwrap_or_else(|| {
            self.prints.push(print);
            self.prints.len() - 1
        });
        self.b.call(Callee::Say(place as i64), words, &[]);
    }

    /// Say the lengths of an array, and its elements one after the other.
    fn said(&mut self, view: &View) -> Result<()> {
        let part = |part| Print {
            items: Vec::new(),
            sep: None,
            end: None,
            flush: false,
            part: Some(part),
        };
        let lengths: Vec<_> = view.axes.iter().map(|it| it.length).collect();
        self.say(part(Part::Begin(view.dtype)), &lengths);
        let range = self.here;
        self.nest_of(&extents(view), false, &mut |it, index| {
            let mut map = view.map.clone();
            for at in &mut map {
                if let At::Axis(axis) = at {
                    let axis = *axis;
                    *at = At::Fixed(it.moved(&view.axes[axis], index[axis]));
                }
            }
            let element = View { map, axes: Vec::new(), whole: false, ..view.clone() };
            match it.current(&element) {
                Val::Num(num) => {
                    let words: Vec<_> = [Some(num.re), num.im].into_iter().flatten().collect();
                    it.say(part(Part::Element), &words);
                    Ok(())
                }
                other => Err(it.no_number(range, &other)),
            }
        })
    }

    fn thing(&mut self, range: TextRange, value: &Val, words: &mut Words) -> Result<Shown> {
        Ok(match value {
            Val::Text(text) => Shown::Text(text.clone()),
            other => Shown::Value(self.shown(range, other, words)?),
        })
    }

    fn shown(&mut self, range: TextRange, value: &Val, words: &mut Words) -> Result<ResultType> {
        Ok(match value {
            Val::Num(it) => {
                words.numbers.push(it.re);
                words.numbers.extend(it.im);
                ResultType::Number { dtype: it.ty.dtype, weak: it.ty.weak }
            }
            Val::Tuple(items) => {
                ResultType::Tuple(items.try_map(|it| self.shown(range, it, words))?)
            }
            Val::None => ResultType::None,
            Val::View(_) | Val::Lazy(_) => {
                if self.parallel > 0 {
                    let hint = "print its elements, or print it after the loop";
                    return Err(self.refuse(range, "print of an array inside of prange", hint));
                }
                match self.settled(range, value.clone(), None)? {
                    Val::View(view) if !view.axes.is_empty() => {
                        words.arrays.push(view);
                        ResultType::Array(words.arrays.len() - 1)
                    }
                    Val::View(view) => {
                        let element = self.current(&view);
                        return self.shown(range, &element, words);
                    }
                    other => return self.shown(range, &other, words),
                }
            }
            other => {
                let message = format!("print of {}", other.describe());
                return Err(self.refuse(range, message, HINT));
            }
        })
    }

    /// `ab.thread_id()` or `ab.thread_count()`.
    pub(crate) fn asked(&mut self, callee: Callee) -> Val {
        let found = self.b.call(callee, &[], &[DType::I64])[0];
        if callee == Callee::ThreadId {
            self.mine.insert(found);
        }
        Val::Num(self.natural(found))
    }
}
