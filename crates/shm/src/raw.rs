//! Somebody else's memory, on its way into shared memory.

/// Bytes that are copied or compared, never referred to.
///
/// The memory belongs to an object of another language, whose threads may write to it at any time.
/// So no reference is made; a copy taken while somebody writes holds some mixture of old and new.
#[derive(Clone, Copy, Debug)]
pub struct Raw {
    address: *const u8,
    len: usize,
}

// SAFETY: an address and a length; whoever makes one promises that the memory stays, on any thread.
unsafe impl Send for Raw {}
// SAFETY: as above.
unsafe impl Sync for Raw {}

impl Raw {
    /// `len` bytes at `address`.
    ///
    /// # Safety
    /// They can be read as long as this value or a copy of it is used.
    pub unsafe fn new(address: *const u8, len: usize) -> Self {
        Self { address, len }
    }

    /// Bytes that nobody changes meanwhile.
    pub fn of(bytes: &[u8]) -> RawOf<'_> {
        RawOf { raw: Self { address: bytes.as_ptr(), len: bytes.len() }, _bytes: bytes }
    }

    /// Where it starts.
    pub fn address(self) -> usize {
        self.address.addr()
    }

    /// How long it is.
    pub fn len(self) -> usize {
        self.len
    }

    /// Whether there is nothing.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Append a copy of all of it to `target`.
    pub fn append_to(self, target: &mut Vec<u8>) {
        target.reserve(self.len);
        // SAFETY: the target has room for `len` bytes after its length, which are its own; after
        // the copy they are initialised.
        unsafe {
            self.copy_to(target.as_mut_ptr().add(target.len()));
            target.set_len(target.len() + self.len);
        }
    }

    /// Copy all of it to `target`, with several threads when it is long.
    ///
    /// # Safety
    /// `target` has room for `len` bytes, apart from this memory.
    pub(crate) unsafe fn copy_to(self, target: *mut u8) {
        let (from, to) = (Place(self.address.cast_mut()), Place(target));
        in_parts(self.len, |start, len| {
            // SAFETY: parts are inside both memories, which exist and do not overlap.
            unsafe { std::ptr::copy_nonoverlapping(from.at(start), to.at(start), len) };
            true
        });
    }

    /// Whether the bytes at `other` are the same.
    ///
    /// # Safety
    /// `len` bytes can be read there.
    pub(crate) unsafe fn equals(self, other: *const u8) -> bool {
        let (one, other) = (Place(self.address.cast_mut()), Place(other.cast_mut()));
        in_parts(self.len, |start, len| {
            // For `memcmp`, of no bytes too there has to be memory.
            len == 0
                // SAFETY: parts are inside both memories, which exist; `memcmp` only reads.
                || unsafe { libc::memcmp(one.at(start).cast(), other.at(start).cast(), len) == 0 }
        })
    }
}

/// A [`Raw`] that borrows what it stands for.
#[derive(Clone, Copy, Debug)]
pub struct RawOf<'bytes> {
    raw: Raw,
    _bytes: &'bytes [u8],
}

impl std::ops::Deref for RawOf<'_> {
    type Target = Raw;
    fn deref(&self) -> &Raw {
        &self.raw
    }
}

/// An address that several threads use, each its part of what stands there.
#[derive(Clone, Copy)]
struct Place(*mut u8);

// SAFETY: an address; what is done with it is argued where it is done.
unsafe impl Sync for Place {}

impl Place {
    /// # Safety
    /// `offset` stays within the memory that the address is of.
    unsafe fn at(&self, offset: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { self.0.add(offset) }
    }
}

/// Below this, starting threads costs more than they save.
const PARALLEL_FROM: usize = 16 << 20;
/// More threads than this do not move memory faster.
const MOST_THREADS: usize = 4;
/// A part is looked at in steps, so that the first difference ends a comparison.
const STEP: usize = 1 << 20;

/// Do `work(start, len)` over all of `len` bytes, until it answers false; whether it never did.
fn in_parts(len: usize, work: impl Fn(usize, usize) -> bool + Sync) -> bool {
    let steps = &|range: std::ops::Range<usize>| {
        range.clone().step_by(STEP).all(|start| work(start, STEP.min(range.end - start)))
    };
    // The first step alone: what differs mostly differs at once.
    let first = len.min(STEP);
    if !work(0, first) {
        return false;
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
    if len < PARALLEL_FROM || threads == 1 {
        return steps(first..len);
    }
    let share = (len - first).div_ceil(threads).next_multiple_of(4096);
    let part =
        &|thread: usize| (first + thread * share).min(len)..(first + (thread + 1) * share).min(len);
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .map(|thread| {
                let builder = std::thread::Builder::new();
                builder.spawn_scoped(scope, move || {
                    crate::os::block_signals();
                    steps(part(thread))
                })
            })
            .collect();
        let mut all = steps(part(0));
        for (thread, other) in (1..).zip(others) {
            // A system that gives no thread: its part is done here.
            all &= other.map_or_else(|_| steps(part(thread)), |it| it.join().unwrap_or(false));
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_compares_at_every_size() {
        let sizes = [0, 1, 4095, STEP, STEP + 1, PARALLEL_FROM + 12_345];
        for &len in if cfg!(miri) { &sizes[..3] } else { &sizes[..] } {
            let source: Vec<u8> = (0..len).map(|at| (at * 31 % 251) as u8).collect();
            let mut target = vec![0; len];
            // SAFETY: the target has the same length.
            unsafe { Raw::of(&source).copy_to(target.as_mut_ptr()) };
            assert!(source == target);
            // SAFETY: as above.
            assert!(unsafe { Raw::of(&source).equals(target.as_ptr()) });
            for at in [0, len / 2, len.saturating_sub(1)] {
                if let Some(byte) = target.get_mut(at) {
                    *byte ^= 1;
                    // SAFETY: as above.
                    assert!(!unsafe { Raw::of(&source).equals(target.as_ptr()) });
                    target[at] ^= 1;
                }
            }
        }
    }
}
