//! What one try to lower a function learns for the next.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::choice::States;
use crate::fresh::Home;
use crate::value::Ty;

/// Where types meet: the calls around, the place, the name.
pub(crate) type Key = (Vec<u64>, u64, String);

/// What is known of a meeting.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Join {
    pub(crate) ty: Ty,
    /// Whether it may be unassigned.
    pub(crate) open: bool,
}

/// What one try learns for the next.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something else that was learned")]
pub(crate) struct Learned {
    pub(crate) joins: HashMap<Key, Join>,
    pub(crate) written: BTreeSet<usize>,
    /// Lengths of arrays that cannot be told when the call begins.
    pub(crate) wide: HashSet<(Home, usize)>,
    /// Arrays that one variable holds in turn, and the home that they share.
    pub(crate) shared: HashMap<Home, Home>,
    pub(crate) again: bool,
    /// Whether variables that are one array and then another are told apart by states.
    pub(crate) choosing: bool,
    /// Whether that is so because something is changed in place.
    pub(crate) must: bool,
    /// Whether it was tried and something was refused.
    pub(crate) never: bool,
    /// What variables hold together, where ways meet.
    pub(crate) states: HashMap<(Vec<u64>, u64), States>,
    /// Whether messages hold numbers of the run.
    pub(crate) told: bool,
}
