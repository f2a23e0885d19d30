//! Large results in blocks, on the threads of the one pool.

use std::sync::Arc;
use tasks::pool::{Outcome, Work, crew};

/// Values of a block, about: a block takes some 10 µs, beside which its beginning costs nothing.
const BLOCK: usize = 1 << 14;

/// Work on all of `out` in blocks, up to `threads` at a time. Blocks begin at multiples of `unit`
/// values. `work` gets where its block begins.
pub(super) fn fill<T: Send, W: Fn(usize, &mut [T]) + Sync>(
    out: &mut [T],
    unit: usize,
    threads: usize,
    work: W,
) {
    let loan = Loan {
        out: out.as_mut_ptr().cast(),
        len: out.len(),
        size: BLOCK.next_multiple_of(unit),
        work: (&raw const work).cast(),
        call: call::<T, W>,
    };
    let blocks = i64::try_from(loan.len.div_ceil(loan.size)).unwrap_or(i64::MAX);
    let outcome = crew(&loan, blocks, threads, false, &mut || false);
    debug_assert_eq!(outcome, Outcome::Done);
}

/// What the caller of [`fill`] lends to threads that may outlive the call, without its types.
#[derive(Clone, Copy)]
struct Loan {
    out: *mut u8,
    len: usize,
    size: usize,
    work: *const u8,
    call: unsafe fn(&Loan, usize, usize),
}

// SAFETY: the pointers are followed in `run` alone, where values are `Send` and the work is `Sync`,
// as `fill` asks.
unsafe impl Send for Loan {}
// SAFETY: as above.
unsafe impl Sync for Loan {}

impl Work for Loan {
    fn run(&self, begin: i64, end: i64) -> i64 {
        let (from, to) = (begin as usize * self.size, end as usize * self.size);
        // SAFETY: `crew` gives out each block once, and only before it returns to `fill`, which
        // holds what is lent until then.
        unsafe { (self.call)(self, from, to.min(self.len)) };
        0
    }

    fn share(&self) -> Arc<dyn Work + Send> {
        Arc::new(*self)
    }
}

/// Work on the values `from..to`.
///
/// # Safety
///
/// The loan is one of values `T` to a `W`, both are still there, and nobody else works on these values.
unsafe fn call<T, W: Fn(usize, &mut [T])>(loan: &Loan, from: usize, to: usize) {
    // SAFETY: the caller says so, and `from..to` lies within the values.
    let (block, work) = unsafe {
        let first = loan.out.cast::<T>().add(from);
        (std::slice::from_raw_parts_mut(first, to - from), &*loan.work.cast::<W>())
    };
    work(from, block);
}
