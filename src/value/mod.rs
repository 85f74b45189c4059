//! Values as every source writes them: text in, one exact machine value out, or a reason.
//!
//! Each kind of value has one reader here, so that an amount means the same whether it came from a CSV field, a JSON
//! page or a Parquet column. These modules know nothing of files, tables or Arrow, and they never round, trim or guess:
//! what cannot be represented exactly is [`Invalid`], and where it stood is for the caller to say.

pub mod boolean;
pub mod decimal;
pub mod integer;
pub mod json;
pub mod timestamp;

use std::fmt;

/// Why a text is not a value of its kind. It does not hold the text: the caller has it, and knows where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// Bytes that are not UTF-8.
    Utf8,
    /// A JSON value that is no string where text belongs.
    Text,
    /// An identifier with blanks around it or control characters in it.
    Identifier,
    /// Neither `true` nor `false`.
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
    /// Not written as a date or a date and time.
    Timestamp,
    /// Written as a timestamp, but no such day, time or offset exists.
    Calendar,
    /// A fraction of a second that whole microseconds cannot hold.
    FinerThanMicroseconds,
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
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "expected text in UTF-8",
            Self::Text => "expected text",
            Self::Identifier => "expected an identifier without blanks around it or control characters",
            Self::Boolean => "expected true or false",
            Self::Integer => "expected an integer",
            Self::IntegerTooLarge => "expected an integer of at most 64 bits",
            Self::Decimal => "expected a decimal",
            Self::TooManyFractionDigits => "expected a decimal with at most 18 fraction digits",
            Self::TooLarge => "expected a decimal with at most 20 integer digits",
            Self::Timestamp => "expected a timestamp like 2024-01-31 23:59:59.999 UTC",
            Self::Calendar => "expected a timestamp that exists in the calendar",
            Self::FinerThanMicroseconds => "expected a timestamp in whole microseconds",
            Self::TimestampRange => "expected a timestamp in the years 0001 to 9999",
            Self::Json => "expected JSON or a map like {key=value, key=value}",
            Self::JsonDepth => "expected JSON nested at most 64 deep",
            Self::MapPart => "expected every part of the map to be key=value",
            Self::MapKey => "expected map keys that are not empty and hold no quote or bracket",
            Self::MapKeyRepeated => "expected every key of the map once",
            Self::MapBrackets => "expected a map with matching brackets",
        })
    }
}

impl std::error::Error for Invalid {}
