//! A function to a kernel, for given types of arguments.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use ir::{Access, Builder, Kernel, Stride, Value};
use memory::{DType, Scalar};
use ruff_python_ast::name::Name;
use ruff_text_size::TextRange;

use crate::call::Given;
use crate::called::Called;
use crate::fresh::{Home, Room};
use crate::learned::{Key, Learned};
use crate::race::{Site, Touched};
use crate::signature::{ArgumentType, ArrayType, ResultType};
use crate::size::{Finder, Sizes};
use crate::step::{Names, RESULT};
use crate::value::{At, Axis, Iter, Known, Num, NumType, Rng, Rngs, Val, View};
use crate::{Print, Refusal, Unit};

pub(crate) type Result<T> = std::result::Result<T, Box<Refusal>>;

/// How a function is compiled.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Options {
    /// Whether indices are checked.
    pub boundscheck: bool,
    /// Whether functions of `math` raise for what they do not take; else they give NaN or inf.
    pub domain: bool,
    /// Whether arrays may share memory: whole arrays are then computed before they are stored.
    pub overlapping: bool,
    /// Whether turns of prange run in order, and those that meet at an element are found.
    pub races: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { boundscheck: true, domain: true, races: false, overlapping: false }
    }
}

/// What a check raises.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RaiseKind {
    /// A class of Python's, with a message.
    Builtin(&'static str, String),
    /// A class of Python's, with a message in which `{}` stand for numbers of the run: the notes.
    Noted(&'static str, String),
    /// Whatever Python raises for this expression.
    Like(&'static str),
    /// What the function says: a class by the name it has there, and its argument if there is one.
    User(String, Option<String>),
    /// What the function says: a class of its own or of Python's, and a message of the run.
    Made(String, Vec<crate::Piece>),
    /// What the function says, with the message.
    Told(String, String),
    /// An index is outside of an axis.
    Index(usize),
    /// Turns of prange meet at an element of an array, with its name and rank.
    Race(String, usize),
}

/// What a code of a kernel's checks stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Raise {
    /// The exception.
    pub kind: RaiseKind,
    /// The file of the line.
    pub file: String,
    /// The function of the line.
    pub function: String,
    /// The line, from 1.
    pub line: usize,
}

/// A function compiled for given types.
#[derive(Debug)]
pub struct Specialised {
    /// Parameters: for each number one (complex two), for each array its lengths and its buffer (complex
    /// arrays with an axis of two parts more), in the order of the arguments, then the results.
    pub kernel: Kernel,
    /// What code `n` raises, at place `n - 1`.
    pub raises: Vec<Raise>,
    /// What it returns.
    pub result: ResultType,
    /// Which of the arrays that are given it writes to.
    pub written: BTreeSet<usize>,
    /// Whether it is given a buffer of [`TOLD`](crate::TOLD) words, before the results.
    pub told: bool,
    /// Buffers that it needs besides, between the arguments and the results.
    pub extras: Vec<Extra>,
    /// What computes the lengths of these.
    pub sizes: Sizes,
    /// For each block of the kernel, the line that wrote it, and the function where that is another one.
    pub lines: Vec<Option<(usize, String)>>,
    /// What it prints: what the kernel says with a number is of the print at that place.
    pub prints: Vec<Print>,
}

/// Most numbers in a message.
pub(crate) const NOTES: usize = 32;

/// A buffer that a kernel needs besides arguments and results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extra {
    /// Integers of 64 bits for the message of an exception: so many.
    Notes(usize),
    /// An array that the function makes.
    Room {
        /// Its number among all arrays.
        array: usize,
        /// Type of the elements.
        dtype: DType,
        /// Which steps of [`Specialised::sizes`] say its lengths; those that they do not say are as long
        /// as there is memory.
        lengths: Vec<Option<usize>>,
        /// Whether its elements are zero when the call begins.
        zero: bool,
    },
    /// The most that the lengths of the next array may be that are not known.
    Limit {
        /// Type of the elements.
        dtype: DType,
        /// Lengths of that array.
        lengths: Vec<Option<usize>>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) value: Val,
    /// Whether it is assigned, if that is not certain.
    pub(crate) assigned: Option<Value>,
}

pub(crate) struct Frame {
    pub(crate) unit: Arc<Unit>,
    pub(crate) env: BTreeMap<Name, Slot>,
    pub(crate) path: Vec<u64>,
    /// Names of loops without a name around.
    pub(crate) inner: Names,
}

