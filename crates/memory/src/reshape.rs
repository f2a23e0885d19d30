//! Other axes over the same elements.

use crate::layout::row_major;
use crate::layout_error::{Fault, LayoutError, tuple};
use crate::{Layout, PerAxis};

impl Layout {
    /// The lengths that a reshape asks for: one of them may be -1, for what is left.
    pub fn reshaped(&self, shape: &[isize]) -> Result<Vec<usize>, LayoutError> {
        let fault = |hint| {
            let (given, count) = (tuple(&self.shape), self.count());
            let message =
                format!("reshape: shape {given}, {count} elements, cannot become {}", tuple(shape));
            LayoutError::new(Fault::Shape, message, hint)
        };
        let unknown = shape.iter().filter(|&&length| length == -1).count();
        if unknown > 1 || shape.iter().any(|&length| length < -1) {
            return Err(fault("one length may be -1, for what is left"));
        }
        let known = shape
            .iter()
            .filter(|&&length| length != -1)
            .try_fold(1usize, |product, &length| product.checked_mul(length.cast_unsigned()));
        let known = known.ok_or_else(|| fault("the lengths must multiply to as many elements"))?;
        let rest = match known {
            0 => 0,
            known => self.count() / known,
        };
        let wrong = match unknown {
            0 => known != self.count(),
            _ => known == 0 || rest * known != self.count(),
        };
        if wrong {
            return Err(fault("the lengths must multiply to as many elements"));
        }
        Ok(shape
            .iter()
            .map(|&length| if length == -1 { rest } else { length.cast_unsigned() })
            .collect())
    }

    /// The same elements in row-major order under other axes, or `None` if that takes a copy.
    ///
    /// This is NumPy's rule: axes that are split or joined must follow each other without a gap.
    ///
    /// # Panics
    ///
    /// When the number of elements differs; [`Layout::reshaped`] checks that.
    pub fn reshape(&self, shape: &[usize]) -> Option<Self> {
        let answer =
            |strides| Self { dtype: self.dtype, shape: shape.into(), strides, offset: self.offset };
        let count: usize = shape.iter().product();
        assert_eq!(count, self.count(), "reshape: {} to {}", tuple(&self.shape), tuple(shape));
        if self.is_empty() || self.is_contiguous() {
            return row_major(self.dtype.size(), shape).ok().map(answer);
        }
        let old: Vec<_> = (0..self.rank())
            .filter(|&axis| self.shape[axis] != 1)
            .map(|axis| (self.shape[axis], self.strides[axis]))
            .collect();
        let mut strides = PerAxis::same(0, shape.len());
        let (mut from, mut to) = (0, 0);
        while from < old.len() {
            // Grow both sides until they hold equally many elements.
            let (from_begin, to_begin) = (from, to);
            let (mut held, mut wanted) = (old[from].0, shape[to]);
            from += 1;
            to += 1;
            while held != wanted {
                if held < wanted {
                    held *= old[from].0;
                    from += 1;
                } else {
                    wanted *= shape[to];
                    to += 1;
                }
            }
            let group = &old[from_begin..from];
            let gapless =
                group.windows(2).all(|pair| pair[0].1 == pair[1].1 * pair[1].0.cast_signed());
            if !gapless {
                return None;
            }
            let mut stride = group[group.len() - 1].1;
            for axis in (to_begin..to).rev() {
                strides[axis] = stride;
                stride *= shape[axis].cast_signed();
            }
        }
        Some(answer(strides))
    }
}
