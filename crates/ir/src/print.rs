//! Kernels as text.

use std::fmt::{self, Write};

use crate::{
    Axis, BlockId, Buffer, Call, Callee, Kernel, ParameterKind, Statement, Value, constant,
    kernel::Table,
};

impl fmt::Display for Kernel {
    /// The text form, which the parser reads back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printer::new(self).print(f)
    }
}

impl Kernel {
    /// First line of a statement as the text form has it, for messages.
    pub fn statement_text(&self, statement: &Statement) -> String {
        let printer = Printer::new(self);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = printer.head(&mut text, statement);
        text
    }
}

/// What is left to do once a block is printed.
enum After {
    Brace,
    Otherwise(BlockId),
    Body(BlockId),
}

struct Frame {
    block: BlockId,
    next: usize,
    after: After,
}

pub(crate) struct Printer<'k> {
    kernel: &'k Kernel,
    names: Vec<String>,
}

impl<'k> Printer<'k> {
    pub(crate) fn new(kernel: &'k Kernel) -> Self {
        let mut names = vec![String::new(); kernel.values.len()];
        for parameter in &kernel.parameters {
            if let ParameterKind::Scalar(value) | ParameterKind::Extent(value) = parameter.kind
                && let Some(name) = names.get_mut(value.index())
            {
                name.clone_from(&parameter.name);
            }
        }
        let mut next = 0;
        for value in kernel.in_order() {
            let Some(name) = names.get_mut(value.index()).filter(|name| name.is_empty()) else {
                continue;
            };
            if let Some(own) = &kernel.values[value.index()].name {
                name.clone_from(own);
            } else {
                *name = next.to_string();
                next += 1;
            }
        }
        Self { kernel, names }
    }

    /// Name of a value; one that nothing defines is shown by its place in the list.
    pub(crate) fn name(&self, value: Value) -> String {
        match self.names.get(value.index()) {
            Some(name) if !name.is_empty() => format!("%{name}"),
            _ => format!("%?{}", value.index()),
        }
    }

    fn list(&self, values: &[Value]) -> String {
        values.iter().map(|&value| self.name(value)).collect::<Vec<_>>().join(", ")
    }

    fn element(&self, buffer: Buffer, index: &[Value]) -> String {
        let name = self.kernel.parameters.get(buffer.index()).map_or("?", |it| it.name.as_str());
        format!("%{name}[{}]", self.list(index))
    }

    fn axis(&self, axis: &Axis) -> String {
        let begin = axis.begin.map(|begin| format!("{}..", self.name(begin)));
        let step = axis.step.map(|step| format!(" step {}", self.name(step)));
        [begin.unwrap_or_default(), self.name(axis.end), step.unwrap_or_default()].concat()
    }

    /// `(%i, %j) in (%n, %m)`
    fn axes(&self, axes: &[Axis], body: BlockId) -> String {
        let indices = &self.kernel.block(body).arguments;
        let indices = &indices[..axes.len().min(indices.len())];
        let ranges: Vec<_> = axes.iter().map(|axis| self.axis(axis)).collect();
        format!("({}) in ({})", self.list(indices), ranges.join(", "))
    }

    /// ` carry (%s = %0)`, if anything is carried.
    fn carried(&self, start: &[Value], arguments: &[Value]) -> String {
        let pairs: Vec<_> = arguments
            .iter()
            .zip(start)
            .map(|(&argument, &start)| format!("{} = {}", self.name(argument), self.name(start)))
            .collect();
        if pairs.is_empty() { String::new() } else { format!(" carry ({})", pairs.join(", ")) }
    }

    /// A statement without its blocks.
    fn head(&self, f: &mut dyn Write, statement: &Statement) -> fmt::Result {
        if !statement.results().is_empty() {
            write!(f, "{} = ", self.list(statement.results()))?;
        }
        let kernel = self.kernel;
        match statement {
            Statement::Constant { scalar, .. } => {
                write!(f, "const {} {}", scalar.dtype().short(), constant::write(*scalar))
            }
            Statement::Op { op, operands, result } => {
                write!(f, "{op} {}", self.list(operands))?;
                if matches!(op.row().rule, crate::Rule::Stated | crate::Rule::Bits) {
                    // A value that nobody made has no type; the verifier asks for this text too.
                    let info = kernel.values.get(result.index());
                    write!(f, " to {}", info.map_or("?", |info| info.dtype.short()))?;
                }
                Ok(())
            }
            Statement::Lookup { table, index, .. } => {
                write!(f, "lookup ${}[{}]", table.index(), self.name(*index))
            }
            Statement::Load { buffer, index, .. } => {
                write!(f, "load {}", self.element(*buffer, index))
            }
            Statement::Store { buffer, index, value } => {
                write!(f, "store {}, {}", self.name(*value), self.element(*buffer, index))
            }
            Statement::For(it) => {
                let order = match (it.parallel, it.lanes) {
                    (true, _) => "parallel ",
                    (false, true) => "lanes ",
                    (false, false) => "",
                };
                write!(f, "for {order}{}", self.axes(&it.axes, it.body))?;
                let arguments = &kernel.block(it.body).arguments;
                let carried = arguments.get(it.axes.len()..).unwrap_or_default();
                write!(f, "{} {{", self.carried(&it.start, carried))
            }
            Statement::Reduce(it) => {
                let names: Vec<_> = it.combiners.iter().map(|combiner| combiner.name()).collect();
                write!(f, "reduce {} {}", names.join(", "), self.axes(&it.axes, it.body))?;
                if !it.empty.is_empty() {
                    write!(f, " empty ({})", self.list(&it.empty))?;
                }
                f.write_str(" {")
            }
            Statement::If(it) => write!(f, "if {} {{", self.name(it.condition)),
            Statement::While(it) => {
                let carried = &kernel.block(it.test).arguments;
                write!(f, "while{} {{", self.carried(&it.start, carried))
            }
            Statement::Check { condition, code } => {
                write!(f, "check {}, {code}", self.name(*condition))
            }
            Statement::Call(it) => self.call(f, it),
        }
    }

