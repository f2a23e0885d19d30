//! What guards and marks become of loops that people write, and of those that must be left alone.

use ir::{Argument, Failure, Kernel, Op, Statement, interpret};
use memory::{DType, Layout, Scalar};

fn improved(text: &str) -> Kernel {
    let kernel: Kernel = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let better = compiler::improve(&kernel);
    ir::verify(&better).unwrap_or_else(|error| panic!("{error}\n{better}"));
    better
}

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

/// An index into an axis as compiled Python has it: `@index i n w 7` defines `%w`.
fn expanded(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let Some((_, rest)) = line.split_once("@index ") else {
            lines.push(line.to_string());
            continue;
        };
        let words: Vec<_> = rest.split_whitespace().collect();
        let [i, n, w, code] = words[..] else { panic!("{line}") };
        lines.push(format!(
            "%{w}z = const i64 0
             %{w}neg = lt %{i}, %{w}z
             %{w}sum = add %{i}, %{n}
             %{w} = select %{w}neg, %{w}sum, %{i}
             %{w}a = ge %{w}, %{w}z
             %{w}b = lt %{w}, %{n}
             %{w}ok = and %{w}a, %{w}b
             check %{w}ok, {code}"
        ));
    }
    lines.join("\n")
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

/// Which loops of a kernel of plain stores are marked, by the names of their indices.
fn marked(text: &str) -> Vec<String> {
    let kernel = improved(&expanded(text));
    let mut names = Vec::new();
    for block in &kernel.blocks {
        for statement in &block.statements {
            if let Statement::For(it) = statement
                && it.lanes
            {
                let index = kernel.block(it.body).arguments[0];
                names.push(kernel.values[index.index()].name.clone().unwrap_or_default());
            }
        }
    }
    names.sort();
    names
}

#[test]
fn independent_loops_are_marked() {
    // out[j, i] = x[i, j] * c
    let transpose =
        "kernel @k(%n: extent, %m: extent, %x: read f64[any, unit], %y: update f64[any, unit]) {
      for (%i) in (%n) { for (%j) in (%m) { %a = load %x[%i, %j] store %a, %y[%j, %i] } } }";
    assert_eq!(marked(transpose), ["i", "j"]);
    // y[i] = a * x[i] + y[i]
    let saxpy = "kernel @k(%n: extent, %c: f64, %x: read f64[unit], %y: update f64[unit]) {
      for (%i) in (%n) {
        %a = load %x[%i] %b = load %y[%i] %p = mul %a, %c %s = add %p, %b store %s, %y[%i] } }";
    assert_eq!(marked(saxpy), ["i"]);
    // Colours of a picture lie beside each other: y[3 * i + c]
    let colours = "kernel @k(%n: extent, %y: update f64[unit]) {
      %three = const i64 3 %one = const i64 1 %v = const f64 0.0
      for (%i) in (%n) {
        %a = mul %i, %three %b = add %a, %one %c = add %b, %one
        store %v, %y[%a] store %v, %y[%b] store %v, %y[%c] } }";
    assert_eq!(marked(colours), ["i"]);
    // Red and black points: stores at even places read odd ones.
    let red = "kernel @k(%n: extent, %y: update f64[unit]) {
      %two = const i64 2 %one = const i64 1
      for (%i) in (%n) { %a = mul %i, %two %b = add %a, %one %v = load %y[%b] store %v, %y[%a] } }";
    assert_eq!(marked(red), ["i"]);
    // Mandelbrot: each pixel has a loop of its own length.
    let mandelbrot = "kernel @k(%n: extent, %m: extent, %y: update i64[any, unit]) {
      %four = const f64 4.0 %zero = const i64 0 %one = const i64 1
      for (%i) in (%n) { for (%j) in (%m) {
        %cr = cast %i to f64 %ci = cast %j to f64
        %count, %last = while carry (%t = %zero, %z = %cr) {
          %s = mul %z, %z %small = lt %s, %four yield %small
        } do { %more = add %t, %one %next = add %s, %ci yield %more, %next }
        store %count, %y[%i, %j] } } }";
    assert_eq!(marked(mandelbrot), ["i", "j"]);
    // Two axes in one loop.
    let both = "kernel @k(%n: extent, %y: update f64[any, unit]) {
      %v = const f64 0.0
      for (%i, %j) in (%n, %n) { %s = add %i, %j store %v, %y[%s, %j] } }";
    assert_eq!(marked(both), ["i"]);
}

