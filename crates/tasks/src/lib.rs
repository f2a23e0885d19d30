//! What is common to every way of running tasks side by side on one machine.
//!
//! Level 1. The first three nouns are atomics over memory that somebody else provides, so the same
//! code serves threads (memory of this process) and processes (shared memory):
//!
//! * [`Queue`] — the claim queue: tasks in order, taken by whoever is free, each exactly once,
//!   also when a worker dies in the middle of taking one. `README.md` beside this file has the
//!   protocol and its proof.
//! * [`Bell`] — how one side sleeps and the other wakes it, at the cost of a load when nobody sleeps.
//! * [`Pace`] — how far ahead of the workers tasks are published, from how long they take.
//!
//! The others belong to whoever gives out the work:
//!
//! * [`Graph`] — tasks that wait for tasks, and their serial order.
//! * [`Bundles`] — a graph while it runs: which tasks a worker gets to run in a row.
//! * [`Journal`] — who ran which task, when and for how long.
//!
//! And [`pool`] is the one pool of threads that computes inside this process.

mod bell;
mod bundle;
mod graph;
mod journal;
mod pace;
pub mod pool;
mod queue;
mod spin;
mod sync;

pub use bell::Bell;
pub use bundle::{Bundle, Bundles, Step};
pub use graph::{Cycle, Graph};
pub use journal::{Call, Copy, Event, Journal, Lane, Run, RunEnd, Stretch, Tally, Writer};
pub use pace::Pace;
pub use queue::{Claim, Queue, Ticket};
pub use spin::spin;
