//! Distributions with a place and a width that come from one uniform number by their inverse.

use crate::{BitGenerator, Distribution, ParameterError};

macro_rules! location_scale {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            loc: f64,
            scale: f64,
        }

        impl $name {
            /// Centre `loc`, width `scale`.
            pub fn new(loc: f64, scale: f64) -> Result<Self, ParameterError> {
                ParameterError::unless_non_negative("scale", scale)?;
                Ok(Self { loc, scale })
            }
        }
    };
}

location_scale! {
    /// Two exponentials back to back: `Generator.laplace`.
    Laplace
}
location_scale! {
    /// The limit of largest values: `Generator.gumbel`.
    Gumbel
}
location_scale! {
    /// `Generator.logistic`
    Logistic
}

impl Distribution<f64> for Laplace {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        loop {
            let uniform = bits.next_double();
            if uniform >= 0.5 {
                return self.loc - self.scale * (2.0 - uniform - uniform).ln();
            } else if uniform > 0.0 {
                return self.loc + self.scale * (uniform + uniform).ln();
            }
        }
    }
}

impl Distribution<f64> for Gumbel {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        loop {
            let uniform = 1.0 - bits.next_double();
            if uniform < 1.0 {
                return self.loc - self.scale * (-uniform.ln()).ln();
            }
        }
    }
}

impl Distribution<f64> for Logistic {
    fn draw<B: BitGenerator + ?Sized>(&self, bits: &mut B) -> f64 {
        loop {
            let uniform = bits.next_double();
            if uniform > 0.0 {
                return self.loc + self.scale * (uniform / (1.0 - uniform)).ln();
            }
        }
    }
}
