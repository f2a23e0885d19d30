//! Draws from random generators: NumPy's numbers and NumPy's states, which lie in memory.
//!
//! A state is eight words: four of the generator, whether half a word is kept, that half, and two for
//! nothing, so that no two states share a line of a cache. The methods are those of the crate `random`.

use ir::{Builder, Op, TableId, Value};
use memory::{DType, Scalar};
use random::Layers;

use crate::signature::Bits;
use crate::value::Rng;

/// `PCG64`: the two words of its multiplier, the lower one first.
const PCG64: [u64; 2] = [0x4385_df64_9fcc_f645, 0x2360_ed05_1fc6_5da4];
/// `PCG64DXSM`: its multiplier.
const DXSM: u64 = 0xda94_2042_e4dd_58b5;

/// Words of a state.
const HAS_HALF: i64 = 4;
const HALF: i64 = 5;

/// A ziggurat as a kernel has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tables {
    sure: TableId,
    width: TableId,
    height: TableId,
    tail: f64,
    slope: f64,
}

impl Tables {
    pub(crate) fn new(b: &mut Builder, of: &Layers) -> Self {
        let sure = of.layers.iter().map(|it| Scalar::from(it.0)).collect();
        let width = of.layers.iter().map(|it| Scalar::from(it.1)).collect();
        let height = of.heights.iter().map(|it| Scalar::from(*it)).collect();
        Self {
            sure: b.table(sure),
            width: b.table(width),
            height: b.table(height),
            tail: of.tail,
            slope: of.slope,
        }
    }
}

fn at(b: &mut Builder, rng: Rng, place: i64) -> Vec<Value> {
    let place = b.constant(place);
    rng.row.into_iter().chain([place]).collect()
}

fn get(b: &mut Builder, rng: Rng, place: i64) -> Value {
    let index = at(b, rng, place);
    b.load(rng.buffer, &index)
}

fn put(b: &mut Builder, rng: Rng, place: i64, value: Value) {
    let index = at(b, rng, place);
    b.store(rng.buffer, &index, value);
}

fn right(b: &mut Builder, x: Value, by: u64) -> Value {
    let by = b.constant(by);
    b.shr(x, by)
}

fn left(b: &mut Builder, x: Value, by: u64) -> Value {
    let by = b.constant(by);
    b.shl(x, by)
}

/// The next 64 bits.
pub(crate) fn word(b: &mut Builder, rng: Rng) -> Value {
    let [s0, s1, s2, s3] = [0, 1, 2, 3].map(|it| get(b, rng, it));
    match rng.bits {
        Bits::Pcg64 => {
            let (low, high) = congruential(b, [s0, s1, s2, s3], PCG64);
            put(b, rng, 0, low);
            put(b, rng, 1, high);
            // XSL RR: the two words in one, turned by the highest bits.
            let mixed = b.xor(high, low);
            let by = right(b, high, 58);
            let down = b.shr(mixed, by);
            let back = b.neg(by);
            let mask = b.constant(63u64);
            let back = b.and(back, mask);
            let up = b.shl(mixed, back);
            b.or(down, up)
        }
        Bits::Pcg64Dxsm => {
            let times = b.constant(DXSM);
            let one = b.constant(1u64);
            let shifted = right(b, s1, 32);
            let found = b.xor(s1, shifted);
            let found = b.mul(found, times);
            let shifted = right(b, found, 48);
            let found = b.xor(found, shifted);
            let odd = b.or(s0, one);
            let found = b.mul(found, odd);
            let (low, high) = congruential(b, [s0, s1, s2, s3], [DXSM, 0]);
            put(b, rng, 0, low);
            put(b, rng, 1, high);
            found
        }
        Bits::Sfc64 => {
            let sum = b.add(s0, s1);
            let found = b.add(sum, s3);
            let one = b.constant(1u64);
            let count = b.add(s3, one);
            let shifted = right(b, s1, 11);
            let first = b.xor(s1, shifted);
            let shifted = left(b, s2, 3);
            let second = b.add(s2, shifted);
            let (up, down) = (left(b, s2, 24), right(b, s2, 40));
            let turned = b.or(up, down);
            let third = b.add(turned, found);
            for (place, value) in [first, second, third, count].into_iter().enumerate() {
                put(b, rng, place as i64, value);
            }
            found
        }
    }
}

/// One step of a linear congruential generator of 128 bits: the lower and the upper word.
fn congruential(
    b: &mut Builder,
    [low, high, plus, carry]: [Value; 4],
    by: [u64; 2],
) -> (Value, Value) {
    let times = b.constant(by[0]);
    let new_low = b.mul(low, times);
    let mut new_high = b.op(Op::MulHigh, &[low, times]);
    let part = b.mul(high, times);
    new_high = b.add(new_high, part);
    if by[1] != 0 {
        let upper = b.constant(by[1]);
        let part = b.mul(low, upper);
        new_high = b.add(new_high, part);
    }
    let sum = b.add(new_low, plus);
    let over = b.lt(sum, plus);
    let over = b.cast(DType::U64, over);
    new_high = b.add(new_high, carry);
    (sum, b.add(new_high, over))
}

