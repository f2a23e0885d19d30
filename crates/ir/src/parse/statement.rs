//! One statement.

use memory::DType;

use super::{Fault, Parsed, Parser, Token};
use crate::{
    Axis, Buffer, Call, Callee, Combiner, For, FunctionId, If, Op, Operands, Reduce, Rule,
    Statement, TableId, Value, While,
};

/// The names to the left of `=`, with the values made for them; types come later.
type Results<'s> = Vec<((usize, &'s str), Value)>;

impl<'s> Parser<'s> {
    pub(super) fn statement(&mut self, depth: usize) -> Parsed<Statement> {
        let results = self.results()?;
        let at = self.at();
        let Token::Word(word) = self.take() else {
            return Err(Fault::new(at, "a statement is wanted"));
        };
        let statement = match word {
            "store" => {
                let value = self.used_value()?;
                self.sign(",")?;
                let (buffer, index) = self.element()?;
                Statement::Store { buffer, index, value }
            }
            "check" => {
                let condition = self.used_value()?;
                self.sign(",")?;
                Statement::Check { condition, code: self.integer()? }
            }
            "for" => self.for_loop(&results, depth)?,
            "reduce" => self.reduce(&results, depth)?,
            "if" => self.choice(&results, depth)?,
            "while" => self.while_loop(&results, depth)?,
            "call" => self.call(&results)?,
            _ => {
                let &[(_, result)] = &results[..] else {
                    return Err(Fault::new(at, format!("{word} has one result")));
                };
                self.simple(word, at, result)?
            }
        };
        let values: Vec<_> = results.iter().map(|&(_, value)| value).collect();
        if statement.results() != values {
            return Err(Fault::new(at, format!("{word} has no results")));
        }
        for (name, value) in results {
            self.define(name, value)?;
        }
        Ok(statement)
    }

