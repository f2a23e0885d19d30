//! Tasks of a graph that one worker runs one after the other, without coming back in between.

use crate::graph::Graph;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// Work in one bundle: enough that its way there and back costs little.
const BUNDLE_NS: f64 = 4e6;
/// Most tasks in one bundle.
const MOST: usize = 8192;
/// Least time that a task is taken to need.
const LEAST_NS: f64 = 200.0;
/// Shares of the ready tasks per worker: no bundle takes more than one.
const SHARES: usize = 2;
/// Tasks per worker, from the first in order that has not ended, that may run while memory is short.
const NEAR: usize = 3;

/// What a worker does in a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Run a task. `single`: its value has one consumer and nobody else asks for it.
    Run {
        /// Which.
        task: u32,
        /// Whether its value is used once in all.
        single: bool,
    },
    /// Let go of a value that nobody will need after the step before.
    Drop(u32),
}

/// Tasks to run in this order.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// By which `finish` knows it.
    pub number: u32,
    /// In increasing rank.
    pub steps: Vec<Step>,
    /// Tasks outside whose values it needs; all have ended.
    pub needs: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    /// Its value comes from outside.
    Source,
    Taken,
    Finished,
}

/// The graph of one call while it runs: forms bundles and learns what became of them.
///
/// A bundle starts with the first ready task of the serial order and goes on with what becomes ready
/// by what it holds itself, always the first in order. So chains and subtrees stay together, and
/// one worker alone runs exactly the serial order. How many fit follows from how long tasks of
/// their kind take: one of a kind that is not known ends the bundle.
#[derive(Debug)]
pub struct Bundles {
    graph: Graph,
    kinds: Vec<u32>,
    /// Mean time of a task of each kind.
    mean_ns: Vec<Option<f64>>,
    workers: usize,
    state: Vec<State>,
    /// Inputs that have not ended.
    missing: Vec<u32>,
    /// Uses that have not ended; one more if the caller asks for the value.
    uses: Vec<u32>,
    asked: Vec<bool>,
    ready: BinaryHeap<Reverse<u32>>,
    taken: HashMap<u32, Vec<u32>>,
    numbers: u32,
    /// Only tasks before this rank are still wanted, and how many of them have not ended.
    limit: u32,
    left: usize,
    /// All tasks of a lower rank have ended.
    low: usize,
    promised: Counts,
    spent: Counts,
    named: Counts,
}

