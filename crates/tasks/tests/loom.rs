//! Every interleaving of the claim queue, small sizes: `./dev loom`.
#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;
use tasks::{Queue, Ticket};

struct Words {
    next: AtomicU64,
    published: AtomicU64,
    cells: Vec<AtomicU64>,
    /// Stands for the block that a claim leads to: written before publishing, read after claiming.
    block: AtomicU64,
}

impl Words {
    fn new(cells: usize) -> Arc<Self> {
        Arc::new(Self {
            next: AtomicU64::new(0),
            published: AtomicU64::new(0),
            cells: (0..cells).map(|_| AtomicU64::new(0)).collect(),
            block: AtomicU64::new(0),
        })
    }

    fn queue(&self) -> Queue<'_> {
        Queue::new(&self.next, &self.published, &self.cells)
    }
}

fn claim_all(words: &Words, worker: u16) -> Vec<u64> {
    let mut mine = Vec::new();
    while let Some(claim) = words.queue().claim(worker) {
        assert_eq!(words.block.load(Ordering::Relaxed), 42, "the block was not visible");
        mine.push(claim.position);
    }
    mine
}

/// Two workers and a publisher that also withdraws: each position has exactly one fate.
#[test]
fn each_task_is_taken_or_withdrawn_exactly_once() {
    loom::model(|| {
        let words = Words::new(4);
        words.block.store(42, Ordering::Relaxed);
        words.queue().publish(1, 2, |_, _, _| ());
        let workers: Vec<_> = (0..2)
            .map(|worker| {
                let words = words.clone();
                thread::spawn(move || claim_all(&words, worker))
            })
            .collect();
        let withdrawn = words.queue().void(1);
        let mut fates: Vec<u64> =
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
        fates.extend(withdrawn.then_some(1));
        fates.sort_unstable();
        assert_eq!(fates, [0, 1]);
    });
}

/// A publisher at work while a worker claims: what is claimed is complete.
#[test]
fn a_claimed_task_is_fully_visible() {
    loom::model(|| {
        let words = Words::new(2);
        let worker = {
            let words = words.clone();
            thread::spawn(move || claim_all(&words, 0))
        };
        words.block.store(42, Ordering::Relaxed);
        words.queue().publish(1, 1, |_, _, _| ());
        let mut taken = worker.join().unwrap();
        taken.extend(claim_all(&words, 1));
        assert_eq!(taken, [0]);
    });
}

/// A worker dies after it advanced `next` and before it took the cell; another one lives. The
/// publisher withdraws what is still ready below `next` and publishes it anew: nothing is lost and
/// nothing runs twice, whatever the living worker does meanwhile.
#[test]
fn a_death_between_the_two_steps_loses_nothing() {
    loom::model(|| {
        let words = Words::new(4);
        words.block.store(42, Ordering::Relaxed);
        words.queue().publish(1, 2, |_, _, _| ());
        // The dead one's only step.
        let _ = words.next.compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed);
        let living = {
            let words = words.clone();
            thread::spawn(move || claim_all(&words, 1))
        };
        let queue = words.queue();
        let reached = words.next.load(Ordering::Relaxed);
        let lost = (0..reached).filter(|&position| queue.void(position)).count();
        queue.publish(2, lost as u64, |_, _, _| ());
        let mut taken = living.join().unwrap();
        taken.extend(claim_all(&words, 2));
        let withdrawn = (0..2).filter(|&position| queue.ticket(position) == Ticket::Void).count();
        assert_eq!(withdrawn, lost);
        assert_eq!(taken.len(), 2, "two tasks, each run once: {taken:?}");
    });
}

/// The cell is reused while a slow worker still means its old position.
#[test]
fn a_late_claim_cannot_take_a_reused_cell() {
    loom::model(|| {
        let words = Words::new(2);
        words.block.store(42, Ordering::Relaxed);
        words.queue().publish(1, 1, |_, _, _| ());
        let slow = {
            let words = words.clone();
            thread::spawn(move || claim_all(&words, 0))
        };
        let queue = words.queue();
        let mut fates = Vec::new();
        if queue.void(0) {
            fates.push(0);
        }
        for block in 2..4 {
            if queue.has_room(1) {
                queue.publish(block, 1, |_, _, _| ());
            }
        }
        fates.extend(slow.join().unwrap());
        fates.extend(claim_all(&words, 1));
        fates.sort_unstable();
        let published = words.published.load(Ordering::Relaxed);
        assert!(fates.iter().copied().eq(0..published), "{fates:?} of {published}");
    });
}
