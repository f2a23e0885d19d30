//! Values as the compiler knows them.

use std::rc::Rc;
use std::sync::Arc;

use ir::{Buffer, Value};
use memory::{DType, Kind, promote};
use ruff_python_ast::ExprLambda;

use crate::choice::Choice;
use crate::fresh::Home;
use crate::whole::Lazy;
use crate::window::Window;
use crate::{Bits, Constant, Items, Record, Unit};

/// A constant that is known when the function is compiled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Known {
    Bool(bool),
    Int(i64),
    Float(f64),
}

/// Type of a number: Python's own ones are weak, they yield to NumPy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumType {
    pub(crate) dtype: DType,
    pub(crate) weak: bool,
}

/// A number. A complex one has its parts apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Num {
    pub(crate) ty: NumType,
    pub(crate) re: Value,
    pub(crate) im: Option<Value>,
    pub(crate) known: Option<Known>,
    /// Whether it is an integer that is known not to be negative.
    pub(crate) natural: bool,
}

impl NumType {
    pub(crate) const BOOL: Self = Self { dtype: DType::Bool, weak: true };
    pub(crate) const INT: Self = Self { dtype: DType::I64, weak: true };
    pub(crate) const FLOAT: Self = Self { dtype: DType::F64, weak: true };
    pub(crate) const COMPLEX: Self = Self { dtype: DType::C128, weak: true };

    pub(crate) fn strong(dtype: DType) -> Self {
        Self { dtype, weak: false }
    }

    fn weak_of(kind: Kind) -> Self {
        match kind {
            Kind::Bool => Self::BOOL,
            Kind::Signed | Kind::Unsigned => Self::INT,
            Kind::Float => Self::FLOAT,
            Kind::Complex => Self::COMPLEX,
        }
    }

    /// The type that two numbers meet in, as NumPy 2 and Python say.
    pub(crate) fn meet(self, other: Self) -> Self {
        match (self.weak, other.weak) {
            (true, true) => Self::weak_of(self.dtype.kind().max(other.dtype.kind())),
            (false, false) => Self::strong(promote(self.dtype, other.dtype)),
            (true, false) => other.meet(self),
            (false, true) => {
                let here = self.dtype;
                Self::strong(match (here.kind(), other.dtype.kind()) {
                    (_, Kind::Bool) => here,
                    (Kind::Bool, Kind::Signed) => DType::I64,
                    (_, Kind::Signed) => here,
                    (Kind::Float | Kind::Complex, Kind::Float) => here,
                    (_, Kind::Float) => DType::F64,
                    (Kind::Complex, _) => here,
                    (Kind::Float, _) if here.size() <= 4 => DType::C64,
                    _ => DType::C128,
                })
            }
        }
    }

    pub(crate) fn name(self) -> String {
        if !self.weak {
            return self.dtype.name().to_owned();
        }
        match self.dtype.kind() {
            Kind::Bool => "bool",
            Kind::Signed | Kind::Unsigned => "int",
            Kind::Float => "float",
            Kind::Complex => "complex",
        }
        .to_owned()
    }
}

/// One axis of a buffer, as a view sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum At {
    Fixed(Value),
    Axis(usize),
}

/// One axis of a view: element `i` lies at `begin + i * step` of the buffer's axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) length: Value,
    pub(crate) known: Option<i64>,
    pub(crate) begin: Option<Value>,
    pub(crate) step: Option<Value>,
}

/// A view of a buffer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View {
    /// Which array, counted among all.
    pub(crate) array: usize,
    pub(crate) buffer: Buffer,
    pub(crate) dtype: DType,
    /// For each axis of the buffer.
    pub(crate) map: Vec<At>,
    pub(crate) axes: Vec<Axis>,
    /// Whether it is the array itself.
    pub(crate) whole: bool,
    /// Where it is kept, of an array that the function makes.
    pub(crate) home: Option<Rc<Home>>,
    /// Whether it may be a copy of what Python would not copy: nothing is stored to it.
    pub(crate) lent: bool,
}

/// What a loop runs over.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Iter {
    Range { begin: Num, end: Num, step: Num },
    Parallel(Box<Iter>),
    Elements(View),
    Items(Vec<Val>),
    Zip(Vec<Iter>),
    Enumerate(Box<Iter>, Num),
    Reversed(Box<Iter>),
}

/// A random generator, whose state lies in a buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rng {
    pub(crate) buffer: Buffer,
    /// Which of a list.
    pub(crate) row: Option<Value>,
    pub(crate) bits: Bits,
}

/// A list of random generators.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rngs {
    pub(crate) buffer: Buffer,
    pub(crate) length: Value,
    pub(crate) bits: Bits,
}

/// Any value.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    Num(Num),
    Tuple(Items<Val>),
    View(View),
    /// An expression over arrays, not computed yet.
    Lazy(Lazy),
    None,
    /// An int that needs all 64 bits, without a sign.
    Large(u64),
    Text(String),
    Named(String),
    Module(String),
    Unit(Arc<Unit>),
    /// A class of named tuples, with its defaults.
    Class(Arc<Record>, Vec<(String, Constant)>),
    Iter(Box<Iter>),
    /// One thing or another, by a number of the run.
    Choice(Rc<Choice>),
    /// What a name holds that has no value yet, on one of several ways.
    Unassigned,
    Exception(String),
    Rng(Rng),
    Rngs(Rngs),
    /// A method of a generator.
    Draw(Rng, String),
    /// A lambda where a function is asked for.
    Lambda(Rc<ExprLambda>),
    Other(String),
}

