//! Calls of a generator's methods.

use memory::DType;
use random::Layers;
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

use crate::call::Given;
use crate::lower::{Lowerer, RaiseKind, Result};
use crate::random::{Tables, below, double, exponential, normal};
use crate::value::{Known, Num, NumType, Rng, Rngs, Val};

/// Methods that are compiled, and names of their parameters.
const METHODS: [(&str, &[&str]); 8] = [
    ("random", &[]),
    ("uniform", &["low", "high"]),
    ("standard_normal", &[]),
    ("normal", &["loc", "scale"]),
    ("standard_exponential", &[]),
    ("exponential", &["scale"]),
    ("rayleigh", &["scale"]),
    ("integers", &["low", "high", "endpoint"]),
];

impl Lowerer<'_> {
    /// One of a list of generators.
    pub(crate) fn one_of(&mut self, rngs: &Rngs, index: &Expr) -> Result<Val> {
        let range = index.range();
        let index = match self.expression(index)? {
            Val::Num(it) if it.ty.dtype.is_integer() => self.to_index(&it),
            other => {
                let message = format!("a list of generators at {}", other.describe());
                return Err(self.refuse(range, message, "index it with one int"));
            }
        };
        let zero = self.b.constant(0i64);
        let at = if index.natural {
            index.re
        } else {
            let below = self.b.lt(index.re, zero);
            let sum = self.b.add(index.re, rngs.length);
            self.b.select(below, sum, index.re)
        };
        let above = self.b.ge(at, zero);
        let below = self.b.lt(at, rngs.length);
        let inside = self.b.and(above, below);
        let message = "list index out of range".to_owned();
        self.check(inside, range, RaiseKind::Builtin("IndexError", message));
        Ok(Val::Rng(Rng { buffer: rngs.buffer, row: Some(at), bits: rngs.bits }))
    }

    fn tables(&mut self, place: usize) -> Tables {
        let layers = [&Layers::NORMAL, &Layers::EXPONENTIAL][place];
        if let Some(found) = self.ziggurats[place] {
            return found;
        }
        let made = Tables::new(&mut self.b, layers);
        self.ziggurats[place] = Some(made);
        made
    }

    /// What a method of a generator returns.
    pub(crate) fn drawn(
        &mut self,
        range: TextRange,
        rng: Rng,
        method: &str,
        given: &Given,
    ) -> Result<Val> {
        if self.parallel > 0 && rng.row.is_none() {
            let hint = "turns of prange run at once, so one generator would give other numbers each time: pass \
                        a list, `rngs = rng.spawn(n)`, and write `rngs[i].random()`, where i counts the turns";
            let message = format!("a draw of {method} from one generator inside of prange");
            return Err(self.refuse(range, message, hint));
        }
        let Some((_, names)) = METHODS.iter().find(|it| it.0 == method) else {
            let known: Vec<_> = METHODS.iter().map(|it| it.0).collect();
            let hint = format!(
                "there are {}; draw others outside and pass an array of them",
                known.join(", ")
            );
            return Err(self.refuse(range, format!("the method {method} of a generator"), &hint));
        };
        let found = self.draw_arguments(range, method, names, given)?;
        let [first, second, third] = found;
        let float = |it: &mut Self, value: Option<Num>, default: f64| match value {
            Some(value) => it.to(&value, NumType::FLOAT),
            None => it.float(default),
        };
        let value = match method {
            "random" => double(&mut self.b, rng),
            "uniform" => {
                let low = float(self, first, 0.0);
                let high = float(self, second, 1.0);
                let wide = self.b.sub(high.re, low.re);
                if low.known.is_none() || high.known.is_none() {
                    let finite = self.b.op(ir::Op::IsFinite, &[wide]);
                    let message = "high - low range exceeds valid bounds".to_owned();
                    self.check(finite, range, RaiseKind::Builtin("OverflowError", message));
                }
                self.not_negative(range, "high - low", wide);
                let uniform = double(&mut self.b, rng);
                let part = self.b.mul(wide, uniform);
                self.b.add(low.re, part)
            }
            "standard_normal" | "normal" => {
                let tables = self.tables(0);
                let loc = float(self, first, 0.0);
                let scale = float(self, second, 1.0);
                if method == "normal" {
                    self.not_negative(range, "scale", scale.re);
                }
                let value = normal(&mut self.b, rng, tables);
                if method == "standard_normal" {
                    value
                } else {
                    let part = self.b.mul(scale.re, value);
                    self.b.add(loc.re, part)
                }
            }
            "integers" => return self.integers(range, rng, first, second, third.as_ref()),
            _ => {
                let tables = self.tables(1);
                let scale = float(self, first, 1.0);
                if method != "standard_exponential" {
                    self.not_negative(range, "scale", scale.re);
                }
                let mut value = exponential(&mut self.b, rng, tables);
                if method == "rayleigh" {
                    let two = self.b.constant(2.0);
                    value = self.b.mul(two, value);
                    value = self.b.sqrt(value);
                }
                if method == "standard_exponential" { value } else { self.b.mul(scale.re, value) }
            }
        };
        Ok(Val::Num(self.number(NumType::FLOAT, value)))
    }

    /// The numbers that a method is given, in the order of its parameters.
    fn draw_arguments(
        &mut self,
        range: TextRange,
        method: &str,
        names: &[&str],
        given: &Given,
    ) -> Result<[Option<Num>; 3]> {
        let mut found = [None, None, None];
        let named = given.named.iter().map(|(name, value, at)| (Some(name), value, *at));
        let plain = given.plain.iter().map(|(value, at)| (None, value, *at));
        for (count, (name, value, at)) in plain.chain(named).enumerate() {
            let place = match name {
                Some(name) => names.iter().position(|it| it == name),
                None => (count < names.len()).then_some(count),
            };
            let place = place.filter(|&it| found[it].is_none() && (it != 2 || name.is_some()));
            let Some(place) = place else {
                let what = name.map_or_else(|| "this argument".into(), |it| format!("{it}="));
                let hint = "methods of generators give one number here: draw in a loop; arrays of draws are \
                            made outside and passed in";
                return Err(self.refuse(at, format!("{method} with {what}"), hint));
            };
            match value {
                Val::Num(it) if !it.ty.dtype.is_complex() => found[place] = Some(it.clone()),
                Val::None if place > 0 => {}
                other => {
                    let message = format!("{method} of {}", other.describe());
                    return Err(self.refuse(at, message, "give it numbers"));
                }
            }
        }
        if method == "integers" && found[0].is_none() {
            return Err(self.refuse(range, "integers without a bound", "write rng.integers(n)"));
        }
        Ok(found)
    }

    /// NumPy's error for what is below zero; minus zero is, and what is not a number is not.
    fn not_negative(&mut self, range: TextRange, name: &str, value: ir::Value) {
        let negative = self.b.op(ir::Op::SignBit, &[value]);
        let positive = self.b.not(negative);
        let nan = self.b.op(ir::Op::IsNan, &[value]);
        let fine = self.b.or(positive, nan);
        self.value_error(fine, range, &format!("{name} < 0"));
    }

    fn integers(
        &mut self,
        range: TextRange,
        rng: Rng,
        first: Option<Num>,
        second: Option<Num>,
        endpoint: Option<&Num>,
    ) -> Result<Val> {
        let closed = match endpoint.map(|it| it.known) {
            None | Some(Some(Known::Bool(false))) => false,
            Some(Some(Known::Bool(true))) => true,
            Some(_) => {
                let hint = "write endpoint=True or endpoint=False";
                return Err(self.refuse(range, "integers with an endpoint that varies", hint));
            }
        };
        let single = second.is_none();
        let (low, high) = match (first, second) {
            (Some(high), None) => (self.int(0), high),
            (Some(low), Some(high)) => (low, high),
            _ => (self.int(0), self.int(0)),
        };
        for it in [&low, &high] {
            if !it.ty.dtype.is_integer() {
                let message = format!("integers with a bound that is a {}", it.ty.name());
                return Err(self.refuse(range, message, "convert it with int(x)"));
            }
        }
        let (low, high) = (self.to_index(&low), self.to_index(&high));
        let (holds, message) = match (closed, single) {
            (false, true) => (self.b.lt(low.re, high.re), "high <= 0"),
            (false, false) => (self.b.lt(low.re, high.re), "low >= high"),
            (true, true) => (self.b.le(low.re, high.re), "high < 0"),
            (true, false) => (self.b.le(low.re, high.re), "low > high"),
        };
        self.value_error(holds, range, message);
        let less = self.b.constant(i64::from(!closed));
        let most = self.b.sub(high.re, less);
        let wide = self.b.sub(most, low.re);
        let wide = self.b.cast(DType::U64, wide);
        let known = match (low.known, high.known) {
            (Some(Known::Int(low)), Some(Known::Int(high))) => {
                let most = high.wrapping_sub(i64::from(!closed));
                (low <= most).then(|| most.wrapping_sub(low).cast_unsigned())
            }
            _ => None,
        };
        let found = below(&mut self.b, rng, wide, known);
        let found = self.b.cast(DType::I64, found);
        let value = self.b.add(low.re, found);
        let natural = low.natural;
        let ty = NumType::strong(DType::I64);
        Ok(Val::Num(Num { ty, re: value, im: None, known: None, natural }))
    }
}
