//! A function compiled for the types of some arguments, and how it is run.

use std::sync::{Arc, OnceLock};

use devices::cpu::{CpuDevice, cpu};
use devices::{Argument, Device, DeviceError, Executable, Place, Storage};
use ir::{Kernel, ParameterKind, Stride};
use memory::{DType, Layout, Scalar};
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use source::{
    ArgumentType, Extra, Options, Print, Raise, RaiseKind, ResultType, Sizes, Specialised, Unit,
    specialise,
};
use tasks::pool;

use super::argument::{Given, Part, Seen, types};
use super::fresh::{Fresh, strides};
use super::generators::Generators;
use super::glance::{Glance, WORDS};
use super::result::{leaves, value};
use super::room::Rooms;
use super::source::refused;
use super::voice::Voice;
use super::watch::{Watch, explained};
use crate::array::threads_here;
use crate::compile::cache;
use crate::enter::{heard, outside};

/// A function compiled for some types.
#[expect(clippy::struct_excessive_bools, reason = "none of them follows from another")]
pub(super) struct Program {
    pub(super) key: Vec<u64>,
    pub(super) kernel: Kernel,
    raises: Vec<Raise>,
    lines: Vec<Option<(usize, String)>>,
    result: ResultType,
    written: Vec<usize>,
    races: bool,
    told: bool,
    dtypes: Vec<DType>,
    parallel: bool,
    /// Whether it ends within a microsecond or so: without loops, and not long.
    short: bool,
    /// Whether the words of a [`Glance`] of this key, then the results, are what the kernel asks for.
    wordy: bool,
    executable: Arc<dyn Executable>,
    /// Buffers that it needs besides, and what computes how long these are.
    extras: Vec<Extra>,
    sizes: Sizes,
    /// The same for calls taken up at a glance, where that can be.
    fresh: Option<Fresh>,
    prints: Vec<Print>,
    /// What it was made of.
    from: From,
    /// For calls whose arrays share memory: everything in the order of the source.
    overlapping: OnceLock<Box<Program>>,
}

/// What a program is made of.
#[derive(Clone)]
struct From {
    unit: Arc<Unit>,
    closure: usize,
    options: Options,
}

/// Where no kernel runs: what is not compiled is refused, never interpreted in silence.
#[derive(Debug)]
struct Nowhere;

impl Device for Nowhere {
    fn name(&self) -> &'static str {
        "nowhere"
    }

    fn compile(&self, kernel: &Kernel) -> Result<Arc<dyn Executable>, DeviceError> {
        let why = compiler::compile(kernel, cpu().vector).err();
        let hint = "write that part in another way, and please report the function";
        let why = why.map_or_else(String::new, |it| format!("{it}\nhint: {hint}"));
        Err(DeviceError::Failed(why))
    }

    fn allocate(&self, bytes: usize) -> Result<Arc<Storage>, DeviceError> {
        Err(DeviceError::Failed(format!("no room for {bytes} bytes where no kernel runs")))
    }
}

fn failed(py: Python<'_>, error: &str) -> PyErr {
    let class = py.import("abreast.errors").and_then(|module| module.getattr("CompileError"));
    match class.and_then(|class| class.call1((error,))) {
        Ok(value) => PyErr::from_value(value),
        Err(error) => error,
    }
}

/// Whether a kernel asks for the words of a [`Glance`] with such types, then for new arrays and for the results.
fn fits(
    types: &[ArgumentType],
    extras: &[Extra],
    results: &[DType],
    asked: &[ParameterKind],
) -> bool {
    let mut left = asked.iter();
    let buffer = |left: &mut std::slice::Iter<'_, ParameterKind>, dtype, strides: &[Stride]| matches!(left.next(), Some(ParameterKind::Buffer(it)) if it.dtype == dtype && it.strides == strides);
    let arguments = types.iter().all(|ty| match ty {
        ArgumentType::Number { dtype, .. } => {
            !dtype.is_complex() && matches!(left.next(), Some(ParameterKind::Scalar(_)))
        }
        ArgumentType::Array(ty) => {
            let mut strides = ty.strides.clone();
            if ty.dtype.is_complex() {
                for stride in &mut strides {
                    if *stride == Stride::Unit {
                        *stride = Stride::Pair;
                    }
                }
                strides.push(Stride::Unit);
            }
            let mut extents = left.by_ref().take(ty.strides.len());
            extents.all(|it| matches!(it, ParameterKind::Extent(_)))
                && buffer(&mut left, ty.dtype.part(), &strides)
        }
        ArgumentType::Same(_) | ArgumentType::None => true,
        ArgumentType::Tuple(_) | ArgumentType::Generator { .. } => false,
    });
    let rooms = |left: &mut std::slice::Iter<'_, ParameterKind>| {
        extras.iter().all(|it| {
            matches!(it, Extra::Room { dtype, lengths, .. }
                if buffer(left, *dtype, &strides(lengths.len())))
        })
    };
    arguments
        && rooms(&mut left)
        && results.len() <= RESULTS
        && results.iter().all(|dtype| buffer(&mut left, *dtype, &[]))
        && left.next().is_none()
}

