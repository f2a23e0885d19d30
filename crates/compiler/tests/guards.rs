use ir::Kernel;

fn improved(text: &str) -> Kernel {
    let kernel: Kernel = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let better = compiler::improve(&kernel);
    ir::verify(&better).unwrap_or_else(|error| panic!("{error}\n{better}"));
    better
}

const MATMUL: &str = "kernel @matmul(%a0: extent, %a1: extent, %b0: extent, %b1: extent, %o0: extent, %o1: extent, %a: read f64[any, unit], %b: read f64[any, unit], %out: update f64[any, unit]) {
  for parallel (%i) in (%a0) {
    for (%j) in (%b1) {
      %start = const f64 0.0
      %s = for (%k) in (%a1) carry (%sum = %start) {
        %zero = const i64 0
        %n1 = lt %i, %zero
        %s1 = add %i, %a0
        %w1 = select %n1, %s1, %i
        %l1 = ge %w1, %zero
        %h1 = lt %w1, %a0
        %ok1 = and %l1, %h1
        check %ok1, 1
        %n2 = lt %k, %zero
        %s2 = add %k, %a1
        %w2 = select %n2, %s2, %k
        %l2 = ge %w2, %zero
        %h2 = lt %w2, %a1
        %ok2 = and %l2, %h2
        check %ok2, 2
        %x = load %a[%w1, %w2]
        %h3 = lt %k, %b0
        check %h3, 3
        %h4 = lt %j, %b1
        check %h4, 4
        %y = load %b[%k, %j]
        %p = mul %x, %y
        %next = add %sum, %p
        yield %next
      }
      %h5 = lt %i, %o0
      check %h5, 5
      %h6 = lt %j, %o1
      check %h6, 6
      store %s, %out[%i, %j]
    }
  }
}";

#[test]
fn matmul() {
    let better = improved(MATMUL);
    println!("{better}");
    let kernel: Kernel = MATMUL.parse().unwrap();
    let t = std::time::Instant::now();
    for _ in 0..100 {
        let _ = compiler::improve(&kernel);
    }
    println!("{:?}", t.elapsed() / 100);
}
