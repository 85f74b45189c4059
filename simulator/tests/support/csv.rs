//! CSV files read back by a reader that knows nothing of the account.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A row by column.
pub type Row = HashMap<String, String>;

/// Every file below a folder, in order of names.
pub fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The rows of a CSV text by the names in its first line.
pub fn parse(text: &str) -> Vec<Row> {
    let mut records: Vec<Vec<String>> = vec![vec![String::new()]];
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let record = records.last_mut().unwrap();
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                record.last_mut().unwrap().push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(String::new()),
            '\r' if !quoted => {}
            '\n' if !quoted => records.push(vec![String::new()]),
            letter => record.last_mut().unwrap().push(letter),
        }
    }
    records.retain(|record| record.len() > 1);
    let head = records.remove(0);
    records
        .into_iter()
        .map(|record| {
            assert_eq!(record.len(), head.len());
            head.iter().cloned().zip(record).collect()
        })
        .collect()
}

/// A plain decimal in units of 10^-20.
pub fn decimal(text: &str) -> i128 {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    sign * format!("{whole}{fraction:0<20}").parse::<i128>().unwrap()
}

/// The inverse of [`decimal`].
pub fn plain(units: i128) -> String {
    let digits = format!("{:021}", units.unsigned_abs());
    let (whole, fraction) = digits.split_at(digits.len() - 20);
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{whole}.{fraction}").trim_end_matches('0').trim_end_matches('.').to_owned()
}
