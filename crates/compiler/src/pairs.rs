//! Complex numbers as pairs of real ones: a kernel in, one without complex numbers out.
//!
//! A buffer of complex numbers becomes one of their parts with an axis more: `c64[unit]` is `f32[pair, unit]`.
//! The frame stays what it was. A scalar that is an argument stays complex, and only its parts are used.

use std::collections::HashMap;

use ir::{
    BlockId, Combiner, Kernel, Op, Operands, ParameterKind, Reduce, Statement, Stride, Value,
};
use memory::{DType, Scalar};

use crate::Unsupported;

/// The kernel in pairs, where it has complex numbers. It was lowered: what is left to do with them as such is
/// to take them apart and together, to choose between them, to load and to store them.
///
/// # Errors
///
/// [`Unsupported`] for tables and other reductions of complex numbers than sums and products.
pub(crate) fn pairs(kernel: &Kernel) -> Result<Option<Kernel>, Unsupported> {
    let complex = |dtype: DType| dtype.is_complex();
    let buffers = kernel
        .parameters
        .iter()
        .any(|it| matches!(&it.kind, ParameterKind::Buffer(buffer) if complex(buffer.dtype)));
    if !buffers && !kernel.values.iter().any(|it| complex(it.dtype)) {
        return Ok(None);
    }
    let mut kernel = kernel.clone();
    for parameter in &mut kernel.parameters {
        if let ParameterKind::Buffer(buffer) = &mut parameter.kind
            && complex(buffer.dtype)
        {
            buffer.dtype = buffer.dtype.part();
            for stride in &mut buffer.strides {
                if *stride == Stride::Unit {
                    *stride = Stride::Pair;
                }
            }
            buffer.strides.push(Stride::Unit);
        }
    }
    let mut pairs = Pairs {
        places: [0, 1].map(|_| kernel.new_value(DType::I64)),
        kernel,
        parts: HashMap::new(),
        same: HashMap::new(),
        written: Vec::new(),
        begin: Vec::new(),
    };
    for (place, result) in (0i64..).zip(pairs.places) {
        let scalar = Scalar::from(place);
        pairs.written.push(Statement::Constant { result, scalar });
    }
    let scalars: Vec<_> = pairs
        .kernel
        .parameters
        .iter()
        .filter_map(|it| match it.kind {
            ParameterKind::Scalar(value) => Some(value),
            _ => None,
        })
        .collect();
    for value in scalars {
        if let Some(parts) = pairs.split(value) {
            for (op, part) in [Op::Real, Op::Imag].into_iter().zip(parts) {
                pairs.op(part, op, &[value]);
            }
        }
    }
    pairs.begin = std::mem::take(&mut pairs.written);
    let body = pairs.kernel.body;
    pairs.block(body)?;
    let begin = std::mem::take(&mut pairs.begin);
    pairs.kernel.block_mut(body).statements.splice(0..0, begin);
    Ok(Some(pairs.kernel))
}

struct Pairs {
    kernel: Kernel,
    /// The indices of the parts: 0 and 1.
    places: [Value; 2],
    /// The parts of each complex value.
    parts: HashMap<Value, [Value; 2]>,
    /// Parts that had a name of their own.
    same: HashMap<Value, Value>,
    /// The statements of a block so far.
    written: Vec<Statement>,
    /// Those that the kernel begins with.
    begin: Vec<Statement>,
}

impl Pairs {
    /// The parts of a value that is defined now, if it is complex.
    fn split(&mut self, value: Value) -> Option<[Value; 2]> {
        let dtype = self.kernel.dtype(value);
        if !dtype.is_complex() {
            return None;
        }
        let parts = [0, 1].map(|_| self.kernel.new_value(dtype.part()));
        self.parts.insert(value, parts);
        Some(parts)
    }

    /// The values that stand for one that is used.
    fn used(&self, value: Value) -> Vec<Value> {
        match self.parts.get(&value) {
            Some(parts) => parts.to_vec(),
            None => vec![self.real(value)],
        }
    }

    fn real(&self, value: Value) -> Value {
        self.same.get(&value).copied().unwrap_or(value)
    }

    fn use_all(&self, values: &mut Vec<Value>) {
        *values = values.iter().flat_map(|&value| self.used(value)).collect();
    }

    fn define_all(&mut self, values: &mut Vec<Value>) {
        *values = values
            .iter()
            .flat_map(|&value| self.split(value).map_or_else(|| vec![value], Vec::from))
            .collect();
    }

    fn op(&mut self, result: Value, op: Op, operands: &[Value]) {
        self.written.push(Statement::Op { result, op, operands: Operands::new(operands) });
    }

    fn block(&mut self, block: BlockId) -> Result<(), Unsupported> {
        let outside = std::mem::take(&mut self.written);
        let mut inside = std::mem::take(self.kernel.block_mut(block));
        self.define_all(&mut inside.arguments);
        for statement in inside.statements {
            self.statement(statement)?;
        }
        self.use_all(&mut inside.yields);
        inside.statements = std::mem::replace(&mut self.written, outside);
        *self.kernel.block_mut(block) = inside;
        Ok(())
    }

