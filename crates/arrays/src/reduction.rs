//! Reductions and sums that go on.

use ir::{Combiner, Op};
use memory::{DType, Kind, Scalar};

use crate::cast::elementwise;
use crate::error::tuple;
use crate::operand::Width;
use crate::operation::Operation;
use crate::{Array, Error, ErrorKind};

/// What becomes of the elements along some axes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are NumPy's")]
pub enum Reduction {
    Sum,
    Prod,
    Min,
    Max,
    Mean,
    /// With the number that is taken off the count.
    Var(f64),
    /// The square root of `Var`.
    Std(f64),
    Any,
    All,
    ArgMin,
    ArgMax,
    CountNonzero,
}

impl Reduction {
    /// NumPy's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Prod => "prod",
            Self::Min => "min",
            Self::Max => "max",
            Self::Mean => "mean",
            Self::Var(_) => "var",
            Self::Std(_) => "std",
            Self::Any => "any",
            Self::All => "all",
            Self::ArgMin => "argmin",
            Self::ArgMax => "argmax",
            Self::CountNonzero => "count_nonzero",
        }
    }
}

impl Array {
    /// Reduce some axes, or all of them. They go, unless they are kept with length 1.
    pub fn reduce(
        &self,
        reduction: Reduction,
        axes: Option<&[isize]>,
        keep: bool,
        dtype: Option<DType>,
    ) -> Result<Self, Error> {
        let name = reduction.name();
        let axes = self.axes(name, axes)?;
        let count: usize = axes.iter().map(|&axis| self.shape()[axis]).product();
        let reduced = match reduction {
            Reduction::Sum | Reduction::Prod => {
                let combiner =
                    if reduction == Reduction::Sum { Combiner::Add } else { Combiner::Mul };
                let dtype = dtype.unwrap_or_else(|| summed(self.dtype()));
                self.total(combiner, &axes, dtype)
            }
            Reduction::Min | Reduction::Max => {
                let combiner =
                    if reduction == Reduction::Min { Combiner::Min } else { Combiner::Max };
                self.extreme(name, combiner, 0, &axes, count)?
            }
            Reduction::ArgMin | Reduction::ArgMax => {
                let combiner = if reduction == Reduction::ArgMin {
                    Combiner::ArgMin
                } else {
                    Combiner::ArgMax
                };
                self.extreme(name, combiner, 1, &axes, count)?
            }
            Reduction::Mean => self.mean(&axes, count, dtype)?,
            Reduction::Var(correction) => self.var(&axes, count, correction, dtype)?,
            Reduction::Std(correction) => {
                let var = self.var(&axes, count, correction, dtype)?;
                elementwise(name, Op::Sqrt, &[var])?
            }
            Reduction::Any => self.cast(DType::Bool).combine(Combiner::Or, 0, &axes),
            Reduction::All => self.cast(DType::Bool).combine(Combiner::And, 0, &axes),
            Reduction::CountNonzero => {
                self.cast(DType::Bool).cast(DType::I64).combine(Combiner::Add, 0, &axes)
            }
        };
        if keep { reduced.kept(self.shape(), &axes) } else { Ok(reduced) }
    }

    /// Each element combined with all before it along an axis: `cumulative_sum`, `cumulative_prod`.
    pub fn scan(&self, op: &str, axis: isize, dtype: Option<DType>) -> Result<Self, Error> {
        let op = match op {
            "cumulative_sum" => Op::Add,
            "cumulative_prod" => Op::Mul,
            other => return Err(Error::not_covered(other)),
        };
        let name = if op == Op::Add { "cumulative_sum" } else { "cumulative_prod" };
        let axes = self.axes(name, Some(&[axis]))?;
        let input = self.cast(dtype.unwrap_or_else(|| summed(self.dtype())));
        if input.dtype() == DType::Bool || input.dtype() == DType::F16 {
            return Err(Error::not_covered(name));
        }
        let shape = input.shape().to_vec();
        Ok(Self::lazy(input.dtype(), shape, Operation::Scan { op, axis: axes[0], input }))
    }

