//! Reductions against the order of `docs/design/0009-loop-language.md`, written here once more.

#![expect(
    clippy::cast_possible_wrap,
    clippy::float_cmp,
    reason = "counts are small; equal is meant"
)]

use ir::reduction::{BLOCK, LANES};
use ir::{Argument, Combiner, Kernel, interpret};
use memory::{DType, Layout, Scalar};

/// Lengths around the edges of lanes, blocks and trees.
const LENGTHS: [usize; 16] =
    [0, 1, 2, 31, 32, 33, 63, 65, 1000, 4095, 4096, 4097, 8192, 12_288, 12_300, 5 * 4096 + 17];

/// Numbers of very different sizes, so that every other order gives other bits.
fn numbers(count: usize) -> Vec<f32> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    (0..count)
        .map(|_| {
            let bits = next();
            let size = 2f32.powi((bits % 40) as i32 - 20);
            (((bits >> 40) as f32) / 16_777_216.0 - 0.4) * size
        })
        .collect()
}

/// The order for any step, by plain recursion: no accumulators, no levels in place.
fn ordered<T: Copy>(values: &[T], step: &impl Fn(T, T) -> T) -> Option<T> {
    let lane = |block: &[T], lane| block.iter().skip(lane).step_by(32).copied().reduce(step);
    let block = |block: &[T]| {
        let lanes: Vec<_> = (0..32).map(|l| lane(block, l)).collect();
        fold_lanes(&lanes, step)
    };
    let blocks: Vec<T> = values.chunks(4096).filter_map(block).collect();
    fold_blocks(&blocks, step)
}

/// The first half with the second half, until one is left.
fn fold_lanes<T: Copy>(lanes: &[Option<T>], step: &impl Fn(T, T) -> T) -> Option<T> {
    let half = lanes.len() / 2;
    if half == 0 {
        return lanes[0];
    }
    let both = (0..half).map(|l| match (lanes[l], lanes[l + half]) {
        (Some(left), Some(right)) => Some(step(left, right)),
        (left, right) => left.or(right),
    });
    fold_lanes(&both.collect::<Vec<_>>(), step)
}

/// Neighbours in pairs, until one is left.
fn fold_blocks<T: Copy>(blocks: &[T], step: &impl Fn(T, T) -> T) -> Option<T> {
    if blocks.len() < 2 {
        return blocks.first().copied();
    }
    let pair = |pair: &[T]| if pair.len() == 2 { step(pair[0], pair[1]) } else { pair[0] };
    fold_blocks(&blocks.chunks(2).map(pair).collect::<Vec<_>>(), step)
}

type Case<'v> = (Combiner, &'v [f32], fn(f32, f32) -> f32, f32);

/// Runs a reduction of float32 over one axis, whatever its stride.
fn run(combiner: Combiner, values: &[f32]) -> Vec<Scalar> {
    let results = combiner.results(DType::F32);
    let names: Vec<_> = (0..results.len()).map(|i| format!("%r{i}")).collect();
    let outputs: Vec<_> = results
        .iter()
        .enumerate()
        .map(|(i, dtype)| format!(", %out{i}: write {}[]", dtype.short()))
        .collect();
    let stores: Vec<_> = (0..results.len()).map(|i| format!("store %r{i}, %out{i}[]\n")).collect();
    let text = format!(
        "kernel @k(%n: extent, %x: read f32[unit]{}) {{
           {} = reduce {combiner} (%i) in (%n) {{ %v = load %x[%i] yield %v }}
           {}
         }}",
        outputs.concat(),
        names.join(", "),
        stores.concat()
    );
    let kernel: Kernel = text.parse().unwrap();
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let layout = Layout::contiguous(DType::F32, &[values.len()]).unwrap();
    let single: Vec<_> =
        results.iter().map(|&dtype| Layout::contiguous(dtype, &[]).unwrap()).collect();
    let mut memory = vec![[0u8; 8]; results.len()];
    let mut arguments =
        vec![Argument::Extent(values.len() as i64), Argument::Read(&bytes, &layout)];
    for (memory, layout) in memory.iter_mut().zip(&single) {
        arguments.push(Argument::Write(&mut memory[..], layout));
    }
    interpret(&kernel, &mut arguments).unwrap();
    drop(arguments);
    memory.iter().zip(&results).map(|(memory, &dtype)| Scalar::from_bytes(dtype, memory)).collect()
}

