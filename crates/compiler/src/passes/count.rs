//! `while i < n: ... i += 1` becomes a loop that counts, about which all other passes know more.
//!
//! A step of one needs no question: nothing wraps before the test says no. Another step does (`j += i`), so
//! that loop stands twice: counting behind a guard, and as it was.

use ir::{Axis, BlockId, For, If, Kernel, Op, Operands, Statement, Value, While};
use memory::{DType, Scalar};

use super::copy::Copy;
use super::formula::defined_inside;

/// Bounds and steps up to here, and no sum of three of them wraps.
const LARGEST: i64 = 1 << 61;

/// Turn loops of a legal kernel that count by themselves into loops that count.
///
/// What does not change must stand outside of them already, as after [`super::hoist`].
pub fn count(kernel: &mut Kernel) {
    kernel.roots().into_iter().for_each(|root| block(kernel, root));
}

fn block(kernel: &mut Kernel, id: BlockId) {
    let mut position = 0;
    while position < kernel.block(id).statements.len() {
        let statement = kernel.block(id).statements[position].clone();
        // Inner loops first: those that count are none that test.
        statement.blocks().for_each(|inner| block(kernel, inner));
        if let Statement::While(it) = &statement
            && let Some(found) = find(kernel, &statement, it)
        {
            let counting = found.write(kernel, &statement, it.clone());
            let further = counting.len();
            kernel.block_mut(id).statements.splice(position..=position, counting);
            position += further;
        } else {
            position += 1;
        }
    }
}

/// A loop that tests a carried value which each iteration moves by the same.
struct Found {
    /// Which of the carried values.
    place: usize,
    /// What it is compared with.
    bound: Value,
    /// Whether the bound is an index too.
    closed: bool,
    step: Step,
}

#[derive(Clone, Copy, PartialEq)]
enum Step {
    One,
    MinusOne,
    /// More than one, or a value that may be so.
    Other(Value),
}

fn find(kernel: &Kernel, statement: &Statement, it: &While) -> Option<Found> {
    let inside = defined_inside(kernel, statement);
    let outside = |value: Value| !inside[value.index()];
    let (test, body) = (kernel.block(it.test), kernel.block(it.body));
    let computes = |it: &Statement| {
        matches!(it, Statement::Constant { .. } | Statement::Op { .. } | Statement::Lookup { .. })
    };
    if !test.statements.iter().all(computes) {
        return None;
    }
    let op_of = |value: Value| {
        test.statements.iter().chain(&body.statements).find_map(|it| match it {
            Statement::Op { result, op, operands } if *result == value => Some((*op, *operands)),
            _ => None,
        })
    };
    let (op, sides) = op_of(test.yields[0])?;
    let closed = match op {
        Op::Lt => false,
        Op::Le => true,
        _ => return None,
    };
    let carried = |value: Value| test.arguments.iter().position(|&it| it == value);
    let (place, bound, up) = match (carried(sides[0]), carried(sides[1])) {
        (Some(place), None) => (place, sides[1], true),
        (None, Some(place)) => (place, sides[0], false),
        _ => return None,
    };
    if !outside(bound) || kernel.dtype(bound) != DType::I64 {
        return None;
    }
    let index = test.arguments[place];
    let (op, sides) = op_of(body.yields[place])?;
    let step = match op {
        Op::Add if sides[0] == index => sides[1],
        Op::Add if sides[1] == index => sides[0],
        _ => return None,
    };
    if !outside(step) {
        return None;
    }
    let step = match (number(kernel, step), up) {
        (Some(1), true) => Step::One,
        (Some(-1), false) => Step::MinusOne,
        (None | Some(2..=LARGEST), true) => Step::Other(step),
        _ => return None,
    };
    // The index after the last one must be a number too; and no loop of loops is written twice.
    let closed_end = !closed || number(kernel, bound).is_some_and(|it| it.abs() < LARGEST);
    let twice = matches!(step, Step::Other(_));
    let fits = if twice { !closed && !whiles(kernel, it.body) } else { closed_end };
    fits.then_some(Found { place, bound, closed, step })
}

/// The number that a value is.
fn number(kernel: &Kernel, value: Value) -> Option<i64> {
    kernel.blocks.iter().flat_map(|it| &it.statements).find_map(|it| match it {
        Statement::Constant { result, scalar } if *result == value => Some(scalar.to_i64()),
        _ => None,
    })
}

fn whiles(kernel: &Kernel, block: BlockId) -> bool {
    kernel.block(block).statements.iter().any(|it| {
        matches!(it, Statement::While(_)) || it.blocks().any(|inner| whiles(kernel, inner))
    })
}