/// Most statements of a kernel for which the interpreter's lock is not let go: to do so takes as long
/// as some of them, and to have it back takes milliseconds where other threads want it as well.
const SHORT: usize = 256;

/// Most numbers of a result that have room beside a call.
const RESULTS: usize = 8;

impl Program {
    /// Compile for the types of a key; the last `closure` of them are arrays of the closure.
    pub(super) fn make(
        py: Python<'_>,
        unit: &Arc<Unit>,
        key: &[u64],
        closure: usize,
        (boundscheck, domain, races): (bool, bool, bool),
    ) -> PyResult<Self> {
        let options = Options { boundscheck, domain, races, overlapping: false };
        Self::made(py, key, From { unit: unit.clone(), closure, options })
    }

    fn made(py: Python<'_>, key: &[u64], from: From) -> PyResult<Self> {
        let From { unit, closure, options } = &from;
        let mut arguments = types(key);
        let outer = arguments.split_off(arguments.len() - closure);
        let arrays: Vec<_> = outer
            .into_iter()
            .filter_map(|it| match it {
                ArgumentType::Array(ty) => Some(ty),
                _ => None,
            })
            .collect();
        let device = CpuDevice::new(cache(py)?, Arc::new(Nowhere));
        let (made, executable) = outside(py, || {
            let mut made = specialise(unit, &arguments, &arrays, options);
            if let Ok(made) = &mut made {
                made.kernel.overlapping = options.overlapping;
            }
            let executable =
                made.as_ref().ok().map(|made| device.compile(&compiler::improve(&made.kernel)));
            (made, executable)
        });
        let made = made.map_err(|refusal| refused(py, &refusal))?;
        match executable {
            Some(Ok(executable)) => Ok(Self::new(key, made, executable, from)),
            Some(Err(error)) => {
                py.check_signals()?;
                Err(failed(py, &error.to_string()))
            }
            None => Err(failed(py, "the function was not compiled")),
        }
    }

    fn new(key: &[u64], made: Specialised, executable: Arc<dyn Executable>, from: From) -> Self {
        let mut dtypes = Vec::new();
        leaves(&made.result, &mut dtypes);
        let parallel = made.kernel.blocks.iter().flat_map(|it| &it.statements).any(|it| {
            matches!(it, ir::Statement::Reduce(_))
                || matches!(it, ir::Statement::For(it) if it.parallel)
                || matches!(it, ir::Statement::Call(it) if it.callee == ir::Callee::ThreadCount)
        });
        let mut statements = made.kernel.blocks.iter().flat_map(|it| &it.statements);
        let short = statements.clone().count() <= SHORT
            && !statements.any(|it| {
                use ir::Statement::{Call, For, Reduce, While};
                matches!(it, For(_) | Reduce(_) | While(_) | Call(_))
            });
        let fresh = Fresh::of(&made.kernel, &made.extras);
        let wordy =
            fresh.is_some() && fits(&types(key), &made.extras, &dtypes, executable.parameters());
        Self {
            short,
            wordy,
            key: key.to_vec(),
            kernel: made.kernel,
            raises: made.raises,
            lines: made.lines,
            result: made.result,
            races: from.options.races,
            told: made.told,
            written: made.written.into_iter().collect(),
            dtypes,
            parallel,
            executable,
            extras: made.extras,
            sizes: made.sizes,
            fresh,
            prints: made.prints,
            from,
            overlapping: OnceLock::new(),
        }
    }

