//! Numbers by position: known answers, any part alone, and generators that leap.

#![allow(clippy::float_cmp, clippy::unreadable_literal, reason = "bit for bit is the task")]

use random::{
    BitGenerator, Integers, Mt19937, Pcg64, Pcg64Dxsm, Philox4x32, Philox4x64, Positional,
    SeedSequence, Sfc64,
};

fn numbers() -> Positional {
    Positional::from(&SeedSequence::new(9))
}

#[test]
fn words_are_those_of_philox() {
    let mut seed = [0; 3];
    SeedSequence::new(9).fill_u32(&mut seed);
    let (draw, first) = ((5_u64 << 32) + 3, 1_u64 << 36);
    let mut words = [0; 96];
    numbers().fill_words(draw, first, &mut words);
    for (at, &word) in words.iter().enumerate() {
        let position = first + at as u64;
        let (group, rest) = (position / 32, position % 32);
        let block = 16 * group + rest % 16;
        let counter = [block as u32, (block >> 32) as u32, 3, seed[2].wrapping_add(5)];
        let answer = Philox4x32::block(counter, [seed[0], seed[1]]);
        let half = 2 * (rest / 16) as usize;
        assert_eq!(word, u64::from(answer[half]) << 32 | u64::from(answer[half + 1]));
    }
}

/// The same sums are in `tests/test_random_parallel.py`, where the widest vectors are used.
#[test]
fn vectors_of_any_width_give_the_same_bits() {
    let numbers = Positional::from(&SeedSequence::new(42));
    let (mut doubles, mut floats) = (vec![0.0_f64; 100_000], vec![0.0_f32; 100_000]);
    let sum = |words: &mut dyn Iterator<Item = u64>| words.fold(0, u64::wrapping_add);
    numbers.fill_normal(0, 0, &mut doubles);
    numbers.fill_normal(1, 0, &mut floats);
    assert_eq!(sum(&mut doubles.iter().map(|value| value.to_bits())), 8903214163380665181);
    assert_eq!(sum(&mut floats.iter().map(|value| value.to_bits().into())), 212750438381202);
    numbers.fill_exponential(2, 0, &mut doubles);
    numbers.fill_exponential(3, 0, &mut floats);
    assert_eq!(sum(&mut doubles.iter().map(|value| value.to_bits())), 207531569197605565);
    assert_eq!(sum(&mut floats.iter().map(|value| value.to_bits().into())), 105783463779216);
}

#[test]
fn a_part_is_as_in_the_whole() {
    let mut whole = [0.0; 700];
    numbers().fill_normal(2, 1000, &mut whole);
    let mut singles = [0.0_f32; 700];
    numbers().fill_exponential(2, 1000, &mut singles);
    let range = Integers::<u32>::new(0..3 << 30).unwrap(); // a quarter of the words is refused
    let mut integers = [0; 700];
    numbers().fill_integers(&range, 2, 1000, &mut integers);
    for from in (0..700).step_by(23) {
        for length in [0, 1, 31, 64, 65, 130] {
            let end = (from + length).min(700);
            let first = 1000 + from as u64;
            let mut part = vec![0.0; end - from];
            numbers().fill_normal(2, first, &mut part);
            assert_eq!(part, whole[from..end]);
            let mut part = vec![0.0; end - from];
            numbers().fill_exponential(2, first, &mut part);
            assert_eq!(part, singles[from..end]);
            let mut part = vec![0; end - from];
            numbers().fill_integers(&range, 2, first, &mut part);
            assert_eq!(part, integers[from..end]);
        }
    }
}

#[test]
fn logarithms_and_directions_are_close_to_the_exact_ones() {
    let mut words = vec![0; 1 << 16];
    let (mut normals, mut exponentials) = (vec![0.0_f64; 1 << 16], vec![0.0_f64; 1 << 16]);
    numbers().fill_words(0, 0, &mut words);
    numbers().fill_normal(0, 0, &mut normals);
    numbers().fill_exponential(0, 0, &mut exponentials);
    let uniform = |word: u64| 1.0 - (word >> 12) as f64 / (1_u64 << 52) as f64;
    for (&word, &value) in words.iter().zip(&exponentials) {
        let exact = -uniform(word).ln();
        assert!((value - exact).abs() <= 4e-16 * exact.max(1e-3), "{value} {exact}");
    }
    for group in 0..words.len() / 32 {
        for lane in 32 * group..32 * group + 16 {
            let distance = (-2.0 * uniform(words[lane]).ln()).sqrt();
            let (x, y) = (normals[lane], normals[lane + 16]);
            assert!((x.hypot(y) - distance).abs() < 1e-14);
            // The lower 62 bits: an angle from -45 to 45 degrees. One bit swaps, one reflects.
            let angle = ((words[lane + 16] << 2 >> 12) as f64 / (1_u64 << 52) as f64 - 0.5)
                * std::f64::consts::FRAC_PI_2;
            let (mut right, mut up) = (angle.cos(), angle.sin());
            if words[lane + 16] >> 62 & 1 == 1 {
                (right, up) = (up, right);
            }
            if words[lane + 16] >> 63 == 1 {
                (right, up) = (-right, -up);
            }
            assert!((x - distance * right).abs() < 1e-14 && (y - distance * up).abs() < 1e-14);
        }
    }
}

#[test]
fn the_floats_are_close_to_the_doubles_of_their_words() {
    let mut words = vec![0; 1 << 16];
    let full = Integers::<u32>::new(..).unwrap();
    numbers().fill_integers(&full, 0, 0, &mut words);
    let mut floats = vec![0.0_f32; 1 << 16];
    numbers().fill_exponential(0, 0, &mut floats);
    for (&word, &value) in words.iter().zip(&floats) {
        let exact = -(((f64::from(word >> 1)) + 0.5) / f64::from(1_u32 << 31)).ln();
        assert!((f64::from(value) - exact).abs() <= 4e-7 * exact, "{value} {exact}");
    }
    numbers().fill_normal(0, 0, &mut floats);
    for group in 0..words.len() / 64 {
        for lane in (64 * group..64 * group + 16).chain(64 * group + 32..64 * group + 48) {
            let exact = -(((f64::from(words[lane] >> 1)) + 0.5) / f64::from(1_u32 << 31)).ln();
            let distance = (2.0 * exact).sqrt();
            let found = f64::from(floats[lane]).hypot(floats[lane + 16].into());
            assert!((found - distance).abs() < 1e-6 * distance.max(1.0));
        }
    }
}

/// `ahead` is as many words later, wherever the generator stands, and keeps a kept half.
fn leaps<B: BitGenerator + Clone + std::fmt::Debug + PartialEq>(start: &B) {
    for before in 0..6 {
        for half in [false, true] {
            let mut from = start.clone();
            for _ in 0..before {
                from.next_u64();
            }
            if half {
                from.next_u32();
                assert!(from.keeps_half());
            }
            let mut there = from.clone();
            for words in 0..20 {
                let leaped = from.ahead(words).unwrap();
                assert_eq!(leaped, there, "{words} words after {before}");
                there.next_u64();
            }
            assert_eq!(
                from.ahead(1 << 40).unwrap(),
                from.ahead(1 << 39).unwrap().ahead(1 << 39).unwrap()
            );
        }
    }
}

#[test]
fn generators_leap() {
    leaps(&Pcg64::new(1));
    leaps(&Pcg64Dxsm::new(1));
    leaps(&Philox4x64::new(1));
    assert!(Sfc64::new(1).ahead(1).is_none());
    assert!(Mt19937::new(1).ahead(1).is_none());
}
