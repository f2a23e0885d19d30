//! NumPy's random numbers in Rust: same seeds, same streams, same values, to the last bit.
//!
//! ```
//! use random::{Gamma, default_rng};
//!
//! let mut rng = default_rng(42); // numpy.random.default_rng(42)
//! let mut x = [0.0; 3];
//! rng.fill(&Gamma::new(2.5, 3.0)?, &mut x); // rng.gamma(2.5, 3.0, 3)
//! # Ok::<(), random::ParameterError>(())
//! ```
//!
//! Level 1; knows nothing of Python, of threads or of the rest of abreast. `README.md` beside this
//! file says what is identical to NumPy, and how that is known.
//!
//! * [`SeedSequence`] — seeds of any size, and the tree of independent streams below each.
//! * [`Pcg64`], [`Pcg64Dxsm`], [`Mt19937`], [`Philox4x64`], [`Sfc64`] — NumPy's bit generators,
//!   with their states in and out; [`Philox4x32`] for vectors and devices. All implement
//!   [`rand_core::Rng`], so they serve every crate that draws through it.
//! * [`Mrg32k3a`] — the streams of R.
//! * [`Positional`] — numbers by position, for large results on every core.
//! * [`Distribution`] — what NumPy draws, each kind with its parameters in a type of its own.
//! * [`Generator`] — a bit generator with all of it at hand; [`default_rng`] makes one.

// Exceptions for the whole crate: bit for bit is the task.
#![allow(clippy::neg_cmp_op_on_partial_ord, reason = "what is not a number takes NumPy's branch")]
#![allow(clippy::float_cmp, reason = "special cases are exact, in NumPy as here")]
#![allow(clippy::cast_possible_wrap, reason = "populations and counts stay below 2^63")]

mod beta;
mod binomial;
mod bit_generator;
mod chisquare;
mod choice;
mod distribution;
mod exponential;
mod gamma;
mod generator;
mod half_word;
mod hypergeometric;
mod integers;
mod location_scale;
mod logarithms;
mod mrg32k3a;
mod mt19937;
mod normal;
mod parameter_error;
mod pcg64;
mod pcg64dxsm;
mod philox4x32;
mod philox4x64;
mod poisson;
mod positional;
mod seed_sequence;
mod sfc64;
mod shuffle;
mod state_error;
mod stateful;
mod uniform;
mod vonmises;
mod waiting;
mod ziggurat;

pub use beta::{Beta, Dirichlet};
pub use binomial::{Binomial, Multinomial};
pub use bit_generator::BitGenerator;
pub use chisquare::{ChiSquare, F, NoncentralChiSquare, NoncentralF, StandardT};
pub use choice::Choice;
pub use distribution::Distribution;
pub use exponential::{
    Exponential, InverseExponential, Pareto, Power, Rayleigh, StandardExponential, Weibull,
};
pub use gamma::{Gamma, StandardGamma};
pub use generator::{Generator, default_rng};
pub use half_word::HalfWord;
pub use hypergeometric::{Draw, Hypergeometric, MultivariateHypergeometric};
pub use integers::{Integer, Integers, Shared};
pub use location_scale::{Gumbel, Laplace, Logistic};
pub use mrg32k3a::Mrg32k3a;
pub use mt19937::{Mt19937, Mt19937State};
pub use normal::{LogNormal, Normal, StandardCauchy, StandardNormal, Wald};
pub use parameter_error::ParameterError;
pub use pcg64::{Pcg64, Pcg64State};
pub use pcg64dxsm::Pcg64Dxsm;
pub use philox4x32::Philox4x32;
pub use philox4x64::{Philox4x64, Philox4x64State};
pub use poisson::{NegativeBinomial, Poisson};
pub use positional::{Float, Positional};
pub use rand_core::{self, Rng, SeedableRng};
pub use seed_sequence::SeedSequence;
pub use sfc64::{Sfc64, Sfc64State};
pub use state_error::StateError;
pub use uniform::{StandardUniform, Triangular, Uniform};
pub use vonmises::VonMises;
pub use waiting::{Geometric, LogSeries, Zipf};
pub use ziggurat::Layers;
