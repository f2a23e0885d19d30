//! A few elements, computed on the spot: to launch a kernel would take longer.
//!
//! Element by element with [`ir::evaluate`], which is what compiled code is compared with to the bit: so
//! it does not matter which of the two computed an array.

use std::sync::Arc;

use ir::{Op, evaluate};
use memory::{Buffer, DType, Layout, Scalar};

use crate::Storage;

/// Most elements that are computed on the spot.
pub const SMALL: usize = 32;

/// An operand of a few elements.
#[derive(Clone, Copy, Debug)]
pub enum Few<'a> {
    /// In memory, in a row.
    Row(&'a Storage, &'a Layout),
    /// One value for all.
    Same(Scalar),
}

impl Few<'_> {
    fn get(&self, position: usize) -> Option<Scalar> {
        let (storage, layout) = match self {
            Few::Same(scalar) => return Some(*scalar),
            Few::Row(storage, layout) => (storage, layout),
        };
        let size = layout.dtype().size();
        let begin = layout.offset().checked_add_unsigned(position * size)?;
        let begin = usize::try_from(begin).ok()?;
        if begin + size > storage.len() {
            return None;
        }
        let mut bytes = [0; 16];
        // SAFETY: the element lies inside the storage, which is alive; its bytes are copied, so no
        // reference into memory that others see remains. Nobody writes to an array that is there.
        unsafe {
            std::ptr::copy_nonoverlapping(storage.address().add(begin), bytes.as_mut_ptr(), size);
        }
        Some(Scalar::from_bytes(layout.dtype(), &bytes[..size]))
    }
}

/// The op on each of `count` elements, at most [`SMALL`] of them; `dtype` is the result's type.
///
/// Nothing where that is not for here: a kernel does it then.
pub fn compute(op: Op, operands: &[Few<'_>], dtype: DType, count: usize) -> Option<Arc<Storage>> {
    if count == 0 || count > SMALL || operands.is_empty() || operands.len() > 3 {
        return None;
    }
    let stated = matches!(op, Op::Cast | Op::Bitcast).then_some(dtype);
    let size = dtype.size();
    let mut bytes = [0; SMALL * 16];
    for position in 0..count {
        let mut given = [Scalar::zero(DType::Bool); 3];
        for (slot, operand) in given.iter_mut().zip(operands) {
            *slot = operand.get(position)?;
        }
        let found = evaluate(op, &given[..operands.len()], stated).ok()?;
        if found.dtype() != dtype {
            return None;
        }
        found.to_bytes(&mut bytes[position * size..][..size]);
    }
    let buffer = Buffer::new(count * size).ok()?;
    let address = buffer.address();
    // SAFETY: the buffer is new, has so many bytes, and nobody else knows of it yet.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address, count * size) };
    // SAFETY: the buffer has so many bytes there for as long as it is kept.
    Some(unsafe { Storage::kept(address, count * size, Box::new(buffer)) })
}
