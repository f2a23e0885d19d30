//! A region of shared memory out of which one process hands out extents.

use crate::extent::{Extent, Extents};
use crate::files::{Files, REGION, SPILL_REGION, Span};
use crate::head::{HEAD, Head};
use crate::ranges::Ranges;
use crate::{Mapping, Raw, os};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};

/// Small extents from this size on have their memory reserved before they are written.
const RESERVE_FROM: u64 = 1 << 20;
/// Free memory kept between small extents.
const KEEP_SMALL: u64 = 64 << 20;
const PAGE: u64 = 4096;
const HUGE: u64 = os::HUGE_PAGE as u64;
const LINE: u64 = 64;

/// Memory of one owner, read by others.
///
/// The owner allocates and frees; others learn of an extent by a message. There are two kinds:
/// small ones, which others copy out while the owner keeps them, and **placed** ones, whole pages
/// that others map. The region is sparse: it costs address space until it is written. Memory that
/// was written is kept for reuse, within bounds, for fresh pages cost ten times what used ones do.
#[derive(Debug)]
pub struct Arena {
    files: Arc<Files>,
    region: u64,
    /// From the region's head on.
    mapping: Arc<Mapping>,
    head: Head,
    /// The parent's head, with the books of all.
    budget: Head,
    book: Mutex<Book>,
}

#[derive(Debug)]
struct Book {
    small: Extents,
    /// Bytes freed since memory between small extents was last given back.
    small_kept: u64,
    pages: Extents,
    /// As `pages`, for those that fill huge ones.
    huge: Extents,
    /// Pages that have memory.
    warm: Ranges,
    spilled: Option<Extents>,
}

/// A placed extent.
#[derive(Clone, Copy, Debug)]
pub struct Placed {
    /// Where it is, with the length that was asked for.
    pub span: Span,
    /// Whether its memory is new, and not used again.
    pub fresh: bool,
    extent: Extent,
}

impl Arena {
    /// The arena over region `region`; with as much of its address space as can be had.
    ///
    /// # Errors
    /// Those of the operating system when not even a little can be had.
    pub(crate) fn new(files: Arc<Files>, region: u64, budget: Option<Head>) -> io::Result<Self> {
        let mut len = 1_u64 << 38;
        let mapping = loop {
            match Mapping::new(files.descriptors().0, region * REGION, len as usize) {
                Err(_) if len > 1 << 26 => len /= 4,
                result => break Arc::new(result?),
            }
        };
        let head = Head::new(mapping.clone());
        let book = Book {
            small: Extents::new(HEAD..len / 8, LINE),
            small_kept: 0,
            pages: Extents::new(len / 8..len / 2, PAGE),
            huge: Extents::new(len / 2..len, HUGE),
            warm: Ranges::default(),
            spilled: files.spills(region).then(|| Extents::new(0..SPILL_REGION, PAGE)),
        };
        let budget = budget.unwrap_or_else(|| head.clone());
        Ok(Self { files, region, mapping, head, budget, book: Mutex::new(book) })
    }

    /// Take `len` bytes for a small extent.
    ///
    /// # Errors
    /// `OutOfMemory` when the region, or the machine, has no room for them.
    pub fn allocate(&self, len: usize) -> io::Result<Extent> {
        let extent = self.book().small.allocate(len as u64).ok_or_else(|| self.full(len))?;
        if extent.len >= RESERVE_FROM && self.reserve(extent).is_err() {
            self.free(extent);
            return Err(self.full(len));
        }
        Ok(extent)
    }

    /// Put a copy of `bytes` into a fresh small extent.
    pub fn store(&self, bytes: &[u8]) -> io::Result<Extent> {
        let extent = self.allocate(bytes.len())?;
        self.mapping.write(extent.offset as usize, bytes);
        Ok(extent)
    }

    /// Give a small extent back.
    pub fn free(&self, extent: Extent) {
        let mut book = self.book();
        book.small.free(extent);
        book.small_kept += extent.len;
        if book.small_kept > KEEP_SMALL {
            self.trim_small(&mut book);
        }
    }

