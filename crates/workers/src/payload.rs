//! The arguments of a block of tasks, as bytes, each item reachable alone.

use shm::{Extent, Loan, Mapping, Store};
use std::io;
use std::sync::Arc;

/// Items on their way into shared memory: `count`, the end of each item, then the items.
///
/// Each item stands alone, so a worker decodes what it claimed and nothing else, and two tasks
/// never share an object by accident.
#[derive(Debug, Default)]
pub struct Items {
    ends: Vec<u64>,
    bytes: Vec<u8>,
    loans: Vec<Arc<Loan>>,
    placed: u64,
}

impl Items {
    /// Room for the bytes of the next item; finish it with [`Items::end`].
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// All bytes since the last `end` are one item.
    pub fn end(&mut self) {
        self.ends.push(self.bytes.len() as u64);
    }

    /// Forget the bytes since the last `end`.
    pub fn undo(&mut self) {
        self.bytes.truncate(self.ends.last().map_or(0, |&end| end as usize));
    }

    /// Keep an extent that the items speak of, until their tasks are over.
    pub fn keep(&mut self, loan: Arc<Loan>) {
        if !self.loans.iter().rev().take(8).any(|it| Arc::ptr_eq(it, &loan)) {
            self.placed += loan.span().len;
            self.loans.push(loan);
        }
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all items together, and of the extents that they speak of.
    pub fn size(&self) -> usize {
        self.bytes.len() + self.placed as usize
    }

    /// Move the items into shared memory, leaving `self` empty.
    pub(crate) fn store(&mut self, store: &Arc<Store>) -> io::Result<Payload> {
        let each = self.size() as u64 / (self.ends.len() as u64).max(1);
        let table = self.ends.len() * 8;
        let len = table + self.bytes.len();
        let arena = store.arena();
        let extent = arena.allocate(len)?;
        let at = extent.offset as usize;
        let ends: Vec<u8> = self.ends.iter().flat_map(|end| end.to_ne_bytes()).collect();
        arena.mapping().write(at, &ends);
        arena.mapping().write(at + table, &self.bytes);
        self.ends.clear();
        self.bytes.clear();
        self.placed = 0;
        let loans = std::mem::take(&mut self.loans);
        Ok(Payload { store: store.clone(), extent, len: len as u64, each, loans })
    }
}

/// Append item `item` of the `count` items at `offset` to `target`.
pub(crate) fn read_item(
    mapping: &Mapping,
    offset: u64,
    count: u64,
    item: u64,
    target: &mut Vec<u8>,
) {
    let end = |item: u64| {
        let end = mapping.long((offset + 8 * item) as usize);
        end.load(std::sync::atomic::Ordering::Relaxed)
    };
    let start = item.checked_sub(1).map_or(0, end);
    let len = end(item) - start;
    mapping.read((offset + 8 * count + start) as usize, len as usize, target);
}

/// Bytes in the parent's arena, and the extents that they speak of, freed with the last user.
#[derive(Debug)]
pub(crate) struct Payload {
    store: Arc<Store>,
    pub(crate) extent: Extent,
    len: u64,
    /// Bytes of an item, on average, what it speaks of included.
    pub(crate) each: u64,
    loans: Vec<Arc<Loan>>,
}

impl Payload {
    pub(crate) fn store(
        store: &Arc<Store>,
        bytes: &[u8],
        loans: Vec<Arc<Loan>>,
    ) -> io::Result<Self> {
        let extent = store.arena().store(bytes)?;
        Ok(Self { store: store.clone(), extent, len: bytes.len() as u64, each: 0, loans })
    }

    /// Whether whoever reads it holds shared memory.
    pub(crate) fn lends(&self) -> bool {
        !self.loans.is_empty()
    }

    /// Offset and length in the arena.
    pub(crate) fn span(&self) -> (u64, u64) {
        (self.extent.offset, self.len)
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        if !self.store.is_disarmed() {
            self.store.arena().free(self.extent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_is_reachable_alone() {
        let store = Store::new(1 << 30, 0, None).unwrap();
        let mut items = Items::default();
        for word in ["", "side", "by", "side"] {
            items.bytes().extend_from_slice(word.as_bytes());
            items.end();
        }
        items.bytes().extend_from_slice(b"not this");
        items.undo();
        let payload = items.store(&store).unwrap();
        let mut found = Vec::new();
        for item in [2, 0, 1] {
            read_item(store.arena().mapping(), payload.extent.offset, 4, item, &mut found);
            found.push(b'.');
        }
        assert_eq!(found, b"by..side.");
        drop(payload);
        assert_eq!(store.arena().in_use(), 0);
    }
}
