//! Where kernels run: code in memory, launches, and the machine's properties.
//!
//! Level 3; the only crate that maps code. How text becomes running code: `README.md` beside this
//! file.
//!
//! * [`Assembler`] — whoever turns LLVM text into an object for a [`Target`].
//! * [`Image`] — an object file as it lies in memory, its places filled in.
//! * [`Code`], [`Kernel`] — the same as memory that can be called.
//! * [`Device`], [`Executable`] — what compiles kernels, has memory, and runs the one on the other.
//! * [`Storage`] — memory that arrays lie in.
//! * [`Cache`] — what was compiled before, in memory and on disk.
//! * [`cpu`] — what this machine is, and how a kernel runs on all of its cores.

mod assembler;
mod builtin;
mod cache;
mod claim;
mod code;
pub mod cpu;
mod device;
mod digest;
mod direct;
mod folder;
mod interpreter;
mod object;
mod prepared;
mod process;
mod relocation;
mod small;
mod storage;
mod target;

pub use assembler::{Assembler, AssemblyError};
pub use cache::{Cache, CompileError, Counts};
pub use code::{Code, Function, Kernel};
pub use device::{Argument, Device, DeviceError, Executable, Place};
pub use direct::{OPERANDS, RowOperand, launch_row};
pub use interpreter::Interpreter;
pub use object::{Image, LoadError, PAGE};
pub use prepared::{Chosen, Prepared};
pub use process::{PerProcess, forked};
pub use small::{Few, SMALL, compute as compute_few, reduce as reduce_few};
pub use storage::Storage;
pub use target::Target;
