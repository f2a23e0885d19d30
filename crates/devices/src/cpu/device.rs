//! The cpu as a device: kernels compiled for it, run on the one pool.

use std::fmt;
use std::sync::{Arc, OnceLock};

use compiler::{Compiled, INTERRUPTED, NO_CODE, NO_ROOM, Unsupported};
use ir::{Access, ParameterKind, Stride};
use tasks::pool;

use super::exact::Exacts;
use super::roomy;
use super::services::{LITTLE, Services, refused_index};
use super::{Launch, Outcome, cpu};
use crate::{Argument, Cache, Chosen, Device, DeviceError, Executable, Kernel, Storage};

/// The cpu of this machine. What is not compiled yet is run by another device.
#[derive(Debug)]
pub struct CpuDevice {
    cache: &'static Cache,
    other: Arc<dyn Device>,
    vector: usize,
    streams_from: usize,
    splits_from: usize,
    rounds_from: i64,
}

/// Bytes that a launch writes from which on it pays to store past the caches: see `README.md`.
const STREAM: usize = 24 << 20;

/// Bytes that a launch reads from which on it pays to run a reduction in pieces.
const SPLIT: usize = 1 << 20;

/// Blocks of a reduction from which on not all that they find is kept until the end: some thousand million values.
const ROUNDS: i64 = 1 << 20;

/// Bytes that a launch goes through from which on other threads are called at once: one would take 100 µs.
const LONG: usize = 4 << 20;

/// Points that lie closer in memory than their values from which on they are columns.
const LEAST_ACROSS: i64 = 16;

/// Bytes of the stack that every thread has.
const MUCH: usize = 16 << 10;

/// Blocks for each thread that are enough to keep all busy.
const ENOUGH: usize = 4;

impl CpuDevice {
    /// A device whose code comes from this cache; `other`, the interpreter, runs what has no code.
    pub fn new(cache: &'static Cache, other: Arc<dyn Device>) -> Self {
        let (streams_from, splits_from, rounds_from) = (STREAM, SPLIT, ROUNDS);
        Self { cache, other, vector: cpu().vector, streams_from, splits_from, rounds_from }
    }

    /// The same, computing in vectors of so many bytes: results do not depend on it, so tests ask.
    #[must_use]
    pub fn with_vector(self, vector: usize) -> Self {
        Self { vector, ..self }
    }

    /// The same, choosing code for large work from so many bytes on: results do not depend on it, so
    /// tests and benches ask.
    #[must_use]
    pub fn with_threshold(self, bytes: usize) -> Self {
        let rounds_from = i64::try_from(bytes).unwrap_or(i64::MAX).min(ROUNDS);
        Self { streams_from: bytes, splits_from: bytes, rounds_from, ..self }
    }

    /// Where code comes from.
    pub fn cache(&self) -> &'static Cache {
        self.cache
    }
}

impl Device for CpuDevice {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn compile(&self, kernel: &ir::Kernel) -> Result<Arc<dyn Executable>, DeviceError> {
        let Ok(compiled) = compiler::compile(kernel, self.vector) else {
            return self.other.compile(kernel);
        };
        Ok(Arc::new(Native {
            parameters: kernel.parameters.iter().map(|parameter| parameter.kind.clone()).collect(),
            cache: self.cache,
            compiled,
            plain: OnceLock::new(),
            source: (kernel.clone(), self.vector),
            streaming: OnceLock::new(),
            split: OnceLock::new(),
            short: OnceLock::new(),
            turned: OnceLock::new(),
            across: OnceLock::new(),
            rounds: OnceLock::new(),
            streams_from: self.streams_from,
            splits_from: self.splits_from,
            rounds_from: self.rounds_from,
        }))
    }

    fn allocate(&self, bytes: usize) -> Result<Arc<Storage>, DeviceError> {
        Storage::from_allocator(bytes)
    }
}

