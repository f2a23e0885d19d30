//! Memory is reused, aligned, bounded, and given back before anybody is told that there is none.

use memory::{Allocator, Buffer, in_words};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

const MIB: usize = 1 << 20;

fn plenty() -> Option<u64> {
    None
}

fn fresh(limit: usize, keep: usize) -> &'static Allocator {
    Box::leak(Box::new(Allocator::new(limit, keep, plenty)))
}

fn fill(buffer: &Buffer, byte: u8) {
    // SAFETY: the buffer has so many bytes, and nobody else has it.
    unsafe { buffer.address().write_bytes(byte, buffer.len()) };
}

fn holds(buffer: &Buffer, byte: u8) -> bool {
    // SAFETY: as above; they were written by `fill`.
    let bytes = unsafe { std::slice::from_raw_parts(buffer.address(), buffer.len()) };
    bytes.iter().all(|&it| it == byte)
}

#[test]
fn every_size_is_aligned_and_whole() {
    let allocator = fresh(usize::MAX, 1 << 30);
    for len in [1, 7, 63, 64, 65, 4096, 100_000, MIB, 2 * MIB, 2 * MIB + 1, 5_000_001, 40 * MIB] {
        for _ in 0..2 {
            let buffer = Buffer::from(allocator, len).unwrap();
            assert_eq!(buffer.len(), len);
            assert_eq!(buffer.address().addr() % 64, 0);
            if len >= 2 * MIB {
                assert_eq!(buffer.address().addr() % (2 * MIB), 0);
            }
            fill(&buffer, 0xa5);
            assert!(holds(&buffer, 0xa5));
        }
    }
    let none = Buffer::from(allocator, 0).unwrap();
    assert!(
        none.is_empty() && none.address().addr().is_multiple_of(64) && !none.address().is_null()
    );
}

#[test]
fn what_is_dropped_is_used_again() {
    let allocator = fresh(usize::MAX, 1 << 30);
    for len in [100, 100_000, 30 * MIB] {
        let first = Buffer::from(allocator, len).unwrap();
        let address = first.address();
        drop(first);
        // Also by somebody who wants a little less.
        let second = Buffer::from(allocator, len - len / 16).unwrap();
        assert_eq!(second.address(), address);
        let third = Buffer::from(allocator, len).unwrap();
        assert_ne!(third.address(), address);
    }
    let usage = allocator.usage();
    assert_eq!((usage.fresh, usage.reused, usage.used), (6, 3, 0));
    assert!(usage.kept >= 60 * MIB && usage.peak >= 60 * MIB, "{usage:?}");
}

#[test]
fn what_is_kept_is_bounded_and_the_oldest_goes() {
    let allocator = fresh(usize::MAX, 20 * MIB);
    let buffers: Vec<_> = (0..5).map(|_| Buffer::from(allocator, 8 * MIB).unwrap()).collect();
    let addresses: Vec<_> = buffers.iter().map(Buffer::address).collect();
    for buffer in buffers {
        drop(buffer);
        assert!(allocator.usage().kept <= 20 * MIB);
    }
    assert_eq!(allocator.usage().kept, 16 * MIB);
    let again: Vec<_> = (0..2).map(|_| Buffer::from(allocator, 8 * MIB).unwrap()).collect();
    assert_eq!([again[0].address(), again[1].address()], [addresses[4], addresses[3]]);
    drop(again);
    drop(Buffer::from(allocator, 64 * MIB).unwrap());
    assert!(allocator.usage().kept <= 20 * MIB, "a piece beyond the bound is not kept");
    allocator.bound(usize::MAX, 0);
    assert_eq!(allocator.usage().kept, 0);
    drop(Buffer::from(allocator, 1000).unwrap());
    assert_eq!(allocator.usage().kept, 0);
}

#[test]
fn beyond_the_limit_is_an_error_and_all_goes_on() {
    let allocator = fresh(10 * MIB, 10 * MIB);
    let first = Buffer::from(allocator, 6 * MIB).unwrap();
    fill(&first, 3);
    for _ in 0..3 {
        let error = Buffer::from(allocator, 6 * MIB).unwrap_err();
        assert_eq!((error.asked, error.used, error.available), (6 * MIB, 6 * MIB, None));
        let text = error.to_string();
        assert!(
            text.starts_with("no memory for an array of 6.0 MiB: arrays have 6.0 MiB of the 10.0")
        );
        assert!(text.contains("that they may have, and 4.0 MiB are free\nhint: "), "{text}");
    }
    assert!(holds(&first, 3));
    let small = Buffer::from(allocator, 3 * MIB).unwrap();
    drop(first);
    let second = Buffer::from(allocator, 6 * MIB).unwrap();
    drop((small, second));
    assert_eq!(allocator.usage().used, 0);
    for len in [usize::MAX, isize::MAX as usize, 1 << 62, 1 << 50] {
        assert!(Buffer::from(allocator, len).is_err());
    }
    // What the system itself refuses.
    let boundless = fresh(usize::MAX, 0);
    let error = Buffer::from(boundless, 1 << 47).unwrap_err();
    assert_eq!((error.asked, error.used, boundless.usage().used), (1 << 47, 0, 0));
    assert!(error.to_string().starts_with("no memory for an array of 128.0 TiB: arrays have 0"));
    drop(Buffer::from(boundless, 5 * MIB).unwrap());
}

