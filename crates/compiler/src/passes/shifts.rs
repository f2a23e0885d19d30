//! Quotients and remainders by powers of two: shifts and masks, which lanes have, where they have no division.

use std::collections::HashMap;

use ir::{BlockId, Kernel, Op, Operands, Statement, Value};
use memory::{DType, Scalar};

/// Write `x // 2**k` and `x % 2**k` of a legal kernel without division, for i64.
///
/// What is known of quotients and remainders is of use before: this comes last.
pub fn shifts(kernel: &mut Kernel) {
    let mut numbers = HashMap::new();
    let roots = kernel.roots();
    for &root in &roots {
        constants(kernel, root, &mut numbers);
    }
    for root in roots {
        block(kernel, root, &numbers);
    }
}

fn constants(kernel: &Kernel, id: BlockId, numbers: &mut HashMap<Value, i64>) {
    for statement in &kernel.block(id).statements {
        if let Statement::Constant { result, scalar } = statement
            && scalar.dtype() == DType::I64
        {
            numbers.insert(*result, scalar.to_i64());
        }
        statement.blocks().for_each(|inner| constants(kernel, inner, numbers));
    }
}

fn block(kernel: &mut Kernel, id: BlockId, numbers: &HashMap<Value, i64>) {
    let statements = std::mem::take(&mut kernel.block_mut(id).statements);
    let mut out = Vec::with_capacity(statements.len());
    for statement in statements {
        statement.blocks().for_each(|inner| block(kernel, inner, numbers));
        let Statement::Op { result, op: op @ (Op::FloorDiv | Op::Rem), operands } = &statement
        else {
            out.push(statement);
            continue;
        };
        let (result, op, operands) = (*result, *op, *operands);
        let by = numbers.get(&operands[1]).copied().filter(|&by| by > 0 && by & (by - 1) == 0);
        let Some(by) = by.filter(|_| kernel.dtype(result) == DType::I64) else {
            out.push(statement);
            continue;
        };
        let (op, number) = match op {
            Op::Rem => (Op::And, by - 1),
            _ => (Op::Shr, i64::from(by.trailing_zeros())),
        };
        let value = kernel.new_value(DType::I64);
        out.push(Statement::Constant { result: value, scalar: Scalar::from(number) });
        out.push(Statement::Op { result, op, operands: Operands::new(&[operands[0], value]) });
    }
    kernel.block_mut(id).statements = out;
}