#[test]
fn the_constants_are_those_of_the_design() {
    assert_eq!((LANES, BLOCK), (32, 4096));
}

#[test]
fn sums_products_and_extremes_have_the_order_of_the_design() {
    for count in LENGTHS {
        let values = numbers(count);
        let close: Vec<f32> = values.iter().map(|value| 1.0 + value / 1e9).collect();
        let cases: [Case; 4] = [
            (Combiner::Add, &values, |x, y| x + y, 0.0),
            (Combiner::Mul, &close, |x, y| x * y, 1.0),
            (Combiner::Min, &values, |x, y| if x < y { x } else { y }, f32::INFINITY),
            (Combiner::Max, &values, |x, y| if x > y { x } else { y }, f32::NEG_INFINITY),
        ];
        for (combiner, values, step, identity) in cases {
            let expected = ordered(values, &step).unwrap_or(identity);
            assert_eq!(run(combiner, values), [Scalar::from(expected)], "{combiner} of {count}");
        }
        if count > 100 {
            let straight: f32 = values.iter().sum();
            assert_ne!(run(Combiner::Add, &values), [Scalar::from(straight)], "a weak test");
        }
    }
}

#[test]
fn the_first_of_the_best_wins() {
    for count in LENGTHS.into_iter().filter(|&count| count > 0) {
        let mut values: Vec<f32> = numbers(count).iter().map(|value| value.round()).collect();
        for round in 0..3 {
            if round > 0 {
                // From the back to the front, so that lanes and blocks see the later one first.
                values[count / (4 - round)] = f32::NAN;
                values[count - 1] = f32::NAN;
            }
            let nan = values.iter().position(|value| value.is_nan());
            for (combiner, sign) in [(Combiner::ArgMin, 1.0), (Combiner::ArgMax, -1.0)] {
                let best = values.iter().map(|value| value * sign).fold(f32::INFINITY, f32::min);
                let is_best = |value: &f32| value * sign == best;
                let k = nan.or_else(|| values.iter().position(is_best)).unwrap();
                let found = run(combiner, &values);
                assert_eq!(found[1], Scalar::from(k as i64), "{combiner} of {count}");
                assert!(found[0].same(Scalar::from(values[k])));
            }
        }
    }
    assert_eq!(run(Combiner::ArgMax, &[]), [f32::NEG_INFINITY.into(), Scalar::from(-1i64)]);
}

#[test]
fn moments_have_the_order_of_the_design() {
    for count in LENGTHS {
        let values = numbers(count);
        let blocks: Vec<(i64, f32, f32)> = values
            .chunks(4096)
            .map(|block| {
                let count = block.len() as i64;
                let mean = ordered(block, &|x, y| x + y).unwrap() / count as f32;
                let squares: Vec<f32> = block.iter().map(|x| (x - mean) * (x - mean)).collect();
                (count, mean, ordered(&squares, &|x, y| x + y).unwrap())
            })
            .collect();
        let merge = |a: (i64, f32, f32), b: (i64, f32, f32)| {
            let count = a.0 + b.0;
            let (share, delta) = (b.0 as f32 / count as f32, b.1 - a.1);
            let between = (delta * delta) * (a.0 as f32 * share);
            (count, a.1 + delta * share, (a.2 + b.2) + between)
        };
        let mut level = blocks;
        while level.len() > 1 {
            level = level
                .chunks(2)
                .map(|p| if p.len() == 2 { merge(p[0], p[1]) } else { p[0] })
                .collect();
        }
        let (n, mean, squares) = level.pop().unwrap_or((0, 0.0, 0.0));
        let found = run(Combiner::Moments, &values);
        assert_eq!(found, [Scalar::from(n), Scalar::from(mean), Scalar::from(squares)]);
        // And it is the variance.
        let exact_mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / count.max(1) as f64;
        let exact: f64 = values.iter().map(|&x| (f64::from(x) - exact_mean).powi(2)).sum();
        assert!((found[2].to_f64() - exact).abs() <= 1e-4 * exact, "{count}");
    }
}