    fn call(&self, f: &mut dyn Write, it: &Call) -> fmt::Result {
        let arguments = self.list(&it.arguments);
        match it.callee {
            Callee::ThreadId => f.write_str("call thread_id()"),
            Callee::ThreadCount => f.write_str("call thread_count()"),
            Callee::Say(number) => write!(f, "call say {number} ({arguments})"),
            Callee::Function { function, deep } => {
                let function = self.kernel.functions.get(function.index());
                let name = function.map_or("?", |it| it.name.as_str());
                write!(f, "call @{name}({arguments})")?;
                let types: Vec<_> =
                    function.iter().flat_map(|it| &it.results).map(|dtype| dtype.short()).collect();
                let to = if types.is_empty() { "" } else { " to " };
                write!(f, "{to}{} or {deep}", types.join(", "))
            }
        }
    }

    fn signature(&self, f: &mut dyn Write) -> fmt::Result {
        let overlapping = if self.kernel.overlapping { "overlapping " } else { "" };
        write!(f, "kernel {overlapping}@{}(", self.kernel.name)?;
        for (position, parameter) in self.kernel.parameters.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}%{}: ", parameter.name)?;
            match &parameter.kind {
                ParameterKind::Extent(_) => f.write_str("extent")?,
                ParameterKind::Scalar(value) => {
                    f.write_str(self.kernel.dtype(*value).short())?;
                }
                ParameterKind::Buffer(it) => {
                    let strides: Vec<_> = it.strides.iter().map(|stride| stride.name()).collect();
                    let (access, dtype) = (it.access.name(), it.dtype.short());
                    write!(f, "{access} {dtype}[{}]", strides.join(", "))?;
                }
            }
        }
        f.write_str(") {\n")
    }

    fn table(f: &mut dyn Write, position: usize, table: &Table) -> fmt::Result {
        let entries: Vec<_> = table.entries.iter().map(|&entry| constant::write(entry)).collect();
        writeln!(f, "  table ${position} {} [{}]", table.dtype().short(), entries.join(", "))
    }

    fn print(&self, f: &mut dyn Write) -> fmt::Result {
        self.signature(f)?;
        for (position, table) in self.kernel.tables.iter().enumerate() {
            Self::table(f, position, table)?;
        }
        self.body(f, self.kernel.body)?;
        for function in &self.kernel.functions {
            let given = &self.kernel.block(function.body).arguments;
            let given = given
                .iter()
                .map(|&it| format!("{}: {}", self.name(it), self.kernel.dtype(it).short()));
            let given: Vec<_> = given.collect();
            writeln!(f, "function @{}({}) {{", function.name, given.join(", "))?;
            self.body(f, function.body)?;
        }
        Ok(())
    }

    fn body(&self, f: &mut dyn Write, body: BlockId) -> fmt::Result {
        // Blocks inside blocks, without recursion: a kernel that nobody verified yet prints too.
        let mut frames = vec![Frame { block: body, next: 0, after: After::Brace }];
        while let Some(frame) = frames.last_mut() {
            let block = self.kernel.block(frame.block);
            let depth = frames.len();
            let indent = "  ".repeat(depth);
            let frame = &mut frames[depth - 1];
            if let Some(statement) = block.statements.get(frame.next) {
                frame.next += 1;
                f.write_str(&indent)?;
                self.head(f, statement)?;
                f.write_str("\n")?;
                let (block, after) = match statement {
                    Statement::For(it) => (it.body, After::Brace),
                    Statement::Reduce(it) => (it.body, After::Brace),
                    Statement::If(it) => (it.then, After::Otherwise(it.otherwise)),
                    Statement::While(it) => (it.test, After::Body(it.body)),
                    _ => continue,
                };
                frames.push(Frame { block, next: 0, after });
                continue;
            }
            if !block.yields.is_empty() {
                writeln!(f, "{indent}yield {}", self.list(&block.yields))?;
            }
            let outer = "  ".repeat(depth - 1);
            let second = |block| Frame { block, next: 0, after: After::Brace };
            match frame.after {
                After::Otherwise(block) if !self.is_empty(block) => {
                    writeln!(f, "{outer}}} else {{")?;
                    *frame = second(block);
                }
                After::Body(block) => {
                    writeln!(f, "{outer}}} do {{")?;
                    *frame = second(block);
                }
                After::Brace | After::Otherwise(_) => {
                    writeln!(f, "{outer}}}")?;
                    frames.pop();
                }
            }
        }
        Ok(())
    }

    fn is_empty(&self, block: BlockId) -> bool {
        let block = self.kernel.block(block);
        block.statements.is_empty() && block.yields.is_empty()
    }
}
