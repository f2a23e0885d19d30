//! A plan with its kernels, ready for any graph of the same shape.
//!
//! A loop in user code builds the same graph each time, over other elements and other scalars. What
//! follows from its shape is written down once: kernels, extents, strides, and where each address
//! and scalar comes from.

use std::sync::{Arc, OnceLock};

use devices::{Argument, Device, Executable, Prepared};
use ir::Stride;
use memory::{Axes, Layout, Scalar};

use crate::Error;
use crate::build::{build, build_change};
use crate::graph::{Graph, Source};
use crate::operation::Operation;
use crate::plan::{Form, Pass, Plan};
use crate::program::{Elements, Seen};
use crate::shelf::{self, Key};
use crate::write::{Written, write};

/// What is done to compute all that a graph asks for.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) stages: Vec<Stage>,
}

/// Some arrays that are computed together.
#[derive(Debug)]
pub(crate) struct Stage {
    /// What is written.
    pub(crate) outputs: Vec<Output>,
    /// Kernels in order; none where there is no element.
    pub(crate) launches: Vec<Launch>,
    /// For a changed copy: whose memory it takes over in place of the first launch, which copies.
    pub(crate) over: Option<usize>,
    /// What nobody reads after this stage.
    pub(crate) last: Vec<usize>,
}

#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) vertex: usize,
    pub(crate) layout: Layout,
    /// Whether its memory goes to a changed copy of it, which is all that it is for.
    pub(crate) lent: bool,
}

/// A kernel and what it is given.
#[derive(Debug)]
pub(crate) struct Launch {
    pub(crate) executable: Arc<dyn Executable>,
    pub(crate) arguments: Vec<Slot>,
    /// The same for small arrays, once it was made.
    pub(crate) prepared: OnceLock<Option<Prepared>>,
}

impl Launch {
    fn new(executable: Arc<dyn Executable>, arguments: Vec<Slot>) -> Self {
        Self { executable, arguments, prepared: OnceLock::new() }
    }
}

/// An argument of a launch.
#[derive(Debug)]
pub(crate) enum Slot {
    /// It follows from the shape of the graph.
    Known(Argument),
    /// The value of a vertex.
    Scalar(usize),
    /// Elements of a vertex, as it lies in memory.
    Buffer(usize, Arc<Layout>),
}

impl Recipe {
    pub(crate) fn of(graph: &Graph, device: &Arc<dyn Device>) -> Result<Self, Error> {
        let plan = Plan::of(graph);
        let mut maker = Maker { graph, layouts: leaves(graph), device };
        let mut stages = Vec::with_capacity(plan.order.len());
        for &number in &plan.order {
            stages.push(match plan.passes[number].form {
                Form::Update => maker.update(&plan.passes[number])?,
                Form::Map | Form::Scan(_) => maker.pass(&plan, number)?,
            });
        }
        lend(graph, &mut stages);
        end(graph.vertices.len(), &mut stages);
        Ok(Self { stages })
    }
}

/// Where leaves lie, counted from their first element: where that is differs from graph to graph.
pub(crate) fn leaves(graph: &Graph) -> Vec<Option<Layout>> {
    let leaf = |source: &Source| match source {
        Source::Leaf(data) => {
            let it = &data.layout;
            let layout = Layout::new(it.dtype(), it.shape(), it.strides(), 0);
            Some(layout.expect("it lies in memory"))
        }
        Source::Operation(_) => None,
    };
    graph.vertices.iter().map(|vertex| leaf(&vertex.source)).collect()
}

struct Maker<'g> {
    graph: &'g Graph,
    /// Where vertices lie that are in memory by now.
    layouts: Vec<Option<Layout>>,
    device: &'g Arc<dyn Device>,
}

