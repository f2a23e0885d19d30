//! The cpu as a device: what it is, and how a kernel runs on all of its cores.

mod device;
mod exact;
mod launch;
mod machine;
mod services;
mod spool;
mod stack;

pub use device::CpuDevice;
pub use launch::Launch;
pub use machine::{Cpu, cpu};
pub use services::refused_index;
pub use spool::{Listening, Spool, listen};
pub use tasks::pool::Outcome;
