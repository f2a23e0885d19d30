//! Versions of elementary functions for any argument. Few launches meet an argument that needs them, and to
//! compile them takes longer than the kernel itself: so that is done when a block first asks.

use std::sync::OnceLock;

use compiler::ExactModule;

use super::cpu;
use crate::{Cache, CompileError, DeviceError, Function};

/// Those of one kernel, in the order of its words for them.
#[derive(Clone, Debug)]
pub(super) struct Exacts {
    cache: &'static Cache,
    all: Vec<Exact>,
}

#[derive(Clone, Debug)]
struct Exact {
    module: ExactModule,
    found: OnceLock<Function>,
}

impl Exacts {
    /// For these modules. Those that are not late are compiled now.
    pub(super) fn new(cache: &'static Cache, modules: &[ExactModule]) -> Result<Self, DeviceError> {
        let mut all = Vec::with_capacity(modules.len());
        for module in modules {
            let found = OnceLock::new();
            if !module.late {
                let code = cache.code(&module.text, &cpu().target);
                let function = code.and_then(|it| it.function("exact").map_err(CompileError::Load));
                let function = function.map_err(|why| DeviceError::Failed(why.to_string()))?;
                found.get_or_init(|| function);
            }
            all.push(Exact { module: module.clone(), found });
        }
        Ok(Self { cache, all })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The words of a frame: addresses of those that are there, zero for others.
    pub(super) fn words(&self) -> impl Iterator<Item = u64> {
        self.all.iter().map(|it| it.found.get().map_or(0, |it| it.address() as u64))
    }

    /// The address of one, for a kernel that runs; it stays there as long as this does.
    pub(super) fn find(&self, place: usize) -> Result<*const (), CompileError> {
        let exact = &self.all[place];
        if let Some(found) = exact.found.get() {
            return Ok(found.address());
        }
        // On any thread, and nobody here knows what locks it holds.
        let code = self.cache.code_within(&exact.module.text, &cpu().target)?;
        let function = code.function("exact").map_err(CompileError::Load)?;
        Ok(exact.found.get_or_init(|| function).address())
    }
}
