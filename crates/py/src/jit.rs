//! Compiled Python functions: their source, their dispatch by the types of arguments, their calls.
//!
//! What arguments are is in `argument`, what Python says of names in `source`, a function compiled for
//! some types in `program`, the class that is called in `call`.

mod argument;
mod call;
mod program;
mod source;

pub(crate) use call::JitCall;
pub(crate) use source::JitSource;
