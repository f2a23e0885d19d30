//! Whether two layouts share memory.

use crate::Layout;

impl Layout {
    /// Whether an element of one may share a byte with an element of the other, both being in the
    /// same buffer.
    ///
    /// `false` is certain. `true` may be wrong where the elements lie in between each other in other
    /// ways than by a common step: to know that is as hard as the knapsack problem.
    pub fn may_overlap(&self, other: &Self) -> bool {
        let (Some(here), Some(there)) = (self.bounds(), other.bounds()) else {
            return false;
        };
        if here.end <= there.start || there.end <= here.start {
            return false;
        }
        let step = [self, other].into_iter().fold(0, |step, layout| {
            let moves = layout.shape.iter().zip(&layout.strides).filter(|(length, _)| **length > 1);
            moves.fold(step, |step, (_, stride)| gcd(step, stride.unsigned_abs()))
        });
        if step == 0 {
            return true;
        }
        // Modulo the step each layout is one element: do these two overlap on the circle?
        let step = step.cast_signed();
        let distance = (i128::from(other.offset as i64) - i128::from(self.offset as i64))
            .rem_euclid(i128::from(step as i64)) as isize;
        let sizes = [self, other].map(|layout| layout.dtype.size().cast_signed());
        distance < sizes[0] || distance + sizes[1] > step
    }
}

fn gcd(left: usize, right: usize) -> usize {
    if right == 0 { left } else { gcd(right, left % right) }
}