    fn results(&mut self) -> Parsed<Results<'s>> {
        let mut results = Vec::new();
        if let Token::Value(_) = self.peek() {
            loop {
                let name = self.new_name()?;
                results.push((name, self.new_value(name.1, DType::Bool)));
                if !self.accept(Token::Sign(",")) {
                    break;
                }
            }
            self.sign("=")?;
        }
        Ok(results)
    }

    fn simple(&mut self, word: &str, at: usize, result: Value) -> Parsed<Statement> {
        let (statement, dtype) = match word {
            "const" => {
                let dtype = self.dtype()?;
                let scalar = self.constant(dtype)?;
                (Statement::Constant { result, scalar }, dtype)
            }
            "load" => {
                let (buffer, index) = self.element()?;
                let dtype = self.kernel.buffer(buffer).map_or(DType::Bool, |it| it.dtype);
                (Statement::Load { result, buffer, index }, dtype)
            }
            "lookup" => {
                let (table, dtype) = self.table_name()?;
                self.sign("[")?;
                let index = self.used_value()?;
                self.sign("]")?;
                (Statement::Lookup { result, table, index }, dtype)
            }
            _ => match Op::from_name(word) {
                Some(op) => self.op(op, at, result)?,
                None => return Err(Fault::new(at, format!("no statement or op is named {word}"))),
            },
        };
        self.kernel.values[result.index()].dtype = dtype;
        Ok(statement)
    }

    fn op(&mut self, op: Op, at: usize, result: Value) -> Parsed<(Statement, DType)> {
        let mut operands = vec![self.used_value()?];
        while self.accept(Token::Sign(",")) {
            operands.push(self.used_value()?);
        }
        let stated = if matches!(op.row().rule, Rule::Stated | Rule::Bits) {
            self.expect(Token::Word("to"))?;
            Some(self.dtype()?)
        } else {
            None
        };
        let types: Vec<_> = operands.iter().map(|&value| self.kernel.dtype(value)).collect();
        let dtype = op.result(&types, stated).map_err(|error| Fault::new(at, error.to_string()))?;
        Ok((Statement::Op { result, op, operands: Operands::new(&operands) }, dtype))
    }

    /// `%x[%i, %j]`
    fn element(&mut self) -> Parsed<(Buffer, Vec<Value>)> {
        let at = self.at();
        let Token::Value(name) = self.peek() else { return self.wanted("a buffer") };
        self.take();
        let Some(&buffer) = self.buffers.get(name) else {
            return Err(Fault::new(at, format!("no buffer is named %{name}")));
        };
        Ok((buffer, self.list(["[", "]"], Self::used_value)?))
    }

    fn table_name(&mut self) -> Parsed<(TableId, DType)> {
        let at = self.at();
        let Token::Table(number) = self.peek() else { return self.wanted("a table") };
        self.take();
        let position = number.parse().ok().filter(|&it: &usize| it < self.kernel.tables.len());
        let Some(position) = position else {
            return Err(Fault::new(at, format!("no table is named ${number}")));
        };
        Ok((TableId::new(position), self.kernel.tables[position].dtype()))
    }

    fn integer(&mut self) -> Parsed<i64> {
        if let Token::Literal(text) = self.peek()
            && let Ok(value) = text.parse()
        {
            self.take();
            return Ok(value);
        }
        self.wanted("an integer")
    }

    /// `(%i, %j) in (%n, %a..%m step %s)`, the indices defined.
    fn axes(&mut self) -> Parsed<(Vec<Value>, Vec<Axis>)> {
        let names = self.list(["(", ")"], Self::new_name)?;
        self.expect(Token::Word("in"))?;
        let axes = self.list(["(", ")"], Self::axis)?;
        if axes.len() != names.len() {
            let (indices, ranges) = (names.len(), axes.len());
            return Err(Fault::new(self.at(), format!("{indices} indices for {ranges} ranges")));
        }
        let mut indices = Vec::new();
        for name in names {
            let index = self.new_value(name.1, DType::I64);
            self.define(name, index)?;
            indices.push(index);
        }
        Ok((indices, axes))
    }

    fn axis(&mut self) -> Parsed<Axis> {
        let first = self.used_value()?;
        let (begin, end) = if self.accept(Token::Sign("..")) {
            (Some(first), self.used_value()?)
        } else {
            (None, first)
        };
        let step = if self.accept(Token::Word("step")) { Some(self.used_value()?) } else { None };
        Ok(Axis { begin, end, step })
    }

    /// ` carry (%s = %0)`: the values inside, and what they start with.
    fn carried(&mut self) -> Parsed<(Vec<Value>, Vec<Value>)> {
        if !self.accept(Token::Word("carry")) {
            return Ok((Vec::new(), Vec::new()));
        }
        let pairs = self.list(["(", ")"], |parser| {
            let name = parser.new_name()?;
            parser.sign("=")?;
            Ok((name, parser.used_value()?))
        })?;
        let mut inside = Vec::new();
        for &(name, start) in &pairs {
            let value = self.new_value(name.1, self.kernel.dtype(start));
            self.define(name, value)?;
            inside.push(value);
        }
        Ok((inside, pairs.into_iter().map(|(_, start)| start).collect()))
    }

    fn typed(&mut self, results: &Results<'s>, types: &[DType]) -> Parsed<Vec<Value>> {
        if results.len() != types.len() {
            let at = results.first().map_or(self.at(), |((at, _), _)| *at);
            let (given, wanted) = (results.len(), types.len());
            return Err(Fault::new(at, format!("{given} names for {wanted} results")));
        }
        for (&(_, value), &dtype) in results.iter().zip(types) {
            self.kernel.values[value.index()].dtype = dtype;
        }
        Ok(results.iter().map(|&(_, value)| value).collect())
    }

    fn types(&self, values: &[Value]) -> Vec<DType> {
        values.iter().map(|&value| self.kernel.dtype(value)).collect()
    }

    fn for_loop(&mut self, results: &Results<'s>, depth: usize) -> Parsed<Statement> {
        let parallel = self.accept(Token::Word("parallel"));
        let lanes = !parallel && self.accept(Token::Word("lanes"));
        let (mut arguments, axes) = self.axes()?;
        let (carried, start) = self.carried()?;
        let results = self.typed(results, &self.types(&start))?;
        arguments.extend(carried);
        self.sign("{")?;
        let body = self.inner(arguments, depth)?;
        Ok(Statement::For(For { parallel, lanes, axes, start, body, results }))
    }

    fn reduce(&mut self, results: &Results<'s>, depth: usize) -> Parsed<Statement> {
        let mut combiners = Vec::new();
        loop {
            let combiner = match self.peek() {
                Token::Word(word) => Combiner::from_name(word),
                _ => None,
            };
            let Some(combiner) = combiner else {
                let names = Combiner::ALL.map(Combiner::name).join(" ");
                return self.wanted(&format!("a combiner ({names})"));
            };
            self.take();
            combiners.push(combiner);
            if !self.accept(Token::Sign(",")) {
                break;
            }
        }
        let (indices, axes) = self.axes()?;
        let empty = if self.accept(Token::Word("empty")) {
            self.list(["(", ")"], Self::used_value)?
        } else {
            Vec::new()
        };
        self.sign("{")?;
        let body = self.inner(indices, depth)?;
        let yields = self.types(&self.kernel.block(body).yields);
        let types: Vec<_> =
            combiners.iter().zip(yields).flat_map(|(it, dtype)| it.results(dtype)).collect();
        let results = self.typed(results, &types)?;
        Ok(Statement::Reduce(Reduce { axes, combiners, empty, body, results }))
    }

    fn call(&mut self, results: &Results<'s>) -> Parsed<Statement> {
        let at = self.at();
        let used = |it: &mut Self| it.list(["(", ")"], Self::used_value);
        let (callee, arguments, types) = match self.take() {
            Token::Word("thread_id") => (Callee::ThreadId, used(self)?, vec![DType::I64]),
            Token::Word("thread_count") => (Callee::ThreadCount, used(self)?, vec![DType::I64]),
            Token::Word("say") => {
                let number = self.integer()?;
                (Callee::Say(number), used(self)?, Vec::new())
            }
            Token::Global(name) => {
                let Some(place) = self.functions.iter().position(|it| *it == name) else {
                    return Err(Fault::new(at, format!("no function is named @{name}")));
                };
                let arguments = used(self)?;
                let mut types = Vec::new();
                if self.accept(Token::Word("to")) {
                    types.push(self.dtype()?);
                    while self.accept(Token::Sign(",")) {
                        types.push(self.dtype()?);
                    }
                }
                self.expect(Token::Word("or"))?;
                let (function, deep) = (FunctionId::new(place), self.integer()?);
                (Callee::Function { function, deep }, arguments, types)
            }
            _ => {
                return Err(Fault::new(
                    at,
                    "`@` and a name, thread_id, thread_count or say is wanted",
                ));
            }
        };
        let results = self.typed(results, &types)?;
        Ok(Statement::Call(Call { callee, arguments, results }))
    }

    fn choice(&mut self, results: &Results<'s>, depth: usize) -> Parsed<Statement> {
        let condition = self.used_value()?;
        self.sign("{")?;
        let then = self.inner(Vec::new(), depth)?;
        let otherwise = if self.accept(Token::Word("else")) {
            self.sign("{")?;
            self.inner(Vec::new(), depth)?
        } else {
            self.kernel.new_block()
        };
        let types = self.types(&self.kernel.block(then).yields);
        let results = self.typed(results, &types)?;
        Ok(Statement::If(If { condition, then, otherwise, results }))
    }

    fn while_loop(&mut self, results: &Results<'s>, depth: usize) -> Parsed<Statement> {
        let (carried, start) = self.carried()?;
        let results = self.typed(results, &self.types(&start))?;
        self.sign("{")?;
        let test = self.inner(carried, depth)?;
        self.expect(Token::Word("do"))?;
        self.sign("{")?;
        let body = self.inner(Vec::new(), depth)?;
        Ok(Statement::While(While { start, test, body, results }))
    }
}
