//! A pool with real worker processes: this test program, started again as a worker.

use shm::Store;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tasks::Journal;
use workers::{Event, Items, Job, Kind, Loss, Outcome, Pool, Runner, Settings, Wake};

/// What a task's argument tells the worker to do.
const DOUBLE: u8 = 0;
const DIE: u8 = 1;
const SLEEP: u8 = 2;
const LARGE: u8 = 3;
const DIE_AFTER: u8 = 4;
const LEAVE: u8 = 5;
const SAY: u8 = 6;

/// Not a test: what this program does when a pool starts it. The pool appends the worker's number
/// to the command, where the test runner takes it for one more name to look for.
#[test]
#[ignore = "runs in worker processes only"]
fn worker_process() {
    let Some(number) = std::env::args().next_back().and_then(|it| it.parse().ok()) else { return };
    let mut runner = Runner::connect(number).unwrap();
    assert_eq!(runner.hello(), b"hello");
    runner.ready();
    let mut bytes = Vec::new();
    loop {
        let Some(task) = runner.claim() else {
            if runner.idle(&[], false) == Wake::Retire {
                return;
            }
            continue;
        };
        bytes.clear();
        runner.item(&task, &mut bytes);
        let value = u64::from_ne_bytes(bytes[1..9].try_into().unwrap());
        match bytes[0] {
            DIE => kill_self(),
            LEAVE => shm::os::exit_now(7),
            SLEEP => std::thread::sleep(Duration::from_millis(value)),
            SAY => {
                let outlet = runner.outlet().clone();
                assert!(outlet.say(0, b"half ") && outlet.say(0, b"a line\n"));
                // From another thread, and too long for the ring itself.
                std::thread::scope(|scope| {
                    scope.spawn(|| assert!(outlet.say(3, &vec![7; 2_000_000])));
                });
                std::thread::sleep(Duration::from_millis(value));
            }
            LARGE => bytes = vec![value as u8; 3_000_000],
            _ => {}
        }
        let kind = if value == 13 { Kind::Failure } else { Kind::Value };
        let answer =
            if bytes.len() > 9 { bytes.clone() } else { (2 * value).to_ne_bytes().to_vec() };
        runner.report(&task, kind, 0, &answer, Vec::new()).unwrap();
        if bytes[0] == DIE_AFTER {
            kill_self();
        }
    }
}

fn kill_self() {
    use std::os::fd::AsFd;
    let process = shm::os::open_process(std::process::id()).unwrap();
    shm::os::kill(process.as_fd());
    std::thread::sleep(Duration::from_secs(60));
}

fn pool(workers: usize) -> Pool {
    Pool::new(settings(workers), store(), |_, _| ()).unwrap()
}

fn store() -> Arc<Store> {
    Store::new(1 << 32, 1 << 28, None).unwrap()
}

fn settings(workers: usize) -> Settings {
    let program = std::env::current_exe().unwrap().into_os_string();
    let flags = ["--ignored", "--exact", "--nocapture", "worker_process"].map(OsString::from);
    let command = [program].into_iter().chain(flags).collect();
    Settings {
        workers,
        command,
        environment: Vec::new(),
        hello: b"hello".to_vec(),
        idle: Duration::from_secs(60),
        journal: Arc::new(Journal::new(1000)),
        plan: "processes".into(),
    }
}

fn push(pool: &Pool, job: &Arc<Job>, tasks: impl IntoIterator<Item = (u8, u64)>) {
    let mut items = Items::default();
    for (what, value) in tasks {
        items.bytes().push(what);
        items.bytes().extend_from_slice(&value.to_ne_bytes());
        items.end();
        if items.len() == 100 {
            assert!(pool.push(job, &mut items, None).unwrap());
        }
    }
    assert!(pool.push(job, &mut items, None).unwrap());
}

/// What became of each task, with the bytes of those that returned or raised.
fn collect(pool: &Pool, job: &Arc<Job>) -> BTreeMap<u64, (Outcome, Vec<u8>)> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut outcomes = BTreeMap::new();
    loop {
        let over = job.outstanding() == 0;
        let inbox = job.take();
        for delivery in inbox.deliveries {
            let bytes = match &delivery.outcome {
                Outcome::Value(range) | Outcome::Failure(range) => match &delivery.elsewhere {
                    None => inbox.bytes[range.clone()].to_vec(),
                    Some((loan, span)) => {
                        let mut bytes = vec![0; span.len as usize];
                        loan.store().files().read(*span, &mut bytes).unwrap();
                        bytes
                    }
                },
                Outcome::Lost(_) => Vec::new(),
            };
            let before = outcomes.insert(delivery.index, (delivery.outcome, bytes));
            assert!(before.is_none(), "task {} was delivered twice", delivery.index);
        }
        if over {
            return outcomes;
        }
        assert!(Instant::now() < deadline, "only {} arrived", outcomes.len());
        pool.wait(job, Duration::from_millis(100));
    }
}

