//! Types of arguments and results.

use ir::Stride;
use memory::DType;

use crate::Items;

/// What a function is compiled for, of an array.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ArrayType {
    /// Type of the elements.
    pub dtype: DType,
    /// Class of each axis's stride.
    pub strides: Vec<Stride>,
    /// Whether it may be written to.
    pub writable: bool,
}

/// Which of NumPy's bit generators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Bits {
    Pcg64,
    Pcg64Dxsm,
    Sfc64,
}

impl Bits {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pcg64, Self::Pcg64Dxsm, Self::Sfc64];

    /// NumPy's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcg64 => "PCG64",
            Self::Pcg64Dxsm => "PCG64DXSM",
            Self::Sfc64 => "SFC64",
        }
    }
}

/// What a function is compiled for, of an argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ArgumentType {
    /// A number; `weak` if it is one of Python's own, whose type yields to NumPy's.
    Number {
        /// Its type.
        dtype: DType,
        /// Whether it is Python's.
        weak: bool,
    },
    /// An array.
    Array(ArrayType),
    /// The array that an earlier argument is, counted among all arrays.
    Same(usize),
    /// Several values.
    Tuple(Items<ArgumentType>),
    /// A random generator, or a list of them: a buffer of eight words each; of a list also its length.
    Generator {
        /// Where its bits come from.
        bits: Bits,
        /// Whether it is a list.
        many: bool,
    },
    /// `None`.
    None,
}

/// What a function returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultType {
    /// A number; complex ones take two of the kernel's results.
    Number {
        /// Its type.
        dtype: DType,
        /// Whether it is Python's.
        weak: bool,
    },
    /// Several values.
    Tuple(Items<ResultType>),
    /// `None`.
    None,
    /// One of several, by the first of its results; the results of all of them follow.
    Choice(Vec<ResultType>),
    /// One of the arrays that were given, counted among all arrays.
    Array(usize),
    /// A view of an array that was given, or made: for each axis of that one where it starts, its step and
    /// its length, or the index; three of the kernel's results, or one.
    View {
        /// Counted among all arrays.
        array: usize,
        /// Which axis of the view it is.
        axes: Vec<Option<usize>>,
        /// Axes of the view; those that no axis of the array becomes have one element.
        rank: usize,
        /// Whether it is all of an array that the function made.
        own: bool,
    },
}
