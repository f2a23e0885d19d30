//! A few elements on the spot: to the bit what the ops and the order of reductions say.

use std::sync::Arc;

use devices::{Few, Storage, compute_few, reduce_few};
use ir::{Combiner, Op, evaluate, reduction};
use memory::{DType, Layout, Scalar};

const FLOATS: [f64; 13] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.1,
    1e300,
    -1e300,
    5e-324,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    3.0,
    1e-40,
];

fn values(dtype: DType) -> Vec<Scalar> {
    if dtype == DType::I64 {
        let whole = [0, 1, -1, 7, -8, i64::MAX, i64::MIN, 3, 1 << 40, -5, 2, 100, -100];
        return whole.into_iter().map(Scalar::from).collect();
    }
    FLOATS.iter().map(|&value| Scalar::from_f64(dtype, value)).collect()
}

fn stored(values: &[Scalar]) -> (Arc<Storage>, Layout) {
    let dtype = values[0].dtype();
    let storage = Storage::allocate(values.len() * dtype.size()).unwrap();
    for (position, value) in values.iter().enumerate() {
        let mut bytes = [0; 16];
        value.to_bytes(&mut bytes);
        let to = storage.address().wrapping_add(position * dtype.size());
        // SAFETY: the element lies in the storage, of which nobody else knows yet.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, dtype.size()) };
    }
    (storage, Layout::contiguous(dtype, &[values.len()]).unwrap())
}

fn read(storage: &Storage, dtype: DType, position: usize) -> Scalar {
    let from = storage.address().wrapping_add(position * dtype.size());
    let mut bytes = [0; 16];
    // SAFETY: the element lies in the storage, and nobody writes there any more.
    unsafe { std::ptr::copy_nonoverlapping(from, bytes.as_mut_ptr(), dtype.size()) };
    Scalar::from_bytes(dtype, &bytes)
}

#[test]
fn every_op_on_the_usual_numbers() {
    let mut seen = 0;
    for dtype in [DType::F64, DType::F32, DType::I64] {
        let all = values(dtype);
        for row in Op::table() {
            let types = vec![dtype; row.arity];
            let Ok(result) = row.op.result(&types, None) else { continue };
            // Each value with each: one operand turned against the other.
            for turn in 0..all.len() {
                let mut turned = all.clone();
                turned.rotate_left(turn);
                let rows = [stored(&all), stored(&turned), stored(&all)];
                let operands: Vec<_> =
                    rows.iter().take(row.arity).map(|(s, l)| Few::There(s, l)).collect();
                let Some(found) = compute_few(row.op, &operands, result, all.len()) else {
                    let slow = row.group == ir::Group::Elementary || result.is_complex();
                    assert!(slow, "{}", row.name);
                    break;
                };
                for position in 0..all.len() {
                    let given = [all[position], turned[position], all[position]];
                    let expected = evaluate(row.op, &given[..row.arity], None).unwrap();
                    let found = read(&found, result, position);
                    assert!(found.same(expected), "{} {given:?}: {found:?}", row.name);
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 5000, "{seen}");
}

#[test]
fn every_reduction_in_its_order() {
    for dtype in [DType::F64, DType::F32, DType::I64, DType::I16] {
        for count in 1..=32 {
            let all: Vec<_> = (0..count)
                .map(|k| match dtype {
                    DType::I64 | DType::I16 => Scalar::from_i64(dtype, 31 * k - 200),
                    _ => Scalar::from_f64(dtype, 1.0 / (k as f64 + 0.1) - 0.3),
                })
                .collect();
            let (storage, layout) = stored(&all);
            for combiner in Combiner::ALL {
                if !combiner.accepts().contains(dtype) {
                    continue;
                }
                let expected = reduction::reduce(combiner, dtype, &all);
                for result in 0..combiner.result_count() {
                    let operand = Few::There(&storage, &layout);
                    let found = reduce_few(combiner, result, &operand, all.len()).unwrap();
                    let found = read(&found, expected[result].dtype(), 0);
                    assert!(found.same(expected[result]), "{combiner:?} of {count} {dtype}");
                }
            }
        }
    }
}

#[test]
fn elements_that_lie_apart() {
    let all = values(DType::F64);
    let (storage, layout) = stored(&all[..12]);
    let layout = layout.reshape(&[3, 4]).unwrap().transpose().reverse(0).unwrap();
    let five = Few::Same(Scalar::from(5.0));
    let found = compute_few(Op::Sub, &[Few::There(&storage, &layout), five], DType::F64, 12);
    let found = found.unwrap();
    for position in 0..12 {
        let (row, column) = (position / 3, position % 3);
        let expected = Scalar::from(all[column * 4 + (3 - row)].to_f64() - 5.0);
        assert!(read(&found, DType::F64, position).same(expected), "{position}");
    }
}

#[test]
fn not_for_here() {
    let (storage, layout) = stored(&[Scalar::from(1.0); 33]);
    let operand = Few::There(&storage, &layout);
    assert!(compute_few(Op::Neg, &[operand], DType::F64, 33).is_none());
    assert!(compute_few(Op::Neg, &[operand], DType::F64, 32).is_none());
    assert!(reduce_few(Combiner::Add, 0, &operand, 33).is_none());
}
