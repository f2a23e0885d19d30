//! Orders by chance.

use crate::BitGenerator;

/// A number from 0 to `most`, by rejection under a mask: what NumPy shuffles and draws urns with.
#[inline]
pub(crate) fn masked_below<B: BitGenerator + ?Sized>(bits: &mut B, most: u64) -> u64 {
    if most == 0 {
        return 0; // and no bits are used
    }
    let mask = u64::MAX >> most.leading_zeros();
    loop {
        let word = if most <= u32::MAX.into() { short(bits) } else { bits.next_u64() };
        if word & mask <= most {
            return word & mask;
        }
    }
}

/// A word of 32 bits. Inlined, the compiler makes one branch for the first try and one for the next
/// tries of whether half a word is kept, and neither can be predicted; alone, it alternates.
#[inline(never)]
fn short<B: BitGenerator + ?Sized>(bits: &mut B) -> u64 {
    bits.next_u32().into()
}

/// Bring `items` into a random order: `Generator.shuffle`.
#[inline]
pub(crate) fn shuffle<T, B: BitGenerator + ?Sized>(bits: &mut B, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, masked_below(bits, last as u64) as usize);
    }
}
