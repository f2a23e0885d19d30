//! Where kernels run: code in memory, launches, and the machine's properties.
//!
//! Level 3; the only crate that maps code.