    /// The variant for arrays that share memory.
    fn ordered(&self, py: Python<'_>) -> PyResult<&Self> {
        if let Some(found) = self.overlapping.get() {
            return Ok(found);
        }
        let mut from = self.from.clone();
        from.options.overlapping = true;
        let made = Box::new(Self::made(py, &self.key, from)?);
        Ok(self.overlapping.get_or_init(|| made))
    }

    /// Whether an array that is written shares memory with another one.
    fn overlaps(&self, given: &Given<'_>) -> bool {
        self.written.iter().any(|&written| {
            let (start, end) = given.arrays[written].span();
            let apart = |(from, to): (usize, usize)| to <= start || end <= from;
            let others = || given.arrays.iter().enumerate().filter(|(it, _)| *it != written);
            if others().all(|(_, seen)| apart(seen.span())) {
                return false;
            }
            let Some((here, low, len)) = given.arrays[written].layout() else { return true };
            given.arrays.iter().enumerate().any(|(other, seen)| {
                if other == written {
                    return false;
                }
                let Some((there, from, size)) = seen.layout() else { return true };
                let (low, from) = (low as usize, from as usize);
                if low + len <= from || from + size <= low {
                    return false;
                }
                let moved = from.wrapping_sub(low).cast_signed() + there.offset();
                let moved = Layout::new(there.dtype(), there.shape(), there.strides(), moved);
                moved.map_or(true, |moved| here.may_overlap(&moved))
            })
        })
    }

    fn arguments(&self, given: &Given<'_>, watch: Option<&Watch>) -> PyResult<Vec<Argument>> {
        let mut arguments = Vec::with_capacity(self.kernel.parameters.len());
        for part in &given.parts {
            match part {
                Part::Scalar(scalar) if scalar.dtype().is_complex() => {
                    arguments.push(Argument::Scalar(scalar.real()));
                    arguments.push(Argument::Scalar(scalar.imag()));
                }
                Part::Scalar(scalar) => arguments.push(Argument::Scalar(*scalar)),
                Part::Generators(place) => {
                    let it = &given.generators[*place];
                    if it.many {
                        arguments.push(Argument::Extent(it.length()));
                    }
                    arguments.push(Argument::Buffer(it.place()?));
                }
                Part::Array(place) => {
                    let seen = &given.arrays[*place];
                    arguments.extend(seen.shape.iter().map(|&it| Argument::Extent(it)));
                    arguments.push(argument(seen)?);
                    arguments.extend(watch.and_then(|it| it.beside(*place)));
                }
            }
        }
        arguments.extend(watch.map(Watch::told));
        Ok(arguments)
    }

