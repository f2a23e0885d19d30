//! Writes kernels.

use std::collections::HashSet;

use memory::{DType, Scalar};

use crate::{
    Access, Axis, BlockId, Buffer, BufferType, Call, Callee, Combiner, For, Function, FunctionId,
    If, Invalid, Kernel, Op, Operands, Parameter, ParameterKind, Reduce, Statement, Stride, Table,
    TableId, Value, While, name, verify,
};

/// Writes a kernel, statement by statement.
///
/// Types follow from the table of ops. What does not fit is not refused at once: [`Builder::finish`]
/// verifies the whole and names the statement.
///
/// ```
/// use ir::{Access, Builder, Stride};
/// use memory::DType::F32;
///
/// let mut b = Builder::new("twice");
/// let n = b.extent("n");
/// let x = b.buffer("x", F32, Access::Read, &[Stride::Unit]);
/// let y = b.buffer("y", F32, Access::Write, &[Stride::Unit]);
/// b.parallel(&[n.into()], |b, i| {
///     let element = b.load(x, i);
///     let sum = b.add(element, element);
///     b.store(y, i, sum);
/// });
/// let kernel = b.finish()?;
/// assert_eq!(
///     kernel.to_string(),
///     "\
/// kernel @twice(%n: extent, %x: read f32[unit], %y: write f32[unit]) {
///   for parallel (%0) in (%n) {
///     %1 = load %x[%0]
///     %2 = add %1, %1
///     store %2, %y[%0]
///   }
/// }
/// "
/// );
/// # Ok::<(), ir::Invalid>(())
/// ```
#[derive(Debug)]
pub struct Builder {
    kernel: Kernel,
    open: Vec<BlockId>,
    names: HashSet<String>,
}

impl Builder {
    /// An empty kernel.
    pub fn new(name: &str) -> Self {
        let mut kernel = Kernel {
            name: name::identifier(name),
            overlapping: false,
            parameters: Vec::new(),
            values: Vec::new(),
            blocks: Vec::new(),
            tables: Vec::new(),
            functions: Vec::new(),
            body: BlockId::new(0),
        };
        kernel.body = kernel.new_block();
        Self { open: vec![kernel.body], kernel, names: HashSet::new() }
    }

    /// The kernel, if it is one.
    pub fn finish(self) -> Result<Kernel, Invalid> {
        verify(&self.kernel)?;
        Ok(self.kernel)
    }

    /// Say that buffers may share memory.
    pub fn overlapping(&mut self) {
        self.kernel.overlapping = true;
    }

    // Parameters

    /// The next parameter: the length of an axis.
    pub fn extent(&mut self, name: &str) -> Value {
        let value = self.kernel.new_value(DType::I64);
        self.parameter(name, ParameterKind::Extent(value));
        value
    }

    /// The next parameter: one value.
    pub fn scalar(&mut self, name: &str, dtype: DType) -> Value {
        let value = self.kernel.new_value(dtype);
        self.parameter(name, ParameterKind::Scalar(value));
        value
    }

    /// The next parameter: elements in memory.
    pub fn buffer(
        &mut self,
        name: &str,
        dtype: DType,
        access: Access,
        strides: &[Stride],
    ) -> Buffer {
        let buffer = BufferType { dtype, access, strides: strides.to_vec() };
        self.parameter(name, ParameterKind::Buffer(buffer))
    }

    fn parameter(&mut self, name: &str, kind: ParameterKind) -> Buffer {
        let name = self.unique(name);
        self.kernel.parameters.push(Parameter { name, kind });
        Buffer::new(self.kernel.parameters.len() - 1)
    }

    // Values

    /// Give a value a name for the text form, made unique. Parameters keep the one they have.
    pub fn name(&mut self, value: Value, name: &str) {
        let name = self.unique(name);
        self.kernel.values[value.index()].name = Some(name);
    }

    fn unique(&mut self, name: &str) -> String {
        let name = name::identifier(name);
        let mut unique = name.clone();
        let mut count = 1;
        while !self.names.insert(unique.clone()) {
            count += 1;
            unique = format!("{name}_{count}");
        }
        unique
    }

    /// Type of a value.
    pub fn dtype(&self, value: Value) -> DType {
        self.kernel.dtype(value)
    }

    /// A constant.
    pub fn constant(&mut self, scalar: impl Into<Scalar>) -> Value {
        let scalar = scalar.into();
        let result = self.kernel.new_value(scalar.dtype());
        self.push(Statement::Constant { result, scalar });
        result
    }

