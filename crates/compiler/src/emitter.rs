//! Writes straight-line code in lanes.

use ir::elementary::Function;
use ir::{BlockId, Kernel, Op, Statement, Value};
use memory::DType;

use crate::access::{AHEAD, Ahead, LEAST};
use crate::beside::is_plain;
use crate::bounds::Bounds;
use crate::column::vectors;
use crate::compile::How;
use crate::elementary::Writer;
use crate::frame::Frame;
use crate::held::Held;
use crate::loops::Loops;
use crate::parts::{Stored, Wide};
use crate::text::{Operand, Text, Type};
use crate::wrapped::Wrapped;
use crate::{NO_CODE, Unsupported, invariant, op, remainder};

/// A version of an op for any operands, which slow blocks call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exact {
    pub(crate) op: Op,
    pub(crate) dtype: DType,
    pub(crate) lanes: u32,
    /// Whether it may be compiled when it is first called.
    pub(crate) late: bool,
}

/// What the machine offers to a kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lanes {
    /// How many run side by side.
    pub(crate) width: u32,
    /// Whether leaving some of them out costs next to nothing.
    pub(crate) masks: bool,
    /// How blocks are made of them.
    pub(crate) how: How,
}

/// Whether an op comes in two versions, a fast one for common operands and one for any.
fn is_twofold(op: Op, operand: DType) -> bool {
    op.is_elementary(operand) || remainder::is_one(op, operand)
}

/// Writes one function of a kernel.
#[expect(clippy::struct_excessive_bools, reason = "none of them follows from another")]
pub(crate) struct Emitter<'k> {
    pub(crate) kernel: &'k Kernel,
    pub(crate) text: Text,
    pub(crate) frame: Frame,
    pub(crate) held: Vec<Option<Held>>,
    pub(crate) loops: Loops<'k>,
    /// Memory of the function's own, made at its beginning.
    pub(crate) rooms: Vec<String>,
    /// Bytes of it, and of that of functions inside.
    pub(crate) stack: usize,
    /// How many lanes may run side by side.
    pub(crate) width: u32,
    /// Columns of a tile.
    pub(crate) tile: i64,
    /// Whether a mask costs next to nothing.
    pub(crate) masks: bool,
    /// How blocks are made.
    pub(crate) how: How,
    /// Bytes of the shortest vectors that are stored past the caches, where whole ones are.
    pub(crate) streaming: Option<u64>,
    /// How what comes after loads along memory is fetched, where it is.
    pub(crate) ahead: Option<Ahead>,
    /// Whether the blocks before this one have an extreme value, and which, where only the first place of it counts.
    pub(crate) best: Option<[Operand; 2]>,
    /// Whether a body computes for so long that no accumulator waits for what was added to it before.
    pub(crate) patient: bool,
    /// How many lanes run side by side now.
    pub(crate) lanes: u32,
    /// The lanes that are there; all, if absent.
    pub(crate) mask: Option<Operand>,
    /// The mask of the lanes below a number, and the number, where such a mask was made last.
    pub(crate) tail: Option<(Operand, Operand)>,
    /// The indices that the lanes go through as one, where they do.
    pub(crate) wrapped: Option<Wrapped>,
    /// Whether elementary functions take any argument.
    exact: bool,
    /// Whether arguments were common so far, where that is asked.
    common: Bounds,
    /// In the order of their words in the frame.
    pub(crate) exacts: Vec<Exact>,
    /// Whether the caller can be asked for them while the function runs.
    pub(crate) asks: bool,
    /// Whether a `check` may end the function here.
    pub(crate) may_end: bool,
    /// What was loaded last, if that was both parts of complex numbers; where from, once that is known.
    pub(crate) wide: Option<Wide>,
    pub(crate) wide_vector: Option<Operand>,
}

impl<'k> Emitter<'k> {
    pub(crate) fn new(kernel: &'k Kernel, lanes: Lanes, exacts: Vec<Exact>) -> Self {
        Self::within(kernel, lanes, exacts, "")
    }

