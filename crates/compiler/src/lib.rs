//! From kernels to the text of LLVM: lanes, blocks, the order of reductions.
//!
//! Level 2; knows `ir` and `memory`, and no driver: what runs the text is `devices`' business.
//! `README.md` beside this file tells how a kernel becomes lanes.
//!
//! ```
//! use ir::{Access, Builder, Stride};
//! use memory::DType::F32;
//!
//! let mut b = Builder::new("wave");
//! let n = b.extent("n");
//! let x = b.buffer("x", F32, Access::Read, &[Stride::Unit]);
//! let y = b.buffer("y", F32, Access::Write, &[Stride::Unit]);
//! b.parallel(&[n.into()], |b, i| {
//!     let element = b.load(x, i);
//!     let sine = b.op(ir::Op::Sin, &[element]);
//!     b.store(y, i, sine);
//! });
//! let compiled = compiler::compile(&b.finish()?, 64)?;
//! assert!(compiled.text.contains("<16 x float>"));
//! assert_eq!((compiled.words, compiled.scratch), (3, 0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod across;
mod beside;
mod bounds;
mod call;
mod checked;
mod checks;
mod column;
mod combine;

mod compile;
mod compiled;
mod crossed;
mod decided;
mod divide;
mod effort;
mod elementary;
mod emitter;
mod extreme;
mod few;
mod forward;
mod frame;
mod from_end;
mod held;
mod independent;
mod invariant;
mod lanes;
mod loops;
mod multiplier;
mod nest;
mod op;
mod pairs;
mod parts;
pub mod passes;
mod poll;
mod prepared;
mod reduce;
mod region;
mod remainder;
mod report;
mod rows;
mod search;
mod several;
mod shorten;
mod split;
mod stretch;
mod structure;
mod text;
mod tiles;
mod told;
mod tree;
mod turned;
mod unsupported;
mod varying;
mod wrapped;

pub use compile::{
    compile, compile_across, compile_rounds, compile_short, compile_split, compile_streaming,
    compile_turned,
};
pub use compiled::{Across, Compiled, ExactModule};
pub use passes::improve;
pub use report::{Told, labelled, report};
pub use unsupported::Unsupported;

/// What a kernel answers that was asked to stop; no check has this code.
pub const INTERRUPTED: i64 = i64::MIN;

/// What a kernel answers that found no room for the results of its blocks; no check has this code.
pub const NO_ROOM: i64 = i64::MIN + 1;

/// What a kernel answers that asked for a function and was given none; no check has this code.
pub const NO_CODE: i64 = i64::MIN + 2;

/// Most calls of functions inside each other; fewer where a thread has little room for them.
pub const DEEPEST_CALLS: i64 = 10_000;

/// Most blocks of a reduction whose results are kept at once, where they are kept in rounds.
pub const MANY: i64 = 1 << 16;

/// Most values of a point for which [`compile_short`] pays.
pub const SHORT: i64 = 39;

/// Least length of all axes but the first for which [`compile_turned`] pays.
pub const TURNED: i64 = 1024;

/// Points of a parallel loop that make a block.
const CHUNK: i64 = 16_384;

/// Values of a reduction that make a block, of 0009.
const BLOCK: i64 = 4096;

/// Accumulators of a block, of 0009.
const LANES: i64 = 32;
