//! An anonymous piece of memory behind a descriptor.

use crate::{Mapping, os};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

/// Memory that other processes can map once they hold its descriptor.
#[derive(Debug)]
pub struct Segment {
    fd: OwnedFd,
    len: usize,
}

impl Segment {
    /// Zero-filled, sparse memory of `len` bytes; `name` shows in `/proc` and nowhere else.
    pub fn create(name: &str, len: usize) -> io::Result<Self> {
        Ok(Self { fd: os::create_memory(name, len as u64)?, len })
    }

    /// The segment behind a descriptor that another process sent.
    pub fn from_descriptor(fd: OwnedFd) -> io::Result<Self> {
        let len = os::memory_len(fd.as_fd())? as usize;
        Ok(Self { fd, len })
    }

    /// See the whole segment from this process.
    pub fn map(&self) -> io::Result<Arc<Mapping>> {
        Mapping::new(self.fd.as_fd(), 0, self.len).map(Arc::new)
    }

    /// Size in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the segment has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl AsFd for Segment {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
