//! Messages of exceptions that are made while a function runs: f-strings of numbers.
//!
//! Where the exception is raised the numbers are stored to a buffer; Python formats them.

use memory::{DType, Kind};
use ruff_python_ast::{ConversionFlag, Expr, ExprFString, FStringPart, InterpolatedStringElement};
use ruff_text_size::{Ranged, TextRange};

use crate::lower::{Lowerer, Result};
use crate::value::{NumType, Val};
use crate::watch::{LAST_VALUE, VALUES};

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// As it is.
    Text(String),
    /// A number of the run.
    Value {
        /// Its place in the buffer.
        place: usize,
        /// Its type.
        dtype: DType,
        /// Whether it is one of Python's.
        weak: bool,
        /// `r`, `s`, `a` or nothing.
        conversion: &'static str,
        /// How it is formatted.
        spec: String,
    },
}

/// The f-string that a `raise` gives to its class.
pub(crate) fn formatted(what: Option<&Expr>) -> Option<&ExprFString> {
    match what? {
        Expr::Call(it) => match &it.arguments.args[..] {
            [Expr::FString(message)] if it.arguments.keywords.is_empty() => Some(message),
            _ => None,
        },
        _ => None,
    }
}

impl Lowerer<'_> {
    /// Store what an f-string is made of, and say what that is.
    pub(crate) fn pieces(&mut self, message: &ExprFString) -> Result<Vec<Piece>> {
        if self.parallel > 0 {
            let hint =
                "several turns may raise at once: write the message as a string without numbers";
            return Err(self.refuse(
                message.range,
                "a message that is made inside of prange",
                hint,
            ));
        }
        let mut count = 0;
        self.formatted(message, Piece::Text, |it, range, value, conversion, spec| {
            let place = VALUES + count;
            count += 1;
            it.piece(range, value, place, conversion, spec)
        })
    }

    /// What an f-string is made of, in the words of whoever asks.
    pub(crate) fn formatted<P>(
        &mut self,
        message: &ExprFString,
        text: impl Fn(String) -> P,
        mut value: impl FnMut(&mut Self, TextRange, &Val, &'static str, String) -> Result<P>,
    ) -> Result<Vec<P>> {
        let mut pieces = Vec::new();
        for part in &message.value {
            let string = match part {
                FStringPart::Literal(it) => {
                    pieces.push(text(it.value.to_string()));
                    continue;
                }
                FStringPart::FString(it) => it,
            };
            for element in &string.elements {
                let it = match element {
                    InterpolatedStringElement::Literal(it) => {
                        pieces.push(text(it.value.to_string()));
                        continue;
                    }
                    InterpolatedStringElement::Interpolation(it) => it,
                };
                let mut spec = String::new();
                for part in it.format_spec.iter().flat_map(|it| &it.elements) {
                    let InterpolatedStringElement::Literal(it) = part else {
                        let hint = "write the width as a number";
                        return Err(self.refuse(part.range(), "a format that varies", hint));
                    };
                    spec.push_str(&it.value);
                }
                let mut conversion = match it.conversion {
                    ConversionFlag::None => "",
                    ConversionFlag::Str => "s",
                    ConversionFlag::Repr => "r",
                    ConversionFlag::Ascii => "a",
                };
                if let Some(debug) = &it.debug_text {
                    let source = self.frame().unit.text();
                    let inner = it.expression.range();
                    let source = source.get(inner.start().into()..inner.end().into()).unwrap_or("");
                    pieces.push(text([debug.leading(), source, debug.trailing()].concat()));
                    if conversion.is_empty() && it.format_spec.is_none() {
                        conversion = "r";
                    }
                }
                let found = self.expression(&it.expression)?;
                pieces.push(value(self, it.expression.range(), &found, conversion, spec)?);
            }
        }
        Ok(pieces)
    }

    fn piece(
        &mut self,
        range: TextRange,
        value: &Val,
        place: usize,
        conversion: &'static str,
        spec: String,
    ) -> Result<Piece> {
        let num = match value {
            Val::Text(it) if conversion.is_empty() && spec.is_empty() => {
                return Ok(Piece::Text(it.clone()));
            }
            Val::Num(it) if !it.ty.dtype.is_complex() && place <= LAST_VALUE => it,
            other => {
                let message = format!("{} in a message", other.describe());
                let hint = "messages hold up to 20 ints, floats and bools";
                return Err(self.refuse(range, message, hint));
            }
        };
        let bits = if num.ty.dtype.kind() == Kind::Float {
            let wide = self.to(num, NumType::FLOAT);
            self.b.bitcast(DType::I64, wide.re)
        } else {
            self.b.cast(DType::I64, num.re)
        };
        if self.told.is_none() {
            // Once more, with the buffer among the parameters.
            self.learned.told = true;
            self.learned.again = true;
        }
        self.tell(place as i64, bits);
        Ok(Piece::Value { place, dtype: num.ty.dtype, weak: num.ty.weak, conversion, spec })
    }
}
