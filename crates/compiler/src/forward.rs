//! What an iteration stores and the next one loads stays in a register.
//!
//! `y[i + 1] = f(y[i])`, as in recurrences, sweeps and tables of dynamic programming: through memory each
//! iteration waits for the store before it, which takes longer than most of what is computed.

use std::collections::{HashMap, HashSet};

use ir::{BlockId, Buffer, For, If, Kernel, Op, Operands, Statement, Value};
use memory::{DType, Scalar};

/// A sum of a value, if any, and a number.
type Sum = (Option<Value>, i64);

/// Replace such loads.
pub(crate) fn forward(kernel: &Kernel) -> Kernel {
    let mut kernel = kernel.clone();
    let sums = sums(&kernel);
    for position in 0..kernel.blocks.len() {
        let block = BlockId::new(position);
        let mut at = 0;
        while at < kernel.block(block).statements.len() {
            if let Statement::For(it) = &kernel.block(block).statements[at] {
                let it = it.clone();
                if let Some(found) = find(&kernel, &sums, &it) {
                    at += apply(&mut kernel, block, at, it, &found);
                    continue;
                }
            }
            at += 1;
        }
    }
    kernel
}

/// Each i64 that is a value and a constant.
fn sums(kernel: &Kernel) -> HashMap<Value, Sum> {
    let mut found: HashMap<Value, Sum> = HashMap::new();
    // Uses follow definitions in each block, but blocks may be numbered in any order.
    for _ in 0..2 {
        for statement in kernel.blocks.iter().flat_map(|block| &block.statements) {
            match statement {
                Statement::Constant { result, scalar } if scalar.dtype() == DType::I64 => {
                    found.insert(*result, (None, scalar.to_i64()));
                }
                Statement::Op { result, op: op @ (Op::Add | Op::Sub), operands }
                    if kernel.dtype(*result) == DType::I64 =>
                {
                    let [a, b] = [0, 1].map(|place| {
                        let value = operands[place];
                        found.get(&value).copied().unwrap_or((Some(value), 0))
                    });
                    let sum = match (op, a, b) {
                        (Op::Add, (base, x), (None, y)) | (Op::Add, (None, x), (base, y)) => {
                            (base, x.wrapping_add(y))
                        }
                        (Op::Sub, (base, x), (None, y)) => (base, x.wrapping_sub(y)),
                        _ => continue,
                    };
                    found.insert(*result, sum);
                }
                _ => {}
            }
        }
    }
    found
}

/// A load that finds what the iteration before stored.
#[derive(Debug)]
struct Found {
    load: usize,
    loaded: Value,
    stored: Value,
    buffer: Buffer,
    /// The index of the load, of which the loop's own index is `None` here.
    index: Vec<(Option<Value>, i64, bool)>,
}

fn find(kernel: &Kernel, sums: &HashMap<Value, Sum>, it: &For) -> Option<Found> {
    if it.parallel || it.lanes || it.axes.len() != 1 || it.axes[0].step.is_some() {
        return None;
    }
    let body = kernel.block(it.body);
    let index = *body.arguments.first()?;
    let own: HashSet<_> = body
        .arguments
        .iter()
        .copied()
        .chain(body.statements.iter().flat_map(|it| it.results().to_vec()))
        .collect();
    let sum = |value: Value| sums.get(&value).copied().unwrap_or((Some(value), 0));
    for (place, statement) in body.statements.iter().enumerate() {
        if stops(kernel, statement) {
            // What comes later may not be reached by the first iteration.
            return None;
        }
        let Statement::Load { result, buffer, index: at } = statement else { continue };
        let later = body.statements[place..].iter().find_map(|it| match it {
            Statement::Store { buffer: to, index, value } if to == buffer => Some((index, *value)),
            _ => None,
        });
        let Some((stored_at, stored)) = later else { continue };
        if stores(kernel, it.body, *buffer) != 1 {
            continue;
        }
        let mut forms = Vec::new();
        let mut moves = false;
        for (&to, &from) in stored_at.iter().zip(at) {
            let ((store, x), (load, y)) = (sum(to), sum(from));
            let along = load == Some(index);
            let apart = i64::from(along);
            let known = along || load.is_none_or(|value| !own.contains(&value));
            if store != load || !known || x.checked_sub(y) != Some(apart) {
                break;
            }
            moves |= along;
            forms.push((load.filter(|_| !along), y, along));
        }
        if moves && forms.len() == at.len() {
            return Some(Found {
                load: place,
                loaded: *result,
                stored,
                buffer: *buffer,
                index: forms,
            });
        }
    }
    None
}

