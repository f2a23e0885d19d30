//! The order of few elements: a handful is put in order here, and more become numbers that NumPy's sort, which
//! uses vector registers, puts in order: the order of an element in the upper bits, its place in the lower ones.

use arrays::{Array, Data};
use devices::Storage;
use memory::{DType, Layout, half};
use pyo3::ffi;
use pyo3::prelude::*;

use super::compute::{finished, wrap};
use super::{PyArray, raise};

/// Most elements that are put in order here.
const HANDFUL: usize = 96;
/// Most elements that become numbers.
const MOST: usize = 4096;

/// An array's elements in order, or where they stand that are; None unless they are a handful on one axis.
#[pyfunction]
pub(crate) fn array_ordered<'py>(
    array: &Bound<'py, PyArray>,
    places: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let (py, array) = (array.py(), &array.get().array);
    let count = array.count();
    if array.rank() != 1 || !(1..=HANDFUL).contains(&count) || array.dtype().is_complex() {
        return Ok(None);
    }
    let data = finished(py, array)?;
    let Some(keys) = Keys::of(&data) else { return Ok(None) };
    let mut order = [(0, 0); HANDFUL];
    let order = &mut order[..count];
    for (place, slot) in order.iter_mut().enumerate() {
        *slot = (keys.get(place), place);
    }
    // Equal ones stay in their order: of two of them the place says which.
    order.sort_unstable();
    let size = if places { size_of::<i64>() } else { keys.size };
    let mut bytes = [0; HANDFUL * 8];
    let bytes = &mut bytes[..count * size];
    for (slot, &(_, place)) in bytes.chunks_exact_mut(size).zip(&*order) {
        if places {
            slot.copy_from_slice(&(place as u64).to_ne_bytes());
        } else {
            slot.copy_from_slice(keys.element(place));
        }
    }
    let dtype = if places { DType::I64 } else { array.dtype() };
    made(py, dtype, bytes).map(Some)
}

fn made<'py>(py: Python<'py>, dtype: DType, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let count = bytes.len() / dtype.size();
    let storage = Storage::copied(bytes).map_err(arrays::Error::from);
    let layout = Layout::contiguous(dtype, &[count]).map_err(arrays::Error::from);
    let data = storage.and_then(|storage| Ok(Data { storage, layout: layout? }));
    wrap(py, Array::from_data(data.map_err(|error| raise(py, &error))?))
}

/// Write numbers that are ordered as the elements into a buffer of as many; answers how many of the lowest bits
/// of an order had no room, or None where this is not for here.
#[pyfunction]
pub(crate) fn array_packed(
    array: &Bound<'_, PyArray>,
    into: &Bound<'_, PyAny>,
) -> PyResult<Option<u32>> {
    let (py, array) = (array.py(), &array.get().array);
    let count = array.count();
    if array.rank() != 1 || !(2..=MOST).contains(&count) || array.dtype().is_complex() {
        return Ok(None);
    }
    let data = finished(py, array)?;
    let Some(keys) = Keys::of(&data) else { return Ok(None) };
    let Some(packed) = Words::of(into, count)? else { return Ok(None) };
    let mut all = keys.all();
    let least = all.iter().copied().min().unwrap_or(0);
    let mut used = 0;
    for key in &mut all {
        *key -= least;
        used |= *key;
    }
    // Bits that no element has tell nothing apart: whole numbers as floats have many.
    let empty = if used == 0 { 0 } else { used.trailing_zeros() };
    let (width, bits) = (u64::BITS - (used >> empty).leading_zeros(), place_bits(count));
    let lost = (width + bits).saturating_sub(u64::BITS);
    for (place, key) in (0u64..).zip(&mut all) {
        *key = (*key >> empty >> lost) << bits | place;
    }
    // SAFETY: there are so many words to write to.
    unsafe { std::ptr::copy_nonoverlapping(all.as_ptr(), packed.address(), count) };
    Ok(Some(lost))
}

/// The places in such a buffer that was put in order.
#[pyfunction]
pub(crate) fn array_unpacked<'py>(
    array: &Bound<'py, PyArray>,
    packed: &Bound<'py, PyAny>,
    lost: u32,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let (py, array) = (array.py(), &array.get().array);
    let count = array.count();
    let data = finished(py, array)?;
    let (Some(keys), Some(words)) = (Keys::of(&data), Words::of(packed, count)?) else {
        return Ok(None);
    };
    let mut order = vec![0u64; count];
    // SAFETY: there are so many words to read, and this one copies them.
    unsafe { std::ptr::copy_nonoverlapping(words.address(), order.as_mut_ptr(), count) };
    let bits = place_bits(count);
    let mask = (1 << bits) - 1;
    if lost > 0 {
        // What the bits that were kept do not tell apart.
        for run in order.chunk_by_mut(|left, right| left >> bits == right >> bits) {
            if run.len() > 1 {
                let key = |word: &u64| (keys.get((word & mask) as usize), *word);
                run.sort_unstable_by_key(key);
            }
        }
    }
    let mut bytes = vec![0; count * size_of::<i64>()];
    for (slot, word) in bytes.as_chunks_mut().0.iter_mut().zip(&order) {
        *slot = (word & mask).to_ne_bytes();
    }
    made(py, DType::I64, &bytes).map(Some)
}

