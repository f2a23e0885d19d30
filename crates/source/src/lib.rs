//! Python functions to the loop language: found, typed for the arguments they meet, lowered.
//!
//! Level 2; knows `ir` and `memory`, and no Python interpreter: what names stand for is told.
//! `README.md` beside this file tells how a function becomes a kernel.
//!
//! ```
//! use source::{ArgumentType, ArrayType, Options, Site, Unit, specialise};
//! use std::sync::Arc;
//!
//! let text = "def twice(x):\n    for i in range(len(x)):\n        x[i] = x[i] * 2\n";
//! let site = Site { name: "twice".into(), line: 1, body: None };
//! let unit = Unit::find("example.py", text, &site)?;
//! assert_eq!(unit.outside().into_iter().collect::<Vec<_>>(), ["len", "range"]);
//! let names = ["len", "range"].map(|it| (it.into(), source::Constant::Named(format!("builtins.{it}"))));
//! let unit = Arc::new(unit.with_names(names.into()));
//! let array = ArrayType { dtype: memory::DType::F64, strides: vec![ir::Stride::Unit], writable: true };
//! let made = specialise(&unit, &[ArgumentType::Array(array)], &[], &Options::default())?;
//! assert!(made.kernel.to_string().contains("check"));
//! # Ok::<(), Box<source::Refusal>>(())
//! ```

#![expect(
    clippy::too_many_lines,
    clippy::single_match_else,
    clippy::match_same_arms,
    reason = "the language is tables: one arm a construct"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "complex numbers are a + bi and c + di in every book"
)]
#![expect(clippy::cast_possible_wrap, reason = "counts of things in a source text are small")]
#![expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    clippy::only_used_in_recursion,
    clippy::wrong_self_convention,
    reason = "functions that write a kernel have one form: the writer first, a refusal possible"
)]

mod bits;
mod call;
mod called;
mod choice;
mod cmath;
mod complex;
mod control;
mod convert;
mod desugar;
mod display;
mod draw;
mod expression;
mod flow;
mod fold;
mod fresh;
mod gather;
mod index;
mod items;
mod iterate;
mod join;
mod key;
mod large;
mod learned;
mod lower;
mod make;
mod mathematics;
mod message;
mod method;
mod once;
mod operator;
mod permute;
mod pick;
mod prange;
mod race;
mod random;
mod record;
mod refusal;
mod reshape;
mod rounding;
mod row;
mod said;
mod say;
mod shape;
mod shared;
mod signature;
mod size;
mod slice;
mod step;
mod store;
mod total;
mod tuple;
mod ufunc;
mod unit;
mod value;
mod watch;
mod whole;
mod window;

pub use called::Again;
pub use items::{Items, Record};
pub use lower::{Extra, Options, Raise, RaiseKind, Specialised, specialise};
pub use message::Piece;
pub use refusal::Refusal;
pub use said::Said;
pub use say::{Formatted, Part, Print, Shown};
pub use signature::{ArgumentType, ArrayType, Bits, ResultType};
pub use size::Sizes;
pub use unit::{Constant, Site, Unit};
pub use watch::{ELEMENT, TOLD, WATCHED};
