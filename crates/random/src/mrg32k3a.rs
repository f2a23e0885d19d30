//! `MRG32k3a`: the streams of R's `parallel` and `rlecuyer`.

use crate::StateError;

const M1: u64 = 4_294_967_087;
const M2: u64 = 4_294_944_443;
const A12: u64 = 1_403_580;
const A13: u64 = 810_728; // subtracted, as A23 is
const A21: u64 = 527_612;
const A23: u64 = 1_370_589;
/// 1 / (M1 + 1), as the paper and R have it.
const NORM: f64 = 2.328_306_549_295_728e-10;

type Matrix = [[u64; 3]; 3];
const STEP1: Matrix = [[0, 1, 0], [0, 0, 1], [M1 - A13, A12, 0]];
const STEP2: Matrix = [[0, 1, 0], [0, 0, 1], [M2 - A23, 0, A21]];

/// L'Ecuyer's combined multiple recursive generator (1999) with the streams and substreams of
/// L'Ecuyer, Simard, Chen and Kelton (2002): streams start 2¹²⁷ numbers apart, their substreams
/// 2⁷⁶. R calls it "L'Ecuyer-CMRG".
///
/// ```
/// use random::Mrg32k3a;
///
/// let mut first = Mrg32k3a::from_state(&[12345; 6])?;
/// assert_eq!(first.next_double(), 0.12701112204657714); // the paper's program
/// let second = first.next_stream(); // nextRNGStream of R
/// # Ok::<(), random::StateError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mrg32k3a {
    first: [u64; 3],
    second: [u64; 3],
}

impl Mrg32k3a {
    /// The generator after `RNGkind("L'Ecuyer-CMRG"); set.seed(seed)` in R.
    pub fn seeded(seed: i32) -> Self {
        let mut word = seed.cast_unsigned();
        let mut next = || {
            word = word.wrapping_mul(69_069).wrapping_add(1);
            word
        };
        for _ in 0..50 {
            next();
        }
        let mut below = || {
            loop {
                let word = u64::from(next());
                if word < M2 {
                    return word;
                }
            }
        };
        let mut three = || [below(), below(), below()];
        Self { first: three(), second: three() }
    }

    /// The generator in the state of six words: the first three below 2³² - 209, the last three
    /// below 2³² - 22853, and neither three all zero.
    pub fn from_state(state: &[u32; 6]) -> Result<Self, StateError> {
        let (threes, _) = state.as_chunks();
        let [first, second] = [0, 1].map(|half| threes[half].map(u64::from));
        for (three, modulus) in [(first, M1), (second, M2)] {
            for word in three {
                StateError::unless_within(
                    "a word of the state",
                    word as usize,
                    modulus as usize - 1,
                )?;
            }
            StateError::unless_within(
                "three zeros of the state",
                3 * usize::from(three == [0; 3]),
                2,
            )?;
        }
        Ok(Self { first, second })
    }

    /// The six words of the state, in the order of R's `.Random.seed[2:7]`.
    pub fn state(&self) -> [u32; 6] {
        let mut words = self.first.iter().chain(&self.second);
        [0; 6].map(|_: u32| words.next().map_or(0, |&word| word as u32))
    }

    /// A number between 0 and 1, neither included: R's `runif(1)`.
    #[inline]
    pub fn next_double(&mut self) -> f64 {
        let p1 = (A12 * self.first[1] + A13 * (M1 - self.first[0])) % M1;
        self.first = [self.first[1], self.first[2], p1];
        let p2 = (A21 * self.second[2] + A23 * (M2 - self.second[0])) % M2;
        self.second = [self.second[1], self.second[2], p2];
        let difference = if p1 > p2 { p1 - p2 } else { p1 + M1 - p2 };
        difference as f64 * NORM
    }

    /// The start of the next stream: 2¹²⁷ numbers on. R's `nextRNGStream`.
    #[must_use]
    pub fn next_stream(&self) -> Self {
        self.leaped(127)
    }

    /// The start of the next substream: 2⁷⁶ numbers on. R's `nextRNGSubStream`.
    #[must_use]
    pub fn next_substream(&self) -> Self {
        self.leaped(76)
    }

    /// `2^exponent` numbers on.
    fn leaped(&self, exponent: u32) -> Self {
        let (mut one, mut two) = (STEP1, STEP2);
        for _ in 0..exponent {
            one = product(&one, &one, M1);
            two = product(&two, &two, M2);
        }
        Self { first: applied(&one, self.first, M1), second: applied(&two, self.second, M2) }
    }
}

fn applied(matrix: &Matrix, vector: [u64; 3], modulus: u64) -> [u64; 3] {
    matrix.map(|row| {
        // Each product is below 2⁶⁴, the sum of three is not.
        row.iter()
            .zip(vector)
            .fold(0, |sum, (&left, right)| (sum + left * right % modulus) % modulus)
    })
}

fn product(left: &Matrix, right: &Matrix, modulus: u64) -> Matrix {
    let mut columns = [[0; 3]; 3];
    for at in 0..3 {
        columns[at] = applied(left, right.map(|row| row[at]), modulus);
    }
    std::array::from_fn(|row| columns.map(|column| column[row]))
}
