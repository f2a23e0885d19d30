//! Parameters that a distribution cannot have, in the words of NumPy.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// A parameter lies outside of what a distribution is defined for. The message is NumPy's.
///
/// ```
/// use random::Normal;
///
/// assert_eq!(Normal::new(0.0, -1.0).unwrap_err().to_string(), "scale < 0");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterError {
    message: Cow<'static, str>,
    overflow: bool,
}

impl ParameterError {
    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), overflow: false }
    }

    pub(crate) fn overflow(message: &'static str) -> Self {
        Self { message: message.into(), overflow: true }
    }

    /// Whether NumPy raises `OverflowError` here; else it raises `ValueError`.
    pub fn is_overflow(&self) -> bool {
        self.overflow
    }

    /// The error, unless `fine`. The message is only written when it is needed.
    pub(crate) fn unless<M: Into<Cow<'static, str>>>(
        fine: bool,
        message: impl FnOnce() -> M,
    ) -> Result<(), Self> {
        if fine { Ok(()) } else { Err(Self::new(message())) }
    }

    // NaN passes where it passes in NumPy. Minus zero is negative there.

    pub(crate) fn unless_non_negative(name: &str, value: f64) -> Result<(), Self> {
        Self::unless(value.is_nan() || value.is_sign_positive(), || format!("{name} < 0"))
    }

    pub(crate) fn unless_positive(name: &str, value: f64) -> Result<(), Self> {
        Self::unless(value.is_nan() || value > 0.0, || format!("{name} <= 0"))
    }

    pub(crate) fn unless_probability(name: &str, value: f64) -> Result<(), Self> {
        let fine = (0.0..=1.0).contains(&value);
        Self::unless(fine, || format!("{name} < 0, {name} > 1 or {name} is NaN"))
    }

    /// A probability that is not 0.
    pub(crate) fn unless_chance(name: &str, value: f64) -> Result<(), Self> {
        let fine = value > 0.0 && value <= 1.0;
        Self::unless(fine, || format!("{name} <= 0, {name} > 1 or {name} contains NaNs"))
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ParameterError {}