pub(crate) struct Lowerer<'a> {
    pub(crate) b: Builder,
    pub(crate) frames: Vec<Frame>,
    pub(crate) learned: &'a mut Learned,
    pub(crate) options: &'a Options,
    pub(crate) raises: Vec<Raise>,
    pub(crate) views: Vec<View>,
    pub(crate) writable: Vec<bool>,
    /// How many arrays are given.
    pub(crate) given: usize,
    /// Arrays that the function makes, by where they are kept.
    pub(crate) homes: HashMap<Home, usize>,
    pub(crate) rooms: Vec<Room>,
    pub(crate) notes: Option<ir::Buffer>,
    /// What is printed.
    pub(crate) prints: Vec<Print>,
    /// Functions of the kernel.
    pub(crate) functions: Vec<Called>,
    /// Numbers of threads: what they are the index of belongs to one thread alone.
    pub(crate) mine: HashSet<Value>,
    /// For each loop of `prange` around, the turn counted from 0, and how many there are.
    pub(crate) around: Vec<(Value, Value)>,
    /// How many calls are around, in a function that calls itself.
    pub(crate) within: Option<Value>,
    /// The first of the frames that belong to it.
    pub(crate) base: usize,
    /// Whether such a function makes arrays.
    pub(crate) makes: bool,
    /// What loops around run over.
    pub(crate) held: Vec<Iter>,
    /// Arrays that are stored to, in the order of the source.
    pub(crate) stored: Vec<usize>,
    /// Arrays without a name that statements made so far: the calls around, and the place.
    pub(crate) asides: Vec<(Vec<u64>, u32)>,
    /// Arrays without a name in shared homes that the statement may still need, by the calls around.
    pub(crate) flying: Vec<(Vec<u64>, View)>,
    /// Lengths that are another one less a number, or 0.
    pub(crate) shorter: HashMap<Value, (Value, i64)>,
    /// Slots that are known to be different.
    pub(crate) apart: HashSet<(Value, Value)>,
    /// Arrays that are changed in place, in the order of the source.
    pub(crate) changed: Vec<usize>,
    /// Arrays that were copied where Python would not: which, where, and what was changed before.
    pub(crate) lent: Vec<(usize, Site, usize)>,
    /// Place of the first array of the closure among all.
    pub(crate) first_closure: usize,
    /// Whether what stands here is never reached.
    pub(crate) dead: bool,
    /// Expressions around that are evaluated under a condition.
    pub(crate) conditional: usize,
    /// Loops of `prange` around.
    pub(crate) parallel: usize,
    /// The loops of `prange`: their bodies, and where they stand.
    pub(crate) turns: Vec<(ir::BlockId, Site)>,
    /// What is stored and loaded in them, and where that is written.
    pub(crate) touched: Vec<(Touched, Site)>,
    /// Tables of distributions that are drawn from.
    pub(crate) ziggurats: [Option<crate::random::Tables>; 2],
    /// For each block, the line that wrote it, and the function where that is another one.
    pub(crate) block_lines: Vec<Option<(usize, String)>>,
    /// Arrays that are watched, where what is found is told, and the loop.
    pub(crate) shadows: Vec<crate::watch::Shadow>,
    pub(crate) told: Option<ir::Buffer>,
    pub(crate) watch: Option<crate::watch::Watched>,
    /// The statement that is compiled.
    pub(crate) here: TextRange,
    /// Comprehensions around: where the types of their elements meet.
    pub(crate) elements: Vec<(Key, TextRange)>,
    /// Expressions around.
    pub(crate) depth: usize,
    /// Statements written, against programs that explode.
    pub(crate) work: usize,
}

/// Most statements of a program once calls are inlined.
pub(crate) const MOST_WORK: usize = 20_000;
/// Most tries until types settle.
const TRIES: usize = 60;

