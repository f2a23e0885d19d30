//! A kernel without its numbers.
//!
//! Extents, strides, offsets and scalars are arguments. What is left is the key of the cache, so a
//! loop in user code, which builds the same graph each time, compiles once.

use ir::{Combiner, Op, Stride};
use memory::{DType, Scalar};

/// What a kernel is made from. Values of a level are numbered in the order of their steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Program {
    /// How many axes run on their own.
    pub(crate) outer: usize,
    /// How many axes each of these points goes through.
    pub(crate) inner: usize,
    /// How a scan combines; a reduction or nothing if absent.
    pub(crate) scan: Option<Op>,
    /// What is read.
    pub(crate) inputs: Vec<Elements>,
    /// What is written.
    pub(crate) outputs: Vec<Output>,
    /// Types of the scalars.
    pub(crate) scalars: Vec<DType>,
    /// Steps at each point of all axes.
    pub(crate) inside: Vec<Step>,
    /// What is combined: how, and which value from inside.
    pub(crate) reductions: Vec<(Combiner, u32)>,
    /// Steps at each point of the outer axes.
    pub(crate) outside: Vec<Step>,
}

/// Elements in memory: their type and the class of each stride.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Elements {
    pub(crate) dtype: DType,
    pub(crate) strides: Vec<Stride>,
}

/// What is written where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Output {
    /// The value: from outside, or for scans what is combined inside.
    pub(crate) value: u32,
    pub(crate) elements: Elements,
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// An element of an input.
    Load(u32),
    /// An argument.
    Scalar(u32),
    /// The scalar `start`, and `step` for each position along an axis.
    Iota { axis: Option<u32>, start: u32, step: u32 },
    /// An op of the language.
    Op(Op, Vec<u32>),
    /// The value in another type.
    Cast(DType, u32),
    /// A result of a reduction.
    Reduced { reduction: u32, result: u32 },
}

/// The numbers of a program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) extents: Vec<usize>,
    pub(crate) inputs: Vec<Seen>,
    pub(crate) outputs: Vec<Seen>,
    /// Each with the vertex whose value it is; none for what follows from the shape of the graph.
    pub(crate) scalars: Vec<(Scalar, Option<usize>)>,
}

/// Elements of a vertex, from an offset on with strides in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) vertex: usize,
    pub(crate) offset: isize,
    pub(crate) strides: Vec<isize>,
}
