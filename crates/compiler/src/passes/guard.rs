//! Checks that hold for a whole loop nest are asked once, before it.
//!
//! A loop with checks becomes `if guard { the loop without them } else { the loop as it was }`. The
//! guard says, of the lengths and numbers that the loop does not change, what makes every one of
//! those checks hold; where it fails the loop in source order fails where and as it always did.

use std::collections::{BTreeSet, HashMap};

use ir::{BlockId, If, Kernel, Op, Statement, Value};
use memory::Scalar;

use super::copy::Copy;
use super::facts::facts;
use super::formula::{Nest, Requirement, defined_inside};
use super::known::Known;
use super::last::Lasts;
use super::question::Guard;

/// A nest of more statements is not written twice.
const LARGEST: usize = 4000;

/// Guard the loops of a legal kernel, the outermost ones that can be.
///
/// Run [`super::simplify`] before, which knows what needs no guard, and after, which draws the
/// conclusions.
pub fn guard(kernel: &mut Kernel) {
    // What is known stays so: copies are not looked at again.
    let mut known = facts(kernel);
    for body in kernel.roots() {
        // Statements that may still be written, so that nests of nests stay in hand.
        let mut room = LARGEST.max(8 * size(kernel, body));
        block(kernel, &mut known, body, &mut room, &BTreeSet::new());
    }
}

/// How many statements stand in a block and inside it.
fn size(kernel: &Kernel, block: BlockId) -> usize {
    let statements = &kernel.block(block).statements;
    let inner = statements.iter().flat_map(Statement::blocks);
    statements.len() + inner.map(|it| size(kernel, it)).sum::<usize>()
}

fn checks(kernel: &Kernel, block: BlockId) -> bool {
    kernel
        .block(block)
        .statements
        .iter()
        .any(|it| matches!(it, Statement::Check { .. }) || it.blocks().any(|it| checks(kernel, it)))
}

/// Guard what stands in a block. `answered` are conditions that an outer guard asks already.
fn block(
    kernel: &mut Kernel,
    known: &mut Known,
    id: BlockId,
    room: &mut usize,
    answered: &BTreeSet<Value>,
) {
    if !checks(kernel, id) {
        return;
    }
    let mut position = 0;
    while position < kernel.block(id).statements.len() {
        position = statement(kernel, known, id, position, room, answered) + 1;
    }
}

/// Guard a statement or what is inside; answers where it stands now.
fn statement(
    kernel: &mut Kernel,
    known: &mut Known,
    id: BlockId,
    position: usize,
    room: &mut usize,
    answered: &BTreeSet<Value>,
) -> usize {
    let it = kernel.block(id).statements[position].clone();
    let inner: Vec<_> = it.blocks().collect();
    if super::axes(&it).is_some() && checks(kernel, inner[0]) {
        let count = size(kernel, inner[0]);
        let versions = if count <= *room {
            versions(kernel, known, id, position, &it, answered)
        } else {
            None
        };
        match versions {
            Some(Versions::Settled) => {
                return statement(kernel, known, id, position, room, answered);
            }
            Some(Versions::Guarded { fast, at, asked }) => {
                *room -= count;
                let answered = answered.union(&asked).copied().collect();
                // What is left to check in the fast version may be guarded there.
                statement(kernel, known, fast, 0, room, &answered);
                return at;
            }
            None => {}
        }
    }
    for inner in inner {
        block(kernel, known, inner, room, answered);
    }
    position
}

/// A comparison inside of a loop that a guard can answer before it.
struct Leaf {
    value: Value,
    truth: bool,
    requirement: Requirement,
}

/// What stands in a loop that a guard may know.
#[derive(Default)]
struct Found {
    /// Conditions of checks, and whether they are asked at every point.
    checks: Vec<(Value, bool)>,
    /// Conditions that choose between an index from the end and one from the beginning.
    choices: Vec<(Value, bool)>,
}

impl Found {
    fn look(&mut self, kernel: &Kernel, known: &Known, block: BlockId, always: bool) {
        for statement in &kernel.block(block).statements {
            match statement {
                Statement::Check { condition, .. } => {
                    self.conjuncts(known, *condition, always);
                }
                Statement::Op { op: Op::Select, operands, .. }
                    if known.op(operands[0]).is_some_and(|(op, them)| {
                        op == Op::Lt && them[0] == operands[2] && known.integer(them[1]) == Some(0)
                    }) =>
                {
                    self.choices.push((operands[0], always));
                }
                _ => {}
            }
            let always = always && super::axes(statement).is_some();
            statement.blocks().for_each(|inner| self.look(kernel, known, inner, always));
        }
    }

    /// The conditions that must all hold for this one to hold.
    fn conjuncts(&mut self, known: &Known, condition: Value, always: bool) {
        match known.op(condition) {
            Some((Op::And, operands)) => {
                operands.iter().for_each(|&it| self.conjuncts(known, it, always));
            }
            _ => self.checks.push((condition, always)),
        }
    }
}

/// What became of a loop with checks.
enum Versions {
    /// Its own bounds answered some checks; nothing was written twice.
    Settled,
    /// It stands twice, at one position: the fast version first in its block.
    Guarded { fast: BlockId, at: usize, asked: BTreeSet<Value> },
}

