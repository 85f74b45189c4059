//! Amounts of memory as people write them.

use crate::error::Result;
use crate::settings::given::Given;

const UNITS: [(&str, usize); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Below this no query of any use runs, and the number is a slip in the unit.
pub(crate) const LEAST_FOR_QUERIES: usize = 16 << 20;

/// The bytes in `512MiB`: a whole number and KiB, MiB or GiB, a space between them at will. `least` is in whole MiB.
pub(crate) fn parse(given: &Given<String>, least: usize) -> Result<usize> {
    let text = given.value.trim();
    let refusal = || {
        let expected = format!("a whole number of KiB, MiB or GiB, {}MiB or more", least >> 20);
        given.by.refuse(text, &expected).hint("such as `512MiB`")
    };
    let (digits, unit) = text.split_at(text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len()));
    let unit = unit.trim_start();
    let factor = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor);
    let bytes = digits.parse::<usize>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    bytes.filter(|bytes| *bytes >= least).ok_or_else(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::given::GivenBy;

    fn bytes(text: &str) -> Result<usize> {
        parse(&Given::new(text.to_owned(), GivenBy::Flag("memory".to_owned())), LEAST_FOR_QUERIES)
    }

    #[test]
    fn sizes_are_counted_in_powers_of_two() {
        assert_eq!(bytes("512MiB"), Ok(536_870_912));
        assert_eq!(bytes("2 GiB"), Ok(2_147_483_648));
        assert_eq!(bytes("65536kib"), Ok(67_108_864));
    }

    #[test]
    fn sizes_without_a_unit_of_another_unit_or_out_of_range_are_refused() {
        for text in
            ["512", "512MB", "MiB", "1.5GiB", "-1GiB", "1MiB", "0GiB", "99999999999999999999GiB", "17179869184GiB"]
        {
            let error = bytes(text).expect_err(text);
            assert_eq!(error.hint_text(), Some("such as `512MiB`"));
        }
    }
}
