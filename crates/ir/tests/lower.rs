//! Lowered ops against their meaning, bit for bit.

use ir::{
    Access, Argument, Builder, Kernel, Op, Statement, Stride, evaluate, interpret, is_lowered,
    lower, verify,
};
use memory::{DType, Layout, Scalar};
use proptest::prelude::*;

/// A kernel that applies an op to the elements of `x` and `y`.
fn caller(op: Op, types: [DType; 2], result: DType) -> Kernel {
    let mut b = Builder::new("k");
    let length = b.extent("n");
    let x = b.buffer("x", types[0], Access::Read, &[Stride::Unit]);
    let y = b.buffer("y", types[1], Access::Read, &[Stride::Unit]);
    let z = b.buffer("z", result, Access::Write, &[Stride::Unit]);
    b.parallel(&[length.into()], |b, i| {
        let operands = [b.load(x, i), b.load(y, i)];
        let answer = b.op(op, &operands[..op.arity()]);
        b.store(z, i, answer);
    });
    b.finish().unwrap_or_else(|error| panic!("{error}"))
}

fn pack(values: &[Scalar]) -> (Vec<u8>, Layout) {
    let dtype = values[0].dtype();
    let mut bytes = vec![0; values.len() * dtype.size()];
    for (slot, value) in bytes.chunks_mut(dtype.size()).zip(values) {
        value.to_bytes(slot);
    }
    (bytes, Layout::contiguous(dtype, &[values.len()]).unwrap())
}

/// Lowers an op and compares it with its meaning on all pairs.
fn assert_same(op: Op, pairs: &[(Scalar, Scalar)]) {
    let (x, y): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
    let types = [x[0].dtype(), y[0].dtype()];
    let expected: Vec<_> =
        pairs.iter().map(|&(x, y)| evaluate(op, &[x, y][..op.arity()], None).unwrap()).collect();
    let result = expected[0].dtype();
    let lowered = lower(&caller(op, types, result));
    verify(&lowered).unwrap_or_else(|error| panic!("{error}"));
    for statement in lowered.blocks.iter().flat_map(|block| &block.statements) {
        if let Statement::Op { result, op, operands } = statement {
            let types = (lowered.dtype(operands[0]), lowered.dtype(*result));
            assert!(!is_lowered(*op, types.0, types.1), "{op} is left");
        }
    }
    let ((x_bytes, x_layout), (y_bytes, y_layout)) = (pack(&x), pack(&y));
    let (mut found, layout) = pack(&expected);
    found.fill(0xee);
    interpret(
        &lowered,
        &mut [
            Argument::Extent(x.len().cast_signed() as i64),
            Argument::Read(&x_bytes, &x_layout),
            Argument::Read(&y_bytes, &y_layout),
            Argument::Write(&mut found, &layout),
        ],
    )
    .unwrap_or_else(|error| panic!("{error}"));
    for ((pair, expected), found) in pairs.iter().zip(expected).zip(found.chunks(result.size())) {
        let found = Scalar::from_bytes(result, found);
        assert!(found.same(expected), "{op} {pair:?}: {found:?}, not {expected:?}");
    }
}

/// Each op that is lowered, with the types of its operands.
fn cases() -> Vec<(Op, [DType; 2])> {
    let mut cases = Vec::new();
    for row in Op::table().iter().filter(|row| row.op != Op::Cast) {
        for dtype in row.accepts.iter().filter(|&dtype| is_lowered(row.op, dtype, dtype)) {
            let second = if row.op == Op::Ldexp { DType::I32 } else { dtype };
            cases.push((row.op, [dtype, second]));
        }
    }
    assert!(cases.len() > 50);
    cases
}

