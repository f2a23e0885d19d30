//! What a kernel means, by running it one step at a time.
//!
//! Slow and checked: every index is compared with the shape, every byte with the memory given.
//! Compiled code is compared with it bit for bit, but for NaN (see [`crate::evaluate`]).

mod argument;
mod machine;

use std::fmt;

use memory::Scalar;

pub use self::argument::Argument;
use self::machine::Machine;
use crate::{Kernel, verify};

/// Why a kernel did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A `check` did not hold: its code. What was stored before stays stored.
    Check(i64),
    /// A rule was broken that compiled code takes for granted.
    Fault(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Check(code) => write!(f, "a check failed with code {code}"),
            Self::Fault(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Failure {}

/// Run a kernel. Iterations of parallel loops run in order, so of several checks that fail, the
/// first in that order ends the kernel.
///
/// ```
/// use ir::{Argument, Kernel, interpret};
/// use memory::{DType, Layout, Scalar};
///
/// let kernel: Kernel = "
///     kernel @sum(%n: extent, %x: read i8[any], %total: write i8[]) {
///       %0 = reduce add (%i) in (%n) {
///         %1 = load %x[%i]
///         yield %1
///       }
///       store %0, %total[]
///     }"
/// .parse()?;
/// let (every_other, single) =
///     (Layout::new(DType::I8, &[3], &[2], 0)?, Layout::contiguous(DType::I8, &[])?);
/// let mut total = [0];
/// interpret(&kernel, &mut [
///     Argument::Extent(3),
///     Argument::Read(&[1, 10, 2, 20, 3], &every_other),
///     Argument::Write(&mut total, &single),
/// ])?;
/// assert_eq!(total, [6]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn interpret(kernel: &Kernel, arguments: &mut [Argument<'_>]) -> Result<(), Failure> {
    interpret_within(kernel, arguments, u64::MAX)
}

/// Run a kernel that may not end: a fault after so many runs of blocks. For generated programs.
pub fn interpret_within(
    kernel: &Kernel,
    arguments: &mut [Argument<'_>],
    runs: u64,
) -> Result<(), Failure> {
    interpret_aloud(kernel, arguments, runs, &mut Vec::new())
}

/// What a kernel said: the number, and the arguments.
pub type Said = (i64, Vec<Scalar>);

/// As [`interpret_within`], and listen to what the kernel says.
///
/// ```
/// use ir::{Kernel, interpret_aloud};
///
/// let kernel: Kernel = "
///     kernel @greet() {
///       %0 = const i64 7
///       call say 1 (%0)
///     }"
/// .parse()?;
/// let mut said = Vec::new();
/// interpret_aloud(&kernel, &mut [], 10, &mut said)?;
/// assert_eq!(said, [(1, vec![7i64.into()])]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn interpret_aloud(
    kernel: &Kernel,
    arguments: &mut [Argument<'_>],
    runs: u64,
    said: &mut Vec<Said>,
) -> Result<(), Failure> {
    let legal = verify(kernel).map_err(|invalid| invalid.to_string());
    let fits = legal.and_then(|()| argument::check(kernel, arguments));
    fits.map_err(Failure::Fault)?;
    Machine::new(kernel, arguments, runs, said).run()
}
