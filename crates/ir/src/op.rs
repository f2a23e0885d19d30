//! The table of ops: name, operands, accepted types, result, meaning.
//!
//! Verifier, printer, parser, interpreter and emitters all read it. The interpreter is what a
//! meaning says in one sentence, in full.

use std::fmt;

use crate::{Rule, Types};

/// Ops that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Sums, products and what is rounded like them.
    Arithmetic,
    /// The smaller and the larger.
    Order,
    /// Two values to a `bool`.
    Comparison,
    /// Bits of integers and `bool`.
    Bits,
    /// Questions and small changes to floating point numbers.
    Float,
    /// Parts and wholes of complex numbers.
    Complex,
    /// One type to another, and choice.
    Conversion,
    /// Functions that [`crate::elementary`] expands; of floats, rounded once more for float16.
    Elementary,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The op itself.
    pub op: Op,
    /// Name in the text form.
    pub name: &'static str,
    /// Number of operands.
    pub arity: usize,
    /// Types of the operands; which operands these are, the rule says.
    pub accepts: Types,
    /// How the type of the result follows.
    pub rule: Rule,
    /// Where it belongs.
    pub group: Group,
    /// What it computes, in a sentence.
    pub meaning: &'static str,
}

macro_rules! ops {
    ($($group:ident { $($name:ident $text:literal $arity:literal $accepts:ident $rule:ident
        $meaning:literal;)* })*) => {
        /// One operation on values.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Op {
            $($(
                #[doc = $meaning]
                $name,
            )*)*
        }

        const TABLE: &[Row] = &[$($(
            Row {
                op: Op::$name,
                name: $text,
                arity: $arity,
                accepts: Types::$accepts,
                rule: Rule::$rule,
                group: Group::$group,
                meaning: $meaning,
            },
        )*)*];
    };
}

