//! Turns of `prange` that meet at an element, found while they run: `races=True`.
//!
//! The turns run in order. Beside each array lies another one that keeps, of each of its elements, who
//! wrote it last, who read it first and who read it last: a stamp, which no other turn of the call has, and
//! a line. Arrays that the function makes have such ones as well, but for those that a turn makes for itself.

use ir::{Access, Buffer, Stride, Value};
use memory::DType;
use ruff_text_size::TextRange;

use crate::fresh::{Home, Room};
use crate::lower::{Lowerer, RaiseKind, Result};
use crate::value::{Iter, View};

/// Words beside each element: stamps and lines of the writer, the first reader and the last one.
pub const WATCHED: usize = 6;
const WRITER: i64 = 0;
const FIRST: i64 = 2;
const LAST: i64 = 4;

/// Words of what is told: what happened, the turns, the other line, the element, and the count of turns.
pub const TOLD: usize = 64;
/// Where the element's index begins.
pub const ELEMENT: usize = 4;
const COUNT: i64 = 63;
/// Where the numbers of messages lie.
pub(crate) const VALUES: usize = 40;
pub(crate) const LAST_VALUE: usize = 59;

/// What is watched of an array.
#[derive(Clone, Debug)]
pub(crate) struct Shadow {
    of: Buffer,
    beside: Buffer,
    name: String,
    rank: usize,
    /// Axes before those that the function knows.
    own: usize,
}

/// A part of the path of arrays that turns of a watched loop make.
const TURN: u64 = u64::MAX;

/// The loop that is watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    /// Stamps up to here are of loops before.
    base: Value,
    begin: Option<Value>,
    step: Option<Value>,
    /// The stamp of this turn, once it has begun.
    stamp: Option<Value>,
}

