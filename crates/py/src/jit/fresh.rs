//! Small arrays that compiled functions make, where the call was taken up at a glance.
//!
//! What [`Rooms`](super::room::Rooms) does for all calls, without lists: for arrays whose lengths are known
//! before the call. Both are made by NumPy.

use ir::{Kernel, ParameterKind, Stride};
use memory::{DType, Scalar, allocator};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use source::{Extra, Sizes};

use super::argument::{array_class, scalar_class};
use super::glance::{WORDS, Words};
use super::head::Head;

/// Larger ones, in bytes, are not worth the hurry.
const LARGE: usize = 1 << 20;

/// How to make the arrays of a program.
pub(super) struct Fresh {
    rooms: Vec<Room>,
    /// For each parameter of the kernel that is a number, its word and type.
    numbers: Vec<Option<(usize, DType)>>,
}

struct Room {
    array: usize,
    dtype: DType,
    lengths: Vec<usize>,
}

/// Arrays by their numbers.
pub(super) type Made<'py> = Vec<(usize, Bound<'py, PyAny>)>;

/// The strides of an array whose elements lie side by side, as a kernel is compiled for them.
pub(super) fn strides(rank: usize) -> Vec<Stride> {
    let mut strides = vec![Stride::Any; rank];
    if let Some(last) = strides.last_mut() {
        *last = Stride::Unit;
    }
    strides
}

impl Fresh {
    /// Nothing if something else is needed besides, or lengths are not known.
    pub(super) fn of(kernel: &Kernel, extras: &[Extra]) -> Option<Self> {
        let mut rooms = Vec::new();
        for extra in extras {
            let Extra::Room { array, dtype, lengths, zero } = extra else { return None };
            if dtype.is_complex() || *zero {
                return None;
            }
            let lengths = lengths.iter().copied().collect::<Option<Vec<_>>>()?;
            rooms.push(Room { array: *array, dtype: *dtype, lengths });
        }
        let mut words = 0;
        let mut numbers = Vec::with_capacity(kernel.parameters.len());
        for parameter in &kernel.parameters {
            let place = words;
            words += 1;
            numbers.push(match &parameter.kind {
                ParameterKind::Extent(_) => Some((place, DType::I64)),
                ParameterKind::Scalar(value) => Some((place, kernel.dtype(*value))),
                ParameterKind::Buffer(buffer) => {
                    words += buffer.strides.iter().filter(|it| **it == Stride::Any).count();
                    None
                }
            });
        }
        Some(Self { rooms, numbers })
    }

    /// Make the arrays and add their words. Nothing if there is no room for these, or arrays are large.
    pub(super) fn fill<'py>(
        &self,
        py: Python<'py>,
        (sizes, threads): (&Sizes, usize),
        room: &mut [u64; WORDS],
        words: &mut Words,
    ) -> PyResult<Option<Made<'py>>> {
        let mut made = Vec::with_capacity(self.rooms.len());
        if self.rooms.is_empty() {
            return Ok(Some(made));
        }
        let known = words.len;
        let number = |place: usize| {
            let (word, dtype) = (*self.numbers.get(place)?)?;
            (word < known).then(|| Scalar::from_bits(dtype, room[word].into()))
        };
        let Some(steps) = sizes.evaluate(threads, number) else { return Ok(None) };
        for Room { array, dtype, lengths } in &self.rooms {
            let length = |&it: &usize| isize::try_from(steps[it].to_i128().max(0)).ok();
            let Some(lengths) = lengths.iter().map(length).collect::<Option<Vec<_>>>() else {
                return Ok(None);
            };
            let size = lengths
                .iter()
                .try_fold(dtype.size(), |size, it| size.checked_mul(it.unsigned_abs().max(1)));
            // What is too large is told by whoever makes large ones.
            let small = |&it: &usize| it < LARGE && allocator().admit(it).is_ok();
            let Some(size) = size.filter(small) else { return Ok(None) };
            let object =
                empty(py)?.call1((PyTuple::new(py, &lengths)?, scalar_class(py, *dtype)?))?;
            if !object.is_instance(array_class(py)?)? {
                return Ok(None);
            }
            // SAFETY: it is an array of NumPy's, which `object` keeps, and nothing of Python runs before the last
            // use of what is read here.
            let head = unsafe { Head::of(object.as_ptr()) };
            let fits = head.dtype() == Some(*dtype) && head.shape() == lengths;
            let there = room.get_mut(words.len..words.len + lengths.len().max(1));
            let (true, Some(there)) = (fits, there) else { return Ok(None) };
            there[0] = head.address() as u64;
            // As they lie where there are elements; of none nothing is read.
            let mut stride = dtype.size().cast_signed();
            for (axis, length) in lengths.iter().enumerate().skip(1).rev() {
                stride = stride.wrapping_mul(*length);
                there[axis] = stride as u64;
            }
            words.len += there.len();
            words.bytes += size;
            made.push((*array, object));
        }
        Ok(Some(made))
    }
}

/// `numpy.empty`.
fn empty(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static EMPTY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = EMPTY
        .get_or_try_init(py, || Ok::<_, PyErr>(py.import("numpy")?.getattr("empty")?.unbind()));
    Ok(found?.bind(py))
}
