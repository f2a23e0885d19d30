//! The parent's side of a pool of worker processes.

use crate::block::Pending;
use crate::control::{BLOCKS, CELLS, CONDEMNED, Control, MAX_WORKERS};
use crate::job::Job;
use crate::payload::{Items, Payload};
use crate::shared::{Shared, State};
use shm::{Loan, Segment, Store, os};
use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tasks::Journal;

/// How a pool's workers are made.
#[derive(Debug)]
pub struct Settings {
    /// How many at most; they start when there is work for them.
    pub workers: usize,
    /// Program and arguments; the worker's number is appended as the last argument.
    pub command: Vec<OsString>,
    /// Variables set beside those inherited.
    pub environment: Vec<(OsString, OsString)>,
    /// Bytes that every worker reads first.
    pub hello: Vec<u8>,
    /// Workers without work for this long are let go.
    pub idle: Duration,
    /// Where it is written who ran what.
    pub journal: Arc<Journal>,
    /// What the journal calls the plan.
    pub plan: Arc<str>,
}

/// A task that a worker runs now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Which task of the job.
    pub index: u64,
    /// For how long.
    pub since: Duration,
    /// The worker's process id.
    pub pid: u32,
}

/// What the pool's own thread tells of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is watched, and nothing of it is outstanding any more.
    Settled,
    /// It is heard by itself, and its tasks said something.
    Spoke,
}

/// Worker processes and all that is on its way to and from them.
///
/// Dropping the last handle ends the workers.
pub struct Pool {
    pub(crate) shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Pool")
            .field("settings", &self.shared.settings)
            .finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool; starts two sleeping threads and no process.
    ///
    /// # Errors
    /// Those of the operating system when shared memory cannot be had.
    pub fn new(
        settings: Settings,
        store: Arc<Store>,
        hook: impl Fn(&Arc<Job>, Event) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let workers = settings.workers;
        assert!((1..=MAX_WORKERS).contains(&workers), "{workers} workers");
        let control_segment = Segment::create("abreast-control", Control::len(workers))?;
        let hello = Payload::store(&store, &settings.hello, Vec::new())?;
        let control = Control::new(control_segment.map()?);
        let (offset, len) = hello.span();
        for (long, value) in control.hello().iter().zip([offset, len, store.arena().small_len()]) {
            long.store(value, Ordering::Relaxed);
        }
        control.parent_bell().leave();
        let shared = Arc::new(Shared {
            control,
            control_segment,
            store,
            attention: os::create_bell()?,
            own_process: os::open_process(std::process::id())?,
            home: std::process::id(),
            hook: Box::new(hook),
            state: Mutex::new(State::new(workers)),
            lead: Mutex::default(),
            changed: Condvar::new(),
            followers: AtomicUsize::new(0),
            collect: Condvar::new(),
            nudged: AtomicBool::new(false),
            _hello: hello,
            number: settings.journal.pool(),
            settings,
        });
        let threads = [
            ("abreast-watch", Shared::watch as fn(&Shared)),
            ("abreast-collect", Shared::collect as fn(&Shared)),
        ]
        .into_iter()
        .map(|(name, work)| {
            let shared = shared.clone();
            std::thread::Builder::new().name(name.into()).spawn(move || {
                os::block_signals();
                work(&shared);
            })
        })
        .collect::<io::Result<_>>()?;
        Ok(Self { shared, threads: Mutex::new(threads) })
    }

    /// A job: a function (none when each task brings its own), with the extents that it speaks
    /// of, and how its tasks are called.
    pub fn open(
        &self,
        function: Option<(&[u8], Vec<Arc<Loan>>)>,
        style: u64,
    ) -> io::Result<Arc<Job>> {
        let function = function
            .map(|(bytes, loans)| Payload::store(&self.shared.store, bytes, loans))
            .transpose()?;
        let job = Job::new(style, function, self.shared.settings.workers);
        if job.lends() {
            let free = |it: &&AtomicU64| it.load(Ordering::Relaxed) == 0;
            let _state = self.shared.state();
            if let Some(place) = self.shared.control.open_jobs().iter().find(free) {
                place.store(job.id, Ordering::Release);
            }
        }
        Ok(job)
    }

