//! Small arrays, one operation away from what is there: computed without graph, plan or kernel.

use devices::{Few, SMALL};
use memory::Layout;

use crate::array::Standing;
use crate::operation::Operation;
use crate::{Array, Data};

/// Compute an array if it is small and all it needs is there; answers whether it is computed now.
pub fn evaluate_small(array: &Array) -> bool {
    if array.count() > SMALL {
        return false;
    }
    let operation = match array.standing() {
        Standing::Ready(_) => return true,
        Standing::Lazy(operation) => operation,
    };
    let Operation::Elementwise(op, inputs) = &*operation else { return false };
    let mut found = Vec::with_capacity(inputs.len());
    for input in inputs {
        found.push(match input.standing() {
            Standing::Ready(data) if data.layout.is_contiguous() => Input::There(data),
            Standing::Lazy(behind) => match &*behind {
                Operation::Full(scalar) => Input::Same(*scalar),
                _ => return false,
            },
            Standing::Ready(_) => return false,
        });
    }
    let operands: Vec<_> = found
        .iter()
        .map(|input| match input {
            Input::There(data) => Few::Row(&data.storage, &data.layout),
            Input::Same(scalar) => Few::Same(*scalar),
        })
        .collect();
    let Some(storage) = devices::compute_few(*op, &operands, array.dtype(), array.count()) else {
        return false;
    };
    let Ok(layout) = Layout::contiguous(array.dtype(), array.shape()) else { return false };
    array.become_ready(Data { storage, layout });
    true
}

enum Input {
    There(Data),
    Same(memory::Scalar),
}
