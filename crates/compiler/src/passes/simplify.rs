//! What can be computed, is; what was computed, is not again; what is known to hold, is not asked.
//!
//! One walk in the order of the text, with what is known at each place: constants, ranges of i64
//! ([`super::known`]), conditions that checks, choices and loops imply, and the ops that were
//! computed already. Constants move to the top of the kernel.

use std::collections::HashMap;

use ir::{
    Axis, BlockId, For, If, Kernel, Op, Operands, ParameterKind, Reduce, Rule, Statement, TableId,
    Value, While, evaluate,
};
use memory::{DType, Scalar};

use super::identities;
use super::known::Known;
use super::memory::Memory;
use super::signs::{self, Signs};

/// What makes two pure statements the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Expression {
    Op(Op, Operands, DType),
    Lookup(TableId, Value),
}

/// What an op may be replaced by.
pub(super) enum Simpler {
    /// A value that is there.
    Value(Value),
    /// A constant.
    Constant(Scalar),
    /// Another op.
    Op(Op, Operands),
}

/// Simplify a legal kernel.
pub fn simplify(kernel: &mut Kernel) {
    kernel.roots().into_iter().for_each(|root| simplify_block(kernel, root));
}

/// Simplify the body or a function.
fn simplify_block(kernel: &mut Kernel, body: BlockId) {
    let mut walk = Walk {
        same: (0..kernel.values.len()).map(Value::new).collect(),
        known: Known::default(),
        constants: HashMap::new(),
        top: Vec::new(),
        computed: HashMap::new(),
        log: Vec::new(),
        signs: Signs::default(),
        memory: Memory::new(kernel.overlapping, kernel.parameters.len()),
        kernel,
        out: Vec::new(),
    };
    walk.known.grow(walk.kernel);
    for position in 0..walk.kernel.parameters.len() {
        if let ParameterKind::Extent(value) = walk.kernel.parameters[position].kind {
            walk.known.narrow(value, (0, i64::MAX));
        }
    }
    walk.block(body);
    let body = walk.kernel.block_mut(body);
    walk.top.append(&mut body.statements);
    body.statements = walk.top;
}

pub(super) struct Walk<'k> {
    pub(super) kernel: &'k mut Kernel,
    pub(super) known: Known,
    /// For each value the one that stands for it.
    same: Vec<Value>,
    constants: HashMap<Scalar, Value>,
    /// The constants, which stand first.
    top: Vec<Statement>,
    computed: HashMap<Expression, Value>,
    log: Vec<Expression>,
    memory: Memory,
    pub(super) signs: Signs,
    /// The statements of the block under way.
    out: Vec<Statement>,
}

