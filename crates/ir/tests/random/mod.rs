//! Random kernels, written from a list of choices; all of them legal.

use ir::{Access, Axis, Buffer, Builder, Combiner, Kernel, Op, Rule, Stride, Value};
use memory::{DType, Scalar};

/// Writes a kernel from random choices; when they run out, it ends.
struct Writer<'c> {
    builder: Builder,
    choices: std::slice::Iter<'c, u32>,
    values: Vec<Value>,
    buffers: Vec<(Buffer, DType, usize, Access)>,
}

impl Writer<'_> {
    fn choose(&mut self, count: usize) -> usize {
        self.choices.next().map_or(0, |&choice| choice as usize % count)
    }

    fn done(&self) -> bool {
        self.choices.len() == 0
    }

    fn dtype(&mut self) -> DType {
        DType::ALL[self.choose(DType::ALL.len())]
    }

    /// Any bits, or a small number.
    fn scalar(&mut self, dtype: DType) -> Scalar {
        if self.choose(2) == 0 {
            return Scalar::from_i64(dtype, [0, 1, 2, -1][self.choose(4)]);
        }
        let mut bits = 0u128;
        for _ in 0..4 {
            let more = self.choices.next().copied().unwrap_or(0);
            bits = bits << 32 | u128::from(more);
        }
        if dtype == DType::Bool {
            Scalar::from(bits & 1 == 1)
        } else {
            Scalar::from_bits(dtype, bits)
        }
    }

    /// Some value of this type: one that is there, or a constant.
    fn value(&mut self, dtype: DType) -> Value {
        let fitting: Vec<_> = self
            .values
            .iter()
            .copied()
            .filter(|&value| self.builder.dtype(value) == dtype)
            .collect();
        if fitting.is_empty() || self.choose(5) == 0 {
            let scalar = self.scalar(dtype);
            return self.builder.constant(scalar);
        }
        fitting[self.choose(fitting.len())]
    }

    fn axes(&mut self) -> Vec<Axis> {
        (0..=self.choose(3))
            .map(|_| match self.choose(2) {
                0 => self.values[0].into(),
                _ => self.axis(),
            })
            .collect()
    }

    fn axis(&mut self) -> Axis {
        Axis {
            begin: if self.choose(2) == 0 { None } else { Some(self.value(DType::I64)) },
            end: self.value(DType::I64),
            step: if self.choose(3) == 0 { Some(self.value(DType::I64)) } else { None },
        }
    }

    /// Run `write` inside a block with these arguments, then forget what it defined.
    fn inside(
        &mut self,
        arguments: &[DType],
        write: impl FnOnce(&mut Self) -> Vec<Value>,
    ) -> ir::BlockId {
        let outside = self.values.len();
        let arguments = self.builder.open(arguments);
        self.values.extend(arguments);
        let yields = write(self);
        self.values.truncate(outside);
        self.builder.close(&yields)
    }

    fn statements(&mut self, depth: usize) {
        for _ in 0..self.choose(6) {
            if self.done() {
                return;
            }
            let kinds = if depth < 4 { 9 } else { 5 };
            match self.choose(kinds) {
                0 | 1 => self.op(),
                2 | 3 => self.memory(),
                4 => {
                    let condition = self.value(DType::Bool);
                    let code = [1, -1, 50, i64::MIN][self.choose(4)];
                    self.builder.check(condition, code);
                }
                kind => self.nested(kind, depth + 1),
            }
        }
    }

    fn op(&mut self) {
        let row = &Op::table()[self.choose(Op::table().len())];
        let accepted: Vec<_> = row.accepts.iter().collect();
        let dtype = accepted[self.choose(accepted.len())];
        let mut types = vec![dtype; row.arity];
        match row.rule {
            Rule::Select => types[0] = DType::Bool,
            Rule::Scale => types[1] = DType::I32,
            _ => {}
        }
        let operands: Vec<_> = types.iter().map(|&dtype| self.value(dtype)).collect();
        let value = match row.rule {
            Rule::Stated => {
                let to = self.dtype();
                self.builder.cast(to, operands[0])
            }
            Rule::Bits => {
                let fits: Vec<_> = accepted.iter().filter(|to| to.size() == dtype.size()).collect();
                let to = *fits[self.choose(fits.len())];
                self.builder.bitcast(to, operands[0])
            }
            _ => self.builder.op(row.op, &operands),
        };
        if self.choose(4) == 0 && self.builder.kernel().values[value.index()].name.is_none() {
            let parameter = self.values.iter().take(4).any(|&other| other == value);
            if !parameter {
                let name = ["sum", "sum", "x", "1", "t'"][self.choose(5)];
                self.builder.name(value, name);
            }
        }
        self.values.push(value);
    }

    fn memory(&mut self) {
        if self.buffers.is_empty() || self.choose(5) == 0 {
            let dtype = self.dtype();
            let entries = (0..1 << self.choose(3)).map(|_| self.scalar(dtype)).collect();
            let table = self.builder.table(entries);
            let index = self.value(DType::I64);
            let entry = self.builder.lookup(table, index);
            self.values.push(entry);
            return;
        }
        let position = self.choose(self.buffers.len());
        let (buffer, dtype, rank, access) = self.buffers[position];
        let index: Vec<_> = (0..rank).map(|_| self.value(DType::I64)).collect();
        if access == Access::Read || (access == Access::Update && self.choose(2) == 0) {
            let element = self.builder.load(buffer, &index);
            self.values.push(element);
        } else {
            let value = self.value(dtype);
            self.builder.store(buffer, &index, value);
        }
    }

    fn nested(&mut self, kind: usize, depth: usize) {
        let carried: Vec<_> = (0..self.choose(3)).map(|_| self.dtype()).collect();
        let start: Vec<_> = carried.iter().map(|&dtype| self.value(dtype)).collect();
        let yields = |writer: &mut Self, types: &[DType]| -> Vec<Value> {
            writer.statements(depth);
            types.iter().map(|&dtype| writer.value(dtype)).collect()
        };
        let results = |writer: &mut Self, types: &[DType]| -> Vec<Value> {
            let results: Vec<_> =
                types.iter().map(|&dtype| writer.builder.new_value(dtype)).collect();
            writer.values.extend(&results);
            results
        };
        let statement = match kind {
            5 => {
                let parallel = start.is_empty() && self.choose(2) == 0;
                let axes = self.axes();
                let mut arguments = vec![DType::I64; axes.len()];
                arguments.extend(&carried);
                let body = self.inside(&arguments, |writer| yields(writer, &carried));
                let results = results(self, &carried);
                let lanes = !parallel
                    && start.is_empty()
                    && self.choose(2) == 0
                    && !checks(self.builder.kernel(), body);
                ir::Statement::For(ir::For { parallel, lanes, axes, start, body, results })
            }
            6 => {
                let axes = self.axes();
                let combiners: Vec<_> =
                    (0..=self.choose(3)).map(|_| Combiner::ALL[self.choose(10)]).collect();
                let types: Vec<_> = combiners
                    .iter()
                    .map(|combiner| {
                        let accepted: Vec<_> = combiner.accepts().iter().collect();
                        accepted[self.choose(accepted.len())]
                    })
                    .collect();
                let indices = vec![DType::I64; axes.len()];
                let body = self.inside(&indices, |writer| yields(writer, &types));
                let of: Vec<_> = combiners
                    .iter()
                    .zip(&types)
                    .flat_map(|(it, &dtype)| it.results(dtype))
                    .collect();
                let empty = if self.choose(2) == 0 {
                    of.iter().map(|&dtype| self.value(dtype)).collect()
                } else {
                    Vec::new()
                };
                let results = results(self, &of);
                ir::Statement::Reduce(ir::Reduce { axes, combiners, empty, body, results })
            }
            7 => {
                let condition = self.value(DType::Bool);
                let then = self.inside(&[], |writer| yields(writer, &carried));
                let otherwise = self.inside(&[], |writer| yields(writer, &carried));
                let results = results(self, &carried);
                ir::Statement::If(ir::If { condition, then, otherwise, results })
            }
            _ => {
                let test = self.inside(&carried, |writer| yields(writer, &[DType::Bool]));
                let body = self.inside(&[], |writer| yields(writer, &carried));
                let results = results(self, &carried);
                ir::Statement::While(ir::While { start, test, body, results })
            }
        };
        self.builder.push(statement);
    }
}

/// Whether a check stands in a block or inside it.
fn checks(kernel: &Kernel, block: ir::BlockId) -> bool {
    kernel.block(block).statements.iter().any(|it| {
        matches!(it, ir::Statement::Check { .. }) || it.blocks().any(|it| checks(kernel, it))
    })
}

pub(crate) fn kernel(choices: &[u32]) -> Kernel {
    let builder = Builder::new("random");
    let (values, buffers) = (Vec::new(), Vec::new());
    let mut writer = Writer { builder, choices: choices.iter(), values, buffers };
    let n = writer.builder.extent("n");
    let c = writer.builder.scalar("c", DType::C64);
    writer.values.extend([n, c]);
    for access in [Access::Read, Access::Write, Access::Update] {
        let dtype = writer.dtype();
        let strides = [Stride::Unit, Stride::Zero, Stride::Any];
        let strides: Vec<_> = (0..writer.choose(3)).map(|_| strides[writer.choose(3)]).collect();
        let buffer = writer.builder.buffer("b", dtype, access, &strides);
        writer.buffers.push((buffer, dtype, strides.len(), access));
    }
    while !writer.done() {
        writer.statements(0);
    }
    writer.builder.finish().unwrap_or_else(|error| panic!("{error}"))
}
