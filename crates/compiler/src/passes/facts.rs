//! What is known of values wherever they are seen.

use ir::{Kernel, ParameterKind, Place, Statement, Value};
use memory::Scalar;

use super::known::Known;

/// Ranges that follow from how values are computed and loops count; nothing that a check or choice says.
pub(super) fn facts(kernel: &mut Kernel) -> Known {
    let mut known = Known::default();
    known.grow(kernel);
    for parameter in &kernel.parameters {
        if let ParameterKind::Extent(value) = parameter.kind {
            known.narrow(value, (0, i64::MAX));
        }
    }
    // A loop that says no begin begins at zero, a value that may have no name here.
    let zero = kernel.new_value(memory::DType::I64);
    known.grow(kernel);
    known.define_constant(zero, Scalar::from(0i64));
    for place in kernel.places() {
        let Place::Statement(block, position) = place else { continue };
        match &kernel.block(block).statements[position] {
            Statement::Constant { result, scalar } => known.define_constant(*result, *scalar),
            Statement::Op { result, op, operands } => {
                known.define_op(*result, *op, *operands);
                known.describe(kernel, *result, *op, *operands);
            }
            Statement::For(it) => indices(kernel, &mut known, zero, &it.axes, it.body),
            Statement::Reduce(it) => indices(kernel, &mut known, zero, &it.axes, it.body),
            _ => {}
        }
    }
    known
}

/// The index alone is narrowed: what a loop says of its bounds holds inside of it and not elsewhere.
fn indices(kernel: &Kernel, known: &mut Known, zero: Value, axes: &[ir::Axis], body: ir::BlockId) {
    for (axis, &index) in axes.iter().zip(&kernel.block(body).arguments) {
        let (begin, end) = (known.range(axis.begin.unwrap_or(zero)), known.range(axis.end));
        let step = axis.step.map_or((1, 1), |step| known.range(step));
        if step.0 > 0 {
            known.narrow(index, (begin.0, end.1.saturating_sub(1)));
        } else if step.1 < 0 {
            known.narrow(index, (end.0.saturating_add(1), begin.1));
        }
    }
}