    /// As `new`; the function begins with this line.
    pub(crate) fn within(
        kernel: &'k Kernel,
        Lanes { width, masks, how }: Lanes,
        exacts: Vec<Exact>,
        first: &str,
    ) -> Self {
        let streams = how == How::Streaming;
        let mut text = Text::default();
        text.wide = masks;
        let entry = text.label();
        text.begin(entry);
        text.line(first);
        let frame = Frame::read(&mut text, kernel);
        text.enter();
        let mut held = vec![None; kernel.values.len()];
        for &(value, operand) in &frame.scalars {
            held[value.index()] = Some(Held::Uniform(operand));
        }
        Self {
            kernel,
            text,
            frame,
            held,
            loops: Loops::of(kernel),
            rooms: Vec::new(),
            stack: 0,
            width,
            tile: vectors(kernel, how) * i64::from(width),
            masks,
            how,
            streaming: streams.then_some(LEAST),
            ahead: streams.then_some(AHEAD),
            best: None,
            patient: false,
            lanes: 1,
            mask: None,
            tail: None,
            wrapped: None,
            exact: false,
            common: Bounds::default(),
            exacts,
            asks: true,
            may_end: true,
            wide: None,
            wide_vector: None,
        }
    }

    pub(crate) fn hold(&mut self, value: Value, held: Held) {
        self.held[value.index()] = Some(held);
    }

    pub(crate) fn held(&self, value: Value) -> Held {
        self.held[value.index()].expect("a verified kernel defines before it uses")
    }

    /// A value that is the same in every lane.
    pub(crate) fn uniform(&self, value: Value) -> Option<Operand> {
        match self.held(value) {
            Held::Uniform(operand) => Some(operand),
            Held::Linear(operand) | Held::Vector(operand) => (self.lanes == 1).then_some(operand),
        }
    }

    /// A value as a scalar, in code of one lane.
    pub(crate) fn scalar(&self, value: Value) -> Operand {
        self.uniform(value).expect("in code of one lane all values are scalars")
    }

    /// A value in every lane.
    pub(crate) fn vector(&mut self, value: Value) -> Operand {
        let ty = Type::new(self.kernel.dtype(value), self.lanes);
        match self.held(value) {
            Held::Vector(operand) => operand,
            Held::Uniform(operand) => self.text.splat(operand, ty),
            Held::Linear(base) => self.count_from(base),
        }
    }

    /// `base`, `base + 1`, ... in the lanes.
    pub(crate) fn count_from(&mut self, base: Operand) -> Operand {
        if self.lanes == 1 {
            return base;
        }
        let ty = Type::new(DType::I64, self.lanes);
        let first = self.text.splat(base, ty);
        let first = self.text.show(first, self.lanes);
        let iota = Text::iota(self.lanes);
        self.text.define(format_args!("add {ty} {first}, {iota}"))
    }

    /// Memory for `count` elements, made once when the function begins.
    pub(crate) fn room(&mut self, dtype: DType, count: i64) -> Operand {
        let room = self.text.register();
        let name = self.text.show(room, 1);
        let ty = Type::new(dtype, 1).stored();
        self.stack += count.unsigned_abs() as usize * dtype.size();
        self.rooms.push(format!("  {name} = alloca [{count} x {ty}], align 64"));
        room
    }

    /// Whether statements of a block run in lanes: no loops, no choices, nothing that ends the kernel.
    pub(crate) fn is_straight(&self, block: BlockId) -> bool {
        let statements = &self.kernel.block(block).statements;
        statements.iter().all(|it| is_plain(it) || matches!(it, Statement::Store { .. }))
    }

    /// Whether a straight block takes long to compile and run: then its code is there once.
    pub(crate) fn is_long(&self, block: BlockId) -> bool {
        let elementary = |statement: &Statement| match statement {
            Statement::Op { op, operands, .. } => {
                is_twofold(*op, self.kernel.dtype(operands[operands.len() - 1]))
            }
            _ => false,
        };
        let statements = &self.kernel.block(block).statements;
        statements.len() > 40 || statements.iter().any(elementary)
    }

    /// Write a straight block; what it yields is held afterwards.
    pub(crate) fn straight(&mut self, block: BlockId) -> Result<(), Unsupported> {
        let kernel = self.kernel;
        let block = kernel.block(block);
        self.straight_run(&[&block.statements], &block.yields)
    }

