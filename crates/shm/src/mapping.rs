//! A segment seen from this process.

use crate::Raw;
use crate::os::{self, Access};
use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

/// A shared mapping; every access is checked against its bounds.
///
/// Other processes write here at any time. So no plain reference into the memory is ever made:
/// words that two sides look at are atomics, everything else is copied in or out, and the
/// protocols of the crates above see to it that nobody copies what another is writing. A process
/// that breaks the protocol can make this one read garbage, which decoders refuse; it cannot make
/// it touch memory outside the mapping.
#[derive(Debug)]
pub struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping lives until `drop`, at one address, for all threads alike; all access goes
// through atomics and raw copies, neither of which cares for the thread it happens on.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// See `[offset, offset + len)` of what is behind `fd`, to read and to write.
    pub fn new(fd: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<Self> {
        Ok(Self { base: os::map(fd, offset, len, Access::Shared)?, len })
    }

    /// As [`Mapping::new`]; to write there is a fault (`SIGSEGV`), not damage.
    pub fn read_only(fd: BorrowedFd<'_>, offset: u64, len: usize) -> io::Result<Self> {
        Ok(Self { base: os::map(fd, offset, len, Access::ReadOnly)?, len })
    }

    /// Size in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the mapping has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The address of `[offset, offset + len)`; panics when that is not inside the mapping.
    fn range(&self, offset: usize, len: usize, align: usize) -> *mut u8 {
        let inside = offset.checked_add(len).is_some_and(|end| end <= self.len);
        assert!(
            inside && offset.is_multiple_of(align),
            "{offset}+{len} in a mapping of {}",
            self.len
        );
        // SAFETY: `offset <= self.len`, so the address stays within the one mapping.
        unsafe { self.base.as_ptr().add(offset) }
    }

    /// The 32-bit word at `offset`, a multiple of 4.
    pub fn word(&self, offset: usize) -> &AtomicU32 {
        let address = self.range(offset, 4, 4);
        // SAFETY: in bounds and aligned (`range`; mappings start on a page), alive as long as
        // `self`, and only ever accessed as an atomic by every process that maps it.
        unsafe { AtomicU32::from_ptr(address.cast()) }
    }

    /// The 64-bit word at `offset`, a multiple of 8.
    pub fn long(&self, offset: usize) -> &AtomicU64 {
        let address = self.range(offset, 8, 8);
        // SAFETY: as in `word`.
        unsafe { AtomicU64::from_ptr(address.cast()) }
    }

    /// `count` 64-bit words from `offset`, a multiple of 8.
    #[expect(clippy::cast_ptr_alignment, reason = "`range` checks the alignment")]
    pub fn longs(&self, offset: usize, count: usize) -> &[AtomicU64] {
        let address = self.range(offset, count.checked_mul(8).expect("a count in range"), 8);
        // SAFETY: as in `word`; `AtomicU64` has the size and here the alignment of `u64`.
        unsafe { std::slice::from_raw_parts(address.cast::<AtomicU64>(), count) }
    }

    /// Copy `bytes` to `offset`.
    pub fn write(&self, offset: usize, bytes: &[u8]) {
        let address = self.range(offset, bytes.len(), 1);
        // SAFETY: the target is in bounds; it cannot overlap `bytes`, of which nobody can have a
        // plain reference inside the mapping.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), address, bytes.len()) }
    }

    /// Copy `source` to `offset`, with several threads when it is long.
    pub fn fill(&self, offset: usize, source: Raw) {
        let address = self.range(offset, source.len(), 1);
        // SAFETY: the target is in bounds; nobody can have made a `Raw` of memory in this mapping,
        // whose address is nowhere told.
        unsafe { source.copy_to(address) }
    }

    /// Whether what stands at `offset` is the same as `other`.
    pub fn holds(&self, offset: usize, other: Raw) -> bool {
        let address = self.range(offset, other.len(), 1);
        // SAFETY: in bounds.
        unsafe { other.equals(address) }
    }

    /// Fill in the page tables of `[offset, offset + len)`, which is about to be written.
    pub(crate) fn populate(&self, offset: usize, len: usize) {
        let address = self.range(offset, len, 4096);
        // SAFETY: in bounds of this mapping; only arenas call this, on mappings they write.
        unsafe { os::populate(NonNull::new_unchecked(address), len) }
    }

    /// Make huge pages of `[offset, offset + len)`, which are whole ones.
    pub(crate) fn collapse(&self, offset: usize, len: usize) {
        let address = self.range(offset, len, os::HUGE_PAGE);
        // SAFETY: in bounds of this mapping.
        unsafe { os::collapse(NonNull::new_unchecked(address), len) }
    }

    /// Append a copy of `[offset, offset + len)` to `target`.
    pub fn read(&self, offset: usize, len: usize, target: &mut Vec<u8>) {
        let address = self.range(offset, len, 1);
        target.reserve(len);
        // SAFETY: the source is in bounds, the target has room for `len` bytes after its length
        // and is our own memory; after the copy those bytes are initialised.
        unsafe {
            let end = target.as_mut_ptr().add(target.len());
            std::ptr::copy_nonoverlapping(address, end, len);
            target.set_len(target.len() + len);
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: made by `os::map` with this length; references into it borrow `self`.
        unsafe { os::unmap(self.base, self.len) }
    }
}

// Miri knows no memory files.
#[cfg(all(test, not(miri)))]
mod tests {
    use crate::Segment;
    use std::sync::atomic::Ordering;

    #[test]
    fn two_mappings_see_the_same_memory() {
        let segment = Segment::create("test", 4096).unwrap();
        let (here, there) = (segment.map().unwrap(), segment.map().unwrap());
        here.write(100, b"abreast");
        here.long(8).store(7, Ordering::Release);
        let mut bytes = b"> ".to_vec();
        there.read(100, 7, &mut bytes);
        assert_eq!(bytes, b"> abreast");
        assert_eq!(there.long(8).load(Ordering::Acquire), 7);
        assert_eq!(there.longs(0, 2)[1].load(Ordering::Acquire), 7);
    }

    #[test]
    #[should_panic(expected = "in a mapping of 4096")]
    fn reading_past_the_end_is_refused() {
        Segment::create("test", 4096).unwrap().map().unwrap().read(4090, 7, &mut Vec::new());
    }

    #[test]
    #[should_panic(expected = "in a mapping of 4096")]
    fn an_unaligned_word_is_refused() {
        Segment::create("test", 4096).unwrap().map().unwrap().word(2);
    }
}
