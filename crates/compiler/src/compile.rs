//! A kernel to the text of an LLVM module.

use std::collections::BTreeSet;
use std::fmt::Write;

use ir::elementary::Function;
use ir::{Kernel, Reduce, Statement};
use memory::DType;

use crate::elementary::Writer;
use crate::emitter::{Emitter, Exact, exact_name};
use crate::structure::number;
use crate::text::{Operand, Text, Type};
use crate::{Compiled, Unsupported};

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
            if after.iter().all(|it| computes(it) || matches!(it, Statement::Store { .. })) =>
        {
            Shape::Reduction(before, it, after)
        }
        _ => Shape::Sequence,
    }
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

/// Compile a kernel for vector registers of so many bytes.
///
/// # Errors
///
/// [`Unsupported`] where a kernel uses what only the interpreter runs so far.
pub fn compile(kernel: &Kernel, vector_bytes: usize) -> Result<Compiled, Unsupported> {
    let width = width(kernel, vector_bytes);
    let mut module = Module { exacts: BTreeSet::new(), outside: BTreeSet::new(), functions: String::new() };
    let mut scratch = 0;
    let mut words = 0;
    match shape(kernel) {
        Shape::Parallel(before, it) => {
            words = module.function("count", kernel, width, |e| {
                e.rows(before)?;
                let cut = e.cut(it);
                Ok(cut.blocks)
            })?;
            module.function("kernel", kernel, width, |e| {
                e.rows(before)?;
                let (begin, end) = range();
                e.parallel(it, begin, end)?;
                Ok(number(0))
            })?;
        }
        Shape::Reduction(before, it, after) => {
            module.function("count", kernel, width, |e| {
                e.rows(before)?;
                let count = e.points(it);
                Ok(e.blocks_of(count))
            })?;
            module.function("kernel", kernel, width, |e| {
                e.may_end = false;
                e.rows(before)?;
                let parts = e.parts(it)?;
                let count = e.points(it);
                let (begin, end) = range();
                let block = e.text.begin_count(begin, end, 1);
                let found = e.block(it, &parts, count, block.index)?;
                words = e.frame.words;
                scratch = 16 * parts.len();
                for (place, (part, value)) in parts.iter().zip(found).enumerate() {
                    let room = slot(e, block.index, parts.len(), place);
                    e.put(room, part.dtype, value);
                }
                e.text.end_count(&block);
                Ok(number(0))
            })?;
            module.function("finish", kernel, width, |e| {
                e.rows(before)?;
                let parts = e.parts(it)?;
                let tree = e.tree(&parts);
                let (begin, end) = range();
                let block = e.text.begin_count(begin, end, 1);
                let mut found = Vec::new();
                for (place, part) in parts.iter().enumerate() {
                    let room = slot(e, block.index, parts.len(), place);
                    found.push(e.take(room, part.dtype));
                }
                e.push(it, &parts, &tree, block.index, &found)?;
                e.text.end_count(&block);
                e.collect(it, &parts, &tree, end)?;
                e.rows(after)?;
                Ok(number(0))
            })?;
        }
        Shape::Sequence => {
            words = module.function("count", kernel, width, |_| Ok(number(1)))?;
            module.function("kernel", kernel, width, |e| {
                e.any(kernel.body)?;
                Ok(number(0))
            })?;
        }
    }
    Ok(Compiled { text: module.text()?, words, scratch })
}

/// The first and last block that a call runs: the second and third argument.
fn range() -> (Operand, Operand) {
    (Operand::Argument("begin"), Operand::Argument("end"))
}

/// Where a part of a block's result lies in the scratch memory, 16 bytes each.
fn slot(e: &mut Emitter<'_>, block: Operand, parts: usize, place: usize) -> Operand {
    let words = e.frame.words;
    let scratch = e.text.define(format_args!("getelementptr inbounds i64, ptr %frame, i64 {words}"));
    let scratch = e.text.show(scratch, 1);
    let scratch = e.text.define(format_args!("load ptr, ptr {scratch}, align 8"));
    let [scratch, block] = [scratch, block].map(|it| e.text.show(it, 1));
    e.text.define(format_args!(
        "getelementptr inbounds [{parts} x i128], ptr {scratch}, i64 {block}, i64 {place}"
    ))
}

struct Module {
    exacts: BTreeSet<Exact>,
    outside: BTreeSet<String>,
    functions: String,
}

impl Module {
    /// Write a function; answers the words of its frame.
    fn function<'k>(
        &mut self,
        name: &str,
        kernel: &'k Kernel,
        width: u32,
        body: impl FnOnce(&mut Emitter<'k>) -> Result<Operand, Unsupported>,
    ) -> Result<usize, Unsupported> {
        let mut emitter = Emitter::new(kernel, width)?;
        let answer = body(&mut emitter)?;
        let answer = emitter.text.show(answer, 1);
        emitter.text.line(format_args!("ret i64 {answer}"));
        let lines = emitter.text.body();
        // Memory of the function's own is made where it begins, once.
        let (label, rest) = lines.split_once('\n').unwrap_or((&lines, ""));
        let rooms = emitter.rooms.join("\n");
        let _ = writeln!(
            self.functions,
            "define i64 @{name}(ptr noalias readonly %frame, i64 %begin, i64 %end) #0 {{\n{label}\n{rooms}\n{rest}\n}}\n"
        );
        self.exacts.append(&mut emitter.exacts);
        self.outside.append(&mut emitter.text.outside);
        Ok(emitter.frame.words)
    }

    fn text(mut self) -> Result<String, Unsupported> {
        for (name, dtype, lanes) in std::mem::take(&mut self.exacts) {
            let function = Function::named(name)
                .ok_or_else(|| Unsupported::new(format!("{name} of {}", dtype.short())))?;
            self.exact(function, dtype, lanes);
        }
        let outside: Vec<_> = self.outside.into_iter().collect();
        Ok(format!(
            "{}\n\n{}\nattributes #0 = {{ nounwind \"no-builtins\" \"prefer-vector-width\"=\"512\" }}\n\
             attributes #1 = {{ nounwind noinline cold \"no-builtins\" \"prefer-vector-width\"=\"512\" }}\n\
             !0 = !{{!\"branch_weights\", i32 1000000, i32 1}}\n!1 = !{{}}\n",
            outside.join("\n"),
            self.functions
        ))
    }

    /// Define the version of an elementary function for any argument.
    fn exact(&mut self, function: Function, dtype: DType, lanes: u32) {
        let ty = Type::new(dtype, lanes);
        let mut text = Text::default();
        let entry = text.label();
        text.begin(entry);
        let arguments: Vec<_> =
            ["x", "y"].into_iter().take(function.arity()).map(Operand::Argument).collect();
        let writer = Writer::new(&mut text, lanes);
        let found = match dtype {
            DType::F32 => function.exact::<_, f32>(&writer, &arguments),
            _ => function.exact::<_, f64>(&writer, &arguments),
        };
        let found = text.show(found, lanes);
        text.line(format_args!("ret {ty} {found}"));
        let given: Vec<_> =
            arguments.iter().map(|&it| format!("{ty} {}", text.show(it, lanes))).collect();
        let name = exact_name(function.name(), ty);
        let _ = writeln!(
            self.functions,
            "define internal {ty} {name}({}) #1 {{\n{}\n}}\n",
            given.join(", "),
            text.body()
        );
        self.outside.append(&mut text.outside);
    }
}

