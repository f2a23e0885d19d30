//! What a signature says of the values of a function that calls itself.

use ir::Value;
use memory::DType;
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, Result};
use crate::value::{Num, NumType, Val};
use crate::{Items, Unit};

/// The type of a parameter or a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// `None`.
    None,
    /// A number.
    Number(DType),
    /// An array of a type and rank; of parameters alone.
    Array(DType, usize),
    /// Several values.
    Tuple(Items<Said>),
}

impl Said {
    /// Types of the values that hold a result.
    pub(crate) fn dtypes(&self, into: &mut Vec<DType>) {
        match self {
            Self::Number(dtype) if dtype.is_complex() => into.extend([dtype.part(); 2]),
            Self::Number(dtype) => into.push(*dtype),
            Self::Tuple(items) => items.iter().for_each(|it| it.dtypes(into)),
            Self::None | Self::Array(..) => {}
        }
    }

    pub(crate) fn describe(&self) -> String {
        match self {
            Self::None => "None".into(),
            Self::Number(dtype) => dtype.name().into(),
            Self::Array(dtype, rank) => format!("a {rank}-dimensional array of {dtype}"),
            Self::Tuple(items) => {
                let items: Vec<_> = items.iter().map(Self::describe).collect();
                format!("({})", items.join(", "))
            }
        }
    }
}

impl Lowerer<'_> {
    /// A value in the type that a signature says; nothing where it is something else.
    pub(crate) fn as_said(
        &mut self,
        range: TextRange,
        value: &Val,
        said: &Said,
    ) -> Result<Option<Val>> {
        Ok(match (value, said) {
            (Val::None, Said::None) => Some(Val::None),
            (Val::Num(it), Said::Number(dtype)) => Some(self.in_type(range, it, *dtype)?),
            (Val::View(it), Said::Array(dtype, rank)) => {
                let fits = (it.dtype, it.axes.len()) == (*dtype, *rank);
                fits.then(|| value.clone())
            }
            (Val::Tuple(items), Said::Tuple(types))
                if items.len() == types.len() && items.class() == types.class() =>
            {
                let mut found = Vec::new();
                for (item, said) in items.iter().zip(types) {
                    let Some(it) = self.as_said(range, item, said)? else { return Ok(None) };
                    found.push(it);
                }
                Some(Val::Tuple(types.like(found)))
            }
            _ => None,
        })
    }

    /// The values that hold what a function hands back.
    pub(crate) fn handed_back(
        &mut self,
        range: TextRange,
        (unit, returns): (&Unit, &Said),
        result: Option<Val>,
    ) -> Result<Vec<Value>> {
        let result = result.unwrap_or(Val::None);
        let Some(found) = self.as_said(range, &result, returns)? else {
            let message = format!(
                "{} returns {}, and {} by its signature",
                unit.name(),
                result.describe(),
                returns.describe()
            );
            let hint = "the signature of a function that calls itself says what it returns: \
                        \"int64(int64)\", or \"void(float64[:])\" for nothing";
            return Err(self.refuse(range, message, hint));
        };
        let mut values = Vec::new();
        held_by(&found, &mut values);
        Ok(values)
    }

    /// What a call answers, from the values that hold it.
    pub(crate) fn answered(&self, said: &Said, from: &mut impl Iterator<Item = Value>) -> Val {
        let mut next = || from.next().unwrap_or(Value::new(0));
        match said {
            Said::Number(dtype) => {
                let re = next();
                let im = dtype.is_complex().then(next);
                Val::Num(Num { im, ..self.number(NumType::strong(*dtype), re) })
            }
            Said::Tuple(items) => Val::Tuple(items.map(|it| self.answered(it, from))),
            Said::None | Said::Array(..) => Val::None,
        }
    }
}

fn held_by(value: &Val, into: &mut Vec<Value>) {
    match value {
        Val::Num(it) => {
            into.push(it.re);
            into.extend(it.im);
        }
        Val::Tuple(items) => items.iter().for_each(|it| held_by(it, into)),
        _ => {}
    }
}
