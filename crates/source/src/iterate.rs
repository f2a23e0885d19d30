//! `for` loops.

use ir::{Axis, For, Statement, Value, While};
use memory::{DType, Scalar};
use ruff_python_ast::{Expr, name::Name};
use ruff_text_size::{Ranged, TextRange};

use crate::join::carried;
use crate::lower::{Lowerer, RaiseKind, Result};
use crate::step::Line;
use crate::value::{Iter, Known, Num, NumType, Val};

fn known(num: &Num) -> Option<i64> {
    match num.known {
        Some(Known::Int(it)) => Some(it),
        Some(Known::Bool(it)) => Some(it.into()),
        _ => None,
    }
}

impl Lowerer<'_> {
    /// What a value is when a loop runs over it.
    pub(crate) fn iterated(&mut self, range: TextRange, value: Val) -> Result<Iter> {
        match value {
            Val::Iter(it) => Ok(*it),
            Val::View(it) if !it.axes.is_empty() => Ok(Iter::Elements(it)),
            Val::Lazy(_) => {
                let settled = self.settled(range, value, None)?;
                self.iterated(range, settled)
            }
            Val::Tuple(items) => Ok(Iter::Items(items.to_vec())),
            other => {
                let message = format!("a loop over {}", other.describe());
                let hint =
                    "loops run over range, ab.prange, arrays, tuples, zip, enumerate and reversed";
                Err(self.refuse(range, message, hint))
            }
        }
    }

    /// How many turns, if that is known.
    fn turns(iter: &Iter) -> Option<usize> {
        match iter {
            Iter::Items(items) => Some(items.len()),
            Iter::Zip(all) => all.iter().filter_map(Self::turns).min(),
            Iter::Enumerate(inner, _) | Iter::Reversed(inner) => Self::turns(inner),
            _ => None,
        }
    }

    /// Whether something else than tuples tells how many turns there are.
    fn varies(iter: &Iter) -> bool {
        match iter {
            Iter::Items(_) => false,
            Iter::Zip(all) => all.iter().any(Self::varies),
            Iter::Enumerate(inner, _) | Iter::Reversed(inner) => Self::varies(inner),
            Iter::Range { .. } | Iter::Parallel(_) | Iter::Elements(_) => true,
        }
    }

    /// How many turns.
    pub(crate) fn length(&mut self, range: TextRange, iter: &Iter) -> Result<Value> {
        Ok(match iter {
            Iter::Range { begin, end, step } => match (known(begin), known(step)) {
                (Some(0), Some(1)) => {
                    let zero = self.b.constant(0i64);
                    self.b.max(end.re, zero)
                }
                _ => self.range_length(begin.re, end.re, step),
            },
            Iter::Parallel(inner) | Iter::Enumerate(inner, _) | Iter::Reversed(inner) => {
                self.length(range, inner)?
            }
            Iter::Elements(view) => view.axes[0].length,
            Iter::Items(items) => self.b.constant(items.len() as i64),
            Iter::Zip(all) => {
                let mut least = None;
                for iter in all {
                    let length = self.length(range, iter)?;
                    least = Some(match least {
                        None => length,
                        Some(other) => self.b.min(other, length),
                    });
                }
                match least {
                    Some(it) => it,
                    None => self.b.constant(0i64),
                }
            }
        })
    }

    /// The length of a range, which may be too wide for the difference of its ends. One beyond all
    /// i64 is the largest of them: no loop comes that far.
    fn range_length(&mut self, begin: Value, end: Value, step: &Num) -> Value {
        let zero = self.b.constant(0i64);
        let (low, high, size) = match known(step) {
            Some(it) if it > 0 => (begin, end, step.re),
            Some(it) => (end, begin, self.b.constant(it.wrapping_neg())),
            None => {
                let up = self.b.gt(step.re, zero);
                let low = self.b.select(up, begin, end);
                let high = self.b.select(up, end, begin);
                let turned = self.b.neg(step.re);
                (low, high, self.b.select(up, step.re, turned))
            }
        };
        // The difference wraps to what it is as a number without a sign.
        let way = self.b.sub(high, low);
        let count = if matches!(known(step), Some(1 | -1)) {
            way
        } else {
            let one = self.b.constant(Scalar::from_i64(DType::U64, 1));
            let way = self.b.cast(DType::U64, way);
            let size = self.b.cast(DType::U64, size);
            let before = self.b.sub(way, one);
            let turns = self.b.floor_div(before, size);
            let turns = self.b.add(turns, one);
            self.b.cast(DType::I64, turns)
        };
        let most = self.b.constant(i64::MAX);
        let wide = self.b.lt(count, zero);
        let count = self.b.select(wide, most, count);
        let some = self.b.lt(low, high);
        self.b.select(some, count, zero)
    }

    /// What a turn is given.
    fn at(
        &mut self,
        range: TextRange,
        iter: &Iter,
        turn: Value,
        place: Option<usize>,
    ) -> Result<Val> {
        Ok(match iter {
            Iter::Range { begin, step, .. } => {
                let natural = begin.natural && known(step).is_some_and(|it| it > 0);
                let moved = match known(step) {
                    Some(1) => turn,
                    _ => self.b.mul(turn, step.re),
                };
                let re = match known(begin) {
                    Some(0) => moved,
                    _ => self.b.add(begin.re, moved),
                };
                Val::Num(Num { ty: NumType::INT, re, im: None, known: None, natural })
            }
            Iter::Parallel(inner) => self.at(range, inner, turn, place)?,
            Iter::Elements(view) => self.element(view, turn),
            Iter::Items(items) => match place.and_then(|at| items.get(at)) {
                Some(item) => item.clone(),
                None => return Err(self.refuse(range, "a tuple that is not unrolled", "")),
            },
            Iter::Zip(all) => {
                let mut values = Vec::new();
                for iter in all {
                    values.push(self.at(range, iter, turn, place)?);
                }
                Val::Tuple(values.into())
            }
            Iter::Enumerate(inner, start) => {
                let re = match known(start) {
                    Some(0) => turn,
                    _ => self.b.add(start.re, turn),
                };
                let natural = start.natural;
                let count = Num { ty: NumType::INT, re, im: None, known: None, natural };
                let value = self.at(range, inner, turn, place)?;
                Val::Tuple(vec![Val::Num(count), value].into())
            }
            Iter::Reversed(inner) => {
                let length = self.length(range, inner)?;
                let one = self.b.constant(1i64);
                let last = self.b.sub(length, one);
                let back = self.b.sub(last, turn);
                let place = place.zip(Self::turns(inner)).map(|(at, n)| n - 1 - at);
                self.at(range, inner, back, place)?
            }
        })
    }

    pub(crate) fn for_loop(
        &mut self,
        line: &Line,
        (target, iter): (&Expr, &Expr),
        body: &[Line],
        flags: &[Name],
    ) -> Result<()> {
        let range = iter.range();
        let value = self.sequence(iter)?;
        let iter = self.iterated(range, value)?;
        if let Iter::Parallel(inner) = iter {
            return self.prange(line, (range, *inner), target, body, flags);
        }
        self.held.push(iter.clone());
        let found = if let Some(turns) = Self::turns(&iter) {
            self.unrolled(line, (range, &iter, turns), target, body, flags)
        } else if flags.is_empty() {
            self.counted(line, (range, &iter), target, body)
        } else {
            self.flagged(line, (range, &iter), target, body, flags)
        };
        self.held.pop();
        found
    }

    pub(crate) fn check_step(&mut self, range: TextRange, step: &Num) {
        if known(step).is_some_and(|it| it != 0) {
            return;
        }
        let zero = self.b.constant(0i64);
        let holds = self.b.ne(step.re, zero);
        self.check(holds, range, RaiseKind::Like("range(0, 1, 0)"));
    }

    /// The axis of a loop, and whether it is that of the range itself.
    pub(crate) fn axis(&mut self, range: TextRange, iter: &Iter) -> Result<(Axis, bool)> {
        if let Iter::Range { begin, end, step } = iter {
            let begin = (known(begin) != Some(0)).then_some(begin.re);
            let step = (known(step) != Some(1)).then_some(step.re);
            return Ok((Axis { begin, end: end.re, step }, true));
        }
        Ok((Axis::from(self.length(range, iter)?), false))
    }

    /// What a turn is given, from the index of the axis.
    pub(crate) fn given(
        &mut self,
        range: TextRange,
        iter: &Iter,
        index: Value,
        own: bool,
    ) -> Result<Val> {
        if let (Iter::Range { begin, step, .. }, true) = (iter, own) {
            let natural = begin.natural && known(step).is_some_and(|it| it > 0);
            return Ok(Val::Num(Num {
                ty: NumType::INT,
                re: index,
                im: None,
                known: None,
                natural,
            }));
        }
        self.at(range, iter, index, None)
    }

    pub(crate) fn counted(
        &mut self,
        line: &Line,
        (range, iter): (TextRange, &Iter),
        target: &Expr,
        body: &[Line],
    ) -> Result<()> {
        let (axis, own) = self.axis(range, iter)?;
        let carry = self.carry(line.id.into(), line, carried(line))?;
        let mut types = vec![DType::I64];
        types.extend(self.carried_types(&carry));
        let arguments = self.b.open(&types);
        let before = self.frame().env.clone();
        self.begin_turn(&carry, line, &arguments[1..]);
        self.stamped();
        let value = self.given(range, iter, arguments[0], own)?;
        self.assign_to(target, value)?;
        self.lines(body)?;
        let yields = self.end_turn(&carry, line)?;
        let body = self.b.close(&yields);
        let results = self.loop_results(&carry);
        self.b.push(Statement::For(For {
            parallel: false,
            lanes: false,
            axes: vec![axis],
            start: carry.start.clone(),
            body,
            results: results.clone(),
        }));
        self.frame_mut().env = before;
        self.after_loop(&carry, line, &results);
        Ok(())
    }

    /// A loop that may end early.
    fn flagged(
        &mut self,
        line: &Line,
        (range, iter): (TextRange, &Iter),
        target: &Expr,
        body: &[Line],
        flags: &[Name],
    ) -> Result<()> {
        let length = self.length(range, iter)?;
        let carry = self.carry(line.id.into(), line, carried(line))?;
        let mut types = vec![DType::I64];
        types.extend(self.carried_types(&carry));
        let arguments = self.b.open(&types);
        let before = self.frame().env.clone();
        self.begin_turn(&carry, line, &arguments[1..]);
        let turn = arguments[0];
        let more = self.b.lt(turn, length);
        let go_on = match self.clear(flags) {
            Err(true) => more,
            Err(false) => self.b.constant(false),
            Ok(clear) => self.b.and(more, clear),
        };
        let test = self.b.close(&[go_on]);
        self.b.open(&[]);
        let value = self.at(range, iter, turn, None)?;
        self.assign_to(target, value)?;
        self.lines(body)?;
        let one = self.b.constant(1i64);
        let mut yields = vec![self.b.add(turn, one)];
        yields.extend(self.end_turn(&carry, line)?);
        let body = self.b.close(&yields);
        let mut results = vec![self.b.new_value(DType::I64)];
        results.extend(self.loop_results(&carry));
        let mut start = vec![self.b.constant(0i64)];
        start.extend(&carry.start);
        let after = results[1..].to_vec();
        self.b.push(Statement::While(While { start, test, body, results }));
        self.frame_mut().env = before;
        self.after_loop(&carry, line, &after);
        Ok(())
    }

    /// A loop over things of different types: one turn after the other. What else it runs over may
    /// end it earlier.
    fn unrolled(
        &mut self,
        line: &Line,
        (range, iter, turns): (TextRange, &Iter, usize),
        target: &Expr,
        body: &[Line],
        flags: &[Name],
    ) -> Result<()> {
        // The length is read once, before the first turn, as the arrays are.
        let length = if Self::varies(iter) { Some(self.length(range, iter)?) } else { None };
        for place in 0..turns {
            self.frame_mut().path.push(place as u64 | 1 << 33);
            let found = self.unless((u64::from(line.id) | 1 << 41, line), flags, |it| {
                let turn = it.b.constant(place as i64);
                let write = |it: &mut Self| {
                    let value = it.at(range, iter, turn, Some(place))?;
                    it.assign_to(target, value)?;
                    it.lines(body)
                };
                let Some(length) = length else { return write(it) };
                let more = it.b.lt(turn, length);
                it.branch((u64::from(line.id) | 1 << 42, line), more, write, |_| Ok(()))
            });
            self.frame_mut().path.pop();
            found?;
            if self.dead {
                break;
            }
        }
        Ok(())
    }
}
