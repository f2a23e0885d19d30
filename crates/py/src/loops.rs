//! Kernels of the loop language from their text, for tests: compiled code beside the interpreter.

use crate::array::shown;
use crate::compile::cache;
use crate::enter::{heard, outside};
use devices::cpu::CpuDevice;
use devices::{Argument, Device, Interpreter, Place};
use ir::{Kernel, ParameterKind};
use memory::Scalar;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::sync::Arc;

/// Run the kernel `text` on `device`: "interpreter", "cpu", "cpu:32" for vectors of 32 bytes, or
/// "cpu:32:0" to choose code for large work from so many bytes on.
///
/// An argument for each parameter: an int for an extent, the bits of a scalar as an int, an object with
/// the buffer protocol for a buffer, which is written to if the kernel does so, whatever it says itself.
/// On the cpu, what is not compiled yet is an error here.
#[pyfunction]
pub(crate) fn run_loop(
    py: Python<'_>,
    text: &str,
    device: &str,
    arguments: Vec<Bound<'_, PyAny>>,
) -> PyResult<()> {
    let kernel = parse(text)?;
    let mut given = Vec::with_capacity(arguments.len());
    for (parameter, argument) in kernel.parameters.iter().zip(&arguments) {
        given.push(match &parameter.kind {
            ParameterKind::Extent(_) => Argument::Extent(argument.extract()?),
            ParameterKind::Scalar(value) => {
                Argument::Scalar(Scalar::from_bits(kernel.dtype(*value), argument.extract()?))
            }
            ParameterKind::Buffer(_) => {
                let data = shown(argument)?.and_then(|array| array.data());
                let data = data.ok_or_else(|| {
                    PyTypeError::new_err(format!("%{} is a buffer of another kind", parameter.name))
                })?;
                Argument::Buffer(Place::new(data.storage, data.layout))
            }
        });
    }
    if given.len() != kernel.parameters.len() {
        return Err(PyValueError::new_err("an argument for each parameter"));
    }
    let device: Arc<dyn Device> = if device == "interpreter" {
        Arc::new(Interpreter)
    } else {
        let mut settings = device.split(':').skip(1);
        let vector = match settings.next() {
            Some("") | None => devices::cpu::cpu().vector,
            Some(bytes) => bytes.parse()?,
        };
        compiler::compile(&kernel, vector)
            .map_err(|error| PyTypeError::new_err(error.to_string()))?;
        let cpu = CpuDevice::new(cache(py)?, Arc::new(Interpreter));
        let cpu = cpu.with_vector(vector);
        Arc::new(match settings.next() {
            Some(bytes) => cpu.with_threshold(bytes.parse()?),
            None => cpu,
        })
    };
    let mut raised = None;
    let done = outside(py, || {
        let executable = device.compile(&kernel)?;
        executable.launch(&given, &mut || {
            raised = Python::attach(|py| heard(py).err());
            raised.is_some()
        })
    });
    done.map_err(|error| raised.unwrap_or_else(|| PyRuntimeError::new_err(error.to_string())))
}

/// What the compiler makes of the kernel `text`, for vectors of so many bytes. `how`: "plain",
/// "streaming" for stores past the caches, "split" for reductions in pieces, "short" for many
/// of few values each, "turned" for one that lies across memory, "across" for points that lie
/// closer in memory than their values, "rounds" for a reduction that keeps few results at once.
#[pyfunction]
#[pyo3(signature = (text, vector, how = "plain"))]
pub(crate) fn loop_llvm(text: &str, vector: usize, how: &str) -> PyResult<String> {
    let kernel = parse(text)?;
    let compiled = match how {
        "streaming" => compiler::compile_streaming(&kernel, vector),
        "split" => compiler::compile_split(&kernel, vector),
        "short" => compiler::compile_short(&kernel, vector),
        "turned" => compiler::compile_turned(&kernel, vector),
        "across" => compiler::compile_across(&kernel, vector),
        "rounds" => compiler::compile_rounds(&kernel, vector),
        _ => compiler::compile(&kernel, vector),
    };
    compiled.map(|it| it.text).map_err(|error| PyTypeError::new_err(error.to_string()))
}

/// The ops of the loop language: name, operands, types that they take and how the result follows.
#[pyfunction]
pub(crate) fn loop_ops() -> Vec<(&'static str, usize, String, String)> {
    ir::Op::table()
        .iter()
        .map(|row| (row.name, row.arity, row.accepts.to_string(), format!("{:?}", row.rule)))
        .collect()
}

fn parse(text: &str) -> PyResult<Kernel> {
    text.parse().map_err(|error: ir::ParseError| PyValueError::new_err(error.to_string()))
}