/// A kernel, and the machine code of it that has been needed so far.
#[derive(Debug)]
struct Native {
    parameters: Vec<ParameterKind>,
    cache: &'static Cache,
    compiled: Compiled,
    plain: OnceLock<Arc<Machine>>,
    source: (ir::Kernel, usize),
    /// Code that stores past the caches.
    streaming: OnceLock<Arc<Machine>>,
    /// Code for few points that are reductions of many values.
    split: OnceLock<Arc<Machine>>,
    /// Code for many points that are reductions of few values.
    short: OnceLock<Arc<Machine>>,
    /// Code for a reduction that lies across memory.
    turned: OnceLock<Arc<Machine>>,
    /// Code for points that lie closer in memory than their values.
    across: OnceLock<Arc<Machine>>,
    /// Code for reductions of more blocks than it keeps results of.
    rounds: OnceLock<Arc<Machine>>,
    streams_from: usize,
    splits_from: usize,
    rounds_from: i64,
}

/// Machine code of a kernel.
#[derive(Clone, Debug)]
struct Machine {
    words: usize,
    scratch: usize,
    /// Bytes of the stack that its functions hold.
    stack: usize,
    exacts: Exacts,
    /// Whether `count` can say how much there is to do.
    weighs: bool,
    count: Kernel,
    kernel: Kernel,
    finish: Option<Kernel>,
}

impl Machine {
    fn new(cache: &'static Cache, compiled: &Compiled) -> Result<Self, DeviceError> {
        let failed = |why: &dyn fmt::Display| DeviceError::Failed(why.to_string());
        let code = cache.code(&compiled.text, &cpu().target).map_err(|why| failed(&why))?;
        let exacts = Exacts::new(cache, &compiled.exacts)?;
        let function = |name| code.kernel(name).map_err(|why| failed(&why));
        Ok(Self {
            words: compiled.words,
            scratch: compiled.scratch,
            stack: compiled.stack,
            exacts,
            weighs: compiled.weighs,
            count: function("count")?,
            kernel: function("kernel")?,
            finish: (compiled.scratch > 0).then(|| function("finish")).transpose()?,
        })
    }
}

/// What is there already, or is made now; what fails may be tried again.
fn made<T>(
    place: &OnceLock<T>,
    make: impl FnOnce() -> Result<T, DeviceError>,
) -> Result<&T, DeviceError> {
    if place.get().is_none() {
        let new = make()?;
        return Ok(place.get_or_init(|| new));
    }
    Ok(place.get().expect("it was there"))
}

/// The product of the extents at these places.
fn product(places: &[usize], arguments: &[Argument]) -> i64 {
    let extent = |&place: &usize| match arguments.get(place) {
        Some(Argument::Extent(extent)) => *extent,
        _ => unreachable!("verified: an extent stands there"),
    };
    places.iter().map(extent).fold(1, i64::saturating_mul)
}

