//! The three functions that LLVM may call by itself, for copies and fills that it cannot unroll.
//!
//! Kernels call nothing outside themselves; these are no exception that they could see: the loader
//! appends a jump to each to every image.

use std::ffi::c_int;

/// A function that LLVM takes for granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builtin {
    /// Copy between places that do not overlap.
    Memcpy,
    /// Copy between places that may.
    Memmove,
    /// Fill with one byte.
    Memset,
}

impl Builtin {
    /// All of them, in the order of their stubs.
    pub(crate) const ALL: [Self; 3] = [Self::Memcpy, Self::Memmove, Self::Memset];

    /// LLVM's name for it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memcpy => "memcpy",
            Self::Memmove => "memmove",
            Self::Memset => "memset",
        }
    }

    /// Where it is in this process.
    pub(crate) fn address(self) -> u64 {
        let function = match self {
            Self::Memcpy => copy as *const (),
            Self::Memmove => shift as *const (),
            Self::Memset => fill as *const (),
        };
        function.addr() as u64
    }
}

/// # Safety
/// As C's `memcpy`.
unsafe extern "C" fn copy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the caller is compiled code, which keeps to the contract of `memcpy`.
    unsafe { std::ptr::copy_nonoverlapping(from, to, len) };
    to
}

/// # Safety
/// As C's `memmove`.
unsafe extern "C" fn shift(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: the caller is compiled code, which keeps to the contract of `memmove`.
    unsafe { std::ptr::copy(from, to, len) };
    to
}

/// # Safety
/// As C's `memset`.
unsafe extern "C" fn fill(to: *mut u8, byte: c_int, len: usize) -> *mut u8 {
    // SAFETY: the caller is compiled code, which keeps to the contract of `memset`; only the low
    // byte counts.
    unsafe { std::ptr::write_bytes(to, byte as u8, len) };
    to
}