/// Write a loop twice, behind a guard and as it is, if a guard can answer any check.
fn versions(
    kernel: &mut Kernel,
    known: &mut Known,
    id: BlockId,
    position: usize,
    it: &Statement,
    answered: &BTreeSet<Value>,
) -> Option<Versions> {
    let mut found = Found::default();
    found.look(kernel, known, it.blocks().next()?, true);
    let inside = defined_inside(kernel, it);
    let lasts = Lasts::new(kernel, known, it, &inside);
    // What is always asked first: where its guard fails, so does the loop. What is asked only
    // sometimes may well fail to hold at points where nobody asks.
    let (leaves, asked) = [true, false].into_iter().find_map(|always| {
        let conditions: BTreeSet<_> =
            found.checks.iter().filter(|it| it.1 || !always).map(|it| it.0).collect();
        let asked: BTreeSet<_> = conditions
            .iter()
            .copied()
            .filter(|it| !inside[it.index()] && !answered.contains(it))
            .collect();
        let choices = found.choices.iter().filter(|it| it.1 || !always).map(|it| it.0).collect();
        let leaves = leaves((kernel, known, it, &lasts), choices, &conditions);
        (!leaves.is_empty() || !asked.is_empty()).then_some((leaves, asked))
    })?;
    let mut all = Requirement::default();
    for leaf in &leaves {
        all.join(leaf.requirement.clone());
    }
    let assumed = leaves.iter().map(|leaf| (leaf.value, leaf.truth)).collect::<HashMap<_, _>>();
    let limits = Nest::new(kernel, known, it, &lasts.of, assumed.clone())?.limit(&all)?;

    let mut guard = Guard::new(kernel);
    for &condition in &asked {
        guard.holds(condition);
    }
    for (symbol, limit) in limits {
        guard.within(symbol, limit);
    }
    for sum in &all.sums {
        guard.not_negative(sum);
    }
    let (before, condition) = guard.finish();
    let Some(condition) = condition else {
        settle(kernel, known, it, &assumed);
        return Some(Versions::Settled);
    };

    // The copy is the loop as it was; the loop itself goes behind the guard.
    let slow = Copy::default().statement(kernel, it);
    settle(kernel, known, it, &assumed);
    let results = it.results().to_vec();
    let mut fast = it.clone();
    fast.change_results(|result| *result = kernel.new_value(kernel.dtype(*result)));
    let [then, otherwise] = [fast, slow].map(|version| {
        let block = kernel.new_block();
        kernel.block_mut(block).yields = version.results().to_vec();
        kernel.block_mut(block).statements.push(version);
        block
    });
    let choice = Statement::If(If { condition, then, otherwise, results });
    let before: Vec<_> = lasts.statements.into_iter().chain(before).collect();
    let at = position + before.len();
    let statements = &mut kernel.block_mut(id).statements;
    statements.splice(position..=position, before.into_iter().chain([choice]));
    known.grow(kernel);
    Some(Versions::Guarded { fast: then, at, asked })
}

/// The comparisons among these conditions that a guard can answer, with the choices they rest on.
fn leaves(
    (kernel, known, it, lasts): (&Kernel, &Known, &Statement, &Lasts),
    mut choices: Vec<Value>,
    conditions: &BTreeSet<Value>,
) -> Vec<Leaf> {
    choices.sort_unstable();
    choices.dedup();
    let fitting = |nest: &Nest<'_>, value: Value, truth: bool| {
        let (op, operands) = known.op(value)?;
        let requirement = nest.requirement(op, &operands, truth)?;
        nest.limit(&requirement)?;
        Some(Leaf { value, truth, requirement })
    };
    loop {
        let assumed = choices.iter().map(|&it| (it, false)).collect();
        let Some(nest) = Nest::new(kernel, known, it, &lasts.of, assumed) else {
            return Vec::new();
        };
        let chosen: Vec<_> =
            choices.iter().filter_map(|&choice| fitting(&nest, choice, false)).collect();
        if chosen.len() < choices.len() {
            // One less to rest on: others may have rested on it.
            choices = chosen.iter().map(|leaf| leaf.value).collect();
            continue;
        }
        let inside = defined_inside(kernel, it);
        let mut leaves: Vec<_> = conditions
            .iter()
            .filter(|it| inside[it.index()])
            .filter_map(|&condition| fitting(&nest, condition, true))
            .collect();
        if !leaves.is_empty() {
            leaves.extend(chosen);
        }
        return leaves;
    }
}

/// Write what is known in place of the comparisons inside a statement.
fn settle(kernel: &mut Kernel, known: &mut Known, it: &Statement, assumed: &HashMap<Value, bool>) {
    known.grow(kernel);
    for (&value, &truth) in assumed {
        known.settle(value, truth);
    }

    let mut pending: Vec<_> = it.blocks().collect();
    while let Some(block) = pending.pop() {
        for statement in &mut kernel.block_mut(block).statements {
            if let &[result] = statement.results()
                && let Some(&truth) = assumed.get(&result)
            {
                *statement = Statement::Constant { result, scalar: Scalar::from(truth) };
            }
            pending.extend(statement.blocks());
        }
    }
}
