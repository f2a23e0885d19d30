//! A kernel to the text of an LLVM module.

use std::collections::BTreeSet;

use ir::elementary::Function;
use ir::{BlockId, Kernel, Reduce, Statement, Stride};
use memory::DType;

use crate::access::FETCH;
use crate::call::routine;
use crate::elementary::Writer;
use crate::emitter::{Emitter, Exact, Lanes};
use crate::forward::forward;
use crate::frame::LENGTH;
use crate::loops::{is_structured, numbered, scopes};
use crate::pairs::pairs;
use crate::shorten::shorten;
use crate::split::Split;
use crate::structure::number;
use crate::text::{Operand, Text, Type};
use crate::{Compiled, ExactModule, Unsupported, remainder};

/// What a kernel's body is made of.
enum Shape<'k> {
    /// A parallel loop after statements that only compute.
    Parallel(&'k [Statement], &'k ir::For),
    /// A reduction between statements that only compute, and stores of its results.
    Reduction(&'k [Statement], &'k Reduce, &'k [Statement]),
    /// Anything else, in one block.
    Sequence,
}

fn shape(kernel: &Kernel) -> Shape<'_> {
    let statements = &kernel.block(kernel.body).statements;
    let computes = |statement: &Statement| {
        matches!(
            statement,
            Statement::Constant { .. } | Statement::Op { .. } | Statement::Lookup { .. }
        )
    };
    let Some(main) = statements.iter().position(|it| !computes(it)) else { return Shape::Sequence };
    let (before, rest) = statements.split_at(main);
    match rest.split_first() {
        Some((Statement::For(it), [])) if it.parallel => Shape::Parallel(before, it),
        Some((Statement::Reduce(it), after))
            if after.iter().all(|it| computes(it) || matches!(it, Statement::Store { .. }))
                && !checks(kernel, it.body) =>
        {
            Shape::Reduction(before, it, after)
        }
        _ => Shape::Sequence,
    }
}

/// Whether a check stands in a block: then values are taken in order.
fn checks(kernel: &Kernel, block: BlockId) -> bool {
    kernel.block(block).statements.iter().any(|it| {
        matches!(it, Statement::Check { .. } | Statement::Call(_))
            || it.blocks().any(|inside| checks(kernel, inside))
    })
}

/// How many lanes fit the kernel: as many of its widest numbers as a register holds.
fn width(kernel: &Kernel, vector_bytes: usize) -> u32 {
    let mut widest = 1;
    for block in &kernel.blocks {
        for statement in &block.statements {
            let value = match statement {
                Statement::Load { result, .. } => *result,
                Statement::Store { value, .. } => *value,
                Statement::Op { result, .. } if !kernel.dtype(*result).is_integer() => *result,
                _ => continue,
            };
            widest = widest.max(kernel.dtype(value).size());
        }
    }
    (vector_bytes / widest.max(1)).clamp(2, 64) as u32
}

/// How the blocks of a kernel are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Plain,
    /// Whole vectors are stored past the caches.
    Streaming,
    /// A point's reduction is many blocks.
    Split,
    /// Many points' reductions run side by side.
    Short,
    /// Points that lie closer in memory than their values are columns.
    Across,
    /// A reduction is read across the order of its values.
    Turned,
    /// A reduction of more blocks than it keeps results of at once.
    Rounds,
}

/// Compile a kernel for vector registers of so many bytes.
///
/// # Errors
///
/// [`Unsupported`] where a kernel uses what only the interpreter runs so far.
pub fn compile(kernel: &Kernel, vector_bytes: usize) -> Result<Compiled, Unsupported> {
    written(kernel, vector_bytes, How::Plain)
}

/// As [`compile`], with stores that go past the caches, for results that do not fit them: the same
/// results. For kernels that [`Compiled::streams`] says it of.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_streaming(kernel: &Kernel, vector_bytes: usize) -> Result<Compiled, Unsupported> {
    written(kernel, vector_bytes, How::Streaming)
}

/// As [`compile`], with each reduction in pieces, for few points of many values: the same results. For
/// kernels that [`Compiled::splits`] says it of.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_split(kernel: &Kernel, vector_bytes: usize) -> Result<Compiled, Unsupported> {
    written(kernel, vector_bytes, How::Split)
}

