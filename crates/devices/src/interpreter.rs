//! The interpreter of the loop language as a device: slow, always there, and what every other device
//! is compared with.

use std::sync::Arc;

use ir::{Access, Failure, Kernel, ParameterKind, interpret};

use crate::{Argument, Device, DeviceError, Executable, Storage};

/// Runs kernels one step at a time.
#[derive(Clone, Copy, Debug)]
pub struct Interpreter;

#[derive(Debug)]
struct Interpreted(Kernel);

impl Device for Interpreter {
    fn name(&self) -> &'static str {
        "interpreter"
    }

    fn compile(&self, kernel: &Kernel) -> Result<Arc<dyn Executable>, DeviceError> {
        Ok(Arc::new(Interpreted(kernel.clone())))
    }

    fn allocate(&self, bytes: usize) -> Result<Arc<Storage>, DeviceError> {
        Storage::allocate(bytes)
    }
}

impl Executable for Interpreted {
    fn launch(
        &self,
        arguments: &[Argument],
        _interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), DeviceError> {
        let kinds = self.0.parameters.iter().map(|parameter| &parameter.kind);
        let layouts: Vec<_> = arguments
            .iter()
            .map(|argument| match argument {
                Argument::Buffer(place) => Some(place.layout()),
                Argument::Extent(_) | Argument::Scalar(_) => None,
            })
            .collect();
        let mut given: Vec<_> = arguments
            .iter()
            .zip(kinds)
            .zip(&layouts)
            .map(|((argument, kind), layout)| match argument {
                Argument::Extent(extent) => ir::Argument::Extent(*extent),
                Argument::Scalar(scalar) => ir::Argument::Scalar(*scalar),
                Argument::Buffer(place) => {
                    let (address, len) = (place.storage().address(), place.storage().len());
                    let layout = layout.as_ref().expect("buffers have one");
                    let reads = matches!(
                        kind,
                        ParameterKind::Buffer(buffer) if buffer.access == Access::Read
                    );
                    if reads {
                        // SAFETY: the storage is alive and its bytes can be read. Nobody writes
                        // to what a kernel reads; a foreign owner who does so meanwhile gives
                        // other numbers, as with any reader that took the memory without a copy.
                        let bytes = unsafe { std::slice::from_raw_parts(address, len) };
                        ir::Argument::Read(bytes, layout)
                    } else {
                        // SAFETY: what a kernel writes was allocated for it, and whoever launches
                        // gives it to one parameter of one kernel at a time.
                        let bytes = unsafe { std::slice::from_raw_parts_mut(address, len) };
                        ir::Argument::Write(bytes, layout)
                    }
                }
            })
            .collect();
        interpret(&self.0, &mut given).map_err(|failure| match failure {
            Failure::Check(code) => DeviceError::Check(code),
            Failure::Fault(why) => DeviceError::Failed(why),
        })
    }
}
