//! Bounds of shared memory: what spills, what is refused, what is given back to the system.

use shm::{Extent, Files, Loan, Lodging, Raw, Span, Store, os};
use std::fs::File;
use std::io::ErrorKind;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

const MIB: u64 = 1 << 20;
/// Bytes of heads that tests touch.
const HEADS: u64 = 1 << 19;

fn folder() -> PathBuf {
    std::env::temp_dir()
}

fn place(store: &Arc<Store>, byte: u8, len: u64) -> Result<(Arc<Loan>, Span), ErrorKind> {
    let bytes = vec![byte; len as usize];
    store.place(*Raw::of(&bytes)).map_err(|error| error.kind())
}

fn read(store: &Store, span: Span) -> Vec<u8> {
    let mut bytes = vec![0; span.len as usize];
    store.files().read(span, &mut bytes).unwrap();
    bytes
}

fn blocks(fd: BorrowedFd<'_>) -> u64 {
    File::from(fd.try_clone_to_owned().unwrap()).metadata().unwrap().blocks() * 512
}

fn in_memory(store: &Store) -> u64 {
    blocks(store.files().descriptors().0)
}

fn on_disk(store: &Store) -> u64 {
    blocks(store.files().descriptors().1.unwrap())
}

/// Bytes that can be read, and cost nothing until they are.
struct Vast(*mut libc::c_void, usize);

impl Vast {
    fn new(len: usize) -> Self {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: fresh address space of the kernel's choice.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_READ, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        Self(start, len)
    }

    fn raw(&self) -> Raw {
        // SAFETY: readable until this is dropped, which no test does before.
        unsafe { Raw::new(self.0.cast(), self.1) }
    }
}

impl Drop for Vast {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, with this length.
        unsafe { libc::munmap(self.0, self.1) };
    }
}

#[test]
fn what_exceeds_the_bound_is_in_the_file() {
    let store = Store::new(2 * MIB, 0, Some(&folder())).unwrap();
    let tenant = store.tenant(|| ()).unwrap();
    let (memory, spill) = store.files().descriptors();
    let spill = spill.map(|it| it.try_clone_to_owned().unwrap());
    let files = Files::from_descriptors(memory.try_clone_to_owned().unwrap(), spill);
    let lodging = Lodging::new(files, tenant.region()).unwrap();
    let found: Vec<_> = (0..5).map(|byte| place(&store, byte, MIB).unwrap()).collect();
    let spilled: Vec<_> = found.iter().map(|(_, span)| span.is_spilled()).collect();
    assert_eq!(spilled, [false, false, true, true, true]);
    assert_eq!((store.used(), store.arena().spilled()), (2 * MIB, 3 * MIB));
    assert_eq!(store.tally().spilled.load(Ordering::Relaxed), 3 * MIB);
    assert_eq!(store.tally().peak.load(Ordering::Relaxed), 2 * MIB);
    assert!(on_disk(&store) >= 3 * MIB);
    // The worker is bound by the same, and everybody reads either.
    let lease = lodging.place(*Raw::of(&[7; 5000])).unwrap();
    assert!(lease.span().is_spilled() && tenant.owns(lease.span()));
    assert_eq!(read(&store, lease.span()), [7; 5000]);
    for (byte, (loan, span)) in (0_u8..).zip(&found) {
        assert!(read(&store, *span).iter().all(|&it| it == byte));
        let here = store.open(loan, *span).unwrap();
        let there = lodging.views().open(span.part(100, 100)).unwrap();
        for (address, len) in [(here.address(), MIB as usize), (there.address(), 100)] {
            let mut seen = Vec::new();
            // SAFETY: a view of so many bytes.
            unsafe { Raw::new(address as *const u8, len) }.append_to(&mut seen);
            assert_eq!(seen, vec![byte; len]);
        }
    }
    // A place in memory that is free is taken again; the file is given back.
    let mut found: Vec<_> = found.into_iter().map(Some).collect();
    (found[0], found[2]) = (None, None);
    let (_loan, span) = place(&store, 9, MIB).unwrap();
    assert!(!span.is_spilled());
    drop((found, lease));
    assert_eq!((store.arena().spilled(), store.used()), (0, MIB));
    assert_eq!(on_disk(&store), 0);
}

#[test]
fn a_bound_that_is_raised_or_lowered_counts_from_now_on() {
    let store = Store::new(MIB, 0, Some(&folder())).unwrap();
    let first = place(&store, 1, MIB).unwrap();
    assert!(place(&store, 2, MIB).unwrap().1.is_spilled());
    store.bound(2 * MIB, 0);
    let second = place(&store, 3, MIB).unwrap();
    assert!(!second.1.is_spilled());
    store.bound(0, 0);
    assert!(place(&store, 4, 1).unwrap().1.is_spilled());
    assert_eq!((store.used(), store.limit()), (2 * MIB, 0));
    drop((first, second));
    assert!(store.is_idle());
}

