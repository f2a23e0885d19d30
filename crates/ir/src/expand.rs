//! Kernels without elementary functions: each becomes the straight line of ops that it stands for.

mod emit;

use memory::DType;

use crate::elementary::{Format, Function};
use crate::writer::{Tables, Writer};
use crate::{BlockId, Kernel, Op, Operands, Statement, Value};

/// Which of the two expansions of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// For arguments in the function's common range; also tells whether they were.
    Fast,
    /// For every argument.
    Exact,
}

/// A kernel whose elementary functions were expanded.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// The kernel of basic ops.
    pub kernel: Kernel,
    /// For each block with functions a `bool`, defined at its end: whether the arguments of all of
    /// them were common. Where it is false the values of this run mean nothing, and where it is true
    /// they are those of [`Version::Exact`]. Empty for that version.
    pub common: Vec<(BlockId, Value)>,
}

/// Expand all elementary functions of a legal kernel. The numbers of values that are there stay;
/// float16 is computed in float32.
pub fn expand(kernel: &Kernel, version: Version) -> Expanded {
    let mut kernel = kernel.clone();
    let mut common = Vec::new();
    let mut tables = Tables::new();
    for position in 0..kernel.blocks.len() {
        let block = BlockId::new(position);
        if kernel.blocks[position].statements.iter().any(|it| is_call(&kernel, it)) {
            let flag = expand_block(&mut kernel, block, version, &mut tables);
            common.extend(flag.map(|flag| (block, flag)));
        }
    }
    Expanded { kernel, common }
}

/// Whether a statement calls a function.
fn is_call(kernel: &Kernel, statement: &Statement) -> bool {
    match statement {
        Statement::Op { op, operands, .. } => op.is_elementary(kernel.dtype(operands[0])),
        _ => false,
    }
}

fn expand_block(
    kernel: &mut Kernel,
    block: BlockId,
    version: Version,
    tables: &mut Tables,
) -> Option<Value> {
    let mut flags = Vec::new();
    let (writer, statements) = Writer::take(kernel, tables, block);
    for statement in statements {
        let Some((function, operands, result)) = call(&writer, &statement) else {
            writer.push(statement);
            continue;
        };
        let begin = writer.len();
        let dtype = writer.dtype(result);
        let wide = if dtype == DType::F16 { DType::F32 } else { dtype };
        let arguments: Vec<_> = operands.iter().map(|&it| writer.cast(wide, it)).collect();
        let (value, common) = match wide {
            DType::F64 => emit::<f64>(&writer, function, version, &arguments),
            _ => emit::<f32>(&writer, function, version, &arguments),
        };
        flags.extend(common);
        let value = writer.cast(dtype, value);
        writer.define(result, value, begin);
    }
    let all = flags.into_iter().reduce(|all, flag| writer.op(Op::And, DType::Bool, &[all, flag]));
    writer.finish(block);
    all
}

/// The function that a statement calls, with what, and what it defines.
fn call(writer: &Writer<'_>, statement: &Statement) -> Option<(Function, Operands, Value)> {
    match statement {
        Statement::Op { result, op, operands } if op.is_elementary(writer.dtype(operands[0])) => {
            Some((Function::named(op.name())?, *operands, *result))
        }
        _ => None,
    }
}

fn emit<T: Format>(
    writer: &Writer<'_>,
    function: Function,
    version: Version,
    arguments: &[Value],
) -> (Value, Option<Value>) {
    match version {
        Version::Exact => (function.exact::<_, T>(writer, arguments), None),
        Version::Fast => {
            let (value, common) = function.fast::<_, T>(writer, arguments);
            (value, Some(common))
        }
    }
}
