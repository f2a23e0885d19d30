//! Memory for buffers, kept for the next buffer when one is dropped.
//!
//! To write memory that the system hands out afresh costs several times as much as to write memory
//! that was used before. So what is dropped is kept, up to a bound; and large pieces are made of huge
//! pages. Measured, in milliseconds to write all of it once:
//!
//! | | 2 MiB | 16 MiB | 64 MiB | 400 MiB |
//! |---|---|---|---|---|
//! | fresh, small pages | 0.54 | 5.2 | 31 | 286 |
//! | fresh, huge pages | 0.10 | 1.0 | 10 | 144 |
//! | used before | 0.04 | 0.6 | 7 | 70 |
//!
//! Kept pieces go back to the system when they exceed the bound (the oldest first), when nobody
//! wanted them for a minute, when the machine runs short of memory, and before anybody is told
//! that there is none.

mod class;
mod pressure;
mod shelf;
mod system;

pub(crate) use system::Piece;

use crate::allocator::pressure::available;
use crate::allocator::shelf::Shelf;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, TryLockError};
use std::time::{Duration, Instant};

/// A fresh piece from this size on is preceded by a look at what the machine has left.
const LOOK: usize = 16 << 20;
/// What must be left free beside such a piece, or kept pieces are given back.
const RESERVE: u64 = 64 << 20;
/// How long a piece is kept that nobody wants.
const IDLE: Duration = Duration::from_secs(60);
/// Longest that anybody holds the shelf, very generously.
const HELD: Duration = Duration::from_secs(1);

/// There is not enough memory, also after everything kept was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfMemory {
    /// Bytes that were asked for.
    pub asked: usize,
    /// Bytes in buffers.
    pub used: usize,
    /// Most bytes that buffers may have.
    pub limit: usize,
    /// What the machine had left, if that is why.
    pub available: Option<u64>,
}

impl OutOfMemory {
    /// What there is, in words.
    pub fn why(&self) -> String {
        let used = in_words(self.used);
        match self.available {
            Some(left) => {
                format!("arrays have {used}, and {} are free", in_words(left as usize))
            }
            None if self.limit < usize::MAX => {
                let free = in_words(self.limit.saturating_sub(self.used));
                format!(
                    "arrays have {used} of the {} that they may have, and {free} are free",
                    in_words(self.limit)
                )
            }
            None => format!("arrays have {used}, and the system gives no more"),
        }
    }
}

/// So many bytes in a unit of which there are not too many.
pub fn in_words(bytes: usize) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let (mut number, mut rank) = (bytes as f64 / 1024.0, 0);
    if number < 1.0 {
        return format!("{bytes} bytes");
    }
    // What would be written as 1024.0 is one of the next.
    while number >= 1023.95 && rank + 1 < units.len() {
        (number, rank) = (number / 1024.0, rank + 1);
    }
    format!("{number:.1} {}", units[rank])
}

impl fmt::Display for OutOfMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "no memory for an array of {}: {}\nhint: delete arrays that are not needed any more, or \
             work in smaller pieces",
            in_words(self.asked),
            self.why()
        )
    }
}

impl std::error::Error for OutOfMemory {}

/// What an allocator has, and what it did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in buffers.
    pub used: usize,
    /// Most bytes there ever were in buffers.
    pub peak: usize,
    /// Bytes kept for the next buffers.
    pub kept: usize,
    /// Buffers made of fresh memory.
    pub fresh: u64,
    /// Buffers made of kept memory.
    pub reused: u64,
}

/// Hands out memory, and keeps it when it comes back.
#[derive(Debug)]
pub struct Allocator {
    limit: AtomicUsize,
    keep: AtomicUsize,
    used: AtomicUsize,
    peak: AtomicUsize,
    fresh: AtomicU64,
    reused: AtomicU64,
    shelf: Mutex<Shelf>,
    available: fn() -> Option<u64>,
}

/// The allocator of this process.
pub fn allocator() -> &'static Allocator {
    static ALLOCATOR: OnceLock<Allocator> = OnceLock::new();
    ALLOCATOR.get_or_init(|| {
        let quarter = pressure::total().map_or(1 << 30, |total| total as usize / 4);
        Allocator::new(usize::MAX, quarter, available)
    })
}

impl Allocator {
    /// At most `limit` bytes in buffers and `keep` bytes kept; `available` tells what the machine
    /// has left.
    pub const fn new(limit: usize, keep: usize, available: fn() -> Option<u64>) -> Self {
        Self {
            limit: AtomicUsize::new(limit),
            keep: AtomicUsize::new(keep),
            used: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
            fresh: AtomicU64::new(0),
            reused: AtomicU64::new(0),
            shelf: Mutex::new(Shelf::new()),
            available,
        }
    }

    /// Change the bounds; what is kept beyond them goes back at once.
    pub fn bound(&self, limit: usize, keep: usize) {
        self.limit.store(limit, Ordering::Relaxed);
        self.keep.store(keep, Ordering::Relaxed);
        self.trim(keep);
    }

    /// Most bytes in buffers, and most bytes kept.
    pub fn bounds(&self) -> (usize, usize) {
        (self.limit.load(Ordering::Relaxed), self.keep.load(Ordering::Relaxed))
    }

    /// Bytes that buffers may still have, where they are bounded.
    pub fn room(&self) -> Option<usize> {
        let limit = self.limit.load(Ordering::Relaxed);
        (limit != usize::MAX).then(|| limit.saturating_sub(self.used.load(Ordering::Relaxed)))
    }

