//! The shared memory of this process, for Python: what is placed once and read by many.

use crate::buffer::{Buffer, copied};
use crate::codec::{Depot, Opener, copying, decode, encode};
use crate::originals::Originals;
use crate::parcel::{Holds, Parcel, pickling};
use pyo3::exceptions::{PyMemoryError, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use shm::{Loan, Raw, Span, Store};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

/// Shared memory of this process and its workers.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Memory {
    pub(crate) store: Arc<Store>,
}

/// Shared memory that lives as long as somebody uses something in it.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct LooseMemory {
    store: Weak<Store>,
}

#[pymethods]
impl LooseMemory {
    /// The memory; None when it is gone.
    fn get(&self) -> Option<Memory> {
        self.store.upgrade().map(|store| Memory { store })
    }
}

#[pymethods]
impl Memory {
    /// At most `limit` bytes in use in memory, the rest in a file in `folder`, if one is given; at
    /// most `keep` free bytes kept for reuse.
    #[new]
    fn new(limit: u64, keep: u64, folder: Option<PathBuf>) -> PyResult<Self> {
        let store = Store::new(limit, keep, folder.as_deref())
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self { store })
    }

    /// Change the bounds.
    fn bound(&self, limit: u64, keep: u64) {
        self.store.bound(limit, keep);
    }

    /// Pack a value as it is now, to be sent to many.
    fn pack(&self, object: &Bound<'_, PyAny>) -> PyResult<Parcel> {
        let dumps = pickling(object.py())?.0.bind(object.py());
        let mut clerk = Clerk::new(&self.store);
        let mut bytes = Vec::new();
        encode(object, &mut bytes, dumps, &mut clerk)?;
        let loans = clerk.loans;
        Ok(Parcel::new(bytes, Holds::Loans(self.store.clone(), loans)))
    }

    /// A copy of `object` whose large memory is shared; None when it has none.
    fn share<'py>(&self, object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let parcel = self.pack(object)?;
        let Holds::Loans(_, loans) = &parcel.holds else { return Ok(None) };
        if loans.is_empty() { Ok(None) } else { parcel.open(object.py()).map(Some) }
    }

    /// Bytes, by name.
    fn tally<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.store.sweep();
        let tally = self.store.tally();
        let entries = [
            ("reused", tally.reused.load(Ordering::Relaxed)),
            ("fresh", tally.fresh.load(Ordering::Relaxed)),
            ("spilled", tally.spilled.load(Ordering::Relaxed)),
            ("passed", tally.passed.load(Ordering::Relaxed)),
            ("returned", tally.returned.load(Ordering::Relaxed)),
            ("peak", tally.peak.load(Ordering::Relaxed)),
            ("used", self.store.used()),
            ("kept", self.store.arena().warm()),
            ("limit", self.store.limit()),
        ];
        let dict = PyDict::new(py);
        entries.iter().try_for_each(|(name, bytes)| dict.set_item(name, bytes))?;
        Ok(dict)
    }

    /// The same, without keeping it alive: then it ends with the last that is in use of it.
    fn loose(&self) -> LooseMemory {
        LooseMemory { store: Arc::downgrade(&self.store) }
    }

    /// Give what is kept for reuse back to the system.
    fn trim(&self) {
        self.store.trim();
    }

    /// Forget everything without touching it: for a forked child.
    fn disarm(&self) {
        self.store.disarm();
    }
}

/// Takes the large memory of arguments.
pub(crate) struct Clerk<'store> {
    store: &'store Arc<Store>,
    originals: Option<&'store Originals>,
    steady: bool,
    pub(crate) loans: Vec<Arc<Loan>>,
}

impl<'store> Clerk<'store> {
    pub(crate) fn new(store: &'store Arc<Store>) -> Self {
        Self { store, originals: None, steady: false, loans: Vec::new() }
    }

    /// For a job that copied `originals`. `steady`: nothing changes them meanwhile, so that they need
    /// not be compared.
    pub(crate) fn of(
        store: &'store Arc<Store>,
        originals: &'store Originals,
        steady: bool,
    ) -> Self {
        Self { store, originals: Some(originals), steady, loans: Vec::new() }
    }
}

impl Depot for Clerk<'_> {
    fn place(&mut self, owner: &Bound<'_, PyAny>, source: Raw) -> PyResult<Span> {
        let known = self.originals.filter(|_| self.steady);
        if let Some(loan) = known.and_then(|originals| originals.find(self.store, source)) {
            let tally = &self.store.tally().passed;
            tally.fetch_add(source.len() as u64, Ordering::Relaxed);
            let span = loan.span();
            self.loans.push(loan);
            return Ok(span);
        }
        let (loan, span) = copying(owner.py(), source, || self.store.place(source))?;
        // A part of something larger is found again by its address anyway.
        if let Some(originals) = self.originals.filter(|_| loan.span() == span) {
            let owner = (self.steady && !owner.is_none()).then_some(owner);
            originals.note(self.store, owner, source, &loan);
        }
        self.loans.push(loan);
        Ok(span)
    }

    fn forward(&mut self, parcel: &Parcel) -> bool {
        let Holds::Loans(store, loans) = &parcel.holds else { return false };
        let goes = Arc::ptr_eq(store, self.store);
        if goes {
            let len = loans.iter().map(|loan| loan.span().len).sum();
            self.store.tally().passed.fetch_add(len, Ordering::Relaxed);
            self.loans.extend_from_slice(loans);
        }
        goes
    }
}

/// Most views of this process; beyond that it copies, for the system limits mappings.
const MOST_VIEWS: usize = 20_000;

/// Opens what workers lent, or what was packed here.
pub(crate) struct Borrower<'loans> {
    store: &'loans Arc<Store>,
    loans: &'loans [Arc<Loan>],
}

impl<'loans> Borrower<'loans> {
    pub(crate) fn new(store: &'loans Arc<Store>, loans: &'loans [Arc<Loan>]) -> Self {
        Self { store, loans }
    }

    fn loan(&self, base: u64) -> PyResult<&Arc<Loan>> {
        let found = self.loans.iter().find(|loan| loan.span().base == base);
        found.ok_or_else(|| PyValueError::new_err("a value speaks of memory that nobody lent"))
    }
}

impl Opener for Borrower<'_> {
    fn open<'py>(&self, py: Python<'py>, span: Span) -> PyResult<Bound<'py, PyAny>> {
        let loan = self.loan(span.base)?;
        let room = self.store.views() < MOST_VIEWS;
        match room.then(|| self.store.open(loan, span)) {
            Some(Ok(view)) => Ok(Bound::new(py, Buffer::new(view))?.into_any()),
            _ => copied(py, span, |target| self.store.files().read(span, target)),
        }
    }

    fn read(&self, span: Span, target: &mut [u8]) -> PyResult<()> {
        let read = self.store.files().read(span, target);
        read.map_err(|error| PyMemoryError::new_err(error.to_string()))
    }

    fn parcel(&self, bytes: &[u8], bases: &[u64]) -> PyResult<Parcel> {
        let loans = bases.iter().map(|&base| self.loan(base).cloned()).collect::<PyResult<_>>()?;
        Ok(Parcel::new(bytes.to_vec(), Holds::Loans(self.store.clone(), loans)))
    }
}

/// The value at `bytes`, which speak of `loans`.
pub(crate) fn read_value<'py>(
    py: Python<'py>,
    bytes: &[u8],
    loads: &Bound<'py, PyAny>,
    store: &Arc<Store>,
    loans: &[Arc<Loan>],
) -> PyResult<Bound<'py, PyAny>> {
    decode(py, bytes, loads, &Borrower::new(store, loans))
}
