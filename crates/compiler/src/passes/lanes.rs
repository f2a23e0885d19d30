//! Loops whose iterations are independent are marked, so that they may run in lanes.

use ir::analysis::{Iterations, iterations};
use ir::{For, Kernel, Place, Statement};

/// Mark each loop of a legal kernel whose iterations are proved not to depend on each other.
///
/// Loops that carry something, check something or are parallel already are left alone, and so are all
/// loops of a kernel whose buffers may overlap.
pub fn lanes(kernel: &mut Kernel) {
    if kernel.overlapping {
        return;
    }
    for place in kernel.places() {
        let Place::Statement(block, position) = place else { continue };
        let Statement::For(it) = &kernel.block(block).statements[position] else { continue };
        let proved = !it.parallel
            && it.start.is_empty()
            && !checks(kernel, it)
            && iterations(kernel, it) == Iterations::Independent;
        if proved && let Statement::For(it) = &mut kernel.block_mut(block).statements[position] {
            it.lanes = true;
        }
    }
}

fn checks(kernel: &Kernel, it: &For) -> bool {
    let mut pending = vec![it.body];
    while let Some(block) = pending.pop() {
        for statement in &kernel.block(block).statements {
            if matches!(statement, Statement::Check { .. } | Statement::Call(_)) {
                return true;
            }
            pending.extend(statement.blocks());
        }
    }
    false
}
