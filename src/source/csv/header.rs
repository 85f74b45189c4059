//! The first record: the names of the columns.

use super::{CsvError, Records};

/// The names of the columns in the order of the file: not empty, no two alike, otherwise as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    names: Vec<String>,
}

impl Header {
    /// The names, at least one.
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
        // One column, so that an empty line is a record, and as a header an error, instead of nothing.
        let mut records = Records::new(bytes, 1, 1);
        let record = records.next_record()?.ok_or(CsvError::Empty)?;
        let mut names: Vec<String> = Vec::with_capacity(record.len());
        for (at, field) in record.fields().enumerate() {
            let name = String::from_utf8(field.to_bytes().into_owned()).map_err(|_| CsvError::HeaderNotUtf8)?;
            if name.is_empty() {
                return Err(CsvError::UnnamedColumn { column: at + 1 });
            }
            if name.contains('\r') {
                return Err(CsvError::ReturnInHeader { column: at + 1 });
            }
            names.push(name);
        }
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(CsvError::RepeatedColumn { name: pair[0].clone() });
        }
        Ok((Self { names }, records.consumed(), records.line() - 1))
    }
}
