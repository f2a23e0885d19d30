//! Nanoseconds a draw, beside NumPy in the same run:
//!
//! ```text
//! cargo bench -p abreast-random -- .venv/bin/python
//! ```
//!
//! Each figure is the best of many short passes, the two sides in turn: what else runs on the
//! machine makes passes slower, never faster.
#![allow(clippy::print_stdout, reason = "a table is what this program is for")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use random::{
    BitGenerator, Distribution, Exponential, Gamma, Integers, Normal, Pcg64, Poisson,
    StandardExponential, StandardNormal, StandardUniform, default_rng,
};

const DRAWS: usize = 100_000;
const PASSES: usize = 60;

/// Answers each line, an expression, with the nanoseconds of one pass.
const NUMPY: &str = "
import sys, time, numpy as np
rng = np.random.default_rng(1)
n = int(sys.argv[1])
d, s = np.empty(n), np.empty(n, np.float32)
for line in sys.stdin:
    call = compile(line, 'case', 'eval')
    start = time.perf_counter_ns()
    eval(call)
    print((time.perf_counter_ns() - start) / n, flush=True)
";

fn pass<T>(distribution: &impl Distribution<T>, bits: &mut Pcg64, out: &mut [T]) -> f64 {
    let start = Instant::now();
    distribution.fill(bits, out);
    std::hint::black_box(out);
    start.elapsed().as_nanos() as f64 / DRAWS as f64
}

struct Bench {
    bits: Pcg64,
    ask: Box<dyn FnMut(&str) -> Option<f64>>,
}

impl Bench {
    fn compare<T: Clone + Default>(&mut self, call: &str, distribution: &impl Distribution<T>) {
        let mut out = vec![T::default(); DRAWS];
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        for _ in 0..PASSES {
            ours = ours.min(pass(distribution, &mut self.bits, &mut out));
            theirs = theirs.min((self.ask)(call).unwrap_or(f64::NAN));
        }
        println!("{call:45} {ours:8.2} ns {theirs:8.2} ns {:6.2}x", theirs / ours);
    }
}

fn main() {
    let python = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let ask: Box<dyn FnMut(&str) -> Option<f64>> = match python {
        None => Box::new(|_| None),
        Some(python) => {
            let mut child = Command::new(python)
                .args(["-c", NUMPY, &DRAWS.to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("a Python with NumPy");
            let mut questions = child.stdin.take().expect("a pipe");
            let mut answers = BufReader::new(child.stdout.take().expect("a pipe"));
            Box::new(move |call| {
                writeln!(questions, "{call}").ok()?;
                let mut line = String::new();
                answers.read_line(&mut line).ok()?;
                line.trim().parse().ok()
            })
        }
    };
    let mut bench = Bench { bits: Pcg64::new(1), ask };
    println!("{:45} {:>11} {:>11} {:>7}", "a draw", "here", "NumPy", "");
    bench.compare::<f64>("rng.random(out=d)", &StandardUniform);
    bench.compare::<f32>("rng.random(out=s, dtype='f4')", &StandardUniform);
    bench.compare::<f64>("rng.standard_normal(out=d)", &StandardNormal);
    bench.compare::<f32>("rng.standard_normal(out=s, dtype='f4')", &StandardNormal);
    bench.compare("rng.normal(1, 2, n)", &Normal::new(1.0, 2.0).unwrap());
    bench.compare::<f64>("rng.standard_exponential(out=d)", &StandardExponential);
    bench.compare("rng.exponential(2, n)", &Exponential::new(2.0).unwrap());
    bench.compare("rng.gamma(2.5, 2, n)", &Gamma::new(2.5, 2.0).unwrap());
    bench.compare("rng.gamma(0.5, 2, n)", &Gamma::new(0.5, 2.0).unwrap());
    bench.compare("rng.integers(0, 1000, n)", &Integers::<i64>::new(0..1000).unwrap());
    bench.compare("rng.integers(0, 1 << 40, n)", &Integers::<i64>::new(0..1 << 40).unwrap());
    bench.compare("rng.integers(0, 1000, n, dtype='i4')", &Integers::<i32>::new(0..1000).unwrap());
    bench.compare("rng.integers(0, 100, n, dtype='u1')", &Integers::<u8>::new(0..100).unwrap());
    bench.compare("rng.poisson(4, n)", &Poisson::new(4.0).unwrap());
    bench.compare("rng.poisson(40, n)", &Poisson::new(40.0).unwrap());

    let mut items: Vec<i64> = (0..DRAWS as i64).collect();
    let (mut rng, mut ours, mut theirs) = (default_rng(1), f64::MAX, f64::MAX);
    for _ in 0..PASSES {
        let start = Instant::now();
        rng.shuffle(&mut items);
        ours = ours.min(start.elapsed().as_nanos() as f64 / DRAWS as f64);
        theirs = theirs.min((bench.ask)("rng.permutation(n)").unwrap_or(f64::NAN));
    }
    println!("{:45} {ours:8.2} ns {theirs:8.2} ns {:6.2}x", "rng.permutation(n)", theirs / ours);

    let start = Instant::now();
    let mut sum = 0.0;
    for mut child in default_rng(1).spawn(1_000_000).expect("seeded") {
        sum += child.bits_mut().next_double();
    }
    println!("spawning 1,000,000 streams: {:.2} s", start.elapsed().as_secs_f64());
    std::hint::black_box(sum);
}