#[test]
fn integers_wrap_and_bits_combine() {
    let text = "kernel @k(%n: extent, %x: read u8[unit], %y: write u8[unit]) {
      %a, %m, %s, %o, %x2, %b, %bi = reduce add, mul, and, or, xor, argmax (%i) in (%n) {
        %v = load %x[%i]
        yield %v, %v, %v, %v, %v, %v
      }
      %c0 = const i64 0
      %c1 = const i64 1
      %c2 = const i64 2
      %c3 = const i64 3
      %c4 = const i64 4
      %c5 = const i64 5
      %bi8 = cast %bi to u8
      store %a, %y[%c0]
      store %m, %y[%c1]
      store %s, %y[%c2]
      store %o, %y[%c3]
      store %x2, %y[%c4]
      store %bi8, %y[%c5]
    }";
    let kernel: Kernel = text.parse().unwrap();
    let outcome = |values: &[u8]| {
        let input = Layout::contiguous(DType::U8, &[values.len()]).unwrap();
        let output = Layout::contiguous(DType::U8, &[6]).unwrap();
        let mut memory = [0; 6];
        interpret(
            &kernel,
            &mut [
                Argument::Extent(values.len() as i64),
                Argument::Read(values, &input),
                Argument::Write(&mut memory, &output),
            ],
        )
        .unwrap();
        memory
    };
    assert_eq!(outcome(&[]), [0, 1, 255, 0, 0, 255]);
    let values: Vec<u8> = (0..5000usize).map(|i| (i * 7 % 251) as u8 | 1).collect();
    let expected = [
        values.iter().fold(0, |x: u8, &y| x.wrapping_add(y)),
        values.iter().fold(1, |x: u8, &y| x.wrapping_mul(y)),
        values.iter().fold(255, |x, &y| x & y),
        values.iter().fold(0, |x, &y| x | y),
        values.iter().fold(0, |x, &y| x ^ y),
        values.iter().position(|value| value == values.iter().max().unwrap()).unwrap() as u8,
    ];
    assert_eq!(outcome(&values), expected);
}

#[test]
fn several_axes_count_as_one_and_nothing_has_what_the_caller_says() {
    let text = "kernel @k(%n: extent, %m: extent, %x: read f32[any, any], %y: write f32[]) {
      %none = const f32 -1.0
      %s = reduce add (%i, %j) in (%n, %m) empty (%none) {
        %v = load %x[%i, %j]
        yield %v
      }
      store %s, %y[]
    }";
    let kernel: Kernel = text.parse().unwrap();
    let values = numbers(90 * 70);
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let outcome = |layout: &Layout| {
        let single = Layout::contiguous(DType::F32, &[]).unwrap();
        let mut memory = [0; 4];
        let [n, m] = layout.shape() else { panic!() };
        interpret(
            &kernel,
            &mut [
                Argument::Extent(*n as i64),
                Argument::Extent(*m as i64),
                Argument::Read(&bytes, layout),
                Argument::Write(&mut memory, &single),
            ],
        )
        .unwrap();
        f32::from_le_bytes(memory)
    };
    let rows = Layout::contiguous(DType::F32, &[90, 70]).unwrap();
    let sum = ordered(&values, &|x, y| x + y).unwrap();
    assert_eq!(outcome(&rows).to_bits(), sum.to_bits());
    let columns: Vec<f32> =
        rows.transpose().positions().iter().map(|&at| values[at as usize / 4]).collect();
    let sum = ordered(&columns, &|x, y| x + y).unwrap();
    assert_eq!(outcome(&rows.transpose()).to_bits(), sum.to_bits());
    let nothing = Layout::contiguous(DType::F32, &[0, 70]).unwrap();
    assert_eq!(outcome(&nothing), -1.0);
}
