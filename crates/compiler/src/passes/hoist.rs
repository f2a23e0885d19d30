//! What is the same in every iteration of a loop is computed once, before it.
//!
//! Ops and look-ups alone: none of them can fail, so computing one for a loop that does not run
//! costs time and nothing else. Loads stay, as an index is good only where its check held.

use ir::{BlockId, Kernel, Statement, Value};

/// Move ops of a legal kernel out of its loops.
pub fn hoist(kernel: &mut Kernel) {
    let mut moved = vec![false; kernel.values.len()];
    kernel.roots().into_iter().for_each(|root| block(kernel, root, &mut moved));
}

/// Hoist inside a block. `local` is scratch: which values are defined in the loop looked at.
fn block(kernel: &mut Kernel, id: BlockId, local: &mut [bool]) {
    let statements = std::mem::take(&mut kernel.block_mut(id).statements);
    let mut out = Vec::with_capacity(statements.len());
    for statement in statements {
        // Inner loops first: what leaves them may leave this one too.
        statement.blocks().for_each(|inner| block(kernel, inner, local));
        if matches!(statement, Statement::For(_) | Statement::Reduce(_) | Statement::While(_)) {
            let blocks: Vec<_> = statement.blocks().collect();
            let mut touched = Vec::new();
            for &inner in &blocks {
                leave(kernel, inner, local, &mut touched, &mut out);
            }
            for value in touched {
                local[value.index()] = false;
            }
        }
        out.push(statement);
    }
    kernel.block_mut(id).statements = out;
}

/// Move what does not depend on a loop from its block to `out`.
fn leave(
    kernel: &mut Kernel,
    inner: BlockId,
    local: &mut [bool],
    touched: &mut Vec<Value>,
    out: &mut Vec<Statement>,
) {
    let mut define = |local: &mut [bool], values: &[Value]| {
        for &value in values {
            local[value.index()] = true;
            touched.push(value);
        }
    };
    define(local, &kernel.block(inner).arguments);
    let statements = std::mem::take(&mut kernel.block_mut(inner).statements);
    let mut kept = Vec::with_capacity(statements.len());
    for statement in statements {
        let mut steady = matches!(
            statement,
            Statement::Constant { .. } | Statement::Op { .. } | Statement::Lookup { .. }
        );
        statement.each_operand(|operand| steady &= !local[operand.index()]);
        if steady {
            out.push(statement);
        } else {
            define(local, statement.results());
            kept.push(statement);
        }
    }
    kernel.block_mut(inner).statements = kept;
}
