//! Where kernels run: code in memory, launches, and the machine's properties.
//!
//! Level 3; the only crate that maps code. How text becomes running code: `README.md` beside this
//! file.
//!
//! * [`Assembler`] — whoever turns LLVM text into an object for a [`Target`].
//! * [`Image`] — an object file as it lies in memory, its places filled in.
//! * [`Code`], [`Kernel`] — the same as memory that can be called.
//! * [`cpu`] — what this machine is, and how a kernel runs on all of its cores.

mod assembler;
mod builtin;
mod code;
pub mod cpu;
mod object;
mod relocation;
mod target;

pub use assembler::{Assembler, AssemblyError};
pub use code::{Code, Kernel};
pub use object::{Image, LoadError, PAGE};
pub use target::Target;
