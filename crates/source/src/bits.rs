//! `x.bit_length()` and `x.bit_count()`, of absolute values as Python counts.

use ir::Op;
use memory::{DType, Kind};
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, Result};
use crate::value::{Num, NumType, Val};

impl Lowerer<'_> {
    /// The bits of an integer: those that are set, or, for its length, all up to the highest of them.
    pub(crate) fn bits(&mut self, range: TextRange, x: &Num, length: bool) -> Result<Val> {
        if !x.ty.dtype.is_integer() && x.ty.dtype.kind() != Kind::Bool {
            let name = if length { "bit_length" } else { "bit_count" };
            let message = format!("{name} of a {}", x.ty.name());
            return Err(self.refuse(range, message, "integers have it: convert with int(x)"));
        }
        let size = if x.ty.dtype == DType::U64 {
            x.re
        } else {
            let whole = self.to(x, NumType::INT);
            // That of the lowest one wraps to itself: its bits are those of 2**63.
            self.b.op(Op::Abs, &[whole.re])
        };
        let op = if length { Op::LeadingZeros } else { Op::CountOnes };
        let found = self.b.op(op, &[size]);
        let ty = if x.ty.dtype == DType::U64 { x.ty } else { NumType::INT };
        let found = self.number(ty, found);
        let mut bits = self.to(&found, NumType::INT).re;
        if length {
            let all = self.b.constant(64i64);
            bits = self.b.sub(all, bits);
        }
        Ok(Val::Num(self.number(NumType::INT, bits)))
    }
}
