//! Graphs that grow without anybody asking are computed by themselves.
//!
//! A loop in user code adds a few operations each time. When more than a bound are pending, some are
//! computed, and the cut is laid so that the next one finds the same graph again: a whole number of
//! rounds of the loop. Then one kernel serves all of them.

use std::collections::HashMap;

use crate::graph::{Graph, Source};
use crate::operation::Operation;
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
        // Shared nodes were counted more than once. Count on from here.
        array.set_pending(operations as u32);
        return Ok(());
    }
    evaluate(&cut(&graph), interrupted)?;
    array.set_pending(Graph::of(std::slice::from_ref(array)).operations() as u32);
    Ok(())
}

/// What to compute: the last array at a place of the loop where it has been before, and all others
/// of the graph behind it that somebody holds.
fn cut(graph: &Graph) -> Vec<Array> {
    let last = graph.vertices.len() - 1;
    let signatures = signatures(graph);
    let lazy = |vertex: usize| matches!(graph.vertices[vertex].source, Source::Operation(_));
    // Behind how many operations each vertex comes, in the order in which they were made.
    let mut behind = vec![0; graph.vertices.len()];
    let mut count = 0;
    for (vertex, slot) in behind.iter_mut().enumerate() {
        count += usize::from(lazy(vertex));
        *slot = count;
    }
    let alike: Vec<_> =
        (0..last).filter(|&it| lazy(it) && signatures[it] == signatures[last]).collect();
    let chosen = match alike.last() {
        Some(&before) => {
            let round = (behind[last] - behind[before]).max(1);
            let target = MOST_PENDING as usize / round * round;
            (0..=last).rev().find(|&it| lazy(it) && behind[it] == target).unwrap_or(last)
        }
        None => last,
    };
    let mut roots = vec![graph.vertices[chosen].array.clone()];
    let mut inside: HashMap<usize, usize> = HashMap::new();
    for vertex in &graph.vertices {
        for &input in &vertex.inputs {
            *inside.entry(input).or_default() += 1;
        }
    }
    for vertex in 0..chosen {
        // Held by the graph's list, by its users in the graph, and by somebody else.
        let held = graph.vertices[vertex].array.holders();
        let cheap = matches!(
            graph.operation(vertex),
            None | Some(Operation::Full(_) | Operation::Iota | Operation::View(..))
        );
        if !cheap && held > 1 + inside.get(&vertex).copied().unwrap_or(0) {
            roots.push(graph.vertices[vertex].array.clone());
        }
    }
    roots
}

/// What each vertex is, to a depth of three operations.
fn signatures(graph: &Graph) -> Vec<u64> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let own: Vec<u64> = (0..graph.vertices.len())
        .map(|vertex| {
            let mut hasher = DefaultHasher::new();
            let array = &graph.vertices[vertex].array;
            (array.dtype(), array.shape()).hash(&mut hasher);
            match graph.operation(vertex) {
                None => 0.hash(&mut hasher),
                Some(operation) => {
                    std::mem::discriminant(operation).hash(&mut hasher);
                    if let Operation::Elementwise(op, _) = operation {
                        op.hash(&mut hasher);
                    }
                }
            }
            hasher.finish()
        })
        .collect();
    let mut signatures = own.clone();
    for _ in 0..3 {
        signatures = (0..own.len())
            .map(|vertex| {
                let mut hasher = DefaultHasher::new();
                own[vertex].hash(&mut hasher);
                for &input in &graph.vertices[vertex].inputs {
                    signatures[input].hash(&mut hasher);
                }
                hasher.finish()
            })
            .collect();
    }
    signatures
}
