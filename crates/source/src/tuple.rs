//! Comparisons of tuples, and of things that are never equal.

use ruff_python_ast::{CmpOp, Operator};
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, Result};
use crate::value::{Num, NumType, Val};

impl Lowerer<'_> {
    /// `==`, `<` and their like of tuples; none where something else is compared.
    pub(crate) fn compared_tuples(
        &mut self,
        range: TextRange,
        op: CmpOp,
        x: &Val,
        y: &Val,
    ) -> Result<Option<Num>> {
        let equality = matches!(op, CmpOp::Eq | CmpOp::NotEq);
        let plain = |it: &Val| matches!(it, Val::Num(_) | Val::Tuple(_) | Val::None | Val::Text(_));
        let (Val::Tuple(here), Val::Tuple(there)) = (x, y) else {
            // Two numbers, and two strings, are compared elsewhere.
            let unlike = std::mem::discriminant(x) != std::mem::discriminant(y);
            let never = equality && plain(x) && plain(y) && unlike;
            return Ok(never.then(|| self.boolean(op == CmpOp::NotEq)));
        };
        if equality {
            let mut same = self.boolean(here.len() == there.len());
            if here.len() == there.len() {
                for (x, y) in here.iter().zip(there) {
                    let one = self.compare(range, CmpOp::Eq, x, y)?;
                    let one = self.to(&one, NumType::BOOL);
                    same = self.binary(range, Operator::BitAnd, &same, &one)?;
                }
            }
            if op == CmpOp::NotEq {
                let re = self.b.not(same.re);
                same = self.number(NumType::BOOL, re);
            }
            return Ok(Some(same));
        }
        // The first items that differ decide, and lengths where none does.
        let mut found = match op {
            CmpOp::Lt => self.boolean(here.len() < there.len()),
            CmpOp::LtE => self.boolean(here.len() <= there.len()),
            CmpOp::Gt => self.boolean(here.len() > there.len()),
            CmpOp::GtE => self.boolean(here.len() >= there.len()),
            _ => return Ok(None),
        };
        for (x, y) in here.iter().zip(there).rev() {
            let same = self.compare(range, CmpOp::Eq, x, y)?;
            let one = self.compare(range, op, x, y)?;
            if !one.ty.weak {
                let hint = "compare their items, or convert them with int(x) and float(x)";
                let message = format!("`{}` of tuples of NumPy's numbers", op.as_str());
                return Err(self.refuse(range, message, hint));
            }
            let re = self.b.select(same.re, found.re, one.re);
            found = self.number(NumType::BOOL, re);
        }
        Ok(Some(found))
    }
}
