//! Who does which blocks: each thread has a share of its own, side by side, and helps others when it is through.
//!
//! A thread that does the same share in every call finds its memory in its own caches, and reads it in one
//! go. Who helps takes from the front of what somebody else has left, and of who has most: so nobody
//! waits for a thread that began late, or never.

use std::sync::atomic::{AtomicI64, Ordering};

/// Two lines of the cache, which come in pairs: the counters of two threads are never in one.
#[repr(align(128))]
struct Share {
    next: AtomicI64, // the first block that nobody has taken; at `end` or beyond when all are
    end: i64,
}

/// The blocks of a call, shared out.
pub(super) struct Shares {
    shares: Box<[Share]>,
    /// No block is begun from here on.
    end: AtomicI64,
}

impl Shares {
    /// The blocks `begin..end` among so many threads, at least one.
    pub(super) fn new(begin: i64, end: i64, threads: i64) -> Self {
        let (each, more) = ((end - begin) / threads, (end - begin) % threads);
        let at = |place: i64| begin + place * each + place.min(more);
        let share = |place| Share { next: AtomicI64::new(at(place)), end: at(place + 1) };
        Self { shares: (0..threads).map(share).collect(), end: AtomicI64::new(end) }
    }

    /// Begin no block from this one on.
    pub(super) fn end_before(&self, block: i64) {
        self.end.fetch_min(block, Ordering::Relaxed);
    }

    /// The next blocks for the thread of this number, at most so many: of its own share, or of another's.
    pub(super) fn take(&self, number: usize, size: i64) -> Option<(i64, i64)> {
        let own = &self.shares[number];
        loop {
            let left = self.left(own);
            if left == 0 {
                break;
            }
            // Ever smaller pieces, so that there is something to help with when others are through.
            if let Some(piece) = self.piece(own, size.min(left / 2 + 1)) {
                return Some(piece);
            }
        }
        loop {
            let (left, share) = self.most()?;
            // Smaller ones still: others help as well, and all are to end at the same time.
            if let Some(piece) = self.piece(share, size.min(left / (2 * self.threads()) + 1)) {
                return Some(piece);
            }
        }
    }

    fn threads(&self) -> i64 {
        i64::try_from(self.shares.len()).unwrap_or(i64::MAX / 2)
    }

    /// The share of which most is left, if there is any.
    fn most(&self) -> Option<(i64, &Share)> {
        let left = self.shares.iter().map(|share| (self.left(share), share));
        left.filter(|&(left, _)| left > 0).max_by_key(|&(left, _)| left)
    }

    /// How many blocks of a share nobody has taken.
    fn left(&self, share: &Share) -> i64 {
        (self.limit(share).saturating_sub(share.next.load(Ordering::Relaxed))).max(0)
    }

    /// The block before which a share ends.
    fn limit(&self, share: &Share) -> i64 {
        share.end.min(self.end.load(Ordering::Relaxed))
    }

    /// Take so many blocks of a share, or what is left; nothing if others were faster.
    fn piece(&self, share: &Share, size: i64) -> Option<(i64, i64)> {
        let begin = share.next.fetch_add(size, Ordering::Relaxed);
        let end = begin.saturating_add(size).min(self.limit(share));
        (begin < end).then_some((begin, end))
    }
}

#[cfg(test)]
mod tests {
    use super::Shares;

    fn all(shares: &Shares, number: usize, size: i64) -> Vec<(i64, i64)> {
        std::iter::from_fn(|| shares.take(number, size)).collect()
    }

    fn blocks(pieces: &[(i64, i64)]) -> Vec<i64> {
        pieces.iter().flat_map(|&(begin, end)| begin..end).collect()
    }

    #[test]
    fn who_is_alone_does_its_own_share_first_and_then_all_others() {
        for (begin, end, threads) in [(0, 10, 3), (5, 6, 1), (3, 103, 7), (0, 4, 4), (0, 0, 1)] {
            for number in 0..threads {
                let shares = Shares::new(begin, end, threads);
                let pieces = all(&shares, number as usize, 1000);
                let mut done = blocks(&pieces);
                let own: Vec<i64> =
                    done.iter().copied().take(((end - begin) / threads) as usize).collect();
                assert!(own.windows(2).all(|pair| pair[1] == pair[0] + 1));
                done.sort_unstable();
                assert_eq!(done, (begin..end).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn shares_lie_side_by_side_and_are_even() {
        let shares = Shares::new(0, 11, 3);
        let first: Vec<i64> = (0..3).map(|number| shares.take(number, 1).unwrap().0).collect();
        assert_eq!(first, [0, 4, 8]);
    }

    #[test]
    fn a_piece_is_no_longer_than_asked_for() {
        let shares = Shares::new(0, 1_000_000, 2);
        assert!(all(&shares, 1, 7).iter().all(|&(begin, end)| end - begin <= 7));
    }

    #[test]
    fn what_lies_before_the_end_is_done_and_nothing_else() {
        let shares = Shares::new(0, 100, 4);
        let (begin, end) = shares.take(3, 5).unwrap();
        assert_eq!((begin, end), (75, 80));
        shares.end_before(30);
        let mut done = blocks(&all(&shares, 3, 1000));
        done.sort_unstable();
        assert_eq!(done, (0..30).collect::<Vec<_>>());
        shares.end_before(i64::MIN);
        assert_eq!(shares.take(0, 1), None);
    }

    #[test]
    fn numbers_as_large_as_there_are_do_not_wrap() {
        let shares = Shares::new(0, i64::MAX, 3);
        assert_eq!(shares.take(2, i64::MAX).unwrap().1 - 1, i64::MAX / 3 * 2 + i64::MAX / 6 + 1);
        shares.end_before(i64::MIN);
        assert_eq!(shares.take(1, 1), None);
    }
}