impl Bundles {
    /// Begin; `kinds` says which tasks take about equally long, `sources` whose values come from
    /// outside, `outputs` whose values are asked for.
    pub fn new(
        graph: Graph,
        kinds: Vec<u32>,
        outputs: &[u32],
        sources: &[u32],
        workers: usize,
    ) -> Self {
        let len = graph.len();
        let tasks = 0..len as u32;
        let missing: Vec<u32> = tasks.clone().map(|it| graph.inputs(it).len() as u32).collect();
        let mut state = vec![State::Waiting; len];
        for &source in sources {
            state[source as usize] = State::Source;
        }
        let mut asked = vec![false; len];
        for &output in outputs {
            asked[output as usize] = true;
        }
        let ready: Vec<_> = tasks
            .clone()
            .filter(|&it| missing[it as usize] == 0 && state[it as usize] == State::Waiting)
            .map(|it| Reverse(graph.rank(it)))
            .collect();
        let known = kinds.iter().max().map_or(0, |&it| it as usize + 1);
        Self {
            uses: tasks
                .map(|it| graph.consumers(it).len() as u32 + u32::from(asked[it as usize]))
                .collect(),
            kinds,
            mean_ns: vec![None; known],
            workers: workers.max(1),
            state,
            missing,
            asked,
            ready: ready.into(),
            taken: HashMap::new(),
            numbers: 0,
            limit: u32::MAX,
            left: len,
            low: 0,
            promised: Counts::new(len),
            spent: Counts::new(len),
            named: Counts::new(len),
            graph,
        }
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How many tasks that are wanted have not ended.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Whether the task of this rank has ended.
    pub fn ended(&self, rank: u32) -> bool {
        let task = self.graph.order().get(rank as usize);
        task.is_some_and(|&task| self.state[task as usize] == State::Finished)
    }

    /// The next bundle; none while nothing is ready.
    ///
    /// `short`: the values held are many. Then only what the serial order runs next is given out,
    /// or whoever is quick would pile up what is used much later.
    pub fn bundle(&mut self, short: bool) -> Option<Bundle> {
        self.promised.clear();
        self.spent.clear();
        self.named.clear();
        // A single worker shares with nobody, and keeps the serial order.
        let parts = if self.workers > 1 { SHARES * self.workers } else { 1 };
        let mut shares = self.ready.len().div_ceil(parts);
        let mut limit = self.limit;
        if short && self.workers > 1 {
            limit = limit.min((self.low() + NEAR * self.workers) as u32);
            shares = shares.min(1);
        }
        let mut inside = BinaryHeap::<Reverse<u32>>::new();
        let (mut tasks, mut steps, mut needs) = (Vec::new(), Vec::new(), Vec::new());
        let mut budget = BUNDLE_NS;
        while budget > 0.0 && tasks.len() < MOST {
            let outside = self.ready.peek().filter(|it| shares > 0 && it.0 < limit);
            let rank = match (outside, inside.peek()) {
                (None, None) => break,
                (Some(ready), Some(own)) if own.0 < ready.0 => inside.pop(),
                (None, Some(_)) => inside.pop(),
                (Some(_), _) => {
                    shares -= 1;
                    self.ready.pop()
                }
            };
            let task = self.graph.order()[rank.expect("a ready task").0 as usize];
            self.take(task, limit, &mut inside, &mut steps, &mut needs);
            tasks.push(task);
            let mean = self.mean_ns[self.kinds[task as usize] as usize];
            budget -= mean.map_or(BUNDLE_NS, |mean| mean.max(LEAST_NS));
        }
        if tasks.is_empty() {
            return None;
        }
        let number = self.numbers;
        self.numbers = self.numbers.wrapping_add(1);
        self.taken.insert(number, tasks);
        Some(Bundle { number, steps, needs })
    }

    /// The rank of the first task that has not ended.
    fn low(&mut self) -> usize {
        let order = self.graph.order();
        let ended = |task: &&u32| self.state[**task as usize] == State::Finished;
        self.low += order[self.low..].iter().take_while(ended).count();
        self.low
    }

    fn take(
        &mut self,
        task: u32,
        limit: u32,
        inside: &mut BinaryHeap<Reverse<u32>>,
        steps: &mut Vec<Step>,
        needs: &mut Vec<u32>,
    ) {
        let at = task as usize;
        self.state[at] = State::Taken;
        steps.push(Step::Run { task, single: self.uses[at] == 1 && !self.asked[at] });
        for &input in self.graph.inputs(task) {
            let outside = self.state[input as usize] == State::Finished;
            if outside && self.named.add(input) == 1 {
                needs.push(input);
            }
            if self.spent.add(input) == self.uses[input as usize] {
                steps.push(Step::Drop(input));
            }
        }
        for &consumer in self.graph.consumers(task) {
            let rank = self.graph.rank(consumer);
            if self.promised.add(consumer) == self.missing[consumer as usize] && rank < limit {
                inside.push(Reverse(rank));
            }
        }
    }

    /// The first tasks of a bundle have ended, each after so many nanoseconds; the others were not
    /// run and are to be given out again. Answers whose values, of tasks that had ended before,
    /// nobody needs any more.
    pub fn finish(&mut self, number: u32, nanos: &[u64]) -> Vec<u32> {
        let tasks = self.taken.remove(&number).expect("a bundle that was given out");
        let (ended, rest) = tasks.split_at(nanos.len().min(tasks.len()));
        self.record(ended, nanos);
        self.named.clear();
        for &task in ended {
            self.named.add(task);
        }
        let mut freed = Vec::new();
        for &task in ended {
            self.end(task, &mut freed);
        }
        for &task in rest {
            self.state[task as usize] = State::Waiting;
            if self.missing[task as usize] == 0 {
                self.ready.push(Reverse(self.graph.rank(task)));
            }
        }
        freed
    }

    /// The value of a source is there.
    pub fn provide(&mut self, source: u32) {
        debug_assert_eq!(self.state[source as usize], State::Source);
        self.end(source, &mut Vec::new());
    }

    /// From now on only tasks of a lower rank are wanted.
    pub fn limit(&mut self, rank: u32) {
        if rank < self.limit {
            self.limit = rank;
            let wanted = &self.graph.order()[..(rank as usize).min(self.graph.len())];
            let open = |task: &&u32| self.state[**task as usize] != State::Finished;
            self.left = wanted.iter().filter(open).count();
        }
    }

    fn end(&mut self, task: u32, freed: &mut Vec<u32>) {
        self.state[task as usize] = State::Finished;
        if self.graph.rank(task) < self.limit {
            self.left -= 1;
        }
        for &consumer in self.graph.consumers(task) {
            let missing = &mut self.missing[consumer as usize];
            *missing -= 1;
            if *missing == 0 && self.state[consumer as usize] == State::Waiting {
                self.ready.push(Reverse(self.graph.rank(consumer)));
            }
        }
        for &input in self.graph.inputs(task) {
            let uses = &mut self.uses[input as usize];
            *uses -= 1;
            // What this bundle made itself it has dropped itself.
            if *uses == 0 && !self.named.has(input) {
                freed.push(input);
            }
        }
    }

    /// Later times weigh more, so that an odd first one (an import) is soon forgotten.
    fn record(&mut self, tasks: &[u32], nanos: &[u64]) {
        let weight = 1.0 / (1.0 + 2.0 * self.workers as f64);
        for (&task, &nanos) in tasks.iter().zip(nanos) {
            let mean = &mut self.mean_ns[self.kinds[task as usize] as usize];
            let seen = nanos as f64;
            *mean = Some(mean.map_or(seen, |mean| mean + weight * (seen - mean)));
        }
    }
}

/// A count for each task, all zero again at once.
#[derive(Debug)]
struct Counts {
    round: u32,
    counts: Vec<(u32, u32)>,
}

impl Counts {
    fn new(len: usize) -> Self {
        Self { round: 0, counts: vec![(0, 0); len] }
    }

    fn clear(&mut self) {
        self.round += 1;
    }

    fn add(&mut self, task: u32) -> u32 {
        let (round, count) = &mut self.counts[task as usize];
        if *round != self.round {
            (*round, *count) = (self.round, 0);
        }
        *count += 1;
        *count
    }

    fn has(&self, task: u32) -> bool {
        self.counts[task as usize].0 == self.round
    }
}
