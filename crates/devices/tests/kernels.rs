//! Compiled kernels from committed objects (`golden/make.py`) run as their text says.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]
#![expect(clippy::cast_possible_wrap, reason = "counts of tests are small")]

use devices::cpu::{Launch, Outcome};
use devices::{Code, Image, Kernel, LoadError};
use std::sync::Arc;
use std::time::{Duration, Instant};

macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("../golden/", $name, ".o")).as_slice()
    };
}

fn kernel(object: &[u8]) -> Kernel {
    Code::load(object).unwrap().kernel("kernel").unwrap()
}

fn run(kernel: &Kernel, frame: &[u64], blocks: i64, threads: usize) -> Outcome {
    // SAFETY: each test makes the frame that its kernel's text asks for, and waits here.
    unsafe { Launch::new(kernel, frame) }.run(blocks, threads, false, &mut || false)
}

fn word<T>(values: &mut [T]) -> u64 {
    values.as_mut_ptr().expose_provenance() as u64
}

#[test]
fn a_line_over_any_length_and_threads() {
    let kernel = kernel(golden!("line.x86_64"));
    for n in [0, 1, 15, 16, 17, 4095, 4096, 4097, 100_003, 3_000_000_usize] {
        let mut x: Vec<f32> = (0..n).map(|i| i as f32 * 0.37 - 5.0).collect();
        let expected: Vec<f32> = x.iter().map(|x| x * 2.0 + 1.0).collect();
        for threads in [1, 2, 3, 7] {
            let mut y = vec![f32::NAN; n + 1];
            let frame = [n as u64, word(&mut x), word(&mut y)];
            assert_eq!(run(&kernel, &frame, n.div_ceil(4096) as i64, threads), Outcome::Done);
            assert_eq!(&y[..n], expected, "{n} elements, {threads} threads");
            assert!(y[n].is_nan());
        }
    }
}

#[test]
fn constants_and_jump_tables_are_found() {
    let kernel = kernel(golden!("table.x86_64"));
    let entries = [1.0, 0.5, -3.25, 8.0, 1.0e300, 0.1, 7.0, -0.0];
    let mut x: Vec<i64> = (-40..40).collect();
    let meaning = |v: i64| {
        let k = (v & 7) as usize;
        let s: f64 = if k % 2 == 1 { entries[k] * 3.0 } else { entries[k] };
        match v {
            10 => s + 10.0,
            11 => s - 4.0,
            12 => s / 3.0,
            13 => s * s,
            14 => 99.0,
            _ => s,
        }
    };
    let mut y = vec![0.0_f64; x.len()];
    let frame = [x.len() as u64, word(&mut x), word(&mut y)];
    assert_eq!(run(&kernel, &frame, x.len() as i64, 2), Outcome::Done);
    for (v, y) in x.iter().zip(&y) {
        assert_eq!(y.to_bits(), meaning(*v).to_bits(), "{v}");
    }
}

#[test]
fn what_llvm_calls_is_there() {
    let kernel = kernel(golden!("copy.x86_64"));
    let (size, blocks) = (5000, 9);
    let mut x: Vec<u8> = (0..size * blocks).map(|i| (i % 251) as u8).collect();
    let mut y = vec![0_u8; size * blocks];
    assert_eq!(run(&kernel, &[size as u64, word(&mut x), word(&mut y)], 9, 1), Outcome::Done);
    for (x, y) in x.chunks(size).zip(y.chunks(size)) {
        assert_eq!((y[0], &y[1..]), (x[0], &x[..size - 1]));
    }
}

#[test]
fn the_first_failing_block_gives_the_code() {
    let kernel = kernel(golden!("check.x86_64"));
    for threads in [1, 2, 5] {
        for bad in [0, 1, 17, 99_999] {
            assert_eq!(run(&kernel, &[bad], 100_000, threads), Outcome::Failed(1000 + bad as i64));
        }
        assert_eq!(run(&kernel, &[100_000], 100_000, threads), Outcome::Done);
        assert_eq!(run(&kernel, &[0], 0, threads), Outcome::Done);
    }
}

#[test]
fn a_kernel_outlives_the_hands_that_loaded_it() {
    let first = kernel(golden!("check.x86_64"));
    let second = first.clone();
    let code = Arc::downgrade(first.code());
    drop(first);
    assert_eq!(run(&second, &[3], 10, 2), Outcome::Failed(1003));
    drop(second);
    // A thread of the pool may still hold its share of the launch for a moment.
    let limit = Instant::now() + Duration::from_secs(10);
    while code.upgrade().is_some() {
        assert!(Instant::now() < limit, "code stays in memory");
        std::thread::yield_now();
    }
}

#[test]
fn code_is_never_writable_and_goes_when_dropped() {
    let maps = || std::fs::read_to_string("/proc/self/maps").unwrap();
    let code = Code::load(golden!("table.x86_64")).unwrap();
    let kernel = code.kernel("kernel").unwrap();
    let text = maps();
    assert!(!text.lines().any(|line| line.contains(" rwx") || line.contains(" -wx")), "{text}");
    assert_eq!(code.len() % 4096, 0);
    drop((code, kernel));
}

#[test]
fn what_is_missing_is_named() {
    let refusal = |object: &[u8]| Code::load(object).unwrap_err();
    assert_eq!(refusal(golden!("outside.x86_64")), LoadError::Symbol("sin".into()));
    assert!(refusal(golden!("outside.x86_64")).to_string().contains("hint: kernels call nothing"));
    let text = refusal(golden!("state.x86_64")).to_string();
    assert!(text.contains("memory of its own") && text.contains(".data"), "{text}");
    let text = refusal(golden!("line.aarch64")).to_string();
    assert_eq!(text, "this object is made for another machine: aarch64");
    let code = Code::load(golden!("line.x86_64")).unwrap();
    assert_eq!(code.names().collect::<Vec<_>>(), ["kernel"]);
    let text = code.kernel("wave").unwrap_err().to_string();
    assert_eq!(text, "the object has no kernel `wave`");
}

#[test]
fn damaged_objects_are_refused_and_never_run() {
    for object in [b"".as_slice(), b"\x7fELF", &[0; 4096], b"not an object at all"] {
        assert!(Code::load(object).is_err());
    }
    for whole in [golden!("table.x86_64"), golden!("table.aarch64"), golden!("copy.x86_64")] {
        for end in (0..whole.len()).step_by(7) {
            let _ = Image::read(&whole[..end]).map(|image| image.at(0x10000));
        }
        // Every byte of the file wrong in turn: an error or other code, never a fault or a panic.
        for at in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut broken = whole.to_vec();
                broken[at] ^= flip;
                let _ = Image::read(&broken).map(|image| image.at(0x10000));
            }
        }
    }
}

#[test]
fn an_interrupt_ends_a_long_launch_soon() {
    let kernel = kernel(golden!("spin.x86_64"));
    let start = Instant::now();
    let mut looks = 0;
    let mut interrupted = || {
        looks += 1;
        looks > 2
    };
    // SAFETY: the kernel has no parameters.
    let outcome = unsafe { Launch::new(&kernel, &[]) }.run(1 << 40, 2, false, &mut interrupted);
    assert_eq!(outcome, Outcome::Stopped);
    assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
}
