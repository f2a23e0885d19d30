//! Kernels: parameters, values and blocks in flat lists.

use memory::{DType, Scalar};

use crate::{BlockId, Function, Statement, TableId, Value};

/// How a kernel uses a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// It loads.
    Read,
    /// It stores, and never loads.
    Write,
    /// It loads and stores.
    Update,
}

impl Access {
    /// Name in the text form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Update => "update",
        }
    }

    /// Whether loads are allowed.
    pub const fn reads(self) -> bool {
        !matches!(self, Self::Write)
    }

    /// Whether stores are allowed.
    pub const fn writes(self) -> bool {
        !matches!(self, Self::Read)
    }
}

/// What is known of a stride when a kernel is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stride {
    /// The size of an element.
    Unit,
    /// Twice that: real parts with imaginary ones between them, or the other way round.
    Pair,
    /// Zero: one element for the whole axis.
    Zero,
    /// Any number of bytes, an argument.
    Any,
}

impl Stride {
    /// Name in the text form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Pair => "pair",
            Self::Zero => "zero",
            Self::Any => "any",
        }
    }

    /// The narrowest class of a stride in bytes.
    pub fn of(bytes: i64, dtype: DType) -> Self {
        match bytes {
            0 => Self::Zero,
            _ if usize::try_from(bytes) == Ok(dtype.size()) => Self::Unit,
            _ => Self::Any,
        }
    }

    /// Whether a stride belongs to the class.
    pub fn admits(self, bytes: i64, dtype: DType) -> bool {
        match self {
            Self::Any => true,
            Self::Pair => usize::try_from(bytes) == Ok(2 * dtype.size()),
            _ => self == Self::of(bytes, dtype),
        }
    }
}

/// What a kernel is compiled for, of one buffer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BufferType {
    /// Type of the elements.
    pub dtype: DType,
    /// What the kernel does with them.
    pub access: Access,
    /// Class of each axis's stride; as many as the rank.
    pub strides: Vec<Stride>,
}

impl BufferType {
    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.strides.len()
    }
}

/// What an argument is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// Elements in memory, loaded from and stored to.
    Buffer(BufferType),
    /// One value.
    Scalar(Value),
    /// The length of an axis: a value of type i64, not negative.
    Extent(Value),
}

/// One parameter of a kernel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Parameter {
    /// Name in the text form.
    pub name: String,
    /// What it is.
    pub kind: ParameterKind,
}

/// What is known of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ValueInfo {
    /// Its type.
    pub dtype: DType,
    /// Name in the text form, if it has one of its own; parameters have theirs.
    pub name: Option<String>,
}

/// Constants that `lookup` chooses from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    /// The entries, all of one type; a power of two of them.
    pub entries: Vec<Scalar>,
}

impl Table {
    /// Type of the entries; an empty table, which no verified kernel has, says `bool`.
    pub fn dtype(&self) -> DType {
        self.entries.first().map_or(DType::Bool, |entry| entry.dtype())
    }
}

/// Statements in a row, what they are given and what they hand back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Block {
    /// Values that whoever runs the block gives: indices, carried values.
    pub arguments: Vec<Value>,
    /// In order.
    pub statements: Vec<Statement>,
    /// Values handed back at the end.
    pub yields: Vec<Value>,
}

/// A loop nest with its parameters. See the crate's README for the language.
///
/// Values and blocks lie in flat lists and name each other by number. Each value is defined at one
/// place, each block belongs to one statement; [`crate::verify`] checks this and all else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    /// Name in the text form.
    pub name: String,
    /// Whether buffers may share memory: then all happens in the order of the text.
    pub overlapping: bool,
    /// In the order of the arguments.
    pub parameters: Vec<Parameter>,
    /// What is known of each value.
    pub values: Vec<ValueInfo>,
    /// All blocks.
    pub blocks: Vec<Block>,
    /// Tables of constants.
    pub tables: Vec<Table>,
    /// What calls call.
    pub functions: Vec<Function>,
    /// The outermost block.
    pub body: BlockId,
}

/// How deep statements may stand inside each other, so that passes may recurse.
pub const DEEPEST: usize = 200;

impl Kernel {
    /// Type of a value.
    pub fn dtype(&self, value: Value) -> DType {
        self.values[value.index()].dtype
    }

    /// A block.
    pub fn block(&self, block: BlockId) -> &Block {
        &self.blocks[block.index()]
    }

    /// A block, to change it.
    pub fn block_mut(&mut self, block: BlockId) -> &mut Block {
        &mut self.blocks[block.index()]
    }

    /// The blocks that belong to no statement: the body, then those of functions.
    pub fn roots(&self) -> Vec<BlockId> {
        [self.body].into_iter().chain(self.functions.iter().map(|it| it.body)).collect()
    }

    /// Whether a call stands in a block or inside of it.
    pub fn calls(&self, block: BlockId) -> bool {
        self.block(block).statements.iter().any(|it| {
            matches!(it, Statement::Call(_)) || it.blocks().any(|inner| self.calls(inner))
        })
    }

    /// A table of constants.
    pub fn table(&self, table: TableId) -> &Table {
        &self.tables[table.index()]
    }

    /// What the kernel is compiled for of a parameter, if that is a buffer.
    pub fn buffer(&self, buffer: crate::Buffer) -> Option<&BufferType> {
        match &self.parameters.get(buffer.index())?.kind {
            ParameterKind::Buffer(buffer) => Some(buffer),
            _ => None,
        }
    }

    /// A new value of a type, which a statement or block must then define.
    pub fn new_value(&mut self, dtype: DType) -> Value {
        self.values.push(ValueInfo { dtype, name: None });
        Value::new(self.values.len() - 1)
    }

    /// A new empty block, which a statement must then take.
    pub fn new_block(&mut self) -> BlockId {
        self.blocks.push(Block::default());
        BlockId::new(self.blocks.len() - 1)
    }
}
