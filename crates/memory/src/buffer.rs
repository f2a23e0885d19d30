//! Owned bytes.

use crate::allocator::{Allocator, OutOfMemory, Piece, allocator};
use std::any::Any;
use std::fmt;
use std::mem::replace;
use std::ptr::NonNull;

/// Bytes at one address, from the allocator or lent by somebody who keeps them there.
///
/// Who may read or write them when is the business of whoever shares the buffer; from here come
/// addresses alone. Memory of the allocator goes back to it when the buffer is dropped.
pub struct Buffer {
    address: NonNull<u8>,
    len: usize,
    owner: Owner,
}

enum Owner {
    Allocator {
        allocator: &'static Allocator,
        piece: Piece,
    },
    /// Never read; dropping it lets the memory go.
    Other(#[expect(dead_code, reason = "it is here to be dropped")] Box<dyn Any + Send + Sync>),
    Nobody,
}

// SAFETY: the address stays valid until `drop`, on every thread; the bytes behind it are reached
// through raw pointers only, whose users answer for who reads and writes when. Owners are `Send`.
unsafe impl Send for Buffer {}
// SAFETY: as above; owners are `Sync`, and nothing is done with them before `drop`.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// `len` bytes of the process's allocator, with any contents; at least 64-byte aligned.
    pub fn new(len: usize) -> Result<Self, OutOfMemory> {
        Self::from(allocator(), len)
    }

    /// As [`Buffer::new`], of this allocator.
    pub fn from(allocator: &'static Allocator, len: usize) -> Result<Self, OutOfMemory> {
        if len == 0 {
            return Ok(Self { address: EMPTY, len, owner: Owner::Nobody });
        }
        let piece = allocator.take(len)?;
        Ok(Self { address: piece.address(), len, owner: Owner::Allocator { allocator, piece } })
    }

    /// Memory of somebody else, valid for as long as `owner` is not dropped.
    ///
    /// # Safety
    /// `len` bytes from `address` on stay readable (writable, if anybody writes there through this)
    /// until `owner` is dropped, and `owner` may be dropped on any thread.
    pub unsafe fn foreign(address: *mut u8, len: usize, owner: Box<dyn Any + Send + Sync>) -> Self {
        Self { address: NonNull::new(address).unwrap_or(EMPTY), len, owner: Owner::Other(owner) }
    }

    /// Where the bytes begin.
    pub fn address(&self) -> *mut u8 {
        self.address.as_ptr()
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the memory belongs to somebody else.
    pub fn is_foreign(&self) -> bool {
        matches!(self.owner, Owner::Other(_))
    }
}

/// Where buffers of no bytes are: aligned like others, never to be read.
const EMPTY: NonNull<u8> = NonNull::<Line>::dangling().cast();

#[repr(align(64))]
struct Line;

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Owner::Allocator { allocator, piece } = replace(&mut self.owner, Owner::Nobody) {
            // SAFETY: the piece came from this allocator and goes back once; nobody has the
            // buffer any more, so nobody may use its address.
            unsafe { allocator.put(piece) };
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Buffer({:p}, {} bytes)", self.address, self.len)
    }
}
