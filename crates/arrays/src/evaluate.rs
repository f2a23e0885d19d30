//! Computing arrays.

use memory::Layout;

use crate::build::build;
use crate::graph::Graph;
use crate::plan::{Form, Plan};
use crate::recipe::{Recipe, leaves};
use crate::run::run;
use crate::shelf;
use crate::write::write;
use crate::{Array, Error};

/// Compute arrays, all in one go; what several of them need is computed once.
///
/// One evaluation at a time: what two threads ask for at once is computed once. `interrupted` is
/// asked now and then whether to give up; the arrays stay as they are then.
pub fn evaluate(arrays: &[Array], interrupted: &mut dyn FnMut() -> bool) -> Result<(), Error> {
    if arrays.iter().all(Array::is_ready) {
        return Ok(());
    }
    let _turn = shelf::turn().take(interrupted)?;
    // By now another thread may have computed some of them.
    let graph = if let [array] = arrays {
        Graph::of(std::slice::from_ref(array))
    } else {
        let waiting: Vec<_> = arrays.iter().filter(|it| !it.is_ready()).cloned().collect();
        Graph::of(&waiting)
    };
    let device = shelf::device();
    let recipe = shelf::recipe(&graph.signature(), || Recipe::of(&graph, &device))?;
    run(graph, &recipe, &device, interrupted)
}

/// The kernels that arrays become, in the text form of the loop language.
pub fn explain(arrays: &[Array]) -> Result<String, Error> {
    let pending: Vec<_> = arrays.iter().filter(|array| !array.is_ready()).cloned().collect();
    let graph = Graph::of(&pending);
    let plan = Plan::of(&graph);
    let mut layouts = leaves(&graph);
    let mut texts = Vec::new();
    for &number in &plan.order {
        let pass = &plan.passes[number];
        if pass.form == Form::Update {
            let vertex = pass.outputs[0];
            let array = &graph.vertices[vertex].array;
            texts.push(format!("// {array:?}: a copy of an array with a part changed\n"));
            layouts[vertex] = Some(Layout::contiguous(array.dtype(), array.shape())?);
            continue;
        }
        let written = write(&graph, &plan, number, &layouts);
        let kernel = build(&written.program)
            .map_err(|invalid| Error::new(crate::ErrorKind::Internal, invalid.to_string()))?;
        texts.push(kernel.to_string());
        for (&vertex, layout) in pass.outputs.iter().zip(written.layouts) {
            layouts[vertex] = Some(layout);
        }
    }
    if texts.is_empty() {
        return Ok("// nothing runs: the elements lie in memory\n".into());
    }
    Ok(texts.join("\n"))
}
