//! NumPy's arrays as they lie in memory.
//!
//! They are read through pointers, never through references that last: another thread may give an array
//! another shape as soon as this one lets go of the interpreter, and memory behind a reference must not
//! change.

use std::ffi::c_void;

use memory::DType;
use pyo3::ffi;

use super::argument::ARRAY;

/// An array of NumPy's.
#[derive(Clone, Copy)]
pub(super) struct Head(*const Fields);

/// What NumPy's arrays begin with, as its C interface fixes it.
#[repr(C)]
struct Fields {
    object: ffi::PyObject,
    data: *mut u8,
    rank: i32,
    shape: *const isize,
    strides: *const isize,
    base: *mut c_void,
    descriptor: *const Descriptor,
    flags: i32,
}

/// The head of NumPy's types.
#[repr(C)]
struct Descriptor {
    object: ffi::PyObject,
    class: *mut c_void,
    kind: u8,
    letter: u8,
    order: u8,
    other: u8,
    number: i32,
}

const ALIGNED: i32 = 0x0100;
const WRITABLE: i32 = 0x0400;

/// Types in the order of NumPy's numbers.
fn of_number(number: i32) -> Option<DType> {
    Some(match number {
        0 => DType::Bool,
        1 => DType::I8,
        2 => DType::U8,
        3 => DType::I16,
        4 => DType::U16,
        5 => DType::I32,
        6 => DType::U32,
        7 | 9 => DType::I64,
        8 | 10 => DType::U64,
        11 => DType::F32,
        12 => DType::F64,
        14 => DType::C64,
        15 => DType::C128,
        23 => DType::F16,
        _ => return None,
    })
}

/// How far the elements of an array reach.
pub(super) struct Reach {
    /// The lowest byte of any element.
    pub(super) start: usize,
    /// The byte after the highest; both are zero where there is no element.
    pub(super) end: usize,
    /// Bytes of all elements, each counted as often as it is seen.
    pub(super) bytes: usize,
}

/// Numbers of an array, one an axis. An array without axes has no list: NumPy leaves a null pointer there,
/// of which no slice may be made, not even an empty one.
///
/// # Safety
/// What is not null are `rank` numbers, which stay as they are while the slice is used.
unsafe fn list<'a>(from: *const isize, rank: i32) -> &'a [isize] {
    match usize::try_from(rank) {
        Ok(rank) if rank > 0 && !from.is_null() => {
            // SAFETY: as the caller says.
            unsafe { std::slice::from_raw_parts(from, rank) }
        }
        _ => &[],
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what methods give is borrowed from it")]
impl Head {
    /// The head of an array.
    ///
    /// # Safety
    /// The object is an array of NumPy's, or of a class below. Whenever a method is called, and while a list
    /// that one gave is used, the array is alive and this thread holds the interpreter and has nothing of
    /// Python run, which could give it another shape.
    pub(super) unsafe fn of(array: *mut ffi::PyObject) -> Self {
        Self(array.cast::<Fields>())
    }

    /// Where the element at index zero lies.
    pub(super) fn address(&self) -> *mut u8 {
        // SAFETY: NumPy's C interface fixes how its arrays begin, also those of classes below; see `of`.
        unsafe { (*self.0).data }
    }

    pub(super) fn shape(&self) -> &[isize] {
        // SAFETY: lists of an array are as long as its rank, and stay as `of` says.
        unsafe { list((*self.0).shape, (*self.0).rank) }
    }

    pub(super) fn strides(&self) -> &[isize] {
        // SAFETY: as for the shape.
        unsafe { list((*self.0).strides, (*self.0).rank) }
    }

    fn flags(&self) -> i32 {
        // SAFETY: as for the address.
        unsafe { (*self.0).flags }
    }

    pub(super) fn is_writable(&self) -> bool {
        self.flags() & WRITABLE != 0
    }

    /// The type of the elements, if they are numbers in the machine's order, and aligned.
    pub(super) fn dtype(&self) -> Option<DType> {
        // SAFETY: as for the address; an array has a descriptor, which lives as long as it has.
        let (order, number) = unsafe {
            let descriptor = (*self.0).descriptor;
            ((*descriptor).order, (*descriptor).number)
        };
        let swapped = if cfg!(target_endian = "little") { b'>' } else { b'<' };
        let fits = order != swapped && self.flags() & ALIGNED != 0;
        of_number(number).filter(|_| fits)
    }

    /// The axis whose elements are compiled as side by side: the last one or the first one.
    pub(super) fn unit(&self, dtype: DType) -> Option<usize> {
        let (shape, strides) = (self.shape(), self.strides());
        let size = dtype.size().cast_signed();
        let unit = |axis: &usize| {
            let (length, stride) = (shape.get(*axis), strides.get(*axis));
            stride == Some(&size) || length.is_some_and(|&length| length <= 1)
        };
        let last = shape.len().checked_sub(1)?;
        Some(last).filter(unit).or(Some(0).filter(unit))
    }

    /// The type in the key of a call.
    pub(super) fn code(&self, dtype: DType, unit: Option<usize>) -> u64 {
        let rank = self.shape().len();
        let last = unit.is_some_and(|axis| axis + 1 == rank);
        ARRAY
            | dtype as u64
            | u64::from(self.is_writable()) << 8
            | u64::from(last) << 9
            | u64::from(unit.is_some() && !last) << 10
            | (rank as u64) << 16
    }

    /// Whether both show the same elements in the same way.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.address() == other.address()
            && self.is_writable() == other.is_writable()
            && self.shape() == other.shape()
            && self.strides() == other.strides()
            && self.dtype() == other.dtype()
    }

    /// How far the elements reach; nothing if numbers are too small to say.
    pub(super) fn reach(&self, dtype: DType) -> Option<Reach> {
        let size = dtype.size();
        let (mut below, mut above, mut bytes) = (0usize, size, size);
        for (&length, &stride) in self.shape().iter().zip(self.strides()) {
            let length = length.cast_unsigned();
            if length == 0 {
                return Some(Reach { start: 0, end: 0, bytes: 0 });
            }
            bytes = bytes.checked_mul(length)?;
            let far = (length - 1).checked_mul(stride.unsigned_abs())?;
            let side = if stride < 0 { &mut below } else { &mut above };
            *side = side.checked_add(far)?;
        }
        let address = self.address() as usize;
        Some(Reach { start: address.checked_sub(below)?, end: address.checked_add(above)?, bytes })
    }
}
