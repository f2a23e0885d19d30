//! Constants in the text form.

use memory::{DType, Scalar};

/// Text that reads back as the same bits: `0.1`, `-3`, `true`, `(1.0, inf)`; what has no such text
/// by its bits, `0x7fc00001`.
pub(crate) fn write(scalar: Scalar) -> String {
    let dtype = scalar.dtype();
    let text = scalar.to_string();
    if read(dtype, &text) == Some(scalar) {
        return text;
    }
    let digits = 2 * dtype.size();
    format!("{:#0width$x}", scalar.bits(), width = digits + 2)
}

/// The constant of a type that a text says, if it fits.
pub(crate) fn read(dtype: DType, text: &str) -> Option<Scalar> {
    if let Some(digits) = text.strip_prefix("0x") {
        let bits = u128::from_str_radix(digits, 16).ok()?;
        let scalar = Scalar::from_bits(dtype, bits);
        return (scalar.bits() == bits && (dtype != DType::Bool || bits <= 1)).then_some(scalar);
    }
    match dtype {
        DType::Bool => match text {
            "true" => Some(Scalar::from(true)),
            "false" => Some(Scalar::from(false)),
            _ => None,
        },
        DType::F16 | DType::F64 => Some(Scalar::from_f64(dtype, float(text)?.parse().ok()?)),
        DType::F32 => Some(Scalar::from(float(text)?.parse::<f32>().ok()?)),
        DType::C64 | DType::C128 => {
            let parts = text.strip_prefix('(')?.strip_suffix(')')?;
            let (real, imag) = parts.split_once(',')?;
            let part = dtype.part();
            Some(Scalar::from_parts(read(part, real.trim())?, read(part, imag.trim())?))
        }
        _ => {
            let value: i128 = text.parse().ok()?;
            let scalar = Scalar::from_bits(dtype, value.cast_unsigned());
            (scalar.to_i128() == value).then_some(scalar)
        }
    }
}

/// A number as Rust reads it, without the spellings that only Rust knows.
fn float(text: &str) -> Option<&str> {
    let plain = text.strip_prefix('-').unwrap_or(text);
    let number = plain.starts_with(|first: char| first.is_ascii_digit());
    (number || plain == "inf" || plain == "NaN").then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_survives() {
        for (scalar, text) in [
            (Scalar::from(0.1f32), "0.1"),
            (Scalar::from(-0.0f64), "-0.0"),
            (Scalar::from(f64::NAN), "NaN"),
            (Scalar::from(f64::NEG_INFINITY), "-inf"),
            (Scalar::from(f32::from_bits(0x7fc0_0001)), "0x7fc00001"),
            (Scalar::from_f64(DType::F16, 65504.0), "65504.0"),
            (Scalar::from(-7i8), "-7"),
            (Scalar::from(u64::MAX), "18446744073709551615"),
            (Scalar::from(true), "true"),
            (Scalar::complex32(0.5, f32::INFINITY), "(0.5, inf)"),
            (Scalar::from(1e300), "1e300"),
        ] {
            assert_eq!(write(scalar), text);
            assert_eq!(read(scalar.dtype(), text), Some(scalar));
        }
        for half in 0..=u16::MAX {
            let scalar = Scalar::from_bits(DType::F16, half.into());
            assert_eq!(read(DType::F16, &write(scalar)), Some(scalar));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (dtype, text) in [
            (DType::I8, "128"),
            (DType::U8, "-1"),
            (DType::I8, "0x100"),
            (DType::Bool, "1"),
            (DType::Bool, "0x2"),
            (DType::F32, "one"),
            (DType::F32, "infinity"),
            (DType::C64, "1.0"),
            (DType::C64, "(1.0)"),
        ] {
            assert_eq!(read(dtype, text), None, "{dtype} {text}");
        }
    }
}
