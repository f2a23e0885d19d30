//! Random numbers: `crates/random` for `abreast.random`.

mod bits;
mod blocks;
mod columns;
mod draws;
mod mrg32k3a;
mod positional;
mod room;
mod sequence;
mod source;
mod vectors;

use ::random::ParameterError;
use pyo3::exceptions::{PyOverflowError, PyValueError};
use pyo3::prelude::*;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<bits::Bits>()?;
    module.add_class::<sequence::SeedSequence>()?;
    module.add_class::<mrg32k3a::Recursive>()?;
    module.add_class::<positional::Positions>()
}

/// The exception that NumPy raises.
fn refused(error: ParameterError) -> PyErr {
    if error.is_overflow() {
        PyOverflowError::new_err(error.to_string())
    } else {
        PyValueError::new_err(error.to_string())
    }
}
