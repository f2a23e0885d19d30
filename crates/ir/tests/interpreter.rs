//! Statements with blocks, memory and failures, by kernels in text form.

use ir::{Argument, Failure, Kernel, interpret};
use memory::{DType, Layout, Scalar};

fn kernel(text: &str) -> Kernel {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Runs a kernel with one extent and `output.len()` elements of i64 to store to.
fn run(text: &str, n: i64, output: &mut [i64]) -> Result<(), Failure> {
    let layout = Layout::contiguous(DType::I64, &[output.len()]).unwrap();
    let mut bytes: Vec<u8> = output.iter().flat_map(|value| value.to_le_bytes()).collect();
    let ended =
        interpret(&kernel(text), &mut [Argument::Extent(n), Argument::Write(&mut bytes, &layout)]);
    for (value, bytes) in output.iter_mut().zip(bytes.chunks_exact(8)) {
        *value = Scalar::from_bytes(DType::I64, bytes).to_i64();
    }
    ended
}

#[test]
fn a_loop_carries_from_one_iteration_to_the_next() {
    let fibonacci = "kernel @fibonacci(%n: extent, %y: write i64[unit]) {
      %zero = const i64 0
      %one = const i64 1
      %a, %b = for (%i) in (%n) carry (%x = %zero, %z = %one) {
        %s = add %x, %z
        yield %z, %s
      }
      store %a, %y[%zero]
      store %b, %y[%one]
    }";
    for (n, expected) in [(0, [0, 1]), (1, [1, 1]), (10, [55, 89])] {
        let mut output = [-1; 2];
        run(fibonacci, n, &mut output).unwrap();
        assert_eq!(output, expected);
    }
}

#[test]
fn axes_have_begins_ends_and_steps_and_the_last_is_fastest() {
    let digits = |range: &str| {
        format!(
            "kernel @digits(%n: extent, %y: write i64[unit]) {{
               %zero = const i64 0
               %two = const i64 2
               %ten = const i64 10
               %back = const i64 -3
               %all = for (%i, %j) in ({range}) carry (%s = %zero) {{
                 %a = mul %s, %ten
                 %b = add %a, %i
                 %c = mul %b, %ten
                 %d = add %c, %j
                 yield %d
               }}
               store %all, %y[%zero]
             }}"
        )
    };
    // Each point as two digits.
    for (range, expected) in [
        ("%two, %n", 1_02_03_04_10_11_12_13_14),
        ("%two..%n, %two", 20_21_30_31_40_41),
        ("%n..%zero step %back, %two", 50_51_20_21),
        ("%two, %zero..%n step %two", 2_04_10_12_14),
        ("%n, %n..%two", 0),
        ("%n..%two, %n", 0),
    ] {
        let mut output = [-1];
        run(&digits(range), 5, &mut output).unwrap();
        assert_eq!(output, [expected], "{range}");
    }
}

#[test]
fn the_longest_ranges_do_not_overflow() {
    let count = "kernel @ends(%n: extent, %y: write i64[unit]) {
      %zero = const i64 0
      %one = const i64 1
      %low = const i64 -9223372036854775808
      %high = const i64 9223372036854775807
      %all = for (%i) in (%low..%high step %high) carry (%s = %zero) {
        %t = add %s, %one
        yield %t
      }
      store %all, %y[%zero]
    }";
    let mut output = [0];
    run(count, 0, &mut output).unwrap();
    assert_eq!(output, [3]);
}

#[test]
fn a_choice_runs_one_block_and_a_while_tests_first() {
    let collatz = "kernel @collatz(%n: extent, %y: write i64[unit]) {
      %zero = const i64 0
      %one = const i64 1
      %two = const i64 2
      %three = const i64 3
      %end, %steps = while carry (%x = %n, %count = %zero) {
        %more = gt %x, %one
        %rest = rem %x, %two
        yield %more
      } do {
        %even = eq %rest, %zero
        %next = if %even {
          %half = floor_div %x, %two
          yield %half
        } else {
          %triple = mul %x, %three
          %up = add %triple, %one
          yield %up
        }
        %counted = add %count, %one
        yield %next, %counted
      }
      store %steps, %y[%zero]
    }";
    for (n, expected) in [(1, 0), (6, 8), (27, 111)] {
        let mut output = [-1];
        run(collatz, n, &mut output).unwrap();
        assert_eq!(output, [expected]);
    }
}

#[test]
fn a_check_ends_the_kernel_with_its_code_and_what_was_stored_stays() {
    let checked = "kernel @checked(%n: extent, %y: write i64[unit]) {
      %two = const i64 2
      for parallel (%i) in (%n) {
        store %i, %y[%i]
        %fine = lt %i, %two
        check %fine, 7
      }
    }";
    let mut output = [-1; 5];
    assert_eq!(run(checked, 2, &mut output), Ok(()));
    assert_eq!(run(checked, 5, &mut output), Err(Failure::Check(7)));
    assert_eq!(output, [0, 1, 2, -1, -1]);
}

