//! Loops whose iterations do not depend on each other: which of them run in lanes, and how many rows of a
//! nest at once.

use std::rc::Rc;

use ir::{BlockId, For, Statement, Value};

use crate::Unsupported;
use crate::beside::is_plain;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::poll::STRETCH;
use crate::structure::{SCATTERED, WORD, number};
use crate::text::Operand;
use crate::varying::{Reach, Varying};

/// How iterations of a loop run.
#[derive(Clone, Debug)]
pub(crate) enum Way<'k> {
    /// One after the other.
    Single,
    /// Side by side; the tile is how many vectors at once.
    Lanes(Rc<Varying<'k>>, i64),
    /// Several at once, the loop inside of them in lanes.
    Rows(Nest<'k>),
}

/// A loop around a loop in lanes, with nothing but plain statements between.
#[derive(Clone, Debug)]
pub(crate) struct Nest<'k> {
    pub(crate) before: &'k [Statement],
    pub(crate) inner: &'k For,
    pub(crate) varying: Rc<Varying<'k>>,
    pub(crate) rows: i64,
    pub(crate) vectors: i64,
}

/// What a body costs, by its accesses.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    scattered: u64,
    rows: u64,
    ops: u64,
    loops: bool,
    statements: u64,
}

/// A statement inside of a loop counts for so many outside.
const INSIDE: u64 = 8;

/// Bodies with more statements than this are there once, where masks cost next to nothing.
const LONG: u64 = 60;

/// Most statements in a body that is written for several rows and vectors at once.
const TILED: u64 = 40;

impl<'k> Emitter<'k> {
    fn cost(&self, varying: &Varying<'_>, block: BlockId, weight: u64, cost: &mut Cost) {
        for statement in &self.kernel.block(block).statements {
            cost.statements += 1;
            match statement {
                Statement::Load { buffer, index, .. } | Statement::Store { buffer, index, .. } => {
                    match varying.reach(*buffer, index) {
                        Reach::One => {}
                        Reach::Row => cost.rows += weight,
                        Reach::Scattered => cost.scattered += weight,
                    }
                }
                Statement::Op { result, .. } if !varying.is_uniform(*result) => cost.ops += weight,
                _ => {}
            }
            let repeats = matches!(statement, Statement::For(_) | Statement::While(_));
            cost.loops |= repeats;
            let weight = if repeats { weight.saturating_mul(INSIDE) } else { weight };
            for inside in statement.blocks() {
                self.cost(varying, inside, weight, cost);
            }
        }
    }

    fn cost_of(&self, varying: &Varying<'_>, block: BlockId, weight: u64) -> Cost {
        let mut cost = Cost::default();
        self.cost(varying, block, weight, &mut cost);
        cost
    }

    /// The fewest scattered accesses among the loops in a block that could run in lanes.
    fn best_inside(&self, block: BlockId, weight: u64) -> Option<u64> {
        let mut best: Option<u64> = None;
        for statement in &self.kernel.block(block).statements {
            let mut weight = weight;
            if let Statement::For(it) = statement {
                weight = weight.saturating_mul(INSIDE);
                if let Some(varying) = self.varying_of(it) {
                    let cost = self.cost_of(&varying, it.body, weight);
                    if cost.rows + cost.ops > 0 {
                        best = Some(best.map_or(cost.scattered, |it| it.min(cost.scattered)));
                    }
                }
            }
            for inside in statement.blocks() {
                let found = self.best_inside(inside, weight);
                best = match (best, found) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
        }
        best
    }

    /// The kinds of values for the last axis of a loop in lanes, where it can run so.
    fn varying_of(&self, it: &For) -> Option<Varying<'k>> {
        let axis = it.axes[it.axes.len() - 1];
        if !(it.lanes || it.parallel) || axis.step.is_some() {
            return None;
        }
        let kernel = self.kernel;
        let index = *kernel.block(it.body).arguments.last()?;
        Varying::of(kernel, it.body, index)
    }

