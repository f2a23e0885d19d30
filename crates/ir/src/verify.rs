//! Which kernels are legal.
//!
//! Meant to run after every pass in tests. Rules of the whole stand here (each value is defined
//! once and seen where it is used, each block has one owner, nothing stands too deep), rules of
//! single statements in `verify/statement.rs`.

mod loops;
mod statement;

use std::collections::HashSet;
use std::fmt;

use memory::DType;

use crate::name::is_identifier;
use crate::print::Printer;
use crate::{BlockId, DEEPEST, Kernel, ParameterKind, Place, Statement, Table, Value};

/// A kernel that breaks a rule: the kernel, the statement in text form, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    kernel: String,
    place: Option<Place>,
    statement: Option<String>,
    reason: String,
}

impl Invalid {
    /// Where the statement stands, if the rule is about one.
    pub fn place(&self) -> Option<Place> {
        self.place
    }

    /// The statement in text form, if the rule is about one.
    pub fn statement(&self) -> Option<&str> {
        self.statement.as_deref()
    }

    /// What is wrong, and what is allowed.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "kernel @{}: ", self.kernel)?;
        if let Some(statement) = &self.statement {
            write!(f, "`{statement}`: ")?;
        }
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Invalid {}

/// Why a rule is broken.
type Reason = String;

/// Check every rule of the language. A kernel that passes means something: the interpreter can run
/// it, and emitters need no errors of their own.
pub fn verify(kernel: &Kernel) -> Result<(), Invalid> {
    // The tree of blocks comes first: without it there is no text to name a statement by.
    let whole = structure(kernel).and_then(|()| names(kernel)).and_then(|()| tables(kernel));
    let whole = whole.map_err(|reason| (None, reason));
    let whole = whole.and_then(|()| Scope::new(kernel).whole());
    whole.map_err(|(place, reason)| {
        let statement = place.and_then(|place| match place {
            Place::Statement(block, position) => kernel.block(block).statements.get(position),
            Place::Block(_) => None,
        });
        let statement = statement.map(|statement| kernel.statement_text(statement));
        Invalid { kernel: kernel.name.clone(), place, statement, reason }
    })
}

/// Each block has one owner, exists, and does not stand too deep.
fn structure(kernel: &Kernel) -> Result<(), Reason> {
    let mut owned = vec![false; kernel.blocks.len()];
    let mut pending: Vec<_> = kernel.roots().into_iter().map(|root| (root, 0)).collect();
    while let Some((block, depth)) = pending.pop() {
        match owned.get_mut(block.index()) {
            None => return Err(format!("block {} does not exist", block.index())),
            Some(true) => return Err(format!("block {} has two owners", block.index())),
            Some(owned) => *owned = true,
        }
        if depth > DEEPEST {
            return Err(format!("statements stand more than {DEEPEST} deep inside each other"));
        }
        let inner = kernel.block(block).statements.iter().flat_map(Statement::blocks);
        pending.extend(inner.map(|block| (block, depth + 1)));
    }
    let body = kernel.block(kernel.body);
    if !body.arguments.is_empty() || !body.yields.is_empty() {
        return Err("the body of a kernel is given nothing and yields nothing".into());
    }
    Ok(())
}

/// Names can be read back and tell things apart.
fn names(kernel: &Kernel) -> Result<(), Reason> {
    let parameters = kernel.parameters.iter().map(|parameter| &parameter.name);
    let values = kernel.values.iter().filter_map(|value| value.name.as_ref());
    let mut seen = HashSet::new();
    let functions = kernel.functions.iter().map(|function| &function.name);
    let mut called = HashSet::new();
    if let Some(twice) = functions.clone().find(|&name| !called.insert(name)) {
        return Err(format!("two functions are named @{twice}"));
    }
    let all = [&kernel.name].into_iter().chain(functions);
    for name in all.chain(parameters.clone()).chain(values.clone()) {
        if !is_identifier(name) {
            return Err(format!("{name:?} is no name: a letter or _, then letters, digits or _"));
        }
    }
    for name in parameters.chain(values) {
        if !seen.insert(name) {
            return Err(format!("two things are named %{name}"));
        }
    }
    Ok(())
}

fn tables(kernel: &Kernel) -> Result<(), Reason> {
    let fits = |table: &Table| {
        table.entries.len().is_power_of_two()
            && table.entries.iter().all(|entry| entry.dtype() == table.dtype())
    };
    match kernel.tables.iter().position(|table| !fits(table)) {
        None => Ok(()),
        Some(position) => {
            let count = kernel.tables[position].entries.len();
            Err(format!(
                "table ${position} of {count} entries: it takes a power of two, all of one type"
            ))
        }
    }
}

/// The values that may be used where the walk stands.
struct Scope<'k> {
    kernel: &'k Kernel,
    /// Every definition met so far, to find a second one.
    defined: Vec<bool>,
    /// Those that may be used here.
    visible: Vec<bool>,
    /// The visible ones in the order of their definition; leaving a block cuts its own off.
    stack: Vec<Value>,
}

