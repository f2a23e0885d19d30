//! Types of elements.

use std::fmt;

/// Type of an element. Names, sizes and alignment are NumPy's; bytes are in the machine's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names say it")]
pub enum DType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    F32,
    F64,
    /// Two [`DType::F32`], the real part first.
    C64,
    /// Two [`DType::F64`], the real part first.
    C128,
}

/// What sort of value a [`DType`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Bool,
    Signed,
    Unsigned,
    Float,
    Complex,
}

struct Row {
    dtype: DType,
    name: &'static str,
    short: &'static str,
    size: usize,
    kind: Kind,
}

const fn row(
    dtype: DType,
    name: &'static str,
    short: &'static str,
    size: usize,
    kind: Kind,
) -> Row {
    Row { dtype, name, short, size, kind }
}

const TABLE: [Row; 14] = [
    row(DType::Bool, "bool", "bool", 1, Kind::Bool),
    row(DType::I8, "int8", "i8", 1, Kind::Signed),
    row(DType::I16, "int16", "i16", 2, Kind::Signed),
    row(DType::I32, "int32", "i32", 4, Kind::Signed),
    row(DType::I64, "int64", "i64", 8, Kind::Signed),
    row(DType::U8, "uint8", "u8", 1, Kind::Unsigned),
    row(DType::U16, "uint16", "u16", 2, Kind::Unsigned),
    row(DType::U32, "uint32", "u32", 4, Kind::Unsigned),
    row(DType::U64, "uint64", "u64", 8, Kind::Unsigned),
    row(DType::F16, "float16", "f16", 2, Kind::Float),
    row(DType::F32, "float32", "f32", 4, Kind::Float),
    row(DType::F64, "float64", "f64", 8, Kind::Float),
    row(DType::C64, "complex64", "c64", 8, Kind::Complex),
    row(DType::C128, "complex128", "c128", 16, Kind::Complex),
];

impl DType {
    /// Every type, in the order of the enum.
    pub const ALL: [Self; 14] = {
        let mut all = [Self::Bool; 14];
        let mut i = 0;
        while i < 14 {
            all[i] = TABLE[i].dtype;
            i += 1;
        }
        all
    };

    const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// NumPy's name: `float32`.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Name in the text of kernels: `f32`, `c128`.
    pub const fn short(self) -> &'static str {
        self.row().short
    }

    /// Bytes of one element.
    pub const fn size(self) -> usize {
        self.row().size
    }

    /// Where an element must lie: the size of a number, or of one part of a complex number.
    pub const fn alignment(self) -> usize {
        match self.kind() {
            Kind::Complex => self.size() / 2,
            _ => self.size(),
        }
    }

    /// Bits of one element.
    pub const fn bits(self) -> u32 {
        8 * self.size() as u32
    }

    /// What sort of value it holds.
    pub const fn kind(self) -> Kind {
        self.row().kind
    }

    /// Whether it is an integer, signed or not. `bool` is none.
    pub const fn is_integer(self) -> bool {
        matches!(self.kind(), Kind::Signed | Kind::Unsigned)
    }

    /// Whether it is a real floating point number.
    pub const fn is_float(self) -> bool {
        matches!(self.kind(), Kind::Float)
    }

    /// Whether it is a complex number.
    pub const fn is_complex(self) -> bool {
        matches!(self.kind(), Kind::Complex)
    }

    /// Type of a complex number's parts; any other type itself.
    #[must_use]
    pub const fn part(self) -> Self {
        match self {
            Self::C64 => Self::F32,
            Self::C128 => Self::F64,
            other => other,
        }
    }

    /// The complex type with such parts, if there is one.
    pub const fn complex(self) -> Option<Self> {
        match self {
            Self::F32 => Some(Self::C64),
            Self::F64 => Some(Self::C128),
            _ => None,
        }
    }

    /// The unsigned integer of as many bits, if there is one.
    pub const fn unsigned(self) -> Option<Self> {
        match self.size() {
            1 => Some(Self::U8),
            2 => Some(Self::U16),
            4 => Some(Self::U32),
            8 => Some(Self::U64),
            _ => None,
        }
    }

    /// The type with this name, NumPy's or the short one.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name || row.short == name).map(|row| row.dtype)
    }
}

impl fmt::Display for DType {
    /// NumPy's name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (position, dtype) in DType::ALL.into_iter().enumerate() {
            assert_eq!(dtype as usize, position);
            assert_eq!(DType::from_name(dtype.name()), Some(dtype));
            assert_eq!(DType::from_name(dtype.short()), Some(dtype));
        }
        assert_eq!(DType::from_name("float128"), None);
    }

    #[test]
    fn names_tell_the_size() {
        for dtype in DType::ALL {
            let digits: String = dtype.name().chars().filter(char::is_ascii_digit).collect();
            let bits = if digits.is_empty() { 8 } else { digits.parse().unwrap() };
            assert_eq!(dtype.bits(), bits, "{dtype}");
        }
    }

    #[test]
    fn parts_and_wholes_belong_together() {
        for dtype in DType::ALL {
            if let Some(complex) = dtype.complex() {
                assert_eq!(complex.part(), dtype);
                assert_eq!(complex.size(), 2 * dtype.size());
                assert_eq!(complex.alignment(), dtype.alignment());
            }
        }
    }
}
