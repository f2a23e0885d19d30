//! Memory shared by processes, and the few calls to the operating system around it.
//!
//! Level 1: knows nothing of tasks, workers or Python. Three nouns:
//!
//! * [`Segment`] — an anonymous piece of memory behind a descriptor; nothing of it has a name in a
//!   file system, so whatever dies, nothing is left behind.
//! * [`Mapping`] — a segment seen from this process. Everything read from or written to it goes
//!   through bounds-checked copies and atomics, so the crates above need no `unsafe`.
//! * [`Arena`] — a large sparse segment out of which its one owner hands out [`Extent`]s.
//!
//! What is particular to an operating system stands in one file, [`os`].

mod arena;
mod extent;
mod mapping;
mod segment;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
pub mod os;

pub use arena::Arena;
pub use extent::{Extent, Extents};
pub use mapping::Mapping;
pub use segment::Segment;
