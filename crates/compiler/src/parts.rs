//! Parts of complex numbers that lie one after the other: both are loaded at once and sorted, and stored at once.

use ir::{Buffer, Statement, Stride, Value};
use memory::DType;

use crate::access::Site;
use crate::emitter::Emitter;
use crate::frame::Step;
use crate::held::Held;
use crate::text::{Operand, Type};

/// A store that waits for the end of its block.
pub(crate) struct Stored<'s> {
    pub(crate) site: Site,
    pub(crate) buffer: Buffer,
    pub(crate) index: &'s [Value],
    pub(crate) value: Value,
}

/// Both parts of complex numbers in one vector, and where they were loaded from.
#[derive(Clone, Debug)]
pub(crate) struct Wide {
    vector: Operand,
    buffer: Buffer,
    /// The place of the number. One value is held as another one for each row of a tile.
    place: Vec<Held>,
    /// How long the text was then: nothing may stand between.
    mark: usize,
    lanes: u32,
}

/// Whether two indices are those of the same complex number, of which the last one says the part.
fn same_number(one: &[Value], other: &[Value]) -> bool {
    let number = |index: &[Value]| index.split_last().map(|(_, number)| number.to_vec());
    number(one) == number(other)
}

impl Emitter<'_> {
    /// Which part of a complex number an index means, where its buffer holds such parts.
    pub(crate) fn part(&self, buffer: Buffer, index: &[Value]) -> Option<u32> {
        let ty = self.kernel.buffer(buffer)?;
        if !ty.strides.contains(&Stride::Pair) || ty.strides.last() != Some(&Stride::Unit) {
            return None;
        }
        match self.held[index.last()?.index()] {
            Some(Held::Uniform(Operand::Constant(_, part @ 0..=1))) => Some(part as u32),
            _ => None,
        }
    }

    /// The other part of what was loaded last, if that is what is asked for.
    pub(crate) fn other_part(&mut self, buffer: Buffer, index: &[Value]) -> Option<Held> {
        let wide = self.wide.take()?;
        let asked = wide.buffer == buffer
            && wide.mark == self.text.mark()
            && wide.lanes == self.lanes
            && wide.place == self.number_at(index);
        if !asked {
            return None;
        }
        let part = self.part(buffer, index)?;
        let dtype = self.kernel.buffer(buffer)?.dtype;
        Some(Held::Vector(self.part_of_pairs(wide.vector, dtype, part)))
    }

    /// Remember what a load of one part has loaded of the other.
    pub(crate) fn remember(&mut self, buffer: Buffer, index: &[Value]) {
        let Some(vector) = self.wide_vector.take() else { return };
        let (mark, lanes) = (self.text.mark(), self.lanes);
        let place = self.number_at(index);
        self.wide = Some(Wide { vector, buffer, place, mark, lanes });
    }

    fn number_at(&self, index: &[Value]) -> Vec<Held> {
        let number = index.split_last().map_or(index, |(_, number)| number);
        number.iter().map(|&value| self.held(value)).collect()
    }

    /// Both parts, one after the other.
    pub(crate) fn load_pairs(&mut self, address: Operand, dtype: DType) -> Operand {
        let ty = Type::new(dtype, 2 * self.lanes);
        self.fetch_ahead(address, i64::from(ty.lanes) * dtype.size().cast_signed() as i64);
        let mask = self.doubled(self.mask);
        let address = self.text.show(address, 1);
        let vector = self.load_row(&address, ty, dtype.alignment(), mask);
        self.wide_vector = Some(vector);
        vector
    }

    /// One part of both.
    pub(crate) fn part_of_pairs(&mut self, vector: Operand, dtype: DType, part: u32) -> Operand {
        let (ty, lanes) = (Type::new(dtype, 2 * self.lanes), self.lanes);
        let vector = self.text.show(vector, ty.lanes);
        let places: Vec<_> = (0..lanes).map(|lane| format!("i32 {}", 2 * lane + part)).collect();
        self.text.define(format_args!(
            "shufflevector {ty} {vector}, {ty} poison, <{lanes} x i32> <{}>",
            places.join(", ")
        ))
    }

    /// Each lane of a mask twice.
    fn doubled(&mut self, mask: Option<Operand>) -> Option<Operand> {
        let lanes = self.lanes;
        let mask = self.text.show(mask?, lanes);
        let places: Vec<_> = (0..2 * lanes).map(|lane| format!("i32 {}", lane / 2)).collect();
        Some(self.text.define(format_args!(
            "shufflevector <{lanes} x i1> {mask}, <{lanes} x i1> poison, <{} x i32> <{}>",
            2 * lanes,
            places.join(", ")
        )))
    }

    /// The addresses of one part alone.
    pub(crate) fn addresses_of_part(&mut self, site: &Site) -> Operand {
        let (address, part) = site.pairs().expect("asked of pairs alone");
        let size = site.dtype().size();
        let lanes = self.count_from(Operand::Constant(DType::I64, 0));
        let offsets = self.scaled(lanes, Step::Bytes(2 * size.cast_signed() as i64));
        let (address, offsets) = (self.text.show(address, 1), self.text.show(offsets, self.lanes));
        let bytes = part as usize * size;
        let first = self.text.define(format_args!("getelementptr i8, ptr {address}, i64 {bytes}"));
        let (first, ty) = (self.text.show(first, 1), Type::new(DType::I64, self.lanes));
        self.text.define(format_args!("getelementptr i8, ptr {first}, {ty} {offsets}"))
    }

    /// Whether two stores, or two loads, in a row are of the parts of one complex number.
    pub(crate) fn are_parts(&self, one: &Statement, other: &Statement) -> bool {
        match (one, other) {
            (
                Statement::Store { buffer, index, .. },
                Statement::Store { buffer: second, index: other, .. },
            )
            | (
                Statement::Load { buffer, index, .. },
                Statement::Load { buffer: second, index: other, .. },
            ) => buffer == second && self.parts_at(*buffer, index, other),
            _ => false,
        }
    }

    fn parts_at(&self, buffer: Buffer, index: &[Value], other: &[Value]) -> bool {
        same_number(index, other)
            && self.part(buffer, index) == Some(0)
            && self.part(buffer, other) == Some(1)
    }

    /// Write stores in order, those of two parts at once where they lie together.
    pub(crate) fn store_all(&mut self, stores: &[Stored<'_>]) {
        let mut left = stores;
        while let [first, rest @ ..] = left {
            left = rest;
            if let (Some((address, _)), Some(second)) = (first.site.pairs(), rest.first())
                && first.buffer == second.buffer
                && self.parts_at(first.buffer, first.index, second.index)
            {
                self.store_pairs(address, first.site.dtype(), [first.value, second.value]);
                left = &rest[1..];
            } else {
                self.store(&first.site, first.value);
            }
        }
    }

    fn store_pairs(&mut self, address: Operand, dtype: DType, values: [Value; 2]) {
        let (ty, lanes) = (Type::new(dtype, self.lanes), self.lanes);
        let [real, imag] = values.map(|value| {
            let vector = self.vector(value);
            self.text.show(vector, lanes)
        });
        let wide = Type::new(dtype, 2 * lanes);
        let places: Vec<_> =
            (0..2 * lanes).map(|at| format!("i32 {}", at / 2 + at % 2 * lanes)).collect();
        let both = self.text.define(format_args!(
            "shufflevector {ty} {real}, {ty} {imag}, <{} x i32> <{}>",
            wide.lanes,
            places.join(", ")
        ));
        let both = self.text.show(both, wide.lanes);
        let mask = self.doubled(self.mask);
        let outer = std::mem::replace(&mut self.mask, mask);
        self.store_row(address, wide, dtype.alignment(), &both);
        self.mask = outer;
    }
}