    /// The results for no value at all, part by part.
    fn identities(&mut self, it: &Reduce) -> Vec<Value> {
        let yields = self.kernel.block(it.body).yields.clone();
        let mut found = Vec::new();
        for (&combiner, value) in it.combiners.iter().zip(yields) {
            for scalar in combiner.identity(self.kernel.dtype(value)) {
                let parts = if scalar.dtype().is_complex() {
                    vec![scalar.real(), scalar.imag()]
                } else {
                    vec![scalar]
                };
                for scalar in parts {
                    let result = self.kernel.new_value(scalar.dtype());
                    self.begin.push(Statement::Constant { result, scalar });
                    found.push(result);
                }
            }
        }
        found
    }

    fn statement(&mut self, mut statement: Statement) -> Result<(), Unsupported> {
        // Uses of real numbers; those of complex ones are told apart below.
        statement.change_operands(|it| *it = self.real(*it));
        match statement {
            Statement::Constant { result, scalar } if scalar.dtype().is_complex() => {
                self.parts(result, |_, place| {
                    let scalar = if place == 0 { scalar.real() } else { scalar.imag() };
                    move |result| Statement::Constant { result, scalar }
                });
            }
            Statement::Op { result, op, operands } => self.simple(result, op, &operands)?,
            Statement::Lookup { result, .. } if self.kernel.dtype(result).is_complex() => {
                return Err(Unsupported::new("a table of complex numbers"));
            }
            Statement::Load { result, buffer, index } if self.kernel.dtype(result).is_complex() => {
                self.parts(result, |pairs, place| {
                    let index = pairs.index(&index, place);
                    move |result| Statement::Load { result, buffer, index }
                });
            }
            Statement::Store { buffer, index, value } if self.parts.contains_key(&value) => {
                for (place, value) in self.parts[&value].into_iter().enumerate() {
                    let index = self.index(&index, place);
                    self.written.push(Statement::Store { buffer, index, value });
                }
            }
            other => self.blocks(other)?,
        }
        Ok(())
    }

    /// A statement for each part of a complex value.
    fn parts<S: FnOnce(Value) -> Statement>(
        &mut self,
        result: Value,
        statement: impl Fn(&Self, usize) -> S,
    ) {
        for (place, part) in self.split(result).into_iter().flatten().enumerate() {
            let written = statement(self, place)(part);
            self.written.push(written);
        }
    }

    fn index(&self, index: &[Value], place: usize) -> Vec<Value> {
        index.iter().copied().chain([self.places[place]]).collect()
    }

    fn simple(&mut self, result: Value, op: Op, operands: &[Value]) -> Result<(), Unsupported> {
        match op {
            Op::Real | Op::Imag => {
                let part = self.parts[&operands[0]][usize::from(op == Op::Imag)];
                self.same.insert(result, part);
            }
            Op::Complex => {
                self.parts.insert(result, [operands[0], operands[1]]);
            }
            Op::Select if self.kernel.dtype(result).is_complex() => {
                let [yes, no] = [1, 2].map(|at| self.parts[&operands[at]]);
                for (place, part) in self.split(result).into_iter().flatten().enumerate() {
                    self.op(part, op, &[operands[0], yes[place], no[place]]);
                }
            }
            _ if [result, operands[0]].iter().any(|&it| self.kernel.dtype(it).is_complex()) => {
                return Err(Unsupported::new(format!("{op} of complex numbers")));
            }
            _ => self.op(result, op, operands),
        }
        Ok(())
    }

    /// A statement that hands values on.
    fn blocks(&mut self, mut statement: Statement) -> Result<(), Unsupported> {
        match &mut statement {
            Statement::For(it) => self.use_all(&mut it.start),
            Statement::While(it) => self.use_all(&mut it.start),
            Statement::Reduce(it) => {
                let multiplies = it.combiners.contains(&Combiner::Mul);
                if it.empty.is_empty() && multiplies {
                    it.empty = self.identities(it);
                } else {
                    self.use_all(&mut it.empty);
                }
                let yields = &self.kernel.block(it.body).yields;
                let mut combiners = Vec::new();
                for (&combiner, &value) in it.combiners.iter().zip(yields) {
                    if !self.kernel.dtype(value).is_complex() {
                        combiners.push(combiner);
                        continue;
                    }
                    let pair = match combiner {
                        // A sum is one of each part.
                        Combiner::Add => Combiner::Add,
                        Combiner::Mul => Combiner::Product,
                        _ => {
                            return Err(Unsupported::new(format!("{combiner} of complex numbers")));
                        }
                    };
                    combiners.extend([pair; 2]);
                }
                it.combiners = combiners;
            }
            _ => {}
        }
        for block in statement.blocks() {
            self.block(block)?;
        }
        match &mut statement {
            Statement::For(it) => self.define_all(&mut it.results),
            Statement::Reduce(it) => self.define_all(&mut it.results),
            Statement::If(it) => self.define_all(&mut it.results),
            Statement::While(it) => self.define_all(&mut it.results),
            _ => {}
        }
        self.written.push(statement);
        Ok(())
    }
}