    /// An op of the table, other than `cast` and `bitcast`.
    pub fn op(&mut self, op: Op, operands: &[Value]) -> Value {
        self.op_to(op, operands, None)
    }

    /// The value in another type; itself if it has that type.
    pub fn cast(&mut self, dtype: DType, value: Value) -> Value {
        if self.dtype(value) == dtype {
            return value;
        }
        self.op_to(Op::Cast, &[value], Some(dtype))
    }

    /// The bits in another type of the same size.
    pub fn bitcast(&mut self, dtype: DType, value: Value) -> Value {
        self.op_to(Op::Bitcast, &[value], Some(dtype))
    }

    fn op_to(&mut self, op: Op, operands: &[Value], stated: Option<DType>) -> Value {
        let types: Vec<_> = operands.iter().map(|&operand| self.dtype(operand)).collect();
        // A wrong type is found by the verifier, which has words for it.
        let dtype = op.result(&types, stated).ok().or(stated);
        let dtype = dtype.or(types.first().copied()).unwrap_or(DType::Bool);
        let result = self.kernel.new_value(dtype);
        self.push(Statement::Op { result, op, operands: Operands::new(operands) });
        result
    }

    /// A table of constants of one type, a power of two of them.
    pub fn table(&mut self, entries: Vec<Scalar>) -> TableId {
        self.kernel.tables.push(Table { entries });
        TableId::new(self.kernel.tables.len() - 1)
    }

    /// The entry of a table at an integer, modulo its length.
    pub fn lookup(&mut self, table: TableId, index: Value) -> Value {
        let result = self.kernel.new_value(self.kernel.table(table).dtype());
        self.push(Statement::Lookup { result, table, index });
        result
    }

    // Memory

    /// The element at an index.
    pub fn load(&mut self, buffer: Buffer, index: &[Value]) -> Value {
        let dtype = self.kernel.buffer(buffer).map_or(DType::Bool, |buffer| buffer.dtype);
        let result = self.kernel.new_value(dtype);
        self.push(Statement::Load { result, buffer, index: index.to_vec() });
        result
    }

    /// Change the element at an index.
    pub fn store(&mut self, buffer: Buffer, index: &[Value], value: Value) {
        self.push(Statement::Store { buffer, index: index.to_vec(), value });
    }

    /// End the kernel with a code, which is not zero, unless the condition holds.
    pub fn check(&mut self, condition: Value, code: i64) {
        self.push(Statement::Check { condition, code });
    }

    // Calls

    /// A function that is given and hands back values of these types; it may be called before it is
    /// written.
    pub fn function(&mut self, name: &str, arguments: &[DType], results: &[DType]) -> FunctionId {
        let mut name = name::identifier(name);
        while self.kernel.functions.iter().any(|it| it.name == name) {
            name.push('_');
        }
        let values = arguments.iter().map(|&dtype| self.kernel.new_value(dtype)).collect();
        let body = self.kernel.new_block();
        self.kernel.block_mut(body).arguments = values;
        self.kernel.functions.push(Function { name, body, results: results.to_vec() });
        FunctionId::new(self.kernel.functions.len() - 1)
    }

    /// Write a function, wherever the writer stands; answers its arguments. [`Builder::leave`] it.
    pub fn enter(&mut self, function: FunctionId) -> Vec<Value> {
        let body = self.kernel.functions[function.index()].body;
        self.open.push(body);
        self.kernel.block(body).arguments.clone()
    }

    /// End the function that was entered last, with its results.
    pub fn leave(&mut self, results: &[Value]) {
        self.close(results);
    }

    /// Call something with results of these types.
    pub fn call(&mut self, callee: Callee, arguments: &[Value], results: &[DType]) -> Vec<Value> {
        let results: Vec<_> = results.iter().map(|&it| self.kernel.new_value(it)).collect();
        let arguments = arguments.to_vec();
        self.push(Statement::Call(Call { callee, arguments, results: results.clone() }));
        results
    }

    // Statements with blocks

    /// A loop whose iterations may run in any order. The closure is given the indices.
    pub fn parallel(&mut self, axes: &[Axis], body: impl FnOnce(&mut Self, &[Value])) {
        let (body, ()) = self.inside(&vec![DType::I64; axes.len()], |b, indices| {
            body(b, indices);
            (Vec::new(), ())
        });
        let axes = axes.to_vec();
        self.push(Statement::For(For {
            parallel: true,
            lanes: false,
            axes,
            start: Vec::new(),
            body,
            results: Vec::new(),
        }));
    }