/// Compile a function for arguments of these types, with the arrays of its closure.
///
/// # Errors
///
/// What cannot be compiled, and where.
pub fn specialise(
    unit: &Arc<Unit>,
    arguments: &[ArgumentType],
    closure: &[ArrayType],
    options: &Options,
) -> std::result::Result<Specialised, Box<Refusal>> {
    let mut learned = Learned::default();
    for _ in 0..TRIES {
        learned.again = false;
        let mut lowerer = Lowerer {
            b: Builder::new(unit.name().trim_matches(['<', '>'])),
            frames: Vec::new(),
            learned: &mut learned,
            options,
            raises: Vec::new(),
            views: Vec::new(),
            writable: Vec::new(),
            given: 0,
            homes: HashMap::new(),
            rooms: Vec::new(),
            notes: None,
            prints: Vec::new(),
            functions: Vec::new(),
            mine: HashSet::new(),
            around: Vec::new(),
            held: Vec::new(),
            within: None,
            makes: false,
            base: 0,
            stored: Vec::new(),
            asides: Vec::new(),
            flying: Vec::new(),
            shorter: HashMap::new(),
            apart: HashSet::new(),
            changed: Vec::new(),
            lent: Vec::new(),
            first_closure: 0,
            dead: false,
            conditional: 0,
            parallel: 0,
            turns: Vec::new(),
            touched: Vec::new(),
            ziggurats: [None; 2],
            block_lines: Vec::new(),
            shadows: Vec::new(),
            told: None,
            watch: None,
            here: TextRange::default(),
            elements: Vec::new(),
            depth: 0,
            work: 0,
        };
        let result = lowerer.function(unit, arguments, closure);
        if result.is_err() {
            lowerer.learned.choose_not();
        }
        let told = lowerer.told.is_some();
        let Lowerer { b, raises, turns, touched, given, rooms, notes, prints, .. } = lowerer;
        let lines = lowerer.block_lines;
        if learned.again {
            continue; // also where something was refused: types were not what they are yet
        }
        let result = result?;
        let kernel = b.finish().map_err(|error| {
            let message = format!("the compiler made a kernel that is none: {error}");
            Refusal::whole(unit.file(), unit.name(), message, "please report this function")
        })?;
        crate::race::refuse(&kernel, &turns, &touched)?;
        let Some((extras, sizes)) = extras(&kernel, &rooms, notes, &mut learned) else { continue };
        let written = learned.written.iter().copied().filter(|&it| it < given).collect();
        return Ok(Specialised {
            kernel,
            raises,
            result,
            written,
            told,
            extras,
            sizes,
            lines,
            prints,
        });
    }
    let message = "its types do not settle".to_owned();
    let hint = "give variables one type each";
    Err(Refusal::whole(unit.file(), unit.name(), message, hint))
}

/// The buffers besides, in the order of the parameters, and what computes their lengths; nothing where
/// a length turned out not to be known when a call begins.
fn extras(
    kernel: &Kernel,
    rooms: &[Room],
    notes: Option<ir::Buffer>,
    learned: &mut Learned,
) -> Option<(Vec<Extra>, Sizes)> {
    if rooms.is_empty() {
        return Some((notes.iter().map(|_| Extra::Notes(NOTES)).collect(), Sizes::default()));
    }
    let mut finder = Finder::new(kernel);
    let mut found = Vec::new();
    if let Some(notes) = notes {
        found.push((notes.index(), Extra::Notes(NOTES)));
    }
    let mut known = true;
    for room in rooms {
        let mut lengths = Vec::new();
        for (axis, limit) in room.limits.iter().enumerate() {
            let all: Vec<_> = room.lengths.iter().map(|it| it[axis]).collect();
            let most = if limit.is_some() { None } else { finder.most(&all) };
            if most.is_none() && limit.is_none() {
                learned.wide.insert((room.home.clone(), axis));
                known = false;
            }
            lengths.push(most);
        }
        for (_, parameter) in room.limits.iter().flatten() {
            let limit = Extra::Limit { dtype: room.dtype, lengths: lengths.clone() };
            found.push((*parameter, limit));
        }
        let zero = room.beside.is_some();
        let extra = Extra::Room { array: room.array, dtype: room.dtype, lengths, zero };
        found.push((room.parameter, extra));
    }
    found.sort_by_key(|it| it.0);
    known.then(|| (found.into_iter().map(|it| it.1).collect(), finder.sizes))
}

