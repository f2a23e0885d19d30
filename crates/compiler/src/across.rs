//! Parallel loops of reductions whose strides, known at the launch alone, say what lies closer in memory: the
//! points of the loop, or the values of a point.

use ir::{For, Statement, Stride};

use crate::compile::extents;
use crate::compiled::Across;
use crate::emitter::Emitter;

impl Emitter<'_> {
    /// What to look at, where points are not columns as it is but could be.
    pub(crate) fn across_of(&self, it: &For) -> Option<Across> {
        if self.kernel.overlapping || self.columns_of(it).is_some() {
            return None;
        }
        let columns = self.short_of(it)?;
        let body = self.kernel.block(columns.reduce.body);
        let column = self.kernel.block(it.body).arguments.last()?;
        let row = body.arguments.last()?;
        let mut strides = Vec::new();
        for statement in &body.statements {
            let Statement::Load { buffer, index, .. } = statement else { continue };
            let place = |value| index.iter().position(|at| at == value);
            let (Some(point), Some(value)) = (place(column), place(row)) else { continue };
            if self.kernel.buffer(*buffer)?.strides[value] != Stride::Any {
                return None;
            }
            strides.push([buffer.index(), point, value]);
        }
        let points = *extents(self.kernel, &it.axes[it.axes.len() - 1..])?.first()?;
        (!strides.is_empty()).then_some(Across { points, strides })
    }
}