impl Maker<'_> {
    fn pass(&mut self, plan: &Plan, number: usize) -> Result<Stage, Error> {
        let Written { program, numbers, layouts } = write(self.graph, plan, number, &self.layouts);
        let mut outputs = Vec::with_capacity(layouts.len());
        for (&vertex, layout) in plan.passes[number].outputs.iter().zip(layouts) {
            self.layouts[vertex] = Some(layout.clone());
            outputs.push(Output { vertex, layout, lent: false });
        }
        let empty = numbers.extents[..program.outer].contains(&0)
            || (program.scan.is_some() && numbers.extents.contains(&0));
        let mut launches = Vec::new();
        if !empty {
            let key = Key::Program(program.clone());
            let executable = shelf::executable(self.device, &key, || build(&program))?;
            let mut arguments = extents(&numbers.extents);
            let inputs = program.inputs.iter().zip(&numbers.inputs);
            let outputs = program.outputs.iter().map(|it| &it.elements).zip(&numbers.outputs);
            for (elements, seen) in inputs.chain(outputs) {
                arguments.push(buffer(elements, seen, &numbers.extents)?);
            }
            arguments.extend(numbers.scalars.iter().map(|&(scalar, vertex)| match vertex {
                Some(vertex) => Slot::Scalar(vertex),
                None => Slot::Known(Argument::Scalar(scalar)),
            }));
            launches.push(Launch::new(executable, arguments));
        }
        Ok(Stage { outputs, launches, over: None, last: Vec::new() })
    }

    /// Copy an array, then write into a part of the copy.
    fn update(&mut self, pass: &Pass) -> Result<Stage, Error> {
        let vertex = pass.outputs[0];
        let Some(Operation::Update { map, op, value, .. }) = self.graph.operation(vertex) else {
            unreachable!("only updates have this form")
        };
        let [base, new] = self.graph.vertices[vertex].inputs[..] else {
            unreachable!("an update has two inputs")
        };
        let array = &self.graph.vertices[vertex].array;
        let layout = Layout::contiguous(array.dtype(), array.shape())?;
        self.layouts[vertex] = Some(layout.clone());
        let whole = self.seen(vertex);
        let mut launches: Vec<_> =
            self.change(&whole, &self.seen(base), array.shape(), None)?.into_iter().collect();
        let (offset, strides) = map.place(self.layout(vertex), value.rank());
        let part = Seen { vertex, offset, strides };
        launches.extend(self.change(&part, &self.seen(new), value.shape(), *op)?);
        let outputs = vec![Output { vertex, layout, lent: false }];
        Ok(Stage { outputs, launches, over: None, last: Vec::new() })
    }

    fn layout(&self, vertex: usize) -> &Layout {
        self.layouts[vertex].as_ref().expect("passes run after those they need")
    }

    fn seen(&self, vertex: usize) -> Seen {
        let layout = self.layout(vertex);
        Seen { vertex, offset: layout.offset(), strides: layout.strides().to_vec() }
    }

    fn change(
        &self,
        to: &Seen,
        from: &Seen,
        shape: &[usize],
        op: Option<ir::Op>,
    ) -> Result<Option<Launch>, Error> {
        if shape.contains(&0) {
            return Ok(None);
        }
        let strides = vec![to.strides.clone(), from.strides.clone()];
        let axes = Axes { lengths: shape.to_vec(), strides };
        let axes = axes.permuted(&axes.memory_order()).collapsed();
        let class = |vertex: usize, at: usize| {
            let dtype = self.layout(vertex).dtype();
            let strides = axes.strides[at].iter();
            Elements { dtype, strides: strides.map(|&it| Stride::of(it as i64, dtype)).collect() }
        };
        let (target, value) = (class(to.vertex, 0), class(from.vertex, 1));
        let key = Key::Change(op, target.clone(), value.clone());
        let build = || build_change(op, &target, &value);
        let executable = shelf::executable(self.device, &key, build)?;
        let mut arguments = extents(&axes.lengths);
        for (elements, seen, at) in [(&value, from, 1), (&target, to, 0)] {
            let strides = axes.strides[at].clone();
            let seen = Seen { vertex: seen.vertex, offset: seen.offset, strides };
            arguments.push(buffer(elements, &seen, &axes.lengths)?);
        }
        Ok(Some(Launch::new(executable, arguments)))
    }
}

fn extents(lengths: &[usize]) -> Vec<Slot> {
    let extent = |&length: &usize| Slot::Known(Argument::Extent(length.cast_signed() as i64));
    lengths.iter().map(extent).collect()
}

fn buffer(elements: &Elements, seen: &Seen, extents: &[usize]) -> Result<Slot, Error> {
    let extents = &extents[..seen.strides.len()];
    let layout = Layout::new(elements.dtype, extents, &seen.strides, seen.offset)?;
    Ok(Slot::Buffer(seen.vertex, Arc::new(layout)))
}

/// Let changed copies take over the memory of what they are copies of, where nobody else needs it:
/// a loop of changes then copies once.
fn lend(graph: &Graph, stages: &mut [Stage]) {
    let mut users = vec![0; graph.vertices.len()];
    for vertex in &graph.vertices {
        vertex.inputs.iter().for_each(|&input| users[input] += 1);
    }
    for number in 0..stages.len() {
        let [Output { vertex, ref layout, .. }] = stages[number].outputs[..] else { continue };
        // A copy, and the change.
        let [Launch { ref arguments, .. }, _] = stages[number].launches[..] else { continue };
        if !matches!(graph.operation(vertex), Some(Operation::Update { .. })) {
            continue;
        }
        debug_assert!(arguments.iter().any(|slot| matches!(slot, Slot::Buffer(..))));
        let base = graph.vertices[vertex].inputs[0];
        if graph.vertices[base].root || users[base] != 1 {
            continue;
        }
        let layout = layout.clone();
        let outputs = stages[..number].iter_mut().flat_map(|stage| &mut stage.outputs);
        let fits = |output: &&mut Output| output.vertex == base && output.layout == layout;
        if let Some(output) = { outputs }.find(fits) {
            output.lent = true;
            stages[number].over = Some(base);
        }
    }
}

/// Note after which stage each vertex is not read any more.
fn end(vertices: usize, stages: &mut [Stage]) {
    let mut seen = vec![false; vertices];
    for stage in stages.iter_mut().rev() {
        let read = stage.launches.iter().flat_map(|launch| &launch.arguments);
        let read = read.filter_map(|slot| match slot {
            Slot::Buffer(vertex, _) => Some(*vertex),
            Slot::Known(_) | Slot::Scalar(_) => None,
        });
        let written = stage.outputs.iter().map(|output| output.vertex);
        let mut last = Vec::new();
        for vertex in read.chain(written) {
            if !std::mem::replace(&mut seen[vertex], true) {
                last.push(vertex);
            }
        }
        stage.last = last;
    }
}

/// The value of a vertex that is the same everywhere.
pub(crate) fn scalar(operation: &Operation) -> Option<Scalar> {
    match operation {
        Operation::Full(scalar) => Some(*scalar),
        _ => None,
    }
}