    /// Write straight statements: fast, and where an argument was not common once more for any.
    ///
    /// Stores come last. `wanted` is held afterwards.
    pub(crate) fn straight_run(
        &mut self,
        runs: &[&[Statement]],
        wanted: &[Value],
    ) -> Result<(), Unsupported> {
        self.common = Bounds::default();
        self.exact = self.lanes == 1;
        let mut stores: Vec<Stored<'_>> = Vec::new();
        for statement in runs.iter().copied().flatten() {
            if let Statement::Store { buffer, index, value } = statement {
                let site = self.site(*buffer, index);
                stores.push(Stored { site, buffer: *buffer, index, value: *value });
            } else {
                self.simple(statement)?;
            }
        }
        let common = std::mem::take(&mut self.common);
        if let Some(common) = common.all(&mut self.text, self.lanes) {
            let mut outputs: Vec<_> = stores.iter().map(|it| it.value).collect();
            outputs.extend(wanted);
            self.rerun(runs, common, &outputs)?;
        }
        self.store_all(&stores);
        Ok(())
    }

    /// In one lane there is nothing to be quick about: elementary functions take any argument.
    pub(crate) fn always_exact(&mut self) {
        self.exact = true;
    }

    fn rerun(
        &mut self,
        runs: &[&[Statement]],
        common: Operand,
        outputs: &[Value],
    ) -> Result<(), Unsupported> {
        let mut outputs = outputs.to_vec();
        outputs.retain(|&value| matches!(self.held(value), Held::Vector(_)));
        outputs.sort_unstable();
        outputs.dedup();
        let all = self.all(common);
        let (slow, join) = (self.text.label(), self.text.label());
        let fast: Vec<_> = outputs.iter().map(|&value| self.vector(value)).collect();
        let from_fast = self.text.here();
        self.text.branch_likely(all, join, slow);
        self.text.begin(slow);
        self.exact = true;
        let before = self.held.clone();
        for statement in runs.iter().copied().flatten() {
            if !matches!(statement, Statement::Store { .. }) {
                self.simple(statement)?;
            }
        }
        self.exact = false;
        let exact: Vec<_> = outputs.iter().map(|&value| self.vector(value)).collect();
        // What the slow way defined is not there on the fast one.
        self.held = before;
        let from_slow = self.text.here();
        self.text.jump(join);
        self.text.begin(join);
        for ((&value, fast), exact) in outputs.iter().zip(fast).zip(exact) {
            let ty = Type::new(self.kernel.dtype(value), self.lanes);
            let [fast, exact] = [fast, exact].map(|it| self.text.show(it, self.lanes));
            let joined = self.text.define(format_args!(
                "phi {ty} [ {fast}, %{from_fast} ], [ {exact}, %{from_slow} ]"
            ));
            self.hold(value, Held::Vector(joined));
        }
        Ok(())
    }

    /// Whether a truth value holds in every lane that is there.
    pub(crate) fn all(&mut self, truth: Operand) -> Operand {
        if self.lanes == 1 {
            return truth;
        }
        let ty = Type::new(DType::Bool, self.lanes);
        let truth = match self.mask {
            Some(mask) => {
                let absent = self.text.op("xor", ty, &[mask, Operand::Constant(DType::Bool, 1)]);
                self.text.op("or", ty, &[truth, absent])
            }
            None => truth,
        };
        let (shown, lanes) = (self.text.show(truth, self.lanes), self.lanes);
        let bits = self.text.define(format_args!("bitcast {ty} {shown} to i{lanes}"));
        let bits = self.text.show(bits, 1);
        self.text.define(format_args!("icmp eq i{lanes} {bits}, -1"))
    }

    /// Write a statement without blocks, other than a store or a check.
    pub(crate) fn simple(&mut self, statement: &Statement) -> Result<(), Unsupported> {
        match statement {
            Statement::Constant { result, scalar } => {
                let operand = Operand::Constant(scalar.dtype(), scalar.bits() as u64);
                self.hold(*result, Held::Uniform(operand));
            }
            Statement::Op { result, op, operands } => self.op(*result, *op, operands)?,
            Statement::Lookup { result, table, index } => self.lookup(*result, *table, *index)?,
            Statement::Load { result, buffer, index } => {
                if let Some(held) = self.other_part(*buffer, index) {
                    self.hold(*result, held);
                    return Ok(());
                }
                let from = self.text.mark();
                let held = self.found_at(*buffer, index);
                self.tag(from, *buffer);
                self.remember(*buffer, index);
                self.hold(*result, held);
            }
            _ => return Err(Unsupported::new("a statement with blocks inside of lanes")),
        }
        Ok(())
    }

