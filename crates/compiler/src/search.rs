//! Where the smallest or largest value of a block stands: the value first, by what finds extremes, and then its place.
//!
//! To carry places along takes three times the work of each value. The second way ends where the value stands, and
//! reads from the first cache.

use ir::{Op, Reduce};
use memory::DType;

use crate::combine::Pass;
use crate::emitter::Emitter;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};
use crate::{LANES, Unsupported, op};

/// Statements of a body that is computed once more.
const FEW: usize = 4;

impl Emitter<'_> {
    /// Whether the body is so short that it may be computed twice.
    pub(crate) fn can_search(&self, it: &Reduce) -> bool {
        it.axes.len() == 1
            && self.kernel.block(it.body).statements.len() <= FEW
            && self.is_in_lanes(it)
            && !self.is_long(it.body)
    }

    /// The extreme value of a block, and its number among all.
    pub(crate) fn searched_block(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        begin: Operand,
        length: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let extreme = self.block_in_lanes(it, pass, begin, length)?[0];
        let Some([known, best]) = self.best else {
            return self.search(it, pass, extreme, begin, length);
        };
        // A block that is no better than one before it is never asked for its place.
        let dtype = pass.parts[0].dtype;
        let one = Type::new(dtype, 1);
        let some = self.take(known, DType::I64);
        let so_far = self.take(best, dtype);
        let wins = self.wins(it.combiners[0], one, so_far, extreme)?;
        let none = self.text.op("icmp eq", WORD, &[some, number(0)]);
        let better = self.text.op("or", Type::new(DType::Bool, 1), &[none, wins]);
        let (found, join) = (self.text.label(), self.text.label());
        let skip = self.text.here();
        self.text.branch(better, found, join);
        self.text.begin(found);
        self.put(known, DType::I64, number(1));
        self.put(best, dtype, extreme);
        let parts = self.search(it, pass, extreme, begin, length)?;
        let from = self.text.here();
        self.text.jump(join);
        self.text.begin(join);
        let mut chosen = Vec::new();
        for (ty, old, new) in [(one, extreme, parts[0]), (WORD, begin, parts[1])] {
            let [old, new] = [old, new].map(|it| self.text.show(it, 1));
            let line = format!("phi {ty} [ {old}, %{skip} ], [ {new}, %{from} ]");
            chosen.push(self.text.define(line));
        }
        Ok(chosen)
    }

    /// Have blocks that follow one another skip what a former one has outdone.
    pub(crate) fn remember_best(&mut self, it: &Reduce) {
        let Some(pass) = self.value_pass(it).filter(|_| self.can_search(it)) else { return };
        let known = self.room(DType::I64, 1);
        let name = self.text.show(known, 1);
        self.rooms.push(format!("  store i64 0, ptr {name}"));
        self.best = Some([known, self.room(pass.parts[0].dtype, 1)]);
    }

    /// Where the extreme value of a block stands, and that value.
    fn search(
        &mut self,
        it: &Reduce,
        pass: &Pass,
        extreme: Operand,
        begin: Operand,
        length: Operand,
    ) -> Result<Vec<Operand>, Unsupported> {
        let (dtype, lanes) = (pass.parts[0].dtype, LANES as u32);
        let (ty, truth) = (Type::new(dtype, lanes), Type::new(DType::Bool, lanes));
        let wanted = self.text.splat(extreme, ty);
        let room = self.room(dtype, LANES);
        let (head, on, done) = (self.text.label(), self.text.label(), self.text.label());
        let (at, next) = (self.text.register(), self.text.register());
        let before = self.text.here();
        self.text.jump(head);
        self.text.begin(head);
        let at_line = self.text.reserve();
        let left = self.text.op("sub", WORD, &[length, at]);
        let mask = self.below(lanes, 0, left);
        let values = self.in_lanes(it, pass, begin, at, lanes, Some(mask))?;
        let text = &mut self.text;
        let mut same = op::emit(text, Op::Eq, dtype, DType::Bool, lanes, &[values[0], wanted])?;
        if dtype.is_float() {
            // A NaN is the extreme wherever there is one.
            let nan = op::emit(text, Op::IsNan, dtype, DType::Bool, lanes, &[values[0]])?;
            let wants = op::emit(text, Op::IsNan, dtype, DType::Bool, lanes, &[wanted])?;
            let both = text.op("and", truth, &[nan, wants]);
            same = text.op("or", truth, &[same, both]);
        }
        let here = text.op("and", truth, &[same, mask]);
        let shown = text.show(here, lanes);
        let bits = text.define(format_args!("bitcast <{lanes} x i1> {shown} to i{lanes}"));
        let shown = text.show(bits, 1);
        let bits = text.define(format_args!("zext i{lanes} {shown} to i64"));
        let none = text.op("icmp eq", WORD, &[bits, number(0)]);
        text.branch(none, on, done);
        text.begin(on);
        let [shown_at, shown_next] = [at, next].map(|it| text.show(it, 1));
        text.line(format_args!("{shown_next} = add i64 {shown_at}, {LANES}"));
        // It is there, unless somebody changes memory meanwhile: no reason to leave the block.
        let more = text.op("icmp slt", WORD, &[next, length]);
        text.branch(more, head, done);
        text.fill(
            at_line,
            format_args!("{shown_at} = phi i64 [ 0, %{before} ], [ {shown_next}, %{on} ]"),
        );
        text.begin(done);
        let lane = text.zeros("cttz", WORD, bits);
        let last = text.op("sub", WORD, &[left, number(1)]);
        let last = text.intrinsic("smin", WORD, &[last, number(LANES - 1)]);
        let lane = text.intrinsic("smin", WORD, &[lane, last]);
        self.put_lanes(room, dtype, lanes, values[0]);
        let place = self.element(room, dtype, lane);
        let value = self.take(place, dtype);
        let place = self.text.op("add", WORD, &[at, lane]);
        let place = self.text.op("add", WORD, &[begin, place]);
        Ok(vec![value, place])
    }
}
