//! Which ranges of an arena are free.

use std::collections::{BTreeMap, BTreeSet};

/// A range of an arena, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    /// Where it starts.
    pub offset: u64,
    /// How long it is.
    pub len: u64,
}

/// The free parts of a range: best fit, neighbours joined at once.
///
/// Pure bookkeeping beside the memory, so that a process that dies while it writes there cannot
/// break it, and it can be tested without any memory at all. The lowest of equal fits wins, which
/// keeps reused pages warm.
#[derive(Debug)]
pub struct Extents {
    by_offset: BTreeMap<u64, u64>,
    by_len: BTreeSet<(u64, u64)>,
    in_use: u64,
    granule: u64,
}

impl Extents {
    /// All of `range` free; extents start and end on multiples of `granule`.
    pub fn new(range: std::ops::Range<u64>, granule: u64) -> Self {
        let (by_offset, by_len) = (BTreeMap::new(), BTreeSet::new());
        let mut extents = Self { by_offset, by_len, in_use: 0, granule };
        let start = range.start.next_multiple_of(granule);
        extents.insert(start, (range.end - start) / granule * granule);
        extents
    }

    /// Take `len` bytes; `None` when no free range is that long. Give it back with [`Self::free`].
    pub fn allocate(&mut self, len: u64) -> Option<Extent> {
        let len = len.max(1).checked_next_multiple_of(self.granule)?;
        let (free, offset) = *self.by_len.range((len, 0)..).next()?;
        self.remove(offset, free);
        if free > len {
            self.insert(offset + len, free - len);
        }
        self.in_use += len;
        Some(Extent { offset, len })
    }

    /// Give an extent back; answers the whole free range it is now part of.
    pub fn free(&mut self, extent: Extent) -> Extent {
        let Extent { mut offset, mut len } = extent;
        self.in_use -= len;
        if let Some((&before, &before_len)) = self.by_offset.range(..offset).next_back()
            && before + before_len == offset
        {
            self.remove(before, before_len);
            (offset, len) = (before, before_len + len);
        }
        if let Some(&after_len) = self.by_offset.get(&(offset + len)) {
            self.remove(offset + len, after_len);
            len += after_len;
        }
        self.insert(offset, len);
        Extent { offset, len }
    }

    /// Bytes handed out.
    pub fn in_use(&self) -> u64 {
        self.in_use
    }

    /// Every free range, lowest first.
    pub fn free_ranges(&self) -> impl Iterator<Item = Extent> + '_ {
        self.by_offset.iter().map(|(&offset, &len)| Extent { offset, len })
    }

    fn insert(&mut self, offset: u64, len: u64) {
        self.by_offset.insert(offset, len);
        self.by_len.insert((len, offset));
    }

    fn remove(&mut self, offset: u64, len: u64) {
        self.by_offset.remove(&offset);
        self.by_len.remove(&(len, offset));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_given_back_is_whole_again() {
        let mut extents = Extents::new(0..1024, 64);
        let taken: Vec<_> = (0..4).map(|_| extents.allocate(200).unwrap()).collect();
        assert_eq!(extents.allocate(64), None);
        for index in [2, 0, 3, 1] {
            extents.free(taken[index]);
        }
        assert_eq!(extents.free_ranges().collect::<Vec<_>>(), [Extent { offset: 0, len: 1024 }]);
        assert_eq!(extents.in_use(), 0);
    }

    proptest! {
        /// Whatever is taken and given back: extents never overlap, none is lost, none joined late.
        #[test]
        fn extents_never_overlap(steps in prop::collection::vec((any::<bool>(), 1_u64..900), 1..200)) {
            let mut extents = Extents::new(0..8192, 64);
            let mut live: Vec<Extent> = Vec::new();
            for (take, size) in steps {
                if take {
                    live.extend(extents.allocate(size));
                } else if !live.is_empty() {
                    extents.free(live.swap_remove(size as usize % live.len()));
                }
                let mut all: Vec<_> = live.iter().copied().chain(extents.free_ranges()).collect();
                all.sort_by_key(|extent| extent.offset);
                let mut end = 0;
                for extent in &all {
                    prop_assert_eq!(extent.offset, end);
                    end += extent.len;
                }
                prop_assert_eq!(end, 8192);
                prop_assert_eq!(extents.in_use(), live.iter().map(|extent| extent.len).sum::<u64>());
            }
        }
    }
}
