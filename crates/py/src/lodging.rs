//! Large memory on a worker's side: what came with a task, what goes with a result.

use crate::buffer::{Buffer, copied};
use crate::codec::{Depot, Opener, copying};
use crate::parcel::{Holds, Parcel};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use shm::{Lease, Lodging, Raw, Span};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// Takes the large memory of results.
pub(crate) struct Lodger<'lodging> {
    lodging: &'lodging Arc<Lodging>,
    pub(crate) leases: Vec<Lease>,
}

impl<'lodging> Lodger<'lodging> {
    pub(crate) fn new(lodging: &'lodging Arc<Lodging>) -> Self {
        Self { lodging, leases: Vec::new() }
    }
}

impl Depot for Lodger<'_> {
    fn place(&mut self, owner: &Bound<'_, PyAny>, source: Raw) -> PyResult<Span> {
        let lease = copying(owner.py(), source, || self.lodging.place(source))?;
        let span = lease.span();
        self.leases.push(lease);
        Ok(span)
    }

    fn forward(&mut self, parcel: &Parcel) -> bool {
        let Holds::Leases(lodging, leases, bases) = &parcel.holds else { return false };
        let leases = std::mem::take(&mut *leases.lock().expect("leases"));
        // A second time, its memory is somebody else's already.
        let goes = Arc::ptr_eq(lodging, self.lodging) && leases.len() == bases.len();
        if goes {
            self.leases.extend(leases);
        }
        goes
    }
}

/// Opens what others placed.
pub(crate) struct Received<'lodging> {
    lodging: &'lodging Arc<Lodging>,
    /// What was opened, for those who want to know whether it was written.
    pub(crate) opened: RefCell<Vec<Py<Buffer>>>,
    /// Whether some of it is held as it came.
    pub(crate) holds: Cell<bool>,
}

impl<'lodging> Received<'lodging> {
    pub(crate) fn new(lodging: &'lodging Arc<Lodging>) -> Self {
        Self { lodging, opened: RefCell::default(), holds: Cell::new(false) }
    }
}

impl Opener for Received<'_> {
    fn open<'py>(&self, py: Python<'py>, span: Span) -> PyResult<Bound<'py, PyAny>> {
        let views = self.lodging.views();
        let Ok(view) = views.open(span) else {
            return copied(py, span, |target| views.read(span, target));
        };
        let buffer = Bound::new(py, Buffer::new(view))?;
        self.opened.borrow_mut().push(buffer.clone().unbind());
        Ok(buffer.into_any())
    }

    fn read(&self, span: Span, target: &mut [u8]) -> PyResult<()> {
        let read = self.lodging.views().read(span, target);
        read.map_err(|error| PyMemoryError::new_err(error.to_string()))
    }

    fn parcel(&self, bytes: &[u8], bases: &[u64]) -> PyResult<Parcel> {
        self.holds.set(self.holds.get() || !bases.is_empty());
        let holds =
            bases.iter().map(|&base| self.lodging.views().hold(base)).collect::<Result<_, _>>();
        let holds = holds.map_err(|error| PyMemoryError::new_err(error.to_string()))?;
        Ok(Parcel::new(
            bytes.to_vec(),
            Holds::Pins { lodging: self.lodging.clone(), _holds: holds },
        ))
    }
}
