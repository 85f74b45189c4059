//! Text to boolean.

use super::Invalid;

/// Reads `true` or `false`, in any mix of upper and lower case. `1`, `t`, `yes` and spaces are [`Invalid::Boolean`].
pub fn parse(text: &[u8]) -> Result<bool, Invalid> {
    if text.eq_ignore_ascii_case(b"true") {
        Ok(true)
    } else if text.eq_ignore_ascii_case(b"false") {
        Ok(false)
    } else {
        Err(Invalid::Boolean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_words_are_booleans() {
        assert_eq!(parse(b"true"), Ok(true));
        assert_eq!(parse(b"FALSE"), Ok(false));
        assert_eq!(parse(b"True"), Ok(true));
        for text in ["", "1", "0", "t", "yes", "true ", " false", "null"] {
            assert_eq!(parse(text.as_bytes()), Err(Invalid::Boolean), "{text:?}");
        }
    }
}
