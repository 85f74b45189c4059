//! Text, other scales and doubles to decimal(38, 18), the one type of every amount, quantity and price in the lake.
//!
//! A decimal is held in units of 10^-18 as an `i128`. A value that needs a 21st integer digit is an error, and so is an exact one
//! that needs a 19th fraction digit. The text of a binary fraction is approximate to begin with: it alone is rounded there, and
//! whoever reads it is told ([`Read`]).

use super::Invalid;

/// Fraction digits of every decimal of the lake.
pub const SCALE: u8 = 18;
/// Digits of every decimal of the lake, integer and fraction together.
pub const PRECISION: u8 = 38;

/// Powers of ten up to the greatest that 128 bits with a sign hold, which is also the bound of the type: a decimal is
/// below 10^38 units.
const POWERS: [i128; PRECISION as usize + 1] = {
    let mut powers = [1; PRECISION as usize + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// The powers that scale a short number, in one register each.
const SHORT_POWERS: [u64; SCALE as usize + 1] = {
    let mut powers = [1; SCALE as usize + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// The most significant digits that the shortest text of a double has.
const DOUBLE_DIGITS: usize = 17;

/// A decimal that was read, and whether it had to be rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Units of 10^-18.
    pub units: i128,
    /// Whether digits behind the 18th were rounded away, half away from zero.
    pub is_rounded: bool,
}

/// The first magnitude that no longer fits.
const LIMIT: i128 = POWERS[PRECISION as usize];

/// Reads a decimal in plain or exponent notation into units of 10^-18.
///
/// An optional sign, digits with at most one point among, before or behind them (`.5` and `5.` are numbers, `.` is
/// not), and an optional exponent. No spaces, separators, currency signs, infinities or digits of other scripts.
///
/// # Errors
/// [`Invalid::Decimal`] when it is not written so, or a narrower reason where that can be told; [`Invalid::TooLarge`] from
/// 10^20 on; [`Invalid::TooManyFractionDigits`] when a digit other than zero remains behind the 18th, the exponent applied.
pub fn parse(text: &[u8]) -> Result<i128, Invalid> {
    match read(text)? {
        Read { units, is_rounded: false } => Ok(units),
        Read { is_rounded: true, .. } => Err(Invalid::TooManyFractionDigits),
    }
}

/// Reads a decimal as [`parse`] does, and rounds at the 18th fraction digit, half away from zero, where the text may be that of a
/// double: one of at most 17 significant digits, such as `3.3333333333333335e-07`. A longer one is exact, and an error.
///
/// # Errors
/// As [`parse`].
pub fn read(text: &[u8]) -> Result<Read, Invalid> {
    let (negative, magnitude) = match text {
        [b'-', magnitude @ ..] => (true, magnitude),
        [b'+', magnitude @ ..] => (false, magnitude),
        magnitude => (false, magnitude),
    };
    let Read { units, is_rounded } = match short(magnitude) {
        Some(units) => Read { units, is_rounded: false },
        None => general(magnitude)?,
    };
    Ok(Read { units: if negative { -units } else { units }, is_rounded })
}

/// Plain notation with at most 19 digits, 18 of them behind the point: nearly every number there is. Anything else is
/// for [`general`] to read or refuse.
#[inline]
fn short(text: &[u8]) -> Option<i128> {
    if text.len() > 20 {
        return None;
    }
    let mut mantissa = 0_u64;
    let mut point = None;
    for (at, byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            // 20 digits may wrap here; they are turned away below.
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else if *byte == b'.' && point.is_none() {
            point = Some(at);
        } else {
            return None;
        }
    }
    let digits = text.len() - usize::from(point.is_some());
    let fraction = point.map_or(0, |point| text.len() - point - 1);
    if digits == 0 || digits > 19 {
        return None;
    }
    let power = *SHORT_POWERS.get(usize::from(SCALE).checked_sub(fraction)?)?;
    // Below 10^19 times 10^18: it fits, and the plain multiplication is one instruction.
    Some(i128::from(mantissa).wrapping_mul(i128::from(power)))
}

/// Any notation and any length.
fn general(text: &[u8]) -> Result<Read, Invalid> {
    let (number, exponent) = match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&text[..at], exponent(&text[at + 1..]).map_err(|_| reason(text))?),
        None => (text, 0),
    };
    let (integer, fraction) = match number.iter().position(|byte| *byte == b'.') {
        Some(at) => (&number[..at], &number[at + 1..]),
        None => (number, &[][..]),
    };
    let count = integer.len() + fraction.len();
    if count == 0 || !integer.iter().chain(fraction).all(u8::is_ascii_digit) {
        return Err(reason(text));
    }

    // The digits between the first and the last that is not zero decide what fits; zeros around them only shift.
    let zero = Read { units: 0, is_rounded: false };
    let digit = |at: usize| if at < integer.len() { integer[at] } else { fraction[at - integer.len()] };
    let Some(first) = (0..count).find(|at| digit(*at) != b'0') else { return Ok(zero) };
    let Some(last) = (first..count).rfind(|at| digit(*at) != b'0') else { return Ok(zero) };
    // The power of ten of a digit counts down from left to right.
    let power = |at: usize| exponent.saturating_add(length(integer)).saturating_sub(1).saturating_sub(position(at));
    if power(first) >= i64::from(PRECISION - SCALE) {
        return Err(Invalid::TooLarge);
    }
    let mantissa = |last: usize| (first..=last).fold(0_i128, |sum, at| sum * 10 + i128::from(digit(at) - b'0'));
    let shift = power(last).saturating_add(i64::from(SCALE));
    if let Ok(shift) = usize::try_from(shift) {
        // At most 38 digits, so nothing overflows.
        return Ok(Read { units: mantissa(last) * POWERS[shift], is_rounded: false });
    }
    if last - first >= DOUBLE_DIGITS {
        return Err(Invalid::TooManyFractionDigits);
    }
    // Of at most 17 digits so many are dropped; the first of them says whether the last that stays goes up.
    let dropped = usize::try_from(-shift).unwrap_or(usize::MAX);
    let units = match POWERS.get(dropped) {
        Some(power) => (mantissa(last) + power / 2) / power,
        None => 0,
    };
    Ok(Read { units, is_rounded: true })
}

/// Why a text that is no number may be none: the notations that spreadsheets and reports have for people.
fn reason(text: &[u8]) -> Invalid {
    if text.trim_ascii().len() < text.len() && parse(text.trim_ascii()).is_ok() {
        return Invalid::BlanksAround;
    }
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    // (12.50), 12.50- and a minus that is no hyphen.
    let unsigned = match text {
        [b'(', inner @ .., b')'] | [inner @ .., b'-'] | [0xE2, 0x88, 0x92, inner @ ..] => inner,
        _ => &[],
    };
    if is_number(unsigned) {
        return Invalid::NegativeNotation;
    }
    let is_sign = |byte: &u8| matches!(byte, b'$' | b'%' | 0x80..);
    let is_gap = |at: usize, byte: u8| byte == b' ' || (byte == b'\'' && at > 0);
    let plain: Vec<u8> =
        (0..text.len()).filter(|at| !is_sign(&text[*at]) && !is_gap(*at, text[*at])).map(|at| text[at]).collect();
    if plain.len() < text.len() && is_number(&plain) && plain.iter().any(u8::is_ascii_digit) {
        // A blank apart from a sign stands between thousands, as no-break spaces do.
        let has_sign = text.iter().any(|byte| matches!(byte, b'$' | b'%')) || has_currency(text);
        return if has_sign { Invalid::NumberWithSign } else { Invalid::ThousandsApart };
    }
    let parts: Vec<&[u8]> = text.split(|byte| *byte == b',').collect();
    let [first, groups @ .., last] = parts.as_slice() else { return Invalid::Decimal };
    let is_group = |part: &&[u8]| part.len() == 3 && part.iter().all(u8::is_ascii_digit);
    let last_group = last.split(|byte| *byte == b'.').next().unwrap_or_default();
    let is_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    if is_digits(first) && first.len() <= 3 && groups.iter().all(is_group) && is_group(&last_group) && is_number(last) {
        return Invalid::ThousandsApart;
    }
    if groups.is_empty() && is_number(first) && is_digits(last) {
        return Invalid::DecimalComma;
    }
    Invalid::Decimal
}

/// Whether a sign of a currency stands in the text.
fn has_currency(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).chars().any(|letter| matches!(letter, '\u{20a0}'..='\u{20cf}' | '\u{a2}'..='\u{a5}'))
}