    /// Put a copy of `source`, which is not empty, where others can map it.
    ///
    /// # Errors
    /// `OutOfMemory` when memory is full or its bound reached, and nothing can spill.
    pub fn place(&self, source: Raw) -> io::Result<Placed> {
        let len = source.len() as u64;
        if self.take(len.next_multiple_of(PAGE)) {
            match self.place_in_memory(source) {
                Ok(placed) => return Ok(placed),
                Err(_) => self.give(len.next_multiple_of(PAGE)),
            }
        }
        self.spill(source)
    }

    fn place_in_memory(&self, source: Raw) -> io::Result<Placed> {
        let len = source.len() as u64;
        let full = || self.full(source.len());
        let (extent, warm) = {
            let mut book = self.book();
            let extent = book.of(len).allocate(len).ok_or_else(full)?;
            (extent, book.warm.covers(&range(extent, len)))
        };
        if !warm {
            if self.warm_up(extent, len).is_err() {
                let mut book = self.book();
                book.of(len).free(extent);
                self.trim_pages(&mut book, 0);
                return Err(full());
            }
            self.book().warm.insert(range(extent, len));
        }
        self.mapping.fill(extent.offset as usize, source);
        let span = Span::new(self.region, extent.offset, len, false);
        Ok(Placed { span, fresh: !warm, extent })
    }

    /// Have memory for the first `len` bytes of `extent`, in huge pages as far as they go: these are
    /// read half as fast again as small ones, and mapped in no time.
    fn warm_up(&self, extent: Extent, len: u64) -> io::Result<()> {
        let (start, file) = (self.region * REGION + extent.offset, self.files.descriptors().0);
        let huge = len / HUGE * HUGE;
        if huge > 0 {
            // A huge page is made of one that has its first small page at least.
            for chunk in (0..huge).step_by(HUGE as usize) {
                os::reserve(file, start + chunk, PAGE)?;
            }
            self.mapping.collapse(extent.offset as usize, huge as usize);
        }
        let pages = len.next_multiple_of(PAGE);
        os::reserve(file, start, pages)?;
        // A fault a page would be slower.
        self.mapping.populate(extent.offset as usize, pages as usize);
        Ok(())
    }

    fn spill(&self, source: Raw) -> io::Result<Placed> {
        let full = || self.full(source.len());
        let len = source.len() as u64;
        let extent = {
            let mut book = self.book();
            let spilled = book.spilled.as_mut();
            spilled.and_then(|spilled| spilled.allocate(len)).ok_or_else(full)?
        };
        let span = Span::new(self.region, extent.offset, len, true);
        let placed = Placed { span, fresh: true, extent };
        let written = self.files.find(span).and_then(|(file, offset)| {
            // Reserved first: a full disk is an error here, and a signal later.
            os::reserve(file, offset, extent.len)?;
            Mapping::new(file, offset, extent.len as usize)
        });
        let Ok(mapping) = written else {
            self.free_placed(placed);
            return Err(full());
        };
        mapping.fill(0, source);
        Ok(placed)
    }

    /// Give a placed extent back.
    pub fn free_placed(&self, placed: Placed) {
        if !placed.span.is_spilled() {
            self.give(placed.span.len.next_multiple_of(PAGE));
        }
        self.free_settled(placed);
    }

    /// Give a placed extent back that is counted as free already.
    pub(crate) fn free_settled(&self, placed: Placed) {
        let Placed { span, extent, .. } = placed;
        let mut book = self.book();
        if span.is_spilled() {
            book.spilled.iter_mut().for_each(|spilled| {
                spilled.free(extent);
            });
            self.files.discard(Span { len: extent.len, ..span });
            return;
        }
        book.of(span.len).free(extent);
        let keep = self.budget.keep().load(Ordering::Relaxed);
        self.trim_pages(&mut book, keep);
    }

    /// Whether `other` is what stands in the placed extent.
    pub(crate) fn holds(&self, span: Span, other: Raw) -> bool {
        !span.is_spilled()
            && span.len as usize == other.len()
            && self.mapping.holds((span.start - self.region * REGION) as usize, other)
    }

    /// Give the memory of everything free back to the system.
    pub fn trim(&self) {
        let mut book = self.book();
        self.trim_small(&mut book);
        self.trim_pages(&mut book, 0);
    }

