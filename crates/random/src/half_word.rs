//! The unused half of a 64-bit word, kept for the next 32 bits.

/// NumPy's `has_uint32` and `uinteger`. The word stays when it was used, as it does there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HalfWord {
    pub(crate) kept: bool,
    pub(crate) word: u32,
}

impl HalfWord {
    /// The kept half, or else the lower half of a new word, whose upper half is kept.
    #[inline]
    pub(crate) fn next(&mut self, long: impl FnOnce() -> u64) -> u32 {
        if self.kept {
            self.kept = false;
            return self.word;
        }
        let long = long();
        *self = Self { kept: true, word: (long >> 32) as u32 };
        long as u32
    }
}
