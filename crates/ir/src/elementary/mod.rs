//! Elementary functions, in `f32` and `f64`, written once for every place that can run them.
//!
//! A function is a straight line of operations that go to an [`Emit`]: [`Scalar`] computes them at once,
//! a compiler writes them down. Each comes twice, with the same bits inside its common range: `fast` also
//! answers whether its argument was in that range; `exact` takes any argument. `README.md` in this folder
//! tells how one is written, `docs/reference/elementary-functions.md` how accurate they are.
//!
//! ```
//! use ir::elementary::{Function, Scalar};
//!
//! let sin = Function::named("sin").expect("it is in the table");
//! let (y, common) = sin.fast(&Scalar, &[0.5_f32]);
//! assert!(common && y == 0.479_425_55);
//! assert_eq!(sin.exact(&Scalar, &[0.5_f32]), y);
//! assert!(sin.exact(&Scalar, &[f64::INFINITY]).is_nan());
//! ```

#![expect(clippy::many_single_char_names, reason = "formulas, in the letters of their sources")]

mod angle;
mod cos;
mod double;
mod element;
mod emit;
mod exp;
mod format;
mod function;
mod log;
mod log2;
mod log10;
mod log1p;
mod exp2;
mod expm1;
mod hyperbolic;
mod sinh;
mod cosh;
mod tanh;
mod tan;
mod asin;
mod acos;
mod atan;
mod atan2;
mod cbrt;
mod hypot;
mod asinh;
mod acosh;
mod atanh;
mod pow;
mod erf;
mod erfc;
mod lane;
mod lgamma;
mod payne_hanek;
mod polynomials;
mod scalar;
mod sin;

pub use element::{Bits, Element, Float, Integer, Kind, Number};
pub use emit::Emit;
pub use format::Format;
pub use function::Function;
pub use lane::{Lane, Mask};
pub use scalar::Scalar;
