//! Elements of buffers, in one lane or many.

use ir::{Buffer, Op, Value};
use memory::DType;

use crate::emitter::Emitter;
use crate::frame::Step;
use crate::held::Held;
use crate::text::{Operand, Type};

/// Where the lanes find their elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    dtype: DType,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// One element for all lanes.
    One(Operand),
    /// One after the other.
    Row(Operand),
    /// One part of complex numbers one after the other, which begin here.
    Pairs(Operand, u32),
    /// Anywhere: a vector of addresses.
    Scattered(Operand),
}

impl Site {
    /// The one address and the size of what is there, where it is one.
    pub(crate) fn one(&self) -> Option<(Operand, i64)> {
        match self.kind {
            Kind::One(address) => Some((address, self.dtype.size().cast_signed() as i64)),
            _ => None,
        }
    }

    /// The address, where all lanes have the same one.
    pub(crate) fn single(&self) -> Option<Operand> {
        match self.kind {
            Kind::One(address) => Some(address),
            _ => None,
        }
    }

    /// The address of complex numbers one after the other, and the part of them that is meant.
    pub(crate) fn pairs(&self) -> Option<(Operand, u32)> {
        match self.kind {
            Kind::Pairs(address, part) => Some((address, part)),
            _ => None,
        }
    }

    /// Type of what is there.
    pub(crate) fn dtype(&self) -> DType {
        self.dtype
    }

    /// The same elements at addresses, one a lane.
    pub(crate) fn scattered(self, addresses: Operand) -> Self {
        Self { kind: Kind::Scattered(addresses), ..self }
    }
}

const WORD: DType = DType::I64;

/// Bytes of the shortest vectors that machines store past their caches.
pub(crate) const LEAST: u64 = 16;

/// Bytes that caches move at once.
const LINE: usize = 64;

/// What has LLVM fetch.
pub(crate) const FETCH: &str = "llvm.prefetch.p0";

/// How what comes is fetched before it is loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ahead {
    /// How far ahead of the load.
    bytes: i64,
    /// 3 for the first cache, 2 for the second.
    nearness: u8,
}

/// For code that computes little, and for what may lie in some cache: into the second.
pub(crate) const AHEAD: Ahead = Ahead { bytes: 2048, nearness: 2 };

/// For reductions, which may be read out of the second cache: to fetch there what is there takes half of its time.
pub(crate) const NEAR_AHEAD: Ahead = Ahead { bytes: 2048, nearness: 3 };

/// For code that computes for long and stores past the caches: into the first. A load that finds its line there
/// leaves room for the computing of the vectors that follow.
pub(crate) const FAR_AHEAD: Ahead = Ahead { bytes: 4096, nearness: 3 };

fn bytes(step: Step) -> Operand {
    match step {
        Step::Bytes(bytes) => Operand::Constant(WORD, bytes.cast_unsigned()),
        Step::Given(bytes) => bytes,
    }
}

