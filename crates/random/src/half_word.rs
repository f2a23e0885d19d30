//! The unused half of a 64-bit word, kept for the next 32 bits.

/// What NumPy's states say of it. The word stays when it was used, as it does there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HalfWord {
    /// Whether `uinteger` is the next 32-bit word.
    pub has_uint32: bool,
    /// The upper half of the last word that was cut in two.
    pub uinteger: u32,
}

impl HalfWord {
    /// The kept half, or else the lower half of a new word, whose upper half is kept.
    #[inline]
    pub(crate) fn next(&mut self, long: impl FnOnce() -> u64) -> u32 {
        if self.has_uint32 {
            self.has_uint32 = false;
            return self.uinteger;
        }
        let long = long();
        *self = Self { has_uint32: true, uinteger: (long >> 32) as u32 };
        long as u32
    }
}
