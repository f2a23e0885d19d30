//! What is behind shared memory: one anonymous piece of memory, and one file without a name.

use crate::{Window, os};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// Room for one process in both: as much as any machine has memory.
pub(crate) const REGION: u64 = 1 << 40;
const REGIONS: u64 = 1 << 20;
/// Room for one process in the file: file systems have limits, and this one's disk has another.
pub(crate) const SPILL_REGION: u64 = 1 << 38;
/// Regions of the file: as many as the file system takes. The first for those without a limit, the
/// last two for ext4 with blocks of 4 KiB (just below 16 TiB) and of 1 KiB.
const SPILL_REGIONS: [u64; 5] = [REGIONS, 1 << 12, 1 << 8, 63, 15];
/// Set in the positions of what stands in the file and not in memory.
const SPILLED: u64 = 1 << 62;

/// Some bytes of shared memory, as every process that shares it finds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// Where the extent begins that they are part of: the name under which it is held.
    pub base: u64,
    /// Where they begin.
    pub start: u64,
    /// How many they are.
    pub len: u64,
}

impl Span {
    /// The extent at `offset` of region `region`.
    pub(crate) fn new(region: u64, offset: u64, len: u64, spilled: bool) -> Self {
        let base = region * REGION + offset + if spilled { SPILLED } else { 0 };
        Self { base, start: base, len }
    }

    /// Whether they stand in the file.
    pub fn is_spilled(self) -> bool {
        self.base & SPILLED != 0
    }

    /// A part of them.
    #[must_use]
    pub fn part(self, skip: u64, len: u64) -> Self {
        Self { base: self.base, start: self.start + skip, len }
    }

    /// As three numbers.
    pub fn to_bytes(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        for (chunk, long) in bytes.chunks_mut(8).zip([self.base, self.start, self.len]) {
            chunk.copy_from_slice(&long.to_ne_bytes());
        }
        bytes
    }

    /// From three numbers; `None` when they make no sense.
    pub fn from_bytes(bytes: [u8; 24]) -> Option<Self> {
        let long = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
        let span = Self { base: long(0), start: long(8), len: long(16) };
        let end = span.start.checked_add(span.len)?;
        let sound = span.base <= span.start
            && end <= SPILLED + REGIONS * REGION
            && (span.is_spilled() || end <= REGIONS * REGION);
        sound.then_some(span)
    }
}

/// The descriptors; every process of a family holds the same.
#[derive(Debug)]
pub struct Files {
    memory: OwnedFd,
    spill: Option<OwnedFd>,
}

impl Files {
    /// Fresh memory, and, if `folder` is given and can have one, a file that spills what exceeds
    /// the bound.
    pub(crate) fn create(folder: Option<&Path>) -> io::Result<Self> {
        let memory = os::create_memory("abreast", REGION * REGIONS)?;
        let spill = folder.and_then(|folder| {
            let sizes = SPILL_REGIONS.map(|regions| SPILL_REGION * regions);
            sizes.into_iter().find_map(|len| os::create_unnamed_file(folder, len).ok())
        });
        Ok(Self { memory, spill })
    }

    /// As another process sent them.
    pub fn from_descriptors(memory: OwnedFd, spill: Option<OwnedFd>) -> Self {
        Self { memory, spill }
    }

    /// The descriptor of the memory, and of the file.
    pub fn descriptors(&self) -> (BorrowedFd<'_>, Option<BorrowedFd<'_>>) {
        (self.memory.as_fd(), self.spill.as_ref().map(AsFd::as_fd))
    }

    /// Whether region `region` has a place in the file.
    pub(crate) fn spills(&self, region: u64) -> bool {
        let len = self.spill.as_ref().and_then(|fd| os::memory_len(fd.as_fd()).ok());
        len.is_some_and(|len| (region + 1) * SPILL_REGION <= len)
    }

    /// The file or the memory in which `span` stands, and where.
    pub(crate) fn find(&self, span: Span) -> io::Result<(BorrowedFd<'_>, u64)> {
        if !span.is_spilled() {
            return Ok((self.memory.as_fd(), span.start));
        }
        let none = || io::Error::other("there is no file that spills");
        let fd = self.spill.as_ref().ok_or_else(none)?;
        let start = span.start & !SPILLED;
        Ok((fd.as_fd(), start / REGION * SPILL_REGION + start % REGION))
    }

    /// See `span`, copy on write.
    pub fn open(&self, span: Span) -> io::Result<Window> {
        let (fd, offset) = self.find(span)?;
        Window::new(fd, offset, span.len as usize)
    }

    /// Copy `span` to `target`, which has its length.
    pub fn read(&self, span: Span, target: &mut [u8]) -> io::Result<()> {
        let (fd, offset) = self.find(span)?;
        os::read_at(fd, target, offset)
    }

    /// Give the memory, or the room on disk, of `span` back to the system.
    pub(crate) fn discard(&self, span: Span) {
        if let Ok((fd, offset)) = self.find(span) {
            let _ = os::punch_hole(fd, offset, span.len);
        }
    }
}
