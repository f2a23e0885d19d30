//! A digest of bytes, for names of files and against accidents; not against malice.

/// 128 bits that depend on all of `parts`, and on where each ends.
pub(crate) fn digest(parts: &[&[u8]]) -> u128 {
    // The offset and the prime of FNV-1a with 128 bits, over words instead of bytes; the shift
    // brings high bits down, which a product alone never does.
    let mut state = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    let mut mix = |word: u64| {
        state = (state ^ u128::from(word)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        state ^= state >> 59;
    };
    for part in parts {
        for word in part.chunks(8) {
            let mut bytes = [0; 8];
            bytes[..word.len()].copy_from_slice(word);
            mix(u64::from_le_bytes(bytes));
        }
        mix(part.len() as u64);
    }
    mix(parts.len() as u64);
    state
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn every_bit_and_every_end_counts() {
        let bytes: Vec<u8> = (0..100).collect();
        let whole = digest(&[&bytes]);
        let mut seen = std::collections::HashSet::from([whole]);
        for at in 0..100 {
            for bit in 0..8 {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                assert!(seen.insert(digest(&[&other])));
            }
            assert!(seen.insert(digest(&[&bytes[..at], &bytes[at..]])));
            assert!(seen.insert(digest(&[&bytes[..at]])));
        }
        // Names of files must not change from one build to the next.
        assert_eq!(digest(&[b"abreast"]), digest(&[b"abreast"]));
    }
}
