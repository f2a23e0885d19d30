//! Random structured programs: loops, choices, checked accesses, written from a list of choices.
//!
//! All are legal, all end, and every access is checked, so none breaks a rule when it runs. Loops are
//! sequential: nobody promises that their iterations are independent.

use ir::{Access, Axis, Buffer, Builder, Kernel, Statement, Stride, Value, While};
use memory::DType::{F64, I64};

/// The lengths that a program is given: `n`, `m`, then those of its buffers, axis by axis.
pub(crate) const EXTENTS: [&str; 7] = ["n", "m", "x0", "y0", "z0", "z1", "w0"];

struct Writer<'c> {
    builder: Builder,
    choices: std::slice::Iter<'c, u32>,
    integers: Vec<Value>,
    floats: Vec<Value>,
    /// A buffer with the lengths of its axes; the last one holds integers.
    buffers: Vec<(Buffer, Vec<Value>)>,
    code: i64,
    depth: usize,
}

impl Writer<'_> {
    fn choose(&mut self, count: usize) -> usize {
        self.choices.next().map_or(0, |&choice| choice as usize % count)
    }

    fn one(&mut self, values: &[Value]) -> Value {
        // What came last is near.
        let near = self.choose(2) == 0;
        let count = if near { values.len().min(3) } else { values.len() };
        values[values.len() - 1 - self.choose(count)]
    }

    /// `n` or `m`, which are small.
    fn bound(&mut self) -> Value {
        let at = self.choose(2);
        self.integers[at]
    }

    fn number(&mut self, number: i64) -> Value {
        self.builder.constant(number)
    }

    fn check(&mut self, condition: Value) {
        self.code += 1;
        self.builder.check(condition, self.code);
    }

    fn integer(&mut self) -> Value {
        let integers = self.integers.clone();
        let x = self.one(&integers);
        match self.choose(12) {
            0 => {
                let number = [0, 1, 2, 3, -1, -2, i64::MAX, i64::MIN][self.choose(8)];
                self.number(number)
            }
            1 | 2 => {
                let by = [1, 2, -1, -2, i64::MAX][self.choose(5)];
                let by = self.number(by);
                self.builder.add(x, by)
            }
            3 => {
                let y = self.one(&integers);
                self.builder.add(x, y)
            }
            4 => {
                let y = self.one(&integers);
                let one = self.number(1);
                let less = self.builder.sub(y, one);
                self.builder.sub(less, x)
            }
            5 => {
                let by = [2, 3, -1][self.choose(3)];
                let by = self.number(by);
                self.builder.mul(x, by)
            }
            6 => {
                let y = self.one(&integers);
                match self.choose(6) {
                    0 => self.builder.rem(x, y),
                    1 => self.builder.floor_div(x, y),
                    2 => self.builder.min(x, y),
                    3 => self.builder.max(x, y),
                    4 => self.builder.mul(x, y),
                    _ => {
                        let condition = self.condition();
                        self.builder.select(condition, x, y)
                    }
                }
            }
            7 => {
                let (buffer, lengths) = self.buffers[3].clone();
                let index = self.index(&lengths);
                self.builder.load(buffer, &index)
            }
            _ => x,
        }
    }

    fn float(&mut self) -> Value {
        let floats = self.floats.clone();
        let x = self.one(&floats);
        match self.choose(6) {
            0 => {
                let y = self.one(&floats);
                self.builder.add(x, y)
            }
            1 => {
                let y = self.one(&floats);
                self.builder.mul(x, y)
            }
            2 => {
                let integer = self.integer();
                self.builder.cast(F64, integer)
            }
            3 | 4 => {
                let at = self.choose(3);
                let (buffer, lengths) = self.buffers[at].clone();
                let index = self.index(&lengths);
                self.builder.load(buffer, &index)
            }
            _ => x,
        }
    }

    fn condition(&mut self) -> Value {
        let condition = match self.choose(5) {
            0 => {
                let (x, y) = (self.floats[0], self.floats[self.floats.len() - 1]);
                self.builder.lt(x, y)
            }
            kind => {
                let integers = self.integers.clone();
                let (x, y) = (self.one(&integers), self.one(&integers));
                let y = if self.choose(2) == 0 { self.number(1) } else { y };
                match kind {
                    1 => self.builder.lt(x, y),
                    2 => self.builder.ge(x, y),
                    3 => self.builder.gt(x, y),
                    _ => self.builder.ne(x, y),
                }
            }
        };
        if self.choose(6) == 0 { self.builder.not(condition) } else { condition }
    }

    /// A checked index for each axis, as compiled Python has it.
    fn index(&mut self, lengths: &[Value]) -> Vec<Value> {
        // An index of an index of an index ends somewhere.
        self.depth += 1;
        let mut index = Vec::new();
        for &length in lengths {
            let at = if self.depth > 2 {
                let integers = self.integers.clone();
                self.one(&integers)
            } else {
                self.integer()
            };
            let zero = self.number(0);
            let wrapped = if self.choose(2) == 0 {
                let negative = self.builder.lt(at, zero);
                let sum = self.builder.add(at, length);
                self.builder.select(negative, sum, at)
            } else {
                at
            };
            let above = self.builder.ge(wrapped, zero);
            let below = self.builder.lt(wrapped, length);
            let inside = self.builder.and(above, below);
            self.check(inside);
            index.push(wrapped);
        }
        self.depth -= 1;
        index
    }

    fn statements(&mut self, depth: usize) {
        for _ in 0..=self.choose(4) {
            match self.choose(if depth < 3 { 10 } else { 5 }) {
                0 => {
                    let value = self.integer();
                    self.integers.push(value);
                }
                1 => {
                    let value = self.float();
                    self.floats.push(value);
                }
                2..=4 => self.store(),
                5..=7 => self.count(depth),
                8 => self.choice(depth),
                _ => self.repeat(depth),
            }
        }
        if self.choose(24) == 0 {
            let condition = self.condition();
            self.check(condition);
        }
    }

    fn store(&mut self) {
        let at = 1 + self.choose(2);
        let (buffer, lengths) = self.buffers[at].clone();
        let value = self.float();
        let index = self.index(&lengths);
        self.builder.store(buffer, &index, value);
    }

    fn axis(&mut self) -> Axis {
        let integers = self.integers.clone();
        let small = |writer: &mut Self| {
            let number = [0, 1, 2, 3, 5][writer.choose(5)];
            writer.number(number)
        };
        let mut end = match self.choose(4) {
            0 => self.one(&integers),
            1 => small(self),
            _ => self.bound(),
        };
        // Few turns, whatever the number is.
        let (least, most) = (self.number(-6), self.number(6));
        if !self.integers[..2].contains(&end) {
            let low = self.builder.max(end, least);
            end = self.builder.min(low, most);
        }
        if self.choose(4) == 0 {
            let one = self.number(1);
            end = self.builder.sub(end, one);
        }
        let begin = match self.choose(4) {
            0 => Some(small(self)),
            1 => {
                let at = self.one(&integers);
                let at = self.builder.max(at, least);
                let one = self.number(1);
                let at = self.builder.min(at, most);
                Some(self.builder.add(at, one))
            }
            _ => None,
        };
        match self.choose(6) {
            0 => Axis { begin, end, step: Some(self.number(2)) },
            1 => {
                let minus = self.number(-1);
                let from = self.builder.add(end, minus);
                let until = begin.map_or(minus, |begin| self.builder.add(begin, minus));
                Axis { begin: Some(from), end: until, step: Some(minus) }
            }
            _ => Axis { begin, end, step: None },
        }
    }

    /// Run `write` in a block with these arguments; answers with the block.
    fn inside(
        &mut self,
        arguments: &[memory::DType],
        write: impl FnOnce(&mut Self, &[Value]) -> Vec<Value>,
    ) -> ir::BlockId {
        let (integers, floats) = (self.integers.len(), self.floats.len());
        let arguments = self.builder.open(arguments);
        for &argument in &arguments {
            match self.builder.dtype(argument) {
                I64 => self.integers.push(argument),
                _ => self.floats.push(argument),
            }
        }
        let yields = write(self, &arguments);
        self.integers.truncate(integers);
        self.floats.truncate(floats);
        self.builder.close(&yields)
    }

    fn count(&mut self, depth: usize) {
        let axes: Vec<_> = (0..=self.choose(8) / 7).map(|_| self.axis()).collect();
        let carries = self.choose(3) == 0;
        let start = if carries { vec![self.floats[0], self.bound()] } else { Vec::new() };
        let mut types = vec![I64; axes.len()];
        types.extend(start.iter().map(|&it| self.builder.dtype(it)));
        let body = self.inside(&types, |writer, arguments| {
            writer.statements(depth + 1);
            if !carries {
                return Vec::new();
            }
            let counter = arguments[arguments.len() - 1];
            let one = writer.number(1);
            let next = match writer.choose(3) {
                0 => counter,
                1 => writer.builder.add(counter, one),
                _ => {
                    let condition = writer.condition();
                    let grown = writer.builder.add(counter, one);
                    writer.builder.select(condition, grown, counter)
                }
            };
            vec![writer.floats[writer.floats.len() - 1], next]
        });
        let results: Vec<_> = start
            .iter()
            .map(|&it| {
                let dtype = self.builder.dtype(it);
                self.builder.new_value(dtype)
            })
            .collect();
        if carries {
            self.floats.push(results[0]);
            self.integers.push(results[1]);
        }
        self.builder.push(Statement::For(ir::For {
            parallel: false,
            lanes: false,
            axes,
            start,
            body,
            results,
        }));
    }

    fn choice(&mut self, depth: usize) {
        let condition = self.condition();
        let yields = |writer: &mut Self, _: &[Value]| {
            writer.statements(depth + 1);
            vec![writer.floats[writer.floats.len() - 1], writer.integers[writer.integers.len() - 1]]
        };
        let then = self.inside(&[], yields);
        let otherwise = self.inside(&[], yields);
        let results = vec![self.builder.new_value(F64), self.builder.new_value(I64)];
        self.floats.push(results[0]);
        self.integers.push(results[1]);
        self.builder.push(Statement::If(ir::If { condition, then, otherwise, results }));
    }

    /// `while i < end`, a few times: up or down, by one or more, also by what no pass knows.
    fn repeat(&mut self, depth: usize) {
        let (zero, one) = (self.number(0), self.number(1));
        let end = self.bound();
        let kind = self.choose(7);
        let begin = [zero, one][self.choose(2)];
        let (begin, end, step) = match kind {
            0 => (begin, end, self.number(2)),
            1 => (begin, end, self.number(3)),
            2 => {
                // One to four, of any number.
                let three = self.number(3);
                let any = self.integers[self.integers.len() - 1];
                let some = self.builder.op(ir::Op::And, &[any, three]);
                (begin, end, self.builder.add(some, one))
            }
            3 | 4 => (end, begin, self.number(-1)),
            _ => (begin, end, one),
        };
        let closed = if kind > 2 && self.choose(3) == 0 { Some(self.number(2)) } else { None };
        let start = vec![begin, self.floats[0]];
        let mut carried = Vec::new();
        let test = self.inside(&[I64, F64], |writer, arguments| {
            carried.extend_from_slice(arguments);
            let (index, end) = (arguments[0], closed.unwrap_or(end));
            let sides = if kind == 3 || kind == 4 { [end, index] } else { [index, end] };
            let op = if closed.is_some() { ir::Op::Le } else { ir::Op::Lt };
            vec![writer.builder.op(op, &sides)]
        });
        // The body sees what the test is given.
        self.integers.push(carried[0]);
        self.floats.push(carried[1]);
        let body = self.inside(&[], |writer, _| {
            writer.statements(depth + 1);
            let next = writer.builder.add(carried[0], step);
            vec![next, writer.floats[writer.floats.len() - 1]]
        });
        self.integers.pop();
        self.floats.pop();
        let results = vec![self.builder.new_value(I64), self.builder.new_value(F64)];
        self.integers.push(results[0]);
        self.floats.push(results[1]);
        self.builder.push(Statement::While(While { start, test, body, results }));
    }
}

