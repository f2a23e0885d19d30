//! Arrays that a variable holds for one expression alone: they are computed there, and never stored.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, name::Name};

use crate::Constant;
use crate::Unit;
use crate::flow::chain;
use crate::lower::Lowerer;
use crate::step::{Line, Step};

/// Methods of arrays that change nothing.
const CALM: &[&str] = &[
    "sum",
    "prod",
    "mean",
    "min",
    "max",
    "any",
    "all",
    "argmin",
    "argmax",
    "var",
    "std",
    "dot",
    "cumsum",
    "cumprod",
    "copy",
    "astype",
    "clip",
    "ravel",
    "flatten",
    "transpose",
    "reshape",
];

/// How often an expression reads a name, and whether it does nothing but compute.
struct Reads<'u> {
    unit: &'u Unit,
    name: &'u Name,
    count: usize,
    calm: bool,
}

impl<'a> Visitor<'a> for Reads<'_> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(it) => self.count += usize::from(it.id == *self.name),
            // What is evaluated under a condition may not be evaluated.
            Expr::Named(_) | Expr::If(_) | Expr::BoolOp(_) => self.calm = false,
            // What stands in a loop is read more than once.
            Expr::Generator(_) | Expr::ListComp(_) | Expr::SetComp(_) => self.calm = false,
            Expr::Call(it) => self.calm &= computes(self.unit, &it.func),
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// Whether a function is one of NumPy's and its like, which changes no array.
fn computes(unit: &Unit, function: &Expr) -> bool {
    if let Some(chain) = chain(function) {
        let first = chain.split('.').next().unwrap_or_default();
        if !unit.locals.iter().any(|it| it == first) {
            return matches!(unit.constant(&chain), Some(Constant::Named(_)));
        }
    }
    matches!(function, Expr::Attribute(it) if CALM.contains(&it.attr.as_str()))
}

impl Lowerer<'_> {
    /// Whether a name that is given an array now is read once, by a statement that follows, and
    /// nothing in between changes what the array is computed from.
    pub(crate) fn read_once(&self, name: &Name, rest: &[Line]) -> bool {
        let unit = self.frame().unit.clone();
        let reads = |expr: &Expr| {
            let mut found = Reads { unit: &unit, name, count: 0, calm: true };
            found.visit_expr(expr);
            (found.count, found.calm)
        };
        for line in rest {
            let over = !line.live.contains(name) || line.assigned.contains(name);
            let (targets, value) = match &line.step {
                Step::Assign { targets, value } => (&targets[..], value),
                Step::Change { target, value, .. } => (std::slice::from_ref(target), value),
                Step::Return(Some(value)) => (&[][..], value),
                _ => return false,
            };
            let (count, calm) = reads(value);
            let named = targets.iter().all(|it| matches!(it, Expr::Name(_)));
            let change = matches!(line.step, Step::Change { .. });
            let besides = targets.iter().any(|it| (change || !named) && reads(it).0 > 0);
            if !calm || besides {
                return false;
            }
            if count > 0 {
                return count == 1 && over;
            }
            if change || !named || line.assigned.contains(name) {
                return false;
            }
        }
        false
    }
}
