//! Arrays that may become as long as there is memory: addresses are reserved, and memory is taken when
//! it is written to. What a function returns of them is copied.

use std::sync::OnceLock;

use memory::{DType, allocator, in_words};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::room::numpy;

/// `MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE`, for which `mmap` of Python has no names yet.
const FLAGS: i32 = 0x2 | 0x20 | 0x4000;

/// Calls of a function that calls itself, each with arrays of its own.
const CALLS: i128 = 10_001;

/// Most bytes that each of so many arrays may become: what arrays may have, else all memory of the machine or of
/// the group of processes that this one is in; less where the process may not have as many addresses.
pub(super) fn most(py: Python<'_>, arrays: usize) -> PyResult<i128> {
    let machine = machine(py)?;
    let allowed = allocator().room().map_or(machine, |room| machine.min(room as i128));
    let Some(left) = addresses(py)? else { return Ok(allowed) };
    // Others need some as well.
    Ok(allowed.min(left / 2 / arrays.max(1) as i128))
}

/// Memory of the machine, in bytes.
fn machine(py: Python<'_>) -> PyResult<i128> {
    static FOUND: OnceLock<i128> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(*found);
    }
    let found = py.import("abreast.machine")?.call_method0("memory")?.extract::<i128>()?;
    // Where the system does not tell.
    let found = if found == 0 { 1 << 40 } else { found };
    Ok(*FOUND.get_or_init(|| found))
}

/// Bytes of addresses that this process may still have, if there is a bound.
fn addresses(py: Python<'_>) -> PyResult<Option<i128>> {
    let resource = py.import("resource")?;
    let which = resource.getattr("RLIMIT_AS")?;
    let (soft, _): (i128, i128) = resource.call_method1("getrlimit", (which,))?.extract()?;
    if soft < 0 {
        return Ok(None);
    }
    let told = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = told.split(' ').next().and_then(|it| it.parse::<i128>().ok()).unwrap_or_default();
    let page: i128 = resource.call_method0("getpagesize")?.extract()?;
    Ok(Some((soft - pages * page).max(0)))
}

/// How long the axes may be whose lengths are not known, of arrays that have at most so many bytes.
pub(super) fn limit(most: i128, dtype: DType, lengths: &[Option<i128>]) -> i64 {
    // What each of many calls may need is not needed by all of them.
    let calls = lengths.first().copied().flatten() == Some(CALLS);
    let all = if calls { (1i128 << 43).max(most) } else { most };
    let mut left = all / dtype.size() as i128;
    for length in lengths.iter().flatten() {
        left /= (*length).max(1);
    }
    let unknown = lengths.iter().filter(|it| it.is_none()).count();
    let root = (left as f64).powf(1.0 / unknown.max(1) as f64);
    left = left.min(most / dtype.size() as i128);
    if unknown == 1 { left as i64 } else { root as i64 }
}

/// An array of such lengths whose memory is taken when it is written to.
pub(super) fn reserved<'py>(
    py: Python<'py>,
    dtype: DType,
    name: &str,
    lengths: &[i128],
) -> PyResult<Bound<'py, PyAny>> {
    let bytes = lengths.iter().product::<i128>() * dtype.size() as i128;
    let shape = PyTuple::new(py, lengths)?;
    if bytes == 0 {
        return numpy(py, "empty")?.call1((shape, name));
    }
    let held = py.import("mmap")?.getattr("mmap")?.call1((-1, bytes, FLAGS));
    let held = held.map_err(|error| {
        let words = in_words(usize::try_from(bytes).unwrap_or(usize::MAX));
        PyMemoryError::new_err(format!(
            "no addresses for an array of at most {words}: {}\n\
             hint: make the array outside and pass it, or raise the limit of addresses (ulimit -v)",
            error.value(py)
        ))
    })?;
    numpy(py, "frombuffer")?.call1((held, name))?.call_method1("reshape", (shape,))
}