/// The number behind the `e`. It saturates far beyond the length of any text, where its exact size no longer matters.
fn exponent(text: &[u8]) -> Result<i64, Invalid> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Invalid::Decimal);
    }
    let size = digits.iter().fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    Ok(if negative { -size } else { size })
}

fn length(text: &[u8]) -> i64 {
    position(text.len())
}

fn position(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

/// Changes `units` of 10^-`scale` into units of 10^-18, exactly. A negative scale counts whole powers of ten.
///
/// # Errors
/// [`Invalid::TooLarge`] and [`Invalid::TooManyFractionDigits`], as for text.
pub fn rescale(units: i128, scale: i8) -> Result<i128, Invalid> {
    if units == 0 {
        return Ok(0);
    }
    let shift = i16::from(SCALE) - i16::from(scale);
    let power = POWERS.get(usize::from(shift.unsigned_abs())).copied();
    let rescaled = if shift >= 0 {
        power.and_then(|power| units.checked_mul(power)).ok_or(Invalid::TooLarge)?
    } else {
        // No number of 128 bits but zero is a multiple of a greater power.
        let power = power.ok_or(Invalid::TooManyFractionDigits)?;
        if units % power != 0 {
            return Err(Invalid::TooManyFractionDigits);
        }
        units / power
    };
    if rescaled.unsigned_abs() < LIMIT.unsigned_abs() { Ok(rescaled) } else { Err(Invalid::TooLarge) }
}

/// Reads a double as the shortest decimal that means this double, the text its writer most likely had: 0.1 is 0.1
/// and not 0.1000000000000000055.
///
/// This is the only place where binary floating point appears: a file whose column is a double leaves no other way in.
/// It is printed, never computed with. Of two shortest texts equally near the one with the even digit is taken, as Python
/// and JavaScript print; it takes 16 digits to meet one.
///
/// # Errors
/// [`Invalid::Decimal`] for infinities and NaN; otherwise as [`read`].
pub fn from_double(value: f64) -> Result<Read, Invalid> {
    // The printer of `serde_json` is a tenth of the cost of the one of the standard library, writes the same shortest
    // digits, and `null` for what is not finite, which is no decimal either. 32 bytes hold every double.
    let mut text = [0; 32];
    let mut rest = &mut text[..];
    serde_json::to_writer(&mut rest, &value).map_err(|_| Invalid::Decimal)?;
    let unused = rest.len();
    read(&text[..text.len() - unused])
}

/// Appends `units` of 10^-18 in plain notation: no exponent, no trailing zeros or point, a zero before a point, and
/// zero is `0` without a sign. [`parse`] reads it back.
pub fn write(units: i128, out: &mut String) {
    if units < 0 {
        out.push('-');
    }
    let one = POWERS[usize::from(SCALE)].unsigned_abs();
    let (integer, fraction) = (units.unsigned_abs() / one, units.unsigned_abs() % one);
    // Digits are taken off numbers of 64 bits: division of 128 bits is a call, and ten times slower.
    let (high, low) = (integer / one, integer % one);
    let (high, low) = (u64::try_from(high).unwrap_or_default(), u64::try_from(low).unwrap_or_default());
    let mut digits = [b'0'; 2 * SCALE as usize];
    write_digits(low, &mut digits[usize::from(SCALE)..]);
    write_digits(high, &mut digits[..usize::from(SCALE)]);
    let first = digits.iter().position(|digit| *digit != b'0').unwrap_or(digits.len() - 1);
    push(&digits[first..], out);

    if fraction != 0 {
        let mut digits = [b'0'; SCALE as usize];
        write_digits(u64::try_from(fraction).unwrap_or_default(), &mut digits);
        let kept = digits.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
        out.push('.');
        push(&digits[..kept], out);
    }
}

/// Writes a number right-aligned over zeros.
fn write_digits(mut number: u64, zeros: &mut [u8]) {
    for digit in zeros.iter_mut().rev() {
        if number == 0 {
            return;
        }
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

fn push(digits: &[u8], out: &mut String) {
    out.push_str(std::str::from_utf8(digits).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ONE: i128 = 1_000_000_000_000_000_000;

    fn read(text: &str) -> Result<i128, Invalid> {
        parse(text.as_bytes())
    }

    fn rounded(text: &str) -> Result<(i128, bool), Invalid> {
        super::read(text.as_bytes()).map(|read| (read.units, read.is_rounded))
    }

    fn written(units: i128) -> String {
        let mut out = String::new();
        write(units, &mut out);
        out
    }

    #[test]
    fn plain_and_exponent_notation_are_read() {
        for (text, units) in [
            ("0", 0),
            ("-0.000", 0),
            ("1", ONE),
            ("+1.5", ONE + ONE / 2),
            (".5", ONE / 2),
            ("5.", 5 * ONE),
            ("-.25", -ONE / 4),
            ("007", 7 * ONE),
            ("1e3", 1000 * ONE),
            ("1.5E+3", 1500 * ONE),
            ("25e-2", ONE / 4),
            ("1e-18", 1),
            ("0.000000000000000001", 1),
            ("10e-19", 1),
            ("1.000000000000000000000000000", ONE),
            ("0.0000000000000000000010e3", 1),
        ] {
            assert_eq!(read(text), Ok(units), "{text}");
        }
    }

    #[test]
    fn the_greatest_decimal_fits_and_one_unit_more_does_not() {
        let greatest = LIMIT - 1;
        assert_eq!(read("99999999999999999999.999999999999999999"), Ok(greatest));
        assert_eq!(read("-99999999999999999999.999999999999999999"), Ok(-greatest));
        assert_eq!(read("99999999999999999999999999999999999999e-18"), Ok(greatest));
        assert_eq!(read("100000000000000000000"), Err(Invalid::TooLarge));
        assert_eq!(read("1e20"), Err(Invalid::TooLarge));
        assert_eq!(read("0.00001e25"), Err(Invalid::TooLarge));
        assert_eq!(read("0.00001e24"), Ok(ONE * 10_i128.pow(19)));
    }

    #[test]
    fn a_digit_behind_the_eighteenth_is_an_error_and_never_rounded() {
        assert_eq!(read("0.0000000000000000001"), Err(Invalid::TooManyFractionDigits));
        assert_eq!(read("0.9999999999999999999"), Err(Invalid::TooManyFractionDigits));
        assert_eq!(read("1e-19"), Err(Invalid::TooManyFractionDigits));
    }

    #[test]
    fn the_text_of_a_double_is_rounded_at_the_eighteenth_digit_and_says_so() {
        assert_eq!(rounded("3.3333333333333335e-07"), Ok((333_333_333_333, true)));
        assert_eq!(rounded("-3.3333333333333335E-7"), Ok((-333_333_333_333, true)));
        assert_eq!(rounded("0.0000000000000000015"), Ok((2, true)));
        assert_eq!(rounded("-0.0000000000000000005"), Ok((-1, true)));
        assert_eq!(rounded("4.9e-19"), Ok((0, true)));
        assert_eq!(rounded("1e-300"), Ok((0, true)));
        assert_eq!(rounded("0.30000000000000004"), Ok((300_000_000_000_000_040, false)));
        // Eighteen significant digits are more than a double has: such a number is exact.
        assert_eq!(rounded("0.0123456789012345678"), Err(Invalid::TooManyFractionDigits));
        assert_eq!(rounded("0.3333333333333333333333"), Err(Invalid::TooManyFractionDigits));
    }

    #[test]
    fn notations_for_people_are_refused_by_name() {
        for (texts, invalid) in [
            (&["1,234.50", "1,234", "12,345,678.9", "1 234.5", "1\u{a0}234", "1'234.5"][..], Invalid::ThousandsApart),
            (&["12,5", "1234,50", "0,1", "1.234,50"], Invalid::DecimalComma),
            (&["$1", "1%", "€ 12.50", "12.5 %", "£3"], Invalid::NumberWithSign),
            (&["(12.50)", "12.50-", "\u{2212}3"], Invalid::NegativeNotation),
            (&[" 1", "1 ", " -2.5 ", "1e3\t"], Invalid::BlanksAround),
            (&["1,23,456", "12,", "abc", "$", "1.2.3", "((1))", "'1", " x "], Invalid::Decimal),
        ] {
            for text in texts {
                assert_eq!(read(text), Err(invalid), "{text}");
            }
        }
    }

    #[test]
    fn absurd_exponents_neither_loop_nor_overflow() {
        for text in ["0e999999999999", "0e-999999999999", "0.0e99999999999999999999999999999999"] {
            assert_eq!(read(text), Ok(0), "{text}");
        }
        for text in ["1e999999999999", "1e99999999999999999999999999999999", "12.5e9223372036854775807"] {
            assert_eq!(read(text), Err(Invalid::TooLarge), "{text}");
        }
        for text in ["1e-999999999", "1e-99999999999999999999999999999999", "12.5e-9223372036854775808"] {
            assert_eq!(read(text), Err(Invalid::TooManyFractionDigits), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in [
            "",
            "-",
            "+",
            ".",
            "-.",
            "e",
            "e5",
            ".e5",
            "1e",
            "1e+",
            "1e1.5",
            "1e5e5",
            "1.2.3",
            "--1",
            "+-1",
            "1_000",
            "NaN",
            "inf",
            "Infinity",
            "-inf",
            "null",
            "0x1",
            "1f",
            "12345678901234567890123456789012345678901234567890x",
        ] {
            assert_eq!(read(text), Err(Invalid::Decimal), "{text:?}");
        }
    }

    #[test]
    fn other_scales_change_exactly_or_not_at_all() {
        assert_eq!(rescale(12345, 2), Ok(12345 * ONE / 100));
        assert_eq!(rescale(-7, 0), Ok(-7 * ONE));
        assert_eq!(rescale(7, -2), Ok(700 * ONE));
        assert_eq!(rescale(7, 18), Ok(7));
        assert_eq!(rescale(70, 19), Ok(7));
        assert_eq!(rescale(71, 19), Err(Invalid::TooManyFractionDigits));
        assert_eq!(rescale(1, 127), Err(Invalid::TooManyFractionDigits));
        assert_eq!(rescale(1, -128), Err(Invalid::TooLarge));
        assert_eq!(rescale(0, -128), Ok(0));
        assert_eq!(rescale(LIMIT - 1, 18), Ok(LIMIT - 1));
        assert_eq!(rescale(LIMIT, 18), Err(Invalid::TooLarge));
        assert_eq!(rescale(i128::MIN, 18), Err(Invalid::TooLarge));
        assert_eq!(rescale(i128::MIN, 0), Err(Invalid::TooLarge));
        assert_eq!(rescale(i128::MIN, 38), Err(Invalid::TooManyFractionDigits));
    }

    #[test]
    fn a_double_is_the_shortest_decimal_that_means_it() {
        let exactly = |units| Ok(Read { units, is_rounded: false });
        assert_eq!(from_double(0.1), exactly(ONE / 10));
        assert_eq!(from_double(-0.0), exactly(0));
        assert_eq!(from_double(65.953_851_740_678_53), super::read(b"65.95385174067853"));
        assert_eq!(from_double(1e19), exactly(ONE * 10_i128.pow(19)));
        assert_eq!(from_double(1e20), Err(Invalid::TooLarge));
        assert_eq!(from_double(1e-19), Ok(Read { units: 0, is_rounded: true }));
        assert_eq!(from_double(f64::MAX), Err(Invalid::TooLarge));
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(from_double(value), Err(Invalid::Decimal));
        }
    }

    #[test]
    fn writing_is_plain_and_without_trailing_zeros() {
        for (units, text) in [
            (0, "0"),
            (1, "0.000000000000000001"),
            (-ONE / 2, "-0.5"),
            (1200 * ONE, "1200"),
            (ONE + ONE / 100, "1.01"),
            (LIMIT - 1, "99999999999999999999.999999999999999999"),
        ] {
            assert_eq!(written(units), text);
        }
    }

    /// What a number should read as, by moving the point in its text and never computing with it.
    fn expected(digits: &str, point: usize, exponent: i64) -> Result<String, Invalid> {
        let mut integer = digits[..point].to_owned();
        let mut fraction = digits[point..].to_owned();
        for _ in 0..exponent {
            integer.push(if fraction.is_empty() { '0' } else { fraction.remove(0) });
        }
        for _ in exponent..0 {
            fraction.insert(0, integer.pop().unwrap_or('0'));
        }
        let integer = integer.trim_start_matches('0');
        let fraction = fraction.trim_end_matches('0');
        if integer.len() > 20 {
            return Err(Invalid::TooLarge);
        }
        if fraction.len() > 18 {
            return Err(Invalid::TooManyFractionDigits);
        }
        Ok(format!("{integer}{fraction:0<18}").trim_start_matches('0').to_owned())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_double_reads_as_a_shortest_text_that_means_it(bits in any::<u64>(), near in -1e19..1e19) {
            for value in [f64::from_bits(bits), near] {
                // The standard library breaks ties the other way, so its text may differ, but not in length.
                let standard = format!("{value:e}");
                match (from_double(value), super::read(standard.as_bytes())) {
                    (Ok(Read { units, is_rounded: false }), Ok(Read { units: other, is_rounded: false })) if units != other => {
                        let digits = |units: i128| units.to_string().trim_matches('0').len();
                        prop_assert_eq!(written(units).parse(), Ok(value));
                        prop_assert_eq!(digits(units), digits(other), "{}", standard);
                    }
                    // Rounded, the two may differ by a unit of the last place.
                    (Ok(Read { units, is_rounded: true }), Ok(Read { units: other, is_rounded: true })) => {
                        prop_assert!(units.abs_diff(other) <= 1, "{}", standard);
                    }
                    (read, standard) => prop_assert_eq!(read, standard),
                }
            }
        }

        #[test]
        fn reading_agrees_with_moving_the_point_in_the_text(
            negative: bool,
            digits in "[0-9]{1,45}|0{0,30}[0-9]{1,20}0{0,30}",
            cut in 0_usize..=75,
            exponent in prop::option::of(-60_i64..60),
        ) {
            let point = cut.min(digits.len());
            let sign = if negative { "-" } else { "" };
            let tail = exponent.map(|exponent| format!("e{exponent}")).unwrap_or_default();
            let text = format!("{sign}{}.{}{tail}", &digits[..point], &digits[point..]);
            let read = read(&text).map(|units| (units < 0, units.unsigned_abs().to_string()));
            let expected = expected(&digits, point, exponent.unwrap_or(0)).map(|units| match units.as_str() {
                "" => (false, "0".to_owned()),
                _ => (negative, units),
            });
            prop_assert_eq!(read, expected, "{}", text);
        }

        #[test]
        fn what_is_written_reads_back(units in (1 - LIMIT)..LIMIT, shift in 0_u32..38) {
            let units = units / 10_i128.pow(shift);
            let text = written(units);
            prop_assert_eq!(read(&text), Ok(units), "{}", text);
            prop_assert!(text != "-0" && !(text.contains('.') && text.ends_with('0')), "{}", text);
        }

        #[test]
        fn every_scale_agrees_with_the_text_of_its_number(units in any::<i128>(), scale in -40_i8..60) {
            prop_assert_eq!(rescale(units, scale), read(&format!("{units}e{}", -i16::from(scale))));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), text in "[-+.eE0-9]{0,50}") {
            let _ = parse(&bytes);
            let _ = read(&text);
        }

        #[test]
        fn every_128_bits_can_be_written(units in any::<i128>()) {
            prop_assert!(!written(units).is_empty());
        }
    }
}
