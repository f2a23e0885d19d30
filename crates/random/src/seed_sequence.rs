//! Seeds of any size, stirred into pools of well mixed bits, with a tree of children.

use std::sync::Arc;

const INIT_A: u32 = 0x43b0_d7e5;
const MULT_A: u32 = 0x931e_8875;
const INIT_B: u32 = 0x8b51_f9dd;
const MULT_B: u32 = 0x58f3_8ded;
const MIX_LEFT: u32 = 0xca01_f9dd;
const MIX_RIGHT: u32 = 0x4973_f715;

const POOL: usize = 4; // words, the smallest and the usual size

/// NumPy's `SeedSequence`: entropy in, any number of well mixed words out.
///
/// Two sequences that differ in entropy or spawn key give unrelated words, also for seeds as close
/// as 1 and 2. [`spawn`](Self::spawn) makes children that differ in their key alone.
///
/// ```
/// use random::SeedSequence;
///
/// // numpy.random.SeedSequence(42).generate_state(2)
/// assert_eq!(SeedSequence::new(42).generate_u32(2), [3444837047, 2669555309]);
/// // The third child: SeedSequence(42, spawn_key=(2,))
/// let mut sequence = SeedSequence::new(42);
/// let children = sequence.spawn(3);
/// assert_eq!(children[2], SeedSequence::new(42).with_spawn_key(&[2]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedSequence {
    entropy: Arc<[u32]>, // shared with all descendants
    spawn_key: Vec<u64>,
    pool: Vec<u32>,
    children: u32,
}

impl SeedSequence {
    /// The sequence of an integer seed, as `numpy.random.SeedSequence(seed)`.
    pub fn new(seed: u128) -> Self {
        Self::from_integers(&[seed])
    }

    /// The sequence of several integers, as `numpy.random.SeedSequence([1, 2, 3])`.
    pub fn from_integers(integers: &[u128]) -> Self {
        let words: Vec<u32> = integers.iter().flat_map(|&integer| words(integer)).collect();
        Self::from_words(&words)
    }

    /// The sequence of an integer of any size, given as 32-bit words, lowest first. The highest
    /// word should not be zero, since NumPy stores integers without leading zeros.
    ///
    /// ```
    /// use random::SeedSequence;
    ///
    /// assert_eq!(SeedSequence::from_words(&[5, 1]), SeedSequence::new((1 << 32) + 5));
    /// ```
    pub fn from_words(entropy: &[u32]) -> Self {
        Self::stirred(entropy.into(), Vec::new(), POOL)
    }

    /// The sequence at this place of the tree, as `SeedSequence(seed, spawn_key=key)`.
    #[must_use]
    pub fn with_spawn_key(&self, key: &[u64]) -> Self {
        Self::stirred(self.entropy.clone(), key.to_vec(), self.pool.len())
    }

    /// The same entropy in a pool of so many words, as `SeedSequence(seed, pool_size=words)`.
    /// Anything below 4 counts as 4.
    #[must_use]
    pub fn with_pool_size(&self, words: usize) -> Self {
        Self::stirred(self.entropy.clone(), self.spawn_key.clone(), words.max(POOL))
    }

    /// The same sequence when `children` were spawned already.
    #[must_use]
    pub fn with_children_spawned(mut self, children: u32) -> Self {
        self.children = children;
        self
    }

    /// The entropy in 32-bit words.
    pub fn entropy(&self) -> &[u32] {
        &self.entropy
    }

    /// The path from the root of the tree to this sequence.
    pub fn spawn_key(&self) -> &[u64] {
        &self.spawn_key
    }

    /// The words of mixed entropy.
    pub fn pool(&self) -> &[u32] {
        &self.pool
    }

    /// How many children were spawned so far; the next one gets this number.
    pub fn children_spawned(&self) -> u32 {
        self.children
    }

    /// The next `children` sequences, each one step further down the tree.
    pub fn spawn(&mut self, children: u32) -> Vec<Self> {
        let first = self.children;
        self.children += children;
        (first..self.children).map(|child| self.child(child)).collect()
    }

