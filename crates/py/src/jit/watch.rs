//! What `races=True` keeps beside arrays, and what it found.

use std::cell::UnsafeCell;
use std::fmt::Write as _;

use devices::{Argument, Place, Storage};
use memory::{DType, Kind, Layout};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use source::{ELEMENT, Piece, Raise, RaiseKind, TOLD, WATCHED};

use super::argument::Seen;

/// Words that a kernel may write.
struct Words {
    cells: Box<[UnsafeCell<i64>]>,
    layout: Layout,
}

impl Words {
    fn new(shape: &[usize]) -> PyResult<Self> {
        let full = |_| PyMemoryError::new_err("no room for what races=True keeps of each element");
        let layout = Layout::contiguous(DType::I64, shape).map_err(full)?;
        let count: usize = shape.iter().product();
        Ok(Self { cells: (0..count).map(|_| UnsafeCell::new(0)).collect(), layout })
    }

    fn argument(&self) -> Argument {
        let address = self.cells.as_ptr().cast_mut().cast();
        let bytes = size_of::<i64>() * self.cells.len();
        // SAFETY: cells may be written through, and they outlive the launch, which they are made for.
        let storage = unsafe { Storage::kept(address, bytes, Box::new(())) };
        Argument::Buffer(Place::new(storage, self.layout.clone()))
    }
}

/// What is kept for one call.
pub(super) struct Watch {
    beside: Vec<Words>,
    told: Words,
}

impl Watch {
    /// For these arrays.
    pub(super) fn new(arrays: &[Seen], races: bool) -> PyResult<Self> {
        let arrays = if races { arrays } else { &[] };
        let words = |it: &Seen| {
            let mut shape: Vec<_> = it.shape.iter().map(|&it| it.unsigned_abs() as usize).collect();
            shape.push(WATCHED);
            Words::new(&shape)
        };
        let beside = arrays.iter().map(words).collect::<PyResult<_>>()?;
        Ok(Self { beside, told: Words::new(&[TOLD])? })
    }

    /// What lies beside an array.
    pub(super) fn beside(&self, array: usize) -> Option<Argument> {
        self.beside.get(array).map(Words::argument)
    }

    /// Where the kernel tells what it found.
    pub(super) fn told(&self) -> Argument {
        self.told.argument()
    }

    /// What is raised for a check that failed, with what was told.
    pub(super) fn raise(&self, raise: &Raise) -> Option<Raise> {
        // SAFETY: the kernel has ended, and the words are of this thread.
        let told = |place: usize| unsafe { *self.told.cells[place].get() };
        if let RaiseKind::Made(class, pieces) = &raise.kind {
            let pieces: Vec<_> = pieces.iter().map(|it| written(it, told)).collect();
            let message = format!("[{}]", pieces.join(", "));
            return Some(Raise { kind: RaiseKind::Told(class.clone(), message), ..raise.clone() });
        }
        let RaiseKind::Race(name, rank) = &raise.kind else { return None };
        let index: Vec<_> = (0..*rank).map(|axis| told(ELEMENT + axis).to_string()).collect();
        let index = if index.is_empty() { "()".to_owned() } else { index.join(", ") };
        let (there, here, line) = (told(1), told(2), told(3));
        let does = match told(0) {
            0 => ("writes", "wrote too"),
            1 => ("writes", "reads"),
            _ => ("reads", "writes"),
        };
        let message = format!(
            "turn {here} of prange {} {name}[{index}], which turn {there} {} (line {line})\n\
             hint: turns of prange run at once, so the result depends on chance: write to elements that no \
             other turn touches, or use range",
            does.0, does.1
        );
        Some(Raise { kind: RaiseKind::Race(message, *rank), ..raise.clone() })
    }
}

/// A text of JSON.
fn quoted(text: &str) -> String {
    let mut found = String::from('"');
    for it in text.chars() {
        match it {
            '"' | '\\' => found.extend(['\\', it]),
            it if it < ' ' => {
                // A text takes whatever is written.
                let _ = write!(found, "\\u{:04x}", u32::from(it));
            }
            it => found.push(it),
        }
    }
    found.push('"');
    found
}

/// A part of a message in JSON: a text, or a number with its type, conversion and format.
fn written(piece: &Piece, told: impl Fn(usize) -> i64) -> String {
    match piece {
        Piece::Text(it) => quoted(it),
        Piece::Value { place, dtype, weak, conversion, spec } => {
            let word = told(*place);
            let number = match dtype.kind() {
                Kind::Bool => (word != 0).to_string(),
                Kind::Unsigned => word.cast_unsigned().to_string(),
                Kind::Signed => word.to_string(),
                _ => match f64::from_bits(word.cast_unsigned()) {
                    it if it.is_nan() => "NaN".to_owned(),
                    it if it.is_infinite() && it > 0.0 => "Infinity".to_owned(),
                    it if it.is_infinite() => "-Infinity".to_owned(),
                    it => format!("{it:?}"),
                },
            };
            let class = if *weak { "" } else { dtype.name() };
            format!("[{number}, {}, {}, {}]", quoted(class), quoted(conversion), quoted(spec))
        }
    }
}

/// A check that failed, with what the device knows of it.
pub(super) fn explained(raise: &Raise, watch: Option<&Watch>) -> Raise {
    let refused = devices::cpu::refused_index();
    if let Some(found) = watch.and_then(|it| it.raise(raise)) {
        return found;
    }
    let RaiseKind::Index(axis) = raise.kind else { return raise.clone() };
    let message = match refused {
        Some((at, length)) => {
            // A negative index has counted from the end.
            let index = if at < 0 { at.wrapping_sub(length) } else { at };
            format!("index {index} is out of bounds for axis {axis} with size {length}")
        }
        None => format!("index is out of bounds for axis {axis}"),
    };
    Raise { kind: RaiseKind::Builtin("IndexError", message), ..raise.clone() }
}