/// As [`compile`], with the reductions of as many points as there are lanes side by side, for many points of
/// at most [`SHORT`](crate::SHORT) values: the same results. For kernels whose [`Compiled::short`] says how
/// many values that are.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_short(kernel: &Kernel, vector_bytes: usize) -> Result<Compiled, Unsupported> {
    written(kernel, vector_bytes, How::Short)
}

/// As [`compile`], reading along the first axis of a reduction, whose values are numbered along the last, for
/// at least [`TURNED`](crate::TURNED) values along all but the first: the same results. For kernels whose
/// [`Compiled::turned`] says how many values that are.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_turned(kernel: &Kernel, vector_bytes: usize) -> Result<Compiled, Unsupported> {
    written(kernel, vector_bytes, How::Turned)
}

/// As [`compile`], with a reduction in rounds of [`MANY`](crate::MANY) blocks, which keeps the results of so many
/// and no more: the same results. For kernels with [`Compiled::scratch`] that are not in pieces or turned.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_rounds(kernel: &Kernel, vector_bytes: usize) -> Result<Compiled, Unsupported> {
    written(kernel, vector_bytes, How::Rounds)
}

/// As [`compile`], with the points of a loop as columns, for points that lie closer in memory than the values
/// that each reduces: the same results. For kernels whose [`Compiled::across`] says what to look at.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_across(kernel: &Kernel, vector_bytes: usize) -> Result<Compiled, Unsupported> {
    written(kernel, vector_bytes, How::Across)
}

/// The places of the parameters that say how long these axes are, which begin at 0 and go by 1.
pub(crate) fn extents(kernel: &Kernel, axes: &[ir::Axis]) -> Option<Vec<usize>> {
    let place = |axis: &ir::Axis| {
        let end = ir::ParameterKind::Extent(axis.end);
        let place = kernel.parameters.iter().position(|it| it.kind == end);
        place.filter(|_| axis.begin.is_none() && axis.step.is_none())
    };
    axes.iter().map(place).collect()
}

/// The extents among the parameters whose product is how many values each point of a loop reduces, where the
/// points are not lanes anyway but could be.
fn short(e: &Emitter<'_>, it: &ir::For) -> Option<Vec<usize>> {
    if e.kernel.overlapping || e.columns_of(it).is_some() {
        return None;
    }
    extents(e.kernel, &e.short_of(it)?.reduce.axes)
}

/// Whether a loop in lanes stores elements one after the other.
fn stores_along(kernel: &Kernel, it: &ir::For) -> bool {
    let index = kernel.block(it.body).arguments.last();
    kernel.block(it.body).statements.iter().any(|statement| match statement {
        Statement::Store { buffer, index: at, .. } => {
            let along = |ty: &ir::BufferType| match &ty.strides[..] {
                [.., Stride::Pair, Stride::Unit] => at.get(at.len() - 2) == index,
                strides => strides.last() == Some(&Stride::Unit) && at.last() == index,
            };
            kernel.buffer(*buffer).is_some_and(along)
        }
        _ => false,
    })
}

