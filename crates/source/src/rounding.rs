//! `round(x, digits)`, as Python rounds its own numbers: to the nearest decimal number, which NumPy's does not.

use ir::Op;
use memory::Kind;
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, Result};
use crate::value::{Known, Num, NumType, Val};

/// Powers of ten up to this one are floats without an error.
const MOST: i64 = 22;

impl Lowerer<'_> {
    /// `x.is_integer()` of a float.
    pub(crate) fn is_whole(&mut self, range: TextRange, x: &Num) -> Result<Val> {
        if x.ty.dtype.kind() != Kind::Float {
            let hint = "floats have it in every Python";
            return Err(self.refuse(range, format!("is_integer of a {}", x.ty.name()), hint));
        }
        // Of infinity and NaN the difference is NaN.
        let whole = self.b.op(Op::Trunc, &[x.re]);
        let rest = self.b.sub(x.re, whole);
        let zero = self.zero(x.ty.dtype);
        let re = self.b.eq(rest, zero);
        Ok(Val::Num(self.number(NumType::BOOL, re)))
    }

    /// `round` to a number of digits.
    pub(crate) fn round_to(&mut self, range: TextRange, x: &Num, digits: &Num) -> Result<Val> {
        if !x.ty.weak {
            return self.rounded(range, x, digits); // NumPy's numbers have their own
        }
        let known = match digits.known {
            Some(Known::Int(it)) if (0..=MOST).contains(&it) => it,
            _ => {
                let hint = "write digits from 0 to 22 as a number, or np.round(x, digits), which rounds as NumPy does";
                return Err(self.refuse(range, "round to such a number of digits", hint));
            }
        };
        match x.ty {
            NumType::FLOAT => {}
            NumType::INT | NumType::BOOL => return Ok(Val::Num(self.to(x, NumType::INT))),
            _ => return Err(self.refuse(range, "round of a complex number", "round its parts")),
        }
        // The product and its error are what it is without any.
        let scale = self.b.constant(10f64.powi(known as i32));
        let product = self.b.mul(x.re, scale);
        let turned = self.b.neg(product);
        let error = self.b.op(Op::Fma, &[x.re, scale, turned]);
        let whole = self.b.op(Op::Rint, &[product]);
        let rest = self.b.sub(product, whole);
        let (zero, half, one) =
            (self.b.constant(0f64), self.b.constant(0.5), self.b.constant(1f64));
        let low = self.b.constant(-0.5);
        // A half of the product is one of the number where there was no error, and is even then.
        let (is_half, more) = (self.b.eq(rest, half), self.b.gt(error, zero));
        let up = self.b.and(is_half, more);
        let (is_half, less) = (self.b.eq(rest, low), self.b.lt(error, zero));
        let down = self.b.and(is_half, less);
        let (above, below) = (self.b.add(whole, one), self.b.sub(whole, one));
        let whole = self.b.select(up, above, whole);
        let whole = self.b.select(down, below, whole);
        let found = self.b.op(Op::Div, &[whole, scale]);
        // Larger ones have no digits to lose; NaN is not below.
        let size = self.b.abs(product);
        let most = self.b.constant((1u64 << 53) as f64);
        let small = self.b.lt(size, most);
        let re = self.b.select(small, found, x.re);
        Ok(Val::Num(self.number(NumType::FLOAT, re)))
    }
}
