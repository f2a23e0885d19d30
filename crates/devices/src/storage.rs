//! Memory that arrays lie in.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::any::Any;
use std::cell::UnsafeCell;
use std::fmt;
use std::mem::MaybeUninit;
use std::sync::Arc;

use memory::{Buffer, Scalar};

use crate::DeviceError;

/// A line of the cache, and the largest vector.
const ALIGNMENT: usize = 64;
/// The largest element.
const ELEMENT: usize = 16;
/// Elements of that size that lie inside of a storage.
const FEW: usize = 16;
/// Most bytes that the system has sooner than the allocator of arrays.
const SOONER: usize = 1008;

/// What keeps the bytes of a storage.
#[expect(
    clippy::large_enum_variant,
    reason = "each lies behind an `Arc`, and few bytes are the usual case"
)]
enum Keeper {
    /// The storage itself, in which they lie.
    Here(UnsafeCell<[MaybeUninit<u128>; FEW]>),
    /// The storage itself, which gives them back like this.
    Own(Layout),
    /// Dropped with the storage, and with it the memory.
    Other(#[expect(dead_code, reason = "it is here to be dropped")] Box<dyn Any + Send + Sync>),
}

/// Bytes at one address for as long as this lives, and whoever keeps them alive.
///
/// Nobody is given a reference into them: kernels and foreign code read and write through the
/// address, and who may write when is settled above. An array that was computed is never written again.
pub struct Storage {
    address: *mut u8,
    len: usize,
    keeper: Keeper,
}

// SAFETY: an address and a number; the keeper is both already. What happens at the address is the
// business of those who use it, each with an argument of its own.
unsafe impl Send for Storage {}
// SAFETY: as above.
unsafe impl Sync for Storage {}

impl Storage {
    /// Memory of its own, aligned for any element and any vector. Cleared: it is read through
    /// references, which must not see what nobody wrote.
    pub fn allocate(bytes: usize) -> Result<Arc<Self>, DeviceError> {
        let layout = owned(bytes, ALIGNMENT)?;
        // SAFETY: the size is not zero.
        let address = unsafe { alloc_zeroed(layout) };
        if address.is_null() {
            return Err(DeviceError::OutOfMemory { bytes, why: String::new() });
        }
        Ok(Arc::new(Self { address, len: bytes, keeper: Keeper::Own(layout) }))
    }

    /// Memory of its own for any element, without anything written there yet: for whoever writes all of it.
    pub fn unwritten(bytes: usize) -> Result<Arc<Self>, DeviceError> {
        if bytes <= FEW * ELEMENT {
            return Ok(Self::here(bytes));
        }
        // Not for whole lines of the cache: the system has these few bytes at once otherwise.
        let layout = owned(bytes, ELEMENT)?;
        // SAFETY: the size is not zero.
        let address = unsafe { alloc(layout) };
        if address.is_null() {
            return Err(DeviceError::OutOfMemory { bytes, why: String::new() });
        }
        Ok(Arc::new(Self { address, len: bytes, keeper: Keeper::Own(layout) }))
    }

    /// Memory for a result that is written whole, from wherever it is there the soonest.
    pub fn for_result(bytes: usize) -> Result<Arc<Self>, DeviceError> {
        if bytes <= SOONER {
            return Self::unwritten(bytes);
        }
        Self::from_allocator(bytes)
    }

    /// Memory of the allocator of arrays, as it is.
    pub(crate) fn from_allocator(bytes: usize) -> Result<Arc<Self>, DeviceError> {
        let buffer = Buffer::new(bytes)
            .map_err(|error| DeviceError::OutOfMemory { bytes, why: error.why() })?;
        // SAFETY: the buffer has so many bytes there for as long as it is kept.
        Ok(unsafe { Self::kept(buffer.address(), bytes, Box::new(buffer)) })
    }

    /// So few bytes that they lie inside of it.
    fn here(bytes: usize) -> Arc<Self> {
        let keeper = Keeper::Here(UnsafeCell::new([const { MaybeUninit::uninit() }; FEW]));
        let mut it = Arc::new(Self { address: std::ptr::null_mut(), len: bytes, keeper });
        let own = Arc::get_mut(&mut it).expect("nobody else has it yet");
        if let Keeper::Here(room) = &own.keeper {
            // It stays there: behind an `Arc` nothing moves.
            own.address = room.get().cast();
        }
        it
    }

    /// A few bytes of its own: these.
    ///
    /// # Errors
    ///
    /// When there is no memory.
    pub fn copied(bytes: &[u8]) -> Result<Arc<Self>, DeviceError> {
        let it = Self::unwritten(bytes.len())?;
        // SAFETY: the memory is new and has so many bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), it.address, bytes.len()) };
        Ok(it)
    }

    /// Pieces of storages in turn, so many times: of each the first, then of each the next one. Each has a place
    /// where its pieces begin, and bytes of one piece.
    ///
    /// # Panics
    ///
    /// When pieces lie outside of a storage.
    pub fn joined(
        parts: &[(Arc<Self>, usize, usize)],
        times: usize,
    ) -> Result<Arc<Self>, DeviceError> {
        let turn: usize = parts.iter().map(|part| part.2).sum();
        let it = Self::for_result(turn * times)?;
        let mut to = it.address;
        for time in 0..times {
            for (from, begin, bytes) in parts {
                let (first, end) = (begin + time * bytes, begin + (time + 1) * bytes);
                assert!(end <= from.len, "bytes {first} to {end} of {from:?}");
                // SAFETY: the piece lies in its storage, and all pieces together are as long as the new memory,
                // which nobody else has yet.
                unsafe {
                    std::ptr::copy_nonoverlapping(from.address.add(first), to, *bytes);
                    to = to.add(*bytes);
                }
            }
        }
        Ok(it)
    }

    /// One value so many times, which are few.
    pub fn filled(value: Scalar, count: usize) -> Result<Arc<Self>, DeviceError> {
        let mut bytes = [0; 16];
        value.to_bytes(&mut bytes);
        Self::copied(&bytes[..value.dtype().size()].repeat(count))
    }

    /// Memory that belongs to somebody else.
    ///
    /// # Safety
    /// `len` bytes at the address can be read as long as the keeper lives; and written if a kernel
    /// is told to write there.
    pub unsafe fn kept(
        address: *mut u8,
        len: usize,
        keeper: Box<dyn Any + Send + Sync>,
    ) -> Arc<Self> {
        Arc::new(Self { address, len, keeper: Keeper::Other(keeper) })
    }

    /// Where the bytes begin.
    pub fn address(&self) -> *mut u8 {
        self.address
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if let Keeper::Own(layout) = self.keeper {
            // SAFETY: it was allocated with this layout, and is given back once.
            unsafe { dealloc(self.address, layout) };
        }
    }
}

/// How so many bytes are allocated.
fn owned(bytes: usize, alignment: usize) -> Result<Layout, DeviceError> {
    Layout::from_size_align(bytes.max(1), alignment)
        .map_err(|_| DeviceError::OutOfMemory { bytes, why: String::new() })
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({:p}, {} bytes)", self.address, self.len)
    }
}