#[test]
fn a_machine_that_runs_short_gets_kept_memory_back_first() {
    static LEFT: AtomicU64 = AtomicU64::new(u64::MAX);
    static ASKED: AtomicBool = AtomicBool::new(false);
    #[expect(clippy::unnecessary_wraps, reason = "a machine need not tell")]
    fn left() -> Option<u64> {
        ASKED.store(true, Ordering::Relaxed);
        Some(LEFT.load(Ordering::Relaxed))
    }
    let allocator: &Allocator = Box::leak(Box::new(Allocator::new(usize::MAX, 1 << 30, left)));
    drop(Buffer::from(allocator, 30 * MIB).unwrap());
    assert!(ASKED.swap(false, Ordering::Relaxed));
    // Kept memory is no fresh memory: nobody asks.
    drop(Buffer::from(allocator, 30 * MIB).unwrap());
    assert!(!ASKED.load(Ordering::Relaxed));
    // Enough for the array but not for others: kept memory goes.
    LEFT.store(100 << 20, Ordering::Relaxed);
    let kept = allocator.usage().kept;
    let buffer = Buffer::from(allocator, 60 * MIB).unwrap();
    assert!(kept > 0 && allocator.usage().kept == 0);
    // Not enough: an error with what is left.
    LEFT.store(50 << 20, Ordering::Relaxed);
    let error = Buffer::from(allocator, 60 * MIB).unwrap_err();
    assert_eq!(error.available, Some(50 << 20));
    // What was refused is not told among what arrays have.
    assert_eq!(error.used, allocator.usage().used);
    assert!(error.to_string().contains("and 50.0 MiB are free"), "{error}");
    drop(buffer);
    assert_eq!(allocator.usage().used, 0);
}

#[test]
fn foreign_memory_is_let_go_with_its_buffer() {
    let owner = Arc::new(vec![7_u8; 1000]);
    let address = owner.as_ptr().cast_mut();
    // SAFETY: the vector stays where it is until its last owner is dropped.
    let buffer = unsafe { Buffer::foreign(address, 1000, Box::new(owner.clone())) };
    assert!(buffer.is_foreign() && holds(&buffer, 7));
    assert_eq!(Arc::strong_count(&owner), 2);
    drop(buffer);
    assert_eq!(Arc::strong_count(&owner), 1);
    // An array of no bytes may lie nowhere.
    // SAFETY: no byte is ever touched.
    let empty = unsafe { Buffer::foreign(std::ptr::null_mut(), 0, Box::new(())) };
    assert!(!empty.address().is_null());
}

#[test]
fn threads_never_get_the_same_memory() {
    let allocator = fresh(usize::MAX, 3 * MIB);
    thread::scope(|scope| {
        for id in 0..6_u8 {
            scope.spawn(move || {
                for round in 0..300 {
                    let lens = [64, 5000, 70_000, 300_000].map(|len| len + 64 * (round % 5));
                    let buffers = lens.map(|len| Buffer::from(allocator, len).unwrap());
                    for buffer in &buffers {
                        fill(buffer, id);
                    }
                    thread::yield_now();
                    assert!(buffers.iter().all(|buffer| holds(buffer, id)));
                }
            });
        }
    });
    let usage = allocator.usage();
    assert_eq!(usage.used, 0);
    assert!(usage.kept <= 3 * MIB && usage.reused > usage.fresh, "{usage:?}");
}

#[test]
fn bytes_are_told_in_a_unit_that_fits() {
    let cases = [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (95 << 20, "95.0 MiB"),
        ((1 << 30) - 1, "1.0 GiB"),
        (1536 << 20, "1.5 GiB"),
        (15 << 39, "7.5 TiB"),
        (usize::MAX, "16.0 EiB"),
    ];
    for (bytes, words) in cases {
        assert_eq!(in_words(bytes), words);
    }
}
