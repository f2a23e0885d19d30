//! What a function knows of its loops while it is written.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use ir::{Buffer, Kernel, Op, Operands, ParameterKind, Statement, Value};

use crate::access::Site;
use crate::call::Calls;
use crate::emitter::Emitter;
use crate::held::Held;
use crate::structure::TOLD;
use crate::text::{Label, Operand};
use crate::varying::Varying;

/// State of loops.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "none of them follows from another")]
pub(crate) struct Loops<'k> {
    /// Whether the kernel is one of loops and choices, as compiled Python is.
    pub(crate) structured: bool,
    /// The kinds of values in the loop that runs in lanes now.
    pub(crate) varying: Option<Rc<Varying<'k>>>,
    /// Whether parallel loops are launches of their own.
    pub(crate) launches: bool,
    /// The functions of those, so far.
    pub(crate) regions: Vec<String>,
    /// Where a loop in lanes goes on in which a check does not hold in all of them.
    pub(crate) otherwise: Option<Label>,
    /// How many loops stand around what is written now.
    pub(crate) depth: usize,
    /// Whether iterations are counted, so that the function can be stopped.
    pub(crate) counting: bool,
    /// Where the count is kept.
    pub(crate) countdown: Option<Operand>,
    /// What calls of functions need beside their arguments.
    pub(crate) calls: Option<Calls>,
    /// Names of loops, and how they run.
    pub(crate) ways: Vec<(String, String)>,
    /// Whether some loop ran in lanes.
    pub(crate) in_lanes: bool,
    /// The ops of the kernel by their results, once they were asked for.
    pub(crate) ops: Option<HashMap<Value, (Op, Operands)>>,
    /// Values that are about as large as the length of an array, once they were asked for.
    pub(crate) lengths: Option<HashSet<Value>>,
    /// Where a condition says so: values that are not negative, and those that are no larger than one of those.
    pub(crate) bounded: [Vec<Value>; 2],
}

impl Loops<'_> {
    pub(crate) fn of(kernel: &Kernel) -> Self {
        Self { structured: is_structured(kernel), ..Self::default() }
    }

    /// The function can be stopped, if it is one of loops.
    pub(crate) fn counts(&mut self) {
        self.counting = self.structured;
    }
}

/// Whether a kernel has more than one parallel loop or reduction over straight statements.
pub(crate) fn is_structured(kernel: &Kernel) -> bool {
    let structured = |statement: &Statement| match statement {
        Statement::For(it) => !it.parallel,
        Statement::If(_) | Statement::While(_) | Statement::Check { .. } | Statement::Call(_) => {
            true
        }
        _ => false,
    };
    let loops = |statement: &&Statement| matches!(statement, Statement::For(_));
    kernel.blocks.iter().any(|block| block.statements.iter().any(structured))
        || kernel.blocks.iter().flat_map(|block| &block.statements).filter(loops).count() > 1
}

/// Numbers of metadata below this belong to others.
const FIRST: usize = 100;

/// What LLVM is told of buffers that share no memory: a scope each, and for each the list of the others.
pub(crate) fn scopes(kernel: &Kernel) -> String {
    let mut lines = vec![format!("!{FIRST} = distinct !{{!{FIRST}}}")];
    let buffers: Vec<_> = kernel
        .parameters
        .iter()
        .enumerate()
        .filter(|(_, it)| matches!(it.kind, ParameterKind::Buffer(_)))
        .map(|(place, _)| place)
        .collect();
    let scope = |place: usize| FIRST + 1 + 3 * place;
    for &place in &buffers {
        let own = scope(place);
        let others: Vec<_> = buffers
            .iter()
            .filter(|&&other| other != place)
            .map(|&other| format!("!{}", scope(other)))
            .collect();
        lines.push(format!("!{own} = distinct !{{!{own}, !{FIRST}}}"));
        lines.push(format!("!{} = !{{!{own}}}", own + 1));
        lines.push(format!("!{} = !{{{}}}", own + 2, others.join(", ")));
    }
    lines.join("\n")
}

/// Loops of which LLVM is told something are told apart by numbers from here on.
const LOOPS: usize = 1_000_000;

/// The text of functions with a number for each such loop, and what the numbers mean.
pub(crate) fn numbered(functions: &str) -> (String, String) {
    let mut parts = functions.split(TOLD);
    let mut text = vec![parts.next().unwrap_or_default().to_owned()];
    let mut meanings = Vec::new();
    for (place, part) in parts.enumerate() {
        let (words, rest) = part.split_once('\n').unwrap_or((part, ""));
        let number = LOOPS + place;
        text.push(format!("!llvm.loop !{number}\n{rest}"));
        meanings.push(format!("!{number} = distinct !{{!{number}, {words}}}\n"));
    }
    (text.concat(), meanings.concat())
}

impl<'k> Emitter<'k> {
    /// Say of the lines since `from` which buffer they read or write.
    pub(crate) fn tag(&mut self, from: usize, buffer: Buffer) {
        if self.loops.structured && !self.kernel.overlapping {
            let own = FIRST + 2 + 3 * buffer.index();
            self.text.tag(from, &format!(", !alias.scope !{own}, !noalias !{}", own + 1));
        }
    }

    /// The ops of the kernel by their results.
    pub(crate) fn ops(&mut self) -> &HashMap<Value, (Op, Operands)> {
        let kernel = self.kernel;
        self.loops.ops.get_or_insert_with(|| {
            let statements = kernel.blocks.iter().flat_map(|it| &it.statements);
            let ops = statements.filter_map(|it| match it {
                Statement::Op { result, op, operands } => Some((*result, (*op, *operands))),
                _ => None,
            });
            ops.collect()
        })
    }

    /// The kinds of values, in a loop in lanes.
    pub(crate) fn varying(&self) -> Rc<Varying<'k>> {
        self.loops.varying.clone().expect("only a loop in lanes asks")
    }

    pub(crate) fn snapshot(&self) -> Vec<Option<Held>> {
        self.held.clone()
    }

    pub(crate) fn restore(&mut self, held: Vec<Option<Held>>) {
        self.held = held;
    }

    pub(crate) fn swap(&mut self, held: &mut Vec<Option<Held>>) {
        std::mem::swap(&mut self.held, held);
    }

    /// An element of its own for each lane, also where it is the same one.
    pub(crate) fn spread(&mut self, site: Site) -> Site {
        let Some(address) = site.single() else { return site };
        if self.lanes == 1 {
            return site;
        }
        let (address, lanes) = (self.text.show(address, 1), self.lanes);
        let all = self.text.define(format_args!(
            "getelementptr i8, ptr {address}, <{lanes} x i64> zeroinitializer"
        ));
        site.scattered(all)
    }
}
