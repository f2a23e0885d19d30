//! `abreast._abreast`: the one door between Python and the core.
//!
//! Level 5: converts, enters, returns; no logic of its own. Every wait leaves the interpreter to
//! other threads and looks for Ctrl-C (`enter`).

mod allocator;
mod array;
mod assembler;
mod buffer;
mod call;
mod codec;
mod compile;
mod enter;
mod graph;
mod jit;
mod journal;
mod lodging;
mod loops;
mod memory;
mod originals;
mod parcel;
mod processes;
mod random;
mod threads;
mod worker;

use pyo3::prelude::*;

#[pymodule]
fn _abreast(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<processes::ProcessPool>()?;
    module.add_class::<processes::ProcessJob>()?;
    module.add_class::<processes::Speech>()?;
    module.add_class::<threads::ThreadPool>()?;
    module.add_class::<threads::ThreadJob>()?;
    module.add_class::<worker::Worker>()?;
    module.add_class::<memory::Memory>()?;
    module.add_class::<memory::LooseMemory>()?;
    module.add_class::<buffer::Buffer>()?;
    module.add_class::<parcel::Parcel>()?;
    module.add_function(wrap_pyfunction!(parcel::delivered, module)?)?;
    module.add_function(wrap_pyfunction!(threads::help, module)?)?;
    module.add_function(wrap_pyfunction!(threads::say, module)?)?;
    module.add_class::<array::PyArray>()?;
    module.add_function(wrap_pyfunction!(array::array_function, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_functions, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_result_type, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_joined, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_ordered, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_packed, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_unpacked, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_width, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_evaluate, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_compilations, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_forked, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_recipes, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_device, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_explain, module)?)?;
    module.add_function(wrap_pyfunction!(array::array_interpret, module)?)?;
    random::register(module)?;
    module.add_class::<graph::Graph>()?;
    module.add_class::<journal::Journal>()?;
    module.add_class::<journal::SerialLane>()?;
    module.add_function(wrap_pyfunction!(loops::run_loop, module)?)?;
    module.add_function(wrap_pyfunction!(loops::loop_llvm, module)?)?;
    module.add_function(wrap_pyfunction!(loops::loop_ops, module)?)?;
    module.add_class::<jit::JitSource>()?;
    module.add_function(wrap_pyfunction!(jit::jit_empty, module)?)?;
    module.add_class::<array::ElementCall>()?;
    module.add_class::<jit::JitCall>()?;
    module.add_class::<compile::Kernel>()?;
    module.add_function(wrap_pyfunction!(compile::assembly, module)?)?;
    module.add_function(wrap_pyfunction!(compile::target, module)?)?;
    module.add_function(wrap_pyfunction!(compile::compiled, module)?)?;
    module.add_function(wrap_pyfunction!(compile::pool_threads, module)?)?;
    module.add_function(wrap_pyfunction!(compile::set_pool_threads, module)?)?;
    module.add_function(wrap_pyfunction!(compile::end_pool, module)?)?;
    module.add_function(wrap_pyfunction!(allocator::array_memory, module)?)?;
    module.add_function(wrap_pyfunction!(allocator::array_memory_bounds, module)?)?;
    module.add_function(wrap_pyfunction!(allocator::reset_array_memory_peak, module)?)?;
    module.add_function(wrap_pyfunction!(allocator::bound_array_memory, module)?)?;
    module.add_function(wrap_pyfunction!(allocator::trim_array_memory, module)?)?;
    module.add("PLAIN", call::PLAIN)?;
    module.add("STAR", call::STAR)?;
    module.add("INDEXED", call::INDEXED)?;
    module.add("APPLY", call::APPLY)?;
    module.add("WATCHED", call::WATCHED)?;
    module.add("VALUE", call::VALUE)?;
    module.add("FAILURE", call::FAILURE)?;
    module.add("LOST", call::LOST)?;
    module.add("GARBLED", call::GARBLED)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    Ok(())
}