impl Emitter<'_> {
    /// A vector of i64 as its first lane and what each next one adds, as `i * n` has it; through so many ops.
    fn stepped(&mut self, value: Value, deep: usize) -> Option<(Operand, Operand)> {
        let number = |number| Operand::Constant(WORD, number);
        let ty = Type::new(WORD, 1);
        match self.held[value.index()]? {
            _ if self.kernel.dtype(value) != WORD => return None,
            Held::Uniform(base) => return Some((base, number(0))),
            Held::Linear(base) => return Some((base, number(1))),
            Held::Vector(_) => {}
        }
        let (op, operands) = *self.ops().get(&value)?;
        let name = match op {
            Op::Add => "add",
            Op::Sub => "sub",
            Op::Mul => "mul",
            _ => return None,
        };
        let deep = deep.checked_sub(1)?;
        let (a, by) = self.stepped(operands[0], deep)?;
        let (b, times) = self.stepped(operands[1], deep)?;
        if op != Op::Mul {
            let base = self.text.op(name, ty, &[a, b]);
            return Some((base, self.text.op(name, ty, &[by, times])));
        }
        let one = |value| matches!(self.held[value], Some(Held::Uniform(_)));
        let (factor, by) = match [0, 1].map(|at| one(operands[at].index())) {
            [_, true] => (b, by),
            [true, _] => (a, times),
            _ => return None,
        };
        let base = self.text.op(name, ty, &[a, b]);
        Some((base, self.text.op(name, ty, &[by, factor])))
    }

    /// Find where an index leads.
    pub(crate) fn site(&mut self, buffer: Buffer, index: &[Value]) -> Site {
        let dtype = self.kernel.buffer(buffer).expect("verified: a buffer").dtype;
        let place = self.frame.places[buffer.index()].clone().expect("verified: a buffer");
        let mut address = place.address;
        // What each lane adds: bytes from one lane to the next, or any offset.
        let mut from_lane_to_lane: Option<Step> = None;
        let mut anywhere: Option<Operand> = None;
        let part = self.part(buffer, index);
        let count = index.len() - usize::from(part.is_some());
        for (&step, &value) in place.steps.iter().zip(index).take(count) {
            if matches!(step, Step::Bytes(0)) {
                continue;
            }
            match self.held(value) {
                Held::Uniform(at) => address = self.move_by(address, at, step),
                Held::Linear(at) => {
                    address = self.move_by(address, at, step);
                    if self.lanes > 1 {
                        from_lane_to_lane = Some(match from_lane_to_lane {
                            None => step,
                            Some(before) => self.sum(before, step),
                        });
                    }
                }
                Held::Vector(_) if let Some((base, apart)) = self.stepped(value, 8) => {
                    // The same offsets from vector to vector, from an address that moves.
                    address = self.move_by(address, base, step);
                    let apart = self.text.op("mul", Type::new(WORD, 1), &[apart, bytes(step)]);
                    let apart = Step::Given(apart);
                    from_lane_to_lane =
                        Some(from_lane_to_lane.map_or(apart, |before| self.sum(before, apart)));
                }
                Held::Vector(at) => {
                    let offset = self.scaled(at, step);
                    let ty = Type::new(WORD, self.lanes);
                    anywhere = Some(match anywhere {
                        None => offset,
                        Some(before) => self.text.op("add", ty, &[before, offset]),
                    });
                }
            }
        }
        let size = dtype.size().cast_signed() as i64;
        if let Some(part) = part {
            if let (Some(Step::Bytes(bytes)), None) = (from_lane_to_lane, anywhere)
                && bytes == 2 * size
            {
                return Site { dtype, kind: Kind::Pairs(address, part) };
            }
            address =
                self.move_by(address, Operand::Constant(WORD, part.into()), Step::Bytes(size));
        }
        let kind = match (from_lane_to_lane, anywhere) {
            (None, None) => Kind::One(address),
            (Some(Step::Bytes(bytes)), None) if bytes == size => Kind::Row(address),
            (regular, irregular) => {
                let ty = Type::new(WORD, self.lanes);
                let mut offset = irregular;
                if let Some(step) = regular {
                    let lanes = self.count_from(Operand::Constant(WORD, 0));
                    let more = self.scaled(lanes, step);
                    offset = Some(match offset {
                        None => more,
                        Some(before) => self.text.op("add", ty, &[before, more]),
                    });
                }
                let offset = offset.expect("one of the two is there");
                let (address, offset) =
                    (self.text.show(address, 1), self.text.show(offset, self.lanes));
                Kind::Scattered(
                    self.text
                        .define(format_args!("getelementptr i8, ptr {address}, {ty} {offset}")),
                )
            }
        };
        Site { dtype, kind }
    }

    pub(crate) fn move_by(&mut self, address: Operand, index: Operand, step: Step) -> Operand {
        let ty = Type::new(WORD, 1);
        let shown = self.text.show(address, 1);
        let offset = match step {
            Step::Bytes(1) => index,
            Step::Bytes(bytes) => {
                self.text.op("mul", ty, &[index, Operand::Constant(WORD, bytes as u64)])
            }
            Step::Given(bytes) => self.text.op("mul", ty, &[index, bytes]),
        };
        let offset = self.text.show(offset, 1);
        self.text.define(format_args!("getelementptr i8, ptr {shown}, i64 {offset}"))
    }

    pub(crate) fn sum(&mut self, a: Step, b: Step) -> Step {
        if let (Step::Bytes(a), Step::Bytes(b)) = (a, b) {
            return Step::Bytes(a + b);
        }
        let [a, b] = [a, b].map(bytes);
        Step::Given(self.text.op("add", Type::new(WORD, 1), &[a, b]))
    }

    pub(crate) fn scaled(&mut self, index: Operand, step: Step) -> Operand {
        let ty = Type::new(WORD, self.lanes);
        let bytes = match step {
            Step::Bytes(bytes) => Operand::Constant(WORD, bytes.cast_unsigned()),
            Step::Given(bytes) => self.text.splat(bytes, ty),
        };
        self.text.op("mul", ty, &[index, bytes])
    }

    /// The elements there.
    pub(crate) fn load(&mut self, site: &Site) -> Held {
        let lanes = if matches!(site.kind, Kind::One(_)) { 1 } else { self.lanes };
        let ty = Type::new(site.dtype, lanes);
        let (stored, align) = (ty.stored(), site.dtype.alignment());
        let found = match site.kind {
            Kind::One(address) => {
                let address = self.text.show(address, 1);
                self.text.define(format_args!("load {stored}, ptr {address}, align {align}"))
            }
            Kind::Row(address) => {
                self.fetch_ahead(
                    address,
                    i64::from(lanes) * site.dtype.size().cast_signed() as i64,
                );
                let address = self.text.show(address, 1);
                self.load_row(&address, stored, align, self.mask)
            }
            Kind::Pairs(address, part) => {
                let wide = self.load_pairs(address, site.dtype);
                self.part_of_pairs(wide, site.dtype, part)
            }
            Kind::Scattered(addresses) => {
                let mask = self.shown_mask();
                self.text.gather(stored, addresses, align, &mask)
            }
        };
        let found = if site.dtype == DType::Bool {
            self.text.op("icmp ne", stored, &[found, Operand::Constant(DType::U8, 0)])
        } else {
            found
        };
        if lanes == 1 { Held::Uniform(found) } else { Held::Vector(found) }
    }

    /// Elements one after the other, in the lanes of a mask.
    pub(crate) fn load_row(
        &mut self,
        address: &str,
        stored: Type,
        align: usize,
        mask: Option<Operand>,
    ) -> Operand {
        let Some(mask) = mask else {
            return self.text.define(format_args!("load {stored}, ptr {address}, align {align}"));
        };
        let (suffix, lanes) = (stored.suffix(), stored.lanes);
        self.text.outside.insert(format!(
            "declare {stored} @llvm.masked.load.{suffix}.p0(ptr, i32, <{lanes} x i1>, {stored})"
        ));
        let mask = self.text.show(mask, lanes);
        self.text.define(format_args!(
            "call {stored} @llvm.masked.load.{suffix}.p0(ptr {address}, i32 {align}, <{lanes} x i1> {mask}, {stored} zeroinitializer)"
        ))
    }

    /// Have what lies behind `address` fetched. Machines do that by themselves, but not far enough ahead of code
    /// that computes for long between two loads.
    pub(crate) fn fetch_ahead(&mut self, address: Operand, bytes: i64) {
        let Some(ahead) = self.ahead else { return };
        let address = self.text.show(address, 1);
        for line in (0..bytes).step_by(LINE) {
            let away = ahead.bytes + line;
            let place =
                self.text.define(format_args!("getelementptr i8, ptr {address}, i64 {away}"));
            self.fetch_into(place, ahead.nearness);
        }
    }

    /// Have the elements there fetched into the second cache, where they lie one after the other.
    pub(crate) fn fetch(&mut self, site: &Site) {
        if let Kind::Row(address) | Kind::Pairs(address, _) = site.kind {
            self.fetch_at(address);
        }
    }

    pub(crate) fn fetch_at(&mut self, place: Operand) {
        self.fetch_into(place, AHEAD.nearness);
    }

    /// Have what lies there fetched into the first cache.
    pub(crate) fn fetch_near(&mut self, place: Operand) {
        self.fetch_into(place, NEAR_AHEAD.nearness);
    }

    fn fetch_into(&mut self, place: Operand, nearness: u8) {
        let place = self.text.show(place, 1);
        self.text.outside.insert(format!("declare void @{FETCH}(ptr, i32, i32, i32)"));
        self.text
            .line(format_args!("call void @{FETCH}(ptr {place}, i32 0, i32 {nearness}, i32 1)"));
    }

    fn shown_mask(&mut self) -> String {
        let lanes = self.lanes;
        match self.mask {
            Some(mask) => format!("<{lanes} x i1> {}", self.text.show(mask, lanes)),
            None => format!("<{lanes} x i1> splat (i1 true)"),
        }
    }

    /// Change the elements there.
    pub(crate) fn store(&mut self, site: &Site, value: Value) {
        let lanes = if matches!(site.kind, Kind::One(_)) { 1 } else { self.lanes };
        let ty = Type::new(site.dtype, lanes);
        let (stored, align) = (ty.stored(), site.dtype.alignment());
        let mut given = match (self.uniform(value), lanes) {
            (Some(given), 1) => given,
            _ => self.vector(value),
        };
        if site.dtype == DType::Bool {
            given = self.text.convert("zext", ty, given, stored);
        }
        let given = self.text.show(given, lanes);
        match site.kind {
            Kind::One(address) => {
                let address = self.text.show(address, 1);
                self.text
                    .line(format_args!("store {stored} {given}, ptr {address}, align {align}"));
            }
            Kind::Row(address) => self.store_row(address, stored, align, &given),
            Kind::Pairs(..) | Kind::Scattered(_) => {
                let addresses = match site.kind {
                    Kind::Scattered(addresses) => addresses,
                    _ => self.addresses_of_part(site),
                };
                let suffix = stored.suffix();
                self.text.outside.insert(format!(
                    "declare void @llvm.masked.scatter.{suffix}.v{lanes}p0({stored}, <{lanes} x ptr>, i32, <{lanes} x i1>)"
                ));
                let mask = self.shown_mask();
                let addresses = self.text.show(addresses, lanes);
                self.text.line(format_args!(
                    "call void @llvm.masked.scatter.{suffix}.v{lanes}p0({stored} {given}, <{lanes} x ptr> {addresses}, i32 {align}, {mask})"
                ));
            }
        }
    }

    /// Elements one after the other: past the caches where that is wanted and memory lies right for it.
    pub(crate) fn store_row(&mut self, address: Operand, stored: Type, align: usize, given: &str) {
        let bytes = stored.dtype.size() as u64 * u64::from(stored.lanes);
        if self.streaming.is_none_or(|least| bytes < least) {
            return self.store_plainly(address, stored, align, given);
        }
        let word = Type::new(WORD, 1);
        let shown = self.text.show(address, 1);
        let place = self.text.define(format_args!("ptrtoint ptr {shown} to i64"));
        let off = self.text.op("and", word, &[place, Operand::Constant(WORD, bytes - 1)]);
        let past = self.text.op("icmp eq", word, &[off, Operand::Constant(WORD, 0)]);
        let (stream, plain, join) = (self.text.label(), self.text.label(), self.text.label());
        self.text.branch_likely(past, stream, plain);
        self.text.begin(plain);
        self.store_plainly(address, stored, align, given);
        self.text.jump(join);
        self.text.begin(stream);
        self.text.line(format_args!(
            "store {stored} {given}, ptr {shown}, align {bytes}, !nontemporal !2"
        ));
        self.text.jump(join);
        self.text.begin(join);
    }

    fn store_plainly(&mut self, address: Operand, stored: Type, align: usize, given: &str) {
        let lanes = stored.lanes;
        let address = self.text.show(address, 1);
        let Some(mask) = self.mask else {
            self.text.line(format_args!("store {stored} {given}, ptr {address}, align {align}"));
            return;
        };
        let suffix = stored.suffix();
        self.text.outside.insert(format!(
            "declare void @llvm.masked.store.{suffix}.p0({stored}, ptr, i32, <{lanes} x i1>)"
        ));
        let mask = self.text.show(mask, lanes);
        self.text.line(format_args!(
            "call void @llvm.masked.store.{suffix}.p0({stored} {given}, ptr {address}, i32 {align}, <{lanes} x i1> {mask})"
        ));
    }
}
