//! Random programs mean the same after each pass as before: results, codes of checks, partial writes.

mod programs;

use ir::{Argument, BlockId, Failure, Kernel, Op, Operands, Place, Statement, interpret, verify};
use memory::{DType, Layout, Scalar};
use proptest::prelude::*;

/// What a program is run with: lengths, a number and seeds of the rest.
#[derive(Clone, Debug)]
struct Input {
    extents: [i64; 7],
    k: i64,
    seed: u64,
}

fn input() -> impl Strategy<Value = Input> {
    let k = prop_oneof![-3i64..8, Just(i64::MAX), Just(i64::MIN), Just(1 << 61)];
    let roomy = prop_oneof![3 => 4i64..12, 1 => 0i64..4];
    let extents = [0i64..6, 0i64..6];
    (extents, prop::array::uniform5(roomy), k, any::<u64>()).prop_map(|(few, many, k, seed)| {
        let extents = [few[0], few[1], many[0], many[1], many[2], many[3], many[4]];
        Input { extents, k, seed }
    })
}

/// What is left after a run: how it ended, and the memory.
type Left = (Result<(), Failure>, Vec<Vec<Scalar>>);

fn run(kernel: &Kernel, input: &Input) -> Left {
    let mut state = input.seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let [_, _, x0, y0, z0, z1, w0] = input.extents.map(|it| usize::try_from(it).unwrap());
    let shapes = [vec![x0], vec![y0], vec![z0, z1], vec![w0]];
    let types = [DType::F64, DType::F64, DType::F64, DType::I64];
    let mut memory = Vec::new();
    let mut layouts = Vec::new();
    for (shape, dtype) in shapes.iter().zip(types) {
        let count: usize = shape.iter().product();
        let mut bytes = Vec::new();
        for _ in 0..count {
            let number = (next() % 8).cast_signed() - 1;
            let scalar = match dtype {
                DType::I64 => Scalar::from(number),
                _ => Scalar::from(number as f64 * 0.5),
            };
            let mut image = [0; 8];
            scalar.to_bytes(&mut image);
            bytes.extend_from_slice(&image);
        }
        memory.push(bytes);
        layouts.push(Layout::contiguous(dtype, shape).unwrap());
    }
    let [x, y, z, w] = &mut memory[..] else { unreachable!() };
    let mut arguments: Vec<_> = input.extents.iter().map(|&it| Argument::Extent(it)).collect();
    arguments.push(Argument::Scalar(Scalar::from(input.k)));
    arguments.push(Argument::Scalar(Scalar::from(0.25)));
    arguments.push(Argument::Read(x, &layouts[0]));
    arguments.push(Argument::Write(y, &layouts[1]));
    arguments.push(Argument::Write(z, &layouts[2]));
    arguments.push(Argument::Read(w, &layouts[3]));
    let ended = interpret(kernel, &mut arguments);
    let elements = memory
        .iter()
        .zip(types)
        .map(|(bytes, dtype)| bytes.chunks(8).map(|it| Scalar::from_bytes(dtype, it)).collect())
        .collect();
    (ended, elements)
}

fn same(left: &Left, right: &Left) -> bool {
    let elements = |it: &Left| it.1.concat();
    left.0 == right.0 && elements(left).iter().zip(elements(right)).all(|(&x, y)| x.same(y))
}

/// Loops in lanes run backwards: what depends on their order shows.
fn backwards(kernel: &Kernel) -> (Kernel, usize) {
    let mut kernel = kernel.clone();
    let mut count = 0;
    for place in kernel.places() {
        let Place::Statement(block, position) = place else { continue };
        let Statement::For(it) = kernel.block(block).statements[position].clone() else { continue };
        if it.lanes {
            count += 1;
            for (at, axis) in it.axes.iter().enumerate() {
                turn(&mut kernel, it.body, at, axis);
            }
        }
    }
    (kernel, count)
}

