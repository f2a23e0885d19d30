use ir::{Access, Builder, Combiner, Op, Stride};
use memory::DType::{F32, F64};
fn main() {
    let which = std::env::args().nth(1).unwrap();
    let mut b = Builder::new("k");
    let t = if which.ends_with("64") { F64 } else { F32 };
    match which.trim_end_matches("64") {
        "wave" => {
            let n = b.extent("n");
            let x = b.buffer("x", t, Access::Read, &[Stride::Unit]);
            let y = b.buffer("y", t, Access::Write, &[Stride::Unit]);
            let c = b.scalar("c", t);
            b.parallel(&[n.into()], |b, i| {
                let v = b.load(x, i);
                let e = b.op(Op::Exp, &[v]);
                let s = b.op(Op::Sin, &[v]);
                let s = b.mul(s, c);
                let r = b.add(e, s);
                b.store(y, i, r);
            });
        }
        "esum" => {
            let n = b.extent("n");
            let x = b.buffer("x", t, Access::Read, &[Stride::Unit]);
            let y = b.buffer("y", t, Access::Write, &[]);
            let r = b.reduce(&[n.into()], &[Combiner::Add], |b, i| {
                let v = b.load(x, i);
                vec![b.op(Op::Exp, &[v])]
            });
            b.store(y, &[], r[0]);
        }
        "sum" => {
            let n = b.extent("n");
            let x = b.buffer("x", t, Access::Read, &[Stride::Unit]);
            let y = b.buffer("y", t, Access::Write, &[]);
            let k = b.buffer("k", memory::DType::I64, Access::Write, &[]);
            let r = b.reduce(&[n.into()], &[Combiner::Add, Combiner::ArgMax], |b, i| {
                let v = b.load(x, i);
                vec![v, v]
            });
            b.store(y, &[], r[0]);
            b.store(k, &[], r[2]);
        }
        "rows" => {
            let n = b.extent("n");
            let m = b.extent("m");
            let x = b.buffer("x", t, Access::Read, &[Stride::Any, Stride::Unit]);
            let y = b.buffer("y", t, Access::Write, &[Stride::Unit]);
            b.parallel(&[n.into()], |b, i| {
                let r = b.reduce(&[m.into()], &[Combiner::Add], |b, j| vec![b.load(x, &[i[0], j[0]])]);
                b.store(y, i, r[0]);
            });
        }
        "cols" => {
            let n = b.extent("n");
            let m = b.extent("m");
            let x = b.buffer("x", t, Access::Read, &[Stride::Any, Stride::Unit]);
            let y = b.buffer("y", t, Access::Write, &[Stride::Unit]);
            let k = b.buffer("k", memory::DType::I64, Access::Write, &[Stride::Unit]);
            b.parallel(&[m.into()], |b, j| {
                let r = b.reduce(&[n.into()], &[Combiner::Add, Combiner::ArgMin], |b, i| {
                    let v = b.load(x, &[i[0], j[0]]);
                    vec![v, v]
                });
                let twice = b.add(r[0], r[0]);
                b.store(y, j, twice);
                b.store(k, j, r[2]);
            });
        }
        "colsum" => {
            let n = b.extent("n");
            let m = b.extent("m");
            let x = b.buffer("x", t, Access::Read, &[Stride::Any, Stride::Unit]);
            let y = b.buffer("y", t, Access::Write, &[Stride::Unit]);
            b.parallel(&[m.into()], |b, j| {
                let r = b.reduce(&[n.into()], &[Combiner::Add], |b, i| vec![b.load(x, &[i[0], j[0]])]);
                b.store(y, j, r[0]);
            });
        }
        "var" => {
            let n = b.extent("n");
            let x = b.buffer("x", t, Access::Read, &[Stride::Unit]);
            let y = b.buffer("y", t, Access::Write, &[]);
            let k = b.buffer("k", t, Access::Write, &[]);
            let r = b.reduce(&[n.into()], &[Combiner::Max, Combiner::Moments], |b, i| {
                let v = b.load(x, i);
                vec![v, v]
            });
            b.store(y, &[], r[2]);
            b.store(k, &[], r[3]);
        }
        "colvar" => {
            let n = b.extent("n");
            let m = b.extent("m");
            let x = b.buffer("x", t, Access::Read, &[Stride::Any, Stride::Unit]);
            let y = b.buffer("y", t, Access::Write, &[Stride::Unit]);
            let k = b.buffer("k", t, Access::Write, &[Stride::Unit]);
            b.parallel(&[m.into()], |b, j| {
                let r = b.reduce(&[n.into()], &[Combiner::Max, Combiner::Moments], |b, i| {
                    let v = b.load(x, &[i[0], j[0]]);
                    vec![v, v]
                });
                b.store(y, j, r[2]);
                b.store(k, j, r[3]);
            });
        }
        "two" => {
            let n = b.extent("n");
            let m = b.extent("m");
            let x = b.buffer("x", t, Access::Read, &[Stride::Any, Stride::Any]);
            let y = b.buffer("y", t, Access::Write, &[Stride::Any, Stride::Unit]);
            b.parallel(&[n.into(), m.into()], |b, i| {
                let v = b.load(x, i);
                let w = b.add(v, v);
                b.store(y, i, w);
            });
        }
        _ => {
            let n = b.extent("n");
            let m = b.extent("m");
            let x = b.buffer("x", t, Access::Read, &[Stride::Any, Stride::Unit]);
            let y = b.buffer("y", t, Access::Write, &[]);
            let r = b.reduce(&[n.into(), m.into()], &[Combiner::Add], |b, j| vec![b.load(x, j)]);
            b.store(y, &[], r[0]);
        }
    }
    let kernel = b.finish().unwrap();
    let bytes = std::env::args().nth(2).map_or(64, |it| it.parse().unwrap());
    let compiled = compiler::compile(&kernel, bytes).unwrap();
    print!("{}", compiled.text);
    for exact in compiled.exacts {
        print!("=====\n{exact}");
    }
}
