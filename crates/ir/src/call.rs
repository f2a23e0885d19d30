//! Calls: of functions of the kernel, and of whoever runs it.

use memory::DType;

use crate::{BlockId, FunctionId, Value};

/// A block that calls give arguments and that hands results back: the way in which a kernel does the same
/// thing again inside of itself.
///
/// It sees the parameters of the kernel, buffers among them, and what it is given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Function {
    /// Name in the text form.
    pub name: String,
    /// Given the arguments; yields the results.
    pub body: BlockId,
    /// Types of the results.
    pub results: Vec<DType>,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Callee {
    /// A function of the kernel.
    Function {
        /// Which one.
        function: FunctionId,
        /// The code that the kernel ends with where calls stand too deep inside each other: not zero.
        deep: i64,
    },
    /// Whoever runs the kernel is told the arguments, with a number that says what they are. What one thread
    /// says arrives in its order.
    Say(i64),
    /// The number of the thread that asks: below their count, and no other thread that runs this kernel
    /// now has it. It may differ from one iteration of a parallel loop to the next.
    ThreadId,
    /// How many threads the kernel may use.
    ThreadCount,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// Of what.
    pub callee: Callee,
    /// In order.
    pub arguments: Vec<Value>,
    /// In order.
    pub results: Vec<Value>,
}

impl Call {
    /// Whether it may load and store elements, and may end the kernel.
    pub fn is_function(&self) -> bool {
        matches!(self.callee, Callee::Function { .. })
    }
}
