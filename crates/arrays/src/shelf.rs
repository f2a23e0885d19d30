//! The device in use and the kernels it has ready.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devices::{Executable, Interpreter};
use ir::{Invalid, Kernel};

pub use devices::Device;

use crate::program::{Elements, Program};
use crate::{Error, ErrorKind};

/// Kernels that are kept ready; when there are more, all go. They are quick to get again from disk.
const MOST: usize = 4096;

/// What a kernel is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Program(Program),
    /// Elements written into a part of others.
    Change(Option<ir::Op>, Elements, Elements),
}

struct Shelf {
    device: Option<Arc<dyn Device>>,
    ready: Option<HashMap<Key, Arc<dyn Executable>>>,
    compilations: u64,
}

static SHELF: Mutex<Shelf> = Mutex::new(Shelf { device: None, ready: None, compilations: 0 });

fn shelf() -> MutexGuard<'static, Shelf> {
    SHELF.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compute on this device from now on.
pub fn set_device(device: Arc<dyn Device>) {
    let mut shelf = shelf();
    shelf.device = Some(device);
    shelf.ready = None;
}

/// The device in use: the interpreter, if nobody chose another.
pub fn device() -> Arc<dyn Device> {
    let mut shelf = shelf();
    shelf.device.get_or_insert_with(|| Arc::new(Interpreter)).clone()
}

/// How many kernels were compiled in this process.
pub fn compilations() -> u64 {
    shelf().compilations
}

/// The executable of a key, made if it is new.
pub(crate) fn executable(
    device: &Arc<dyn Device>,
    key: &Key,
    build: impl FnOnce() -> Result<Kernel, Invalid>,
) -> Result<Arc<dyn Executable>, Error> {
    if let Some(found) = shelf().ready.get_or_insert_default().get(key) {
        return Ok(found.clone());
    }
    // Not under the lock: the assembler may need the interpreter of Python.
    let kernel = build().map_err(|invalid| {
        Error::new(ErrorKind::Internal, format!("arrays wrote an illegal kernel: {invalid}"))
    })?;
    let executable = device.compile(&kernel)?;
    let mut shelf = shelf();
    shelf.compilations += 1;
    let ready = shelf.ready.get_or_insert_default();
    if ready.len() >= MOST {
        ready.clear();
    }
    ready.insert(key.clone(), executable.clone());
    Ok(executable)
}