/// Bits that number so many places.
fn place_bits(count: usize) -> u32 {
    usize::BITS - (count - 1).leading_zeros()
}

/// Elements that lie side by side, and numbers that are ordered as they are, and equal where they are.
struct Keys<'d> {
    dtype: DType,
    size: usize,
    bytes: &'d [u8],
}

impl<'d> Keys<'d> {
    fn of(data: &'d Data) -> Option<Self> {
        let layout = &data.layout;
        let (dtype, size) = (layout.dtype(), layout.dtype().size());
        let bounds = layout.bounds()?;
        let inside = bounds.start >= 0 && bounds.end.cast_unsigned() <= data.storage.len();
        if !layout.is_contiguous() || !inside {
            return None;
        }
        let from = data.storage.address().wrapping_offset(layout.offset());
        // SAFETY: the elements lie in the storage, one after the other.
        let bytes = unsafe { std::slice::from_raw_parts(from.cast_const(), layout.count() * size) };
        Some(Self { dtype, size, bytes })
    }

    fn element(&self, place: usize) -> &[u8] {
        &self.bytes[place * self.size..][..self.size]
    }

    fn get(&self, place: usize) -> u64 {
        let bytes = self.element(place);
        macro_rules! read {
            ($number:ty) => {
                <$number>::from_ne_bytes(bytes.try_into().expect("as long as the type"))
            };
        }
        match self.dtype {
            DType::I8 => signed(read!(i8).into()),
            DType::I16 => signed(read!(i16).into()),
            DType::I32 => signed(read!(i32).into()),
            DType::I64 => signed(read!(i64)),
            DType::U16 => read!(u16).into(),
            DType::U32 => read!(u32).into(),
            DType::U64 => read!(u64),
            DType::F16 => float(half::to_f32(read!(u16)).into()),
            DType::F32 => float(read!(f32).into()),
            DType::F64 => float(read!(f64)),
            _ => bytes[0].into(),
        }
    }

    fn all(&self) -> Vec<u64> {
        macro_rules! each {
            ($number:ty, $key:expr) => {
                self.bytes
                    .as_chunks()
                    .0
                    .iter()
                    .map(|&bytes| $key(<$number>::from_ne_bytes(bytes).into()))
                    .collect()
            };
        }
        match self.dtype {
            DType::I32 => each!(i32, signed),
            DType::I64 => each!(i64, signed),
            DType::F32 => each!(f32, float),
            DType::F64 => each!(f64, float),
            _ => (0..self.bytes.len() / self.size).map(|place| self.get(place)).collect(),
        }
    }
}

const SIGN: u64 = 1 << 63;

fn signed(number: i64) -> u64 {
    number.cast_unsigned() ^ SIGN
}

/// Both zeros are one, and all that is NaN is the last.
fn float(number: f64) -> u64 {
    let bits = (number + 0.0).to_bits();
    let key = bits ^ ((bits.cast_signed() >> 63).cast_unsigned() | SIGN);
    if number.is_nan() { u64::MAX } else { key }
}

/// Words of somebody's memory, to write to.
struct Words {
    view: ffi::Py_buffer,
}

impl Words {
    /// Nothing unless there are so many.
    fn of(object: &Bound<'_, PyAny>, count: usize) -> PyResult<Option<Self>> {
        let mut view = std::mem::MaybeUninit::<ffi::Py_buffer>::zeroed();
        let flags = ffi::PyBUF_WRITABLE | ffi::PyBUF_C_CONTIGUOUS;
        // SAFETY: the interpreter fills the view or fails.
        if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), view.as_mut_ptr(), flags) } != 0 {
            return Err(PyErr::fetch(object.py()));
        }
        // SAFETY: it was filled.
        let words = Self { view: unsafe { view.assume_init() } };
        let fits = words.view.len == (count * size_of::<u64>()).cast_signed()
            && (words.view.buf as usize).is_multiple_of(align_of::<u64>());
        Ok(fits.then_some(words))
    }

    fn address(&self) -> *mut u64 {
        self.view.buf.cast()
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        // SAFETY: it was filled when this was made, and is released once; whoever made it has the interpreter.
        unsafe { ffi::PyBuffer_Release(&raw mut self.view) }
    }
}
