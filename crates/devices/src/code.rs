//! Code in memory: written once, then executable and never writable again.

use crate::object::{Image, LoadError};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// How a kernel is called: the frame of its parameters, and the range of blocks to run.
type Entry = unsafe extern "C" fn(frame: *const u64, begin: i64, end: i64) -> i64;

/// The code and the constants of one object; unmapped when the last kernel and launch drop it.
#[derive(Debug)]
pub struct Code {
    base: NonNull<u8>,
    len: usize,
    image: Image,
}

// SAFETY: the memory is never written after `load` and stays at one address until `drop`.
unsafe impl Send for Code {}
// SAFETY: as above; nothing in it changes.
unsafe impl Sync for Code {}

impl Code {
    /// Map an object file's code; refuses what is not for this machine.
    pub fn load(object: &[u8]) -> Result<Arc<Self>, LoadError> {
        let image = Image::read(object)?;
        if !image.is_native() {
            return Err(LoadError::Foreign(image.architecture().into()));
        }
        let len = image.len().max(1);
        // SAFETY: a fresh anonymous mapping at an address of the system's choice touches nothing
        // that exists.
        let base = unsafe {
            let access = ProtFlags::READ | ProtFlags::WRITE;
            mmap_anonymous(ptr::null_mut(), len, access, MapFlags::PRIVATE).map_err(refused)?
        };
        let base = NonNull::new(base.cast::<u8>()).expect("no mapping lies at zero");
        let code = Self { base, len, image };
        let bytes = code.image.at(base.as_ptr().addr() as u64)?;
        // SAFETY: `bytes` is at most `len` long, the mapping is ours alone and still writable.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), base.as_ptr(), bytes.len()) };
        code.protect(0, code.image.code(), MprotectFlags::READ | MprotectFlags::EXEC)?;
        code.protect(code.image.code(), len, MprotectFlags::READ)?;
        flush(base.as_ptr(), code.image.code());
        Ok(Arc::new(code))
    }

    fn protect(&self, begin: usize, end: usize, access: MprotectFlags) -> Result<(), LoadError> {
        if begin >= end {
            return Ok(());
        }
        // SAFETY: the range lies in this mapping; nobody has a reference into it, and nothing
        // writes there any more.
        unsafe {
            let address = self.base.as_ptr().add(begin).cast::<c_void>();
            mprotect(address, end - begin, access).map_err(refused)
        }
    }

    /// The kernel of this name.
    pub fn kernel(self: &Arc<Self>, name: &str) -> Result<Kernel, LoadError> {
        let at = self.image.symbol(name)?;
        // SAFETY: `symbol` answers only with places inside the code.
        let address = unsafe { self.base.as_ptr().add(at) }.cast::<c_void>();
        // SAFETY: what the assembler made of a kernel has this signature: `Kernel` says so to
        // whoever calls it. The address is not null and executable as long as `code` lives.
        let entry = unsafe { std::mem::transmute::<*mut c_void, Entry>(address) };
        Ok(Kernel { entry, code: self.clone() })
    }

    /// A function of any signature, which only other code calls.
    pub fn function(self: &Arc<Self>, name: &str) -> Result<Function, LoadError> {
        Ok(Function { address: self.kernel(name)?.entry as *const (), code: self.clone() })
    }

    /// Names of all that can be asked for.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.image.names()
    }

    /// Bytes in memory.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no code at all.
    pub fn is_empty(&self) -> bool {
        self.image.is_empty()
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours; no kernel is left that could run in it, because each holds
        // an `Arc` of this. Failing leaks it, which is harmless.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
    }
}

fn refused(error: rustix::io::Errno) -> LoadError {
    LoadError::Memory(format!(
        "{error}\nhint: compiled kernels need memory that may be executed; some systems forbid that"
    ))
}

/// Let the instruction fetch see what was written as data.
#[cfg(target_arch = "aarch64")]
fn flush(start: *mut u8, len: usize) {
    // Both caches are cleaned in steps of 16 bytes, not larger than any line: slower, and right on
    // every machine. Loading code is rare.
    for offset in (0..len).step_by(16) {
        // SAFETY: the address lies in a mapping that can be read; the instruction changes no data.
        unsafe {
            let line = start.add(offset);
            std::arch::asm!("dc cvau, {0}", in(reg) line, options(nostack, preserves_flags));
        }
    }
    // SAFETY: barriers change no data.
    unsafe { std::arch::asm!("dsb ish", options(nostack, preserves_flags)) };
    for offset in (0..len).step_by(16) {
        // SAFETY: as above.
        unsafe {
            let line = start.add(offset);
            std::arch::asm!("ic ivau, {0}", in(reg) line, options(nostack, preserves_flags));
        }
    }
    // SAFETY: barriers change no data.
    unsafe { std::arch::asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
}

/// On x86-64 instructions are fetched coherently.
#[cfg(not(target_arch = "aarch64"))]
fn flush(_start: *mut u8, _len: usize) {}

/// A function of loaded code that runs blocks of a kernel; keeps the code in memory.
#[derive(Debug, Clone)]
pub struct Kernel {
    entry: Entry,
    code: Arc<Code>,
}

impl Kernel {
    /// Run the blocks `begin..end` on this thread; zero, or the code of a check that failed.
    ///
    /// # Safety
    /// The code was made from a kernel with the signature of design note 0009, by an assembler that
    /// is right. `frame` holds what its parameters ask for, one word each, in order. Every buffer
    /// named there is alive, has the size that extents and strides imply, is written by nobody else
    /// during the call if the kernel reads it, and touched by nobody else where the kernel writes.
    pub unsafe fn call(&self, frame: &[u64], begin: i64, end: i64) -> i64 {
        // SAFETY: the code is mapped as long as `self`; the rest is what the caller promises.
        unsafe { (self.entry)(frame.as_ptr(), begin, end) }
    }

    /// Where its code lies: a number that no other kernel has while this one lives.
    pub(crate) fn address(&self) -> usize {
        self.entry as usize
    }

    /// The code that it is part of.
    pub fn code(&self) -> &Arc<Code> {
        &self.code
    }
}

/// A function of loaded code that other code calls by its address; keeps the code in memory.
#[derive(Debug, Clone)]
pub struct Function {
    address: *const (),
    code: Arc<Code>,
}

// SAFETY: an address in memory that is never written again, and what keeps it.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Function {
    /// Where it begins.
    pub fn address(&self) -> *const () {
        self.address
    }

    /// The code that it is part of.
    pub fn code(&self) -> &Arc<Code> {
        &self.code
    }
}
