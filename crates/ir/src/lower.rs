//! Ops that few machines have, written with ops that all have.
//!
//! Each stands for a straight line of simpler ops with the same bits, so an emitter may ask for this
//! pass instead of writing them itself. `lower/complex.rs` has complex numbers, `lower/division.rs` the
//! quotients and remainders of floating point numbers, `lower/exponent.rs` what takes a number apart,
//! `lower/integer.rs` powers and the upper half of products.

mod complex;
mod division;
mod exponent;
mod integer;

use memory::{DType, Scalar};

use crate::writer::{Tables, Writer};
use crate::{BlockId, Kernel, Op, Statement, Value};

/// Whether [`lower`] replaces an op whose first operand and result have these types: `floor_div`,
/// `rem`, `fmod`, `nextafter`, `ldexp`, `exponent`, `mantissa` of floats, `pow`, `mul_high` of narrow integers,
/// and all of complex numbers but `real`, `imag`, `complex` and `select`.
pub fn is_lowered(op: Op, operand: DType, result: DType) -> bool {
    match op {
        Op::Real | Op::Imag | Op::Complex | Op::Select => false,
        Op::Cast => operand.is_complex() || result.is_complex(),
        _ if operand.is_complex() => true,
        Op::FloorDiv | Op::Rem | Op::Fmod => operand.is_float(),
        Op::NextAfter | Op::Ldexp | Op::Exponent | Op::Mantissa => true,
        // Machines multiply words to two words.
        Op::MulHigh => operand != DType::U64,
        Op::Pow => operand.is_integer(),
        _ => false,
    }
}

/// Replace these ops in a legal kernel. The numbers of values that are there stay.
pub fn lower(kernel: &Kernel) -> Kernel {
    lower_except(kernel, |_, _| false)
}

/// The same, but for ops of operands of a type that whoever emits them writes by itself.
pub fn lower_except(kernel: &Kernel, kept: impl Fn(Op, DType) -> bool) -> Kernel {
    let is_lowered = |op, operand, result| is_lowered(op, operand, result) && !kept(op, operand);
    let mut kernel = kernel.clone();
    let mut tables = Tables::new();
    for position in 0..kernel.blocks.len() {
        let block = BlockId::new(position);
        let is_one = |it: &Statement| match it {
            Statement::Op { result, op, operands } => {
                is_lowered(*op, kernel.dtype(operands[0]), kernel.dtype(*result))
            }
            _ => false,
        };
        if kernel.block(block).statements.iter().any(is_one) {
            lower_block(&mut kernel, block, &mut tables, &is_lowered);
        }
    }
    kernel
}

fn lower_block(
    kernel: &mut Kernel,
    block: BlockId,
    tables: &mut Tables,
    is_lowered: &impl Fn(Op, DType, DType) -> bool,
) {
    let (writer, statements) = Writer::take(kernel, tables, block);
    for statement in statements {
        match &statement {
            Statement::Op { result, op, operands }
                if is_lowered(*op, writer.dtype(operands[0]), writer.dtype(*result)) =>
            {
                let begin = writer.len();
                let value = Formula { writer: &writer }.lower(*op, operands, writer.dtype(*result));
                writer.define(*result, value, begin);
            }
            _ => writer.push(statement),
        }
    }
    writer.finish(block);
}

/// Writes formulas.
#[derive(Clone, Copy)]
struct Formula<'f, 'k> {
    writer: &'f Writer<'k>,
}

impl Formula<'_, '_> {
    fn lower(self, op: Op, operands: &[Value], result: DType) -> Value {
        let dtype = self.writer.dtype(operands[0]);
        let second = operands.get(1).copied().unwrap_or(operands[0]);
        match op {
            Op::Cast => self.cast_complex(operands[0], result),
            _ if dtype.is_complex() => self.complex(op, operands[0], second),
            Op::Pow => self.power(operands[0], second),
            Op::MulHigh => self.multiply_high(operands[0], second),
            Op::NextAfter => self.next_after(operands[0], second),
            Op::Ldexp => self.ldexp(operands[0], second),
            Op::Exponent => self.split(operands[0]).1,
            Op::Mantissa => self.writer.cast(dtype, self.split(operands[0]).0),
            _ => self.division(op, operands[0], second),
        }
    }

    fn float(self, like: Value, number: f64) -> Value {
        self.writer.number(Scalar::from_f64(self.writer.dtype(like), number))
    }

    fn integer(self, like: Value, number: i64) -> Value {
        self.writer.number(Scalar::from_i64(self.writer.dtype(like), number))
    }

    fn select(self, condition: Value, then: Value, otherwise: Value) -> Value {
        self.writer.apply(Op::Select, &[condition, then, otherwise])
    }
}

macro_rules! formulas {
    ($($name:ident $op:ident ($($operand:ident),*);)*) => {
        impl Formula<'_, '_> {$(
            fn $name(self, $($operand: Value),*) -> Value {
                self.writer.apply(Op::$op, &[$($operand),*])
            }
        )*}
    };
}

formulas! {
    abs Abs (x);
    add Add (x, y);
    sub Sub (x, y);
    mul Mul (x, y);
    div Div (x, y);
    fma Fma (x, y, z);
    neg Neg (x);
    trunc Trunc (x);
    floor Floor (x);
    copysign CopySign (x, y);
    min Min (x, y);
    max Max (x, y);
    eq Eq (x, y);
    ne Ne (x, y);
    lt Lt (x, y);
    gt Gt (x, y);
    ge Ge (x, y);
    and And (x, y);
    or Or (x, y);
    xor Xor (x, y);
    shl Shl (x, y);
    shr Shr (x, y);
    isnan IsNan (x);
    isfinite IsFinite (x);
}
