//! Names in the text form.

/// Whether the text form can read it: a letter or `_`, then letters, digits or `_`, all ASCII.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// A name that the text form can read: other letters become `_`.
pub(crate) fn identifier(name: &str) -> String {
    let mut answer: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' })
        .collect();
    if !answer.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        answer.insert(0, '_');
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_name() {
        for (given, expected) in
            [("x", "x"), ("x.1", "x_1"), ("", "_"), ("3d", "_3d"), ("größe", "gr__e"), ("_", "_")]
        {
            assert_eq!(identifier(given), expected);
            assert!(is_identifier(expected));
            assert_eq!(is_identifier(given), given == expected);
        }
    }
}
