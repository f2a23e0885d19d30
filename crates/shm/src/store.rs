//! The shared memory of a process and its workers: what stands there, and who holds it.

use crate::arena::{Arena, Placed};
use crate::files::{Files, REGION, SPILL_REGION, Span};
use crate::head::{HEAD, Head};
use crate::view::View;
use crate::{Mapping, Raw, Window};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

/// What is placed once and read by many. One for a process, whatever its pools.
///
/// An extent lives as long as somebody here has its [`Loan`] or some worker pins it; the one who
/// finds that nobody does gives it back to its owner.
#[derive(Debug)]
pub struct Store {
    files: Arc<Files>,
    arena: Arena,
    regions: Arc<Regions>,
    books: Mutex<Shelf>,
    /// How many loans there are.
    loans: AtomicU64,
    tally: Tally,
}

/// What outlives the store where results of a worker that has ended do.
#[derive(Debug, Default)]
struct Regions {
    /// Which are free again, and the first that never was in use; region 0 is the parent's.
    free: Mutex<(BTreeSet<u64>, u64)>,
    /// This is a forked child, and all of it belongs to another process.
    disarmed: AtomicBool,
}

impl Regions {
    /// The lowest that is free: the file has room for few.
    fn take(&self) -> u64 {
        let mut free = self.free.lock().expect("regions");
        free.0.pop_first().unwrap_or_else(|| {
            free.1 += 1;
            free.1
        })
    }

    fn give_back(&self, region: u64) {
        self.free.lock().expect("regions").0.insert(region);
    }

    fn is_disarmed(&self) -> bool {
        self.disarmed.load(Ordering::Relaxed)
    }
}

#[derive(Debug, Default)]
struct Shelf {
    tenants: Vec<Weak<Tenant>>,
    /// Given up here, and pinned by a worker.
    pinned: Vec<Owned>,
    /// Views of this process, by address: length, and what they show.
    views: BTreeMap<usize, (usize, Weak<Loan>, Span)>,
    /// Where copies of this process's own memory stand, by address and length.
    copies: HashMap<(usize, usize), Weak<Loan>>,
}

/// What happened so far; bytes, unless said otherwise.
#[derive(Debug, Default)]
pub struct Tally {
    /// Copied into memory that was used before.
    pub reused: AtomicU64,
    /// Copied into fresh memory.
    pub fresh: AtomicU64,
    /// Copied into the file, because memory had reached its bound.
    pub spilled: AtomicU64,
    /// Passed on as they stand in shared memory.
    pub passed: AtomicU64,
    /// Results that came back in shared memory.
    pub returned: AtomicU64,
    /// Most bytes in use at one time.
    pub peak: AtomicU64,
}

/// A worker's region, as the parent sees it.
pub struct Tenant {
    files: Arc<Files>,
    region: u64,
    head: Head,
    budget: Head,
    regions: Arc<Regions>,
    lent: Mutex<Lent>,
    /// Wakes the worker, if it sleeps.
    wake: Box<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Tenant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tenant").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Bytes given back for which a worker that sleeps is woken: it keeps no more than it may.
const WAKE_FROM: u64 = 64 << 20;

/// What a worker has lent and the parent has not given back: where it begins, and its length.
#[derive(Debug, Default)]
struct Lent {
    spans: BTreeMap<u64, u64>,
    /// The worker has ended: nobody else keeps its books.
    ended: bool,
    /// Bytes given back since the worker was last woken for that.
    unheard: u64,
}

/// An extent that is in use; given back with the last of these.
#[derive(Debug)]
pub struct Loan {
    store: Arc<Store>,
    owned: Mutex<Option<Owned>>,
    span: Span,
}

#[derive(Debug)]
enum Owned {
    Here(Placed),
    There { tenant: Arc<Tenant>, span: Span, lease: u32 },
}

impl Owned {
    fn base(&self) -> u64 {
        match self {
            Self::Here(placed) => placed.span.base,
            Self::There { span, .. } => span.base,
        }
    }
}

impl Store {
    /// An empty store: a descriptor or two, and address space.
    ///
    /// `limit`: most bytes in use in memory; `keep`: most free bytes kept for reuse, by each
    /// process; `folder`: where the file is that takes what exceeds the limit.
    pub fn new(limit: u64, keep: u64, folder: Option<&Path>) -> io::Result<Arc<Self>> {
        let files = Arc::new(Files::create(folder)?);
        let arena = Arena::new(files.clone(), 0, None)?;
        let store = Self {
            files,
            arena,
            regions: Arc::default(),
            books: Mutex::default(),
            loans: AtomicU64::new(0),
            tally: Tally::default(),
        };
        store.bound(limit, keep);
        Ok(Arc::new(store))
    }

