//! Memory that arrays lie in.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

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
