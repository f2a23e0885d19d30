//! Memory from the system.

use super::class::LINE;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
use std::alloc::{Layout, alloc, dealloc};
use std::ptr::{self, NonNull};

/// From this size on a piece is a mapping of its own, aligned to huge pages and made of them: to
/// write it the first time is then two to five times faster. Below, the system's heap.
const HUGE: usize = 2 << 20;

/// Memory of one of the sizes in `class`; who has this is its only owner.
#[derive(Debug)]
pub(crate) struct Piece {
    address: NonNull<u8>,
    len: usize,
}

// SAFETY: memory does not care which thread gives it back; nothing else is done here.
unsafe impl Send for Piece {}

impl Piece {
    /// A fresh piece; `None` if the system has none.
    pub(super) fn new(len: usize) -> Option<Self> {
        let address = if len < HUGE { heap(len) } else { map(len) };
        address.map(|address| Self { address, len })
    }

    pub(crate) fn address(&self) -> NonNull<u8> {
        self.address
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Give the memory back to the system.
    ///
    /// # Safety
    /// Nobody uses it, and it is not given back twice.
    pub(super) unsafe fn free(self) {
        if self.len < HUGE {
            // SAFETY: made by `heap` with this layout; the caller is its only owner.
            unsafe { dealloc(self.address.as_ptr(), layout(self.len)) };
        } else {
            // SAFETY: made by `map` with this length; the caller is its only owner. If it fails,
            // the memory is lost and nothing else.
            let _ = unsafe { munmap(self.address.as_ptr().cast(), self.len) };
        }
    }
}

fn layout(len: usize) -> Layout {
    Layout::from_size_align(len, LINE).expect("a small size")
}

fn heap(len: usize) -> Option<NonNull<u8>> {
    // SAFETY: the layout is not empty: no class is.
    NonNull::new(unsafe { alloc(layout(len)) })
}

fn map(len: usize) -> Option<NonNull<u8>> {
    let whole = len.checked_add(HUGE)?;
    // SAFETY: a fresh anonymous mapping at an address of the system's choice touches nothing.
    let start = unsafe {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        mmap_anonymous(ptr::null_mut(), whole, access, MapFlags::PRIVATE).ok()?
    };
    let before = start.addr().next_multiple_of(HUGE) - start.addr();
    // SAFETY: `before` is less than the `HUGE` bytes that the mapping is longer than `len`.
    let address = unsafe { start.byte_add(before) };
    // SAFETY: both ranges are whole pages of the mapping just made, outside of what is handed out.
    unsafe {
        if before > 0 {
            let _ = munmap(start, before);
        }
        let _ = munmap(address.byte_add(len), HUGE - before);
        // Not granted everywhere; then pages are small.
        let _ = madvise(address, len, Advice::LinuxHugepage);
    }
    NonNull::new(address.cast())
}
