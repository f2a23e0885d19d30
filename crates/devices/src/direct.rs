//! A kernel over rows of elements, launched with as little around it as can be.

use std::sync::Arc;

use ir::{Access, ParameterKind, Stride};
use memory::{DType, Scalar};

use crate::{DeviceError, Executable, Storage};

/// Most operands of a kernel that is launched directly.
pub const OPERANDS: usize = 3;
/// Words of a frame: a length, operands and the result, and room for those of the device.
const WORDS: usize = 16;

/// An operand of a kernel over rows.
#[derive(Clone, Debug)]
pub enum RowOperand {
    /// Elements of a type, one after the other from so many bytes into the storage on.
    Elements(Arc<Storage>, usize, DType),
    /// One value for all; not a complex one.
    Same(Scalar),
}

/// Run a kernel of one row: its parameters are the length, rows of elements, one row that is written,
/// and scalars. Answers the memory of the result; nothing if there is no code for that yet, and nothing
/// has been done then.
///
/// # Panics
///
/// When elements would lie outside of their storage, or the parameters of the kernel are others.
pub fn launch_row(
    executable: &dyn Executable,
    operands: &[RowOperand],
    dtype: DType,
    count: usize,
) -> Option<Result<Arc<Storage>, DeviceError>> {
    let mut asked = executable.parameters().iter();
    if asked.len() == 0 {
        return None; // it takes no words
    }
    let mut room = [0; WORDS];
    let mut words = 0;
    let mut push = |word: u64| {
        room[words] = word;
        words += 1;
    };
    let mut bytes = 0;
    let is_row = |kind: Option<&ParameterKind>, dtype: DType, access: Access| {
        matches!(kind, Some(ParameterKind::Buffer(it)) if it.dtype == dtype && it.access == access
            && it.strides == [Stride::Unit])
    };
    assert!(operands.len() <= OPERANDS, "{} operands", operands.len());
    assert!(matches!(asked.next(), Some(ParameterKind::Extent(_))), "a length comes first");
    push(count as u64);
    for operand in operands {
        let RowOperand::Elements(storage, offset, dtype) = operand else { continue };
        assert!(is_row(asked.next(), *dtype, Access::Read), "a row of {dtype} is given");
        let size = count * dtype.size();
        assert!(offset.checked_add(size).is_some_and(|end| end <= storage.len()), "{storage:?}");
        let address = storage.address() as usize + offset;
        if !address.is_multiple_of(dtype.alignment()) {
            return None;
        }
        push(address as u64);
        bytes += size;
    }
    assert!(is_row(asked.next(), dtype, Access::Write), "a row of {dtype} is asked for");
    let storage = match Storage::for_result(count * dtype.size()) {
        Ok(storage) => storage,
        Err(error) => return Some(Err(error)),
    };
    push(storage.address() as u64);
    bytes += count * dtype.size();
    for operand in operands {
        let RowOperand::Same(scalar) = operand else { continue };
        assert!(matches!(asked.next(), Some(ParameterKind::Scalar(_))), "{scalar:?} is given");
        assert!(!scalar.dtype().is_complex(), "{scalar:?} is two words");
        push(scalar.bits() as u64);
    }
    assert!(asked.next().is_none(), "all parameters are given");
    // SAFETY: the words are those of the parameters, which were compared one by one. All rows have `count`
    // elements that lie in their storages, and these live until the end of this function; nobody else
    // has seen the result yet.
    let done = unsafe { executable.launch_words(&mut room, words, bytes, &mut || false) };
    done.map(|done| done.map(|()| storage))
}
