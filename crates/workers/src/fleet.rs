//! Workers start, die, are replaced and let go.

use crate::block::Pending;
use crate::control::CONDEMNED;
use crate::job::{Job, Loss};
use crate::shared::{Shared, State};
use shm::Tenant;
use shm::os::{self, Ending};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tasks::{Run, RunEnd, Ticket};

/// A live worker, as the parent knows it.
pub(crate) struct Member {
    pub(crate) pid: u32,
    /// Readable when the worker has ended.
    pub(crate) process: OwnedFd,
    /// Its region of the shared memory.
    pub(crate) tenant: Arc<Tenant>,
    /// What the journal calls it.
    pub(crate) lane: u32,
    /// Most memory that this process ever had when it started the worker; the system counts what
    /// a process had before it became another as that one's too.
    inherited: u64,
    /// Carries descriptors and nothing else. Its end says nothing: a child that the worker forked
    /// may hold the other one open.
    _socket: UnixStream,
}

/// Three workers in a row that leave before they are ready: more would not help. One that is killed
/// weighs less: that may be somebody's doing, and pass.
const FAILED_STARTS: u32 = 12;
const LEFT: u32 = 4;
const KILLED: u32 = 1;

/// Without work for this long, memory that is kept for reuse is given back.
pub(crate) const TRIM: Duration = Duration::from_secs(20);

impl Shared {
    /// Start workers while there is work that nobody takes.
    pub(crate) fn grow(&self, state: &mut State) {
        if state.closed {
            return;
        }
        let mut live = state.members.iter().flatten().count() as u64;
        while live < state.outstanding.min(self.settings.workers as u64) {
            let worker = state.members.iter().position(Option::is_none).expect("fewer than all");
            match self.start(worker) {
                Ok(member) => state.members[worker] = Some(member),
                Err(_) if live > 0 => return,
                Err(_) => return self.give_up(state, Loss::CannotStart { ending: None }),
            }
            live += 1;
            // The watching thread must learn of the new process.
            os::ring(self.attention.as_fd());
        }
    }

