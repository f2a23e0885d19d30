//! Random kernels mean the same after their text was read, after functions were expanded, and after rare
//! ops were lowered.

mod random;

use ir::{
    Argument, BufferType, Failure, Kernel, ParameterKind, Stride, Version, expand,
    interpret_within, lower, verify,
};
use memory::{Layout, Scalar};
use proptest::prelude::*;

/// Length of every axis.
const LENGTH: usize = 3;

/// How many blocks may run: random loops are long.
const RUNS: u64 = 2000;

fn layout(buffer: &BufferType) -> Layout {
    let size = buffer.dtype.size().cast_signed();
    let mut next = size * 4;
    let strides: Vec<_> = buffer
        .strides
        .iter()
        .map(|stride| match stride {
            Stride::Unit => size,
            Stride::Pair => 2 * size,
            Stride::Zero => 0,
            Stride::Any => {
                next *= 3;
                next
            }
        })
        .collect();
    Layout::new(buffer.dtype, &vec![LENGTH; strides.len()], &strides, 0).unwrap()
}

/// What the kernel leaves in memory, buffer by buffer, and how it ended.
fn outcome(kernel: &Kernel, seed: u8) -> (Vec<Vec<u8>>, Result<(), Failure>) {
    let buffers: Vec<_> = kernel
        .parameters
        .iter()
        .map(|parameter| match &parameter.kind {
            ParameterKind::Buffer(buffer) => Some((buffer.access.writes(), layout(buffer))),
            _ => None,
        })
        .collect();
    let mut memory: Vec<Vec<u8>> = buffers
        .iter()
        .map(|buffer| {
            let end =
                buffer.as_ref().and_then(|(_, layout)| layout.bounds()).map_or(0, |it| it.end);
            (0..end.unsigned_abs()).map(|i| (i as u8).wrapping_mul(37).wrapping_add(seed)).collect()
        })
        .collect();
    // A bool is 0 or 1 in memory too.
    for (memory, buffer) in memory.iter_mut().zip(&buffers) {
        if buffer.as_ref().is_some_and(|(_, layout)| layout.dtype() == memory::DType::Bool) {
            for byte in memory {
                *byte &= 1;
            }
        }
    }
    let arguments = kernel.parameters.iter().zip(&buffers).zip(&mut memory);
    let mut arguments: Vec<_> = arguments
        .map(|((parameter, buffer), memory)| match (&parameter.kind, buffer) {
            (ParameterKind::Buffer(_), Some((true, layout))) => Argument::Write(memory, layout),
            (ParameterKind::Buffer(_), Some((false, layout))) => Argument::Read(memory, layout),
            (ParameterKind::Scalar(value), _) => {
                Argument::Scalar(Scalar::from_i64(kernel.dtype(*value), seed.into()))
            }
            _ => Argument::Extent(LENGTH.cast_signed() as i64),
        })
        .collect();
    let ended = interpret_within(kernel, &mut arguments, RUNS);
    drop(arguments);
    (memory, ended)
}

/// Whether both kernels leave the same elements, and end the same way.
fn assert_same(left: &Kernel, right: &Kernel, seed: u8) -> Result<(), TestCaseError> {
    let ((left_memory, left_end), (right_memory, right_end)) =
        (outcome(left, seed), outcome(right, seed));
    match (left_end, right_end) {
        // A fault names a statement, and expansions have other numbers.
        (Err(Failure::Fault(_)), Err(Failure::Fault(_))) => {}
        (left_end, right_end) => prop_assert_eq!(left_end, right_end),
    }
    for ((parameter, left), right) in left.parameters.iter().zip(left_memory).zip(right_memory) {
        if let ParameterKind::Buffer(buffer) = &parameter.kind {
            for position in layout(buffer).positions() {
                let element = |bytes: &[u8]| {
                    Scalar::from_bytes(buffer.dtype, &bytes[position.unsigned_abs()..])
                };
                let (left, right) = (element(&left), element(&right));
                prop_assert!(left.same(right), "{}: {:?} {:?}", parameter.name, left, right);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn text_and_passes_keep_the_meaning(choices in prop::collection::vec(any::<u32>(), 0..400), seed in any::<u8>()) {
        let kernel = random::kernel(&choices);
        let read: Kernel = kernel.to_string().parse().unwrap();
        assert_same(&kernel, &read, seed)?;
        let expanded = expand(&kernel, Version::Exact).kernel;
        verify(&expanded).unwrap_or_else(|error| panic!("{error}\n{expanded}"));
        assert_same(&kernel, &expanded, seed)?;
        let lowered = lower(&expanded);
        verify(&lowered).unwrap_or_else(|error| panic!("{error}\n{lowered}"));
        assert_same(&kernel, &lowered, seed)?;
        verify(&expand(&kernel, Version::Fast).kernel).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn a_kernel_that_does_not_end_is_stopped() {
    let text = "kernel @k(%go: bool) { while { yield %go } do { } }";
    let kernel: Kernel = text.parse().unwrap();
    let run = |go: bool| interpret_within(&kernel, &mut [Argument::Scalar(go.into())], 100);
    assert_eq!(run(false), Ok(()));
    let message = "kernel @k: more blocks ran than were allowed";
    assert_eq!(run(true), Err(Failure::Fault(message.into())));
}
