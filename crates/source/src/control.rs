//! Statements.

use ir::{Statement, Value, While};
use memory::DType;
use ruff_python_ast::{Expr, name::Name};
use ruff_text_size::{Ranged, TextRange};

use crate::flow::chain;
use crate::join::carried;
use crate::lower::{Lowerer, MOST_WORK, RaiseKind, Result, Slot};
use crate::message::formatted;
use crate::step::{Line, RESULT, Step};
use crate::value::{Known, Num, Val};

impl Lowerer<'_> {
    pub(crate) fn lines(&mut self, lines: &[Line]) -> Result<()> {
        let mut next = 0;
        while let Some(line) = lines.get(next).filter(|_| !self.dead) {
            let place = next;
            next += 1;
            self.work += 1;
            self.here = line.range;
            if self.work > MOST_WORK {
                let hint =
                    "loops over tuples are unrolled and calls are inlined: have fewer of them";
                return Err(self.refuse(line.range, "the program becomes too large", hint));
            }
            let before = self.b.kernel().blocks.len();
            if let Some(choice) = self.choice_in(&line.reads) {
                // All of them up to the last one that reads it.
                let last = lines.iter().rposition(|it| self.reads_choice(it, choice.0));
                next = last.map_or(next, |it| it + 1).max(next);
                self.in_each_state(&lines[place..next], choice)?;
                self.note_lines(before, line.range);
                continue;
            }
            self.line(line, &lines[place + 1..])?;
            self.note_lines(before, line.range);
        }
        Ok(())
    }

    /// Note which line the blocks that it wrote are of; lines inside have noted theirs.
    fn note_lines(&mut self, before: usize, range: TextRange) {
        let after = self.b.kernel().blocks.len();
        let line = self.frame().unit.line_of(range);
        let inner = self.frames.len() > 1;
        let name = if inner { self.frame().unit.name().to_owned() } else { String::new() };
        self.block_lines.resize(after.max(self.block_lines.len()), None);
        for noted in &mut self.block_lines[before.min(after)..after] {
            if noted.is_none() {
                *noted = Some((line, name.clone()));
            }
        }
    }

    fn line(&mut self, line: &Line, rest: &[Line]) -> Result<()> {
        let path = self.frame().path.clone();
        self.asides.retain(|it| it.0 != path);
        self.flying.retain(|it| it.0 != path);
        match &line.step {
            Step::Assign { targets, value } => {
                // Of a list that is assigned so nothing stays but its items.
                let unpacked = targets
                    .iter()
                    .all(|it| matches!(it, Expr::Tuple(_) | Expr::List(_) | Expr::Subscript(_)));
                let mut value =
                    if unpacked { self.sequence(value)? } else { self.expression(value)? };
                if let ([Expr::Name(name)], Val::Lazy(_)) = (&targets[..], &value)
                    && self.read_once(&name.id, rest)
                {
                    self.set(&name.id, value);
                    return Ok(());
                }
                if targets.len() > 1 {
                    value = self.settled(line.range, value, None)?;
                }
                for target in targets {
                    self.assign_to(target, value.clone())?;
                }
                Ok(())
            }
            Step::Change { target, op, value } => self.change(line.range, target, *op, value),
            Step::Do(value) => self.expression(value).map(|_| ()),
            Step::Fold(how, element) => self.fold(line.range, *how, element),
            Step::Delete(names) => {
                for name in names {
                    self.name(line.range, name)?;
                    self.frame_mut().env.remove(name);
                }
                Ok(())
            }
            Step::Flag(name, value) => {
                let value = Val::Num(self.boolean(*value));
                self.set(name, value);
                Ok(())
            }
            Step::Return(value) => {
                let value = match value {
                    Some(value) => self.expression(value)?,
                    None => Val::None,
                };
                // What several `return` hand back meets in one place.
                let value = if returns(&self.frame().unit.lines) > 1 {
                    self.moved_out(line.range, value)?
                } else {
                    value
                };
                self.put(line.range, &Name::new(RESULT), value)?;
                Ok(())
            }
            Step::If { test, then, otherwise } => {
                let condition = self.condition(test)?;
                match condition.known {
                    Some(Known::Bool(true)) => return self.lines(then),
                    Some(Known::Bool(false)) => return self.lines(otherwise),
                    _ => {}
                }
                if let ([Line { step: Step::Raise(what), range, .. }], []) =
                    (&then[..], &otherwise[..])
                    && formatted(what.as_ref()).is_none()
                {
                    let kind = self.raised(*range, what.as_ref())?;
                    let holds = self.b.not(condition.re);
                    self.check(holds, *range, kind);
                    return Ok(());
                }
                self.branch(
                    (line.id.into(), line),
                    condition.re,
                    |it| it.lines(then),
                    |it| it.lines(otherwise),
                )
            }
            Step::Unless { flags, body } => {
                self.unless((line.id.into(), line), flags, |it| it.lines(body))
            }
            Step::For { target, iter, body, flags } => {
                self.for_loop(line, (target, iter), body, flags)
            }
            Step::While { test, body, flags } => self.while_loop(line, test, body, flags),
            Step::Raise(what) => {
                let kind = self.raised(line.range, what.as_ref())?;
                let never = self.b.constant(false);
                self.check(never, line.range, kind);
                self.dead = true;
                Ok(())
            }
            Step::Assert { test, message } => {
                let condition = self.condition(test)?;
                if let Some(Expr::FString(it)) = message {
                    let (condition, before) = (condition.re, self.frame().env.clone());
                    self.b.open(&[]);
                    let then = self.b.close(&[]);
                    self.b.open(&[]);
                    self.conditional += 1;
                    let pieces = self.pieces(it)?;
                    self.conditional -= 1;
                    let otherwise = self.b.close(&[]);
                    self.frame_mut().env = before;
                    let results = Vec::new();
                    self.b.push(Statement::If(ir::If { condition, then, otherwise, results }));
                    let kind = RaiseKind::Made("AssertionError".to_owned(), pieces);
                    self.check(condition, line.range, kind);
                    return Ok(());
                }
                let message = match message {
                    None => None,
                    Some(it) => Some(self.message(it)?),
                };
                let kind = match message {
                    None => RaiseKind::Like("assert_()"),
                    Some(message) => RaiseKind::Builtin("AssertionError", message),
                };
                self.check(condition.re, line.range, kind);
                Ok(())
            }
        }
    }

    pub(crate) fn set(&mut self, name: &Name, value: Val) {
        self.frame_mut().env.insert(name.clone(), Slot { value, assigned: None });
    }

    /// Whether none of the flags is set; none if that is known.
    pub(crate) fn clear(&mut self, flags: &[Name]) -> std::result::Result<Value, bool> {
        let mut any: Option<Value> = None;
        for flag in flags {
            let value = match self.frame().env.get(flag).map(|it| &it.value) {
                Some(Val::Num(it)) if it.known == Some(Known::Bool(true)) => return Err(false),
                Some(Val::Num(it)) if it.known.is_none() => it.re,
                _ => continue,
            };
            any = Some(match any {
                None => value,
                Some(other) => self.b.or(other, value),
            });
        }
        match any {
            None => Err(true),
            Some(any) => Ok(self.b.not(any)),
        }
    }

    /// Run `body` unless a flag is set.
    pub(crate) fn unless(
        &mut self,
        place: (u64, &Line),
        flags: &[Name],
        body: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        match self.clear(flags) {
            Err(true) => body(self),
            Err(false) => Ok(()),
            Ok(clear) => self.branch(place, clear, body, |_| Ok(())),
        }
    }

    fn while_loop(
        &mut self,
        line: &Line,
        test: &Expr,
        body: &[Line],
        flags: &[Name],
    ) -> Result<()> {
        let carry = self.carry(line.id.into(), line, carried(line))?;
        let types = self.carried_types(&carry);
        let arguments = self.b.open(&types);
        let before = self.frame().env.clone();
        self.begin_turn(&carry, line, &arguments);
        let go_on = match self.clear(flags) {
            Err(true) => self.condition_in_states(test)?.re,
            Err(false) => self.b.constant(false),
            Ok(clear) => {
                let found = self.either(
                    test.range(),
                    clear,
                    |it| it.condition_in_states(test).map(Val::Num),
                    |it| Ok(Val::Num(it.boolean(false))),
                )?;
                self.truth(test.range(), &found)?.re
            }
        };
        let test = self.b.close(&[go_on]);
        self.b.open(&[]);
        self.lines(body)?;
        let yields = self.end_turn(&carry, line)?;
        let body = self.b.close(&yields);
        let results = self.loop_results(&carry);
        let start = carry.start.clone();
        self.b.push(Statement::While(While { start, test, body, results: results.clone() }));
        self.frame_mut().env = before;
        self.after_loop(&carry, line, &results);
        Ok(())
    }

    /// What a `raise` raises.
    fn raised(&mut self, range: TextRange, what: Option<&Expr>) -> Result<RaiseKind> {
        let hint = "write `raise ValueError(\"a message\")`: a class, and a string or an f-string of numbers";
        let Some(what) = what else {
            return Err(self.refuse(range, "`raise` of the exception that is handled", hint));
        };
        let (class, arguments) = match what {
            Expr::Call(it) if it.arguments.keywords.is_empty() => {
                (&*it.func, &it.arguments.args[..])
            }
            other => (other, &[][..]),
        };
        let found = match chain(class) {
            Some(_) => self.expression(class)?,
            None => Val::None,
        };
        let Val::Exception(key) = found else {
            return Err(self.refuse(range, "this is not a class of exceptions", hint));
        };
        if let Some(it) = formatted(Some(what)) {
            let pieces = self.pieces(it)?;
            return Ok(RaiseKind::Made(key, pieces));
        }
        let message = match arguments {
            [] => None,
            [message] => Some(self.message(message)?),
            _ => return Err(self.refuse(range, "an exception with several arguments", hint)),
        };
        Ok(RaiseKind::User(key, message))
    }

    fn message(&mut self, message: &Expr) -> Result<String> {
        let found = match message {
            Expr::StringLiteral(it) => return Ok(it.value.to_str().to_owned()),
            Expr::Name(_) | Expr::NumberLiteral(_) | Expr::Attribute(_) => {
                self.expression(message)?
            }
            _ => Val::None,
        };
        match found {
            Val::Text(it) => Ok(it),
            Val::Num(Num { known: Some(Known::Int(it)), .. }) => Ok(it.to_string()),
            _ => {
                let hint = "write the message as a string or an f-string of numbers";
                Err(self.refuse(message.range(), "a message that is made while it runs", hint))
            }
        }
    }

    /// A bool of a number.
    pub(crate) fn truth(&mut self, range: TextRange, value: &Val) -> Result<Num> {
        let num = match value {
            Val::Num(it) => it,
            Val::Tuple(items) => return Ok(self.boolean(!items.is_empty())),
            Val::None => return Ok(self.boolean(false)),
            other => {
                let message = format!("the truth of {}", other.describe());
                let hint = if crate::whole::is_array(other) {
                    "say which elements: `x.any()`, `x.all()`; or `len(x) > 0`"
                } else {
                    "compare numbers, for example `len(x) > 0`"
                };
                return Err(self.refuse(range, message, hint));
            }
        };
        if let Some(known) = num.known {
            return Ok(self.boolean(match known {
                Known::Bool(it) => it,
                Known::Int(it) => it != 0,
                Known::Float(it) => it != 0.0,
            }));
        }
        let mut found = self.is_not_zero(num.re);
        if let Some(im) = num.im {
            let other = self.is_not_zero(im);
            found = self.b.or(found, other);
        }
        Ok(self.number(crate::value::NumType::BOOL, found))
    }

    fn is_not_zero(&mut self, value: Value) -> Value {
        let dtype = self.b.dtype(value);
        if dtype == DType::Bool {
            return value;
        }
        let zero = self.zero(dtype);
        self.b.ne(value, zero)
    }

    /// A condition: the truth of an expression.
    pub(crate) fn condition(&mut self, test: &Expr) -> Result<Num> {
        let value = self.expression(test)?;
        self.truth(test.range(), &value)
    }
}

/// How many `return` with a value there are.
fn returns(lines: &[Line]) -> usize {
    lines
        .iter()
        .map(|line| match &line.step {
            Step::Return(Some(_)) => 1,
            Step::If { then, otherwise, .. } => returns(then) + returns(otherwise),
            Step::Unless { body, .. } | Step::For { body, .. } | Step::While { body, .. } => {
                returns(body)
            }
            _ => 0,
        })
        .sum()
}