    /// A loop whose iterations were proved not to depend on each other, on this thread. The closure
    /// is given the indices.
    pub fn lanes(&mut self, axes: &[Axis], body: impl FnOnce(&mut Self, &[Value])) {
        self.parallel(axes, body);
        let block = *self.open.last().expect("the body of the kernel is open");
        if let Some(Statement::For(it)) = self.kernel.block_mut(block).statements.last_mut() {
            (it.parallel, it.lanes) = (false, true);
        }
    }

    /// A loop in order. The closure is given the indices and the carried values, and answers with
    /// what the next iteration is given. The results are the last carried values.
    pub fn sequence(
        &mut self,
        axes: &[Axis],
        start: &[Value],
        body: impl FnOnce(&mut Self, &[Value], &[Value]) -> Vec<Value>,
    ) -> Vec<Value> {
        let mut types = vec![DType::I64; axes.len()];
        types.extend(start.iter().map(|&value| self.dtype(value)));
        let (body, ()) = self.inside(&types, |b, arguments| {
            let (indices, carried) = arguments.split_at(axes.len());
            (body(b, indices, carried), ())
        });
        let results = self.alike(start);
        self.push(Statement::For(For {
            parallel: false,
            lanes: false,
            axes: axes.to_vec(),
            start: start.to_vec(),
            body,
            results: results.clone(),
        }));
        results
    }

    /// A reduction. The closure is given the indices and answers with a value for each combiner.
    /// The results are those of the first combiner, then those of the second, and so on.
    pub fn reduce(
        &mut self,
        axes: &[Axis],
        combiners: &[Combiner],
        body: impl FnOnce(&mut Self, &[Value]) -> Vec<Value>,
    ) -> Vec<Value> {
        self.reduce_or(axes, combiners, &[], body)
    }

    /// A reduction that says what its results are if there is no point at all.
    pub fn reduce_or(
        &mut self,
        axes: &[Axis],
        combiners: &[Combiner],
        empty: &[Value],
        body: impl FnOnce(&mut Self, &[Value]) -> Vec<Value>,
    ) -> Vec<Value> {
        let (body, ()) =
            self.inside(&vec![DType::I64; axes.len()], |b, indices| (body(b, indices), ()));
        let yields = self.kernel.block(body).yields.clone();
        let mut results = Vec::new();
        for (combiner, &value) in combiners.iter().zip(&yields) {
            for dtype in combiner.results(self.dtype(value)) {
                results.push(self.kernel.new_value(dtype));
            }
        }
        self.push(Statement::Reduce(Reduce {
            axes: axes.to_vec(),
            combiners: combiners.to_vec(),
            empty: empty.to_vec(),
            body,
            results: results.clone(),
        }));
        results
    }

    /// A choice. Both closures answer with as many values of the same types.
    pub fn choose(
        &mut self,
        condition: Value,
        then: impl FnOnce(&mut Self) -> Vec<Value>,
        otherwise: impl FnOnce(&mut Self) -> Vec<Value>,
    ) -> Vec<Value> {
        let (then, ()) = self.inside(&[], |b, _| (then(b), ()));
        let (otherwise, ()) = self.inside(&[], |b, _| (otherwise(b), ()));
        let results = self.alike(&self.kernel.block(then).yields.clone());
        self.push(Statement::If(If { condition, then, otherwise, results: results.clone() }));
        results
    }

    /// A loop that goes on as long as a test holds. The test is given the carried values and answers
    /// with a `bool` and what it likes to tell the body; the body answers with what the next test
    /// is given. The results are the carried values at the last test.
    pub fn repeat<T>(
        &mut self,
        start: &[Value],
        test: impl FnOnce(&mut Self, &[Value]) -> (Value, T),
        body: impl FnOnce(&mut Self, &[Value], T) -> Vec<Value>,
    ) -> Vec<Value> {
        let types: Vec<_> = start.iter().map(|&value| self.dtype(value)).collect();
        let mut carried = Vec::new();
        let (test, told) = self.inside(&types, |b, arguments| {
            carried.extend_from_slice(arguments);
            let (go_on, told) = test(b, arguments);
            (vec![go_on], told)
        });
        let (body, ()) = self.inside(&[], |b, _| (body(b, &carried, told), ()));
        let results = self.alike(start);
        self.push(Statement::While(While {
            start: start.to_vec(),
            test,
            body,
            results: results.clone(),
        }));
        results
    }