impl Native {
    /// The code for these arguments, and its frame.
    fn machine(&self, arguments: &[Argument]) -> Result<(&Arc<Machine>, Vec<u64>), DeviceError> {
        let (kernel, vector) = (&self.source.0, self.source.1);
        let make = |compiled: Result<Compiled, Unsupported>| {
            let compiled = compiled.map_err(|why| DeviceError::Failed(why.to_string()))?;
            Ok(Arc::new(Machine::new(self.cache, &compiled)?))
        };
        // What writes more than caches hold goes past them.
        if self.compiled.streams && self.written(arguments) >= self.streams_from {
            let machine =
                made(&self.streaming, || make(compiler::compile_streaming(kernel, vector)))?;
            return Ok((machine, self.frame(machine, arguments)));
        }
        if self.is_short(arguments) {
            let machine = made(&self.short, || make(compiler::compile_short(kernel, vector)))?;
            return Ok((machine, self.frame(machine, arguments)));
        }
        if self.is_across(arguments) {
            let machine = made(&self.across, || make(compiler::compile_across(kernel, vector)))?;
            return Ok((machine, self.frame(machine, arguments)));
        }
        if self.is_turned(arguments) {
            let machine = made(&self.turned, || make(compiler::compile_turned(kernel, vector)))?;
            return Ok((machine, self.frame(machine, arguments)));
        }
        let plain = made(&self.plain, || Ok(Arc::new(Machine::new(self.cache, &self.compiled)?)))?;
        let frame = self.frame(plain, arguments);
        // SAFETY: as in `launch`.
        if unsafe { self.is_many(plain, &frame) } {
            let machine = made(&self.rounds, || make(compiler::compile_rounds(kernel, vector)))?;
            return Ok((machine, self.frame(machine, arguments)));
        }
        if !self.compiled.splits || self.read(arguments) < self.splits_from {
            return Ok((plain, frame));
        }
        // SAFETY: as in `launch`.
        let blocks = unsafe { plain.count.call(&frame, 0, 0) };
        if blocks.unsigned_abs() as usize >= ENOUGH * pool::threads() {
            return Ok((plain, frame));
        }
        let machine = made(&self.split, || make(compiler::compile_split(kernel, vector)))?;
        Ok((machine, self.frame(machine, arguments)))
    }

    /// Whether a reduction has so many blocks that not all that they find is kept until the end.
    ///
    /// # Safety
    /// As for [`Executable::launch_words`], of the machine's words.
    unsafe fn is_many(&self, machine: &Machine, frame: &[u64]) -> bool {
        // SAFETY: as whoever calls this says; counting reads extents alone.
        machine.finish.is_some() && unsafe { machine.count.call(frame, 0, 0) } >= self.rounds_from
    }

    /// Whether each point reduces so few values that several points should run side by side.
    fn is_short(&self, arguments: &[Argument]) -> bool {
        let extents = self.compiled.short.as_deref();
        extents.is_some_and(|places| product(places, arguments) <= compiler::SHORT)
    }

    /// Whether points lie closer in memory than the values of each, and are many enough to fill lanes.
    fn is_across(&self, arguments: &[Argument]) -> bool {
        let Some(across) = &self.compiled.across else { return false };
        let closer = |&[place, point, value]: &[usize; 3]| {
            let Some(Argument::Buffer(place)) = arguments.get(place) else { return false };
            let stride = |axis: usize| place.strides()[axis].unsigned_abs();
            stride(point) < stride(value)
        };
        product(&[across.points], arguments) >= LEAST_ACROSS && across.strides.iter().all(closer)
    }

    /// Whether a reduction lies across memory, and is long enough to be read along it all the same.
    fn is_turned(&self, arguments: &[Argument]) -> bool {
        let extents = self.compiled.turned.as_deref();
        extents.is_some_and(|places| product(places, arguments) >= compiler::TURNED)
            && self.read(arguments) >= self.splits_from
    }

    /// Bytes of the arrays that a launch reads.
    fn read(&self, arguments: &[Argument]) -> usize {
        self.bytes(arguments, |access| access != Access::Write)
    }

    /// Bytes that a launch writes without having read what was there.
    fn written(&self, arguments: &[Argument]) -> usize {
        self.bytes(arguments, |access| access == Access::Write)
    }

    fn bytes(&self, arguments: &[Argument], counts: impl Fn(Access) -> bool) -> usize {
        arguments
            .iter()
            .zip(&self.parameters)
            .map(|(argument, parameter)| match (argument, parameter) {
                (Argument::Buffer(place), ParameterKind::Buffer(buffer))
                    if counts(buffer.access) =>
                {
                    place.count().saturating_mul(buffer.dtype.size())
                }
                _ => 0,
            })
            .fold(0, usize::saturating_add)
    }

