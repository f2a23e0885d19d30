//! Kernels with functions and calls: passes keep what they mean, and they compile.

use compiler::{compile, improve};
use ir::{Argument, Kernel, Said, interpret_aloud, verify};
use memory::{DType, Layout};

/// Fills a part of a buffer by halves, checked, and says each length.
const HALVES: &str = "
kernel @halves(%n: extent, %x: update i64[any]) {
  %0 = const i64 0
  call @fill(%0, %n) or 9
}
function @fill(%low: i64, %high: i64) {
  %2 = sub %high, %low
  %3 = const i64 3
  %4 = lt %2, %3
  call say 5 (%2)
  if %4 {
    for (%i) in (%low..%high) {
      %5 = const i64 0
      %6 = ge %i, %5
      %7 = lt %i, %n
      %8 = and %6, %7
      check %8, 1
      %9 = load %x[%i]
      %10 = call @twice(%9) to i64 or 9
      store %10, %x[%i]
    }
    for (%j) in (%low..%high) {
      %11 = const i64 0
      %12 = ge %j, %11
      %13 = lt %j, %n
      %14 = and %12, %13
      check %14, 2
      %15 = load %x[%j]
      %16 = add %15, %j
      store %16, %x[%j]
    }
  } else {
    %17 = const i64 1
    %18 = shr %2, %17
    %19 = add %low, %18
    call @fill(%low, %19) or 9
    call @fill(%19, %high) or 9
  }
}
function @twice(%20: i64) {
  %21 = add %20, %20
  yield %21
}
";

fn run(kernel: &Kernel) -> (Vec<i64>, Vec<Said>) {
    let mut bytes: Vec<u8> = (0..11i64).flat_map(i64::to_ne_bytes).collect();
    let layout = Layout::contiguous(DType::I64, &[11]).expect("small");
    let mut said = Vec::new();
    let mut arguments = [Argument::Extent(11), Argument::Write(&mut bytes, &layout)];
    interpret_aloud(kernel, &mut arguments, 10_000, &mut said).expect("it runs");
    let numbers = bytes.chunks(8).map(|it| i64::from_ne_bytes(it.try_into().expect("eight")));
    (numbers.collect(), said)
}

#[test]
fn passes_keep_what_functions_mean() {
    let kernel: Kernel = HALVES.parse().expect("a kernel");
    assert_eq!(
        kernel.to_string().parse::<Kernel>().expect("the same").to_string(),
        kernel.to_string()
    );
    let (numbers, said) = run(&kernel);
    assert_eq!(numbers, (0..11).map(|it| 3 * it).collect::<Vec<_>>());
    assert_eq!(said.len(), 13);
    let improved = improve(&kernel);
    verify(&improved).unwrap_or_else(|error| panic!("{error}\n{improved}"));
    assert_eq!(run(&improved), (numbers, said), "{improved}");
    for bytes in [16, 64] {
        let text = compile(&improved, bytes).expect("it compiles").text;
        assert!(text.contains("@call.0(") && text.contains("@call.1("));
    }
}

#[test]
fn calls_stay_in_their_order() {
    let kernel: Kernel = "
        kernel @order(%n: extent, %x: update f64[unit]) {
          %0 = const i64 0
          %1 = load %x[%0]
          call @change() or 3
          %2 = load %x[%0]
          %3 = add %1, %2
          store %3, %x[%0]
          for (%i) in (%n) {
            call say 1 (%i)
            %4 = call thread_id()
            %5 = cast %4 to f64
            store %5, %x[%i]
          }
        }
        function @change() {
          %6 = const i64 0
          %7 = const f64 2.5
          store %7, %x[%6]
        }"
    .parse()
    .expect("a kernel");
    let improved = improve(&kernel).to_string();
    assert_eq!(improved.matches("load").count(), 2, "{improved}");
    assert!(!improved.contains("lanes"), "{improved}");
    assert!(compile(&kernel, 64).is_ok());
}
