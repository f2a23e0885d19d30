//! A set of numbers, as ranges.

use std::collections::BTreeMap;
use std::ops::Range;

/// Disjoint ranges, neighbours joined.
#[derive(Debug, Default)]
pub(crate) struct Ranges {
    /// Start and end of each.
    ranges: BTreeMap<u64, u64>,
    total: u64,
}

impl Ranges {
    /// How many numbers are in the set.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Whether all of `range` is in the set.
    pub(crate) fn covers(&self, range: &Range<u64>) -> bool {
        let before = self.ranges.range(..=range.start).next_back();
        range.is_empty() || before.is_some_and(|(_, &end)| end >= range.end)
    }

    /// Put `range` into the set.
    pub(crate) fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let Range { mut start, mut end } = range;
        let touching = self.ranges.range(..=end).rev();
        let joined: Vec<(u64, u64)> = touching
            .map(|(&first, &last)| (first, last))
            .take_while(|&(_, last)| last >= start)
            .collect();
        for (first, last) in joined {
            self.ranges.remove(&first);
            self.total -= last - first;
            (start, end) = (start.min(first), end.max(last));
        }
        self.total += end - start;
        self.ranges.insert(start, end);
    }

    /// Take `range` out of the set; answers whether some of it was in.
    pub(crate) fn remove(&mut self, range: &Range<u64>) -> bool {
        if range.is_empty() {
            return false;
        }
        let overlapping: Vec<(u64, u64)> = self
            .ranges
            .range(..range.end)
            .rev()
            .map(|(&first, &last)| (first, last))
            .take_while(|&(_, last)| last > range.start)
            .collect();
        for &(first, last) in &overlapping {
            self.ranges.remove(&first);
            self.total -= last - first;
            for (start, end) in [(first, range.start), (range.end, last)] {
                if start < end {
                    self.ranges.insert(start, end);
                    self.total += end - start;
                }
            }
        }
        !overlapping.is_empty()
    }

    /// Take the highest numbers of `range` out of the set: one piece, of `most` at most, but for its
    /// start, which is moved down to a multiple of `granule`.
    pub(crate) fn remove_last(
        &mut self,
        range: &Range<u64>,
        most: u64,
        granule: u64,
    ) -> Option<Range<u64>> {
        let (&first, &last) = self.ranges.range(..range.end).next_back()?;
        let (start, end) = (first.max(range.start), last.min(range.end));
        if start >= end {
            return None;
        }
        let removed = (end.saturating_sub(most) / granule * granule).max(start)..end;
        self.remove(&removed);
        Some(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// As a table of flags would have it.
        #[test]
        fn a_set_is_a_set(steps in prop::collection::vec((any::<bool>(), 0_u64..64, 0_u64..20), 1..60)) {
            let (mut ranges, mut flags) = (Ranges::default(), [false; 96]);
            for (insert, start, len) in steps {
                let range = start..start + len;
                let had = range.clone().any(|at| flags[at as usize]);
                if insert {
                    ranges.insert(range.clone());
                } else {
                    prop_assert_eq!(ranges.remove(&range), had);
                }
                range.for_each(|at| flags[at as usize] = insert);
                if let Some(last) = ranges.remove_last(&(10..50), 6, 4) {
                    prop_assert!(last.start % 4 == 0 || !flags[last.start as usize - 1] || last.start == 10);
                    prop_assert!(last.end - last.start < 6 + 4);
                    prop_assert!(!flags[last.end as usize..50].contains(&true));
                    for at in last {
                        prop_assert!(std::mem::take(&mut flags[at as usize]));
                    }
                } else {
                    prop_assert!(!flags[10..50].contains(&true));
                }
                prop_assert_eq!(ranges.total(), flags.iter().filter(|&&it| it).count() as u64);
                // Miri takes its time.
                for start in (0..90_u64).step_by(if cfg!(miri) { 30 } else { 1 }) {
                    let probe = start..start + 5;
                    let all = probe.clone().all(|at| flags[at as usize]);
                    prop_assert_eq!(ranges.covers(&probe), all);
                }
            }
        }
    }
}