fn long(bytes: &[u8]) -> u64 {
    u64::from_ne_bytes(bytes.try_into().unwrap())
}

#[test]
fn every_task_is_done_once_and_failures_are_told_apart() {
    let pool = pool(3);
    let job = pool.open(None, 0).unwrap();
    push(&pool, &job, (0..20_000).map(|value| (DOUBLE, value)));
    let outcomes = collect(&pool, &job);
    assert_eq!(outcomes.len(), 20_000);
    for (index, (outcome, bytes)) in outcomes {
        assert_eq!(long(&bytes), 2 * index);
        assert_eq!(matches!(outcome, Outcome::Failure(_)), index == 13);
    }
    assert_eq!(pool.outstanding(), 0);
}

#[test]
fn a_death_costs_the_task_that_ran_and_nothing_else() {
    let pool = pool(2);
    let job = pool.open(None, 0).unwrap();
    let what = |value| if value % 50 == 7 { DIE } else { DOUBLE };
    push(&pool, &job, (0..500).map(|value| (what(value), value)));
    for (index, (outcome, _)) in collect(&pool, &job) {
        let lost =
            matches!(outcome, Outcome::Lost(Loss::Died { ending: shm::os::Ending::Killed(9), .. }));
        assert_eq!(lost, index % 50 == 7, "task {index}: {outcome:?}");
    }
}

#[test]
fn a_result_that_was_reported_survives_its_worker() {
    let pool = pool(2);
    let job = pool.open(None, 0).unwrap();
    push(&pool, &job, (100..140).map(|value| (DIE_AFTER, value)));
    for (index, (outcome, bytes)) in collect(&pool, &job) {
        assert!(matches!(outcome, Outcome::Value(_)), "task {index}: {outcome:?}");
        assert_eq!(long(&bytes), 2 * (100 + index));
    }
}

#[test]
fn an_exit_status_is_told() {
    let pool = pool(1);
    let job = pool.open(None, 0).unwrap();
    push(&pool, &job, [(LEAVE, 0), (DOUBLE, 4)]);
    let outcomes = collect(&pool, &job);
    let Outcome::Lost(Loss::Died { ending, pid, .. }) = outcomes[&0].0 else {
        panic!("{outcomes:?}")
    };
    assert!(ending == shm::os::Ending::Exited(7) && pid > 0);
    assert_eq!(long(&outcomes[&1].1), 8);
}

#[test]
fn large_results_come_whole_and_their_memory_is_used_again() {
    let pool = pool(2);
    let job = pool.open(None, 0).unwrap();
    push(&pool, &job, (0..60).map(|value| (LARGE, value)));
    for (index, (_, bytes)) in collect(&pool, &job) {
        assert_eq!(bytes.len(), 3_000_000);
        assert!(bytes.iter().all(|&byte| u64::from(byte) == index));
    }
}

#[test]
fn what_was_not_taken_can_be_withdrawn() {
    let pool = pool(1);
    let job = pool.open(None, 0).unwrap();
    push(&pool, &job, [(SLEEP, 300)]);
    while !pool.is_running(&job) {
        std::thread::yield_now();
    }
    push(&pool, &job, (0..1_000).map(|value| (DOUBLE, value)));
    assert_eq!(pool.cancel(&job, 0), 1_000);
    assert_eq!(collect(&pool, &job).len(), 1);
    let next = pool.open(None, 0).unwrap();
    push(&pool, &next, [(DOUBLE, 21)]);
    assert_eq!(long(&collect(&pool, &next)[&0].1), 42);
}

#[test]
fn more_than_fits_into_the_queue_waits_for_its_turn() {
    let pool = pool(2);
    let jobs: Vec<_> = (0..30_000).map(|_| pool.open(None, 0).unwrap()).collect();
    for (value, job) in jobs.iter().enumerate() {
        push(&pool, job, [(DOUBLE, value as u64)]);
    }
    for (value, job) in jobs.iter().enumerate() {
        assert_eq!(long(&collect(&pool, job)[&0].1), 2 * value as u64);
    }
}

#[test]
fn a_slow_task_does_not_stop_the_queue_from_going_round() {
    let pool = pool(2);
    let slow = pool.open(None, 0).unwrap();
    push(&pool, &slow, [(SLEEP, 1_500)]);
    let job = pool.open(None, 0).unwrap();
    // More than the queue has cells, all while the first task keeps its own.
    for _ in 0..10 {
        push(&pool, &job, (0..20_000).map(|value| (DOUBLE, value)));
        assert_eq!(collect(&pool, &job).len(), 20_000);
    }
    assert_eq!(collect(&pool, &slow).len(), 1);
}

