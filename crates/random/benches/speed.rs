//! Nanoseconds a draw, beside NumPy in the same run:
//!
//! ```text
//! cargo bench -p abreast-random --bench speed -- $PWD/.venv/bin/python
//! ```
//!
//! Each figure is the best of many short passes, the two sides in turn: what else runs on the
//! machine makes passes slower, never faster.
#![allow(clippy::print_stdout, reason = "a table is what this program is for")]

use std::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use random::{
    Distribution, Exponential, Gamma, Generator, Integers, Normal, Pcg64, Poisson, SeedSequence,
    StandardExponential, StandardNormal, StandardUniform,
};

const DRAWS: usize = 20_000;
const PASSES: usize = 400;

/// Answers each line, an expression, with the nanoseconds of one pass.
const NUMPY: &str = "
import sys, time, numpy as np
rng, seed = np.random.default_rng(1), np.random.SeedSequence(1)
n = int(sys.argv[1])
d, s = np.empty(n), np.empty(n, np.float32)
for line in sys.stdin:
    call = compile(line, 'case', 'eval')
    start = time.perf_counter_ns()
    eval(call)
    print(time.perf_counter_ns() - start, flush=True)
";

/// A Python that times NumPy's calls.
struct NumPy {
    python: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl NumPy {
    fn start(python: &str) -> Self {
        let mut python = Command::new(python)
            .args(["-c", NUMPY, &DRAWS.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a Python with NumPy");
        let questions = python.stdin.take();
        let answers = BufReader::new(python.stdout.take().expect("a pipe"));
        Self { python, questions, answers }
    }

    fn time(&mut self, call: &str) -> f64 {
        let questions = self.questions.as_mut().expect("a pipe");
        writeln!(questions, "{call}").expect("a Python that lives");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("a Python that lives");
        line.trim().parse().expect("nanoseconds")
    }
}

impl Drop for NumPy {
    fn drop(&mut self) {
        self.questions = None; // its loop ends here
        self.python.wait().expect("a Python that ends");
    }
}

struct Bench {
    bits: Pcg64,
    numpy: Option<NumPy>,
}

impl Bench {
    fn compare<T: Clone + Default>(&mut self, call: &str, distribution: &impl Distribution<T>) {
        let mut out = vec![T::default(); DRAWS];
        self.time(call, DRAWS, |bits| {
            distribution.fill(bits, &mut out);
            black_box(&out);
        });
    }

    /// `call` makes so many things, of which one is timed.
    fn time(&mut self, call: &str, things: usize, mut pass: impl FnMut(&mut Pcg64)) {
        let (mut ours, mut theirs) = (f64::MAX, f64::NAN);
        for _ in 0..PASSES {
            let start = Instant::now();
            pass(&mut self.bits);
            ours = ours.min(start.elapsed().as_nanos() as f64 / things as f64);
            if let Some(numpy) = &mut self.numpy {
                theirs = theirs.min(numpy.time(call) / things as f64);
            }
        }
        println!("{call:50} {ours:8.2} ns {theirs:8.2} ns {:6.2}x", theirs / ours);
    }
}

fn main() {
    let python = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let numpy = python.map(|python| NumPy::start(&python));
    let mut bench = Bench { bits: Pcg64::new(1), numpy };
    println!("{:50} {:>11} {:>11} {:>7}", "a draw", "here", "NumPy", "");
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

    bench.time("rng.permutation(n)", DRAWS, |bits| {
        black_box(Generator::new(bits).permutation(DRAWS));
    });
    bench.time("[np.random.PCG64(s) for s in seed.spawn(n // 100)]", DRAWS / 100, |_| {
        let streams = SeedSequence::new(1).spawn(DRAWS as u32 / 100);
        black_box(streams.iter().map(Pcg64::from).collect::<Vec<_>>());
    });
}
