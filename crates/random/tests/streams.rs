//! The bit generators against NumPy: golden files made by `golden/make.py`.

mod golden;

use golden::{cases, digest, words};
use random::{
    BitGenerator, Mt19937, Pcg64, Pcg64Dxsm, Philox4x64, Rng, SeedSequence, SeedableRng, Sfc64,
};

/// What the tests need of a generator beside its trait.
trait Subject: BitGenerator + Clone + PartialEq + std::fmt::Debug + Sized + SeedableRng {
    fn seeded(seed: u128) -> Self;
    /// The state in the order of `state_words` in `make.py`.
    fn words(&self) -> Vec<u128>;
    /// Out and in again.
    fn returned(&self) -> Self;
    fn jumped(&self, jumps: u128) -> Self;
    fn advance(&mut self, delta: u128, back: bool);
}

macro_rules! pcg {
    ($name:ident) => {
        impl Subject for $name {
            fn seeded(seed: u128) -> Self {
                Self::new(seed)
            }
            fn words(&self) -> Vec<u128> {
                let state = self.state();
                vec![
                    state.state,
                    state.inc,
                    state.half.has_uint32.into(),
                    state.half.uinteger.into(),
                ]
            }
            fn returned(&self) -> Self {
                Self::from_state(&self.state()).unwrap()
            }
            fn jumped(&self, jumps: u128) -> Self {
                self.jumped(jumps)
            }
            fn advance(&mut self, delta: u128, back: bool) {
                self.advance(if back { delta.wrapping_neg() } else { delta });
            }
        }
    };
}
pcg!(Pcg64);
pcg!(Pcg64Dxsm);

impl Subject for Mt19937 {
    fn seeded(seed: u128) -> Self {
        Self::new(seed)
    }
    fn words(&self) -> Vec<u128> {
        let state = self.state();
        vec![digest(state.key.iter().map(|&word| word.into())).into(), state.pos as u128]
    }
    fn returned(&self) -> Self {
        Self::from_state(&self.state()).unwrap()
    }
    fn jumped(&self, jumps: u128) -> Self {
        self.jumped(jumps as usize)
    }
    fn advance(&mut self, _delta: u128, _back: bool) {
        unreachable!("MT19937 only jumps");
    }
}

impl Subject for Philox4x64 {
    fn seeded(seed: u128) -> Self {
        Self::new(seed)
    }
    fn words(&self) -> Vec<u128> {
        let state = self.state();
        let words = state.counter.iter().chain(&state.key).chain(&state.buffer);
        let mut words: Vec<u128> = words.map(|&word| word.into()).collect();
        words.extend::<[u128; 3]>([
            state.buffer_pos as u128,
            state.half.has_uint32.into(),
            state.half.uinteger.into(),
        ]);
        words
    }
    fn returned(&self) -> Self {
        Self::from_state(&self.state()).unwrap()
    }
    fn jumped(&self, jumps: u128) -> Self {
        self.jumped(jumps)
    }
    fn advance(&mut self, delta: u128, back: bool) {
        if back { self.rewind(delta) } else { self.advance(delta) }
    }
}

impl Subject for Sfc64 {
    fn seeded(seed: u128) -> Self {
        Self::new(seed)
    }
    fn words(&self) -> Vec<u128> {
        let state = self.state();
        let mut words: Vec<u128> = state.state.iter().map(|&word| word.into()).collect();
        words.extend::<[u128; 2]>([state.half.has_uint32.into(), state.half.uinteger.into()]);
        words
    }
    fn returned(&self) -> Self {
        Self::from_state(&self.state()).unwrap()
    }
    fn jumped(&self, _jumps: u128) -> Self {
        self.clone()
    }
    fn advance(&mut self, _delta: u128, _back: bool) {
        unreachable!("SFC64 neither jumps nor leaps");
    }
}

fn turns<S: Subject>(bits: &mut S) -> Vec<u128> {
    let mut drawn = Vec::new();
    for _ in 0..5 {
        drawn.push(bits.next_u32().into());
        *bits = bits.returned();
        drawn.push(bits.next_u64().into());
        drawn.push(bits.next_double().to_bits().into());
        drawn.push(bits.next_float().to_bits().into());
        *bits = bits.returned();
        drawn.push(bits.next_u32().into());
    }
    drawn.extend(bits.words());
    drawn
}

