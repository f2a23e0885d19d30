//! NumPy's arrays as they lie in memory.

use std::ffi::c_void;
use std::ptr::NonNull;

use memory::DType;
use pyo3::ffi;

use super::argument::ARRAY;

/// The head of NumPy's arrays, as its C interface fixes it.
#[repr(C)]
pub(super) struct Head {
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

impl Head {
    /// The head of an array.
    ///
    /// # Safety
    /// The object is an array of NumPy's, or of a class below. While the head is used the array is
    /// alive and nothing of Python runs, which could give it another shape.
    pub(super) unsafe fn of<'a>(array: *mut ffi::PyObject) -> &'a Self {
        // SAFETY: NumPy's C interface fixes how its arrays begin, also those of classes below.
        unsafe { &*array.cast::<Self>() }
    }

    fn list(&self, from: *const isize) -> &[isize] {
        let rank = self.rank.unsigned_abs() as usize;
        // An array without axes may have no lists.
        let from = if from.is_null() { NonNull::<isize>::dangling().as_ptr() } else { from };
        // SAFETY: lists of an array are as long as its rank, and stay as `of` says.
        unsafe { std::slice::from_raw_parts(from, rank) }
    }

    /// Where the element at index zero lies.
    pub(super) fn address(&self) -> *mut u8 {
        self.data
    }

    pub(super) fn shape(&self) -> &[isize] {
        self.list(self.shape)
    }

    pub(super) fn strides(&self) -> &[isize] {
        self.list(self.strides)
    }

    pub(super) fn is_writable(&self) -> bool {
        self.flags & WRITABLE != 0
    }

    /// The type of the elements, if they are numbers in the machine's order, and aligned.
    pub(super) fn dtype(&self) -> Option<DType> {
        // SAFETY: an array keeps its type; see `of`.
        let descriptor = unsafe { &*self.descriptor };
        let swapped = if cfg!(target_endian = "little") { b'>' } else { b'<' };
        let fits = descriptor.order != swapped && self.flags & ALIGNED != 0;
        of_number(descriptor.number).filter(|_| fits)
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
        self.data == other.data
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
        let address = self.data as usize;
        Some(Reach { start: address.checked_sub(below)?, end: address.checked_add(above)?, bytes })
    }
}
