//! One operation on few elements that lie side by side, by a kernel that is ready: without graph, plan or
//! recipe, which take longer than the kernel.
//!
//! The kernel is that of a graph of this one operation, so a graph has it compiled, the first time.

use std::sync::Arc;

use devices::{OPERANDS, RowOperand, Storage, launch_row};
use ir::{Op, Stride};
use memory::{DType, Layout, Scalar};

use crate::array::Standing;
use crate::operation::Operation;
use crate::program::{Elements, Output, Program, Step};
use crate::shelf;
use crate::{Array, Data, Error};

/// Most elements; one is another kernel, without an axis.
const MOST: usize = 4096;
/// Operands of one operation, each array once.
struct Parts {
    operands: [RowOperand; OPERANDS],
    different: usize,
    /// For each place, which of them it is.
    places: [usize; OPERANDS],
    len: usize,
}

/// Compute an array if it is one operation away from elements that are there, and the kernel for that is
/// ready; answers whether it is computed now.
///
/// # Errors
///
/// When the kernel fails.
pub fn evaluate_directly(array: &Array) -> Result<bool, Error> {
    let count = array.count();
    // Its own, and scalars for operands.
    if array.pending() > OPERANDS as u32 || !(2..=MOST).contains(&count) {
        return Ok(false);
    }
    let Standing::Lazy(operation) = array.standing() else { return Ok(false) };
    let (op, inputs) = match &*operation {
        Operation::Elementwise(op, inputs) => (*op, &inputs[..]),
        Operation::Cast(input) => (Op::Cast, std::slice::from_ref(input)),
        _ => return Ok(false),
    };
    let Some(parts) = Parts::of(inputs, count) else { return Ok(false) };
    let (key, dtype) = (parts.key(op, array.dtype()), array.dtype());
    let Some(executable) = shelf::direct(key, || parts.program(op, dtype)) else {
        return Ok(false);
    };
    let layout = Layout::contiguous(dtype, array.shape())?;
    match launch_row(&*executable, parts.operands(), dtype, count) {
        None => Ok(false),
        Some(storage) => {
            array.become_ready(Data { storage: storage?, layout });
            Ok(true)
        }
    }
}

impl Parts {
    /// Nothing if some operand is not there, or lies in another way.
    fn of(inputs: &[Array], count: usize) -> Option<Self> {
        if inputs.len() > OPERANDS {
            return None;
        }
        let nothing = || RowOperand::Same(Scalar::zero(DType::Bool));
        let operands = [nothing(), nothing(), nothing()];
        let mut found = Self { operands, different: 0, places: [0; OPERANDS], len: inputs.len() };
        let mut some = false;
        for (place, input) in inputs.iter().enumerate() {
            let dtype = input.dtype();
            if dtype.is_complex() || input.count() != count {
                return None;
            }
            let before = inputs[..place].iter().position(|it| it.identity() == input.identity());
            if let Some(before) = before {
                found.places[place] = found.places[before];
                continue;
            }
            found.places[place] = found.different;
            found.operands[found.different] = if let Some((storage, begin)) = input.in_a_row() {
                some = true;
                RowOperand::Elements(storage, begin, dtype)
            } else {
                let Standing::Lazy(operation) = input.standing() else { return None };
                let Operation::Full(scalar) = &*operation else { return None };
                RowOperand::Same(*scalar)
            };
            found.different += 1;
        }
        some.then_some(found)
    }

    fn operands(&self) -> &[RowOperand] {
        &self.operands[..self.different]
    }

    /// Says the operation and the kinds of its operands: what the program depends on.
    fn key(&self, op: Op, dtype: DType) -> u64 {
        let parts = self.places[..self.len].iter().map(|&place| {
            let kind = match &self.operands[place] {
                RowOperand::Elements(_, _, dtype) => (*dtype as u64) << 1,
                RowOperand::Same(scalar) => (scalar.dtype() as u64) << 1 | 1,
            };
            kind << 2 | place as u64
        });
        parts.fold((op as u64) << 8 | dtype as u64, |key, part| key << 12 | 1 << 11 | part)
    }

    /// As a graph of this one operation becomes a program.
    fn program(&self, op: Op, dtype: DType) -> Program {
        let mut program = Program { outer: 1, ..Program::default() };
        let row = |dtype| Elements { dtype, strides: vec![Stride::Unit] };
        for operand in self.operands() {
            program.outside.push(match operand {
                RowOperand::Elements(_, _, dtype) => {
                    program.inputs.push(row(*dtype));
                    Step::Load(program.inputs.len() as u32 - 1)
                }
                RowOperand::Same(scalar) => {
                    program.scalars.push(scalar.dtype());
                    Step::Scalar(program.scalars.len() as u32 - 1)
                }
            });
        }
        program.outputs.push(Output { value: program.outside.len() as u32, elements: row(dtype) });
        let places = self.places[..self.len].iter().map(|&place| place as u32);
        program.outside.push(match op {
            Op::Cast => Step::Cast(dtype, self.places[0] as u32),
            _ => Step::Op(op, places.collect()),
        });
        program
    }
}

impl Array {
    /// What keeps its elements and where they begin there, if they lie in memory one after the other.
    pub(crate) fn in_a_row(&self) -> Option<(Arc<Storage>, usize)> {
        self.look(|data| {
            let bounds = data.layout.bounds()?;
            let begin = usize::try_from(bounds.start).ok()?;
            let inside = bounds.end.cast_unsigned() <= data.storage.len();
            (data.layout.is_contiguous() && inside).then(|| (data.storage.clone(), begin))
        })?
    }
}
