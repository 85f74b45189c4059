//! Values as every source writes them: text in, one exact machine value out, or a reason.
//!
//! Each kind of value has one reader here, so that an amount means the same whether it came from a CSV field, a JSON
//! page or a Parquet column. These modules know nothing of files, tables or Arrow, and they never trim or guess: what
//! cannot be represented is [`Invalid`], and where it stood is for the caller to say. Two things are brought to what the
//! lake holds, by one rule each: the text of a binary fraction ([`decimal::read`], which says when it rounded) and a clock
//! finer than microseconds ([`timestamp::parse`]).

pub mod boolean;
pub mod decimal;
pub mod filters;
pub mod integer;
pub mod json;
pub mod names;
pub mod timestamp;

use std::fmt;

/// Why a text is not a value of its kind. It does not hold the text: the caller has it, and knows where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// Bytes that are not UTF-8.
    Utf8,
    /// A JSON value that is no string where text belongs.
    Text,
    /// An identifier with blanks around it, or with quotes around it, control characters or blanks that nobody sees in it.
    Identifier,
    /// An identifier that a program has turned into a number such as `1.23457E+11` or `42.0`.
    NumberedIdentifier,
    /// An identifier as Python shows bytes: `b'c1'`.
    BytesOfPython,
    /// A number as spreadsheets show long ones, with six digits: `1.23457E+11`.
    SixDigits,
    /// A word such as NULL or NaN in the place of nothing.
    NullWord,
    /// Neither `true` nor `false`, nor another common spelling of the two.
    Boolean,
    /// Not an optional sign and digits.
    Integer,
    /// An integer outside 64 bits.
    IntegerTooLarge,
    /// Not a number in plain or exponent notation.
    Decimal,
    /// A number with a digit other than zero behind the 18th fraction digit.
    TooManyFractionDigits,
    /// A number with more than 20 integer digits.
    TooLarge,
    /// A number with thousands apart, such as `1,234.50`.
    ThousandsApart,
    /// A number with a decimal comma, such as `12,5`.
    DecimalComma,
    /// A number with a sign of a currency or a per cent sign.
    NumberWithSign,
    /// A number below zero in another notation than `-12.5`.
    NegativeNotation,
    /// A number with blanks before or behind it.
    BlanksAround,
    /// Not written as a date or a date and time.
    Timestamp,
    /// A date that begins with its day or month, such as `31/01/2024`.
    DayFirst,
    /// A bare number: seconds or milliseconds since 1970, or days since 1900.
    ClockNumber,
    /// Written as a timestamp, but no such day, time or offset exists.
    Calendar,
    /// Before the year 1 or after the year 9999, in UTC.
    TimestampRange,
    /// Neither JSON nor a map literal.
    Json,
    /// JSON nested deeper than [`json::DEPTH`].
    JsonDepth,
    /// A map literal with a part that has no `=`.
    MapPart,
    /// A map literal with an empty key, or a key that holds a quote or a bracket.
    MapKey,
    /// A map literal that names a key twice.
    MapKeyRepeated,
    /// A map literal whose brackets do not match.
    MapBrackets,
    /// A map literal in which a key or a value begins with an apostrophe.
    MapApostrophe,
    /// A number of single precision, which keeps seven digits.
    SinglePrecision,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "expected text in UTF-8",
            Self::Text => "expected text",
            Self::Identifier => "expected an identifier without blanks or quotes around it, control characters or blanks that nobody sees",
            Self::NumberedIdentifier => {
                "a spreadsheet or another program has turned the identifier into a number and may have lost its last digits: \
                 export it again as text"
            }
            Self::BytesOfPython => "Python shows bytes as b'…': decode the column before it is written",
            Self::SixDigits => {
                "a spreadsheet shows a long number by six digits: export it again with all of them, such as 123456789012.5"
            }
            Self::NullWord => "found a word in the place of null: leave the field empty, or write \\N without quotes",
            Self::Boolean => "expected true or false",
            Self::Integer => "expected an integer",
            Self::IntegerTooLarge => "expected an integer of at most 64 bits",
            Self::Decimal => "expected a decimal",
            Self::TooManyFractionDigits => "expected a decimal with at most 18 fraction digits",
            Self::TooLarge => "expected a decimal with at most 20 integer digits",
            Self::ThousandsApart => "expected a decimal without separators between thousands, such as 1234.5",
            Self::DecimalComma => "expected a decimal with a point and not a comma, such as 12.5",
            Self::NumberWithSign => "expected a decimal without the sign of a currency or a per cent sign, such as 12.5",
            Self::NegativeNotation => "expected a decimal with a hyphen before it where it is below zero, such as -12.5",
            Self::BlanksAround => "expected a number without blanks around it",
            Self::Timestamp => "expected a timestamp like 2024-01-31 23:59:59.999 UTC",
            Self::DayFirst => "expected the year first, like 2024-01-31: which number is the day and which the month is not told",
            Self::ClockNumber => {
                "expected a timestamp like 2024-01-31 23:59:59.999 UTC, found a bare number: what it counts, and since when, \
                 is not told"
            }
            Self::Calendar => "expected a timestamp that exists in the calendar",
            Self::TimestampRange => "expected a timestamp in the years 0001 to 9999",
            Self::Json => "expected JSON or a map like {key=value, key=value}",
            Self::JsonDepth => "expected JSON nested at most 64 deep",
            Self::MapPart => "expected every part of the map to be key=value",
            Self::MapKey => "expected map keys that are not empty and hold no quote or bracket",
            Self::MapKeyRepeated => "expected every key of the map once",
            Self::MapBrackets => "expected a map with matching brackets",
            Self::MapApostrophe => {
                "expected a map without apostrophes around keys and values, which may be quotes or part of them: write it as JSON"
            }
            Self::SinglePrecision => {
                "a number of single precision keeps seven digits and has lost the others: write it as a decimal or a double"
            }
        })
    }
}

impl std::error::Error for Invalid {}