    fn op(&mut self, result: Value, op: Op, operands: &[Value]) -> Result<(), Unsupported> {
        if matches!(op, Op::Real | Op::Imag) {
            // Of an argument: nothing else is complex any more.
            let known = self.frame.pairs.iter().find(|(value, _)| *value == operands[0]);
            let (_, parts) = known.expect("complex numbers are pairs");
            self.hold(result, Held::Uniform(parts[usize::from(op == Op::Imag)]));
            return Ok(());
        }
        if let Some(held) = self.index_arithmetic(op, operands) {
            self.hold(result, held);
            return Ok(());
        }
        let last = self.kernel.dtype(*operands.last().expect("an op has operands"));
        let to = self.kernel.dtype(result);
        let uniform: Option<Vec<_>> = operands.iter().map(|&it| self.uniform(it)).collect();
        if uniform.is_none()
            && invariant::is_faster(op, last)
            && let Some(divisor) = self.uniform(operands[1])
        {
            let found = self.divide_by_one(op, last, operands, divisor);
            self.hold(result, Held::Vector(found));
            return Ok(());
        }
        let (given, lanes) = match uniform {
            Some(given) => (given, 1),
            None => (operands.iter().map(|&it| self.vector(it)).collect(), self.lanes),
        };
        let found = if is_twofold(op, last) {
            self.twofold(op, last, &given, lanes)?
        } else {
            op::emit(&mut self.text, op, last, to, lanes, &given)?
        };
        let one = lanes == 1;
        self.hold(result, if one { Held::Uniform(found) } else { Held::Vector(found) });
        Ok(())
    }

    /// An index and something that is the same in every lane give an index.
    fn index_arithmetic(&mut self, op: Op, operands: &[Value]) -> Option<Held> {
        let &[a, b] = operands else { return None };
        if self.lanes == 1 || self.kernel.dtype(a) != DType::I64 {
            return None;
        }
        let ((Op::Add | Op::Sub, Held::Linear(a), Held::Uniform(b))
        | (Op::Add, Held::Uniform(a), Held::Linear(b))) = (op, self.held(a), self.held(b))
        else {
            return None;
        };
        let name = if op == Op::Add { "add" } else { "sub" };
        Some(Held::Linear(self.text.op(name, Type::new(DType::I64, 1), &[a, b])))
    }

    /// Write an op that comes in two versions.
    fn twofold(
        &mut self,
        op: Op,
        dtype: DType,
        operands: &[Operand],
        lanes: u32,
    ) -> Result<Operand, Unsupported> {
        if dtype == DType::F16 {
            let mut wide = Vec::new();
            for &operand in operands {
                let cast = op::emit(&mut self.text, Op::Cast, dtype, DType::F32, lanes, &[operand]);
                wide.push(cast?);
            }
            let found = self.twofold(op, DType::F32, &wide, lanes)?;
            return op::emit(&mut self.text, Op::Cast, DType::F32, dtype, lanes, &[found]);
        }
        let ty = Type::new(dtype, lanes);
        if remainder::is_one(op, dtype) && self.lanes == 1 {
            return Ok(self.remainder(op, ty, [operands[0], operands[1]]));
        }
        // A scalar beside lanes is computed once, so its speed does not matter.
        if self.exact || lanes == 1 {
            return Ok(self.call_exact(op, ty, operands));
        }
        let function = Function::named(op.name());
        let (found, common) = if remainder::is_one(op, dtype) {
            remainder::fast(&mut self.text, op, ty, [operands[0], operands[1]])
        } else {
            let function =
                function.ok_or_else(|| Unsupported::new(format!("{op} of {}", dtype.short())))?;
            let writer = Writer::new(&mut self.text, lanes);
            match dtype {
                DType::F32 => function.fast::<_, f32>(&writer, operands),
                _ => function.fast::<_, f64>(&writer, operands),
            }
        };
        self.common.add(&mut self.text, function, operands, ty, common);
        Ok(found)
    }

