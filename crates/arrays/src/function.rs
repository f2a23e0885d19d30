//! Functions of elements: which there are, and what they do to types.

use ir::Op;
use memory::{DType, Kind, Scalar};

use crate::cast::{elementwise, together};
use crate::functions;
use crate::operand::{Weak, Width, dtype_of};
use crate::{Array, Error, ErrorKind, Operand};

/// A function of elements by its name in the array API standard, or NumPy's.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The name.
    pub name: &'static str,
    /// How many operands it takes.
    pub arity: usize,
    pub(crate) rule: Rule,
}

/// What a function does, by the types of its operands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// The op for numbers, and another for `bool` if it has one.
    Arithmetic(Op, Option<Op>),
    /// As before; `bool` counts as int8.
    Counting(Op),
    /// The op for floats; integers become floats.
    Float(Op),
    /// A `bool` for each pair.
    Comparison(Op),
    /// The op for integers and `bool`.
    Bits(Op),
    /// The op after a cast to `bool`.
    Logical(Op),
    /// The op for floats; integers stay.
    Whole(Op),
    /// The op for floats and for the parts of complex numbers; this for the rest.
    Question(Op, bool),
    /// Code of its own.
    Own(fn(&[Operand]) -> Result<Array, Error>),
}

/// A function of elements by its name, applied.
pub fn apply(name: &str, operands: &[Operand]) -> Result<Array, Error> {
    match functions::find(name) {
        Some(function) => function.apply(operands),
        None => Err(Error::not_covered(name)),
    }
}

impl Function {
    /// The function of this name.
    pub fn find(name: &str) -> Option<&'static Self> {
        functions::find(name)
    }

    /// The function of a name that is known when the program is compiled; another one does not compile.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub const fn named(name: &str) -> &'static Self {
        functions::named(name)
    }

    /// The function of operands.
    ///
    /// # Errors
    ///
    /// Where there is no kernel for it, or operands do not go together.
    pub fn apply(&self, operands: &[Operand]) -> Result<Array, Error> {
        applied(self, operands)
    }
}

fn applied(function: &Function, operands: &[Operand]) -> Result<Array, Error> {
    let name = function.name;
    if operands.len() != function.arity {
        return Err(Error::new(
            ErrorKind::Type,
            format!("{name}: takes {} operands, was given {}", function.arity, operands.len()),
        ));
    }
    let not_covered = || Error::not_covered(name);
    match function.rule {
        Rule::Own(own) => own(operands),
        Rule::Arithmetic(op, for_bool) => {
            let dtype = dtype_of(operands);
            if dtype == DType::Bool {
                let op = for_bool.ok_or_else(not_covered)?;
                return with(name, op, operands, dtype);
            }
            with(name, op, operands, dtype)
        }
        Rule::Counting(op) => {
            let dtype = dtype_of(operands);
            let dtype = if dtype == DType::Bool { DType::I8 } else { dtype };
            with(name, op, operands, dtype)
        }
        Rule::Float(op) => with(name, op, operands, float_for(operands)),
        Rule::Comparison(op) => {
            let dtype = dtype_of(operands);
            if mixed_wide(operands) || dtype.is_complex() && !matches!(op, Op::Eq | Op::Ne) {
                return Err(not_covered());
            }
            // An integer that the other type cannot hold compares all the same.
            with(name, op, operands, dtype).map_err(|error| {
                if error.kind() == ErrorKind::Overflow { not_covered() } else { error }
            })
        }
        Rule::Bits(op) => {
            let dtype = dtype_of(operands);
            if !dtype.is_integer() && dtype != DType::Bool {
                return Err(not_covered());
            }
            with(name, op, operands, dtype)
        }
        Rule::Logical(op) => {
            let truth = |operand: &Operand| match operand {
                Operand::Array(array) => Ok(array.cast(DType::Bool)),
                Operand::Weak(_) => operand.array(None).map(|array| array.cast(DType::Bool)),
            };
            let arrays = operands.iter().map(truth).collect::<Result<Vec<_>, _>>()?;
            elementwise(name, op, &arrays)
        }
        Rule::Whole(op) => {
            let dtype = dtype_of(operands);
            match dtype.kind() {
                Kind::Float => with(name, op, operands, dtype),
                Kind::Complex => Err(not_covered()),
                _ => operands[0].array(None),
            }
        }
        Rule::Question(op, otherwise) => question(name, op, otherwise, &operands[0]),
    }
}

fn question(name: &str, op: Op, otherwise: bool, operand: &Operand) -> Result<Array, Error> {
    let array = operand.array(None)?;
    match array.dtype().kind() {
        Kind::Float => elementwise(name, op, &[array]),
        Kind::Complex => {
            let both = if op == Op::IsFinite { Op::And } else { Op::Or };
            let real = elementwise(name, Op::Real, std::slice::from_ref(&array))?;
            let imag = elementwise(name, Op::Imag, &[array])?;
            let real = elementwise(name, op, &[real])?;
            let imag = elementwise(name, op, &[imag])?;
            elementwise(name, both, &[real, imag])
        }
        _ => Array::full(Scalar::from(otherwise), array.shape()),
    }
}

/// The op on operands of one type; one that the op does not take is left to NumPy.
pub(crate) fn with(name: &str, op: Op, operands: &[Operand], dtype: DType) -> Result<Array, Error> {
    let types = [dtype; 4];
    if op.result(&types[..operands.len().min(4)], None).is_err() {
        return Err(Error::not_covered(name));
    }
    // A number beside arrays of one shape has that shape from the start.
    let mut shapes = operands.iter().filter_map(|operand| match operand {
        Operand::Array(array) => Some(array.shape()),
        Operand::Weak(_) => None,
    });
    let shape = shapes.next().unwrap_or(&[]);
    let shape = if shapes.all(|other| other == shape) { shape } else { &[] };
    let mut arrays = Vec::with_capacity(operands.len());
    for operand in operands {
        arrays.push(match operand {
            Operand::Array(array) => array.cast(dtype),
            Operand::Weak(weak) => Array::full(weak.scalar(dtype)?, shape)?,
        });
    }
    together(name, op, arrays)
}

/// The float that an integer becomes, by its size, as in NumPy; other types themselves.
pub(crate) fn float_of(dtype: DType) -> DType {
    match (dtype.kind(), dtype.size()) {
        (Kind::Float | Kind::Complex, _) => dtype,
        (_, 1) => DType::F16,
        (_, 2) => DType::F32,
        _ => Width::current().float(),
    }
}

/// The float that operands meet in, each integer as the float that it becomes.
pub(crate) fn float_for(operands: &[Operand]) -> DType {
    // Beside a Python float integers count as the default float.
    let fractional = operands.iter().any(|it| matches!(it, Operand::Weak(Weak::Float(_))));
    let floats: Vec<_> = operands
        .iter()
        .map(|operand| match operand {
            Operand::Array(array) if fractional && float_of(array.dtype()) != array.dtype() => {
                array.cast(Width::current().float()).into()
            }
            Operand::Array(array) => array.cast(float_of(array.dtype())).into(),
            Operand::Weak(weak) => Operand::Weak(*weak),
        })
        .collect();
    float_of(dtype_of(&floats))
}

/// Whether int64 and uint64 meet, which no type holds both of.
fn mixed_wide(operands: &[Operand]) -> bool {
    let integers = operands.iter().all(|operand| match operand {
        Operand::Array(array) => array.dtype().is_integer(),
        Operand::Weak(weak) => matches!(weak, Weak::Int(_)),
    });
    integers && dtype_of(operands) == DType::F64
}
