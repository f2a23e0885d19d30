//! A function's source: found in its file, and what its names stand for.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprLambda, Parameters, PySourceType, Stmt, StmtFunctionDef};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::{Ranged, TextRange};

use crate::desugar::Desugar;
use crate::step::{Line, Names, RESULT};
use crate::{Again, Record, Refusal, flow};

/// What a name outside of a function stands for.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Constant {
    Int(i64),
    /// An int from 2**63 on that has no more than 64 bits.
    Large(u64),
    Float(f64),
    Bool(bool),
    Complex(f64, f64),
    None,
    Text(String),
    Tuple(Vec<Constant>),
    /// A function or type that the compiler knows: `math.sin`, `numpy.float32`, `builtins.abs`.
    Named(String),
    /// A module, or another thing with attributes that are listed with it.
    Module,
    /// Another function to be compiled into this one.
    Unit(Arc<Unit>),
    /// A function that calls this one, or itself: its [`Again::id`].
    Again(u64),
    /// A class of named tuples, with what items are that it is not given.
    Class(Arc<Record>, Vec<(String, Constant)>),
    /// A named tuple.
    NamedTuple(Arc<Record>, Vec<Constant>),
    /// An array of the closure: its place among the arrays that are passed along.
    Array(usize),
    /// A class of exceptions, with its name.
    Exception(String),
    /// Anything else, in words.
    Other(String),
}

/// A function as it stands in its file.
#[derive(Debug)]
pub struct Unit {
    file: String,
    name: String,
    text: Arc<str>,
    parameters: Vec<String>,
    pub(crate) locals: Names,
    pub(crate) lines: Vec<Line>,
    names: HashMap<String, Constant>,
    pub(crate) again: Option<Again>,
}

/// Where a function stands.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// Its name, `<lambda>` for a lambda.
    pub name: String,
    /// Line of its first decorator, of `def` or of `lambda`, from 1.
    pub line: usize,
    /// Line and column (in bytes) where the body of a lambda begins, if known.
    pub body: Option<(usize, usize)>,
}

impl Unit {
    /// Find and read the function that stands at `site` in the text of a file.
    pub fn find(file: &str, text: &str, site: &Site) -> Result<Self, Box<Refusal>> {
        if text.len() > u32::MAX as usize {
            let hint = "move the function to a file of its own";
            return Err(Refusal::whole(file, &site.name, "the file is too large".into(), hint));
        }
        let parsed = parse_unchecked_source(text, PySourceType::Python);
        let mut finder = Finder { text, site, function: None, lambda: None, depth: 0 };
        for statement in parsed.suite() {
            finder.visit_stmt(statement);
        }
        let mut unit = Self {
            file: file.to_owned(),
            name: site.name.clone(),
            text: text.into(),
            parameters: Vec::new(),
            locals: Names::new(),
            lines: Vec::new(),
            names: HashMap::new(),
            again: None,
        };
        let found = finder.function.map(|it| it.range).or(finder.lambda.map(|it| it.range));
        if let Some(range) = found {
            let inside = |at: TextRange| range.contains_range(at);
            if let Some(error) = parsed.errors().iter().find(|it| inside(it.location)) {
                let message = format!("the source is not Python: {}", error.error);
                return Err(Refusal::at(&unit, error.location, message, ""));
            }
        }
        let lines = if let Some(it) = finder.function {
            if it.is_async {
                let hint = "compile what it computes as a plain function";
                return Err(Refusal::at(&unit, it.name.range, "an async function".into(), hint));
            }
            unit.set_parameters(&it.parameters)?;
            if let Some(at) = suspended(&it.body) {
                let hint = "write results to an array, or write the loop where they are used";
                return Err(Refusal::at(&unit, at, "a generator function".into(), hint));
            }
            Desugar::function(&unit, &it.body)?
        } else if let Some(it) = finder.lambda {
            if let Some(parameters) = &it.parameters {
                unit.set_parameters(parameters)?;
            }
            Desugar::lambda(&unit, &it.body)
        } else {
            let message = format!("its source is not at line {} of {file}", site.line);
            let hint = "the file was changed after it was loaded: load it again, or write the \
                        function as a `def` of its own";
            return Err(Refusal::whole(file, &site.name, message, hint));
        };
        unit.lines = lines;
        let mut locals: Names =
            unit.parameters.iter().map(ruff_python_ast::name::Name::new).collect();
        let after = Names::from([ruff_python_ast::name::Name::new(RESULT)]);
        flow::analyse(&mut unit.lines, after, &mut locals);
        unit.locals = locals;
        Ok(unit)
    }

