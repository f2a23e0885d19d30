//! Arrays that compiled functions make, and the numbers of their messages: given with the call.
//!
//! They are arrays of NumPy: what a function does not return goes when the call ends, however it ends.

use devices::{Argument, Place, Storage};
use memory::{DType, Layout, Scalar};
use pyo3::exceptions::{PyMemoryError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::{PySlice, PyTuple};
use source::{Extra, Raise, RaiseKind, Sizes};

use super::argument::Given;
use super::kept;
use super::program::argument;
use super::reserve::{limit, most, reserved};

/// The buffers of one call.
pub(super) struct Rooms<'py> {
    arrays: Vec<(usize, Bound<'py, PyAny>)>,
    notes: Box<[i64]>,
}

impl<'py> Rooms<'py> {
    /// Make them, and add them to the arguments.
    pub(super) fn make(
        py: Python<'py>,
        extras: &[Extra],
        (sizes, threads): (&Sizes, usize),
        arguments: &mut Vec<Argument>,
    ) -> PyResult<Self> {
        let mut made = Self { arrays: Vec::new(), notes: Box::default() };
        if extras.is_empty() {
            return Ok(made);
        }
        let number = |place: usize| match arguments.get(place)? {
            Argument::Scalar(it) => Some(*it),
            Argument::Extent(it) => Some((*it).into()),
            Argument::Buffer(_) => None,
        };
        let lost = || PyRuntimeError::new_err("the lengths of arrays were not found");
        let steps = sizes.evaluate(threads, number).ok_or_else(lost)?;
        // Asked once: what the kernel checks lengths against is what the arrays have.
        let is_wide = |it: &&Extra| matches!(it, Extra::Room { lengths, .. } if lengths.iter().any(Option::is_none));
        let wide = extras.iter().filter(is_wide).count();
        let most = if wide > 0 { most(py, wide)? } else { 0 };
        for extra in extras {
            match extra {
                Extra::Notes(count) => {
                    made.notes = vec![0; *count].into_boxed_slice();
                    let layout = Layout::contiguous(DType::I64, &[*count])
                        .map_err(|_| PyMemoryError::new_err(()))?;
                    // SAFETY: the numbers live as long as the rooms, longer than the launch.
                    let storage = unsafe {
                        let first = made.notes.as_mut_ptr().cast::<u8>();
                        Storage::kept(first, 8 * count, Box::new(()))
                    };
                    arguments.push(Argument::Buffer(Place::new(storage, layout)));
                }
                Extra::Limit { dtype, lengths } => {
                    let limit = limit(most, *dtype, &known(&steps, lengths));
                    arguments.push(Argument::Extent(limit));
                }
                Extra::Room { array, dtype, lengths, zero } => {
                    let wide = lengths.iter().any(Option::is_none);
                    let lengths = known(&steps, lengths);
                    let name = if *dtype == DType::Bool { "bool" } else { dtype.name() };
                    let object = if wide {
                        let limit = limit(most, *dtype, &lengths);
                        let lengths: Vec<_> =
                            lengths.iter().map(|it| it.unwrap_or(limit.into())).collect();
                        reserved(py, *dtype, name, &lengths)?
                    } else {
                        let lengths: Vec<_> = lengths.into_iter().flatten().collect();
                        let kept = if *zero {
                            None
                        } else {
                            kept::array(py, &lengths, name, dtype.size())?
                        };
                        if let Some(object) = kept {
                            object
                        } else {
                            let make = if *zero { "zeros" } else { "empty" };
                            numpy(py, make)?.call1((PyTuple::new(py, lengths)?, name))?
                        }
                    };
                    let mut given = Given { distinct: true, ..Given::default() };
                    given.add(0, &object)?;
                    let seen = given.arrays.first_mut().ok_or_else(lost)?;
                    // Elements lie side by side, also where NumPy's strides say nothing: of none.
                    if let Some(last) = seen.strides.last_mut() {
                        *last = dtype.size().cast_signed();
                    }
                    arguments.push(argument(seen)?);
                    made.arrays.push((*array, object));
                }
            }
        }
        Ok(made)
    }

    /// The array of this number.
    pub(super) fn array(&self, place: usize) -> Option<Bound<'py, PyAny>> {
        self.arrays.iter().find(|it| it.0 == place).map(|it| it.1.clone())
    }

    /// A raise with the numbers of the run in its message.
    pub(super) fn told(&self, raise: &Raise) -> Raise {
        let RaiseKind::Noted(class, text) = &raise.kind else { return raise.clone() };
        let mut parts = text.split("{}");
        let mut told = parts.next().unwrap_or_default().to_owned();
        for (part, note) in parts.zip(&self.notes) {
            told.push_str(&note.to_string());
            told.push_str(part);
        }
        Raise { kind: RaiseKind::Builtin(class, told), ..raise.clone() }
    }
}

/// Lengths, of which some are not known.
fn known(steps: &[Scalar], lengths: &[Option<usize>]) -> Vec<Option<i128>> {
    lengths.iter().map(|it| it.map(|it| steps[it].to_i128().max(0))).collect()
}

pub(super) fn numpy<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("numpy")?.getattr(name)
}

/// A view of an array: for each axis of that one where it starts, its step and its length, or the index.
pub(super) fn shown<'py>(
    base: &Bound<'py, PyAny>,
    axes: &[Option<usize>],
    (rank, own): (usize, bool),
    words: &[i64],
) -> PyResult<Bound<'py, PyAny>> {
    let py = base.py();
    let shape: Vec<i64> = base.getattr("shape")?.extract()?;
    let mut words = words.iter().copied();
    let mut next = || words.next().unwrap_or(0);
    let mut index = Vec::new();
    let mut order = Vec::new();
    let mut whole = axes.len() == rank;
    for ((axis, length), place) in axes.iter().zip(&shape).zip(0..) {
        let Some(axis) = axis else {
            index.push(next().into_pyobject(py)?.into_any());
            whole = false;
            continue;
        };
        let (begin, step, count) = (next(), next(), next());
        let moved = begin != 0 || step != 1;
        whole = whole && *axis == place && !moved && count == *length;
        let slice = if count == 0 {
            PySlice::new(py, 0, 0, 1)
        } else if step == 0 {
            PySlice::new(py, begin as isize, begin as isize + 1, 1)
        } else {
            let end = begin + step * count;
            // Beyond the first element there is no number: all of them.
            if end < 0 {
                let none = py.None();
                let slice = py.get_type::<PySlice>().call1((begin, &none, step))?;
                index.push(slice);
                order.push(*axis);
                continue;
            }
            PySlice::new(py, begin as isize, end as isize, step as isize)
        };
        index.push(slice.into_any());
        order.push(*axis);
    }
    if whole {
        return Ok(base.clone());
    }
    let mut view = base.get_item(PyTuple::new(py, index)?)?;
    // Axes in the order of the view, and those of one element that no axis of the array became.
    let mut sorted: Vec<usize> = (0..order.len()).collect();
    sorted.sort_by_key(|&it| order[it]);
    if sorted.iter().enumerate().any(|(at, &it)| at != it) {
        view = view.call_method1("transpose", (PyTuple::new(py, sorted)?,))?;
    }
    if rank > order.len() {
        let index: Vec<_> = (0..rank)
            .map(|it| {
                if order.contains(&it) {
                    PySlice::full(py).into_any()
                } else {
                    py.None().into_bound(py)
                }
            })
            .collect();
        view = view.get_item(PyTuple::new(py, index)?)?;
    }
    // Of one that was made with more room than it needed in the end, no more is kept.
    if own { view.call_method0("copy") } else { Ok(view) }
}
