//! What became of a kernel's loops, in words.

use ir::analysis::{Iterations, iterations};
use ir::{BlockId, For, Kernel, Statement};

use crate::{Unsupported, compile};

/// What a loop became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The name of its first index without what copies add; none where it has none.
    pub label: Option<String>,
    /// How many loops stand around it.
    pub depth: usize,
    /// In words.
    pub words: String,
}

/// Give each loop whose body is a block of the list, and its copies, a name.
#[must_use]
pub fn labelled(kernel: &Kernel, labels: &[(BlockId, String)]) -> Kernel {
    let mut kernel = kernel.clone();
    for (block, label) in labels {
        let first = kernel.blocks.get(block.index()).and_then(|it| it.arguments.first().copied());
        if let Some(first) = first {
            kernel.values[first.index()].name = Some(format!("{label}_of_{}", block.index()));
        }
    }
    kernel
}

fn label(kernel: &Kernel, block: BlockId) -> Option<String> {
    let first = kernel.block(block).arguments.first()?;
    kernel.values[first.index()].name.clone()
}

fn short(label: Option<String>) -> Option<String> {
    Some(label?.split_once("_of_")?.0.to_owned())
}

/// What became of each loop of a kernel that was improved, in the order of the text.
///
/// # Errors
///
/// As [`compile`].
pub fn report(kernel: &Kernel, vector_bytes: usize) -> Result<Vec<Told>, Unsupported> {
    let ways = compile(kernel, vector_bytes)?.ways;
    let mut found = Vec::new();
    for root in kernel.roots() {
        walk(kernel, root, &ways, (0, false), &mut found);
    }
    Ok(found)
}

fn walk(
    kernel: &Kernel,
    block: BlockId,
    ways: &[(String, String)],
    (depth, lanes): (usize, bool),
    found: &mut Vec<Told>,
) {
    for statement in &kernel.block(block).statements {
        let mut tell = |block: BlockId, words: String| {
            found.push(Told { label: short(label(kernel, block)), depth, words });
        };
        let (mut deeper, mut inside) = (depth + 1, lanes);
        match statement {
            Statement::For(it) => {
                let words = counting(kernel, it, ways);
                inside |= words.contains("in lanes, ");
                tell(it.body, words);
            }
            Statement::Reduce(it) => {
                let mut names: Vec<_> = it.combiners.iter().map(|it| it.name()).collect();
                names.dedup();
                let checks = count_checks(kernel, it.body);
                tell(
                    it.body,
                    format!(
                        "on all cores; {} of all turns in an order that their number fixes{}",
                        names.join(" and "),
                        checked(checks)
                    ),
                );
            }
            Statement::While(it) => {
                let checks = count_checks(kernel, it.test) + count_checks(kernel, it.body);
                let turns = if lanes {
                    "all lanes at once, until the last of them has left"
                } else {
                    "one turn after the other"
                };
                tell(it.test, format!("{turns}{}", checked(checks)));
            }
            Statement::If(it) => {
                let checks = |block| count_checks(kernel, block);
                let loops = |block| count_loops(kernel, block);
                if loops(it.then) > 0
                    && loops(it.otherwise) > 0
                    && checks(it.then) < checks(it.otherwise)
                {
                    let first = first_loop(kernel, it.then);
                    found.push(Told {
                        label: first.and_then(|it| short(label(kernel, it))),
                        depth,
                        words: versions(checks(it.then), checks(it.otherwise)),
                    });
                    walk(kernel, it.then, ways, (depth, lanes), found);
                    continue; // the other one is the loop as it was written
                }
                deeper = depth;
            }
            _ => {}
        }
        for inner in statement.blocks() {
            walk(kernel, inner, ways, (deeper, inside), found);
        }
    }
}

fn versions(few: usize, many: usize) -> String {
    let first = if few == 0 { "without checks".to_owned() } else { format!("with {few} checks") };
    format!(
        "two versions: {first} where lengths and numbers allow it, which is asked before; else with {many}"
    )
}

fn checked(checks: usize) -> String {
    match checks {
        0 => String::new(),
        1 => "; 1 check inside".to_owned(),
        _ => format!("; {checks} checks inside"),
    }
}

fn counting(kernel: &Kernel, it: &For, ways: &[(String, String)]) -> String {
    let own = label(kernel, it.body);
    let way = own.as_ref().and_then(|own| ways.iter().find(|it| it.0 == *own));
    let way = way.map(|it| it.1.as_str()).filter(|it| !it.is_empty());
    let checks = count_checks(kernel, it.body);
    let mut words = Vec::new();
    if it.parallel {
        words.push("on all cores".to_owned());
    }
    match way {
        Some(way) => words.push(way.to_owned()),
        None if it.parallel => {}
        None if it.lanes && count_loops(kernel, it.body) > 0 => {
            words.push(
                "one turn after the other, though independent: see the loops inside".to_owned(),
            );
        }
        None if it.lanes => {
            words.push(
                "one turn after the other: independent, but what it does has no form in lanes"
                    .to_owned(),
            );
        }
        None => words.push(format!("one turn after the other: {}", hindrance(kernel, it, checks))),
    }
    words.join(", ") + &checked(checks)
}

/// Why the turns of a loop are not lanes.
fn hindrance(kernel: &Kernel, it: &For, checks: usize) -> String {
    if kernel.overlapping {
        return "the arrays may overlap".to_owned();
    }
    match it.start.len() {
        0 => {}
        1 => return "it carries a value from turn to turn".to_owned(),
        count => return format!("it carries {count} values from turn to turn"),
    }
    if checks > 0 {
        return "what is checked inside must end it in order".to_owned();
    }
    match iterations(kernel, it) {
        Iterations::Racing(race) => {
            let name = kernel.parameters.get(race.buffer.index()).map_or("an array", |it| &it.name);
            let does = if race.both_store { "write" } else { "write and read" };
            format!("turns {does} the same elements of {name}")
        }
        Iterations::Unknown => "its turns are not proved to be independent".to_owned(),
        Iterations::Independent => "nothing in it is worth lanes".to_owned(),
    }
}

fn count_checks(kernel: &Kernel, block: BlockId) -> usize {
    let statements = &kernel.block(block).statements;
    let inner = statements.iter().flat_map(Statement::blocks);
    let here = statements.iter().filter(|it| matches!(it, Statement::Check { .. })).count();
    here + inner.map(|it| count_checks(kernel, it)).sum::<usize>()
}

fn is_loop(statement: &Statement) -> bool {
    matches!(statement, Statement::For(_) | Statement::Reduce(_) | Statement::While(_))
}

fn count_loops(kernel: &Kernel, block: BlockId) -> usize {
    let statements = &kernel.block(block).statements;
    let inner = statements.iter().flat_map(Statement::blocks);
    let here = statements.iter().filter(|it| is_loop(it)).count();
    here + inner.map(|it| count_loops(kernel, it)).sum::<usize>()
}

fn first_loop(kernel: &Kernel, block: BlockId) -> Option<BlockId> {
    kernel.block(block).statements.iter().find_map(|it| match it {
        _ if is_loop(it) => it.blocks().next(),
        _ => it.blocks().find_map(|inside| first_loop(kernel, inside)),
    })
}
