//! What cannot be compiled, where, why, and what to write instead.

use std::fmt;

use ruff_text_size::TextRange;

use crate::Unit;

/// A place in a function that cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub message: String,
    /// What to write instead.
    pub hint: String,
    /// The file, as Python names it.
    pub file: String,
    /// The function.
    pub function: String,
    /// Line of the file, from 1; 0 where there is no place.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// How many characters of the line are meant.
    pub width: usize,
    /// The line itself.
    pub text: String,
}

impl Refusal {
    pub(crate) fn at(unit: &Unit, range: TextRange, message: String, hint: &str) -> Box<Self> {
        let text = unit.text();
        let start = usize::from(range.start()).min(text.len());
        let end = usize::from(range.end()).min(text.len());
        let before = text.get(..start).unwrap_or("");
        let begin = before.rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[begin..].find('\n').map_or(text.len(), |at| begin + at);
        let shown = text.get(begin..line_end).unwrap_or("");
        let column = text.get(begin..start).map_or(0, |it| it.chars().count());
        let width = text.get(start..end.min(line_end)).map_or(1, |it| it.chars().count()).max(1);
        Box::new(Self {
            message,
            hint: hint.to_owned(),
            file: unit.file().to_owned(),
            function: unit.name().to_owned(),
            line: before.matches('\n').count() + 1,
            column: column + 1,
            width,
            text: shown.to_owned(),
        })
    }

    /// A refusal of the whole function.
    pub(crate) fn whole(file: &str, function: &str, message: String, hint: &str) -> Box<Self> {
        Box::new(Self {
            message,
            hint: hint.to_owned(),
            file: file.to_owned(),
            function: function.to_owned(),
            line: 0,
            column: 0,
            width: 0,
            text: String::new(),
        })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "jit of {}: {}", self.function, self.message)?;
        if self.line > 0 {
            let code = self.text.trim_start();
            let cut = self.text.chars().count() - code.chars().count();
            let before = self.column.saturating_sub(1 + cut);
            write!(f, "\n  File \"{}\", line {}\n    {}", self.file, self.line, code.trim_end())?;
            write!(f, "\n    {}{}", " ".repeat(before), "^".repeat(self.width))?;
        }
        if !self.hint.is_empty() {
            write!(f, "\nhint: {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusal {}
