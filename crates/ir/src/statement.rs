//! Statements: what a block is made of.

use memory::Scalar;

use crate::{BlockId, Buffer, Call, Combiner, Op, TableId, Value};

/// One axis of a loop: `begin`, `begin + step`, ... as long as `end` is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Axis {
    /// First index; 0 where absent.
    pub begin: Option<Value>,
    /// Where it ends; not an index itself.
    pub end: Value,
    /// From one index to the next, backwards if negative, never zero; 1 where absent.
    pub step: Option<Value>,
}

impl From<Value> for Axis {
    /// From 0 to here by 1.
    fn from(end: Value) -> Self {
        Self { begin: None, end, step: None }
    }
}

/// The operands of an op: one, two or three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operands {
    values: [Value; 3],
    count: u8,
}

impl Operands {
    /// These.
    ///
    /// # Panics
    ///
    /// When there are more than three: no op has so many.
    pub fn new(operands: &[Value]) -> Self {
        let mut values = [Value::new(0); 3];
        values[..operands.len()].copy_from_slice(operands);
        Self { values, count: operands.len() as u8 }
    }
}

impl std::ops::Deref for Operands {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.values[..self.count.into()]
    }
}

impl std::ops::DerefMut for Operands {
    fn deref_mut(&mut self) -> &mut [Value] {
        &mut self.values[..self.count.into()]
    }
}

/// Runs a block for each point of its axes, the last axis fastest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct For {
    /// Whether the iterations do not depend on each other and may run in any order, also at once.
    pub parallel: bool,
    /// Whether the iterations were proved not to depend on each other, so that they may run in any
    /// interleaving, as the lanes of a vector do; on this thread. Not if parallel, which says more.
    pub lanes: bool,
    /// At least one.
    pub axes: Vec<Axis>,
    /// What the first iteration is given; none if parallel or in lanes.
    pub start: Vec<Value>,
    /// Given the indices, then the carried values; yields what the next iteration is given.
    pub body: BlockId,
    /// The carried values after the last iteration.
    pub results: Vec<Value>,
}

/// Runs a block for each point of its axes and combines what it yields.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reduce {
    /// At least one; numbered together in row-major order.
    pub axes: Vec<Axis>,
    /// One for each value that the body yields.
    pub combiners: Vec<Combiner>,
    /// The results if there is no point at all; empty for the identities of the combiners.
    pub empty: Vec<Value>,
    /// Given the indices.
    pub body: BlockId,
    /// The results of the first combiner, then those of the second, ...
    pub results: Vec<Value>,
}

/// Runs one block or the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct If {
    /// A `bool`.
    pub condition: Value,
    /// Run if it is true.
    pub then: BlockId,
    /// Run if it is not.
    pub otherwise: BlockId,
    /// What the block that ran yields.
    pub results: Vec<Value>,
}

/// Runs a block as long as a test holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct While {
    /// What the first test is given.
    pub start: Vec<Value>,
    /// Given the carried values; yields one `bool`, whether to go on.
    pub test: BlockId,
    /// Sees all that the test defines; yields what the next test is given.
    pub body: BlockId,
    /// The carried values at the test that said no.
    pub results: Vec<Value>,
}

/// One step of a block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Statement {
    /// A constant.
    Constant {
        /// Defined here.
        result: Value,
        /// What it is.
        scalar: Scalar,
    },
    /// An op of the table.
    Op {
        /// Defined here; its type is what a `cast` or `bitcast` states.
        result: Value,
        /// Which one.
        op: Op,
        /// In order.
        operands: Operands,
    },
    /// An entry of a table: the one at the index modulo the table's length.
    Lookup {
        /// Defined here.
        result: Value,
        /// Which table.
        table: TableId,
        /// An integer of any type.
        index: Value,
    },
    /// An element of a buffer.
    Load {
        /// Defined here.
        result: Value,
        /// Where.
        buffer: Buffer,
        /// An i64 for each axis, at least 0 and below its length.
        index: Vec<Value>,
    },
    /// Changes an element of a buffer.
    Store {
        /// Where.
        buffer: Buffer,
        /// An i64 for each axis, at least 0 and below its length.
        index: Vec<Value>,
        /// What the element becomes.
        value: Value,
    },
    /// A loop.
    For(For),
    /// A reduction.
    Reduce(Reduce),
    /// A choice.
    If(If),
    /// A loop whose end the body decides.
    While(While),
    /// Ends the kernel with a code if a condition does not hold.
    Check {
        /// A `bool`.
        condition: Value,
        /// Not zero.
        code: i64,
    },
    /// A call.
    Call(Call),
}

