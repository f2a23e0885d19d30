//! The one pool of threads of this process: arrays, random draws, compiled loops and linear algebra
//! run in it, and nobody builds another.
//!
//! [`crew`] is how work is shared out over it. Others ask for the [`pool`] itself, to
//! `install` what has its own way of using a rayon pool.

mod crew;
mod pace;
mod shares;
mod standby;

pub use crew::{Outcome, Work, alone, crew};

use rayon_core::{ThreadPool, ThreadPoolBuilder};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The pool, in the process that built it.
struct Built {
    process: u32,
    pool: Arc<ThreadPool>,
    handles: Vec<JoinHandle<()>>,
    /// Threads of smaller pools before it, which end by themselves.
    retired: Vec<JoinHandle<()>>,
}

static POOL: Mutex<Option<Built>> = Mutex::new(None);

/// What [`set_threads`] said; zero: nothing.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Longest that anybody holds [`POOL`], very generously: it is held for a few instructions.
const HELD: Duration = Duration::from_secs(1);

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    /// What [`with_threads`] said; zero: nothing.
    static HERE: Cell<usize> = const { Cell::new(0) };
    /// The number of this thread in the crew that it works in.
    static PLACE: Cell<usize> = const { Cell::new(0) };
}

/// The number of the calling thread among those that share out the work it is in, below their number: 0
/// for the caller, and outside of work. No two of them have the same at once.
pub fn place() -> usize {
    PLACE.get()
}

/// Have this thread be a number of a crew, until what is answered goes.
fn placed(place: usize) -> impl Drop {
    struct Restore(usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            PLACE.set(self.0);
        }
    }
    Restore(PLACE.replace(place))
}

/// Have work that begins on this thread inside of `run` use so many threads.
pub fn with_threads<R>(threads: usize, run: impl FnOnce() -> R) -> R {
    struct Restore(usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            HERE.set(self.0);
        }
    }
    let _restore = Restore(HERE.replace(threads));
    run()
}

/// Threads that work uses: as [`with_threads`] said here, or [`set_threads`] for all, else one a core
/// that this process may use.
pub fn threads() -> usize {
    let here = HERE.get();
    if here > 0 {
        return here;
    }
    match THREADS.load(Ordering::Relaxed) {
        0 => cores(),
        threads => threads,
    }
}

/// Cores that this process may use. Asked once: the system reads files to answer, and small kernels
/// are over before it has.
fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}

/// Have work use so many threads, from now on; zero: one a core.
pub fn set_threads(threads: usize) {
    THREADS.store(threads, Ordering::Relaxed);
}

/// Whether the calling thread is one of the pool's.
pub fn inside() -> bool {
    INSIDE.get()
}

/// Threads that the pool has at this moment; zero until something needed it.
pub fn running() -> usize {
    let Some(held) = hold() else { return 0 };
    held.as_ref().filter(|built| built.is_here()).map_or(0, |built| built.handles.len())
}

/// The pool, with at least so many threads: built by the first call, built larger if need be.
///
/// `None` where the system gives no threads: whoever asked does the work alone then.
pub fn pool(threads: usize) -> Option<Arc<ThreadPool>> {
    let least = threads.max(self::threads());
    let enough = |built: &Built| built.is_here() && built.handles.len() >= threads;
    if let Some(built) = hold()?.as_ref().filter(|built| enough(built)) {
        return Some(built.pool.clone());
    }
    // Built outside of the lock: to start threads takes long, and a fork may come meanwhile.
    let fresh = Built::new(least)?;
    let pool = fresh.pool.clone();
    let (replaced, pool) = {
        let mut held = hold()?;
        match held.as_ref().filter(|built| enough(built)).map(|built| built.pool.clone()) {
            // Somebody was faster; the fresh threads end.
            Some(other) => (Some(fresh), other),
            None => (held.replace(fresh), pool),
        }
    };
    if let Some(replaced) = replaced {
        // Work that runs there ends there: its callers hold the smaller pool until then.
        let handles = replaced.leave();
        if let Some(built) = hold().as_mut().and_then(|held| held.as_mut()) {
            built.retired.retain(|it| !it.is_finished());
            built.retired.extend(handles);
        }
    }
    Some(pool)
}

/// End the threads of the pool when they have done what they were given, and wait for that, unless
/// called from one of them. The next use builds it anew.
pub fn shutdown() {
    let built = hold().and_then(|mut held| held.take());
    if let Some(built) = built {
        built.end();
    }
}

impl Built {
    fn new(threads: usize) -> Option<Self> {
        let mut handles = Vec::with_capacity(threads);
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .start_handler(|_| INSIDE.set(true))
            .spawn_handler(|worker| {
                let name = format!("abreast-pool-{}", worker.index());
                let thread = thread::Builder::new().name(name);
                handles.push(thread.spawn(|| worker.run())?);
                Ok(())
            })
            .build()
            .ok()?;
        let process = std::process::id();
        Some(Self { process, pool: Arc::new(pool), handles, retired: Vec::new() })
    }

    /// Whether its threads are in this process: a fork copies this struct and no threads.
    fn is_here(&self) -> bool {
        self.process == std::process::id()
    }

    /// Let the threads end by themselves, some time. Answers those to wait for.
    fn leave(mut self) -> Vec<JoinHandle<()>> {
        if !self.is_here() {
            // Its locks may be held by threads that do not exist here.
            std::mem::forget(self);
            return Vec::new();
        }
        let mut handles = std::mem::take(&mut self.handles);
        handles.append(&mut self.retired);
        handles
    }

    /// As `leave`, and wait.
    fn end(self) {
        let handles = self.leave();
        if !inside() {
            for handle in handles {
                // A thread that panicked has ended as well.
                let _ = handle.join();
            }
        }
    }
}

/// Hold the pool. `None` if nobody will ever let go of it: another thread held it at the moment when
/// this process was forked off.
fn hold() -> Option<MutexGuard<'static, Option<Built>>> {
    let mut since = None;
    loop {
        match POOL.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(broken)) => return Some(broken.into_inner()),
            Err(TryLockError::WouldBlock) => {
                if since.get_or_insert_with(Instant::now).elapsed() > HELD {
                    return None;
                }
                thread::yield_now();
            }
        }
    }
}
