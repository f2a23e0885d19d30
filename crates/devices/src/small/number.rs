//! Plain loops over float64, float32 and int64.

use ir::{Combiner, Op, reduction::LANES};
use memory::{DType, Scalar};

use super::{Row, SMALL};

const _: () = assert!(SMALL <= LANES, "each element is a lane of its own");

/// A number of the machine, as bytes.
trait Number: Copy + PartialOrd {
    const SIZE: usize;
    fn get(bytes: &[u8]) -> Self;
    fn put(self, bytes: &mut [u8]);
    fn nan(self) -> bool;
}

macro_rules! number {
    ($($number:ty, $nan:expr;)*) => {$(
        impl Number for $number {
            const SIZE: usize = size_of::<$number>();

            #[inline]
            fn get(bytes: &[u8]) -> Self {
                let mut own = [0; size_of::<$number>()];
                own.copy_from_slice(bytes);
                Self::from_ne_bytes(own)
            }

            #[inline]
            fn put(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_ne_bytes());
            }

            #[inline]
            fn nan(self) -> bool {
                $nan(self)
            }
        }
    )*};
}

number! {
    f64, f64::is_nan;
    f32, f32::is_nan;
    i64, |_| false;
    i32, |_| false;
}

fn one<T: Number>(x: &Row, out: &mut [u8], f: impl Fn(T) -> T) -> bool {
    for (x, out) in x.bytes.chunks_exact(T::SIZE).zip(out.chunks_exact_mut(T::SIZE)) {
        f(T::get(x)).put(out);
    }
    true
}

fn two<T: Number>(x: &Row, y: &Row, out: &mut [u8], f: impl Fn(T, T) -> T) -> bool {
    let operands = x.bytes.chunks_exact(T::SIZE).zip(y.bytes.chunks_exact(T::SIZE));
    for ((x, y), out) in operands.zip(out.chunks_exact_mut(T::SIZE)) {
        f(T::get(x), T::get(y)).put(out);
    }
    true
}

fn compared<T: Number>(x: &Row, y: &Row, out: &mut [u8], f: impl Fn(&T, &T) -> bool) -> bool {
    let operands = x.bytes.chunks_exact(T::SIZE).zip(y.bytes.chunks_exact(T::SIZE));
    for ((x, y), out) in operands.zip(out.iter_mut()) {
        *out = u8::from(f(&T::get(x), &T::get(y)));
    }
    true
}

/// As the ops: NaN stays, and of two that are equal the second one is taken.
fn min<T: Number>(x: T, y: T) -> T {
    if x < y || x.nan() { x } else { y }
}

fn max<T: Number>(x: T, y: T) -> T {
    if x > y || x.nan() { x } else { y }
}

macro_rules! unary {
    ($number:ty, $op:expr, $x:expr, $out:expr; $($name:pat => $f:expr,)*) => {
        match $op {
            $($name => one::<$number>($x, $out, $f),)*
            _ => false,
        }
    };
}

macro_rules! binary {
    ($number:ty, $op:expr, $x:expr, $y:expr, $out:expr; $($name:pat => $f:expr,)*) => {
        match $op {
            $($name => two::<$number>($x, $y, $out, $f),)*
            Op::Min => two::<$number>($x, $y, $out, min),
            Op::Max => two::<$number>($x, $y, $out, max),
            Op::Eq => compared::<$number>($x, $y, $out, |x, y| x == y),
            Op::Ne => compared::<$number>($x, $y, $out, |x, y| x != y),
            Op::Lt => compared::<$number>($x, $y, $out, |x, y| x < y),
            Op::Le => compared::<$number>($x, $y, $out, |x, y| x <= y),
            Op::Gt => compared::<$number>($x, $y, $out, |x, y| x > y),
            Op::Ge => compared::<$number>($x, $y, $out, |x, y| x >= y),
            _ => false,
        }
    };
}

macro_rules! converted {
    ($from:ty, $to:expr, $x:expr, $out:expr; $($dtype:ident $number:ty,)*) => {
        match $to {
            $(DType::$dtype => {
                let slots = $out.chunks_exact_mut(<$number>::SIZE);
                for (x, out) in $x.bytes.chunks_exact(<$from>::SIZE).zip(slots) {
                    // As the ops do it: towards zero and clamped, or wrapping.
                    (<$from>::get(x) as $number).put(out);
                }
                true
            })*
            _ => false,
        }
    };
}

