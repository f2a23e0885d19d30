//! Kernels from text.
//!
//! The grammar is what [`std::fmt::Display`] of a kernel writes; `#` begins a comment. Tokens come
//! from `parse/token.rs`, the signature and blocks are read here, statements in `parse/statement.rs`.

mod statement;
mod token;

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use memory::{DType, Scalar};

use self::token::{Token, tokens};
use crate::{
    Access, Block, BlockId, Buffer, BufferType, DEEPEST, Function, Kernel, Parameter,
    ParameterKind, Place, Stride, Table, Value, constant, name, verify,
};

/// Text that is no legal kernel: where, the line, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    line: usize,
    column: usize,
    source: String,
    message: String,
}

impl ParseError {
    fn new(text: &str, fault: Fault) -> Self {
        let before = &text[..fault.at];
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let source = text[begin..].lines().next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: text[begin..fault.at].chars().count() + 1,
            source: source.into(),
            message: fault.message,
        }
    }

    /// Line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Column in letters, counted from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ParseError {
    /// The message, the line, and a caret below the place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, source, message } = self;
        writeln!(f, "line {line}, column {column}: {message}")?;
        write!(f, "  {source}\n  {:>column$}", '^')
    }
}

impl std::error::Error for ParseError {}

/// What is wrong at a byte of the text.
#[derive(Debug)]
struct Fault {
    at: usize,
    message: String,
}

impl Fault {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

impl FromStr for Kernel {
    type Err = ParseError;

    /// Read a kernel and verify it.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let kernel = tokens(text).and_then(|tokens| Parser::new(tokens).kernel());
        kernel.map_err(|fault| ParseError::new(text, fault))
    }
}

type Parsed<T> = Result<T, Fault>;

struct Parser<'s> {
    tokens: Vec<(usize, Token<'s>)>,
    next: usize,
    kernel: Kernel,
    values: HashMap<&'s str, Value>,
    buffers: HashMap<&'s str, Buffer>,
    /// Where each statement begins in the text.
    begins: HashMap<(BlockId, usize), usize>,
    /// Names of the functions that follow the kernel.
    functions: Vec<&'s str>,
}

impl<'s> Parser<'s> {
    fn new(tokens: Vec<(usize, Token<'s>)>) -> Self {
        let kernel = Kernel {
            name: String::new(),
            overlapping: false,
            parameters: Vec::new(),
            values: Vec::new(),
            blocks: vec![Block::default()],
            tables: Vec::new(),
            functions: Vec::new(),
            body: BlockId::new(0),
        };
        let (values, buffers, begins) = (HashMap::new(), HashMap::new(), HashMap::new());
        let functions = tokens.windows(2).filter_map(|it| match (it[0].1, it[1].1) {
            (Token::Word("function"), Token::Global(name)) => Some(name),
            _ => None,
        });
        let functions = functions.collect();
        Self { tokens, next: 0, kernel, values, buffers, begins, functions }
    }

    // Tokens

    fn at(&self) -> usize {
        self.tokens[self.next].0
    }

    fn peek(&self) -> Token<'s> {
        self.tokens[self.next].1
    }

    fn take(&mut self) -> Token<'s> {
        let token = self.peek();
        // The end stays, however often it is taken.
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn wanted<T>(&self, what: &str) -> Parsed<T> {
        Err(Fault::new(self.at(), format!("{what} is wanted, not {}", self.peek().shown())))
    }

    fn accept(&mut self, token: Token<'_>) -> bool {
        let found = self.peek() == token;
        if found {
            self.take();
        }
        found
    }

    fn expect(&mut self, token: Token<'_>) -> Parsed<()> {
        if self.accept(token) { Ok(()) } else { self.wanted(&token.shown()) }
    }

    fn sign(&mut self, sign: &str) -> Parsed<()> {
        self.expect(Token::Sign(sign))
    }

