//! The kernels of the README are legal, print as they stand there, and do what it says.

use ir::{Argument, Failure, Kernel, interpret};
use memory::{DType, Layout, Scalar};

const README: &str = include_str!("../README.md");

fn kernel(name: &str) -> Kernel {
    let begin = format!("```text\nkernel @{name}(");
    let (_, rest) = README.split_once(&begin).unwrap_or_else(|| panic!("no kernel @{name}"));
    let (text, _) = rest.split_once("```").unwrap();
    let text = format!("kernel @{name}({text}");
    let kernel: Kernel = text.parse().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(kernel.to_string(), text);
    kernel
}

fn bytes(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f64> {
    bytes.chunks(8).map(|bytes| Scalar::from_bytes(DType::F64, bytes).to_f64()).collect()
}

#[test]
fn every_kernel_is_legal() {
    assert_eq!(README.matches("```text\nkernel @").count(), 5);
    for name in ["wave", "sum", "rows", "columns", "roots"] {
        kernel(name);
    }
}

#[test]
fn the_wave() {
    let x = [0.0f32, 1.0, -2.5];
    let input: Vec<u8> = x.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut output = vec![0; input.len()];
    let layout = Layout::contiguous(DType::F32, &[3]).unwrap();
    interpret(
        &kernel("wave"),
        &mut [
            Argument::Extent(3),
            Argument::Read(&input, &layout),
            Argument::Scalar(Scalar::from(3.0f32)),
            Argument::Write(&mut output, &layout),
        ],
    )
    .unwrap();
    for (x, bytes) in x.into_iter().zip(output.chunks(4)) {
        let found = Scalar::from_bytes(DType::F32, bytes).to_f64();
        let exact = f64::from(x).exp() + 3.0 * f64::from(x).sin();
        assert!((found - exact).abs() < 1e-6, "{x}: {found} {exact}");
    }
}

#[test]
fn sums() {
    let x: Vec<u8> = [1.0f32, 2.0, 6.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let layout = Layout::contiguous(DType::F32, &[3]).unwrap();
    let single = Layout::contiguous(DType::F32, &[]).unwrap();
    let mut outputs = [[0; 4]; 3];
    let [sum, mean, max] = &mut outputs;
    interpret(
        &kernel("sum"),
        &mut [
            Argument::Extent(3),
            Argument::Read(&x, &layout),
            Argument::Write(sum, &single),
            Argument::Write(mean, &single),
            Argument::Write(max, &single),
        ],
    )
    .unwrap();
    assert_eq!(outputs, [9f32, 3.0, 6.0].map(f32::to_le_bytes));
}

#[test]
fn rows_and_columns() {
    let x = bytes(&[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
    let matrix = Layout::contiguous(DType::F64, &[2, 3]).unwrap();
    for (name, count, expected) in
        [("rows", 2, vec![6.0, 60.0]), ("columns", 3, vec![11.0, 22.0, 33.0])]
    {
        let line = Layout::contiguous(DType::F64, &[count]).unwrap();
        let mut output = vec![0; 8 * count];
        interpret(
            &kernel(name),
            &mut [
                Argument::Extent(2),
                Argument::Extent(3),
                Argument::Read(&x, &matrix),
                Argument::Write(&mut output, &line),
            ],
        )
        .unwrap();
        assert_eq!(floats(&output), expected, "{name}");
    }
}

#[test]
fn roots() {
    let run = |x: &[f64]| {
        let layout = Layout::contiguous(DType::F64, &[x.len()]).unwrap();
        let (input, mut output) = (bytes(x), bytes(x));
        let n = Argument::Extent(i64::try_from(x.len()).unwrap());
        let ended = interpret(
            &kernel("roots"),
            &mut [n, Argument::Read(&input, &layout), Argument::Write(&mut output, &layout)],
        );
        (ended, floats(&output))
    };
    let (ended, roots) = run(&[0.0, 4.0, 2.0, 1e-8]);
    assert_eq!(ended, Ok(()));
    for (root, expected) in roots.into_iter().zip([0.0, 2.0, 2f64.sqrt(), 1e-4]) {
        assert!((root - expected).abs() <= 1e-12, "{root} {expected}");
    }
    assert_eq!(run(&[1.0, -1.0]).0, Err(Failure::Check(1)));
}
