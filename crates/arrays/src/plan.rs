//! Which nodes become memory, and by which kernel.
//!
//! Vertices are looked at from the roots backwards, so that all who use a node are known when its
//! turn comes. A node that one pass uses at its own place flows into that pass. It becomes memory
//! when somebody asked for it, when several passes use it, or when a pass would compute it again and
//! again; then it joins a pass over the same space if no circle arises.

use std::collections::HashMap;

use ir::{Group, Op};

use crate::graph::{Graph, Source};
use crate::map::Map;
use crate::operation::Operation;

/// What reading an element costs; an addition costs the same.
const READ: u32 = 1;
/// Up to here it is better to compute again than to read again.
const CHEAP: u32 = 2;
/// Up to here a pass computes a node at several places by itself.
const MODEST: u32 = 8;
/// What must not be computed twice.
const NEVER: u32 = 1 << 20;
/// Outputs of one kernel.
const MOST_OUTPUTS: usize = 8;

/// How all that is asked for gets computed.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) passes: Vec<Pass>,
    /// Which pass writes a vertex to memory; none where it lies there, or flows into others.
    pub(crate) written: Vec<Option<usize>>,
    /// The order to run the passes in.
    pub(crate) order: Vec<usize>,
}

/// A kernel to be.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) form: Form,
    /// Lengths of the axes whose points do not depend on each other.
    pub(crate) outer: Vec<usize>,
    /// What is combined at each of these points.
    pub(crate) inner: Option<Inner>,
    /// The vertices it writes.
    pub(crate) outputs: Vec<usize>,
    /// The passes that run before it.
    needs: Vec<usize>,
}

/// The axes inside a pass that one point of the outer ones goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inner {
    /// Their lengths.
    pub(crate) lengths: Vec<usize>,
    /// Which axes of the input they are.
    pub(crate) axes: Vec<usize>,
}

/// What a pass does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Elements on their own, and reductions.
    Map,
    /// Sums along an axis that goes on.
    Scan(Op),
    /// A copy, and changes to parts of it.
    Update,
}

/// From where a vertex is used.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Use {
    pass: usize,
    level: Level,
    map: Map,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Level {
    /// At a point of the outer axes.
    Outer,
    /// At a point of all axes.
    Inner,
    /// As memory.
    Memory,
}

impl Pass {
    /// Lengths of the axes that a level runs over.
    pub(crate) fn space(&self, level: Level) -> Vec<usize> {
        let mut space = self.outer.clone();
        if let (Level::Inner, Some(inner)) = (level, &self.inner) {
            space.extend(&inner.lengths);
        }
        space
    }
}

/// From the index of a level inside to that of the input of a reduction or scan, whose result is
/// seen through `outer` by an index of this rank.
pub(crate) fn inner_map(outer: &Map, outer_rank: usize, axes: &[usize], rank: usize) -> Map {
    let kept: Vec<_> = (0..rank).filter(|axis| !axes.contains(axis)).collect();
    let rows = (0..rank)
        .map(|axis| match axes.iter().position(|&at| at == axis) {
            Some(position) => Some(outer_rank + position),
            None => kept.iter().position(|&at| at == axis),
        })
        .collect::<Vec<_>>();
    // Where an axis stays, the row of the outer map says which it is.
    let total = outer_rank + axes.len();
    let mut map = Map::axes(&vec![None; rank], total);
    for (axis, row) in rows.iter().enumerate() {
        let Some(row) = *row else { continue };
        let target = &mut map.rows_mut()[axis];
        if axes.contains(&axis) {
            target.steps[row] = 1;
        } else {
            let from = &outer.rows()[row];
            target.start = from.start;
            target.steps[..outer_rank].copy_from_slice(&from.steps);
        }
    }
    map
}

impl Plan {
    pub(crate) fn of(graph: &Graph) -> Self {
        let count = graph.vertices.len();
        let mut planner = Planner {
            graph,
            costs: costs(graph),
            uses: vec![Vec::new(); count],
            plan: Self { passes: Vec::new(), written: vec![None; count], order: Vec::new() },
            spaces: HashMap::new(),
        };
        for vertex in (0..count).rev() {
            if let Source::Operation(operation) = &graph.vertices[vertex].source {
                planner.place(vertex, operation);
            } else {
                planner.uses[vertex] = Vec::new();
            }
        }
        let mut plan = planner.plan;
        plan.order = order(&plan.passes);
        plan
    }
}

struct Planner<'g> {
    graph: &'g Graph,
    costs: Vec<u32>,
    uses: Vec<Vec<Use>>,
    plan: Plan,
    /// Passes by their outer space.
    spaces: HashMap<Vec<usize>, Vec<usize>>,
}

