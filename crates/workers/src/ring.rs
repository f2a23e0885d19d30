//! Results of one worker, in the order it finished them: one writer, one reader.

use crate::control::{BLOCKS, Control, RING};
use std::sync::atomic::Ordering;

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The task returned this.
    Value,
    /// The task raised this.
    Failure,
    /// The task, which has not ended, says this; the note tells in what way.
    Output,
}

/// The fixed part of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) position: u64,
    pub(crate) block: u32,
    pub(crate) kind: Kind,
    /// The bytes are not here but in an extent that the worker lends, which stands here instead.
    pub(crate) elsewhere: bool,
    /// Before the bytes stand extents that they speak of.
    pub(crate) lends: bool,
    /// What the worker noticed; its meaning is the caller's.
    pub(crate) note: u8,
    /// How long the task took, in nanoseconds.
    pub(crate) nanos: u64,
    /// When it ended, on the clock that all processes of the machine share.
    pub(crate) ended: u64,
    pub(crate) len: u64,
}

/// Bytes of a record's fixed part.
const HEAD: usize = 32;
/// Longest bytes that go through the ring itself.
pub(crate) const INLINE: usize = RING / 16;

impl Record {
    fn to_bytes(self) -> [u8; HEAD] {
        let flags = self.kind as u8 | u8::from(self.elsewhere) << 2 | u8::from(self.lends) << 3;
        let mut bytes = [0; HEAD];
        bytes[..8].copy_from_slice(&self.position.to_ne_bytes());
        bytes[8..10].copy_from_slice(&(self.block as u16).to_ne_bytes());
        bytes[10] = flags;
        bytes[11] = self.note;
        bytes[12..16].copy_from_slice(&(self.len as u32).to_ne_bytes());
        bytes[16..24].copy_from_slice(&self.nanos.to_ne_bytes());
        bytes[24..].copy_from_slice(&self.ended.to_ne_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Self {
        let long = |at: usize| u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("8 bytes"));
        let flags = bytes[10];
        Self {
            position: long(0),
            block: u16::from_ne_bytes([bytes[8], bytes[9]]).into(),
            kind: match flags & 3 {
                0 => Kind::Value,
                1 => Kind::Failure,
                _ => Kind::Output,
            },
            elsewhere: flags & 4 != 0,
            lends: flags & 8 != 0,
            note: bytes[11],
            nanos: long(16),
            ended: long(24),
            len: u32::from_ne_bytes(bytes[12..16].try_into().expect("4 bytes")).into(),
        }
    }
}

const _: () = assert!(BLOCKS <= 1 << 16 && INLINE < 1 << 32);

/// A worker's ring, seen from either side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ring<'control> {
    control: &'control Control,
    worker: usize,
}

impl<'control> Ring<'control> {
    pub(crate) fn new(control: &'control Control, worker: usize) -> Self {
        Self { control, worker }
    }

    /// Append a record; false when there is no room yet. The worker's side.
    ///
    /// Nothing of a record is visible before all of it is: a worker that dies while it writes
    /// leaves no trace.
    pub(crate) fn push(self, record: Record, bytes: &[u8]) -> bool {
        debug_assert!(bytes.len() <= INLINE && record.len == bytes.len() as u64);
        let slot = self.control.slot(self.worker);
        let head = slot.head().load(Ordering::Relaxed);
        let used = head - slot.tail().load(Ordering::Acquire);
        let len = (HEAD + bytes.len()).next_multiple_of(8);
        if used as usize + len > RING {
            return false;
        }
        self.write(head, &record.to_bytes());
        self.write(head + HEAD as u64, bytes);
        slot.head().store(head + len as u64, Ordering::Release);
        true
    }

    fn write(self, at: u64, bytes: &[u8]) {
        let (mapping, base) = self.control.ring_memory(self.worker);
        let at = at as usize % RING;
        let (before, after) = bytes.split_at(bytes.len().min(RING - at));
        mapping.write(base + at, before);
        if !after.is_empty() {
            mapping.write(base, after);
        }
    }

