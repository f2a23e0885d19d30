//! Views: what costs nothing.

use memory::{Index, Layout, LayoutError};

use crate::array::Standing;
use crate::error::tuple;
use crate::map::Map;
use crate::operation::Operation;
use crate::{Array, Data, Error, ErrorKind};

impl Array {
    /// The elements that an operation on layouts shows.
    fn view(&self, view: impl Fn(&Layout) -> Result<Layout, LayoutError>) -> Result<Self, Error> {
        match self.standing() {
            Standing::Ready(data) => {
                let layout = view(&data.layout)?;
                Ok(Self::from_data(Data { storage: data.storage, layout }))
            }
            Standing::Lazy(operation) => {
                let (map, shape) = Map::of(self.shape(), view)?;
                if let Operation::Full(value) = &*operation {
                    return Self::full(*value, &shape);
                }
                Ok(Self::lazy(self.dtype(), shape, Operation::View(self.clone(), map)))
            }
        }
    }

    /// Basic indexing: positions, slices, new axes.
    pub fn index(&self, parts: &[Index]) -> Result<Self, Error> {
        self.view(|layout| layout.index(parts))
    }

    /// The same elements for each position of a larger shape.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Self, Error> {
        if self.shape() == shape {
            return Ok(self.clone());
        }
        Layout::contiguous(self.dtype(), shape)?;
        self.view(|layout| layout.broadcast_to(shape))
    }

    /// Axes in another order.
    pub fn permute(&self, axes: &[isize]) -> Result<Self, Error> {
        self.view(|layout| layout.permute(axes))
    }

    /// Axes from last to first.
    pub fn transpose(&self) -> Result<Self, Error> {
        self.view(|layout| Ok(layout.transpose()))
    }

    /// The elements along some axes from last to first.
    pub fn reverse(&self, axes: &[isize]) -> Result<Self, Error> {
        self.view(|layout| {
            axes.iter().try_fold(layout.clone(), |layout, &axis| layout.reverse(axis))
        })
    }

    /// A new axis of length 1 in front of a position.
    pub fn expand(&self, position: isize) -> Result<Self, Error> {
        self.view(|layout| layout.expand(position))
    }

    /// Without these axes, which have length 1.
    pub fn squeeze(&self, axes: &[usize]) -> Result<Self, Error> {
        for &axis in axes {
            if self.shape()[axis] != 1 {
                return Err(Error::new(
                    ErrorKind::Value,
                    format!(
                        "squeeze: axis {axis} of shape {} has length {}\n\
                         hint: only axes of length 1 can go; index or reduce the others",
                        tuple(self.shape()),
                        self.shape()[axis]
                    ),
                ));
            }
        }
        let parts: Vec<_> = (0..self.rank())
            .map(|axis| {
                if axes.contains(&axis) {
                    Index::At(0)
                } else {
                    Index::Slice(memory::Slice::default())
                }
            })
            .collect();
        self.index(&parts)
    }

    /// The same elements in row-major order under another shape, in which one length may be -1.
    pub fn reshape(&self, shape: &[isize]) -> Result<Self, Error> {
        let plain = Layout::contiguous(self.dtype(), self.shape())?;
        let shape = plain.reshaped(shape)?;
        if shape == self.shape() {
            return Ok(self.clone());
        }
        match self.standing() {
            Standing::Ready(data) => {
                if let Some(layout) = data.layout.reshape(&shape) {
                    return Ok(Self::from_data(Data { storage: data.storage, layout }));
                }
            }
            Standing::Lazy(operation) => {
                if let Operation::Full(value) = &*operation {
                    return Self::full(*value, &shape);
                }
                if let Some(map) = ones_moved(self.shape(), &shape) {
                    return Ok(Self::lazy(self.dtype(), shape, Operation::View(self.clone(), map)));
                }
            }
        }
        Ok(Self::lazy(self.dtype(), shape, Operation::Reshape(self.clone())))
    }
}

/// The map between two shapes that differ in axes of length 1 alone.
fn ones_moved(from: &[usize], to: &[usize]) -> Option<Map> {
    let long = |shape: &[usize]| -> Vec<usize> {
        (0..shape.len()).filter(|&axis| shape[axis] != 1).collect()
    };
    let (old, new) = (long(from), long(to));
    let same = old.iter().map(|&axis| from[axis]).eq(new.iter().map(|&axis| to[axis]));
    same.then(|| {
        let mut axes = vec![None; from.len()];
        for (&old, &new) in old.iter().zip(&new) {
            axes[old] = Some(new);
        }
        Map::axes(&axes, to.len())
    })
}