impl Planner<'_> {
    fn place(&mut self, vertex: usize, operation: &Operation) {
        let uses = std::mem::take(&mut self.uses[vertex]);
        let root = self.graph.vertices[vertex].root;
        if !root && self.flows(vertex, operation, &uses) {
            for used in uses {
                self.use_inputs(vertex, operation, used.pass, used.level, &used.map);
            }
            return;
        }
        let pass = self.pass_for(vertex, operation, &uses);
        for used in &uses {
            let needs = &mut self.plan.passes[used.pass].needs;
            if used.pass != pass && !needs.contains(&pass) {
                needs.push(pass);
            }
        }
        self.plan.written[vertex] = Some(pass);
        self.plan.passes[pass].outputs.push(vertex);
        let rank = self.plan.passes[pass].outer.len();
        match operation {
            // What is computed is the input, over its own shape.
            Operation::Reshape(_) => {
                self.use_input(vertex, 0, pass, Level::Outer, Map::identity(rank));
            }
            Operation::Scan { axis, input, .. } => {
                let map = inner_map(&Map::identity(rank), rank, &[*axis], input.rank());
                self.use_input(vertex, 0, pass, Level::Inner, map);
            }
            _ => self.use_inputs(vertex, operation, pass, Level::Outer, &Map::identity(rank)),
        }
    }

    /// Whether a vertex is computed where it is used.
    fn flows(&self, vertex: usize, operation: &Operation, uses: &[Use]) -> bool {
        let cost = self.costs[vertex];
        let shape = self.graph.shape(vertex);
        let passes = &self.plan.passes;
        match operation {
            Operation::Full(_) => uses.iter().all(|used| used.level != Level::Memory),
            Operation::Scan { .. } | Operation::Update { .. } | Operation::Reshape(_) => false,
            _ if uses.iter().any(|used| used.level == Level::Memory) => false,
            Operation::Reduce { axes, input, .. } => {
                let inner = inner(axes, input.shape());
                let first = uses.first().map(|used| used.pass);
                uses.iter().all(|used| {
                    let pass = &passes[used.pass];
                    Some(used.pass) == first
                        && pass.form == Form::Map
                        && used.level == Level::Outer
                        && used.map.keeps(&pass.outer, shape)
                        && pass.inner.as_ref().is_none_or(|it| *it == inner)
                })
            }
            _ if cost <= CHEAP => true,
            _ => {
                let alone = match uses {
                    [_] => true,
                    [first, rest @ ..] => {
                        cost <= MODEST && rest.iter().all(|used| used.pass == first.pass)
                    }
                    [] => false,
                };
                alone
                    && !uses
                        .iter()
                        .any(|used| used.map.repeats(&passes[used.pass].space(used.level)))
            }
        }
    }

    /// The pass that writes a vertex: one that is there already, or a new one.
    fn pass_for(&mut self, vertex: usize, operation: &Operation, uses: &[Use]) -> usize {
        let shape = self.graph.shape(vertex);
        let (form, outer, inner) = match operation {
            Operation::Reshape(input) => (Form::Map, input.shape().to_vec(), None),
            Operation::Reduce { axes, input, .. } => {
                (Form::Map, shape.to_vec(), Some(inner(axes, input.shape())))
            }
            Operation::Scan { op, axis, input } => {
                let mut outer = shape.to_vec();
                outer.remove(*axis);
                (Form::Scan(*op), outer, Some(inner(&[*axis], input.shape())))
            }
            Operation::Update { .. } => (Form::Update, shape.to_vec(), None),
            _ => (Form::Map, shape.to_vec(), None),
        };
        let reshapes = matches!(operation, Operation::Reshape(_));
        if form == Form::Map {
            for &candidate in self.spaces.get(&outer).into_iter().flatten() {
                let pass = &self.plan.passes[candidate];
                let fits = pass.outputs.len() < MOST_OUTPUTS
                    && (inner.is_none() || pass.inner.is_none() || pass.inner == inner)
                    && uses.iter().filter(|used| used.pass == candidate).all(|used| {
                        !reshapes
                            && used.level == Level::Outer
                            && used.map == Map::identity(outer.len())
                    });
                if fits && !self.circle(candidate, uses) {
                    let pass = &mut self.plan.passes[candidate];
                    pass.inner = pass.inner.take().or(inner);
                    return candidate;
                }
            }
        }
        let pass = self.plan.passes.len();
        if form == Form::Map {
            self.spaces.entry(outer.clone()).or_default().push(pass);
        }
        let (outputs, needs) = (Vec::new(), Vec::new());
        self.plan.passes.push(Pass { form, outer, inner, outputs, needs });
        pass
    }

    /// Whether a pass needs what one of the users computes.
    fn circle(&self, pass: usize, uses: &[Use]) -> bool {
        let users: Vec<_> = uses.iter().map(|used| used.pass).filter(|&it| it != pass).collect();
        let mut seen = vec![false; self.plan.passes.len()];
        let mut pending = vec![pass];
        while let Some(next) = pending.pop() {
            if users.contains(&next) {
                return true;
            }
            if !std::mem::replace(&mut seen[next], true) {
                pending.extend(&self.plan.passes[next].needs);
            }
        }
        false
    }

    fn use_inputs(
        &mut self,
        vertex: usize,
        operation: &Operation,
        pass: usize,
        level: Level,
        map: &Map,
    ) {
        let rank = self.plan.passes[pass].space(level).len();
        match operation {
            Operation::Full(_) | Operation::Iota => {}
            Operation::Elementwise(_, inputs) => {
                for input in 0..inputs.len() {
                    self.use_input(vertex, input, pass, level, map.clone());
                }
            }
            Operation::Cast(_) => self.use_input(vertex, 0, pass, level, map.clone()),
            Operation::View(_, view) => {
                self.use_input(vertex, 0, pass, level, map.then(view, rank));
            }
            Operation::Reduce { axes, input, .. } => {
                let it = &mut self.plan.passes[pass];
                it.inner.get_or_insert_with(|| inner(axes, input.shape()));
                let map = inner_map(map, rank, axes, input.rank());
                self.use_input(vertex, 0, pass, Level::Inner, map);
            }
            Operation::Update { base, value, .. } => {
                for (input, array) in [base, value].into_iter().enumerate() {
                    self.use_input(vertex, input, pass, Level::Memory, Map::identity(array.rank()));
                }
            }
            Operation::Reshape(_) | Operation::Scan { .. } => {
                unreachable!("it is always written to memory")
            }
        }
    }

    fn use_input(&mut self, vertex: usize, input: usize, pass: usize, level: Level, map: Map) {
        let input = self.graph.vertices[vertex].inputs[input];
        let used = Use { pass, level, map };
        let uses = &mut self.uses[input];
        if !uses.contains(&used) {
            uses.push(used);
        }
    }
}

