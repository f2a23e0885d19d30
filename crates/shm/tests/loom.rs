//! Every interleaving of who holds shared memory, small sizes: `./dev loom`.
//!
//! The memory itself is a cell that loom watches: to write it while somebody reads is a failure.
#![cfg(loom)]

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use shm::{Pins, Returns};

/// Two extents.
const A: u64 = 0;
const B: u64 = 1;

/// What a parent and a worker share.
struct Shared {
    high: AtomicU64,
    pins: Vec<AtomicU64>,
    returned: Vec<AtomicU64>,
    /// How many tasks the worker has reported; or how many results it has sent.
    reported: AtomicU64,
    memory: Vec<UnsafeCell<u64>>,
}

// SAFETY: threads go through what is tested here to the memory, and loom sees when that fails.
unsafe impl Sync for Shared {}
// SAFETY: as above.
unsafe impl Send for Shared {}

impl Shared {
    fn new() -> Arc<Self> {
        let words = |count| (0..count).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self {
            high: AtomicU64::new(0),
            pins: words(2),
            returned: words(1),
            reported: AtomicU64::new(0),
            memory: (0..2).map(|_| UnsafeCell::new(1)).collect(),
        })
    }

    fn pins(&self) -> Pins<'_, AtomicU64> {
        Pins::new(&self.high, &self.pins)
    }

    fn returns(&self) -> Returns<'_, AtomicU64> {
        Returns::new(&self.returned)
    }

    fn read(&self, extent: u64) -> u64 {
        // SAFETY: loom fails if somebody writes meanwhile.
        self.memory[extent as usize].with(|it| unsafe { *it })
    }

    fn write(&self, extent: u64, value: u64) {
        // SAFETY: loom fails if somebody reads or writes meanwhile.
        self.memory[extent as usize].with_mut(|it| unsafe { *it = value });
    }

    /// The parent: after the worker's report, use the extent for something else once it may be.
    fn reuse(&self, report: u64, extent: u64) {
        self.await_report(report);
        while self.pins().hold(extent) {
            thread::yield_now();
        }
        self.write(extent, 7);
    }

    fn report(&self) {
        self.reported.fetch_add(1, Ordering::Release);
    }

    fn await_report(&self, report: u64) {
        while self.reported.load(Ordering::Acquire) < report {
            thread::yield_now();
        }
    }
}

/// The parent's part beside that of each worker, in every order.
fn model<const N: usize>(workers: [fn(&Shared); N], parent: fn(&Shared)) {
    loom::model(move || {
        let shared = Shared::new();
        let workers = workers.map(|worker| {
            let shared = shared.clone();
            thread::spawn(move || worker(&shared))
        });
        parent(&shared);
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
}

/// A task keeps its argument, and drops it when it likes.
#[test]
fn memory_is_used_again_after_the_last_read() {
    let worker = |shared: &Shared| {
        shared.pins().set(0, A);
        shared.report();
        assert_eq!(shared.read(A), 1);
        shared.pins().clear(0);
    };
    model([worker], |shared| shared.reuse(1, A));
}

/// What the order is for: this way round, memory is written that somebody reads.
#[test]
#[should_panic(expected = "Causality violation")]
fn a_pin_after_the_report_is_too_late() {
    let worker = |shared: &Shared| {
        shared.report();
        shared.pins().set(0, A);
        let _ = shared.read(A);
        shared.pins().clear(0);
    };
    model([worker], |shared| shared.reuse(1, A));
}

/// One pin serves one extent after the other, while the parent asks for either.
#[test]
fn a_pin_is_used_again() {
    let worker = |shared: &Shared| {
        for extent in [A, B] {
            shared.pins().set(0, extent);
            shared.report();
            assert_eq!(shared.read(extent), 1);
            shared.pins().clear(0);
        }
    };
    model([worker], |shared| {
        shared.reuse(1, A);
        shared.reuse(2, B);
    });
}

/// Two extents at a time, dropped in the other order; the second pin raises the number of those
/// that are looked at.
#[test]
fn several_pins_are_all_seen() {
    let worker = |shared: &Shared| {
        shared.pins().set(0, A);
        shared.pins().set(1, B);
        shared.report();
        assert_eq!(shared.read(B), 1);
        shared.pins().clear(1);
        assert_eq!(shared.read(A), 1);
        shared.pins().clear(0);
    };
    model([worker], |shared| {
        shared.reuse(1, B);
        shared.reuse(1, A);
    });
}

fn read_and_give_back(shared: &Shared, extent: u64) {
    assert_eq!(shared.read(extent), 1);
    shared.returns().give(extent as u32);
}

/// Two readers give back what a worker lent, with one word between them: the worker writes each
/// extent once, and after its reader.
#[test]
fn what_is_given_back_is_taken_once() {
    let readers = [
        |shared: &Shared| read_and_give_back(shared, A),
        |shared: &Shared| read_and_give_back(shared, B),
    ];
    model(readers, |shared| {
        let mut taken = Vec::new();
        while taken.len() < 2 {
            shared.returns().take(2, |number| {
                shared.write(u64::from(number), 7);
                taken.push(number);
            });
            thread::yield_now();
        }
        taken.sort_unstable();
        assert_eq!(taken, [0, 1]);
        shared.returns().take(2, |number| panic!("{number} came twice"));
    });
}

/// The same number is lent again as soon as it came back.
#[test]
fn a_lease_is_used_again() {
    let reader = |shared: &Shared| {
        for report in 1..=2 {
            shared.await_report(report);
            assert_eq!(shared.read(A), report);
            shared.returns().give(A as u32);
        }
    };
    model([reader], |shared| {
        for value in 1..=2 {
            shared.write(A, value);
            shared.report();
            let mut taken = 0;
            while taken == 0 {
                shared.returns().take(1, |_| taken += 1);
                thread::yield_now();
            }
            assert_eq!(taken, 1);
        }
    });
}