/// Each element in another type, as for `unary`.
pub(super) fn cast(dtype: DType, x: &Row, out: &mut [u8]) -> bool {
    match x.dtype {
        DType::F64 => converted!(f64, dtype, x, out; F64 f64, F32 f32, I64 i64, I32 i32,),
        DType::F32 => converted!(f32, dtype, x, out; F64 f64, F32 f32, I64 i64, I32 i32,),
        DType::I64 => converted!(i64, dtype, x, out; F64 f64, F32 f32, I64 i64, I32 i32,),
        DType::I32 => converted!(i32, dtype, x, out; F64 f64, F32 f32, I64 i64, I32 i32,),
        _ => false,
    }
}

fn asked<T: Number>(x: &Row, out: &mut [u8], f: impl Fn(T) -> bool) -> bool {
    for (x, out) in x.bytes.chunks_exact(T::SIZE).zip(out.iter_mut()) {
        *out = u8::from(f(T::get(x)));
    }
    true
}

/// A question about each float, as for `unary`.
pub(super) fn question(op: Op, x: &Row, out: &mut [u8]) -> bool {
    match (x.dtype, op) {
        (DType::F64, Op::IsNan) => asked::<f64>(x, out, f64::is_nan),
        (DType::F64, Op::IsInf) => asked::<f64>(x, out, f64::is_infinite),
        (DType::F64, Op::IsFinite) => asked::<f64>(x, out, f64::is_finite),
        (DType::F32, Op::IsNan) => asked::<f32>(x, out, f32::is_nan),
        (DType::F32, Op::IsInf) => asked::<f32>(x, out, f32::is_infinite),
        (DType::F32, Op::IsFinite) => asked::<f32>(x, out, f32::is_finite),
        _ => false,
    }
}

/// The op on each element; false if it is not for here, and then nothing is written.
pub(super) fn unary(op: Op, x: &Row, out: &mut [u8]) -> bool {
    match x.dtype {
        DType::F64 => unary!(f64, op, x, out;
            Op::Neg => |x| -x, Op::Abs => f64::abs, Op::Sqrt => f64::sqrt, Op::Square => |x| x * x,
            Op::Floor => f64::floor, Op::Ceil => f64::ceil, Op::Trunc => f64::trunc,
            Op::Rint => f64::round_ties_even,),
        DType::F32 => unary!(f32, op, x, out;
            Op::Neg => |x| -x, Op::Abs => f32::abs, Op::Sqrt => f32::sqrt, Op::Square => |x| x * x,
            Op::Floor => f32::floor, Op::Ceil => f32::ceil, Op::Trunc => f32::trunc,
            Op::Rint => f32::round_ties_even,),
        DType::I64 => unary!(i64, op, x, out;
            Op::Neg => i64::wrapping_neg, Op::Square => |x| x.wrapping_mul(x),),
        _ => false,
    }
}

/// Of Python; by zero 0.
fn floor_div(x: i64, y: i64) -> i64 {
    if y == 0 {
        return 0;
    }
    let quotient = x.wrapping_div(y);
    let lower = x.wrapping_rem(y) != 0 && (x < 0) != (y < 0);
    if lower { quotient - 1 } else { quotient }
}

/// What it leaves, with the sign of `y`.
fn rem(x: i64, y: i64) -> i64 {
    if y == 0 {
        return 0;
    }
    let rest = x.wrapping_rem(y);
    if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
}

/// Of truths, which are bytes.
fn truth(op: Op, x: &Row, y: &Row, out: &mut [u8]) -> bool {
    let all = x.bytes.iter().zip(&y.bytes).zip(&mut *out);
    match op {
        Op::And => all.for_each(|((x, y), out)| *out = x & y),
        Op::Or => all.for_each(|((x, y), out)| *out = x | y),
        Op::Xor => all.for_each(|((x, y), out)| *out = x ^ y),
        _ => return false,
    }
    true
}

/// Elements of `x` where a truth holds, and of `y` elsewhere.
pub(super) fn select(truths: &Row, x: &Row, y: &Row, out: &mut [u8]) -> bool {
    if truths.dtype != DType::Bool || x.dtype != y.dtype {
        return false;
    }
    let size = x.dtype.size();
    let choices = x.bytes.chunks_exact(size).zip(y.bytes.chunks_exact(size));
    let slots = out.chunks_exact_mut(size).zip(&truths.bytes);
    for ((slot, truth), (yes, no)) in slots.zip(choices) {
        slot.copy_from_slice(if *truth == 0 { no } else { yes });
    }
    true
}

