//! Large results in blocks, on several threads: the one place of `random` that starts any.

/// Work on each block of `out` but the first in a thread of its own, and on the first here. Blocks
/// are whole multiples of `unit` values, but for the end of the last one. `work` gets where its
/// block begins.
pub(super) fn fill<T: Send, R: Send>(
    out: &mut [T],
    unit: usize,
    threads: usize,
    work: impl Fn(usize, &mut [T]) -> R + Sync,
) -> Vec<R> {
    let size = out.len().div_ceil(threads.max(1)).next_multiple_of(unit).max(unit);
    let mut blocks = out.chunks_mut(size).enumerate();
    let Some((_, first)) = blocks.next() else { return Vec::new() };
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
            match other.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(answer)) => done.push(answer),
                Ok(Err(panic)) => std::panic::resume_unwind(panic),
                Err(error) => panic!("no thread to draw random numbers on: {error}"),
            }
        }
        done
    })
}
