//! What becomes of loops that people write: which checks stay, and what a guard asks.

mod written;

use ir::{Argument, Failure, Kernel, Op, Statement, interpret};
use memory::{DType, Layout, Scalar};
use written::{expanded, improved};

/// The fast and the checked version of a kernel of one guarded nest.
fn versions(kernel: &Kernel) -> (String, String) {
    let text = kernel.to_string();
    let (fast, checked) = text.split_once("\n  } else {\n").unwrap_or_else(|| panic!("{text}"));
    (fast.to_string(), checked.to_string())
}

/// How many statements of a kind stand in a text.
fn count(text: &str, word: &str) -> usize {
    let defined = format!("= {word}");
    text.lines().filter(|it| it.trim_start().starts_with(word) || it.contains(&defined)).count()
}

const MATMUL: &str = "
kernel @matmul(%a0: extent, %a1: extent, %b0: extent, %b1: extent, %o0: extent, %o1: extent,
    %a: read f64[any, unit], %b: read f64[any, unit], %out: update f64[any, unit]) {
  for parallel (%i) in (%a0) {
    for (%j) in (%b1) {
      %start = const f64 0.0
      %s = for (%k) in (%a1) carry (%sum = %start) {
        @index i a0 p 1
        @index k a1 q 2
        %x = load %a[%p, %q]
        @index k b0 r 3
        @index j b1 t 4
        %y = load %b[%r, %t]
        %product = mul %x, %y
        %next = add %sum, %product
        yield %next
      }
      @index i o0 u 5
      @index j o1 v 6
      store %s, %out[%u, %v]
    }
  }
}";

#[test]
fn a_matrix_product_has_one_guard_and_no_check_inside() {
    let kernel = improved(&expanded(MATMUL));
    let (fast, checked) = versions(&kernel);
    assert_eq!(count(&fast, "check"), 0, "{fast}");
    assert_eq!((count(&fast, "if"), count(&fast, "select")), (1, 0), "{fast}");
    assert_eq!(count(&fast, "for lanes"), 1, "{fast}");
    assert!(fast.contains("for lanes (%j)"), "{fast}");
    assert_eq!(count(&checked, "check"), 3, "{checked}");
    // Three questions: a.shape[1] <= b.shape[0], and the shape of out.
    assert_eq!(count(&fast, "le"), 3, "{fast}");
}

#[test]
fn it_takes_well_under_a_millisecond() {
    let kernel: Kernel = expanded(MATMUL).parse().unwrap();
    let once = || {
        let begin = std::time::Instant::now();
        let _ = compiler::improve(&kernel);
        begin.elapsed()
    };
    let best = (0..50).map(|_| once()).min().unwrap();
    assert!(best.as_micros() < 2000, "{best:?}");
}

#[test]
fn loops_over_their_own_length_need_no_guard() {
    // for i in range(1, n - 1): y[i] = x[i - 1] + x[i + 1], with one length for both
    let kernel = improved(&expanded(
        "kernel @stencil(%n: extent, %x: read f64[unit], %y: update f64[unit]) {
          %one = const i64 1
          %last = sub %n, %one
          for (%i) in (%one..%last) {
            %l = sub %i, %one
            %r = add %i, %one
            @index l n p 1
            @index r n q 2
            @index i n w 3
            %a = load %x[%p]
            %b = load %x[%q]
            %s = add %a, %b
            store %s, %y[%w]
          }
        }",
    ));
    let text = kernel.to_string();
    assert_eq!((count(&text, "check"), count(&text, "if")), (0, 0), "{text}");
    assert!(text.contains("for lanes"), "{text}");
}

#[test]
fn backwards_and_triangles_need_no_guard() {
    // for i in range(n - 1, -1, -1): for j in range(i): y[i] += x[j]; y[n - 1 - i] read too
    let kernel = improved(&expanded(
        "kernel @back(%n: extent, %x: read f64[unit], %y: update f64[unit]) {
          %minus = const i64 -1
          %last = add %n, %minus
          for (%i) in (%last..%minus step %minus) {
            for (%j) in (%i) {
              @index j n p 1
              @index i n q 2
              %m = sub %last, %i
              @index m n r 3
              %a = load %x[%p]
              %b = load %y[%q]
              %c = load %x[%r]
              %s = add %a, %b
              %t = add %s, %c
              store %t, %y[%q]
            }
          }
        }",
    ));
    let text = kernel.to_string();
    assert_eq!((count(&text, "check"), count(&text, "if")), (0, 0), "{text}");
    // Sums over j in one element: in order; over i each its own.
    assert_eq!(count(&text, "for lanes"), 1, "{text}");
    assert!(text.contains("for lanes (%i)"), "{text}");
}

