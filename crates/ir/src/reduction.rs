//! The order in which a reduction combines its values.
//!
//! Sums of floating point numbers depend on their order, so the order is part of what `reduce`
//! means. It depends on the number of values alone: neither threads, nor strides, nor what else a
//! kernel does change a bit of the result.
//!
//! 1. Blocks of [`BLOCK`] values in a row. In a block, [`LANES`] accumulators: lane `k % LANES`
//!    takes its values in order; the first one starts it, a lane without values takes no part.
//! 2. The lanes of a block combine in a tree: lane `l` with lane `l + 16`, then `+ 8`, ..., `+ 1`.
//! 3. Blocks combine in a tree: neighbours in pairs, an odd last one moving up as it is.
//!
//! `moments` has the mean of a block from the sum in this order, then the sum of squared deviations
//! from it in this order; blocks combine by the formula of Chan, Golub and `LeVeque` (1979).

use memory::{DType, Scalar};

use crate::{Combiner, Op, evaluate};

/// Accumulators of a block: two AVX-512 registers of float32, four of float64.
pub const LANES: usize = 32;

/// Values of a block.
pub const BLOCK: usize = 4096;

/// What has been combined so far: one value for each result of the combiner, as a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    values: [Scalar; 3],
    count: u8,
}

impl From<&[Scalar]> for Partial {
    /// The first three values; no combiner has more results.
    fn from(given: &[Scalar]) -> Self {
        let mut values = [Scalar::zero(DType::Bool); 3];
        let count = given.len().min(3);
        values[..count].copy_from_slice(&given[..count]);
        Self { values, count: count as u8 }
    }
}

impl<const N: usize> From<[Scalar; N]> for Partial {
    fn from(given: [Scalar; N]) -> Self {
        Self::from(&given[..])
    }
}

impl std::ops::Deref for Partial {
    type Target = [Scalar];

    fn deref(&self) -> &[Scalar] {
        &self.values[..self.count.into()]
    }
}

/// The results for all values, which have one type; without any the identity.
pub fn reduce(combiner: Combiner, dtype: DType, values: &[Scalar]) -> Partial {
    let blocks = values.chunks(BLOCK).enumerate();
    let blocks = blocks.map(|(number, block)| reduce_block(combiner, block, number * BLOCK));
    combine_blocks(combiner, blocks.collect())
        .unwrap_or_else(|| combiner.identity(dtype)[..].into())
}

/// The partial result of a block, which has at least one value; `first` is its first `k`.
pub fn reduce_block(combiner: Combiner, values: &[Scalar], first: usize) -> Partial {
    if combiner == Combiner::Moments {
        return moments(values);
    }
    let mut lanes: [Option<Partial>; LANES] = [None; LANES];
    for (k, &value) in values.iter().enumerate() {
        let next = match combiner {
            Combiner::ArgMin | Combiner::ArgMax => Partial::from([value, index(first + k)]),
            _ => Partial::from([value]),
        };
        let lane = &mut lanes[k % LANES];
        *lane = Some(lane.map_or(next, |lane| combine(combiner, &lane, &next)));
    }
    let mut distance = LANES / 2;
    while distance > 0 {
        for lane in 0..distance {
            // Values fill lanes from the first on, so the right one is never there alone.
            if let (Some(left), Some(right)) = (lanes[lane], lanes[lane + distance]) {
                lanes[lane] = Some(combine(combiner, &left, &right));
            }
        }
        distance /= 2;
    }
    lanes[0].unwrap_or_else(|| [].into())
}

/// The tree over the partial results of blocks; nothing for none.
pub fn combine_blocks(combiner: Combiner, mut blocks: Vec<Partial>) -> Option<Partial> {
    while blocks.len() > 1 {
        blocks = blocks
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => combine(combiner, left, right),
                rest => rest[0],
            })
            .collect();
    }
    blocks.pop()
}

/// Two partial results, the left one of smaller `k`, except that lanes are interleaved.
pub fn combine(combiner: Combiner, left: &Partial, right: &Partial) -> Partial {
    let op = match combiner {
        Combiner::Add => Op::Add,
        Combiner::Mul => Op::Mul,
        Combiner::Min => Op::Min,
        Combiner::Max => Op::Max,
        Combiner::And => Op::And,
        Combiner::Or => Op::Or,
        Combiner::Xor => Op::Xor,
        Combiner::ArgMin => return better(Op::Lt, left, right),
        Combiner::ArgMax => return better(Op::Gt, left, right),
        Combiner::Moments => return merge(left, right),
        Combiner::Product => unreachable!("the verifier refuses it"),
    };
    [apply(op, &[left[0], right[0]])].into()
}

fn apply(op: Op, operands: &[Scalar]) -> Scalar {
    evaluate(op, operands, None).unwrap_or_else(|error| panic!("reduction: {error}"))
}

fn index(k: usize) -> Scalar {
    Scalar::from(k.cast_signed() as i64)
}

/// The better value; NaN is better than all; of two as good the one with the smaller `k`.
fn better(op: Op, left: &Partial, right: &Partial) -> Partial {
    let (left_nan, right_nan) = (left[0].is_nan(), right[0].is_nan());
    let right_wins = if left_nan || right_nan {
        right_nan && (!left_nan || right[1].to_i64() < left[1].to_i64())
    } else if apply(op, &[right[0], left[0]]).is_true() {
        true
    } else {
        !apply(op, &[left[0], right[0]]).is_true() && right[1].to_i64() < left[1].to_i64()
    };
    if right_wins { *right } else { *left }
}

/// Count, mean and sum of squared deviations of a block.
fn moments(values: &[Scalar]) -> Partial {
    let dtype = values[0].dtype();
    let sum = reduce_block(Combiner::Add, values, 0)[0];
    let mean = apply(Op::Div, &[sum, Scalar::from_i64(dtype, values.len().cast_signed() as i64)]);
    let squares: Vec<_> =
        values.iter().map(|&value| apply(Op::Square, &[apply(Op::Sub, &[value, mean])])).collect();
    let squares = reduce_block(Combiner::Add, &squares, 0)[0];
    [index(values.len()), mean, squares].into()
}

/// With counts `a` and `b`, `share = b / (a + b)` and `delta` between the means: the mean is
/// `mean_a + delta * share`, the squares `(squares_a + squares_b) + (delta * delta) * (a * share)`.
fn merge(left: &Partial, right: &Partial) -> Partial {
    let dtype = left[1].dtype();
    let [add, sub, mul, div] =
        [Op::Add, Op::Sub, Op::Mul, Op::Div].map(|op| move |x, y| apply(op, &[x, y]));
    let count = left[0].to_i64().wrapping_add(right[0].to_i64());
    let float = |count: i64| Scalar::from_i64(dtype, count);
    let share = div(float(right[0].to_i64()), float(count));
    let delta = sub(right[1], left[1]);
    let mean = add(left[1], mul(delta, share));
    let between = mul(mul(delta, delta), mul(float(left[0].to_i64()), share));
    [Scalar::from(count), mean, add(add(left[2], right[2]), between)].into()
}
