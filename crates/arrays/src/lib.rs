//! Lazy arrays: operations build nodes, asking for a value groups them into kernels and runs these.
//!
//! Level 4; knows nothing of Python. `docs/design/0010-arrays.md` says why it is so.
//!
//! | noun | what it is |
//! |---|---|
//! | [`Array`] | a node: element type, shape, and an operation or a buffer |
//! | [`Operand`] | what functions take: an array, or a number whose type yields to others |
//! | `Operation` | how a node follows from others |
//! | `Map` | which element of an input an element of a view is |
//! | `Graph` | what has to be computed for some arrays, inputs first |
//! | `Plan` | which nodes become memory, and by which kernel |
//! | `Program` | a kernel without its numbers: the key of the cache |
//! | `Recipe` | a plan with its kernels, for all graphs with one signature |
//! | `Turn` | who evaluates: one at a time |

mod array;
mod build;
mod cast;
mod circular;
mod complex;
mod direct;
mod division;
mod error;
mod evaluate;
mod found;
mod function;
mod functions;
mod graph;
mod inverse;
mod join;
mod logarithm;
mod map;
mod operand;
mod operation;
mod plan;
mod power;
mod program;
mod recipe;
mod reduction;
mod relief;
mod run;
mod shelf;
mod signature;
mod small;
mod soon;
mod turn;
mod update;
mod views;
mod write;

pub use array::{Array, Data};
pub use direct::evaluate_directly;
pub use division::{Division, divisions, smallest};
pub use error::{Error, ErrorKind};
pub use evaluate::{evaluate, explain};
pub use function::{Function, apply};
pub use join::join;
pub use operand::{Operand, Weak, Width, dtype_of, set_width};
pub use reduction::Reduction;
pub use relief::{MOST_PENDING, relieve};
pub use shelf::{Device, compilations, device, forked, recipes, set_device};
pub use small::evaluate_small;
pub use soon::evaluate_soon;
pub use update::Change;
