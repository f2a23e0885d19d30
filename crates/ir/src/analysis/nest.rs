//! Loops that stand directly inside each other.

use super::{Iterations, iterations};
use crate::{Kernel, Place, Statement, Value};

/// One loop of a nest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// Where it stands.
    pub place: Place,
    /// Its indices.
    pub indices: Vec<Value>,
    /// Whether its iterations do not depend on each other, so that they may run in any interleaving:
    /// several at once, in tiles, or as the innermost loop. It carries nothing and checks nothing.
    pub independent: bool,
}

/// The loops of a nest, from the outermost one to the first that holds none or several.
///
/// Each stands directly in the body of the one before, alone but for statements that are no loops
/// and no choices. In a matrix product `i` and `j` are independent and `k` is not.
pub fn nest(kernel: &Kernel, outermost: Place) -> Vec<Level> {
    let mut levels = Vec::new();
    let mut next = Some(outermost);
    while let Some(place @ Place::Statement(block, position)) = next {
        let statement = &kernel.block(block).statements[position];
        let (axes, body, independent) = match statement {
            Statement::For(it) => {
                let proved = || {
                    it.start.is_empty()
                        && !checks(kernel, it.body)
                        && iterations(kernel, it) == Iterations::Independent
                };
                (it.axes.len(), it.body, it.parallel || it.lanes || proved())
            }
            Statement::Reduce(it) => (it.axes.len(), it.body, false),
            _ => break,
        };
        let indices = kernel.block(body).arguments[..axes].to_vec();
        levels.push(Level { place, indices, independent });
        let statements = &kernel.block(body).statements;
        let mut inner =
            (0..statements.len()).filter(|&at| statements[at].blocks().next().is_some());
        next = match (inner.next(), inner.next()) {
            (Some(at), None) => Some(Place::Statement(body, at)),
            _ => None,
        };
    }
    levels
}

fn checks(kernel: &Kernel, block: crate::BlockId) -> bool {
    kernel.block(block).statements.iter().any(|it| {
        matches!(it, Statement::Check { .. } | Statement::Call(_))
            || it.blocks().any(|it| checks(kernel, it))
    })
}
