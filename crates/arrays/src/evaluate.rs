//! Computing arrays: the passes of a plan, one after the other.

use std::sync::{Arc, Mutex, PoisonError};

use devices::{Argument, Device, Place, Storage};
use ir::Stride;
use memory::{Axes, Layout};

use crate::build::{build, build_change};
use crate::graph::{Graph, Source};
use crate::operation::Operation;
use crate::plan::{Form, Plan};
use crate::program::{Elements, Numbers, Program, Seen};
use crate::shelf::{self, Key};
use crate::write::{Written, write};
use crate::{Array, Data, Error};

/// One evaluation at a time: what two threads ask for at once is computed once.
static EVALUATION: Mutex<()> = Mutex::new(());

/// Compute arrays, all in one go; what several of them need is computed once.
///
/// `interrupted` is asked now and then whether to give up; the arrays stay as they are then.
pub fn evaluate(arrays: &[Array], interrupted: &mut dyn FnMut() -> bool) -> Result<(), Error> {
    let pending: Vec<_> = arrays.iter().filter(|array| !array.is_ready()).cloned().collect();
    if pending.is_empty() {
        return Ok(());
    }
    let _alone = EVALUATION.lock().unwrap_or_else(PoisonError::into_inner);
    let graph = Graph::of(&pending);
    Run::new(&graph).all(interrupted)
}

/// The kernels that arrays become, in the text form of the loop language.
pub fn explain(arrays: &[Array]) -> Result<String, Error> {
    let pending: Vec<_> = arrays.iter().filter(|array| !array.is_ready()).cloned().collect();
    let graph = Graph::of(&pending);
    let mut run = Run::new(&graph);
    let mut texts = Vec::new();
    for number in run.plan.order.clone() {
        let pass = &run.plan.passes[number];
        if pass.form == Form::Update {
            let vertex = pass.outputs[0];
            let array = &graph.vertices[vertex].array;
            texts.push(format!("// {array:?}: a copy of an array with a part changed\n"));
            run.layouts[vertex] = Some(Layout::contiguous(array.dtype(), array.shape())?);
            continue;
        }
        let written = write(&graph, &run.plan, number, &run.layouts);
        let kernel = build(&written.program)
            .map_err(|invalid| Error::new(crate::ErrorKind::Internal, invalid.to_string()))?;
        texts.push(kernel.to_string());
        for (&vertex, layout) in pass.outputs.iter().zip(written.layouts) {
            run.layouts[vertex] = Some(layout);
        }
    }
    Ok(texts.join("\n"))
}

struct Run<'g> {
    graph: &'g Graph,
    plan: Plan,
    device: Arc<dyn Device>,
    /// Where vertices lie that are in memory.
    layouts: Vec<Option<Layout>>,
    storages: Vec<Option<Arc<Storage>>>,
}

impl<'g> Run<'g> {
    fn new(graph: &'g Graph) -> Self {
        let data: Vec<_> = graph
            .vertices
            .iter()
            .map(|vertex| match &vertex.source {
                Source::Leaf(data) => Some(data.clone()),
                Source::Operation(_) => None,
            })
            .collect();
        Self {
            graph,
            plan: Plan::of(graph),
            device: shelf::device(),
            layouts: data.iter().map(|data| data.as_ref().map(|it| it.layout.clone())).collect(),
            storages: data.into_iter().map(|data| data.map(|it| it.storage)).collect(),
        }
    }

    fn all(mut self, interrupted: &mut dyn FnMut() -> bool) -> Result<(), Error> {
        for number in self.plan.order.clone() {
            if self.plan.passes[number].form == Form::Update {
                self.update(number, interrupted)?;
            } else {
                self.pass(number, interrupted)?;
            }
        }
        Ok(())
    }

    fn pass(&mut self, number: usize, interrupted: &mut dyn FnMut() -> bool) -> Result<(), Error> {
        let Written { program, numbers, layouts } =
            write(self.graph, &self.plan, number, &self.layouts);
        let outputs = self.plan.passes[number].outputs.clone();
        for (&vertex, layout) in outputs.iter().zip(layouts) {
            self.allocate(vertex, layout)?;
        }
        let empty = numbers.extents[..program.outer].contains(&0)
            || (program.scan.is_some() && numbers.extents.contains(&0));
        if !empty {
            self.launch(&program, &numbers, interrupted)?;
        }
        for vertex in outputs {
            self.done(vertex);
        }
        Ok(())
    }

    fn allocate(&mut self, vertex: usize, layout: Layout) -> Result<(), Error> {
        let bytes = layout.count() * layout.dtype().size();
        self.storages[vertex] = Some(self.device.allocate(bytes)?);
        self.layouts[vertex] = Some(layout);
        Ok(())
    }

