//! Pieces that wait for their next use.

use super::Piece;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// Pieces by size; of one size the youngest is used first, since it is most likely in a cache.
#[derive(Debug)]
pub(super) struct Shelf {
    pieces: BTreeMap<usize, VecDeque<(Instant, Piece)>>, // the oldest in front
    bytes: usize,
    swept: Option<Instant>,
}

impl Shelf {
    pub(super) const fn new() -> Self {
        Self { pieces: BTreeMap::new(), bytes: 0, swept: None }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A piece of this size, or one that is not much larger.
    pub(super) fn take(&mut self, size: usize) -> Option<Piece> {
        let mut fitting = self.pieces.range_mut(size..=size + size / 4);
        let (_, piece) = fitting.find_map(|(_, pieces)| pieces.pop_back())?;
        self.bytes -= piece.len();
        Some(piece)
    }

    pub(super) fn put(&mut self, piece: Piece, now: Instant) {
        self.bytes += piece.len();
        self.pieces.entry(piece.len()).or_default().push_back((now, piece));
    }

    /// The oldest pieces, so many that at most `keep` bytes are left.
    pub(super) fn shrink(&mut self, keep: usize) -> Vec<Piece> {
        let mut gone = Vec::new();
        while self.bytes > keep {
            gone.extend(self.oldest(None));
        }
        gone
    }

    /// Pieces that are older than `age`; looks only now and then.
    pub(super) fn expire(&mut self, now: Instant, age: Duration) -> Vec<Piece> {
        let mut gone = Vec::new();
        if self.swept.is_some_and(|swept| now.duration_since(swept) < age / 8) {
            return gone;
        }
        self.swept = Some(now);
        let limit = now.checked_sub(age);
        while let Some(piece) = limit.and_then(|limit| self.oldest(Some(limit))) {
            gone.push(piece);
        }
        gone
    }

    /// Take the piece that has been here for longest, if it came before `limit`.
    fn oldest(&mut self, limit: Option<Instant>) -> Option<Piece> {
        let fronts = self.pieces.iter().filter_map(|(&size, it)| Some((it.front()?.0, size)));
        let (since, size) = fronts.min()?;
        if limit.is_some_and(|limit| since >= limit) {
            return None;
        }
        let (_, piece) = self.pieces.get_mut(&size)?.pop_front()?;
        self.bytes -= size;
        Some(piece)
    }
}