/// The next 32 bits, in a word: the kept half of one, or else the lower half of a new one.
fn half(b: &mut Builder, rng: Rng) -> Value {
    let has = get(b, rng, HAS_HALF);
    let zero = b.constant(0u64);
    let kept = b.ne(has, zero);
    let found = b.choose(
        kept,
        |b| {
            put(b, rng, HAS_HALF, zero);
            vec![get(b, rng, HALF)]
        },
        |b| {
            let word = word(b, rng);
            let one = b.constant(1u64);
            put(b, rng, HAS_HALF, one);
            let upper = right(b, word, 32);
            put(b, rng, HALF, upper);
            let mask = b.constant(0xffff_ffffu64);
            vec![b.and(word, mask)]
        },
    );
    found[0]
}

/// A number from 0 to below 1.
pub(crate) fn double(b: &mut Builder, rng: Rng) -> Value {
    let word = word(b, rng);
    let bits = right(b, word, 11);
    let unit = b.constant(1.0 / (1u64 << 53) as f64);
    let whole = whole(b, bits);
    b.mul(whole, unit)
}

/// A word below 2⁶³ as a float: signed, since that conversion is one instruction.
fn whole(b: &mut Builder, bits: Value) -> Value {
    let signed = b.cast(DType::I64, bits);
    b.cast(DType::F64, signed)
}

/// `log(1 - u)` of a new uniform number.
fn logarithm(b: &mut Builder, rng: Rng) -> Value {
    let uniform = double(b, rng);
    let negative = b.neg(uniform);
    b.op(Op::Log1p, &[negative])
}

/// Whether a point between the heights of a layer and the one inside lies below a density.
fn beneath(b: &mut Builder, rng: Rng, tables: Tables, layer: Value, density: Value) -> Value {
    let one = b.constant(1u64);
    let inside = b.sub(layer, one);
    let inner = b.lookup(tables.height, inside);
    let outer = b.lookup(tables.height, layer);
    let thick = b.sub(inner, outer);
    let uniform = double(b, rng);
    let part = b.mul(thick, uniform);
    let height = b.add(part, outer);
    b.lt(height, density)
}

/// A point of a ziggurat: its layer, its place as an integer, and as a number.
fn normal_point(b: &mut Builder, rng: Rng, tables: Tables) -> [Value; 3] {
    let word = word(b, rng);
    let mask = b.constant(0xffu64);
    let layer = b.and(word, mask);
    let sign = b.constant(0x100u64);
    let sign = b.and(word, sign);
    let negative = left(b, sign, 55);
    let integer = right(b, word, 9);
    let mask = b.constant(0x000f_ffff_ffff_ffffu64);
    let integer = b.and(integer, mask);
    let width = b.lookup(tables.width, layer);
    let number = whole(b, integer);
    let size = b.mul(number, width);
    let bits = b.bitcast(DType::U64, size);
    let bits = b.xor(bits, negative);
    [layer, integer, b.bitcast(DType::F64, bits)]
}

fn exponential_point(b: &mut Builder, rng: Rng, tables: Tables) -> [Value; 3] {
    let word = word(b, rng);
    let layer = right(b, word, 3);
    let mask = b.constant(0xffu64);
    let layer = b.and(layer, mask);
    let integer = right(b, word, 11);
    let width = b.lookup(tables.width, layer);
    let number = whole(b, integer);
    [layer, integer, b.mul(number, width)]
}

type Point = fn(&mut Builder, Rng, Tables) -> [Value; 3];
type Edge = fn(&mut Builder, Rng, Tables, [Value; 3]) -> Vec<Value>;

/// A number by the ziggurat: nearly always the first point, else points until one is taken.
fn ziggurat(b: &mut Builder, rng: Rng, tables: Tables, point: Point, edge: Edge) -> Value {
    let [layer, integer, x] = point(b, rng, tables);
    let sure = b.lookup(tables.sure, layer);
    let inside = b.lt(integer, sure);
    let found = b.choose(
        inside,
        |_| vec![x],
        |b| {
            let go_on = b.constant(true);
            let last = b.repeat(
                &[go_on, layer, integer, x],
                |_, carried| (carried[0], ()),
                |b, carried, ()| {
                    let here = [carried[1], carried[2], carried[3]];
                    let tried = edge(b, rng, tables, here);
                    b.choose(
                        tried[0],
                        |b| vec![b.constant(false), here[0], here[1], tried[1]],
                        |b| {
                            let [layer, integer, x] = point(b, rng, tables);
                            let sure = b.lookup(tables.sure, layer);
                            let outside = b.ge(integer, sure);
                            vec![outside, layer, integer, x]
                        },
                    )
                },
            );
            vec![last[3]]
        },
    );
    found[0]
}

