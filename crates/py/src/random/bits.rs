//! A bit generator of NumPy's, and all that is drawn from it.

use ::random::{
    BitGenerator, Choice, Distribution, Integers, ParameterError, Shared, StandardUniform, Uniform,
};
use pyo3::buffer::Element;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use super::columns::Columns;
use super::draws::{self, Refusal};
use super::refused;
use super::room::Room;
use super::sequence::SeedSequence;
use super::source::{Source, with_bits};
use super::{blocks, vectors};
use crate::enter::outside;

/// Results of fewer values are drawn without letting go of the interpreter.
const FEW: usize = 256;

/// A bit generator that threads share: one draws at a time.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Bits {
    state: Mutex<State>,
    returned: Condvar,
}

struct State {
    source: Source,
    lent: Option<ThreadId>, // this thread copied the state and will bring another one back
}

impl Bits {
    pub(super) fn new(source: Source) -> Self {
        Self { state: Mutex::new(State { source, lent: None }), returned: Condvar::new() }
    }

    /// Call `work` with the generator when nobody else has it. The interpreter is let go of if the
    /// work is long, or has to wait: who has the generator may need it.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        long: bool,
        work: impl FnOnce(&mut Source) -> R + Send,
    ) -> PyResult<R> {
        if !long
            && let Ok(mut state) = self.state.try_lock()
            && state.lent.is_none()
        {
            return Ok(work(&mut state.source));
        }
        outside(py, || self.waited().map(|mut state| work(&mut state.source)))
    }

    fn waited(&self) -> PyResult<MutexGuard<'_, State>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(thread) = state.lent {
            if thread == std::thread::current().id() {
                return Err(PyRuntimeError::new_err(
                    "a call of this generator draws from it while it is at work\n\
                     hint: give what it calls a generator of its own, as `rng.spawn(1)[0]`",
                ));
            }
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(state)
    }

    fn fill<T: Element + Send>(
        &self,
        out: &Bound<'_, PyAny>,
        work: impl FnOnce(&mut Source, &mut [T]) -> Result<(), Refusal> + Send,
    ) -> PyResult<()> {
        let mut room = Room::<T>::writable(out)?;
        let out_values = room.values_mut();
        let long = out_values.len() > FEW;
        self.with(out.py(), long, |source| work(source, out_values))?.map_err(raised)
    }
}

fn raised(refusal: Refusal) -> PyErr {
    match refusal {
        Refusal::Parameter(error) => refused(error),
        Refusal::Unknown => PyTypeError::new_err("no such distribution"),
    }
}

#[pymethods]
impl Bits {
    /// The generator of this name that belongs to a seed sequence.
    #[staticmethod]
    fn seeded(kind: &str, sequence: &SeedSequence) -> PyResult<Self> {
        Ok(Self::new(Source::seeded(kind, &sequence.inner())?))
    }

    /// The generator of this name in this state.
    #[staticmethod]
    fn restored(kind: &str, parts: &Bound<'_, PyTuple>) -> PyResult<Self> {
        Ok(Self::new(Source::restored(kind, parts)?))
    }

    fn kind(&self, py: Python<'_>) -> PyResult<&'static str> {
        self.with(py, false, |source| source.kind())
    }

    /// The parts of NumPy's state, in the order that `restored` takes them.
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.with(py, false, |source| source.clone())?.parts(py)
    }

    fn restore(&self, py: Python<'_>, parts: &Bound<'_, PyTuple>) -> PyResult<()> {
        let kind = self.with(py, false, |source| source.kind())?;
        let restored = Source::restored(kind, parts)?;
        self.with(py, false, |source| *source = restored)
    }

