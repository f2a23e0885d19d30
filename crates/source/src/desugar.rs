//! Python's statements to steps without jumps.
//!
//! A jump sets a flag; what follows it runs unless the flag is set, and loops end when theirs is. Where one
//! arm of an `if` always leaves, what follows belongs to the other arm and no flag is read; a flag
//! that nobody reads is not kept (`flow`).

use ruff_python_ast::{Expr, ExprBooleanLiteral, Stmt, name::Name};
use ruff_text_size::{Ranged, TextRange};

use crate::step::{Line, Names, RETURNED, Step};
use crate::{Refusal, Unit};

type Result<T> = std::result::Result<T, Box<Refusal>>;

/// How a block may be left.
#[derive(Default)]
struct Exit {
    flags: Names,
    falls: bool,
}

/// The loop around, for its jumps.
struct Around {
    stop: Name,
    next: Name,
}

pub(crate) struct Desugar<'u> {
    unit: &'u Unit,
    count: u32,
    loops: Vec<Around>,
    depth: usize,
}

/// Statements deeper than this are refused, so that passes may recurse.
const DEEPEST: usize = 40;

impl<'u> Desugar<'u> {
    /// The steps of a function's body.
    pub(crate) fn function(unit: &'u Unit, body: &[Stmt]) -> Result<Vec<Line>> {
        let mut it = Self { unit, count: 0, loops: Vec::new(), depth: 0 };
        let range = body.last().map(Ranged::range).unwrap_or_default();
        let first = it.line(Step::Flag(Name::new(RETURNED), false), range);
        let (rest, exit) = it.block(body)?;
        let mut lines = vec![first];
        lines.extend(rest);
        if exit.falls {
            let end = vec![it.line(Step::Return(None), range)];
            it.after(&mut lines, &exit.flags, end, range);
        }
        Ok(lines)
    }

    /// The step of a lambda.
    pub(crate) fn lambda(unit: &'u Unit, body: &Expr) -> Vec<Line> {
        let mut it = Self { unit, count: 0, loops: Vec::new(), depth: 0 };
        vec![it.line(Step::Return(Some(body.clone())), body.range())]
    }

    fn line(&mut self, step: Step, range: TextRange) -> Line {
        self.count += 1;
        let (assigned, live, reads) = (Names::new(), Names::new(), Names::new());
        Line { step, range, id: self.count, assigned, live, reads }
    }

    /// Add lines that run unless a flag is set.
    fn after(&mut self, lines: &mut Vec<Line>, flags: &Names, rest: Vec<Line>, range: TextRange) {
        if flags.is_empty() {
            lines.extend(rest);
        } else if !rest.is_empty() {
            let flags = flags.iter().cloned().collect();
            lines.push(self.line(Step::Unless { flags, body: rest }, range));
        }
    }

    fn refuse(&self, range: TextRange, message: &str, hint: &str) -> Box<Refusal> {
        Refusal::at(self.unit, range, message.to_owned(), hint)
    }

    fn block(&mut self, body: &[Stmt]) -> Result<(Vec<Line>, Exit)> {
        if self.depth >= DEEPEST {
            let range = body.first().map(Ranged::range).unwrap_or_default();
            let hint = "move the inner part to a jit function of its own";
            return Err(self.refuse(range, "statements stand too deep inside each other", hint));
        }
        self.depth += 1;
        let found = self.statements(body);
        self.depth -= 1;
        found
    }

    fn statements(&mut self, body: &[Stmt]) -> Result<(Vec<Line>, Exit)> {
        let mut lines = Vec::new();
        for (at, statement) in body.iter().enumerate() {
            let rest = &body[at + 1..];
            let range = statement.range();
            let exit = match statement {
                Stmt::If(it) => {
                    let mut arms = vec![(Some(&*it.test), &it.body, it.range)];
                    arms.extend(
                        it.elif_else_clauses
                            .iter()
                            .map(|it| (it.test.as_ref(), &it.body, it.range)),
                    );
                    let (line, exit, whole) = self.choice(&arms, rest)?;
                    lines.push(line);
                    if whole {
                        return Ok((lines, exit));
                    }
                    exit
                }
                Stmt::For(_) | Stmt::While(_) => self.repetition(&mut lines, statement)?,
                _ => self.simple(&mut lines, statement)?,
            };
            if !exit.falls {
                return Ok((lines, exit));
            }
            if !exit.flags.is_empty() {
                let (rest, then) = self.statements(rest)?;
                self.after(&mut lines, &exit.flags, rest, range);
                let flags = exit.flags.union(&then.flags).cloned().collect();
                return Ok((lines, Exit { flags, falls: then.falls }));
            }
        }
        Ok((lines, Exit { flags: Names::new(), falls: true }))
    }

