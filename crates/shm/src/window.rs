//! Some bytes of shared memory as an object of this process's own.

use crate::os::{self, Access};
use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

/// A private mapping: reads what is shared until a page is written, which is a copy from then on.
///
/// Whoever makes one sees to it that what is behind it does not change as long as somebody reads.
#[derive(Debug)]
pub struct Window {
    base: NonNull<u8>,
    len: usize,
    /// Bytes before the first one asked for: mappings start on a page.
    skip: usize,
}

// SAFETY: it lives until `drop`, at one address, for all threads alike. It hands out no reference,
// only the address.
unsafe impl Send for Window {}
// SAFETY: as above.
unsafe impl Sync for Window {}

const PAGE: u64 = 4096;

impl Window {
    /// See `[offset, offset + len)`, `len` not zero, of what is behind `fd`.
    pub fn new(fd: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<Self> {
        let skip = (offset % PAGE) as usize;
        let base = os::map(fd, offset - skip as u64, skip + len, Access::Private)?;
        Ok(Self { base, len, skip })
    }

    /// Where the bytes stand: readable and writable until the window is dropped.
    pub fn address(&self) -> usize {
        self.base.addr().get() + self.skip
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether something was written here, so that it no longer is what is shared.
    pub fn is_written(&self) -> bool {
        os::is_written(self.base.addr().get(), self.skip + self.len)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // SAFETY: made by `os::map` with this length. Whoever was told the address keeps the
        // window alive as long as it is used.
        unsafe { os::unmap(self.base, self.skip + self.len) }
    }
}

// Miri knows no memory files.
#[cfg(all(test, not(miri)))]
mod tests {
    use crate::{Segment, Window};
    use std::os::fd::AsFd;

    #[test]
    fn a_write_is_private_and_noticed() {
        let segment = Segment::create("test", 1 << 20).unwrap();
        let shared = segment.map().unwrap();
        shared.write(5000, b"abreast");
        let window = Window::new(segment.as_fd(), 5000, 7).unwrap();
        let bytes = || {
            // SAFETY: the window is alive, and nobody writes meanwhile.
            unsafe { std::slice::from_raw_parts(window.address() as *const u8, 7) }.to_vec()
        };
        assert_eq!(bytes(), b"abreast");
        assert!(!window.is_written());
        // SAFETY: as above; the memory is writable.
        unsafe { *(window.address() as *mut u8) = b'A' };
        assert!(window.is_written());
        assert_eq!(bytes(), b"Abreast");
        let mut seen = Vec::new();
        shared.read(5000, 7, &mut seen);
        assert_eq!(seen, b"abreast");
    }
}
