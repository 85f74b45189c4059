//! Text to boolean.

use super::Invalid;

/// What programs write for true and for false, in any mix of upper and lower case: `true`, Postgres' `t`, the `1` of MySQL and
/// SQL Server, the `Y` of Oracle, the `1.0` of programs that keep numbers with nulls as doubles.
const TRUE: [&[u8]; 6] = [b"true", b"t", b"1", b"1.0", b"y", b"yes"];
const FALSE: [&[u8]; 6] = [b"false", b"f", b"0", b"0.0", b"n", b"no"];

/// Reads one of the words of either list. Blanks and anything else are [`Invalid::Boolean`].
pub fn parse(text: &[u8]) -> Result<bool, Invalid> {
    let is_one_of = |words: [&[u8]; 6]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
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
        for text in ["true", "TRUE", "True", "t", "T", "1", "1.0", "y", "Yes"] {
            assert_eq!(parse(text.as_bytes()), Ok(true), "{text}");
        }
        for text in ["false", "False", "f", "F", "0", "0.0", "N", "no"] {
            assert_eq!(parse(text.as_bytes()), Ok(false), "{text}");
        }
    }

    #[test]
    fn other_words_are_no_booleans() {
        for text in ["", "2", "-1", "true ", " false", "null", "on", "ja", "1.5", "0.1", "tr"] {
            assert_eq!(parse(text.as_bytes()), Err(Invalid::Boolean), "{text:?}");
        }
    }
}
