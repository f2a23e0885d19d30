//! Compiled Python functions: their source, their dispatch by the types of arguments, their calls.
//!
//! What arguments are is in `argument`, random generators in `generators`, the
//! same at a glance for the usual ones in `glance`, how NumPy's
//! arrays lie in `head`, what Python says of names in `source`, a function compiled for
//! arrays that functions make in `room` and `reserve`, some types in `program` and all of these in `programs`, the class that is called in `call`.

mod argument;
mod call;
mod fresh;
mod generators;
mod glance;
mod head;
mod kept;
mod program;
mod programs;
mod record;
mod reserve;
mod result;
mod room;
mod source;
mod voice;
mod watch;

pub(crate) use call::JitCall;
pub(crate) use kept::jit_empty;
pub(crate) use source::JitSource;
