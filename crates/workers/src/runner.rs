//! The worker's side of a pool: claim, run, report.

use crate::block::Entry;
use crate::control::Control;
use crate::drain::LENT;
use crate::fleet::TRIM;
use crate::output::Outlet;
use crate::payload::read_item;
use crate::ring::{INLINE, Kind, Record, Ring};
use shm::{Files, Lease, Lodging, Mapping, Raw, Segment, os};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tasks::{Claim, spin};

/// A task that this worker has taken.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    claim: Claim,
    entry: Entry,
}

impl Task {
    /// Which job it belongs to.
    pub fn job(&self) -> u64 {
        self.entry.job
    }

    /// Which task of the job it is.
    pub fn index(&self) -> u64 {
        self.entry.first_index + self.offset()
    }

    /// How it is called.
    pub fn style(&self) -> u64 {
        self.entry.style & u64::from(u32::MAX)
    }

    /// Which settings it is to find around it: zero for those that the worker started with.
    pub fn settings(&self) -> u64 {
        self.entry.style >> 32
    }

    fn offset(&self) -> u64 {
        self.claim.position - self.entry.first_position
    }
}

/// Why a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There may be work.
    Work,
    /// There was none for a while, and views of shared memory are open: somebody forgot them.
    Rest,
    /// There is none, and the worker is to leave.
    Retire,
}

/// A worker's connection to its pool.
#[derive(Debug)]
pub struct Runner {
    worker: usize,
    control: Control,
    /// Arguments, written by the parent.
    parent: Mapping,
    /// This worker's part of what is placed once and read by many.
    lodging: Arc<Lodging>,
    outlet: Arc<Outlet>,
    /// When the last task ended, if nothing was waited for since.
    clock: Option<u64>,
    /// Reported since the parent was last woken for sure.
    unheard: bool,
}

/// Whether the running task is to be interrupted; for a signal handler.
#[derive(Debug)]
pub struct Interrupts {
    worker: usize,
    control: Control,
}

impl Interrupts {
    /// Whether the parent wants the task that runs now to stop.
    pub fn wanted(&self) -> bool {
        let slot = self.control.slot(self.worker);
        let running = slot.running().load(Ordering::Relaxed);
        running != 0 && slot.interrupt().load(Ordering::SeqCst) == running
    }
}

/// How long a worker looks at the queue before it goes to sleep.
const SPIN: Duration = Duration::from_micros(50);

/// How long it has nothing to do before it looks for what tasks forgot.
const REST: Duration = Duration::from_millis(50);

impl Runner {
    /// Take up the connection that the parent put at standard input.
    ///
    /// From now on this process ends when its parent does.
    pub fn connect(worker: usize) -> io::Result<Self> {
        let socket = os::take_stdin()?;
        let mut descriptors = os::receive_descriptors(&socket)?;
        let spill = if descriptors.len() == 5 { descriptors.pop() } else { None };
        let [control, memory, attention, parent_process]: [OwnedFd; 4] = descriptors
            .try_into()
            .map_err(|_| io::Error::other("the parent sent other descriptors than expected"))?;
        std::thread::Builder::new().name("abreast-parent".into()).spawn(move || {
            os::block_signals();
            while os::wait_readable(&[parent_process.as_fd()], None).is_none() {}
            os::exit_now(1);
        })?;
        let control = Control::new(Segment::from_descriptor(control)?.map()?);
        let files = Files::from_descriptors(memory, spill);
        let small = control.hello()[2].load(Ordering::Relaxed) as usize;
        let parent = Lodging::parent(&files, small)?;
        let region = control.slot(worker).region().load(Ordering::Acquire);
        let lodging = Lodging::new(files, region)?;
        let outlet = Outlet::new(worker, control.clone(), attention, lodging.clone());
        Ok(Self { worker, control, parent, lodging, outlet, clock: None, unheard: false })
    }

    /// Say that this process has started and takes tasks.
    pub fn ready(&self) {
        self.control.slot(self.worker).ready().store(1, Ordering::Release);
    }

    /// Tells, from anywhere in this process, whether the running task is to be interrupted.
    pub fn interrupts(&self) -> Interrupts {
        Interrupts { worker: self.worker, control: self.control.clone() }
    }

    /// Where tasks say something before they end.
    pub fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    /// What the parent tells every worker first.
    pub fn hello(&self) -> Vec<u8> {
        let [offset, len] = [0, 1].map(|at| self.control.hello()[at].load(Ordering::Relaxed));
        let mut bytes = Vec::new();
        self.parent.read(offset as usize, len as usize, &mut bytes);
        bytes
    }

    /// Take the next task, if there is one.
    pub fn claim(&mut self) -> Option<Task> {
        let claim = self.control.queue().claim(self.worker as u16)?;
        let entry = Entry::read(self.control.block(claim.block));
        let now = *self.clock.get_or_insert_with(os::now);
        let slot = self.control.slot(self.worker);
        slot.started().store(now, Ordering::Relaxed);
        slot.running().store(claim.position + 1, Ordering::Release);
        self.outlet.begin(claim.position, claim.block);
        Some(Task { claim, entry })
    }