    /// Axes by their positions, in ascending order.
    pub(crate) fn axes(&self, name: &str, axes: Option<&[isize]>) -> Result<Vec<usize>, Error> {
        let Some(axes) = axes else { return Ok((0..self.rank()).collect()) };
        let rank = self.rank().cast_signed();
        let mut found = Vec::with_capacity(axes.len());
        for &axis in axes {
            if !(-rank..rank).contains(&axis) {
                return Err(Error::new(
                    ErrorKind::Axis,
                    format!(
                        "{name}: axis {axis} is out of bounds for shape {}, which has {rank} axes\n\
                         hint: axes count from 0, or from -1 backwards",
                        tuple(self.shape())
                    ),
                ));
            }
            found.push(axis.rem_euclid(rank) as usize);
        }
        found.sort_unstable();
        if found.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Error::new(
                ErrorKind::Value,
                format!("{name}: axes {axes:?} name one axis twice\nhint: name each axis once"),
            ));
        }
        Ok(found)
    }

    fn combine(&self, combiner: Combiner, result: usize, axes: &[usize]) -> Self {
        let dtype = combiner.results(self.dtype())[result];
        let kept = self.shape().iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
        let shape: Vec<_> = kept.map(|(_, &length)| length).collect();
        if axes.is_empty() && result == 0 && combiner != Combiner::Moments {
            return self.clone();
        }
        let (input, axes) = if axes.is_empty() {
            // There is always an axis: one of length 1 behind the last.
            let position = self.rank().cast_signed();
            match self.expand(position) {
                Ok(input) => (input, vec![self.rank()]),
                Err(_) => return self.clone(),
            }
        } else {
            (self.clone(), axes.to_vec())
        };
        Self::lazy(dtype, shape, Operation::Reduce { combiner, result, axes, input })
    }

    fn kept(&self, shape: &[usize], axes: &[usize]) -> Result<Self, Error> {
        let lengths: Vec<_> = shape
            .iter()
            .enumerate()
            .map(|(axis, &length)| if axes.contains(&axis) { 1 } else { length.cast_signed() })
            .collect();
        self.reshape(&lengths)
    }

    /// A sum or product, in a type that holds it.
    fn total(&self, combiner: Combiner, axes: &[usize], dtype: DType) -> Self {
        if dtype == DType::Bool {
            let combiner = if combiner == Combiner::Add { Combiner::Or } else { Combiner::And };
            return self.cast(dtype).combine(combiner, 0, axes);
        }
        if dtype == DType::F16 {
            // Partial sums of float16 would lose what the result can still hold.
            return self.cast(DType::F32).combine(combiner, 0, axes).cast(dtype);
        }
        self.cast(dtype).combine(combiner, 0, axes)
    }

    fn extreme(
        &self,
        name: &str,
        combiner: Combiner,
        result: usize,
        axes: &[usize],
        count: usize,
    ) -> Result<Self, Error> {
        if self.dtype().is_complex() {
            return Err(Error::not_covered(name));
        }
        if count == 0 {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "{name}: zero-size array of shape {} has no {name}\n\
                     hint: test the size first; sum and prod have a value for no elements",
                    tuple(self.shape())
                ),
            ));
        }
        Ok(self.combine(combiner, result, axes))
    }

    fn mean(&self, axes: &[usize], count: usize, dtype: Option<DType>) -> Result<Self, Error> {
        let dtype = dtype.unwrap_or_else(|| averaged(self.dtype()));
        let wide = if dtype == DType::F16 { DType::F32 } else { dtype };
        let sum = self.cast(wide).combine(Combiner::Add, 0, axes);
        let count = Self::full(Scalar::from_f64(wide, count as f64), &[])?;
        Ok(elementwise("mean", Op::Div, &[sum, count])?.cast(dtype))
    }

    fn var(
        &self,
        axes: &[usize],
        count: usize,
        correction: f64,
        dtype: Option<DType>,
    ) -> Result<Self, Error> {
        let dtype = dtype.unwrap_or_else(|| averaged(self.dtype()));
        if dtype.is_complex() != self.dtype().is_complex() {
            return Err(Error::not_covered("var"));
        }
        let wide = if dtype == DType::F16 { DType::F32 } else { dtype.part() };
        let squares = if dtype.is_complex() {
            // The squared distance from the mean is that of each part.
            let whole = self.cast(dtype);
            let squares = |op| -> Result<Self, Error> {
                let part = elementwise("var", op, std::slice::from_ref(&whole))?;
                Ok(part.combine(Combiner::Moments, 2, axes))
            };
            elementwise("var", Op::Add, &[squares(Op::Real)?, squares(Op::Imag)?])?
        } else {
            self.cast(wide).combine(Combiner::Moments, 2, axes)
        };
        let dtype = dtype.part();
        let count = (count as f64 - correction).max(0.0);
        let count = Self::full(Scalar::from_f64(wide, count), &[])?;
        Ok(elementwise("var", Op::Div, &[squares, count])?.cast(dtype))
    }
}

/// The type in which elements of a type are summed.
fn summed(dtype: DType) -> DType {
    match dtype.kind() {
        Kind::Bool => Width::current().int(),
        Kind::Signed if dtype.size() < Width::current().int().size() => Width::current().int(),
        Kind::Unsigned if dtype.size() < Width::current().int().size() => {
            Width::current().int().unsigned().unwrap_or(DType::U64)
        }
        _ => dtype,
    }
}

/// The type of a mean.
fn averaged(dtype: DType) -> DType {
    if dtype.is_float() || dtype.is_complex() { dtype } else { Width::current().float() }
}