    /// Nobody asks for the job any more: workers that keep its function may let go of it, and what
    /// its tasks still answer is taken and dropped. In a forked child the parent may still ask, and
    /// a thread that did not come along may hold any lock.
    pub fn end(&self, job: &Arc<Job>) {
        if self.shared.is_abroad() {
            return;
        }
        if job.outstanding() > 0 {
            self.watch(job);
        }
        if !job.lends() {
            return;
        }
        for place in self.shared.control.open_jobs() {
            let _ = place.compare_exchange(job.id, 0, Ordering::AcqRel, Ordering::Relaxed);
        }
        for worker in 0..self.shared.settings.workers {
            self.shared.control.slot(worker).bell().ring();
        }
    }

    /// How many workers there are at most.
    pub fn workers(&self) -> usize {
        self.shared.settings.workers
    }

    /// Where it is written who ran what.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.shared.settings.journal
    }

    /// What the journal calls the plan.
    pub fn plan(&self) -> &Arc<str> {
        &self.shared.settings.plan
    }

    /// What the pool's tasks share.
    pub fn store(&self) -> &Arc<Store> {
        &self.shared.store
    }

    /// Append tasks to a job, leaving `items` empty; answers false when the pool is closed.
    ///
    /// They get the next indices, or those from `at` on: tasks that ended and run once more.
    pub fn push(&self, job: &Arc<Job>, items: &mut Items, at: Option<u64>) -> io::Result<bool> {
        if items.is_empty() {
            return Ok(true);
        }
        let count = items.len() as u64;
        let payload = Arc::new(items.store(&self.shared.store)?);
        let mut state = self.shared.state();
        if state.closed {
            return Ok(false);
        }
        let (first_index, was_settled) = {
            let mut progress = job.progress();
            progress.outstanding += count;
            let first = at.unwrap_or(progress.pushed);
            progress.pushed = progress.pushed.max(first + count);
            (first, progress.outstanding == count)
        };
        if was_settled && job.watched.load(Ordering::Relaxed) {
            state.watched += 1;
        }
        state.outstanding += count;
        state.pending.push_back(Pending {
            job: job.clone(),
            payload,
            items: count,
            first_item: 0,
            first_index,
            count,
        });
        self.shared.pump(&mut state);
        Ok(true)
    }

    /// Withdraw every task of the job, from index `first` on, that no worker has taken; answers how
    /// many.
    ///
    /// Tasks are taken in order, but not only: one that a worker was about to take when it died is
    /// published again, behind later ones. So the index says what is withdrawn, not the place.
    pub fn cancel(&self, job: &Arc<Job>, first: u64) -> u64 {
        let mut state = self.shared.state();
        let mut withdrawn = 0;
        state.pending.retain_mut(|pending| {
            if !Arc::ptr_eq(&pending.job, job) {
                return true;
            }
            let kept = first.saturating_sub(pending.first_index).min(pending.count);
            withdrawn += pending.count - kept;
            pending.count = kept;
            kept > 0
        });
        let queue = self.shared.control.queue();
        for id in 0..state.blocks.len() {
            let Some(block) = state.blocks[id].as_mut() else { continue };
            if !Arc::ptr_eq(&block.tasks.job, job) {
                continue;
            }
            let kept = first.saturating_sub(block.tasks.first_index);
            let offsets: Vec<u64> = block.unfinished().filter(|&it| it >= kept).collect();
            for offset in offsets {
                if queue.void(block.first_position + offset) {
                    block.finish(offset);
                    withdrawn += 1;
                }
            }
            state.free_if_done(id as u32);
        }
        state.outstanding -= withdrawn;
        let mut progress = job.progress();
        progress.outstanding -= withdrawn;
        if withdrawn > 0 && progress.outstanding == 0 {
            drop(progress);
            self.shared.settle(&mut state, job);
        }
        self.shared.changed.notify_all();
        withdrawn
    }

    /// Whether a worker has taken a task of the job that is not done.
    pub fn is_running(&self, job: &Arc<Job>) -> bool {
        let state = self.shared.state();
        state.running(job, &self.shared.control).next().is_some()
    }

    /// Ask (`kill`: force) the workers that run tasks of the job to stop them.
    pub fn interrupt(&self, job: &Arc<Job>, kill: bool) {
        let state = self.shared.state();
        for (worker, position, _) in state.running(job, &self.shared.control) {
            self.shared.stop(&state, worker, position, kill);
        }
    }

    /// As [`Pool::interrupt`] for one task alone; answers whether it ran.
    pub fn halt(&self, job: &Arc<Job>, index: u64, kill: bool) -> bool {
        let state = self.shared.state();
        let mut running = state.running(job, &self.shared.control);
        running
            .find(|it| it.2 == index)
            .is_some_and(|(worker, position, _)| self.shared.stop(&state, worker, position, kill))
    }

    /// Which tasks of the job run now.
    pub fn started(&self, job: &Arc<Job>) -> Vec<Running> {
        let state = self.shared.state();
        let now = os::now();
        let running = state.running(job, &self.shared.control);
        let known = running.filter_map(|(worker, position, index)| {
            let slot = self.shared.control.slot(worker);
            let started = slot.started().load(Ordering::Acquire);
            // The next task's time would be the wrong one.
            let same = slot.running().load(Ordering::Acquire) & !CONDEMNED == position + 1;
            let pid = state.members[worker].as_ref()?.pid;
            let since = Duration::from_nanos(now.saturating_sub(started));
            same.then_some(Running { index, since, pid })
        });
        known.collect()
    }

    /// Have the hook called once nothing of the job is outstanding.
    pub fn watch(&self, job: &Arc<Job>) {
        let mut state = self.shared.state();
        let again = job.watched.swap(true, Ordering::Relaxed);
        if job.outstanding() == 0 {
            state.settled.push_back(job.clone());
        } else if again {
            return;
        } else {
            state.watched += 1;
        }
        self.shared.nudge();
    }

    /// Process ids of the live workers, by worker number.
    pub fn processes(&self) -> Vec<Option<u32>> {
        self.shared.state().members.iter().map(|member| member.as_ref().map(|it| it.pid)).collect()
    }

    /// Tasks pushed and neither delivered nor withdrawn, of all jobs.
    pub fn outstanding(&self) -> u64 {
        self.shared.state().outstanding
    }

    /// End the workers: those without a task at once, the others after `grace`, by force.
    ///
    /// Tasks that did not end are delivered as lost. Returns when no process and no thread of the
    /// pool is left.
    pub fn close(&self, grace: Duration) {
        self.begin_close(grace);
        let threads = std::mem::take(&mut *self.threads.lock().expect("threads"));
        let here = std::thread::current().id();
        for thread in threads.into_iter().filter(|thread| thread.thread().id() != here) {
            let _ = thread.join();
        }
    }

    fn begin_close(&self, grace: Duration) {
        let mut state = self.shared.state();
        state.closed = true;
        state.kill_at = Some(Instant::now() + grace);
        self.shared.retire(&state);
        self.shared.changed.notify_all();
        self.shared.nudge();
        drop(state);
        os::ring(self.shared.attention.as_fd());
    }
}

impl Drop for Pool {
    /// Does not wait: whoever drops may hold a lock that the pool's threads want on their way out.
    fn drop(&mut self) {
        if !self.shared.is_abroad() && !self.shared.state().closed {
            self.begin_close(Duration::from_millis(200));
        }
    }
}

const _: () = {
    assert!(BLOCKS <= CELLS && BLOCKS <= tasks::Queue::BLOCKS);
    assert!(MAX_WORKERS <= tasks::Queue::WORKERS);
};