fn written(kernel: &Kernel, vector_bytes: usize, how: How) -> Result<Compiled, Unsupported> {
    let mut kernel = &ir::lower_except(kernel, remainder::is_one);
    let forwarded;
    if is_structured(kernel) {
        forwarded = {
            let mut kernel = forward(kernel);
            shorten(&mut kernel);
            kernel
        };
        kernel = &forwarded;
    }
    let paired = pairs(kernel)?;
    kernel = paired.as_ref().unwrap_or(kernel);
    let streams = how == How::Streaming;
    let width = Lanes { width: width(kernel, vector_bytes), masks: vector_bytes == 64, how };
    let mut can_stream = false;
    let mut can_split = false;
    let mut can_short = None;
    let mut can_turn = None;
    let mut can_cross = None;
    let mut weighs = false;
    let mut written = Module::default();
    let mut scratch = 0;
    let words;
    match shape(kernel) {
        Shape::Parallel(before, it) if how == How::Split => {
            (words, scratch) = written.pieces(kernel, width, before, it)?;
        }
        Shape::Parallel(before, it) => {
            let mut in_lanes = false;
            written.function("kernel", kernel, width, |e| {
                e.loops.counts();
                e.rows(before)?;
                let (begin, end) = range();
                e.parallel(it, begin, end)?;
                if streams {
                    // Such stores are ordered by nothing else.
                    e.text.line("fence seq_cst");
                }
                in_lanes = e.loops.in_lanes || e.lies_in_lanes(it);
                Ok(number(0))
            })?;
            words = written.function("count", kernel, width, |e| {
                e.rows(before)?;
                can_split = !kernel.overlapping && e.split_of(it).is_some();
                can_stream =
                    !kernel.overlapping && e.is_straight(it.body) && stores_along(kernel, it);
                can_short = short(e, it);
                can_cross = e.across_of(it);
                let (answer, says) = e.count_or_effort(it, in_lanes);
                weighs = says;
                Ok(answer)
            })?;
        }
        Shape::Reduction(before, it, after) if how != How::Rounds => {
            let e = Emitter::new(kernel, width, Vec::new());
            let turns = !kernel.overlapping && e.turns_of(it);
            if how == How::Turned && turns {
                (words, scratch) = written.turned(kernel, width, (before, it, after))?;
            } else {
                can_turn = extents(kernel, &it.axes[1..]).filter(|_| turns);
                (words, scratch) = written.reduction(kernel, width, (before, it, after))?;
            }
        }
        Shape::Reduction(..) | Shape::Sequence => {
            words = written.function("count", kernel, width, |_| Ok(number(1)))?;
            written.function("kernel", kernel, width, |e| {
                e.loops.launches = true;
                e.loops.counts();
                e.any(kernel.body)?;
                Ok(number(0))
            })?;
        }
    }
    for function in 0..kernel.functions.len() {
        written.routine(kernel, width, function)?;
    }
    let mut text = module(&written.outside, &written.functions);
    if is_structured(kernel) {
        // The first line tells the assembler how much of its time they are worth.
        let kind = if written.in_lanes { "lanes" } else { "loops" };
        text = format!("; {kind}\n{text}{}\n", scopes(kernel));
    }
    let exacts = written.exacts.into_iter();
    let exacts = exacts.map(|it| ExactModule { text: exact(it), late: it.late }).collect();
    Ok(Compiled {
        text,
        exacts,
        words,
        scratch,
        stack: written.stack,
        streams: can_stream,
        splits: can_split,
        short: can_short,
        turned: can_turn,
        across: can_cross,
        weighs,
        ways: written.ways,
    })
}

fn split<'k>(e: &Emitter<'k>, it: &'k ir::For) -> Result<Split<'k>, Unsupported> {
    e.split_of(it).ok_or_else(|| Unsupported::new("a loop that is not one reduction, in pieces"))
}

/// The first and last block that a call runs: the second and third argument.
fn range() -> (Operand, Operand) {
    (Operand::Argument("begin"), Operand::Argument("end"))
}

/// Where a part of a block's result lies in the scratch memory, 16 bytes each.
pub(crate) fn slot(
    e: &mut Emitter<'_>,
    scratch: &str,
    block: Operand,
    parts: usize,
    place: usize,
) -> Operand {
    let block = e.text.show(block, 1);
    e.text.define(format_args!(
        "getelementptr inbounds [{parts} x i128], ptr {scratch}, i64 {block}, i64 {place}"
    ))
}

#[derive(Default)]
struct Module {
    /// Whether some loop of a structured kernel runs in lanes.
    in_lanes: bool,
    /// Bytes of the stack that the largest function takes.
    stack: usize,
    /// How loops with names run.
    ways: Vec<(String, String)>,
    exacts: Vec<Exact>,
    outside: BTreeSet<String>,
    functions: String,
}

