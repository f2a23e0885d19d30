//! Integers divided by zero: there is no infinity to tell of it, so NumPy warns, and somebody has to look.
//!
//! Kernels do not: whoever computes arrays asks for [`divisions`] first, and computes along with them
//! whether a divisor is zero.

use std::sync::atomic::{AtomicBool, Ordering};

use ir::Op;
use memory::{DType, Scalar};

use crate::array::Standing;
use crate::cast::elementwise;
use crate::graph::{Graph, Source};
use crate::operand::Weak;
use crate::operation::Operation;
use crate::{Array, Error, Operand, Reduction};

/// Whether there was ever one whose divisor may be zero. Until then nobody pays for looking.
static MADE: AtomicBool = AtomicBool::new(false);

/// A division of integers that is not computed yet, and whose divisor may be zero.
#[derive(Clone, Debug)]
pub struct Division {
    /// The function's name.
    pub name: &'static str,
    /// What is divided by.
    pub divisor: Array,
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

    /// Whether the quotients are computed.
    pub fn is_done(&self) -> bool {
        self.result.is_ready()
    }
}

/// A function with an op is about to be applied to operands, as elements of a type.
pub(crate) fn note(op: Op, operands: &[Operand], dtype: DType) {
    let sure = matches!(operands.get(1), Some(Operand::Weak(Weak::Int(value))) if *value != 0);
    if name(op).is_some() && dtype.is_integer() && !sure {
        MADE.store(true, Ordering::Relaxed);
    }
}

/// The divisions of integers that these arrays need.
pub fn divisions(arrays: &[Array]) -> Vec<Division> {
    if !MADE.load(Ordering::Relaxed) || !arrays.iter().any(may_divide) {
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
        let name = name(*op)?;
        let divisor = &inputs[1];
        let asked = vertex.array.dtype().is_integer() && vertex.array.count() > 0;
        let sure = graph.constant(vertex.inputs[1]).is_some_and(|it| it.to_i128() != 0);
        let result = vertex.array.clone();
        (asked && !sure).then(|| Division { name, divisor: divisor.clone(), result })
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
    let (name, divisor) = (name(*op)?, inputs[1].clone());
    Some(Division { name, divisor, result: array.clone() })
}

/// Whether there may be a division among what an array needs: a quick look, at few operations only.
fn may_divide(array: &Array) -> bool {
    const FEW: u32 = 16;
    if array.pending() > FEW {
        return true;
    }
    let mut rest = vec![array.clone()];
    while let Some(array) = rest.pop() {
        let Standing::Lazy(operation) = array.standing() else { continue };
        if matches!(&*operation, Operation::Elementwise(op, _) if name(*op).is_some()) {
            return true;
        }
        operation.each_input(|input| rest.push(input.clone()));
    }
    false
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
