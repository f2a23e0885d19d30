//! What a reduction carries, and how two of these become one.

use ir::{Combiner, Op, Reduce};
use memory::DType;

use crate::emitter::Emitter;
use crate::text::{Operand, Type};
use crate::{Unsupported, op};

/// One number that a reduction carries: most combiners have one, some have more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) dtype: DType,
    how: Combiner,
}

impl Part {
    /// The comparison that keeps what is there, for minima and maxima of floats.
    pub(crate) fn extreme(self) -> Option<&'static str> {
        match (self.how, self.dtype) {
            (Combiner::Min, DType::F32 | DType::F64) => Some("fcmp olt"),
            (Combiner::Max, DType::F32 | DType::F64) => Some("fcmp ogt"),
            _ => None,
        }
    }
}

/// One way through the values of a block. Moments take two: their sum, then the squares about its mean.
pub(crate) struct Pass {
    pub(crate) parts: Vec<Part>,
    pub(crate) about: About,
}

/// What the values of moments are taken about, one mean for each of them.
pub(crate) enum About {
    /// The first way: nothing.
    Zero,
    /// The second one: the same mean in all lanes.
    Scalars(Vec<Operand>),
    /// Or a mean for each lane.
    Vectors(Vec<Operand>),
}

impl Pass {
    /// The second way where each lane has a mean of its own.
    pub(crate) fn about_vectors(parts: &[Part], means: Vec<Operand>) -> Self {
        Self { parts: parts.to_vec(), about: About::Vectors(means) }
    }
}

