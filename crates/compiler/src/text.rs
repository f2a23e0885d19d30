//! The text of one LLVM function, line by line.

use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Display};

use memory::{DType, Kind, Scalar};

/// A register or a constant, as it stands behind its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// `%r7`
    Register(u32),
    /// The bits of a number in every lane.
    Constant(DType, u64),
    /// A parameter of the function.
    Argument(&'static str),
    /// Lanes that nobody reads.
    Poison,
}

/// A place to jump to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(u32);

impl Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}", self.0)
    }
}

/// A type of LLVM: an element in one or more lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) dtype: DType,
    pub(crate) lanes: u32,
}

impl Type {
    pub(crate) fn new(dtype: DType, lanes: u32) -> Self {
        Self { dtype, lanes }
    }

    /// How the names of intrinsics end for it: `v16f32`, `f64`.
    pub(crate) fn suffix(self) -> String {
        let element = match self.dtype.kind() {
            Kind::Bool => "i1".to_owned(),
            Kind::Signed | Kind::Unsigned => format!("i{}", self.dtype.bits()),
            Kind::Float | Kind::Complex => format!("f{}", self.dtype.bits()),
        };
        if self.lanes == 1 { element } else { format!("v{}{element}", self.lanes) }
    }

    /// In memory a truth value takes a byte.
    pub(crate) fn stored(self) -> Self {
        let dtype = if self.dtype == DType::Bool { DType::U8 } else { self.dtype };
        Self { dtype, ..self }
    }
}

fn element(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "i1",
        DType::I8 | DType::U8 => "i8",
        DType::I16 | DType::U16 => "i16",
        DType::I32 | DType::U32 => "i32",
        DType::I64 | DType::U64 => "i64",
        DType::F16 => "half",
        DType::F32 => "float",
        DType::F64 => "double",
        DType::C64 | DType::C128 => unreachable!("complex numbers are two values"),
    }
}

/// Operations whose results depend on their operands alone, and that change nothing.
const PURE: [&str; 16] = [
    "getelementptr",
    "add",
    "sub",
    "mul",
    "and",
    "or",
    "xor",
    "shl",
    "lshr",
    "icmp",
    "fmul",
    "select",
    "trunc",
    "insertelement",
    "shufflevector",
    "bitcast",
];

impl Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let element = element(self.dtype);
        if self.lanes == 1 {
            f.write_str(element)
        } else {
            write!(f, "<{} x {element}>", self.lanes)
        }
    }
}

/// Number of a constant as LLVM reads it: floats by their bits, as doubles or halves.
fn literal(dtype: DType, bits: u64) -> String {
    match dtype {
        DType::Bool => (bits != 0).to_string(),
        DType::F16 => format!("0xH{bits:04X}"),
        // Widening keeps the value; of a NaN it keeps the payload and quiets it, as computing would.
        DType::F32 => format!("0x{:016X}", widened(bits as u32)),
        DType::F64 => format!("0x{bits:016X}"),
        _ => Scalar::from_bits(dtype, bits.into()).to_i128().to_string(),
    }
}

/// Bits of a float32 as those of the float64 with the same value.
fn widened(bits: u32) -> u64 {
    let value = f32::from_bits(bits);
    if value.is_nan() {
        let sign = u64::from(bits >> 31) << 63;
        return sign | 0x7ff0_0000_0000_0000 | u64::from(bits & 0x7f_ffff) << 29;
    }
    f64::from(value).to_bits()
}

/// FNV-1a, 64 bits (Fowler, Noll and Vo).
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Collects the lines of a function and what it needs around it.
#[derive(Debug, Default)]
pub(crate) struct Text {
    lines: Vec<String>,
    /// Declarations of intrinsics and definitions of tables.
    pub(crate) outside: BTreeSet<String>,
    /// Whether there are vectors of 64-bit products and of conversions between them and floats.
    pub(crate) wide: bool,
    /// How many lines stand before what the whole function uses, and that.
    entry: usize,
    early: Vec<String>,
    registers: u32,
    labels: u32,
    here: Option<Label>,
    /// What the lines since the last label compute, and where: copies of a loop ask for much again.
    known: HashMap<String, Operand>,
}

impl Text {
    /// How an operand stands behind its type.
    #[expect(clippy::unused_self, reason = "a text is what shows its operands")]
    pub(crate) fn show(&self, operand: Operand, lanes: u32) -> String {
        match operand {
            Operand::Register(number) => format!("%r{number}"),
            Operand::Argument(name) => format!("%{name}"),
            Operand::Poison => "poison".to_owned(),
            Operand::Constant(dtype, bits) if lanes == 1 => literal(dtype, bits),
            Operand::Constant(dtype, bits) => {
                format!("splat ({} {})", element(dtype), literal(dtype, bits))
            }
        }
    }