    fn start(&self, worker: usize) -> io::Result<Member> {
        let control = self.control.clone();
        let tenant = self.store.tenant(move || {
            control.slot(worker).bell().ring();
        })?;
        let slot = self.control.slot(worker);
        slot.reset();
        slot.region().store(tenant.region(), Ordering::Release);
        let (ours, theirs) = UnixStream::pair()?;
        let (program, arguments) = self.settings.command.split_first().expect("a program");
        let child = Command::new(program)
            .args(arguments)
            .arg(worker.to_string())
            .envs(self.settings.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .spawn()?;
        let inherited = os::peak_memory();
        let process = os::open_process(child.id())?;
        let journal = &self.settings.journal;
        let lane = journal.lane(self.number, worker, child.id().into(), &self.settings.plan);
        journal.event(os::now(), "started", lane, child.id().into());
        // In flight from now on, whether or not the worker lives to receive them.
        let (memory, spill) = self.store.files().descriptors();
        let mut descriptors = vec![
            self.control_segment.as_fd(),
            memory,
            self.attention.as_fd(),
            self.own_process.as_fd(),
        ];
        descriptors.extend(spill);
        // A worker that has ended by now does not take them; its process says so, to the watch.
        let _ = os::send_descriptors(&ours, &descriptors);
        Ok(Member { pid: child.id(), process, tenant, lane, inherited, _socket: ours })
    }

    /// Ask (`kill`: force) a worker to stop the task at `position`; false when it has ended it.
    pub(crate) fn stop(&self, state: &State, worker: usize, position: u64, kill: bool) -> bool {
        let Some(member) = &state.members[worker] else { return false };
        let slot = self.control.slot(worker);
        let running = position + 1;
        if !kill {
            slot.interrupt().store(running, Ordering::SeqCst);
            // Asked before: it may be over the moment that it is told.
            let runs = slot.running().load(Ordering::Acquire) == running;
            os::interrupt(member.process.as_fd());
            return runs;
        }
        // The worker ends a task by the same exchange. So either its result counts and it lives, or
        // it runs nothing else before it dies.
        let condemned = running | CONDEMNED;
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        match slot.running().compare_exchange(running, condemned, success, failure) {
            Err(now) if now != condemned => false,
            _ => {
                os::kill(member.process.as_fd());
                true
            }
        }
    }

    /// Tell every worker to leave as soon as it has nothing to do.
    pub(crate) fn retire(&self, state: &State) {
        for worker in (0..state.members.len()).filter(|&worker| state.members[worker].is_some()) {
            let slot = self.control.slot(worker);
            slot.retire().store(1, Ordering::SeqCst);
            slot.bell().ring();
        }
    }

    /// The watching thread: sees workers end, lets idle ones go, kills those that outstay a close.
    pub(crate) fn watch(&self) {
        loop {
            let timeout = {
                let mut state = self.state();
                self.bury_the_dead(&mut state);
                if state.closed && state.members.iter().all(Option::is_none) {
                    self.give_up(&mut state, Loss::Closed);
                    return;
                }
                self.next_deadline(&mut state)
            };
            let state = self.state();
            let held: Vec<_> =
                state.members.iter().flatten().map(|it| it.process.try_clone()).collect();
            drop(state);
            let held: Vec<OwnedFd> = held.into_iter().flatten().collect();
            let mut watched = vec![self.attention.as_fd()];
            watched.extend(held.iter().map(AsFd::as_fd));
            if os::wait_readable(&watched, Some(timeout)) == Some(0) {
                os::hush(self.attention.as_fd());
                let mut state = self.state();
                state.pressure = true;
                self.collect.notify_all();
            }
        }
    }

    /// Let go or kill whoever's time has come; answers when to look again.
    fn next_deadline(&self, state: &mut State) -> Duration {
        if let Some(kill_at) = state.kill_at {
            let left = kill_at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.members.iter().flatten().for_each(|member| os::kill(member.process.as_fd()));
                return Duration::from_secs(1);
            }
            return left;
        }
        let idle = self.settings.idle;
        if state.outstanding > 0 {
            state.last_work = Instant::now();
            return TRIM.min(idle);
        }
        let rested = state.last_work.elapsed();
        if rested >= idle {
            self.retire(state);
        }
        if rested >= TRIM && !state.trimmed {
            self.store.trim();
            state.trimmed = true;
        }
        let next = if state.trimmed { idle } else { TRIM.min(idle) };
        next.saturating_sub(rested).max(Duration::from_millis(100))
    }

    fn bury_the_dead(&self, state: &mut State) {
        for worker in 0..state.members.len() {
            let ending =
                state.members[worker].as_ref().and_then(|it| os::ending(it.process.as_fd()));
            if let Some((ending, peak)) = ending {
                self.bury(state, worker, ending, peak);
            }
        }
    }

    /// A worker ended: take its last results, tell of what it ran, publish what it only touched.
    fn bury(&self, state: &mut State, worker: usize, ending: Ending, peak: u64) {
        self.drain_worker(state, worker, &mut Vec::new());
        let member = state.members[worker].take().expect("a live worker");
        member.tenant.end();
        let slot = self.control.slot(worker);
        let was_ready = slot.ready().load(Ordering::Acquire) != 0;
        let weight = if matches!(ending, Ending::Exited(_)) { LEFT } else { KILLED };
        state.failed_starts = if was_ready { 0 } else { state.failed_starts + weight };
        let loss = if state.closed {
            Loss::Closed // by us, if need be by force
        } else {
            Loss::Died { pid: member.pid, ending, peak: (peak > member.inherited).then_some(peak) }
        };
        let (what, detail) = self.obituary(state, worker, ending);
        self.settings.journal.event(os::now(), what, member.lane, detail);
        self.sort_out(state, worker, loss, member.lane);
        // Others that are starting prove nothing; one that works does.
        let works = |worker: usize| self.control.slot(worker).ready().load(Ordering::Acquire) != 0;
        let nobody = !(0..state.members.len()).any(|it| state.members[it].is_some() && works(it));
        if state.failed_starts >= FAILED_STARTS && nobody {
            state.failed_starts = 0;
            self.give_up(state, Loss::CannotStart { ending: Some(ending) });
        }
        self.pump(state);
        self.changed.notify_all();
        // Whoever waits for results sleeps on the bell that workers ring.
        self.control.parent_bell().ring_urgently();
    }

