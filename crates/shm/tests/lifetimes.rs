//! Who keeps shared memory, and when it is given back: a parent and its workers in one process.

use shm::{Files, Loan, Lodging, Raw, Span, Store, Tenant};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const MIB: usize = 1 << 20;
/// Far from any bound.
const AMPLE: u64 = 1 << 40;
/// Bytes of a region's head, all of whose pages a test may have touched.
const HEAD: u64 = 256 << 10;

fn store(keep: u64) -> Arc<Store> {
    Store::new(AMPLE, keep, None).unwrap()
}

/// A worker of `store`, as the parent and as itself sees it.
fn worker(store: &Arc<Store>) -> (Arc<Tenant>, Arc<Lodging>) {
    let tenant = store.tenant(|| ()).unwrap();
    let lodging = lodging(store, &tenant);
    (tenant, lodging)
}

fn lodging(store: &Store, tenant: &Tenant) -> Arc<Lodging> {
    let (memory, spill) = store.files().descriptors();
    let spill = spill.map(|it| it.try_clone_to_owned().unwrap());
    let files = Files::from_descriptors(memory.try_clone_to_owned().unwrap(), spill);
    Lodging::new(files, tenant.region()).unwrap()
}

fn place(store: &Arc<Store>, bytes: &[u8]) -> (Arc<Loan>, Span) {
    store.place(*Raw::of(bytes)).unwrap()
}

/// A result that the worker sends and the parent takes.
fn send(store: &Arc<Store>, tenant: &Arc<Tenant>, lodging: &Arc<Lodging>, byte: u8) -> Arc<Loan> {
    let lease = lodging.place(*Raw::of(&vec![byte; MIB])).unwrap();
    let (span, number) = (lease.span(), lease.number());
    assert!(tenant.owns(span));
    lease.send();
    store.borrow(tenant, span, number)
}

fn read(store: &Store, span: Span) -> Vec<u8> {
    let mut bytes = vec![0; span.len as usize];
    store.files().read(span, &mut bytes).unwrap();
    bytes
}

/// Bytes that the system has given for shared memory.
fn in_memory(store: &Store) -> u64 {
    let file = File::from(store.files().descriptors().0.try_clone_to_owned().unwrap());
    file.metadata().unwrap().blocks() * 512
}

/// `len` bytes at `address`, which a view keeps alive.
fn raw(address: usize, len: usize) -> Raw {
    // SAFETY: callers keep the view; its pages can be read to the end of the last one.
    unsafe { Raw::new(address as *const u8, len) }
}

/// What a view shows.
fn seen(view: &shm::View) -> Vec<u8> {
    let mut bytes = Vec::new();
    raw(view.address(), view.len()).append_to(&mut bytes);
    bytes
}

fn write(view: &shm::View, at: usize, byte: u8) {
    assert!(at < view.len());
    // SAFETY: inside the view, whose memory is writable and this process's own.
    unsafe { *((view.address() + at) as *mut u8) = byte };
}

#[test]
fn the_same_bytes_are_placed_once() {
    let store = store(0);
    let mut bytes = vec![1_u8; MIB];
    let (first, span) = place(&store, &bytes);
    let (second, same) = place(&store, &bytes);
    assert!(span == same && Arc::ptr_eq(&first, &second));
    assert_eq!(store.tally().passed.load(Ordering::Relaxed), MIB as u64);
    // Another length, other bytes: other memory, and the first copy stays what it is.
    let (_part, other) = place(&store, &bytes[..MIB / 2]);
    bytes[MIB - 1] = 2;
    let (_changed, changed) = place(&store, &bytes);
    assert!(other.base != span.base && changed.base != span.base);
    assert_eq!(read(&store, span), vec![1; MIB]);
    assert_eq!(read(&store, changed)[MIB - 1], 2);
    assert_eq!(store.used(), 5 * MIB as u64 / 2);
    // A copy that nobody has any more is not found again.
    drop((first, second));
    bytes[MIB - 1] = 1;
    let (_again, again) = place(&store, &bytes);
    assert_eq!(read(&store, again), bytes);
    assert_eq!(store.used(), 5 * MIB as u64 / 2);
}