    /// The version of an op for any operands.
    fn call_exact(&mut self, op: Op, ty: Type, operands: &[Operand]) -> Operand {
        let shown: Vec<_> =
            operands.iter().map(|&it| format!("{ty} {}", self.text.show(it, ty.lanes))).collect();
        let late = self.asks;
        let place = self.exact_place(Exact { op, dtype: ty.dtype, lanes: ty.lanes, late });
        let pointer =
            if late { self.ask_for(place) } else { self.frame.pointer(&mut self.text, place) };
        self.text.define(format_args!("call {ty} {pointer}({})", shown.join(", ")))
    }

    /// A remainder in code of one lane, where a call for each would take longer than the division.
    fn remainder(&mut self, op: Op, ty: Type, operands: [Operand; 2]) -> Operand {
        let (fast, common) = remainder::fast(&mut self.text, op, ty, operands);
        let (slow, join) = (self.text.label(), self.text.label());
        let from_fast = self.text.here();
        self.text.branch_likely(common, join, slow);
        self.text.begin(slow);
        let exact = self.call_exact(op, ty, &operands);
        let from_slow = self.text.here();
        self.text.jump(join);
        self.text.begin(join);
        let [fast, exact] = [fast, exact].map(|it| self.text.show(it, 1));
        self.text
            .define(format_args!("phi {ty} [ {fast}, %{from_fast} ], [ {exact}, %{from_slow} ]"))
    }

    /// Which of the functions that the caller provides it is.
    fn exact_place(&mut self, exact: Exact) -> usize {
        let key = |it: &Exact| (it.op, it.dtype, it.lanes);
        let place = self.exacts.iter().position(|known| key(known) == key(&exact));
        let place = place.unwrap_or(self.exacts.len());
        match self.exacts.get_mut(place) {
            Some(known) => known.late &= exact.late,
            None => self.exacts.push(exact),
        }
        place
    }

    /// The address of such a function, from a caller who may have it compiled only now. Without it the
    /// kernel ends.
    fn ask_for(&mut self, place: usize) -> String {
        let [ask, given, end, on] = [(); 4].map(|()| self.text.label());
        let known = self.frame.pointer(&mut self.text, place);
        let there = self.text.define(format_args!("icmp ne ptr {known}, null"));
        let before = self.text.here();
        self.text.branch_likely(there, on, ask);
        self.text.begin(ask);
        let services = self.frame.services(&mut self.text);
        let exact = self.service(&services, 4);
        let asked =
            self.text.define(format_args!("call ptr {exact}(ptr {services}, i64 {place}) #1"));
        let asked = self.text.show(asked, 1);
        let there = self.text.define(format_args!("icmp ne ptr {asked}, null"));
        self.text.branch_likely(there, given, end);
        self.text.begin(end);
        self.text.line(format_args!("ret i64 {NO_CODE}"));
        self.text.begin(given);
        self.text.jump(on);
        self.text.begin(on);
        let pointer =
            self.text.define(format_args!("phi ptr [ {known}, %{before} ], [ {asked}, %{given} ]"));
        self.text.show(pointer, 1)
    }

    fn lookup(
        &mut self,
        result: Value,
        table: ir::TableId,
        index: Value,
    ) -> Result<(), Unsupported> {
        let table = self.kernel.table(table);
        let dtype = table.dtype();
        if dtype.is_complex() || dtype == DType::Bool {
            return Err(Unsupported::new(format!("a table of {}", dtype.short())));
        }
        let entries: Vec<_> = table.entries.iter().map(|entry| entry.bits() as u64).collect();
        let (given, lanes) = match self.uniform(index) {
            Some(given) => (given, 1),
            None => (self.vector(index), self.lanes),
        };
        // Modulo the length, a power of two.
        let index_dtype = self.kernel.dtype(index);
        let index_type = Type::new(index_dtype, lanes);
        let wrap = Operand::Constant(index_dtype, entries.len() as u64 - 1);
        let inside = self.text.op("and", index_type, &[given, wrap]);
        let wide = Type::new(DType::I64, lanes);
        let place = if index_dtype.size() < 8 {
            self.text.convert("zext", index_type, inside, wide)
        } else {
            inside
        };
        let found = self.text.lookup(Type::new(dtype, lanes), &entries, wide, place);
        let one = lanes == 1;
        self.hold(result, if one { Held::Uniform(found) } else { Held::Vector(found) });
        Ok(())
    }
}
