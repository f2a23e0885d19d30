//! The claim queue. Protocol, invariants and a walked example: `README.md` beside this folder.

use crate::sync::{AtomicU64, Ordering};

/// One task, taken: nobody else will run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Where in the queue it stood; never used twice.
    pub position: u64,
    /// The block of tasks it belongs to, as published.
    pub block: u32,
}

/// What stands at a position of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticket {
    /// Published, not taken yet.
    Ready,
    /// Withdrawn before anybody took it.
    Void,
    /// Taken by this worker.
    Taken(u16),
    /// The cell holds a later (or no) position: whoever needed this one has noted it elsewhere.
    Gone,
}

const VOID: u64 = 0;
const READY: u64 = 1;
const FIRST_WORKER: u64 = 2;
const OWNER_BITS: u32 = 16;
const BLOCK_BITS: u32 = 24;

/// A cell: lap (24 bits) · block (24 bits) · owner (16 bits).
///
/// The lap says which of the positions that share the cell is meant, so a claim that comes late,
/// after the cell was reused, cannot succeed.
const fn pack(lap: u64, block: u32, owner: u64) -> u64 {
    (lap << (OWNER_BITS + BLOCK_BITS)) | ((block as u64) << OWNER_BITS) | owner
}

const fn lap_of(cell: u64) -> u64 {
    cell >> (OWNER_BITS + BLOCK_BITS)
}

#[allow(clippy::cast_possible_truncation)] // masked to 24 bits
const fn block_of(cell: u64) -> u32 {
    ((cell >> OWNER_BITS) & ((1 << BLOCK_BITS) - 1)) as u32
}

const fn owner_of(cell: u64) -> u64 {
    cell & ((1 << OWNER_BITS) - 1)
}

/// Tasks in order; one publisher at a time, any number of workers.
///
/// A view on words that live elsewhere: in shared memory for processes, on the heap for threads.
/// All words start as zero.
#[derive(Clone, Copy, Debug)]
pub struct Queue<'words> {
    /// The position that the next claim tries.
    next: &'words AtomicU64,
    /// Positions below this one were published.
    published: &'words AtomicU64,
    cells: &'words [AtomicU64],
}

impl<'words> Queue<'words> {
    /// Blocks are numbered below this.
    pub const BLOCKS: usize = 1 << BLOCK_BITS;
    /// Workers are numbered below this.
    pub const WORKERS: usize = (1 << OWNER_BITS) - FIRST_WORKER as usize;

    /// The queue over these words; the number of cells is a power of two.
    pub fn new(
        next: &'words AtomicU64,
        published: &'words AtomicU64,
        cells: &'words [AtomicU64],
    ) -> Self {
        debug_assert!(cells.len().is_power_of_two());
        Self { next, published, cells }
    }

    fn cell(&self, position: u64) -> (&'words AtomicU64, u64) {
        let cells = self.cells.len() as u64;
        (&self.cells[(position % cells) as usize], (position / cells) & ((1 << 24) - 1))
    }

