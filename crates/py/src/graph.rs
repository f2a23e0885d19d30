//! A graph while it runs, for the thread that drives it.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use tasks::{Bundles, Cycle, Graph as Tasks, Step};

/// Tasks that wait for tasks: gives out bundles of them.
#[pyclass(module = "abreast._abreast")]
pub(crate) struct Graph {
    bundles: Bundles,
}

/// Numbers of four bytes, as an array of Python's holds them.
fn numbers(bytes: &[u8]) -> Vec<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_ne_bytes(*word)).collect()
}

#[pymethods]
impl Graph {
    /// All lists are the bytes of arrays of C's `unsigned int`. A cycle is a `ValueError` with
    /// the tasks on it as its only argument.
    #[new]
    fn new(
        ends: &[u8],
        inputs: &[u8],
        kinds: &[u8],
        outputs: &[u8],
        sources: &[u8],
        workers: usize,
    ) -> PyResult<Self> {
        let (kinds, outputs, sources) = (numbers(kinds), numbers(outputs), numbers(sources));
        let (ends, inputs) = (numbers(ends), numbers(inputs));
        let len = ends.len();
        let fits = inputs.iter().chain(&outputs).chain(&sources).all(|&it| (it as usize) < len)
            && ends.is_sorted()
            && ends.last().map_or(0, |&it| it as usize) == inputs.len()
            && kinds.len() == len;
        if !fits {
            return Err(PyValueError::new_err("the numbers make no graph"));
        }
        let graph = Tasks::new(ends, inputs, &outputs)
            .map_err(|Cycle(tasks)| PyValueError::new_err((tasks,)))?;
        if graph.len() != len {
            return Err(PyValueError::new_err("a task leads to no output"));
        }
        Ok(Self { bundles: Bundles::new(graph, kinds, &outputs, &sources, workers) })
    }

    /// All tasks in serial order.
    fn order<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.bundles.graph().order())
    }

    /// The place of a task in the serial order.
    fn rank(&self, task: u32) -> u32 {
        self.bundles.graph().rank(task)
    }

    /// Whether the task at this place in the serial order has ended.
    fn ended(&self, rank: u32) -> bool {
        self.bundles.ended(rank)
    }

    /// How many tasks that are wanted have not ended.
    fn left(&self) -> usize {
        self.bundles.left()
    }

    /// The next bundle: its number, its steps, the tasks outside that it needs; or None.
    ///
    /// A step is `2 * task`, one more if its value is used once in all, to run it, and `-1 - task`
    /// to let go of a value. `short`: the values held are many.
    fn bundle(&mut self, short: bool) -> Option<(u32, Vec<i64>, Vec<u32>)> {
        let bundle = self.bundles.bundle(short)?;
        let code = |step: &Step| match *step {
            Step::Run { task, single } => 2 * i64::from(task) + i64::from(single),
            Step::Drop(task) => -1 - i64::from(task),
        };
        Some((bundle.number, bundle.steps.iter().map(code).collect(), bundle.needs))
    }

    /// The first tasks of a bundle ended after these nanoseconds (an array of doubles), the others
    /// did not run. Answers the tasks that ended before and whose values nobody needs any more.
    fn finish(&mut self, number: u32, nanos: &Bound<'_, PyBytes>) -> Vec<u32> {
        let (words, _) = nanos.as_bytes().as_chunks::<8>();
        let nanos: Vec<u64> = words.iter().map(|word| f64::from_ne_bytes(*word) as u64).collect();
        self.bundles.finish(number, &nanos)
    }

    /// The value of a source is there.
    fn provide(&mut self, source: u32) {
        self.bundles.provide(source);
    }

    /// Only tasks of a lower rank are wanted from now on.
    fn limit(&mut self, rank: u32) {
        self.bundles.limit(rank);
    }
}
