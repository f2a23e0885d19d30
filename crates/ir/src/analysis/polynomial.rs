//! Sums of products of values, as wrapping i64.

use std::collections::BTreeMap;
use std::fmt;

use crate::Value;

/// A sum of products of symbols, such as `3*n*m + 2*n - 1`, computed as i64 that wraps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Polynomial {
    /// Factor of each product; products are sorted lists of symbols, and no factor is zero.
    terms: BTreeMap<Vec<Value>, i64>,
}

/// Beyond this many products or factors an expression is no longer followed.
const LARGEST: usize = 16;

impl Polynomial {
    /// A number.
    pub fn constant(number: i64) -> Self {
        Self::product(Vec::new(), number)
    }

    /// A value that stands for itself.
    pub fn symbol(value: Value) -> Self {
        Self::product(vec![value], 1)
    }

    fn product(symbols: Vec<Value>, factor: i64) -> Self {
        let terms = if factor == 0 { BTreeMap::new() } else { BTreeMap::from([(symbols, factor)]) };
        Self { terms }
    }

    /// The number that it is, if it has no symbols.
    pub fn as_constant(&self) -> Option<i64> {
        match self.terms.len() {
            0 => Some(0),
            1 => self.terms.get(&Vec::new()).copied(),
            _ => None,
        }
    }

    /// The largest magnitude of a factor.
    pub fn largest(&self) -> u64 {
        self.terms.values().map(|factor| factor.unsigned_abs()).max().unwrap_or(0)
    }

    /// Each product of symbols with its factor.
    pub fn terms(&self) -> impl Iterator<Item = (&[Value], i64)> {
        self.terms.iter().map(|(symbols, &factor)| (symbols.as_slice(), factor))
    }

    /// Its value when the symbols have these.
    pub fn evaluate(&self, symbol: impl Fn(Value) -> i64) -> i64 {
        self.terms().fold(0, |sum, (symbols, factor)| {
            let product =
                symbols.iter().fold(factor, |product, &it| product.wrapping_mul(symbol(it)));
            sum.wrapping_add(product)
        })
    }

    /// The sum, unless it has grown too large to be followed.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Option<Self> {
        let mut answer = self.clone();
        for (symbols, factor) in other.terms() {
            answer.add(symbols.to_vec(), factor);
        }
        answer.bounded()
    }

    /// The product, unless it has grown too large to be followed.
    #[must_use]
    pub fn times(&self, other: &Self) -> Option<Self> {
        let mut answer = Self::default();
        for (left, left_factor) in self.terms() {
            for (right, right_factor) in other.terms() {
                let mut symbols = [left, right].concat();
                symbols.sort_unstable();
                answer.add(symbols, left_factor.wrapping_mul(right_factor));
            }
        }
        answer.bounded()
    }

    fn add(&mut self, symbols: Vec<Value>, factor: i64) {
        let sum = self.terms.get(&symbols).copied().unwrap_or(0).wrapping_add(factor);
        if sum == 0 {
            self.terms.remove(&symbols);
        } else {
            self.terms.insert(symbols, sum);
        }
    }

    fn bounded(self) -> Option<Self> {
        let small = self.terms.len() <= LARGEST && self.terms.keys().all(|it| it.len() <= LARGEST);
        small.then_some(self)
    }
}

impl fmt::Display for Polynomial {
    /// `3*v0*v1 + -1`, with values by their numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("0");
        }
        for (position, (symbols, factor)) in self.terms().enumerate() {
            let plus = if position == 0 { "" } else { " + " };
            write!(f, "{plus}{factor}")?;
            for symbol in symbols {
                write!(f, "*v{}", symbol.index())?;
            }
        }
        Ok(())
    }
}
