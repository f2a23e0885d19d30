//! Results as Python has them, made of the numbers that a kernel stores.

use memory::{DType, Kind, Scalar};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyTuple};
use source::ResultType;

use super::argument::scalar_class;
use super::record::made;
use super::room::shown;

/// Types of the numbers that a result is made of.
pub(super) fn leaves(result: &ResultType, into: &mut Vec<DType>) {
    match result {
        ResultType::Number { dtype, .. } if dtype.is_complex() => into.extend([dtype.part(); 2]),
        ResultType::Number { dtype, .. } => into.push(*dtype),
        ResultType::Tuple(items) => items.iter().for_each(|it| leaves(it, into)),
        ResultType::View { axes, .. } => {
            let words = axes.iter().map(|it| if it.is_some() { 3 } else { 1 }).sum();
            into.extend(vec![DType::I64; words]);
        }
        ResultType::Choice(ways) => {
            into.push(DType::I64);
            for it in ways {
                leaves(it, into);
            }
        }
        ResultType::None | ResultType::Array(_) => {}
    }
}

/// A result as Python has it.
pub(super) fn value<'py>(
    py: Python<'py>,
    result: &ResultType,
    from: &mut impl Iterator<Item = Scalar>,
    array: &impl Fn(usize) -> Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let missing = || PyRuntimeError::new_err("a result is missing");
    let mut next = || from.next().ok_or_else(missing);
    Ok(match result {
        ResultType::None => py.None().into_bound(py),
        ResultType::Array(place) => array(*place).ok_or_else(missing)?,
        ResultType::View { array: place, axes, rank, own } => {
            let base = array(*place).ok_or_else(missing)?;
            let mut words = Vec::new();
            for axis in axes {
                for _ in 0..if axis.is_some() { 3 } else { 1 } {
                    words.push(i64::try_from(next()?.to_i128()).unwrap_or(0));
                }
            }
            shown(&base, axes, (*rank, *own), &words)?
        }
        ResultType::Choice(ways) => {
            let which = next()?.to_i128();
            let mut found = None;
            for (state, way) in ways.iter().enumerate() {
                if state as i128 == which {
                    found = Some(value(py, way, from, array)?);
                    continue;
                }
                let mut others = Vec::new();
                leaves(way, &mut others);
                from.by_ref().take(others.len()).for_each(drop);
            }
            found.ok_or_else(missing)?
        }
        ResultType::Tuple(items) => {
            let class = items.class().cloned();
            let items: PyResult<Vec<_>> =
                items.iter().map(|it| value(py, it, from, array)).collect();
            let found = PyTuple::new(py, items?)?;
            match class {
                Some(class) => made(&class, found)?,
                None => found.into_any(),
            }
        }
        ResultType::Number { dtype, weak } => {
            let scalar = next()?;
            let plain = match dtype.kind() {
                Kind::Bool => scalar.is_true().into_pyobject(py)?.to_owned().into_any(),
                Kind::Signed | Kind::Unsigned => match i64::try_from(scalar.to_i128()) {
                    Ok(short) => short.into_pyobject(py)?.into_any(),
                    Err(_) => scalar.to_i128().into_pyobject(py)?.into_any(),
                },
                Kind::Float => scalar.to_f64().into_pyobject(py)?.into_any(),
                Kind::Complex => {
                    PyComplex::from_doubles(py, scalar.to_f64(), next()?.to_f64()).into_any()
                }
            };
            if *weak { plain } else { scalar_class(py, *dtype)?.call1((plain,))? }
        }
    })
}
