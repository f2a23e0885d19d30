//! One type to another.

use memory::{DType, Kind, Scalar};

/// NumPy's `astype`, with an answer also where C has none: a float beyond an integer's range gives
/// the end of the range, NaN gives 0.
pub(super) fn cast(value: Scalar, to: DType) -> Scalar {
    let from = value.dtype();
    if from == to {
        return value;
    }
    match to.kind() {
        Kind::Bool => Scalar::from(is_true(value)),
        Kind::Complex => {
            let part = to.part();
            Scalar::from_parts(cast(value.real(), part), cast(value.imag(), part))
        }
        Kind::Float if from.is_float() || from.is_complex() => Scalar::from_f64(to, value.to_f64()),
        Kind::Float => from_integer(value, to),
        Kind::Signed | Kind::Unsigned if from.is_float() || from.is_complex() => {
            clamped(value.to_f64(), to)
        }
        Kind::Signed | Kind::Unsigned => Scalar::from_bits(to, value.to_i128().cast_unsigned()),
    }
}

fn is_true(value: Scalar) -> bool {
    match value.dtype().kind() {
        Kind::Complex => is_true(value.real()) || is_true(value.imag()),
        Kind::Float => value.to_f64() != 0.0,
        _ => value.bits() != 0,
    }
}

/// One rounding: 128 bits to float32 directly, and what float64 rounds is infinite as float16.
fn from_integer(value: Scalar, to: DType) -> Scalar {
    match to {
        DType::F32 => Scalar::from(value.to_i128() as f32),
        _ => Scalar::from_f64(to, value.to_i128() as f64),
    }
}

/// Towards zero, then the nearest integer of the range.
fn clamped(value: f64, to: DType) -> Scalar {
    let bits = to.bits();
    let (low, high) = match to.kind() {
        Kind::Signed => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        _ => (0, (1i128 << bits) - 1),
    };
    // In Rust the conversion to 128 bits clamps as well, and takes NaN to 0.
    Scalar::from_bits(to, (value as i128).clamp(low, high).cast_unsigned())
}
