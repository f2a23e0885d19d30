//! Rules of statements with blocks.

use memory::DType;

use super::{Reason, Scope};
use crate::{Axis, BlockId, Combiner, For, If, Reduce, Statement, While};

impl Scope<'_> {
    pub(super) fn for_loop(&self, it: &For) -> Result<(), Reason> {
        self.axes(&it.axes)?;
        if it.parallel && !it.start.is_empty() {
            return Err("a parallel loop carries nothing: its iterations have no order".into());
        }
        if it.lanes {
            self.lanes(it)?;
        }
        let carried: Vec<_> = it.start.iter().map(|&value| self.dtype(value)).collect();
        let indices = it.axes.iter().map(|_| DType::I64);
        let body = self.kernel.block(it.body);
        self.expect_all(
            "the body is given an i64 an axis, then what is carried",
            &body.arguments,
            indices.chain(carried.iter().copied()),
        )?;
        self.expect_all("the body yields what is carried", &body.yields, carried.clone())?;
        self.expect_all("the results are what is carried", &it.results, carried)
    }

    /// Iterations that run in any interleaving have no order, and none of them ends the kernel.
    fn lanes(&self, it: &For) -> Result<(), Reason> {
        if it.parallel {
            return Err("a parallel loop is not also one in lanes: it says more".into());
        }
        if !it.start.is_empty() {
            return Err("a loop in lanes carries nothing: its iterations have no order".into());
        }
        let mut pending = vec![it.body];
        while let Some(block) = pending.pop() {
            for statement in &self.kernel.block(block).statements {
                if matches!(statement, Statement::Call(_)) {
                    return Err("a loop in lanes calls nothing: what is called has an order".into());
                }
                if matches!(statement, Statement::Check { .. }) {
                    return Err(
                        "a loop in lanes checks nothing: what was stored before would not \
                                be known"
                            .into(),
                    );
                }
                pending.extend(statement.blocks());
            }
        }
        Ok(())
    }

    pub(super) fn reduce(&self, it: &Reduce) -> Result<(), Reason> {
        self.axes(&it.axes)?;
        let body = self.kernel.block(it.body);
        let indices = it.axes.iter().map(|_| DType::I64);
        self.expect_all("the body is given an i64 an axis", &body.arguments, indices)?;
        if it.combiners.is_empty() || it.combiners.len() != body.yields.len() {
            return Err(format!(
                "{} combiners for {} yielded values: give one each, at least one",
                it.combiners.len(),
                body.yields.len()
            ));
        }
        let mut results = Vec::new();
        for (combiner, &value) in it.combiners.iter().zip(&body.yields) {
            let dtype = self.dtype(value);
            if *combiner == Combiner::Product {
                return Err("product is the compiler's own: write mul of complex numbers".into());
            }
            if !combiner.accepts().contains(dtype) {
                return Err(format!(
                    "{combiner} of {}: it combines {}",
                    dtype.short(),
                    combiner.accepts()
                ));
            }
            results.extend(combiner.results(dtype));
        }
        self.expect_all("the results are those of the combiners", &it.results, results.clone())?;
        if it.empty.is_empty() {
            return Ok(());
        }
        self.expect_all("`empty` says every result", &it.empty, results)
    }

    pub(super) fn choice(&self, it: &If) -> Result<(), Reason> {
        self.expect("the condition", it.condition, DType::Bool)?;
        let results: Vec<_> = it.results.iter().map(|&value| self.dtype(value)).collect();
        for block in [it.then, it.otherwise] {
            self.given_nothing(block)?;
            let yields = &self.kernel.block(block).yields;
            self.expect_all("both blocks yield the results", yields, results.clone())?;
        }
        Ok(())
    }

    pub(super) fn while_loop(&self, it: &While) -> Result<(), Reason> {
        let carried: Vec<_> = it.start.iter().map(|&value| self.dtype(value)).collect();
        let (test, body) = (self.kernel.block(it.test), self.kernel.block(it.body));
        self.expect_all("the test is given what is carried", &test.arguments, carried.clone())?;
        self.expect_all("the test yields one bool", &test.yields, [DType::Bool])?;
        self.given_nothing(it.body)?;
        self.expect_all("the body yields what is carried", &body.yields, carried.clone())?;
        self.expect_all("the results are what is carried", &it.results, carried)
    }

    fn axes(&self, axes: &[Axis]) -> Result<(), Reason> {
        if axes.is_empty() {
            return Err("a loop has at least one axis".into());
        }
        for axis in axes {
            for value in [axis.begin, Some(axis.end), axis.step].into_iter().flatten() {
                self.expect("a bound", value, DType::I64)?;
            }
        }
        Ok(())
    }

    fn given_nothing(&self, block: BlockId) -> Result<(), Reason> {
        match self.kernel.block(block).arguments.len() {
            0 => Ok(()),
            count => Err(format!("this block is given nothing, not {count} values")),
        }
    }
}
