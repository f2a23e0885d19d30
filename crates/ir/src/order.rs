//! Values and blocks in the order of the text.

use crate::{BlockId, Kernel, ParameterKind, Value};

/// What stands next in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A block begins, with its arguments.
    Block(BlockId),
    /// The statement of a block at a position, before its own blocks.
    Statement(BlockId, usize),
}

impl Kernel {
    /// Every block and statement once, in the order of the text.
    ///
    /// A block that two statements claim is visited once.
    pub fn places(&self) -> Vec<Place> {
        let mut seen = vec![false; self.blocks.len()];
        let mut places = Vec::new();
        let mut pending: Vec<_> = self.roots().into_iter().rev().map(Place::Block).collect();
        while let Some(place) = pending.pop() {
            match place {
                Place::Block(block) => {
                    if std::mem::replace(&mut seen[block.index()], true) {
                        continue;
                    }
                    places.push(place);
                    if !self.block(block).statements.is_empty() {
                        pending.push(Place::Statement(block, 0));
                    }
                }
                Place::Statement(block, position) => {
                    places.push(place);
                    let statements = &self.block(block).statements;
                    if position + 1 < statements.len() {
                        pending.push(Place::Statement(block, position + 1));
                    }
                    let inner: Vec<_> = statements[position].blocks().map(Place::Block).collect();
                    pending.extend(inner.into_iter().rev());
                }
            }
        }
        places
    }

    /// Every value where it is defined, in the order of the text: parameters, then what blocks are
    /// given and statements define, the results of a statement before what its blocks define.
    pub fn in_order(&self) -> Vec<Value> {
        let mut values = Vec::with_capacity(self.values.len());
        for parameter in &self.parameters {
            if let ParameterKind::Scalar(value) | ParameterKind::Extent(value) = parameter.kind {
                values.push(value);
            }
        }
        for place in self.places() {
            match place {
                Place::Block(block) => values.extend(&self.block(block).arguments),
                Place::Statement(block, position) => {
                    values.extend(self.block(block).statements[position].results());
                }
            }
        }
        values
    }

    /// The same kernel with values and blocks numbered in the order of the text, and none unused.
    #[must_use]
    pub fn renumbered(&self) -> Self {
        let order = self.in_order();
        let mut values = vec![None; self.values.len()];
        for (position, value) in order.iter().enumerate() {
            values[value.index()] = Some(Value::new(position));
        }
        let mut blocks = vec![None; self.blocks.len()];
        let mut block_order = Vec::new();
        for place in self.places() {
            if let Place::Block(block) = place {
                blocks[block.index()] = Some(BlockId::new(block_order.len()));
                block_order.push(block);
            }
        }
        // Only what is not verified names a value or block that is not there; it stays so.
        let value = |it: &mut Value| {
            *it = values.get(it.index()).copied().flatten().unwrap_or(Value::new(order.len()));
        };
        let block = |it: &mut BlockId| *it = blocks[it.index()].unwrap_or(*it);
        let mut answer = Self {
            name: self.name.clone(),
            overlapping: self.overlapping,
            parameters: self.parameters.clone(),
            values: order.iter().map(|value| self.values[value.index()].clone()).collect(),
            blocks: block_order.iter().map(|&block| self.block(block).clone()).collect(),
            tables: self.tables.clone(),
            functions: self.functions.clone(),
            body: BlockId::new(0),
        };
        for parameter in &mut answer.parameters {
            if let ParameterKind::Scalar(it) | ParameterKind::Extent(it) = &mut parameter.kind {
                value(it);
            }
        }
        for it in &mut answer.functions {
            block(&mut it.body);
        }
        for it in &mut answer.blocks {
            it.arguments.iter_mut().for_each(value);
            it.yields.iter_mut().for_each(value);
            for statement in &mut it.statements {
                statement.change_operands(value);
                statement.change_results(value);
                statement.change_blocks(block);
            }
        }
        answer
    }
}
