//! Elementary functions: what [`crate::elementary`] computes at once.

use std::sync::LazyLock;

use memory::{DType, Scalar};

use crate::Op;
use crate::elementary::{self, Function};

/// The function of each op, in the order of the table.
static FUNCTIONS: LazyLock<Vec<Option<Function>>> =
    LazyLock::new(|| Op::table().iter().map(|row| Function::named(row.name)).collect());

pub(super) fn evaluate(op: Op, operands: &[Scalar]) -> Scalar {
    let Some(function) = FUNCTIONS[op as usize] else {
        unreachable!("{op} takes no floating point numbers")
    };
    let second = operands.get(1).copied().unwrap_or(operands[0]);
    let at_once = &elementary::Scalar;
    match operands[0].dtype() {
        DType::F64 => {
            Scalar::from(function.exact(at_once, &[operands[0].to_f64(), second.to_f64()]))
        }
        // float16 is computed in float32, and rounded once more.
        dtype => {
            let answer = function.exact(at_once, &[operands[0].to_f32(), second.to_f32()]);
            Scalar::from_f64(dtype, answer.into())
        }
    }
}
