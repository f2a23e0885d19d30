//! Loops that can be stopped: they count down what they do, and ask now and then.

use memory::DType;

use crate::INTERRUPTED;
use crate::emitter::Emitter;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};

/// Iterations between two questions, about a millisecond.
pub(crate) const BUDGET: i64 = 1 << 18;

/// A loop without loops inside runs so many iterations between two questions.
pub(crate) const STRETCH: i64 = 1 << 18;

/// What a tile of rows counts for.
pub(crate) const TILE: i64 = BUDGET / 16;

impl Emitter<'_> {
    fn countdown(&mut self) -> Option<Operand> {
        if !self.loops.counting {
            return None;
        }
        if self.loops.countdown.is_none() {
            let room = self.room(DType::I64, 1);
            let name = self.text.show(room, 1);
            self.rooms.push(format!("  store i64 {BUDGET}, ptr {name}"));
            self.loops.countdown = Some(room);
        }
        self.loops.countdown
    }

    /// Count so many iterations.
    pub(crate) fn spend(&mut self, iterations: Operand) {
        let Some(room) = self.countdown() else { return };
        let left = self.take(room, DType::I64);
        let left = self.text.op("sub", WORD, &[left, iterations]);
        self.put(room, DType::I64, left);
    }

    /// At the end of an iteration: ask, if it is time, and end the function if the answer is to stop.
    pub(crate) fn poll(&mut self) {
        let Some(room) = self.countdown() else { return };
        let (on, ask, stop) = (self.text.label(), self.text.label(), self.text.label());
        let left = self.take(room, DType::I64);
        let time = self.text.op("icmp sge", WORD, &[left, number(0)]);
        self.text.branch_likely(time, on, ask);
        self.text.begin(ask);
        let services = self.frame.services(&mut self.text);
        let poll = self.service(&services, 1);
        // It touches nothing that the kernel can see, so what is in registers stays there.
        let answer = self.text.define(format_args!("call i64 {poll}(ptr {services}) #1"));
        self.put(room, DType::I64, number(BUDGET));
        let go_on = self.text.op("icmp eq", Type::new(DType::I64, 1), &[answer, number(0)]);
        self.text.branch_likely(go_on, on, stop);
        self.text.begin(stop);
        self.text.line(format_args!("ret i64 {INTERRUPTED}"));
        self.text.begin(on);
    }
}
