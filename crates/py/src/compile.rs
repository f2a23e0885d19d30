//! The process's cache of compiled code, and kernels that Python holds.

use crate::array::array_forked;
use crate::assembler::{Llvmlite, raised};
use crate::enter::outside;
use devices::cpu::{Launch, Outcome, cpu};
use devices::{Cache, Code, CompileError, Kernel as Compiled};
use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use std::path::PathBuf;
use std::sync::Arc;
use tasks::pool;

/// Most bytes that compiled code takes on disk.
const DISK: u64 = 256 << 20;

/// Have processes that are forked off leave the locks of what compiles, which may be held by threads
/// that do not come along.
pub(crate) fn heed_forks(py: Python<'_>) -> PyResult<()> {
    static HEEDED: PyOnceLock<()> = PyOnceLock::new();
    HEEDED.get_or_try_init(py, || {
        let child = PyDict::new(py);
        child.set_item("after_in_child", wrap_pyfunction!(array_forked, py)?)?;
        py.import("os")?.call_method("register_at_fork", (), Some(&child))?;
        // Loaded now: in the child another thread may have been at importing it.
        py.import("abreast.assembler").map(drop)
    })?;
    Ok(())
}

/// The code of this process; made by the first that asks.
pub(crate) fn cache(py: Python<'_>) -> PyResult<&'static Cache> {
    static CACHE: PyOnceLock<Cache> = PyOnceLock::new();
    CACHE.get_or_try_init(py, || {
        heed_forks(py)?;
        let folder: Option<PathBuf> =
            py.import("abreast.assembler")?.call_method0("folder")?.extract()?;
        Ok(Cache::new(Arc::new(Llvmlite::new(py)?), folder, DISK))
    })
}

/// The code of a module in LLVM's text form, for this machine.
pub(crate) fn code(py: Python<'_>, text: &str) -> PyResult<Arc<Code>> {
    let cache = cache(py)?;
    // Whoever waits for a compilation must not keep the interpreter from whoever compiles.
    outside(py, || cache.code(text, &cpu().target)).map_err(|error| refused(py, &error))
}

/// `abreast.errors.CompileError`; or the interrupt that ended the compilation.
fn refused(py: Python<'_>, error: &CompileError) -> PyErr {
    if let Some(raised) = raised() {
        return raised;
    }
    if let Err(interrupt) = py.check_signals() {
        return interrupt;
    }
    let class = py.import("abreast.errors").and_then(|module| module.getattr("CompileError"));
    match class.and_then(|class| class.call1((error.to_string(),))) {
        Ok(value) => PyErr::from_value(value),
        Err(error) => error,
    }
}

/// Run a launch without the interpreter, with an ear for Ctrl-C; the code of a check that failed,
/// or zero.
pub(crate) fn run(
    py: Python<'_>,
    launch: Launch<'_>,
    blocks: i64,
    threads: usize,
) -> PyResult<i64> {
    let threads = if threads == 0 { pool::threads() } else { threads };
    let mut raised = None;
    let mut listens = true;
    let outcome = outside(py, || {
        let mut interrupted = || {
            // Signals come to the main thread alone; others need not ask for the interpreter again.
            if listens {
                let heard = Python::try_attach(|py| {
                    listens = is_main(py)?;
                    py.check_signals()
                });
                raised = heard.and_then(Result::err);
            }
            raised.is_some()
        };
        launch.run(blocks, threads, false, &mut interrupted)
    });
    match outcome {
        Outcome::Done => Ok(0),
        Outcome::Failed(code) => Ok(code),
        Outcome::Stopped => Err(raised.unwrap_or_else(|| PyKeyboardInterrupt::new_err(()))),
    }
}

/// Whether this is the thread that hears of signals; what a signal raises meanwhile comes out here.
fn is_main(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import("threading")?;
    let main = threading.call_method0("main_thread")?.getattr("ident")?;
    threading.call_method0("get_ident")?.eq(main)
}

/// A kernel from text, for tests and to try things out: what its frame holds is believed.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Kernel {
    kernel: Compiled,
}

#[pymethods]
impl Kernel {
    /// Compile the module `text`, or find it compiled, and take the kernel `name`.
    #[new]
    #[pyo3(signature = (text, name = "kernel"))]
    fn new(py: Python<'_>, text: &str, name: &str) -> PyResult<Self> {
        let found = code(py, text)?.kernel(name);
        Ok(Self { kernel: found.map_err(|error| refused(py, &CompileError::Load(error)))? })
    }

    /// Run the blocks from 0 to `blocks`; the answer of the first that fails, or 0.
    ///
    /// A frame that does not fit the kernel ends the process, at best.
    #[pyo3(signature = (frame, blocks, threads = 0))]
    fn launch(
        &self,
        py: Python<'_>,
        frame: Vec<u64>,
        blocks: i64,
        threads: usize,
    ) -> PyResult<i64> {
        if blocks < 0 {
            return Err(PyValueError::new_err(format!(
                "blocks must not be negative, not {blocks}"
            )));
        }
        // SAFETY: not ours to check: whoever writes the text of a kernel says what its frame is.
        // Nothing public reaches this.
        run(py, unsafe { Launch::new(&self.kernel, &frame) }, blocks, threads)
    }
}

/// What LLVM makes of the module `text` on this machine, as assembly.
#[pyfunction]
pub(crate) fn assembly(py: Python<'_>, text: &str) -> PyResult<String> {
    let cache = cache(py)?;
    let found = outside(py, || cache.assembler().assembly(text, &cpu().target));
    found.map_err(|error| refused(py, &CompileError::Assembly(error)))
}

/// Name, features and vector's bytes of this cpu, in LLVM's words.
#[pyfunction]
pub(crate) fn target() -> (&'static str, &'static str, &'static str, usize) {
    let cpu = cpu();
    (&cpu.target.triple, &cpu.target.cpu, &cpu.target.features, cpu.vector)
}

/// How often code came from memory, from disk, was compiled, and of these: was damaged on disk,
/// could not be kept there.
#[pyfunction]
pub(crate) fn compiled(py: Python<'_>) -> PyResult<(u64, u64, u64, u64, u64)> {
    let it = cache(py)?.counts();
    Ok((it.memory, it.disk, it.compiled, it.damaged, it.unwritten))
}

/// Threads that kernels use where nobody says otherwise; threads that the pool has now.
#[pyfunction]
pub(crate) fn pool_threads() -> (usize, usize) {
    (pool::threads(), pool::running())
}

/// Have kernels use so many threads from now on; zero: one a core.
#[pyfunction]
pub(crate) fn set_pool_threads(threads: usize) {
    pool::set_threads(threads);
}

/// End the threads of the pool; the next kernel that needs them starts them again.
#[pyfunction]
pub(crate) fn end_pool(py: Python<'_>) {
    outside(py, pool::shutdown);
}
