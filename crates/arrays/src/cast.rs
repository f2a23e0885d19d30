//! Other element types, and shapes that meet.

use ir::Op;
use memory::{DType, PerAxis, broadcast_shapes};

use crate::operation::Operation;
use crate::{Array, Error};

impl Array {
    /// The elements in another type; the array itself if it has that type.
    #[must_use]
    pub fn cast(&self, dtype: DType) -> Self {
        if self.dtype() == dtype {
            return self.clone();
        }
        Self::lazy(dtype, self.shape(), Operation::Cast(self.clone()))
    }
}

/// An op for each element of arrays that broadcast together and have the types that it takes.
pub(crate) fn elementwise(name: &str, op: Op, arrays: &[Array]) -> Result<Array, Error> {
    together(name, op, arrays.to_vec())
}

/// The same with arrays to keep.
pub(crate) fn together(name: &str, op: Op, mut inputs: Vec<Array>) -> Result<Array, Error> {
    let first = inputs[0].shape();
    if inputs.iter().any(|array| array.shape() != first) {
        inputs = broadcast(name, &inputs)?;
    }
    let mut types = [DType::Bool; 4];
    for (slot, input) in types.iter_mut().zip(&inputs) {
        *slot = input.dtype();
    }
    let dtype = op
        .result(&types[..inputs.len().min(4)], None)
        .map_err(|error| Error::new(crate::ErrorKind::Type, format!("{name}: {error}")))?;
    let shape: PerAxis<usize> = inputs[0].shape().into();
    Ok(Array::lazy(dtype, shape, Operation::Elementwise(op, inputs)))
}

/// The arrays as views of the one shape that theirs meet in.
pub(crate) fn broadcast(name: &str, arrays: &[Array]) -> Result<Vec<Array>, Error> {
    let shapes: Vec<_> = arrays.iter().map(Array::shape).collect();
    let shape = broadcast_shapes(name, &shapes)?;
    arrays.iter().map(|array| array.broadcast_to(&shape)).collect()
}
