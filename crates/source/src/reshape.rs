//! The shape that `reshape` is given, of which one length may be left to be found.

use ir::Value;
use ruff_text_size::TextRange;

use crate::lower::{Lowerer, Result};
use crate::value::{Known, Num, Val};
use crate::whole::{Extent, shown};

/// A length that may be left to be found: where it stands, and what says that it is, if that is not certain.
struct Open {
    place: usize,
    negative: Option<Value>,
}

impl Lowerer<'_> {
    /// A shape of as many elements; a negative length is found, as NumPy does.
    pub(crate) fn other_shape(
        &mut self,
        range: TextRange,
        from: &[Extent],
        shape: &Val,
    ) -> Result<Vec<Extent>> {
        let items = match shape {
            Val::Tuple(items) => items.to_vec(),
            other => vec![other.clone()],
        };
        let total = self.all_of(from.iter().map(|it| it.length));
        let (zero, one) = (self.b.constant(0i64), self.b.constant(1i64));
        let mut axes = Vec::new();
        let mut open = Vec::new();
        for (place, it) in items.iter().enumerate() {
            match it {
                Val::Num(Num { known: Some(Known::Int(it)), .. }) if *it < 0 => {
                    open.push(Open { place, negative: None });
                    axes.push(Extent::new(total, None));
                }
                Val::Num(num)
                    if num.ty.dtype.is_integer() && num.known.is_none() && !num.natural =>
                {
                    let num = self.to_index(num);
                    let negative = Some(self.b.lt(num.re, zero));
                    open.push(Open { place, negative });
                    axes.push(Extent::new(num.re, None));
                }
                it => axes.extend(self.new_shape(range, it)?),
            }
        }
        self.one_open(range, &open);
        // What the lengths that are given make together.
        let mut lengths: Vec<Value> = axes.iter().map(|it| it.length).collect();
        for it in &open {
            lengths[it.place] = match it.negative {
                None => one,
                Some(negative) => self.b.select(negative, one, lengths[it.place]),
            };
        }
        let size = self.all_of(lengths.into_iter());
        let certain = open.iter().any(|it| it.negative.is_none());
        if !certain {
            self.countable(range, &axes);
            let mut holds = self.b.eq(size, total);
            for it in open.iter().filter_map(|it| it.negative) {
                holds = self.b.or(holds, it);
            }
            let mut words = vec![total];
            let text = shown(&axes, &mut words);
            self.misfit(range, holds, &text, &words);
        }
        if open.is_empty() {
            return Ok(axes);
        }
        // Of nothing, no length can be found. It is not longer than all, in words that `size.rs` knows.
        let some = self.b.gt(size, zero);
        let divisor = self.b.select(some, size, one);
        let length = self.b.floor_div(total, divisor);
        let length = self.b.min(length, total);
        let whole = self.b.mul(length, size);
        let even = self.b.eq(whole, total);
        let fits = self.b.and(some, even);
        let mut found = axes.clone();
        for Open { place, negative } in open {
            let mut words = vec![total];
            shown(&axes, &mut words);
            words.remove(1 + place);
            let mut parts: Vec<_> =
                (0..axes.len()).map(|it| if it == place { "newaxis" } else { "{}" }).collect();
            if let ([first], 0) = (&mut parts[..], place) {
                *first = "newaxis,";
            }
            let holds = match negative {
                None => fits,
                Some(negative) => {
                    let given = self.b.not(negative);
                    self.b.or(fits, given)
                }
            };
            self.misfit(range, holds, &format!("({})", parts.join(",")), &words);
            found[place] = match negative {
                None => Extent::new(length, None),
                Some(negative) => {
                    Extent::new(self.b.select(negative, length, axes[place].length), None)
                }
            };
        }
        Ok(found)
    }

    fn misfit(&mut self, range: TextRange, holds: Value, shape: &str, words: &[Value]) {
        let text = format!("cannot reshape array of size {{}} into shape {shape}");
        self.noted(holds, range, "ValueError", text, words);
    }

    /// Check that at most one length is left to be found.
    fn one_open(&mut self, range: TextRange, open: &[Open]) {
        if open.len() < 2 {
            return;
        }
        let (zero, one) = (self.b.constant(0i64), self.b.constant(1i64));
        let mut count = zero;
        for it in open {
            let more = match it.negative {
                None => one,
                Some(negative) => self.b.select(negative, one, zero),
            };
            count = self.b.add(count, more);
        }
        let holds = self.b.le(count, one);
        self.value_error(holds, range, "can only specify one unknown dimension");
    }

    /// The product of lengths.
    fn all_of(&mut self, lengths: impl Iterator<Item = Value>) -> Value {
        let mut total: Option<Value> = None;
        for length in lengths {
            total = Some(match total {
                None => length,
                Some(before) => self.b.mul(before, length),
            });
        }
        total.unwrap_or_else(|| self.b.constant(1i64))
    }
}
