//! Every rule of the verifier is broken once, and the message says which.

use ir::{
    Access, Axis, BlockId, Buffer, Builder, Combiner, If, Kernel, Op, Operands, Statement, Stride,
    TableId, Value, verify,
};
use memory::{DType, Scalar};

/// A kernel with a bit of everything, all of it legal.
fn legal() -> Kernel {
    let mut b = Builder::new("k");
    let length = b.extent("n");
    let x = b.buffer("x", DType::F32, Access::Read, &[Stride::Unit]);
    let y = b.buffer("y", DType::F32, Access::Write, &[Stride::Any]);
    let flag = b.scalar("c", DType::Bool);
    let table = b.table(vec![Scalar::from(1.0f32); 4]);
    let zero = b.constant(0.0f32);
    b.parallel(&[length.into()], |b, i| {
        let element = b.load(x, i);
        let entry = b.lookup(table, i[0]);
        let sum = b.add(element, entry);
        b.store(y, i, sum);
    });
    let sum = b.reduce(&[length.into()], &[Combiner::Add], |b, i| vec![b.load(x, i)]);
    let last =
        b.sequence(&[length.into()], &[zero], |b, _, carried| vec![b.add(carried[0], sum[0])]);
    b.choose(flag, |_| vec![last[0]], |_| vec![zero]);
    b.repeat(
        &[length],
        |b, carried| (b.lt(carried[0], length), ()),
        |b, carried, ()| vec![b.add(carried[0], length)],
    );
    b.check(flag, 1);
    b.finish().unwrap()
}

/// Positions in the body of [`legal`].
const FOR: usize = 1;
const REDUCE: usize = 2;
const SEQUENCE: usize = 3;
const IF: usize = 4;
const WHILE: usize = 5;
const CHECK: usize = 6;

fn body(kernel: &mut Kernel) -> &mut Vec<Statement> {
    let body = kernel.body;
    &mut kernel.block_mut(body).statements
}

fn value(name: &str, kernel: &Kernel) -> Value {
    let parameter = kernel.parameters.iter().find(|parameter| parameter.name == name).unwrap();
    match parameter.kind {
        ir::ParameterKind::Scalar(value) | ir::ParameterKind::Extent(value) => value,
        ir::ParameterKind::Buffer(_) => panic!("{name} is a buffer"),
    }
}

macro_rules! at {
    ($kernel:expr, $position:expr, $kind:ident) => {
        match &mut body($kernel)[$position] {
            Statement::$kind(it) => it,
            other => panic!("{other:?}"),
        }
    };
}

type Break = fn(&mut Kernel);

