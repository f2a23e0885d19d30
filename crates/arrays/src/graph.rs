//! What has to be computed for some arrays.

use std::ops::Deref;
use std::sync::Arc;

use crate::array::Standing;
use crate::found::Found;
use crate::operation::Operation;
use crate::{Array, Data};

/// Arrays and all that they need and that is not computed yet, inputs first.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) vertices: Vec<Vertex>,
}

/// One array of a graph.
#[derive(Debug)]
pub(crate) struct Vertex {
    pub(crate) array: Array,
    pub(crate) source: Source,
    /// Where its inputs stand in the graph.
    pub(crate) inputs: Inputs,
    /// Whether somebody asked for it.
    pub(crate) root: bool,
}

/// Where the elements come from.
#[derive(Debug)]
pub(crate) enum Source {
    Leaf(Data),
    Operation(Arc<Operation>),
}

/// A few numbers of vertices, without memory of their own: no operation has more than four inputs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Inputs {
    numbers: [usize; 4],
    count: usize,
}

impl Inputs {
    pub(crate) fn push(&mut self, number: usize) {
        self.numbers[self.count] = number;
        self.count += 1;
    }
}

impl Deref for Inputs {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.numbers[..self.count]
    }
}

impl Graph {
    /// The graph of these arrays. Those that are computed already are left out of it, unless others
    /// need them.
    pub(crate) fn of(roots: &[Array]) -> Self {
        let mut walk = Walk { found: Found::new(), vertices: Vec::new() };
        for root in roots {
            walk.collect(root);
        }
        for root in roots {
            if let Some(vertex) = walk.found.get(root.identity()) {
                walk.vertices[vertex].root = true;
            }
        }
        Self { vertices: walk.vertices }
    }

    pub(crate) fn shape(&self, vertex: usize) -> &[usize] {
        self.vertices[vertex].array.shape()
    }

    pub(crate) fn operation(&self, vertex: usize) -> Option<&Operation> {
        match &self.vertices[vertex].source {
            Source::Operation(operation) => Some(operation),
            Source::Leaf(_) => None,
        }
    }

    /// How many operations there are.
    pub(crate) fn operations(&self) -> usize {
        let lazy = |vertex: &&Vertex| matches!(vertex.source, Source::Operation(_));
        self.vertices.iter().filter(lazy).count()
    }
}

struct Walk {
    found: Found,
    vertices: Vec<Vertex>,
}

enum Step {
    Enter(Array),
    Leave(Array, Arc<Operation>),
}

impl Walk {
    fn collect(&mut self, root: &Array) {
        let mut steps = vec![Step::Enter(root.clone())];
        while let Some(step) = steps.pop() {
            match step {
                Step::Enter(array) => {
                    if self.found.get(array.identity()).is_some() {
                        continue;
                    }
                    match array.standing() {
                        Standing::Ready(data) => {
                            self.add(array, Source::Leaf(data), Inputs::default());
                        }
                        Standing::Lazy(operation) => {
                            steps.push(Step::Leave(array, operation.clone()));
                            let first = steps.len();
                            operation.each_input(|input| {
                                if self.found.get(input.identity()).is_none() {
                                    steps.push(Step::Enter(input.clone()));
                                }
                            });
                            steps[first..].reverse();
                        }
                    }
                }
                Step::Leave(array, operation) => {
                    if self.found.get(array.identity()).is_some() {
                        continue;
                    }
                    let mut inputs = Inputs::default();
                    operation.each_input(|input| {
                        inputs.push(self.found.get(input.identity()).expect("inputs come first"));
                    });
                    self.add(array, Source::Operation(operation), inputs);
                }
            }
        }
    }

    fn add(&mut self, array: Array, source: Source, inputs: Inputs) {
        self.found.insert(array.identity(), self.vertices.len());
        self.vertices.push(Vertex { array, source, inputs, root: false });
    }
}