    /// An `if` with its `elif`s; whether what follows it stands inside.
    fn choice(
        &mut self,
        arms: &[(Option<&Expr>, &ruff_python_ast::Suite, TextRange)],
        rest: &[Stmt],
    ) -> Result<(Line, Exit, bool)> {
        let Some(((Some(test), body, range), others)) = arms.split_first() else {
            return Err(self.refuse(TextRange::default(), "an empty choice", ""));
        };
        let (mut then, mut first) = self.block(body)?;
        let (mut otherwise, mut second) = match others {
            [] => (Vec::new(), Exit { flags: Names::new(), falls: true }),
            [(None, body, _)] => self.block(body)?,
            _ => {
                self.depth += 1;
                if self.depth >= DEEPEST {
                    let hint = "a tuple or an array may hold the cases";
                    return Err(self.refuse(*range, "too many `elif`", hint));
                }
                let (line, exit, _) = self.choice(others, &[])?;
                self.depth -= 1;
                (vec![line], exit)
            }
        };
        let leaves = |exit: &Exit| !exit.falls && !exit.flags.is_empty();
        let mut whole = false;
        if leaves(&first) != leaves(&second) && !rest.is_empty() {
            whole = true;
            let (lines, exit) = self.block(rest)?;
            let (into, stays) = if leaves(&first) {
                (&mut otherwise, &mut second)
            } else {
                (&mut then, &mut first)
            };
            if stays.falls {
                self.after(into, &stays.flags, lines, *range);
                stays.flags.extend(exit.flags);
                stays.falls = exit.falls;
            }
        }
        let falls = first.falls || second.falls;
        let flags = first.flags.union(&second.flags).cloned().collect();
        let step = Step::If { test: (*test).clone(), then, otherwise };
        Ok((self.line(step, *range), Exit { flags, falls }, whole))
    }

    fn repetition(&mut self, lines: &mut Vec<Line>, statement: &Stmt) -> Result<Exit> {
        let range = statement.range();
        self.count += 1;
        let around = Around {
            stop: Name::new(format!("$stop{}", self.count)),
            next: Name::new(format!("$next{}", self.count)),
        };
        let (stop, next) = (around.stop.clone(), around.next.clone());
        let (body, orelse) = match statement {
            Stmt::For(it) if it.is_async => {
                return Err(self.refuse(range, "`async for`", "write a plain loop"));
            }
            Stmt::For(it) => (&it.body, &it.orelse),
            Stmt::While(it) => (&it.body, &it.orelse),
            _ => return Ok(Exit::default()),
        };
        self.loops.push(around);
        let inside = self.block(body);
        self.loops.pop();
        let (mut body, exit) = inside?;
        if exit.flags.contains(&next) {
            body.insert(0, self.line(Step::Flag(next.clone(), false), range));
        }
        let stops = exit.flags.contains(&stop);
        if stops {
            let line = self.line(Step::Flag(stop.clone(), false), range);
            lines.push(line);
        }
        let flags: Vec<_> = exit.flags.iter().filter(|&it| *it != next).cloned().collect();
        let returned = Name::new(RETURNED);
        let mut left = Names::new();
        if exit.flags.contains(&returned) {
            left.insert(returned);
        }
        let mut endless = false;
        let step = match statement {
            Stmt::For(it) => {
                Step::For { target: (*it.target).clone(), iter: (*it.iter).clone(), body, flags }
            }
            Stmt::While(it) => {
                endless = is_true(&it.test) && !stops;
                Step::While { test: (*it.test).clone(), body, flags }
            }
            _ => return Ok(Exit::default()),
        };
        lines.push(self.line(step, range));
        if endless {
            return Ok(Exit { falls: false, flags: left });
        }
        let (orelse, then) = self.block(orelse)?;
        let mut guards = left.clone();
        if stops {
            guards.insert(stop);
        }
        self.after(lines, &guards, orelse, range);
        left.extend(then.flags);
        Ok(Exit { flags: left, falls: then.falls || stops })
    }

