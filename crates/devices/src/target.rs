//! What code is made for.

/// The machine that code is made for, in LLVM's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// Architecture and system: `x86_64-unknown-linux-gnu`.
    pub triple: String,
    /// Whose timings to schedule for: `x86-64-v4`, `generic`.
    pub cpu: String,
    /// What the machine can do beyond that: `+avx512f,+fma`.
    pub features: String,
}
