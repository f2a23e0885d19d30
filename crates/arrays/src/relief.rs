//! Graphs that grow without anybody asking are computed by themselves.
//!
//! A loop in user code adds a few operations each time. When more than a bound are pending, some are
//! computed, and the cut is laid so that the next one finds the same graph again: a whole number of
//! rounds of the loop, at the place of a round where least has to be kept. Then the same kernels
//! serve all of them.

use std::hash::Hasher;

use crate::graph::{Graph, Source};
use crate::operation::Operation;
use crate::signature::Words;
use crate::{Array, Error, evaluate};

/// Operations that may be pending behind one array.
pub const MOST_PENDING: u32 = 96;

/// Compute what is pending behind a new array, if that is too much.
pub fn relieve(array: &Array, interrupted: &mut dyn FnMut() -> bool) -> Result<(), Error> {
    if array.pending() <= MOST_PENDING {
        return Ok(());
    }
    let graph = Graph::of(std::slice::from_ref(array));
    let operations = graph.operations();
    if operations <= MOST_PENDING as usize {
        // Counted too many. Count on from here.
        array.set_pending(operations as u32);
        return Ok(());
    }
    let roots = cut(&graph);
    drop(graph);
    evaluate(&roots, interrupted)?;
    array.set_pending(Graph::of(std::slice::from_ref(array)).operations() as u32);
    Ok(())
}

/// What to compute: all that is used beyond the cut, and all else behind it that somebody holds.
fn cut(graph: &Graph) -> Vec<Array> {
    let count = graph.vertices.len();
    let last = count - 1;
    let lazy = |vertex: usize| matches!(graph.vertices[vertex].source, Source::Operation(_));
    // Behind how many operations each vertex comes, in the order in which they were made.
    let mut behind = vec![0; count];
    let mut operations = 0;
    for (vertex, slot) in behind.iter_mut().enumerate() {
        operations += usize::from(lazy(vertex));
        *slot = operations;
    }
    let most = MOST_PENDING as usize;
    let round = match before(graph) {
        Some(before) => (behind[last] - behind[before]).clamp(1, most),
        None => most / 2,
    };
    let end = most / round * round;
    let widths = widths(graph);
    let inside = |&vertex: &usize| behind[vertex] <= end && behind[vertex] + round > end;
    let chosen = (0..last).rev().filter(inside).filter(|&it| lazy(it)).min_by_key(|&it| widths[it]);
    let chosen = chosen.unwrap_or(last);

    let last_use = last_use(graph);
    let mut users = vec![0; count];
    for vertex in &graph.vertices {
        vertex.inputs.iter().for_each(|&input| users[input] += 1);
    }
    let mut wanted = vec![false; count];
    for vertex in 0..=chosen {
        // Held by the graph's list, by its users in the graph, and by somebody else.
        let held = graph.vertices[vertex].array.holders() > 1 + users[vertex];
        if !cheap(graph, vertex) && (held || last_use[vertex] > chosen || vertex == chosen) {
            wanted[shown(graph, vertex)] = true;
        }
    }
    let wanted = graph.vertices.iter().zip(&wanted).filter(|&(_, &wanted)| wanted);
    wanted.map(|(vertex, _)| vertex.array.clone()).collect()
}

/// What costs nothing to compute again.
fn cheap(graph: &Graph, vertex: usize) -> bool {
    matches!(graph.operation(vertex), None | Some(Operation::Full(_) | Operation::Iota))
}

/// What a view shows; another vertex itself.
fn shown(graph: &Graph, mut vertex: usize) -> usize {
    while let Some(Operation::View(..)) = graph.operation(vertex) {
        vertex = graph.vertices[vertex].inputs[0];
    }
    vertex
}

/// The last vertex that uses each.
fn last_use(graph: &Graph) -> Vec<usize> {
    let mut last_use = vec![0; graph.vertices.len()];
    for (user, vertex) in graph.vertices.iter().enumerate() {
        vertex.inputs.iter().for_each(|&input| last_use[input] = user);
    }
    last_use
}

/// How many elements a cut after each vertex has to keep.
fn widths(graph: &Graph) -> Vec<usize> {
    let mut ends = vec![0usize; graph.vertices.len() + 1];
    let mut width = 0;
    let last_use = last_use(graph);
    (0..graph.vertices.len())
        .map(|vertex| {
            width -= ends[vertex];
            if !cheap(graph, vertex) && last_use[vertex] > vertex {
                // Few elements count as some: each is an array to keep.
                let weight = graph.vertices[vertex].array.count().clamp(64, 1 << 40);
                ends[last_use[vertex]] += weight;
                width += weight;
            }
            width
        })
        .collect()
}

/// The last vertex that looks like the newest one, to a depth of four operations.
fn before(graph: &Graph) -> Option<usize> {
    let count = graph.vertices.len();
    let own: Vec<u64> = (0..count)
        .map(|vertex| {
            let mut words = Words::default();
            let array = &graph.vertices[vertex].array;
            words.write_u64(array.dtype() as u64);
            array.shape().iter().for_each(|&length| words.write_usize(length));
            words.write_u64(graph.operation(vertex).map_or(0, kind));
            words.finish()
        })
        .collect();
    let mut signatures = own.clone();
    for _ in 0..3 {
        let next = |vertex: usize| {
            let mut words = Words::default();
            words.write_u64(own[vertex]);
            let inputs = graph.vertices[vertex].inputs.iter();
            inputs.for_each(|&input| words.write_u64(signatures[input]));
            words.finish()
        };
        signatures = (0..count).map(next).collect();
    }
    let lazy = |vertex: usize| matches!(graph.vertices[vertex].source, Source::Operation(_));
    let last = count - 1;
    (0..last).rev().find(|&it| lazy(it) && signatures[it] == signatures[last])
}

fn kind(operation: &Operation) -> u64 {
    match operation {
        Operation::Full(_) => 1,
        Operation::Iota => 2,
        Operation::Elementwise(op, _) => 1 << 8 | *op as u64,
        Operation::Cast(_) => 3,
        Operation::View(..) => 4,
        Operation::Reshape(_) => 5,
        Operation::Reduce { combiner, .. } => 2 << 8 | *combiner as u64,
        Operation::Scan { op, .. } => 3 << 8 | *op as u64,
        Operation::Update { .. } => 6,
    }
}
