//! Checks of indices that may count from the end: what nearly never does so is compared once.

use ir::{Op, ParameterKind, Statement, Value};
use memory::DType;

use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::{WORD, number};
use crate::text::{Label, Operand};

/// An index that is `i`, or `i` and the length where `i` is negative.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FromEnd {
    chosen: Value,
    given: Operand,
    length: Operand,
}

/// Where the index comes from once it was asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    chosen: Value,
    ways: [(Operand, Label); 2],
}

impl Emitter<'_> {
    /// Whether a check asks that such an index is inside of its axis. It has to be chosen among these
    /// statements: what stands elsewhere may be used where the check was not asked.
    pub(crate) fn index_asked(&mut self, here: &[Statement], condition: Value) -> Option<FromEnd> {
        let ops = self.ops();
        let op =
            |value: Value, wanted: Op| ops.get(&value).filter(|it| it.0 == wanted).map(|it| it.1);
        let (below, least) = match op(condition, Op::And) {
            Some(both) => (op(both[1], Op::Lt)?, Some(op(both[0], Op::Le)?)),
            None => (op(condition, Op::Lt)?, None),
        };
        let (chosen, length) = (below[0], below[1]);
        let choice = op(chosen, Op::Select)?;
        let (negative, sum, given) = (op(choice[0], Op::Lt)?, op(choice[1], Op::Add)?, choice[2]);
        let sums = [[given, length], [length, given]].contains(&[sum[0], sum[1]]);
        if !sums || negative[0] != given || least.is_some_and(|it| it[1] != chosen) {
            return None;
        }
        let zeros = [Some(negative[1]), least.map(|it| it[0])];
        let is_zero = |value: Value| self.held[value.index()].is_some_and(is_zero);
        let kernel = self.kernel;
        // A comparison without signs needs a length that is not negative.
        let extent = ParameterKind::Extent(length);
        let mut results = here.iter().flat_map(Statement::results);
        let fits = zeros.into_iter().flatten().all(is_zero)
            && kernel.parameters.iter().any(|it| it.kind == extent)
            && kernel.dtype(given) == DType::I64
            && results.any(|&it| it == chosen);
        let (given, length) = (self.uniform(given)?, self.uniform(length)?);
        fits.then_some(FromEnd { chosen, given, length })
    }

    /// Go on at `held`, where `index_from_end` follows, or at `failed`.
    pub(crate) fn ask_from_end(&mut self, it: FromEnd, held: Label, failed: Label) -> Asked {
        let FromEnd { given, length, .. } = it;
        let before = self.text.here();
        let past = self.text.label();
        let inside = self.text.op("icmp ult", WORD, &[given, length]);
        self.text.branch_likely(inside, held, past);
        self.text.begin(past);
        let wrapped = self.text.op("add", WORD, &[given, length]);
        let fits = self.text.op("icmp ult", WORD, &[wrapped, length]);
        self.text.branch(fits, held, failed);
        Asked { chosen: it.chosen, ways: [(given, before), (wrapped, past)] }
    }

    /// The index from now on.
    pub(crate) fn index_from_end(&mut self, asked: &Asked) {
        let [(given, before), (wrapped, past)] = asked.ways;
        let [given, wrapped] = [given, wrapped].map(|it| self.text.show(it, 1));
        let index = self
            .text
            .define(format_args!("phi i64 [ {given}, %{before} ], [ {wrapped}, %{past} ]"));
        self.hold(asked.chosen, Held::Uniform(index));
    }
}

fn is_zero(held: Held) -> bool {
    matches!(held, Held::Uniform(operand) if operand == number(0))
}