    /// New values of the same types.
    fn alike(&mut self, values: &[Value]) -> Vec<Value> {
        values.iter().map(|&value| self.kernel.new_value(self.kernel.dtype(value))).collect()
    }

    fn inside<T>(
        &mut self,
        arguments: &[DType],
        write: impl FnOnce(&mut Self, &[Value]) -> (Vec<Value>, T),
    ) -> (BlockId, T) {
        let arguments = self.open(arguments);
        let (yields, answer) = write(self, &arguments);
        (self.close(&yields), answer)
    }

    // For writers that cannot nest closures

    /// Begin a block with arguments of these types. What is written from now on goes there.
    pub fn open(&mut self, arguments: &[DType]) -> Vec<Value> {
        let arguments: Vec<_> =
            arguments.iter().map(|&dtype| self.kernel.new_value(dtype)).collect();
        let block = self.kernel.new_block();
        self.kernel.block_mut(block).arguments.clone_from(&arguments);
        self.open.push(block);
        arguments
    }

    /// End the block that was begun last; [`Builder::push`] a statement that takes it.
    ///
    /// # Panics
    ///
    /// When none is open.
    pub fn close(&mut self, yields: &[Value]) -> BlockId {
        assert!(self.open.len() > 1, "close: no block is open beside the kernel's own");
        let block = self.open.pop().unwrap_or(self.kernel.body);
        self.kernel.block_mut(block).yields = yields.to_vec();
        block
    }

    /// Forget the block that was begun last, and all that stands in it.
    ///
    /// # Panics
    ///
    /// When none is open.
    pub fn forget(&mut self) {
        assert!(self.open.len() > 1, "forget: no block is open beside the kernel's own");
        if let Some(block) = self.open.pop() {
            self.kernel.blocks.truncate(block.index());
        }
    }

    /// Write the statements of the block that was closed last where the writer stands now, and forget
    /// the block, if they only compute; else answer no and change nothing.
    pub fn splice(&mut self, block: BlockId) -> bool {
        let computes = |it: &Statement| {
            matches!(
                it,
                Statement::Constant { .. } | Statement::Op { .. } | Statement::Lookup { .. }
            )
        };
        let last = block.index() + 1 == self.kernel.blocks.len();
        if !last || !self.kernel.block(block).statements.iter().all(computes) {
            return false;
        }
        let statements = self.kernel.blocks.pop().map(|it| it.statements).unwrap_or_default();
        for statement in statements {
            self.push(statement);
        }
        true
    }

    /// A new value for a statement that is pushed.
    pub fn new_value(&mut self, dtype: DType) -> Value {
        self.kernel.new_value(dtype)
    }

    /// Write a statement as it is.
    pub fn push(&mut self, statement: Statement) {
        let block = self.open[self.open.len() - 1];
        self.kernel.block_mut(block).statements.push(statement);
    }

    /// The kernel as far as it is written.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }
}

macro_rules! shortcuts {
    ($($name:ident $op:ident ($($operand:ident),*);)*) => {
        /// Each op by its name.
        #[expect(missing_docs, reason = "the op says it")]
        impl Builder {$(
            pub fn $name(&mut self, $($operand: Value),*) -> Value {
                self.op(Op::$op, &[$($operand),*])
            }
        )*}
    };
}

shortcuts! {
    neg Neg (x);
    abs Abs (x);
    add Add (x, y);
    sub Sub (x, y);
    mul Mul (x, y);
    div Div (x, y);
    floor_div FloorDiv (x, y);
    rem Rem (x, y);
    sqrt Sqrt (x);
    fma Fma (x, y, z);
    min Min (x, y);
    max Max (x, y);
    eq Eq (x, y);
    ne Ne (x, y);
    lt Lt (x, y);
    le Le (x, y);
    gt Gt (x, y);
    ge Ge (x, y);
    and And (x, y);
    or Or (x, y);
    xor Xor (x, y);
    not Not (x);
    shl Shl (x, y);
    shr Shr (x, y);
    select Select (condition, x, y);
    exp Exp (x);
    log Log (x);
    sin Sin (x);
    cos Cos (x);
    pow Pow (x, y);
}