    /// The parts of the state, which the caller will give back; until then, everybody else waits.
    fn lend<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let source = outside(py, || {
            let mut state = self.waited()?;
            state.lent = Some(std::thread::current().id());
            Ok::<_, PyErr>(state.source.clone())
        })?;
        let parts = source.parts(py);
        if parts.is_err() {
            self.returned(None);
        }
        parts
    }

    /// What was lent comes back, in this state or, with None, as it was.
    fn give_back(&self, parts: Option<&Bound<'_, PyTuple>>) -> PyResult<()> {
        let restored = parts.map(|parts| {
            let kind = self.state.lock().unwrap_or_else(PoisonError::into_inner).source.kind();
            Source::restored(kind, parts)
        });
        match restored.transpose() {
            Ok(source) => {
                self.returned(source);
                Ok(())
            }
            Err(error) => {
                self.returned(None);
                Err(error)
            }
        }
    }

    fn advance(&self, py: Python<'_>, delta: u128, back: bool) -> PyResult<bool> {
        self.with(py, false, |source| source.advance(delta, back))
    }

    fn jumped(&self, py: Python<'_>, jumps: u128) -> PyResult<Option<Self>> {
        Ok(self.with(py, true, |source| source.jumped(jumps))?.map(Self::new))
    }

    fn double(&self, py: Python<'_>) -> PyResult<f64> {
        self.with(py, false, |source| with_bits!(source, bits => bits.next_double()))
    }

    fn raw(&self, out: &Bound<'_, PyAny>) -> PyResult<()> {
        self.fill(out, |source, out: &mut [u64]| {
            let bits = source.any();
            for word in out {
                *word = bits.next_raw();
            }
            Ok(())
        })
    }

    /// One real number of a distribution.
    fn real(&self, py: Python<'_>, name: &str, parameters: &Bound<'_, PyTuple>) -> PyResult<f64> {
        let all = Columns::new(parameters, 1)?;
        let mut out = [0.0];
        self.with(
            py,
            false,
            |source| with_bits!(source, bits => draws::doubles(name, &all, bits, &mut out)),
        )?
        .map_err(raised)?;
        Ok(out[0])
    }

    /// One count.
    fn count(&self, py: Python<'_>, name: &str, parameters: &Bound<'_, PyTuple>) -> PyResult<i64> {
        let all = Columns::new(parameters, 1)?;
        let mut out = [0];
        self.with(
            py,
            false,
            |source| with_bits!(source, bits => draws::counts(name, &all, bits, &mut out)),
        )?
        .map_err(raised)?;
        Ok(out[0])
    }

    /// Fill an array of doubles, on so many threads where the use of the stream is fixed.
    fn doubles(
        &self,
        name: &str,
        parameters: &Bound<'_, PyTuple>,
        out: &Bound<'_, PyAny>,
        threads: usize,
    ) -> PyResult<()> {
        let count = out.len()?;
        let all = Columns::new(parameters, count)?;
        self.fill(out, |source, out: &mut [f64]| match name {
            "random" if threads > 1 => {
                spread(source, 1, threads, out, &StandardUniform);
                Ok(())
            }
            "uniform" if threads > 1 && !all.vary() => {
                let uniform = Uniform::new(all.at(0).real(0), all.at(0).real(1))?;
                spread(source, 1, threads, out, &uniform);
                Ok(())
            }
            _ => with_bits!(source, bits => draws::doubles(name, &all, bits, out)),
        })
    }

    /// Fill an array of floats.
    fn floats(
        &self,
        name: &str,
        parameters: &Bound<'_, PyTuple>,
        out: &Bound<'_, PyAny>,
        threads: usize,
    ) -> PyResult<()> {
        let count = out.len()?;
        let all = Columns::new(parameters, count)?;
        self.fill(out, |source, out: &mut [f32]| {
            if name == "random" && threads > 1 {
                spread(source, 2, threads, out, &StandardUniform);
                return Ok(());
            }
            with_bits!(source, bits => draws::floats(name, &all, bits, out))
        })
    }

    /// Fill an array of long integers.
    fn counts(
        &self,
        name: &str,
        parameters: &Bound<'_, PyTuple>,
        out: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let all = Columns::new(parameters, out.len()?)?;
        self.fill(out, |source, out: &mut [i64]| {
            with_bits!(source, bits => draws::counts(name, &all, bits, out))
        })
    }

    /// One long integer from `low` to `high`, both included.
    fn integer(&self, py: Python<'_>, low: i64, high: i64) -> PyResult<i64> {
        let range = Integers::new(low..=high).map_err(refused)?;
        self.with(py, false, |source| with_bits!(source, bits => range.draw(bits)))
    }

    /// Fill an array with integers from `low` to `high`, both included.
    fn integers(
        &self,
        dtype: &str,
        low: &Bound<'_, PyAny>,
        high: &Bound<'_, PyAny>,
        out: &Bound<'_, PyAny>,
        threads: usize,
    ) -> PyResult<()> {
        macro_rules! of {
            ($type:ty) => {{
                let (low, high): ($type, $type) = (low.extract()?, high.extract()?);
                let range = Integers::new(low..=high).map_err(refused)?;
                let full = low == <$type>::MIN && high == <$type>::MAX;
                self.fill(out, |source, out: &mut [$type]| {
                    if full && threads > 1 {
                        let unit = 8 / size_of::<$type>();
                        spread(source, unit, threads, out, &range);
                    } else {
                        with_bits!(source, bits => range.fill(bits, out));
                    }
                    Ok(())
                })
            }};
        }
        match dtype {
            "int64" => of!(i64),
            "int32" => of!(i32),
            "int16" => of!(i16),
            "int8" => of!(i8),
            "uint64" => of!(u64),
            "uint32" => of!(u32),
            "uint16" => of!(u16),
            "uint8" => of!(u8),
            "bool" => {
                let (low, high): (u8, u8) = (low.extract()?, high.extract()?);
                let range = Integers::new(low == 1..=high == 1).map_err(refused)?;
                self.fill(out, |source, out: &mut [u8]| {
                    let mut bools = vec![false; out.len()];
                    with_bits!(source, bits => range.fill(bits, &mut bools));
                    for (out, value) in out.iter_mut().zip(bools) {
                        *out = value.into();
                    }
                    Ok(())
                })
            }
            _ => Err(PyTypeError::new_err(format!("no integers of type {dtype}"))),
        }
    }

    /// Fill an array of long integers, each between bounds of its own, both included.
    fn integers_between(
        &self,
        low: &Bound<'_, PyAny>,
        high: &Bound<'_, PyAny>,
        out: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let (low, high) = (Room::<i64>::readable(low)?, Room::<i64>::readable(high)?);
        let (low, high) = (low.values(), high.values());
        self.fill(out, |source, out: &mut [i64]| {
            let ranges = low.iter().zip(high).map(|(&low, &high)| Integers::new(low..=high));
            let ranges: Vec<_> = ranges.collect::<Result<_, ParameterError>>()?;
            if ranges.len() != out.len() {
                return Err(Refusal::Unknown);
            }
            let mut shared = Shared::default();
            with_bits!(source, bits => {
                for (out, range) in out.iter_mut().zip(ranges) {
                    *out = range.draw_sharing(bits, &mut shared);
                }
            });
            Ok(())
        })
    }

    fn bytes<'py>(
        &self,
        py: Python<'py>,
        length: usize,
        threads: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        PyBytes::new_with(py, length, |out| {
            self.with(py, length > 8 * FEW, |source| spread(source, 8, threads, out, &Bytes))
        })
    }

    /// Fill an array of long integers with indices below `population`.
    fn choose(
        &self,
        population: usize,
        weights: Option<&Bound<'_, PyAny>>,
        replace: bool,
        shuffle: bool,
        out: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let weights = weights.map(Room::<f64>::readable).transpose()?;
        let mut choice = match &weights {
            Some(weights) => Choice::weighted(weights.values()).map_err(refused)?,
            None => Choice::new(population),
        };
        if !replace {
            choice = if shuffle { choice.without_replacement() } else { choice.unordered() };
        }
        self.fill(out, |source, out: &mut [i64]| {
            let indices = with_bits!(source, bits => choice.draw(bits, out.len()))?;
            out.copy_from_slice(&indices);
            Ok(())
        })
    }

    /// Shuffle rows of `row` items of `size` bytes each, the items of each row among themselves.
    fn shuffle(&self, out: &Bound<'_, PyAny>, size: usize, row: usize) -> PyResult<()> {
        if size == 0 || row == 0 {
            return Err(PyValueError::new_err("rows of nothing"));
        }
        self.fill(out, |source, out: &mut [u8]| {
            with_bits!(source, bits => vectors::shuffle(bits, out, size, row));
            Ok(())
        })
    }

    /// Fill rows of an array: `multinomial` (n and probabilities) or `dirichlet` (alpha) or
    /// `multivariate_hypergeometric` (colors, nsample, and whether the urn is counted out).
    fn multinomial(&self, n: i64, p: &Bound<'_, PyAny>, out: &Bound<'_, PyAny>) -> PyResult<()> {
        let p = Room::<f64>::readable(p)?;
        let kind = ::random::Multinomial::new(n, p.values()).map_err(refused)?;
        self.fill(out, |source, out: &mut [i64]| {
            with_bits!(source, bits => kind.fill(bits, out));
            Ok(())
        })
    }

    fn dirichlet(&self, alpha: &Bound<'_, PyAny>, out: &Bound<'_, PyAny>) -> PyResult<()> {
        let alpha = Room::<f64>::readable(alpha)?;
        let kind = ::random::Dirichlet::new(alpha.values()).map_err(refused)?;
        self.fill(out, |source, out: &mut [f64]| {
            with_bits!(source, bits => kind.fill(bits, out));
            Ok(())
        })
    }

    fn urn(
        &self,
        colors: &Bound<'_, PyAny>,
        nsample: i64,
        count: bool,
        out: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let colors = Room::<i64>::readable(colors)?;
        let method = if count { ::random::Draw::Count } else { ::random::Draw::Marginals };
        let kind = ::random::MultivariateHypergeometric::new(colors.values(), nsample, method)
            .map_err(refused)?;
        self.fill(out, |source, out: &mut [i64]| {
            with_bits!(source, bits => kind.fill(bits, out));
            Ok(())
        })
    }
}