    /// The array of a vertex is computed.
    fn done(&self, vertex: usize) {
        if let (Some(storage), Some(layout)) = (&self.storages[vertex], &self.layouts[vertex]) {
            let data = Data { storage: storage.clone(), layout: layout.clone() };
            self.graph.vertices[vertex].array.become_ready(data);
        }
    }

    fn launch(
        &self,
        program: &Program,
        numbers: &Numbers,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), Error> {
        let key = Key::Program(program.clone());
        let executable = shelf::executable(&self.device, &key, || build(program))?;
        let extents = numbers.extents.iter();
        let mut arguments: Vec<_> =
            extents.map(|&it| Argument::Extent(it.cast_signed() as i64)).collect();
        let inputs = program.inputs.iter().zip(&numbers.inputs);
        let outputs = program.outputs.iter().map(|it| &it.elements).zip(&numbers.outputs);
        for (elements, seen) in inputs.chain(outputs) {
            arguments.push(Argument::Buffer(self.place(elements, seen, &numbers.extents)?));
        }
        arguments.extend(numbers.scalars.iter().map(|&it| Argument::Scalar(it)));
        Ok(executable.launch(&arguments, interrupted)?)
    }

    fn place(&self, elements: &Elements, seen: &Seen, extents: &[usize]) -> Result<Place, Error> {
        let storage = self.storages[seen.vertex].clone().expect("what is seen is in memory");
        let extents = &extents[..seen.strides.len()];
        let layout = Layout::new(elements.dtype, extents, &seen.strides, seen.offset)?;
        Ok(Place::new(storage, layout))
    }

    /// Copy an array, then write into a part of the copy.
    fn update(
        &mut self,
        number: usize,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), Error> {
        let vertex = self.plan.passes[number].outputs[0];
        let Some(Operation::Update { map, op, value, .. }) = self.graph.operation(vertex) else {
            unreachable!("only updates have this form")
        };
        let [base, new] = self.graph.vertices[vertex].inputs[..] else {
            unreachable!("an update has two inputs")
        };
        let array = &self.graph.vertices[vertex].array;
        self.allocate(vertex, Layout::contiguous(array.dtype(), array.shape())?)?;
        let (offset, strides) = self.seen(base, array.rank(), None);
        let whole = self.layout(vertex).strides().to_vec();
        self.change((vertex, 0, whole), (base, offset, strides), array.shape(), None, interrupted)?;
        let (offset, strides) = self.seen(vertex, value.rank(), Some(map));
        let (from, steps) = self.seen(new, value.rank(), None);
        self.change(
            (vertex, offset, strides),
            (new, from, steps),
            value.shape(),
            *op,
            interrupted,
        )?;
        self.done(vertex);
        Ok(())
    }

    fn layout(&self, vertex: usize) -> &Layout {
        self.layouts[vertex].as_ref().expect("passes run after those they need")
    }

    fn seen(
        &self,
        vertex: usize,
        rank: usize,
        map: Option<&crate::map::Map>,
    ) -> (isize, Vec<isize>) {
        let layout = self.layout(vertex);
        match map {
            Some(map) => map.place(layout, rank),
            None => (layout.offset(), layout.strides().to_vec()),
        }
    }

    fn change(
        &self,
        to: (usize, isize, Vec<isize>),
        from: (usize, isize, Vec<isize>),
        shape: &[usize],
        op: Option<ir::Op>,
        interrupted: &mut dyn FnMut() -> bool,
    ) -> Result<(), Error> {
        if shape.contains(&0) {
            return Ok(());
        }
        let axes = Axes { lengths: shape.to_vec(), strides: vec![to.2, from.2] };
        let axes = axes.permuted(&axes.memory_order()).collapsed();
        let class = |vertex: usize, at: usize| {
            let dtype = self.layout(vertex).dtype();
            let strides = axes.strides[at].iter();
            Elements { dtype, strides: strides.map(|&it| Stride::of(it as i64, dtype)).collect() }
        };
        let (target, value) = (class(to.0, 0), class(from.0, 1));
        let key = Key::Change(op, target.clone(), value.clone());
        let build = || build_change(op, &target, &value);
        let executable = shelf::executable(&self.device, &key, build)?;
        let extents = axes.lengths.iter();
        let mut arguments: Vec<_> =
            extents.map(|&it| Argument::Extent(it.cast_signed() as i64)).collect();
        for (elements, vertex, offset, at) in
            [(&value, from.0, from.1, 1), (&target, to.0, to.1, 0)]
        {
            let seen = Seen { vertex, offset, strides: axes.strides[at].clone() };
            arguments.push(Argument::Buffer(self.place(elements, &seen, &axes.lengths)?));
        }
        Ok(executable.launch(&arguments, interrupted)?)
    }
}