ops! {
    Arithmetic {
        Neg "neg" 1 NUMBERS Same "`-x`; integers wrap.";
        Abs "abs" 1 REAL Same "The magnitude of `x`; the smallest integer wraps to itself.";
        Sign "sign" 1 REAL Same "-1, 0 or 1; NaN stays, -0.0 gives 0.0.";
        Add "add" 2 NUMBERS Same "`x + y`; integers wrap.";
        Sub "sub" 2 NUMBERS Same "`x - y`; integers wrap.";
        Mul "mul" 2 NUMBERS Same "`x * y`; integers wrap; complex by four products.";
        MulHigh "mul_high" 2 INTEGERS Same "The upper half of the product in twice as many bits.";
        Div "div" 2 NUMBERS Same
            "`x / y`; integers towards zero, by zero 0, the smallest by -1 itself; complex by Smith.";
        FloorDiv "floor_div" 2 REAL Same
            "`x // y` of Python; integers by zero 0, the smallest by -1 itself; floats by zero `x / y`.";
        Rem "rem" 2 REAL Same
            "`x % y` of Python, with the sign of `y`; integers by zero 0; floats by zero NaN.";
        Fmod "fmod" 2 REAL Same
            "What division towards zero leaves, with the sign of `x`; integers by zero 0.";
        Square "square" 1 NUMBERS Same "`x * x`.";
        Reciprocal "reciprocal" 1 NUMBERS Same "`1 / x`.";
        Sqrt "sqrt" 1 FLOATS Same "Square root, correctly rounded; NaN below -0.0.";
        Fma "fma" 3 WIDE_FLOATS Same "`x * y + z` with one rounding.";
        Floor "floor" 1 FLOATS Same "The largest whole number not above `x`.";
        Ceil "ceil" 1 FLOATS Same "The smallest whole number not below `x`.";
        Trunc "trunc" 1 FLOATS Same "The whole number next to `x` towards zero.";
        Rint "rint" 1 FLOATS Same "The nearest whole number, ties to even.";
    }
    Order {
        Min "min" 2 ORDERED Same "`x` if `x < y` or `x` is NaN, else `y`: NaN stays.";
        Max "max" 2 ORDERED Same "`x` if `x > y` or `x` is NaN, else `y`: NaN stays.";
        Fmin "fmin" 2 FLOATS Same "`x` if `x <= y` or `y` is NaN, else `y`: NaN yields to numbers.";
        Fmax "fmax" 2 FLOATS Same "`x` if `x >= y` or `y` is NaN, else `y`: NaN yields to numbers.";
    }
    Comparison {
        Eq "eq" 2 ALL Compare "`x == y`; false with NaN.";
        Ne "ne" 2 ALL Compare "`x != y`; true with NaN.";
        Lt "lt" 2 ORDERED Compare "`x < y`; false with NaN.";
        Le "le" 2 ORDERED Compare "`x <= y`; false with NaN.";
        Gt "gt" 2 ORDERED Compare "`x > y`; false with NaN.";
        Ge "ge" 2 ORDERED Compare "`x >= y`; false with NaN.";
    }
    Bits {
        And "and" 2 BITS Same "Bits set in both.";
        Or "or" 2 BITS Same "Bits set in one or both.";
        Xor "xor" 2 BITS Same "Bits set in one alone.";
        Not "not" 1 BITS Same "Bits that are not set.";
        Shl "shl" 2 INTEGERS Same "`x << y`; 0 where `y`, read as unsigned, is not below the width.";
        Shr "shr" 2 INTEGERS Same
            "`x >> y`, signed with its sign; 0 or -1 where `y`, read as unsigned, is not below the width.";
        CountOnes "count_ones" 1 INTEGERS Same "How many bits are set.";
        LeadingZeros "leading_zeros" 1 INTEGERS Same "How many bits stand above the highest set one.";
        TrailingZeros "trailing_zeros" 1 INTEGERS Same "How many bits stand below the lowest set one.";
    }
    Float {
        IsNan "isnan" 1 FLOATS Compare "Whether `x` is NaN.";
        IsInf "isinf" 1 FLOATS Compare "Whether `x` is infinite.";
        IsFinite "isfinite" 1 FLOATS Compare "Whether `x` is neither infinite nor NaN.";
        SignBit "signbit" 1 FLOATS Compare "Whether the sign bit is set, also of -0.0 and NaN.";
        CopySign "copysign" 2 FLOATS Same "`x` with the sign bit of `y`.";
        NextAfter "nextafter" 2 FLOATS Same "The next number from `x` towards `y`; `y` where equal.";
        Ldexp "ldexp" 2 FLOATS Scale "`x * 2**n` for an i32 `n`, rounded once.";
        Exponent "exponent" 1 FLOATS Exponent
            "The i32 `e` with `abs(x) = m * 2**e`, `0.5 <= m < 1`; 0 for zero, infinity and NaN.";
        Mantissa "mantissa" 1 FLOATS Same "The `m` of `exponent`, with its sign; else `x` itself.";
    }
    Complex {
        Real "real" 1 COMPLEX Part "The real part.";
        Imag "imag" 1 COMPLEX Part "The imaginary part.";
        Conj "conj" 1 COMPLEX Same "The imaginary part negated.";
        Magnitude "magnitude" 1 COMPLEX Part
            "`sqrt(a * a + b * b)` of the parts, far from 1 of them times a power of two; infinite if one is.";
        Complex "complex" 2 WIDE_FLOATS Whole "The number with these parts.";
    }
    Conversion {
        Select "select" 3 ALL Select "`x` where the bool is true, else `y`.";
        Cast "cast" 1 ALL Stated
            "The value in another type: integers wrap, floats round to nearest even; float to integer \
             towards zero, clamped to its range, NaN 0; bool of all but zero; complex drops its \
             imaginary part.";
        Bitcast "bitcast" 1 REAL Bits "The same bits in another type of the same size.";
    }
    Elementary {
        Exp "exp" 1 FLOATS Same "e to the power `x`.";
        Exp2 "exp2" 1 FLOATS Same "2 to the power `x`.";
        Expm1 "expm1" 1 FLOATS Same "`exp(x) - 1`, exact near zero.";
        Log "log" 1 FLOATS Same "Natural logarithm.";
        Log2 "log2" 1 FLOATS Same "Logarithm to base 2.";
        Log10 "log10" 1 FLOATS Same "Logarithm to base 10.";
        Log1p "log1p" 1 FLOATS Same "`log(1 + x)`, exact near zero.";
        Sin "sin" 1 FLOATS Same "Sine of radians.";
        Cos "cos" 1 FLOATS Same "Cosine of radians.";
        Tan "tan" 1 FLOATS Same "Tangent of radians.";
        Asin "asin" 1 FLOATS Same "Arc sine in radians.";
        Acos "acos" 1 FLOATS Same "Arc cosine in radians.";
        Atan "atan" 1 FLOATS Same "Arc tangent in radians.";
        Atan2 "atan2" 2 FLOATS Same "Angle of the point with ordinate `x` and abscissa `y`, in radians.";
        Sinh "sinh" 1 FLOATS Same "Hyperbolic sine.";
        Cosh "cosh" 1 FLOATS Same "Hyperbolic cosine.";
        Tanh "tanh" 1 FLOATS Same "Hyperbolic tangent.";
        Asinh "asinh" 1 FLOATS Same "Inverse of the hyperbolic sine.";
        Acosh "acosh" 1 FLOATS Same "Inverse of the hyperbolic cosine.";
        Atanh "atanh" 1 FLOATS Same "Inverse of the hyperbolic tangent.";
        Pow "pow" 2 REAL Same
            "`x ** y`; integers wrap, with a negative `y` the quotient 1 / `x ** -y` towards zero, 0 for `x` 0.";
        Cbrt "cbrt" 1 FLOATS Same "Cube root.";
        Erf "erf" 1 FLOATS Same "Error function.";
        Erfc "erfc" 1 FLOATS Same "`1 - erf(x)`, exact far out.";
        Lgamma "lgamma" 1 FLOATS Same "Logarithm of the magnitude of the gamma function.";
        Hypot "hypot" 2 FLOATS Same "`sqrt(x*x + y*y)` without overflow on the way.";
    }
}

impl Op {
    /// The whole table, in the order of the enum.
    pub const fn table() -> &'static [Row] {
        TABLE
    }

    /// The op's line of the table.
    pub const fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// Name in the text form.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Number of operands.
    pub const fn arity(self) -> usize {
        self.row().arity
    }

    /// The op with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.op)
    }

    /// Whether it stands for an expansion when its operands have this type. Integers have none.
    pub fn is_elementary(self, operand: memory::DType) -> bool {
        self.row().group == Group::Elementary && operand.is_float()
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_names_are_unique() {
        for (position, row) in Op::table().iter().enumerate() {
            assert_eq!(row.op as usize, position);
            assert_eq!(Op::from_name(row.name), Some(row.op));
            assert!((1..=3).contains(&row.arity));
            assert!(row.meaning.ends_with('.'), "{}", row.name);
        }
        assert_eq!(Op::from_name("fused"), None);
    }
}
