//! What can be wrong with a CSV file as a whole.

use std::fmt;
use std::io;

/// Why a CSV file cannot be read further. Lines count from 1 and inside quotes too.
#[derive(Debug)]
pub enum CsvError {
    /// The reader failed.
    Read(io::Error),
    /// No header: no bytes at all, or only a byte order mark.
    Empty,
    /// The header is not UTF-8.
    HeaderNotUtf8,
    /// A column whose name holds a carriage return, perhaps one that was to end the line.
    ReturnInHeader {
        /// Its position, from 1.
        column: usize,
    },
    /// A column without a name.
    UnnamedColumn {
        /// Its position, from 1.
        column: usize,
    },
    /// Two columns of one name.
    RepeatedColumn {
        /// The name.
        name: String,
    },
    /// A quote inside a field that does not begin with one.
    QuoteInUnquotedField {
        /// Where the quote stands.
        line: u64,
    },
    /// Something other than a separator behind a closing quote.
    TextBehindQuote {
        /// Where the text stands.
        line: u64,
        /// Where the field was opened.
        opened: u64,
    },
    /// The file ends inside quotes.
    Unclosed {
        /// Where the field was opened.
        line: u64,
    },
    /// A record that does not end within the limit.
    RecordTooLong {
        /// Where it begins.
        line: u64,
        /// The most bytes a record may have.
        limit: usize,
    },
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot read: {error}"),
            Self::Empty => f.write_str("empty file, expected a header"),
            Self::HeaderNotUtf8 => f.write_str("line 1: expected a header in utf-8"),
            Self::ReturnInHeader { column } => {
                write!(f, "line 1: the name of column {column} holds a carriage return: lines end in LF or CRLF")
            }
            Self::UnnamedColumn { column } => write!(f, "line 1: column {column} has no name"),
            Self::RepeatedColumn { name } => write!(f, "line 1: two columns are named {name:?}"),
            Self::QuoteInUnquotedField { line } => write!(f, "line {line}: quote inside an unquoted field"),
            Self::TextBehindQuote { line, opened } => {
                write!(f, "line {line}: text behind the closing quote of a field opened in line {opened}")
            }
            Self::Unclosed { line } => write!(f, "quote opened in line {line} is never closed"),
            Self::RecordTooLong { line, limit } => {
                write!(f, "line {line}: record of more than {limit} bytes, perhaps a quote that is never closed")
            }
        }
    }
}

impl std::error::Error for CsvError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            _ => None,
        }
    }
}
