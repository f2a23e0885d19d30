//! Runs statements.

use memory::{DType, Scalar};

use super::{Argument, Failure};
use crate::{
    Axis, BlockId, Buffer, Call, Callee, For, Kernel, ParameterKind, Reduce, Rule, Said, Statement,
    Value, evaluate, reduction,
};

/// A kernel under way: the present value of each of its values.
pub(super) struct Machine<'m, 'a> {
    kernel: &'m Kernel,
    arguments: &'m mut [Argument<'a>],
    values: Vec<Scalar>,
    /// How many more blocks may run.
    runs: u64,
    said: &'m mut Vec<Said>,
    /// How many calls stand inside each other.
    depth: usize,
}

/// Most calls inside each other that are interpreted; compiled code has room for more.
const CALLS: usize = 200;

type Ran<T> = Result<T, Failure>;

impl<'m, 'a> Machine<'m, 'a> {
    pub(super) fn new(
        kernel: &'m Kernel,
        arguments: &'m mut [Argument<'a>],
        runs: u64,
        said: &'m mut Vec<Said>,
    ) -> Self {
        let mut values: Vec<_> =
            kernel.values.iter().map(|value| Scalar::zero(value.dtype)).collect();
        for (parameter, argument) in kernel.parameters.iter().zip(&*arguments) {
            match (&parameter.kind, argument) {
                (ParameterKind::Scalar(value), Argument::Scalar(scalar)) => {
                    values[value.index()] = *scalar;
                }
                (ParameterKind::Extent(value), Argument::Extent(length)) => {
                    values[value.index()] = Scalar::from(*length);
                }
                _ => {}
            }
        }
        Self { kernel, arguments, values, runs, said, depth: 0 }
    }

    pub(super) fn run(&mut self) -> Ran<()> {
        self.block(self.kernel.body)
    }

    fn get(&self, value: Value) -> Scalar {
        self.values[value.index()]
    }

    fn set(&mut self, value: Value, scalar: Scalar) {
        self.values[value.index()] = scalar;
    }

    fn set_all(&mut self, values: &[Value], scalars: &[Scalar]) {
        for (&value, &scalar) in values.iter().zip(scalars) {
            self.set(value, scalar);
        }
    }

    fn get_all(&self, values: &[Value]) -> Vec<Scalar> {
        values.iter().map(|&value| self.get(value)).collect()
    }

    fn yields(&self, block: BlockId) -> Vec<Scalar> {
        self.get_all(&self.kernel.block(block).yields)
    }

    /// Statements stand at most [`crate::DEEPEST`] deep, so this may call itself.
    fn block(&mut self, block: BlockId) -> Ran<()> {
        let kernel = self.kernel;
        self.runs = self.runs.checked_sub(1).ok_or_else(|| {
            Failure::Fault(format!("kernel @{}: more blocks ran than were allowed", kernel.name))
        })?;
        kernel.block(block).statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Statement) -> Ran<()> {
        match statement {
            Statement::Constant { result, scalar } => self.set(*result, *scalar),
            Statement::Op { result, op, operands } => {
                let states = matches!(op.row().rule, Rule::Stated | Rule::Bits);
                let stated = states.then(|| self.kernel.dtype(*result));
                let mut given = [Scalar::zero(DType::Bool); 3];
                for (slot, &operand) in given.iter_mut().zip(operands.iter()) {
                    *slot = self.get(operand);
                }
                let answer = evaluate(*op, &given[..operands.len()], stated);
                let answer = answer.map_err(|error| self.fault(statement, &error.to_string()))?;
                self.set(*result, answer);
            }
            Statement::Lookup { result, table, index } => {
                let entries = &self.kernel.table(*table).entries;
                // The length is a power of two, so the remainder is that of the bits too.
                let position = self.get(*index).to_i64() as usize % entries.len();
                self.set(*result, entries[position]);
            }
            Statement::Load { result, buffer, index } => {
                let element = self.element(statement, *buffer, index)?;
                let dtype = self.kernel.dtype(*result);
                let bytes: &[u8] = match &self.arguments[buffer.index()] {
                    Argument::Read(bytes, _) => bytes,
                    Argument::Write(bytes, _) => bytes,
                    _ => &[],
                };
                let loaded = Scalar::from_bytes(dtype, &bytes[element..]);
                self.set(*result, loaded);
            }
            Statement::Store { buffer, index, value } => {
                let element = self.element(statement, *buffer, index)?;
                let scalar = self.get(*value);
                if let Argument::Write(bytes, _) = &mut self.arguments[buffer.index()] {
                    scalar.to_bytes(&mut bytes[element..]);
                }
            }
            Statement::For(it) => self.for_loop(statement, it)?,
            Statement::Reduce(it) => self.reduce(statement, it)?,
            Statement::If(it) => {
                let block = if self.get(it.condition).is_true() { it.then } else { it.otherwise };
                self.block(block)?;
                let results = self.yields(block);
                self.set_all(&it.results, &results);
            }
            Statement::While(it) => {
                let mut carried = self.get_all(&it.start);
                loop {
                    self.set_all(&self.kernel.block(it.test).arguments, &carried);
                    self.block(it.test)?;
                    if !self.yields(it.test)[0].is_true() {
                        break;
                    }
                    self.block(it.body)?;
                    carried = self.yields(it.body);
                }
                self.set_all(&it.results, &carried);
            }
            Statement::Check { condition, code } => {
                if !self.get(*condition).is_true() {
                    return Err(Failure::Check(*code));
                }
            }
            Statement::Call(it) => self.call(it)?,
        }
        Ok(())
    }

    fn call(&mut self, it: &Call) -> Ran<()> {
        let given = self.get_all(&it.arguments);
        let results = match it.callee {
            Callee::Say(number) => {
                self.said.push((number, given));
                return Ok(());
            }
            Callee::ThreadId => vec![Scalar::from(0i64)],
            Callee::ThreadCount => vec![Scalar::from(1i64)],
            Callee::Function { function, deep } => {
                if self.depth >= CALLS {
                    return Err(Failure::Check(deep));
                }
                // A call has values of its own: those of the caller are put back after it.
                let before = self.values.clone();
                let body = self.kernel.functions[function.index()].body;
                self.set_all(&self.kernel.block(body).arguments, &given);
                self.depth += 1;
                self.block(body)?;
                self.depth -= 1;
                let results = self.yields(body);
                self.values = before;
                results
            }
        };
        self.set_all(&it.results, &results);
        Ok(())
    }

    fn for_loop(&mut self, statement: &Statement, it: &For) -> Ran<()> {
        let mut carried = self.get_all(&it.start);
        let arguments = &self.kernel.block(it.body).arguments;
        let (indices, inside) = arguments.split_at(it.axes.len());
        let mut walk = self.walk(statement, &it.axes)?;
        while let Some(point) = walk.next() {
            self.set_all(indices, &point);
            self.set_all(inside, &carried);
            self.block(it.body)?;
            carried = self.yields(it.body);
        }
        self.set_all(&it.results, &carried);
        Ok(())
    }

    fn reduce(&mut self, statement: &Statement, it: &Reduce) -> Ran<()> {
        let body = self.kernel.block(it.body);
        let mut values = vec![Vec::new(); it.combiners.len()];
        let mut walk = self.walk(statement, &it.axes)?;
        while let Some(point) = walk.next() {
            self.set_all(&body.arguments, &point);
            self.block(it.body)?;
            for (values, &value) in values.iter_mut().zip(&body.yields) {
                values.push(self.get(value));
            }
        }
        let nothing = values[0].is_empty();
        let results = if nothing && !it.empty.is_empty() {
            self.get_all(&it.empty)
        } else {
            let types = body.yields.iter().map(|&value| self.kernel.dtype(value));
            let each = it.combiners.iter().zip(types).zip(&values);
            each.flat_map(|((&combiner, dtype), values)| {
                reduction::reduce(combiner, dtype, values).to_vec()
            })
            .collect()
        };
        self.set_all(&it.results, &results);
        Ok(())
    }

    fn walk(&self, statement: &Statement, axes: &[Axis]) -> Ran<Walk> {
        let number = |value: Option<Value>, absent| {
            value.map_or(absent, |value| i128::from(self.get(value).to_i64()))
        };
        let ranges: Vec<_> = axes
            .iter()
            .map(|axis| (number(axis.begin, 0), number(Some(axis.end), 0), number(axis.step, 1)))
            .collect();
        if ranges.iter().any(|&(_, _, step)| step == 0) {
            return Err(self.fault(statement, "step 0 never ends"));
        }
        Ok(Walk::new(ranges))
    }

    /// Where an element begins in its memory.
    fn element(&self, statement: &Statement, buffer: Buffer, index: &[Value]) -> Ran<usize> {
        let (Argument::Read(_, layout) | Argument::Write(_, layout)) =
            &self.arguments[buffer.index()]
        else {
            return Err(self.fault(statement, "no memory is given"));
        };
        let mut position = layout.offset();
        for ((&value, &length), &stride) in index.iter().zip(layout.shape()).zip(layout.strides()) {
            match usize::try_from(self.get(value).to_i64()) {
                Ok(i) if i < length => position += i.cast_signed() * stride,
                _ => {
                    let given: Vec<_> =
                        index.iter().map(|&value| self.get(value).to_i64()).collect();
                    let shape = layout.shape();
                    let reason = format!("index {given:?} of shape {shape:?}");
                    return Err(self.fault(statement, &reason));
                }
            }
        }
        Ok(position.unsigned_abs())
    }

    fn fault(&self, statement: &Statement, reason: &str) -> Failure {
        let (kernel, text) = (&self.kernel.name, self.kernel.statement_text(statement));
        Failure::Fault(format!("kernel @{kernel}: `{text}`: {reason}"))
    }
}

/// The points of several ranges, the last one fastest.
struct Walk {
    /// Begin, end and step.
    ranges: Vec<(i128, i128, i128)>,
    /// The next point, unless all are done.
    next: Option<Vec<i128>>,
}

impl Walk {
    fn new(ranges: Vec<(i128, i128, i128)>) -> Self {
        let some = ranges.iter().all(|&(begin, end, step)| Self::inside(begin, end, step));
        let next = some.then(|| ranges.iter().map(|range| range.0).collect());
        Self { ranges, next }
    }

    fn inside(at: i128, end: i128, step: i128) -> bool {
        if step > 0 { at < end } else { at > end }
    }

    fn next(&mut self) -> Option<Vec<Scalar>> {
        let mut point = self.next.take()?;
        let answer = point.iter().map(|&at| Scalar::from_bits(DType::I64, at.cast_unsigned()));
        let answer = answer.collect();
        for (axis, &(begin, end, step)) in self.ranges.iter().enumerate().rev() {
            point[axis] += step;
            if Self::inside(point[axis], end, step) {
                self.next = Some(point);
                break;
            }
            point[axis] = begin;
        }
        Some(answer)
    }
}
