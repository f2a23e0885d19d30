//! Nanoseconds an element of each function's common version, as far as the Rust compiler vectorises it.
//!
//!     export RUSTFLAGS="-C target-cpu=native -C llvm-args=-inline-threshold=20000"
//!     cargo run --release -p abreast-ir --example elementary_speed
//!
//! Where it does not, the figure says nothing: kernels are vectorised by our own compiler.

#![expect(clippy::print_stdout, reason = "a table for people")]

use std::hint::black_box;
use std::time::Instant;

use ir::elementary::{Format, Function, Scalar};

const COUNT: usize = 4096; // stays in the first cache

fn pass<T: Format>(function: Function, x: &[T], y: &mut [T]) -> bool {
    let mut common = true;
    for (x, y) in x.iter().zip(y) {
        let (value, here) = if function.arity() == 1 {
            function.fast(&Scalar, &[*x])
        } else {
            function.fast(&Scalar, &[*x, *x])
        };
        *y = value;
        common &= here;
    }
    common
}

fn timed<T: Format>(mut pass: impl FnMut(&[T], &mut [T]) -> bool) -> f64 {
    let x: Vec<T> = (0..COUNT).map(|i| T::of(0.1 + 0.8 * i as f64 / COUNT as f64)).collect();
    let mut y = x.clone();
    let mut best = f64::INFINITY;
    for _ in 0..200 {
        let start = Instant::now();
        for _ in 0..20 {
            black_box(pass(black_box(&x), black_box(&mut y)));
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e9 / (20 * COUNT) as f64
}

macro_rules! table {
    ($($name:ident)*) => {
        $({
            let f32 = timed::<f32>(|x, y| pass(Function::$name, x, y));
            let f64 = timed::<f64>(|x, y| pass(Function::$name, x, y));
            println!("{:8} {f32:7.3} {f64:7.3}", Function::$name.name());
        })*
    };
}

fn both<T: Format>(x: &[T], y: &mut [T]) -> bool {
    let mut common = true;
    for (x, y) in x.iter().zip(y) {
        let (a, here) = Function::Exp.fast(&Scalar, &[*x]);
        let (b, there) = Function::Sin.fast(&Scalar, &[*x]);
        *y = b.times(T::of(3.0)).plus(a);
        common &= here & there;
    }
    common
}

fn main() {
    println!("{:8} {:>7} {:>7}  ns an element", "", "f32", "f64");
    println!("{:8} {:7.3} {:7.3}", "exp+3sin", timed(both::<f32>), timed(both::<f64>));
    table!(Exp Exp2 Expm1 Log Log2 Log10 Log1p Sin Cos Tan Asin Acos Atan Atan2 Sinh Cosh Tanh Cbrt Hypot);
}
