//! `for i in ab.prange(...)`: turns that do not depend on each other, and reductions found by themselves.

use ir::{Combiner, For, Reduce, Statement};
use memory::{DType, Kind, Scalar};
use ruff_python_ast::{BoolOp, Expr, Operator, name::Name};
use ruff_text_size::{Ranged, TextRange};

use crate::flow::{chain, targets};
use crate::join::carried;
use crate::learned::Join;
use crate::lower::{Lowerer, Result, Slot};
use crate::step::{Line, Names, Step};
use crate::value::{Iter, Num, Ty, Val};

/// What a statement does with a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Combined, and whether by `and` or `or`, which are of bools alone.
    Combined(Combiner, bool),
    Other(TextRange),
}

fn is_name(expr: &Expr, name: &Name) -> bool {
    matches!(expr, Expr::Name(it) if it.id == *name)
}

fn mentions(expr: &Expr, name: &Name) -> bool {
    let (mut assigned, mut read) = (Names::new(), Names::new());
    targets(expr, &mut assigned, &mut read);
    assigned.contains(name) || read.contains(name) || is_name(expr, name)
}

/// Like `mentions`, for expressions that are read.
fn reads(expr: &Expr, name: &Name) -> bool {
    mentions(
        &Expr::Starred(ruff_python_ast::ExprStarred {
            node_index: ruff_python_ast::AtomicNodeIndex::default(),
            range: expr.range(),
            value: Box::new(expr.clone()),
            ctx: ruff_python_ast::ExprContext::Load,
        }),
        name,
    )
}

fn of_operator(op: Operator) -> Option<Combiner> {
    Some(match op {
        Operator::Add | Operator::Sub => Combiner::Add,
        Operator::Mult => Combiner::Mul,
        Operator::BitAnd => Combiner::And,
        Operator::BitOr => Combiner::Or,
        Operator::BitXor => Combiner::Xor,
        _ => return None,
    })
}

/// `name op value`, `min(name, value)`, `name and value`: the combiner, if that is all.
fn combined(value: &Expr, name: &Name) -> Option<Combiner> {
    match value {
        Expr::BinOp(it) => {
            let combiner = of_operator(it.op)?;
            let first = is_name(&it.left, name) && !reads(&it.right, name);
            let second = is_name(&it.right, name) && !reads(&it.left, name);
            (first || second && it.op != Operator::Sub).then_some(combiner)
        }
        Expr::Call(it) if it.arguments.keywords.is_empty() => {
            let combiner = match chain(&it.func)?.rsplit('.').next()? {
                "min" | "minimum" => Combiner::Min,
                "max" | "maximum" => Combiner::Max,
                _ => return None,
            };
            let [x, y] = &it.arguments.args[..] else { return None };
            let first = is_name(x, name) && !reads(y, name);
            let second = is_name(y, name) && !reads(x, name);
            (first || second).then_some(combiner)
        }
        Expr::BoolOp(it) => {
            let combiner = if it.op == BoolOp::And { Combiner::And } else { Combiner::Or };
            let (first, rest) = it.values.split_first()?;
            (is_name(first, name) && !rest.iter().any(|it| reads(it, name))).then_some(combiner)
        }
        _ => None,
    }
}

fn uses(lines: &[Line], name: &Name, found: &mut Vec<Use>) {
    for line in lines {
        let mut see = |expr: &Expr| {
            if reads(expr, name) {
                found.push(Use::Other(expr.range()));
            }
        };
        match &line.step {
            Step::Assign { targets, value } => {
                if let [target] = &targets[..]
                    && is_name(target, name)
                    && let Some(combiner) = combined(value, name)
                {
                    found.push(Use::Combined(combiner, matches!(value, Expr::BoolOp(_))));
                    continue;
                }
                see(value);
                targets.iter().for_each(see);
            }
            Step::Change { target, op, value } => {
                let changed = is_name(target, name).then(|| of_operator(*op)).flatten();
                if let Some(combiner) = changed
                    && !reads(value, name)
                {
                    found.push(Use::Combined(combiner, false));
                    continue;
                }
                see(target);
                see(value);
            }
            Step::Do(value) | Step::Fold(_, value) => see(value),
            Step::Return(value) | Step::Raise(value) => value.iter().for_each(see),
            Step::Flag(..) | Step::Delete(_) => {}
            Step::If { test, then, otherwise } => {
                see(test);
                uses(then, name, found);
                uses(otherwise, name, found);
            }
            Step::Unless { body, .. } => uses(body, name, found),
            Step::For { target, iter, body, .. } => {
                see(target);
                see(iter);
                uses(body, name, found);
            }
            Step::While { test, body, .. } => {
                see(test);
                uses(body, name, found);
            }
            Step::Assert { test, .. } => see(test),
        }
    }
}