/// A piece of the statement, the beginning of the rule, and what breaks it.
const CASES: &[(&str, &str, Break)] = &[
    // The whole.
    ("", "\"a b\" is no name: a letter or _, then letters, digits or _", |k| {
        k.name = "a b".into();
    }),
    ("", "two things are named %n", |k| k.parameters[1].name = "n".into()),
    ("", "two things are named %x", |k| k.values[1].name = Some("x".into())),
    ("", "the value of %n has a second name", |k| k.values[0].name = Some("m".into())),
    ("", "extent %n is not an i64", |k| k.values[0].dtype = DType::I32),
    ("", "table $0 of 3 entries: it takes a power of two, all of one type", |k| {
        k.tables[0].entries.pop();
    }),
    ("", "table $0 of 0 entries: it takes a power of two, all of one type", |k| {
        k.tables[0].entries.clear();
    }),
    ("", "table $0 of 4 entries: it takes a power of two, all of one type", |k| {
        k.tables[0].entries[1] = Scalar::from(1.0);
    }),
    ("", "block 1 has two owners", |k| {
        let copy = at!(k, FOR, For).body;
        at!(k, REDUCE, Reduce).body = copy;
    }),
    ("", "block 0 has two owners", |k| at!(k, FOR, For).body = BlockId::new(0)),
    ("", "block 99 does not exist", |k| at!(k, FOR, For).body = BlockId::new(99)),
    ("", "the body of a kernel is given nothing and yields nothing", |k| {
        let n = value("n", k);
        let body = k.body;
        k.block_mut(body).yields.push(n);
    }),
    // Definitions and uses.
    ("%0 = const f32 0.0", "%0 is defined twice", |k| {
        let again = body(k)[0].clone();
        body(k).insert(1, again);
    }),
    ("%?99 = const f32 0.0", "value 99 does not exist", |k| {
        let scalar = Scalar::from(0.0f32);
        body(k).insert(0, Statement::Constant { result: Value::new(99), scalar });
    }),
    ("%0 = sqrt %?99", "%?99 is used where it is not defined", |k| {
        let result = k.new_value(DType::F32);
        let operands = Operands::new(&[Value::new(99)]);
        body(k).insert(0, Statement::Op { result, op: Op::Sqrt, operands });
    }),
    ("check %15, 1", "%15 is used where it is not defined", |k| {
        // A value from inside another block.
        let test = at!(k, WHILE, While).test;
        let inner = k.block(test).yields[0];
        body(k)[CHECK] = Statement::Check { condition: inner, code: 1 };
    }),
    ("%8 = for (%9) in (%n) carry (%10 = %0) {", "%8 is used where it is not defined", |k| {
        // A result inside its own body.
        let (block, result) = (at!(k, SEQUENCE, For).body, at!(k, SEQUENCE, For).results[0]);
        k.block_mut(block).yields = vec![result];
    }),
    // Ops.
    ("%0 = add %n, %c", "add of (i64, bool): it takes two operands of one type of", |k| {
        let (n, c) = (value("n", k), value("c", k));
        let result = k.new_value(DType::I64);
        let operands = Operands::new(&[n, c]);
        body(k).insert(0, Statement::Op { result, op: Op::Add, operands });
    }),
    ("%0 = add %n", "add of (i64): it takes two operands", |k| {
        let n = value("n", k);
        let result = k.new_value(DType::I64);
        body(k).insert(0, Statement::Op { result, op: Op::Add, operands: Operands::new(&[n]) });
    }),
    ("%0 = add %n, %n", "the result %0 is f32, not i64", |k| {
        let n = value("n", k);
        let result = k.new_value(DType::F32);
        let operands = Operands::new(&[n, n]);
        body(k).insert(0, Statement::Op { result, op: Op::Add, operands });
    }),
    ("%0 = const f64 0.0", "the constant %0 is f32, not f64", |k| {
        let Statement::Constant { scalar, .. } = &mut body(k)[0] else { panic!() };
        *scalar = Scalar::from(0.0);
    }),
    ("%0 = const bool", "a bool is 0 or 1", |k| {
        let result = k.new_value(DType::Bool);
        let scalar = Scalar::from_bits(DType::Bool, 2);
        body(k).insert(0, Statement::Constant { result, scalar });
    }),
    // Memory and tables.
    ("%1 = lookup $7[%n]", "table $7 does not exist", |k| {
        let (n, result) = (value("n", k), k.new_value(DType::F32));
        body(k).insert(1, Statement::Lookup { result, table: TableId::new(7), index: n });
    }),
    ("%1 = lookup $0[%c]", "the index is bool: it must be an integer", |k| {
        let (c, result) = (value("c", k), k.new_value(DType::F32));
        body(k).insert(1, Statement::Lookup { result, table: TableId::new(0), index: c });
    }),
    ("%1 = lookup $0[%n]", "the entry %1 is f64, not f32", |k| {
        let (n, result) = (value("n", k), k.new_value(DType::F64));
        body(k).insert(1, Statement::Lookup { result, table: TableId::new(0), index: n });
    }),
    ("%1 = load %n[%n]", "parameter 0 is no buffer", |k| {
        let (n, result) = (value("n", k), k.new_value(DType::F32));
        body(k).insert(1, Statement::Load { result, buffer: Buffer::new(0), index: vec![n] });
    }),
    ("%1 = load %x[]", "0 indices for a buffer of rank 1", |k| {
        let result = k.new_value(DType::F32);
        body(k).insert(1, Statement::Load { result, buffer: Buffer::new(1), index: vec![] });
    }),
    ("%1 = load %x[%c]", "an index %c is bool, not i64", |k| {
        let (c, result) = (value("c", k), k.new_value(DType::F32));
        body(k).insert(1, Statement::Load { result, buffer: Buffer::new(1), index: vec![c] });
    }),
    ("%1 = load %x[%n]", "the element %1 is f64, not f32", |k| {
        let (n, result) = (value("n", k), k.new_value(DType::F64));
        body(k).insert(1, Statement::Load { result, buffer: Buffer::new(1), index: vec![n] });
    }),
    ("%1 = load %y[%n]", "the buffer is `write`: only `read` and `update` load", |k| {
        let (n, result) = (value("n", k), k.new_value(DType::F32));
        body(k).insert(1, Statement::Load { result, buffer: Buffer::new(2), index: vec![n] });
    }),
    ("store %0, %x[%n]", "the buffer is `read`: only `write` and `update` store", |k| {
        let n = value("n", k);
        let zero = body(k)[0].results()[0];
        let buffer = Buffer::new(1);
        body(k).insert(1, Statement::Store { buffer, index: vec![n], value: zero });
    }),
    ("store %n, %y[%n]", "the element %n is i64, not f32", |k| {
        let n = value("n", k);
        let buffer = Buffer::new(2);
        body(k).insert(1, Statement::Store { buffer, index: vec![n], value: n });
    }),
    ("check %n, 1", "the condition %n is i64, not bool", |k| {
        let condition = value("n", k);
        body(k)[CHECK] = Statement::Check { condition, code: 1 };
    }),
    ("check %c, 0", "code 0 means that nothing failed: give another one", |k| {
        let condition = value("c", k);
        body(k)[CHECK] = Statement::Check { condition, code: 0 };
    }),
    // Loops.
    ("for parallel", "a parallel loop carries nothing: its iterations have no order", |k| {
        at!(k, SEQUENCE, For).parallel = true;
    }),
    ("for parallel", "a parallel loop is not also one in lanes: it says more", |k| {
        at!(k, FOR, For).lanes = true;
    }),
    ("for lanes", "a loop in lanes carries nothing: its iterations have no order", |k| {
        at!(k, SEQUENCE, For).lanes = true;
    }),
    (
        "for lanes",
        "a loop in lanes checks nothing: what was stored before would not be known",
        |k| {
            let condition = value("c", k);
            let it = at!(k, FOR, For);
            (it.parallel, it.lanes) = (false, true);
            let inside = it.body;
            k.block_mut(inside).statements.push(Statement::Check { condition, code: 1 });
        },
    ),
    ("for parallel () in () {", "a loop has at least one axis", |k| {
        at!(k, FOR, For).axes.clear();
    }),
    ("for parallel (%1) in (%c..%n) {", "a bound %c is bool, not i64", |k| {
        let c = value("c", k);
        at!(k, FOR, For).axes[0].begin = Some(c);
    }),
    ("for parallel (%1) in (%n step %c) {", "a bound %c is bool, not i64", |k| {
        let c = value("c", k);
        at!(k, FOR, For).axes[0].step = Some(c);
    }),
    (
        "for parallel (%1) in (%n, %n) {",
        "the body is given an i64 an axis, then what is carried: (i64, i64), not (i64)",
        |k| {
            let n = value("n", k);
            at!(k, FOR, For).axes.push(Axis::from(n));
        },
    ),
    ("%8 = for", "the body yields what is carried: (f32), not ()", |k| {
        let block = at!(k, SEQUENCE, For).body;
        k.block_mut(block).yields.clear();
    }),
    ("for (%8) in (%n) carry (%9 = %0) {", "the results are what is carried: (f32), not ()", |k| {
        at!(k, SEQUENCE, For).results.clear();
        body(k).truncate(SEQUENCE + 1);
    }),
    ("= reduce add, add", "2 combiners for 1 yielded values: give one each, at least one", |k| {
        at!(k, REDUCE, Reduce).combiners.push(Combiner::Add);
    }),
    ("= reduce and", "and of f32: it combines bool i8 i16 i32 i64 u8 u16 u32 u64", |k| {
        at!(k, REDUCE, Reduce).combiners[0] = Combiner::And;
    }),
    ("= reduce argmin", "the results are those of the combiners: (f32, i64), not (f32)", |k| {
        at!(k, REDUCE, Reduce).combiners[0] = Combiner::ArgMin;
    }),
    ("= reduce add", "`empty` says every result: (f32), not (i64)", |k| {
        let n = value("n", k);
        at!(k, REDUCE, Reduce).empty = vec![n];
    }),
    ("= reduce add", "the body is given an i64 an axis: (i64, i64), not (i64)", |k| {
        let n = value("n", k);
        at!(k, REDUCE, Reduce).axes.push(Axis::from(n));
    }),
    ("if %n", "the condition %n is i64, not bool", |k| {
        let n = value("n", k);
        at!(k, IF, If).condition = n;
    }),
    ("= if %c {", "both blocks yield the results: (f32), not (i64)", |k| {
        let (n, block) = (value("n", k), at!(k, IF, If).otherwise);
        k.block_mut(block).yields = vec![n];
    }),
    ("= if %c {", "this block is given nothing, not 1 values", |k| {
        let (block, given) = (at!(k, IF, If).then, k.new_value(DType::F32));
        k.block_mut(block).arguments.push(given);
    }),
    ("= while", "the test is given what is carried: (), not (i64)", |k| {
        at!(k, WHILE, While).start.clear();
    }),
    ("= while", "the test yields one bool: (bool), not (i64)", |k| {
        let (n, block) = (value("n", k), at!(k, WHILE, While).test);
        k.block_mut(block).yields = vec![n];
    }),
    ("= while", "the body yields what is carried: (i64), not ()", |k| {
        let block = at!(k, WHILE, While).body;
        k.block_mut(block).yields.clear();
    }),
    ("= while", "this block is given nothing, not 1 values", |k| {
        let (block, given) = (at!(k, WHILE, While).body, k.new_value(DType::I64));
        k.block_mut(block).arguments.push(given);
    }),
    ("while carry", "the results are what is carried: (i64), not ()", |k| {
        at!(k, WHILE, While).results.clear();
    }),
];

