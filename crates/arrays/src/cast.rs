//! Other element types, and shapes that meet.

use ir::Op;
use memory::{DType, broadcast_shapes};

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
    let inputs = broadcast(name, arrays)?;
    let types: Vec<_> = inputs.iter().map(Array::dtype).collect();
    let dtype = op
        .result(&types, None)
        .map_err(|error| Error::new(crate::ErrorKind::Type, format!("{name}: {error}")))?;
    let shape = inputs[0].shape().to_vec();
    Ok(Array::lazy(dtype, &shape, Operation::Elementwise(op, inputs)))
}

/// The arrays as views of the one shape that theirs meet in.
pub(crate) fn broadcast(name: &str, arrays: &[Array]) -> Result<Vec<Array>, Error> {
    let first = arrays[0].shape();
    if arrays.iter().all(|array| array.shape() == first) {
        return Ok(arrays.to_vec());
    }
    let shapes: Vec<_> = arrays.iter().map(Array::shape).collect();
    let shape = broadcast_shapes(name, &shapes)?;
    arrays.iter().map(|array| array.broadcast_to(&shape)).collect()
}
