//! Distributions by the names of NumPy's methods.

use ::random::{
    Beta, Binomial, BitGenerator, ChiSquare, Distribution, Exponential, F, Gamma, Geometric,
    Gumbel, Hypergeometric, InverseExponential, Laplace, LogNormal, LogSeries, Logistic,
    NegativeBinomial, NoncentralChiSquare, NoncentralF, Normal, ParameterError, Pareto, Poisson,
    Power, Rayleigh, StandardCauchy, StandardExponential, StandardGamma, StandardNormal, StandardT,
    StandardUniform, Triangular, Uniform, VonMises, Wald, Weibull, Zipf,
};

use super::columns::{Columns, Row};

/// What can go wrong before anything is drawn.
pub(super) enum Refusal {
    Parameter(ParameterError),
    Unknown,
}

impl From<ParameterError> for Refusal {
    fn from(error: ParameterError) -> Self {
        Self::Parameter(error)
    }
}

/// Fill `out`, with parameters that are the same for all values or not. They are all looked at
/// before the first draw, as in NumPy.
fn fill<T, D: Distribution<T>, B: BitGenerator + ?Sized>(
    expected: usize,
    make: impl Fn(Row<'_>) -> Result<D, ParameterError>,
    parameters: &Columns,
    bits: &mut B,
    out: &mut [T],
) -> Result<(), Refusal> {
    if parameters.count() != expected {
        return Err(Refusal::Unknown);
    }
    if parameters.vary() {
        for at in 0..out.len() {
            make(parameters.at(at))?;
        }
        for (at, value) in out.iter_mut().enumerate() {
            *value = make(parameters.at(at))?.draw(bits);
        }
    } else {
        make(parameters.at(0))?.fill(bits, out);
    }
    Ok(())
}

/// Real numbers in double precision.
pub(super) fn doubles<B: BitGenerator + ?Sized>(
    name: &str,
    all: &Columns,
    bits: &mut B,
    out: &mut [f64],
) -> Result<(), Refusal> {
    macro_rules! of {
        ($kind:ident) => {
            fill(0, |_| Ok($kind), all, bits, out)
        };
        ($kind:ident 1) => {
            fill(1, |p| $kind::new(p.real(0)), all, bits, out)
        };
        ($kind:ident 2) => {
            fill(2, |p| $kind::new(p.real(0), p.real(1)), all, bits, out)
        };
        ($kind:ident 3) => {
            fill(3, |p| $kind::new(p.real(0), p.real(1), p.real(2)), all, bits, out)
        };
    }
    match name {
        "random" => of!(StandardUniform),
        "standard_normal" => of!(StandardNormal),
        "standard_exponential" => of!(StandardExponential),
        "inverse_exponential" => of!(InverseExponential),
        "standard_cauchy" => of!(StandardCauchy),
        "standard_gamma" => fill(1, |p| StandardGamma::<f64>::new(p.real(0)), all, bits, out),
        "exponential" => of!(Exponential 1),
        "chisquare" => of!(ChiSquare 1),
        "standard_t" => of!(StandardT 1),
        "pareto" => of!(Pareto 1),
        "weibull" => of!(Weibull 1),
        "power" => of!(Power 1),
        "rayleigh" => of!(Rayleigh 1),
        "uniform" => of!(Uniform 2),
        "normal" => of!(Normal 2),
        "lognormal" => of!(LogNormal 2),
        "gamma" => of!(Gamma 2),
        "beta" => of!(Beta 2),
        "noncentral_chisquare" => of!(NoncentralChiSquare 2),
        "f" => of!(F 2),
        "laplace" => of!(Laplace 2),
        "gumbel" => of!(Gumbel 2),
        "logistic" => of!(Logistic 2),
        "vonmises" => of!(VonMises 2),
        "wald" => of!(Wald 2),
        "triangular" => of!(Triangular 3),
        "noncentral_f" => of!(NoncentralF 3),
        _ => Err(Refusal::Unknown),
    }
}

/// Real numbers in single precision, where NumPy has them.
pub(super) fn floats<B: BitGenerator + ?Sized>(
    name: &str,
    all: &Columns,
    bits: &mut B,
    out: &mut [f32],
) -> Result<(), Refusal> {
    match name {
        "random" => fill(0, |_| Ok(StandardUniform), all, bits, out),
        "standard_normal" => fill(0, |_| Ok(StandardNormal), all, bits, out),
        "standard_exponential" => fill(0, |_| Ok(StandardExponential), all, bits, out),
        "inverse_exponential" => fill(0, |_| Ok(InverseExponential), all, bits, out),
        "standard_gamma" => {
            fill(1, |p| StandardGamma::<f32>::new(p.real(0) as f32), all, bits, out)
        }
        _ => Err(Refusal::Unknown),
    }
}

/// Counts.
pub(super) fn counts<B: BitGenerator + ?Sized>(
    name: &str,
    all: &Columns,
    bits: &mut B,
    out: &mut [i64],
) -> Result<(), Refusal> {
    match name {
        "binomial" => fill(2, |p| Binomial::new(p.whole(0), p.real(1)), all, bits, out),
        "negative_binomial" => {
            fill(2, |p| NegativeBinomial::new(p.real(0), p.real(1)), all, bits, out)
        }
        "poisson" => fill(1, |p| Poisson::new(p.real(0)), all, bits, out),
        "geometric" => fill(1, |p| Geometric::new(p.real(0)), all, bits, out),
        "logseries" => fill(1, |p| LogSeries::new(p.real(0)), all, bits, out),
        "zipf" => fill(1, |p| Zipf::new(p.real(0)), all, bits, out),
        "hypergeometric" => {
            let make = |p: Row<'_>| Hypergeometric::new(p.whole(0), p.whole(1), p.whole(2));
            fill(3, make, all, bits, out)
        }
        _ => Err(Refusal::Unknown),
    }
}
