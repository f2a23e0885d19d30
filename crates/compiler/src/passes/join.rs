//! What both ways of a choice store to one place is stored once, behind the choice.
//!
//! `if c: x[i] = a else: x[i] = b` becomes a choice of a value, which lanes make without a branch, and one store.
//! What then is left in the ways, if it is a few sums, is computed in any case: a branch that is guessed wrong costs more.

use ir::{BlockId, Buffer, If, Kernel, Op, Operands, Statement, Value};

use super::alike::is_pure;

/// Most values that are computed in any case, and most that are chosen from.
const FEW: usize = 4;

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
            let few = if joined.is_empty() { None } else { chosen(kernel, &it) };
            kernel.block_mut(id).statements[at] = Statement::If(it);
            if let Some(few) = few {
                let count = few.len();
                kernel.block_mut(id).statements.splice(at..=at, few);
                at = at + count - 1;
            }
        }
        let further = at + 1 + joined.len();
        // The last ones were found first.
        let rest = kernel.block_mut(id).statements.split_off(at + 1);
        kernel.block_mut(id).statements.extend(joined.into_iter().rev().chain(rest));
        at = further;
    }
}

/// What a way does last, but for what only computes.
fn last(kernel: &Kernel, block: BlockId) -> Option<(usize, &Statement)> {
    kernel.block(block).statements.iter().enumerate().rfind(|it| !is_pure(it.1))
}

/// The place that both ways store to last.
fn common(kernel: &Kernel, it: &If) -> Option<(Buffer, Vec<Value>)> {
    let last = |block: BlockId| match last(kernel, block).map(|it| it.1) {
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
        let at = last(kernel, block).expect("both ways end with a store").0;
        if let Statement::Store { value, .. } = kernel.block_mut(block).statements.remove(at) {
            kernel.block_mut(block).yields.push(value);
            result.get_or_insert(value);
        }
    }
    let dtype = kernel.dtype(result.expect("both ways end with a store"));
    let value = kernel.new_value(dtype);
    it.results.push(value);
    Statement::Store { buffer, index, value }
}

/// A choice without a branch, if its ways do next to nothing.
fn chosen(kernel: &Kernel, it: &If) -> Option<Vec<Statement>> {
    let ways = [it.then, it.otherwise].map(|block| kernel.block(block));
    let cheap = |it: &Statement| match it {
        Statement::Constant { .. } => true,
        Statement::Op { op, .. } => matches!(op, Op::Add | Op::Sub),
        _ => false,
    };
    let inside = || ways.iter().flat_map(|way| &way.statements);
    let fits = inside().count() <= FEW
        && inside().all(cheap)
        && it.results.len() <= FEW
        && it.results.iter().all(|&it| !kernel.dtype(it).is_complex());
    fits.then(|| {
        let choices = it.results.iter().enumerate().map(|(place, &result)| {
            let operands = [it.condition, ways[0].yields[place], ways[1].yields[place]];
            Statement::Op { result, op: Op::Select, operands: Operands::new(&operands) }
        });
        inside().cloned().chain(choices).collect()
    })
}
