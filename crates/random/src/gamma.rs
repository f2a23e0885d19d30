//! Gamma numbers, double and single precision.

use crate::{BitGenerator, Distribution, ParameterError, ziggurat};

/// Scale 1: `Generator.standard_gamma`, for `f64` and `f32`.
///
/// Marsaglia and Tsang (2000) for shapes above 1, Ahrens and Dieter's rejection below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandardGamma<T = f64>(Method<T>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method<T> {
    Nothing,
    Exponential,
    Small { shape: T },
    Large { b: T, c: T },
}

macro_rules! precision {
    ($float:ty, $exponential:path, $normal:path, $uniform:ident) => {
        impl StandardGamma<$float> {
            /// Shape `shape`.
            pub fn new(shape: $float) -> Result<Self, ParameterError> {
                ParameterError::unless_non_negative("shape", shape.into())?;
                Ok(Self::unchecked(shape))
            }

            #[inline]
            pub(crate) fn unchecked(shape: $float) -> Self {
                Self(if shape == 1.0 {
                    Method::Exponential
                } else if shape == 0.0 {
                    Method::Nothing
                } else if shape < 1.0 {
                    Method::Small { shape }
                } else {
                    let b = shape - 1.0 / 3.0;
                    Method::Large { b, c: 1.0 / (9.0 * b).sqrt() }
                })
            }
        }

        impl Distribution<$float> for StandardGamma<$float> {
            #[inline]
            fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> $float {
                match self.0 {
                    Method::Nothing => 0.0,
                    Method::Exponential => $exponential(bits),
                    Method::Small { shape } => loop {
                        let u = bits.$uniform();
                        let v = $exponential(bits);
                        if u <= 1.0 - shape {
                            let x = u.powf(1.0 / shape);
                            if x <= v {
                                return x;
                            }
                        } else {
                            let y = -((1.0 - u) / shape).ln();
                            let x = (1.0 - shape + shape * y).powf(1.0 / shape);
                            if x <= v + y {
                                return x;
                            }
                        }
                    },
                    Method::Large { b, c } => loop {
                        let (x, v) = loop {
                            let x = $normal(bits);
                            let v = 1.0 + c * x;
                            // Not `v > 0`: NumPy goes on with what is not a number.
                            if !(v <= 0.0) {
                                break (x, v);
                            }
                        };
                        let v = v * v * v;
                        let u = bits.$uniform();
                        if u < 1.0 - 0.0331 * (x * x) * (x * x) {
                            return b * v;
                        }
                        // The logarithm of 0 is fine here.
                        if u.ln() < 0.5 * x * x + b * (1.0 - v + v.ln()) {
                            return b * v;
                        }
                    },
                }
            }
        }
    };
}
precision!(f64, ziggurat::exponential, ziggurat::normal, next_double);
precision!(f32, ziggurat::exponential_single, ziggurat::normal_single, next_float);

/// `Generator.gamma`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamma {
    standard: StandardGamma,
    scale: f64,
}

impl Gamma {
    /// Mean `shape * scale`.
    pub fn new(shape: f64, scale: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_non_negative("shape", shape)?;
        ParameterError::unless_non_negative("scale", scale)?;
        Ok(Self::unchecked(shape, scale))
    }

    pub(crate) fn unchecked(shape: f64, scale: f64) -> Self {
        Self { standard: StandardGamma::<f64>::unchecked(shape), scale }
    }
}

impl Distribution<f64> for Gamma {
    #[inline]
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        self.scale * self.standard.draw(bits)
    }
}
