//! A bit generator with everything that can be drawn from it.

use crate::{
    BitGenerator, Distribution, Integer, Integers, ParameterError, Pcg64, SeedSequence,
    StandardExponential, StandardNormal, StandardUniform, shuffle,
};

/// `numpy.random.default_rng(seed)`: PCG64 with NumPy's numbers.
///
/// ```
/// let mut rng = random::default_rng(42);
/// assert_eq!(rng.random(), 0.7739560485559633);
/// assert_eq!(rng.standard_normal(), -1.0399841062404955);
/// ```
pub fn default_rng(seed: u128) -> Generator<Pcg64> {
    Generator::from_sequence(SeedSequence::new(seed))
}

/// NumPy's `Generator`: draws of every kind from a bit generator.
///
/// What has parameters is drawn through its distribution, which is made once and checked once:
///
/// ```
/// use random::{Beta, Poisson, default_rng};
///
/// let mut rng = default_rng(7);
/// let counts = Poisson::new(3.5)?;
/// let one = rng.draw(&counts);
/// let mut many = [0; 1000];
/// rng.fill(&counts, &mut many);
/// let share = rng.draw(&Beta::new(2.0, 3.0)?);
/// # Ok::<(), random::ParameterError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generator<B> {
    bits: B,
    sequence: Option<SeedSequence>,
}

impl<B: BitGenerator> Generator<B> {
    /// A generator over `bits`, wherever they come from. It cannot spawn.
    pub fn new(bits: B) -> Self {
        Self { bits, sequence: None }
    }

    /// The bit generator, to look at.
    pub fn bits(&self) -> &B {
        &self.bits
    }

    /// The bit generator, to be drawn from.
    pub fn bits_mut(&mut self) -> &mut B {
        &mut self.bits
    }

    /// The bit generator alone.
    pub fn into_bits(self) -> B {
        self.bits
    }

    /// The sequence that this generator was seeded from, if it is known.
    pub fn seed_sequence(&self) -> Option<&SeedSequence> {
        self.sequence.as_ref()
    }

    /// One value of a distribution.
    #[inline]
    pub fn draw<T>(&mut self, distribution: &impl Distribution<T>) -> T {
        distribution.draw(&mut self.bits)
    }

    /// As many values of a distribution as `out` holds.
    #[inline]
    pub fn fill<T>(&mut self, distribution: &impl Distribution<T>, out: &mut [T]) {
        distribution.fill(&mut self.bits, out);
    }

    /// A uniform number from 0 to below 1.
    #[inline]
    pub fn random(&mut self) -> f64 {
        self.bits.next_double()
    }

    /// Uniform numbers from 0 to below 1, in `f64` or `f32`.
    #[inline]
    pub fn fill_random<T>(&mut self, out: &mut [T])
    where
        StandardUniform: Distribution<T>,
    {
        self.fill(&StandardUniform, out);
    }

    /// A normal number of mean 0 and deviation 1.
    #[inline]
    pub fn standard_normal(&mut self) -> f64 {
        self.draw(&StandardNormal)
    }

    /// Normal numbers of mean 0 and deviation 1, in `f64` or `f32`.
    #[inline]
    pub fn fill_standard_normal<T>(&mut self, out: &mut [T])
    where
        StandardNormal: Distribution<T>,
    {
        self.fill(&StandardNormal, out);
    }

    /// Exponential numbers of mean 1, in `f64` or `f32`.
    #[inline]
    pub fn fill_standard_exponential<T>(&mut self, out: &mut [T])
    where
        StandardExponential: Distribution<T>,
    {
        self.fill(&StandardExponential, out);
    }

    /// An integer of a range.
    ///
    /// ```
    /// let mut rng = random::default_rng(42);
    /// assert_eq!(rng.integers(0..100), Ok(8_i64)); // default_rng(42).integers(100)
    /// ```
    pub fn integers<T: Integer>(
        &mut self,
        range: impl std::ops::RangeBounds<T>,
    ) -> Result<T, ParameterError> {
        Ok(self.draw(&Integers::new(range)?))
    }

    /// Random bytes: `Generator.bytes`.
    pub fn bytes(&mut self, out: &mut [u8]) {
        self.bits.fill_bytes(out);
    }

    /// Bring `items` into a random order: `Generator.shuffle`.
    ///
    /// ```
    /// let mut cards = [0, 1, 2, 3, 4];
    /// random::default_rng(42).shuffle(&mut cards);
    /// assert_eq!(cards, [4, 2, 3, 1, 0]); // default_rng(42).permutation(5)
    /// ```
    #[inline]
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        shuffle::shuffle(&mut self.bits, items);
    }

    /// Bring each row of `row` items into an order of its own: `Generator.permuted(axis=-1)`.
    ///
    /// # Panics
    ///
    /// If `row` is 0.
    pub fn permuted<T>(&mut self, items: &mut [T], row: usize) {
        for items in items.chunks_mut(row) {
            self.shuffle(items);
        }
    }

    /// The integers below `count` in a random order: `Generator.permutation(count)`.
    pub fn permutation(&mut self, count: usize) -> Vec<i64> {
        let mut order: Vec<i64> = (0..count as i64).collect();
        self.shuffle(&mut order);
        order
    }
}

impl<B: BitGenerator + for<'a> From<&'a SeedSequence>> Generator<B> {
    /// The generator of a seed, as `Generator(PCG64(seed))` and the like.
    pub fn seeded(seed: u128) -> Self {
        Self::from_sequence(SeedSequence::new(seed))
    }

    /// The generator of a seed sequence.
    pub fn from_sequence(sequence: SeedSequence) -> Self {
        Self { bits: B::from(&sequence), sequence: Some(sequence) }
    }

    /// The next `children`, independent of this generator and of each other: `Generator.spawn`.
    /// None if the generator's seed sequence is not known.
    ///
    /// ```
    /// use random::{Generator, Pcg64, SeedSequence, default_rng};
    ///
    /// let mut children = default_rng(1).spawn(2).unwrap();
    /// let key = SeedSequence::new(1).with_spawn_key(&[1]);
    /// assert_eq!(children[1].random(), Generator::<Pcg64>::from_sequence(key).random());
    /// ```
    pub fn spawn(&mut self, children: u32) -> Option<Vec<Self>> {
        let sequences = self.sequence.as_mut()?.spawn(children);
        Some(sequences.into_iter().map(Self::from_sequence).collect())
    }
}
