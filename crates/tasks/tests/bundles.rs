//! Graphs of all shapes, run by workers that stop where they like.

#![cfg(not(loom))]

use proptest::prelude::*;
use std::collections::{HashSet, VecDeque};
use tasks::{Bundle, Bundles, Graph, Step};

/// Inputs of each task, all of them before it; the outputs are those that nobody needs, and some.
#[derive(Clone, Debug)]
struct Shape {
    inputs: Vec<Vec<u32>>,
    asked: Vec<bool>,
    source: Vec<bool>,
}

impl Shape {
    fn outputs(&self) -> Vec<u32> {
        let used: HashSet<u32> = self.inputs.iter().flatten().copied().collect();
        let tasks = 0..self.inputs.len() as u32;
        tasks.filter(|it| !used.contains(it) || self.asked[*it as usize]).collect()
    }

    fn sources(&self) -> Vec<u32> {
        let tasks = 0..self.inputs.len() as u32;
        tasks.filter(|&it| self.is_source(it)).collect()
    }

    fn is_source(&self, task: u32) -> bool {
        self.source[task as usize] && self.inputs[task as usize].is_empty()
    }

    fn bundles(&self, workers: usize) -> Bundles {
        let mut ends = Vec::new();
        let mut items = Vec::new();
        for inputs in &self.inputs {
            items.extend(inputs);
            ends.push(items.len() as u32);
        }
        let graph = Graph::new(ends, items, &self.outputs()).expect("no cycle");
        let kinds = vec![0; self.inputs.len()];
        Bundles::new(graph, kinds, &self.outputs(), &self.sources(), workers)
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let task =
        (prop::collection::vec(any::<u32>(), 0..4), prop::bool::weighted(0.1), any::<bool>());
    prop::collection::vec(task, 1..60).prop_map(|tasks| {
        let mut shape = Shape { inputs: vec![], asked: vec![], source: vec![] };
        for (at, (inputs, asked, source)) in tasks.into_iter().enumerate() {
            let place = |it: u32| it % at.max(1) as u32;
            let inputs = inputs.into_iter().filter(|_| at > 0).map(place).collect();
            shape.inputs.push(inputs);
            shape.asked.push(asked);
            shape.source.push(source);
        }
        shape
    })
}

/// What a worker and the caller hold, and what was done, each checked against the rules.
struct Run<'a> {
    shape: &'a Shape,
    ended: Vec<u32>,
    held: HashSet<u32>,
}

impl Run<'_> {
    /// Run the first `count` tasks of a bundle; answers how many ran.
    fn work(&mut self, bundles: &mut Bundles, bundle: &Bundle, count: usize) {
        let mut inside: HashSet<u32> = bundle.needs.iter().copied().collect();
        assert!(inside.iter().all(|it| self.held.contains(it)), "a need that is not there");
        let mut ran = Vec::new();
        let mut last = None;
        for step in &bundle.steps {
            match *step {
                Step::Run { task, single } => {
                    if ran.len() == count {
                        break;
                    }
                    let rank = bundles.graph().rank(task);
                    assert!(last.is_none_or(|last| last < rank), "not in order");
                    last = Some(rank);
                    let inputs = &self.shape.inputs[task as usize];
                    assert!(inputs.iter().all(|it| inside.contains(it)), "an input is missing");
                    let asked = self.shape.outputs().contains(&task);
                    let uses = bundles.graph().consumers(task).len();
                    assert_eq!(single, uses == 1 && !asked);
                    inside.insert(task);
                    ran.push(task);
                }
                Step::Drop(task) => {
                    assert!(inside.remove(&task), "dropped twice, or never there");
                    self.held.remove(&task);
                }
            }
        }
        self.held.extend(ran.iter().filter(|it| inside.contains(it)));
        for freed in bundles.finish(bundle.number, &vec![50_000; ran.len()]) {
            self.held.remove(&freed);
        }
        self.ended.extend(ran);
    }

    /// Exactly the values with consumers to come, and those asked for, are held.
    fn check_held(&self) {
        let mut wanted: HashSet<u32> = self.shape.outputs().into_iter().collect();
        for (task, inputs) in (0..).zip(&self.shape.inputs) {
            if !self.ended.contains(&task) {
                wanted.extend(inputs);
            }
        }
        let wanted: HashSet<u32> =
            wanted.intersection(&self.ended.iter().copied().collect()).copied().collect();
        assert_eq!(self.held, wanted);
    }
}