    /// The worker's memory has outgrown what it may have: between two tasks, say how much it is,
    /// before this process leaves and another takes its place.
    pub fn outgrown(&self, memory: u64) {
        self.control.slot(self.worker).outgrown().store(memory, Ordering::Release);
    }

    /// When the last task ended, if nothing was waited for since.
    pub fn clock(&self) -> Option<u64> {
        self.clock
    }

    /// Wait until there may be a task, or one of `jobs`, whose functions are kept, is over. Call it
    /// without any lock that tasks need. `rest`: come back soon if views are open.
    pub fn idle(&mut self, jobs: &[u64], rest: bool) -> Wake {
        self.clock = None;
        self.lodging.reclaim();
        let slot = self.control.slot(self.worker);
        let queue = self.control.queue();
        if std::mem::take(&mut self.unheard) {
            self.control.parent_bell().ring_urgently();
        }
        if spin(SPIN, || queue.has_ready()) {
            return Wake::Work;
        }
        let leaves = || slot.retire().load(Ordering::SeqCst) != 0;
        let over = || jobs.iter().any(|&job| !self.is_open(job));
        // It may have come after `reclaim`, with a ring that nobody heard.
        let given = || self.lodging.has_returns();
        let rung = |limit| {
            let start = os::now();
            slot.bell().sleep(limit, || queue.has_ready() || leaves() || over() || given());
            limit.is_none_or(|limit| os::now() - start < limit.as_nanos() as u64)
        };
        if rest && self.lodging.views().are_open() && !rung(Some(REST)) {
            return Wake::Rest;
        }
        if !rung(Some(TRIM)) {
            self.lodging.trim();
            rung(None);
        }
        if leaves() && !queue.has_ready() { Wake::Retire } else { Wake::Work }
    }

    /// Append the task's arguments to `target`.
    pub fn item(&self, task: &Task, target: &mut Vec<u8>) {
        let Entry { payload, items, first_item, .. } = task.entry;
        read_item(&self.parent, payload, items, first_item + task.offset(), target);
    }

    /// Append the job's function to `target`; nothing when it has none.
    pub fn function(&self, task: &Task, target: &mut Vec<u8>) {
        let (offset, len) = task.entry.function;
        self.parent.read(offset as usize, len as usize, target);
    }

    /// Whether the job may still bring tasks; certainly not when its function lent memory and this
    /// says no.
    pub fn is_open(&self, job: u64) -> bool {
        self.control.open_jobs().iter().any(|open| open.load(Ordering::Acquire) == job)
    }

    /// This worker's part of what is placed once and read by many.
    pub fn lodging(&self) -> &Arc<Lodging> {
        &self.lodging
    }

    /// Say how the task ended; `bytes` may speak of `leases`.
    ///
    /// # Errors
    /// `OutOfMemory` when shared memory has no room for `bytes`; nothing was reported then.
    pub fn report(
        &mut self,
        task: &Task,
        kind: Kind,
        note: u8,
        bytes: &[u8],
        leases: Vec<Lease>,
    ) -> io::Result<()> {
        let content;
        let lends = !leases.is_empty();
        let mut elsewhere = bytes.len() > INLINE;
        let mut inline = bytes;
        if lends || elsewhere {
            let mut whole = Vec::with_capacity(8 + leases.len() * LENT + bytes.len());
            whole.extend_from_slice(&(leases.len() as u64).to_ne_bytes());
            for lease in &leases {
                whole.extend_from_slice(&lent(lease));
            }
            whole.extend_from_slice(bytes);
            elsewhere = whole.len() > INLINE;
            if elsewhere {
                let lease = self.lodging.place(*Raw::of(&whole))?;
                whole.clear();
                whole.extend_from_slice(&lent(&lease));
                lease.send();
            }
            content = whole;
            inline = &content;
        }
        leases.into_iter().for_each(Lease::send);
        let now = os::now();
        let slot = self.control.slot(self.worker);
        let record = Record {
            position: task.claim.position,
            block: task.claim.block,
            kind,
            elsewhere,
            lends,
            note,
            nanos: now - slot.started().load(Ordering::Relaxed),
            ended: now,
            len: inline.len() as u64,
        };
        self.clock = Some(now);
        let running = task.claim.position + 1;
        let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
        if slot.running().compare_exchange(running, 0, success, failure).is_err() {
            // The parent has condemned the task and is killing this process.
            loop {
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        let ring = Ring::new(&self.control, self.worker);
        let bell = self.control.parent_bell();
        self.outlet.end(record, inline);
        self.unheard = !bell.ring();
        if self.unheard {
            let low = self.control.low_water().load(Ordering::Relaxed);
            if ring.is_filling() || self.control.queue().ahead() < low {
                bell.ring_urgently();
            }
        }
        Ok(())
    }
}

/// How a record speaks of an extent.
pub(crate) fn lent(lease: &Lease) -> [u8; LENT] {
    let mut bytes = [0; LENT];
    bytes[..24].copy_from_slice(&lease.span().to_bytes());
    bytes[24..].copy_from_slice(&u64::from(lease.number()).to_ne_bytes());
    bytes
}