    /// Change the bounds; what is in use stays.
    pub fn bound(&self, limit: u64, keep: u64) {
        self.arena.head().limit().store(limit, Ordering::Relaxed);
        self.arena.head().keep().store(keep, Ordering::Relaxed);
    }

    /// Bytes in use in memory, by all processes.
    pub fn used(&self) -> u64 {
        self.arena.head().used().load(Ordering::Relaxed)
    }

    /// Most bytes in use at one time, as the bound says.
    pub fn limit(&self) -> u64 {
        self.arena.head().limit().load(Ordering::Relaxed)
    }

    /// What happened so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// This process's own part, for what others copy out.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The descriptors that a worker needs.
    pub fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// A region for a new worker, whom `wake` wakes.
    pub fn tenant(&self, wake: impl Fn() + Send + Sync + 'static) -> io::Result<Arc<Tenant>> {
        let region = self.regions.take();
        let mapping = Mapping::new(self.files.descriptors().0, region * REGION, HEAD as usize)
            .inspect_err(|_| self.regions.give_back(region))?;
        let tenant = Arc::new(Tenant {
            files: self.files.clone(),
            region,
            head: Head::new(Arc::new(mapping)),
            budget: self.arena.head().clone(),
            regions: self.regions.clone(),
            lent: Mutex::default(),
            wake: Box::new(wake),
        });
        let mut shelf = self.shelf();
        shelf.tenants.retain(|tenant| tenant.strong_count() > 0);
        shelf.tenants.push(Arc::downgrade(&tenant));
        Ok(tenant)
    }

    /// Put `source`, which is not empty, into shared memory, unless it stands there already.
    ///
    /// It does if it is part of a view of this process that nobody wrote to, or if a copy that was
    /// made earlier still holds the same bytes.
    pub fn place(self: &Arc<Self>, source: Raw) -> io::Result<(Arc<Loan>, Span)> {
        if let Some(found) = self.find_view(source) {
            self.tally.passed.fetch_add(source.len() as u64, Ordering::Relaxed);
            return Ok(found);
        }
        let key = (source.address(), source.len());
        let copy = self.shelf().copies.get(&key).and_then(Weak::upgrade);
        if let Some(loan) = copy.filter(|loan| self.arena.holds(loan.span, source)) {
            self.tally.passed.fetch_add(source.len() as u64, Ordering::Relaxed);
            let span = loan.span;
            return Ok((loan, span));
        }
        self.settle(source.len() as u64);
        let placed = self.arena.place(source)?;
        let kind = match placed {
            Placed { span, .. } if span.is_spilled() => &self.tally.spilled,
            Placed { fresh: true, .. } => &self.tally.fresh,
            Placed { .. } => &self.tally.reused,
        };
        kind.fetch_add(source.len() as u64, Ordering::Relaxed);
        self.tally.peak.fetch_max(self.used(), Ordering::Relaxed);
        let loan = self.loan(Owned::Here(placed), placed.span);
        let mut shelf = self.shelf();
        if shelf.copies.len() >= 1024 {
            shelf.copies.retain(|_, loan| loan.strong_count() > 0);
        }
        shelf.copies.insert(key, Arc::downgrade(&loan));
        drop(shelf);
        Ok((loan, placed.span))
    }

