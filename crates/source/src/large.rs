//! Python's ints from 2**63 to 2**64 - 1: constants beside NumPy's `uint64`, or where a float is meant.

use memory::{DType, Kind, Scalar};
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, Result};
use crate::value::{Num, NumType, Val};

impl Lowerer<'_> {
    /// Such an int as a number of a type; none where the type does not hold it.
    pub(crate) fn large(&mut self, value: u64, dtype: DType) -> Option<Num> {
        Some(match dtype.kind() {
            Kind::Unsigned if dtype == DType::U64 => {
                let re = self.b.constant(Scalar::from(value));
                self.number(NumType::strong(dtype), re)
            }
            Kind::Float | Kind::Complex => self.float(value as f64),
            _ => return None,
        })
    }

    /// Two operands as they meet: NumPy converts Python's ints to the type of its own.
    pub(crate) fn paired(&mut self, range: TextRange, x: &Val, y: &Val) -> Result<(Val, Val)> {
        Ok(match (x, y) {
            (Val::Large(it), other) if !matches!(other, Val::Large(_)) => {
                let (num, other) = self.large_beside(range, *it, other)?;
                (num, other)
            }
            (other, Val::Large(it)) => {
                let (num, other) = self.large_beside(range, *it, other)?;
                (other, num)
            }
            _ => (x.clone(), y.clone()),
        })
    }

    fn large_beside(&mut self, range: TextRange, value: u64, other: &Val) -> Result<(Val, Val)> {
        let (other, dtype) = match other {
            Val::Num(_) | Val::View(_) | Val::Lazy(_) => self.type_of(range, other)?,
            _ => return Err(self.no_number(range, &Val::Large(value))),
        };
        match self.large(value, dtype) {
            Some(num) => Ok((Val::Num(num), other)),
            None => Err(self.no_number(range, &Val::Large(value))),
        }
    }
}