proptest! {
    #[test]
    fn every_task_runs_once_and_values_go_with_their_last_consumer(
        shape in shapes(),
        workers in 1_usize..5,
        cuts in prop::collection::vec(0_usize..6, 1..20),
        short in any::<bool>(),
    ) {
        let mut bundles = shape.bundles(workers);
        let mut run = Run { shape: &shape, ended: Vec::new(), held: HashSet::new() };
        let mut sources: VecDeque<u32> = shape.sources().into();
        let mut out = VecDeque::new();
        let mut cuts = cuts.iter().cycle();
        while bundles.left() > 0 {
            while out.len() < workers {
                let Some(bundle) = bundles.bundle(short) else { break };
                out.push_back(bundle);
            }
            let Some(bundle) = out.pop_front() else {
                let source = sources.pop_front().expect("something to go on with");
                bundles.provide(source);
                run.ended.push(source);
                run.held.insert(source);
                continue;
            };
            // At least one, or nothing would ever end.
            run.work(&mut bundles, &bundle, cuts.next().expect("a cycle") + 1);
            if out.is_empty() {
                run.check_held();
            }
        }
        prop_assert_eq!(run.ended.len(), shape.inputs.len());
        prop_assert_eq!(run.ended.iter().collect::<HashSet<_>>().len(), shape.inputs.len());
        prop_assert_eq!(run.held, shape.outputs().into_iter().collect::<HashSet<_>>());
    }

    #[test]
    fn one_worker_keeps_the_serial_order(shape in shapes(), cut in 1_usize..9) {
        let shape = Shape { source: vec![false; shape.inputs.len()], ..shape };
        let mut bundles = shape.bundles(1);
        let mut run = Run { shape: &shape, ended: Vec::new(), held: HashSet::new() };
        while let Some(bundle) = bundles.bundle(false) {
            run.work(&mut bundles, &bundle, cut);
        }
        prop_assert_eq!(bundles.left(), 0);
        prop_assert_eq!(&run.ended[..], bundles.graph().order());
    }

    #[test]
    fn under_a_limit_only_what_comes_before_runs(shape in shapes(), limit in 0_u32..60) {
        let shape = Shape { source: vec![false; shape.inputs.len()], ..shape };
        let limit = limit % shape.inputs.len() as u32;
        let mut bundles = shape.bundles(2);
        let before = bundles.bundle(false).expect("something is ready");
        bundles.limit(limit);
        let mut run = Run { shape: &shape, ended: Vec::new(), held: HashSet::new() };
        run.work(&mut bundles, &before, 1);
        let first = run.ended.len();
        while let Some(bundle) = bundles.bundle(false) {
            run.work(&mut bundles, &bundle, 100);
        }
        prop_assert_eq!(bundles.left(), 0);
        let late = run.ended[first..].iter().filter(|&&it| bundles.graph().rank(it) >= limit);
        prop_assert_eq!(late.count(), 0);
        prop_assert!(run.ended.len() >= limit as usize);
    }
}

/// A bundle of tasks that are known to be quick holds a whole chain; no task is given out unknown
/// with others after it.
#[test]
fn bundles_grow_with_what_is_known() {
    let n = 20_000;
    let inputs: Vec<u32> = (0..n - 1).collect();
    let ends: Vec<u32> = (0..n).collect();
    let graph = Graph::new(ends, inputs, &[n - 1]).expect("no cycle");
    let mut bundles = Bundles::new(graph, vec![0; n as usize], &[n - 1], &[], 2);
    let runs =
        |bundle: &Bundle| bundle.steps.iter().filter(|it| matches!(it, Step::Run { .. })).count();
    let first = bundles.bundle(false).expect("the head of the chain");
    assert_eq!(runs(&first), 1);
    assert!(bundles.bundle(false).is_none(), "nothing else is ready");
    bundles.finish(first.number, &[1_000]);
    let second = bundles.bundle(false).expect("the next");
    assert_eq!(runs(&second), 4_000);
    bundles.finish(second.number, &[50_000_000; 10]);
    assert_eq!(runs(&bundles.bundle(false).expect("the rest")), 1);
}

/// Ready tasks are shared out: the first bundle leaves most of them to the others.
#[test]
fn ready_tasks_are_shared() {
    let n = 80;
    let graph = Graph::new(vec![0; n], vec![], &(0..n as u32).collect::<Vec<_>>()).expect("fine");
    let outputs: Vec<u32> = (0..n as u32).collect();
    let mut bundles = Bundles::new(graph, vec![0; n], &outputs, &[], 2);
    let first = bundles.bundle(false).expect("one");
    bundles.finish(first.number, &[1_000]);
    assert_eq!(bundles.bundle(false).expect("a share").steps.len(), 20);
    assert_eq!(bundles.bundle(false).expect("a share").steps.len(), 15);
}

/// A sum from the left, each part of which is ready from the start: while memory is short, nobody
/// runs far ahead of the sum.
#[test]
fn short_of_memory_nobody_runs_ahead() {
    let n = 1_000_u32;
    // Task 0 is the first part, then parts and sums in turns.
    let mut ends = vec![0, 0, 2];
    let mut inputs = vec![0, 1];
    for part in (3..2 * n).step_by(2) {
        inputs.extend([part - 1, part]);
        ends.extend([inputs.len() as u32 - 2, inputs.len() as u32]);
    }
    let len = ends.len();
    let graph = Graph::new(ends, inputs, &[len as u32 - 1]).expect("no cycle");
    let mut bundles = Bundles::new(graph, vec![0; len], &[len as u32 - 1], &[], 2);
    let mut out = VecDeque::new();
    let mut held: HashSet<u32> = HashSet::new();
    while bundles.left() > 0 {
        while out.len() < 4 {
            let Some(bundle) = bundles.bundle(true) else { break };
            out.push_back(bundle);
        }
        // The last one first: the worst that can happen.
        let bundle = out.pop_back().expect("something to run");
        let mut ran = 0;
        for step in &bundle.steps {
            match *step {
                Step::Run { task, .. } => {
                    held.insert(task);
                    ran += 1;
                }
                Step::Drop(task) => {
                    held.remove(&task);
                }
            }
        }
        for freed in bundles.finish(bundle.number, &vec![1_000; ran]) {
            held.remove(&freed);
        }
        assert!(held.len() <= 8, "{} values", held.len());
    }
}
