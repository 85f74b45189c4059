//! A secret as a type, so that nothing prints it by mistake.

use std::fmt;

/// A secret. It can be sent and searched for, but not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token, whatever the text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The token in what somebody gave, without blanks around it; or why that holds none, in words that do not show it.
    pub(crate) fn checked(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err("it is empty");
        }
        match text.chars().find(|character| !character.is_ascii_graphic()) {
            None => Ok(Self::new(text.to_owned())),
            Some(' ') => Err("there is a blank in it"),
            Some(character) if character.is_ascii_control() => Err("there is a line end or control character in it"),
            Some(_) => Err("there is a character in it that is not ASCII"),
        }
    }

    /// The secret itself: for the header of a request and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_trimmed_and_is_one_word_of_ascii() {
        assert_eq!(Token::checked(" abc-1._~+/= \r\n"), Ok(Token::new("abc-1._~+/=".to_owned())));
        for (text, why) in [
            ("", "empty"),
            (" \n", "empty"),
            ("Bearer abc", "blank"),
            ("abc\ndef", "line end"),
            ("abc\0", "control"),
            ("abc\u{7f}", "control"),
            ("ab\u{e9}", "not ASCII"),
            ("ab\u{a0}c", "not ASCII"),
        ] {
            assert!(Token::checked(text).expect_err(text).contains(why), "{text:?}");
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        assert_eq!(format!("{:?}", Token::new("s3cret".to_owned())), "Token(…)");
    }
}
