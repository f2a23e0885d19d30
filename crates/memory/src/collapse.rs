//! The fewest axes that several operands of one shape need together.

/// Axes of a loop over several operands: lengths, and each operand's stride along each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Axes {
    /// Length of each axis.
    pub lengths: Vec<usize>,
    /// For each operand, bytes from one element to the next along each axis.
    pub strides: Vec<Vec<isize>>,
}

impl Axes {
    /// The axes in the order in which memory is read straightest: large strides outside.
    ///
    /// Earlier operands decide; an axis along which they do not move leaves it to later ones. Axes
    /// that nobody moves along keep their place. For loops whose iterations do not depend on each
    /// other; a reduction's order is part of its meaning.
    pub fn memory_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = Vec::with_capacity(self.lengths.len());
        for axis in 0..self.lengths.len() {
            // Insert from the inside out; an axis that cannot be compared is passed over.
            let mut place = order.len();
            for position in (0..order.len()).rev() {
                match self.outside(axis, order[position]) {
                    Some(true) => place = position,
                    Some(false) => break,
                    None => {}
                }
            }
            order.insert(place, axis);
        }
        order
    }

    /// Whether an axis belongs outside another, if anyone moves along both.
    fn outside(&self, axis: usize, other: usize) -> Option<bool> {
        self.strides
            .iter()
            .map(|strides| (strides[axis].unsigned_abs(), strides[other].unsigned_abs()))
            .find(|&(left, right)| left != 0 && right != 0 && left != right)
            .map(|(left, right)| left > right)
    }

    /// The axes in another order.
    #[must_use]
    pub fn permuted(&self, order: &[usize]) -> Self {
        let pick = |strides: &Vec<isize>| order.iter().map(|&axis| strides[axis]).collect();
        Self {
            lengths: order.iter().map(|&axis| self.lengths[axis]).collect(),
            strides: self.strides.iter().map(pick).collect(),
        }
    }

    /// Fewer axes over the same elements in the same order: those of length 1 go, and neighbours
    /// that every operand walks without a gap become one.
    #[must_use]
    pub fn collapsed(&self) -> Self {
        let mut answer =
            Self { lengths: Vec::new(), strides: vec![Vec::new(); self.strides.len()] };
        for (axis, &length) in self.lengths.iter().enumerate() {
            if length == 1 {
                continue;
            }
            let joins = !answer.lengths.is_empty()
                && self.strides.iter().zip(&answer.strides).all(|(from, to)| {
                    to.last() == Some(&from[axis].wrapping_mul(length.cast_signed()))
                });
            if joins {
                let last = answer.lengths.len() - 1;
                answer.lengths[last] *= length;
                for (from, to) in self.strides.iter().zip(&mut answer.strides) {
                    to[last] = from[axis];
                }
            } else {
                answer.lengths.push(length);
                for (from, to) in self.strides.iter().zip(&mut answer.strides) {
                    to.push(from[axis]);
                }
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes(lengths: &[usize], strides: &[&[isize]]) -> Axes {
        let strides = strides.iter().map(|strides| strides.to_vec()).collect();
        Axes { lengths: lengths.to_vec(), strides }
    }

    #[test]
    fn what_everyone_walks_straight_becomes_one_axis() {
        let cases = [
            (axes(&[3, 4], &[&[32, 8]]), axes(&[12], &[&[8]])),
            (axes(&[3, 4], &[&[32, 8], &[64, 8]]), axes(&[3, 4], &[&[32, 8], &[64, 8]])),
            (axes(&[3, 4], &[&[32, 8], &[0, 0]]), axes(&[12], &[&[8], &[0]])),
            (axes(&[2, 1, 4], &[&[32, 7, 8]]), axes(&[8], &[&[8]])),
            (axes(&[1, 1], &[&[5, 5]]), axes(&[], &[&[]])),
            (axes(&[2, 3, 4], &[&[8, 64, 16]]), axes(&[2, 12], &[&[8, 16]])),
            (axes(&[2, 4], &[&[-32, -8]]), axes(&[8], &[&[-8]])),
            (axes(&[], &[]), axes(&[], &[])),
        ];
        for (given, expected) in cases {
            assert_eq!(given.collapsed(), expected, "{given:?}");
        }
    }

    #[test]
    fn memory_is_read_straight() {
        let cases: [(Axes, &[usize]); 5] = [
            (axes(&[3, 4], &[&[32, 8]]), &[0, 1]),
            (axes(&[3, 4], &[&[8, 24]]), &[1, 0]),
            (axes(&[3, 4], &[&[0, 0]]), &[0, 1]),
            (axes(&[3, 4], &[&[0, 8], &[8, 24]]), &[1, 0]),
            (axes(&[3, 4, 5], &[&[8, 24, 96]]), &[2, 1, 0]),
        ];
        for (given, expected) in cases {
            assert_eq!(given.memory_order(), expected, "{given:?}");
        }
    }
}