    fn trim_small(&self, book: &mut Book) {
        if std::mem::take(&mut book.small_kept) == 0 {
            return;
        }
        for free in book.small.free_ranges() {
            let start = free.offset.next_multiple_of(PAGE);
            let end = (free.offset + free.len) / PAGE * PAGE;
            if start < end {
                self.discard(start..end);
            }
        }
    }

    /// Give free pages back until no more than `keep` bytes are left, the highest first.
    fn trim_pages(&self, book: &mut Book, keep: u64) {
        let excess = |book: &Book| {
            book.warm.total().saturating_sub(book.pages.in_use() + book.huge.in_use() + keep)
        };
        if excess(book) == 0 {
            return;
        }
        let free: Vec<_> = book.pages.free_ranges().map(|it| (it, PAGE)).collect();
        let huge: Vec<_> = book.huge.free_ranges().map(|it| (it, HUGE)).collect();
        for (extent, granule) in free.into_iter().chain(huge).rev() {
            // What stays is the lowest, which is what is taken first.
            let range = extent.offset..extent.offset + extent.len;
            loop {
                let most = excess(book);
                if most == 0 {
                    return;
                }
                let Some(last) = book.warm.remove_last(&range, most, granule) else { break };
                self.discard(last);
            }
        }
    }

    fn discard(&self, range: std::ops::Range<u64>) {
        self.files.discard(Span::new(self.region, range.start, range.end - range.start, false));
    }

    fn reserve(&self, extent: Extent) -> io::Result<()> {
        os::reserve(self.files.descriptors().0, self.region * REGION + extent.offset, extent.len)
    }

    /// Count `len` bytes more as used, if the bound allows.
    fn take(&self, len: u64) -> bool {
        let limit = self.budget.limit().load(Ordering::Relaxed);
        let fits = self.budget.used().fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(len).filter(|&used| used <= limit)
        });
        if fits.is_ok() {
            self.head.own().fetch_add(len, Ordering::Relaxed);
        }
        fits.is_ok()
    }

    /// In this order, and `take` in the other one: a process that dies in between leaves `used` too
    /// high, never too low.
    fn give(&self, len: u64) {
        self.head.own().fetch_sub(len, Ordering::Relaxed);
        self.budget.used().fetch_sub(len, Ordering::Relaxed);
    }

    fn full(&self, len: usize) -> io::Error {
        let [used, limit] = [self.budget.used(), self.budget.limit()]
            .map(|it| it.load(Ordering::Relaxed) as f64 / f64::from(1 << 20));
        let needed = len as f64 / f64::from(1 << 20);
        io::Error::new(
            io::ErrorKind::OutOfMemory,
            format!(
                "shared memory is full: {needed:.1} MiB more are needed, {used:.1} MiB are in use, \
                 {limit:.1} MiB is the bound"
            ),
        )
    }

    /// The memory, for reading and writing small extents.
    pub fn mapping(&self) -> &Arc<Mapping> {
        &self.mapping
    }

    /// Where small extents end.
    pub fn small_len(&self) -> u64 {
        self.mapping.len() as u64 / 8
    }

    /// Bytes handed out.
    pub fn in_use(&self) -> u64 {
        let book = self.book();
        let spilled = book.spilled.as_ref().map_or(0, Extents::in_use);
        book.small.in_use() + book.pages.in_use() + book.huge.in_use() + spilled
    }

    /// Bytes in use in the file.
    pub fn spilled(&self) -> u64 {
        self.book().spilled.as_ref().map_or(0, Extents::in_use)
    }

    /// Bytes of pages that have memory, in use or kept.
    pub fn warm(&self) -> u64 {
        self.book().warm.total()
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no panic while an arena's book is open")
    }
}

impl Book {
    /// Where extents of `len` bytes come from.
    fn of(&mut self, len: u64) -> &mut Extents {
        if len < HUGE { &mut self.pages } else { &mut self.huge }
    }
}

/// The pages of the first `len` bytes of `extent`.
fn range(extent: Extent, len: u64) -> std::ops::Range<u64> {
    extent.offset..extent.offset + len.next_multiple_of(PAGE)
}
