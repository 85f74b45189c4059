//! The first record: the names of the columns.

use super::{CsvError, Records};

/// The names of the columns in the order of the file, no two alike; blanks around a name are not part of it. Columns may have no
/// name: the row numbers that some programs write first, or what a comma at the end of each line makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    names: Vec<String>,
}

impl Header {
    /// The names, at least one of them not empty.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.names.len()
    }

    /// The position of a column, from 0. Names are compared exactly.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    /// Reads the header at the start of `bytes`, which hold a whole record; with it, its length in bytes and lines.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize, u64), CsvError> {
        if let Some(error) = other_text(bytes) {
            return Err(error);
        }
        // One column, so that an empty line is a record, and as a header an error, instead of nothing.
        let mut records = Records::new(bytes, 1, 1);
        let record = records.next_record().map_err(|error| other_separator(bytes).unwrap_or(error))?;
        let record = record.ok_or(CsvError::Empty)?;
        let mut names: Vec<String> = Vec::with_capacity(record.len());
        for (at, field) in record.fields().enumerate() {
            let name = String::from_utf8(field.to_bytes().into_owned()).map_err(|_| CsvError::HeaderNotUtf8)?;
            let name = name.trim();
            if name.contains('\r') {
                return Err(CsvError::ReturnInHeader { column: at + 1 });
            }
            names.push(name.to_owned());
        }
        if names[0].to_lowercase().starts_with("sep=") && names[1..].iter().all(String::is_empty) {
            return Err(CsvError::SeparatorLine);
        }
        if let (1, Some(error)) = (names.len(), other_separator(bytes)) {
            return Err(error);
        }
        if names.iter().all(String::is_empty) {
            return Err(CsvError::NoNames);
        }
        let mut sorted: Vec<&String> = names.iter().filter(|name| !name.is_empty()).collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(CsvError::RepeatedColumn { name: pair[0].clone() });
        }
        Ok((Self { names }, records.consumed(), records.line() - 1))
    }
}

/// What a file is that is no CSV with commas in UTF-8, by its first bytes.
pub(super) fn other_format(bytes: &[u8]) -> Option<CsvError> {
    other_text(bytes).or_else(|| other_separator(bytes))
}

fn other_text(bytes: &[u8]) -> Option<CsvError> {
    const FORMATS: [(&[u8], &str); 8] = [
        (b"PK\x03\x04", "a zip archive or a workbook"),
        (b"PAR1", "Parquet"),
        (b"Obj\x01", "Avro"),
        (b"\x1f\x8b", "gzip"),
        (b"\x28\xb5\x2f\xfd", "Zstandard"),
        (b"BZh", "bzip2"),
        (b"\xd0\xcf\x11\xe0", "an old workbook"),
        (b"%PDF", "PDF"),
    ];
    if let Some((_, what)) = FORMATS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(CsvError::NotText { what });
    }
    // A byte order mark, or the zeros beside each letter.
    let is_utf_16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if is_utf_16 || bytes.iter().take(64).any(|byte| *byte == 0) {
        return Some(CsvError::Utf16);
    }
    match bytes.trim_ascii_start().first() {
        Some(b'{' | b'[') => Some(CsvError::NotText { what: "JSON" }),
        Some(b'<') => Some(CsvError::NotText { what: "HTML or XML" }),
        _ => None,
    }
}

/// What separates the columns of a first line that has no comma.
fn other_separator(bytes: &[u8]) -> Option<CsvError> {
    let line = bytes.split(|byte| *byte == b'\n').next()?;
    if line.contains(&b',') {
        return None;
    }
    let separator =
        [';', '\t', '|', '\u{1}', '^', '~'].into_iter().find(|separator| line.contains(&(*separator as u8)))?;
    Some(CsvError::OtherSeparator { separator })
}
