//! Arrays that may become as long as there is memory: addresses are reserved, and memory is taken when
//! it is written to. What a function returns of them is copied.

use std::sync::OnceLock;

use memory::DType;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::room::numpy;

/// `MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE`, for which `mmap` of Python has no names yet.
const FLAGS: i32 = 0x2 | 0x20 | 0x4000;

/// Calls of a function that calls itself, each with arrays of its own.
const CALLS: i128 = 10_001;

/// Memory of the machine, in bytes.
fn machine(py: Python<'_>) -> PyResult<i128> {
    static FOUND: OnceLock<i128> = OnceLock::new();
    if let Some(found) = FOUND.get() {
        return Ok(*found);
    }
    let os = py.import("os")?;
    let ask = |name: &str| os.call_method1("sysconf", (name,))?.extract::<i128>();
    let found = ask("SC_PHYS_PAGES")? * ask("SC_PAGE_SIZE")?;
    Ok(*FOUND.get_or_init(|| found))
}

/// How long the axes may be whose lengths are not known.
pub(super) fn limit(py: Python<'_>, dtype: DType, lengths: &[Option<i128>]) -> PyResult<i64> {
    // What each of many calls may need is not needed by all of them.
    let calls = lengths.first().copied().flatten() == Some(CALLS);
    let most = machine(py)?;
    let all = if calls { (1i128 << 43).max(most) } else { most };
    let mut left = all / dtype.size() as i128;
    for length in lengths.iter().flatten() {
        left /= (*length).max(1);
    }
    let unknown = lengths.iter().filter(|it| it.is_none()).count();
    let root = (left as f64).powf(1.0 / unknown.max(1) as f64);
    left = left.min(most / dtype.size() as i128);
    Ok(if unknown == 1 { left as i64 } else { root as i64 })
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
    let held = py.import("mmap")?.getattr("mmap")?.call1((-1, bytes, FLAGS))?;
    numpy(py, "frombuffer")?.call1((held, name))?.call_method1("reshape", (shape,))
}
