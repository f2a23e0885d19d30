//! `sum`, `min`, `max`, `any` and `all` over what a loop runs over, and over generator expressions: loops without names.
//!
//! They are lowered as the loops that they stand for, one element after the other as Python does, in a frame of
//! their own in which the names of the function are what they are outside.

use std::collections::BTreeMap;

use ruff_python_ast::{CmpOp, Comprehension, Expr, ExprContext, ExprName, Operator, name::Name};
use ruff_text_size::{Ranged, TextRange};

use crate::flow::{analyse, targets};
use crate::key::{BY, KEY};
use crate::lower::{Frame, Lowerer, RaiseKind, Result, Slot};
use crate::step::{Line, Names, Step};
use crate::value::{Known, Num, Val};
use crate::whole::is_array;

/// What comes together.
pub(crate) const FOLD: &str = "$fold";
/// Whether there was an element.
pub(crate) const SOME: &str = "$some";
/// Ends the loops.
const STOP: &str = "$stop";
/// What the first loop runs over.
const OVER: &str = "$over";

/// How elements come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Sum,
    Product,
    Least,
    Most,
    Any,
    All,
    /// Stored one after the other to a new array.
    Store,
}

impl Fold {
    /// Of a function of Python's.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "builtins.sum" => Self::Sum,
            "math.prod" => Self::Product,
            "builtins.min" => Self::Least,
            "builtins.max" => Self::Most,
            "builtins.any" => Self::Any,
            "builtins.all" => Self::All,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Product => "prod",
            Self::Least => "min",
            Self::Most => "max",
            Self::Any => "any",
            Self::All => "all",
            Self::Store => "array",
        }
    }
}

/// Where elements come from: an expression for each turn of loops.
pub(crate) struct Source<'a> {
    pub(crate) element: Expr,
    pub(crate) loops: &'a [Comprehension],
}

/// A name as an expression.
pub(crate) fn named(range: TextRange, id: &str) -> Expr {
    let node_index = ruff_python_ast::AtomicNodeIndex::default();
    Expr::Name(ExprName { node_index, range, id: Name::new(id), ctx: ExprContext::Load })
}

/// Lines that are numbered as they are made.
#[derive(Default)]
pub(crate) struct Lines {
    count: u32,
}

impl Lines {
    pub(crate) fn line(&mut self, range: TextRange, step: Step) -> Line {
        self.count += 1;
        let (assigned, live, reads) = (Names::new(), Names::new(), Names::new());
        Line { step, range, id: self.count, assigned, live, reads }
    }

    /// Loops around a step; the first one runs over what has a name already.
    pub(crate) fn around(
        &mut self,
        loops: &[Comprehension],
        over: &dyn Fn(usize) -> Option<Expr>,
        flags: &[Name],
        step: Line,
    ) -> Line {
        let mut line = step;
        for (place, it) in loops.iter().enumerate().rev() {
            for test in it.ifs.iter().rev() {
                let (test, then) = (test.clone(), vec![line]);
                line = self.line(it.range, Step::If { test, then, otherwise: Vec::new() });
            }
            let iter = over(place).unwrap_or_else(|| it.iter.clone());
            let (target, flags) = (it.target.clone(), flags.to_vec());
            line = self.line(it.range, Step::For { target, iter, body: vec![line], flags });
        }
        line
    }
}

