//! A state that no generator can be in.

use std::error::Error;
use std::fmt;

/// A position in a state lies outside of the words that it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateError {
    name: &'static str,
    value: usize,
    highest: usize,
}

impl StateError {
    pub(crate) fn unless_within(
        name: &'static str,
        value: usize,
        highest: usize,
    ) -> Result<(), Self> {
        if value <= highest { Ok(()) } else { Err(Self { name, value, highest }) }
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, highest } = self;
        write!(f, "{name} is {value}, it must be from 0 to {highest}")
    }
}

impl Error for StateError {}
