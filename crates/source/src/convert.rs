//! Numbers of one type to another.

use ir::Op;
use memory::{DType, Kind, Scalar};
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, RaiseKind, Result};
use crate::value::{Known, Num, NumType};

impl Lowerer<'_> {
    /// A number as another type. Complex to real drops the imaginary part.
    pub(crate) fn to(&mut self, num: &Num, ty: NumType) -> Num {
        if num.ty == ty {
            return num.clone();
        }
        let part = ty.dtype.part();
        let re = match num.known {
            Some(known) => self.b.constant(scalar(known, part)),
            None => self.b.cast(part, num.re),
        };
        let im = ty.dtype.is_complex().then(|| match num.im {
            Some(im) => self.b.cast(part, im),
            None => self.zero(part),
        });
        let kept = match (num.known, ty.dtype.kind(), ty.weak) {
            (Some(Known::Int(it)), Kind::Float, true) => Some(Known::Float(it as f64)),
            (Some(Known::Bool(it)), Kind::Signed, true) => Some(Known::Int(it.into())),
            (known, kind, _) if kind == num.ty.dtype.kind() => known,
            _ => None,
        };
        let natural = num.natural && matches!(ty.dtype.kind(), Kind::Signed | Kind::Unsigned);
        Num { ty, re, im, known: kept, natural }
    }

    /// Python's `int()`: towards zero, and an error where there is no such number.
    pub(crate) fn to_int(&mut self, range: TextRange, num: &Num, rounded: Op) -> Result<Num> {
        let int = NumType::INT;
        Ok(match num.ty.dtype.kind() {
            Kind::Bool | Kind::Signed | Kind::Unsigned => self.to(num, int),
            Kind::Complex => {
                let hint = "take its real part: `x.real`";
                return Err(self.refuse(range, "an int of a complex number", hint));
            }
            Kind::Float => {
                let wide = self.to(num, NumType::FLOAT).re;
                let whole = self.b.op(rounded, &[wide]);
                let finite = self.b.op(Op::IsFinite, &[whole]);
                let nan = self.b.op(Op::IsNan, &[whole]);
                let number = self.b.not(nan);
                self.check(number, range, RaiseKind::Like("int(float('nan'))"));
                self.check(finite, range, RaiseKind::Like("int(float('inf'))"));
                let size = self.b.abs(whole);
                let limit = self.b.constant(9_223_372_036_854_775_808.0);
                let fits = self.b.lt(size, limit);
                let message = "the float is too large for an int of 64 bits".to_owned();
                self.check(fits, range, RaiseKind::Builtin("OverflowError", message));
                let re = self.b.cast(DType::I64, whole);
                self.number(int, re)
            }
        })
    }

    /// What an element of an array becomes when it is assigned a number.
    pub(crate) fn to_element(&mut self, range: TextRange, num: &Num, dtype: DType) -> Result<Num> {
        let ty = NumType::strong(dtype);
        if num.ty.dtype.is_complex() && !dtype.is_complex() {
            let message = format!("a complex number is assigned to an element of {dtype}");
            return Err(self.refuse(range, message, "assign its real part: `x.real`"));
        }
        if num.ty.weak && num.ty.dtype.kind() == Kind::Signed && dtype.is_integer() {
            self.check_fits(range, num, dtype)?;
        }
        Ok(self.to(num, ty))
    }

    /// Python's ints must fit the element, as NumPy 2 says.
    fn check_fits(&mut self, range: TextRange, num: &Num, dtype: DType) -> Result<()> {
        let (low, high) = match dtype {
            DType::I64 => return Ok(()),
            DType::U64 => (0, i64::MAX),
            _ if dtype.kind() == Kind::Unsigned => (0, (1i64 << dtype.bits()) - 1),
            _ => (-(1i64 << (dtype.bits() - 1)), (1i64 << (dtype.bits() - 1)) - 1),
        };
        let kind = |value: &str| {
            let message = format!("Python integer {value} out of bounds for {dtype}");
            RaiseKind::Builtin("OverflowError", message)
        };
        if let Some(Known::Int(it)) = num.known {
            if !(low..=high).contains(&it) {
                let never = self.b.constant(false);
                self.check(never, range, kind(&it.to_string()));
            }
            return Ok(());
        }
        let bottom = self.b.constant(low);
        let above = self.b.ge(num.re, bottom);
        let holds = if high == i64::MAX {
            above
        } else {
            let top = self.b.constant(high);
            let below = self.b.le(num.re, top);
            self.b.and(above, below)
        };
        self.check(holds, range, kind("is"));
        Ok(())
    }
}

fn scalar(known: Known, dtype: DType) -> Scalar {
    match (known, dtype.kind()) {
        (Known::Bool(it), Kind::Bool) => Scalar::from(it),
        (Known::Int(it), Kind::Bool) => Scalar::from(it != 0),
        (Known::Float(it), Kind::Bool) => Scalar::from(it != 0.0),
        (Known::Bool(it), _) => Scalar::from_i64(dtype, it.into()),
        (Known::Int(it), _) => Scalar::from_i64(dtype, it),
        (Known::Float(it), Kind::Float | Kind::Complex) => Scalar::from_f64(dtype, it),
        (Known::Float(it), _) => Scalar::from_i64(dtype, it as i64),
    }
}
