//! Powers of complex numbers. What is lost grows with the exponent, so complex64 is computed as complex128.

use ir::Op;
use memory::DType;

use crate::cast::elementwise;
use crate::complex::{Formula, Turned, widened};
use crate::{Array, Error};

/// From here on integer exponents go by the logarithm.
const MOST: u64 = 100;

/// `ln 2`, and what its rounding left out.
const LN_2: [f64; 2] = [std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17];

/// `2^x` by the angle `y ln 2`, which is known to twice the precision.
pub(crate) fn exp2(array: &Array) -> Result<Array, Error> {
    widened(&[array], |wide| {
        let (f, x, y) = Formula::of("exp2", &wide[0])?;
        let (high, low) = (f.number(LN_2[0])?, f.number(LN_2[1])?);
        let angle = f.mul(&y, &high)?;
        let rest = f.fma(&y, &high, &f.neg(&angle)?)?;
        let rest = f.fma(&y, &low, &rest)?;
        // Beyond, the angle's digits before the point are all there is.
        let near = f.op(Op::Lt, [&f.abs(&y)?, &f.number(50f64.exp2())?])?;
        let rest = f.select(&near, &rest, &f.number(0.0)?)?;
        let (cos, sin) = (f.op(Op::Cos, [&angle])?, f.op(Op::Sin, [&angle])?);
        let turned_cos = f.fma(&f.neg(&sin)?, &rest, &cos)?;
        let turned_sin = f.fma(&cos, &rest, &sin)?;
        let it = Turned {
            exponent: &x,
            op: Op::Exp2,
            most: 1023.0,
            angle: &y,
            cos: &turned_cos,
            sin: &turned_sin,
        };
        f.whole(&f.turned(&it)?)
    })
}

/// `expm1(x) cos y - 2 sin(y/2)^2` and `e^x sin y`.
pub(crate) fn expm1(array: &Array) -> Result<Array, Error> {
    widened(&[array], |wide| {
        let (f, x, y) = Formula::of("expm1", &wide[0])?;
        let zero = f.number(0.0)?;
        let (cos, sin) = (f.op(Op::Cos, [&y])?, f.op(Op::Sin, [&y])?);
        let most = 709.0;
        let it = Turned { exponent: &x, op: Op::Exp, most, angle: &y, cos: &cos, sin: &sin };
        let (size, imag) = f.turned(&it)?;
        let less = f.op(Op::Expm1, [&x])?;
        let half = f.op(Op::Sin, [&f.mul(&y, &f.number(0.5)?)?])?;
        let below = f.mul(&f.op(Op::Square, [&half])?, &f.number(-2.0)?)?;
        let real = f.fma(&less, &cos, &below)?;
        let large = f.op(Op::Gt, [&x, &f.number(most)?])?;
        let real = f.select(&large, &size, &real)?;
        // The circle of an infinite or unknown angle is a point at minus infinity, and infinite at infinity.
        let known = f.op(Op::IsFinite, [&y])?;
        let open = f.select(&f.op(Op::IsInf, [&x])?, &less, &real)?;
        let real = f.select(&known, &real, &open)?;
        let real = f.select(&f.op(Op::Eq, [&y, &zero])?, &less, &real)?;
        f.whole(&(real, imag))
    })
}

/// `e^(w log z)`; 1 for an exponent of 0, and 0 for the powers of 0 whose real part is positive.
pub(crate) fn pow(base: &Array, exponent: &Array) -> Result<Array, Error> {
    widened(&[base, exponent], |wide| {
        let (f, x, y) = Formula::of("pow", &wide[0])?;
        let (_, along, beside) = Formula::of("pow", &wide[1])?;
        let (zero, one) = (f.number(0.0)?, f.number(1.0)?);
        let (size, angle) = (f.log_size(&x, &y)?, f.op(Op::Atan2, [&y, &x])?);
        let straight = f.op(Op::Eq, [&beside, &zero])?;
        // Infinity times an imaginary part that is not there would be NaN.
        let (grown, turned) = (f.mul(&along, &size)?, f.mul(&along, &angle)?);
        let less = f.mul(&beside, &angle)?;
        let more = f.mul(&beside, &size)?;
        let grown = f.select(&straight, &grown, &f.sub(&grown, &less)?)?;
        let turned = f.select(&straight, &turned, &f.add(&turned, &more)?)?;
        let (cos, sin) = (f.op(Op::Cos, [&turned])?, f.op(Op::Sin, [&turned])?);
        let it = Turned {
            exponent: &grown,
            op: Op::Exp,
            most: 709.0,
            angle: &turned,
            cos: &cos,
            sin: &sin,
        };
        let (real, imag) = f.turned(&it)?;
        let nothing = f.op(Op::Eq, [&x, &zero])?;
        let nothing = f.op(Op::And, [&nothing, &f.op(Op::Eq, [&y, &zero])?])?;
        let stays = f.op(Op::Gt, [&along, &zero])?;
        let of_nothing = f.select(&stays, &zero, &f.number(f64::NAN)?)?;
        let (real, imag) =
            (f.select(&nothing, &of_nothing, &real)?, f.select(&nothing, &of_nothing, &imag)?);
        let mut power = f.whole(&(real, imag))?;
        // The first powers are products, and exact where products are.
        let whole = &wide[0];
        let square = elementwise("pow", Op::Square, std::slice::from_ref(whole))?;
        let cube = elementwise("pow", Op::Mul, &[square.clone(), whole.clone()])?;
        let one = f.whole(&(one, zero))?;
        for (exponent, product) in [(0.0, &one), (1.0, whole), (2.0, &square), (3.0, &cube)] {
            let here = f.op(Op::Eq, [&along, &f.number(exponent)?])?;
            let here = f.op(Op::And, [&straight, &here])?;
            power = f.select(&here, product, &power)?;
        }
        Ok(power)
    })
}

/// An integer power, by squares and products as NumPy has it.
pub(crate) fn integer(base: &Array, exponent: i64) -> Result<Array, Error> {
    let size = exponent.unsigned_abs();
    if size == 0 || size >= MOST {
        let exponent = memory::Scalar::from_f64(DType::F64, exponent as f64);
        return pow(base, &Array::full(exponent, base.shape())?.cast(base.dtype()));
    }
    let times = |x: &Array, y: &Array| elementwise("pow", Op::Mul, &[x.clone(), y.clone()]);
    let mut square = base.clone();
    let mut power: Option<Array> = None;
    let mut left = size;
    while left > 0 {
        if left & 1 == 1 {
            power = Some(match &power {
                Some(power) => times(power, &square)?,
                None => square.clone(),
            });
        }
        left >>= 1;
        if left > 0 {
            square = elementwise("pow", Op::Square, &[square])?;
        }
    }
    let power = power.unwrap_or_else(|| base.clone());
    if exponent < 0 { elementwise("pow", Op::Reciprocal, &[power]) } else { Ok(power) }
}
