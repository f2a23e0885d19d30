//! Words, names, literals and signs.

use super::Fault;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// `kernel`, `add`, `f32`, also `inf`
    Word(&'s str),
    /// `%name` or `%12`, without the sign
    Value(&'s str),
    /// `@name`, without the sign
    Global(&'s str),
    /// `$3`, without the sign
    Table(&'s str),
    /// `12`, `-1.5e-3`, `0x1f`, `-inf`
    Literal(&'s str),
    /// `(`, `..`, ...
    Sign(&'s str),
    /// Nothing is left.
    End,
}

impl Token<'_> {
    /// As a message shows it.
    pub(super) fn shown(self) -> String {
        match self {
            Self::Word(text) | Self::Literal(text) | Self::Sign(text) => format!("`{text}`"),
            Self::Value(text) => format!("`%{text}`"),
            Self::Global(text) => format!("`@{text}`"),
            Self::Table(text) => format!("`${text}`"),
            Self::End => "the end of the text".into(),
        }
    }
}

/// The pieces of a text, each with the byte it begins at; the last is the end.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token<'_>)>, Fault> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            tokens.push((at, Token::End));
            return Ok(tokens);
        };
        let word = |from: usize| {
            let letters = rest[from..].bytes().take_while(|&byte| is_word(byte));
            &rest[from..from + letters.count()]
        };
        let (token, length) = match first {
            '#' => {
                rest = rest.split_once('\n').map_or("", |(_, rest)| rest);
                continue;
            }
            '%' | '@' | '$' => {
                let name = word(1);
                let token = match first {
                    _ if name.is_empty() => {
                        return Err(Fault::new(at, format!("a name must follow `{first}`")));
                    }
                    '%' => Token::Value(name),
                    '@' => Token::Global(name),
                    _ => Token::Table(name),
                };
                (token, 1 + name.len())
            }
            '0'..='9' | '-' => {
                let literal = literal(rest);
                (Token::Literal(literal), literal.len())
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let word = word(0);
                (Token::Word(word), word.len())
            }
            '.' if rest.starts_with("..") => (Token::Sign(&rest[..2]), 2),
            '(' | ')' | '[' | ']' | '{' | '}' | ',' | '=' | ':' => (Token::Sign(&rest[..1]), 1),
            _ => return Err(Fault::new(at, format!("{first:?} has no meaning here"))),
        };
        tokens.push((at, token));
        rest = &rest[length..];
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A number from its first byte on: letters, digits, a point, and a sign in front or after `e`.
fn literal(text: &str) -> &str {
    let bytes = text.as_bytes();
    let hexadecimal = text.starts_with("0x");
    let mut end = 1;
    while end < bytes.len() {
        let after_e = matches!(bytes[end - 1], b'e' | b'E') && !hexadecimal;
        match bytes[end] {
            b'.' if !text[end..].starts_with("..") => {}
            b'+' | b'-' if after_e => {}
            byte if is_word(byte) => {}
            _ => break,
        }
        end += 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::Token::{End, Global, Literal, Sign, Table, Value, Word};
    use super::*;

    #[test]
    fn a_line_falls_into_its_pieces() {
        let found =
            tokens("%0 = const f32 -1.5e-3 # why\n for(%i)in%a..%n @k $2 0x1e-inf").unwrap();
        let found: Vec<_> = found.into_iter().map(|(_, token)| token).collect();
        assert_eq!(
            found,
            [
                Value("0"),
                Sign("="),
                Word("const"),
                Word("f32"),
                Literal("-1.5e-3"),
                Word("for"),
                Sign("("),
                Value("i"),
                Sign(")"),
                Word("in"),
                Value("a"),
                Sign(".."),
                Value("n"),
                Global("k"),
                Table("2"),
                Literal("0x1e"),
                Literal("-inf"),
                End
            ]
        );
    }

    #[test]
    fn what_is_no_piece_is_pointed_at() {
        assert_eq!(tokens("ab ;").unwrap_err().at, 3);
        assert_eq!(tokens("% x").unwrap_err().at, 0);
        assert_eq!(tokens("é").unwrap_err().at, 0);
    }
}
