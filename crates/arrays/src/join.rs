//! Small arrays one after the other, copied on the spot.

use devices::Storage;
use memory::Layout;

use crate::{Array, Data, Error};

/// Most bytes of the result.
const BYTES: usize = 1 << 16;

/// Arrays one after the other along an axis, if they are of one type, fit together, lie in memory side by
/// side each, and are small; nothing otherwise.
///
/// # Errors
///
/// When there is no memory.
pub fn join(arrays: &[Array], axis: usize) -> Result<Option<Array>, Error> {
    let Some(first) = arrays.first() else { return Ok(None) };
    let (dtype, rank) = (first.dtype(), first.rank());
    if axis >= rank {
        return Ok(None);
    }
    let mut shape = first.shape().to_vec();
    shape[axis] = 0;
    let mut parts = Vec::with_capacity(arrays.len());
    let times: usize = shape[..axis].iter().product();
    for array in arrays {
        let lengths = array.shape();
        let fits = array.dtype() == dtype
            && array.rank() == rank
            && (0..rank).all(|at| at == axis || lengths[at] == shape[at]);
        if !fits || array.count() * dtype.size() > BYTES {
            return Ok(None);
        }
        let Some((storage, begin)) = array.in_a_row() else { return Ok(None) };
        parts.push((storage, begin, lengths[axis..].iter().product::<usize>() * dtype.size()));
        shape[axis] += lengths[axis];
    }
    let layout = Layout::contiguous(dtype, &shape)?;
    if layout.count() * dtype.size() > BYTES {
        return Ok(None);
    }
    let storage = Storage::joined(&parts, times)?;
    Ok(Some(Array::from_data(Data { storage, layout })))
}
