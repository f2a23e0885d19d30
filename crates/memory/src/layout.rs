//! Where the elements of an array lie.

use std::ops::Range;

use crate::layout_error::{Fault, LayoutError, tuple};
use crate::{DType, PerAxis, broadcast};

/// Where the elements of an array lie in a buffer.
///
/// The element at index `i` begins `offset + sum(i[axis] * strides[axis])` bytes into the buffer.
/// Strides and the offset are in bytes; a stride may be zero or negative.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    pub(crate) dtype: DType,
    pub(crate) shape: PerAxis<usize>,
    pub(crate) strides: PerAxis<isize>,
    pub(crate) offset: isize,
}

impl Layout {
    /// Elements one after the other, the last axis closest, from the start of the buffer.
    pub fn contiguous(dtype: DType, shape: &[usize]) -> Result<Self, LayoutError> {
        let strides = row_major(dtype.size(), shape)?;
        Ok(Self { dtype, shape: shape.into(), strides, offset: 0 })
    }

    /// A layout that somebody else says. As many strides as lengths are needed, and no element may
    /// lie further away than an address can say.
    pub fn new(
        dtype: DType,
        shape: &[usize],
        strides: &[isize],
        offset: isize,
    ) -> Result<Self, LayoutError> {
        if shape.len() != strides.len() {
            return Err(LayoutError::new(
                Fault::Shape,
                format!(
                    "layout: shape {} and strides {} differ in length",
                    tuple(shape),
                    tuple(strides)
                ),
                "give one stride in bytes for each axis",
            ));
        }
        let layout = Self { dtype, shape: shape.into(), strides: strides.into(), offset };
        match layout.span() {
            Some(_) => Ok(layout),
            None => Err(too_large("layout", shape)),
        }
    }

    /// Type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Bytes from one element to the next along each axis.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Where the element at index zero begins, in bytes.
    pub fn offset(&self) -> isize {
        self.offset
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        // The product cannot overflow for a layout whose bytes are counted, but broadcast axes count too.
        self.shape.iter().copied().fold(1, usize::saturating_mul)
    }

    /// Whether there is no element at all.
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Whether the elements lie one after the other, the last axis closest.
    pub fn is_contiguous(&self) -> bool {
        let mut expected = self.dtype.size().cast_signed();
        for (&length, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if length != 1 && stride != expected && !self.is_empty() {
                return false;
            }
            expected = expected.wrapping_mul(length.cast_signed());
        }
        true
    }

    /// Whether every element lies at a multiple of its alignment, in a buffer that begins at one.
    pub fn is_aligned(&self) -> bool {
        let alignment = self.dtype.alignment().cast_signed();
        self.offset % alignment == 0
            && self
                .shape
                .iter()
                .zip(&self.strides)
                .all(|(&length, stride)| length < 2 || stride % alignment == 0)
    }

    /// Where the element at an index begins, if there is such an element.
    pub fn position(&self, index: &[usize]) -> Option<isize> {
        let inside =
            index.len() == self.rank() && index.iter().zip(&self.shape).all(|(i, n)| i < n);
        let steps = index.iter().zip(&self.strides);
        inside.then(|| self.offset + steps.map(|(&i, s)| i.cast_signed() * s).sum::<isize>())
    }

    /// The bytes from the lowest to the highest one of any element; none for no elements.
    pub fn bounds(&self) -> Option<Range<isize>> {
        if self.is_empty() { None } else { self.span() }
    }

    /// Lowest and highest byte, if addresses can say them.
    fn span(&self) -> Option<Range<isize>> {
        let (mut low, mut high) = (self.offset, self.offset);
        if !self.is_empty() {
            for (&length, &stride) in self.shape.iter().zip(&self.strides) {
                let reach = isize::try_from(length - 1).ok()?.checked_mul(stride)?;
                let end = if reach < 0 { &mut low } else { &mut high };
                *end = end.checked_add(reach)?;
            }
        }
        Some(low..high.checked_add(self.dtype.size().cast_signed())?)
    }