    /// Why a worker ended, as the journal says it.
    fn obituary(&self, state: &State, worker: usize, ending: Ending) -> (&'static str, i64) {
        let slot = self.control.slot(worker);
        match ending {
            _ if state.closed => ("closed", 0),
            Ending::Exited(0) if slot.outgrown().load(Ordering::Acquire) != 0 => {
                ("outgrown", slot.outgrown().load(Ordering::Acquire).cast_signed())
            }
            Ending::Exited(0) if slot.retire().load(Ordering::SeqCst) != 0 => ("retired", 0),
            Ending::Exited(status) => ("left", status.into()),
            Ending::Killed(signal) => ("killed", signal.into()),
            Ending::Unknown => ("ended", 0),
        }
    }

    /// What the dead worker had taken is lost; what it was about to take is published again.
    fn sort_out(&self, state: &mut State, worker: usize, loss: Loss, lane: u32) {
        let queue = self.control.queue();
        let mut gone: Vec<(Arc<Job>, u64)> = Vec::new();
        for id in 0..state.blocks.len() {
            let State { blocks, stragglers, pending, .. } = &mut *state;
            let Some(block) = blocks[id].as_mut() else { continue };
            let offsets: Vec<u64> = block.unfinished().collect();
            for offset in offsets {
                let position = block.first_position + offset;
                let index = block.tasks.first_index + offset;
                let taken = match queue.ticket(position) {
                    Ticket::Taken(owner) => usize::from(owner) == worker,
                    Ticket::Gone => {
                        let ours =
                            stragglers.get(&position).is_some_and(|&it| usize::from(it) == worker);
                        if ours {
                            stragglers.remove(&position);
                        }
                        ours
                    }
                    Ticket::Ready
                        if position + queue.ahead() < queue.end() && queue.void(position) =>
                    {
                        block.finish(offset);
                        pending.push_front(Pending {
                            job: block.tasks.job.clone(),
                            payload: block.tasks.payload.clone(),
                            items: block.tasks.items,
                            first_item: block.tasks.first_item + offset,
                            first_index: index,
                            count: 1,
                        });
                        false
                    }
                    Ticket::Ready | Ticket::Void => false,
                };
                if taken {
                    block.finish(offset);
                    gone.push((block.tasks.job.clone(), index));
                }
            }
            state.free_if_done(id as u32);
        }
        for (job, index) in gone {
            self.write_loss(&job, index, worker, lane);
            self.deliver_loss(state, &job, index, loss);
        }
    }

    /// Have the journal say that a worker died in this task.
    fn write_loss(&self, job: &Arc<Job>, index: u64, worker: usize, lane: u32) {
        let (call, first) = job.entry();
        let Some(mut journal) = self.settings.journal.write().filter(|_| call != 0) else { return };
        let ended = os::now();
        // It may have died before it wrote down that it began.
        let slot = self.control.slot(worker);
        let running = slot.running().load(Ordering::Acquire) != 0;
        let started =
            if running { slot.started().load(Ordering::Relaxed).min(ended) } else { ended };
        let (count, end, busy) = (1, RunEnd::Lost, ended - started);
        let (first, sent, returned) = (first + index, 0, 0);
        journal.run(Run { call, lane, first, count, end, started, ended, busy, sent, returned });
    }

    /// Nothing that is outstanding will ever run.
    fn give_up(&self, state: &mut State, loss: Loss) {
        let queue = self.control.queue();
        let mut gone: Vec<(Arc<Job>, u64)> = Vec::new();
        for pending in state.pending.drain(..) {
            let indices = pending.first_index..pending.first_index + pending.count;
            gone.extend(indices.map(|index| (pending.job.clone(), index)));
        }
        for id in 0..state.blocks.len() {
            let Some(block) = state.blocks[id].as_mut() else { continue };
            let offsets: Vec<u64> = block.unfinished().collect();
            for offset in offsets {
                queue.void(block.first_position + offset);
                block.finish(offset);
                gone.push((block.tasks.job.clone(), block.tasks.first_index + offset));
            }
            state.free_if_done(id as u32);
        }
        state.stragglers.clear();
        gone.sort_by_key(|(job, index)| (job.id, *index));
        for (job, index) in gone {
            self.deliver_loss(state, &job, index, loss);
        }
        self.nudge();
        self.changed.notify_all();
        self.control.parent_bell().ring_urgently();
    }
}
