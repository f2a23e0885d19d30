//! How much memory the machine, or the container, has left.

use std::fs;

/// Bytes that can be had without swapping; `None` where the system does not tell.
pub(super) fn available() -> Option<u64> {
    let machine = field("MemAvailable:");
    let read = |name| fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok();
    let number = |name| read(name)?.trim().parse::<u64>().ok();
    let group = || {
        let limit = number("memory.max")?;
        // Pages of files that were only read go before anything else.
        let files = read("memory.stat").and_then(|text| line(&text, "inactive_file"));
        let used = number("memory.current")?.saturating_sub(files.unwrap_or(0));
        Some(limit.saturating_sub(used))
    };
    [machine, group()].into_iter().flatten().min()
}

/// Bytes that the machine has.
pub(super) fn total() -> Option<u64> {
    field("MemTotal:")
}

fn field(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    line(&text, name)?.checked_mul(1024)
}

/// The number after `name`.
fn line(text: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().map(str::split_whitespace);
    lines.find_map(|mut words| (words.next() == Some(name)).then(|| words.next())??.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells() {
        let (left, all) = (available().unwrap(), total().unwrap());
        assert!(left > 0 && left <= all, "{left} of {all}");
        assert_eq!(line("a 1\nb: 22 kB\n", "b:"), Some(22));
        assert_eq!((line("b: many", "b:"), line("", "b:")), (None, None));
    }
}
