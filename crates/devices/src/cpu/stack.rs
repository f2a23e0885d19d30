//! How much of its stack a thread may use for calls inside of kernels.

use std::cell::Cell;
use std::ffi::c_void;

/// What stays for whoever is called last: compiled code, services, and the handlers of signals.
const KEPT: usize = 256 << 10;

/// What a thread may use whose stack the system does not know.
const UNKNOWN: usize = 64 << 10;

/// As large as the system's own description of a thread on any machine, and more.
#[repr(C, align(16))]
struct Attributes([u8; 256]);

unsafe extern "C" {
    fn pthread_self() -> usize;
    fn pthread_getattr_np(thread: usize, attributes: *mut Attributes) -> i32;
    fn pthread_attr_getstack(
        attributes: *const Attributes,
        address: *mut *mut c_void,
        size: *mut usize,
    ) -> i32;
    fn pthread_attr_destroy(attributes: *mut Attributes) -> i32;
}

/// The lowest address that calls on this thread may reach.
pub(super) fn limit() -> usize {
    thread_local! {
        static STACK: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
    }
    let stack = STACK.get().unwrap_or_else(|| {
        let found = stack().unwrap_or((0, 0));
        STACK.set(Some(found));
        found
    });
    let here = (&raw const stack).addr();
    let (low, size) = stack;
    if (low..low.saturating_add(size)).contains(&here) {
        return low + KEPT.min(size / 2);
    }
    here.saturating_sub(UNKNOWN)
}

/// Where the stack of this thread begins, from below, and how large it is.
fn stack() -> Option<(usize, usize)> {
    let mut attributes = Attributes([0; 256]);
    let (mut address, mut size) = (std::ptr::null_mut(), 0);
    // SAFETY: the description is of the thread that asks, has room enough, and is given back.
    unsafe {
        if pthread_getattr_np(pthread_self(), &raw mut attributes) != 0 {
            return None;
        }
        let found = pthread_attr_getstack(&raw const attributes, &raw mut address, &raw mut size);
        pthread_attr_destroy(&raw mut attributes);
        (found == 0).then(|| (address.addr(), size))
    }
}