/// Every value that a statement uses, read or changed alike.
macro_rules! each_operand {
    ($statement:expr, $see:ident, $iter:ident) => {
        match $statement {
            Self::Constant { .. } => {}
            Self::Op { operands, .. } => operands.$iter().for_each($see),
            Self::Lookup { index, .. } => $see(index),
            Self::Load { index, .. } => index.$iter().for_each($see),
            Self::Store { index, value, .. } => {
                index.$iter().for_each(&mut $see);
                $see(value);
            }
            Self::For(For { axes, start: also, .. })
            | Self::Reduce(Reduce { axes, empty: also, .. }) => {
                for Axis { begin, end, step } in axes.$iter() {
                    begin.$iter().for_each(&mut $see);
                    $see(end);
                    step.$iter().for_each(&mut $see);
                }
                also.$iter().for_each($see);
            }
            Self::If(If { condition, .. }) | Self::Check { condition, .. } => $see(condition),
            Self::While(While { start, .. }) => start.$iter().for_each($see),
            Self::Call(Call { arguments, .. }) => arguments.$iter().for_each($see),
        }
    };
}

impl Statement {
    /// The values it defines, not those inside its blocks.
    pub fn results(&self) -> &[Value] {
        match self {
            Self::Constant { result, .. }
            | Self::Op { result, .. }
            | Self::Lookup { result, .. }
            | Self::Load { result, .. } => std::slice::from_ref(result),
            Self::For(it) => &it.results,
            Self::Reduce(it) => &it.results,
            Self::If(it) => &it.results,
            Self::While(it) => &it.results,
            Self::Call(it) => &it.results,
            Self::Store { .. } | Self::Check { .. } => &[],
        }
    }

    /// Let a function change each value it defines, not those inside its blocks.
    pub fn change_results(&mut self, change: impl FnMut(&mut Value)) {
        let results = match self {
            Self::Constant { result, .. }
            | Self::Op { result, .. }
            | Self::Lookup { result, .. }
            | Self::Load { result, .. } => std::slice::from_mut(result),
            Self::For(it) => &mut it.results,
            Self::Reduce(it) => &mut it.results,
            Self::If(it) => &mut it.results,
            Self::While(it) => &mut it.results,
            Self::Call(it) => &mut it.results,
            Self::Store { .. } | Self::Check { .. } => &mut [],
        };
        results.iter_mut().for_each(change);
    }

    /// Let a function change each of its blocks, in the order of the text.
    pub fn change_blocks(&mut self, mut change: impl FnMut(&mut BlockId)) {
        match self {
            Self::For(it) => change(&mut it.body),
            Self::Reduce(it) => change(&mut it.body),
            Self::If(it) => {
                change(&mut it.then);
                change(&mut it.otherwise);
            }
            Self::While(it) => {
                change(&mut it.test);
                change(&mut it.body);
            }
            _ => {}
        }
    }

    /// Its blocks, in the order of the text.
    pub fn blocks(&self) -> impl Iterator<Item = BlockId> + use<> {
        let (first, second) = match self {
            Self::For(it) => (Some(it.body), None),
            Self::Reduce(it) => (Some(it.body), None),
            Self::If(it) => (Some(it.then), Some(it.otherwise)),
            Self::While(it) => (Some(it.test), Some(it.body)),
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// Show each value it uses, not those inside its blocks, to a function.
    pub fn each_operand(&self, mut see: impl FnMut(Value)) {
        let mut see = |value: &Value| see(*value);
        each_operand!(self, see, iter);
    }

    /// Let a function change each value it uses, not those inside its blocks.
    pub fn change_operands(&mut self, mut change: impl FnMut(&mut Value)) {
        each_operand!(self, change, iter_mut);
    }
}
