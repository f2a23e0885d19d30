//! Sizes that pieces come in: few enough that one is often there, close enough to waste little.

/// The smallest piece, and the alignment of all: a cache line, and the largest vector.
pub(super) const LINE: usize = 64;

/// The size of a piece for `len` bytes: a power of two or one of seven steps to the next, so at most
/// an eighth is not used. `None` beyond what can be addressed.
pub(super) fn size(len: usize) -> Option<usize> {
    let len = len.max(LINE);
    if len > isize::MAX as usize / 2 {
        return None;
    }
    let step = (len.next_power_of_two() / 16).max(LINE);
    len.checked_next_multiple_of(step)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_few_and_close() {
        let mut seen = std::collections::BTreeSet::new();
        for len in (0..100_000).chain((100_000..80_000_000).step_by(4099)) {
            let found = size(len).unwrap();
            assert!(found >= len && found.is_multiple_of(64));
            assert!(found - len < (len / 8).max(65), "{len} in {found}");
            assert_eq!(size(found), Some(found));
            seen.insert(found);
        }
        assert!(seen.len() < 200, "{}", seen.len());
        assert_eq!((size(usize::MAX), size(1 << 62)), (None, None));
    }
}