#[test]
fn a_flat_index_is_guarded_against_its_product() {
    // for i in range(n): for j in range(m): y[i * m + j] = 1
    let kernel = improved(&expanded(
        "kernel @flat(%n: extent, %m: extent, %l: extent, %y: update f64[unit]) {
          %v = const f64 1.0
          for (%i) in (%n) {
            for (%j) in (%m) {
              %row = mul %i, %m
              %at = add %row, %j
              @index at l w 1
              store %v, %y[%w]
            }
          }
        }",
    ));
    let (fast, _) = versions(&kernel);
    assert_eq!(count(&fast, "check"), 0, "{fast}");
    assert!(fast.contains("for lanes (%j)"), "{fast}");
    // The product is asked not to wrap.
    assert!(fast.contains("le %n, %1\n") && fast.contains("%1 = const i64 2147483648"), "{fast}");
    // Not so the length of the array alone.
    assert!(!fast.contains("le %l, %1"), "{fast}");
}

#[test]
fn the_last_index_of_large_steps_is_found_exactly() {
    // for i in range(0, n, 2): y[i] = y[i + 1] is fine where n is even, and the guard knows
    let text = expanded(
        "kernel @pairs(%n: extent, %l: extent, %y: update f64[unit]) {
          %two = const i64 2
          %one = const i64 1
          %zero = const i64 0
          for (%i) in (%zero..%n step %two) {
            %j = add %i, %one
            @index j l p 1
            @index i l q 2
            %v = load %y[%p]
            store %v, %y[%q]
          }
        }",
    );
    let kernel = improved(&text);
    let (fast, checked) = versions(&kernel);
    assert_eq!((count(&fast, "check"), count(&checked, "check")), (0, 1), "{kernel}");
    assert!(fast.contains("for lanes"), "{fast}");
    // The guard lets both pass that may, and no other.
    let slow_alone = kernel.to_string().replace("store %v, %y[%i]", "check %never, 77");
    let slow_alone = slow_alone.replacen("{\n", "{\n  %never = const bool false\n", 1);
    let slow_alone = slow_alone.replace("for lanes", "for");
    let marked: Kernel = slow_alone.parse().unwrap_or_else(|error| panic!("{error}\n{slow_alone}"));
    for (n, length, fast) in
        [(6, 6, true), (5, 6, true), (5, 5, false), (6, 5, false), (1, 1, false)]
    {
        let layout = Layout::contiguous(DType::F64, &[length]).unwrap();
        let mut bytes = vec![0; 8 * length];
        let extent = Argument::Extent(i64::try_from(length).unwrap());
        let ended = interpret(
            &marked,
            &mut [Argument::Extent(n), extent, Argument::Write(&mut bytes, &layout)],
        );
        assert_eq!(ended == Err(Failure::Check(77)), fast, "{n} {length} {ended:?}");
    }
}

#[test]
fn stencils_that_wrap_round_need_no_guard() {
    // y[i, j] = x[i - 1, j] + x[(i + 1) % n, j]
    let kernel = improved(&expanded(
        "kernel @life(%n: extent, %m: extent, %x: read f64[any, unit], %y: update f64[any, unit]) {
          %one = const i64 1
          %zero = const i64 0
          for (%i) in (%n) {
            for (%j) in (%m) {
              %l = sub %i, %one
              %next = add %i, %one
              %fine = ne %n, %zero
              check %fine, 9
              %r = rem %next, %n
              @index l n p 1
              @index r n q 2
              @index j m s 3
              %a = load %x[%p, %s]
              %b = load %x[%q, %s]
              %c = add %a, %b
              store %c, %y[%i, %j]
            }
          }
        }",
    ));
    let text = kernel.to_string();
    assert_eq!((count(&text, "check"), count(&text, "if")), (0, 0), "{text}");
    assert_eq!(count(&text, "for lanes"), 2, "{text}");
}

