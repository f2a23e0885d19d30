//! Basic indexing: positions, slices, new axes.

use crate::layout_error::{Fault, LayoutError, tuple};
use crate::{DType, Layout, PerAxis};

/// `start:stop:step` of Python.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Slice {
    /// First position, negative from the end; where the axis begins, or ends if the step is negative.
    pub start: Option<isize>,
    /// Where it ends, negative from the end; not a position itself.
    pub stop: Option<isize>,
    /// From one position to the next; 1 if absent, and never zero.
    pub step: Option<isize>,
}

/// One part of `x[a, 1:2, ..., None]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Index {
    /// One position, negative from the end; the axis goes.
    At(isize),
    /// Some positions; the axis stays.
    Slice(Slice),
    /// A new axis of length 1.
    NewAxis,
    /// As many whole axes as are left.
    Ellipsis,
}

/// Positions `start, start + step, ...`, `count` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// First position; within the axis unless there is none at all.
    pub start: isize,
    /// How many.
    pub count: usize,
    /// From one to the next.
    pub step: isize,
}

impl Slice {
    /// The positions that it means on an axis of this length. A step of zero is none.
    pub fn resolve(self, length: usize) -> Option<Run> {
        let step = self.step.unwrap_or(1);
        if step == 0 {
            return None;
        }
        let length = length.cast_signed();
        // Where a slice may begin and end: one beyond the last position in its direction.
        let (low, high) = if step < 0 { (-1, length - 1) } else { (0, length) };
        let place = |given: isize| {
            let place = if given < 0 { given.saturating_add(length) } else { given };
            place.clamp(low, high)
        };
        let (first, last) = if step < 0 { (high, low) } else { (low, high) };
        let start = self.start.map_or(first, place);
        let stop = self.stop.map_or(last, place);
        let distance = if step < 0 { start - stop } else { stop - start };
        let count =
            if distance <= 0 { 0 } else { (distance.unsigned_abs() - 1) / step.unsigned_abs() + 1 };
        Some(Run { start, count, step })
    }
}

impl Layout {
    /// What basic indexing selects.
    pub fn index(&self, parts: &[Index]) -> Result<Self, LayoutError> {
        let used =
            parts.iter().filter(|part| matches!(part, Index::At(_) | Index::Slice(_))).count();
        let ellipses = parts.iter().filter(|part| matches!(part, Index::Ellipsis)).count();
        if used > self.rank() || ellipses > 1 {
            let found =
                if ellipses > 1 { "two ellipses".into() } else { format!("{used} indices") };
            return Err(LayoutError::new(
                Fault::Index,
                format!("index: {found} for shape {}", tuple(&self.shape)),
                "give one index an axis at most, and one ellipsis at most",
            ));
        }
        let mut walk = Walk { from: self, axis: 0, to: Self::scalar(self.dtype, self.offset) };
        for part in parts {
            match *part {
                Index::At(position) => walk.at(position)?,
                Index::Slice(slice) => walk.slice(slice)?,
                Index::NewAxis => walk.push(1, 0),
                Index::Ellipsis => walk.whole(self.rank() - used),
            }
        }
        walk.whole(self.rank() - walk.axis);
        Ok(walk.to)
    }

    fn scalar(dtype: DType, offset: isize) -> Self {
        Self { dtype, shape: PerAxis::new(), strides: PerAxis::new(), offset }
    }
}

struct Walk<'l> {
    from: &'l Layout,
    axis: usize,
    to: Layout,
}

impl Walk<'_> {
    fn push(&mut self, length: usize, stride: isize) {
        self.to.shape.push(length);
        self.to.strides.push(stride);
    }

    fn whole(&mut self, count: usize) {
        for _ in 0..count {
            self.push(self.from.shape[self.axis], self.from.strides[self.axis]);
            self.axis += 1;
        }
    }

    fn at(&mut self, position: isize) -> Result<(), LayoutError> {
        let length = self.from.shape[self.axis].cast_signed();
        if !(-length..length).contains(&position) {
            return Err(LayoutError::new(
                Fault::Index,
                format!(
                    "index: {position} is out of bounds for axis {} of shape {}",
                    self.axis,
                    tuple(&self.from.shape)
                ),
                "positions count from 0, or from -1 backwards; a slice is cut to the axis instead",
            ));
        }
        // Without elements nothing is ever loaded, and the offset stays inside the buffer.
        if !self.from.is_empty() {
            self.to.offset += position.rem_euclid(length) * self.from.strides[self.axis];
        }
        self.axis += 1;
        Ok(())
    }

    fn slice(&mut self, slice: Slice) -> Result<(), LayoutError> {
        let (length, stride) = (self.from.shape[self.axis], self.from.strides[self.axis]);
        let run = slice.resolve(length).ok_or_else(|| {
            LayoutError::new(
                Fault::Shape,
                format!("index: step 0 of a slice for axis {}", self.axis),
                "a step is positive or negative",
            )
        })?;
        if run.count > 0 && !self.from.is_empty() {
            self.to.offset += run.start * stride;
        }
        // Of one element or none the stride is never used.
        let stride = if run.count > 1 { stride.wrapping_mul(run.step) } else { stride };
        self.push(run.count, stride);
        self.axis += 1;
        Ok(())
    }
}