impl Emitter<'_> {
    /// What a reduction carries from block to block.
    pub(crate) fn parts(&self, it: &Reduce) -> Result<Vec<Part>, Unsupported> {
        let yields = &self.kernel.block(it.body).yields;
        let mut parts = Vec::new();
        for (&how, &value) in it.combiners.iter().zip(yields) {
            let dtype = self.kernel.dtype(value);
            if dtype.is_complex() {
                return Err(Unsupported::new(format!("{how} of {}", dtype.short())));
            }
            parts.extend(how.results(dtype).into_iter().map(|dtype| Part { dtype, how }));
        }
        Ok(parts)
    }

    /// The first way through the values of a block.
    pub(crate) fn first_pass(&self, it: &Reduce) -> Pass {
        let yields = &self.kernel.block(it.body).yields;
        let mut parts = Vec::new();
        for (&how, &value) in it.combiners.iter().zip(yields) {
            let dtype = self.kernel.dtype(value);
            parts.push(match how {
                Combiner::Moments => Part { dtype, how: Combiner::Add },
                _ => Part { dtype, how },
            });
            if matches!(how, Combiner::ArgMin | Combiner::ArgMax) {
                // Places inside of a block: half as wide as numbers of values.
                parts.push(Part { dtype: DType::I32, how });
            }
        }
        Pass { parts, about: About::Zero }
    }

    /// The way that finds the extreme value of a block alone, where that is all that is asked for but its place.
    pub(crate) fn value_pass(&self, it: &Reduce) -> Option<Pass> {
        let (&[how], &[value]) = (&it.combiners[..], &self.kernel.block(it.body).yields[..]) else {
            return None;
        };
        let how = match how {
            Combiner::ArgMin => Combiner::Min,
            Combiner::ArgMax => Combiner::Max,
            _ => return None,
        };
        let part = Part { dtype: self.kernel.dtype(value), how };
        Some(Pass { parts: vec![part], about: About::Zero })
    }

    /// What the second way carries: a sum of squares for each moments.
    pub(crate) fn second_parts(&self, it: &Reduce) -> Vec<Part> {
        let yields = &self.kernel.block(it.body).yields;
        let moments = it.combiners.iter().zip(yields).filter(|(how, _)| **how == Combiner::Moments);
        moments
            .map(|(_, &value)| Part { dtype: self.kernel.dtype(value), how: Combiner::Add })
            .collect()
    }

    /// Combine what a lane has with its next value, which stands behind all it has seen.
    pub(crate) fn add(
        &mut self,
        parts: &[Part],
        lanes: u32,
        sums: &[Operand],
        values: &[Operand],
    ) -> Result<Vec<Operand>, Unsupported> {
        self.join(parts, lanes, sums, values, true)
    }

    /// Combine two partial results, lane by lane.
    pub(crate) fn combine(
        &mut self,
        parts: &[Part],
        lanes: u32,
        first: &[Operand],
        later: &[Operand],
    ) -> Result<Vec<Operand>, Unsupported> {
        self.join(parts, lanes, first, later, false)
    }

    fn join(
        &mut self,
        parts: &[Part],
        lanes: u32,
        first: &[Operand],
        later: &[Operand],
        in_order: bool,
    ) -> Result<Vec<Operand>, Unsupported> {
        let mut combined = Vec::new();
        let mut at = 0;
        while at < parts.len() {
            let Part { how: combiner, dtype } = parts[at];
            let simple = match combiner {
                Combiner::Add => Some(Op::Add),
                Combiner::Mul => Some(Op::Mul),
                Combiner::Min => Some(Op::Min),
                Combiner::Max => Some(Op::Max),
                Combiner::And => Some(Op::And),
                Combiner::Or => Some(Op::Or),
                Combiner::Xor => Some(Op::Xor),
                _ => None,
            };
            if let Some(simple) = simple {
                let (a, b) = (first[at], later[at]);
                let waits = !self.patient && matches!(dtype, DType::F32 | DType::F64);
                let text = &mut self.text;
                combined.push(if waits && matches!(simple, Op::Min | Op::Max) {
                    op::extreme(text, simple, Type::new(dtype, lanes), a, b)
                } else {
                    op::emit(text, simple, dtype, dtype, lanes, &[a, b])?
                });
                at += 1;
            } else if combiner == Combiner::Moments {
                let [a, b] = [first, later].map(|it| [it[at], it[at + 1], it[at + 2]]);
                combined.extend(self.merge(parts[at + 1].dtype, lanes, a, b));
                at += 3;
            } else if combiner == Combiner::Product {
                let [a, b] = [first, later].map(|it| [it[at], it[at + 1]]);
                combined.extend(self.product(Type::new(dtype, lanes), a, b));
                at += 2;
            } else {
                let (a, b) = ([first[at], first[at + 1]], [later[at], later[at + 1]]);
                let types = [Type::new(dtype, lanes), Type::new(parts[at + 1].dtype, lanes)];
                combined.extend(if in_order {
                    self.later(combiner, types, a, b)?
                } else {
                    self.better(combiner, types, a, b)?
                });
                at += 2;
            }
        }
        Ok(combined)
    }

    /// The product of complex numbers, in the order of operations that `ir::evaluate` fixes.
    fn product(&mut self, ty: Type, a: [Operand; 2], b: [Operand; 2]) -> [Operand; 2] {
        let mut times = |x, y| self.text.op("fmul", ty, &[a[x], b[y]]);
        let [squares, turned] = [times(0, 0), times(1, 1)];
        let [one, two] = [times(0, 1), times(1, 0)];
        [self.text.op("fsub", ty, &[squares, turned]), self.text.op("fadd", ty, &[one, two])]
    }

    /// Of two values with their places, the second one further on, the smaller or larger; of equal ones
    /// the first; NaN first.
    fn later(
        &mut self,
        combiner: Combiner,
        [ty, places]: [Type; 2],
        [value, place]: [Operand; 2],
        [other, other_place]: [Operand; 2],
    ) -> Result<[Operand; 2], Unsupported> {
        let take = if matches!(ty.dtype, DType::F32 | DType::F64) {
            let how = if combiner == Combiner::ArgMin { "fcmp ult" } else { "fcmp ugt" };
            let wins = self.text.op(how, ty, &[other, value]);
            let number = self.text.op("fcmp ord", ty, &[value, value]);
            self.text.op("and", Type::new(DType::Bool, ty.lanes), &[wins, number])
        } else {
            self.wins(combiner, ty, value, other)?
        };
        let value = self.text.select(take, ty, other, value);
        let place = self.text.select(take, places, other_place, place);
        Ok([value, place])
    }

    /// Where the other value is smaller or larger, or the only NaN.
    pub(crate) fn wins(
        &mut self,
        combiner: Combiner,
        ty: Type,
        value: Operand,
        other: Operand,
    ) -> Result<Operand, Unsupported> {
        let (dtype, lanes, to) = (ty.dtype, ty.lanes, DType::Bool);
        let mask = Type::new(to, lanes);
        let how = if combiner == Combiner::ArgMin { Op::Lt } else { Op::Gt };
        let wins = op::emit(&mut self.text, how, dtype, to, lanes, &[other, value])?;
        if !dtype.is_float() {
            return Ok(wins);
        }
        let one = op::emit(&mut self.text, Op::IsNan, dtype, to, lanes, &[value])?;
        let two = op::emit(&mut self.text, Op::IsNan, dtype, to, lanes, &[other])?;
        let number = self.text.op("xor", mask, &[one, Operand::Constant(to, 1)]);
        let only = self.text.op("and", mask, &[two, number]);
        Ok(self.text.op("or", mask, &[wins, only]))
    }

    /// Of two values with their places the smaller or larger one; of equal ones the first; NaN first.
    fn better(
        &mut self,
        combiner: Combiner,
        [ty, places]: [Type; 2],
        [value, place]: [Operand; 2],
        [other, other_place]: [Operand; 2],
    ) -> Result<[Operand; 2], Unsupported> {
        let (dtype, lanes, to) = (ty.dtype, ty.lanes, DType::Bool);
        let mask = Type::new(to, lanes);
        let wins = self.wins(combiner, ty, value, other)?;
        let mut same = op::emit(&mut self.text, Op::Eq, dtype, to, lanes, &[other, value])?;
        if dtype.is_float() {
            let one = op::emit(&mut self.text, Op::IsNan, dtype, to, lanes, &[value])?;
            let two = op::emit(&mut self.text, Op::IsNan, dtype, to, lanes, &[other])?;
            let both = self.text.op("and", mask, &[one, two]);
            same = self.text.op("or", mask, &[same, both]);
        }
        let earlier = self.text.op("icmp slt", places, &[other_place, place]);
        let tie = self.text.op("and", mask, &[same, earlier]);
        let take = self.text.op("or", mask, &[wins, tie]);
        let value = self.text.select(take, ty, other, value);
        let place = self.text.select(take, places, other_place, place);
        Ok([value, place])
    }

    /// A place inside of the block that begins at `begin`, as the number of a value.
    pub(crate) fn numbered(&mut self, place: Operand, begin: Operand, lanes: u32) -> Operand {
        let words = Type::new(DType::I64, lanes);
        let place = self.text.convert("sext", Type::new(DType::I32, lanes), place, words);
        let begin = self.text.splat(begin, words);
        self.text.op("add", words, &[begin, place])
    }

    /// Counts, means and sums of squares of two sets of values, by the formula of Chan, Golub and
    /// `LeVeque` (1979), in the order of operations that `ir::reduction` fixes.
    fn merge(
        &mut self,
        dtype: DType,
        lanes: u32,
        [count, mean, squares]: [Operand; 3],
        [other_count, other_mean, other_squares]: [Operand; 3],
    ) -> [Operand; 3] {
        let (words, ty) = (Type::new(DType::I64, lanes), Type::new(dtype, lanes));
        let all = self.text.op("add", words, &[count, other_count]);
        let [mine, others, whole] =
            [count, other_count, all].map(|it| self.text.convert("sitofp", words, it, ty));
        let share = self.text.op("fdiv", ty, &[others, whole]);
        let delta = self.text.op("fsub", ty, &[other_mean, mean]);
        let step = self.text.op("fmul", ty, &[delta, share]);
        let new_mean = self.text.op("fadd", ty, &[mean, step]);
        let square = self.text.op("fmul", ty, &[delta, delta]);
        let weight = self.text.op("fmul", ty, &[mine, share]);
        let between = self.text.op("fmul", ty, &[square, weight]);
        let within = self.text.op("fadd", ty, &[squares, other_squares]);
        [all, new_mean, self.text.op("fadd", ty, &[within, between])]
    }

    /// What the body yields, as the parts of one value each, `k` being the value's place in its block.
    pub(crate) fn yielded(&mut self, it: &Reduce, pass: &Pass, k: Operand) -> Vec<Operand> {
        let yields = self.kernel.block(it.body).yields.clone();
        let mut found = Vec::new();
        let mut moments = 0;
        for (&combiner, value) in it.combiners.iter().zip(yields) {
            let ty = Type::new(self.kernel.dtype(value), self.lanes);
            let mean = match (&pass.about, combiner) {
                (About::Zero, _) => None,
                (About::Scalars(means), Combiner::Moments) => {
                    let mean = means[moments];
                    Some(self.text.splat(mean, ty))
                }
                (About::Vectors(means), Combiner::Moments) => Some(means[moments]),
                _ => continue,
            };
            moments += usize::from(combiner == Combiner::Moments);
            let given = self.vector(value);
            if let Some(mean) = mean {
                let apart = self.text.op("fsub", ty, &[given, mean]);
                found.push(self.text.op("fmul", ty, &[apart, apart]));
                continue;
            }
            found.push(given);
            if combiner.result_count() == 2 {
                found.push(k);
            }
        }
        found
    }
}
