//! A pass as a program and its numbers.

use std::collections::HashMap;

use ir::Stride;
use memory::{Axes, DType, Layout, Scalar};

use crate::graph::Graph;
use crate::map::Map;
use crate::operation::Operation;
use crate::plan::{Form, Level, Pass, Plan, inner_map};
use crate::program::{Elements, Numbers, Output, Program, Seen, Step};

/// A program, its numbers, and where its outputs will lie in memory of their own.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) program: Program,
    pub(crate) numbers: Numbers,
    pub(crate) layouts: Vec<Layout>,
}

/// Write a pass. `layouts` says where those vertices lie that are in memory by now.
pub(crate) fn write(
    graph: &Graph,
    plan: &Plan,
    number: usize,
    layouts: &[Option<Layout>],
) -> Written {
    let pass = &plan.passes[number];
    let mut writer = Writer::new(graph, plan, number, layouts);
    let outer = pass.outer.len();
    let start = writer.map(Map::identity(outer));
    let mut values = Vec::new();
    for &vertex in &pass.outputs {
        let value = match graph.operation(vertex) {
            Some(Operation::Reshape(_)) => writer.value(Point {
                vertex: graph.vertices[vertex].inputs[0],
                level: Level::Outer,
                map: start,
            }),
            Some(Operation::Scan { axis, input, .. }) => {
                let map = inner_map(&Map::identity(outer), outer, &[*axis], input.rank());
                let map = writer.map(map);
                writer.value(Point {
                    vertex: graph.vertices[vertex].inputs[0],
                    level: Level::Inner,
                    map,
                })
            }
            _ => writer.value(Point { vertex, level: Level::Outer, map: start }),
        };
        values.push(value);
    }
    writer.finish(pass, &values)
}

/// A vertex as one point of a pass sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Point {
    vertex: usize,
    level: Level,
    map: usize,
}

struct Writer<'g> {
    graph: &'g Graph,
    plan: &'g Plan,
    number: usize,
    layouts: &'g [Option<Layout>],
    maps: Vec<Map>,
    known_maps: HashMap<Map, usize>,
    values: HashMap<Point, u32>,
    program: Program,
    inputs: Vec<(Seen, Level, DType)>,
    scalars: Vec<(Scalar, Option<usize>)>,
    /// Which scalar holds the value of a vertex.
    known_scalars: HashMap<usize, u32>,
    /// Whether the order in which values are combined tells in a result.
    ordered: bool,
    /// Steps that count along an axis of the space before axes join: level, step, axis.
    iotas: Vec<(Level, usize, Option<usize>)>,
}

impl<'g> Writer<'g> {
    fn new(graph: &'g Graph, plan: &'g Plan, number: usize, layouts: &'g [Option<Layout>]) -> Self {
        Self {
            graph,
            plan,
            number,
            layouts,
            maps: Vec::new(),
            known_maps: HashMap::new(),
            values: HashMap::new(),
            program: Program::default(),
            inputs: Vec::new(),
            scalars: Vec::new(),
            known_scalars: HashMap::new(),
            ordered: false,
            iotas: Vec::new(),
        }
    }

