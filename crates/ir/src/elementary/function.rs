//! The table of functions, for whoever has a name.

use super::emit::Emit;
use super::format::Format;
use super::lane::Lane;

macro_rules! functions {
    (unary { $($one:ident: $One:ident, $about:literal;)* } binary { $($two:ident: $Two:ident, $about_two:literal;)* }) => {
        /// An elementary function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Function {
            $(#[doc = $about] $One,)*
            $(#[doc = $about_two] $Two,)*
        }

        impl Function {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$One,)* $(Self::$Two,)*];

            /// Its name, as the loop language and NumPy spell it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$One => stringify!($one),)*
                    $(Self::$Two => stringify!($two),)*
                }
            }

            /// How many arguments it takes.
            pub fn arity(self) -> usize {
                match self {
                    $(Self::$One => 1,)*
                    $(Self::$Two => 2,)*
                }
            }

            /// Emits the version for common arguments: the value, and whether the arguments were common.
            /// The value is `exact`'s, bit for bit, where they were, and anything elsewhere.
            #[inline]
            pub fn fast<E: Emit, T: Format>(
                self,
                emit: &E,
                arguments: &[E::Value<T>],
            ) -> (E::Value<T>, E::Value<bool>) {
                let lane = |i: usize| Lane::<E, T>::new(emit, arguments[i]);
                let (value, common) = match self {
                    $(Self::$One => super::$one::fast(lane(0)),)*
                    $(Self::$Two => super::$two::fast(lane(0), lane(1)),)*
                };
                (value.value, common.value)
            }

            /// Emits the version for any argument.
            #[inline]
            pub fn exact<E: Emit, T: Format>(
                self,
                emit: &E,
                arguments: &[E::Value<T>],
            ) -> E::Value<T> {
                let lane = |i: usize| Lane::<E, T>::new(emit, arguments[i]);
                match self {
                    $(Self::$One => super::$one::exact(lane(0)),)*
                    $(Self::$Two => super::$two::exact(lane(0), lane(1)),)*
                }
                .value
            }
        }
    };
}

functions! {
    unary {
        exp: Exp, "`e^x`";
        exp2: Exp2, "`2^x`";
        expm1: Expm1, "`e^x - 1`";
        log: Log, "natural logarithm";
        log2: Log2, "logarithm to base 2";
        log10: Log10, "logarithm to base 10";
        log1p: Log1p, "natural logarithm of `1 + x`";
        sin: Sin, "sine";
        cos: Cos, "cosine";
        tan: Tan, "tangent";
        asin: Asin, "arc sine";
        acos: Acos, "arc cosine";
        atan: Atan, "arc tangent";
        sinh: Sinh, "hyperbolic sine";
        cosh: Cosh, "hyperbolic cosine";
        tanh: Tanh, "hyperbolic tangent";
        asinh: Asinh, "inverse of `sinh`";
        acosh: Acosh, "inverse of `cosh`";
        atanh: Atanh, "inverse of `tanh`";
        erf: Erf, "error function";
        erfc: Erfc, "`1 - erf(x)`";
        lgamma: Lgamma, "logarithm of the absolute value of the gamma function";
        cbrt: Cbrt, "cube root";
    }
    binary {
        atan2: Atan2, "the angle of the point `(x, y)`, `y` given first";
        pow: Pow, "`x^y`";
        hypot: Hypot, "`sqrt(x^2 + y^2)`";
    }
}

impl Function {
    /// The size up to which arguments are common, where that is all that `fast` asks. Of two functions of one
    /// argument, what is common for the one with the lower limit is common for the other.
    pub fn limit<T: Format>(self) -> Option<f64> {
        match self {
            Self::Exp | Self::Expm1 | Self::Sinh | Self::Cosh => Some(T::EXP_USUAL),
            Self::Sin | Self::Cos | Self::Tan => Some(T::ANGLE_USUAL),
            Self::Tanh | Self::Atan | Self::Erf => Some(f64::INFINITY),
            _ => None,
        }
    }

    /// The function of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.name() == name)
    }
}
