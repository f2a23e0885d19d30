//! What a `reduce` does with the values it is given.

use std::fmt;

use memory::{DType, Kind, Scalar};

use crate::Types;

/// How a reduction combines the values that its body yields, in the order that `order` fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Combiner {
    /// Op `add`; nothing gives 0.
    Add,
    /// Op `mul`; nothing gives 1.
    Mul,
    /// Op `min`, which keeps NaN; nothing gives the largest value.
    Min,
    /// Op `max`, which keeps NaN; nothing gives the smallest value.
    Max,
    /// Op `and`; nothing gives all bits set.
    And,
    /// Op `or`; nothing gives no bit set.
    Or,
    /// Op `xor`; nothing gives no bit set.
    Xor,
    /// The smallest value and the first `k` that has it; the first NaN wins; nothing has `k` -1.
    ArgMin,
    /// The largest value and the first `k` that has it; the first NaN wins; nothing has `k` -1.
    ArgMax,
    /// How many, their mean, and the sum of squared deviations from it; nothing gives zeros.
    Moments,
    /// Op `mul` of complex numbers, their parts being two values in a row. The compiler makes it of `mul` where
    /// it makes pairs of complex numbers; no other kernel has it.
    Product,
}

impl Combiner {
    /// Every combiner that kernels are written with.
    pub const ALL: [Self; 10] = [
        Self::Add,
        Self::Mul,
        Self::Min,
        Self::Max,
        Self::And,
        Self::Or,
        Self::Xor,
        Self::ArgMin,
        Self::ArgMax,
        Self::Moments,
    ];

    /// Name in the text form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Mul => "mul",
            Self::Min => "min",
            Self::Max => "max",
            Self::And => "and",
            Self::Or => "or",
            Self::Xor => "xor",
            Self::ArgMin => "argmin",
            Self::ArgMax => "argmax",
            Self::Moments => "moments",
            Self::Product => "product",
        }
    }

    /// The combiner with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|combiner| combiner.name() == name)
    }

    /// Whether values of a type give the same bits in whatever order they are combined. Sums of floats round,
    /// and of zeros of both signs the first one is the smallest.
    ///
    /// ```
    /// use ir::Combiner;
    /// use memory::DType;
    ///
    /// assert!(Combiner::Max.any_order(DType::I32));
    /// assert!(!Combiner::Max.any_order(DType::F32));
    /// assert!(!Combiner::ArgMax.any_order(DType::I32));
    /// ```
    pub const fn any_order(self, dtype: DType) -> bool {
        match self {
            Self::And | Self::Or | Self::Xor => true,
            Self::Add | Self::Mul | Self::Min | Self::Max => {
                !dtype.is_float() && !dtype.is_complex()
            }
            Self::ArgMin | Self::ArgMax | Self::Moments | Self::Product => false,
        }
    }

    /// Types of values that it combines.
    pub const fn accepts(self) -> Types {
        match self {
            Self::Add | Self::Mul => Types::NUMBERS,
            Self::Min | Self::Max | Self::ArgMin | Self::ArgMax => Types::ORDERED,
            Self::And | Self::Or | Self::Xor => Types::BITS,
            Self::Moments | Self::Product => Types::WIDE_FLOATS,
        }
    }

    /// Types of its results for values of this type.
    pub fn results(self, dtype: DType) -> Vec<DType> {
        match self {
            Self::ArgMin | Self::ArgMax => vec![dtype, DType::I64],
            Self::Moments => vec![DType::I64, dtype, dtype],
            _ => vec![dtype],
        }
    }

    /// Number of results.
    pub const fn result_count(self) -> usize {
        match self {
            Self::ArgMin | Self::ArgMax => 2,
            Self::Moments => 3,
            _ => 1,
        }
    }

    /// The results when there is no value at all and the caller did not say better.
    pub fn identity(self, dtype: DType) -> Vec<Scalar> {
        match self {
            Self::Add | Self::Or | Self::Xor => vec![Scalar::zero(dtype)],
            Self::Mul | Self::Product => vec![Scalar::from_i64(dtype, 1)],
            Self::And if dtype == DType::Bool => vec![Scalar::from(true)],
            Self::And => vec![Scalar::from_i64(dtype, -1)],
            Self::Min => vec![largest(dtype)],
            Self::Max => vec![smallest(dtype)],
            Self::ArgMin => vec![largest(dtype), Scalar::from(-1i64)],
            Self::ArgMax => vec![smallest(dtype), Scalar::from(-1i64)],
            Self::Moments => vec![Scalar::from(0i64), Scalar::zero(dtype), Scalar::zero(dtype)],
        }
    }
}

fn largest(dtype: DType) -> Scalar {
    match dtype.kind() {
        Kind::Bool => Scalar::from(true),
        Kind::Signed => Scalar::from_bits(dtype, (1 << (dtype.bits() - 1)) - 1),
        Kind::Unsigned => Scalar::from_i64(dtype, -1),
        Kind::Float | Kind::Complex => Scalar::from_f64(dtype, f64::INFINITY),
    }
}

fn smallest(dtype: DType) -> Scalar {
    match dtype.kind() {
        Kind::Bool | Kind::Unsigned => Scalar::zero(dtype),
        Kind::Signed => Scalar::from_bits(dtype, 1 << (dtype.bits() - 1)),
        Kind::Float | Kind::Complex => Scalar::from_f64(dtype, f64::NEG_INFINITY),
    }
}

impl fmt::Display for Combiner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
