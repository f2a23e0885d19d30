//! Angles around a direction.

use std::f64::consts::PI;

use crate::{BitGenerator, Distribution, ParameterError, ziggurat};

/// The normal distribution of the circle: `Generator.vonmises`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VonMises {
    mu: f64,
    kappa: f64,
    method: Method,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    NotANumber,
    Uniform,
    Rejected { s: f64 },
    Normal,
}

impl VonMises {
    /// Direction `mu`, concentration `kappa`.
    pub fn new(mu: f64, kappa: f64) -> Result<Self, ParameterError> {
        ParameterError::unless_non_negative("kappa", kappa)?;
        let method = if kappa.is_nan() {
            Method::NotANumber
        } else if kappa < 1e-8 {
            Method::Uniform
        } else if kappa < 1e-5 {
            Method::Rejected { s: 1.0 / kappa + kappa } // the series of the next case
        } else if kappa <= 1e6 {
            let r = 1.0 + (1.0 + 4.0 * kappa * kappa).sqrt();
            let rho = (r - (2.0 * r).sqrt()) / (2.0 * kappa);
            Method::Rejected { s: (1.0 + rho * rho) / (2.0 * rho) }
        } else {
            Method::Normal
        };
        Ok(Self { mu, kappa, method })
    }
}

impl Distribution<f64> for VonMises {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        let Self { mu, kappa, method } = *self;
        match method {
            Method::NotANumber => f64::NAN,
            Method::Uniform => PI * (2.0 * bits.next_double() - 1.0),
            Method::Normal => {
                let mut angle = mu + (1.0 / kappa).sqrt() * ziggurat::normal(bits);
                if angle < -PI {
                    angle += 2.0 * PI;
                }
                if angle > PI {
                    angle -= 2.0 * PI;
                }
                angle
            }
            Method::Rejected { s } => {
                let cosine = loop {
                    let z = (PI * bits.next_double()).cos();
                    let w = (1.0 + s * z) / (s + z);
                    let y = kappa * (s - w);
                    let v = bits.next_double();
                    if y * (2.0 - y) - v >= 0.0 || (y / v).ln() + 1.0 - y >= 0.0 {
                        break w;
                    }
                };
                let side = bits.next_double();
                let angle = if side < 0.5 { -cosine.acos() } else { cosine.acos() } + mu;
                let turned = (angle.abs() + PI) % (2.0 * PI) - PI;
                if angle < 0.0 { -turned } else { turned }
            }
        }
    }
}
