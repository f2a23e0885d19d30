//! Few operations on few elements, by a recipe that is known: in less time than it takes to look at a graph
//! of them from all sides.
//!
//! The words of the graph are written down while it is walked. The recipe's kernels were launched before, so all that
//! is left is to fill in addresses and scalars.

use std::cell::Cell;
use std::sync::Arc;

use devices::Storage;

use crate::array::Standing;
use crate::graph::Inputs;
use crate::operation::Operation;
use crate::recipe::{Recipe, scalar};
use crate::signature::{self, Signature};
use crate::{Array, Data, Error, shelf};

/// Most operations, as they are counted before anybody looks: shared ones more than once.
const PENDING: u32 = 48;
/// Most arrays of a graph.
const ARRAYS: usize = 64;
/// Most elements of any of them.
const ELEMENTS: usize = 4096;
/// Elements that are soon read, if next to nothing is computed of each: two threads gain nothing before that.
const READ: usize = 1 << 17;

/// Compute an array that is soon done, and that needs nothing but what is ready: no other thread's turn to
/// end, no kernel to be compiled. Answers whether it is computed now; if not, nothing was begun.
///
/// # Errors
///
/// When a kernel fails or there is no memory.
pub fn evaluate_soon(array: &Array) -> Result<bool, Error> {
    if array.pending() > PENDING || array.count() > ELEMENTS {
        return Ok(false);
    }
    // Walks leave their lists to the next one. A walk within another, in some drop, finds none and has its own.
    let mut walk = KEPT.take().unwrap_or_default();
    let done = walk.evaluate(array);
    walk.arrays.clear();
    walk.words.clear();
    walk.read = 0;
    KEPT.set(Some(walk));
    done
}

thread_local! {
    static KEPT: Cell<Option<Box<Walk>>> = const { Cell::new(None) };
}

#[derive(Default)]
struct Walk {
    /// In the order of a graph, which numbers them.
    arrays: Vec<Met>,
    words: Signature,
    /// Elements of those that have more than is soon computed, and are only read.
    read: usize,
}

struct Met {
    array: Array,
    /// Where its elements are, and how many bytes into that they begin.
    elements: Option<(Arc<Storage>, isize)>,
    /// What it comes from, if it is not there.
    operation: Option<Arc<Operation>>,
}

impl Walk {
    fn evaluate(&mut self, array: &Array) -> Result<bool, Error> {
        if self.meet(array, true).is_none() {
            return Ok(false);
        }
        let Some(recipe) = shelf::known(&self.words) else { return Ok(false) };
        let prepared = |recipe: &Recipe| {
            recipe.stages.iter().all(|stage| {
                let ready = |it: &crate::recipe::Launch| matches!(it.prepared.get(), Some(Some(_)));
                stage.over.is_none() && stage.launches.iter().all(ready)
            })
        };
        if !prepared(&recipe) {
            return Ok(false);
        }
        self.run(&recipe)?;
        Ok(array.is_ready())
    }

    /// The number of an array, after those of all it needs. Recursion goes no deeper than operations are pending.
    fn meet(&mut self, array: &Array, root: bool) -> Option<usize> {
        let known = |met: &Met| met.array.identity() == array.identity();
        if let Some(number) = self.arrays.iter().position(known) {
            return Some(number);
        }
        if array.count() > ELEMENTS {
            self.read = self.read.saturating_add(array.count());
            if self.read > READ {
                return None;
            }
        }
        let words = &mut self.words;
        let place = |data: &Data| {
            signature::leaf(words, root, &data.layout);
            (data.storage.clone(), data.layout.offset())
        };
        let elements = array.look(place);
        let operation = match &elements {
            Some(_) => None,
            None => match array.standing() {
                // Since it was looked at; whoever asks next sees it.
                Standing::Ready(_) => return None,
                Standing::Lazy(operation) => Some(self.step(array, root, operation)?),
            },
        };
        if self.arrays.len() == ARRAYS {
            return None;
        }
        self.arrays.push(Met { array: array.clone(), elements, operation });
        Some(self.arrays.len() - 1)
    }

    fn step(
        &mut self,
        array: &Array,
        root: bool,
        operation: Arc<Operation>,
    ) -> Option<Arc<Operation>> {
        if array.count() > ELEMENTS && !matches!(*operation, Operation::Cast(_)) {
            return None;
        }
        let (mut inputs, mut all) = (Inputs::default(), true);
        operation.each_input(|input| {
            if all {
                match self.meet(input, false) {
                    Some(number) => inputs.push(number),
                    None => all = false,
                }
            }
        });
        if !all {
            return None;
        }
        signature::step(&mut self.words, root, array, &operation, &inputs);
        Some(operation)
    }

    fn run(&mut self, recipe: &Recipe) -> Result<(), Error> {
        for stage in &recipe.stages {
            for output in &stage.outputs {
                let bytes = output.layout.count() * output.layout.dtype().size();
                let storage = Storage::for_result(bytes)?;
                self.arrays[output.vertex].elements = Some((storage, 0));
            }
            for launch in &stage.launches {
                let Some(Some(prepared)) = launch.prepared.get() else { continue };
                let elements = |number: usize| {
                    let there = self.arrays[number].elements.as_ref();
                    let (storage, shift) = there.expect("a stage before makes what this one reads");
                    (&**storage, *shift)
                };
                let value = |number: usize| {
                    let operation = self.arrays[number].operation.as_deref();
                    operation.and_then(scalar).expect("the same everywhere")
                };
                prepared.launch(elements, value, &mut || false)?;
            }
            for output in &stage.outputs {
                let Met { array, elements, .. } = &self.arrays[output.vertex];
                if let Some((storage, _)) = elements {
                    let (storage, layout) = (storage.clone(), output.layout.clone());
                    array.become_ready(Data { storage, layout });
                }
            }
        }
        Ok(())
    }
}
