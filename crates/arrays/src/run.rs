//! A recipe over the elements of one graph.

use std::sync::Arc;
use std::time::{Duration, Instant};

use devices::{Argument, Device, DeviceError, Place, Prepared, Storage};
use memory::{Layout, Scalar, in_words};

use crate::error::tuple;
use crate::graph::{Graph, Source};
use crate::recipe::{Launch, Recipe, Slot, Stage, scalar};
use crate::{Array, Data, Error, ErrorKind};

/// How often somebody is asked whether to give up, between kernels; inside of them it is their matter.
const LOOK: Duration = Duration::from_millis(20);

/// Compute what a graph asks for.
///
/// What nobody holds is let go as soon as no stage reads it. Arrays become ready one after the other, so
/// what is done stays done when it is interrupted or memory runs out.
pub(crate) fn run(
    graph: Graph,
    recipe: &Recipe,
    device: &Arc<dyn Device>,
    interrupted: &mut dyn FnMut() -> bool,
) -> Result<(), Error> {
    let mut run = Run::new(graph, recipe, device);
    // A single kernel looks after itself.
    let mut looked = (recipe.stages.len() > 1).then(Instant::now);
    for stage in &recipe.stages {
        if let Some(since) = &mut looked
            && since.elapsed() > LOOK
        {
            *since = Instant::now();
            if interrupted() {
                return Err(DeviceError::Interrupted.into());
            }
        }
        run.stage(stage, interrupted)?;
    }
    Ok(())
}

struct Run<'r> {
    device: &'r Arc<dyn Device>,
    /// What becomes ready.
    arrays: Vec<Option<Array>>,
    /// Where vertices lie that are in memory: what keeps it, and how many bytes into it they begin.
    storages: Vec<Option<(Arc<Storage>, isize)>>,
    scalars: Vec<Option<Scalar>>,
    /// Which of them have memory that a changed copy may take over.
    lent: Vec<usize>,
}

impl<'r> Run<'r> {
    fn new(graph: Graph, recipe: &Recipe, device: &'r Arc<dyn Device>) -> Self {
        let count = graph.vertices.len();
        let mut written = vec![false; count];
        for output in recipe.stages.iter().flat_map(|stage| &stage.outputs) {
            written[output.vertex] = true;
        }
        let mut arrays = Vec::with_capacity(count);
        let mut storages = Vec::with_capacity(count);
        let mut scalars = Vec::with_capacity(count);
        for (vertex, written) in graph.vertices.into_iter().zip(written) {
            let (storage, scalar) = match vertex.source {
                Source::Leaf(data) => (Some((data.storage, data.layout.offset())), None),
                Source::Operation(operation) => (None, scalar(&operation)),
            };
            storages.push(storage);
            scalars.push(scalar);
            // Others are held by those who use them.
            arrays.push(written.then_some(vertex.array));
        }
        Self { device, arrays, storages, scalars, lent: Vec::new() }
    }

    fn stage(&mut self, stage: &Stage, interrupted: &mut dyn FnMut() -> bool) -> Result<(), Error> {
        let mut launches = &stage.launches[..];
        let taken = stage.over.filter(|base| self.lent.contains(base));
        let taken = taken.and_then(|base| self.storages[base].take());
        for output in &stage.outputs {
            let storage = match &taken {
                Some((storage, _)) => {
                    launches = &launches[1..];
                    storage.clone()
                }
                None => self.allocate(output.vertex, &output.layout)?,
            };
            self.storages[output.vertex] = Some((storage, 0));
        }
        for launch in launches {
            self.launch(launch, interrupted)?;
        }
        for output in &stage.outputs {
            let array = self.arrays[output.vertex].take();
            // Held by this list and by the copy: nobody will ask for it.
            if output.lent && array.as_ref().is_some_and(|array| array.holders() == 2) {
                // It stays a promise, for its memory will hold something else.
                self.lent.push(output.vertex);
                continue;
            }
            if let (Some(array), Some((storage, _))) = (array, &self.storages[output.vertex]) {
                let (storage, layout) = (storage.clone(), output.layout.clone());
                array.become_ready(Data { storage, layout });
            }
        }
        for &vertex in &stage.last {
            self.storages[vertex] = None;
        }
        Ok(())
    }

    fn allocate(&self, vertex: usize, layout: &Layout) -> Result<Arc<Storage>, Error> {
        let bytes = layout.count() * layout.dtype().size();
        self.device.allocate(bytes).map_err(|error| {
            let what = self.arrays[vertex].as_ref().map_or("an array", Array::operation_name);
            Error::new(
                ErrorKind::Memory,
                format!(
                    "{what}: the result of shape {} and type {} takes {}: {error}",
                    tuple(layout.shape()),
                    layout.dtype(),
                    in_words(bytes)
                ),
            )
        })
    }

    fn launch(&self, launch: &Launch, interrupted: &mut dyn FnMut() -> bool) -> Result<(), Error> {
        let argument = |slot: &Slot| match slot {
            Slot::Known(argument) => argument.clone(),
            Slot::Scalar(vertex) => {
                Argument::Scalar(self.scalars[*vertex].expect("the same everywhere"))
            }
            Slot::Buffer(vertex, layout) => {
                let (storage, shift) =
                    self.storages[*vertex].as_ref().expect("what is seen is in memory");
                Argument::Buffer(Place::shifted(storage.clone(), layout.clone(), *shift))
            }
        };
        let arguments: Vec<_> = launch.arguments.iter().map(argument).collect();
        launch.executable.launch(&arguments, interrupted)?;
        // Now there is code.
        launch.prepared.get_or_init(|| {
            let operands = launch.arguments.iter().map(|slot| match slot {
                Slot::Known(_) => None,
                Slot::Scalar(vertex) | Slot::Buffer(vertex, _) => Some(*vertex),
            });
            let operands: Vec<_> = operands.collect();
            Prepared::new(&*launch.executable, &arguments, &operands)
        });
        Ok(())
    }
}
