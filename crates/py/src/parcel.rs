//! A value packed for its way, to be sent on without being unpacked.

use crate::codec::{Depot, PARCEL_TAG, decode, encode};
use crate::lodging::Received;
use crate::memory::Borrower;
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use shm::{Hold, Lease, Loan, Lodging, Raw, Span, Store};
use std::ffi::c_int;
use std::sync::{Arc, Mutex};

/// A value as bytes, and the shared memory that they speak of.
#[pyclass(frozen, module = "abreast._abreast")]
pub(crate) struct Parcel {
    pub(crate) bytes: Vec<u8>,
    pub(crate) holds: Holds,
}

/// What keeps that memory.
pub(crate) enum Holds {
    /// Packed here, in the parent, or come from a worker.
    Loans(Arc<Store>, Vec<Arc<Loan>>),
    /// Packed in a worker: gone once it was sent.
    Leases(Arc<Lodging>, Mutex<Vec<Lease>>, Vec<u64>),
    /// Come to a worker with its task.
    Pins { lodging: Arc<Lodging>, _holds: Vec<Hold> },
}

impl Parcel {
    pub(crate) fn new(bytes: Vec<u8>, holds: Holds) -> Self {
        Self { bytes, holds }
    }

    /// Go along with an item; where that is impossible, the value goes.
    pub(crate) fn encode(
        &self,
        py: Python<'_>,
        out: &mut Vec<u8>,
        dumps: &Bound<'_, PyAny>,
        depot: &mut dyn Depot,
    ) -> PyResult<()> {
        out.push(PARCEL_TAG);
        let (bytes, bases);
        let again;
        if depot.forward(self) {
            (bytes, bases) = (&self.bytes, self.bases());
        } else {
            let mut placed = Bases { depot, bases: Vec::new() };
            let mut fresh = Vec::new();
            encode(&self.open(py)?, &mut fresh, dumps, &mut placed)?;
            (again, bases) = (fresh, placed.bases);
            bytes = &again;
        }
        out.extend_from_slice(&(bases.len() as u64).to_ne_bytes());
        for base in bases {
            out.extend_from_slice(&base.to_ne_bytes());
        }
        out.extend_from_slice(&(bytes.len() as u64).to_ne_bytes());
        out.extend_from_slice(bytes);
        Ok(())
    }

    fn bases(&self) -> Vec<u64> {
        match &self.holds {
            Holds::Loans(_, loans) => loans.iter().map(|loan| loan.span().base).collect(),
            Holds::Leases(_, _, bases) => bases.clone(),
            Holds::Pins { .. } => Vec::new(),
        }
    }
}

/// Notes what is placed on its way to another depot.
struct Bases<'depot> {
    depot: &'depot mut dyn Depot,
    bases: Vec<u64>,
}

impl Depot for Bases<'_> {
    fn place(&mut self, owner: &Bound<'_, PyAny>, source: Raw) -> PyResult<Span> {
        let span = self.depot.place(owner, source)?;
        self.bases.push(span.base);
        Ok(span)
    }

    fn forward(&mut self, parcel: &Parcel) -> bool {
        let goes = self.depot.forward(parcel);
        if goes {
            self.bases.extend(parcel.bases());
        }
        goes
    }
}

/// `abreast.pickling`'s `dumps` and `loads`.
pub(crate) fn pickling(py: Python<'_>) -> PyResult<&(Py<PyAny>, Py<PyAny>)> {
    static PICKLING: PyOnceLock<(Py<PyAny>, Py<PyAny>)> = PyOnceLock::new();
    PICKLING.get_or_try_init(py, || {
        let module = py.import("abreast.pickling")?;
        Ok((module.getattr("dumps")?.unbind(), module.getattr("loads")?.unbind()))
    })
}

#[pymethods]
impl Parcel {
    /// The value, anew each time.
    pub(crate) fn open<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let loads = pickling(py)?.1.bind(py);
        match &self.holds {
            Holds::Loans(store, loans) => {
                decode(py, &self.bytes, loads, &Borrower::new(store, loans))
            }
            Holds::Leases(_, leases, bases)
                if !bases.is_empty() && leases.lock().expect("leases").is_empty() =>
            {
                Err(PyRuntimeError::new_err("the parcel was sent, and its memory with it"))
            }
            Holds::Leases(lodging, ..) | Holds::Pins { lodging, .. } => {
                decode(py, &self.bytes, loads, &Received::new(lodging))
            }
        }
    }

    /// Bytes, with the shared memory that they speak of.
    fn __len__(&self) -> usize {
        let spans: u64 = match &self.holds {
            Holds::Loans(_, loans) => loans.iter().map(|loan| loan.span().len).sum(),
            Holds::Leases(_, leases, _) => {
                leases.lock().expect("leases").iter().map(|lease| lease.span().len).sum()
            }
            Holds::Pins { .. } => 0,
        };
        self.bytes.len() + spans as usize
    }

    /// Pickled, a parcel is one of the buffers that stand beside the pickle.
    fn __reduce_ex__(
        slf: Bound<'_, Self>,
        _protocol: i32,
    ) -> PyResult<(Bound<'_, PyAny>, Bound<'_, PyTuple>)> {
        static BUFFER: PyOnceLock<(Py<PyAny>, Py<PyAny>)> = PyOnceLock::new();
        let py = slf.py();
        let (delivered, buffer) = BUFFER.get_or_try_init(py, || {
            let delivered = py.import("abreast._abreast")?.getattr("delivered")?;
            let buffer = py.import("pickle")?.getattr("PickleBuffer")?;
            PyResult::Ok((delivered.unbind(), buffer.unbind()))
        })?;
        let arguments = PyTuple::new(py, [buffer.bind(py).call1((slf,))?])?;
        Ok((delivered.bind(py).clone(), arguments))
    }

    /// # Safety
    /// The interpreter calls this, with a view to fill.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        static NOTHING: u8 = 0;
        // SAFETY: the interpreter passes a view to fill, which takes a reference to this object;
        // it shows one byte that lives for ever and cannot be written.
        let failed = unsafe {
            let shown = (&raw const NOTHING).cast_mut().cast();
            ffi::PyBuffer_FillInfo(view, slf.as_ptr(), shown, 1, 1, flags)
        };
        if failed == 0 { Ok(()) } else { Err(PyErr::fetch(slf.py())) }
    }
}

/// A parcel where it is unpickled.
#[pyfunction]
pub(crate) fn delivered(parcel: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    if parcel.is_instance_of::<Parcel>() {
        return Ok(parcel);
    }
    Err(PyTypeError::new_err("a parcel travels between the processes of a plan, and nowhere else"))
}
