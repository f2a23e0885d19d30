//! What a device is: it compiles kernels, has memory, and runs the one on the other.

use std::fmt;
use std::sync::Arc;

use ir::{Kernel, ParameterKind};
use memory::{Layout, Scalar, in_words};

use crate::{Chosen, Storage};

/// A place where kernels run.
pub trait Device: Send + Sync + fmt::Debug {
    /// Its name for messages: `interpreter`, `cpu`.
    fn name(&self) -> &'static str;

    /// Make a kernel ready to run here.
    fn compile(&self, kernel: &Kernel) -> Result<Arc<dyn Executable>, DeviceError>;

    /// Memory for that many bytes, aligned for any element and not cleared.
    fn allocate(&self, bytes: usize) -> Result<Arc<Storage>, DeviceError>;
}

/// A kernel that a device made ready.
pub trait Executable: Send + Sync + fmt::Debug {
    /// Run it to its end. `interrupted` is asked now and then whether to give up.
    fn launch(
        &self,
        arguments: &[Argument],
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), DeviceError>;

    /// What [`Executable::launch_words`] takes words for; nothing where it always declines.
    fn parameters(&self) -> &[ParameterKind] {
        &[]
    }

    /// Run it over words: for an extent its length, for a scalar its bits, for a buffer the address
    /// of the element at index zero, then the bytes of each stride that may be any. The room has the
    /// first `words` of them and space for more; `bytes` is how many all buffers hold.
    ///
    /// Nothing if code is not ready, or would be other code for so many bytes, or there is no space:
    /// then nothing was begun, and [`Executable::launch`] is for it.
    ///
    /// # Safety
    ///
    /// The words are those of [`Executable::parameters`], each of its kind. Every buffer is aligned,
    /// has the strides that its type says and all elements that extents and strides imply, which stay
    /// until this returns; it may be written if the kernel writes it, and shares no memory with
    /// another then.
    unsafe fn launch_words(
        &self,
        _room: &mut [u64],
        _words: usize,
        _bytes: usize,
        _interrupted: &mut dyn FnMut() -> bool,
    ) -> Option<Result<(), DeviceError>> {
        None
    }

    /// The code for these arguments, if it would be the same for all with these extents and strides,
    /// however many threads there are.
    fn chosen(&self, _arguments: &[Argument]) -> Option<Arc<dyn Chosen>> {
        None
    }
}

/// What a kernel is given for one of its parameters.
#[derive(Clone, Debug)]
pub enum Argument {
    /// The length of an axis.
    Extent(i64),
    /// One value.
    Scalar(Scalar),
    /// Elements in memory.
    Buffer(Place),
}

/// Elements in memory.
#[derive(Clone, Debug)]
pub struct Place {
    storage: Arc<Storage>,
    layout: Arc<Layout>,
    shift: isize,
}

impl Place {
    /// Elements with this layout in a storage.
    ///
    /// # Panics
    ///
    /// When one of them would lie outside of the storage.
    pub fn new(storage: Arc<Storage>, layout: Layout) -> Self {
        Self::shifted(storage, Arc::new(layout), 0)
    }

    /// The same, so many bytes further on: one layout serves launches over many storages.
    ///
    /// # Panics
    ///
    /// As [`Place::new`].
    pub fn shifted(storage: Arc<Storage>, layout: Arc<Layout>, shift: isize) -> Self {
        if let Some(bounds) = layout.bounds() {
            let inside = |at: isize| at.checked_add(shift).filter(|&at| at >= 0);
            assert!(
                inside(bounds.start).is_some()
                    && inside(bounds.end).is_some_and(|end| end.cast_unsigned() <= storage.len()),
                "elements from byte {} to {}, moved by {shift}, in {storage:?}",
                bounds.start,
                bounds.end
            );
        }
        Self { storage, layout, shift }
    }

    /// Where the element at index zero lies.
    pub fn address(&self) -> *mut u8 {
        self.storage.address().wrapping_offset(self.layout.offset() + self.shift)
    }

    /// The layout that it was made with, before it was moved.
    pub(crate) fn unshifted(&self) -> &Layout {
        &self.layout
    }

    /// Bytes from one element to the next along each axis.
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// How many elements there are.
    pub fn count(&self) -> usize {
        self.layout.count()
    }

    /// How the elements lie in the storage.
    pub fn layout(&self) -> Layout {
        let layout = &self.layout;
        let offset = layout.offset() + self.shift;
        Layout::new(layout.dtype(), layout.shape(), layout.strides(), offset)
            .expect("all elements lie in the storage")
    }

    /// What keeps the memory.
    pub fn storage(&self) -> &Arc<Storage> {
        &self.storage
    }
}

/// Why a device did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceError {
    /// No room for that many bytes.
    OutOfMemory {
        /// How many were asked for.
        bytes: usize,
        /// What there is, in words; empty if nothing is known.
        why: String,
    },
    /// A check of the kernel did not hold.
    Check(i64),
    /// Somebody asked to give up.
    Interrupted,
    /// The kernel could not be made ready or run; in words.
    Failed(String),
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfMemory { bytes, why } => {
                f.write_str("no room")?;
                if *bytes > 0 {
                    write!(f, " for {} more", in_words(*bytes))?;
                }
                if !why.is_empty() {
                    write!(f, ": {why}")?;
                }
                f.write_str(
                    "\nhint: let arrays go that are no longer needed, compute in smaller pieces, or in a \
                     smaller type such as float32; abreast.memory() tells and sets what arrays have",
                )
            }
            Self::Check(code) => write!(f, "check {code} of a kernel failed"),
            Self::Interrupted => write!(f, "interrupted"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for DeviceError {}
