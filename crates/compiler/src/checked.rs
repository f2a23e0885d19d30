//! Loops with checks of what they load or compute, in lanes.
//!
//! A guard in front of a loop answers the checks that depend on lengths alone. Those of values, as
//! `math.log(x[i])` has them, or indices from data, are asked lane by lane: iterations run side by side as long
//! as all checks hold. With the first vector in which one does not, the loop goes on in one lane, which
//! fails where the source does, after the stores that the source makes. So nothing may be stored before the
//! last check of an iteration.

use std::rc::Rc;

use ir::analysis::{Iterations, iterations};
use ir::{BlockId, For, Statement, Value};
use memory::DType;

use crate::Unsupported;
use crate::beside::is_plain;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Label, Operand};
use crate::varying::Varying;

impl<'k> Emitter<'k> {
    /// The kinds of values in a loop with checks, where its iterations can begin side by side.
    pub(crate) fn checked_lanes(&self, it: &For) -> Option<Rc<Varying<'k>>> {
        let axis = it.axes[0];
        if self.width == 1
            || self.lanes > 1
            || self.kernel.overlapping
            || !self.may_end
            || it.lanes
            || it.axes.len() > 1
            || axis.step.is_some()
            || !it.start.is_empty()
            || !self.stores_after_checks(it.body)
        {
            return None;
        }
        if !it.parallel && iterations(self.kernel, it) != Iterations::Independent {
            return None;
        }
        let kernel = self.kernel;
        let index = *kernel.block(it.body).arguments.last()?;
        let varying = Varying::of_checked(kernel, it.body, index)?;
        self.pays(&varying, it.body).then(|| Rc::new(varying))
    }

    /// Whether a body has checks, in no block of their own, all of them before anything is stored, and no
    /// loops.
    fn stores_after_checks(&self, body: BlockId) -> bool {
        let statements = &self.kernel.block(body).statements;
        let is_check = |it: &Statement| matches!(it, Statement::Check { .. });
        let Some(last) = statements.iter().rposition(is_check) else { return false };
        statements.iter().enumerate().all(|(at, it)| match it {
            Statement::Store { .. } => at > last,
            Statement::If(_) => it.blocks().all(|block| self.is_quiet(block, at > last)),
            Statement::Check { .. } => true,
            _ => is_plain(it),
        })
    }

    /// Whether a block has neither checks nor loops, nor stores unless they are allowed.
    fn is_quiet(&self, block: BlockId, stores: bool) -> bool {
        self.kernel.block(block).statements.iter().all(|it| match it {
            Statement::Store { .. } => stores,
            Statement::If(_) => it.blocks().all(|inner| self.is_quiet(inner, stores)),
            _ => is_plain(it),
        })
    }

    /// Write iterations `from..to` side by side as long as all checks hold; answers the iteration to go on with in
    /// one lane.
    pub(crate) fn while_checks_hold(
        &mut self,
        it: &For,
        varying: Rc<Varying<'k>>,
        [from, to]: [Operand; 2],
    ) -> Result<Operand, Unsupported> {
        let width = i64::from(self.width);
        let axis = it.axes[0];
        let index = self.kernel.block(it.body).arguments[0];
        let known = self.snapshot();
        let resume = self.room(DType::I64, 1);
        let length = self.text.op("sub", WORD, &[to, from]);
        let length = self.text.intrinsic("smax", WORD, &[length, number(0)]);
        let whole = self.text.op("and", WORD, &[length, number(-width)]);
        let end = self.text.op("add", WORD, &[from, whole]);
        self.put(resume, DType::I64, end);
        let (failed, single) = (self.text.label(), self.text.label());
        let before = self.loops.varying.replace(varying);
        let outer = self.loops.otherwise.replace(failed);
        self.loops.in_lanes = true;
        let each = self.text.begin_count(from, end, width);
        let at = self.index_of_lane(&axis, each.index);
        self.hold(index, Held::Linear(at));
        self.lanes = self.width;
        self.beside(it.body)?;
        self.lanes = 1;
        self.text.end_count(&each);
        self.text.jump(single);
        self.text.begin(failed);
        self.put(resume, DType::I64, each.index);
        self.text.jump(single);
        self.text.begin(single);
        self.loops.varying = before;
        self.loops.otherwise = outer;
        self.restore(known);
        Ok(self.take(resume, DType::I64))
    }

    /// A check in lanes: where it does not hold in all of them, the loop goes on in one.
    pub(crate) fn check_beside(&mut self, condition: Value) {
        let failed: Label = self.loops.otherwise.expect("only such loops have checks in lanes");
        let holds = self.text.label();
        let condition = if let Some(condition) = self.uniform(condition) {
            condition
        } else {
            let condition = self.vector(condition);
            self.all(condition)
        };
        self.text.branch_likely(condition, holds, failed);
        self.text.begin(holds);
    }
}