    /// Run it. The code of a check that failed is an error of its own kind.
    pub(super) fn run<'py>(
        &self,
        py: Python<'py>,
        given: &Given<'py>,
        raise: impl Fn(&Raise) -> PyErr,
    ) -> PyResult<Bound<'py, PyAny>> {
        let shared = !self.written.is_empty() && given.arrays.len() > 1 && self.overlaps(given);
        if shared {
            return self.ordered(py)?.run_apart(py, given, raise);
        }
        self.run_apart(py, given, raise)
    }

    /// Run it over arrays that it was compiled for.
    fn run_apart<'py>(
        &self,
        py: Python<'py>,
        given: &Given<'py>,
        raise: impl Fn(&Raise) -> PyErr,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _held = Generators::take(&given.generators)?;
        let watch = if self.told { Some(Watch::new(&given.arrays, self.races)?) } else { None };
        let mut arguments = self.arguments(given, watch.as_ref())?;
        let threads = if self.parallel { threads_here(py)? } else { 1 };
        let rooms = Rooms::make(py, &self.extras, (&self.sizes, threads), &mut arguments)?;
        let mut results = vec![0u128; self.dtypes.len()];
        for (room, dtype) in results.iter_mut().zip(&self.dtypes) {
            // SAFETY: the numbers live until the end of this function, longer than the launch.
            let storage = unsafe { Storage::kept((&raw mut *room).cast::<u8>(), 16, Box::new(())) };
            let layout = Layout::contiguous(*dtype, &[])
                .map_err(|_| PyRuntimeError::new_err("a result that has no room"))?;
            arguments.push(Argument::Buffer(Place::new(storage, layout)));
        }
        let voice = Voice::new(&self.prints);
        let done = watched(py, threads, &voice, |interrupted| {
            self.executable.launch(&arguments, interrupted)
        });
        for it in &given.generators {
            it.restore()?;
        }
        voice.speak(py)?;
        self.ended(py, done, |it| raise(&explained(&rooms.told(it), watch.as_ref())))?;
        self.value(py, &results, |place| {
            given.objects.get(place).cloned().or_else(|| rooms.array(place))
        })
    }

    /// Run it over arguments that were taken up at a glance. Nothing where [`Program::run`] is for it:
    /// where code is not ready, or arrays share memory.
    pub(super) fn run_words<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        glance: &Glance,
        raise: impl Fn(&Raise) -> PyErr,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if !self.wordy {
            return Ok(None);
        }
        let py = args.py();
        let threads = if self.parallel { threads_here(py)? } else { 1 };
        let mut room = [0; WORDS];
        let Some(mut words) = glance.fill(&self.written, &mut room) else { return Ok(None) };
        let Some(fresh) = &self.fresh else { return Ok(None) };
        let Some(made) = fresh.fill(py, (&self.sizes, threads), &mut room, &mut words)? else {
            return Ok(None);
        };
        let mut results = [0u128; RESULTS];
        let first = results.as_mut_ptr();
        for place in 0..self.dtypes.len() {
            let Some(word) = room.get_mut(words.len) else { return Ok(None) };
            *word = first.wrapping_add(place) as u64;
            words.len += 1;
        }
        let mut work = |interrupted: &mut dyn FnMut() -> bool| {
            // SAFETY: `fits` compared what the kernel asks for with the types of the key, which `glance`
            // has as well, and `fill` follows them. Arrays have the elements that they show, aligned;
            // the caller's tuple keeps them; what is written may be, as the key says, and shares
            // no memory. The results live until the end of this function.
            unsafe { self.executable.launch_words(&mut room, words.len, words.bytes, interrupted) }
                .map_or(Ok(false), |done| done.map(|()| true))
        };
        let voice = Voice::new(&self.prints);
        let done = if self.short {
            (work(&mut || false), None)
        } else {
            watched(py, threads, &voice, work)
        };
        voice.speak(py)?;
        if !self.ended(py, done, |it| raise(&explained(it, None)))? {
            return Ok(None);
        }
        let new = |array| made.iter().find(|it| it.0 == array).map(|it| it.1.clone());
        let array = |array| match glance.position(array) {
            Some(place) => args.get_item(place).ok(),
            None => new(array),
        };
        self.value(py, &results, array).map(Some)
    }

    /// What Python raises for a launch that failed.
    fn ended<T>(
        &self,
        py: Python<'_>,
        (done, raised): (Result<T, DeviceError>, Option<PyErr>),
        raise: impl Fn(&Raise) -> PyErr,
    ) -> PyResult<T> {
        done.map_err(|error| match error {
            DeviceError::Check(code) => {
                let place = usize::try_from(code - 1).ok().and_then(|at| self.raises.get(at));
                match place {
                    Some(it) => raise(it),
                    None => PyRuntimeError::new_err(format!("check {code} of a kernel failed")),
                }
            }
            DeviceError::Interrupted => raised.unwrap_or_else(|| PyKeyboardInterrupt::new_err(())),
            DeviceError::OutOfMemory { .. } => PyMemoryError::new_err(error.to_string()),
            DeviceError::Failed(_) => {
                crate::assembler::raised().unwrap_or_else(|| failed(py, &error.to_string()))
            }
        })
    }

    /// The result, whose numbers are these; `array` answers the arrays that were given.
    fn value<'py>(
        &self,
        py: Python<'py>,
        numbers: &[u128],
        array: impl Fn(usize) -> Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut found = numbers.iter().zip(&self.dtypes).map(|(bits, dtype)| {
            // Memory holds them in the machine's order, the lowest bytes first.
            Scalar::from_bytes(*dtype, &bits.to_ne_bytes())
        });
        value(py, &self.result, &mut found, &array)
    }

    /// NumPy's name for the type of the result, if that is one number.
    pub(super) fn result(&self) -> Option<&'static str> {
        match self.result {
            ResultType::Number { dtype, .. } => Some(dtype.name()),
            _ => None,
        }
    }

    /// What became of its loops: line, function where that is another one, depth, in words.
    pub(super) fn told(&self, py: Python<'_>) -> PyResult<Vec<(usize, String, usize, String)>> {
        let places = self.lines.iter().enumerate().filter(|(_, line)| line.is_some());
        let labels: Vec<_> =
            places.map(|(at, _)| (ir::BlockId::new(at), format!("line{at}"))).collect();
        let kernel = compiler::improve(&compiler::labelled(&self.kernel, &labels));
        let told = compiler::report(&kernel, cpu().vector);
        let told = told.map_err(|error| failed(py, &error.to_string()))?;
        let place = |label: Option<String>| {
            let at: usize = label?.strip_prefix("line")?.parse().ok()?;
            self.lines.get(at).cloned().flatten()
        };
        let told = told.into_iter().map(|it| {
            let (line, function) = place(it.label).unwrap_or_default();
            (line, function, it.depth, it.words)
        });
        Ok(told.collect())
    }

    /// Texts to look at: `ir`, `llvm` or `asm`.
    pub(super) fn shown(&self, py: Python<'_>, what: &str) -> PyResult<String> {
        if what == "ir" {
            return Ok(self.kernel.to_string());
        }
        let kernel = compiler::improve(&self.kernel);
        if what == "improved" {
            return Ok(kernel.to_string());
        }
        let compiled = compiler::compile(&kernel, cpu().vector)
            .map_err(|error| failed(py, &error.to_string()))?;
        if what == "llvm" {
            return Ok(compiled.text);
        }
        let cache = cache(py)?;
        let found = outside(py, || cache.assembler().assembly(&compiled.text, &cpu().target));
        found.map_err(|error| failed(py, &error.to_string()))
    }
}