#[test]
fn several_threads_wait_and_all_are_served() {
    let pool = pool(2);
    std::thread::scope(|scope| {
        for thread in 0..6_u64 {
            let pool = &pool;
            scope.spawn(move || {
                for round in 0..200 {
                    let job = pool.open(None, 0).unwrap();
                    push(pool, &job, [(DOUBLE, 1_000 * thread + round)]);
                    assert_eq!(long(&collect(pool, &job)[&0].1), 2 * (1_000 * thread + round));
                }
            });
        }
    });
}

#[test]
fn what_tasks_say_comes_before_their_end() {
    let pool = pool(1);
    let job = pool.open(None, 0).unwrap();
    push(&pool, &job, [(SAY, 1)]);
    let (mut bytes, mut told) = (Vec::new(), Vec::new());
    while job.outstanding() > 0 {
        assert!(pool.wait(&job, Duration::from_secs(30)));
        let inbox = job.take();
        for it in inbox.said {
            told.push((it.index, it.tag, it.bytes.len()));
            bytes.extend_from_slice(&inbox.bytes[it.bytes]);
        }
    }
    assert_eq!(told, [(0, 0, 12), (0, 3, 2_000_000)]);
    assert!(bytes.starts_with(b"half a line\n\x07") && bytes.ends_with(&[7]));
}

#[test]
fn what_tasks_say_is_told_while_nobody_waits() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let hear = move |job: &Arc<Job>, event: Event| {
        assert_eq!(event, Event::Spoke);
        sender.lock().unwrap().send(job.listen().1.len()).unwrap();
    };
    let pool = Pool::new(settings(1), store(), hear).unwrap();
    let job = pool.open(None, 0).unwrap();
    job.speak_up();
    push(&pool, &job, [(SAY, 600)]);
    assert!(receiver.recv_timeout(Duration::from_secs(30)).unwrap() > 0);
    assert_eq!(job.outstanding(), 1, "it was told before the task ended");
    pool.close(Duration::from_secs(5));
}

#[test]
fn watched_jobs_are_reported_without_anybody_waiting() {
    let settled = Arc::new(AtomicU64::new(0));
    let seen = settled.clone();
    let count = move |_: &Arc<Job>, _: Event| {
        seen.fetch_add(1, Ordering::SeqCst);
    };
    let pool = Pool::new(settings(2), store(), count).unwrap();
    let jobs: Vec<_> = (0..100).map(|_| pool.open(None, 0).unwrap()).collect();
    for job in &jobs {
        push(&pool, job, [(DOUBLE, 1)]);
        pool.watch(job);
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while settled.load(Ordering::SeqCst) < 100 {
        assert!(Instant::now() < deadline, "{} of 100", settled.load(Ordering::SeqCst));
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn closing_ends_everything_and_says_so() {
    let pool = pool(2);
    let job = pool.open(None, 0).unwrap();
    push(&pool, &job, [(SLEEP, 60_000), (SLEEP, 60_000), (SLEEP, 60_000)]);
    while !pool.is_running(&job) {
        std::thread::yield_now();
    }
    let start = Instant::now();
    pool.close(Duration::from_millis(100));
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(collect(&pool, &job).len(), 3);
    assert_eq!(pool.processes(), [None, None]);
    assert!(!pool.push(&job, &mut one_item(), None).unwrap());
}

fn one_item() -> Items {
    let mut items = Items::default();
    items.end();
    items
}

#[test]
fn workers_that_cannot_start_are_no_endless_loop() {
    let settings = Settings { command: vec!["/bin/false".into()], ..settings(2) };
    let pool = Pool::new(settings, store(), |_, _| ()).unwrap();
    let job = pool.open(None, 0).unwrap();
    push(&pool, &job, [(DOUBLE, 1), (DOUBLE, 2)]);
    for (outcome, _) in collect(&pool, &job).into_values() {
        assert!(matches!(outcome, Outcome::Lost(Loss::CannotStart { .. })), "{outcome:?}");
    }
}

#[test]
fn a_program_that_does_not_exist_is_told_at_once() {
    let settings = Settings { command: vec!["/nonexistent/program".into()], ..settings(1) };
    let pool = Pool::new(settings, store(), |_, _| ()).unwrap();
    let job = pool.open(None, 0).unwrap();
    push(&pool, &job, [(DOUBLE, 1)]);
    assert_eq!(collect(&pool, &job)[&0].0, Outcome::Lost(Loss::CannotStart { ending: None }));
}

#[test]
fn idle_workers_are_let_go_and_come_back() {
    let mut settings = settings(1);
    settings.idle = Duration::from_millis(200);
    let pool = Pool::new(settings, store(), |_, _| ()).unwrap();
    for value in 0..2 {
        let job = pool.open(None, 0).unwrap();
        push(&pool, &job, [(DOUBLE, value)]);
        assert_eq!(long(&collect(&pool, &job)[&0].1), 2 * value);
        let deadline = Instant::now() + Duration::from_secs(10);
        while pool.processes() != [None] {
            assert!(Instant::now() < deadline, "the worker stayed");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
