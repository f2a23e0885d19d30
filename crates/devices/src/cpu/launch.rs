//! A kernel over all its blocks, on the pool.

use crate::Kernel;
use std::sync::Arc;
use tasks::pool::{self, Outcome, Work};

/// A kernel with its frame, ready to run.
#[derive(Debug, Clone, Copy)]
pub struct Launch<'a> {
    kernel: &'a Kernel,
    frame: &'a [u64],
}

impl<'a> Launch<'a> {
    /// The kernel and its parameters.
    ///
    /// # Safety
    /// As [`Kernel::call`], until [`Launch::run`] has returned, for all blocks that it is asked to
    /// run; and several threads may run different blocks at once.
    pub unsafe fn new(kernel: &'a Kernel, frame: &'a [u64]) -> Self {
        Self { kernel, frame }
    }

    /// Run the blocks `0..blocks` on up to `threads` threads, the calling one among them.
    ///
    /// Small work stays on the calling thread, unless `long` says that it is not small. `interrupted` is asked on it
    /// every few milliseconds.
    pub fn run(
        &self,
        blocks: i64,
        threads: usize,
        long: bool,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Outcome {
        pool::crew(self, blocks, threads, long, interrupted)
    }
}

impl Work for Launch<'_> {
    fn run(&self, begin: i64, end: i64) -> i64 {
        // SAFETY: whoever made this keeps the promise of `new` while `run` lasts, and blocks are
        // run only then.
        unsafe { self.kernel.call(self.frame, begin, end) }
    }

    fn share(&self) -> Arc<dyn Work + Send> {
        Arc::new(Shared { kernel: self.kernel.clone(), frame: self.frame.into() })
    }

    fn kind(&self) -> Option<usize> {
        Some(self.kernel.address())
    }
}

/// The same for other threads, which may look at it when the launch is over.
struct Shared {
    kernel: Kernel,
    frame: Box<[u64]>,
}

impl Work for Shared {
    fn run(&self, begin: i64, end: i64) -> i64 {
        // SAFETY: `crew` gives out blocks only while it has not returned, and it returns only when
        // no block runs: so the promise of `Launch::new` holds here as well.
        unsafe { self.kernel.call(&self.frame, begin, end) }
    }

    fn share(&self) -> Arc<dyn Work + Send> {
        Arc::new(Self { kernel: self.kernel.clone(), frame: self.frame.clone() })
    }
}
