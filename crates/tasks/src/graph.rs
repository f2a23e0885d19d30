//! Tasks that wait for tasks: who needs whom, and the order in which one worker would run them.

/// Tasks whose inputs form a circle, each an input of the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<u32>);

/// Tasks, numbered from 0, with their inputs; nothing of it changes.
///
/// An input that a task takes twice counts twice, here and everywhere.
#[derive(Clone, Debug)]
pub struct Graph {
    inputs: Lists,
    consumers: Lists,
    /// Which task is how manieth in the serial order, and the other way round.
    order: Vec<u32>,
    rank: Vec<u32>,
}

impl Graph {
    /// The graph of tasks `0..ends.len()`; those of task `i` stand in `inputs` before `ends[i]`.
    ///
    /// Every task is an output or an input of another.
    pub fn new(ends: Vec<u32>, inputs: Vec<u32>, outputs: &[u32]) -> Result<Self, Cycle> {
        let inputs = Lists { ends, items: inputs };
        let consumers = inputs.reversed();
        let known = topological(&inputs, &consumers)?;
        let need = needs(&inputs, &known);
        let order = serial(&inputs, &need, outputs);
        let mut rank = vec![0; order.len()];
        for (place, &task) in order.iter().enumerate() {
            rank[task as usize] = place as u32;
        }
        Ok(Self { inputs, consumers, order, rank })
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The tasks that `task` needs.
    pub fn inputs(&self, task: u32) -> &[u32] {
        self.inputs.of(task)
    }

    /// The tasks that need `task`.
    pub fn consumers(&self, task: u32) -> &[u32] {
        self.consumers.of(task)
    }

    /// All tasks in serial order: inputs before those who need them, each as late as its first
    /// consumer allows, and of several inputs the one first that needs most values at one time.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// The place of a task in that order.
    pub fn rank(&self, task: u32) -> u32 {
        self.rank[task as usize]
    }
}

/// A list of numbers for each task, all in one.
#[derive(Clone, Debug)]
struct Lists {
    ends: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    fn of(&self, task: u32) -> &[u32] {
        let task = task as usize;
        let start = task.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..self.ends[task] as usize]
    }

    fn len(&self) -> u32 {
        self.ends.len() as u32
    }

    fn reversed(&self) -> Self {
        let mut ends = vec![0; self.ends.len()];
        for &item in &self.items {
            ends[item as usize] += 1;
        }
        let mut total = 0;
        for end in &mut ends {
            // The start for now: it moves to the end as the list fills.
            total += std::mem::replace(end, total);
        }
        let mut items = vec![0; self.items.len()];
        for task in 0..self.len() {
            for &input in self.of(task) {
                let place = &mut ends[input as usize];
                items[*place as usize] = task;
                *place += 1;
            }
        }
        Self { ends, items }
    }
}

/// Some order in which inputs come first.
fn topological(inputs: &Lists, consumers: &Lists) -> Result<Vec<u32>, Cycle> {
    let mut missing: Vec<u32> = (0..inputs.len()).map(|it| inputs.of(it).len() as u32).collect();
    let mut known: Vec<u32> = (0..inputs.len()).filter(|&it| missing[it as usize] == 0).collect();
    let mut at = 0;
    while let Some(&task) = known.get(at) {
        at += 1;
        for &consumer in consumers.of(task) {
            let missing = &mut missing[consumer as usize];
            *missing -= 1;
            if *missing == 0 {
                known.push(consumer);
            }
        }
    }
    if known.len() < missing.len() { Err(cycle(inputs, &missing)) } else { Ok(known) }
}

/// A circle among the tasks that still miss inputs: each of them misses one that does, too.
fn cycle(inputs: &Lists, missing: &[u32]) -> Cycle {
    let mut seen = vec![usize::MAX; missing.len()];
    let mut path = Vec::new();
    let mut task = missing.iter().position(|&it| it > 0).expect("a task on a circle") as u32;
    while seen[task as usize] == usize::MAX {
        seen[task as usize] = path.len();
        path.push(task);
        let blocked = |input: &&u32| missing[**input as usize] > 0;
        task = *inputs.of(task).iter().find(blocked).expect("an input on a circle");
    }
    let mut circle = path.split_off(seen[task as usize]);
    circle.reverse();
    Cycle(circle)
}