impl Bits {
    fn returned(&self, source: Option<Source>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = source {
            state.source = source;
        }
        state.lent = None;
        drop(state);
        self.returned.notify_all();
    }
}

/// Draw on several threads what uses a word of 64 bits for each `unit` values: each block begins
/// with the generator that far ahead. The bits are those of one thread.
fn spread<T: Send>(
    source: &mut Source,
    unit: usize,
    threads: usize,
    out: &mut [T],
    kind: &(impl Distribution<T> + Sync),
) {
    match source {
        Source::Pcg64(bits) => spread_on(bits, unit, threads, out, kind),
        Source::Pcg64Dxsm(bits) => spread_on(bits, unit, threads, out, kind),
        Source::Philox(bits) => spread_on(bits, unit, threads, out, kind),
        Source::Mt19937(bits) => {
            kind.fill(bits.as_mut(), out);
        }
        Source::Sfc64(bits) => {
            kind.fill(bits, out);
        }
    }
}

fn spread_on<T: Send, B: BitGenerator + Clone + Send + Sync>(
    bits: &mut B,
    unit: usize,
    threads: usize,
    out: &mut [T],
    kind: &(impl Distribution<T> + Sync),
) {
    // A kept half of a word is used up first, unless whole words are drawn, which leave it.
    let head = if unit > 1 && bits.keeps_half() { (unit / 2).min(out.len()) } else { 0 };
    let (head, body) = out.split_at_mut(head);
    kind.fill(bits, head);
    let (start, count) = (bits.clone(), body.len());
    let end = Mutex::new(None);
    blocks::fill(body, unit, threads, |from, block| {
        // The generators of `spread` all leap.
        let Some(mut bits) = start.ahead((from / unit) as u64) else { return };
        kind.fill(&mut bits, block);
        if from + block.len() == count {
            *end.lock().unwrap_or_else(PoisonError::into_inner) = Some(bits);
        }
    });
    if let Some(end) = end.into_inner().unwrap_or_else(PoisonError::into_inner) {
        *bits = end;
    }
}

/// Bytes of 32-bit words: `Generator.bytes`.
struct Bytes;

impl Distribution<u8> for Bytes {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> u8 {
        let mut byte = [0];
        bits.fill_bytes(&mut byte);
        byte[0]
    }

    fn fill<B: BitGenerator + ?Sized>(&self, bits: &mut B, out: &mut [u8]) {
        bits.fill_bytes(out);
    }
}
