//! Reductions that one value may decide, as `any` and `all`: blocks that come after it are not looked at.
//!
//! Who finds it says so in the words behind the scratch memory, which all threads see. Which blocks were left out
//! is chance, and the result is not: it is the same whether they are looked at or not.

use ir::{Combiner, Reduce};
use memory::DType;

use crate::Unsupported;
use crate::beside::is_plain;
use crate::compile::slot;
use crate::emitter::Emitter;
use crate::structure::{WORD, number};
use crate::text::{Operand, Type};

impl Emitter<'_> {
    /// The truth that decides a reduction, if it is one of those.
    pub(crate) fn deciding(&self, it: &Reduce) -> Option<bool> {
        let body = self.kernel.block(it.body);
        let (&[how], &[value]) = (&it.combiners[..], &body.yields[..]) else { return None };
        let truth = match how {
            Combiner::Or => true,
            Combiner::And => false,
            _ => return None,
        };
        let fits = self.kernel.dtype(value) == DType::Bool && body.statements.iter().all(is_plain);
        fits.then_some(truth)
    }

    /// Block number `block` of a reduction that `truth` decides, into the scratch memory.
    pub(crate) fn deciding_block(
        &mut self,
        it: &Reduce,
        truth: bool,
        count: Operand,
        block: Operand,
        memory: &str,
    ) -> Result<(), Unsupported> {
        let ty = Type::new(DType::Bool, 1);
        let blocks = self.blocks_of(count);
        let flag = slot(self, memory, blocks, 1, 0);
        let flag = self.text.show(flag, 1);
        let room = slot(self, memory, block, 1, 0);
        self.put(room, DType::Bool, Operand::Constant(DType::Bool, truth.into()));
        let known =
            self.text.define(format_args!("load atomic i64, ptr {flag} monotonic, align 8"));
        let open = self.text.op("icmp eq", WORD, &[known, number(0)]);
        self.only_if(open, |e| {
            let found = e.block(it, count, block)?[0];
            e.put(room, DType::Bool, found);
            let other = Operand::Constant(DType::Bool, (!truth).into());
            let decides = e.text.op("xor", ty, &[found, other]);
            e.only_if(decides, |e| {
                e.text.line(format_args!("store atomic i64 1, ptr {flag} monotonic, align 8"));
                Ok(())
            })
        })
    }
}
