//! Short loops in order that check something: several turns are written one after the other.
//!
//! LLVM writes the turns of a loop several times only with the test of its end between them, as a check may leave
//! it too. Here that is asked once for all of them.

use ir::{For, Statement};

use crate::Unsupported;
use crate::beside::is_plain;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{SHORT, WORD, number};
use crate::text::Operand;

/// How many turns are written.
const TURNS: i64 = 4;

impl<'k> Emitter<'k> {
    /// Whether a loop is so short that to count its turns takes about as long as they do, and has checks inside.
    fn is_short_and_checked(&self, it: &For) -> bool {
        let statements = &self.kernel.block(it.body).statements;
        let is_check = |it: &Statement| matches!(it, Statement::Check { .. });
        let fits = |it| is_check(it) || is_plain(it) || matches!(it, Statement::Store { .. });
        statements.len() <= SHORT && statements.iter().any(is_check) && statements.iter().all(fits)
    }

    /// Write turns `from..to` of a loop several at once, if it is a short one; answers the turn to go on with.
    pub(crate) fn several_turns(
        &mut self,
        it: &'k For,
        rooms: &[Operand],
        [from, to]: [Operand; 2],
    ) -> Result<Operand, Unsupported> {
        // Loops inside of others may have few turns, and where they end is guessed wrongly twice then.
        if it.axes.len() > 1 || self.loops.depth > 0 || !self.is_short_and_checked(it) {
            return Ok(from);
        }
        let body = self.kernel.block(it.body);
        let (index, carried) = (body.arguments[0], &body.arguments[1..]);
        let known = self.snapshot();
        let length = self.text.op("sub", WORD, &[to, from]);
        let length = self.text.intrinsic("smax", WORD, &[length, number(0)]);
        let whole = self.text.op("and", WORD, &[length, number(-TURNS)]);
        let end = self.text.op("add", WORD, &[from, whole]);
        let strip = self.text.begin_count(from, end, TURNS);
        for turn in 0..TURNS {
            let at = self.text.op("add", WORD, &[strip.index, number(turn)]);
            let at = self.index_of(&it.axes[0], at);
            self.hold(index, Held::Uniform(at));
            self.take_all(rooms, carried);
            self.any(it.body)?;
            self.put_all(rooms, &body.yields);
        }
        self.text.end_count(&strip);
        self.restore(known);
        Ok(end)
    }
}
