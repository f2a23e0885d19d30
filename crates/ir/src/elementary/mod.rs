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
#![expect(clippy::return_self_not_must_use, reason = "parts of formulas, which nobody drops")]
#![expect(clippy::elidable_lifetime_names, reason = "every lane lives as long as its emitter")]

mod acos;
mod acosh;
mod angle;
mod asin;
mod asinh;
mod atan;
mod atan2;
mod atanh;
mod cbrt;
mod cos;
mod cosh;
mod double;
mod element;
mod emit;
mod erf;
mod erfc;
mod exp;
mod exp2;
mod expm1;
mod format;
mod function;
mod hyperbolic;
mod hypot;
mod lane;
mod lgamma;
mod log;
mod log10;
mod log1p;
mod log2;
mod payne_hanek;
mod polynomials;
mod pow;
mod scalar;
mod sin;
mod sinh;
mod tan;
mod tanh;

pub use element::{Bits, Element, Float, Integer, Kind, Number};
pub use emit::Emit;
pub use format::Format;
pub use function::Function;
pub use lane::{Lane, Mask};
pub use scalar::Scalar;