#[test]
fn dependent_loops_are_not_marked() {
    let cases = [
        // Gauss-Seidel
        "%a = sub %i, %one %v = load %y[%a] store %v, %y[%i]",
        // Prefix sums
        "%a = add %i, %one %v = load %y[%i] store %v, %y[%a]",
        // One place for all
        "%v = load %x[%i] store %v, %y[%one]",
        "%v = load %y[%one] store %v, %y[%i]",
        // By a distance that only the caller knows
        "%a = add %i, %k %v = load %y[%a] store %v, %y[%i]",
        "%a = mul %i, %k %v = load %x[%i] store %v, %y[%a]",
        // Where the data says
        "%a = load %w[%i] %v = load %x[%i] store %v, %y[%a]",
        // Two iterations meet in the middle
        "%a = sub %n, %i %v = load %y[%a] store %v, %y[%i]",
        // Quotients and products repeat
        "%a = div %i, %two %v = load %x[%i] store %v, %y[%a]",
        "%a = mul %i, %i %v = load %x[%i] store %v, %y[%a]",
    ];
    for case in cases {
        let text = format!(
            "kernel @k(%n: extent, %k: i64, %x: read f64[unit], %y: update f64[unit], %w: read i64[unit]) {{
              %one = const i64 1
              %two = const i64 2
              for (%i) in (%one..%n) {{ {case} }}
            }}"
        );
        assert_eq!(marked(&text), [""; 0], "{case}");
    }
    let overlapping =
        "kernel overlapping @k(%n: extent, %x: read f64[unit], %y: update f64[unit]) {
      for (%i) in (%n) { %v = load %x[%i] store %v, %y[%i] } }";
    assert_eq!(marked(overlapping), [""; 0]);
    let broadcast = "kernel @k(%n: extent, %x: read f64[unit], %y: update f64[zero]) {
      for (%i) in (%n) { %v = load %x[%i] store %v, %y[%i] } }";
    assert_eq!(marked(broadcast), [""; 0]);
}

/// Run `for i in range(begin, end): x[scale * i + shift] = 1` with a guard, as improved.
fn filled(
    scale: i64,
    shift: i64,
    range: (i64, i64),
    length: usize,
) -> (Result<(), Failure>, Vec<f64>) {
    let text = expanded(
        "kernel @fill(%n: extent, %begin: i64, %end: i64, %scale: i64, %shift: i64, %x: update f64[unit]) {
          %v = const f64 1.0
          for (%i) in (%begin..%end) {
            %product = mul %i, %scale
            %at = add %product, %shift
            @index at n w 1
            store %v, %x[%w]
          }
        }",
    );
    let kernel = improved(&text);
    let layout = Layout::contiguous(DType::F64, &[length]).unwrap();
    let mut bytes = vec![0; 8 * length];
    let number = |it: i64| Argument::Scalar(Scalar::from(it));
    let ended = interpret(
        &kernel,
        &mut [
            Argument::Extent(i64::try_from(length).unwrap()),
            number(range.0),
            number(range.1),
            number(scale),
            number(shift),
            Argument::Write(&mut bytes, &layout),
        ],
    );
    let elements = bytes.chunks(8).map(|it| f64::from_le_bytes(it.try_into().unwrap())).collect();
    (ended, elements)
}

#[test]
fn guards_hold_at_the_ends_of_all_integers() {
    let numbers = [
        0,
        1,
        -1,
        2,
        -2,
        3,
        1 << 30,
        1 << 31,
        1 << 62,
        -(1 << 62),
        i64::MAX,
        i64::MIN,
        i64::MAX - 1,
    ];
    for scale in numbers {
        for shift in numbers {
            for (begin, count) in
                [(0, 3), (-2, 3), (i64::MAX - 3, 3), (i64::MIN, 2), (5, -7), (1 << 62, 2)]
            {
                let end = begin + count;
                // The same in order, wrapping as i64 does.
                let mut wanted = (Ok(()), vec![0.0; 6]);
                for i in begin..end {
                    let at = i.wrapping_mul(scale).wrapping_add(shift);
                    let at = if at < 0 { at.wrapping_add(6) } else { at };
                    let Some(at) = usize::try_from(at).ok().filter(|&at| at < 6) else {
                        wanted.0 = Err(Failure::Check(1));
                        break;
                    };
                    wanted.1[at] = 1.0;
                }
                let found = filled(scale, shift, (begin, end), 6);
                assert_eq!(found, wanted, "{scale} {shift} {begin} {end}");
            }
        }
    }
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
