//! One number for each axis, without memory of its own for few axes.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};

/// Most axes whose numbers need no memory of their own.
const FEW: usize = 4;

/// One number for each axis: lengths, or strides.
///
/// ```
/// use memory::PerAxis;
///
/// let lengths: PerAxis<usize> = [3, 4].into();
/// assert_eq!(lengths[1], 4);
/// ```
#[derive(Clone)]
pub struct PerAxis<T>(Kept<T>);

#[derive(Clone)]
enum Kept<T> {
    Here(u8, [T; FEW]),
    There(Vec<T>),
}

impl<T: Copy + Default> PerAxis<T> {
    /// No axis.
    pub fn new() -> Self {
        Self(Kept::Here(0, [T::default(); FEW]))
    }

    /// The same number for so many axes.
    pub fn same(value: T, rank: usize) -> Self {
        if rank > FEW {
            return Self(Kept::There(vec![value; rank]));
        }
        Self(Kept::Here(rank as u8, [value; FEW]))
    }

    /// One more axis, the last.
    pub fn push(&mut self, value: T) {
        self.insert(self.len(), value);
    }

    /// One more axis in front of this place.
    ///
    /// # Panics
    ///
    /// When there is no such place.
    pub fn insert(&mut self, place: usize, value: T) {
        match &mut self.0 {
            Kept::Here(count, numbers) if usize::from(*count) < FEW => {
                let end = usize::from(*count);
                assert!(place <= end, "place {place} among {end} axes");
                numbers.copy_within(place..end, place + 1);
                numbers[place] = value;
                *count += 1;
            }
            Kept::Here(_, numbers) => {
                let mut more = numbers.to_vec();
                more.insert(place, value);
                self.0 = Kept::There(more);
            }
            Kept::There(numbers) => numbers.insert(place, value),
        }
    }
}

impl<T> Deref for PerAxis<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Kept::Here(count, numbers) => &numbers[..usize::from(*count)],
            Kept::There(numbers) => numbers,
        }
    }
}

impl<T> DerefMut for PerAxis<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match &mut self.0 {
            Kept::Here(count, numbers) => &mut numbers[..usize::from(*count)],
            Kept::There(numbers) => numbers,
        }
    }
}

impl<T: Copy + Default> Default for PerAxis<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Copy + Default> From<&[T]> for PerAxis<T> {
    fn from(given: &[T]) -> Self {
        if given.len() > FEW {
            return Self(Kept::There(given.to_vec()));
        }
        let mut numbers = [T::default(); FEW];
        numbers[..given.len()].copy_from_slice(given);
        Self(Kept::Here(given.len() as u8, numbers))
    }
}

impl<T: Copy + Default, const N: usize> From<[T; N]> for PerAxis<T> {
    fn from(given: [T; N]) -> Self {
        given[..].into()
    }
}

impl<T: Copy + Default> From<Vec<T>> for PerAxis<T> {
    fn from(given: Vec<T>) -> Self {
        given[..].into()
    }
}

impl<T: Copy + Default> FromIterator<T> for PerAxis<T> {
    fn from_iter<I: IntoIterator<Item = T>>(numbers: I) -> Self {
        let mut answer = Self::new();
        numbers.into_iter().for_each(|it| answer.push(it));
        answer
    }
}

impl<'a, T> IntoIterator for &'a PerAxis<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for PerAxis<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: PartialEq> PartialEq for PerAxis<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for PerAxis<T> {}

impl<T: Hash> Hash for PerAxis<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_axes_behave_alike() {
        for rank in 0..9 {
            let listed: Vec<usize> = (0..rank).collect();
            let mut axes: PerAxis<usize> = listed.iter().copied().collect();
            assert_eq!((&axes[..], &axes), (&listed[..], &PerAxis::from(listed.clone())));
            for place in 0..=rank {
                let (mut longer, mut wanted) = (axes.clone(), listed.clone());
                longer.insert(place, 77);
                wanted.insert(place, 77);
                assert_eq!(&longer[..], &wanted[..]);
            }
            axes.reverse();
            assert!(axes.iter().rev().eq(&listed));
            assert_eq!(&PerAxis::same(5, rank)[..], vec![5; rank]);
        }
    }
}
