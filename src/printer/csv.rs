//! Rows as CSV: RFC 4180, LF, UTF-8; null is an empty field, empty text is `""`.

use std::io::{self, Write};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;

use super::push_text;
use crate::error::Result;
use crate::settings::FormulaCells;

/// The line of column names.
///
/// # Errors
/// The writer's.
pub fn write_header(schema: &Schema, out: &mut impl Write) -> io::Result<()> {
    let mut line = String::new();
    for (place, field) in schema.fields().iter().enumerate() {
        push_mark(place, &mut line);
        push_cell(field.name(), &mut line);
    }
    line.push('\n');
    out.write_all(line.as_bytes())
}

/// A line for each row. The outer error is of the values, the inner one of the writer.
///
/// A text that a spreadsheet would run as a formula is written with a `'` before it, where that is asked for; amounts, days
/// and truths never are.
///
/// # Errors
/// Failed for a type that has no text.
pub fn write_rows(batch: &RecordBatch, formulas: FormulaCells, out: &mut impl Write) -> Result<io::Result<()>> {
    let is_escaped = |array: &ArrayRef| formulas == FormulaCells::Escape && array.data_type().is_string();
    let columns: Vec<_> = batch.columns().iter().map(|array| (array, is_escaped(array))).collect();
    let (mut lines, mut cell) = (String::new(), String::new());
    for row in 0..batch.num_rows() {
        for (place, (array, is_escaped)) in columns.iter().enumerate() {
            push_mark(place, &mut lines);
            cell.clear();
            if push_text(array, row, &mut cell)? {
                if *is_escaped && is_formula(&cell) {
                    cell.insert(0, '\'');
                }
                push_cell(&cell, &mut lines);
            }
        }
        lines.push('\n');
    }
    Ok(out.write_all(lines.as_bytes()))
}

fn push_mark(place: usize, line: &mut String) {
    if place > 0 {
        line.push(',');
    }
}

/// A cell that is not null, in quotes where it must be.
fn push_cell(text: &str, line: &mut String) {
    if text.is_empty() || text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        line.push('"');
        line.push_str(&text.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(text);
    }
}

/// Whether a spreadsheet would take a text for a formula.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A text as it was before [`write_rows`] made it harmless.
pub fn unescaped(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Decimal128Array, StringArray};

    use super::*;

    fn lines(formulas: FormulaCells) -> String {
        let texts =
            [Some("=1+1"), Some("+49"), Some("-x"), Some("@a"), Some("\tb"), Some("\rc"), Some("a=1"), Some(""), None];
        let amounts = Decimal128Array::from(vec![-1_i128; texts.len()]).with_precision_and_scale(38, 0).unwrap();
        let batch = RecordBatch::try_from_iter([
            ("text", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef),
            ("amount", Arc::new(amounts) as ArrayRef),
        ]);
        let mut out = Vec::new();
        write_rows(&batch.unwrap(), formulas, &mut out).unwrap().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_text_that_a_spreadsheet_would_run_is_made_harmless_and_an_amount_is_not_touched() {
        assert_eq!(
            lines(FormulaCells::Escape),
            "'=1+1,-1\n'+49,-1\n'-x,-1\n'@a,-1\n'\tb,-1\n\"'\rc\",-1\na=1,-1\n\"\",-1\n,-1\n"
        );
        assert_eq!(lines(FormulaCells::Keep).lines().next(), Some("=1+1,-1"));
        assert_eq!([unescaped("'=1+1"), unescaped("'a"), unescaped("=1")], ["=1+1", "'a", "=1"]);
    }
}