/// How many values are held at one time to get that of each task, its own included (Sethi and
/// Ullman's number; for a graph that is no tree, an estimate from above).
fn needs(inputs: &Lists, known: &[u32]) -> Vec<u32> {
    let mut need = vec![1_u32; known.len()];
    let mut each = Vec::new();
    for &task in known {
        match inputs.of(task) {
            [] => {}
            [only] => need[task as usize] = need[*only as usize],
            several => {
                each.clear();
                each.extend(several.iter().map(|&input| need[input as usize]));
                each.sort_unstable_by(|a, b| b.cmp(a));
                let held = each.iter().zip(0..).map(|(&need, before)| need.saturating_add(before));
                need[task as usize] = held.max().unwrap_or(1);
            }
        }
    }
    need
}

/// Depth first from the outputs, without recursion.
fn serial(inputs: &Lists, need: &[u32], outputs: &[u32]) -> Vec<u32> {
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![0_u8; need.len()];
    let mut order = Vec::with_capacity(need.len());
    let mut stack = Vec::new();
    let mut sorted: Vec<u32> = Vec::new();
    for &output in outputs {
        stack.push(output);
        while let Some(&task) = stack.last() {
            if state[task as usize] != 0 {
                stack.pop();
                if std::mem::replace(&mut state[task as usize], DONE) == OPEN {
                    order.push(task);
                }
                continue;
            }
            state[task as usize] = OPEN;
            sorted.clear();
            sorted.extend(inputs.of(task));
            // Stable: equal ones stay in the order of the arguments.
            sorted.sort_by(|a, b| need[*b as usize].cmp(&need[*a as usize]));
            let unseen = |input: &&u32| state[**input as usize] == 0;
            stack.extend(sorted.iter().rev().filter(unseen));
        }
    }
    order
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn graph(inputs: &[&[u32]], outputs: &[u32]) -> Result<Graph, Cycle> {
        let mut ends = Vec::new();
        let mut items = Vec::new();
        for each in inputs {
            items.extend(*each);
            ends.push(items.len() as u32);
        }
        Graph::new(ends, items, outputs)
    }

    #[test]
    fn the_order_is_that_of_nested_calls() {
        // f(g(a), h(b, a))
        let graph = graph(&[&[1, 2], &[3], &[4, 3], &[], &[]], &[0]).expect("no cycle");
        assert_eq!(graph.order(), [4, 3, 2, 1, 0]);
        assert_eq!(graph.consumers(3), [1, 2]);
        assert_eq!(graph.rank(0), 4);
    }

    #[test]
    fn what_needs_more_values_comes_first() {
        // Sums from the right: loading everything first would hold everything.
        let n = if cfg!(miri) { 50 } else { 1000 };
        let mut inputs: Vec<Vec<u32>> = (0..n).map(|it| vec![n + 1 + it, it + 1]).collect();
        inputs.extend((0..=n).map(|_| vec![]));
        let inputs: Vec<&[u32]> = inputs.iter().map(Vec::as_slice).collect();
        let graph = graph(&inputs, &[0]).expect("no cycle");
        let mut alive = 0;
        for &task in graph.order() {
            alive = alive + 1 - graph.inputs(task).len();
            assert!(alive <= 3);
        }
    }

    #[test]
    fn a_long_chain_needs_no_stack() {
        let n = if cfg!(miri) { 300 } else { 300_000 };
        let inputs: Vec<u32> = (1..n).collect();
        let mut ends: Vec<u32> = (1..n).collect();
        ends.push(n - 1);
        let graph = Graph::new(ends, inputs, &[0]).expect("no cycle");
        assert!(graph.order().iter().copied().eq((0..n).rev()));
    }

    #[test]
    fn a_cycle_is_named() {
        let found = graph(&[&[1], &[2, 4], &[3], &[1, 4], &[]], &[0]);
        let mut circle = found.expect_err("a cycle").0;
        circle.sort_unstable();
        assert_eq!(circle, [1, 2, 3]);
        assert_eq!(graph(&[&[0]], &[0]).expect_err("a cycle"), Cycle(vec![0]));
    }
}
