//! What a kernel may ask of whoever launched it: to share out a loop, and whether to stop.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use compiler::INTERRUPTED;
use tasks::pool::{self, Outcome, Work};

use super::exact::Exacts;
use super::spool::{Spool, listener};
use super::stack;

/// A loop of a kernel as a function of its own: over its context, for a range of blocks.
type Region = unsafe extern "C" fn(context: *const u64, begin: i64, end: i64) -> i64;

/// How often whoever launched a kernel is asked.
const LOOK: Duration = Duration::from_millis(20);

/// Steps that take a few microseconds: no thread is worth as much as asked, and not even the clock.
pub(super) const LITTLE: i64 = 1 << 13;

/// Launches from one look at the clock to the next.
const ASKED: u32 = 16;

/// A number of the calling thread that no other has while this one lives. For a whole `Thread` a
/// short kernel takes no time.
fn here() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|it| std::ptr::from_ref(it).addr())
}

thread_local! {
    /// The index and the length of the check that failed last on this thread.
    static REFUSED: Cell<Option<(i64, i64)>> = const { Cell::new(None) };
}

/// The index that the launch before on this thread ended at, and the length of its axis, where that is
/// known: where it failed on this thread, and not in a loop that several shared.
pub fn refused_index() -> Option<(i64, i64)> {
    REFUSED.take()
}

