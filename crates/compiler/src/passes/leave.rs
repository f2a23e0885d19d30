//! What a loop carries when it leaves by `break`, and nobody looks at.
//!
//! `while d * d <= p: if p % d == 0: found = True; break; d += 1` becomes a loop that also asks whether it was broken, and
//! `d` is one more or, where it breaks, what it was. So the next `d` waits for the division, turn after turn.
//! Where nobody asks for `d` after the loop, it may be one more in any case.

use std::collections::HashSet;

use ir::{BlockId, If, Kernel, Op, Statement, Value, While};

/// Have what a loop carries not wait for whether it leaves, in all of a legal kernel.
pub fn leave(kernel: &mut Kernel) {
    let mut asked = HashSet::new();
    for root in kernel.roots() {
        uses(kernel, root, &mut asked);
    }
    kernel.roots().into_iter().for_each(|root| block(kernel, root, &asked));
}

fn uses(kernel: &Kernel, id: BlockId, asked: &mut HashSet<Value>) {
    let it = kernel.block(id);
    asked.extend(&it.yields);
    for statement in &it.statements {
        statement.each_operand(|value| {
            asked.insert(value);
        });
        statement.blocks().for_each(|inner| uses(kernel, inner, asked));
    }
}

fn block(kernel: &mut Kernel, id: BlockId, asked: &HashSet<Value>) {
    for at in 0..kernel.block(id).statements.len() {
        let statement = kernel.block(id).statements[at].clone();
        statement.blocks().for_each(|inner| block(kernel, inner, asked));
        if let Statement::While(it) = statement {
            one(kernel, &it, asked);
        }
    }
}

/// Which of the carried values end the loop when they are true.
fn enders(kernel: &Kernel, it: &While) -> Vec<usize> {
    let test = kernel.block(it.test);
    let plain = |it: &Statement| matches!(it, Statement::Constant { .. } | Statement::Op { .. });
    if !test.statements.iter().all(plain) {
        return Vec::new();
    }
    let op_of = |value: Value| {
        test.statements.iter().find_map(|it| match it {
            Statement::Op { result, op, operands } if *result == value => Some((*op, *operands)),
            _ => None,
        })
    };
    let mut found = Vec::new();
    let mut pending = vec![test.yields[0]];
    while let Some(value) = pending.pop() {
        match op_of(value) {
            Some((Op::And, operands)) => pending.extend(operands.iter()),
            Some((Op::Not, operands)) => {
                found.extend(test.arguments.iter().position(|it| *it == operands[0]));
            }
            _ => {}
        }
    }
    found
}

fn one(kernel: &mut Kernel, it: &While, asked: &HashSet<Value>) {
    let enders = enders(kernel, it);
    let body = kernel.block(it.body);
    let choice = body.statements.iter().enumerate().find_map(|(at, statement)| match statement {
        Statement::If(choice) => {
            let ends = enders.iter().find_map(|&slot| {
                let place = choice.results.iter().position(|it| *it == body.yields[slot])?;
                ending(kernel, choice, place)
            })?;
            Some((at, choice.clone(), ends))
        }
        _ => None,
    });
    let Some((mut at, choice, ends)) = choice else { return };
    let (left, stays) =
        if ends { (choice.then, choice.otherwise) } else { (choice.otherwise, choice.then) };
    for slot in 0..it.results.len() {
        let next = kernel.block(it.body).yields[slot];
        let Some(place) = choice.results.iter().position(|it| *it == next) else { continue };
        // The choice's result is for the next test alone, and is not what ends the loop.
        if enders.contains(&slot)
            || asked.contains(&it.results[slot])
            || times(kernel, it.body, next) > 1
        {
            continue;
        }
        let value = kernel.block(stays).yields[place];
        if kernel.block(left).yields[place] == value {
            continue;
        }
        let inside: HashSet<_> =
            kernel.block(stays).statements.iter().flat_map(|it| it.results().to_vec()).collect();
        if inside.contains(&value) {
            let found = kernel.block(stays).statements.iter().position(|it| {
                let mut near = true;
                it.each_operand(|operand| near &= !inside.contains(&operand));
                matches!(it, Statement::Op { result, .. } if *result == value) && near
            });
            let Some(found) = found else { continue };
            let op = kernel.block_mut(stays).statements.remove(found);
            kernel.block_mut(it.body).statements.insert(at, op);
            at += 1;
        }
        kernel.block_mut(left).yields[place] = value;
    }
}

/// Whether one way of a choice yields true in a place, and the other false: which one, `then` or not.
fn ending(kernel: &Kernel, choice: &If, place: usize) -> Option<bool> {
    let [then, otherwise] =
        [choice.then, choice.otherwise].map(|it| truth(kernel, kernel.block(it).yields[place]));
    (then? != otherwise?).then_some(then?)
}

/// The constant that a value is, of those that stand at the top.
fn truth(kernel: &Kernel, value: Value) -> Option<bool> {
    kernel.roots().into_iter().find_map(|root| {
        kernel.block(root).statements.iter().find_map(|it| match it {
            Statement::Constant { result, scalar } if *result == value => Some(scalar.is_true()),
            _ => None,
        })
    })
}

/// How often a block and those inside use a value.
fn times(kernel: &Kernel, id: BlockId, value: Value) -> usize {
    let it = kernel.block(id);
    let mut count = it.yields.iter().filter(|it| **it == value).count();
    for statement in &it.statements {
        statement.each_operand(|operand| count += usize::from(operand == value));
        count += statement.blocks().map(|inner| times(kernel, inner, value)).sum::<usize>();
    }
    count
}
