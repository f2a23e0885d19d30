//! Which lanes had common arguments: one test where several functions ask nearly the same of one argument.

use ir::elementary::Function;
use memory::DType;

use crate::text::{Operand, Text, Type};

/// The tests of a stretch of code so far.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    bounds: Vec<Bound>,
    /// Other tests, joined.
    others: Option<Operand>,
}

/// That an argument is not too large.
#[derive(Debug)]
struct Bound {
    argument: Operand,
    limit: f64,
    truth: Operand,
}

impl Bounds {
    /// Take in that the arguments of a function were common where `truth` says so. A test that a stricter one of the
    /// same argument implies is left out: `|x| < 87` of `exp` makes `|x| <= 2^17` of `sin` superfluous.
    pub(crate) fn add(
        &mut self,
        text: &mut Text,
        function: Option<Function>,
        operands: &[Operand],
        ty: Type,
        truth: Operand,
    ) {
        let limit = function.and_then(|it| match ty.dtype {
            DType::F32 => it.limit::<f32>(),
            _ => it.limit::<f64>(),
        });
        let (Some(limit), &[argument]) = (limit, operands) else {
            self.others = Some(join(text, ty, self.others, truth));
            return;
        };
        match self.bounds.iter_mut().find(|it| it.argument == argument) {
            Some(known) if known.limit <= limit => {}
            Some(known) => (known.limit, known.truth) = (limit, truth),
            None => self.bounds.push(Bound { argument, limit, truth }),
        }
    }

    /// Whether all arguments were common, in each lane; `None` if nothing was asked.
    pub(crate) fn all(self, text: &mut Text, lanes: u32) -> Option<Operand> {
        let ty = Type::new(DType::Bool, lanes);
        let truths = self.bounds.iter().map(|it| it.truth);
        truths.fold(self.others, |all, truth| Some(join(text, ty, all, truth)))
    }
}

fn join(text: &mut Text, ty: Type, all: Option<Operand>, truth: Operand) -> Operand {
    let ty = Type::new(DType::Bool, ty.lanes);
    all.map_or(truth, |all| text.op("and", ty, &[all, truth]))
}