#[test]
fn stencils_divide_by_nothing() {
    // (i + d) % n for d in -1, 0, 1 is a choice, and inside.
    let kernel = improved(&expanded(
        "kernel @around(%n: extent, %x: read f64[unit], %y: update f64[unit]) {
          %two = const i64 2
          %one = const i64 1
          %minus = const i64 -1
          %zero = const i64 0
          %none = const f64 0.0
          for (%i) in (%n) {
            %s = for (%d) in (%minus..%two) carry (%t = %none) {
              %at = add %i, %d
              %r = rem %at, %n
              @index r n q 2
              %a = load %x[%q]
              %u = add %t, %a
              yield %u
            }
            store %s, %y[%i]
          }
        }",
    ));
    let text = kernel.to_string();
    assert_eq!((count(&text, "check"), count(&text, "rem"), count(&text, "select")), (0, 0, 2));
    assert_eq!(count(&text, "for lanes"), 1, "{text}");
}

#[test]
fn roots_of_sums_of_squares_need_no_check() {
    let kernel = improved(
        "kernel @far(%x: read f64[unit], %n: extent, %y: update f64[unit]) {
          %zero = const f64 0.0
          for (%i) in (%n) {
            %a = load %x[%i]
            %b = mul %a, %a
            %a2 = load %x[%i]
            %c = mul %a2, %a
            %d = add %b, %c
            %fine = ge %d, %zero
            %nan = isnan %d
            %ok = or %fine, %nan
            check %ok, 3
            %r = sqrt %d
            store %r, %y[%i]
            %again = load %y[%i]
            %more = add %again, %a
            store %more, %y[%i]
          }
        }",
    );
    let text = kernel.to_string();
    assert_eq!((count(&text, "check"), count(&text, "load")), (0, 1), "{text}");
    assert_eq!(count(&text, "for lanes"), 1, "{text}");
}

#[test]
fn loads_are_remembered_until_a_store() {
    let text = "(%n: extent, %x: update f64[unit], %y: update f64[unit]) {
          %zero = const i64 0
          %one = const i64 1
          %a = load %x[%zero]
          store %a, %y[%one]
          %b = load %x[%zero]
          store %b, %x[%one]
          %c = load %x[%zero]
          %s = for (%i) in (%n) carry (%t = %c) {
            %d = load %y[%one]
            %e = load %x[%zero]
            store %e, %y[%zero]
            %f = add %d, %t
            yield %f
          }
          store %s, %x[%one]
        }";
    let plain = improved(&format!("kernel @k{text}")).to_string();
    // y[1] is stored before the loop, but the loop stores to y as well; x[0] is not touched in it.
    assert_eq!(count(&plain, "load"), 3, "{plain}");
    let overlapping = improved(&format!("kernel overlapping @k{text}")).to_string();
    assert_eq!(count(&overlapping, "load"), 5, "{overlapping}");
}

#[test]
fn what_the_data_says_is_checked_where_it_is_used() {
    // for i in range(n): y[i] = x[w[i]]
    let kernel = improved(&expanded(
        "kernel @gather(%n: extent, %m: extent, %l: extent, %x: read f64[unit], %w: read i64[unit], %y: update f64[unit]) {
          for (%i) in (%n) {
            @index i l p 1
            %at = load %w[%p]
            @index at m q 2
            %a = load %x[%q]
            @index i n r 3
            store %a, %y[%r]
          }
        }",
    ));
    let (fast, checked) = versions(&kernel);
    assert_eq!((count(&fast, "check"), count(&checked, "check")), (1, 2), "{kernel}");
    assert!(!fast.contains("for lanes"), "{fast}");
}

#[test]
fn rows_of_a_sparse_matrix_are_guarded_one_by_one() {
    // for i in range(n): for k in range(p[i], p[i + 1]): s += d[k]
    let kernel = improved(&expanded(
        "kernel @sparse(%n: extent, %pn: extent, %dn: extent, %p: read i64[unit], %d: read f64[unit], %y: update f64[unit]) {
          %one = const i64 1
          %zero = const f64 0.0
          for (%i) in (%n) {
            @index i pn a 1
            %next = add %i, %one
            @index next pn b 2
            %from = load %p[%a]
            %to = load %p[%b]
            %s = for (%k) in (%from..%to) carry (%sum = %zero) {
              @index k dn c 3
              %v = load %d[%c]
              %more = add %sum, %v
              yield %more
            }
            store %s, %y[%i]
          }
        }",
    ));
    let (fast, _) = versions(&kernel);
    // Inside of the fast version the inner loop has a guard of its own: its slow version checks.
    assert_eq!((count(&fast, "if"), count(&fast, "check")), (2, 1), "{kernel}");
}