struct Reduction {
    name: Name,
    combiner: Combiner,
    logical: bool,
    before: Num,
    join: Join,
}

impl Lowerer<'_> {
    pub(crate) fn prange(
        &mut self,
        line: &Line,
        (range, iter): (TextRange, Iter),
        target: &Expr,
        body: &[Line],
        flags: &[Name],
    ) -> Result<()> {
        if !flags.is_empty() {
            let hint =
                "turns of prange run at once: note what was found in a variable, or use range";
            return Err(self.refuse(line.range, "`break` or `return` inside of prange", hint));
        }
        if self.frame().env.contains_key("$fold") || self.frame().env.contains_key("$count") {
            let hint = "write the loop: `for i in ab.prange(n): s += x[i]`, or use range";
            return Err(self.refuse(range, "prange in a generator expression", hint));
        }
        let reductions = self.reductions(line, target, body)?;
        if self.options.races {
            let write = |it: &mut Self| it.counted(line, (range, &iter), target, body);
            return self.watched((range, &iter), write);
        }
        let site = (self.frame().unit.clone(), line.range);
        let count = self.length(range, &iter)?;
        let (axis, own) = self.axis(range, &iter)?;
        let before = self.frame().env.clone();
        let arguments = self.b.open(&[DType::I64]);
        self.forget(line);
        self.parallel += 1;
        let from = match axis.begin {
            Some(begin) => self.b.sub(arguments[0], begin),
            None => arguments[0],
        };
        let turn = match axis.step {
            Some(step) => self.b.floor_div(from, step),
            None => from,
        };
        self.around.push((turn, count));
        for it in &reductions {
            let start = self.identity(line.range, it)?;
            self.frame_mut().env.insert(it.name.clone(), Slot { value: start, assigned: None });
        }
        let value = self.given(range, &iter, arguments[0], own)?;
        self.assign_to(target, value)?;
        self.lines(body)?;
        self.dead = false;
        self.parallel -= 1;
        self.around.pop();
        let mut yields = Vec::new();
        for it in &reductions {
            let value = self.frame().env.get(&it.name).map_or(Val::None, |slot| slot.value.clone());
            self.note_reduction(line, it, &value)?;
            self.flatten(&value, &it.join.ty, &mut yields);
        }
        self.frame_mut().env = before;
        if reductions.is_empty() {
            let body = self.b.close(&[]);
            self.turns.push((body, site.clone()));
            self.b.push(Statement::For(For {
                parallel: true,
                lanes: false,
                axes: vec![axis],
                start: Vec::new(),
                body,
                results: Vec::new(),
            }));
            self.forget(line);
            return Ok(());
        }
        let mut combiners = Vec::new();
        let mut results = Vec::new();
        for it in &reductions {
            let mut dtypes = Vec::new();
            it.join.ty.dtypes(&mut dtypes);
            for dtype in dtypes {
                combiners.push(it.combiner);
                results.push(self.b.new_value(dtype));
            }
        }
        let body = self.b.close(&yields);
        self.turns.push((body, site));
        self.b.push(Statement::Reduce(Reduce {
            axes: vec![axis],
            combiners,
            empty: Vec::new(),
            body,
            results: results.clone(),
        }));
        self.forget(line);
        let mut results = results.into_iter();
        for it in reductions {
            let Some(Val::Num(found)) = self.rebuilt(&it.join.ty, &mut results) else { continue };
            let value = self.combine(line.range, it.combiner, &it.before, &found)?;
            self.frame_mut().env.insert(it.name, Slot { value: Val::Num(value), assigned: None });
        }
        Ok(())
    }

    /// The reductions of a loop; refuses what else is carried.
    fn reductions(&mut self, line: &Line, target: &Expr, body: &[Line]) -> Result<Vec<Reduction>> {
        let (mut own, mut read) = (Names::new(), Names::new());
        targets(target, &mut own, &mut read);
        let mut reductions = Vec::new();
        for name in carried(line) {
            if name.starts_with('$') {
                continue;
            }
            let hint = "turns of prange run at once: `s += x`, `s *= x`, `s = min(s, x)`, `s = max(s, x)`, \
                        `s &= x` and `s |= x` are combined by themselves; else use range";
            if own.contains(&name) {
                let message = format!("{name} is read after the prange loop that counts with it");
                return Err(self.refuse(target.range(), message, hint));
            }
            let mut found = Vec::new();
            uses(body, &name, &mut found);
            let other = found.iter().find_map(|it| match it {
                Use::Other(range) => Some(*range),
                Use::Combined(..) => None,
            });
            let (combiner, logical) = match found.first() {
                Some(Use::Combined(combiner, logical))
                    if found.iter().all(|it| it == &found[0]) =>
                {
                    (*combiner, *logical)
                }
                _ => {
                    let range = other.unwrap_or(line.range);
                    let message = format!(
                        "{name} is carried from one turn of prange to another or out of it"
                    );
                    return Err(self.refuse(range, message, hint));
                }
            };
            let Some(Slot { value: Val::Num(before), .. }) = self.frame().env.get(&name).cloned()
            else {
                let message = format!("{name} has no number to begin with before the prange loop");
                return Err(self.refuse(
                    line.range,
                    message,
                    "write `s = 0` or `s = 0.0` before it",
                ));
            };
            let key = (self.frame().path.clone(), u64::from(line.id), name.to_string());
            let ty = Ty::Num(before.ty);
            let join = self.learned.joins.entry(key).or_insert(Join { ty, open: false }).clone();
            reductions.push(Reduction { name, combiner, logical, before, join });
        }
        Ok(reductions)
    }

    fn note_reduction(&mut self, line: &Line, it: &Reduction, value: &Val) -> Result<()> {
        let key = (self.frame().path.clone(), u64::from(line.id), it.name.to_string());
        let ty = Ty::of(value);
        let Some(both) = it.join.ty.unify(&ty) else {
            let message = format!("{} becomes {}", it.name, value.describe());
            return Err(self.refuse(line.range, message, "reduce numbers"));
        };
        if it.logical && !matches!(both, Ty::Num(ty) if ty.dtype == DType::Bool) {
            let message =
                format!("{} is reduced by `and` or `or`, and is {}", it.name, both.describe());
            let hint = "they reduce bools: begin with True or False, and compare, or write bool(x)";
            return Err(self.refuse(line.range, message, hint));
        }
        if both != it.join.ty {
            self.learned.again = true;
            self.learned.joins.insert(key, Join { ty: both, open: false });
        }
        Ok(())
    }

    /// What changes nothing when it is combined.
    fn identity(&mut self, range: TextRange, it: &Reduction) -> Result<Val> {
        let Ty::Num(ty) = it.join.ty else {
            return Err(self.refuse(range, "a reduction of something else than numbers", ""));
        };
        let part = ty.dtype.part();
        if ty.dtype.is_complex() && it.combiner != Combiner::Add {
            let hint = "reduce the real and the imaginary part apart";
            return Err(self.refuse(range, "complex numbers are reduced by + alone", hint));
        }
        let scalar = if it.combiner.accepts().contains(part) {
            it.combiner.identity(part)[0]
        } else {
            Scalar::zero(part) // of a type that will be wider
        };
        let re = self.b.constant(scalar);
        let im = ty.dtype.is_complex().then(|| self.zero(part));
        Ok(Val::Num(Num { ty, re, im, known: None, natural: false }))
    }

    fn combine(
        &mut self,
        range: TextRange,
        combiner: Combiner,
        before: &Num,
        found: &Num,
    ) -> Result<Num> {
        let op = match combiner {
            Combiner::Add => Operator::Add,
            Combiner::Mul => Operator::Mult,
            Combiner::And => Operator::BitAnd,
            Combiner::Or => Operator::BitOr,
            Combiner::Xor => Operator::BitXor,
            _ => {
                let before = self.to(before, found.ty);
                let op = if combiner == Combiner::Min { ir::Op::Min } else { ir::Op::Max };
                let re = self.b.op(op, &[before.re, found.re]);
                return Ok(self.number(found.ty, re));
            }
        };
        if found.ty.dtype.kind() == Kind::Bool && matches!(op, Operator::Add | Operator::Mult) {
            return Err(self.refuse(range, "a sum that begins with a bool", "begin with 0"));
        }
        self.binary(range, op, before, found)
    }
}
