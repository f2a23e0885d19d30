//! The one pool: every block once, whatever the number of threads, and nobody waits for nobody.

#![expect(clippy::cast_possible_wrap, reason = "counts of tests are small")]

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};
use tasks::pool::{self, Outcome, Work, crew};

/// The pool is one, and so are the tests that look at it.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[derive(Clone)]
struct Blocks<F> {
    counts: Arc<Vec<AtomicU8>>,
    what: F,
}

impl<F: Fn(i64) -> i64 + Clone + Send + Sync + 'static> Blocks<F> {
    fn new(blocks: usize, what: F) -> Self {
        Self { counts: Arc::new((0..blocks).map(|_| AtomicU8::new(0)).collect()), what }
    }

    fn run(&self, threads: usize) -> Outcome {
        crew(self, self.counts.len() as i64, threads, false, &mut || false)
    }

    fn counts(&self) -> Vec<u8> {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect()
    }
}

impl<F: Fn(i64) -> i64 + Clone + Send + Sync + 'static> Work for Blocks<F> {
    fn run(&self, begin: i64, end: i64) -> i64 {
        for block in begin..end {
            self.counts[block as usize].fetch_add(1, Ordering::Relaxed);
            let code = (self.what)(block);
            if code != 0 {
                return code;
            }
        }
        0
    }

    fn share(&self) -> Arc<dyn Work + Send> {
        Arc::new(self.clone())
    }
}

fn spin(microseconds: u64) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_micros(microseconds) {
        std::hint::spin_loop();
    }
}

#[test]
fn every_block_is_done_once() {
    let _alone = alone();
    for blocks in [0, 1, 2, 3, 7, 64, 1000, 12_345] {
        for threads in [0, 1, 2, 3, 8] {
            for cost in [0, 1] {
                let work = Blocks::new(blocks, move |_| {
                    spin(cost);
                    0
                });
                assert_eq!(work.run(threads), Outcome::Done);
                assert!(work.counts().iter().all(|&count| count == 1), "{blocks}, {threads}");
            }
        }
    }
}

#[test]
fn others_join_when_it_pays_and_never_otherwise() {
    let _alone = alone();
    let who = || {
        let seen: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
        let inner = seen.clone();
        let note = move |cost| {
            inner.lock().unwrap().insert(thread::current().id());
            spin(cost);
            0
        };
        (seen, note)
    };
    pool::shutdown();
    let (seen, note) = who();
    assert_eq!(Blocks::new(10, move |_| note(0)).run(4), Outcome::Done);
    assert_eq!(seen.lock().unwrap().len(), 1);
    assert_eq!(pool::running(), 0, "work of a microsecond started threads");
    let (seen, note) = who();
    assert_eq!(Blocks::new(400, move |_| note(500)).run(3), Outcome::Done);
    assert_eq!(seen.lock().unwrap().len(), 3);
    assert!(pool::running() >= 2);
    pool::shutdown();
    assert_eq!(pool::running(), 0);
    let names = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let name = |task: std::io::Result<std::fs::DirEntry>| {
            std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
        };
        tasks.filter_map(name).filter(|name| name.starts_with("abreast-pool")).count()
    };
    // A joined thread may stand in /proc for a moment longer.
    let limit = Instant::now() + Duration::from_secs(5);
    while names() > 0 {
        assert!(Instant::now() < limit, "{} threads are left", names());
        thread::sleep(Duration::from_millis(1));
    }
    // And it comes back.
    assert_eq!(
        Blocks::new(400, |_| {
            spin(100);
            0
        })
        .run(2),
        Outcome::Done
    );
    assert!(pool::running() >= 1);
}

#[test]
fn work_known_to_be_long_is_shared_from_its_first_block_on() {
    let _alone = alone();
    for (blocks, threads) in [(0, 2), (1, 2), (2, 1), (2, 2), (7, 3), (1000, 3)] {
        let work = Blocks::new(blocks, |_| 0);
        let outcome = crew(&work, blocks as i64, threads, true, &mut || false);
        assert_eq!(outcome, Outcome::Done);
        assert!(work.counts().iter().all(|&count| count == 1), "{blocks}, {threads}");
    }
    let places: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
    let seen = places.clone();
    let met = Arc::new(std::sync::Barrier::new(2));
    // Both wait for each other: one thread alone would never end the first.
    let work = Blocks::new(2, move |_| {
        met.wait();
        seen.lock().unwrap().insert(thread::current().id());
        0
    });
    assert_eq!(crew(&work, 2, 2, true, &mut || false), Outcome::Done);
    assert_eq!(places.lock().unwrap().len(), 2);
}