    /// The same elements with an axis for each length of a larger shape: axes of length 1 repeat
    /// their element, missing ones in front too.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Self, LayoutError> {
        let strides = broadcast::strides(&self.shape, &self.strides, shape).ok_or_else(|| {
            LayoutError::new(
                Fault::Shape,
                format!(
                    "broadcast_to: shape {} cannot become {}",
                    tuple(&self.shape),
                    tuple(shape)
                ),
                "counted from the last, each length must be 1 or the one asked for",
            )
        })?;
        Ok(Self { dtype: self.dtype, shape: shape.into(), strides, offset: self.offset })
    }

    /// Axes in another order: axis `i` of the answer is axis `axes[i]`, negative from the end.
    pub fn permute(&self, axes: &[isize]) -> Result<Self, LayoutError> {
        let order: Vec<_> =
            axes.iter().map(|&axis| self.axis("permute", axis)).collect::<Result<_, _>>()?;
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.rank()) {
            return Err(LayoutError::new(
                Fault::Axis,
                format!("permute: axes {} of shape {}", tuple(axes), tuple(&self.shape)),
                "name each axis once",
            ));
        }
        Ok(Self {
            dtype: self.dtype,
            shape: order.iter().map(|&axis| self.shape[axis]).collect(),
            strides: order.iter().map(|&axis| self.strides[axis]).collect(),
            offset: self.offset,
        })
    }

    /// Axes from last to first.
    #[must_use]
    pub fn transpose(&self) -> Self {
        let mut answer = self.clone();
        answer.shape.reverse();
        answer.strides.reverse();
        answer
    }

    /// The elements along an axis from last to first.
    pub fn reverse(&self, axis: isize) -> Result<Self, LayoutError> {
        let axis = self.axis("reverse", axis)?;
        let mut answer = self.clone();
        if !self.is_empty() {
            answer.offset += (self.shape[axis] - 1).cast_signed() * self.strides[axis];
        }
        // Of one element or none the stride is never used, and negating it could overflow.
        answer.strides[axis] = self.strides[axis].wrapping_neg();
        Ok(answer)
    }

    /// A new axis of length 1 in front of this position, negative from the end.
    pub fn expand(&self, position: isize) -> Result<Self, LayoutError> {
        let rank = self.rank();
        let axis = resolve(position, rank + 1).ok_or_else(|| {
            LayoutError::new(
                Fault::Axis,
                format!("expand: axis {position} of shape {}", tuple(&self.shape)),
                "a new axis stands from -(rank + 1) to rank",
            )
        })?;
        let mut answer = self.clone();
        answer.shape.insert(axis, 1);
        answer.strides.insert(axis, 0);
        Ok(answer)
    }

    /// An axis, negative from the end, as a position.
    pub fn axis(&self, operation: &str, axis: isize) -> Result<usize, LayoutError> {
        resolve(axis, self.rank()).ok_or_else(|| {
            LayoutError::new(
                Fault::Axis,
                format!("{operation}: axis {axis} of shape {}", tuple(&self.shape)),
                "axes count from 0, or from -1 backwards",
            )
        })
    }

    /// Where each element begins, in row-major order. Slow; the meaning of all the rest.
    pub fn positions(&self) -> Vec<isize> {
        let mut positions = vec![self.offset];
        for (&length, &stride) in self.shape.iter().zip(&self.strides) {
            positions = positions
                .iter()
                .flat_map(|start| (0..length).map(move |i| start + i.cast_signed() * stride))
                .collect();
        }
        positions
    }
}

fn resolve(axis: isize, rank: usize) -> Option<usize> {
    let rank = rank.cast_signed();
    (-rank..rank).contains(&axis).then(|| axis.rem_euclid(rank).cast_unsigned())
}

/// Strides of elements one after the other.
pub(crate) fn row_major(size: usize, shape: &[usize]) -> Result<PerAxis<isize>, LayoutError> {
    let mut strides = PerAxis::same(0, shape.len());
    let mut stride = size.cast_signed();
    let fault = || too_large("contiguous", shape);
    for (slot, &length) in strides.iter_mut().zip(shape).rev() {
        *slot = stride;
        // An axis of length zero counts as one, as in NumPy: what lies outside keeps a stride.
        let length = isize::try_from(length.max(1)).map_err(|_| fault())?;
        stride = stride.checked_mul(length).ok_or_else(fault)?;
    }
    Ok(strides)
}

fn too_large(operation: &str, shape: &[usize]) -> LayoutError {
    LayoutError::new(
        Fault::Size,
        format!("{operation}: shape {} takes more bytes than an address can count", tuple(shape)),
        "split the array, or take a smaller element type",
    )
}
