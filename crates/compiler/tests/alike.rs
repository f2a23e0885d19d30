//! Ways of a choice that do the same things: checked once, stored once, summed without a branch.

mod written;

use ir::{Argument, Failure, Kernel, interpret};
use memory::{DType, Layout};

use written::{expanded, improved};

const MERGE: &str = "
    kernel @merge(%na: extent, %a: read f64[unit], %nb: extent, %b: read f64[unit], %n: extent, %x: update f64[unit]) {
      %zero = const i64 0
      %one = const i64 1
      %i, %j, %k = while carry (%ai = %zero, %aj = %zero, %ak = %zero) {
        %more = lt %ai, %na
        %others = lt %aj, %nb
        %both = and %more, %others
        yield %both
      } do {
        %p = load %a[%ai]
        %q = load %b[%aj]
        %first = le %p, %q
        %si, %sj = if %first {
          %fits = lt %ak, %n
          check %fits, 2
          store %p, %x[%ak]
          %ni = add %ai, %one
          yield %ni, %aj
        } else {
          %room = lt %ak, %n
          check %room, 3
          store %q, %x[%ak]
          %nj = add %aj, %one
          yield %ai, %nj
        }
        %sk = add %ak, %one
        yield %si, %sj, %sk
      }
    }";

/// How a kernel ends, and what it wrote.
fn run(kernel: &Kernel, a: &[f64], b: &[f64], room: usize) -> (Result<(), Failure>, Vec<u8>) {
    let bytes = |them: &[f64]| them.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<_>>();
    let layout = |length: usize| Layout::contiguous(DType::F64, &[length]).unwrap();
    let extent = |length: usize| Argument::Extent(length.try_into().unwrap());
    let (left, right, mut out) = (bytes(a), bytes(b), vec![0; 8 * room]);
    let layouts = [a.len(), b.len(), room].map(layout);
    let mut arguments = vec![
        extent(a.len()),
        Argument::Read(&left, &layouts[0]),
        extent(b.len()),
        Argument::Read(&right, &layouts[1]),
        extent(room),
        Argument::Write(&mut out, &layouts[2]),
    ];
    let ended = interpret(kernel, &mut arguments);
    (ended, out)
}

#[test]
fn merging_needs_no_branch() {
    let text = improved(MERGE).to_string();
    assert_eq!(text.matches("store ").count(), 1, "{text}");
    assert_eq!(text.matches("select ").count(), 3, "{text}");
    // The one check is of what both ways asked; which of them it was is found where it fails.
    assert_eq!(text.matches("check ").count(), 2, "{text}");
}

#[test]
fn each_way_fails_as_itself() {
    let original: Kernel = MERGE.parse().unwrap();
    let better = improved(MERGE);
    let nan = f64::NAN;
    let mut seen = Vec::new();
    for (a, b) in [([1.0, 3.0, 5.0], [2.0, 4.0, 6.0]), ([1.0, 1.0, 1.0], [0.0, nan, -0.0])] {
        for room in 0..7 {
            let wanted = run(&original, &a, &b, room);
            assert_eq!(run(&better, &a, &b, room), wanted, "{room}\n{better}");
            seen.extend(wanted.0.err());
        }
    }
    let codes: Vec<_> = seen.iter().map(|it| format!("{it:?}")).collect();
    assert!(codes.iter().any(|it| it.contains('2')) && codes.iter().any(|it| it.contains('3')));
}

/// What may count from the end is asked where it is chosen; its ways keep their checks.
#[test]
fn indices_from_the_end_stay_in_their_ways() {
    let text = expanded(
        "kernel @pick(%n: extent, %v: read f64[unit], %m: extent, %at: read i64[unit], %x: update f64[unit]) {
          for (%i) in (%m) {
            %j = load %at[%i]
            %p = load %at[%i]
            %c = lt %p, %m
            if %c {
              @index j n w 1
              %a = load %v[%w]
              store %a, %x[%i]
            } else {
              @index j n u 2
              %b = load %v[%u]
              store %b, %x[%i]
            }
          }
        }",
    );
    let better = improved(&text).to_string();
    assert_eq!(better.matches("check ").count(), 2, "{better}");
    let (before, _) = better.split_once("check ").unwrap();
    assert!(before.contains("if "), "{better}");
}

/// A conversion to one type is not one to another, though it is the same op on the same operand.
#[test]
fn conversions_are_told_apart() {
    let text = "
        kernel @convert(%n: extent, %v: read f64[unit], %x: update f64[unit]) {
          %zero = const i64 0
          %one = const i64 1
          %p = load %v[%zero]
          %q = load %v[%one]
          %c = lt %p, %q
          if %c {
            %narrow = cast %p to f32
            %back = cast %narrow to f64
            store %back, %x[%zero]
          } else {
            %whole = cast %p to i64
            %again = cast %whole to f64
            store %again, %x[%zero]
          }
        }";
    let (original, better): (Kernel, _) = (text.parse().unwrap(), improved(text));
    let layout = Layout::contiguous(DType::F64, &[2]).unwrap();
    for given in [[0.1, 2.5], [2.5, 0.1]] {
        let read: Vec<_> = given.iter().flat_map(|it: &f64| it.to_le_bytes()).collect();
        let [wanted, found] = [&original, &better].map(|kernel| {
            let mut out = vec![0; 16];
            let mut arguments = [
                Argument::Extent(2),
                Argument::Read(&read, &layout),
                Argument::Write(&mut out, &layout),
            ];
            interpret(kernel, &mut arguments).unwrap();
            out
        });
        assert_eq!(found, wanted, "{better}");
    }
}
