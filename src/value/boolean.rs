//! Text to boolean.

use super::Invalid;

/// What programs write for true and for false, in any mix of upper and lower case: `true`, Postgres' `t`, the `1` of MySQL and
/// SQL Server, the `Y` of Oracle.
const TRUE: [&[u8]; 5] = [b"true", b"t", b"1", b"y", b"yes"];
const FALSE: [&[u8]; 5] = [b"false", b"f", b"0", b"n", b"no"];

/// Reads one of the words of either list. Blanks and anything else are [`Invalid::Boolean`].
pub fn parse(text: &[u8]) -> Result<bool, Invalid> {
    let is_one_of = |words: [&[u8]; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(TRUE) {
        Ok(true)
    } else if is_one_of(FALSE) {
        Ok(false)
    } else {
        Err(Invalid::Boolean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spellings_of_databases_are_read() {
        for text in ["true", "TRUE", "True", "t", "T", "1", "y", "Yes"] {
            assert_eq!(parse(text.as_bytes()), Ok(true), "{text}");
        }
        for text in ["false", "False", "f", "F", "0", "N", "no"] {
            assert_eq!(parse(text.as_bytes()), Ok(false), "{text}");
        }
    }

    #[test]
    fn other_words_are_no_booleans() {
        for text in ["", "2", "-1", "true ", " false", "null", "on", "ja", "1.0", "tr"] {
            assert_eq!(parse(text.as_bytes()), Err(Invalid::Boolean), "{text:?}");
        }
    }
}