    fn pass(&self) -> &'g Pass {
        &self.plan.passes[self.number]
    }

    fn map(&mut self, map: Map) -> usize {
        if let Some(&known) = self.known_maps.get(&map) {
            return known;
        }
        self.maps.push(map.clone());
        self.known_maps.insert(map, self.maps.len() - 1);
        self.maps.len() - 1
    }

    /// Whether a vertex is computed in this pass, rather than read.
    fn computes(&self, vertex: usize) -> Option<&'g Operation> {
        let elsewhere = self.plan.written[vertex].is_some_and(|pass| pass != self.number);
        if elsewhere { None } else { self.graph.operation(vertex) }
    }

    /// The number of a value, written with all it needs.
    fn value(&mut self, point: Point) -> u32 {
        let mut pending = vec![(point, false)];
        while let Some((point, ready)) = pending.pop() {
            if self.values.contains_key(&point) {
                continue;
            }
            let needs = self.needs(point);
            if ready || needs.is_empty() {
                let needs: Vec<_> = needs.iter().map(|need| self.values[need]).collect();
                let value = self.step(point, needs);
                self.values.insert(point, value);
            } else {
                pending.push((point, true));
                pending.extend(needs.into_iter().rev().map(|need| (need, false)));
            }
        }
        self.values[&point]
    }

    fn needs(&mut self, point: Point) -> Vec<Point> {
        let Point { vertex, level, map } = point;
        let inputs = &self.graph.vertices[vertex].inputs;
        match self.computes(vertex) {
            None | Some(Operation::Full(_) | Operation::Iota) => Vec::new(),
            Some(Operation::Elementwise(..) | Operation::Cast(_)) => {
                inputs.iter().map(|&vertex| Point { vertex, level, map }).collect()
            }
            Some(Operation::View(_, view)) => {
                let rank = self.pass().space(level).len();
                let map = self.maps[map].then(view, rank);
                vec![Point { vertex: inputs[0], level, map: self.map(map) }]
            }
            Some(Operation::Reduce { axes, input, .. }) => {
                let rank = self.pass().outer.len();
                let map = inner_map(&self.maps[map], rank, axes, input.rank());
                vec![Point { vertex: inputs[0], level: Level::Inner, map: self.map(map) }]
            }
            Some(Operation::Reshape(_) | Operation::Scan { .. } | Operation::Update { .. }) => {
                unreachable!("it is written to memory by a pass of its own")
            }
        }
    }

    fn step(&mut self, point: Point, needs: Vec<u32>) -> u32 {
        let Point { vertex, level, map } = point;
        let array = &self.graph.vertices[vertex].array;
        let step = match self.computes(vertex) {
            None => return self.load(point),
            Some(Operation::Full(value)) => Step::Scalar(self.scalar_of(vertex, *value)),
            Some(Operation::Iota) => {
                let row = &self.maps[map].rows()[0];
                let moving: Vec<_> =
                    row.steps.iter().enumerate().filter(|(_, step)| **step != 0).collect();
                let (axis, step) =
                    moving.first().map_or((None, 0), |&(axis, &step)| (Some(axis), step));
                debug_assert!(moving.len() <= 1, "views move one axis along one axis");
                let start = self.scalar(Scalar::from(row.start as i64), None);
                let step = self.scalar(Scalar::from(step as i64), None);
                let steps = match level {
                    Level::Inner => &self.program.inside,
                    _ => &self.program.outside,
                };
                self.iotas.push((level, steps.len(), axis));
                Step::Iota { axis: None, start, step }
            }
            Some(Operation::Elementwise(op, _)) => Step::Op(*op, needs),
            Some(Operation::Cast(_)) => Step::Cast(array.dtype(), needs[0]),
            Some(Operation::View(..)) => return needs[0],
            Some(Operation::Reduce { combiner, result, .. }) => {
                let reduction = (*combiner, needs[0]);
                let dtype =
                    self.graph.vertices[self.graph.vertices[vertex].inputs[0]].array.dtype();
                self.ordered |= !combiner.any_order(dtype);
                let known = self.program.reductions.iter().position(|it| *it == reduction);
                let reduction = known.unwrap_or_else(|| {
                    self.program.reductions.push(reduction);
                    self.program.reductions.len() - 1
                });
                Step::Reduced { reduction: reduction as u32, result: *result as u32 }
            }
            Some(Operation::Reshape(_) | Operation::Scan { .. } | Operation::Update { .. }) => {
                unreachable!("it is written to memory by a pass of its own")
            }
        };
        self.push(level, step)
    }

    fn push(&mut self, level: Level, step: Step) -> u32 {
        let steps = match level {
            Level::Inner => &mut self.program.inside,
            _ => &mut self.program.outside,
        };
        steps.push(step);
        (steps.len() - 1) as u32
    }

    fn scalar(&mut self, value: Scalar, vertex: Option<usize>) -> u32 {
        self.scalars.push((value, vertex));
        (self.scalars.len() - 1) as u32
    }

    fn scalar_of(&mut self, vertex: usize, value: Scalar) -> u32 {
        if let Some(&known) = self.known_scalars.get(&vertex) {
            return known;
        }
        let number = self.scalar(value, Some(vertex));
        self.known_scalars.insert(vertex, number);
        number
    }

    fn load(&mut self, point: Point) -> u32 {
        let Point { vertex, level, map } = point;
        let layout = self.layouts[vertex].as_ref().expect("passes run after those they need");
        let rank = self.pass().space(level).len();
        let (offset, strides) = self.maps[map].place(layout, rank);
        let seen = Seen { vertex, offset, strides };
        let known = self.inputs.iter().position(|(it, at, _)| *it == seen && *at == level);
        let input = known.unwrap_or_else(|| {
            self.inputs.push((seen, level, layout.dtype()));
            self.inputs.len() - 1
        });
        // Two ways to one element, as through x and x.T of a vector, are one load.
        let step = Step::Load(input as u32);
        let steps = match level {
            Level::Inner => &self.program.inside,
            _ => &self.program.outside,
        };
        match steps.iter().position(|it| *it == step) {
            Some(known) => known as u32,
            None => self.push(level, step),
        }
    }

    /// Bring the axes into the order of memory, join what can be joined, and name what is left.
    fn finish(mut self, pass: &Pass, values: &[u32]) -> Written {
        let outer = pass.outer.len();
        let inner = pass.inner.as_ref().map_or(&[][..], |inner| &inner.lengths);
        let scan = matches!(pass.form, Form::Scan(_));
        let order = self.order(pass);
        let layouts: Vec<_> =
            pass.outputs.iter().map(|&vertex| self.output_layout(vertex, pass, &order)).collect();
        let mut outputs: Vec<_> = pass
            .outputs
            .iter()
            .zip(&layouts)
            .map(|(&vertex, layout)| {
                let strides = match self.graph.operation(vertex) {
                    Some(Operation::Scan { axis, .. }) => {
                        let mut strides = layout.strides().to_vec();
                        let moved = strides.remove(*axis);
                        strides.push(moved);
                        strides
                    }
                    Some(Operation::Reshape(input)) => {
                        Layout::contiguous(layout.dtype(), input.shape())
                            .map(|layout| layout.strides().to_vec())
                            .unwrap_or_default()
                    }
                    _ => layout.strides().to_vec(),
                };
                Seen { vertex, offset: 0, strides }
            })
            .collect();

        // All that moves along axes, in one list: inputs, outputs, counters.
        let counters: Vec<_> = self
            .iotas
            .iter()
            .map(|&(_, _, axis)| {
                let mut strides = vec![0; outer + inner.len()];
                if let Some(axis) = axis {
                    // No product with a length makes this or zero: what is counted joins no other axis.
                    strides[axis] = isize::MAX / 2;
                }
                strides
            })
            .collect();
        let everything = || {
            let inputs = self.inputs.iter().map(|(seen, _, _)| &seen.strides);
            inputs.chain(outputs.iter().map(|seen| &seen.strides)).chain(&counters)
        };
        let part = |range: std::ops::Range<usize>, lengths: &[usize]| Axes {
            lengths: lengths.to_vec(),
            strides: everything()
                .map(|strides| {
                    range.clone().map(|axis| strides.get(axis).copied().unwrap_or(0)).collect()
                })
                .collect(),
        };
        let outside = part(0..outer, &pass.outer).permuted(&order).collapsed();
        let inside = part(outer..outer + inner.len(), inner);
        let inside = self.joined_inside(&inside, pass, outer);

        let total = outside.lengths.len() + inside.lengths.len();
        let joined = |at: usize, both: bool| {
            let mut strides = outside.strides[at].clone();
            if both {
                strides.extend(&inside.strides[at]);
            }
            strides
        };
        let mut program = std::mem::take(&mut self.program);
        program.outer = outside.lengths.len();
        program.inner = inside.lengths.len();
        if let Form::Scan(op) = pass.form {
            program.scan = Some(op);
        }
        let inputs = self.inputs.len();
        for (at, (seen, level, dtype)) in self.inputs.iter_mut().enumerate() {
            seen.strides = joined(at, *level == Level::Inner);
            program.inputs.push(elements(*dtype, &seen.strides));
        }
        for (at, (seen, layout)) in outputs.iter_mut().zip(&layouts).enumerate() {
            seen.strides = joined(inputs + at, scan);
            let elements = elements(layout.dtype(), &seen.strides);
            program.outputs.push(Output { value: values[at], elements });
        }
        let first = inputs + outputs.len();
        for (at, &(level, step, _)) in self.iotas.iter().enumerate() {
            let moving = joined(first + at, true);
            debug_assert_eq!(moving.len(), total);
            let axis = moving.iter().position(|&stride| stride != 0).map(|axis| axis as u32);
            let steps = match level {
                Level::Inner => &mut program.inside,
                _ => &mut program.outside,
            };
            if let Step::Iota { axis: slot, .. } = &mut steps[step] {
                *slot = axis;
            }
        }
        program.scalars = self.scalars.iter().map(|(scalar, _)| scalar.dtype()).collect();
        let extents = outside.lengths.into_iter().chain(inside.lengths).collect();
        let inputs = self.inputs.into_iter().map(|(seen, _, _)| seen).collect();
        let numbers = Numbers { extents, inputs, outputs, scalars: self.scalars };
        Written { program, numbers, layouts }
    }

    /// The outer axes in the order in which memory is read straightest.
    fn order(&self, pass: &Pass) -> Vec<usize> {
        let natural: Vec<_> = (0..pass.outer.len()).collect();
        let reshapes =
            |&vertex: &usize| matches!(self.graph.operation(vertex), Some(Operation::Reshape(_)));
        if pass.form != Form::Map || pass.outputs.iter().any(reshapes) {
            return natural;
        }
        let outer = pass.outer.len();
        let strides =
            self.inputs.iter().map(|(seen, _, _)| seen.strides[..outer].to_vec()).collect();
        Axes { lengths: pass.outer.clone(), strides }.memory_order()
    }

    /// The inner axes, joined where they can be: in the order of memory, if their own does not tell.
    fn joined_inside(&self, axes: &Axes, pass: &Pass, outer: usize) -> Axes {
        let mut joined = if self.ordered || pass.form != Form::Map {
            axes.collapsed()
        } else {
            let inside = self.inputs.iter().filter(|(_, level, _)| *level == Level::Inner);
            let strides = inside.map(|(seen, _, _)| seen.strides[outer..].to_vec()).collect();
            let order = Axes { lengths: axes.lengths.clone(), strides }.memory_order();
            axes.permuted(&order).collapsed()
        };
        if pass.inner.is_some() && joined.lengths.is_empty() {
            // A reduction has an axis, also if there is one value only.
            joined.lengths.push(1);
            joined.strides.iter_mut().for_each(|strides| strides.push(0));
        }
        joined
    }

    /// Memory of its own for an output, with the axes in the order in which it is written.
    fn output_layout(&self, vertex: usize, pass: &Pass, order: &[usize]) -> Layout {
        let array = &self.graph.vertices[vertex].array;
        let shape = array.shape();
        let layout = Layout::contiguous(array.dtype(), shape);
        let layout = if pass.form == Form::Map
            && shape.len() == order.len()
            && !order.iter().copied().eq(0..order.len())
        {
            let ordered: Vec<_> = order.iter().map(|&axis| shape[axis]).collect();
            Layout::contiguous(array.dtype(), &ordered).and_then(|layout| {
                let mut back = vec![0; order.len()];
                for (position, &axis) in order.iter().enumerate() {
                    back[axis] = position.cast_signed();
                }
                layout.permute(&back)
            })
        } else {
            layout
        };
        layout.expect("a shape that was accepted when the array was made")
    }
}

fn elements(dtype: DType, strides: &[isize]) -> Elements {
    let strides = strides.iter().map(|&stride| Stride::of(stride as i64, dtype)).collect();
    Elements { dtype, strides }
}
