//! Items of any size in a random order.

use ::random::{BitGenerator, Generator};

/// Shuffle rows of `row` items of `size` bytes each. Few sizes occur often: those are moved whole.
pub(super) fn shuffle<B: BitGenerator + ?Sized>(
    bits: &mut B,
    out: &mut [u8],
    size: usize,
    row: usize,
) {
    macro_rules! of {
        ($size:literal) => {{
            let (items, _) = out.as_chunks_mut::<$size>();
            Generator::new(bits).permuted(items, row);
        }};
    }
    match size {
        1 => of!(1),
        2 => of!(2),
        4 => of!(4),
        8 => of!(8),
        16 => of!(16),
        _ => {
            let count = out.len() / size;
            for from in (0..count).step_by(row) {
                let items = &mut out[from * size..(from + row).min(count) * size];
                // The order of numbers, and then of what they stand for.
                let order = Generator::new(&mut *bits).permutation(items.len() / size);
                let before = items.to_vec();
                for (item, from) in items.chunks_exact_mut(size).zip(order) {
                    let from = from as usize * size;
                    item.copy_from_slice(&before[from..from + size]);
                }
            }
        }
    }
}