/// As `unary`, for two operands.
#[expect(clippy::float_cmp, reason = "equality is what is meant")]
pub(super) fn binary(op: Op, x: &Row, y: &Row, out: &mut [u8]) -> bool {
    if x.dtype != y.dtype {
        return false;
    }
    match x.dtype {
        DType::F64 => binary!(f64, op, x, y, out;
            Op::Add => |x, y| x + y, Op::Sub => |x, y| x - y, Op::Mul => |x, y| x * y,
            Op::Div => |x, y| x / y,),
        DType::F32 => binary!(f32, op, x, y, out;
            Op::Add => |x, y| x + y, Op::Sub => |x, y| x - y, Op::Mul => |x, y| x * y,
            Op::Div => |x, y| x / y,),
        DType::I64 => binary!(i64, op, x, y, out;
            Op::Add => i64::wrapping_add, Op::Sub => i64::wrapping_sub,
            Op::Mul => i64::wrapping_mul, Op::And => |x, y| x & y, Op::Or => |x, y| x | y,
            Op::Xor => |x, y| x ^ y, Op::FloorDiv => floor_div, Op::Rem => rem,),
        DType::Bool => truth(op, x, y, out),
        _ => false,
    }
}

/// The tree over lanes that have one element each.
fn tree<T: Number>(row: &Row, count: usize, f: impl Fn(T, T) -> T) -> T {
    let mut lanes = [T::get(&row.bytes[..T::SIZE]); LANES];
    for (lane, bytes) in lanes.iter_mut().zip(row.bytes.chunks_exact(T::SIZE)).take(count) {
        *lane = T::get(bytes);
    }
    let mut distance = LANES / 2;
    let mut left = count;
    while distance > 0 {
        for lane in 0..left.saturating_sub(distance) {
            lanes[lane] = f(lanes[lane], lanes[lane + distance]);
        }
        left = left.min(distance);
        distance /= 2;
    }
    lanes[0]
}

/// Where the first of the best elements stands: NaN is better than any number.
fn best<T: Number>(row: &Row, count: usize, better: impl Fn(&T, &T) -> bool) -> Scalar {
    let mut found = (0i64, T::get(&row.bytes[..T::SIZE]));
    for (place, bytes) in (0..).zip(row.bytes.chunks_exact(T::SIZE)).take(count) {
        let it = T::get(bytes);
        if !found.1.nan() && (it.nan() || better(&it, &found.1)) {
            found = (place, it);
        }
    }
    found.0.into()
}

/// Whether all, or some, of a few truths hold.
fn truths(combiner: Combiner, row: &Row, count: usize) -> Option<Scalar> {
    let mut truths = row.bytes[..count].iter().map(|&it| it != 0);
    match combiner {
        Combiner::And => Some(truths.all(|it| it).into()),
        Combiner::Or => Some(truths.any(|it| it).into()),
        _ => None,
    }
}

/// A result of all elements combined; nothing if that is not for here.
pub(super) fn reduce(combiner: Combiner, result: usize, row: &Row, count: usize) -> Option<Scalar> {
    if result == 1 {
        macro_rules! best {
            ($number:ty) => {
                match combiner {
                    Combiner::ArgMin => best::<$number>(row, count, |x, y| x < y),
                    Combiner::ArgMax => best::<$number>(row, count, |x, y| x > y),
                    _ => return None,
                }
            };
        }
        return Some(match row.dtype {
            DType::F64 => best!(f64),
            DType::F32 => best!(f32),
            DType::I64 => best!(i64),
            _ => return None,
        });
    }
    if row.dtype == DType::Bool {
        return truths(combiner, row, count);
    }
    macro_rules! reduce {
        ($number:ty, $add:expr, $mul:expr) => {
            match combiner {
                Combiner::Add => tree::<$number>(row, count, $add),
                Combiner::Mul => tree::<$number>(row, count, $mul),
                Combiner::Min => tree::<$number>(row, count, min),
                Combiner::Max => tree::<$number>(row, count, max),
                _ => return None,
            }
        };
    }
    Some(match row.dtype {
        DType::F64 => reduce!(f64, |x, y| x + y, |x, y| x * y).into(),
        DType::F32 => reduce!(f32, |x, y| x + y, |x, y| x * y).into(),
        DType::I64 => reduce!(i64, i64::wrapping_add, i64::wrapping_mul).into(),
        _ => return None,
    })
}