    fn set_parameters(&mut self, parameters: &Parameters) -> Result<(), Box<Refusal>> {
        if let Some(it) = parameters.vararg.as_ref().or(parameters.kwarg.as_ref()) {
            let hint = "name the parameters, or pass a tuple";
            return Err(Refusal::at(self, it.range, "a variable number of arguments".into(), hint));
        }
        self.parameters =
            parameters.iter_non_variadic_params().map(|it| it.parameter.name.to_string()).collect();
        Ok(())
    }

    /// Names of the parameters.
    pub fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// Names, also with attributes, that come from outside: `np`, `np.sin`.
    pub fn outside(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        flow::chains(&self.lines, &mut found);
        found.retain(|chain| {
            let first = chain.split('.').next().unwrap_or(chain);
            !self.locals.contains(&ruff_python_ast::name::Name::new(first))
        });
        found
    }

    /// The same function with what those names stand for.
    #[must_use]
    pub fn with_names(&self, names: HashMap<String, Constant>) -> Self {
        self.with_again(names, None)
    }

    /// As [`Unit::with_names`], for a function that calls itself.
    #[must_use]
    pub fn with_again(&self, names: HashMap<String, Constant>, again: Option<Again>) -> Self {
        Self {
            file: self.file.clone(),
            name: self.name.clone(),
            text: self.text.clone(),
            parameters: self.parameters.clone(),
            locals: self.locals.clone(),
            lines: self.lines.clone(),
            names,
            again,
        }
    }

    pub(crate) fn constant(&self, chain: &str) -> Option<&Constant> {
        self.names.get(chain)
    }

    /// The file, as Python names it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The function's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Line of the file where a range begins, from 1.
    pub(crate) fn line_of(&self, range: TextRange) -> usize {
        let start = usize::from(range.start()).min(self.text.len());
        self.text.as_bytes()[..start].split(|&it| it == b'\n').count()
    }
}

/// Where a function is suspended, also where that is never reached.
fn suspended(body: &[Stmt]) -> Option<TextRange> {
    struct Yields(Option<TextRange>);
    impl<'a> Visitor<'a> for Yields {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            if !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                walk_stmt(self, statement);
            }
        }
        fn visit_expr(&mut self, expr: &'a Expr) {
            match expr {
                Expr::Yield(_) | Expr::YieldFrom(_) => self.0 = self.0.or(Some(expr.range())),
                Expr::Lambda(_) => {}
                other => walk_expr(self, other),
            }
        }
    }
    let mut found = Yields(None);
    for it in body {
        found.visit_stmt(it);
    }
    found.0
}

struct Finder<'a> {
    text: &'a str,
    site: &'a Site,
    function: Option<&'a StmtFunctionDef>,
    lambda: Option<&'a ExprLambda>,
    depth: usize,
}

impl Finder<'_> {
    /// Line and column in bytes, the line from 1.
    fn place(&self, range: TextRange) -> (usize, usize) {
        let start = usize::from(range.start()).min(self.text.len());
        let before = &self.text.as_bytes()[..start];
        let line = before.split(|&it| it == b'\n').count();
        let begin = before.iter().rposition(|&it| it == b'\n').map_or(0, |at| at + 1);
        (line, start - begin)
    }
}

impl<'a> Visitor<'a> for Finder<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::FunctionDef(it) = statement
            && it.name.as_str() == self.site.name
        {
            let first = it.decorator_list.first().map_or(it.range, |it| it.range);
            let (top, _) = self.place(first);
            let (named, _) = self.place(it.name.range);
            if (top..=named).contains(&self.site.line) {
                self.function = Some(it);
            }
        }
        self.depth += 1;
        if self.depth < 100 {
            walk_stmt(self, statement);
        }
        self.depth -= 1;
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Lambda(it) = expr
            && self.site.name == "<lambda>"
        {
            let begins = self.place(it.range).0 == self.site.line;
            let right = match self.site.body {
                None => begins && self.lambda.is_none(),
                Some((line, column)) => {
                    let (first, at) = self.place(it.body.range());
                    // The body may stand in parentheses, which its range leaves out.
                    (first, at) == (line, column)
                }
            };
            if right {
                self.lambda = Some(it);
            }
        }
        self.depth += 1;
        if self.depth < 200 {
            walk_expr(self, expr);
        }
        self.depth -= 1;
    }
}
