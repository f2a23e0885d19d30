//! The items of a tuple, with its class if that is a named one.

use std::ops::Deref;
use std::sync::Arc;

/// A class of named tuples.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Record {
    /// A number that no other class has.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Names of its items.
    pub fields: Vec<String>,
}

/// The items of a tuple, or what is known of each of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Items<T> {
    items: Vec<T>,
    class: Option<Arc<Record>>,
}

impl<T> Items<T> {
    /// Items of a named tuple.
    pub fn named(class: Arc<Record>, items: Vec<T>) -> Self {
        Self { items, class: Some(class) }
    }

    /// The class of a named tuple.
    pub fn class(&self) -> Option<&Arc<Record>> {
        self.class.as_ref()
    }

    /// The same tuple with other items.
    #[must_use]
    pub fn like<U>(&self, items: Vec<U>) -> Items<U> {
        Items { items, class: self.class.clone() }
    }

    /// The same tuple of what is made of each item.
    pub fn map<U>(&self, each: impl FnMut(&T) -> U) -> Items<U> {
        self.like(self.items.iter().map(each).collect())
    }

    /// The same tuple of what is made of each item, if all can be made.
    ///
    /// # Errors
    ///
    /// Those of making one.
    pub fn try_map<U, E>(&self, each: impl FnMut(&T) -> Result<U, E>) -> Result<Items<U>, E> {
        Ok(self.like(self.items.iter().map(each).collect::<Result<_, E>>()?))
    }

    /// The item with a name.
    pub fn field(&self, name: &str) -> Option<&T> {
        let place = self.class.as_ref()?.fields.iter().position(|it| it == name)?;
        self.items.get(place)
    }

    /// What it is, for messages.
    pub fn describe(&self) -> String {
        match &self.class {
            Some(class) => format!("a {}", class.name),
            None => format!("a tuple of {}", self.items.len()),
        }
    }
}

impl<T> Deref for Items<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.items
    }
}

impl<T> From<Vec<T>> for Items<T> {
    fn from(items: Vec<T>) -> Self {
        Self { items, class: None }
    }
}

impl<T> FromIterator<T> for Items<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Vec::from_iter(items).into()
    }
}

impl<T> IntoIterator for Items<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Items<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}
