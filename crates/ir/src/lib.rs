//! The loop language: ops, kernels, the verifier, the interpreter and the text form.
//!
//! Level 1; knows `memory` alone. `docs/design/0009-loop-language.md` says what a kernel means.

pub mod elementary;
