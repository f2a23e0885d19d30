//! Every op that is not elementary against what NumPy answers (`golden/ops.py`).

use std::collections::{HashMap, HashSet};

use ir::{Group, Op, evaluate};
use memory::{DType, Kind, Scalar};

const GOLDEN: &str = include_str!("../golden/ops.txt");

/// One word of the file: a value, or what NumPy leaves open.
fn read(dtype: DType, word: &str) -> Option<Scalar> {
    if word == "?" {
        return None;
    }
    if let Some((real, imag)) = word.split_once('+') {
        let part = |word| read(dtype.part(), word).unwrap();
        return Some(Scalar::from_parts(part(real), part(imag)));
    }
    if word == "nan" {
        return Some(Scalar::from_f64(dtype, f64::NAN));
    }
    Some(Scalar::from_bits(dtype, u128::from_str_radix(word, 16).unwrap()))
}

/// All lists of operands, the last fastest.
fn lists(op: Op, dtype: DType, values: &HashMap<DType, Vec<Scalar>>) -> Vec<Vec<Scalar>> {
    let mut all = vec![Vec::new()];
    for position in 0..op.arity() {
        let of = if op == Op::Ldexp && position == 1 { DType::I32 } else { dtype };
        let every = if op.arity() == 3 { 3 } else { 1 };
        all = all
            .iter()
            .flat_map(|list: &Vec<Scalar>| {
                let next = values[&of].iter().step_by(every);
                next.map(move |&value| [list.as_slice(), &[value]].concat())
            })
            .collect();
    }
    all
}

/// Of two zeros NumPy's `minimum` and its like take one or the other, as the machine does it, and
/// its `nextafter` of float16 takes the first one, where that of C takes the second.
fn same(op: Op, found: Scalar, expected: Scalar) -> bool {
    let zeros = matches!(op, Op::Min | Op::Max | Op::Fmin | Op::Fmax | Op::NextAfter)
        && found.dtype().is_float()
        && found.to_f64() == 0.0
        && expected.to_f64() == 0.0;
    zeros || found.same(expected)
}

#[test]
fn numpy_answers_the_same() {
    let mut values: HashMap<DType, Vec<Scalar>> = HashMap::new();
    let mut covered = HashSet::new();
    let mut wrong = Vec::new();
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (name, dtype) = (words.next().unwrap(), words.next().unwrap());
        let dtype = DType::from_name(dtype).unwrap();
        if name == "values" {
            values.insert(dtype, words.map(|word| read(dtype, word).unwrap()).collect());
            continue;
        }
        let (name, to) = name.split_once('.').unzip();
        let name = name.unwrap_or(line.split(' ').next().unwrap());
        let stated = to.map(|to| DType::from_name(to).unwrap());
        let op = Op::from_name(name).unwrap();
        covered.insert((op, dtype));
        let lists = lists(op, dtype, &values);
        let words: Vec<_> = words.collect();
        assert_eq!(words.len(), lists.len(), "{name} {dtype}");
        for (operands, word) in lists.iter().zip(words) {
            let found = evaluate(op, operands, stated).unwrap();
            if let Some(expected) = read(found.dtype(), word)
                && !same(op, found, expected)
            {
                wrong.push(format!("{op} {operands:?} is {found:?}, not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    for row in Op::table() {
        for dtype in row.accepts.iter() {
            let elementary = row.group == Group::Elementary && dtype.is_float();
            let by_bits = matches!(row.op, Op::Select | Op::Bitcast);
            // NumPy rounds it as its C library has it: see below.
            let rounded = row.op == Op::Magnitude;
            assert!(
                elementary || by_bits || rounded || covered.contains(&(row.op, dtype)),
                "no golden answers for {} of {dtype}",
                row.name
            );
        }
    }
}

#[test]
fn magnitudes_are_those_of_the_c_library_but_for_the_last_digit() {
    let parts = [
        0.0,
        1e-310,
        3.0,
        -4.0,
        0.1,
        -7.3e-160,
        2.5e-30,
        6e18,
        1.7e150,
        1.2e300,
        f64::INFINITY,
        f64::NAN,
    ];
    for (x, y) in parts.iter().flat_map(|&x| parts.map(|y| (x, y))) {
        let wide = evaluate(Op::Magnitude, &[Scalar::complex64(x, y)], None).unwrap().to_f64();
        let expected = x.hypot(y);
        let near = (wide - expected).abs() <= 2.0 * f64::EPSILON * expected + 5e-324;
        assert!(
            near || expected.is_infinite() && wide > 1e300 || wide.is_nan() && expected.is_nan(),
            "{x} {y}: {wide}"
        );
        let (x, y) = (x as f32, y as f32);
        let found = evaluate(Op::Magnitude, &[Scalar::complex32(x, y)], None).unwrap().to_f64();
        let expected = f64::from(x.hypot(y));
        let near = (found - expected).abs() <= 2.0 * f64::from(f32::EPSILON) * expected + 2e-45;
        assert!(
            near || expected.is_infinite() && found > 1e38 || found.is_nan() && expected.is_nan(),
            "{x} {y}"
        );
    }
    let whole = evaluate(Op::Magnitude, &[Scalar::complex64(3.0, -4.0)], None).unwrap();
    assert_eq!(whole, Scalar::from(5.0));
}

#[test]
fn where_numpy_leaves_it_open_the_table_does_not() {
    let infinite = f64::INFINITY;
    for dtype in DType::ALL.into_iter().filter(|dtype| dtype.is_integer()) {
        let cast =
            |value: f64| evaluate(Op::Cast, &[Scalar::from(value)], Some(dtype)).unwrap().to_i128();
        let bits = dtype.bits();
        let (low, high) = match dtype.kind() {
            Kind::Signed => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
            _ => (0, (1i128 << bits) - 1),
        };
        for (value, expected) in [
            (f64::NAN, 0),
            (infinite, high),
            (-infinite, low),
            (1e30, high),
            (-1e30, low),
            (3.99, 3),
            (-0.99, 0),
            (-300.0, (-300).max(low)),
        ] {
            assert_eq!(cast(value), expected, "{value} to {dtype}");
        }
        let int = |value| Scalar::from_i64(dtype, value);
        let reciprocal = |x| evaluate(Op::Reciprocal, &[int(x)], None).unwrap();
        assert_eq!([reciprocal(0), reciprocal(1), reciprocal(2)], [int(0), int(1), int(0)]);
        if dtype.kind() == Kind::Signed {
            for (x, y, expected) in
                [(2, -1, 0), (1, -5, 1), (-1, -5, -1), (-1, -4, 1), (0, -1, 0), (0, 0, 1)]
            {
                let found = evaluate(Op::Pow, &[int(x), int(y)], None).unwrap();
                assert_eq!(found, int(expected), "{x} ** {y}");
            }
        }
    }
}

#[test]
fn bits_and_choices_are_as_they_were() {
    let bits = |scalar: Scalar, to| evaluate(Op::Bitcast, &[scalar], Some(to)).unwrap();
    assert_eq!(bits(Scalar::from(1.0f32), DType::U32), Scalar::from(0x3f80_0000u32));
    let odd = Scalar::from_bits(DType::F64, 0xfff8_dead_beef_0001);
    assert_eq!(bits(bits(odd, DType::I64), DType::F64), odd);
    for dtype in DType::ALL {
        let (one, zero) = (Scalar::from_i64(dtype, 1), Scalar::zero(dtype));
        for flag in [true, false] {
            let found = evaluate(Op::Select, &[Scalar::from(flag), one, zero], None).unwrap();
            assert_eq!(found, if flag { one } else { zero });
        }
    }
}