/// Run work that is told whether to stop, without the interpreter; answers also what a handler of
/// signals raised meanwhile.
fn watched<T: Send>(
    py: Python<'_>,
    threads: usize,
    voice: &Voice<'_>,
    work: impl FnOnce(&mut dyn FnMut() -> bool) -> Result<T, DeviceError> + Send,
) -> (Result<T, DeviceError>, Option<PyErr>) {
    let mut raised = None;
    let done = outside(py, || {
        pool::with_threads(threads, || {
            work(&mut || {
                raised = Python::attach(|py| heard(py).and_then(|()| voice.speak(py)).err());
                raised.is_some()
            })
        })
    });
    (done, raised)
}

/// Where the elements of an array lie.
pub(super) fn argument(seen: &Seen) -> PyResult<Argument> {
    let lost = || PyValueError::new_err("an array that is larger than memory");
    let (mut layout, low, len) = seen.layout().ok_or_else(lost)?;
    if seen.dtype.is_complex() {
        let mut shape = layout.shape().to_vec();
        let mut strides = layout.strides().to_vec();
        let part = seen.dtype.part();
        shape.push(2);
        strides.push(part.size().cast_signed());
        let offset = layout.offset();
        layout = Layout::new(part, &shape, &strides, offset).map_err(|_| lost())?;
    }
    // SAFETY: the array shows these bytes, and the caller's reference keeps it; it says
    // whether it may be written, which the kernel's types follow.
    let storage = unsafe { Storage::kept(low, len, Box::new(())) };
    Ok(Argument::Buffer(Place::new(storage, layout)))
}

/// A raise as Python takes it: kind, two words, file, function, line.
pub(super) fn told(raise: &Raise) -> (&str, &str, Option<&str>, &str, &str, usize) {
    let (kind, first, second) = match &raise.kind {
        RaiseKind::Builtin(class, message) | RaiseKind::Noted(class, message) => {
            ("builtin", *class, Some(message.as_str()))
        }
        RaiseKind::Like(expression) => ("like", *expression, None),
        RaiseKind::User(class, message) => ("user", class.as_str(), message.as_deref()),
        RaiseKind::Told(class, message) => ("told", class.as_str(), Some(message.as_str())),
        RaiseKind::Made(class, _) => ("told", class.as_str(), Some("[]")),
        RaiseKind::Index(_) => ("builtin", "IndexError", None),
        RaiseKind::Race(message, _) => ("race", message.as_str(), None),
    };
    (kind, first, second, &raise.file, &raise.function, raise.line)
}
