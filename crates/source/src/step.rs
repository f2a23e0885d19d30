//! A function's statements without jumps: `break`, `continue` and `return` are flags.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, Operator, name::Name};
use ruff_text_size::TextRange;

use crate::fold::Fold;

/// Names, in an order that does not change.
pub(crate) type Names = BTreeSet<Name>;

/// What a function returns.
pub(crate) const RESULT: &str = "$result";
/// Whether it has returned.
pub(crate) const RETURNED: &str = "$returned";

/// One statement.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) step: Step,
    pub(crate) range: TextRange,
    /// Its number within the function.
    pub(crate) id: u32,
    /// Names that statements inside assign.
    pub(crate) assigned: Names,
    /// Names whose values may be read after it; of loops also those that the next turn reads.
    pub(crate) live: Names,
    /// Names that it reads, or what stands inside.
    pub(crate) reads: Names,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Assign {
        targets: Vec<Expr>,
        value: Expr,
    },
    Change {
        target: Expr,
        op: Operator,
        value: Expr,
    },
    Do(Expr),
    /// An element of a loop without a name comes to those before.
    Fold(Fold, Expr),
    Flag(Name, bool),
    /// Names that have no value from here on.
    Delete(Vec<Name>),
    Return(Option<Expr>),
    If {
        test: Expr,
        then: Vec<Line>,
        otherwise: Vec<Line>,
    },
    /// Runs unless one of the flags is set.
    Unless {
        flags: Vec<Name>,
        body: Vec<Line>,
    },
    /// Ends early when one of the flags is set.
    For {
        target: Expr,
        iter: Expr,
        body: Vec<Line>,
        flags: Vec<Name>,
    },
    While {
        test: Expr,
        body: Vec<Line>,
        flags: Vec<Name>,
    },
    Raise(Option<Expr>),
    Assert {
        test: Expr,
        message: Option<Expr>,
    },
}