impl Module {
    /// Write the functions of a reduction and what is around it; the words of their frame, and bytes of scratch
    /// memory a block.
    fn reduction<'k>(
        &mut self,
        kernel: &'k Kernel,
        width: Lanes,
        (before, it, after): (&'k [Statement], &'k Reduce, &'k [Statement]),
    ) -> Result<(usize, usize), Unsupported> {
        let (mut words, mut scratch) = (0, 0);
        self.function("count", kernel, width, |e| {
            e.rows(before)?;
            let count = e.points(it);
            Ok(e.blocks_of(count))
        })?;
        self.function("kernel", kernel, width, |e| {
            e.may_end = false;
            e.rows(before)?;
            let parts = e.parts(it)?;
            let count = e.points(it);
            let (begin, end) = range();
            let memory = e.frame.scratch(&mut e.text);
            e.remember_best(it);
            let block = e.text.begin_count(begin, end, 1);
            words = e.frame.words;
            scratch = 16 * parts.len();
            if let Some(truth) = e.deciding(it) {
                e.deciding_block(it, truth, count, block.index, &memory)?;
            } else {
                let found = e.block(it, count, block.index)?;
                for (place, (part, value)) in parts.iter().zip(found).enumerate() {
                    let room = slot(e, &memory, block.index, parts.len(), place);
                    e.put(room, part.dtype, value);
                }
            }
            e.text.end_count(&block);
            Ok(number(0))
        })?;
        self.function("finish", kernel, width, |e| {
            e.rows(before)?;
            let parts = e.parts(it)?;
            let (begin, end) = range();
            let memory = e.frame.scratch(&mut e.text);
            e.join_blocks(it, &parts, &memory, begin, end)?;
            e.rows(after)?;
            Ok(number(0))
        })?;
        Ok((words, scratch))
    }

    /// Write the functions of a reduction that is read across the order of its values; the words of their frame,
    /// and bytes of scratch memory a block.
    fn turned<'k>(
        &mut self,
        kernel: &'k Kernel,
        width: Lanes,
        (before, it, after): (&'k [Statement], &'k Reduce, &'k [Statement]),
    ) -> Result<(usize, usize), Unsupported> {
        let mut scratch = 0;
        self.function("count", kernel, width, |e| {
            e.rows(before)?;
            Ok(e.turned_count(it))
        })?;
        let words = self.function("kernel", kernel, width, |e| {
            e.may_end = false;
            e.rows(before)?;
            let parts = e.parts(it)?;
            scratch = e.turned_scratch(&parts);
            let (begin, end) = range();
            e.turned_strips(it, begin, end)?;
            Ok(number(0))
        })?;
        self.function("finish", kernel, width, |e| {
            e.rows(before)?;
            e.turned_finish(it)?;
            e.rows(after)?;
            Ok(number(0))
        })?;
        Ok((words, scratch))
    }

    /// Write the functions of a loop whose reductions run in pieces; the words of their frame, and bytes of
    /// scratch memory a piece.
    fn pieces<'k>(
        &mut self,
        kernel: &'k Kernel,
        width: Lanes,
        before: &'k [Statement],
        it: &'k ir::For,
    ) -> Result<(usize, usize), Unsupported> {
        let mut scratch = 0;
        let words = self.function("count", kernel, width, |e| {
            e.rows(before)?;
            let split = split(e, it)?;
            Ok(e.split_count(&split))
        })?;
        self.function("kernel", kernel, width, |e| {
            e.rows(before)?;
            let split = split(e, it)?;
            scratch = e.split_scratch(&split)?;
            let (begin, end) = range();
            e.split_pieces(&split, begin, end)?;
            Ok(number(0))
        })?;
        self.function("finish", kernel, width, |e| {
            e.rows(before)?;
            let split = split(e, it)?;
            e.split_finish(&split)?;
            Ok(number(0))
        })?;
        Ok((words, scratch))
    }

    /// Write a function that calls call.
    fn routine(&mut self, kernel: &Kernel, width: Lanes, place: usize) -> Result<(), Unsupported> {
        let (emitter, header) = routine(kernel, width, std::mem::take(&mut self.exacts), place)?;
        self.functions.push_str(&defined(&header, &emitter));
        self.in_lanes |= emitter.loops.in_lanes;
        self.ways.extend(emitter.loops.ways);
        self.exacts = emitter.exacts;
        self.outside.extend(emitter.text.outside);
        Ok(())
    }

    /// Write a function; answers the words of its frame.
    fn function<'k>(
        &mut self,
        name: &str,
        kernel: &'k Kernel,
        width: Lanes,
        body: impl FnOnce(&mut Emitter<'k>) -> Result<Operand, Unsupported>,
    ) -> Result<usize, Unsupported> {
        let mut emitter = Emitter::new(kernel, width, std::mem::take(&mut self.exacts));
        // Blocks are counted before there are services.
        emitter.asks = name != "count";
        let answer = body(&mut emitter)?;
        let answer = emitter.text.show(answer, 1);
        emitter.text.line(format_args!("ret i64 {answer}"));
        for region in &emitter.loops.regions {
            self.functions.push_str(region);
        }
        let header = format!("i64 @{name}(ptr noalias readonly %frame");
        self.functions.push_str(&define(&header, &emitter));
        self.in_lanes |= emitter.loops.in_lanes;
        self.stack = self.stack.max(emitter.stack);
        self.ways.append(&mut emitter.loops.ways);
        self.exacts = emitter.exacts;
        self.outside.append(&mut emitter.text.outside);
        Ok(emitter.frame.words)
    }
}