#[test]
fn a_table_is_read_modulo_its_length() {
    let cyclic = "kernel @cyclic(%n: extent, %y: write i64[unit]) {
      table $0 i64 [5, 6, 7, 8]
      for (%i) in (%n) {
        %back = neg %i
        %small = cast %back to i8
        %entry = lookup $0[%small]
        store %entry, %y[%i]
      }
    }";
    let mut output = [0; 6];
    run(cyclic, 6, &mut output).unwrap();
    assert_eq!(output, [5, 8, 7, 6, 5, 8]);
}

#[test]
fn memory_is_strided_updated_and_checked() {
    let text =
        "kernel @turn(%n: extent, %x: read i16[any, zero], %y: update i16[any, unit], %c: i16) {
      for parallel (%i, %j) in (%n, %n) {
        %0 = load %x[%i, %j]
        %1 = load %y[%i, %j]
        %2 = mul %1, %c
        %3 = add %0, %2
        store %3, %y[%i, %j]
      }
    }";
    let kernel = kernel(text);
    let source: Vec<u8> = [1i16, 2].iter().flat_map(|value| value.to_le_bytes()).collect();
    let backwards = Layout::new(DType::I16, &[2, 2], &[-2, 0], 2).unwrap();
    let rows = Layout::contiguous(DType::I16, &[2, 2]).unwrap();
    let mut target: Vec<u8> =
        [1i16, 2, 3, 4].iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut arguments = [
        Argument::Extent(2),
        Argument::Read(&source, &backwards),
        Argument::Write(&mut target, &rows),
        Argument::Scalar(Scalar::from(10i16)),
    ];
    interpret(&kernel, &mut arguments).unwrap();
    let found: Vec<i16> =
        target.chunks(2).map(|bytes| i16::from_le_bytes([bytes[0], bytes[1]])).collect();
    assert_eq!(found, [12, 22, 31, 41]);

    let fault = |arguments: &mut [Argument<'_>]| match interpret(&kernel, arguments) {
        Err(Failure::Fault(message)) => message,
        other => panic!("{other:?}"),
    };
    let c = || Argument::Scalar(Scalar::from(10i16));
    let (read, write) = (|| Argument::Read(&source, &backwards), &rows);
    let mut memory = vec![0; 8];
    let columns = rows.transpose();
    let wide = Layout::contiguous(DType::I32, &[2, 2]).unwrap();
    let line = Layout::contiguous(DType::I16, &[4]).unwrap();
    let large = Layout::contiguous(DType::I16, &[3, 2]).unwrap();
    let cases: [(&mut [Argument<'_>], &str); 9] = [
        (&mut [], "kernel @turn: 0 arguments for 4 parameters"),
        (
            &mut [Argument::Extent(-1), read(), Argument::Write(&mut memory.clone(), write), c()],
            "kernel @turn: %n: -1 is no length",
        ),
        (
            &mut [Argument::Extent(2), read(), read(), c()],
            "kernel @turn: %y: the memory is read only",
        ),
        (
            &mut [Argument::Extent(2), c(), Argument::Write(&mut memory.clone(), write), c()],
            "kernel @turn: %x: another kind of argument is given",
        ),
        (
            &mut [Argument::Extent(2), read(), Argument::Write(&mut memory.clone(), &wide), c()],
            "kernel @turn: %y: int32 is given, not int16",
        ),
        (
            &mut [Argument::Extent(2), read(), Argument::Write(&mut memory.clone(), &line), c()],
            "kernel @turn: %y: rank 1 is given, not 2",
        ),
        (
            &mut [Argument::Extent(2), read(), Argument::Write(&mut memory.clone(), &columns), c()],
            "kernel @turn: %y: axis 1 has stride 4, which is not unit",
        ),
        (
            &mut [Argument::Extent(2), read(), Argument::Write(&mut memory.clone(), &large), c()],
            "kernel @turn: %y: the layout leaves its 8 bytes of memory",
        ),
        (
            &mut [Argument::Extent(3), read(), Argument::Write(&mut memory, write), c()],
            "kernel @turn: `%0 = load %x[%i, %j]`: index [0, 2] of shape [2, 2]",
        ),
    ];
    for (arguments, message) in cases {
        assert_eq!(fault(arguments), message);
    }
}

#[test]
fn a_step_of_zero_is_a_fault() {
    let text = "kernel @still(%n: extent, %y: write i64[unit]) {
      for (%i) in (%n step %n) {
        store %i, %y[%i]
      }
    }";
    assert_eq!(
        run(text, 0, &mut [0]),
        Err(Failure::Fault(
            "kernel @still: `for (%i) in (%n step %n) {`: step 0 never ends".into()
        ))
    );
}

#[test]
fn the_deepest_kernel_runs_on_a_small_stack() {
    let text = format!(
        "kernel @deep(%n: extent, %y: write i64[unit]) {{
           %true = const bool true
           %zero = const i64 0
           {} store %n, %y[%zero] {}
         }}",
        "if %true {".repeat(ir::DEEPEST),
        "}".repeat(ir::DEEPEST)
    );
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(1 << 20);
        let running = thread.spawn_scoped(scope, || {
            let mut output = [0];
            run(&text, 9, &mut output).unwrap();
            output
        });
        assert_eq!(running.unwrap().join().unwrap(), [9]);
    });
}
