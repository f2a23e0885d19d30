//! Where kernels run: code in memory, launches, and the machine's properties.
//!
//! Level 3; the only crate that maps code.

mod device;
mod interpreter;
mod storage;

pub use device::{Argument, Device, DeviceError, Executable, Place};
pub use interpreter::Interpreter;
pub use storage::Storage;