fn special(dtype: DType) -> Vec<Scalar> {
    if dtype.is_complex() {
        let parts = special(dtype.part());
        let pairs =
            parts.iter().step_by(3).flat_map(|&x| parts.iter().step_by(5).map(move |&y| (x, y)));
        return pairs.map(|(x, y)| Scalar::from_parts(x, y)).collect();
    }
    if dtype.is_integer() {
        let numbers =
            [0, 1, 2, 3, 7, 31, 52, 100, 127, 969, 1022, 1074, 2100, 3001, i64::MAX, i64::MIN];
        let both = numbers.into_iter().flat_map(|it| [it, it.wrapping_neg(), it.wrapping_sub(1)]);
        let ends = [1 << (dtype.bits() - 1), (1u128 << (dtype.bits() - 1)) - 1, u128::MAX];
        let ends = ends.map(|bits| Scalar::from_bits(dtype, bits));
        return both.map(|number| Scalar::from_i64(dtype, number)).chain(ends).collect();
    }
    let numbers = [
        0.0,
        1.0,
        0.5,
        1.5,
        3.0,
        0.1,
        7.25,
        1234.5,
        6e-8,
        1e-5,
        65504.0,
        1e-45,
        1.2e-38,
        3.4e38,
        5e-324,
        2.2e-308,
        4.9e-310,
        1.79e308,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
    ];
    let both = numbers.into_iter().flat_map(|number| [number, -number]);
    both.map(|number| Scalar::from_f64(dtype, number)).collect()
}

#[test]
fn special_operands() {
    for (op, [first, second]) in cases() {
        let (x, y) = (special(first), special(second));
        let pairs: Vec<_> = x.iter().flat_map(|&x| y.iter().map(move |&y| (x, y))).collect();
        assert_same(op, &pairs);
    }
}

#[test]
fn casts_of_complex_numbers() {
    for complex in [DType::C64, DType::C128] {
        for other in DType::ALL {
            for (from, to) in [(complex, other), (other, complex)] {
                let mut b = Builder::new("k");
                let x = b.scalar("x", from);
                let z = b.buffer("z", to, Access::Write, &[]);
                let cast = b.cast(to, x);
                b.store(z, &[], cast);
                let lowered = lower(&b.finish().unwrap());
                verify(&lowered).unwrap_or_else(|error| panic!("{error}"));
                let numbers = if from == DType::Bool { vec![true.into()] } else { special(from) };
                for number in numbers {
                    let expected = evaluate(Op::Cast, &[number], Some(to)).unwrap();
                    let (mut found, _) = pack(&[expected]);
                    found.fill(0xee);
                    let layout = Layout::contiguous(to, &[]).unwrap();
                    let (given, out) =
                        (Argument::Scalar(number), Argument::Write(&mut found, &layout));
                    interpret(&lowered, &mut [given, out]).unwrap();
                    let found = Scalar::from_bytes(to, &found);
                    assert!(found.same(expected), "{number:?} to {to}: {found:?}");
                }
            }
        }
    }
}

/// Numbers whose quotients are close to whole ones, where long division errs most easily.
#[test]
fn nearly_whole_quotients() {
    for dtype in [DType::F16, DType::F32, DType::F64] {
        let mut pairs = Vec::new();
        for divisor in [0.1, 3.0, 0.7, 1e-3, 12345.678, 1e30] {
            for factor in [1.0, 3.0, 10.0, 1e3, 123_457.0, 1e10, 1e15, 4_503_599_627_370_497.0] {
                let y = Scalar::from_f64(dtype, divisor);
                let product = Scalar::from_f64(dtype, y.to_f64() * factor);
                let step = |towards: f64| {
                    let end = Scalar::from_f64(dtype, towards);
                    evaluate(Op::NextAfter, &[product, end], None).unwrap()
                };
                let minus = evaluate(Op::Neg, &[y], None).unwrap();
                for x in [product, step(f64::INFINITY), step(0.0)] {
                    pairs.extend([(x, y), (x, minus)]);
                }
            }
        }
        for op in [Op::FloorDiv, Op::Rem, Op::Fmod] {
            assert_same(op, &pairs);
        }
    }
}

proptest! {
    #[test]
    fn any_operands(bits in prop::collection::vec((any::<u64>(), any::<u64>()), 1..20)) {
        for (op, [first, second]) in cases() {
            let pairs: Vec<_> = bits
                .iter()
                .map(|&(x, y)| {
                    (Scalar::from_bits(first, x.into()), Scalar::from_bits(second, y.into()))
                })
                .collect();
            assert_same(op, &pairs);
        }
    }
}