fn inner(axes: &[usize], shape: &[usize]) -> Inner {
    let lengths = axes.iter().map(|&axis| shape[axis]).collect();
    Inner { lengths, axes: axes.to_vec() }
}

/// What it costs to compute one element of each vertex from leaves.
fn costs(graph: &Graph) -> Vec<u32> {
    let mut costs: Vec<u32> = Vec::with_capacity(graph.vertices.len());
    for (vertex, it) in graph.vertices.iter().enumerate() {
        let inputs: u32 = it.inputs.iter().map(|&input| costs[input].min(NEVER)).sum();
        costs.push(match graph.operation(vertex) {
            // What always becomes memory is read.
            None
            | Some(Operation::Scan { .. } | Operation::Update { .. } | Operation::Reshape(_)) => {
                READ
            }
            // What would be computed again and again becomes memory as well.
            Some(Operation::View(input, map)) if map.repeats(it.array.shape()) => {
                if inputs > CHEAP || input.rank() == 0 { inputs.min(READ) } else { inputs }
            }
            Some(Operation::View(..)) => inputs,
            Some(Operation::Full(_) | Operation::Iota) => 0,
            Some(Operation::Cast(_)) => 1 + inputs,
            Some(Operation::Elementwise(op, _)) => (op_cost(*op) + inputs).min(NEVER),
            Some(Operation::Reduce { .. }) => NEVER,
        });
    }
    costs
}

fn op_cost(op: Op) -> u32 {
    match op {
        Op::Div | Op::FloorDiv | Op::Rem | Op::Fmod | Op::Reciprocal | Op::Sqrt => 5,
        _ if op.row().group == Group::Elementary => 20,
        _ => 1,
    }
}

/// Each pass after those it needs.
fn order(passes: &[Pass]) -> Vec<usize> {
    let mut order = Vec::with_capacity(passes.len());
    let mut done = vec![false; passes.len()];
    for first in 0..passes.len() {
        let mut pending = vec![(first, false)];
        while let Some((pass, ready)) = pending.pop() {
            if ready {
                if !std::mem::replace(&mut done[pass], true) {
                    order.push(pass);
                }
            } else if !done[pass] {
                pending.push((pass, true));
                pending.extend(passes[pass].needs.iter().map(|&need| (need, false)));
            }
        }
    }
    order
}