    /// The extent that `source` is a part of, if it is what stands there.
    fn find_view(&self, source: Raw) -> Option<(Arc<Loan>, Span)> {
        let (loan, span) = {
            let shelf = self.shelf();
            let (&address, (len, loan, span)) =
                shelf.views.range(..=source.address()).next_back()?;
            let skip = source.address() - address;
            if skip + source.len() > *len {
                return None;
            }
            (loan.upgrade()?, span.part(skip as u64, source.len() as u64))
        };
        // Whoever passes `source` keeps it alive, and with it the view.
        let written = crate::os::is_written(source.address(), source.len());
        (!written).then_some((loan, span))
    }

    fn loan(self: &Arc<Self>, owned: Owned, span: Span) -> Arc<Loan> {
        self.loans.fetch_add(1, Ordering::Relaxed);
        Arc::new(Loan { store: self.clone(), owned: Mutex::new(Some(owned)), span })
    }

    /// The loan of an extent that a worker lends.
    pub fn borrow(self: &Arc<Self>, tenant: &Arc<Tenant>, span: Span, lease: u32) -> Arc<Loan> {
        self.tally.returned.fetch_add(span.len, Ordering::Relaxed);
        self.tally.peak.fetch_max(self.used(), Ordering::Relaxed);
        tenant.lent().spans.insert(span.base, span.len);
        self.loan(Owned::There { tenant: tenant.clone(), span, lease }, span)
    }

    /// Have `span` of `loan` where this process can read and write a copy of its own.
    pub fn open(self: &Arc<Self>, loan: &Arc<Loan>, span: Span) -> io::Result<View> {
        let window = self.files.open(span)?;
        let address = window.address();
        self.shelf().views.insert(address, (window.len(), Arc::downgrade(loan), span));
        Ok(View::of_parent(window, self.clone(), loan.clone()))
    }

    /// How many views there are.
    pub fn views(&self) -> usize {
        self.shelf().views.len()
    }

    pub(crate) fn forget_view(&self, window: &Window) {
        // In a forked child the lock may be held by a thread that did not come along.
        if !self.is_disarmed() {
            self.shelf().views.remove(&window.address());
        }
    }

    fn give_back(&self, owned: Owned) {
        if self.is_disarmed() {
            return;
        }
        let mut shelf = self.shelf();
        if shelf.is_pinned(owned.base()) {
            shelf.pinned.push(owned);
            return;
        }
        drop(shelf);
        self.free(owned);
    }

    fn free(&self, owned: Owned) {
        match owned {
            Owned::Here(placed) => self.arena.free_placed(placed),
            Owned::There { tenant, span, lease } => tenant.give_back(span, lease),
        }
    }

    /// Give back what no worker pins any more; answers how many bytes of this process's own are
    /// still pinned.
    pub fn sweep(&self) -> u64 {
        let mut shelf = self.shelf();
        if shelf.pinned.is_empty() {
            return 0;
        }
        let all = std::mem::take(&mut shelf.pinned);
        let (still, free): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|owned| shelf.is_pinned(owned.base()));
        let here = |owned: &Owned| match owned {
            Owned::Here(placed) => placed.span.len,
            Owned::There { .. } => 0,
        };
        let bytes = still.iter().map(here).sum();
        shelf.pinned = still;
        drop(shelf);
        for owned in free {
            self.free(owned);
        }
        bytes
    }

    /// Before `len` bytes are placed: workers may be about to let go of as much. To wait a moment
    /// for that is cheaper than fresh memory.
    fn settle(&self, len: u64) {
        /// Longest wait: what some MiB of fresh memory cost.
        const PATIENCE: Duration = Duration::from_millis(2);
        let start = Instant::now();
        while self.sweep() >= len && len >= 4 << 20 && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// Whether nothing is placed here.
    pub fn is_idle(&self) -> bool {
        self.sweep();
        let nothing = self.used() == 0 && self.loans.load(Ordering::Relaxed) == 0;
        let shelf = self.shelf();
        nothing && shelf.views.is_empty() && shelf.pinned.is_empty()
    }

    /// Give all memory that is kept for reuse back to the system.
    pub fn trim(&self) {
        self.sweep();
        self.arena.trim();
    }

    /// Forget everything without touching it: this is a forked child.
    pub fn disarm(&self) {
        self.regions.disarmed.store(true, Ordering::Relaxed);
    }

    /// Whether this is the store of another process, that a fork left here.
    pub fn is_disarmed(&self) -> bool {
        self.regions.is_disarmed()
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.books.lock().expect("no panic while the shelf is open")
    }
}

impl Shelf {
    fn is_pinned(&self, base: u64) -> bool {
        let live = self.tenants.iter().filter_map(Weak::upgrade);
        // Not dropped under the lock: an `Arc` that is the last one frees memory, no more.
        live.filter(|tenant| !tenant.has_ended()).any(|tenant| tenant.head.pins().hold(base))
    }
}

impl Loan {
    /// The whole extent.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Whose it is.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        let owned = self.owned.get_mut().ok().and_then(Option::take);
        self.store.loans.fetch_sub(1, Ordering::Relaxed);
        if let Some(owned) = owned {
            self.store.give_back(owned);
        }
    }
}

