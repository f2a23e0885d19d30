//! What both ways of a choice store to one place is stored once, behind the choice.
//!
//! `if c: x[i] = a else: x[i] = b` becomes a choice of a value, which lanes make without a branch, and one store.

use ir::{BlockId, Buffer, If, Kernel, Statement, Value};

/// Join the stores that both ways of a choice end with, in all of a legal kernel.
pub fn join(kernel: &mut Kernel) {
    block(kernel, kernel.body);
}

fn block(kernel: &mut Kernel, id: BlockId) {
    let mut at = 0;
    while at < kernel.block(id).statements.len() {
        let inner: Vec<_> = kernel.block(id).statements[at].blocks().collect();
        // Inner choices first: what they end with may be what an outer one ends with.
        for inner in inner {
            block(kernel, inner);
        }
        let mut joined = Vec::new();
        if let Statement::If(it) = &kernel.block(id).statements[at] {
            let mut it = it.clone();
            while let Some((buffer, index)) = common(kernel, &it) {
                joined.push(one(kernel, &mut it, buffer, index));
            }
            kernel.block_mut(id).statements[at] = Statement::If(it);
        }
        let further = at + 1 + joined.len();
        // The last ones were found first.
        let rest = kernel.block_mut(id).statements.split_off(at + 1);
        kernel.block_mut(id).statements.extend(joined.into_iter().rev().chain(rest));
        at = further;
    }
}

/// The place that both ways store to last.
fn common(kernel: &Kernel, it: &If) -> Option<(Buffer, Vec<Value>)> {
    let last = |block: BlockId| match kernel.block(block).statements.last() {
        Some(Statement::Store { buffer, index, .. }) => Some((*buffer, index.clone())),
        _ => None,
    };
    // An index that both name is computed before the choice.
    last(it.then).filter(|then| last(it.otherwise).as_ref() == Some(then))
}

/// Take the last store out of both ways; the choice results in what it stored.
fn one(kernel: &mut Kernel, it: &mut If, buffer: Buffer, index: Vec<Value>) -> Statement {
    let mut result = None;
    for block in [it.then, it.otherwise] {
        if let Some(Statement::Store { value, .. }) = kernel.block_mut(block).statements.pop() {
            kernel.block_mut(block).yields.push(value);
            result.get_or_insert(value);
        }
    }
    let dtype = kernel.dtype(result.expect("both ways end with a store"));
    let value = kernel.new_value(dtype);
    it.results.push(value);
    Statement::Store { buffer, index, value }
}
