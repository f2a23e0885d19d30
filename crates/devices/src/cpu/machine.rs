//! What this machine's cpu is.

use crate::Target;
use std::fs;
use std::sync::OnceLock;

/// What kernels need to know of the cpu.
#[derive(Debug, Clone)]
pub struct Cpu {
    /// What LLVM is told.
    pub target: Target,
    /// Bytes of the vectors to compute in: 64 with AVX-512, 32 with AVX2, 16 otherwise, and where
    /// `ABREAST_CPU` names a level of x86-64, no more than that level has.
    pub vector: usize,
    /// Bytes of each core's first data cache.
    pub l1: usize,
    /// Bytes of each core's second cache.
    pub l2: usize,
    /// Bytes of the last cache, which cores may share.
    pub l3: usize,
}

/// The cpu of this machine; found out once.
pub fn cpu() -> &'static Cpu {
    static CPU: OnceLock<Cpu> = OnceLock::new();
    CPU.get_or_init(|| {
        let (target, vector) = target();
        Cpu {
            target,
            vector,
            // Where the system does not tell: what is usual.
            l1: cache(1).unwrap_or(32 << 10),
            l2: cache(2).unwrap_or(1 << 20),
            l3: cache(3).unwrap_or(8 << 20),
        }
    })
}

/// A list of `(LLVM's name, whether it is there)`; the two lists of names differ in places.
#[cfg(target_arch = "x86_64")]
macro_rules! features {
    ($($llvm:literal = $std:tt),* $(,)?) => {
        [$(($llvm, std::arch::is_x86_feature_detected!($std))),*]
    };
}

#[cfg(target_arch = "x86_64")]
fn target() -> (Target, usize) {
    #[expect(
        clippy::disallowed_methods,
        reason = "found out once, by whoever compiles first; tests without Python limit it as well"
    )]
    let named = std::env::var("ABREAST_CPU").ok();
    let level = level(named.as_deref());
    // The standard library also asks whether the system saves the registers.
    let mut features = features![
        "sse3" = "sse3",
        "ssse3" = "ssse3",
        "sse4.1" = "sse4.1",
        "sse4.2" = "sse4.2",
        "popcnt" = "popcnt",
        "avx" = "avx",
        "f16c" = "f16c",
        "fma" = "fma",
        "avx2" = "avx2",
        "bmi" = "bmi1",
        "bmi2" = "bmi2",
        "lzcnt" = "lzcnt",
        "movbe" = "movbe",
        "avx512f" = "avx512f",
        "avx512cd" = "avx512cd",
        "avx512bw" = "avx512bw",
        "avx512dq" = "avx512dq",
        "avx512vl" = "avx512vl",
        "avx512ifma" = "avx512ifma",
        "avx512vbmi" = "avx512vbmi",
        "avx512vbmi2" = "avx512vbmi2",
        "avx512bitalg" = "avx512bitalg",
        "avx512vpopcntdq" = "avx512vpopcntdq",
        "gfni" = "gfni",
    ];
    for (name, there) in &mut features {
        *there = *there && level >= level_of(name);
    }
    let has = |name| features.iter().any(|&(it, there)| it == name && there);
    let wide = ["avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"].into_iter().all(has);
    let middle = ["avx2", "fma", "bmi", "bmi2", "f16c", "lzcnt", "movbe"].into_iter().all(has);
    let (cpu, vector) = match (wide && middle, middle) {
        (true, _) => ("x86-64-v4", 64),
        (_, true) => ("x86-64-v3", 32),
        _ if has("sse4.2") && has("popcnt") => ("x86-64-v2", 16),
        _ => ("x86-64", 16),
    };
    let recent = vector == 64 && has("gfni");
    let mut features = text(&features);
    if vector == 64 {
        // Kernels choose their vectors; LLVM need not be careful with wide ones.
        features.push_str(",-prefer-256-bit");
    }
    if recent {
        // The name stands for the first of these machines too, which alone were slow to add three numbers.
        features.push_str(",-slow-3ops-lea");
    }
    (Target { triple: "x86_64-unknown-linux-gnu".into(), cpu: cpu.into(), features }, vector)
}

/// The greatest level of x86-64 to make code for; an unknown word sets no limit.
#[cfg(target_arch = "x86_64")]
fn level(named: Option<&str>) -> u32 {
    match named {
        Some("x86-64") => 1,
        Some("x86-64-v2") => 2,
        Some("x86-64-v3") => 3,
        _ => 4,
    }
}

/// The first level that has this; what belongs to none counts as the last's.
#[cfg(target_arch = "x86_64")]
fn level_of(feature: &str) -> u32 {
    match feature {
        "sse3" | "ssse3" | "sse4.1" | "sse4.2" | "popcnt" => 2,
        "avx" | "f16c" | "fma" | "avx2" | "bmi" | "bmi2" | "lzcnt" | "movbe" => 3,
        _ => 4,
    }
}

/// As above.
#[cfg(target_arch = "aarch64")]
macro_rules! features {
    ($($llvm:literal = $std:tt),* $(,)?) => {
        [$(($llvm, std::arch::is_aarch64_feature_detected!($std))),*]
    };
}

#[cfg(target_arch = "aarch64")]
fn target() -> (Target, usize) {
    let features = features!["neon" = "neon", "fullfp16" = "fp16", "lse" = "lse", "rdm" = "rdm"];
    let triple = "aarch64-unknown-linux-gnu".into();
    (Target { triple, cpu: "generic".into(), features: text(&features) }, 16)
}

/// `+this,+that`. What is missing needs no word: it is not part of the cpu's name either.
fn text(features: &[(&str, bool)]) -> String {
    let there = features.iter().filter(|(_, there)| *there);
    there.map(|(name, _)| format!("+{name}")).collect::<Vec<_>>().join(",")
}

/// Bytes of the data cache of this level, as the system tells.
fn cache(level: u32) -> Option<usize> {
    (0..8).find_map(|index| {
        let folder = format!("/sys/devices/system/cpu/cpu0/cache/index{index}");
        let read = |name| fs::read_to_string(format!("{folder}/{name}")).ok();
        let data = !read("type")?.starts_with("Instruction");
        if !data || read("level")?.trim().parse() != Ok(level) {
            return None;
        }
        size(read("size")?.trim())
    })
}

/// `48K`, `2048K`, `105M` in bytes.
fn size(text: &str) -> Option<usize> {
    let (number, unit) = match text.char_indices().next_back()? {
        (at, 'K') => (&text[..at], 1 << 10),
        (at, 'M') => (&text[..at], 1 << 20),
        _ => (text, 1),
    };
    number.parse::<usize>().ok()?.checked_mul(unit).filter(|&size| size > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("48K"), Some(48 << 10));
        assert_eq!(size("105M"), Some(105 << 20));
        assert_eq!(size("512"), Some(512));
        assert_eq!((size(""), size("K"), size("0K"), size("many")), (None, None, None, None));
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn a_level_is_a_limit() {
        let limits = [None, Some("x86-64-v3"), Some("x86-64-v2"), Some("x86-64"), Some("v3")];
        assert_eq!(limits.map(level), [4, 3, 2, 1, 4]);
        assert_eq!(["sse3", "fma", "avx512f", "gfni"].map(level_of), [2, 3, 4, 4]);
    }

    #[test]
    fn the_vector_is_one_that_the_target_has() {
        let cpu = cpu();
        assert!([16, 32, 64].contains(&cpu.vector));
        assert_eq!(cpu.vector == 64, cpu.target.features.contains("+avx512f"));
        assert!(cpu.l1 >= 4096 && cpu.l2 >= cpu.l1, "{cpu:?}");
    }
}
