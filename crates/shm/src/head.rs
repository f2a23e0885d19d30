//! The first pages of a region: what its owner and the parent tell each other about extents.

use crate::{Mapping, Pins, Returns};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Bytes of a region's head.
pub(crate) const HEAD: u64 = 256 << 10;
/// Extents that one worker can hold at one time; beyond that it copies.
pub(crate) const PINS: usize = 4096;
/// Extents of one worker that others can hold at one time.
pub(crate) const LEASES: usize = 1 << 20;

const PINS_AT: usize = 4096;
const RETURNED_AT: usize = 64 << 10;

/// The head of a region, seen from either side.
#[derive(Clone, Debug)]
pub(crate) struct Head(Arc<Mapping>);

impl Head {
    pub(crate) fn new(mapping: Arc<Mapping>) -> Self {
        Self(mapping)
    }

    /// Bytes in use in all regions; in the parent's head.
    pub(crate) fn used(&self) -> &AtomicU64 {
        self.0.long(0)
    }

    /// Most bytes in use in memory; in the parent's head.
    pub(crate) fn limit(&self) -> &AtomicU64 {
        self.0.long(8)
    }

    /// Most free bytes that each process keeps for reuse; in the parent's head.
    pub(crate) fn keep(&self) -> &AtomicU64 {
        self.0.long(16)
    }

    /// Bytes in use in this region.
    pub(crate) fn own(&self) -> &AtomicU64 {
        self.0.long(24)
    }

    /// Extents that the owner of this region reads.
    pub(crate) fn pins(&self) -> Pins<'_> {
        Pins::new(self.0.long(32), self.0.longs(PINS_AT, PINS))
    }

    /// Leases that nobody needs any more.
    pub(crate) fn returned(&self) -> Returns<'_> {
        Returns::new(self.0.longs(RETURNED_AT, LEASES / 64))
    }
}

const _: () = assert!(PINS_AT + PINS * 8 <= RETURNED_AT);
const _: () = assert!(RETURNED_AT + LEASES / 8 <= HEAD as usize);