#[test]
fn the_first_failing_block_is_told() {
    let _alone = alone();
    for threads in [1, 2, 4] {
        for _ in 0..20 {
            let work = Blocks::new(2000, |block| {
                spin(3);
                if block % 400 == 399 { block } else { 0 }
            });
            assert_eq!(work.run(threads), Outcome::Failed(399));
        }
    }
}

#[test]
fn a_panic_reaches_the_caller_and_leaves_the_pool_whole() {
    let _alone = alone();
    for threads in [1, 3] {
        let work = Blocks::new(1000, |block| {
            spin(20);
            assert!(block != 700, "block 700");
            0
        });
        let panic = catch_unwind(AssertUnwindSafe(|| work.run(threads))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"block 700"));
    }
    assert_eq!(
        Blocks::new(1000, |_| {
            spin(5);
            0
        })
        .run(3),
        Outcome::Done
    );
}

#[test]
fn an_interrupt_stops_it_soon_also_while_others_work() {
    let _alone = alone();
    for threads in [1, 2] {
        let work = Blocks::new(100_000, |_| {
            spin(1000);
            0
        });
        let begun = Instant::now();
        let outcome = crew(&work, 100_000, threads, false, &mut || {
            begun.elapsed() > Duration::from_millis(50)
        });
        assert_eq!(outcome, Outcome::Stopped);
        assert!(begun.elapsed() < Duration::from_millis(400), "{:?}", begun.elapsed());
    }
}

#[test]
fn crews_inside_crews_end() {
    let _alone = alone();
    let total = Arc::new(AtomicI64::new(0));
    let sum = total.clone();
    let outer = Blocks::new(40, move |_| {
        let sum = sum.clone();
        let inner = Blocks::new(100, move |block| {
            spin(10);
            sum.fetch_add(block, Ordering::Relaxed);
            0
        });
        assert_eq!(inner.run(3), Outcome::Done);
        0
    });
    assert_eq!(outer.run(3), Outcome::Done);
    assert_eq!(total.load(Ordering::Relaxed), 40 * 4950);
}

#[test]
fn many_callers_share_the_pool() {
    let _alone = alone();
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let work = Blocks::new(300, |_| {
                        spin(3);
                        0
                    });
                    assert_eq!(work.run(2), Outcome::Done);
                    assert!(work.counts().iter().all(|&count| count == 1));
                }
            });
        }
    });
}

#[test]
fn a_pool_that_is_busy_delays_nobody() {
    let _alone = alone();
    let pool = pool::pool(1).unwrap();
    for _ in 0..2 * pool.current_num_threads() {
        pool.spawn(|| thread::sleep(Duration::from_millis(400)));
    }
    let begun = Instant::now();
    assert_eq!(
        Blocks::new(100, |_| {
            spin(20);
            0
        })
        .run(2),
        Outcome::Done
    );
    assert!(begun.elapsed() < Duration::from_millis(200), "{:?}", begun.elapsed());
    drop(pool);
    pool::shutdown();
}

#[test]
fn the_usual_number_of_threads_can_be_set() {
    let _alone = alone();
    let cores = pool::threads();
    assert!(cores >= 1);
    pool::set_threads(5);
    assert_eq!(pool::threads(), 5);
    pool::set_threads(0);
    assert_eq!(pool::threads(), cores);
}

#[test]
fn short_work_that_comes_again_and_again_is_shared() {
    let _alone = alone();
    pool::shutdown();
    let seen: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
    let inner = seen.clone();
    let work = Blocks::new(8, move |_| {
        inner.lock().unwrap().insert(thread::current().id());
        spin(4);
        0
    });
    // 32 µs a call is less than it takes to wake a thread. Machines that are busy may take a while to share.
    let limit = Instant::now() + Duration::from_secs(20);
    while seen.lock().unwrap().len() < 2 {
        assert!(Instant::now() < limit, "nobody stays awake");
        work.counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
        assert_eq!(work.run(2), Outcome::Done);
        assert!(work.counts().iter().all(|&count| count == 1));
    }
    pool::shutdown();
    assert_eq!(pool::running(), 0);
}
