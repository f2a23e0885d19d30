//! Graphs in words: what a recipe is known by.
//!
//! All that planning looks at: operations, element types, shapes, strides and who uses whom. Not where
//! elements lie, nor the values of scalars: these are arguments. Each vertex begins with its kind,
//! and each list with its length, so two graphs have the same words only if they are alike.

use std::hash::{BuildHasherDefault, Hasher};

use memory::{DType, Layout};

use crate::Array;
use crate::graph::{Graph, Source};
use crate::map::Map;
use crate::operation::Operation;

/// The words of a graph.
pub(crate) type Signature = Vec<u64>;

/// Hashes words, a multiplication each: signatures are long, and nobody chooses them to collide.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Words(u64);

pub(crate) type ByWords = BuildHasherDefault<Words>;

impl Hasher for Words {
    fn finish(&self) -> u64 {
        // The table looks at the lowest and the highest bits; a product has its best in the middle.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}

impl Graph {
    /// Its words.
    pub(crate) fn signature(&self) -> Signature {
        let mut words = Signature::with_capacity(self.vertices.len() * 8);
        for vertex in &self.vertices {
            match &vertex.source {
                Source::Leaf(data) => leaf(&mut words, vertex.root, &data.layout),
                Source::Operation(operation) => {
                    step(&mut words, vertex.root, &vertex.array, operation, &vertex.inputs);
                }
            }
        }
        words
    }
}

fn head(kind: u64, root: bool, dtype: DType, detail: u64) -> u64 {
    kind | u64::from(root) << 8 | (dtype as u64) << 16 | detail << 32
}

/// The words of elements that are there.
pub(crate) fn leaf(words: &mut Signature, root: bool, it: &Layout) {
    words.push(head(0, root, it.dtype(), it.rank() as u64));
    layout(words, it);
}

/// The words of an array that is still an operation on these inputs.
pub(crate) fn step(
    words: &mut Signature,
    root: bool,
    array: &Array,
    operation: &Operation,
    inputs: &[usize],
) {
    let (kind, detail) = kind(operation);
    words.push(head(kind, root, array.dtype(), detail));
    words.extend(inputs.iter().map(|&input| input as u64));
    // The others have the shape of their inputs, or one that follows from it.
    if !matches!(operation, Operation::Elementwise(..) | Operation::Cast(_)) {
        list(words, array.shape());
    }
    extra(words, operation);
}

fn list(words: &mut Signature, lengths: &[usize]) {
    words.push(lengths.len() as u64);
    words.extend(lengths.iter().map(|&length| length as u64));
}

fn layout(words: &mut Signature, layout: &Layout) {
    words.extend(layout.shape().iter().map(|&length| length as u64));
    words.extend(layout.strides().iter().map(|&stride| stride as u64));
}

fn map(words: &mut Signature, map: &Map) {
    for row in map.rows() {
        words.push(row.start as u64);
        words.extend(row.steps.iter().map(|&step| step as u64));
    }
}

/// What operation it is, apart from its inputs and lists. How many inputs there are follows.
fn kind(operation: &Operation) -> (u64, u64) {
    match operation {
        Operation::Full(_) => (1, 0),
        Operation::Iota => (2, 0),
        Operation::Elementwise(op, _) => (3, *op as u64),
        Operation::Cast(_) => (4, 0),
        Operation::View(..) => (5, 0),
        Operation::Reshape(_) => (6, 0),
        Operation::Reduce { combiner, result, .. } => (7, *combiner as u64 | (*result as u64) << 8),
        Operation::Scan { op, .. } => (8, *op as u64),
        Operation::Update { op, .. } => (9, op.map_or(0, |op| op as u64 + 1)),
    }
}

fn extra(words: &mut Signature, operation: &Operation) {
    match operation {
        Operation::View(_, view) => map(words, view),
        Operation::Reduce { axes, .. } => list(words, axes),
        Operation::Scan { axis, .. } => words.push(*axis as u64),
        // Ranks of the base and of what is changed say how many words these are.
        Operation::Update { map: changed, value, .. } => {
            list(words, value.shape());
            map(words, changed);
        }
        Operation::Full(_)
        | Operation::Iota
        | Operation::Elementwise(..)
        | Operation::Cast(_)
        | Operation::Reshape(_) => {}
    }
}
