//! Complex numbers, from their parts: NumPy's formulas, one rounding a step.

use memory::{DType, Scalar};

use super::known;
use crate::Op;

pub(super) fn evaluate(op: Op, operands: &[Scalar]) -> Scalar {
    let x = Number::of(operands[0]);
    let y = Number::of(operands.get(1).copied().unwrap_or(operands[0]));
    match op {
        Op::Real => x.real,
        Op::Imag => x.imag,
        Op::Magnitude => magnitude(x),
        Op::Conj => Number { real: x.real, imag: known(Op::Neg, &[x.imag]) }.whole(),
        Op::Neg => {
            Number { real: known(Op::Neg, &[x.real]), imag: known(Op::Neg, &[x.imag]) }.whole()
        }
        Op::Add | Op::Sub => {
            Number { real: known(op, &[x.real, y.real]), imag: known(op, &[x.imag, y.imag]) }
                .whole()
        }
        Op::Mul => multiply(x, y).whole(),
        Op::Square => multiply(x, x).whole(),
        Op::Div => divide(x, y).whole(),
        Op::Reciprocal => reciprocal(x).whole(),
        Op::Eq => Scalar::from(x.equals(y)),
        Op::Ne => Scalar::from(!x.equals(y)),
        _ => unreachable!("{op} takes no complex numbers"),
    }
}

#[derive(Clone, Copy)]
struct Number {
    real: Scalar,
    imag: Scalar,
}

impl Number {
    fn of(whole: Scalar) -> Self {
        Self { real: whole.real(), imag: whole.imag() }
    }

    fn whole(self) -> Scalar {
        Scalar::from_parts(self.real, self.imag)
    }

    fn equals(self, other: Self) -> bool {
        let equal = |x, y| known(Op::Eq, &[x, y]).is_true();
        equal(self.real, other.real) && equal(self.imag, other.imag)
    }
}

fn add(x: Scalar, y: Scalar) -> Scalar {
    known(Op::Add, &[x, y])
}

fn sub(x: Scalar, y: Scalar) -> Scalar {
    known(Op::Sub, &[x, y])
}

fn mul(x: Scalar, y: Scalar) -> Scalar {
    known(Op::Mul, &[x, y])
}

fn div(x: Scalar, y: Scalar) -> Scalar {
    known(Op::Div, &[x, y])
}

fn one(dtype: DType) -> Scalar {
    Scalar::from_i64(dtype, 1)
}

fn multiply(x: Number, y: Number) -> Number {
    Number {
        real: sub(mul(x.real, y.real), mul(x.imag, y.imag)),
        imag: add(mul(x.real, y.imag), mul(x.imag, y.real)),
    }
}

/// Where sizes of parts are brought to the middle of the range, to what, and back: so that no square overflows
/// or vanishes. From these exponents on; down, up; and back.
pub(crate) fn exponents(part: DType) -> [f64; 6] {
    let exponents = match part {
        DType::F32 => [60.0, -40.0, -70.0, 100.0, 70.0, -100.0],
        _ => [500.0, -400.0, -600.0, 700.0, 600.0, -700.0],
    };
    exponents.map(f64::exp2)
}

/// Faster than `hypot`, which rounds once more.
fn magnitude(x: Number) -> Scalar {
    let part = x.real.dtype();
    let [high, low, down, up, from_down, from_up] =
        exponents(part).map(|it| Scalar::from_f64(part, it));
    let [width, height] = [x.real, x.imag].map(|it| known(Op::Abs, &[it]));
    let size = known(Op::Fmax, &[width, height]);
    if known(Op::IsInf, &[size]).is_true() {
        return size;
    }
    let (there, back) = if known(Op::Ge, &[size, high]).is_true() {
        (down, from_down)
    } else if known(Op::Lt, &[size, low]).is_true() {
        (up, from_up)
    } else {
        (one(part), one(part))
    };
    let (width, height) = (mul(width, there), mul(height, there));
    let square = known(Op::Square, &[height]);
    mul(known(Op::Sqrt, &[known(Op::Fma, &[width, width, square])]), back)
}

/// Whether the real part is the larger one, or as large.
fn leans_real(y: Number) -> bool {
    y.real.to_f64().abs() >= y.imag.to_f64().abs()
}

/// Smith, Algorithm 116: Complex division (1962).
fn divide(x: Number, y: Number) -> Number {
    if y.real.to_f64() == 0.0 && y.imag.to_f64() == 0.0 {
        let zero = known(Op::Abs, &[y.real]);
        return Number { real: div(x.real, zero), imag: div(x.imag, zero) };
    }
    let one = one(y.real.dtype());
    if leans_real(y) {
        let ratio = div(y.imag, y.real);
        let scale = div(one, add(y.real, mul(y.imag, ratio)));
        Number {
            real: mul(add(x.real, mul(x.imag, ratio)), scale),
            imag: mul(sub(x.imag, mul(x.real, ratio)), scale),
        }
    } else {
        let ratio = div(y.real, y.imag);
        let scale = div(one, add(y.imag, mul(y.real, ratio)));
        Number {
            real: mul(add(mul(x.real, ratio), x.imag), scale),
            imag: mul(sub(mul(x.imag, ratio), x.real), scale),
        }
    }
}

/// The same with 1 on top, where NumPy divides once more instead of multiplying.
fn reciprocal(x: Number) -> Number {
    let one = one(x.real.dtype());
    let minus = |x: Scalar| known(Op::Neg, &[x]);
    if leans_real(x) {
        let ratio = div(x.imag, x.real);
        let below = add(x.real, mul(x.imag, ratio));
        Number { real: div(one, below), imag: div(minus(ratio), below) }
    } else {
        let ratio = div(x.real, x.imag);
        let below = add(mul(x.real, ratio), x.imag);
        Number { real: div(ratio, below), imag: div(minus(one), below) }
    }
}
