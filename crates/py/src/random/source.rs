//! One of NumPy's bit generators, whichever it is.

use ::random::{
    BitGenerator, HalfWord, Mt19937, Mt19937State, Pcg64, Pcg64Dxsm, Pcg64State, Philox4x64,
    Philox4x64State, Sfc64, Sfc64State,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

#[derive(Clone)]
pub(super) enum Source {
    Pcg64(Pcg64),
    Pcg64Dxsm(Pcg64Dxsm),
    Mt19937(Box<Mt19937>),
    Philox(Philox4x64),
    Sfc64(Sfc64),
}

type PcgParts = (u128, u128, bool, u32);
type PhiloxParts = ([u64; 4], [u64; 2], [u64; 4], usize, bool, u32);
type SfcParts = ([u64; 4], bool, u32);

fn pcg_parts(state: Pcg64State) -> PcgParts {
    (state.state, state.inc, state.half.has_uint32, state.half.uinteger)
}

fn pcg_state(parts: &Bound<'_, PyTuple>) -> PyResult<Pcg64State> {
    let (state, inc, has_uint32, uinteger): PcgParts = parts.extract()?;
    Ok(Pcg64State { state, inc, half: HalfWord { has_uint32, uinteger } })
}

fn unfit(error: impl ToString) -> PyErr {
    PyValueError::new_err(error.to_string())
}

impl Source {
    /// The generator of this name in this state; the parts are NumPy's, in the order of `parts`.
    pub(super) fn restored(kind: &str, parts: &Bound<'_, PyTuple>) -> PyResult<Self> {
        Ok(match kind {
            "PCG64" => Self::Pcg64(Pcg64::from_state(&pcg_state(parts)?).map_err(unfit)?),
            "PCG64DXSM" => {
                Self::Pcg64Dxsm(Pcg64Dxsm::from_state(&pcg_state(parts)?).map_err(unfit)?)
            }
            "MT19937" => {
                let (key, pos): (Vec<u32>, usize) = parts.extract()?;
                let key = key.try_into().map_err(|_| unfit("key must have 624 words"))?;
                let state = Mt19937State { key, pos };
                Self::Mt19937(Box::new(Mt19937::from_state(&state).map_err(unfit)?))
            }
            "Philox" => {
                let (counter, key, buffer, buffer_pos, has_uint32, uinteger): PhiloxParts =
                    parts.extract()?;
                let half = HalfWord { has_uint32, uinteger };
                let state = Philox4x64State { counter, key, buffer, buffer_pos, half };
                Self::Philox(Philox4x64::from_state(&state).map_err(unfit)?)
            }
            "SFC64" => {
                let (state, has_uint32, uinteger): SfcParts = parts.extract()?;
                let half = HalfWord { has_uint32, uinteger };
                Self::Sfc64(Sfc64::from_state(&Sfc64State { state, half }).map_err(unfit)?)
            }
            _ => return Err(unfit(format!("{kind} is no bit generator of NumPy"))),
        })
    }

    /// The generator of this name that belongs to a seed sequence.
    pub(super) fn seeded(kind: &str, sequence: &::random::SeedSequence) -> PyResult<Self> {
        Ok(match kind {
            "PCG64" => Self::Pcg64(sequence.into()),
            "PCG64DXSM" => Self::Pcg64Dxsm(sequence.into()),
            "MT19937" => Self::Mt19937(Box::new(sequence.into())),
            "Philox" => Self::Philox(sequence.into()),
            "SFC64" => Self::Sfc64(sequence.into()),
            _ => return Err(unfit(format!("{kind} is no bit generator of NumPy"))),
        })
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Pcg64(_) => "PCG64",
            Self::Pcg64Dxsm(_) => "PCG64DXSM",
            Self::Mt19937(_) => "MT19937",
            Self::Philox(_) => "Philox",
            Self::Sfc64(_) => "SFC64",
        }
    }

    pub(super) fn parts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let parts = match self {
            Self::Pcg64(bits) => pcg_parts(bits.state()).into_pyobject(py)?,
            Self::Pcg64Dxsm(bits) => pcg_parts(bits.state()).into_pyobject(py)?,
            Self::Mt19937(bits) => {
                let state = bits.state();
                (state.key.to_vec(), state.pos).into_pyobject(py)?
            }
            Self::Philox(bits) => {
                let Philox4x64State { counter, key, buffer, buffer_pos, half } = bits.state();
                let HalfWord { has_uint32, uinteger } = half;
                (counter, key, buffer, buffer_pos, has_uint32, uinteger).into_pyobject(py)?
            }
            Self::Sfc64(bits) => {
                let Sfc64State { state, half } = bits.state();
                (state, half.has_uint32, half.uinteger).into_pyobject(py)?
            }
        };
        Ok(parts.into_any())
    }

    /// Move on by `delta` of NumPy's steps; false if this one cannot.
    pub(super) fn advance(&mut self, delta: u128, back: bool) -> bool {
        let wrapped = if back { delta.wrapping_neg() } else { delta };
        match self {
            Self::Pcg64(bits) => bits.advance(wrapped),
            Self::Pcg64Dxsm(bits) => bits.advance(wrapped),
            Self::Philox(bits) if back => bits.rewind(delta),
            Self::Philox(bits) => bits.advance(delta),
            Self::Mt19937(_) | Self::Sfc64(_) => return false,
        }
        true
    }

    pub(super) fn jumped(&self, jumps: u128) -> Option<Self> {
        Some(match self {
            Self::Pcg64(bits) => Self::Pcg64(bits.jumped(jumps)),
            Self::Pcg64Dxsm(bits) => Self::Pcg64Dxsm(bits.jumped(jumps)),
            Self::Mt19937(bits) => Self::Mt19937(Box::new(bits.jumped(jumps as usize))),
            Self::Philox(bits) => Self::Philox(bits.jumped(jumps)),
            Self::Sfc64(_) => return None,
        })
    }

    /// Any of them, behind a table of functions as in NumPy.
    pub(super) fn any(&mut self) -> &mut dyn BitGenerator {
        match self {
            Self::Pcg64(bits) => bits,
            Self::Pcg64Dxsm(bits) => bits,
            Self::Mt19937(bits) => bits.as_mut(),
            Self::Philox(bits) => bits,
            Self::Sfc64(bits) => bits,
        }
    }
}

/// Call `$work` with the bit generator in `$source`: NumPy's default one by its own type, so that
/// it is inlined, the others behind a table of functions.
macro_rules! with_bits {
    ($source:expr, $bits:ident => $work:expr) => {
        match $source {
            $crate::random::source::Source::Pcg64(kept) => {
                // In a place of its own, so that its words stay in registers while `$work` writes.
                let mut own = kept.clone();
                let $bits = &mut own;
                let done = $work;
                *kept = own;
                done
            }
            other => {
                let $bits = other.any();
                $work
            }
        }
    };
}
pub(super) use with_bits;
