//! Which values differ from lane to lane when the iterations of a loop run side by side.

use ir::{BlockId, For, Kernel, Op, Statement, Stride, Value};
use memory::DType;

/// How a value is seen from the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// The same in every lane.
    Uniform,
    /// One more in each next lane.
    Linear,
    /// Anything.
    Vector,
}

/// How an element is found from the lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    One,
    Row,
    Scattered,
}

/// The kinds of all values, for one loop in lanes.
///
/// Never says less than what the emitter then finds: a value that it calls uniform is held as one.
#[derive(Debug)]
pub(crate) struct Varying<'k> {
    kernel: &'k Kernel,
    kinds: Vec<Kind>,
    changed: bool,
    fits: bool,
    /// Whether checks may stand in the body.
    checks: bool,
}

impl<'k> Varying<'k> {
    /// Find them for the loop with this body; `None` where something in it does not run in lanes.
    pub(crate) fn of(kernel: &'k Kernel, body: BlockId, index: Value) -> Option<Self> {
        Self::found(kernel, body, index, false)
    }

    /// As `of`, for a loop that may have checks.
    pub(crate) fn of_checked(kernel: &'k Kernel, body: BlockId, index: Value) -> Option<Self> {
        Self::found(kernel, body, index, true)
    }

    /// As `of`, for some statements of the body, which use nothing of the others.
    pub(crate) fn of_some(
        kernel: &'k Kernel,
        statements: &[&Statement],
        index: Value,
    ) -> Option<Self> {
        let kinds = vec![Kind::Uniform; kernel.values.len()];
        let mut it = Self { kernel, kinds, changed: true, fits: true, checks: false };
        it.kinds[index.index()] = Kind::Linear;
        while it.changed && it.fits {
            it.changed = false;
            for statement in statements {
                it.statement(statement);
            }
        }
        it.fits.then_some(it)
    }

    fn found(kernel: &'k Kernel, body: BlockId, index: Value, checks: bool) -> Option<Self> {
        let kinds = vec![Kind::Uniform; kernel.values.len()];
        let mut it = Self { kernel, kinds, changed: true, fits: true, checks };
        it.kinds[index.index()] = Kind::Linear;
        while it.changed && it.fits {
            it.changed = false;
            it.block(body);
        }
        it.fits.then_some(it)
    }

    pub(crate) fn kind(&self, value: Value) -> Kind {
        self.kinds[value.index()]
    }

    pub(crate) fn is_uniform(&self, value: Value) -> bool {
        self.kind(value) == Kind::Uniform
    }

    /// Whether the lanes may leave a loop at different times.
    pub(crate) fn parts(&self, it: &For) -> bool {
        it.axes.iter().any(|axis| {
            [axis.begin, Some(axis.end), axis.step]
                .into_iter()
                .flatten()
                .any(|value| !self.is_uniform(value))
        })
    }

    /// How the lanes find an element.
    pub(crate) fn reach(&self, buffer: ir::Buffer, index: &[Value]) -> Reach {
        let Some(ty) = self.kernel.buffer(buffer) else { return Reach::Scattered };
        let mut found = Reach::One;
        for (&value, &stride) in index.iter().zip(&ty.strides) {
            if stride == Stride::Zero || self.is_uniform(value) {
                continue;
            }
            found = match (found, self.kind(value), stride) {
                (Reach::One, Kind::Linear, Stride::Unit | Stride::Pair) => Reach::Row,
                _ => Reach::Scattered,
            };
        }
        found
    }

    fn raise(&mut self, value: Value, kind: Kind) {
        let known = &mut self.kinds[value.index()];
        if *known < kind {
            *known = kind;
            self.changed = true;
        }
    }

    /// What is joined from several places is a vector as soon as it differs.
    fn join(&mut self, to: Value, from: Value, apart: bool) {
        if apart || !self.is_uniform(from) {
            self.raise(to, Kind::Vector);
        }
    }

    fn block(&mut self, block: BlockId) {
        let kernel = self.kernel;
        for statement in &kernel.block(block).statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        let kernel = self.kernel;
        let mut results = statement.results().iter();
        if results.any(|&value| kernel.dtype(value).is_complex()) {
            self.fits = false;
        }
        match statement {
            Statement::Constant { .. } | Statement::Store { .. } => {}
            Statement::Op { result, op, operands } => {
                let kinds: Vec<_> = operands.iter().map(|&it| self.kind(it)).collect();
                let index = kernel.dtype(operands[0]) == DType::I64;
                let kind = match (op, &kinds[..]) {
                    (_, kinds) if kinds.iter().all(|&it| it == Kind::Uniform) => Kind::Uniform,
                    (Op::Add | Op::Sub, [Kind::Linear, Kind::Uniform])
                    | (Op::Add, [Kind::Uniform, Kind::Linear])
                        if index =>
                    {
                        Kind::Linear
                    }
                    _ => Kind::Vector,
                };
                self.raise(*result, kind);
            }
            Statement::Lookup { result, index, .. } => self.join(*result, *index, false),
            Statement::Load { result, buffer, index } => {
                if self.reach(*buffer, index) != Reach::One {
                    self.raise(*result, Kind::Vector);
                }
            }
            Statement::For(it) => self.counted(it),
            Statement::If(it) => {
                let apart = !self.is_uniform(it.condition);
                for block in [it.then, it.otherwise] {
                    self.block(block);
                    for (&to, &from) in it.results.iter().zip(&kernel.block(block).yields) {
                        self.join(to, from, apart);
                    }
                }
            }
            Statement::While(it) => {
                let test = kernel.block(it.test);
                let apart = !self.is_uniform(test.yields[0]);
                self.block(it.test);
                self.block(it.body);
                let yields = &kernel.block(it.body).yields;
                for (place, &carried) in test.arguments.iter().enumerate() {
                    self.join(carried, it.start[place], apart);
                    self.join(carried, yields[place], apart);
                    self.join(it.results[place], carried, apart);
                }
            }
            Statement::Check { .. } => self.fits &= self.checks,
            Statement::Reduce(_) | Statement::Call(_) => self.fits = false,
        }
    }

    fn counted(&mut self, it: &For) {
        let kernel = self.kernel;
        let apart = self.parts(it);
        if apart && (it.axes.len() > 1 || it.axes[0].step.is_some()) {
            self.fits = false;
            return;
        }
        let body = kernel.block(it.body);
        let (indices, carried) = body.arguments.split_at(it.axes.len());
        for (axis, &index) in it.axes.iter().zip(indices) {
            let kind = axis.begin.map_or(Kind::Uniform, |begin| self.kind(begin));
            self.raise(index, kind);
        }
        self.block(it.body);
        for (place, &inside) in carried.iter().enumerate() {
            self.join(inside, it.start[place], apart);
            self.join(inside, body.yields[place], apart);
            self.join(it.results[place], inside, apart);
        }
    }
}
