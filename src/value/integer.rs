//! Text to integer.

use super::{Invalid, decimal};

/// Reads an optional sign, `+` or `-` as for decimals, and ASCII digits, as a 64 bit integer; also the notations of decimals
/// where the number is whole, such as the `30.0` of programs that keep integers as doubles.
///
/// A fraction other than zero, a space or no digit at all is [`Invalid::Integer`]; digits that do not fit are
/// [`Invalid::IntegerTooLarge`]. Leading zeros are digits like others.
pub fn parse(text: &[u8]) -> Result<i64, Invalid> {
    digits(text).or_else(|invalid| match (invalid, decimal::parse(text)) {
        (Invalid::Integer, Ok(units)) => of_decimal(units),
        _ => Err(invalid),
    })
}

/// The integer that a decimal, in units of 10^-18, is.
///
/// # Errors
/// [`Invalid::Integer`] where it has a fraction, [`Invalid::IntegerTooLarge`] outside 64 bits.
pub fn of_decimal(units: i128) -> Result<i64, Invalid> {
    let one = 10_i128.pow(u32::from(decimal::SCALE));
    if units % one != 0 {
        return Err(Invalid::Integer);
    }
    i64::try_from(units / one).map_err(|_| Invalid::IntegerTooLarge)
}

fn digits(text: &[u8]) -> Result<i64, Invalid> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Invalid::Integer);
    }
    // Counted downwards: the negative side of the range is the longer one.
    let mut value = 0_i64;
    for digit in digits {
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_sub(i64::from(digit - b'0')))
            .ok_or(Invalid::IntegerTooLarge)?;
    }
    if negative { Ok(value) } else { value.checked_neg().ok_or(Invalid::IntegerTooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_ends_of_the_range_fit_and_one_more_does_not() {
        assert_eq!(parse(b"9223372036854775807"), Ok(i64::MAX));
        assert_eq!(parse(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(parse(b"9223372036854775808"), Err(Invalid::IntegerTooLarge));
        assert_eq!(parse(b"-9223372036854775809"), Err(Invalid::IntegerTooLarge));
        assert_eq!(parse(b"+0007"), Ok(7));
        assert_eq!(parse(b"-0"), Ok(0));
    }

    #[test]
    fn a_whole_number_may_be_written_as_a_decimal() {
        for (text, number) in
            [("30.0", 30), ("-7.000", -7), ("1e3", 1000), ("5.", 5), ("9223372036854775807.0", i64::MAX)]
        {
            assert_eq!(parse(text.as_bytes()), Ok(number), "{text}");
        }
        assert_eq!(parse(b"1e19"), Err(Invalid::IntegerTooLarge));
    }

    #[test]
    fn anything_but_a_whole_number_is_refused() {
        for text in ["", "-", "+", "1.5", "1e-3", " 1", "1 ", "1_000", "1,000", "--1", "0x10", "٣"] {
            assert_eq!(parse(text.as_bytes()), Err(Invalid::Integer), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_integer_reads_back(value in any::<i64>()) {
            prop_assert_eq!(parse(value.to_string().as_bytes()), Ok(value));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = parse(&bytes);
        }
    }
}