    /// One word after the other, as `compiler::Compiled` says.
    fn frame(&self, machine: &Machine, arguments: &[Argument]) -> Vec<u64> {
        assert_eq!(arguments.len(), self.parameters.len(), "an argument for each parameter");
        let mut frame = Vec::with_capacity(machine.words + 2 + machine.exacts.len());
        for (argument, parameter) in arguments.iter().zip(&self.parameters) {
            match (argument, parameter) {
                (Argument::Extent(extent), ParameterKind::Extent(_)) => {
                    frame.push(extent.cast_unsigned());
                }
                (Argument::Scalar(scalar), ParameterKind::Scalar(_))
                    if scalar.dtype().is_complex() =>
                {
                    frame.extend([scalar.real(), scalar.imag()].map(|part| part.bits() as u64));
                }
                (Argument::Scalar(scalar), ParameterKind::Scalar(_)) => {
                    frame.push(scalar.bits() as u64);
                }
                (Argument::Buffer(place), ParameterKind::Buffer(buffer)) => {
                    frame.push(place.address() as u64);
                    let strides = place.strides();
                    assert_eq!(strides.len(), buffer.rank(), "a stride for each axis");
                    for (&bytes, class) in strides.iter().zip(&buffer.strides) {
                        let bytes = bytes as i64;
                        assert!(
                            class.admits(bytes, buffer.dtype),
                            "stride {bytes} is not {class:?}"
                        );
                        if *class == Stride::Any {
                            frame.push(bytes.cast_unsigned());
                        }
                    }
                }
                (argument, parameter) => panic!("{argument:?} for {parameter:?}"),
            }
        }
        debug_assert_eq!(frame.len(), machine.words);
        frame.push(0); // for the scratch memory
        frame.push(0); // for the services
        frame.extend(machine.exacts.words());
        frame
    }
}

impl Machine {
    /// Run it over a frame, whose last words are filled in here, and arrays of so many bytes.
    ///
    /// # Safety
    /// As for [`Executable::launch_words`], of the words before.
    unsafe fn run_anywhere(
        &self,
        frame: &mut [u64],
        bytes: usize,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), DeviceError> {
        let long = bytes >= LONG;
        if self.stack > MUCH && !roomy::fits(self.stack) {
            // SAFETY: as whoever calls this says; this thread waits.
            let run = |stop: &mut dyn FnMut() -> bool| unsafe { self.run_here(frame, long, stop) };
            return roomy::elsewhere(self.stack, interrupted, run);
        }
        // SAFETY: as whoever calls this says.
        unsafe { self.run_here(frame, long, interrupted) }
    }

