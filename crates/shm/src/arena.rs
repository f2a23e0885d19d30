//! A large sparse segment out of which one process hands out extents.

use crate::{Extent, Extents, Mapping, Segment, os};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard};

/// Extents from this size on have their memory reserved before they are written.
const RESERVE_FROM: u64 = 1 << 20;
/// Free memory kept for reuse: fresh pages cost ten times what used ones do.
const KEEP: u64 = 256 << 20;
const PAGE: u64 = 4096;

/// Memory of one owner, read by others.
///
/// The owner allocates and frees; others learn of an extent by a message and read it through a
/// [`Mapping`] of the same segment. The segment is as large as the machine's memory and sparse:
/// it costs address space until it is written.
#[derive(Debug)]
pub struct Arena {
    segment: Segment,
    mapping: Arc<Mapping>,
    extents: Mutex<Book>,
}

#[derive(Debug)]
struct Book {
    extents: Extents,
    /// Bytes freed since the last [`Arena::trim`]: what is kept in vain, at most.
    kept: u64,
}

impl Arena {
    /// An arena of at most `len` bytes.
    pub fn create(name: &str, len: usize) -> io::Result<Self> {
        Self::over(Segment::create(name, len)?)
    }

    /// The arena over a segment that was made for this process, and that it now owns.
    pub fn over(segment: Segment) -> io::Result<Self> {
        let mapping = segment.map()?;
        let book = Book { extents: Extents::new(segment.len() as u64), kept: 0 };
        Ok(Self { segment, mapping, extents: Mutex::new(book) })
    }

    /// Take `len` bytes.
    ///
    /// # Errors
    /// `OutOfMemory` when the arena, or the memory of the machine, has no room for them.
    pub fn allocate(&self, len: usize) -> io::Result<Extent> {
        let full = || io::Error::new(io::ErrorKind::OutOfMemory, "shared memory is full");
        let extent = self.book().extents.allocate(len as u64).ok_or_else(full)?;
        if extent.len >= RESERVE_FROM
            && os::reserve(self.segment.as_fd(), extent.offset, extent.len).is_err()
        {
            self.free(extent);
            return Err(full());
        }
        Ok(extent)
    }

    /// Put a copy of `bytes` into a fresh extent.
    pub fn store(&self, bytes: &[u8]) -> io::Result<Extent> {
        let extent = self.allocate(bytes.len())?;
        self.mapping.write(extent.offset as usize, bytes);
        Ok(extent)
    }

    /// Give an extent back.
    pub fn free(&self, extent: Extent) {
        let mut book = self.book();
        book.extents.free(extent);
        book.kept += extent.len;
        if book.kept > KEEP {
            self.give_back(&mut book);
        }
    }

    /// Give the memory of everything free back to the system.
    pub fn trim(&self) {
        self.give_back(&mut self.book());
    }

    fn give_back(&self, book: &mut Book) {
        if std::mem::take(&mut book.kept) == 0 {
            return;
        }
        for free in book.extents.free_ranges() {
            let start = free.offset.next_multiple_of(PAGE);
            let end = (free.offset + free.len) / PAGE * PAGE;
            if start < end {
                let _ = os::punch_hole(self.segment.as_fd(), start, end - start);
            }
        }
    }

    /// The memory, for reading and writing extents.
    pub fn mapping(&self) -> &Arc<Mapping> {
        &self.mapping
    }

    /// Bytes handed out.
    pub fn in_use(&self) -> u64 {
        self.book().extents.in_use()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.extents.lock().expect("no panic while an arena's book is open")
    }
}

impl AsFd for Arena {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.segment.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_bytes_come_back_and_trimmed_memory_reads_as_zero() {
        let arena = Arena::create("test", 1 << 30).unwrap();
        let bytes = vec![7_u8; 3 << 20];
        let extent = arena.store(&bytes).unwrap();
        let mut copy = Vec::new();
        arena.mapping().read(extent.offset as usize, bytes.len(), &mut copy);
        assert!(copy == bytes);
        arena.free(extent);
        arena.trim();
        copy.clear();
        arena.mapping().read(extent.offset as usize, bytes.len(), &mut copy);
        assert!(copy.iter().all(|&byte| byte == 0));
        assert_eq!(arena.in_use(), 0);
    }

    #[test]
    fn a_full_arena_says_so_and_goes_on() {
        let arena = Arena::create("test", 1 << 16).unwrap();
        assert_eq!(arena.allocate(1 << 20).unwrap_err().kind(), io::ErrorKind::OutOfMemory);
        assert!(arena.allocate(1 << 16).is_ok());
    }
}
