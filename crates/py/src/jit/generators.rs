//! Random generators as arguments: their states are taken when a kernel begins and given back after it.

use std::cell::UnsafeCell;

use devices::{Place, Storage};
use memory::{DType, Layout};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use source::Bits;

/// Words of a state, as the kernel has it.
const WORDS: usize = 8;

/// A generator, or a list of them.
pub(super) struct Generators<'py> {
    pub(super) bits: Bits,
    pub(super) many: bool,
    /// The bit generators.
    sources: Vec<Bound<'py, PyAny>>,
    /// The states: taken by `take`, changed by the kernel.
    words: Box<[UnsafeCell<u64>]>,
}

/// Locks of bit generators, as NumPy takes them while it draws.
pub(super) struct Held<'py>(Vec<Bound<'py, PyAny>>);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        for lock in &self.0 {
            let _freed = lock.call_method0("release");
        }
    }
}

/// The bit generator of a generator, by what both NumPy's and abreast's have.
fn source<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let class = object.get_type();
    let module: String = class.getattr("__module__")?.extract().unwrap_or_default();
    if !module.starts_with("numpy.random") && !module.starts_with("abreast.random") {
        return Ok(None);
    }
    Ok(object.getattr("bit_generator").ok())
}

fn kind(place: usize, source: &Bound<'_, PyAny>) -> PyResult<Bits> {
    let name = source.get_type().name()?.to_string();
    Bits::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| {
        PyTypeError::new_err(format!(
            "argument {} of a jit function is a generator of {name}\n\
             hint: compiled functions draw from PCG64 (which default_rng makes), PCG64DXSM and SFC64",
            place + 1
        ))
    })
}

impl<'py> Generators<'py> {
    /// The generator or list of generators that an argument is, if it is one.
    pub(super) fn of(place: usize, object: &Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        let mut sources = Vec::new();
        let many = object.cast::<PyList>().ok();
        if let Some(list) = many {
            for item in list.iter() {
                let Some(found) = source(&item)? else { return Ok(None) };
                sources.push(found);
            }
            if sources.is_empty() {
                return Ok(None);
            }
        } else if let Some(found) = source(object)? {
            sources.push(found);
        } else {
            return Ok(None);
        }
        let bits = kind(place, &sources[0])?;
        for (at, other) in sources.iter().enumerate() {
            if kind(place, other)? != bits {
                return Err(PyTypeError::new_err(format!(
                    "argument {} of a jit function is a list of generators of different kinds\n\
                     hint: rng.spawn(n) makes a list of one kind",
                    place + 1
                )));
            }
            if sources[..at].iter().any(|it| it.is(other)) {
                return Err(twice(place));
            }
        }
        let words = (0..WORDS * sources.len()).map(|_| UnsafeCell::new(0)).collect();
        Ok(Some(Self { bits, many: many.is_some(), sources, words }))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.sources.len()
    }

    /// The length of a list, as kernels have it.
    pub(super) fn length(&self) -> i64 {
        self.len().cast_signed() as i64
    }

    /// Whether some generator is in both.
    pub(super) fn shares(&self, other: &Self) -> bool {
        self.sources.iter().any(|it| other.sources.iter().any(|other| it.is(other)))
    }

    /// Take the states, and the locks of the generators until what is returned is dropped.
    pub(super) fn take(all: &[Self]) -> PyResult<Held<'py>> {
        let mut sources: Vec<_> = all.iter().flat_map(|it| &it.sources).collect();
        // In one order for all threads, so that none waits for one that waits for it.
        sources.sort_by_key(|it| it.as_ptr() as usize);
        let mut held = Held(Vec::new());
        for source in sources {
            if let Ok(lock) = source.getattr("lock") {
                lock.call_method0("acquire")?;
                held.0.push(lock);
            }
        }
        for it in all {
            for (source, words) in it.sources.iter().zip(it.words.chunks(WORDS)) {
                let state = source.getattr("state")?;
                let found = read(it.bits, state.cast::<PyDict>()?)?;
                for (cell, word) in words.iter().zip(found) {
                    // SAFETY: no kernel runs over them yet, and they are of this thread.
                    unsafe { *cell.get() = word };
                }
            }
        }
        Ok(held)
    }

    /// Where the states lie.
    pub(super) fn place(&self) -> PyResult<Place> {
        let lost = |_| PyRuntimeError::new_err("states of generators that have no room");
        let shape = if self.many { vec![self.len(), WORDS] } else { vec![WORDS] };
        let layout = Layout::contiguous(DType::U64, &shape).map_err(lost)?;
        let bytes = size_of::<u64>() * self.words.len();
        // SAFETY: cells may be written through, and they outlive the launch, which they are made for.
        let storage =
            unsafe { Storage::kept(self.words.as_ptr().cast_mut().cast(), bytes, Box::new(())) };
        Ok(Place::new(storage, layout))
    }

    /// Give the states back.
    pub(super) fn restore(&self) -> PyResult<()> {
        for (source, words) in self.sources.iter().zip(self.words.chunks(WORDS)) {
            let mut found = [0; WORDS];
            for (word, cell) in found.iter_mut().zip(words) {
                // SAFETY: the kernel has ended, and they are of this thread.
                *word = unsafe { *cell.get() };
            }
            let state = source.getattr("state")?;
            let state = state.cast::<PyDict>()?;
            if write(self.bits, &found, state)? {
                source.setattr("state", state)?;
            }
        }
        Ok(())
    }
}

/// Why a generator cannot be given twice.
pub(super) fn twice(place: usize) -> PyErr {
    PyTypeError::new_err(format!(
        "argument {} of a jit function is a generator that was passed before\n\
         hint: pass each generator once; rng.spawn(n) makes others",
        place + 1
    ))
}

fn item<'py>(state: &Bound<'py, PyDict>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let lost = || PyRuntimeError::new_err(format!("the state of a generator has no {name}"));
    state.get_item(name)?.ok_or_else(lost)
}

fn read(bits: Bits, state: &Bound<'_, PyDict>) -> PyResult<[u64; WORDS]> {
    let inner = item(state, "state")?;
    let inner = inner.cast::<PyDict>()?;
    let mut words = [0; WORDS];
    if bits == Bits::Sfc64 {
        let four: Vec<u64> = item(inner, "state")?.call_method0("tolist")?.extract()?;
        words.iter_mut().zip(four).for_each(|(word, it)| *word = it);
    } else {
        for (place, name) in [(0, "state"), (2, "inc")] {
            let value: u128 = item(inner, name)?.extract()?;
            words[place] = value as u64;
            words[place + 1] = (value >> 64) as u64;
        }
    }
    words[4] = item(state, "has_uint32")?.extract()?;
    words[5] = item(state, "uinteger")?.extract()?;
    Ok(words)
}

/// Write a state into NumPy's dictionary; whether it is another one.
fn write(bits: Bits, words: &[u64; WORDS], state: &Bound<'_, PyDict>) -> PyResult<bool> {
    if read(bits, state)? == *words {
        return Ok(false);
    }
    let inner = item(state, "state")?;
    let inner = inner.cast::<PyDict>()?;
    if bits == Bits::Sfc64 {
        let numpy = state.py().import("numpy")?;
        let four = numpy.call_method1("array", (words[..4].to_vec(), "uint64"))?;
        inner.set_item("state", four)?;
    } else {
        for (place, name) in [(0, "state"), (2, "inc")] {
            let value = u128::from(words[place + 1]) << 64 | u128::from(words[place]);
            inner.set_item(name, value)?;
        }
    }
    state.set_item("has_uint32", words[4])?;
    state.set_item("uinteger", words[5])?;
    Ok(true)
}
