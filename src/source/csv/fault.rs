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
    /// Text in UTF-16, as spreadsheets write "Unicode text".
    Utf16,
    /// The bytes begin as those of another format.
    NotText {
        /// What they are.
        what: &'static str,
    },
    /// Columns are separated by something else than commas.
    OtherSeparator {
        /// By what.
        separator: char,
    },
    /// The first line is not the header but says to a spreadsheet what separates columns.
    SeparatorLine,
    /// A column whose name holds a carriage return, perhaps one that was to end the line.
    ReturnInHeader {
        /// Its position, from 1.
        column: usize,
    },
    /// No column has a name.
    NoNames,
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
    /// A quote behind a backslash, where the rules want two quotes for one.
    EscapedQuote {
        /// Where the quote stands.
        line: u64,
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

impl CsvError {
    /// What whoever delivers the file can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::HeaderNotUtf8 | Self::Utf16 => {
                "export it again as CSV in UTF-8 (a spreadsheet calls it \"CSV UTF-8\"); nothing of it was taken"
            }
            Self::NotText { .. } => {
                "deliver it as .csv, .csv.gz, .csv.zst or .parquet, with the ending that says which; nothing of it was taken"
            }
            Self::OtherSeparator { .. } | Self::SeparatorLine => {
                "export it again with commas between columns, points in decimals and the header as the first line; nothing of \
                 it was taken"
            }
            Self::ReturnInHeader { .. } => {
                "export it again with lines that end in LF or CRLF, and not in a carriage return alone; nothing of it was taken"
            }
            Self::RepeatedColumn { .. } | Self::NoNames => {
                "the first line has to name the columns, each of them once: is the header missing? nothing of it was taken"
            }
            Self::QuoteInUnquotedField { .. } | Self::TextBehindQuote { .. } => {
                "export it again by the rules of RFC 4180: quotes around the whole of a field that holds commas, quotes or line \
                 ends, and each quote inside it doubled; or deliver it again, if it was cut off; nothing of it was taken"
            }
            Self::EscapedQuote { .. } => {
                "export it again by the rules of RFC 4180, in which a quote inside quotes is doubled; nothing of it was taken"
            }
            _ => "the file may be cut off or still arriving: deliver it again; nothing of it was taken",
        }
    }
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "cannot read: {error}"),
            Self::Empty => f.write_str("empty file, expected a header"),
            Self::HeaderNotUtf8 => f.write_str("line 1: expected a header in UTF-8"),
            Self::Utf16 => f.write_str("the text is UTF-16, expected UTF-8"),
            Self::NotText { what } => write!(f, "this is {what}, expected CSV"),
            Self::OtherSeparator { separator } => {
                let name = match separator {
                    ';' => "semicolons",
                    '\t' => "tabs",
                    '|' => "bars",
                    '^' => "carets",
                    '~' => "tildes",
                    _ => "control characters",
                };
                write!(f, "line 1: columns are separated by {name}, expected commas")
            }
            Self::SeparatorLine => f.write_str("line 1: `sep=` is a word to a spreadsheet, expected the header"),
            Self::ReturnInHeader { column } => {
                write!(f, "line 1: the name of column {column} holds a carriage return: lines end in LF or CRLF")
            }
            Self::NoNames => f.write_str("line 1: no column has a name, expected a header"),
            Self::RepeatedColumn { name } => write!(f, "line 1: two columns are named {name:?}"),
            Self::QuoteInUnquotedField { line } => write!(f, "line {line}: quote inside an unquoted field"),
            Self::TextBehindQuote { line, opened } => {
                write!(f, "line {line}: text behind the closing quote of a field opened in line {opened}")
            }
            Self::EscapedQuote { line } => {
                write!(f, "line {line}: a quote is escaped by a backslash, expected it doubled: \"\"")
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