    fn simple(&mut self, lines: &mut Vec<Line>, statement: &Stmt) -> Result<Exit> {
        let range = statement.range();
        let mut exit = Exit { flags: Names::new(), falls: true };
        let step = match statement {
            Stmt::Pass(_) => return Ok(exit),
            Stmt::Expr(it) if it.value.is_string_literal_expr() => return Ok(exit),
            Stmt::Expr(it) if it.value.is_ellipsis_literal_expr() => return Ok(exit),
            Stmt::Expr(it) => Step::Do((*it.value).clone()),
            Stmt::Assign(it) => {
                Step::Assign { targets: it.targets.clone(), value: (*it.value).clone() }
            }
            Stmt::AnnAssign(it) => match &it.value {
                None => return Ok(exit),
                Some(value) => {
                    Step::Assign { targets: vec![(*it.target).clone()], value: (**value).clone() }
                }
            },
            Stmt::AugAssign(it) => {
                Step::Change { target: (*it.target).clone(), op: it.op, value: (*it.value).clone() }
            }
            Stmt::Return(it) => {
                let value = it.value.as_deref().cloned();
                lines.push(self.line(Step::Return(value), range));
                exit = Exit { flags: Names::from([Name::new(RETURNED)]), falls: false };
                Step::Flag(Name::new(RETURNED), true)
            }
            Stmt::Break(_) | Stmt::Continue(_) => {
                let Some(around) = self.loops.last() else {
                    return Err(self.refuse(range, "a jump outside of a loop", ""));
                };
                let flag = if statement.is_break_stmt() { &around.stop } else { &around.next };
                exit = Exit { flags: Names::from([flag.clone()]), falls: false };
                Step::Flag(flag.clone(), true)
            }
            Stmt::Raise(it) => {
                exit.falls = false;
                Step::Raise(it.exc.as_deref().cloned())
            }
            Stmt::Assert(it) => {
                Step::Assert { test: (*it.test).clone(), message: it.msg.as_deref().cloned() }
            }
            Stmt::Delete(it) => {
                let mut names = Vec::new();
                for target in &it.targets {
                    deleted(target, &mut names)
                        .map_err(|at| self.refuse(at, "`del` of an element", DELETE))?;
                }
                Step::Delete(names)
            }
            other => {
                let (message, hint) = refused(other);
                return Err(self.refuse(range, message, hint));
            }
        };
        lines.push(self.line(step, range));
        Ok(exit)
    }
}

const DELETE: &str = "arrays and tuples keep their lengths: names can be deleted";

/// The names that `del` deletes; or the place of something else.
fn deleted(target: &Expr, names: &mut Vec<Name>) -> std::result::Result<(), TextRange> {
    match target {
        Expr::Name(it) => names.push(it.id.clone()),
        Expr::Tuple(it) => it.elts.iter().try_for_each(|it| deleted(it, names))?,
        Expr::List(it) => it.elts.iter().try_for_each(|it| deleted(it, names))?,
        other => return Err(other.range()),
    }
    Ok(())
}

fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(ExprBooleanLiteral { value, .. }) => *value,
        Expr::NumberLiteral(it) => match &it.value {
            ruff_python_ast::Number::Int(it) => it.as_u64() != Some(0),
            _ => false,
        },
        _ => false,
    }
}

fn refused(statement: &Stmt) -> (&'static str, &'static str) {
    match statement {
        Stmt::FunctionDef(_) => {
            ("a function inside a function", "define it outside and decorate it with ab.jit")
        }
        Stmt::ClassDef(_) => ("a class inside a function", "define it outside"),
        Stmt::With(_) => ("`with`", "enter the context around the call"),
        Stmt::Match(_) => ("`match`", "write `if` and `elif`"),
        Stmt::Try(_) => ("`try`", "catch the exception around the call"),
        Stmt::Import(_) | Stmt::ImportFrom(_) => ("an import", "import outside of the function"),
        Stmt::Global(_) | Stmt::Nonlocal(_) => {
            ("a name of an outer scope that is assigned", "return the new value instead")
        }
        _ => ("this statement", "see the table of the language in docs/guide/jit.md"),
    }
}