#[test]
fn a_view_that_was_not_written_is_its_own_place() {
    let store = store(0);
    let bytes: Vec<u8> = (0..40_000_u32).map(|at| at as u8).collect();
    let (loan, span) = place(&store, &bytes);
    let view = store.open(&loan, span).unwrap();
    assert_eq!(seen(&view), bytes);
    let find = |skip, len| store.place(raw(view.address() + skip, len)).unwrap().1;
    assert_eq!(find(0, 40_000), span);
    assert_eq!(find(5, 39_995), span.part(5, 39_995));
    assert_eq!(find(8192, 4096), span.part(8192, 4096));
    // Not a part of it: the end of its last page lies beyond.
    assert_ne!(find(8192, 40_000 - 8192 + 1).base, span.base);
    // What was written is copied, what lies on other pages is not.
    write(&view, 8200, 0);
    assert_ne!(find(0, 40_000).base, span.base);
    assert_ne!(find(8200, 10).base, span.base);
    assert_eq!(find(0, 8192), span.part(0, 8192));
    assert_eq!(find(12_288, 20_000), span.part(12_288, 20_000));
    assert_eq!(read(&store, span), bytes);
    // The view keeps its extent; a part keeps the whole.
    drop(loan);
    assert_eq!(store.used(), 40_960);
    let part = store.place(raw(view.address() + 12_288, 100)).unwrap().0;
    drop(view);
    assert_eq!((store.used(), store.views()), (40_960, 0));
    drop(part);
    assert!(store.is_idle());
}

#[test]
fn what_a_worker_reads_stays_until_it_has_read() {
    let store = store(0);
    let (_tenant, lodging) = worker(&store);
    let (_other, elsewhere) = worker(&store);
    let bytes = vec![1_u8; MIB];
    let (loan, span) = place(&store, &bytes);
    let view = lodging.views().open(span).unwrap();
    let hold = elsewhere.views().hold(span.base).unwrap();
    drop(loan);
    assert_eq!((store.used(), store.sweep()), (MIB as u64, MIB as u64));
    assert!(!store.is_idle());
    let others: Vec<_> = (2..6).map(|byte| place(&store, &vec![byte; MIB])).collect();
    assert!(others.iter().all(|(_, other)| other.base != span.base));
    assert_eq!(seen(&view), bytes);
    drop(view);
    assert_eq!(store.sweep(), MIB as u64);
    drop(hold);
    assert_eq!((store.sweep(), store.used()), (0, 4 * MIB as u64));
    drop(others);
    assert!(store.is_idle());
}

#[test]
fn several_views_of_one_extent_are_one_pin() {
    let store = store(0);
    let (_tenant, lodging) = worker(&store);
    let (loan, span) = place(&store, &vec![1_u8; MIB]);
    let views: Vec<_> = (0..5000).map(|_| lodging.views().hold(span.base).unwrap()).collect();
    let part = lodging.views().open(span.part(5000, 100)).unwrap();
    drop((loan, views));
    assert_eq!(store.sweep(), MIB as u64);
    assert_eq!(seen(&part), [1; 100]);
    drop(part);
    assert_eq!((store.sweep(), lodging.views().are_open()), (0, false));
}

#[test]
fn a_full_table_of_pins_refuses_and_recovers() {
    let store = store(0);
    let (_tenant, lodging) = worker(&store);
    let views = lodging.views();
    let (loan, span) = place(&store, &[1; 4096]);
    // Any position may be held; these are of nobody.
    let mut holds: Vec<_> = (0..4096).map(|it| views.hold((it + 100) << 20).unwrap()).collect();
    assert!(views.hold(span.base).is_err());
    assert!(views.open(span).is_err());
    let twice = views.hold(100 << 20).unwrap();
    let mut copy = [0; 4096];
    views.read(span, &mut copy).unwrap();
    assert_eq!(copy, [1; 4096]);
    holds.pop();
    let view = views.open(span).unwrap();
    assert!(views.hold(99 << 20).is_err());
    drop(loan);
    assert_eq!(store.sweep(), 4096);
    drop(view);
    assert_eq!(store.sweep(), 0);
    drop((holds, twice));
    assert!(!views.are_open());
    assert!((0..4096).map(|it| views.hold(it << 20)).collect::<Vec<_>>().iter().all(Result::is_ok));
}

