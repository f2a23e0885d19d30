//! How much a parallel loop does, about, where that is known before it runs: a loop over little is not worth a
//! look at the clock, let alone another thread.

use std::collections::HashSet;

use ir::{Axis, BlockId, Callee, For, Op, Statement, Value};

use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::Operand;

/// What nobody knows counts as that much, and so does all that is more.
pub(crate) const MUCH: i64 = 1 << 40;

/// Lengths beyond that are taken for that long: products of two fit a word.
const LONG: i64 = 1 << 20;

/// What one turn does: so many steps, and those of inner loops.
struct Turn {
    steps: i64,
    loops: Vec<(Vec<Axis>, Turn)>,
}

impl<'k> Emitter<'k> {
    /// About how many steps of a processor the points of a loop with this body take.
    pub(crate) fn effort(&mut self, axes: &[Axis], body: BlockId) -> Operand {
        let mut inside = HashSet::new();
        self.defined(body, &mut inside);
        match self.turn(body, &inside) {
            Some(turn) => self.steps(axes, &turn),
            None => number(MUCH),
        }
    }

    /// The answer of `count` for a loop that is the kernel: its blocks, or its effort where `begin` asks for it. And whether
    /// it is known.
    pub(crate) fn count_or_effort(&mut self, it: &'k For, in_lanes: bool) -> (Operand, bool) {
        let blocks = self.cut(it).blocks;
        let effort = self.effort(&it.axes, it.body);
        if effort == number(MUCH) {
            return (blocks, false);
        }
        let effort = self.effort_of(effort, in_lanes);
        let asked = self.text.op("icmp ne", WORD, &[Operand::Argument("begin"), number(0)]);
        (self.text.select(asked, WORD, effort, blocks), true)
    }

    /// What so many steps are where each is one of all lanes.
    pub(crate) fn effort_of(&mut self, effort: Operand, in_lanes: bool) -> Operand {
        if in_lanes && effort != number(MUCH) {
            self.text.op("sdiv", WORD, &[effort, number(i64::from(self.width))])
        } else {
            effort
        }
    }

    /// All values that come to be in a block.
    fn defined(&self, block: BlockId, found: &mut HashSet<Value>) {
        let block = self.kernel.block(block);
        found.extend(&block.arguments);
        for statement in &block.statements {
            found.extend(statement.results());
            statement.blocks().for_each(|inner| self.defined(inner, found));
        }
    }

    /// What one turn does, unless it depends on values that come to be inside.
    fn turn(&self, block: BlockId, inside: &HashSet<Value>) -> Option<Turn> {
        let mut turn = Turn { steps: 1, loops: Vec::new() };
        let known = |axes: &[Axis]| axes.iter().all(|axis| self.is_known(axis, inside));
        for statement in &self.kernel.block(block).statements {
            match statement {
                Statement::Constant { .. } => {}
                Statement::Op { op, operands, .. } => {
                    let dtype = self.kernel.dtype(operands[0]);
                    turn.steps += match op {
                        op if op.is_elementary(dtype) => 16,
                        Op::Div | Op::FloorDiv | Op::Rem | Op::Sqrt => 8,
                        _ => 1,
                    };
                }
                Statement::Lookup { .. }
                | Statement::Load { .. }
                | Statement::Store { .. }
                | Statement::Check { .. } => turn.steps += 1,
                Statement::For(it) if known(&it.axes) => {
                    turn.loops.push((it.axes.clone(), self.turn(it.body, inside)?));
                }
                Statement::Reduce(it) if known(&it.axes) => {
                    turn.loops.push((it.axes.clone(), self.turn(it.body, inside)?));
                }
                Statement::Call(it)
                    if matches!(it.callee, Callee::ThreadId | Callee::ThreadCount) =>
                {
                    turn.steps += 8;
                }
                Statement::If(it) => {
                    // Each may be the one that runs.
                    for way in [it.then, it.otherwise] {
                        let way = self.turn(way, inside)?;
                        turn.steps += way.steps;
                        turn.loops.extend(way.loops);
                    }
                }
                Statement::For(_)
                | Statement::Reduce(_)
                | Statement::While(_)
                | Statement::Call(_) => {
                    return None;
                }
            }
        }
        Some(turn)
    }

    /// Whether the length of an axis can be computed before the loop around it runs. Steps must be constants: of others
    /// it is checked inside that they are not zero, and a length is a quotient.
    fn is_known(&self, axis: &Axis, inside: &HashSet<Value>) -> bool {
        let held = |value: Value| match self.held[value.index()] {
            Some(Held::Uniform(operand)) if !inside.contains(&value) => Some(operand),
            _ => None,
        };
        let step = axis
            .step
            .is_none_or(|step| matches!(held(step), Some(Operand::Constant(_, bits)) if bits != 0));
        step && held(axis.end).is_some() && axis.begin.is_none_or(|begin| held(begin).is_some())
    }

    fn steps(&mut self, axes: &[Axis], turn: &Turn) -> Operand {
        let mut steps = number(turn.steps);
        for (axes, inner) in &turn.loops {
            let inner = self.steps(axes, inner);
            steps = self.text.op("add", WORD, &[steps, inner]);
        }
        for axis in axes {
            let length = self.length(axis);
            let length = self.text.intrinsic("smin", WORD, &[length, number(LONG)]);
            steps = self.text.op("mul", WORD, &[steps, length]);
            steps = self.text.intrinsic("smin", WORD, &[steps, number(MUCH)]);
        }
        steps
    }
}
