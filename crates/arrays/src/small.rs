//! Small arrays, a few operations away from what is there: computed without graph, plan or kernel.

use devices::{Few, SMALL};
use ir::Op;
use memory::{Layout, Scalar};

use crate::array::Standing;
use crate::operation::Operation;
use crate::{Array, Data};

/// So many operations are done one by one; more are worth a kernel.
const MOST: u32 = 12;

/// Compute an array if it is small and all it needs is there, or is computed like this; answers whether
/// it is computed now.
pub fn evaluate_small(array: &Array) -> bool {
    array.count() <= SMALL && array.pending() <= MOST && small(array)
}

/// Recursion goes no deeper than operations are pending.
fn small(array: &Array) -> bool {
    let count = array.count();
    let operation = match array.standing() {
        Standing::Ready(_) => return true,
        Standing::Lazy(operation) => operation,
    };
    let storage = match &*operation {
        Operation::Elementwise(op, inputs) if count <= SMALL => match &inputs[..] {
            [x] => with(x, |x| devices::compute_few(*op, &[x], array.dtype(), count)),
            [x, y] => {
                with(x, |x| with(y, |y| devices::compute_few(*op, &[x, y], array.dtype(), count)))
            }
            [x, y, z] => with(x, |x| {
                with(y, |y| {
                    with(z, |z| devices::compute_few(*op, &[x, y, z], array.dtype(), count))
                })
            }),
            _ => None,
        },
        Operation::Cast(input) if count <= SMALL => {
            with(input, |x| devices::compute_few(Op::Cast, &[x], array.dtype(), count))
        }
        Operation::Reduce { combiner, result, input, .. }
            if count == 1 && input.count() <= SMALL =>
        {
            with(input, |x| devices::reduce_few(*combiner, *result, &x, input.count()))
        }
        _ => None,
    };
    let Some(storage) = storage else { return false };
    let Ok(layout) = Layout::contiguous(array.dtype(), array.shape()) else { return false };
    if layout.count() * layout.dtype().size() != storage.len() {
        return false;
    }
    array.become_ready(Data { storage, layout });
    true
}

/// Do something with the elements of an input; nothing if they are not there and not small.
fn with<R>(input: &Array, run: impl FnOnce(Few<'_>) -> Option<R>) -> Option<R> {
    let value = |operation: &Operation| -> Option<Scalar> {
        match operation {
            Operation::Full(scalar) => Some(*scalar),
            _ => None,
        }
    };
    let data = match input.standing() {
        Standing::Ready(data) => data,
        Standing::Lazy(operation) => {
            if let Some(scalar) = value(&operation) {
                return run(Few::Same(scalar));
            }
            drop(operation);
            if input.count() > SMALL || !small(input) {
                return None;
            }
            input.data()?
        }
    };
    run(Few::There(&data.storage, &data.layout))
}
