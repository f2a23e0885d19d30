//! What a pool's threads and callers share, and how waiting tasks are published.

use crate::block::{Block, Entry, Pending};
use crate::control::{BLOCKS, CONDEMNED, Control};
use crate::fleet::Member;
use crate::job::{Job, Loss, Outcome};
use crate::payload::Payload;
use crate::pool::{Event, Settings};
use shm::{Segment, Store};
use std::collections::{HashMap, VecDeque};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Instant;

/// Called by the pool's own thread.
pub(crate) type Hook = Box<dyn Fn(&Arc<Job>, Event) + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) control: Control,
    pub(crate) control_segment: Segment,
    pub(crate) store: Arc<Store>,
    /// Rung to make the watching thread look around.
    pub(crate) attention: OwnedFd,
    /// This process, for the workers to see it end.
    pub(crate) own_process: OwnedFd,
    /// The id of this process, for a forked child to see that it is another.
    pub(crate) home: u32,
    pub(crate) hook: Hook,
    pub(crate) state: Mutex<State>,
    /// Held by whoever reads the workers' rings; keeps the memory reused for that.
    pub(crate) lead: Mutex<Vec<u8>>,
    /// Something arrived, or nobody leads any more: for those who wait while another leads.
    pub(crate) changed: Condvar,
    pub(crate) followers: AtomicUsize,
    /// For the pool's own collecting thread.
    pub(crate) collect: Condvar,
    /// The collecting thread has something else to do than to wait for results.
    pub(crate) nudged: AtomicBool,
    /// What the journal calls this pool.
    pub(crate) number: u32,
    /// Kept for workers to come.
    pub(crate) _hello: Payload,
}

pub(crate) struct State {
    pub(crate) members: Vec<Option<Member>>,
    pub(crate) blocks: Vec<Option<Block>>,
    free_blocks: Vec<u32>,
    /// Running tasks whose cell in the queue was reused: position and worker.
    pub(crate) stragglers: HashMap<u64, u16>,
    pub(crate) pending: VecDeque<Pending>,
    /// Tasks pushed and neither delivered nor withdrawn, of all jobs.
    pub(crate) outstanding: u64,
    /// Watched jobs with something outstanding.
    pub(crate) watched: usize,
    /// Watched jobs with nothing outstanding any more, for the hook.
    pub(crate) settled: VecDeque<Arc<Job>>,
    /// Jobs whose tasks said something, for the hook.
    pub(crate) spoken: VecDeque<Arc<Job>>,
    /// A worker's ring is full and nobody reads it.
    pub(crate) pressure: bool,
    pub(crate) failed_starts: u32,
    pub(crate) last_work: Instant,
    /// Kept memory was given back since then.
    pub(crate) trimmed: bool,
    pub(crate) closed: bool,
    pub(crate) kill_at: Option<Instant>,
}

impl State {
    pub(crate) fn new(workers: usize) -> Self {
        Self {
            members: (0..workers).map(|_| None).collect(),
            blocks: Vec::new(),
            free_blocks: Vec::new(),
            stragglers: HashMap::new(),
            pending: VecDeque::new(),
            outstanding: 0,
            watched: 0,
            settled: VecDeque::new(),
            spoken: VecDeque::new(),
            pressure: false,
            failed_starts: 0,
            last_work: Instant::now(),
            trimmed: false,
            closed: false,
            kill_at: None,
        }
    }

    /// Number of each worker that runs a task of `job`, its position, and which task it is.
    pub(crate) fn running<'a>(
        &'a self,
        job: &'a Arc<Job>,
        control: &'a Control,
    ) -> impl Iterator<Item = (usize, u64, u64)> + 'a {
        (0..self.members.len()).filter_map(move |worker| {
            let running = control.slot(worker).running().load(Ordering::Acquire);
            let position = (running & !CONDEMNED).checked_sub(1)?;
            let ours = |block: &Block| {
                let offset = block.offset(position).filter(|&it| !block.is_done(it))?;
                Arc::ptr_eq(&block.tasks.job, job).then_some(block.tasks.first_index + offset)
            };
            let index = self.blocks.iter().flatten().find_map(ours)?;
            Some((worker, position, index))
        })
    }

    fn take_block(&mut self) -> Option<u32> {
        if let Some(id) = self.free_blocks.pop() {
            return Some(id);
        }
        (self.blocks.len() < BLOCKS).then(|| {
            self.blocks.push(None);
            self.blocks.len() as u32 - 1
        })
    }

    pub(crate) fn free_if_done(&mut self, id: u32) {
        let slot = &mut self.blocks[id as usize];
        if slot.as_ref().is_some_and(|block| block.left == 0) {
            *slot = None;
            self.free_blocks.push(id);
        }
    }
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while a pool's state is open")
    }

    /// Whether this is a copy that a fork left in another process.
    pub(crate) fn is_abroad(&self) -> bool {
        std::process::id() != self.home
    }

    /// Publish what waits, as far as there is room, and see that somebody runs it.
    pub(crate) fn pump(&self, state: &mut State) {
        let queue = self.control.queue();
        let mut published = 0;
        while let Some(next) = state.pending.front() {
            if !queue.has_room(next.count) {
                break;
            }
            let Some(id) = state.take_block() else { break };
            let tasks = state.pending.pop_front().expect("looked at above");
            let entry = Entry {
                job: tasks.job.id,
                first_position: queue.end(),
                first_item: tasks.first_item,
                first_index: tasks.first_index,
                items: tasks.items,
                payload: tasks.payload.extent.offset,
                function: tasks.job.function.as_ref().map_or((0, 0), Payload::span),
                style: tasks.job.style,
            };
            entry.write(self.control.block(id));
            let State { blocks, stragglers, .. } = state;
            let first = queue.publish(id, tasks.count, |position, block, worker| {
                let runs = blocks[block as usize].as_ref().is_some_and(|block| {
                    block.offset(position).is_some_and(|offset| !block.is_done(offset))
                });
                if runs {
                    stragglers.insert(position, worker);
                }
            });
            published += tasks.count;
            blocks[id as usize] = Some(Block::new(tasks, first));
        }
        if published > 0 {
            state.last_work = Instant::now();
            state.trimmed = false;
            self.wake(published);
        }
        if !state.pending.is_empty() {
            self.collect.notify_all();
        }
        self.grow(state);
    }

    /// Wake workers for `count` tasks.
    fn wake(&self, count: u64) {
        let mut woken = 0;
        for worker in 0..self.settings.workers {
            woken += u64::from(self.control.slot(worker).bell().ring());
            if woken == count {
                return;
            }
        }
    }

    /// Nothing of `job` is outstanding any more.
    pub(crate) fn settle(&self, state: &mut State, job: &Arc<Job>) {
        if job.watched.load(Ordering::Relaxed) {
            state.watched -= 1;
            state.settled.push_back(job.clone());
            self.nudge();
        }
    }

    /// Make the collecting thread look around.
    pub(crate) fn nudge(&self) {
        self.nudged.store(true, Ordering::SeqCst);
        self.collect.notify_all();
    }

    /// Deliver a loss for a task that is struck off its block already.
    pub(crate) fn deliver_loss(&self, state: &mut State, job: &Arc<Job>, index: u64, loss: Loss) {
        state.outstanding -= 1;
        job.deliver(index, Outcome::Lost(loss));
        if job.outstanding() == 0 {
            self.settle(state, job);
        }
    }
}