fn reproduces<S: Subject>(name: &str) {
    let mut count = 0;
    for [case, expected] in cases(include_str!("../golden/streams.txt")) {
        let [generator, seed, action @ ..] = &case.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{case}");
        };
        if *generator != name {
            continue;
        }
        let mut bits = S::seeded(words(seed)[0]);
        let number = action.get(1).map(|text| words(text)[0]);
        let got = match action[0] {
            "start" => bits.words(),
            "raw" => {
                let raw: Vec<u64> = (0..2000).map(|_| bits.next_raw()).collect();
                let first = raw[..4].iter().copied();
                let sum = digest(raw.iter().copied());
                std::iter::once(sum).chain(first).map(u128::from).collect()
            }
            "turns" => turns(&mut bits),
            "jump" => {
                for _ in 0..5 {
                    bits.next_raw();
                }
                bits.next_u32();
                let mut jumped = bits.jumped(number.unwrap());
                [jumped.words(), turns(&mut jumped)].concat()
            }
            "ahead" | "back" => {
                for _ in 0..3 {
                    bits.next_raw();
                }
                bits.advance(number.unwrap(), action[0] == "back");
                [bits.words(), turns(&mut bits)].concat()
            }
            other => panic!("{other}"),
        };
        assert_eq!(got, words(expected), "{case}");
        count += 1;
    }
    assert!(count >= 25, "only {count} cases");
    // Seeds of rand_core: an integer seeds as NumPy's, bytes as the words of an integer.
    assert_eq!(S::seed_from_u64(42).words(), S::seeded(42).words());
}

#[test]
fn pcg64() {
    reproduces::<Pcg64>("pcg64");
}

#[test]
fn pcg64dxsm() {
    reproduces::<Pcg64Dxsm>("pcg64dxsm");
}

#[test]
fn mt19937() {
    reproduces::<Mt19937>("mt19937");
}

#[test]
fn philox4x64() {
    reproduces::<Philox4x64>("philox4x64");
}

#[test]
fn sfc64() {
    reproduces::<Sfc64>("sfc64");
}

#[test]
fn bytes_seed_as_the_words_of_an_integer() {
    let seed: [u8; 32] = std::array::from_fn(|at| at as u8);
    let sequence = SeedSequence::from_words(&[
        0x0302_0100,
        0x0706_0504,
        0x0b0a_0908,
        0x0f0e_0d0c,
        0x1312_1110,
        0x1716_1514,
        0x1b1a_1918,
        0x1f1e_1d1c,
    ]);
    assert_eq!(Pcg64::from_seed(seed), Pcg64::from(&sequence));
}

#[test]
fn legacy_seeding() {
    for [kind, seed, expected] in cases(include_str!("../golden/legacy.txt")) {
        let seed: Vec<u32> = words(seed).iter().map(|&word| word as u32).collect();
        let mut bits = match kind {
            "one" => Mt19937::legacy(seed[0]),
            _ => Mt19937::legacy_by_words(&seed),
        };
        let mut got = bits.words();
        let raw: Vec<u64> = (0..700).map(|_| bits.next_raw()).collect();
        got.push(digest(raw.iter().copied()).into());
        got.extend(raw[..3].iter().map(|&word| u128::from(word)));
        assert_eq!(got, words(expected), "{seed:?}");
    }
}

#[test]
fn seed_sequences() {
    for [shape, entropy, key, pool, short, long, child] in
        cases(include_str!("../golden/seeds.txt"))
    {
        let (kind, size) = shape.split_once(' ').unwrap();
        let root = if kind == "many" {
            SeedSequence::from_integers(&words(entropy))
        } else {
            SeedSequence::from_words(&golden::integer(entropy))
        };
        let key: Vec<u64> = words(key).iter().map(|&step| step as u64).collect();
        let size = words(size)[0] as usize;
        let mut sequence = root.with_pool_size(size).with_spawn_key(&key);
        let wide = |all: &[u32]| all.iter().map(|&word| u128::from(word)).collect::<Vec<_>>();
        let wider = |all: &[u64]| all.iter().map(|&word| u128::from(word)).collect::<Vec<_>>();
        assert_eq!(wide(sequence.pool()), words(pool), "pool of {entropy} {key:?}");
        assert_eq!(wide(&sequence.generate_u32(11)), words(short), "{entropy} {key:?}");
        assert_eq!(wider(&sequence.generate_u64(5)), words(long), "{entropy} {key:?}");
        let grandchild = &sequence.spawn(3)[2].spawn(2)[1];
        assert_eq!(wider(&grandchild.generate_u64(4)), words(child), "{entropy} {key:?}");
        assert_eq!(sequence.children_spawned(), 3);
        assert_eq!(sequence.spawn(1)[0].spawn_key().last(), Some(&3));
    }
}

/// Many doubles at once are those of single calls, and leave the same state, for any length.
#[test]
fn doubles_at_once() {
    let mut once = Pcg64::new(9);
    once.next_u32(); // a kept half stays kept
    let mut singly = once.clone();
    for length in (0..80).chain([1000, 1001, 1002, 1003]) {
        let mut out = vec![0.0; length];
        once.fill_doubles(&mut out);
        assert!(
            out.into_iter().all(|value| value.to_bits() == singly.next_double().to_bits()),
            "{length}"
        );
        assert_eq!(once, singly, "{length}");
    }
}