impl Lowerer<'_> {
    /// Have an array watched.
    pub(crate) fn shadow(&mut self, name: &str, of: Buffer, rank: usize) {
        if !self.options.races {
            return;
        }
        let mut strides = vec![Stride::Any; rank];
        strides.push(Stride::Unit);
        let beside = self.b.buffer(&format!("{name}_turns"), DType::I64, Access::Update, &strides);
        self.shadows.push(Shadow { of, beside, name: name.to_owned(), rank, own: 0 });
    }

    /// What tells arrays that a turn of a watched loop makes from others: no other turn can meet them.
    pub(crate) fn in_watched_turn(&self) -> Option<u64> {
        (self.options.races && self.parallel > 0).then_some(TURN)
    }

    /// Have an array watched that the function makes. Lengths that are not known when the call begins would take
    /// as many addresses again.
    pub(crate) fn shadow_room(&mut self, array: usize) {
        let Some(room) = self.rooms.iter().find(|it| it.array == array) else { return };
        let known = room.limits.iter().all(Option::is_none);
        if !self.options.races || !known || room.home.path.contains(&TURN) {
            return;
        }
        let (home, rank) = (room.home.clone(), room.limits.len());
        let of = self.views[array].buffer;
        let name = format!("{}_turns", home.name.trim_matches('$'));
        let mut strides = vec![Stride::Any; rank];
        strides.push(Stride::Unit);
        let beside = self.b.buffer(&name, DType::I64, Access::Update, &strides);
        let (array_beside, dtype) = (self.views.len(), DType::I64);
        let view = View { array: array_beside, buffer: beside, dtype, ..self.views[array].clone() };
        self.rooms.push(Room {
            array: view.array,
            parameter: beside.index(),
            dtype: DType::I64,
            lengths: Vec::new(),
            home: Home { name, dtype: DType::I64, ..home.clone() },
            beside: Some(array),
            limits: vec![None; rank + 1],
        });
        self.views.push(view);
        self.writable.push(true);
        let own = usize::from(home.slots);
        let shown = if home.name.starts_with('$') { "an array" } else { &home.name };
        let name = shown.to_owned();
        self.shadows.push(Shadow { of, beside, name, rank, own });
    }

    /// Note that an array has such lengths, and what is kept beside it.
    pub(crate) fn room_for(&mut self, array: usize, lengths: &[Value]) {
        let words = self.options.races.then(|| self.b.constant(WATCHED as i64));
        for room in &mut self.rooms {
            if room.array == array {
                room.lengths.push(lengths.to_vec());
            } else if room.beside == Some(array) {
                room.lengths.push(lengths.iter().copied().chain(words).collect());
            }
        }
    }

    /// Where what is found is told.
    pub(crate) fn teller(&mut self) {
        if self.options.races || self.learned.told {
            let buffer = self.b.buffer("told", DType::I64, Access::Update, &[Stride::Unit]);
            self.told = Some(buffer);
        }
    }

    fn told(&mut self, place: i64) -> Option<Value> {
        let told = self.told?;
        let place = self.b.constant(place);
        Some(self.b.load(told, &[place]))
    }

    pub(crate) fn tell(&mut self, place: i64, value: Value) {
        let Some(told) = self.told else { return };
        let place = self.b.constant(place);
        self.b.store(told, &[place], value);
    }

    /// A loop of prange in order, watched.
    pub(crate) fn watched(
        &mut self,
        (range, iter): (TextRange, &Iter),
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let (axis, _) = self.axis(range, iter)?;
        if let (Some(base), 0) = (self.told(COUNT), self.parallel) {
            self.watch = Some(Watched { base, begin: axis.begin, step: axis.step, stamp: None });
        }
        self.parallel += 1;
        let found = write(self);
        self.parallel -= 1;
        if self.parallel == 0 {
            self.watch = None;
        }
        found
    }

    /// A turn begins, if it is one of a loop that is watched.
    pub(crate) fn stamped(&mut self) {
        let Some(watch) = self.watch.filter(|it| it.stamp.is_none()) else { return };
        let Some(before) = self.told(COUNT) else { return };
        let one = self.b.constant(1i64);
        let stamp = self.b.add(before, one);
        self.tell(COUNT, stamp);
        self.watch = Some(Watched { stamp: Some(stamp), ..watch });
    }

    /// What the loop counts with, in the turn of a stamp.
    fn turn_of(&mut self, watch: Watched, stamp: Value) -> Value {
        let one = self.b.constant(1i64);
        let turn = self.b.sub(stamp, watch.base);
        let turn = self.b.sub(turn, one);
        let turn = watch.step.map_or(turn, |step| self.b.mul(turn, step));
        watch.begin.map_or(turn, |begin| self.b.add(begin, turn))
    }

    /// An element is read or written: end the function if another turn met it.
    pub(crate) fn meets(&mut self, buffer: Buffer, index: &[Value], stores: bool) {
        let Some(watch) = self.watch else { return };
        let Some(stamp) = watch.stamp else { return };
        if index.iter().any(|it| self.mine.contains(it)) {
            return; // turns of one thread are never at once
        }
        let Some(shadow) = self.shadows.iter().find(|it| it.of == buffer).cloned() else { return };
        let index = &index[..shadow.rank];
        let at = |it: &mut Self, place: i64| {
            let place = it.b.constant(place);
            index.iter().copied().chain([place]).collect::<Vec<_>>()
        };
        let get = |it: &mut Self, place: i64| {
            let index = at(it, place);
            it.b.load(shadow.beside, &index)
        };
        let put = |it: &mut Self, place: i64, value: Value| {
            let index = at(it, place);
            it.b.store(shadow.beside, &index, value);
        };
        let line = self.frame().unit.line_of(self.here);
        let line = self.b.constant(line as i64);
        let slots: &[i64] = if stores { &[WRITER, FIRST, LAST] } else { &[WRITER] };
        for &slot in slots {
            let other = get(self, slot);
            let recent = self.b.gt(other, watch.base);
            let foreign = self.b.ne(other, stamp);
            let clash = self.b.and(recent, foreign);
            self.b.open(&[]);
            let kind = match (stores, slot) {
                (true, WRITER) => 0i64,
                (true, _) => 1,
                _ => 2,
            };
            let kind = self.b.constant(kind);
            self.tell(0, kind);
            let (there, here) = (self.turn_of(watch, other), self.turn_of(watch, stamp));
            self.tell(1, there);
            self.tell(2, here);
            let other_line = get(self, slot + 1);
            self.tell(3, other_line);
            for (place, &value) in index.iter().skip(shadow.own).enumerate() {
                self.tell((ELEMENT + place) as i64, value);
            }
            let then = self.b.close(&[]);
            self.b.open(&[]);
            let otherwise = self.b.close(&[]);
            self.b.push(ir::Statement::If(ir::If {
                condition: clash,
                then,
                otherwise,
                results: Vec::new(),
            }));
            let fine = self.b.not(clash);
            let kind = RaiseKind::Race(shadow.name.clone(), shadow.rank - shadow.own);
            self.check(fine, self.here, kind);
        }
        if stores {
            put(self, WRITER, stamp);
            put(self, WRITER + 1, line);
            return;
        }
        let first = get(self, FIRST);
        let old = self.b.le(first, watch.base);
        let first_line = get(self, FIRST + 1);
        let first = self.b.select(old, stamp, first);
        let first_line = self.b.select(old, line, first_line);
        put(self, FIRST, first);
        put(self, FIRST + 1, first_line);
        put(self, LAST, stamp);
        put(self, LAST + 1, line);
    }
}
