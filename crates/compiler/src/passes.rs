//! Kernels to better kernels: same results, same checks, same partial writes, less to do.
//!
//! Each pass takes a legal kernel and leaves a legal one. [`improve`] runs all of them.
//! `docs/design/0014-guards.md` says why they are as they are.

mod alike;
mod copy;
mod count;
mod dead;
mod facts;
mod formula;
mod guard;
mod hoist;
mod identities;
mod join;
mod known;
mod lanes;
mod last;
mod leave;
mod memory;
mod question;
mod ranges;
mod shifts;
mod simplify;

use ir::{Axis, BlockId, Kernel, Statement};

pub use self::alike::alike;
pub use self::count::count;
pub use self::dead::dead;
pub use self::guard::guard;
pub use self::hoist::hoist;
pub use self::join::join;
pub use self::lanes::lanes;
pub use self::leave::leave;
pub use self::shifts::shifts;
pub use self::simplify::simplify;

/// All passes, for kernels that were compiled from Python loops.
///
/// Checks that hold for a whole loop nest are asked once, before it; loops whose iterations are
/// independent are marked `lanes`. The kernel is legal; so is the answer.
///
/// ```
/// let kernel: ir::Kernel = "
///     kernel @fill(%n: extent, %m: extent, %x: write i64[any]) {
///       for (%i) in (%n) {
///         %inside = lt %i, %m
///         check %inside, 1
///         store %i, %x[%i]
///       }
///     }"
/// .parse()?;
/// let text = compiler::improve(&kernel).to_string();
/// let (guarded, checked) = text.split_once("} else {").unwrap();
/// assert!(guarded.contains("for lanes") && !guarded.contains("check"));
/// assert!(checked.contains("check"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn improve(kernel: &Kernel) -> Kernel {
    let mut kernel = kernel.clone();
    // Twice: what a loop carries is seen through once its body is simple.
    simplify(&mut kernel);
    hoist(&mut kernel);
    count(&mut kernel);
    dead(&mut kernel);
    leave(&mut kernel);
    simplify(&mut kernel);
    hoist(&mut kernel);
    dead(&mut kernel);
    guard(&mut kernel);
    simplify(&mut kernel);
    hoist(&mut kernel);
    alike(&mut kernel);
    join(&mut kernel);
    dead(&mut kernel);
    lanes(&mut kernel);
    shifts(&mut kernel);
    kernel.renumbered()
}

/// The axes and the body of a loop that counts.
fn axes(statement: &Statement) -> Option<(&[Axis], BlockId)> {
    match statement {
        Statement::For(it) => Some((&it.axes, it.body)),
        Statement::Reduce(it) => Some((&it.axes, it.body)),
        _ => None,
    }
}