impl Tenant {
    /// Which region it is.
    pub fn region(&self) -> u64 {
        self.region
    }

    /// The worker has ended, and its last results were taken: give back all that it does not lend.
    pub fn end(&self) {
        let mut lent = self.lent();
        if std::mem::replace(&mut lent.ended, true) {
            return;
        }
        let mut kept = 0;
        for (spilled, from, len) in [(false, HEAD, REGION), (true, 0, SPILL_REGION)] {
            let [mut free, end] = [from, len].map(|at| Span::new(self.region, at, 0, spilled).base);
            let spans = lent.spans.range(free..end).map(|(&base, &len)| (base, whole_pages(len)));
            for (base, len) in spans.chain([(end, 0)]) {
                self.discard(free, base);
                free = base + len;
                kept += if spilled { 0 } else { len };
            }
        }
        self.settle_account(self.head.own().load(Ordering::Relaxed).saturating_sub(kept));
    }

    fn has_ended(&self) -> bool {
        self.lent().ended
    }

    fn lent(&self) -> MutexGuard<'_, Lent> {
        self.lent.lock().expect("no panic while what is lent is looked at")
    }

    /// Whether `span` is an extent of this region: a worker says so, and may have lost its senses.
    pub fn owns(&self, span: Span) -> bool {
        let (first, len) = if span.is_spilled() { (0, SPILL_REGION) } else { (HEAD, REGION) };
        let start = Span::new(self.region, 0, 0, span.is_spilled()).base;
        span.base == span.start
            && span.base >= start + first
            && span.len <= len
            && span.base + span.len <= start + len
    }

    /// Nobody needs `span` any more. It counts as free from now on, though the worker may sleep and
    /// hear of it later.
    fn give_back(&self, span: Span, lease: u32) {
        let mut lent = self.lent();
        let len = whole_pages(span.len);
        if lent.spans.remove(&span.base).is_some() && !span.is_spilled() {
            self.settle_account(len);
        }
        if lent.ended {
            self.discard(span.base, span.base + len);
            return;
        }
        self.head.returned().give(lease);
        lent.unheard += len;
        // Room on disk is not kept for reuse: somebody else may need it.
        if lent.unheard >= WAKE_FROM || span.is_spilled() {
            lent.unheard = 0;
            drop(lent);
            (self.wake)();
        }
    }

    fn discard(&self, from: u64, to: u64) {
        if from < to {
            self.files.discard(Span { base: from, start: from, len: to - from });
        }
    }

    /// Count `len` bytes of this region as free.
    fn settle_account(&self, len: u64) {
        let own = self.head.own();
        let less = own.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |own| {
            Some(own.saturating_sub(len))
        });
        let paid = less.unwrap_or(0).min(len);
        let _ = self.budget.used().fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            Some(used.saturating_sub(paid))
        });
    }
}

impl Drop for Tenant {
    /// The worker has ended and nobody reads what it left.
    fn drop(&mut self) {
        // In a forked child it has not, for the parent.
        if self.regions.is_disarmed() {
            return;
        }
        self.settle_account(u64::MAX);
        for (spilled, len) in [(false, REGION), (true, SPILL_REGION)] {
            self.files.discard(Span::new(self.region, 0, len, spilled));
        }
        self.regions.give_back(self.region);
    }
}

fn whole_pages(len: u64) -> u64 {
    len.next_multiple_of(4096)
}
