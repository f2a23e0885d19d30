//! What a task says before it ends: printed text, warnings, log records.

use crate::control::Control;
use crate::ring::{INLINE, Kind, Record, Ring};
use crate::runner::lent;
use shm::{Lodging, Raw, os};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// Tags below this one stand for text, which may come in pieces; all others for whole messages.
pub const MESSAGES: u8 = 2;

/// How long what was said may wait for somebody to look by himself.
const PERIOD: Duration = Duration::from_millis(100);

/// The worker's end of its ring: for results, and for what tasks say from any thread.
///
/// A line goes into the ring at once, so that the death of the worker takes nothing of it along;
/// the parent is woken for it only after a while, by a thread that starts with the first line.
#[derive(Debug)]
pub struct Outlet {
    worker: usize,
    control: Control,
    attention: OwnedFd,
    lodging: Arc<Lodging>,
    /// One more than the position of the task that runs; zero when none does.
    position: AtomicU64,
    block: AtomicU32,
    /// This process is a fork of the worker: the ring is not its own.
    disarmed: AtomicBool,
    state: Mutex<State>,
    spoke: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Text without the end of its line yet.
    held: Vec<u8>,
    tag: u8,
    /// Something was said that the parent may not know of.
    unheard: bool,
    /// The thread that tells it runs.
    telling: bool,
}

impl Outlet {
    pub(crate) fn new(
        worker: usize,
        control: Control,
        attention: OwnedFd,
        lodging: Arc<Lodging>,
    ) -> Arc<Self> {
        Arc::new(Self {
            worker,
            control,
            attention,
            lodging,
            position: AtomicU64::new(0),
            block: AtomicU32::new(0),
            disarmed: AtomicBool::new(false),
            state: Mutex::default(),
            spoke: Condvar::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while an outlet is open")
    }

    /// A task begins: what is said from now on is its.
    pub(crate) fn begin(&self, position: u64, block: u32) {
        self.block.store(block, Ordering::Relaxed);
        self.position.store(position + 1, Ordering::Release);
    }

    /// Say something on behalf of the running task; false when there is none, or this process is
    /// not the worker. May wait for the parent to make room.
    pub fn say(self: &Arc<Self>, tag: u8, bytes: &[u8]) -> bool {
        if self.disarmed.load(Ordering::Relaxed) {
            return false;
        }
        let mut state = self.state();
        let Some(position) = self.position.load(Ordering::Acquire).checked_sub(1) else {
            return false;
        };
        if tag != state.tag {
            self.release(&mut state);
        }
        if tag >= MESSAGES {
            if !self.message(position, tag, bytes) {
                return false;
            }
        } else {
            state.tag = tag;
            state.held.extend_from_slice(bytes);
            if state.held.len() > INLINE / 4 || state.held.ends_with(b"\n") {
                self.release(&mut state);
            }
        }
        if !state.unheard {
            state.unheard = true;
            if !state.telling {
                state.telling = self.start();
            }
            self.spoke.notify_one();
        }
        true
    }

    /// Whether `say` need not wait for so many bytes.
    pub fn has_room(&self, len: usize) -> bool {
        len < INLINE && !Ring::new(&self.control, self.worker).is_filling()
    }

    /// Have what is held without the end of its line go on its way.
    pub fn flush(&self) {
        if !self.disarmed.load(Ordering::Relaxed) {
            self.release(&mut self.state());
        }
    }

    /// Leave the ring alone from now on: for a child that a task forked.
    pub fn disarm(&self) {
        self.disarmed.store(true, Ordering::Relaxed);
    }

    /// Append how the running task ended; nothing is said on its behalf afterwards.
    pub(crate) fn end(&self, record: Record, bytes: &[u8]) {
        let mut state = self.state();
        self.release(&mut state);
        self.position.store(0, Ordering::Release);
        self.append(record, bytes);
    }

    /// Append what is held.
    fn release(&self, state: &mut State) {
        let position = self.position.load(Ordering::Acquire);
        if position > 0 {
            for piece in state.held.chunks(INLINE) {
                self.send(position - 1, state.tag, piece, false);
            }
        }
        state.held.clear();
    }

    fn send(&self, position: u64, tag: u8, bytes: &[u8], elsewhere: bool) {
        let record = Record {
            position,
            block: self.block.load(Ordering::Relaxed),
            kind: Kind::Output,
            elsewhere,
            lends: false,
            note: tag,
            nanos: 0,
            ended: 0,
            len: bytes.len() as u64,
        };
        self.append(record, bytes);
    }

    /// Send a message that must not come in pieces.
    fn message(&self, position: u64, tag: u8, bytes: &[u8]) -> bool {
        if bytes.len() <= INLINE {
            self.send(position, tag, bytes, false);
            return true;
        }
        let whole = [&0_u64.to_ne_bytes(), bytes].concat();
        let Ok(lease) = self.lodging.place(*Raw::of(&whole)) else { return false };
        let place = lent(&lease);
        lease.send();
        self.send(position, tag, &place, true);
        true
    }

    /// Append a record, waiting for room. One at a time: the callers hold the lock.
    fn append(&self, record: Record, bytes: &[u8]) {
        let ring = Ring::new(&self.control, self.worker);
        while !ring.push(record, bytes) {
            self.tell();
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// Have the parent read the ring now.
    fn tell(&self) {
        if !self.control.parent_bell().ring_urgently() {
            // Nobody waits for results at all: the pool's own thread is to look.
            os::ring(self.attention.as_fd());
        }
    }

    fn start(self: &Arc<Self>) -> bool {
        let outlet = self.clone();
        let thread = std::thread::Builder::new().name("abreast-output".into());
        thread
            .spawn(move || {
                os::block_signals();
                outlet.tell_now_and_then();
            })
            .is_ok()
    }

    fn tell_now_and_then(&self) {
        loop {
            let state = self.state();
            drop(self.spoke.wait_while(state, |state| !state.unheard).expect("an outlet"));
            std::thread::sleep(PERIOD);
            let mut state = self.state();
            self.release(&mut state);
            state.unheard = false;
            drop(state);
            self.tell();
        }
    }
}