impl PartialEq for Val {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Num(a), Self::Num(b)) => a == b,
            (Self::Tuple(a), Self::Tuple(b)) => a == b,
            (Self::View(a), Self::View(b)) => a == b,
            (Self::None, Self::None) | (Self::Unassigned, Self::Unassigned) => true,
            (Self::Large(a), Self::Large(b)) => a == b,
            (Self::Text(a), Self::Text(b))
            | (Self::Named(a), Self::Named(b))
            | (Self::Module(a), Self::Module(b))
            | (Self::Exception(a), Self::Exception(b)) => a == b,
            (Self::Unit(a), Self::Unit(b)) => Arc::ptr_eq(a, b),
            (Self::Class(a, _), Self::Class(b, _)) => a == b,
            (Self::Iter(a), Self::Iter(b)) => a == b,
            (Self::Rng(a), Self::Rng(b)) => a == b,
            (Self::Rngs(a), Self::Rngs(b)) => a == b,
            (Self::Draw(a, x), Self::Draw(b, y)) => a == b && x == y,
            _ => false,
        }
    }
}

impl Val {
    /// What it is, for messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Num(it) => format!("a {}", it.ty.name()),
            Self::Tuple(it) => it.describe(),
            Self::Class(it, _) => format!("the class {}", it.name),
            Self::View(it) => format!("a {}-dimensional array of {}", it.axes.len(), it.dtype),
            Self::Lazy(it) => format!("a {}-dimensional array", it.axes.len()),
            Self::None => "None".into(),
            Self::Large(_) => "an int that needs more than 63 bits".into(),
            Self::Text(_) => "a str".into(),
            Self::Named(it) => it.clone(),
            Self::Module(it) => format!("the module {it}"),
            Self::Unit(it) => format!("the jit function {}", it.name()),
            Self::Iter(_) => "an iterator".into(),
            Self::Choice(_) => "one value or another".into(),
            Self::Unassigned => "nothing yet".into(),
            Self::Exception(it) => format!("the exception {it}"),
            Self::Rng(it) => format!("a generator of {}", it.bits.name()),
            Self::Rngs(it) => format!("a list of generators of {}", it.bits.name()),
            Self::Draw(_, name) => format!("the method {name} of a generator"),
            Self::Lambda(_) => "a lambda".into(),
            Self::Other(it) => it.clone(),
        }
    }
}

/// Type of a value that may differ from one way through the program to another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ty {
    Num(NumType),
    Tuple(Items<Ty>),
    /// An array that the function makes: where it is kept, and whether it may be lent. Its lengths may
    /// differ, and the slot.
    Array(Rc<Home>, bool),
    /// A part of an array: where it begins and ends may differ.
    Window(Rc<Window>),
    /// A value that must be the same on all ways.
    Fixed(Val),
}

impl Ty {
    pub(crate) fn of(value: &Val) -> Self {
        match value {
            Val::Num(it) => Self::Num(it.ty),
            Val::Tuple(items) => Self::Tuple(items.map(Self::of)),
            Val::View(View { whole: true, home: Some(home), lent, .. }) => {
                Self::Array(home.clone(), *lent)
            }
            other => Self::Fixed(other.clone()),
        }
    }

    /// An array that is kept nowhere else for this type, or a part of one.
    pub(crate) fn view(&self) -> Option<&View> {
        match self {
            Self::Window(it) => Some(it.view()),
            Self::Fixed(Val::View(it)) => Some(it),
            _ => None,
        }
    }

    /// The type that holds both.
    pub(crate) fn unify(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Num(a), Self::Num(b)) => Some(Self::Num(a.meet(*b))),
            (Self::Tuple(a), Self::Tuple(b)) if a.len() == b.len() && a.class() == b.class() => {
                let items: Option<Vec<_>> = a.iter().zip(b).map(|(a, b)| a.unify(b)).collect();
                items.map(|items| Self::Tuple(a.like(items)))
            }
            (Self::Array(a, x), Self::Array(b, y)) if a == b => {
                Some(Self::Array(a.clone(), *x || *y))
            }
            (Self::Fixed(a), Self::Fixed(b)) if a == b => Some(self.clone()),
            _ => Window::unify(self, other),
        }
    }

    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Num(it) => it.name(),
            Self::Tuple(items) => {
                let items: Vec<_> = items.iter().map(Self::describe).collect();
                format!("({})", items.join(", "))
            }
            Self::Array(it, _) => format!("a {}-dimensional array of {}", it.rank, it.dtype),
            Self::Window(it) => it.describe(),
            Self::Fixed(it) => it.describe(),
        }
    }

    /// Types of the values that hold it.
    pub(crate) fn dtypes(&self, into: &mut Vec<DType>) {
        match self {
            Self::Num(it) if it.dtype.is_complex() => into.extend([it.dtype.part(); 2]),
            Self::Num(it) => into.push(it.dtype),
            Self::Tuple(items) => items.iter().for_each(|it| it.dtypes(into)),
            Self::Array(it, _) => into.extend(vec![DType::I64; it.rank + usize::from(it.slots)]),
            Self::Window(it) => it.dtypes(into),
            Self::Fixed(_) => {}
        }
    }
}
