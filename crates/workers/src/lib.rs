//! Processes that run tasks: how they start, what they are told, how their death is noticed.
//!
//! Level 2, and free of Python: a task here is bytes that go out and bytes that come back. `py`
//! gives them meaning. `README.md` beside this folder describes memory, protocol and failures.
//!
//! * [`Pool`] — the parent's side: workers, what is published, what came back.
//! * [`Job`] — one call's tasks and their [`Delivery`]s.
//! * [`Outlet`] — what tasks print, warn and log, from any thread of the worker.
//! * [`Runner`] — the worker's side: claim, run, report.

mod block;
mod control;
mod drain;
mod fleet;
mod job;
mod output;
mod payload;
mod pool;
mod ring;
mod runner;
mod shared;
mod wait;

pub use job::{Delivery, Inbox, Job, Loss, Outcome, Said};
pub use output::{MESSAGES, Outlet};
pub use payload::Items;
pub use pool::{Event, Pool, Running, Settings};
pub use ring::Kind;
pub use runner::{Interrupts, Runner, Task, Wake};
