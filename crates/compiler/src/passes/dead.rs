//! What nobody asks for is left out: ops, loads, carried values, loops and choices without effect.

use ir::{BlockId, Callee, Kernel, Statement, Value};

/// Leave out of a legal kernel what has neither an effect nor a use.
pub fn dead(kernel: &mut Kernel) {
    let mut sweep = Sweep::new(kernel);
    for root in kernel.roots() {
        sweep.effects(root);
        sweep.pending.extend(&kernel.block(root).yields);
    }
    sweep.follow();
    let live = sweep.live;
    let statements = sweep.statements;
    kernel.roots().into_iter().for_each(|root| remove(kernel, root, &live, &statements));
}

/// Where a value comes from: a statement's result, or a value that its block is given.
#[derive(Clone, Copy)]
struct Origin {
    block: BlockId,
    position: usize,
    /// Which of the carried values or results; none for an index.
    slot: Option<usize>,
}

struct Sweep<'k> {
    kernel: &'k Kernel,
    origins: Vec<Option<Origin>>,
    /// Which values are used.
    live: Vec<bool>,
    /// For each block which of its statements stay.
    statements: Vec<Vec<bool>>,
    pending: Vec<Value>,
}

impl<'k> Sweep<'k> {
    fn new(kernel: &'k Kernel) -> Self {
        let mut sweep = Self {
            kernel,
            origins: vec![None; kernel.values.len()],
            live: vec![false; kernel.values.len()],
            statements: kernel.blocks.iter().map(|it| vec![false; it.statements.len()]).collect(),
            pending: Vec::new(),
        };
        kernel.roots().into_iter().for_each(|root| sweep.find(root));
        sweep
    }

    fn find(&mut self, block: BlockId) {
        for (position, statement) in self.kernel.block(block).statements.iter().enumerate() {
            let mut come = |values: &[Value], skipped: usize| {
                for (place, value) in values.iter().enumerate() {
                    let slot = place.checked_sub(skipped);
                    self.origins[value.index()] = Some(Origin { block, position, slot });
                }
            };
            come(statement.results(), 0);
            match statement {
                Statement::For(it) => come(&self.kernel.block(it.body).arguments, it.axes.len()),
                Statement::While(it) => come(&self.kernel.block(it.test).arguments, 0),
                _ => {}
            }
            statement.blocks().for_each(|inner| self.find(inner));
        }
    }

    /// Keep all that has an effect; answers whether anything in the block has.
    fn effects(&mut self, block: BlockId) -> bool {
        let kernel = self.kernel;
        let mut any = false;
        for (position, statement) in kernel.block(block).statements.iter().enumerate() {
            let mut inside = false;
            for inner in statement.blocks() {
                inside |= self.effects(inner);
            }
            let own = match statement {
                Statement::Store { .. } | Statement::Check { .. } | Statement::While(_) => true,
                Statement::Call(it) => !matches!(it.callee, Callee::ThreadId | Callee::ThreadCount),
                // A step may be zero, which is a fault.
                Statement::For(it) => it.axes.iter().any(|axis| axis.step.is_some()),
                Statement::Reduce(it) => it.axes.iter().any(|axis| axis.step.is_some()),
                _ => false,
            };
            if own || inside {
                any = true;
                self.keep(block, position);
            }
        }
        any
    }

    fn keep(&mut self, block: BlockId, position: usize) {
        if std::mem::replace(&mut self.statements[block.index()][position], true) {
            return;
        }
        let kernel = self.kernel;
        match &kernel.block(block).statements[position] {
            // What a loop or choice carries and yields is asked for value by value.
            Statement::For(it) => {
                for axis in &it.axes {
                    self.pending.extend([axis.begin, Some(axis.end), axis.step].iter().flatten());
                }
            }
            Statement::If(it) => self.pending.push(it.condition),
            Statement::While(it) => self.pending.push(kernel.block(it.test).yields[0]),
            Statement::Reduce(it) => {
                self.pending.extend(&kernel.block(it.body).yields);
                let pending = &mut self.pending;
                kernel.block(block).statements[position].each_operand(|it| pending.push(it));
            }
            statement => statement.each_operand(|it| self.pending.push(it)),
        }
    }

    fn follow(&mut self) {
        while let Some(value) = self.pending.pop() {
            if std::mem::replace(&mut self.live[value.index()], true) {
                continue;
            }
            let Some(Origin { block, position, slot }) = self.origins[value.index()] else {
                continue;
            };
            self.keep(block, position);
            let (kernel, Some(slot)) = (self.kernel, slot) else { continue };
            let yields = |block: BlockId| kernel.block(block).yields[slot];
            match &kernel.block(block).statements[position] {
                Statement::For(it) => {
                    let argument = kernel.block(it.body).arguments[it.axes.len() + slot];
                    self.pending.extend([it.start[slot], yields(it.body), argument]);
                    self.pending.push(it.results[slot]);
                }
                Statement::While(it) => {
                    let argument = kernel.block(it.test).arguments[slot];
                    self.pending.extend([it.start[slot], yields(it.body), argument]);
                    self.pending.push(it.results[slot]);
                }
                Statement::If(it) => self.pending.extend([yields(it.then), yields(it.otherwise)]),
                _ => {}
            }
        }
    }
}

/// Take out what does not stay.
fn remove(kernel: &mut Kernel, block: BlockId, live: &[bool], stays: &[Vec<bool>]) {
    let statements = std::mem::take(&mut kernel.block_mut(block).statements);
    let mut kept = Vec::with_capacity(statements.len());
    for (mut statement, &stay) in statements.into_iter().zip(&stays[block.index()]) {
        if !stay {
            continue;
        }
        statement.blocks().for_each(|inner| remove(kernel, inner, live, stays));
        let dead: Vec<_> = (0..statement.results().len())
            .rev()
            .filter(|&slot| !live[statement.results()[slot].index()])
            .collect();
        for slot in dead {
            shrink(kernel, &mut statement, slot);
        }
        kept.push(statement);
    }
    kernel.block_mut(block).statements = kept;
}

/// Take one carried value or result out of a statement.
fn shrink(kernel: &mut Kernel, statement: &mut Statement, slot: usize) {
    match statement {
        Statement::For(it) => {
            it.start.remove(slot);
            it.results.remove(slot);
            kernel.block_mut(it.body).arguments.remove(it.axes.len() + slot);
            kernel.block_mut(it.body).yields.remove(slot);
        }
        Statement::While(it) => {
            it.start.remove(slot);
            it.results.remove(slot);
            kernel.block_mut(it.test).arguments.remove(slot);
            kernel.block_mut(it.body).yields.remove(slot);
        }
        Statement::If(it) => {
            it.results.remove(slot);
            kernel.block_mut(it.then).yields.remove(slot);
            kernel.block_mut(it.otherwise).yields.remove(slot);
        }
        // Results of a combiner go together, and the op of a result that is dead is dead itself.
        _ => {}
    }
}
