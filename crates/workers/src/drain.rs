//! From the workers' rings to the jobs' inboxes.

use crate::job::{Delivery, Inbox, Job, Outcome};
use crate::ring::{Kind, Record, Ring};
use crate::shared::{Shared, State};
use shm::{Mapping, os};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Bytes before a large result in its worker's arena: a word that says who needs the extent.
pub(crate) const EXTENT_HEAD: u64 = 64;
pub(crate) const IN_USE: u32 = 1;
const RELEASED: u32 = 0;

/// Deliveries of one job, collected so that its lock is taken once for many.
struct Batch {
    job: Arc<Job>,
    inbox: Inbox,
    nanos: u64,
}

impl Batch {
    fn new(job: Arc<Job>) -> Self {
        Self { job, inbox: Inbox::default(), nanos: 0 }
    }

    fn flush(self, shared: &Shared, state: &mut State) {
        let count = self.inbox.deliveries.len() as u64;
        state.outstanding -= count;
        let mut progress = self.job.progress();
        progress.outstanding -= count;
        progress.pace.record(count, self.nanos);
        let done = progress.outstanding == 0;
        if progress.inbox.deliveries.is_empty() {
            progress.inbox = self.inbox;
        } else {
            let shift = progress.inbox.bytes.len();
            progress.inbox.bytes.extend_from_slice(&self.inbox.bytes);
            progress.inbox.deliveries.extend(self.inbox.deliveries.into_iter().map(|mut it| {
                if let Outcome::Value(range) | Outcome::Failure(range) = &mut it.outcome {
                    *range = range.start + shift..range.end + shift;
                }
                it
            }));
        }
        self.job.arrived.store(true, Ordering::Release);
        drop(progress);
        if done {
            shared.settle(state, &self.job);
        }
    }
}

impl Shared {
    /// Read all rings, deliver, publish what there is now room for.
    pub(crate) fn drain(&self, scratch: &mut Vec<u8>) {
        let ready =
            (0..self.settings.workers).any(|worker| Ring::new(&self.control, worker).has_records());
        if !ready {
            return;
        }
        let mut state = self.state();
        for worker in 0..self.settings.workers {
            self.drain_worker(&mut state, worker, scratch);
        }
        state.pressure = false;
        if !state.pending.is_empty() {
            self.pump(&mut state);
        }
        if self.followers.load(Ordering::Relaxed) > 0 {
            self.changed.notify_all();
        }
    }

    /// Whether some ring has something to read.
    pub(crate) fn has_records(&self) -> bool {
        (0..self.settings.workers).any(|worker| Ring::new(&self.control, worker).has_records())
    }

    pub(crate) fn drain_worker(&self, state: &mut State, worker: usize, scratch: &mut Vec<u8>) {
        let Some(member) = &state.members[worker] else { return };
        let arena = member.arena.clone();
        let mut batch: Option<Batch> = None;
        let mut full: Vec<Batch> = Vec::new();
        let State { blocks, stragglers, .. } = &mut *state;
        let mut finished: Vec<u32> = Vec::new();
        let sound = Ring::new(&self.control, worker).drain(scratch, |record, bytes| {
            let Some(block) = blocks.get_mut(record.block as usize).and_then(Option::as_mut) else {
                return release(&arena, record, bytes);
            };
            let Some(offset) = block.offset(record.position).filter(|&it| block.finish(it)) else {
                return release(&arena, record, bytes);
            };
            if !stragglers.is_empty() {
                stragglers.remove(&record.position);
            }
            let job = &block.tasks.job;
            if !batch.as_ref().is_some_and(|batch| Arc::ptr_eq(&batch.job, job)) {
                full.extend(batch.replace(Batch::new(job.clone())));
            }
            let Batch { inbox, nanos, .. } = batch.as_mut().expect("made above");
            let start = inbox.bytes.len();
            append(&arena, record, bytes, &mut inbox.bytes);
            let range = start..inbox.bytes.len();
            let outcome = match record.kind {
                Kind::Value => Outcome::Value(range),
                Kind::Failure => Outcome::Failure(range),
            };
            let index = block.tasks.first_index + offset;
            inbox.deliveries.push(Delivery { index, outcome, note: record.note });
            *nanos += record.nanos;
            if block.left == 0 {
                finished.push(record.block);
            }
        });
        if !sound {
            // Its memory cannot be trusted any more: end it, its task is reported as lost.
            state.members[worker].iter().for_each(|member| os::kill(member.process.as_fd()));
        }
        for id in finished {
            state.free_if_done(id);
        }
        for batch in full.into_iter().chain(batch) {
            batch.flush(self, state);
        }
    }
}

/// Where a record's large bytes stand in the worker's arena.
fn span(arena: &Mapping, bytes: &[u8]) -> Option<(usize, usize)> {
    let offset = u64::from_ne_bytes(bytes.get(..8)?.try_into().ok()?);
    let len = u64::from_ne_bytes(bytes.get(8..16)?.try_into().ok()?);
    let end = offset.checked_add(EXTENT_HEAD)?.checked_add(len)?;
    (offset.is_multiple_of(64) && end <= arena.len() as u64)
        .then_some((offset as usize, len as usize))
}

fn append(arena: &Mapping, record: Record, bytes: &[u8], target: &mut Vec<u8>) {
    if !record.elsewhere {
        return target.extend_from_slice(bytes);
    }
    if let Some((offset, len)) = span(arena, bytes) {
        arena.read(offset + EXTENT_HEAD as usize, len, target);
    }
    release(arena, record, bytes);
}

/// Tell the worker that its extent is free again.
fn release(arena: &Mapping, record: Record, bytes: &[u8]) {
    if record.elsewhere
        && let Some((offset, _)) = span(arena, bytes)
    {
        arena.word(offset).store(RELEASED, Ordering::Release);
    }
}
