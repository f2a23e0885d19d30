//! Expanded kernels against the interpreter's own answer for each function.

use ir::elementary::Function;
use ir::{Argument, Kernel, Op, Version, evaluate, expand, interpret, verify};
use memory::{DType, Layout, Scalar};

/// Special and ordinary numbers, of both signs.
fn numbers(dtype: DType) -> Vec<Scalar> {
    let magnitudes = [
        0.0,
        1.0,
        0.5,
        0.7,
        1.5,
        3.0,
        10.25,
        1e-3,
        1e-30,
        123.456,
        1e5,
        1e10,
        1e38,
        5e-324,
        1e-40,
        1e300,
        f64::INFINITY,
        f64::NAN,
    ];
    let both = magnitudes.into_iter().flat_map(|number| [number, -number]);
    both.map(|number| Scalar::from_f64(dtype, number)).collect()
}

/// A kernel that calls a function on each element, and on what it answers, which nests.
fn caller(function: Function, dtype: DType) -> Kernel {
    let (name, short) = (function.name(), dtype.short());
    let (operands, nested) = match function.arity() {
        1 => ("%a", "%r"),
        _ => ("%a, %b", "%r, %b"),
    };
    format!(
        "kernel @{name}(%n: extent, %x: read {short}[unit], %y: read {short}[unit], %z: write {short}[unit], %w: write {short}[unit]) {{
           for parallel (%i) in (%n) {{
             %a = load %x[%i]
             %b = load %y[%i]
             %r = {name} {operands}
             store %r, %z[%i]
             %s = {name} {nested}
             store %s, %w[%i]
           }}
         }}"
    )
    .parse()
    .unwrap_or_else(|error| panic!("{error}"))
}

fn run(kernel: &Kernel, dtype: DType, x: &[Scalar], y: &[Scalar]) -> [Vec<Scalar>; 2] {
    let size = dtype.size();
    let pack = |values: &[Scalar]| {
        let mut bytes = vec![0; values.len() * size];
        for (slot, value) in bytes.chunks_mut(size).zip(values) {
            value.to_bytes(slot);
        }
        bytes
    };
    let layout = Layout::contiguous(dtype, &[x.len()]).unwrap();
    let (x_bytes, y_bytes) = (pack(x), pack(y));
    let (mut z, mut w) = (pack(x), pack(x));
    interpret(
        kernel,
        &mut [
            Argument::Extent(x.len().cast_signed() as i64),
            Argument::Read(&x_bytes, &layout),
            Argument::Read(&y_bytes, &layout),
            Argument::Write(&mut z, &layout),
            Argument::Write(&mut w, &layout),
        ],
    )
    .unwrap();
    [z, w].map(|bytes| bytes.chunks(size).map(|slot| Scalar::from_bytes(dtype, slot)).collect())
}

#[test]
fn exact_expansions_mean_the_op() {
    for &function in Function::ALL {
        for dtype in [DType::F16, DType::F32, DType::F64] {
            let kernel = caller(function, dtype);
            let expanded = expand(&kernel, Version::Exact).kernel;
            verify(&expanded).unwrap_or_else(|error| panic!("{error}"));
            assert!(!has_calls(&expanded), "{expanded}");
            let numbers = numbers(dtype);
            let partners = if function.arity() == 1 { &numbers[..1] } else { &numbers };
            let pairs = numbers.iter().flat_map(|&x| partners.iter().map(move |&y| (x, y)));
            let (x, y): (Vec<_>, Vec<_>) = pairs.unzip();
            let (plain, basic) = (run(&kernel, dtype, &x, &y), run(&expanded, dtype, &x, &y));
            for (plain, basic) in plain.iter().zip(&basic) {
                for (position, (plain, basic)) in plain.iter().zip(basic).enumerate() {
                    let given = (x[position], y[position]);
                    assert!(plain.same(*basic), "{function:?} {given:?}: {plain:?} {basic:?}");
                }
            }
        }
    }
}

#[test]
fn fast_expansions_agree_where_they_say_so() {
    for &function in Function::ALL {
        for dtype in [DType::F32, DType::F64] {
            // The flag is stored in place of the second answer.
            let op = Op::from_name(function.name()).unwrap();
            let kernel = caller(function, dtype);
            let mut fast = expand(&kernel, Version::Fast);
            verify(&fast.kernel).unwrap_or_else(|error| panic!("{error}"));
            assert!(!has_calls(&fast.kernel));
            let [(block, common)] = fast.common[..] else { panic!("one block has functions") };
            let flag = fast.kernel.new_value(dtype);
            let statements = &mut fast.kernel.block_mut(block).statements;
            let Some(ir::Statement::Store { value, .. }) =
                statements.iter_mut().rfind(|it| matches!(it, ir::Statement::Store { .. }))
            else {
                panic!()
            };
            *value = flag;
            let last = statements.iter().rposition(|it| matches!(it, ir::Statement::Store { .. }));
            let store = statements.remove(last.unwrap());
            let operands = ir::Operands::new(&[common]);
            statements.push(ir::Statement::Op { result: flag, op: Op::Cast, operands });
            statements.push(store);
            verify(&fast.kernel).unwrap_or_else(|error| panic!("{error}"));
            let numbers = numbers(dtype);
            let mut agreed = 0;
            let (x, y): (Vec<_>, Vec<_>) =
                numbers.iter().flat_map(|&x| numbers.iter().map(move |&y| (x, y))).unzip();
            let [found, flags] = run(&fast.kernel, dtype, &x, &y);
            for (((&x, &y), found), flag) in x.iter().zip(&y).zip(&found).zip(&flags) {
                if flag.to_f64() != 0.0 {
                    agreed += 1;
                    let operands = &[x, y][..op.arity()];
                    let expected = evaluate(op, operands, None).unwrap();
                    assert!(found.same(expected), "{op} {operands:?}: {found:?} {expected:?}");
                }
            }
            assert!(agreed > 0, "{op} of {dtype} calls nothing common");
        }
    }
}

fn has_calls(kernel: &Kernel) -> bool {
    kernel.blocks.iter().flat_map(|block| &block.statements).any(|statement| match statement {
        ir::Statement::Op { op, operands, .. } => op.is_elementary(kernel.dtype(operands[0])),
        _ => false,
    })
}

#[test]
fn expansions_share_tables_and_constants() {
    let kernel = caller(Function::named("sin").unwrap(), DType::F64);
    let expanded = expand(&kernel, Version::Exact).kernel;
    let mut tables: Vec<_> = expanded.tables.iter().map(|table| &table.entries).collect();
    tables.dedup();
    assert_eq!(tables.len(), expanded.tables.len());
    for block in &expanded.blocks {
        let constants: Vec<_> = block
            .statements
            .iter()
            .filter_map(|statement| match statement {
                ir::Statement::Constant { scalar, .. } => Some(scalar),
                _ => None,
            })
            .collect();
        let different: std::collections::HashSet<_> = constants.iter().collect();
        assert_eq!(different.len(), constants.len());
    }
    assert_eq!(expanded.to_string().parse::<Kernel>().unwrap(), expanded.renumbered());
}

#[test]
fn every_elementary_op_has_a_function_and_the_other_way_round() {
    let mut names: Vec<_> = Function::ALL.iter().map(|function| function.name()).collect();
    let elementary = |row: &&ir::Row| row.op.is_elementary(DType::F64);
    let mut ops: Vec<_> = Op::table().iter().filter(elementary).map(|row| row.name).collect();
    names.sort_unstable();
    ops.sort_unstable();
    assert_eq!(names, ops);
}