    /// A register that is defined by hand.
    pub(crate) fn register(&mut self) -> Operand {
        self.registers += 1;
        Operand::Register(self.registers)
    }

    /// `%r = line`; what was computed since the last label is not computed again.
    pub(crate) fn define(&mut self, line: impl Display) -> Operand {
        let line = line.to_string();
        let pure = line.split(' ').next().is_some_and(|word| PURE.contains(&word));
        if let Some(&known) = self.known.get(&line).filter(|_| pure) {
            return known;
        }
        let result = self.register();
        let name = self.show(result, 1);
        self.lines.push(format!("  {name} = {line}"));
        if pure {
            self.known.insert(line, result);
        }
        result
    }

    pub(crate) fn line(&mut self, line: impl Display) {
        self.lines.push(format!("  {line}"));
    }

    /// A line as it is.
    pub(crate) fn raw(&mut self, line: String) {
        self.known.clear();
        self.lines.push(line);
    }

    /// How many lines there are.
    pub(crate) fn mark(&self) -> usize {
        self.lines.len()
    }

    /// Append to each line since `from` that reads or writes memory of a buffer.
    pub(crate) fn tag(&mut self, from: usize, tag: &str) {
        for line in &mut self.lines[from..] {
            let whole = line.contains(" = load ") || line.starts_with("  store ");
            if whole || line.contains("@llvm.masked.") {
                line.push_str(tag);
            }
        }
    }

    /// A place for one line that is known later.
    pub(crate) fn reserve(&mut self) -> usize {
        self.lines.push(String::new());
        self.lines.len() - 1
    }

    pub(crate) fn fill(&mut self, reserved: usize, line: impl Display) {
        self.lines[reserved] = format!("  {line}");
    }

    /// What `early` writes stands here: after what is written so far, before all else.
    pub(crate) fn enter(&mut self) {
        self.entry = self.lines.len();
    }

    /// Lines without branches that stand where the function begins, once, wherever they are used.
    pub(crate) fn early<T>(&mut self, code: impl FnOnce(&mut Self) -> T) -> T {
        let early = std::mem::take(&mut self.early);
        let lines = std::mem::replace(&mut self.lines, early);
        let known = std::mem::take(&mut self.known);
        let answer = code(self);
        self.known = known;
        self.early = std::mem::replace(&mut self.lines, lines);
        answer
    }

    pub(crate) fn label(&mut self) -> Label {
        self.labels += 1;
        Label(self.labels)
    }

    /// What follows stands at a label.
    pub(crate) fn begin(&mut self, label: Label) {
        self.known.clear();
        self.lines.push(format!("{label}:"));
        self.here = Some(label);
    }

    /// The label under which the next line stands.
    pub(crate) fn here(&self) -> Label {
        self.here.expect("a function begins with a label")
    }

    pub(crate) fn jump(&mut self, to: Label) {
        self.line(format_args!("br label %{to}"));
    }

    /// Jump to one of two places; `condition` is an `i1`.
    pub(crate) fn branch(&mut self, condition: Operand, yes: Label, no: Label) {
        let condition = self.show(condition, 1);
        self.line(format_args!("br i1 {condition}, label %{yes}, label %{no}"));
    }

    /// As `branch`, where `yes` is what nearly always happens.
    pub(crate) fn branch_likely(&mut self, condition: Operand, yes: Label, no: Label) {
        let condition = self.show(condition, 1);
        self.line(format_args!("br i1 {condition}, label %{yes}, label %{no}, !prof !0"));
    }

    /// An operation of LLVM on operands of one type: `fadd float a, b`.
    pub(crate) fn op(&mut self, name: &str, ty: Type, operands: &[Operand]) -> Operand {
        let shown: Vec<_> = operands.iter().map(|&it| self.show(it, ty.lanes)).collect();
        self.define(format_args!("{name} {ty} {}", shown.join(", ")))
    }

    /// A conversion: `sitofp i32 a to float`.
    pub(crate) fn convert(
        &mut self,
        name: &str,
        from: Type,
        operand: Operand,
        to: Type,
    ) -> Operand {
        let shown = self.show(operand, from.lanes);
        self.define(format_args!("{name} {from} {shown} to {to}"))
    }

    /// `mask ? yes : no`, lane by lane.
    pub(crate) fn select(&mut self, mask: Operand, ty: Type, yes: Operand, no: Operand) -> Operand {
        let mask_type = Type::new(DType::Bool, ty.lanes);
        let [mask, yes, no] = [mask, yes, no].map(|it| self.show(it, ty.lanes));
        self.define(format_args!("select {mask_type} {mask}, {ty} {yes}, {ty} {no}"))
    }