    /// Things with commas between and signs around.
    fn list<T>(
        &mut self,
        [open, close]: [&str; 2],
        mut one: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.sign(open)?;
        let mut all = Vec::new();
        if !self.accept(Token::Sign(close)) {
            loop {
                all.push(one(self)?);
                if self.accept(Token::Sign(close)) {
                    break;
                }
                if !self.accept(Token::Sign(",")) {
                    return self.wanted(&format!("`,` or `{close}`"));
                }
            }
        }
        Ok(all)
    }

    fn dtype(&mut self) -> Parsed<DType> {
        if let Token::Word(word) = self.peek()
            && let Some(dtype) = DType::from_name(word)
        {
            self.take();
            return Ok(dtype);
        }
        let names = DType::ALL.map(DType::short).join(" ");
        self.wanted(&format!("a type ({names})"))
    }

    fn constant(&mut self, dtype: DType) -> Parsed<Scalar> {
        let at = self.at();
        let text = if self.peek() == Token::Sign("(") {
            let parts = self.list(["(", ")"], |parser| Ok(parser.take()))?;
            let parts: Vec<_> = parts
                .into_iter()
                .map(|part| match part {
                    Token::Literal(text) | Token::Word(text) => text,
                    _ => "?",
                })
                .collect();
            format!("({})", parts.join(", "))
        } else if let Token::Literal(text) | Token::Word(text) = self.peek() {
            self.take();
            text.to_owned()
        } else {
            return self.wanted("a constant");
        };
        constant::read(dtype, &text)
            .ok_or_else(|| Fault::new(at, format!("{text} is no {}", dtype.short())))
    }

    // Names

    fn used_value(&mut self) -> Parsed<Value> {
        let at = self.at();
        let Token::Value(name) = self.peek() else { return self.wanted("a value") };
        self.take();
        if let Some(&value) = self.values.get(name) {
            return Ok(value);
        }
        let hint = if self.buffers.contains_key(name) { ": it is a buffer" } else { "" };
        Err(Fault::new(at, format!("no value is named %{name}{hint}")))
    }

