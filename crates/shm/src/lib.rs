//! Memory shared by processes, who holds it, and the few calls to the operating system around it.
//!
//! Level 1: knows nothing of tasks, workers or Python. `README.md` beside this folder tells how
//! extents live and die. The nouns:
//!
//! * [`Segment`] — an anonymous piece of memory behind a descriptor; nothing of it has a name in a
//!   file system, so whatever dies, nothing is left behind.
//! * [`Mapping`] — shared memory seen from this process. Everything read from or written to it goes
//!   through bounds-checked copies and atomics, so the crates above need no `unsafe`.
//! * [`Window`] — some bytes of it, copy on write, at an address that may be told.
//! * [`Arena`] — a region out of which its one owner hands out extents.
//! * [`Store`] and [`Loan`] — the parent's side: what is placed once and read by many.
//! * [`Lodging`] and [`Lease`] — a worker's side: its own region, what it lends, what it views.
//! * [`Pins`] and [`Returns`] — all that the two sides tell each other about who holds what.
//!
//! What is particular to an operating system stands in one file, [`os`].

mod arena;
mod extent;
mod files;
mod head;
mod lease;
mod mapping;
mod pins;
mod ranges;
mod raw;
mod returns;
mod segment;
mod store;
mod view;
mod window;
mod word;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
pub mod os;

pub use arena::{Arena, Placed};
pub use extent::{Extent, Extents};
pub use files::{Files, Span};
pub use lease::{Lease, Lodging};
pub use mapping::Mapping;
pub use pins::Pins;
pub use raw::{Raw, RawOf};
pub use returns::Returns;
pub use segment::Segment;
pub use store::{Loan, Store, Tally, Tenant};
pub use view::{Hold, View, Views};
pub use window::Window;
pub use word::Word;