    /// A call of an intrinsic whose name ends with its one type: `llvm.fma.v16f32`.
    pub(crate) fn intrinsic(&mut self, name: &str, ty: Type, operands: &[Operand]) -> Operand {
        let suffix = ty.suffix();
        let types = vec![ty.to_string(); operands.len()].join(", ");
        self.outside.insert(format!("declare {ty} @llvm.{name}.{suffix}({types})"));
        let shown: Vec<_> =
            operands.iter().map(|&it| format!("{ty} {}", self.show(it, ty.lanes))).collect();
        self.define(format_args!("call {ty} @llvm.{name}.{suffix}({})", shown.join(", ")))
    }

    /// Zeros above or below the bits that are set; all of them where none is.
    pub(crate) fn zeros(&mut self, name: &str, ty: Type, operand: Operand) -> Operand {
        let suffix = ty.suffix();
        self.outside.insert(format!("declare {ty} @llvm.{name}.{suffix}({ty}, i1)"));
        let shown = self.show(operand, ty.lanes);
        self.define(format_args!("call {ty} @llvm.{name}.{suffix}({ty} {shown}, i1 false)"))
    }

    /// One value in every lane.
    pub(crate) fn splat(&mut self, operand: Operand, ty: Type) -> Operand {
        if ty.lanes == 1 || matches!(operand, Operand::Constant(..)) {
            return operand;
        }
        let scalar = Type::new(ty.dtype, 1);
        let shown = self.show(operand, 1);
        let first = self.define(format_args!("insertelement {ty} poison, {scalar} {shown}, i64 0"));
        let first = self.show(first, 1);
        let lanes = ty.lanes;
        self.define(format_args!(
            "shufflevector {ty} {first}, {ty} poison, <{lanes} x i32> zeroinitializer"
        ))
    }

    /// `entries[index]`, lane by lane; every index is inside.
    pub(crate) fn lookup(
        &mut self,
        entry: Type,
        entries: &[u64],
        index_type: Type,
        index: Operand,
    ) -> Operand {
        let name = self.table(entry.dtype, entries);
        let scalar = Type::new(entry.dtype, 1);
        let shown = self.show(index, index_type.lanes);
        if entry.lanes == 1 {
            let place = self.define(format_args!(
                "getelementptr inbounds {scalar}, ptr {name}, {index_type} {shown}"
            ));
            let place = self.show(place, 1);
            return self.define(format_args!("load {scalar}, ptr {place}"));
        }
        let lanes = entry.lanes;
        let places = self.define(format_args!(
            "getelementptr inbounds {scalar}, ptr {name}, {index_type} {shown}"
        ));
        let size = entry.dtype.size();
        self.gather(entry, places, size, &format!("<{lanes} x i1> splat (i1 true)"))
    }

    /// Elements at as many addresses.
    pub(crate) fn gather(
        &mut self,
        ty: Type,
        places: Operand,
        align: usize,
        mask: &str,
    ) -> Operand {
        let (lanes, suffix) = (ty.lanes, ty.suffix());
        self.outside.insert(format!(
            "declare {ty} @llvm.masked.gather.{suffix}.v{lanes}p0(<{lanes} x ptr>, i32, <{lanes} x i1>, {ty})"
        ));
        let places = self.show(places, lanes);
        self.define(format_args!(
            "call {ty} @llvm.masked.gather.{suffix}.v{lanes}p0(<{lanes} x ptr> {places}, i32 {align}, {mask}, {ty} zeroinitializer)"
        ))
    }

    /// The name of a table of constants, defined once.
    fn table(&mut self, dtype: DType, entries: &[u64]) -> String {
        let ty = Type::new(dtype, 1);
        let shown: Vec<_> =
            entries.iter().map(|&bits| format!("{ty} {}", literal(dtype, bits))).collect();
        // Named by what it holds, so that a kernel has the same text in every process.
        let name = format!("@table.{:016x}", hash(&shown.join(",")));
        self.outside.insert(format!(
            "{name} = private unnamed_addr constant [{} x {ty}] [{}], align 64",
            entries.len(),
            shown.join(", ")
        ));
        name
    }

    /// 0, 1, 2, ... in the lanes, as i64.
    pub(crate) fn iota(lanes: u32) -> String {
        if lanes == 1 {
            return "0".to_owned();
        }
        Self::numbers(DType::I64, lanes)
    }

    /// 0, 1, 2, ... in two lanes or more.
    pub(crate) fn numbers(dtype: DType, lanes: u32) -> String {
        Self::listed(dtype, &(0..lanes).collect::<Vec<_>>())
    }

    /// These numbers in lanes.
    pub(crate) fn listed(dtype: DType, numbers: &[u32]) -> String {
        let element = element(dtype);
        let numbers: Vec<_> = numbers.iter().map(|number| format!("{element} {number}")).collect();
        format!("<{}>", numbers.join(", "))
    }

    /// Everything so far.
    pub(crate) fn body(&self) -> String {
        let (first, rest) = self.lines.split_at(self.entry);
        [first, &self.early, rest].concat().join("\n")
    }
}