    /// Whether it is more than half full.
    pub(crate) fn is_filling(self) -> bool {
        let slot = self.control.slot(self.worker);
        let used = slot.head().load(Ordering::Relaxed) - slot.tail().load(Ordering::Relaxed);
        used as usize > RING / 2
    }

    /// Whether there is something to read.
    pub(crate) fn has_records(self) -> bool {
        let slot = self.control.slot(self.worker);
        slot.head().load(Ordering::Acquire) != slot.tail().load(Ordering::Relaxed)
    }

    /// Take everything that is there. The parent's side; `scratch` is reused between calls.
    ///
    /// The records are copied out and the room given back before any is looked at. A length that
    /// makes no sense (a worker that scribbled over shared memory) ends the reading: `false`.
    pub(crate) fn drain(self, scratch: &mut Vec<u8>, mut take: impl FnMut(Record, &[u8])) -> bool {
        let slot = self.control.slot(self.worker);
        let tail = slot.tail().load(Ordering::Relaxed);
        let head = slot.head().load(Ordering::Acquire);
        let len = head.wrapping_sub(tail) as usize;
        if len == 0 {
            return true;
        }
        if len > RING {
            return false;
        }
        let (mapping, base) = self.control.ring_memory(self.worker);
        let at = tail as usize % RING;
        let before = len.min(RING - at);
        scratch.clear();
        mapping.read(base + at, before, scratch);
        mapping.read(base, len - before, scratch);
        slot.tail().store(head, Ordering::Release);
        let mut rest = &scratch[..];
        while !rest.is_empty() {
            if rest.len() < HEAD {
                return false;
            }
            let record = Record::from_bytes(&rest[..HEAD]);
            let Some(bytes) = rest.get(HEAD..HEAD.saturating_add(record.len as usize)) else {
                return false;
            };
            take(record, bytes);
            rest = &rest[(HEAD + bytes.len()).next_multiple_of(8).min(rest.len())..];
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shm::Segment;

    fn control() -> Control {
        Control::new(Segment::create("test", Control::len(1)).unwrap().map().unwrap())
    }

    fn record(position: u64, len: usize) -> Record {
        let len = len as u64;
        let (elsewhere, lends) = (false, false);
        let (kind, note) = (Kind::Value, 0);
        Record { position, block: 3, kind, elsewhere, lends, note, nanos: 9, ended: 10, len }
    }

    #[test]
    fn records_come_out_as_they_went_in_many_times_around() {
        let control = control();
        let ring = Ring::new(&control, 0);
        let (mut sent, mut seen, mut scratch) = (0_u64, 0_u64, Vec::new());
        while sent < 20_000 {
            let bytes = vec![sent as u8; (sent * 37 % 5_000) as usize];
            if ring.push(record(sent, bytes.len()), &bytes) {
                sent += 1;
                continue;
            }
            assert!(ring.is_filling());
            let sound = ring.drain(&mut scratch, |record, bytes| {
                assert_eq!(record.position, seen);
                assert_eq!(bytes.len() as u64, seen * 37 % 5_000);
                assert!(bytes.iter().all(|&byte| byte == seen as u8));
                seen += 1;
            });
            assert!(sound && !ring.has_records());
        }
        assert!(seen > 19_000);
    }

    #[test]
    fn nonsense_is_refused() {
        let control = control();
        let ring = Ring::new(&control, 0);
        control.slot(0).head().store(u64::MAX, Ordering::Release);
        assert!(!ring.drain(&mut Vec::new(), |_, _| panic!("no record here")));
        control.slot(0).head().store(40, Ordering::Release);
        let (mapping, base) = control.ring_memory(0);
        mapping.write(base + 12, &u32::MAX.to_ne_bytes());
        assert!(!ring.drain(&mut Vec::new(), |_, _| panic!("no record here")));
    }
}