#[test]
fn a_clean_window_is_used_again_and_a_written_one_is_not() {
    let store = store(0);
    let (_tenant, lodging) = worker(&store);
    let (loan, span) = place(&store, &vec![1_u8; MIB]);
    let address = |view: shm::View| view.address();
    let first = address(lodging.views().open(span).unwrap());
    assert_eq!(address(lodging.views().open(span).unwrap()), first);
    drop(loan);
    // Something else in the same place shows in the same window.
    let (_loan, same) = place(&store, &vec![2_u8; MIB]);
    assert_eq!(same, span);
    let view = lodging.views().open(span).unwrap();
    assert_eq!((view.address(), view.is_written()), (first, false));
    assert_eq!(seen(&view), vec![2; MIB]);
    write(&view, MIB / 2, 9);
    assert!(view.is_written());
    drop(view);
    let view = lodging.views().open(span).unwrap();
    assert!(!view.is_written());
    assert_eq!(seen(&view), vec![2; MIB]);
}

#[test]
fn leases_come_back_in_any_order() {
    let store = store(0);
    let (tenant, lodging) = worker(&store);
    let mut spans: Vec<Vec<u64>> = Vec::new();
    for round in 0..2_u8 {
        // More than one word of the bitmap.
        let loans: Vec<_> = (0..70).map(|at| send(&store, &tenant, &lodging, at ^ round)).collect();
        assert_eq!(store.used(), 70 * MIB as u64);
        for (at, loan) in loans.iter().enumerate() {
            assert!(read(&store, loan.span()).iter().all(|&it| it == at as u8 ^ round));
        }
        let mut bases: Vec<_> = loans.iter().map(|loan| loan.span().base).collect();
        bases.sort_unstable();
        spans.push(bases);
        let mut loans: Vec<_> = loans.into_iter().map(Some).collect();
        (0..70).for_each(|step| drop(loans[step * 11 % 70].take()));
        // Counted as free before the worker has heard of it.
        assert_eq!(store.used(), 0);
    }
    assert_eq!(spans[0], spans[1]);
    lodging.reclaim();
    assert_eq!(lodging.place(*Raw::of(&[1; 10])).unwrap().number(), 0);
}

#[test]
fn a_lease_that_was_not_sent_is_free_at_once() {
    let store = store(0);
    let (_tenant, lodging) = worker(&store);
    let lease = lodging.place(*Raw::of(&[1; 10])).unwrap();
    let (span, number) = (lease.span(), lease.number());
    assert_eq!(store.used(), 4096);
    drop(lease);
    assert_eq!(store.used(), 0);
    let again = lodging.place(*Raw::of(&[2; 10])).unwrap();
    assert_eq!((again.span(), again.number()), (span, number));
}

#[test]
fn a_result_that_another_worker_reads_stays() {
    let store = store(0);
    let (tenant, lodging) = worker(&store);
    let (_other, reader) = worker(&store);
    let loan = send(&store, &tenant, &lodging, 5);
    let span = loan.span();
    let view = reader.views().open(span).unwrap();
    drop(loan);
    let _more: Vec<_> = (0..4).map(|_| send(&store, &tenant, &lodging, 6)).collect();
    assert_eq!(seen(&view), vec![5; MIB]);
    assert_eq!(store.used(), 5 * MIB as u64);
    drop(view);
    // What is pinned there is none of the parent's own, and given back all the same.
    assert_eq!((store.sweep(), store.used()), (0, 4 * MIB as u64));
    assert_eq!(send(&store, &tenant, &lodging, 7).span(), span);
}

