//! What is known to lie in memory.

use std::collections::HashMap;

use ir::{BlockId, Buffer, Kernel, Statement, Value};

/// An element: a buffer as it is between two stores, and an index.
type Element = (Buffer, usize, Vec<Value>);

/// Elements that were loaded or stored, with their values.
///
/// Each store begins a new age of its buffer, in which nothing is known but what was stored.
#[derive(Debug)]
pub(super) struct Memory {
    /// Whether a store may change every buffer.
    overlapping: bool,
    ages: Vec<usize>,
    age: usize,
    elements: HashMap<Element, Value>,
    log: Vec<Element>,
}

impl Memory {
    pub(super) fn new(overlapping: bool, parameters: usize) -> Self {
        let (elements, log) = (HashMap::new(), Vec::new());
        Self { overlapping, ages: vec![0; parameters], age: 0, elements, log }
    }

    /// Where a scope begins.
    pub(super) fn mark(&self) -> usize {
        self.log.len()
    }

    /// Forget values that are seen in a scope alone.
    pub(super) fn forget(&mut self, mark: usize) {
        for element in self.log.drain(mark..) {
            self.elements.remove(&element);
        }
    }

    /// The value of an element, if it is known; else it is `result` from here on.
    pub(super) fn loaded(
        &mut self,
        buffer: Buffer,
        index: &[Value],
        result: Value,
    ) -> Option<Value> {
        let element = (buffer, self.ages[buffer.index()], index.to_vec());
        let known = self.elements.get(&element).copied();
        if known.is_none() {
            self.learn(element, result);
        }
        known
    }

    /// An element becomes a value.
    pub(super) fn store(&mut self, buffer: Buffer, index: &[Value], value: Value) {
        self.change(buffer);
        self.learn((buffer, self.ages[buffer.index()], index.to_vec()), value);
    }

    fn learn(&mut self, element: Element, value: Value) {
        self.log.push(element.clone());
        self.elements.insert(element, value);
    }

    fn change(&mut self, buffer: Buffer) {
        self.age += 1;
        if self.overlapping {
            self.ages.fill(self.age);
        } else {
            self.ages[buffer.index()] = self.age;
        }
    }

    /// A function may store to every buffer.
    pub(super) fn change_all(&mut self) {
        self.age += 1;
        self.ages.fill(self.age);
    }

    /// Blocks that may run any number of times: what they store is no longer known.
    pub(super) fn enter(&mut self, kernel: &Kernel, blocks: &[BlockId]) {
        let mut pending = blocks.to_vec();
        while let Some(block) = pending.pop() {
            for statement in &kernel.block(block).statements {
                match statement {
                    Statement::Store { buffer, .. } => self.change(*buffer),
                    Statement::Call(it) if it.is_function() => self.change_all(),
                    _ => {}
                }
                pending.extend(statement.blocks());
            }
        }
    }
}