#[test]
fn each_rule_is_kept() {
    let mut wrong = Vec::new();
    for &(statement, reason, change) in CASES {
        let mut kernel = legal();
        change(&mut kernel);
        let invalid = verify(&kernel).expect_err(reason);
        let named = invalid.statement().unwrap_or_default();
        let as_wanted = invalid.reason().starts_with(reason)
            && named.contains(statement)
            && invalid.place().is_some() != named.is_empty();
        if !as_wanted {
            wrong.push(format!("{invalid}\nwanted: `{statement}`: {reason}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn nothing_stands_too_deep() {
    let mut b = Builder::new("deep");
    let c = b.scalar("c", DType::Bool);
    for _ in 0..=ir::DEEPEST {
        b.open(&[]);
    }
    for _ in 0..=ir::DEEPEST {
        let then = b.close(&[]);
        b.open(&[]);
        let otherwise = b.close(&[]);
        b.push(Statement::If(If { condition: c, then, otherwise, results: Vec::new() }));
    }
    let invalid = b.finish().unwrap_err();
    assert_eq!(
        invalid.to_string(),
        "kernel @deep: statements stand more than 200 deep inside each other"
    );
}

#[test]
fn a_message_names_kernel_statement_and_rule() {
    let mut b = Builder::new("k");
    let n = b.extent("n");
    b.sqrt(n);
    assert_eq!(
        b.finish().unwrap_err().to_string(),
        "kernel @k: `%0 = sqrt %n`: sqrt of (i64): it takes one operand of f16 f32 f64"
    );
}