/// A function, from the beginning of its header, which names its first parameter.
pub(crate) fn define(header: &str, emitter: &Emitter<'_>) -> String {
    defined(&format!("{header}, i64 %begin, i64 %end)"), emitter)
}

/// A function, with all of its header.
fn defined(header: &str, emitter: &Emitter<'_>) -> String {
    let lines = emitter.text.body();
    // Memory of the function's own is made where it begins, once.
    let (label, rest) = lines.split_once('\n').unwrap_or((&lines, ""));
    let rooms = emitter.rooms.join("\n");
    // What is fetched must not be named by way of %rbp: machines (Granite Rapids) leave out the most of such fetches
    // in loops that compute, and 100 M values of exp(x) + 3 sin(x) take 28 ms instead of 18.
    let kept = if lines.contains(FETCH) { " \"frame-pointer\"=\"all\"" } else { "" };
    format!("define {header} #0{kept} {{\n{label}\n{rooms}\n{rest}\n}}\n\n")
}

/// A module of these functions and what they need around them.
fn module(outside: &BTreeSet<String>, functions: &str) -> String {
    let outside: Vec<_> = outside.iter().map(String::as_str).collect();
    let (functions, loops) = numbered(functions);
    format!(
        "{}\n\n{functions}\n{loops}\
         attributes #0 = {{ nounwind \"no-builtins\" \"prefer-vector-width\"=\"512\" }}\n\
         attributes #1 = {{ cold nounwind memory(inaccessiblemem: readwrite) }}\n\
         !0 = !{{!\"branch_weights\", i32 1000000, i32 1}}\n!1 = !{{}}\n!2 = !{{i32 1}}\n\
         !3 = !{{!\"llvm.loop.unroll.count\", i32 4}}\n\
         !4 = !{{!\"llvm.loop.vectorize.enable\", i1 false}}\n!5 = {LENGTH}\n",
        outside.join("\n"),
    )
}

/// The version of an op for any operands, in a module of its own.
fn exact(Exact { op, dtype, lanes, .. }: Exact) -> String {
    let ty = Type::new(dtype, lanes);
    let mut text = Text::default();
    let entry = text.label();
    text.begin(entry);
    let arguments: Vec<_> =
        ["x", "y"].into_iter().take(op.arity()).map(Operand::Argument).collect();
    let found = match (Function::named(op.name()), dtype) {
        (None, _) => remainder::exact(&mut text, op, ty, [arguments[0], arguments[1]]),
        (Some(function), DType::F32) => {
            function.exact::<_, f32>(&Writer::new(&mut text, lanes), &arguments)
        }
        (Some(function), _) => function.exact::<_, f64>(&Writer::new(&mut text, lanes), &arguments),
    };
    let found = text.show(found, lanes);
    text.line(format_args!("ret {ty} {found}"));
    let given: Vec<_> =
        arguments.iter().map(|&it| format!("{ty} {}", text.show(it, lanes))).collect();
    let body = format!("define {ty} @exact({}) #0 {{\n{}\n}}\n", given.join(", "), text.body());
    module(&text.outside, &body)
}
