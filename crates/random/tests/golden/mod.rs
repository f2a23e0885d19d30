//! How golden files are read.

/// The lines of a golden file, each cut at its colons.
pub(crate) fn cases<const N: usize>(text: &str) -> impl Iterator<Item = [&str; N]> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let parts: Vec<&str> = line.split(':').map(str::trim).collect();
        parts.try_into().unwrap_or_else(|_| panic!("not {N} parts: {line}"))
    })
}

/// Hexadecimal words.
#[allow(dead_code, reason = "each test file uses what it needs")]
pub(crate) fn words(text: &str) -> Vec<u128> {
    text.split_whitespace().map(|word| u128::from_str_radix(word, 16).unwrap()).collect()
}

/// A hexadecimal integer of any size in 32-bit words, lowest first.
#[allow(dead_code, reason = "each test file uses what it needs")]
pub(crate) fn integer(text: &str) -> Vec<u32> {
    let digits = text.as_bytes().rchunks(8).map(|digits| std::str::from_utf8(digits).unwrap());
    digits.map(|digits| u32::from_str_radix(digits, 16).unwrap()).collect()
}

/// The FNV-1a hash of 64-bit words.
pub(crate) fn digest(words: impl Iterator<Item = u64>) -> u64 {
    words.fold(0xcbf2_9ce4_8422_2325, |sum, word| (sum ^ word).wrapping_mul(0x0100_0000_01b3))
}