impl Walk<'_> {
    pub(super) fn resolve(&self, value: Value) -> Value {
        self.same[value.index()]
    }

    fn become_same(&mut self, value: Value, other: Value) {
        self.same[value.index()] = other;
    }

    fn new_value(&mut self, dtype: DType) -> Value {
        let value = self.kernel.new_value(dtype);
        self.same.push(value);
        self.known.grow(self.kernel);
        value
    }

    /// The constant's one value.
    pub(super) fn constant(&mut self, scalar: Scalar) -> Value {
        if let Some(&known) = self.constants.get(&scalar) {
            return known;
        }
        let result = self.new_value(scalar.dtype());
        self.keep_constant(result, scalar);
        result
    }

    fn keep_constant(&mut self, result: Value, scalar: Scalar) {
        self.top.push(Statement::Constant { result, scalar });
        self.known.define_constant(result, scalar);
        self.constants.insert(scalar, result);
    }

    /// The number that a value is, which may be written before the walk came by.
    pub(super) fn number(&self, value: Value) -> Option<i64> {
        self.known.integer(self.resolve(value))
    }

    /// Run something in a scope of its own.
    fn scope<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let (facts, ops, loads) = (self.known.mark(), self.log.len(), self.memory.mark());
        let answer = run(self);
        self.known.forget(facts);
        self.memory.forget(loads);
        for expression in self.log.drain(ops..) {
            self.computed.remove(&expression);
        }
        answer
    }

    fn block(&mut self, block: BlockId) {
        self.scope(|walk| walk.open(block));
    }

    /// A block whose facts stay.
    fn open(&mut self, block: BlockId) {
        let outer = std::mem::take(&mut self.out);
        self.statements(block);
        let statements = std::mem::replace(&mut self.out, outer);
        self.kernel.block_mut(block).statements = statements;
        let mut yields = std::mem::take(&mut self.kernel.block_mut(block).yields);
        for it in &mut yields {
            *it = self.resolve(*it);
            if let Some(scalar) = self.known.constant(*it) {
                *it = self.constant(scalar);
            }
        }
        self.kernel.block_mut(block).yields = yields;
    }

    fn statements(&mut self, block: BlockId) {
        for statement in std::mem::take(&mut self.kernel.block_mut(block).statements) {
            self.statement(statement);
        }
    }

    fn statement(&mut self, mut statement: Statement) {
        statement.change_operands(|it| *it = self.same[it.index()]);
        match statement {
            Statement::Constant { result, scalar } => match self.constants.get(&scalar) {
                Some(&known) => self.become_same(result, known),
                None => self.keep_constant(result, scalar),
            },
            Statement::Op { result, op, operands } => self.op(result, op, operands),
            Statement::Lookup { result, table, index } => {
                let expression = Expression::Lookup(table, index);
                if let Some(&known) = self.computed.get(&expression) {
                    self.become_same(result, known);
                } else {
                    self.computed.insert(expression, result);
                    self.log.push(expression);
                    self.out.push(statement);
                }
            }
            Statement::Check { condition, .. } => {
                if self.known.constant(condition).is_none_or(|it| !it.is_true()) {
                    self.out.push(statement);
                    self.known.assume(condition, true);
                }
            }
            Statement::Load { result, buffer, ref index } => {
                match self.memory.loaded(buffer, index, result) {
                    Some(known) => self.become_same(result, known),
                    None => self.out.push(statement),
                }
            }
            Statement::Store { buffer, ref index, value } => {
                self.memory.store(buffer, index, value);
                self.out.push(statement);
            }
            Statement::For(it) => self.for_loop(it),
            Statement::Reduce(it) => self.reduce(it),
            Statement::If(it) => self.choice(it),
            Statement::While(it) => self.while_loop(it),
            Statement::Call(ref it) => {
                if it.is_function() {
                    self.memory.change_all();
                }
                self.out.push(statement);
            }
        }
    }

    fn op(&mut self, result: Value, op: Op, operands: Operands) {
        let dtype = self.kernel.dtype(result);
        if op == Op::Rem && dtype == DType::I64 && self.wraps_once(operands[0], operands[1]) {
            return self.wrap(result, operands[0], operands[1]);
        }
        let (op, operands) = match self.simpler(op, operands, dtype) {
            Simpler::Value(value) => return self.become_same(result, value),
            Simpler::Constant(scalar) => {
                let value = self.constant(scalar);
                return self.become_same(result, value);
            }
            Simpler::Op(op, operands) => (op, operands),
        };
        let expression = Expression::Op(op, operands, dtype);
        if let Some(&known) = self.computed.get(&expression) {
            return self.become_same(result, known);
        }
        self.computed.insert(expression, result);
        self.log.push(expression);
        self.known.define_op(result, op, operands);
        self.known.describe(self.kernel, result, op, operands);
        self.out.push(Statement::Op { result, op, operands });
    }

    /// Whether `x % y` is `x`, `x + y` or `x - y`, and not known to be the first.
    fn wraps_once(&self, x: Value, y: Value) -> bool {
        let ((low, _), (least, _)) = (self.known.range(x), self.known.range(y));
        least > 0
            && low.saturating_add(least) >= 0
            && self.known.proves(x, y, least - 1)
            && self.known.integer(x).is_none()
    }

    /// `x % y` without a division, as stencils have it at the edge.
    fn wrap(&mut self, result: Value, x: Value, y: Value) {
        let zero = self.constant(Scalar::from(0i64));
        let step = |walk: &mut Self, op: Op, dtype, operands: &[Value]| {
            let value = walk.new_value(dtype);
            walk.op(value, op, Operands::new(operands));
            walk.resolve(value)
        };
        let inside = step(self, Op::Lt, DType::Bool, &[x, y]);
        let less = step(self, Op::Sub, DType::I64, &[x, y]);
        let upper = step(self, Op::Select, DType::I64, &[inside, x, less]);
        let negative = step(self, Op::Lt, DType::Bool, &[x, zero]);
        let more = step(self, Op::Add, DType::I64, &[x, y]);
        self.op(result, Op::Select, Operands::new(&[negative, more, upper]));
        let value = self.resolve(result);
        self.known.narrow(value, (0, i64::MAX));
        self.known.at_most(value, y, -1);
    }

    /// The op in its simplest form.
    fn simpler(&mut self, mut op: Op, mut operands: Operands, dtype: DType) -> Simpler {
        // Few rounds: each rule makes an op smaller, or puts it in order.
        for _ in 0..8 {
            if let Some(scalar) = self.folded(op, &operands, dtype) {
                return Simpler::Constant(scalar);
            }
            match identities::simpler(self, op, operands, dtype) {
                Some(Simpler::Op(other, them)) => (op, operands) = (other, them),
                Some(simpler) => return simpler,
                None => break,
            }
        }
        if operands.len() == 2
            && let Some(truth) = self.known.compare(op, operands[0], operands[1])
        {
            return Simpler::Constant(Scalar::from(truth));
        }
        Simpler::Op(op, operands)
    }

    fn folded(&self, op: Op, operands: &[Value], dtype: DType) -> Option<Scalar> {
        let mut given = [Scalar::zero(DType::Bool); 3];
        for (slot, &operand) in given.iter_mut().zip(operands) {
            *slot = self.known.constant(operand)?;
        }
        let states = matches!(op.row().rule, Rule::Stated | Rule::Bits);
        evaluate(op, &given[..operands.len()], states.then_some(dtype)).ok()
    }

    /// A value that stays as it is from one iteration to the next is the one it starts with.
    fn steady(
        &mut self,
        start: &mut Vec<Value>,
        results: &mut Vec<Value>,
        arguments: (BlockId, usize),
        yields: BlockId,
    ) {
        let (block, skipped) = arguments;
        for position in (0..start.len()).rev() {
            let argument = self.kernel.block(block).arguments[skipped + position];
            let next = self.kernel.block(yields).yields[position];
            if next == argument || self.resolve(next) == start[position] {
                self.become_same(argument, start[position]);
                self.become_same(results[position], start[position]);
                start.remove(position);
                results.remove(position);
                self.kernel.block_mut(block).arguments.remove(skipped + position);
                self.kernel.block_mut(yields).yields.remove(position);
            }
        }
    }

    fn for_loop(&mut self, mut it: For) {
        let body = it.body;
        self.memory.enter(self.kernel, &[body]);
        self.steady(&mut it.start, &mut it.results, (body, it.axes.len()), body);
        self.scope(|walk| {
            walk.axes(&it.axes, body);
            let arguments = walk.kernel.block(body).arguments.clone();
            let carried = &arguments[it.axes.len()..];
            walk.counters(&it.start, carried, body);
            signs::carried(walk, &it.start, carried, &it.results, body);
            walk.open(body);
        });
        self.memory.enter(self.kernel, &[body]);
        self.out.push(Statement::For(it));
    }

    fn reduce(&mut self, it: Reduce) {
        self.memory.enter(self.kernel, &[it.body]);
        self.scope(|walk| {
            walk.axes(&it.axes, it.body);
            walk.open(it.body);
        });
        self.memory.enter(self.kernel, &[it.body]);
        self.out.push(Statement::Reduce(it));
    }

    /// What is known of the indices of a loop.
    fn axes(&mut self, axes: &[Axis], body: BlockId) {
        for (position, axis) in axes.iter().enumerate() {
            let index = self.kernel.block(body).arguments[position];
            let begin = axis.begin.unwrap_or_else(|| self.constant(Scalar::from(0i64)));
            let step = axis.step.map_or((1, 1), |step| self.known.range(step));
            if step.0 > 0 {
                self.known.at_most(begin, index, 0);
                self.known.at_most(index, axis.end, -1);
            } else if step.1 < 0 {
                self.known.at_most(index, begin, 0);
                self.known.at_most(axis.end, index, -1);
            }
        }
    }

    /// A carried number that only ever grows does not fall below its start.
    ///
    /// It grows by little, and no loop runs the centuries that it takes to wrap.
    fn counters(&mut self, start: &[Value], arguments: &[Value], body: BlockId) {
        for (position, (&start, &argument)) in start.iter().zip(arguments).enumerate() {
            let (lo, hi) = self.known.range(start);
            if !self.known.is_integer(start) || lo < -(1 << 62) || hi > 1 << 62 {
                continue;
            }
            let next = self.kernel.block(body).yields[position];
            let way = identities::direction(self, body, next, argument);
            if way == Some(1) || way == Some(0) {
                self.known.narrow(argument, (lo, i64::MAX));
            }
            if way == Some(-1) || way == Some(0) {
                self.known.narrow(argument, (i64::MIN, hi));
            }
        }
    }

    fn choice(&mut self, mut it: If) {
        if let Some(condition) = self.known.constant(it.condition) {
            let block = if condition.is_true() { it.then } else { it.otherwise };
            self.statements(block);
            let yields = self.kernel.block(block).yields.clone();
            for (&result, &value) in it.results.iter().zip(&yields) {
                let value = self.resolve(value);
                self.become_same(result, value);
            }
            return;
        }
        for (block, truth) in [(it.then, true), (it.otherwise, false)] {
            self.scope(|walk| {
                walk.known.assume(it.condition, truth);
                walk.open(block);
            });
        }
        self.memory.enter(self.kernel, &[it.then, it.otherwise]);
        let nothing = [it.then, it.otherwise]
            .iter()
            .all(|&block| self.kernel.block(block).statements.is_empty());
        let mut selected = Vec::new();
        for position in (0..it.results.len()).rev() {
            let [yes, no] =
                [it.then, it.otherwise].map(|block| self.kernel.block(block).yields[position]);
            if yes != no && !nothing {
                continue;
            }
            let result = it.results.remove(position);
            for block in [it.then, it.otherwise] {
                self.kernel.block_mut(block).yields.remove(position);
            }
            selected.push((result, yes, no));
        }
        if !nothing {
            self.out.push(Statement::If(it.clone()));
        }
        for (result, yes, no) in selected {
            self.op(result, Op::Select, Operands::new(&[it.condition, yes, no]));
        }
    }

    fn while_loop(&mut self, mut it: While) {
        self.memory.enter(self.kernel, &[it.test, it.body]);
        self.steady(&mut it.start, &mut it.results, (it.test, 0), it.body);
        self.scope(|walk| {
            let arguments = walk.kernel.block(it.test).arguments.clone();
            walk.counters(&it.start, &arguments, it.body);
            walk.open(it.test);
            let go_on = walk.kernel.block(it.test).yields[0];
            walk.known.assume(go_on, true);
            walk.block(it.body);
        });
        self.memory.enter(self.kernel, &[it.test, it.body]);
        self.out.push(Statement::While(it));
    }
}
