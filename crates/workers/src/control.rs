//! The layout of the one segment that a pool and all its workers map.

use shm::Mapping;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64};
use tasks::{Bell, Queue};

/// Most workers of one pool.
pub(crate) const MAX_WORKERS: usize = 1024;
/// Positions of the queue that exist at one time.
pub(crate) const CELLS: usize = 1 << 16;
/// Blocks that exist at one time.
pub(crate) const BLOCKS: usize = 1 << 14;
/// Jobs that workers can tell to be open; they let go of others' functions whenever they rest.
const OPEN_JOBS: usize = 64;
/// Bytes of a worker's result ring: a power of two.
pub(crate) const RING: usize = 1 << 20;

/// Set by the parent in the word of the running task, while that runs: its end does not count any
/// more, and its worker takes no other task, so that killing the worker ends this task alone.
pub(crate) const CONDEMNED: u64 = 1 << 63;

const LINE: usize = 64;
const SLOT: usize = 4 * LINE;
const SLOTS_AT: usize = 4096;
const CELLS_AT: usize = SLOTS_AT + MAX_WORKERS * SLOT;
const BLOCKS_AT: usize = CELLS_AT + CELLS * 8;
const RINGS_AT: usize = BLOCKS_AT + BLOCKS * BLOCK_LONGS * 8;

/// Longs of a block's entry.
pub(crate) const BLOCK_LONGS: usize = 16;

/// Words that are written often stand on a cache line of their own.
mod header {
    use super::LINE;
    pub(super) const NEXT: usize = LINE;
    pub(super) const PUBLISHED: usize = 2 * LINE;
    pub(super) const PARENT_BELL: usize = 3 * LINE;
    pub(super) const LOW_WATER: usize = 4 * LINE;
    pub(super) const HELLO: usize = 5 * LINE;
    pub(super) const OPEN_JOBS: usize = 6 * LINE;
}

/// The control segment, seen from either side.
#[derive(Clone, Debug)]
pub(crate) struct Control(Arc<Mapping>);

impl Control {
    /// Bytes of the segment for so many workers; most of it is never touched.
    pub(crate) const fn len(workers: usize) -> usize {
        RINGS_AT + workers * RING
    }

    pub(crate) fn new(mapping: Arc<Mapping>) -> Self {
        Self(mapping)
    }

    pub(crate) fn queue(&self) -> Queue<'_> {
        let cells = self.0.longs(CELLS_AT, CELLS);
        Queue::new(self.0.long(header::NEXT), self.0.long(header::PUBLISHED), cells)
    }

    /// Rung by workers when a result is there; whoever waits for results sleeps on it.
    pub(crate) fn parent_bell(&self) -> Bell<'_> {
        Bell::new(self.0.word(header::PARENT_BELL))
    }

    /// When fewer tasks than this wait in the queue, a napping parent wants to be woken.
    pub(crate) fn low_water(&self) -> &AtomicU64 {
        self.0.long(header::LOW_WATER)
    }

    /// Offset and length, in the parent's arena, of what every worker reads first; and how much of
    /// that arena there is to map.
    pub(crate) fn hello(&self) -> &[AtomicU64] {
        self.0.longs(header::HELLO, 3)
    }

    /// Jobs whose function holds shared memory, and which are not over; zero is none.
    pub(crate) fn open_jobs(&self) -> &[AtomicU64] {
        self.0.longs(header::OPEN_JOBS, OPEN_JOBS)
    }

    pub(crate) fn block(&self, block: u32) -> &[AtomicU64] {
        self.0.longs(BLOCKS_AT + block as usize * BLOCK_LONGS * 8, BLOCK_LONGS)
    }

    pub(crate) fn slot(&self, worker: usize) -> Slot<'_> {
        assert!(worker < MAX_WORKERS, "worker {worker}");
        Slot { mapping: &self.0, at: SLOTS_AT + worker * SLOT }
    }

    pub(crate) fn ring_memory(&self, worker: usize) -> (&Mapping, usize) {
        (&self.0, RINGS_AT + worker * RING)
    }
}

/// What one worker says of itself, and what it is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot<'control> {
    mapping: &'control Mapping,
    at: usize,
}

impl<'control> Slot<'control> {
    /// The worker sleeps on it when there is nothing to do.
    pub(crate) fn bell(self) -> Bell<'control> {
        Bell::new(self.mapping.word(self.at))
    }

    /// Not zero: leave when there is nothing to do.
    pub(crate) fn retire(self) -> &'control AtomicU32 {
        self.mapping.word(self.at + 4)
    }

    /// Not zero: the worker has started and reads the queue.
    pub(crate) fn ready(self) -> &'control AtomicU32 {
        self.mapping.word(self.at + 8)
    }

    /// One more than the position that runs; zero when none does. With [`CONDEMNED`]: the worker is
    /// about to be killed for it.
    pub(crate) fn running(self) -> &'control AtomicU64 {
        self.mapping.long(self.at + 16)
    }

    /// When that task started, on the clock that all processes of the machine share.
    pub(crate) fn started(self) -> &'control AtomicU64 {
        self.mapping.long(self.at + 24)
    }

    /// One more than the position that is to be interrupted.
    pub(crate) fn interrupt(self) -> &'control AtomicU64 {
        self.mapping.long(self.at + 32)
    }

    /// Which region of the shared memory is the worker's.
    pub(crate) fn region(self) -> &'control AtomicU64 {
        self.mapping.long(self.at + 40)
    }

    /// Bytes of memory for which the worker leaves; zero when it does not, or for another reason.
    pub(crate) fn outgrown(self) -> &'control AtomicU64 {
        self.mapping.long(self.at + 48)
    }

    /// Bytes ever written to the worker's ring; the worker's own.
    pub(crate) fn head(self) -> &'control AtomicU64 {
        self.mapping.long(self.at + 2 * LINE)
    }

    /// Bytes ever read from it; the parent's own.
    pub(crate) fn tail(self) -> &'control AtomicU64 {
        self.mapping.long(self.at + 3 * LINE)
    }

    /// Make the slot ready for a new worker. The ring was drained before.
    pub(crate) fn reset(self) {
        use std::sync::atomic::Ordering::Relaxed;
        self.bell().enter();
        self.retire().store(0, Relaxed);
        self.ready().store(0, Relaxed);
        for long in [self.running(), self.started(), self.interrupt(), self.outgrown()] {
            long.store(0, Relaxed);
        }
        for long in [self.head(), self.tail()] {
            long.store(0, Relaxed);
        }
    }
}
