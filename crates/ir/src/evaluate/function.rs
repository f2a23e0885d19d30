//! Elementary functions: what [`crate::elementary`] computes at once.

use memory::{DType, Scalar};

use crate::Op;
use crate::elementary::{self, Function};

pub(super) fn evaluate(op: Op, operands: &[Scalar]) -> Scalar {
    let Some(function) = Function::named(op.name()) else {
        unreachable!("{op} takes no floating point numbers")
    };
    let at_once = &elementary::Scalar;
    match operands[0].dtype() {
        DType::F64 => {
            let arguments: Vec<f64> = operands.iter().map(|operand| operand.to_f64()).collect();
            Scalar::from(function.exact(at_once, &arguments))
        }
        // float16 is computed in float32, and rounded once more.
        dtype => {
            let arguments: Vec<f32> = operands.iter().map(|operand| operand.to_f32()).collect();
            Scalar::from_f64(dtype, function.exact(at_once, &arguments).into())
        }
    }
}