/// What is wrong, and where.
type Blamed = (Option<Place>, Reason);

impl<'k> Scope<'k> {
    fn new(kernel: &'k Kernel) -> Self {
        let none = vec![false; kernel.values.len()];
        Self { kernel, defined: none.clone(), visible: none, stack: Vec::new() }
    }

    fn whole(&mut self) -> Result<(), Blamed> {
        self.parameters().map_err(|reason| (None, reason))?;
        for function in &self.kernel.functions {
            self.block(function.body)?;
            let yields = &self.kernel.block(function.body).yields;
            let what = format!("@{} yields its results", function.name);
            let fits = self.expect_all(&what, yields, function.results.iter().copied());
            fits.map_err(|reason| (None, reason))?;
        }
        self.block(self.kernel.body)
    }

    fn parameters(&mut self) -> Result<(), Reason> {
        for parameter in &self.kernel.parameters {
            let (ParameterKind::Scalar(value) | ParameterKind::Extent(value)) = parameter.kind
            else {
                continue;
            };
            self.define(value)?;
            let extent = matches!(parameter.kind, ParameterKind::Extent(_));
            if extent && self.kernel.dtype(value) != DType::I64 {
                return Err(format!("extent %{} is not an i64", parameter.name));
            }
            if self.kernel.values[value.index()].name.is_some() {
                return Err(format!("the value of %{} has a second name", parameter.name));
            }
        }
        Ok(())
    }

    fn define(&mut self, value: Value) -> Result<(), Reason> {
        match self.defined.get_mut(value.index()) {
            None => Err(format!("value {} does not exist", value.index())),
            Some(true) => Err(format!("{} is defined twice", self.name(value))),
            Some(defined) => {
                *defined = true;
                self.visible[value.index()] = true;
                self.stack.push(value);
                Ok(())
            }
        }
    }

    fn uses(&self, value: Value) -> Result<(), Reason> {
        match self.visible.get(value.index()) {
            Some(true) => Ok(()),
            _ => Err(format!("{} is used where it is not defined", self.name(value))),
        }
    }

    fn forget(&mut self, outside: usize) {
        for value in self.stack.drain(outside..) {
            self.visible[value.index()] = false;
        }
    }

    fn name(&self, value: Value) -> String {
        Printer::new(self.kernel).name(value)
    }

    /// A block and all inside it; what it defines is forgotten afterwards.
    fn block(&mut self, block: BlockId) -> Result<(), Blamed> {
        let outside = self.stack.len();
        self.open(block)?;
        self.forget(outside);
        Ok(())
    }

    /// A block and all inside it; what it defines stays visible.
    fn open(&mut self, id: BlockId) -> Result<(), Blamed> {
        // What is wrong with arguments and yields is told with the statement they belong to.
        let nowhere = |reason| (None, reason);
        let block = self.kernel.block(id);
        for &argument in &block.arguments {
            self.define(argument).map_err(nowhere)?;
        }
        for (position, statement) in block.statements.iter().enumerate() {
            let here = Some(Place::Statement(id, position));
            let blame = |reason| (here, reason);
            let mut used = Ok(());
            statement.each_operand(|operand| {
                if used.is_ok() {
                    used = self.uses(operand);
                }
            });
            used.map_err(blame)?;
            self.inside(statement).map_err(|(inner, reason)| (inner.or(here), reason))?;
            // Results are defined after the blocks: these do not see them.
            for &result in statement.results() {
                self.define(result).map_err(blame)?;
            }
            self.statement(statement).map_err(blame)?;
        }
        for &value in &block.yields {
            self.uses(value).map_err(nowhere)?;
        }
        Ok(())
    }

    /// The blocks of a statement.
    fn inside(&mut self, statement: &Statement) -> Result<(), Blamed> {
        if let Statement::While(it) = statement {
            let outside = self.stack.len();
            self.open(it.test)?;
            self.block(it.body)?;
            self.forget(outside);
            return Ok(());
        }
        statement.blocks().try_for_each(|block| self.block(block))
    }
}
