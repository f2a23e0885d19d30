//! Graphs that grow without anybody asking are computed by themselves.
//!
//! A loop in user code adds a few operations each time. When more than a bound are pending, some are
//! computed, and the cut is laid so that the next one finds the same graph again: a whole number of
//! rounds of the loop, at the place of a round where least has to be kept. Then the same kernels
//! serve all of them.

use std::hash::Hasher;

use crate::graph::Graph;
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
    let places = Places::of(graph);
    let most = MOST_PENDING as usize;
    let last = places.order.len() - 1;
    let round = match before(graph) {
        Some(before) => (last - places.of[before]).clamp(1, most),
        None => most / 2,
    };
    // Where least is kept, of all places in the last whole round.
    let end = (most / round * round).min(last);
    let widths = places.widths(graph);
    let window = (end.saturating_sub(round)..end).rev();
    let chosen = window.min_by_key(|&place| widths[place]).unwrap_or(last);

    let mut users = vec![0; graph.vertices.len()];
    for vertex in &graph.vertices {
        vertex.inputs.iter().for_each(|&input| users[input] += 1);
    }
    let mut wanted = vec![false; graph.vertices.len()];
    for (place, &vertex) in places.order.iter().enumerate().take(chosen + 1) {
        // Held by the graph's list, by its users in the graph, and by somebody else.
        let held = graph.vertices[vertex].array.holders() > 1 + users[vertex];
        let goes_on = places.last_use[vertex] > chosen || place == chosen;
        if !cheap(graph, vertex) && (held || goes_on) {
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

/// Operations in the order in which they were made: that of the user's program.
struct Places {
    order: Vec<usize>,
    /// The place of each vertex; 0 for leaves, which have none.
    of: Vec<usize>,
    /// The place of the last user of each vertex.
    last_use: Vec<usize>,
}

impl Places {
    fn of(graph: &Graph) -> Self {
        let lazy = |&vertex: &usize| graph.operation(vertex).is_some();
        let mut order: Vec<_> = (0..graph.vertices.len()).filter(lazy).collect();
        order.sort_by_key(|&vertex| graph.vertices[vertex].array.serial());
        let (mut of, mut last_use) = (vec![0; graph.vertices.len()], vec![0; graph.vertices.len()]);
        for (place, &vertex) in order.iter().enumerate() {
            of[vertex] = place;
            graph.vertices[vertex].inputs.iter().for_each(|&input| last_use[input] = place);
        }
        Self { order, of, last_use }
    }

    /// How many elements a cut after each place has to keep.
    fn widths(&self, graph: &Graph) -> Vec<usize> {
        let mut ends = vec![0usize; self.order.len()];
        let mut width = 0;
        let mut widths = Vec::with_capacity(self.order.len());
        for (place, &vertex) in self.order.iter().enumerate() {
            width -= ends[place];
            let until = self.last_use[vertex];
            if !cheap(graph, vertex) && until > place {
                // Few elements count as some: each is an array to keep.
                let weight = graph.vertices[vertex].array.count().clamp(64, 1 << 40);
                ends[until] += weight;
                width += weight;
            }
            widths.push(width);
        }
        widths
    }
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
    // The newest one is the root, and comes last.
    let last = count - 1;
    let alike = |&it: &usize| signatures[it] == signatures[last] && graph.operation(it).is_some();
    (0..last).filter(alike).max_by_key(|&it| graph.vertices[it].array.serial())
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