/// `begin + last - index` in place of an index.
fn turn(kernel: &mut Kernel, body: BlockId, at: usize, axis: &ir::Axis) {
    let mut added = Vec::new();
    let mut op = |kernel: &mut Kernel, op: Op, operands: [ir::Value; 2]| {
        let result = kernel.new_value(DType::I64);
        added.push(Statement::Op { result, op, operands: Operands::new(&operands) });
        result
    };
    let index = kernel.block(body).arguments[at];
    let fresh = kernel.new_value(DType::I64);
    kernel.block_mut(body).arguments[at] = fresh;
    let number = |kernel: &mut Kernel, number: i64| {
        let result = kernel.new_value(DType::I64);
        let constant = Statement::Constant { result, scalar: Scalar::from(number) };
        (result, constant)
    };
    let ((zero, first), (one, second)) = (number(kernel, 0), number(kernel, 1));
    let (begin, step) = (axis.begin.unwrap_or(zero), axis.step.unwrap_or(one));
    let way = kernel.new_value(DType::I64);
    let whole = op(kernel, Op::Sub, [axis.end, begin]);
    let less = op(kernel, Op::Sub, [whole, way]);
    let turns = op(kernel, Op::Div, [less, step]);
    let moved = op(kernel, Op::Mul, [turns, step]);
    let last = op(kernel, Op::Add, [begin, moved]);
    let sum = op(kernel, Op::Add, [last, begin]);
    let turned = op(kernel, Op::Sub, [sum, fresh]);
    for it in &mut added {
        it.change_results(|it| {
            if *it == turned {
                *it = index;
            }
        });
    }
    let sign = Statement::Op { result: way, op: Op::Sign, operands: Operands::new(&[step]) };
    let statements = &mut kernel.block_mut(body).statements;
    statements.splice(0..0, [first, second, sign].into_iter().chain(added));
}

fn choices() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 20..300)
}

/// A pass by its name.
type Pass = (&'static str, fn(&mut Kernel));

const PASSES: [Pass; 15] = [
    ("simplify", compiler::passes::simplify),
    ("hoist", compiler::passes::hoist),
    ("count", compiler::passes::count),
    ("simplify again", compiler::passes::simplify),
    ("dead", compiler::passes::dead),
    ("leave", compiler::passes::leave),
    ("simplify what leaves", compiler::passes::simplify),
    ("guard", compiler::passes::guard),
    ("simplify the guarded", compiler::passes::simplify),
    ("hoist the guarded", compiler::passes::hoist),
    ("dead guards", compiler::passes::dead),
    ("alike", compiler::passes::alike),
    ("join", compiler::passes::join),
    ("lanes", compiler::passes::lanes),
    ("shifts", compiler::passes::shifts),
];

proptest! {
    #[test]
    fn each_pass_keeps_the_meaning(choices in choices(), inputs in prop::collection::vec(input(), 4)) {
        let original = programs::program(&choices);
        let wanted: Vec<_> = inputs.iter().map(|input| run(&original, input)).collect();
        let mut kernel = original.clone();
        for (name, pass) in PASSES {
            let before = kernel.clone();
            pass(&mut kernel);
            verify(&kernel).unwrap_or_else(|error| panic!("{name}: {error}\n{before}\n{kernel}"));
            for (input, wanted) in inputs.iter().zip(&wanted) {
                let left = run(&kernel, input);
                prop_assert!(
                    same(&left, wanted),
                    "{name} with {input:?}: {left:?}\nwanted {wanted:?}\n{before}\n{kernel}"
                );
            }
        }
        let (turned, _) = backwards(&kernel);
        verify(&turned).unwrap_or_else(|error| panic!("{error}\n{turned}"));
        for (input, wanted) in inputs.iter().zip(&wanted) {
            let left = run(&turned, input);
            prop_assert!(same(&left, wanted), "backwards with {input:?}\n{original}\n{kernel}");
        }
    }

    #[test]
    fn all_passes_keep_the_meaning(choices in choices(), input in input()) {
        let original = programs::program(&choices);
        let better = compiler::improve(&original);
        verify(&better).unwrap_or_else(|error| panic!("{error}\n{original}\n{better}"));
        prop_assert!(same(&run(&better, &input), &run(&original, &input)), "{original}\n{better}");
        // Once more changes nothing in what it means, and text reads back.
        let again: Kernel = better.to_string().parse().unwrap();
        prop_assert_eq!(&again.to_string(), &better.to_string());
    }
}

/// The programs are worth their name: guards pass and fail, loops are marked.
#[test]
fn programs_reach_guards_and_lanes() {
    let (mut guarded, mut marked, mut failed) = (0, 0, 0);
    for seed in 0..200u32 {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
        let choices: Vec<_> = (0..200)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state >> 8
            })
            .collect();
        let original = programs::program(&choices);
        let better = compiler::improve(&original);
        guarded += usize::from(better.to_string().contains("} else {\n    "));
        marked += usize::from(backwards(&better).1 > 0);
        let input = Input { extents: [3, 4, 5, 6, 7, 8, 9], k: 2, seed: u64::from(seed) };
        failed += usize::from(run(&original, &input).0.is_err());
    }
    assert!(guarded > 20 && marked > 20, "{guarded} {marked}");
    assert!((20..180).contains(&failed), "{failed}");
}