#[test]
fn conditional_checks_have_a_guard_behind_the_first() {
    // for i in range(n): y[i] = 1 ; if x[i] > 0: z[i + k] = 2
    let kernel = improved(&expanded(
        "kernel @maybe(%n: extent, %m: extent, %l: extent, %k: i64, %x: read f64[unit], %y: update f64[unit], %z: update f64[unit]) {
          %zero = const f64 0.0
          for (%i) in (%n) {
            @index i m p 1
            store %zero, %y[%p]
            @index i n r 4
            %a = load %x[%r]
            %positive = gt %a, %zero
            if %positive {
              %at = add %i, %k
              @index at l q 2
              store %a, %z[%q]
            }
          }
        }",
    ));
    let text = kernel.to_string();
    assert_eq!(count(&text, "for "), 3, "{text}");
    assert_eq!(count(&text, "for lanes"), 1, "{text}");
}

#[test]
fn division_by_what_the_loop_does_not_change_is_asked_before() {
    let kernel = improved(
        "kernel @divide(%n: extent, %d: i64, %y: update i64[unit]) {
          for (%i) in (%n) {
            %zero = const i64 0
            %fine = ne %d, %zero
            check %fine, 9
            %q = floor_div %i, %d
            store %q, %y[%i]
          }
        }",
    );
    let (fast, checked) = versions(&kernel);
    assert_eq!((count(&fast, "check"), count(&checked, "check")), (0, 1), "{kernel}");
    assert!(fast.contains("for lanes"), "{fast}");
}

#[test]
fn division_of_what_is_not_negative_is_the_machines() {
    let kernel = improved(
        "kernel @modulo(%n: extent, %m: extent, %y: update i64[unit]) {
          %zero = const i64 0
          %fine = ne %m, %zero
          check %fine, 9
          for (%i) in (%n) {
            %r = rem %i, %m
            %ok = lt %r, %m
            check %ok, 1
            %neg = lt %r, %zero
            %sum = add %r, %m
            %w = select %neg, %sum, %r
            store %i, %y[%w]
          }
        }",
    );
    let text = kernel.to_string();
    assert_eq!(
        (count(&text, "check"), count(&text, "fmod"), count(&text, "select")),
        (1, 1, 0),
        "{text}"
    );
}

#[test]
fn what_is_steady_leaves_the_loop_and_what_is_dead_the_kernel() {
    let kernel = improved(
        "kernel @k(%n: extent, %m: i64, %x: update i64[unit]) {
          %zero = const i64 0
          %same, %unused = for (%i) in (%n) carry (%s = %m, %t = %zero) {
            %two = const i64 2
            %a = mul %m, %two
            %b = add %m, %m
            %c = mul %m, %two
            %d = xor %a, %c
            %e = add %d, %b
            store %e, %x[%i]
            %next = add %t, %i
            yield %s, %next
          }
          store %same, %x[%zero]
        }",
    );
    assert_eq!(
        kernel.to_string(),
        "\
kernel @k(%n: extent, %m: i64, %x: update i64[unit]) {
  %zero = const i64 0
  %b = add %m, %m
  for lanes (%i) in (%n) {
    store %b, %x[%i]
  }
  store %m, %x[%zero]
}
"
    );
}

#[test]
fn constants_fold_as_the_interpreter_computes() {
    let kernel = improved(
        "kernel @k(%x: update f64[]) {
          %a = const f64 0.5
          %b = exp %a
          %c = add %b, %a
          %t = lt %a, %b
          %r = if %t { yield %c } else { %z = const f64 0.0 yield %z }
          store %r, %x[]
        }",
    );
    let statements = &kernel.block(kernel.body).statements;
    assert_eq!(statements.len(), 2, "{kernel}");
    let half = Scalar::from(0.5);
    let exp = ir::evaluate(Op::Exp, &[half], None).unwrap();
    let sum = ir::evaluate(Op::Add, &[exp, half], None).unwrap();
    assert!(
        matches!(statements[0], Statement::Constant { scalar, .. } if scalar == sum),
        "{kernel}"
    );
}
