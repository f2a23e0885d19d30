//! Integers divided by zero, and the smallest by -1: there is no infinity to tell of it, so NumPy warns, and
//! somebody has to look.
//!
//! Kernels do not: whoever computes arrays asks for [`divisions`] first, and computes along with them
//! whether a divisor is zero, or a quotient is too large.

use ir::Op;
use memory::{DType, Kind, Scalar};

use crate::array::Standing;
use crate::cast::elementwise;
use crate::graph::{Graph, Source};
use crate::operation::Operation;
use crate::{Array, Error, Reduction};

/// A division of integers that is not computed yet, and whose divisor may be zero.
#[derive(Clone, Debug)]
pub struct Division {
    /// The function's name.
    pub name: &'static str,
    /// What is divided by.
    pub divisor: Array,
    /// What is divided, where a quotient may be too large.
    pub dividend: Option<Array>,
    result: Array,
}

impl Division {
    /// Whether some divisor is zero: one `bool`.
    ///
    /// # Errors
    ///
    /// None that users can provoke.
    pub fn by_zero(&self) -> Result<Array, Error> {
        let zero = Array::full(Scalar::zero(self.divisor.dtype()), &[])?;
        elementwise(self.name, Op::Eq, &[self.divisor.clone(), zero])?.reduce(
            Reduction::Any,
            None,
            false,
            None,
        )
    }

    /// Whether some quotient is too large: one `bool`, of a division with a `dividend`.
    ///
    /// # Errors
    ///
    /// None that users can provoke.
    pub fn overflows(&self) -> Result<Array, Error> {
        let dtype = self.divisor.dtype();
        let is = |array: &Array, value: Scalar| {
            elementwise(self.name, Op::Eq, &[array.clone(), Array::full(value, &[])?])
        };
        let by_minus_one = is(&self.divisor, Scalar::from_i64(dtype, -1))?;
        let dividend = self.dividend.as_ref().unwrap_or(&self.divisor);
        let smallest = is(dividend, smallest(dtype))?;
        elementwise(self.name, Op::And, &[by_minus_one, smallest])?.reduce(
            Reduction::Any,
            None,
            false,
            None,
        )
    }

    /// Whether the quotients are computed.
    pub fn is_done(&self) -> bool {
        self.result.is_ready()
    }
}

/// The smallest number of a signed type.
pub fn smallest(dtype: DType) -> Scalar {
    Scalar::from_bits(dtype, 1 << (dtype.bits() - 1))
}

/// Whether a quotient may be too large.
fn may_overflow(op: Op, dtype: DType) -> bool {
    op == Op::FloorDiv && dtype.kind() == Kind::Signed
}

/// Whether an operation is a division of integers about which somebody may have to be told. Where none is among
/// what an array needs, nobody pays for looking.
pub(crate) fn may_tell(operation: &Operation, dtype: DType) -> bool {
    let Operation::Elementwise(op, inputs) = operation else { return false };
    name(*op).is_some() && dtype.is_integer() && !is_sure(*op, dtype, constant(&inputs[1]))
}

/// Whether a divisor, if it is one number, is neither zero nor makes a quotient too large.
fn is_sure(op: Op, dtype: DType, divisor: Option<Scalar>) -> bool {
    divisor.map(Scalar::to_i128).is_some_and(|it| it != 0 && !(it == -1 && may_overflow(op, dtype)))
}

fn constant(array: &Array) -> Option<Scalar> {
    if array.is_ready() {
        return None;
    }
    let Standing::Lazy(operation) = array.standing() else { return None };
    match &*operation {
        Operation::Full(scalar) => Some(*scalar),
        _ => None,
    }
}

/// The divisions of integers that these arrays need.
pub fn divisions(arrays: &[Array]) -> Vec<Division> {
    if !arrays.iter().any(Array::may_divide) {
        return Vec::new();
    }
    if let [array] = arrays
        && let Some(division) = alone(array)
    {
        return vec![division];
    }
    let graph = Graph::of(arrays);
    let found = graph.vertices.iter().filter_map(|vertex| {
        let Source::Operation(operation) = &vertex.source else { return None };
        let Operation::Elementwise(op, inputs) = &**operation else { return None };
        let asked = vertex.array.dtype().is_integer() && vertex.array.count() > 0;
        let mut division = division(*op, inputs, &vertex.array)?;
        let constant = graph.constant(vertex.inputs[1]).map(Scalar::to_i128);
        if constant.is_some_and(|it| it != -1) {
            division.dividend = None;
        }
        let sure = constant.is_some_and(|it| it != 0) && division.dividend.is_none();
        (asked && !sure).then_some(division)
    });
    found.collect()
}

/// An array that is a division, and of what is there already.
fn alone(array: &Array) -> Option<Division> {
    let Standing::Lazy(operation) = array.standing() else { return None };
    let Operation::Elementwise(op, inputs) = &*operation else { return None };
    let fits = array.dtype().is_integer() && array.count() > 0;
    if !fits || !inputs.iter().all(Array::is_ready) {
        return None;
    }
    division(*op, inputs, array)
}

/// The division that an array is, by what its elements are computed from.
fn division(op: Op, inputs: &[Array], array: &Array) -> Option<Division> {
    let dividend = may_overflow(op, array.dtype()).then(|| inputs[0].clone());
    Some(Division { name: name(op)?, divisor: inputs[1].clone(), dividend, result: array.clone() })
}

impl Graph {
    /// The one value that a vertex has everywhere, if it is known.
    fn constant(&self, mut vertex: usize) -> Option<Scalar> {
        loop {
            match self.operation(vertex)? {
                Operation::Full(scalar) => return Some(*scalar),
                Operation::View(..) | Operation::Reshape(_) => {
                    vertex = self.vertices[vertex].inputs[0];
                }
                _ => return None,
            }
        }
    }
}

fn name(op: Op) -> Option<&'static str> {
    match op {
        Op::FloorDiv => Some("floor_divide"),
        Op::Rem => Some("remainder"),
        Op::Fmod => Some("fmod"),
        _ => None,
    }
}
