//! What functions take, and the type that operands meet in.

use std::cell::Cell;

use memory::{DType, Kind, Scalar, promote};

use crate::{Array, Error, ErrorKind};

/// A number of Python: its type yields to that of arrays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weak {
    /// `True`, which counts as an array of `bool`.
    Bool(bool),
    /// An integer; one beyond 64 bits is refused by whoever makes the operand.
    Int(i128),
    /// A float.
    Float(f64),
    /// A complex number.
    Complex(f64, f64),
}

/// What functions take.
#[derive(Clone, Debug)]
pub enum Operand {
    /// An array.
    Array(Array),
    /// A number whose type yields.
    Weak(Weak),
}

/// How wide numbers are whose type nobody said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// int32, float32, complex64.
    Narrow,
    /// int64, float64, complex128.
    Wide,
}

thread_local! {
    static WIDTH: Cell<Width> = const { Cell::new(Width::Wide) };
}

impl Width {
    /// What is in force on this thread.
    pub fn current() -> Self {
        WIDTH.get()
    }

    /// The integer of this width.
    pub fn int(self) -> DType {
        if self == Self::Wide { DType::I64 } else { DType::I32 }
    }

    /// The float of this width.
    pub fn float(self) -> DType {
        if self == Self::Wide { DType::F64 } else { DType::F32 }
    }

    /// The complex number of this width.
    pub fn complex(self) -> DType {
        if self == Self::Wide { DType::C128 } else { DType::C64 }
    }
}

/// Set the width on this thread; answers with what was in force.
pub fn set_width(width: Width) -> Width {
    WIDTH.replace(width)
}

impl Weak {
    /// The type of the number where no array says another.
    pub fn dtype(self) -> DType {
        match self {
            Self::Bool(_) => DType::Bool,
            Self::Int(_) => Width::current().int(),
            Self::Float(_) => Width::current().float(),
            Self::Complex(..) => Width::current().complex(),
        }
    }

    fn kind(self) -> Kind {
        match self {
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Signed,
            Self::Float(_) => Kind::Float,
            Self::Complex(..) => Kind::Complex,
        }
    }

    /// The number as a value of a type that can hold its kind.
    pub fn scalar(self, dtype: DType) -> Result<Scalar, Error> {
        Ok(match self {
            Self::Bool(value) => Scalar::from_i64(dtype, value.into()),
            Self::Int(value) => {
                if dtype.is_integer() {
                    let bits = dtype.bits();
                    let (low, high) = if dtype.kind() == Kind::Signed {
                        (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1)
                    } else {
                        (0, (1i128 << bits) - 1)
                    };
                    if value < low || value > high {
                        return Err(Error::new(
                            ErrorKind::Overflow,
                            format!(
                                "Python integer {value} out of bounds for {dtype}\n\
                                 hint: {dtype} holds {low} to {high}; astype gives a larger type"
                            ),
                        ));
                    }
                    Scalar::from_bits(dtype, value as u128)
                } else if dtype == DType::Bool {
                    Scalar::from(value != 0)
                } else {
                    Scalar::from_f64(dtype, value as f64)
                }
            }
            Self::Float(value) if dtype.is_float() || dtype.is_complex() => {
                Scalar::from_f64(dtype, value)
            }
            Self::Float(value) if dtype == DType::Bool => Scalar::from(value != 0.0),
            Self::Float(value) => {
                let whole = Scalar::from(value as i64);
                Scalar::from_i64(dtype, whole.to_i64())
            }
            Self::Complex(real, imag) => match dtype {
                DType::C64 => Scalar::complex32(real as f32, imag as f32),
                DType::C128 => Scalar::complex64(real, imag),
                _ => {
                    return Err(Error::new(
                        ErrorKind::Type,
                        format!(
                            "{real}{imag:+}j as {dtype}: a complex number needs a complex type\n\
                             hint: x.astype(complex) has room for it"
                        ),
                    ));
                }
            },
        })
    }
}

impl Operand {
    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Array(array) => array.shape(),
            Self::Weak(_) => &[],
        }
    }

    /// The operand as an array of a type, or of its own.
    pub fn array(&self, dtype: Option<DType>) -> Result<Array, Error> {
        match self {
            Self::Array(array) => Ok(match dtype {
                Some(dtype) => array.cast(dtype),
                None => array.clone(),
            }),
            Self::Weak(weak) => {
                Array::full(weak.scalar(dtype.unwrap_or_else(|| weak.dtype()))?, &[])
            }
        }
    }
}

impl From<Array> for Operand {
    fn from(array: Array) -> Self {
        Self::Array(array)
    }
}

/// The type that operands meet in: that of the arrays, by the rules of the array API standard and
/// NumPy, unless a number is of a larger kind.
pub fn dtype_of(operands: &[Operand]) -> DType {
    let mut strong: Option<DType> = None;
    let mut weak: Option<Weak> = None;
    for operand in operands {
        match operand {
            Operand::Array(array) => {
                strong = Some(strong.map_or(array.dtype(), |it| promote(it, array.dtype())));
            }
            Operand::Weak(it) => {
                if weak.is_none_or(|known| known.kind() < it.kind()) {
                    weak = Some(*it);
                }
            }
        }
    }
    match (strong, weak) {
        (Some(strong), None) => strong,
        (None, Some(weak)) => weak.dtype(),
        (None, None) => Width::current().float(),
        (Some(strong), Some(weak)) => match weak {
            Weak::Bool(_) => promote(strong, DType::Bool),
            Weak::Complex(..) if strong.is_float() => strong.complex().unwrap_or(DType::C64),
            // A number of the array's kind, or below, takes the array's type.
            _ if weak.kind() <= strong.kind() => strong,
            _ => weak.dtype(),
        },
    }
}