impl Lowerer<'_> {
    /// Whether a name of the function, or of a loop without a name around, is meant.
    pub(crate) fn is_local(&self, name: &str) -> bool {
        let frame = self.frame();
        let name = Name::new(name);
        frame.unit.locals.contains(&name) || frame.inner.contains(&name) || name.starts_with('$')
    }

    /// Run lines in a frame of their own, with such names besides; answers what these hold in the end.
    pub(crate) fn aside(
        &mut self,
        range: TextRange,
        mut lines: Vec<Line>,
        set: Vec<(Name, Val)>,
        inner: &Names,
        wanted: &[&str],
    ) -> Result<BTreeMap<Name, Slot>> {
        let live = wanted.iter().map(|it| Name::new(*it)).collect();
        analyse(&mut lines, live, &mut Names::new());
        let mut env = self.frame().env.clone();
        env.retain(|name, _| !inner.contains(name));
        env.extend(set.into_iter().map(|(name, value)| (name, Slot { value, assigned: None })));
        let mut path = self.frame().path.clone();
        path.push(u64::from(u32::from(range.start())) | 1 << 34 | 1 << 45);
        let unit = self.frame().unit.clone();
        let inner = inner.union(&self.frame().inner).cloned().collect();
        self.frames.push(Frame { unit, env, path, inner });
        let (depth, here) = (std::mem::replace(&mut self.conditional, 0), self.here);
        let flying = self.flying.len();
        let found = self.lines(&lines);
        self.flying.truncate(flying);
        (self.conditional, self.here) = (depth, here);
        let frame = self.frames.pop();
        found?;
        Ok(frame.map(|it| it.env).unwrap_or_default())
    }

    /// `sum(...)` and its like, of a generator expression, or of anything that loops run over.
    pub(crate) fn folded_over(
        &mut self,
        range: TextRange,
        how: Fold,
        source: &Source<'_>,
        over: Val,
        (start, by): (Option<Val>, Option<Val>),
    ) -> Result<Val> {
        let mut inner = Names::new();
        for it in source.loops {
            targets(&it.target, &mut inner, &mut Names::new());
            if it.is_async {
                return Err(self.refuse(it.range, "`async for`", "write a plain loop"));
            }
        }
        if matches!(&over, Val::View(it) if it.axes.len() > 1) && source.loops.is_empty() {
            let hint = format!(
                "Python combines its rows: write np.{0}(x) for all elements, np.{0}(x, axis=0) for rows",
                how.name()
            );
            let message = format!("{} of {}", how.name(), over.describe());
            return Err(self.refuse(range, message, &hint));
        }
        let mut lines = Lines::default();
        let early = matches!(how, Fold::Any | Fold::All);
        let at = source.element.range();
        let step = if early {
            let stop = lines.line(at, Step::Flag(Name::new(STOP), true));
            let told = lines.line(at, Step::Flag(Name::new(FOLD), how == Fold::Any));
            let test = source.element.clone();
            let (then, otherwise) = if how == Fold::Any {
                (vec![stop, told], Vec::new())
            } else {
                (Vec::new(), vec![stop, told])
            };
            lines.line(at, Step::If { test, then, otherwise })
        } else {
            lines.line(at, Step::Fold(how, source.element.clone()))
        };
        let flags: Vec<Name> = if early { vec![Name::new(STOP)] } else { Vec::new() };
        let first = |place: usize| (place == 0).then(|| named(range, OVER));
        let line = if source.loops.is_empty() {
            let (target, iter) = (source.element.clone(), named(range, OVER));
            lines.line(range, Step::For { target, iter, body: vec![step], flags })
        } else {
            lines.around(source.loops, &first, &flags, step)
        };
        let begin = match how {
            Fold::Sum | Fold::Product => start.clone().unwrap_or_else(|| Val::Num(self.one(how))),
            _ => Val::Num(self.boolean(how == Fold::All)),
        };
        let none = Val::Num(self.boolean(false));
        let mut set = vec![
            (Name::new(OVER), over),
            (Name::new(FOLD), begin),
            (Name::new(SOME), none.clone()),
            (Name::new(STOP), none.clone()),
        ];
        // Those of another one around are not meant.
        inner.extend([BY, KEY].map(Name::new));
        if let Some(by) = by {
            set.extend([(Name::new(BY), by), (Name::new(KEY), none)]);
        }
        let env = self.aside(range, vec![line], set, &inner, &[FOLD, SOME, KEY])?;
        let value = |name: &str| env.get(&Name::new(name)).map(|it| it.value.clone());
        let found = value(FOLD).unwrap_or(Val::None);
        if !matches!(how, Fold::Least | Fold::Most) {
            return Ok(found);
        }
        let some = self.truth(range, &value(SOME).unwrap_or(Val::None))?;
        match start {
            None => {
                let text = if how == Fold::Least { "min(())" } else { "max(())" };
                self.check(some.re, range, RaiseKind::Like(text));
                Ok(found)
            }
            Some(other) => self.either(range, some.re, |_| Ok(found), |_| Ok(other)),
        }
    }

    /// An element comes to what came before.
    pub(crate) fn fold(&mut self, range: TextRange, how: Fold, element: &Expr) -> Result<()> {
        let value = self.expression(element)?;
        if how == Fold::Store {
            return self.stored_next(range, &value);
        }
        if matches!(how, Fold::Least | Fold::Most) && self.further_by(range, how, &value)? {
            return Ok(());
        }
        let before = match self.frame().env.get(FOLD) {
            Some(it) => it.value.clone(),
            None => return Ok(()),
        };
        let after = match how {
            Fold::Sum | Fold::Product if is_array(&value) => {
                let hint = "give an array to np.sum with axis=, or write the loop";
                return Err(self.refuse(range, format!("{} of arrays", how.name()), hint));
            }
            Fold::Sum => self.operated(range, Operator::Add, &before, &value)?,
            Fold::Least | Fold::Most => self.further(range, how, &before, &value)?,
            Fold::Product => self.operated(range, Operator::Mult, &before, &value)?,
            Fold::Any | Fold::All | Fold::Store => return Ok(()),
        };
        self.set(&Name::new(FOLD), after);
        if matches!(how, Fold::Least | Fold::Most) {
            let some = Val::Num(self.boolean(true));
            self.set(&Name::new(SOME), some);
        }
        Ok(())
    }

    /// What a sum or a product begins with.
    fn one(&mut self, how: Fold) -> Num {
        self.int(i64::from(how == Fold::Product))
    }

    /// The smaller or larger one, if there was one before.
    fn further(&mut self, range: TextRange, how: Fold, before: &Val, value: &Val) -> Result<Val> {
        let (Val::Num(best), Val::Num(num)) = (before, value) else {
            let message = format!("{} of {}", how.name(), value.describe());
            return Err(self.refuse(range, message, "give it numbers"));
        };
        let ty = best.ty.meet(num.ty);
        if ty.dtype.is_complex() {
            return Err(self.refuse(range, "an order of complex numbers", "use abs(x)"));
        }
        let some = self.frame().env.get(SOME).map(|it| it.value.clone());
        let Some(Val::Num(some)) = some else { return Ok(Val::None) };
        let op = if how == Fold::Least { CmpOp::Lt } else { CmpOp::Gt };
        let beyond = self.compare(range, op, value, before)?;
        let first = self.b.not(some.re);
        let takes = self.b.or(first, beyond.re);
        let (x, y) = (self.to(num, ty).re, self.to(best, ty).re);
        let re = self.b.select(takes, x, y);
        Ok(Val::Num(Num { ty, re, im: None, known: None, natural: false }))
    }

    /// One of Python's functions over all elements, if it is given what a loop runs over.
    pub(crate) fn folds(
        &mut self,
        range: TextRange,
        how: Fold,
        it: &ruff_python_ast::ExprCall,
    ) -> Result<Option<Val>> {
        let mut start = None;
        let extreme = matches!(how, Fold::Least | Fold::Most);
        let mut by = None;
        if extreme && let Some(key) = it.arguments.find_keyword("key") {
            by = Some(self.key_function(&key.value)?).filter(|it| !matches!(it, Val::None));
        }
        let (over, more) = match &it.arguments.args[..] {
            [over] => (over, None),
            [over, start] if how == Fold::Sum => (over, Some(start)),
            [_, _, ..] if extreme && it.arguments.keywords.len() == 1 && by.is_some() => {
                let items = it.arguments.args.iter().map(|it| self.expression(it));
                let items: Vec<_> = items.collect::<Result<_>>()?;
                return self.extreme_by(range, (how, &by.unwrap_or(Val::None)), &items).map(Some);
            }
            _ => return Ok(None),
        };
        let (element, loops) = match over {
            Expr::Generator(it) => ((*it.elt).clone(), &it.generators[..]),
            Expr::ListComp(it) => ((*it.elt).clone(), &it.generators[..]),
            Expr::SetComp(it) if !matches!(how, Fold::Sum | Fold::Product) => {
                ((*it.elt).clone(), &it.generators[..])
            }
            other => (named(other.range(), "$item"), &[][..]),
        };
        let value = match loops {
            [] => self.sequence(over)?,
            [first, ..] => self.sequence(&first.iter)?,
        };
        if let Some(more) = more {
            start = Some(self.expression(more)?);
        }
        for keyword in &it.arguments.keywords {
            let name = keyword.arg.as_ref().map_or("**", |it| it.as_str());
            let takes = match name {
                "start" => matches!(how, Fold::Sum | Fold::Product) && start.is_none(),
                "default" => extreme,
                "key" if extreme => continue,
                _ => false,
            };
            if !takes {
                let hint = "sum takes start=, min and max take default= and key=";
                let message = format!("{} with {name}=", how.name());
                return Err(self.refuse(keyword.range, message, hint));
            }
            start = Some(self.expression(&keyword.value)?);
        }
        let value = match value {
            Val::Tuple(items) if loops.is_empty() => {
                if matches!(how, Fold::Any | Fold::All) {
                    return self.folded_items(range, how, items.to_vec()).map(Some);
                }
                let adds = matches!(how, Fold::Sum | Fold::Product);
                if !adds && !items.is_empty() {
                    let by = by.unwrap_or(Val::None);
                    return self.extreme_by(range, (how, &by), &items).map(Some);
                }
                if items.is_empty() {
                    return match (how, start) {
                        (_, None) if adds => Ok(Some(Val::Num(self.one(how)))),
                        (_, Some(start)) => Ok(Some(start)),
                        _ => Err(self.refuse(range, format!("{} of nothing", how.name()), "")),
                    };
                }
                let op = if how == Fold::Sum { Operator::Add } else { Operator::Mult };
                let mut sum = start.unwrap_or_else(|| Val::Num(self.one(how)));
                for item in &items {
                    sum = self.operated(range, op, &sum, item)?;
                }
                return Ok(Some(sum));
            }
            Val::Num(_) | Val::None | Val::Text(_) => {
                let message = format!("{} of {}", how.name(), value.describe());
                let hint = "give it an array, a tuple, a range or a generator expression";
                return Err(self.refuse(range, message, hint));
            }
            other => other,
        };
        let source = Source { element, loops };
        self.folded_over(range, how, &source, value, (start, by)).map(Some)
    }

    /// `any` and `all` of a tuple.
    fn folded_items(&mut self, range: TextRange, how: Fold, items: Vec<Val>) -> Result<Val> {
        let mut found = self.boolean(how == Fold::All);
        for item in items {
            let truth = self.truth(range, &item)?;
            let re = match how {
                Fold::Any => self.b.or(found.re, truth.re),
                _ => self.b.and(found.re, truth.re),
            };
            found = self.number(crate::value::NumType::BOOL, re);
            if let Some(Known::Bool(known)) = truth.known
                && known == (how == Fold::Any)
            {
                return Ok(Val::Num(self.boolean(known)));
            }
        }
        Ok(Val::Num(found))
    }
}
