//! The programs of a function, which are only ever added to: so calls look them up without a lock.

use std::sync::OnceLock;

use super::program::Program;

/// Programs in the order in which they were made.
#[derive(Default)]
pub(super) struct Programs {
    first: OnceLock<Box<Link>>,
}

struct Link {
    program: Program,
    next: OnceLock<Box<Link>>,
}

impl Programs {
    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Program> {
        let links = std::iter::successors(self.first.get(), |it| it.next.get());
        links.map(|it| &it.program)
    }

    /// The one for such types.
    pub(super) fn find(&self, key: &[u64]) -> Option<&Program> {
        self.iter().find(|it| it.key == key)
    }

    /// Add one, the last from now on.
    pub(super) fn push(&self, program: Program) -> &Program {
        let mut link = Box::new(Link { program, next: OnceLock::new() });
        let mut place = &self.first;
        loop {
            match place.set(link) {
                Ok(()) => {
                    return &place.get().expect("it was put there").program;
                }
                Err(again) => link = again,
            }
            place = &place.get().expect("somebody was there before").next;
        }
    }
}