/// The table of functions; a kernel knows the first nine fields, by their order.
#[repr(C)]
pub(super) struct Services<'a> {
    launch: unsafe extern "C" fn(*const Services<'_>, Region, *const u64, i64, i64) -> i64,
    poll: unsafe extern "C" fn(*const Services<'_>) -> i64,
    room: unsafe extern "C" fn(*const Services<'_>, i64) -> *mut u128,
    outside: unsafe extern "C" fn(*const Services<'_>, i64, i64),
    exact: unsafe extern "C" fn(*const Services<'_>, i64) -> *const (),
    limit: unsafe extern "C" fn(*const Services<'_>) -> i64,
    say: unsafe extern "C" fn(*const Services<'_>, i64, *const u64, i64),
    thread_id: unsafe extern "C" fn(*const Services<'_>) -> i64,
    thread_count: unsafe extern "C" fn(*const Services<'_>) -> i64,
    /// On which thread `asked`, `interrupted` and `given` are used, and on no other.
    owner: usize,
    /// When it was asked last; nothing before the first poll, so that short kernels read no clock.
    asked: Cell<Option<Instant>>,
    /// How many launches there were.
    launches: Cell<u32>,
    interrupted: RefCell<&'a mut dyn FnMut() -> bool>,
    /// What `room` gave.
    given: RefCell<Vec<u128>>,
    stopped: AtomicBool,
    threads: usize,
    exacts: &'a Exacts,
    /// Why `exact` gave nothing.
    refused: Mutex<String>,
    /// Who listens to what the kernel says.
    spool: Option<Arc<Spool>>,
}

impl<'a> Services<'a> {
    /// For a launch on this thread.
    pub(super) fn new(
        threads: usize,
        exacts: &'a Exacts,
        interrupted: &'a mut dyn FnMut() -> bool,
    ) -> Self {
        Self {
            launch,
            poll,
            room,
            outside,
            exact,
            limit,
            say,
            thread_id,
            thread_count,
            spool: listener(),
            given: RefCell::default(),
            owner: here(),
            asked: Cell::new(None),
            launches: Cell::new(0),
            interrupted: RefCell::new(interrupted),
            stopped: AtomicBool::new(false),
            threads,
            exacts,
            refused: Mutex::default(),
        }
    }

    /// Why a kernel ended that was given no function.
    pub(super) fn refused(&self) -> String {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ask whether to stop, on the thread of the launch.
    pub(super) fn ask(&self) -> bool {
        let mut interrupted = self.interrupted.borrow_mut();
        if !self.stopped.load(Ordering::Relaxed) && interrupted() {
            self.stopped.store(true, Ordering::Relaxed);
        }
        self.asked.set(Some(Instant::now()));
        self.stopped.load(Ordering::Relaxed)
    }
}

/// # Safety
/// The services are alive. `region` and `context` fit each other and stay until this returns; blocks may
/// run on several threads.
unsafe extern "C" fn launch(
    services: *const Services<'_>,
    region: Region,
    context: *const u64,
    blocks: i64,
    effort: i64,
) -> i64 {
    // SAFETY: kernels launch on the thread that runs them first, which is the owner.
    let services = unsafe { &*services };
    let work = Shared { region, context };
    let outcome = if effort <= LITTLE {
        pool::alone(&work, blocks)
    } else {
        pool::crew(&work, blocks, services.threads, false, &mut || services.ask())
    };
    match outcome {
        Outcome::Done => {
            // Short ones ask nobody, and a loop of them may have no other question for long.
            let launches = services.launches.get().wrapping_add(1);
            services.launches.set(launches);
            // SAFETY: they are alive.
            if launches % ASKED == 0 && unsafe { poll(services) } != 0 { INTERRUPTED } else { 0 }
        }
        Outcome::Failed(code) => {
            // Which thread said so is chance.
            REFUSED.set(None);
            code
        }
        Outcome::Stopped => INTERRUPTED,
    }
}

/// # Safety
/// The services are alive.
unsafe extern "C" fn poll(services: *const Services<'_>) -> i64 {
    // SAFETY: of what only the owner may use, others use nothing: see below.
    let services = unsafe { &*services };
    if services.owner == here() {
        match services.asked.get() {
            None => services.asked.set(Some(Instant::now())),
            Some(asked) if asked.elapsed() > LOOK => return i64::from(services.ask()),
            Some(_) => {}
        }
    }
    i64::from(services.stopped.load(Ordering::Relaxed))
}

/// # Safety
/// The services are alive, and this is the thread of the launch.
unsafe extern "C" fn room(services: *const Services<'_>, bytes: i64) -> *mut u128 {
    // SAFETY: as above.
    let services = unsafe { &*services };
    let mut given = services.given.borrow_mut();
    let numbers = usize::try_from(bytes).unwrap_or(usize::MAX).div_ceil(size_of::<u128>()).max(1);
    if given.len() < numbers {
        given.clear();
        if given.try_reserve_exact(numbers).is_err() {
            return std::ptr::null_mut();
        }
        given.resize(numbers, 0);
    }
    given.as_mut_ptr()
}

/// An index is outside of its axis, of this length.
///
/// # Safety
/// The services are alive.
unsafe extern "C" fn outside(services: *const Services<'_>, index: i64, length: i64) {
    // SAFETY: as above; of what only the owner may use, nothing is used.
    let services = unsafe { &*services };
    if services.owner == here() {
        REFUSED.set(Some((index, length)));
    }
}

/// The version of an elementary function for any argument; nothing if it cannot be compiled.
///
/// # Safety
/// The services are alive, and there is such a place.
unsafe extern "C" fn exact(services: *const Services<'_>, place: i64) -> *const () {
    // SAFETY: as above; of what only the owner may use, nothing is used.
    let services = unsafe { &*services };
    services.exacts.find(place as usize).unwrap_or_else(|why| {
        *services.refused.lock().unwrap_or_else(PoisonError::into_inner) = why.to_string();
        std::ptr::null()
    })
}

/// How low the stack of the calling thread may reach.
unsafe extern "C" fn limit(_services: *const Services<'_>) -> i64 {
    (stack::limit() as u64).cast_signed()
}

/// Words that may wait on the thread of the launch before somebody reads them.
const SOME: usize = 1 << 13;

/// Words that may wait before other threads do.
const MANY: usize = 1 << 20;

/// What the kernel says.
///
/// # Safety
/// The services are alive; so many words are there.
unsafe extern "C" fn say(
    services: *const Services<'_>,
    number: i64,
    words: *const u64,
    count: i64,
) {
    // SAFETY: as above; of what only the owner may use, others use nothing.
    let services = unsafe { &*services };
    let Some(spool) = &services.spool else { return };
    // SAFETY: as above.
    let words = unsafe { std::slice::from_raw_parts(words, count.unsigned_abs() as usize) };
    let waiting = spool.say(number, words);
    if services.owner == here() {
        if waiting > SOME {
            services.ask();
        }
    } else if waiting > MANY {
        // The thread of the launch reads now and then; it is waited for, but not for ever.
        let since = Instant::now();
        while spool.waiting() > MANY
            && !services.stopped.load(Ordering::Relaxed)
            && since.elapsed() < Duration::from_secs(1)
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The number of the calling thread among those that work on the launch.
unsafe extern "C" fn thread_id(_services: *const Services<'_>) -> i64 {
    (pool::place() as u64).cast_signed()
}

/// How many threads the launch may use.
///
/// # Safety
/// The services are alive.
unsafe extern "C" fn thread_count(services: *const Services<'_>) -> i64 {
    // SAFETY: as above; the field never changes.
    unsafe { ((*services).threads as u64).cast_signed() }
}

/// A region over its context, for all threads.
#[derive(Clone, Copy)]
struct Shared {
    region: Region,
    context: *const u64,
}

// SAFETY: blocks of a parallel loop may run on any thread, and only they look at the context; `crew` runs
// none after it has returned, as long as which the code and the context are there.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Work for Shared {
    fn run(&self, begin: i64, end: i64) -> i64 {
        // SAFETY: whoever launched says that they fit; see above for how long they are there.
        unsafe { (self.region)(self.context, begin, end) }
    }

    fn share(&self) -> Arc<dyn Work + Send> {
        Arc::new(*self)
    }

    fn kind(&self) -> Option<usize> {
        Some(self.region as usize)
    }
}
