//! The cpu as a device: kernels compiled for it, run on the one pool.

use std::fmt;
use std::sync::Arc;

use compiler::{INTERRUPTED, NO_ROOM};
use ir::{ParameterKind, Stride};
use memory::Buffer;
use tasks::pool;

use super::services::Services;
use super::{Launch, Outcome, cpu};
use crate::{Argument, Cache, Device, DeviceError, Executable, Function, Kernel, Storage};

/// The cpu of this machine. What is not compiled yet is run by another device.
#[derive(Debug)]
pub struct CpuDevice {
    cache: &'static Cache,
    other: Arc<dyn Device>,
    vector: usize,
}

impl CpuDevice {
    /// A device whose code comes from this cache; `other`, the interpreter, runs what has no code.
    pub fn new(cache: &'static Cache, other: Arc<dyn Device>) -> Self {
        Self { cache, other, vector: cpu().vector }
    }

    /// The same, computing in vectors of so many bytes: results do not depend on it, so tests ask.
    #[must_use]
    pub fn with_vector(self, vector: usize) -> Self {
        Self { vector, ..self }
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
        let failed = |why: &dyn fmt::Display| DeviceError::Failed(why.to_string());
        let code_of = |text: &str| self.cache.code(text, &cpu().target).map_err(|why| failed(&why));
        let code = code_of(&compiled.text)?;
        let mut exacts = Vec::new();
        for text in &compiled.exacts {
            exacts.push(code_of(text)?.function("exact").map_err(|why| failed(&why))?);
        }
        let function = |name| code.kernel(name).map_err(|why| failed(&why));
        Ok(Arc::new(Native {
            parameters: kernel.parameters.iter().map(|parameter| parameter.kind.clone()).collect(),
            words: compiled.words,
            scratch: compiled.scratch,
            exacts,
            count: function("count")?,
            kernel: function("kernel")?,
            finish: (compiled.scratch > 0).then(|| function("finish")).transpose()?,
        }))
    }

    fn allocate(&self, bytes: usize) -> Result<Arc<Storage>, DeviceError> {
        let buffer = Buffer::new(bytes)
            .map_err(|error| DeviceError::OutOfMemory { bytes, why: error.why() })?;
        // SAFETY: the buffer has so many bytes there for as long as it is kept.
        Ok(unsafe { Storage::kept(buffer.address(), bytes, Box::new(buffer)) })
    }
}

/// A kernel as machine code.
#[derive(Debug)]
struct Native {
    parameters: Vec<ParameterKind>,
    words: usize,
    scratch: usize,
    exacts: Vec<Function>,
    count: Kernel,
    kernel: Kernel,
    finish: Option<Kernel>,
}

impl Native {
    /// One word after the other, as `compiler::Compiled` says.
    fn frame(&self, arguments: &[Argument]) -> Vec<u64> {
        assert_eq!(arguments.len(), self.parameters.len(), "an argument for each parameter");
        let mut frame = Vec::with_capacity(self.words + 2 + self.exacts.len());
        for (argument, parameter) in arguments.iter().zip(&self.parameters) {
            match (argument, parameter) {
                (Argument::Extent(extent), ParameterKind::Extent(_)) => {
                    frame.push(extent.cast_unsigned());
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
        debug_assert_eq!(frame.len(), self.words);
        frame.push(0); // for the scratch memory
        frame.push(0); // for the services
        frame.extend(self.exacts.iter().map(|exact| exact.address() as u64));
        frame
    }
}

impl Executable for Native {
    fn launch(
        &self,
        arguments: &[Argument],
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), DeviceError> {
        let mut frame = self.frame(arguments);
        // SAFETY: the frame is the one that the compiler asks for, checked above word by word; places
        // keep their memory and lie inside it, and who may write where is settled by who made them.
        let blocks = unsafe { self.count.call(&frame, 0, 0) };
        // Two words for each number, for their alignment.
        let mut scratch = Vec::<u128>::new();
        if self.finish.is_some() {
            let numbers = blocks.unsigned_abs() as usize * self.scratch / size_of::<u128>();
            let failed = |_| DeviceError::OutOfMemory {
                bytes: numbers * size_of::<u128>(),
                why: "for partial results of a reduction".into(),
            };
            scratch.try_reserve_exact(numbers).map_err(failed)?;
            scratch.resize(numbers, 0);
            frame[self.words] = scratch.as_mut_ptr() as u64;
        }
        let threads = pool::threads();
        let services = Services::new(threads, interrupted);
        frame[self.words + 1] = (&raw const services).addr() as u64;
        // SAFETY: as above, and the services and the scratch memory are there until the end of this function; blocks
        // do not overlap in what they write.
        let launch = unsafe { Launch::new(&self.kernel, &frame) };
        match launch.run(blocks, threads, &mut || services.ask()) {
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
            Outcome::Failed(code) => return Err(DeviceError::Check(code)),
        }
        if let Some(finish) = &self.finish {
            // SAFETY: as above; all blocks have run.
            let code = unsafe { finish.call(&frame, 0, blocks) };
            if code != 0 {
                return Err(DeviceError::Check(code));
            }
        }
        Ok(())
    }
}
