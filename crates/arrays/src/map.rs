//! Which element of an input an element of a view is.

use memory::{DType, Layout};

use crate::Error;

/// An affine map from the index of a view to the index of what it shows.
///
/// One row for each axis of the input: where it starts, and how far each axis of the view moves it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Map {
    rows: Vec<Row>,
}

/// How one axis of the input follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Row {
    pub(crate) start: isize,
    pub(crate) steps: Vec<isize>,
}

impl Map {
    /// Each index to itself.
    pub(crate) fn identity(rank: usize) -> Self {
        Self::axes(&(0..rank).map(Some).collect::<Vec<_>>(), rank)
    }

    /// Axis `i` of the input is axis `axes[i]` of a view of this rank, or always at 0.
    pub(crate) fn axes(axes: &[Option<usize>], rank: usize) -> Self {
        let row = |axis: &Option<usize>| {
            let mut steps = vec![0; rank];
            if let Some(axis) = *axis {
                steps[axis] = 1;
            }
            Row { start: 0, steps }
        };
        Self { rows: axes.iter().map(row).collect() }
    }

    /// The map of an operation on layouts, and the shape of the view that it makes.
    ///
    /// Each axis of the input is seen in a layout of its own, in which it alone moves, by one.
    pub(crate) fn of<E>(
        shape: &[usize],
        view: impl Fn(&Layout) -> Result<Layout, E>,
    ) -> Result<(Self, Vec<usize>), Error>
    where
        Error: From<E>,
    {
        let mut rows = Vec::with_capacity(shape.len());
        let mut strides = vec![0; shape.len()];
        let mut seen = None;
        for axis in 0..shape.len() {
            strides[axis] = 1;
            let layout = view(&Layout::new(DType::I8, shape, &strides, 0)?)?;
            strides[axis] = 0;
            rows.push(Row { start: layout.offset(), steps: layout.strides().to_vec() });
            seen = Some(layout.shape().to_vec());
        }
        let seen = match seen {
            Some(seen) => seen,
            None => view(&Layout::new(DType::I8, &[], &[], 0)?)?.shape().to_vec(),
        };
        Ok((Self { rows }, seen))
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    pub(crate) fn rows_mut(&mut self) -> &mut [Row] {
        &mut self.rows
    }

    /// What this shows of what `inner` shows, over an index of this rank: first this map, then the
    /// inner one.
    pub(crate) fn then(&self, inner: &Self, rank: usize) -> Self {
        let row = |inner: &Row| {
            let mut answer = Row { start: inner.start, steps: vec![0; rank] };
            for (step, outer) in inner.steps.iter().zip(&self.rows) {
                answer.start += step * outer.start;
                for (slot, outer) in answer.steps.iter_mut().zip(&outer.steps) {
                    *slot += step * outer;
                }
            }
            answer
        };
        Self { rows: inner.rows.iter().map(row).collect() }
    }

    /// Offset and strides of a layout seen through the map, over an index of this rank.
    pub(crate) fn place(&self, layout: &Layout, rank: usize) -> (isize, Vec<isize>) {
        let mut offset = layout.offset();
        let mut strides = vec![0; rank];
        for (row, stride) in self.rows.iter().zip(layout.strides()) {
            offset += row.start * stride;
            for (slot, step) in strides.iter_mut().zip(&row.steps) {
                *slot += step * stride;
            }
        }
        (offset, strides)
    }

    /// Whether each index of `space` is an element of its own of `shape`, and in the same order:
    /// the axes are the same but for some of length 1.
    pub(crate) fn keeps(&self, space: &[usize], shape: &[usize]) -> bool {
        let mut wanted = space.iter().enumerate().filter(|&(_, &length)| length != 1);
        for (row, &length) in self.rows.iter().zip(shape) {
            if row.start != 0 {
                return false;
            }
            if length == 1 {
                continue;
            }
            let Some((axis, &extent)) = wanted.next() else { return false };
            let alone = row
                .steps
                .iter()
                .enumerate()
                .all(|(at, &step)| space[at] == 1 || step == isize::from(at == axis));
            if extent != length || !alone {
                return false;
            }
        }
        wanted.next().is_none()
    }

    /// Whether some axis of the space does not matter: whoever is seen through it is seen again.
    pub(crate) fn repeats(&self, space: &[usize]) -> bool {
        space
            .iter()
            .enumerate()
            .any(|(axis, &length)| length > 1 && self.rows.iter().all(|row| row.steps[axis] == 0))
    }
}

#[cfg(test)]
mod tests {
    use memory::{Index, Slice};

    use super::*;

    #[test]
    fn a_view_of_a_view_is_one_map() {
        let backwards = Slice { step: Some(-2), ..Slice::default() };
        let index = |layout: &Layout| layout.index(&[Index::Slice(backwards), Index::At(1)]);
        let (first, shape) = Map::of(&[5, 4], index).unwrap();
        assert_eq!(shape, [3]);
        let (second, shape) = Map::of(&shape, |layout| layout.broadcast_to(&[2, 3])).unwrap();
        assert_eq!(shape, [2, 3]);
        let both = second.then(&first, 2);
        let layout = Layout::contiguous(DType::F64, &[5, 4]).unwrap();
        assert_eq!(both.place(&layout, 2), (4 * 32 + 8, vec![0, -64]));
        assert!(both.repeats(&[2, 3]));
        assert!(!both.keeps(&[2, 3], &[5, 4]));
    }

    #[test]
    fn axes_of_length_one_make_no_difference() {
        let (map, shape) = Map::of(&[3, 4], |layout| layout.expand(1)).unwrap();
        assert_eq!(shape, [3, 1, 4]);
        assert!(map.keeps(&shape, &[3, 4]));
        assert!(!map.repeats(&shape));
        let (map, shape) = Map::of(&[3, 3], |layout| layout.permute(&[1, 0])).unwrap();
        assert!(!map.keeps(&shape, &[3, 3]));
    }
}
