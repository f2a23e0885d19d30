//! Arguments of a call as it comes most often, taken up without memory of its own: numbers and arrays
//! of NumPy's, few of them. What is anything else is for [`Given`](super::argument::Given), which
//! gives the same key where it takes the same arguments.

use memory::DType;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyTuple};

use super::argument::{ARRAY, BOOL, FLOAT, INT, NONE, SAME, array_class};
use super::head::Head;

/// Most arguments of such a call.
const ARGUMENTS: usize = 10;

/// Most words that numbers and arrays are to a kernel, with those of the results and the device.
pub(super) const WORDS: usize = 64;

/// One argument.
#[derive(Clone, Copy)]
enum Part {
    Bits(u64),
    Array(Head, DType),
    Nothing,
}

/// The arguments of a call, looked at while nothing of Python runs.
pub(super) struct Glance {
    key: [u64; ARGUMENTS],
    parts: [Part; ARGUMENTS],
    len: usize,
}

/// Words for a kernel, and how many bytes the arrays hold.
pub(super) struct Words {
    pub(super) len: usize,
    pub(super) bytes: usize,
}

impl Glance {
    /// No argument yet.
    pub(super) fn new() -> Self {
        Self { key: [0; ARGUMENTS], parts: [Part::Nothing; ARGUMENTS], len: 0 }
    }

    /// Take up all arguments of a call. Nothing where some are not of the usual kinds.
    pub(super) fn look(&mut self, args: &Bound<'_, PyTuple>) -> Option<()> {
        let array = array_class(args.py()).ok()?.as_type_ptr();
        self.len = args.len();
        if self.len > ARGUMENTS {
            return None;
        }
        for (place, object) in args.iter_borrowed().enumerate() {
            // SAFETY: both are objects of Python's, the second one a class. The tuple keeps the array as
            // long as it is borrowed, and nothing here or in `fill` has Python run code.
            let head = unsafe {
                (ffi::Py_TYPE(object.as_ptr()) == array).then(|| Head::of(object.as_ptr()))
            };
            (self.key[place], self.parts[place]) = if let Some(head) = head {
                self.array(place, head)?
            } else if let Ok(value) = object.cast_exact::<PyFloat>() {
                (FLOAT, Part::Bits(value.value().to_bits()))
            } else if let Ok(value) = object.cast_exact::<PyInt>() {
                (INT, Part::Bits(value.extract::<i64>().ok()?.cast_unsigned()))
            } else if let Ok(value) = object.cast_exact::<PyBool>() {
                (BOOL, Part::Bits(value.is_true().into()))
            } else if object.is_none() {
                (NONE, Part::Nothing)
            } else {
                return None;
            };
        }
        Some(())
    }

    fn array(&self, place: usize, head: Head) -> Option<(u64, Part)> {
        if let Some(other) = self.arrays(place).position(|(it, _)| it.is_same(&head)) {
            return Some((SAME | other as u64, Part::Nothing));
        }
        let dtype = head.dtype()?;
        Some((head.code(dtype, head.unit(dtype)), Part::Array(head, dtype)))
    }

    /// The arrays among the first arguments, each once.
    fn arrays(&self, before: usize) -> impl Iterator<Item = (Head, DType)> {
        self.parts[..before].iter().filter_map(|part| match part {
            Part::Array(head, dtype) => Some((*head, *dtype)),
            _ => None,
        })
    }

    /// Says the types, as [`Given::key`](super::argument::Given::key).
    pub(super) fn key(&self) -> &[u64] {
        &self.key[..self.len]
    }

    /// The argument that such an array is.
    pub(super) fn position(&self, array: usize) -> Option<usize> {
        let arrays = self.parts[..self.len].iter().enumerate();
        arrays.filter(|(_, part)| matches!(part, Part::Array(..))).map(|(at, _)| at).nth(array)
    }

    /// Fill the room with what a kernel of this key is given: nothing if there is no room, or an array
    /// of those that are `written` may share memory with another one.
    pub(super) fn fill(&self, written: &[usize], room: &mut [u64; WORDS]) -> Option<Words> {
        let mut words = Words { len: 0, bytes: 0 };
        let mut reaches = [(0, 0); ARGUMENTS];
        let mut arrays = 0;
        for (part, code) in self.parts[..self.len].iter().zip(&self.key) {
            let (head, dtype) = match part {
                Part::Nothing => continue,
                Part::Bits(bits) => {
                    *room.get_mut(words.len)? = *bits;
                    words.len += 1;
                    continue;
                }
                Part::Array(head, dtype) => (head, *dtype),
            };
            let reach = head.reach(dtype)?;
            words.bytes = words.bytes.checked_add(reach.bytes)?;
            reaches[arrays] = (reach.start, reach.end);
            arrays += 1;
            let (shape, strides) = (head.shape(), head.strides());
            let rank = shape.len();
            let there = room.get_mut(words.len..words.len + 2 * rank + 1)?;
            for (word, length) in there.iter_mut().zip(shape) {
                *word = *length as u64;
            }
            there[rank] = head.address() as u64;
            // As the key says: no word for the axis of elements side by side.
            debug_assert!(code & ARRAY != 0);
            let unit = head.unit(dtype);
            words.len += rank + 1;
            for (axis, stride) in strides.iter().enumerate() {
                if Some(axis) != unit {
                    room[words.len] = *stride as u64;
                    words.len += 1;
                }
            }
        }
        let reaches = &reaches[..arrays];
        let apart = written.iter().all(|&written| {
            let (start, end) = reaches[written];
            let others = reaches.iter().enumerate().filter(|(other, _)| *other != written);
            others.into_iter().all(|(_, &(from, to))| to <= start || end <= from)
        });
        apart.then_some(words)
    }
}
