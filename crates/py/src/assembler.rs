//! The assembler that goes through llvmlite: `abreast.assembler` in Python.

use crate::enter::outside;
use devices::{Assembler, AssemblyError, Target};
use pyo3::exceptions::{PyImportError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::cell::Cell;

/// Calls `abreast.assembler`. May be asked on any thread that does not hold the interpreter, or
/// that does; never by one that holds a lock which another thread wants with the interpreter held.
pub(crate) struct Llvmlite {
    version: String,
}

impl Llvmlite {
    /// Asks for the version, which does not load llvmlite.
    pub(crate) fn new(py: Python<'_>) -> PyResult<Self> {
        let version = module(py)?.call_method0("version")?.extract()?;
        Ok(Self { version })
    }

    fn assemble(text: &str, target: &Target, readable: bool) -> Result<Vec<u8>, AssemblyError> {
        let bytes = Python::try_attach(|py| {
            let call = || -> PyResult<Vec<u8>> {
                let Target { triple, cpu, features } = target;
                let arguments = (text, triple, cpu, features, readable);
                let bytes = module(py)?.call_method1("assemble", arguments)?;
                Ok(bytes.cast::<PyBytes>()?.as_bytes().to_vec())
            };
            call().map_err(|error| explain(py, &error))
        });
        bytes.unwrap_or_else(|| Err(AssemblyError::Missing("Python is about to end".into())))
    }
}

fn module(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("abreast.assembler")
}

fn explain(py: Python<'_>, error: &PyErr) -> AssemblyError {
    let message = error.value(py).to_string();
    if error.is_instance_of::<PyImportError>(py) {
        return AssemblyError::Missing(message);
    }
    if !error.is_instance_of::<PyRuntimeError>(py) {
        // What a handler of signals raised while LLVM was loaded or worked, such as Ctrl-C.
        RAISED.set(Some(error.clone_ref(py)));
        return AssemblyError::Refused("interrupted".into());
    }
    AssemblyError::Refused(message)
}

thread_local! {
    /// What ended a compilation on this thread that is no refusal.
    static RAISED: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// What was raised on this thread in the middle of a compilation, if that is why there is no code.
pub(crate) fn raised() -> Option<PyErr> {
    RAISED.take()
}

impl Assembler for Llvmlite {
    fn version(&self) -> &str {
        &self.version
    }

    fn object(&self, text: &str, target: &Target) -> Result<Vec<u8>, AssemblyError> {
        Self::assemble(text, target, false)
    }

    fn without_locks(&self, work: &mut (dyn FnMut() + Send)) {
        // Small work keeps the interpreter: whoever compiles the same meanwhile would wait for it in vain.
        Python::try_attach(|py| outside(py, work));
    }

    fn assembly(&self, text: &str, target: &Target) -> Result<String, AssemblyError> {
        let bytes = Self::assemble(text, target, true)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}