impl Lowerer<'_> {
    fn function(
        &mut self,
        unit: &Arc<Unit>,
        arguments: &[ArgumentType],
        closure: &[ArrayType],
    ) -> Result<ResultType> {
        let mut env = BTreeMap::new();
        for (name, ty) in unit.parameters().iter().zip(arguments) {
            let value = self.parameter(name, ty);
            env.insert(Name::new(name), Slot { value, assigned: None });
        }
        for (place, ty) in closure.iter().enumerate() {
            self.array(&format!("closure{place}"), ty);
        }
        self.first_closure = self.views.len() - closure.len();
        self.given = self.views.len();
        self.teller();
        let given = unit.again.is_some().then(|| {
            let slots = unit.parameters().iter().filter_map(|it| env.get(&Name::new(it)));
            let plain = slots.map(|it| (it.value.clone(), TextRange::default())).collect();
            Given { plain, named: Vec::new() }
        });
        self.frames.push(Frame { unit: unit.clone(), env, path: Vec::new(), inner: Names::new() });
        if let Some(given) = given {
            let range = unit.lines.first().map(|it| it.range).unwrap_or_default();
            let result = self.called(range, unit, given)?;
            return self.returned(&result);
        }
        self.lines(&unit.lines)?;
        self.lent_stay()?;
        let result = self.frame().env.get(RESULT).map(|it| it.value.clone());
        self.returned(&result.unwrap_or(Val::None))
    }

    fn parameter(&mut self, name: &str, ty: &ArgumentType) -> Val {
        match ty {
            ArgumentType::Number { dtype, weak } => {
                let ty = NumType { dtype: *dtype, weak: *weak };
                let part = dtype.part();
                let re = self.b.scalar(name, part);
                let im = dtype.is_complex().then(|| self.b.scalar(&format!("{name}_imag"), part));
                Val::Num(Num { ty, re, im, known: None, natural: false })
            }
            ArgumentType::Array(ty) => Val::View(self.array(name, ty)),
            ArgumentType::Same(array) => match self.views.get(*array) {
                Some(view) => Val::View(view.clone()),
                None => Val::Other("an array that is not there".into()),
            },
            ArgumentType::Tuple(items) => {
                let mut values = Vec::new();
                for (place, item) in items.iter().enumerate() {
                    values.push(self.parameter(&format!("{name}{place}"), item));
                }
                Val::Tuple(items.like(values))
            }
            ArgumentType::Generator { bits, many: false } => {
                let buffer = self.b.buffer(name, DType::U64, Access::Update, &[Stride::Unit]);
                Val::Rng(Rng { buffer, row: None, bits: *bits })
            }
            ArgumentType::Generator { bits, many: true } => {
                let length = self.b.extent(&format!("{name}_n"));
                let strides = [Stride::Any, Stride::Unit];
                let buffer = self.b.buffer(name, DType::U64, Access::Update, &strides);
                Val::Rngs(Rngs { buffer, length, bits: *bits })
            }
            ArgumentType::None => Val::None,
        }
    }

    fn array(&mut self, name: &str, ty: &ArrayType) -> View {
        let array = self.views.len();
        let writes = self.learned.written.contains(&array);
        let mut axes = Vec::new();
        for place in 0..ty.strides.len() {
            let length = self.b.extent(&format!("{name}_n{place}"));
            axes.push(Axis { length, known: None, begin: None, step: None });
        }
        let mut strides = ty.strides.clone();
        if ty.dtype.is_complex() {
            // The parts are an axis of their own.
            for stride in &mut strides {
                if *stride == Stride::Unit {
                    *stride = Stride::Pair;
                }
            }
            strides.push(Stride::Unit);
        }
        let access = if writes { Access::Update } else { Access::Read };
        let buffer = self.b.buffer(name, ty.dtype.part(), access, &strides);
        self.shadow(name, buffer, axes.len());
        let map = (0..axes.len()).map(At::Axis).collect();
        let (home, lent) = (None, false);
        let view = View { array, buffer, dtype: ty.dtype, map, axes, whole: true, home, lent };
        self.views.push(view.clone());
        self.writable.push(ty.writable);
        view
    }

    /// Store the results, and say what they are.
    fn returned(&mut self, value: &Val) -> Result<ResultType> {
        Ok(match value {
            Val::Num(it) => {
                for part in [Some(it.re), it.im].into_iter().flatten() {
                    let dtype = self.b.dtype(part);
                    let buffer = self.b.buffer("result", dtype, Access::Write, &[]);
                    self.b.store(buffer, &[], part);
                }
                ResultType::Number { dtype: it.ty.dtype, weak: it.ty.weak }
            }
            Val::Tuple(items) => ResultType::Tuple(items.try_map(|it| self.returned(it))?),
            Val::None => ResultType::None,
            Val::View(it) if it.whole && it.home.is_none() => ResultType::Array(it.array),
            Val::View(it) => {
                if it.lent {
                    // It may be what was passed in, and is that then.
                    self.learned.choose(false);
                }
                self.returned_view(it)
            }
            Val::Choice(it) => {
                let which = self.b.buffer("result", DType::I64, Access::Write, &[]);
                self.b.store(which, &[], it.which);
                let ways = it.ways.iter().map(|it| self.returned(it)).collect::<Result<_>>()?;
                ResultType::Choice(ways)
            }
            other => {
                let range = self.frame().unit.lines.last().map(|it| it.range).unwrap_or_default();
                let message = format!("it returns {}", other.describe());
                let hint = "return numbers, arrays, None, or tuples of these";
                return Err(self.refuse(range, message, hint));
            }
        })
    }

    /// Store where a view lies.
    fn returned_view(&mut self, view: &View) -> ResultType {
        let mut axes = Vec::new();
        let mut words = Vec::new();
        for at in &view.map {
            match at {
                At::Fixed(it) => {
                    axes.push(None);
                    words.push(*it);
                }
                At::Axis(axis) => {
                    let own = view.axes[*axis].clone();
                    axes.push(Some(*axis));
                    let begin = own.begin.unwrap_or_else(|| self.b.constant(0i64));
                    let step = own.step.unwrap_or_else(|| self.b.constant(1i64));
                    words.extend([begin, step, own.length]);
                }
            }
        }
        for word in words {
            let buffer = self.b.buffer("result", DType::I64, Access::Write, &[]);
            self.b.store(buffer, &[], word);
        }
        ResultType::View { array: view.array, axes, rank: view.axes.len(), own: view.whole }
    }

    pub(crate) fn frame(&self) -> &Frame {
        &self.frames[self.frames.len() - 1]
    }

    pub(crate) fn frame_mut(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    pub(crate) fn refuse(
        &self,
        range: TextRange,
        message: impl Into<String>,
        hint: &str,
    ) -> Box<Refusal> {
        Refusal::at(&self.frame().unit, range, message.into(), hint)
    }

    /// The code of an exception at a place.
    pub(crate) fn code(&mut self, range: TextRange, kind: RaiseKind) -> i64 {
        let unit = &self.frame().unit;
        let raise = Raise {
            kind,
            file: unit.file().to_owned(),
            function: unit.name().to_owned(),
            line: unit.line_of(range),
        };
        let place = self.raises.iter().position(|it| *it == raise).unwrap_or_else(|| {
            self.raises.push(raise);
            self.raises.len() - 1
        });
        place as i64 + 1
    }

    pub(crate) fn check(&mut self, condition: Value, range: TextRange, kind: RaiseKind) {
        let code = self.code(range, kind);
        self.b.check(condition, code);
    }

    pub(crate) fn value_error(&mut self, condition: Value, range: TextRange, message: &str) {
        self.check(condition, range, RaiseKind::Builtin("ValueError", message.to_owned()));
    }

    // Constants

    pub(crate) fn int(&mut self, value: i64) -> Num {
        let re = self.b.constant(value);
        let known = Some(Known::Int(value));
        Num { ty: NumType::INT, re, im: None, known, natural: value >= 0 }
    }

    pub(crate) fn float(&mut self, value: f64) -> Num {
        let re = self.b.constant(value);
        let known = Some(Known::Float(value));
        Num { ty: NumType::FLOAT, re, im: None, known, natural: false }
    }

    pub(crate) fn boolean(&mut self, value: bool) -> Num {
        let re = self.b.constant(value);
        let known = Some(Known::Bool(value));
        Num { ty: NumType::BOOL, re, im: None, known, natural: false }
    }

    pub(crate) fn number(&self, ty: NumType, re: Value) -> Num {
        Num { ty, re, im: None, known: None, natural: false }
    }

    /// A length, or another integer that is not negative.
    pub(crate) fn natural(&self, re: Value) -> Num {
        Num { ty: NumType::INT, re, im: None, known: None, natural: true }
    }

    pub(crate) fn zero(&mut self, dtype: DType) -> Value {
        self.b.constant(Scalar::zero(dtype))
    }
}
