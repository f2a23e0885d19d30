//! Large results in blocks, on several threads: the one place of `random` that starts any.

use std::io::Result;

/// Work on each block of `out` but the first in a thread of its own, and on the first here. Blocks
/// are whole multiples of `unit` values, but for the end of the last one. `work` gets where its
/// block begins. Fails where the system has no more threads to give.
pub(super) fn fill<T: Send, R: Send>(
    out: &mut [T],
    unit: usize,
    threads: usize,
    work: impl Fn(usize, &mut [T]) -> R + Sync,
) -> Result<Vec<R>> {
    let size = out.len().div_ceil(threads.max(1)).next_multiple_of(unit).max(unit);
    let mut blocks = out.chunks_mut(size).enumerate();
    let Some((_, first)) = blocks.next() else { return Ok(Vec::new()) };
    std::thread::scope(|scope| {
        let work = &work;
        let others: Vec<_> = blocks
            .map(|(at, block)| {
                std::thread::Builder::new()
                    .name("abreast-random".into())
                    .spawn_scoped(scope, move || work(at * size, block))
            })
            .collect();
        let mut done = vec![work(0, first)];
        for other in others {
            match other?.join() {
                Ok(answer) => done.push(answer),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(done)
    })
}