#[test]
fn a_worker_that_sleeps_is_woken_for_much() {
    let store = store(0);
    let woken = Arc::new(AtomicU64::new(0));
    let count = woken.clone();
    let wake = move || {
        count.fetch_add(1, Ordering::Relaxed);
    };
    let tenant = store.tenant(wake).unwrap();
    let lodging = lodging(&store, &tenant);
    for step in 1..=130 {
        drop(send(&store, &tenant, &lodging, 0));
        assert_eq!(woken.load(Ordering::Relaxed), step / 64);
    }
}

#[test]
fn the_dead_keep_nothing_but_what_they_lent() {
    let store = store(AMPLE);
    let (tenant, lodging) = worker(&store);
    let region = tenant.region();
    let (argument, span) = place(&store, &vec![9; MIB]);
    let results: Vec<_> = (1..=6).map(|byte| send(&store, &tenant, &lodging, byte)).collect();
    let mut results: Vec<_> = results.into_iter().map(Some).collect();
    results[0] = None; // given back, and the worker does not hear of it any more
    // It dies with one lease in hand, one sent that nobody was told of, and an argument open.
    std::mem::forget(lodging.place(*Raw::of(&vec![7; MIB])).unwrap());
    lodging.place(*Raw::of(&vec![8; MIB])).unwrap().send();
    std::mem::forget(lodging.views().open(span).unwrap());
    assert_eq!(store.used(), 8 * MIB as u64);
    results[1] = None;
    tenant.end();
    tenant.end(); // once is enough
    assert_eq!(store.used(), 5 * MIB as u64);
    assert!(in_memory(&store) <= 5 * MIB as u64 + 2 * HEAD, "{}", in_memory(&store));
    // Its pin counts no more.
    drop(argument);
    assert_eq!((store.sweep(), store.used()), (0, 4 * MIB as u64));
    for (at, loan) in results.iter().enumerate().skip(2) {
        let loan = loan.as_ref().unwrap();
        assert!(read(&store, loan.span()).iter().all(|&byte| byte == at as u8 + 1));
    }
    // The next worker gets another region while something stands in this one.
    drop((tenant, lodging));
    let (next, _lodging) = worker(&store);
    assert_ne!(next.region(), region);
    drop((results, next));
    assert_eq!(store.used(), 0);
    store.trim();
    assert!(in_memory(&store) <= 2 * HEAD, "{}", in_memory(&store));
    let regions: Vec<_> = (0..2).map(|_| store.tenant(|| ()).unwrap()).collect();
    assert!(regions.iter().any(|tenant| tenant.region() == region));
}

#[test]
fn a_region_that_is_used_again_is_blank() {
    let store = store(0);
    let (tenant, lodging) = worker(&store);
    let region = tenant.region();
    let (loan, span) = place(&store, &vec![1; MIB]);
    std::mem::forget(lodging.views().hold(span.base).unwrap());
    drop(send(&store, &tenant, &lodging, 1)); // leaves its bit
    tenant.end();
    drop((tenant, lodging));
    let (tenant, lodging) = worker(&store);
    assert_eq!(tenant.region(), region);
    // Neither the pin nor the bit of the one before.
    drop(loan);
    assert_eq!((store.sweep(), store.used()), (0, 0));
    let lease = lodging.place(*Raw::of(&vec![3; MIB])).unwrap();
    lodging.reclaim();
    assert_eq!(read(&store, lease.span()), vec![3; MIB]);
    assert_eq!(store.used(), MIB as u64);
}

