//! Extents as objects of this process's own memory, and which of them a worker holds.

use crate::Window;
use crate::files::{Files, Span};
use crate::head::{Head, PINS};
use crate::store::{Loan, Store};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// Bytes of shared memory, to read and to write; what is written stays here.
#[derive(Debug)]
pub struct View {
    /// Taken on drop.
    window: Option<Window>,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Parent {
        store: Arc<Store>,
        _loan: Arc<Loan>,
    },
    /// `faults`: page faults of the process when the view was opened.
    Worker {
        views: Arc<Views>,
        span: Span,
        faults: u64,
    },
}

impl View {
    pub(crate) fn of_parent(window: Window, store: Arc<Store>, loan: Arc<Loan>) -> Self {
        Self { window: Some(window), home: Home::Parent { store, _loan: loan } }
    }

    fn window(&self) -> &Window {
        self.window.as_ref().expect("taken on drop alone")
    }

    /// Where the bytes stand: readable and writable until the view is dropped.
    pub fn address(&self) -> usize {
        self.window().address()
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.window().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.window().is_empty()
    }

    /// Whether something was written here.
    pub fn is_written(&self) -> bool {
        self.window().is_written()
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let Some(window) = self.window.take() else { return };
        match &self.home {
            Home::Parent { store, .. } => {
                store.forget_view(&window);
                drop(window);
            }
            Home::Worker { views, span, faults } => {
                // The first write to a page is a fault, so without any there is nothing to look for.
                let clean = crate::os::faults() == *faults || !window.is_written();
                views.close(*span, window, clean);
            }
        }
    }
}

/// An extent that stays as long as this does.
#[derive(Debug)]
pub struct Hold {
    views: Arc<Views>,
    base: u64,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.views.is_disarmed() {
            return;
        }
        self.views.unpin(&mut self.views.state(), self.base);
    }
}

/// What a worker sees of others' extents.
///
/// As long as a view is open, the extent is **pinned**: its position stands in a table that the
/// parent looks at before it gives the extent back. A window that was not written is kept when its
/// view closes: it costs nothing, and the next task that gets the same array, or another one in
/// the same place, finds the page tables filled in.
#[derive(Debug)]
pub struct Views {
    files: Arc<Files>,
    head: Head,
    state: Mutex<State>,
    /// This is a child that a task forked: the table says what its parent reads.
    disarmed: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// Closed, clean, and ready for the next one; the oldest first.
    idle: VecDeque<(Span, Window)>,
    /// Where each base is pinned, and how many views of it are open.
    pinned: HashMap<u64, (usize, usize)>,
    free: Vec<usize>,
    high: usize,
}

/// Most windows kept without a view.
const IDLE: usize = 32;

impl Views {
    pub(crate) fn new(files: Arc<Files>, head: Head) -> Arc<Self> {
        Arc::new(Self { files, head, state: Mutex::default(), disarmed: AtomicBool::new(false) })
    }

    /// See `span`, which somebody keeps alive meanwhile.
    ///
    /// # Errors
    /// When too many are open, or the system has no room for one more mapping: copy the bytes then.
    pub fn open(self: &Arc<Self>, span: Span) -> io::Result<View> {
        let kept = {
            let mut state = self.state();
            self.pin(&mut state, span.base)?;
            let place =
                state.idle.iter().rposition(|(it, _)| (it.start, it.len) == (span.start, span.len));
            place.and_then(|place| state.idle.remove(place)).map(|(_, window)| window)
        };
        let window = match kept {
            Some(window) => window,
            None => {
                self.files.open(span).inspect_err(|_| self.unpin(&mut self.state(), span.base))?
            }
        };
        let home = Home::Worker { views: self.clone(), span, faults: crate::os::faults() };
        Ok(View { window: Some(window), home })
    }

    /// Have the extent at `base`, which somebody keeps alive meanwhile, stay until this is dropped.
    pub fn hold(self: &Arc<Self>, base: u64) -> io::Result<Hold> {
        self.pin(&mut self.state(), base)?;
        Ok(Hold { views: self.clone(), base })
    }

    /// Copy the bytes of `span` to `target`.
    pub fn read(&self, span: Span, target: &mut [u8]) -> io::Result<()> {
        self.files.read(span, target)
    }

    pub(crate) fn disarm(&self) {
        self.disarmed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_disarmed(&self) -> bool {
        self.disarmed.load(Ordering::Relaxed)
    }

    /// The pin goes last: afterwards the extent may hold something else. A clean window is as good
    /// as a new one whatever it holds.
    fn close(&self, span: Span, window: Window, clean: bool) {
        if self.is_disarmed() {
            return;
        }
        let mut state = self.state();
        self.unpin(&mut state, span.base);
        let mut dropped = None;
        if clean {
            state.idle.push_back((span, window));
            if state.idle.len() > IDLE {
                dropped = state.idle.pop_front();
            }
        } else {
            dropped = Some((span, window));
        }
        drop(state);
        drop(dropped);
    }

    /// Whether some are open.
    pub fn are_open(&self) -> bool {
        !self.state().pinned.is_empty()
    }

    /// Unmap what is kept without a view.
    pub fn trim(&self) {
        let idle = std::mem::take(&mut self.state().idle);
        drop(idle);
    }

    fn pin(&self, state: &mut State, base: u64) -> io::Result<()> {
        if let Some((_, views)) = state.pinned.get_mut(&base) {
            *views += 1;
            return Ok(());
        }
        let pin = match state.free.pop() {
            Some(pin) => pin,
            None if state.high < PINS => {
                state.high += 1;
                state.high - 1
            }
            None => return Err(io::Error::other("too many extents are open")),
        };
        state.pinned.insert(base, (pin, 1));
        self.head.pins().set(pin, base);
        Ok(())
    }

    fn unpin(&self, state: &mut State, base: u64) {
        let Some((pin, views)) = state.pinned.get_mut(&base) else { return };
        *views -= 1;
        if *views == 0 {
            let pin = *pin;
            state.pinned.remove(&base);
            self.head.pins().clear(pin);
            state.free.push(pin);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while views are open")
    }
}