    /// The child of this number, whether it was spawned or not.
    ///
    /// ```
    /// use random::SeedSequence;
    ///
    /// let mut root = SeedSequence::new(1);
    /// assert_eq!(root.child(1), root.spawn(2)[1]);
    /// ```
    #[must_use]
    pub fn child(&self, child: u32) -> Self {
        let mut key = Vec::with_capacity(self.spawn_key.len() + 1);
        key.extend_from_slice(&self.spawn_key);
        key.push(child.into());
        Self::stirred(self.entropy.clone(), key, self.pool.len())
    }

    /// `count` words to seed a generator with: `generate_state(count)`.
    pub fn generate_u32(&self, count: usize) -> Vec<u32> {
        let mut words = vec![0; count];
        self.fill_u32(&mut words);
        words
    }

    /// `count` long words: `generate_state(count, "uint64")`.
    ///
    /// ```
    /// use random::SeedSequence;
    ///
    /// assert_eq!(SeedSequence::new(42).generate_u64(1), [11465652750463011511]);
    /// ```
    pub fn generate_u64(&self, count: usize) -> Vec<u64> {
        let words = self.generate_u32(2 * count);
        words.chunks_exact(2).map(|pair| u64::from(pair[1]) << 32 | u64::from(pair[0])).collect()
    }

    /// As [`generate_u32`](Self::generate_u32), into memory of the caller.
    pub fn fill_u32(&self, out: &mut [u32]) {
        let mut hash = INIT_B;
        for (word, &source) in out.iter_mut().zip(self.pool.iter().cycle()) {
            let mixed = source ^ hash;
            hash = hash.wrapping_mul(MULT_B);
            *word = fold(mixed.wrapping_mul(hash));
        }
    }

    /// As [`generate_u64`](Self::generate_u64), into an array.
    pub(crate) fn array<const N: usize>(&self) -> [u64; N] {
        let mut halves = [[0_u32; 2]; N];
        self.fill_u32(halves.as_flattened_mut());
        halves.map(|[low, high]| u64::from(high) << 32 | u64::from(low))
    }

    fn stirred(entropy: Arc<[u32]>, spawn_key: Vec<u64>, size: usize) -> Self {
        let mut pool = vec![0; size];
        let mut stir = Stir { hash: INIT_A };
        // With a spawn key, short entropy is filled up with zeros: else a key could pass for the
        // end of a longer seed.
        let filled = if spawn_key.is_empty() { 0 } else { size.saturating_sub(entropy.len()) };
        let mut words = entropy
            .iter()
            .copied()
            .chain(std::iter::repeat_n(0, filled))
            .chain(spawn_key.iter().flat_map(|&step| words(step.into())));
        for word in &mut pool {
            *word = stir.hash(words.next().unwrap_or(0));
        }
        for source in 0..size {
            for target in 0..size {
                if source != target {
                    pool[target] = mix(pool[target], stir.hash(pool[source]));
                }
            }
        }
        for word in words {
            for target in &mut pool {
                *target = mix(*target, stir.hash(word));
            }
        }
        Self { entropy, spawn_key, pool, children: 0 }
    }
}

/// An integer in 32-bit words, lowest first, without leading zeros, but at least one.
fn words(integer: u128) -> impl Iterator<Item = u32> {
    let count = (u128::BITS - integer.leading_zeros()).div_ceil(32).max(1);
    (0..count).map(move |word| (integer >> (32 * word)) as u32)
}

/// A hash whose constant moves on with every word.
struct Stir {
    hash: u32,
}

impl Stir {
    fn hash(&mut self, word: u32) -> u32 {
        let mixed = word ^ self.hash;
        self.hash = self.hash.wrapping_mul(MULT_A);
        fold(mixed.wrapping_mul(self.hash))
    }
}

fn mix(left: u32, right: u32) -> u32 {
    fold(MIX_LEFT.wrapping_mul(left).wrapping_sub(MIX_RIGHT.wrapping_mul(right)))
}

fn fold(word: u32) -> u32 {
    word ^ (word >> 16)
}
