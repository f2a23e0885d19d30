//! What this process keeps: the device in use, kernels that it has ready, recipes, and whose turn it is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use devices::{Executable, Interpreter, PerProcess};
use ir::{Invalid, Kernel};

pub use devices::Device;

use crate::program::{Elements, Program};
use crate::recipe::Recipe;
use crate::signature::{ByWords, Signature};
use crate::turn::Turn;
use crate::{Error, ErrorKind};

/// Kernels that are kept ready; when there are more, all go. They are quick to get again from disk.
const MOST: usize = 4096;
/// Words of all recipes' signatures; when there are more, all recipes go. They are made again in
/// microseconds, and a loop has few.
const MOST_WORDS: usize = 1 << 18;

/// What a kernel is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Program(Program),
    /// Elements written into a part of others.
    Change(Option<ir::Op>, Elements, Elements),
}

/// All of it; a process that was forked off has one of its own.
struct Shelf {
    kept: Mutex<Kept>,
    turn: Turn,
}

struct Kept {
    device: Option<Arc<dyn Device>>,
    ready: Option<HashMap<Key, Arc<dyn Executable>>>,
    recipes: HashMap<Signature, Arc<Recipe>, ByWords>,
    words: usize,
    /// Kernels of one operation, which calls have without a recipe.
    direct: HashMap<u64, Arc<dyn Executable>, ByWords>,
    compilations: u64,
}

static SHELF: PerProcess<Shelf> = PerProcess::new(Shelf::new(), Shelf::new);

impl Shelf {
    const fn new() -> Self {
        let recipes = HashMap::with_hasher(ByWords::new());
        let direct = HashMap::with_hasher(ByWords::new());
        let kept = Kept { device: None, ready: None, recipes, words: 0, direct, compilations: 0 };
        Self { kept: Mutex::new(kept), turn: Turn::new() }
    }
}

fn kept() -> MutexGuard<'static, Kept> {
    SHELF.get().kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whose turn it is to evaluate.
pub(crate) fn turn() -> &'static Turn {
    &SHELF.get().turn
}

/// To be called in a process that was just forked off, before anything else here. Kernels and
/// the device stay, unless another thread was about to change them.
pub fn forked() {
    let before = SHELF.get();
    devices::forked();
    let mut now = kept();
    if let Ok(mut old) = before.kept.try_lock() {
        now.device = old.device.take();
        now.ready = old.ready.take();
        now.compilations = old.compilations;
    }
}

/// Compute on this device from now on.
pub fn set_device(device: Arc<dyn Device>) {
    let mut kept = kept();
    kept.device = Some(device);
    kept.ready = None;
    kept.recipes.clear();
    kept.words = 0;
    kept.direct.clear();
}

/// The device in use: the interpreter, if nobody chose another.
pub fn device() -> Arc<dyn Device> {
    kept().device.get_or_insert_with(|| Arc::new(Interpreter)).clone()
}

/// How many kernels were compiled in this process.
pub fn compilations() -> u64 {
    kept().compilations
}

/// How many recipes are kept.
pub fn recipes() -> usize {
    kept().recipes.len()
}

/// The recipe of graphs with this signature, if there is one.
pub(crate) fn known(signature: &[u64]) -> Option<Arc<Recipe>> {
    kept().recipes.get(signature).cloned()
}

/// The kernel of one operation, by a key that says which, if it is ready.
pub(crate) fn direct(key: u64, program: impl FnOnce() -> Program) -> Option<Arc<dyn Executable>> {
    let mut kept = kept();
    if let Some(found) = kept.direct.get(&key) {
        return Some(found.clone());
    }
    let executable = kept.ready.as_ref()?.get(&Key::Program(program()))?.clone();
    kept.direct.insert(key, executable.clone());
    Some(executable)
}

/// The recipe of graphs with this signature, made if it is new.
pub(crate) fn recipe(
    signature: &[u64],
    make: impl FnOnce() -> Result<Recipe, Error>,
) -> Result<Arc<Recipe>, Error> {
    if let Some(found) = kept().recipes.get(signature) {
        return Ok(found.clone());
    }
    let device = device();
    let recipe = Arc::new(make()?);
    let mut kept = kept();
    let same = kept.device.as_ref().is_some_and(|it| Arc::ptr_eq(it, &device));
    if same {
        if kept.words + signature.len() > MOST_WORDS {
            kept.recipes.clear();
            kept.words = 0;
        }
        kept.words += signature.len();
        kept.recipes.insert(signature.into(), recipe.clone());
    }
    Ok(recipe)
}

/// The executable of a key, made if it is new.
pub(crate) fn executable(
    device: &Arc<dyn Device>,
    key: &Key,
    build: impl FnOnce() -> Result<Kernel, Invalid>,
) -> Result<Arc<dyn Executable>, Error> {
    if let Some(found) = kept().ready.get_or_insert_default().get(key) {
        return Ok(found.clone());
    }
    // Not under the lock: the assembler may need the interpreter of Python.
    let kernel = build().map_err(|invalid| {
        Error::new(ErrorKind::Internal, format!("arrays wrote an illegal kernel: {invalid}"))
    })?;
    let executable = device.compile(&kernel)?;
    let mut kept = kept();
    kept.compilations += 1;
    let ready = kept.ready.get_or_insert_default();
    if ready.len() >= MOST {
        ready.clear();
    }
    ready.insert(key.clone(), executable.clone());
    Ok(executable)
}