/// Whether a statement may end the kernel.
fn stops(kernel: &Kernel, statement: &Statement) -> bool {
    matches!(statement, Statement::Check { .. } | Statement::While(_) | Statement::Call(_))
        || statement
            .blocks()
            .any(|block| kernel.block(block).statements.iter().any(|it| stops(kernel, it)))
}

/// How many statements in a block may store to a buffer.
fn stores(kernel: &Kernel, block: BlockId, buffer: Buffer) -> usize {
    let count = |it: &Statement| {
        let own = match it {
            Statement::Store { buffer: to, .. } => kernel.overlapping || *to == buffer,
            // Never one store alone.
            Statement::Call(it) if it.is_function() => return 2,
            _ => false,
        };
        usize::from(own) + it.blocks().map(|inside| stores(kernel, inside, buffer)).sum::<usize>()
    };
    kernel.block(block).statements.iter().map(count).sum()
}

/// Carry it; answers how many statements further the loop is now.
fn apply(kernel: &mut Kernel, block: BlockId, at: usize, mut it: For, found: &Found) -> usize {
    let dtype = kernel.dtype(found.loaded);
    let axis = it.axes[0];
    // The first iteration loads, if there is one.
    let (mut before, mut inside) = (Vec::new(), Vec::new());
    let constant = |kernel: &mut Kernel, to: &mut Vec<Statement>, scalar: Scalar| {
        let result = kernel.new_value(scalar.dtype());
        to.push(Statement::Constant { result, scalar });
        result
    };
    let begin = match axis.begin {
        Some(begin) => begin,
        None => constant(kernel, &mut before, Scalar::from(0_i64)),
    };
    let some = kernel.new_value(DType::Bool);
    let operands = Operands::new(&[begin, axis.end]);
    before.push(Statement::Op { result: some, op: Op::Lt, operands });
    let mut index = Vec::new();
    for &(base, number, along) in &found.index {
        let base = if along { Some(begin) } else { base };
        index.push(match (base, number) {
            (Some(base), 0) => base,
            (None, number) => constant(kernel, &mut inside, Scalar::from(number)),
            (Some(base), number) => {
                let number = constant(kernel, &mut inside, Scalar::from(number));
                let result = kernel.new_value(DType::I64);
                let operands = Operands::new(&[base, number]);
                inside.push(Statement::Op { result, op: Op::Add, operands });
                result
            }
        });
    }
    let first = kernel.new_value(dtype);
    inside.push(Statement::Load { result: first, buffer: found.buffer, index });
    let none = kernel.new_value(dtype);
    let (then, otherwise) = (kernel.new_block(), kernel.new_block());
    kernel.block_mut(then).statements = inside;
    kernel.block_mut(then).yields = vec![first];
    kernel.block_mut(otherwise).statements =
        vec![Statement::Constant { result: none, scalar: Scalar::zero(dtype) }];
    kernel.block_mut(otherwise).yields = vec![none];
    let start = kernel.new_value(dtype);
    before.push(Statement::If(If { condition: some, then, otherwise, results: vec![start] }));
    let last = kernel.new_value(dtype);
    it.start.push(start);
    it.results.push(last);
    let body = kernel.block_mut(it.body);
    // What was loaded is given to the body instead.
    body.statements.remove(found.load);
    body.arguments.push(found.loaded);
    body.yields.push(found.stored);
    let further = before.len();
    let statements = &mut kernel.block_mut(block).statements;
    statements[at] = Statement::For(it);
    statements.splice(at..at, before);
    further
}