/// Whether a point at the edge is taken, and which number it is.
fn normal_edge(b: &mut Builder, rng: Rng, tables: Tables, here: [Value; 3]) -> Vec<Value> {
    let [layer, integer, x] = here;
    let zero = b.constant(0u64);
    let last = b.eq(layer, zero);
    b.choose(
        last,
        |b| {
            let go_on = b.constant(true);
            let start = b.constant(0.0);
            let slope = b.constant(-tables.slope);
            let found = b.repeat(
                &[go_on, start],
                |_, carried| (carried[0], ()),
                |b, _, ()| {
                    let first = logarithm(b, rng);
                    let beyond = b.mul(slope, first);
                    let second = logarithm(b, rng);
                    let height = b.neg(second);
                    let twice = b.add(height, height);
                    let square = b.mul(beyond, beyond);
                    let under = b.gt(twice, square);
                    vec![b.not(under), beyond]
                },
            );
            let tail = b.constant(tables.tail);
            let size = b.add(tail, found[1]);
            let sign = right(b, integer, 8);
            let one = b.constant(1u64);
            let sign = b.and(sign, one);
            let negative = b.ne(sign, zero);
            let turned = b.neg(size);
            let value = b.select(negative, turned, size);
            vec![b.constant(true), value]
        },
        |b| {
            let half = b.constant(-0.5);
            let part = b.mul(half, x);
            let exponent = b.mul(part, x);
            let density = b.exp(exponent);
            vec![beneath(b, rng, tables, layer, density), x]
        },
    )
}

fn exponential_edge(b: &mut Builder, rng: Rng, tables: Tables, here: [Value; 3]) -> Vec<Value> {
    let [layer, _, x] = here;
    let zero = b.constant(0u64);
    let last = b.eq(layer, zero);
    b.choose(
        last,
        |b| {
            let beyond = logarithm(b, rng);
            let tail = b.constant(tables.tail);
            vec![b.constant(true), b.sub(tail, beyond)]
        },
        |b| {
            let negative = b.neg(x);
            let density = b.exp(negative);
            vec![beneath(b, rng, tables, layer, density), x]
        },
    )
}

/// A number of the standard normal distribution.
pub(crate) fn normal(b: &mut Builder, rng: Rng, tables: Tables) -> Value {
    ziggurat(b, rng, tables, normal_point, normal_edge)
}

/// A number of the standard exponential distribution.
pub(crate) fn exponential(b: &mut Builder, rng: Rng, tables: Tables) -> Value {
    ziggurat(b, rng, tables, exponential_point, exponential_edge)
}

/// A word from 0 to `range`, by Lemire's method with the bits that NumPy gives it.
pub(crate) fn below(b: &mut Builder, rng: Rng, range: Value, known: Option<u64>) -> Value {
    match known {
        Some(0) => return b.constant(0u64),
        Some(0xffff_ffff) => return half(b, rng),
        Some(u64::MAX) => return word(b, rng),
        Some(it) if it < 0xffff_ffff => return below_half(b, rng, range),
        Some(_) => return below_word(b, rng, range),
        None => {}
    }
    let [zero, most, all] = [0, 0xffff_ffff, u64::MAX].map(|it| b.constant(it));
    let single = b.eq(range, zero);
    let found = b.choose(
        single,
        |_| vec![zero],
        |b| {
            let short = b.le(range, most);
            b.choose(
                short,
                |b| {
                    let whole = b.eq(range, most);
                    b.choose(whole, |b| vec![half(b, rng)], |b| vec![below_half(b, rng, range)])
                },
                |b| {
                    let whole = b.eq(range, all);
                    b.choose(whole, |b| vec![word(b, rng)], |b| vec![below_word(b, rng, range)])
                },
            )
        },
    );
    found[0]
}

fn below_half(b: &mut Builder, rng: Rng, range: Value) -> Value {
    let one = b.constant(1u64);
    let count = b.add(range, one);
    let mask = b.constant(0xffff_ffffu64);
    let bits = half(b, rng);
    let product = b.mul(bits, count);
    let low = b.and(product, mask);
    let close = b.lt(low, count);
    let found = b.choose(
        close,
        |b| {
            let rest = b.sub(mask, range);
            let excess = b.rem(rest, count);
            b.repeat(
                &[product],
                |b, carried| {
                    let low = b.and(carried[0], mask);
                    (b.lt(low, excess), ())
                },
                |b, _, ()| {
                    let bits = half(b, rng);
                    vec![b.mul(bits, count)]
                },
            )
        },
        |_| vec![product],
    );
    right(b, found[0], 32)
}

fn below_word(b: &mut Builder, rng: Rng, range: Value) -> Value {
    let one = b.constant(1u64);
    let count = b.add(range, one);
    let product = move |b: &mut Builder| {
        let bits = word(b, rng);
        vec![b.mul(bits, count), b.op(Op::MulHigh, &[bits, count])]
    };
    let first = product(b);
    let close = b.lt(first[0], count);
    let found = b.choose(
        close,
        |b| {
            let all = b.constant(u64::MAX);
            let rest = b.sub(all, range);
            let excess = b.rem(rest, count);
            let start = first.clone();
            b.repeat(&start, |b, carried| (b.lt(carried[0], excess), ()), |b, _, ()| product(b))
        },
        |_| first.clone(),
    );
    found[1]
}