    /// The same on the stack of this thread.
    ///
    /// # Safety
    /// As for `run_anywhere`.
    unsafe fn run_here(
        &self,
        frame: &mut [u64],
        long: bool,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), DeviceError> {
        frame[self.words] = 0; // for the scratch memory
        frame[self.words + 1] = 0; // for the services
        for (word, exact) in frame[self.words + 2..].iter_mut().zip(self.exacts.words()) {
            *word = exact;
        }
        // SAFETY: the frame is the one that the compiler asks for, says whoever calls; places keep
        // their memory and lie inside it, and who may write where is settled by who made them.
        let blocks = unsafe { self.count.call(frame, 0, 0) };
        // Two words for each number, for their alignment.
        let mut scratch = Vec::<u128>::new();
        if self.finish.is_some() {
            // And one for what blocks tell each other.
            let numbers = blocks.unsigned_abs() as usize * self.scratch / size_of::<u128>() + 1;
            let failed = |_| DeviceError::OutOfMemory {
                bytes: numbers * size_of::<u128>(),
                why: "for partial results of a reduction".into(),
            };
            scratch.try_reserve_exact(numbers).map_err(failed)?;
            scratch.resize(numbers, 0);
            frame[self.words] = scratch.as_mut_ptr() as u64;
        }
        let threads = pool::threads();
        let services = Services::new(threads, &self.exacts, interrupted);
        frame[self.words + 1] = (&raw const services).addr() as u64;
        let weighed = self.weighs && !long && blocks <= LITTLE;
        // SAFETY: as for the number of blocks.
        let little = || weighed && unsafe { self.count.call(frame, 1, 0) } <= LITTLE;
        let outcome = if blocks == 1 || (blocks > 1 && little()) {
            // Nobody to call and no pace to measure: clocks would take longer than small kernels.
            // SAFETY: as above, and the services and the scratch memory are there until the end of
            // this function.
            match unsafe { self.kernel.call(frame, 0, blocks) } {
                0 => Outcome::Done,
                code => Outcome::Failed(code),
            }
        } else {
            // SAFETY: as above, and blocks do not overlap in what they write.
            let launch = unsafe { Launch::new(&self.kernel, frame) };
            let outcome = launch.run(blocks, threads, long, &mut || services.ask());
            refused_index(); // which thread said so is chance
            outcome
        };
        match outcome {
            Outcome::Done => {}
            Outcome::Stopped | Outcome::Failed(INTERRUPTED) => {
                return Err(DeviceError::Interrupted);
            }
            Outcome::Failed(NO_ROOM) => {
                return Err(DeviceError::OutOfMemory {
                    bytes: 0,
                    why: "for what a kernel holds on the way".into(),
                });
            }
            Outcome::Failed(NO_CODE) => return Err(DeviceError::Failed(services.refused())),
            Outcome::Failed(code) => return Err(DeviceError::Check(code)),
        }
        if let Some(finish) = &self.finish {
            // SAFETY: as above; all blocks have run.
            let code = unsafe { finish.call(frame, 0, blocks) };
            if code == NO_CODE {
                return Err(DeviceError::Failed(services.refused()));
            }
            if code != 0 {
                return Err(DeviceError::Check(code));
            }
        }
        Ok(())
    }
}

impl Chosen for Machine {
    fn words(&self) -> usize {
        self.words + 2 + self.exacts.len()
    }

    unsafe fn run(
        &self,
        frame: &mut [u64],
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), DeviceError> {
        // SAFETY: as whoever calls this says.
        unsafe { self.run_anywhere(frame, 0, interrupted) }
    }
}

impl Executable for Native {
    fn launch(
        &self,
        arguments: &[Argument],
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), DeviceError> {
        let (machine, mut frame) = self.machine(arguments)?;
        // SAFETY: `frame` made it of the arguments, checked word by word; places keep their memory.
        unsafe { machine.run_anywhere(&mut frame, self.bytes(arguments, |_| true), interrupted) }
    }

    fn parameters(&self) -> &[ParameterKind] {
        &self.parameters
    }

    fn chosen(&self, arguments: &[Argument]) -> Option<Arc<dyn Chosen>> {
        // Of much, it depends on the number of threads.
        let much = self.compiled.splits && self.read(arguments) >= self.splits_from
            || self.bytes(arguments, |_| true) >= LONG;
        let (machine, _) = (!much).then(|| self.machine(arguments).ok())??;
        Some(machine.clone())
    }

    unsafe fn launch_words(
        &self,
        room: &mut [u64],
        words: usize,
        bytes: usize,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Option<Result<(), DeviceError>> {
        let machine = self.plain.get()?;
        let other = self.compiled.short.is_some()
            || (self.compiled.streams && bytes >= self.streams_from)
            || (self.compiled.splits && bytes >= self.splits_from)
            || self.compiled.across.is_some()
            || (self.compiled.turned.is_some() && bytes >= self.splits_from);
        if other || words != machine.words {
            return None;
        }
        let frame = room.get_mut(..words + 2 + machine.exacts.len())?;
        // SAFETY: as whoever calls this says.
        if unsafe { self.is_many(machine, frame) } {
            return None;
        }
        // SAFETY: as whoever calls this says.
        Some(unsafe { machine.run_anywhere(frame, bytes, interrupted) })
    }
}
