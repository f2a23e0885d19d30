//! `abreast.random.MRG32k3a`: R's streams.

use ::random::Mrg32k3a;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::sync::{Mutex, PoisonError};

use super::room::Room;
use crate::enter::outside;

/// A stream of R's, that threads share.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Recursive(Mutex<Mrg32k3a>);

impl Recursive {
    fn with<R>(&self, work: impl FnOnce(&mut Mrg32k3a) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[pymethods]
impl Recursive {
    #[staticmethod]
    fn seeded(seed: i32) -> Self {
        Self(Mutex::new(Mrg32k3a::seeded(seed)))
    }

    #[staticmethod]
    fn restored(state: [u32; 6]) -> PyResult<Self> {
        let stream = Mrg32k3a::from_state(&state);
        Ok(Self(Mutex::new(stream.map_err(|error| PyValueError::new_err(error.to_string()))?)))
    }

    fn state(&self) -> [u32; 6] {
        self.with(|stream| stream.state())
    }

    /// The start of the next stream or, with `sub`, substream.
    fn next(&self, sub: bool) -> Self {
        let next =
            self.with(|stream| if sub { stream.next_substream() } else { stream.next_stream() });
        Self(Mutex::new(next))
    }

    fn fill(&self, out: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut room = Room::<f64>::writable(out)?;
        let values = room.values_mut();
        outside(out.py(), || {
            self.with(|stream| values.iter_mut().for_each(|value| *value = stream.next_double()));
        });
        Ok(())
    }
}