/// A program from random choices: `@program(n, m, x0, y0, z0, z1, w0, k, c, x, y, z, w)`.
pub(crate) fn program(choices: &[u32]) -> Kernel {
    let mut builder = Builder::new("program");
    let extents = EXTENTS.map(|name| builder.extent(name));
    let number = builder.scalar("k", I64);
    let floats = vec![builder.scalar("c", F64)];
    let [_, _, x0, y0, z0, z1, w0] = extents;
    let arrays = [
        ("x", F64, Access::Read, vec![x0]),
        ("y", F64, Access::Update, vec![y0]),
        ("z", F64, Access::Update, vec![z0, z1]),
        ("w", I64, Access::Read, vec![w0]),
    ];
    let buffers = arrays.map(|(name, dtype, access, lengths)| {
        let strides = vec![Stride::Any; lengths.len()];
        (builder.buffer(name, dtype, access, &strides), lengths)
    });
    let integers = vec![extents[0], extents[1], x0, y0, number];
    let (buffers, choices) = (buffers.to_vec(), choices.iter());
    let mut writer = Writer { builder, choices, integers, floats, buffers, code: 0, depth: 0 };
    for _ in 0..3 {
        writer.count(0);
    }
    writer.builder.finish().unwrap_or_else(|error| panic!("{error}"))
}
