//! How the type of a result follows from the operands.

use std::fmt;

use memory::DType;

use crate::Op;

/// How the type of a result follows from the types of the operands. `T` is a type the op accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// `T, T, ... -> T`
    Same,
    /// `T, T, ... -> bool`
    Compare,
    /// `bool, T, T -> T`
    Select,
    /// A complex number to the type of its parts.
    Part,
    /// Two parts to the complex number of such parts.
    Whole,
    /// `T, i32 -> T`
    Scale,
    /// `T -> i32`
    Exponent,
    /// `T` to the type that the statement states.
    Stated,
    /// `T` to the type that the statement states, an integer or float of the same size.
    Bits,
}

/// Operands that an op does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError {
    op: Op,
    operands: Vec<DType>,
    stated: Option<DType>,
}

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.op.row();
        let given: Vec<_> = self.operands.iter().map(|dtype| dtype.short()).collect();
        write!(f, "{} of ({})", row.name, given.join(", "))?;
        if let Some(stated) = self.stated {
            write!(f, " to {}", stated.short())?;
        }
        let (wanted, end) = match (row.rule, row.arity) {
            (Rule::Same | Rule::Compare | Rule::Whole, 2) => ("two operands of one type", ""),
            (Rule::Same, 3) => ("three operands of one type", ""),
            (Rule::Select, _) => ("a bool and two operands of one type", ""),
            (Rule::Scale, _) => ("an i32 after an operand", ""),
            (Rule::Stated, _) => ("one operand", " and a stated type"),
            (Rule::Bits, _) => ("one operand", " and a stated type of its size, number to number"),
            _ => ("one operand", ""),
        };
        write!(f, ": it takes {wanted} of {}{end}", row.accepts)
    }
}

impl std::error::Error for TypeError {}

impl Op {
    /// Type of the result for operands of these types. `stated` is what a `cast` or `bitcast` says.
    pub fn result(self, operands: &[DType], stated: Option<DType>) -> Result<DType, TypeError> {
        self.infer(operands, stated).ok_or_else(|| TypeError {
            op: self,
            operands: operands.to_vec(),
            stated,
        })
    }

    fn infer(self, operands: &[DType], stated: Option<DType>) -> Option<DType> {
        let row = self.row();
        let accepted = |dtype: DType| row.accepts.contains(dtype);
        let states = matches!(row.rule, Rule::Stated | Rule::Bits);
        if operands.len() != row.arity || states != stated.is_some() {
            return None;
        }
        let first = operands[0];
        let alike = operands.iter().all(|&dtype| dtype == first && accepted(dtype));
        match row.rule {
            Rule::Same => alike.then_some(first),
            Rule::Compare => alike.then_some(DType::Bool),
            Rule::Select => {
                let fits = first == DType::Bool && operands[1] == operands[2];
                fits.then_some(operands[1])
            }
            Rule::Part => alike.then_some(first.part()),
            Rule::Whole => first.complex().filter(|_| alike),
            Rule::Scale => (accepted(first) && operands[1] == DType::I32).then_some(first),
            Rule::Exponent => alike.then_some(DType::I32),
            Rule::Stated => stated,
            Rule::Bits => stated.filter(|&to| alike && accepted(to) && to.size() == first.size()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_says_its_type() {
        use DType::{Bool, C64, F16, F32, F64, I32, I64, U64};
        type Case = (Op, &'static [DType], Option<DType>, Option<DType>);
        let cases: &[Case] = &[
            (Op::Add, &[F32, F32], None, Some(F32)),
            (Op::Add, &[F32, F64], None, None),
            (Op::Add, &[Bool, Bool], None, None),
            (Op::Add, &[F32], None, None),
            (Op::Fma, &[F16, F16, F16], None, None),
            (Op::Lt, &[I64, I64], None, Some(Bool)),
            (Op::Lt, &[C64, C64], None, None),
            (Op::Eq, &[C64, C64], None, Some(Bool)),
            (Op::Select, &[Bool, C64, C64], None, Some(C64)),
            (Op::Select, &[I32, C64, C64], None, None),
            (Op::Select, &[Bool, F32, C64], None, None),
            (Op::Real, &[C64], None, Some(F32)),
            (Op::Complex, &[F32, F32], None, Some(C64)),
            (Op::Complex, &[F16, F16], None, None),
            (Op::Ldexp, &[F64, I32], None, Some(F64)),
            (Op::Ldexp, &[F64, I64], None, None),
            (Op::Exponent, &[F64], None, Some(I32)),
            (Op::Cast, &[F64], Some(Bool), Some(Bool)),
            (Op::Cast, &[F64], None, None),
            (Op::Bitcast, &[F64], Some(U64), Some(U64)),
            (Op::Bitcast, &[F64], Some(I32), None),
            (Op::Bitcast, &[F64], Some(C64), None),
            (Op::Add, &[F64, F64], Some(F64), None),
        ];
        for &(op, operands, stated, expected) in cases {
            let result = op.result(operands, stated);
            assert_eq!(result.clone().ok(), expected, "{op} {operands:?} {result:?}");
        }
    }

    #[test]
    fn a_refusal_says_what_is_taken() {
        let message = Op::Fma.result(&[DType::F32, DType::F32, DType::I8], None).unwrap_err();
        assert_eq!(
            message.to_string(),
            "fma of (f32, f32, i8): it takes three operands of one type of f32 f64"
        );
        let message = Op::Bitcast.result(&[DType::F32], Some(DType::F64)).unwrap_err();
        assert_eq!(
            message.to_string(),
            "bitcast of (f32) to f64: it takes one operand of i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 \
             f64 and a stated type of its size, number to number"
        );
    }
}
