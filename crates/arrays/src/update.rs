//! Arrays with a part changed.

use ir::Op;
use memory::{DType, Index, Layout};

use crate::error::tuple;
use crate::map::Map;
use crate::operation::Operation;
use crate::{Array, Error, ErrorKind, Operand};

/// How a change and what is there combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Change {
    Set,
    Add,
    Multiply,
    Min,
    Max,
}

impl Change {
    /// The change with this name: `set`, `add`, `multiply`, `min`, `max`.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "set" => Self::Set,
            "add" => Self::Add,
            "multiply" => Self::Multiply,
            "min" => Self::Min,
            "max" => Self::Max,
            _ => return None,
        })
    }

    fn op(self) -> Option<Op> {
        match self {
            Self::Set => None,
            Self::Add => Some(Op::Add),
            Self::Multiply => Some(Op::Mul),
            Self::Min => Some(Op::Min),
            Self::Max => Some(Op::Max),
        }
    }
}

impl Array {
    /// The array with the elements that basic indexing selects changed.
    pub fn update(&self, parts: &[Index], change: Change, value: &Operand) -> Result<Self, Error> {
        let (map, shape) = Map::of(self.shape(), |layout: &Layout| layout.index(parts))?;
        let value = value.array(Some(self.dtype()))?;
        if self.dtype().is_complex() && matches!(change, Change::Min | Change::Max) {
            return Err(Error::not_covered("at"));
        }
        let value = value.broadcast_to(&shape).map_err(|_| {
            Error::new(
                ErrorKind::Value,
                format!(
                    "at: a value of shape {} cannot be broadcast to the selected shape {}\n\
                     hint: counted from the last, each length must be 1 or the one selected",
                    tuple(value.shape()),
                    tuple(&shape)
                ),
            )
        })?;
        let op = match (change.op(), self.dtype()) {
            (Some(Op::Add | Op::Max), DType::Bool) => Some(Op::Or),
            (Some(Op::Mul | Op::Min), DType::Bool) => Some(Op::And),
            (op, _) => op,
        };
        let base = self.clone();
        let operation = Operation::Update { base, map, op, value };
        Ok(Self::lazy(self.dtype(), self.shape(), operation))
    }
}
