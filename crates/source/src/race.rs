//! Turns of `prange` that meet at an element: what is proved to is refused.

use std::sync::Arc;

use ir::analysis::{Iterations, Race, iterations};
use ir::{Axis, BlockId, Buffer, For, Kernel, Place, Statement, Value};
use ruff_text_size::TextRange;

use crate::{Refusal, Unit};

/// A place in a source.
pub(crate) type Site = (Arc<Unit>, TextRange);

/// A load or store: the element, and the value that it is or becomes.
pub(crate) type Touched = (Buffer, Vec<Value>, Value);

/// Refuse loops whose turns are proved to store what others store or load.
pub(crate) fn refuse(
    kernel: &Kernel,
    turns: &[(BlockId, Site)],
    touched: &[(Touched, Site)],
) -> Result<(), Box<Refusal>> {
    for statement in kernel.blocks.iter().flat_map(|it| &it.statements) {
        let (axes, body) = match statement {
            Statement::For(it) if it.parallel => (&it.axes, it.body),
            Statement::Reduce(it) => (&it.axes, it.body),
            _ => continue,
        };
        let Some((_, site)) = turns.iter().find(|it| it.0 == body) else { continue };
        // What a reduction stores is looked at like what a loop stores.
        let (axes, start, results) = (axes.clone(), Vec::new(), Vec::new());
        let one = For { parallel: true, lanes: false, axes, start, body, results };
        if let Iterations::Racing(race) = iterations(kernel, &one) {
            return Err(refusal(kernel, &one.axes, &race, site, touched));
        }
    }
    Ok(())
}

fn refusal(
    kernel: &Kernel,
    axes: &[Axis],
    race: &Race,
    turns: &Site,
    touched: &[(Touched, Site)],
) -> Box<Refusal> {
    let site = |place: Place| {
        let Place::Statement(block, position) = place else { return turns };
        let element = match &kernel.block(block).statements[position] {
            Statement::Store { buffer, index, value } => (*buffer, index, *value),
            Statement::Load { buffer, index, result } => (*buffer, index, *result),
            _ => return turns,
        };
        let same = |it: &&(Touched, Site)| (it.0.0, &it.0.1, it.0.2) == element;
        touched.iter().find(same).map_or(turns, |it| &it.1)
    };
    let (store, other) = (site(race.store), site(race.other));
    let turn = |at: &[i64]| {
        let plain = axes.first().is_some_and(|it| it.begin.is_none() && it.step.is_none());
        let at = at.first().copied().unwrap_or(0);
        if plain { format!("turn {at}") } else { format!("turn {at} (counted from 0)") }
    };
    let name = kernel
        .parameters
        .get(race.buffer.index())
        .map_or_else(|| "an array".to_owned(), |it| it.name.clone());
    let does = if race.both_store { "writes it too" } else { "reads it" };
    let line = other.0.line_of(other.1);
    let message = format!(
        "{} of prange writes an element of {name} here, and {} {does} (line {line})",
        turn(&race.iterations.0),
        turn(&race.iterations.1),
    );
    let hint = "turns of prange run at once, so the result depends on chance: write to elements that \
                no other turn touches, or use range";
    Refusal::at(&store.0, store.1, message, hint)
}
