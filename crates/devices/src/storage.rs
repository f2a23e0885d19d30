//! Memory that arrays lie in.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::DeviceError;

/// A line of the cache, and the largest vector.
const ALIGNMENT: usize = 64;

/// Memory of the allocator.
struct Owned {
    address: usize,
    layout: Layout,
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout, and is given back once.
        unsafe { dealloc(self.address as *mut u8, self.layout) };
    }
}

/// Bytes at one address for as long as this lives, and whoever keeps them alive.
///
/// Nobody is given a reference into them: kernels and foreign code read and write through the
/// address, and who may write when is settled above. An array that was computed is never written again.
pub struct Storage {
    address: *mut u8,
    len: usize,
    /// Dropped with the storage, and with it the memory.
    _keeper: Box<dyn Any + Send + Sync>,
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
        let error = || DeviceError::OutOfMemory { bytes };
        let layout = Layout::from_size_align(bytes.max(1), ALIGNMENT).map_err(|_| error())?;
        // SAFETY: the size is not zero.
        let address = unsafe { alloc_zeroed(layout) };
        if address.is_null() {
            return Err(error());
        }
        let keeper = Box::new(Owned { address: address as usize, layout });
        // SAFETY: the memory was just allocated, is initialised, and lives as long as the keeper.
        Ok(unsafe { Self::kept(address, bytes, keeper) })
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
        Arc::new(Self { address, len, _keeper: keeper })
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

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({:p}, {} bytes)", self.address, self.len)
    }
}
