//! Loops of few turns in lanes: written turn by turn, or run in order.

use std::ops::Range;

use ir::{Axis, BlockId, For, Statement, Value};

use crate::Unsupported;
use crate::beside::is_plain;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Label, Operand};

/// A loop of more turns than this is counted.
const FEW_TURNS: i64 = 8;

/// Most statements that the turns of a loop of few are written as.
const WRITTEN: usize = 720;

impl<'k> Emitter<'k> {
    /// Few iterations of a loop with gathers, inside of another, run one after the other: a vector of few lanes
    /// takes as long as a whole one. What follows is for more of them; answers where that ends.
    pub(crate) fn few_in_order(
        &mut self,
        it: &'k For,
        index: Value,
        axis: &Axis,
        [from, to]: [Operand; 2],
    ) -> Result<Label, Unsupported> {
        let [few, more, after] = [(); 3].map(|()| self.text.label());
        let length = self.text.op("sub", WORD, &[to, from]);
        let half = number(i64::from(self.width / 2));
        let is_few = self.text.op("icmp sle", WORD, &[length, half]);
        self.text.branch(is_few, few, more);
        self.text.begin(few);
        let known = self.snapshot();
        let varying = self.loops.varying.take();
        let each = self.text.begin_count(from, to, 1);
        let at = self.index_of(axis, each.index);
        self.hold(index, Held::Uniform(at));
        self.any(it.body)?;
        self.text.end_count(&each);
        self.loops.varying = varying;
        self.restore(known);
        self.text.jump(after);
        self.text.begin(more);
        Ok(after)
    }

    /// The turns of a loop of few, which are written one after the other: counting them takes longer
    /// than what they do. `copies`: how often the loop is written side by side.
    pub(crate) fn few_turns(&self, it: &For, copies: usize) -> Option<Range<i64>> {
        let [axis] = it.axes[..] else { return None };
        // The index of a loop around, which is not written yet, is not held.
        let of = |value: Value| match self.held[value.index()] {
            Some(Held::Uniform(Operand::Constant(_, bits))) => Some(bits.cast_signed()),
            _ => None,
        };
        let begin = axis.begin.map_or(Some(0), of)?;
        let turns = begin..of(axis.end)?;
        let count = turns.end.checked_sub(begin).filter(|it| (1..=FEW_TURNS).contains(it))?;
        let fits = axis.step.is_none()
            && !it.parallel
            && self.written(it.body)? * count as usize * copies <= WRITTEN;
        fits.then_some(turns)
    }

    /// Statements of a block, those of loops of few turns as often as they are written; nothing for others.
    fn written(&self, block: BlockId) -> Option<usize> {
        self.kernel.block(block).statements.iter().try_fold(0, |sum, statement| match statement {
            Statement::For(it) => {
                let turns = self.few_turns(it, 1)?;
                Some(sum + self.written(it.body)? * (turns.end - turns.start) as usize)
            }
            Statement::Store { .. } => Some(sum + 1),
            _ => is_plain(statement).then_some(sum + 1),
        })
    }
}