    /// Whether memory of somebody else may stand for a buffer: an array that is not counted must not be larger
    /// than one that is.
    pub fn admit(&self, bytes: usize) -> Result<(), OutOfMemory> {
        match self.room() {
            Some(room) if bytes > room => Err(self.refuse(bytes, None)),
            _ => Ok(()),
        }
    }

    /// Count the peak from what is in buffers now.
    pub fn reset_peak(&self) {
        self.peak.store(self.used.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Give kept memory back until at most `keep` bytes are left; how many bytes went.
    pub fn trim(&self, keep: usize) -> usize {
        let gone = self.hold().map(|mut shelf| shelf.shrink(keep)).unwrap_or_default();
        let bytes = gone.iter().map(Piece::len).sum();
        release(gone);
        bytes
    }

    /// What it has and did.
    pub fn usage(&self) -> Usage {
        Usage {
            used: self.used.load(Ordering::Relaxed),
            peak: self.peak.load(Ordering::Relaxed),
            kept: self.hold().map_or(0, |shelf| shelf.bytes()),
            fresh: self.fresh.load(Ordering::Relaxed),
            reused: self.reused.load(Ordering::Relaxed),
        }
    }

    /// A piece of at least `len` bytes, with any contents.
    pub(crate) fn take(&self, len: usize) -> Result<Piece, OutOfMemory> {
        let size = class::size(len).ok_or_else(|| self.refuse(len, self.left()))?;
        let kept = self.hold().and_then(|mut shelf| shelf.take(size));
        let asked = kept.as_ref().map_or(size, Piece::len);
        if let Err(refusal) = self.enter(asked, len) {
            if let Some(piece) = kept {
                self.keep(piece);
            }
            return Err(refusal);
        }
        if let Some(piece) = kept {
            self.reused.fetch_add(1, Ordering::Relaxed);
            return Ok(piece);
        }
        let piece = self.make(size).map_err(|available| {
            // Not counted any more, so that it is not told among what arrays have.
            self.used.fetch_sub(asked, Ordering::Relaxed);
            self.refuse(len, available)
        })?;
        self.fresh.fetch_add(1, Ordering::Relaxed);
        Ok(piece)
    }

    /// Take a piece back.
    ///
    /// # Safety
    /// It came from `take` of this allocator, was not given back before, and nobody uses its memory.
    pub(crate) unsafe fn put(&self, piece: Piece) {
        self.used.fetch_sub(piece.len(), Ordering::Relaxed);
        self.keep(piece);
    }

    /// Count `size` more bytes as used, if the limit allows.
    fn enter(&self, size: usize, len: usize) -> Result<(), OutOfMemory> {
        let limit = self.limit.load(Ordering::Relaxed);
        let add = |used: usize| used.checked_add(size).filter(|&sum| sum <= limit);
        match self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add) {
            Ok(before) => {
                self.peak.fetch_max(before + size, Ordering::Relaxed);
                Ok(())
            }
            Err(_) => Err(self.refuse(len, None)),
        }
    }

    /// What the machine has left; `None` where arrays may not have all of it.
    fn left(&self) -> Option<u64> {
        (self.limit.load(Ordering::Relaxed) == usize::MAX).then(self.available).flatten()
    }

    /// Fresh memory, or what is left; gives back what is kept before it refuses.
    fn make(&self, size: usize) -> Result<Piece, Option<u64>> {
        if size >= LOOK
            && let Some(left) = (self.available)()
            && left < size as u64 + RESERVE
        {
            self.trim(0);
            let left = (self.available)().unwrap_or(u64::MAX);
            if left < size as u64 {
                return Err(Some(left));
            }
        }
        if let Some(piece) = Piece::new(size) {
            return Ok(piece);
        }
        self.trim(0);
        Piece::new(size).ok_or_else(|| (self.available)())
    }

    fn refuse(&self, asked: usize, available: Option<u64>) -> OutOfMemory {
        let (used, limit) = (self.used.load(Ordering::Relaxed), self.limit.load(Ordering::Relaxed));
        OutOfMemory { asked, used, limit, available }
    }

    /// Put a piece on the shelf, and take off what is too much or too old.
    fn keep(&self, piece: Piece) {
        let keep = self.keep.load(Ordering::Relaxed);
        let Some(mut shelf) = self.hold() else { return release(vec![piece]) };
        let now = Instant::now();
        shelf.put(piece, now);
        let mut gone = shelf.shrink(keep);
        gone.extend(shelf.expire(now, IDLE));
        drop(shelf);
        // Outside of the lock: to give memory back takes long.
        release(gone);
    }

    /// Hold the shelf. `None` if nobody will ever let go of it: another thread held it at the
    /// moment when this process was forked off.
    fn hold(&self) -> Option<MutexGuard<'_, Shelf>> {
        let mut since = None;
        loop {
            match self.shelf.try_lock() {
                Ok(guard) => return Some(guard),
                Err(TryLockError::Poisoned(broken)) => return Some(broken.into_inner()),
                Err(TryLockError::WouldBlock) => {
                    if since.get_or_insert_with(Instant::now).elapsed() > HELD {
                        return None;
                    }
                    std::thread::yield_now();
                }
            }
        }
    }
}

fn release(pieces: Vec<Piece>) {
    for piece in pieces {
        // SAFETY: the piece was on the shelf, or on its way there: nobody else has it.
        unsafe { piece.free() };
    }
}
