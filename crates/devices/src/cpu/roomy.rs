//! The stack that kernels run on.
//!
//! Reductions of columns hold some hundred kilobytes there. The pool's threads have room for that; who calls
//! may be a thread with next to none.

use std::cell::Cell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tasks::pool;

use crate::DeviceError;

/// What functions of kernels may take beside their own memory, and those that they call.
const MORE: usize = 64 << 10;

/// How often the thread that waits looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(20);

thread_local! {
    /// The lowest address of this thread's stack; zero where nobody has asked.
    static LOWEST: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread has room for a function with so many bytes of its own.
pub(super) fn fits(bytes: usize) -> bool {
    let here = (&raw const bytes).addr();
    let mut lowest = LOWEST.get();
    if lowest == 0 {
        lowest = find();
        LOWEST.set(lowest);
    }
    here.saturating_sub(lowest) >= bytes + MORE
}

/// The lowest address of this thread's stack; 1 if the system does not say.
fn find() -> usize {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let (mut lowest, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: what it fills in is read only if it says that it did, and given back after that.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return 1;
        }
        let found =
            libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        if found == 0 { lowest.addr().max(1) } else { 1 }
    }
}

/// Run on a thread that has room for a function with so many bytes of its own, and wait.
///
/// `interrupted` is asked on the thread that waits, every few milliseconds; what runs is told when it asks.
pub(super) fn elsewhere(
    bytes: usize,
    interrupted: &mut dyn FnMut() -> bool,
    run: impl FnOnce(&mut dyn FnMut() -> bool) -> Result<(), DeviceError> + Send,
) -> Result<(), DeviceError> {
    let threads = pool::threads();
    let stop = AtomicBool::new(false);
    let (told, caller) = (&stop, thread::current());
    thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(bytes + (1 << 20));
        let made = builder.spawn_scoped(scope, move || {
            let done = pool::with_threads(threads, || run(&mut || told.load(Ordering::Relaxed)));
            caller.unpark();
            done
        });
        let thread = made.map_err(|why| DeviceError::OutOfMemory {
            bytes: bytes + (1 << 20),
            why: format!("for the stack of a kernel: {why}"),
        })?;
        while !thread.is_finished() {
            thread::park_timeout(LOOK);
            if !stop.load(Ordering::Relaxed) && !thread.is_finished() && interrupted() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_stack_is_found_out() {
        let thread = |size| thread::Builder::new().stack_size(size);
        let fits_there = |size| thread(size).spawn(|| fits(400 << 10)).unwrap().join().unwrap();
        assert!(!fits_there(256 << 10));
        assert!(fits_there(2 << 20));
        let done = thread(128 << 10).spawn(|| {
            elsewhere(400 << 10, &mut || false, |_| {
                assert!(fits(400 << 10));
                Ok(())
            })
        });
        assert!(done.unwrap().join().unwrap().is_ok());
    }

    #[test]
    fn who_waits_is_asked_whether_to_go_on() {
        let mut asked = 0;
        let mut interrupted = || {
            asked += 1;
            asked > 2
        };
        // Ends when it is told to, and not before.
        let done = elsewhere(1 << 10, &mut interrupted, |stopped| {
            while !stopped() {
                thread::yield_now();
            }
            Err(DeviceError::Interrupted)
        });
        assert!(matches!(done, Err(DeviceError::Interrupted)));
        assert_eq!(asked, 3);
    }
}
