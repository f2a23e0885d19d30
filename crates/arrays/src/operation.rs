//! How a node follows from others.

use ir::{Combiner, Op};
use memory::Scalar;

use crate::Array;
use crate::map::Map;

/// How a node follows from others. Inputs of elementwise operations have the shape of the result.
#[derive(Debug)]
pub(crate) enum Operation {
    /// One value everywhere.
    Full(Scalar),
    /// The index along the only axis, as int64.
    Iota,
    /// An op of the loop language for each element.
    Elementwise(Op, Vec<Array>),
    /// Each element in the type of the result.
    Cast(Array),
    /// Some elements of an array, in another order, or repeated.
    View(Array, Map),
    /// The same elements in the same order under another shape.
    Reshape(Array),
    /// The elements along some axes, in ascending order, combined. These axes go.
    Reduce {
        /// How.
        combiner: Combiner,
        /// Which of the combiner's results.
        result: usize,
        /// Which axes go.
        axes: Vec<usize>,
        /// What is reduced.
        input: Array,
    },
    /// Each element combined with all before it along an axis.
    Scan {
        /// The op that combines them.
        op: Op,
        /// Which axis.
        axis: usize,
        /// Whose elements.
        input: Array,
    },
    /// An array with some elements changed.
    Update {
        /// What is changed.
        base: Array,
        /// From the index of a change to that of the element.
        map: Map,
        /// How the element and the change combine; the change alone if absent.
        op: Option<Op>,
        /// The changes.
        value: Array,
    },
}

impl Operation {
    /// What messages call it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Full(_) => "full",
            Self::Iota => "arange",
            Self::Elementwise(op, _) => op.row().name,
            Self::Cast(_) => "astype",
            Self::View(..) => "a copy of a view",
            Self::Reshape(_) => "reshape",
            Self::Reduce { combiner, .. } => match combiner {
                Combiner::Add => "sum",
                Combiner::Mul | Combiner::Product => "prod",
                Combiner::Min => "min",
                Combiner::Max => "max",
                Combiner::And => "all",
                Combiner::Or => "any",
                Combiner::Xor => "xor",
                Combiner::ArgMin => "argmin",
                Combiner::ArgMax => "argmax",
                Combiner::Moments => "var",
            },
            Self::Scan { op: Op::Mul, .. } => "cumprod",
            Self::Scan { .. } => "cumsum",
            Self::Update { .. } => "at",
        }
    }

    /// All inputs, in order.
    pub(crate) fn each_input(&self, mut see: impl FnMut(&Array)) {
        match self {
            Self::Full(_) | Self::Iota => {}
            Self::Elementwise(_, inputs) => inputs.iter().for_each(see),
            Self::Cast(input)
            | Self::View(input, _)
            | Self::Reshape(input)
            | Self::Reduce { input, .. }
            | Self::Scan { input, .. } => see(input),
            Self::Update { base, value, .. } => {
                see(base);
                see(value);
            }
        }
    }

    /// The inputs themselves.
    pub(crate) fn into_inputs(self) -> Vec<Array> {
        match self {
            Self::Full(_) | Self::Iota => Vec::new(),
            Self::Elementwise(_, inputs) => inputs,
            Self::Cast(input)
            | Self::View(input, _)
            | Self::Reshape(input)
            | Self::Reduce { input, .. }
            | Self::Scan { input, .. } => vec![input],
            Self::Update { base, value, .. } => vec![base, value],
        }
    }
}