    /// Take the next task for `worker`; `None` when nothing is published that is not taken.
    ///
    /// Two steps: `next` hands out a position, and the compare-exchange on its cell takes it. Only
    /// the second counts. A worker that dies between them leaves a cell that is still ready, below
    /// `next`, which the publisher finds with [`Queue::void`] and publishes anew.
    pub fn claim(&self, worker: u16) -> Option<Claim> {
        let mut position = self.next.load(Ordering::Relaxed);
        loop {
            if position >= self.published.load(Ordering::Acquire) {
                return None;
            }
            let taken = self.next.compare_exchange_weak(
                position,
                position + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if let Err(now) = taken {
                position = now;
                continue;
            }
            let (cell, lap) = self.cell(position);
            let found = cell.load(Ordering::Acquire);
            let mine = pack(lap, block_of(found), FIRST_WORKER + u64::from(worker));
            if found == pack(lap, block_of(found), READY)
                && cell.compare_exchange(found, mine, Ordering::AcqRel, Ordering::Relaxed).is_ok()
            {
                return Some(Claim { position, block: block_of(found) });
            }
            position = self.next.load(Ordering::Relaxed);
        }
    }

    /// Whether a claim would find something; for a worker about to sleep.
    pub fn has_ready(&self) -> bool {
        self.next.load(Ordering::SeqCst) < self.published.load(Ordering::SeqCst)
    }

    /// How many published positions no worker has reached yet.
    pub fn ahead(&self) -> u64 {
        let next = self.next.load(Ordering::Relaxed);
        self.published.load(Ordering::Relaxed).saturating_sub(next)
    }

    /// The position that the next published task gets.
    pub fn end(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    /// Whether `count` more positions can be published without losing one that is still ready.
    ///
    /// Positions below `next` whose cell still reads ready belong to a worker between its two
    /// steps, so this looks at the cells, not at `next`.
    pub fn has_room(&self, count: u64) -> bool {
        let end = self.end();
        count < self.cells.len() as u64
            && (end..end + count)
                .all(|position| owner_of(self.cell(position).0.load(Ordering::Relaxed)) != READY)
    }

    /// Publish `count` tasks of `block`; answers the position of the first.
    ///
    /// Only the one publisher calls this, after [`Queue::has_room`]. Cells of tasks that were
    /// taken and may still run are reused: `displaced` is told position and worker of each, since
    /// from now on [`Queue::ticket`] no longer knows.
    pub fn publish(&self, block: u32, count: u64, mut displaced: impl FnMut(u64, u32, u16)) -> u64 {
        let first = self.end();
        for position in first..first + count {
            let (cell, lap) = self.cell(position);
            let old = cell.load(Ordering::Relaxed);
            if let Some(worker) = owner_of(old).checked_sub(FIRST_WORKER) {
                displaced(position - self.cells.len() as u64, block_of(old), worker as u16);
            }
            cell.store(pack(lap, block, READY), Ordering::Relaxed);
        }
        // Release: whoever sees the new end sees the cells and all that was written before them.
        self.published.store(first + count, Ordering::Release);
        first
    }

    /// Withdraw `position` unless a worker has it: true when nobody ever will.
    pub fn void(&self, position: u64) -> bool {
        let (cell, lap) = self.cell(position);
        let found = cell.load(Ordering::Acquire);
        found == pack(lap, block_of(found), READY)
            && cell
                .compare_exchange(
                    found,
                    pack(lap, block_of(found), VOID),
                    Ordering::AcqRel,
                    Ordering::Relaxed,
                )
                .is_ok()
    }

    /// What stands at `position`.
    pub fn ticket(&self, position: u64) -> Ticket {
        let (cell, lap) = self.cell(position);
        let found = cell.load(Ordering::Acquire);
        if lap_of(found) != lap || position >= self.published.load(Ordering::Acquire) {
            return Ticket::Gone;
        }
        match owner_of(found) {
            VOID => Ticket::Void,
            READY => Ticket::Ready,
            owner => Ticket::Taken((owner - FIRST_WORKER) as u16),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    struct Words(AtomicU64, AtomicU64, Vec<AtomicU64>);

    impl Words {
        fn new(cells: usize) -> Self {
            let cells = (0..cells).map(|_| AtomicU64::new(0)).collect();
            Self(AtomicU64::new(0), AtomicU64::new(0), cells)
        }
        fn queue(&self) -> Queue<'_> {
            Queue::new(&self.0, &self.1, &self.2)
        }
    }

    fn publish(queue: Queue<'_>, block: u32, count: u64) -> u64 {
        assert!(queue.has_room(count));
        queue.publish(block, count, |_, _, _| ())
    }

    #[test]
    fn tasks_are_taken_in_order_and_once() {
        let words = Words::new(8);
        let queue = words.queue();
        assert_eq!(queue.claim(0), None);
        publish(queue, 5, 3);
        let taken: Vec<_> = (0..3).map(|worker| queue.claim(worker).unwrap()).collect();
        assert_eq!(taken[2], Claim { position: 2, block: 5 });
        assert_eq!(queue.claim(0), None);
        assert_eq!(queue.ticket(1), Ticket::Taken(1));
    }

    #[test]
    fn a_withdrawn_task_is_skipped_and_a_taken_one_stays() {
        let words = Words::new(8);
        let queue = words.queue();
        publish(queue, 1, 3);
        assert_eq!(queue.claim(0).unwrap().position, 0);
        assert!(!queue.void(0));
        assert!(queue.void(1));
        assert!(!queue.void(1));
        assert_eq!(queue.claim(0).unwrap().position, 2);
        assert_eq!(queue.ticket(1), Ticket::Void);
    }

    #[test]
    fn a_reused_cell_tells_whom_it_displaces_and_never_a_ready_one() {
        let words = Words::new(4);
        let queue = words.queue();
        publish(queue, 1, 3);
        assert!(!queue.has_room(4));
        queue.claim(7);
        publish(queue, 2, 1);
        assert!(!queue.has_room(2));
        let mut displaced = Vec::new();
        queue.publish(3, 1, |position, block, worker| displaced.push((position, block, worker)));
        assert_eq!(displaced, [(0, 1, 7)]);
        assert_eq!(queue.ticket(0), Ticket::Gone);
    }

    #[test]
    fn a_claim_for_a_lap_gone_by_fails() {
        let words = Words::new(2);
        let queue = words.queue();
        publish(queue, 1, 1);
        // A worker that took position 0 from `next` and then slept through everything below.
        queue.next.store(1, Ordering::Relaxed);
        assert!(queue.void(0));
        publish(queue, 2, 1);
        assert!(queue.claim(0).is_some());
        publish(queue, 3, 1);
        assert!(!queue.void(0), "position 0 is gone; its cell belongs to position 2");
        assert_eq!(queue.claim(0), Some(Claim { position: 2, block: 3 }));
    }

    #[test]
    fn many_threads_take_each_task_exactly_once() {
        const TASKS: u64 = if cfg!(miri) { 200 } else { 100_000 };
        let words = Words::new(64);
        let queue = words.queue();
        let mut taken: Vec<u64> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|worker| {
                    scope.spawn(move || {
                        let mut mine = Vec::new();
                        while mine.last() != Some(&u64::MAX) {
                            match queue.claim(worker) {
                                Some(claim) if claim.block == 1 => mine.push(u64::MAX),
                                Some(claim) => mine.push(claim.position),
                                None => std::thread::yield_now(),
                            }
                        }
                        mine.pop();
                        mine
                    })
                })
                .collect();
            let mut sent = 0;
            while sent < TASKS + 4 {
                if queue.has_room(1) {
                    queue.publish(u32::from(sent >= TASKS), 1, |_, _, _| ());
                    sent += 1;
                }
            }
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        taken.sort_unstable();
        assert!(taken.iter().copied().eq(0..TASKS));
    }
}
