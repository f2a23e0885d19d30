//! A few elements, computed on the spot: to launch a kernel would take longer.
//!
//! Numbers of the usual types and the usual ops in plain loops, all else element by element with
//! [`ir::evaluate`]. Both are what compiled code is compared with to the bit: so it does not matter
//! which of them computed an array.

mod number;

use std::sync::Arc;

use ir::{Combiner, Group, Op, evaluate, reduction};
use memory::{DType, Layout, Scalar};

use crate::Storage;

/// Most elements that are computed on the spot.
pub const SMALL: usize = 32;

/// Most of them for elementary functions and complex numbers: each takes as long as a kernel's start otherwise.
const FEW: usize = 4;

/// Bytes of so many elements: none that are computed in full number are longer.
const BYTES: usize = SMALL * 8;

/// An operand of a few elements.
#[derive(Clone, Copy, Debug)]
pub enum Few<'a> {
    /// In memory.
    There(&'a Storage, &'a Layout),
    /// One value for all.
    Same(Scalar),
}

/// The elements of an operand, one after the other.
pub(crate) struct Row {
    dtype: DType,
    bytes: [u8; BYTES],
}

impl Row {
    const fn empty() -> Self {
        Self { dtype: DType::Bool, bytes: [0; BYTES] }
    }

    /// Take the first `count` elements. False if they lie outside of the memory.
    fn fill(&mut self, few: &Few<'_>, count: usize) -> bool {
        let (storage, layout) = match few {
            Few::Same(scalar) => {
                self.dtype = scalar.dtype();
                if count * self.dtype.size() > BYTES {
                    return false;
                }
                let slots = self.bytes.chunks_exact_mut(self.dtype.size()).take(count);
                slots.for_each(|slot| scalar.to_bytes(slot));
                return true;
            }
            Few::There(storage, layout) => (storage, layout),
        };
        self.dtype = layout.dtype();
        let size = self.dtype.size();
        if count * size > BYTES {
            return false;
        }
        let Some(bounds) = layout.bounds() else { return false };
        let inside = bounds.start >= 0 && bounds.end.cast_unsigned() <= storage.len();
        if layout.count() != count || !inside {
            return false;
        }
        let bytes = &mut self.bytes;
        let mut copy = |position: usize, offset: isize, bytes_long: usize| {
            let from = storage.address().wrapping_offset(offset);
            let to = &mut bytes[position * size..][..bytes_long];
            // SAFETY: the elements lie inside the storage, which is alive; their bytes are copied, so no
            // reference into memory that others see remains. Nobody writes to an array that is there.
            unsafe { std::ptr::copy_nonoverlapping(from, to.as_mut_ptr(), bytes_long) };
        };
        if layout.is_contiguous() {
            copy(0, layout.offset(), count * size);
            return true;
        }
        for position in 0..count {
            let (mut rest, mut offset) = (position, layout.offset());
            for (&length, &stride) in layout.shape().iter().zip(layout.strides()).rev() {
                offset += (rest % length).cast_signed() * stride;
                rest /= length;
            }
            copy(position, offset, size);
        }
        true
    }

    fn get(&self, position: usize) -> Scalar {
        Scalar::from_bytes(self.dtype, &self.bytes[position * self.dtype.size()..])
    }
}

/// The op on each of `count` elements, at most [`SMALL`] of them; `dtype` is the result's type.
///
/// Nothing where that is not for here: a kernel does it then.
pub fn compute(op: Op, operands: &[Few<'_>], dtype: DType, count: usize) -> Option<Arc<Storage>> {
    let complex = |few: &Few<'_>| match few {
        Few::There(_, layout) => layout.dtype().is_complex(),
        Few::Same(scalar) => scalar.dtype().is_complex(),
    };
    let slow = op.row().group == Group::Elementary || operands.iter().any(complex);
    let most = if slow || dtype.is_complex() { FEW } else { SMALL };
    if count == 0 || count > most || operands.is_empty() || operands.len() > 3 {
        return None;
    }
    let mut bytes = [0; BYTES];
    let out = &mut bytes[..count * dtype.size()];
    let mut rows = [const { Row::empty() }; 3];
    let rows = &mut rows[..operands.len()];
    if !rows.iter_mut().zip(operands).all(|(row, operand)| row.fill(operand, count)) {
        return None;
    }
    let done = match &*rows {
        [x] if op == Op::Cast => number::cast(dtype, x, out),
        [x] => number::unary(op, x, out) || number::question(op, x, out),
        [x, y] => number::binary(op, x, y, out),
        [truths, x, y] if op == Op::Select => number::select(truths, x, y, out),
        _ => false,
    };
    if !done {
        let stated = matches!(op, Op::Cast | Op::Bitcast).then_some(dtype);
        for (position, slot) in out.chunks_exact_mut(dtype.size()).enumerate() {
            let mut given = [Scalar::zero(DType::Bool); 3];
            for (slot, row) in given.iter_mut().zip(&*rows) {
                *slot = row.get(position);
            }
            let found = evaluate(op, &given[..rows.len()], stated).ok()?;
            if found.dtype() != dtype {
                return None;
            }
            found.to_bytes(slot);
        }
    }
    Storage::copied(out).ok()
}

/// A result of reducing all of `count` elements, at most [`SMALL`] of them.
pub fn reduce(
    combiner: Combiner,
    result: usize,
    operand: &Few<'_>,
    count: usize,
) -> Option<Arc<Storage>> {
    if count == 0 || count > SMALL {
        return None;
    }
    let mut row = Row::empty();
    if !row.fill(operand, count) {
        return None;
    }
    let found = if let Some(found) = number::reduce(combiner, result, &row, count) {
        found
    } else {
        let values: Vec<_> = (0..count).map(|position| row.get(position)).collect();
        *reduction::reduce(combiner, row.dtype, &values).get(result)?
    };
    let mut bytes = [0; 16];
    found.to_bytes(&mut bytes);
    Storage::copied(&bytes[..found.dtype().size()]).ok()
}
