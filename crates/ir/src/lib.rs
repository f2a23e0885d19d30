//! The loop language: ops, kernels, the verifier, the interpreter and the text form.
//!
//! Level 1; knows `memory` alone. The README of this crate shows the language;
//! `docs/design/0009-loop-language.md` says why it is so.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Op`] | one row of the op table: name, operands, result, meaning |
//! | [`Kernel`] | parameters and a body, in flat lists |
//! | [`Statement`] | one step of a block: an op, a load, a loop, a reduction, ... |
//! | [`Builder`] | writes kernels |
//! | [`Kernel::from_str`](std::str::FromStr), `Display` | the text form, read and written |
//! | [`verify`] | says which kernels are legal |
//! | [`interpret`] | runs a kernel, slowly: what it means |
//! | [`evaluate`] | runs one op on constants |
//! | [`analysis`] | which indices run along memory in steps |
//! | [`elementary`] | functions as straight lines of ops |
//! | [`expand`] | a kernel with such functions to one without |
//! | [`lower`] | ops that few machines have, in ops that all have |
//! | [`reduction`] | the order in which values combine |

pub mod analysis;
mod builder;
mod call;
mod combiner;
mod constant;
pub mod elementary;
mod evaluate;
mod expand;
mod id;
mod interpret;
mod kernel;
mod lower;
mod name;
mod op;
mod order;
mod parse;
mod print;
pub mod reduction;
mod rule;
mod statement;
mod types;
mod verify;
mod writer;

pub use builder::Builder;
pub use call::{Call, Callee, Function};
pub use combiner::Combiner;
pub use evaluate::evaluate;
pub use expand::{Expanded, Version, expand};
pub use id::{BlockId, Buffer, FunctionId, TableId, Value};
pub use interpret::{Argument, Failure, Said, interpret, interpret_aloud, interpret_within};
pub use kernel::{
    Access, Block, BufferType, DEEPEST, Kernel, Parameter, ParameterKind, Stride, Table, ValueInfo,
};
pub use lower::{is_lowered, lower, lower_except};
pub use op::{Group, Op, Row};
pub use order::Place;
pub use parse::ParseError;
pub use rule::{Rule, TypeError};
pub use statement::{Axis, For, If, Operands, Reduce, Statement, While};
pub use types::Types;
pub use verify::{Invalid, verify};