    /// A name for a new value; `%12` is none of its own.
    fn new_name(&mut self) -> Parsed<(usize, &'s str)> {
        let at = self.at();
        let Token::Value(name) = self.peek() else { return self.wanted("a value") };
        self.take();
        if name::is_identifier(name) || name.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok((at, name));
        }
        Err(Fault::new(at, format!("%{name} is no name: it begins with a digit")))
    }

    fn new_value(&mut self, name: &str, dtype: DType) -> Value {
        let value = self.kernel.new_value(dtype);
        if name::is_identifier(name) {
            self.kernel.values[value.index()].name = Some(name.into());
        }
        value
    }

    /// From here on the name means the value.
    fn define(&mut self, (at, name): (usize, &'s str), value: Value) -> Parsed<()> {
        if self.values.insert(name, value).is_some() || self.buffers.contains_key(name) {
            return Err(Fault::new(at, format!("%{name} is defined already")));
        }
        Ok(())
    }

    // Kernels

    fn kernel(mut self) -> Parsed<Kernel> {
        self.expect(Token::Word("kernel"))?;
        self.kernel.overlapping = self.accept(Token::Word("overlapping"));
        let Token::Global(name) = self.peek() else { return self.wanted("`@` and a name") };
        self.take();
        self.kernel.name = name.into();
        self.list(["(", ")"], Self::parameter)?;
        self.sign("{")?;
        while self.accept(Token::Word("table")) {
            self.table()?;
        }
        self.block(self.kernel.body, 0)?;
        while self.accept(Token::Word("function")) {
            self.function()?;
        }
        if self.peek() != Token::End {
            return self.wanted("the end of the text");
        }
        verify(&self.kernel).map_err(|invalid| {
            let at = match invalid.place() {
                Some(Place::Statement(block, position)) => self.begins.get(&(block, position)),
                _ => None,
            };
            Fault::new(at.copied().unwrap_or(0), invalid.reason())
        })?;
        Ok(self.kernel)
    }

    fn parameter(&mut self) -> Parsed<()> {
        let (at, name) = self.new_name()?;
        self.sign(":")?;
        let access = match self.peek() {
            Token::Word("read") => Some(Access::Read),
            Token::Word("write") => Some(Access::Write),
            Token::Word("update") => Some(Access::Update),
            _ => None,
        };
        let kind = if let Some(access) = access {
            self.take();
            let dtype = self.dtype()?;
            let strides = self.list(["[", "]"], Self::stride)?;
            if self.values.contains_key(name) || self.buffers.contains_key(name) {
                return Err(Fault::new(at, format!("%{name} is defined already")));
            }
            self.buffers.insert(name, Buffer::new(self.kernel.parameters.len()));
            ParameterKind::Buffer(BufferType { dtype, access, strides })
        } else {
            let extent = self.accept(Token::Word("extent"));
            let dtype = if extent { DType::I64 } else { self.dtype()? };
            let value = self.kernel.new_value(dtype);
            self.define((at, name), value)?;
            if extent { ParameterKind::Extent(value) } else { ParameterKind::Scalar(value) }
        };
        self.kernel.parameters.push(Parameter { name: name.into(), kind });
        Ok(())
    }

    fn function(&mut self) -> Parsed<()> {
        let Token::Global(name) = self.peek() else { return self.wanted("`@` and a name") };
        self.take();
        let arguments = self.list(["(", ")"], |it| {
            let name = it.new_name()?;
            it.sign(":")?;
            let dtype = it.dtype()?;
            let value = it.new_value(name.1, dtype);
            it.define(name, value)?;
            Ok(value)
        })?;
        self.sign("{")?;
        let body = self.inner(arguments, 0)?;
        let yields = self.kernel.block(body).yields.iter();
        let results = yields.map(|&value| self.kernel.dtype(value)).collect();
        self.kernel.functions.push(Function { name: name.into(), body, results });
        Ok(())
    }

    fn stride(&mut self) -> Parsed<Stride> {
        let stride = match self.peek() {
            Token::Word("unit") => Stride::Unit,
            Token::Word("pair") => Stride::Pair,
            Token::Word("zero") => Stride::Zero,
            Token::Word("any") => Stride::Any,
            _ => return self.wanted("`unit`, `pair`, `zero` or `any`"),
        };
        self.take();
        Ok(stride)
    }

    fn table(&mut self) -> Parsed<()> {
        let number = self.kernel.tables.len().to_string();
        self.expect(Token::Table(&number))?;
        let dtype = self.dtype()?;
        let entries = self.list(["[", "]"], |parser| parser.constant(dtype))?;
        self.kernel.tables.push(Table { entries });
        Ok(())
    }

    /// Statements up to the closing brace, which is taken.
    fn block(&mut self, block: BlockId, depth: usize) -> Parsed<()> {
        if depth > DEEPEST {
            return Err(Fault::new(
                self.at(),
                format!("statements stand more than {DEEPEST} deep inside each other"),
            ));
        }
        while !self.accept(Token::Sign("}")) {
            if self.accept(Token::Word("yield")) {
                let mut yields = vec![self.used_value()?];
                while self.accept(Token::Sign(",")) {
                    yields.push(self.used_value()?);
                }
                self.kernel.block_mut(block).yields = yields;
                return self.sign("}");
            }
            let position = self.kernel.block(block).statements.len();
            self.begins.insert((block, position), self.at());
            let statement = self.statement(depth)?;
            self.kernel.block_mut(block).statements.push(statement);
        }
        Ok(())
    }

    /// A block in braces, for a statement at a depth.
    fn inner(&mut self, arguments: Vec<Value>, depth: usize) -> Parsed<BlockId> {
        let block = self.kernel.new_block();
        self.kernel.block_mut(block).arguments = arguments;
        self.block(block, depth + 1)?;
        Ok(block)
    }
}
