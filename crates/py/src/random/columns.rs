//! Parameters of a call: each one number for all, or one for each value.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyTuple};

use super::room::Room;

/// One parameter.
pub(super) enum Column {
    Real(f64),
    Whole(i64),
    Reals(Room<f64>),
    Wholes(Room<i64>),
}

impl Column {
    fn new(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if object.is_instance_of::<PyFloat>() {
            return Ok(Self::Real(object.extract()?));
        }
        if object.is_instance_of::<PyInt>() {
            return Ok(Self::Whole(object.extract()?)); // NumPy is asked about larger ones
        }
        match Room::readable(object) {
            Ok(reals) => Ok(Self::Reals(reals)),
            Err(_) => Ok(Self::Wholes(Room::readable(object)?)),
        }
    }

    pub(super) fn real(&self, at: usize) -> f64 {
        match self {
            Self::Real(value) => *value,
            Self::Whole(value) => *value as f64,
            Self::Reals(values) => values.values()[at],
            Self::Wholes(values) => values.values()[at] as f64,
        }
    }

    pub(super) fn whole(&self, at: usize) -> i64 {
        match self {
            Self::Real(value) => *value as i64,
            Self::Whole(value) => *value,
            Self::Reals(values) => values.values()[at] as i64,
            Self::Wholes(values) => values.values()[at],
        }
    }

    fn len(&self) -> Option<usize> {
        match self {
            Self::Real(_) | Self::Whole(_) => None,
            Self::Reals(values) => Some(values.values().len()),
            Self::Wholes(values) => Some(values.values().len()),
        }
    }
}

/// All parameters of a call.
pub(super) struct Columns {
    columns: Vec<Column>,
    vary: bool,
}

impl Columns {
    /// Numbers and arrays of doubles or long integers, for `count` values.
    pub(super) fn new(objects: &Bound<'_, PyTuple>, count: usize) -> PyResult<Self> {
        let columns =
            objects.iter().map(|object| Column::new(&object)).collect::<PyResult<Vec<_>>>()?;
        let mut vary = false;
        for len in columns.iter().filter_map(Column::len) {
            vary = true;
            if len != count {
                let message = format!("{len} parameters were given for {count} values");
                return Err(PyValueError::new_err(message));
            }
        }
        Ok(Self { columns, vary })
    }

    pub(super) fn count(&self) -> usize {
        self.columns.len()
    }

    /// Whether there is a parameter that differs from value to value.
    pub(super) fn vary(&self) -> bool {
        self.vary
    }

    /// The parameters of the value at this place.
    pub(super) fn at(&self, at: usize) -> Row<'_> {
        Row { columns: &self.columns, at }
    }
}

/// The parameters of one value.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    columns: &'a [Column],
    at: usize,
}

impl Row<'_> {
    pub(super) fn real(&self, parameter: usize) -> f64 {
        self.columns[parameter].real(self.at)
    }

    pub(super) fn whole(&self, parameter: usize) -> i64 {
        self.columns[parameter].whole(self.at)
    }
}