#[test]
fn without_a_file_it_is_refused() {
    // A folder that is not there gives none.
    for folder in [None, Some(PathBuf::from("/does/not/exist"))] {
        let store = Store::new(2 * MIB, 0, folder.as_deref()).unwrap();
        let kept = place(&store, 1, MIB + 1).unwrap();
        assert_eq!(store.used(), MIB + 4096);
        for _ in 0..3 {
            let bytes = vec![0; 3 * MIB as usize];
            let error = store.place(*Raw::of(&bytes)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutOfMemory);
            let text = "shared memory is full: 3.0 MiB more are needed, 1.0 MiB are in use, 2.0 MiB \
                        is the bound";
            assert_eq!(error.to_string(), text);
            assert_eq!(place(&store, 1, MIB).unwrap_err(), ErrorKind::OutOfMemory);
        }
        assert_eq!((store.used(), store.arena().in_use()), (MIB + 4096, MIB + 4096));
        let fits = place(&store, 2, MIB - 4096).unwrap();
        assert_eq!(read(&store, kept.1), vec![1; MIB as usize + 1]);
        drop((kept, fits));
        assert!(store.is_idle());
    }
}

/// More than there is room for, in the file too; and more than there is address space.
#[test]
fn a_full_file_refuses() {
    let store = Store::new(MIB, 0, Some(&folder())).unwrap();
    let kept = place(&store, 1, MIB).unwrap();
    let vast = Vast::new(257 << 30);
    let error = store.place(vast.raw()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    assert!(error.to_string().contains("263168.0 MiB more are needed"), "{error}");
    assert_eq!((store.used(), store.arena().spilled(), on_disk(&store)), (MIB, 0, 0));
    // Within the bound, and beyond what one region can address.
    store.bound(1 << 50, 0);
    assert_eq!(store.place(vast.raw()).unwrap_err().kind(), ErrorKind::OutOfMemory);
    assert_eq!((store.used(), store.arena().spilled()), (MIB, 0));
    assert!(store.arena().allocate(vast.1).is_err());
    assert!(place(&store, 2, MIB).is_ok());
    drop(kept);
    assert!(store.is_idle());
}

#[test]
fn free_memory_is_kept_as_far_as_the_bound_says() {
    let ample = 1 << 40;
    for (len, keep) in [(MIB, 0), (MIB, 3 * MIB), (4 * MIB, 9 * MIB), (4 * MIB, ample)] {
        let store = Store::new(ample, keep, None).unwrap();
        let all: Vec<_> = (0..6).map(|byte| place(&store, byte, len).unwrap()).collect();
        assert_eq!(store.tally().fresh.load(Ordering::Relaxed), 6 * len);
        assert!(in_memory(&store) >= 6 * len);
        drop(all);
        let kept = store.arena().warm();
        assert_eq!(kept, (keep / len * len).min(6 * len), "keep {keep}");
        assert!((kept..=kept + HEADS).contains(&in_memory(&store)), "{}", in_memory(&store));
        // What was kept is used again first.
        let again: Vec<_> =
            (0..kept / len).map(|at| place(&store, 9 + at as u8, len).unwrap()).collect();
        assert_eq!(store.tally().reused.load(Ordering::Relaxed), kept);
        for (byte, (_, span)) in (9..).zip(&again) {
            assert_eq!(read(&store, *span), vec![byte; len as usize]);
        }
        drop(again);
        store.trim();
        assert_eq!(store.arena().warm(), 0);
        assert!(in_memory(&store) <= HEADS, "{}", in_memory(&store));
        assert!(store.is_idle());
    }
}

#[test]
fn what_is_in_use_is_not_trimmed() {
    let store = Store::new(1 << 40, 1 << 40, None).unwrap();
    let mut all: Vec<_> = (0..6).map(|byte| Some(place(&store, byte, MIB).unwrap())).collect();
    (all[1], all[4]) = (None, None);
    store.trim();
    assert_eq!(store.arena().warm(), 4 * MIB);
    assert!((4 * MIB..=4 * MIB + HEADS).contains(&in_memory(&store)));
    for (byte, each) in (0_u8..).zip(&all) {
        if let Some((_, span)) = each {
            assert_eq!(read(&store, *span), vec![byte; MIB as usize]);
        }
    }
    assert_eq!(read(&store, place(&store, 7, 2 * MIB).unwrap().1), vec![7; 2 * MIB as usize]);
}

#[test]
fn small_extents_are_given_back() {
    let store = Store::new(0, 0, None).unwrap();
    let arena = store.arena();
    let extents: Vec<Extent> =
        (0..40_u8).map(|byte| arena.store(&vec![byte; 2 * MIB as usize]).unwrap()).collect();
    for (byte, extent) in (0_u8..).zip(&extents) {
        let mut found = Vec::new();
        arena.mapping().read(extent.offset as usize, 100, &mut found);
        assert_eq!(found, [byte; 100]);
    }
    // They are no concern of the bound.
    assert_eq!((store.used(), arena.in_use()), (0, 80 * MIB));
    assert!(in_memory(&store) >= 80 * MIB);
    extents.into_iter().for_each(|extent| arena.free(extent));
    assert_eq!(arena.in_use(), 0);
    assert!(in_memory(&store) <= 64 * MIB + HEADS, "kept to be used again");
    arena.trim();
    assert!(in_memory(&store) <= HEADS, "{}", in_memory(&store));
}

/// A machine without memory for it: here, a file that may not grow any further.
#[test]
fn reserving_tells_before_writing_would() {
    let memory = os::create_memory("test", 1 << 20).unwrap();
    assert!(os::reserve(memory.as_fd(), 0, 1 << 20).is_ok());
    assert!(os::reserve(memory.as_fd(), 1 << 20, 1 << 60).is_err());
    os::punch_hole(memory.as_fd(), 0, 1 << 20).unwrap();
    assert_eq!(blocks(memory.as_fd()), 0);
}