/// Writes statements one after the other.
struct Lines<'k> {
    kernel: &'k mut Kernel,
    lines: Vec<Statement>,
}

impl Lines<'_> {
    fn number(&mut self, number: i64) -> Value {
        let result = self.kernel.new_value(DType::I64);
        self.lines.push(Statement::Constant { result, scalar: Scalar::from(number) });
        result
    }

    fn op(&mut self, op: Op, operands: &[Value]) -> Value {
        let dtype = if op == Op::Le { DType::Bool } else { self.kernel.dtype(operands[0]) };
        let result = self.kernel.new_value(dtype);
        self.lines.push(Statement::Op { result, op, operands: Operands::new(operands) });
        result
    }
}

impl Found {
    fn write(&self, kernel: &mut Kernel, statement: &Statement, it: While) -> Vec<Statement> {
        let begin = it.start[self.place];
        let result = it.results[self.place];
        let bound = self.bound;
        let mut all = Lines { kernel, lines: Vec::new() };
        match self.step {
            Step::One => {
                let end = self.end(&mut all, 1);
                self.counting(&mut all, it, begin, end, None);
                let operands = Operands::new(&[begin, end]);
                all.lines.push(Statement::Op { result, op: Op::Max, operands });
                all.lines
            }
            Step::MinusOne => {
                let end = self.end(&mut all, -1);
                let step = all.number(-1);
                self.counting(&mut all, it, begin, end, Some(step));
                let operands = Operands::new(&[begin, end]);
                all.lines.push(Statement::Op { result, op: Op::Min, operands });
                all.lines
            }
            Step::Other(step) => {
                let slow = Copy::default().statement(all.kernel, statement);
                let results = it.results.clone();
                let fast = {
                    let mut it = it;
                    it.results = results
                        .iter()
                        .map(|&value| all.kernel.new_value(all.kernel.dtype(value)))
                        .collect();
                    let mut yields = it.results.clone();
                    let mut fast = Lines { kernel: all.kernel, lines: Vec::new() };
                    self.counting(&mut fast, it, begin, bound, Some(step));
                    // begin + (max(end - begin, 0) + step - 1) / step * step
                    let zero = fast.number(0);
                    let one = fast.number(1);
                    let way = fast.op(Op::Sub, &[bound, begin]);
                    let way = fast.op(Op::Max, &[way, zero]);
                    let way = fast.op(Op::Add, &[way, step]);
                    let way = fast.op(Op::Sub, &[way, one]);
                    let turns = fast.op(Op::Div, &[way, step]);
                    let moved = fast.op(Op::Mul, &[turns, step]);
                    yields[self.place] = fast.op(Op::Add, &[begin, moved]);
                    let statements = fast.lines;
                    let block = all.kernel.new_block();
                    all.kernel.block_mut(block).statements = statements;
                    all.kernel.block_mut(block).yields = yields;
                    block
                };
                let otherwise = all.kernel.new_block();
                all.kernel.block_mut(otherwise).yields = slow.results().to_vec();
                all.kernel.block_mut(otherwise).statements.push(slow);
                let (zero, one, most) = (all.number(0), all.number(1), all.number(LARGEST));
                let mut condition = all.op(Op::Le, &[zero, begin]);
                for sides in [[one, step], [step, most], [bound, most]] {
                    let next = all.op(Op::Le, &sides);
                    condition = all.op(Op::And, &[condition, next]);
                }
                all.lines.push(Statement::If(If { condition, then: fast, otherwise, results }));
                all.lines
            }
        }
    }

    /// Where the loop ends; not an index itself.
    fn end(&self, all: &mut Lines<'_>, further: i64) -> Value {
        match number(all.kernel, self.bound).filter(|_| self.closed) {
            Some(last) => all.number(last + further),
            None => self.bound,
        }
    }

    /// The loop; what it tested is not carried.
    fn counting(
        &self,
        all: &mut Lines<'_>,
        mut it: While,
        begin: Value,
        end: Value,
        step: Option<Value>,
    ) {
        it.start.remove(self.place);
        it.results.remove(self.place);
        let test = std::mem::take(all.kernel.block_mut(it.test));
        let mut arguments = test.arguments;
        let index = arguments.remove(self.place);
        arguments.insert(0, index);
        let body = all.kernel.block_mut(it.body);
        body.arguments = arguments;
        body.yields.remove(self.place);
        body.statements.splice(0..0, test.statements);
        all.lines.push(Statement::For(For {
            parallel: false,
            lanes: false,
            axes: vec![Axis { begin: Some(begin), end, step }],
            start: it.start,
            body: it.body,
            results: it.results,
        }));
    }
}
