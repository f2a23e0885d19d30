//! A run of tasks published together: the parent's record of it, and its entry in shared memory.

use crate::job::Job;
use crate::payload::Payload;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What a worker must know of a block; written before its first position is published, and left
/// alone until its last task is done or withdrawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) job: u64,
    /// Position of its first task in the queue.
    pub(crate) first_position: u64,
    /// Which item of the payload that task's arguments are.
    pub(crate) first_item: u64,
    /// Which task of the job it is.
    pub(crate) first_index: u64,
    /// Items in the payload, which a block may share with others.
    pub(crate) items: u64,
    /// Where the payload stands in the parent's arena.
    pub(crate) payload: u64,
    /// Where the job's function stands, and its length; the length is zero when there is none.
    pub(crate) function: (u64, u64),
    /// How the job's tasks are called: for the one who runs them.
    pub(crate) style: u64,
}

impl Entry {
    pub(crate) fn write(self, longs: &[AtomicU64]) {
        let Self { job, first_position, first_item, first_index, items, payload, function, style } =
            self;
        let fields = [
            job,
            first_position,
            first_item,
            first_index,
            items,
            payload,
            function.0,
            function.1,
            style,
        ];
        for (long, field) in longs.iter().zip(fields) {
            long.store(field, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(longs: &[AtomicU64]) -> Self {
        let field = |at: usize| longs[at].load(Ordering::Relaxed);
        Self {
            job: field(0),
            first_position: field(1),
            first_item: field(2),
            first_index: field(3),
            items: field(4),
            payload: field(5),
            function: (field(6), field(7)),
            style: field(8),
        }
    }
}

/// Tasks that wait to be published: a run of items of one payload.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) job: Arc<Job>,
    pub(crate) payload: Arc<Payload>,
    pub(crate) items: u64,
    pub(crate) first_item: u64,
    pub(crate) first_index: u64,
    pub(crate) count: u64,
}

/// Published tasks.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) tasks: Pending,
    pub(crate) first_position: u64,
    /// Tasks neither done nor withdrawn.
    pub(crate) left: u64,
    done: Vec<u64>,
}

impl Block {
    pub(crate) fn new(tasks: Pending, first_position: u64) -> Self {
        let (left, words) = (tasks.count, tasks.count.div_ceil(64) as usize);
        Self { tasks, first_position, left, done: vec![0; words] }
    }

    /// The offset of `position` in this block, when it is one of its tasks.
    pub(crate) fn offset(&self, position: u64) -> Option<u64> {
        position.checked_sub(self.first_position).filter(|&offset| offset < self.tasks.count)
    }

    /// Strike the task off the list; false when it was struck off before.
    pub(crate) fn finish(&mut self, offset: u64) -> bool {
        let fresh = !self.is_done(offset);
        self.done[(offset / 64) as usize] |= 1 << (offset % 64);
        self.left -= u64::from(fresh);
        fresh
    }

    /// Whether the task was struck off.
    pub(crate) fn is_done(&self, offset: u64) -> bool {
        self.done[(offset / 64) as usize] & (1 << (offset % 64)) != 0
    }

    /// Offsets of the tasks that are not done.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = u64> + '_ {
        (0..self.tasks.count).filter(|&offset| !self.is_done(offset))
    }
}
