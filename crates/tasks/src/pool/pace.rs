//! How long a block of some kind of work took the last time, on this thread.
//!
//! A program calls the same few loops again and again, mostly over as much as before. A guess from the last call
//! saves the time in which the caller works alone to find out how long the work is.

use std::cell::Cell;

/// Kinds of work that a thread remembers; more push each other out.
const PLACES: usize = 16;

#[derive(Clone, Copy)]
struct Seen {
    kind: usize,
    blocks: i64,
    /// Seconds that a block took.
    pace: f64,
}

thread_local! {
    static SEEN: [Cell<Option<Seen>>; PLACES] = const { [const { Cell::new(None) }; PLACES] };
}

/// Where the pace of work of one kind is kept, over so many blocks.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    kind: usize,
    blocks: i64,
}

impl Pace {
    pub(super) fn new(kind: Option<usize>, blocks: i64) -> Option<Self> {
        kind.map(|kind| Self { kind, blocks })
    }

    /// Seconds that a block took the last time.
    pub(super) fn known(self) -> Option<f64> {
        let seen = SEEN.with(|places| places[self.place()].get())?;
        (seen.kind == self.kind && seen.blocks == self.blocks).then_some(seen.pace)
    }

    /// Keep how many seconds a block took.
    pub(super) fn remember(self, pace: f64) {
        let Self { kind, blocks } = self;
        SEEN.with(|places| places[self.place()].set(Some(Seen { kind, blocks, pace })));
    }

    /// Code begins at multiples of 16, and different numbers of blocks are different places.
    fn place(self) -> usize {
        let mixed =
            (self.kind as u64 ^ self.blocks.cast_unsigned()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 60) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn the_last_pace_is_told_for_the_same_work_only() {
        let pace = |kind, blocks| Pace::new(Some(kind), blocks).unwrap();
        assert_eq!(pace(16, 10).known(), None);
        pace(16, 10).remember(0.5);
        pace(16, 10).remember(0.25);
        assert_eq!(pace(16, 10).known(), Some(0.25));
        assert_eq!(pace(16, 11).known(), None);
        assert_eq!(pace(32, 10).known(), None);
        assert!(Pace::new(None, 10).is_none());
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(pace(16, 10).known(), None));
        });
        for kind in 0..1000 {
            pace(kind * 16, 10).remember(1.0);
            assert_eq!(pace(kind * 16, 10).known(), Some(1.0));
        }
    }
}
