//! From the workers' rings to the jobs' inboxes.

use crate::job::{Delivery, Inbox, Job, Outcome, Said};
use crate::ring::{Kind, Record, Ring};
use crate::shared::{Shared, State};
use shm::{Loan, Span, Store, Tenant, os};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tasks::{Run, RunEnd};

/// Bytes that speak of one extent that a worker lends: its span, and the number of the lease.
pub(crate) const LENT: usize = 32;

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

    /// The inbox of `job`'s batch; that of another job is put with the `full` ones.
    fn of<'batch>(
        batch: &'batch mut Option<Self>,
        full: &mut Vec<Self>,
        job: &Arc<Job>,
    ) -> &'batch mut Inbox {
        if !batch.as_ref().is_some_and(|batch| Arc::ptr_eq(&batch.job, job)) {
            full.extend(batch.replace(Self::new(job.clone())));
        }
        &mut batch.as_mut().expect("made above").inbox
    }

    fn flush(self, shared: &Shared, state: &mut State) {
        let count = self.inbox.deliveries.len() as u64;
        state.outstanding -= count;
        let mut progress = self.job.progress();
        progress.outstanding -= count;
        progress.pace.record(count, self.nanos);
        let done = progress.outstanding == 0;
        let speaks = self.job.aloud.load(Ordering::Relaxed) && !self.inbox.said.is_empty();
        if progress.inbox.deliveries.is_empty() && progress.inbox.said.is_empty() {
            progress.inbox = self.inbox;
        } else {
            let shift = progress.inbox.bytes.len();
            progress.inbox.bytes.extend_from_slice(&self.inbox.bytes);
            progress.inbox.said.extend(self.inbox.said.into_iter().map(|mut it| {
                it.bytes = it.bytes.start + shift..it.bytes.end + shift;
                it
            }));
            progress.inbox.deliveries.extend(self.inbox.deliveries.into_iter().map(|mut it| {
                if let Outcome::Value(range) | Outcome::Failure(range) = &mut it.outcome {
                    *range = range.start + shift..range.end + shift;
                }
                it
            }));
        }
        self.job.arrived.store(true, Ordering::Release);
        drop(progress);
        if speaks && !self.job.speaking.swap(true, Ordering::AcqRel) {
            state.spoken.push_back(self.job.clone());
            shared.nudge();
        }
        if done && count > 0 {
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
        let (tenant, lane) = (member.tenant.clone(), member.lane);
        let mut journal = None;
        let mut batch: Option<Batch> = None;
        let mut full: Vec<Batch> = Vec::new();
        let State { blocks, stragglers, .. } = &mut *state;
        let mut finished: Vec<u32> = Vec::new();
        let mut sane = true;
        let sound = Ring::new(&self.control, worker).drain(scratch, |record, bytes| {
            // First of all: what the record lends is given back, whatever becomes of it.
            let Some(content) = Content::read(&self.store, &tenant, record, bytes) else {
                sane = false;
                return;
            };
            if record.kind == Kind::Output {
                let Some(block) = blocks.get(record.block as usize).and_then(Option::as_ref) else {
                    return;
                };
                let Some(offset) = block.offset(record.position).filter(|&it| !block.is_done(it))
                else {
                    return;
                };
                let inbox = Batch::of(&mut batch, &mut full, &block.tasks.job);
                let start = inbox.bytes.len();
                inbox.bytes.extend_from_slice(content.bytes);
                if let Some((loan, span)) = content.elsewhere {
                    let mut far = vec![0; span.len as usize];
                    sane &= self.store.files().read(span, &mut far).is_ok();
                    inbox.bytes.extend_from_slice(&far);
                    drop(loan);
                }
                inbox.said.push(Said {
                    index: block.tasks.first_index + offset,
                    tag: record.note,
                    bytes: start..inbox.bytes.len(),
                });
                return;
            }
            let Some(block) = blocks.get_mut(record.block as usize).and_then(Option::as_mut) else {
                return;
            };
            let Some(offset) = block.offset(record.position).filter(|&it| block.finish(it)) else {
                return;
            };
            if !stragglers.is_empty() {
                stragglers.remove(&record.position);
            }
            let job = &block.tasks.job;
            let inbox = Batch::of(&mut batch, &mut full, job);
            let start = inbox.bytes.len();
            inbox.bytes.extend_from_slice(content.bytes);
            let range = start..inbox.bytes.len();
            let outcome = match record.kind {
                Kind::Value => Outcome::Value(range),
                Kind::Failure | Kind::Output => Outcome::Failure(range),
            };
            let index = block.tasks.first_index + offset;
            let Content { elsewhere, loans, .. } = content;
            let (call, first) = job.entry();
            if call != 0
                && let Some(journal) =
                    journal.get_or_insert_with(|| self.settings.journal.write()).as_mut()
            {
                let far = elsewhere.as_ref().map_or(0, |(_, span)| span.len);
                let lent: u64 = loans.iter().map(|loan| loan.span().len).sum();
                journal.run(Run {
                    call,
                    lane,
                    first: first + index,
                    count: 1,
                    end: match record.kind {
                        Kind::Value => RunEnd::Value,
                        Kind::Failure | Kind::Output => RunEnd::Failure,
                    },
                    started: record.ended.saturating_sub(record.nanos),
                    ended: record.ended,
                    busy: record.nanos,
                    sent: block.tasks.payload.each,
                    returned: content.bytes.len() as u64 + far + lent,
                });
            }
            let note = record.note;
            inbox.deliveries.push(Delivery { index, outcome, note, elsewhere, loans });
            batch.as_mut().expect("made above").nanos += record.nanos;
            if block.left == 0 {
                finished.push(record.block);
            }
        });
        if !(sound && sane) {
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

/// What a record says: bytes, here or elsewhere, and the extents that they speak of.
struct Content<'record> {
    bytes: &'record [u8],
    elsewhere: Option<(Arc<Loan>, Span)>,
    loans: Vec<Arc<Loan>>,
}

impl<'record> Content<'record> {
    /// `None` when it makes no sense.
    fn read(
        store: &Arc<Store>,
        tenant: &Arc<Tenant>,
        record: Record,
        mut bytes: &'record [u8],
    ) -> Option<Self> {
        if !record.elsewhere {
            let mut loans = Vec::new();
            if record.lends {
                let count = u64::from_ne_bytes(*bytes.split_off(..8)?.first_chunk()?) as usize;
                let lent = bytes.split_off(..count.checked_mul(LENT)?)?;
                loans =
                    lent.chunks(LENT).map(|it| borrow(store, tenant, it)).collect::<Option<_>>()?;
            }
            return Some(Self { bytes, elsewhere: None, loans });
        }
        let whole = borrow(store, tenant, bytes)?;
        let span = whole.span();
        let mut count = [0; 8];
        store.files().read(span.part(0, 8), &mut count).ok()?;
        let lent_len = (u64::from_ne_bytes(count)).checked_mul(LENT as u64)?;
        let rest = span.len.checked_sub(8)?.checked_sub(lent_len)?;
        let mut lent = vec![0; lent_len as usize];
        store.files().read(span.part(8, lent_len), &mut lent).ok()?;
        let loans = lent.chunks(LENT).map(|it| borrow(store, tenant, it)).collect::<Option<_>>()?;
        let elsewhere = Some((whole, span.part(8 + lent_len, rest)));
        Some(Self { bytes: &[], elsewhere, loans })
    }
}

/// Take what a worker lends.
fn borrow(store: &Arc<Store>, tenant: &Arc<Tenant>, bytes: &[u8]) -> Option<Arc<Loan>> {
    let span = Span::from_bytes(*bytes.first_chunk()?)?;
    let lease = u64::from_ne_bytes(*bytes.get(24..)?.first_chunk()?);
    tenant.owns(span).then(|| store.borrow(tenant, span, lease as u32))
}
