//! The type that two types meet in.

use crate::{DType, Kind};

/// The smallest type that holds the values of both, as NumPy's `result_type` says it.
///
/// Within a kind these are the rules of the array API standard. Mixed kinds are NumPy's: an integer
/// meets a float in one with digits for its bits, and in float64 where there is none; `int64` and
/// `uint64` meet in float64.
pub fn promote(left: DType, right: DType) -> DType {
    if left == right {
        return left;
    }
    let (low, high) = if left.kind() <= right.kind() { (left, right) } else { (right, left) };
    match (low.kind(), high.kind()) {
        (Kind::Bool, _) => high,
        (Kind::Signed, Kind::Unsigned) => signed_above(low, high),
        (_, Kind::Float) if low.is_integer() => larger(float_for(low), high),
        (low_kind, Kind::Complex) if low_kind != Kind::Complex => {
            let part = promote(low, high.part());
            part.complex().unwrap_or(DType::C64)
        }
        _ => larger(low, high),
    }
}

fn larger(left: DType, right: DType) -> DType {
    if left.size() >= right.size() { left } else { right }
}

/// The signed type that holds both, or float64.
fn signed_above(signed: DType, unsigned: DType) -> DType {
    let needed = match unsigned {
        DType::U8 => DType::I16,
        DType::U16 => DType::I32,
        DType::U32 => DType::I64,
        _ => return DType::F64,
    };
    larger(signed, needed)
}

/// The smallest float with a digit for each bit of an integer, or float64.
fn float_for(integer: DType) -> DType {
    match integer.size() {
        1 => DType::F16,
        2 => DType::F32,
        _ => DType::F64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What NumPy answers, made by `golden/promotion.py`.
    const GOLDEN: &str = include_str!("../golden/promotion.txt");

    #[test]
    fn numpy_promotes_the_same_way() {
        let mut lines = 0;
        for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
            let names: Vec<_> = line.split_whitespace().collect();
            let [left, right, result] = names[..] else { panic!("three names in {line:?}") };
            let (left, right) = (DType::from_name(left).unwrap(), DType::from_name(right).unwrap());
            assert_eq!(promote(left, right).name(), result, "{left} and {right}");
            lines += 1;
        }
        assert_eq!(lines, DType::ALL.len() * DType::ALL.len());
    }

    #[test]
    fn order_makes_no_difference() {
        for left in DType::ALL {
            for right in DType::ALL {
                assert_eq!(promote(left, right), promote(right, left));
            }
        }
    }
}
