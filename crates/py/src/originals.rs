//! What a job has copied of the caller's memory, and may be asked to copy again.

use pyo3::prelude::*;
use shm::{Loan, Raw, Store};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};

/// Most originals that are known at a time.
const MOST: usize = 64;

/// Where the memory of earlier items stands.
///
/// An array that is part of many items is copied with the first of them. Its copy would go with the
/// last task that has it, and tasks may well be quicker than the next items come; so the newest copy
/// is kept, and those that were asked for again, as long as the job goes on and memory is ample.
#[derive(Default)]
pub(crate) struct Originals(Mutex<VecDeque<Original>>);

struct Original {
    address: usize,
    len: usize,
    copy: Weak<Loan>,
    kept: Option<Arc<Loan>>,
    again: bool,
    /// Keeps the memory from being anything else's, if the copy is to be trusted without a look.
    owner: Option<Py<PyAny>>,
}

impl Original {
    fn is(&self, source: Raw) -> bool {
        (self.address, self.len) == (source.address(), source.len())
    }
}

impl Originals {
    /// The copy of `source`, which nobody changed since, as the caller knows.
    pub(crate) fn find(&self, store: &Store, source: Raw) -> Option<Arc<Loan>> {
        let mut known = self.0.lock().expect("originals");
        let one = known.iter_mut().rev().find(|it| it.is(source) && it.owner.is_some())?;
        let loan = one.copy.upgrade()?;
        one.again = true;
        one.kept = is_ample(store).then(|| loan.clone());
        Some(loan)
    }

    /// `loan` is the copy of `source`. With an `owner`, [`find`](Self::find) will trust it.
    pub(crate) fn note(
        &self,
        store: &Store,
        owner: Option<&Bound<'_, PyAny>>,
        source: Raw,
        loan: &Arc<Loan>,
    ) {
        let kept = is_ample(store).then(|| loan.clone());
        let mut gone = Vec::new();
        let mut known = self.0.lock().expect("originals");
        let ample = kept.is_some();
        for one in known.iter_mut().filter(|one| !(one.again && ample)) {
            gone.extend(one.kept.take());
        }
        let same = |it: &&mut Original| it.is(source) && it.copy.ptr_eq(&Arc::downgrade(loan));
        if let Some(one) = known.iter_mut().rev().find(same) {
            (one.kept, one.again) = (kept, true);
            return;
        }
        known.push_back(Original {
            address: source.address(),
            len: source.len(),
            copy: Arc::downgrade(loan),
            kept,
            again: false,
            owner: owner.map(|owner| owner.clone().unbind()),
        });
        let dropped = if known.len() > MOST { known.pop_front() } else { None };
        // Outside the lock: to drop a Python object or a loan runs other code.
        drop(known);
        drop((gone, dropped));
    }
}

/// Whether copies may stand in memory without a task that has them.
fn is_ample(store: &Store) -> bool {
    store.used() <= store.limit() / 2
}