#[test]
fn a_worker_owns_its_region_alone() {
    let store = store(0);
    let (tenant, lodging) = worker(&store);
    let (_other, elsewhere) = worker(&store);
    let (_loan, parents) = place(&store, &[1; 4096]);
    let lease = lodging.place(*Raw::of(&[1; 4096])).unwrap();
    let others = elsewhere.place(*Raw::of(&[1; 4096])).unwrap();
    let span = lease.span();
    assert!(tenant.owns(span));
    assert!(!tenant.owns(parents) && !tenant.owns(others.span()));
    assert!(!tenant.owns(span.part(8, 8)), "a part is no extent");
    let start = span.base - span.base % (1 << 40);
    let at = |base, len| Span { base, start: base, len };
    assert!(!tenant.owns(at(start, 4096)), "the head");
    assert!(!tenant.owns(at(start + (1 << 40) - 4096, 8192)), "past the end");
    assert!(!tenant.owns(at(start + HEAD, u64::MAX)));
    let bytes = |span: Span| Span::from_bytes(span.to_bytes());
    assert_eq!(bytes(span), Some(span));
    assert_eq!(bytes(at(start, u64::MAX)), None);
    assert_eq!(bytes(Span { base: 2, start: 1, len: 1 }), None);
    assert_eq!(bytes(at(u64::MAX, 1)), None);
}

#[test]
fn a_forked_child_touches_nothing() {
    let store = store(0);
    let (tenant, lodging) = worker(&store);
    let (loan, span) = place(&store, &vec![1; MIB]);
    let mine = store.open(&loan, span).unwrap();
    let view = lodging.views().open(span).unwrap();
    let (kept, held) = place(&store, &vec![2; MIB]);
    let hold = lodging.views().hold(held.base).unwrap();
    drop(kept);
    let lease = lodging.place(*Raw::of(&vec![3; MIB])).unwrap();
    let result = send(&store, &tenant, &lodging, 4);
    let used = store.used();
    assert_eq!(used, 4 * MIB as u64);
    // SAFETY: the child does nothing but drop what stands here, and leaves by `_exit`. It allocates
    // no more than the C library allows after a fork, and takes no lock that is not its own.
    let child = unsafe { libc::fork() };
    if child == 0 {
        store.disarm();
        lodging.disarm();
        let well = seen(&view) == vec![1; MIB] && seen(&mine) == vec![1; MIB];
        drop((mine, view, hold, lease, result, loan, lodging, tenant, store));
        shm::os::exit_now(i32::from(!well));
    }
    let mut status = -1;
    // SAFETY: the call fills the integer it is given.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    assert_eq!(status, 0);
    assert_eq!((store.used(), store.views()), (used, 1));
    assert_eq!(store.sweep(), MIB as u64, "the hold is still there");
    assert_eq!((read(&store, lease.span()), seen(&view)), (vec![3; MIB], vec![1; MIB]));
    assert_eq!(read(&store, result.span()), vec![4; MIB]);
    drop((mine, view, hold, lease, result, loan));
    assert!(store.sweep() == 0 && store.is_idle());
}

/// Threads place, lend, read and drop at random: whoever reads sees what was placed for it.
#[test]
fn nobody_sees_what_was_placed_for_another() {
    let store = store(4 << 20);
    let workers: Vec<_> = (0..3).map(|_| worker(&store)).collect();
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (store, workers) = (&store, &workers);
            scope.spawn(move || {
                let mut random = thread + 1;
                let mut draw = |below: usize| {
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    (random % below as u64) as usize
                };
                let mut open = std::collections::VecDeque::new();
                for step in 0..600_u64 {
                    let value = (step * 4 + thread) % 251;
                    let bytes = vec![value as u8; 4096 * (1 + draw(40))];
                    let (tenant, lodging) = &workers[draw(3)];
                    let loan = if draw(2) == 0 {
                        place(store, &bytes).0
                    } else {
                        let lease = lodging.place(*Raw::of(&bytes)).unwrap();
                        let (span, number) = (lease.span(), lease.number());
                        lease.send();
                        store.borrow(tenant, span, number)
                    };
                    let view = workers[draw(3)].1.views().open(loan.span()).unwrap();
                    if draw(4) == 0 {
                        write(&view, draw(bytes.len()), value as u8);
                    }
                    drop(loan);
                    open.push_back((view, value));
                    if open.len() > draw(30) {
                        let (view, value) = open.remove(draw(open.len())).unwrap();
                        assert!(seen(&view).iter().all(|&byte| u64::from(byte) == value));
                    }
                }
            });
        }
    });
    store.sweep();
    assert!(store.is_idle(), "{} bytes are in use", store.used());
}