    /// Decide how the iterations of the last axis run.
    pub(crate) fn way_of(&self, it: &For) -> Way<'k> {
        if self.width == 1 || self.kernel.overlapping || self.lanes > 1 {
            return Way::Single;
        }
        if let Some(nest) = self.nest_of(it) {
            return Way::Rows(nest);
        }
        match self.lanes_of(it) {
            Some((varying, vectors)) => Way::Lanes(varying, vectors),
            None => Way::Single,
        }
    }

    /// Whether lanes are worth their scattered accesses.
    pub(crate) fn pays(&self, varying: &Varying<'_>, body: BlockId) -> bool {
        let cost = self.cost_of(varying, body, 1);
        if cost.scattered > 0 {
            let inside = self.best_inside(body, 1);
            if inside.is_some_and(|inside| inside < cost.scattered)
                || !cost.loops && cost.ops < 2 * cost.scattered
            {
                return false;
            }
        }
        cost.rows + cost.ops > 0
    }

    fn lanes_of(&self, it: &For) -> Option<(Rc<Varying<'k>>, i64)> {
        let varying = self.varying_of(it)?;
        if !self.pays(&varying, it.body) {
            return None;
        }
        let cost = self.cost_of(&varying, it.body, 1);
        let vectors = match self.carried_by(it.body, &varying, None) {
            // Rows of many lanes at once are many streams of memory. Where they lie a multiple of 4 KiB apart,
            // 16 of them do not find room in the first cache together.
            Some(_) if cost.scattered > 0 => 1,
            Some(carried) if cost.statements <= TILED => self.tile_of(carried).1,
            _ => 1,
        };
        Some((Rc::new(varying), vectors))
    }

    fn nest_of(&self, it: &For) -> Option<Nest<'k>> {
        let kernel = self.kernel;
        let rows = self.varying_of(it)?;
        let (last, before) = kernel.block(it.body).statements.split_last()?;
        let Statement::For(inner) = last else { return None };
        let known = |value: &Value| before.iter().all(|it| !it.results().contains(value));
        let bounds = [inner.axes[0].begin, Some(inner.axes[0].end)];
        if inner.axes.len() > 1
            || rows.parts(inner)
            || !bounds.iter().flatten().all(known)
            || !before.iter().all(|it| self.is_quick(it))
        {
            return None;
        }
        let (varying, _) = self.lanes_of(inner)?;
        if self.lanes_of(it).is_some() {
            return None;
        }
        let carried = self.carried_by(inner.body, &varying, Some(&rows))?;
        if self.cost_of(&varying, inner.body, 1).statements > TILED {
            return None;
        }
        let (rows, vectors) = self.tile(inner, &varying, carried);
        Some(Nest { before, inner, varying, rows, vectors })
    }

    fn is_quick(&self, statement: &Statement) -> bool {
        match statement {
            Statement::Op { op, operands, .. } => {
                !op.is_elementary(self.kernel.dtype(operands[operands.len() - 1]))
            }
            _ => is_plain(statement),
        }
    }

    /// How many values the loops of a body carry, where it can be written for several points at once:
    /// the loops inside are the same for all of them.
    fn carried_by(
        &self,
        block: BlockId,
        varying: &Varying<'_>,
        rows: Option<&Varying<'_>>,
    ) -> Option<usize> {
        let mut carried = None;
        for statement in &self.kernel.block(block).statements {
            match statement {
                Statement::Store { .. } => {}
                Statement::For(it) => {
                    if varying.parts(it) || rows.is_some_and(|rows| rows.parts(it)) {
                        return None;
                    }
                    let inside = self.carried_by(it.body, varying, rows);
                    let has_loops = self
                        .kernel
                        .block(it.body)
                        .statements
                        .iter()
                        .any(|it| it.blocks().next().is_some());
                    if has_loops && inside.is_none() {
                        return None;
                    }
                    if !self.kernel.block(it.body).statements.iter().all(|it| {
                        self.is_quick(it)
                            || matches!(it, Statement::Store { .. } | Statement::For(_))
                    }) {
                        return None;
                    }
                    let all = it.start.len() + inside.unwrap_or(0);
                    carried = Some(carried.unwrap_or(0).max(all));
                }
                _ if self.is_quick(statement) => {}
                _ => return None,
            }
        }
        carried.filter(|&carried| carried > 0)
    }

    /// Points of a parallel loop that are not worth to be shared out.
    pub(crate) fn grain(&self, it: &For) -> i64 {
        match self.way_of(it) {
            Way::Single => 1,
            Way::Lanes(_, vectors) => i64::from(self.width) * vectors,
            // The rows of a block share what they read of a panel.
            Way::Rows(nest) => 4 * nest.rows,
        }
    }

    /// Iterations `from..to` of the last axis of a loop whose iterations do not depend on each other.
    pub(crate) fn independent(
        &mut self,
        it: &'k For,
        from: Operand,
        to: Operand,
    ) -> Result<(), Unsupported> {
        if self.has_loops(it.body) {
            self.loops.depth += 1;
            self.iterations(it, from, to)?;
            self.loops.depth -= 1;
        } else if self.loops.depth == 0 && self.loops.counting {
            let whole = self.text.begin_count(from, to, STRETCH);
            let end = self.text.op("add", WORD, &[whole.index, number(STRETCH)]);
            let end = self.text.intrinsic("smin", WORD, &[end, to]);
            self.iterations(it, whole.index, end)?;
            self.spend(number(STRETCH));
            self.poll();
            self.text.end_count(&whole);
        } else if let Some(some) = self.begin_stretches(&it.axes[it.axes.len() - 1], from, to) {
            self.iterations(it, some.from, some.to)?;
            self.end_stretches(&some);
        } else {
            self.iterations(it, from, to)?;
            let length = self.text.op("sub", WORD, &[to, from]);
            self.spend(length);
        }
        Ok(())
    }

    fn iterations(&mut self, it: &'k For, from: Operand, to: Operand) -> Result<(), Unsupported> {
        let axis = it.axes[it.axes.len() - 1];
        let index = *self.kernel.block(it.body).arguments.last().expect("a loop has an axis");
        let way = self.way_of(it);
        self.loops.in_lanes |= !matches!(way, Way::Single);
        self.tell(it, &way);
        match way {
            Way::Single => {
                let from = match self.checked_lanes(it) {
                    Some(varying) => self.while_checks_hold(it, varying, [from, to])?,
                    None => from,
                };
                let mut each = self.text.begin_count(from, to, 1);
                // LLVM would make vectors of the places of stores, to take them apart again.
                let scatters = axis.step.is_some() && self.is_straight(it.body);
                each.told = scatters.then_some(SCATTERED);
                let at = self.index_of(&axis, each.index);
                self.hold(index, Held::Uniform(at));
                self.any(it.body)?;
                if self.has_loops(it.body) {
                    self.spend(number(1));
                    self.poll();
                }
                self.text.end_count(&each);
                Ok(())
            }
            Way::Lanes(varying, vectors) if vectors > 1 => {
                let before = self.loops.varying.replace(varying);
                self.columns_at_once(it.body, index, &axis, [from, to], vectors)?;
                self.loops.varying = before;
                Ok(())
            }
            Way::Lanes(varying, _) => {
                let cost = self.cost_of(&varying, it.body, 1);
                let before = self.loops.varying.replace(varying);
                let once = self.masks && (cost.statements > LONG || self.has_branches(it.body));
                let rare = self.loops.depth > 0 && cost.scattered > 0 && cost.statements <= TILED;
                let after = if rare && self.is_straight(it.body) {
                    Some(self.few_in_order(it, index, &axis, [from, to])?)
                } else {
                    None
                };
                self.side_by_side(it.body, index, &axis, [from, to], once)?;
                if let Some(after) = after {
                    self.text.jump(after);
                    self.text.begin(after);
                }
                self.loops.varying = before;
                Ok(())
            }
            Way::Rows(nest) => self.rows_at_once(&nest, index, &axis, [from, to]),
        }
    }

    /// Write a block for several points at once: each statement for all of them.
    pub(crate) fn at_once(
        &mut self,
        block: BlockId,
        copies: &mut [Vec<Option<Held>>],
    ) -> Result<(), Unsupported> {
        let kernel = self.kernel;
        let mut left = &kernel.block(block).statements[..];
        while let Some(statement) = left.first() {
            if let Statement::For(it) = statement {
                self.loop_at_once(it, copies)?;
                left = &left[1..];
                continue;
            }
            self.swap(&mut copies[0]);
            let both = left.get(1).is_some_and(|next| self.are_parts(statement, next));
            self.swap(&mut copies[0]);
            let (now, rest) = left.split_at(1 + usize::from(both));
            for copy in copies.iter_mut() {
                self.swap(copy);
                self.beside_all(now)?;
                self.swap(copy);
            }
            left = rest;
        }
        Ok(())
    }

    pub(crate) fn loop_at_once(
        &mut self,
        it: &For,
        copies: &mut [Vec<Option<Held>>],
    ) -> Result<(), Unsupported> {
        let arguments = self.kernel.block(it.body).arguments.clone();
        let yields = self.kernel.block(it.body).yields.clone();
        let (indices, carried) = arguments.split_at(it.axes.len());
        let mut rooms = Vec::new();
        for copy in copies.iter_mut() {
            self.swap(copy);
            let own: Vec<_> = carried.iter().map(|&value| self.room_beside(value)).collect();
            self.put_all_beside(&own, &it.start);
            rooms.push(own);
            self.swap(copy);
        }
        let crossed = self.crossed(it, copies.len());
        if crossed.is_empty()
            && let Some(turns) = self.few_turns(it, copies.len())
        {
            for turn in turns {
                for (copy, rooms) in copies.iter_mut().zip(&rooms) {
                    copy[indices[0].index()] = Some(Held::Uniform(number(turn)));
                    self.swap(copy);
                    self.take_all_beside(rooms, carried);
                    self.swap(copy);
                }
                self.at_once(it.body, copies)?;
                for (copy, rooms) in copies.iter_mut().zip(&rooms) {
                    self.swap(copy);
                    self.put_all_beside(rooms, &yields);
                    self.swap(copy);
                }
            }
            for (copy, rooms) in copies.iter_mut().zip(&rooms) {
                self.swap(copy);
                self.take_all_beside(rooms, &it.results);
                self.swap(copy);
            }
            return Ok(());
        }
        let mut counts = Vec::new();
        let mut length = number(0);
        let mut stretches = None;
        let nested = self.has_loops(it.body);
        for (axis, &index) in it.axes.iter().zip(indices) {
            // The bounds are the same for all.
            self.swap(&mut copies[0]);
            length = self.length(axis);
            let (mut from, mut to) = (number(0), length);
            if !crossed.is_empty() {
                self.swap(&mut copies[0]);
                from = self.turns_at_once(it, &crossed, copies, (&rooms, length))?;
                self.swap(&mut copies[0]);
            }
            if it.axes.len() == 1 && !nested {
                stretches = self.begin_stretches(axis, from, to);
                if let Some(it) = &stretches {
                    (from, to) = (it.from, it.to);
                }
            }
            let count = self.text.begin_count(from, to, 1);
            let at = self.index_of(axis, count.index);
            self.swap(&mut copies[0]);
            for copy in copies.iter_mut() {
                copy[index.index()] = Some(Held::Uniform(at));
            }
            counts.push(count);
        }
        for (copy, rooms) in copies.iter_mut().zip(&rooms) {
            self.swap(copy);
            self.take_all_beside(rooms, carried);
            self.swap(copy);
        }
        self.at_once(it.body, copies)?;
        for (copy, rooms) in copies.iter_mut().zip(&rooms) {
            self.swap(copy);
            self.put_all_beside(rooms, &yields);
            self.swap(copy);
        }
        if nested {
            self.spend(number(1));
            self.poll();
        }
        for count in counts.iter().rev() {
            self.text.end_count(count);
        }
        match stretches {
            Some(it) => self.end_stretches(&it),
            None => self.spend(length),
        }
        for (copy, rooms) in copies.iter_mut().zip(&rooms) {
            self.swap(copy);
            self.take_all_beside(rooms, &it.results);
            self.swap(copy);
        }
        Ok(())
    }
}
