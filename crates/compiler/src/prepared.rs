//! Loops in order whose turns begin with something that waits for none before it, as the distances in a search
//! for the nearest: that part runs in lanes, as many turns at once as there are lanes; the rest of each turn
//! follows in order.

use std::collections::HashSet;
use std::rc::Rc;

use ir::{BlockId, Buffer, For, Kernel, Statement, Value};

use crate::Unsupported;
use crate::beside::is_plain;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::varying::{Reach, Varying};

/// Most statements of the part in order, which is written once for each lane.
const ORDERED: usize = 16;

/// What of a body runs in lanes, and what in order.
pub(crate) struct Prepared<'k> {
    varying: Rc<Varying<'k>>,
    early: Vec<&'k Statement>,
    ordered: Vec<&'k Statement>,
}

/// Every value that a statement uses, inside of it too.
fn used(kernel: &Kernel, statement: &Statement, see: &mut impl FnMut(Value)) {
    statement.each_operand(&mut *see);
    for block in statement.blocks() {
        let block = kernel.block(block);
        block.yields.iter().copied().for_each(&mut *see);
        block.statements.iter().for_each(|it| used(kernel, it, see));
    }
}

fn stored(kernel: &Kernel, block: BlockId, found: &mut HashSet<Buffer>) {
    for statement in &kernel.block(block).statements {
        if let Statement::Store { buffer, .. } = statement {
            found.insert(*buffer);
        }
        statement.blocks().for_each(|inner| stored(kernel, inner, found));
    }
}

/// Whether a statement only computes and loads, or is a loop that carries a result and does nothing else.
fn is_early(kernel: &Kernel, statement: &Statement, stored: &HashSet<Buffer>) -> bool {
    match statement {
        Statement::Load { buffer, .. } => !stored.contains(buffer),
        Statement::For(it) => {
            let body = &kernel.block(it.body).statements;
            !it.parallel
                && !it.start.is_empty()
                && body.iter().all(|it| is_plain(it) && is_early(kernel, it, stored))
        }
        _ => is_plain(statement),
    }
}

impl<'k> Emitter<'k> {
    /// What of a loop's body runs in lanes ahead of the rest, where that pays.
    pub(crate) fn prepared(&mut self, it: &'k For) -> Option<Prepared<'k>> {
        let kernel = self.kernel;
        if self.width == 1
            || self.lanes > 1
            || kernel.overlapping
            || it.start.is_empty()
            || it.axes.len() > 1
            || it.axes[0].step.is_some()
            // What is called may store what a later turn loads.
            || kernel.calls(it.body)
        {
            return None;
        }
        let body = kernel.block(it.body);
        let mut stores = HashSet::new();
        stored(kernel, it.body, &mut stores);
        let mut late: HashSet<_> = body.arguments[1..].iter().copied().collect();
        let (mut early, mut ordered) = (Vec::new(), Vec::new());
        let mut ended = false;
        for statement in &body.statements {
            let mut waits = ended || !is_early(kernel, statement, &stores);
            used(kernel, statement, &mut |value| waits |= late.contains(&value));
            if waits {
                // What comes after a check may rest on it.
                ended |= !is_plain(statement) && !matches!(statement, Statement::Store { .. });
                late.extend(statement.results());
                ordered.push(statement);
            } else {
                early.push(statement);
            }
        }
        let loops = early.iter().any(|it| matches!(it, Statement::For(_)));
        let short = ordered.iter().all(|it| {
            let blocks: Vec<_> = it.blocks().collect();
            !matches!(it, Statement::For(_) | Statement::While(_) | Statement::Reduce(_))
                && blocks.into_iter().all(|block| self.is_straight(block))
        });
        if !loops || !short || ordered.len() > ORDERED {
            return None;
        }
        let varying = Rc::new(Varying::of_some(kernel, &early, body.arguments[0])?);
        let before = self.loops.varying.replace(varying.clone());
        let reached = early.iter().all(|statement| match statement {
            Statement::Load { buffer, index, .. } => {
                varying.reach(*buffer, index) != Reach::Scattered
            }
            Statement::For(it) => !varying.parts(it) && self.reaches(&varying, it),
            _ => true,
        });
        self.loops.varying = before;
        reached.then_some(Prepared { varying, early, ordered })
    }

    /// Whether no load of a loop inside of lanes is a gather.
    fn reaches(&self, varying: &Varying<'_>, it: &For) -> bool {
        let crossed = self.crossed(it, 1);
        self.kernel.block(it.body).statements.iter().enumerate().all(|(at, it)| match it {
            Statement::Load { buffer, index, .. } => {
                crossed.contains(&at) || varying.reach(*buffer, index) != Reach::Scattered
            }
            _ => true,
        })
    }

    /// Write turns `from..to` of a loop as many at once as fit; answers the turn to go on with.
    pub(crate) fn turns_prepared(
        &mut self,
        it: &'k For,
        plan: &Prepared<'k>,
        rooms: &[Operand],
        [from, to]: [Operand; 2],
    ) -> Result<Operand, Unsupported> {
        let body = self.kernel.block(it.body);
        let (index, carried) = (body.arguments[0], &body.arguments[1..]);
        let width = i64::from(self.width);
        let known = self.snapshot();
        let length = self.text.op("sub", WORD, &[to, from]);
        let whole = self.text.op("and", WORD, &[length, number(-width)]);
        let end = self.text.op("add", WORD, &[from, whole]);
        let strip = self.text.begin_count(from, end, width);
        let first = self.index_of(&it.axes[0], strip.index);
        self.hold(index, Held::Linear(first));
        let outside = self.loops.varying.replace(plan.varying.clone());
        self.lanes = self.width;
        for statement in &plan.early {
            self.beside_all(std::slice::from_ref(*statement))?;
        }
        let mut apart = Vec::new();
        let results: Vec<_> = plan.early.iter().flat_map(|it| it.results().to_vec()).collect();
        for value in results {
            if !matches!(self.held(value), Held::Uniform(_)) {
                let operand = self.vector(value);
                apart.push((value, self.text.show(operand, self.lanes)));
            }
        }
        self.lanes = 1;
        self.loops.varying = outside;
        self.loops.in_lanes = true;
        for lane in 0..width {
            let at = self.text.op("add", WORD, &[first, number(lane)]);
            self.hold(index, Held::Uniform(at));
            for (value, shown) in &apart {
                let ty = Type::new(self.kernel.dtype(*value), self.width);
                let one = self.text.define(format_args!("extractelement {ty} {shown}, i64 {lane}"));
                self.hold(*value, Held::Uniform(one));
            }
            self.take_all(rooms, carried);
            for statement in &plan.ordered {
                self.rows(std::slice::from_ref(*statement))?;
            }
            self.put_all(rooms, &body.yields);
        }
        self.spend(number(width));
        self.poll();
        self.text.end_count(&strip);
        self.restore(known);
        Ok(end)
    }
}
