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
            (known, kind, true) if kind == num.ty.dtype.kind() => known,
            // Of a narrow type only what it holds.
            (Some(Known::Int(it)), Kind::Signed | Kind::Unsigned, false) => {
                let (low, high) = bounds(ty.dtype);
                (low..=high).contains(&it).then_some(Known::Int(it))
            }
            (Some(Known::Float(it)), Kind::Float, false) => {
                let exact = match ty.dtype {
                    DType::F64 => true,
                    DType::F32 => f64::from(it as f32).to_bits() == it.to_bits(),
                    _ => false,
                };
                exact.then_some(Known::Float(it))
            }
            (known @ Some(Known::Bool(_)), Kind::Bool, false) => known,
            _ => None,
        };
        let natural = num.natural && matches!(ty.dtype.kind(), Kind::Signed | Kind::Unsigned);
        Num { ty, re, im, known: kept, natural }
    }

    /// An integer as one of 64 bits, for indices and ranges: a larger one is the largest of them, which no
    /// array is as long as.
    pub(crate) fn to_index(&mut self, num: &Num) -> Num {
        if num.ty.dtype != DType::U64 {
            return self.to(num, NumType::INT);
        }
        let most = self.b.constant(Scalar::from_i64(DType::U64, i64::MAX));
        let least = self.b.min(num.re, most);
        let re = self.b.cast(DType::I64, least);
        self.natural(re)
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
                // The conversion truncates by itself; no float between two of its limits is not whole.
                let whole = if rounded == Op::Trunc { wide } else { self.b.op(rounded, &[wide]) };
                let finite = self.b.op(Op::IsFinite, &[whole]);
                let nan = self.b.op(Op::IsNan, &[whole]);
                let number = self.b.not(nan);
                let limit = self.b.constant(9_223_372_036_854_775_808.0);
                let least = self.b.constant(-9_223_372_036_854_775_808.0);
                let (above, below) = (self.b.ge(whole, least), self.b.lt(whole, limit));
                let fits = self.b.and(above, below);
                // One after the other, so that they are one branch.
                self.check(number, range, RaiseKind::Like("int(float('nan'))"));
                self.check(finite, range, RaiseKind::Like("int(float('inf'))"));
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
            self.check_fits(range, num, dtype);
        }
        Ok(self.to(num, ty))
    }

    /// What an element becomes when one number is assigned to it: a float to an integer goes as `int(x)` does.
    /// Of NumPy's own floats NumPy asks that for signed integers alone.
    pub(crate) fn to_stored(&mut self, range: TextRange, num: &Num, dtype: DType) -> Result<Num> {
        let asked = num.ty.weak || dtype.kind() == Kind::Signed;
        if num.ty.dtype.kind() != Kind::Float || !dtype.is_integer() || !asked {
            return Ok(num.clone());
        }
        self.to_int(range, num, Op::Trunc)
    }

    /// Python's ints must fit the element, as NumPy 2 says.
    pub(crate) fn check_fits(&mut self, range: TextRange, num: &Num, dtype: DType) {
        if dtype == DType::I64 || (dtype == DType::U64 && num.natural) {
            return;
        }
        let (low, high) = bounds(dtype);
        let kind = |value: &str| {
            let message = format!("Python integer {value} out of bounds for {dtype}");
            RaiseKind::Builtin("OverflowError", message)
        };
        if let Some(Known::Int(it)) = num.known {
            if !(low..=high).contains(&it) {
                let never = self.b.constant(false);
                self.check(never, range, kind(&it.to_string()));
            }
            return;
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
    }
}

/// The smallest and the largest integer of a type, as far as i64 goes.
fn bounds(dtype: DType) -> (i64, i64) {
    match dtype {
        DType::I64 => (i64::MIN, i64::MAX),
        DType::U64 => (0, i64::MAX),
        _ if dtype.kind() == Kind::Unsigned => (0, (1i64 << dtype.bits()) - 1),
        _ => (-(1i64 << (dtype.bits() - 1)), (1i64 << (dtype.bits() - 1)) - 1),
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
