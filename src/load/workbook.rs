//! The workbook: the reports as sheets of one file that finance opens, behind a cover that says what they are of.
//!
//! What a spreadsheet can do: filters, frozen headers, a note on each column, totals by formulas that can be followed. A cell holds a
//! double, and shows an amount in the digits of its currency; the exact ones are in the CSV beside it, and the cover says so. Sheets are
//! streamed through temporary files. The same published run makes the same bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchReader};
use arrow::datatypes::{DataType, Date32Type, SchemaRef, TimeUnit, TimestampMicrosecondType};
use iso_currency::Currency;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Formula, Note, Workbook, Worksheet, XlsxError};

use super::{Artifact, Manifest, Published, file_name, sha256_of};
use crate::error::{Error, Result};
use crate::model::{Header, HeaderColumn};
use crate::place::parquet::{damaged, read};
use crate::printer::{counted, push_text};
use crate::run::ReportRecord;

/// Its name among the artifacts.
pub const WORKBOOK: &str = "close_pack.xlsx";
/// A report with more rows is in its CSV alone.
const MOST_ROWS: u64 = 50_000;
/// Characters of a cell, at most.
const MOST_CHARACTERS: usize = 32_767;

/// Writes it.
///
/// # Errors
/// Damaged (exit 5) when a file cannot be read; failed when it cannot be written.
pub fn write(path: &Path, manifest: &Manifest, pages: &[Published<'_>]) -> Result<Artifact> {
    let failed = |error: XlsxError| Error::failed(format!("cannot write {}: {error}", path.display()));
    let mut workbook = Workbook::new();
    let began = ExcelDateTime::parse_from_str(manifest.started_at.get(..19).unwrap_or_default());
    let began = began.or_else(|_| ExcelDateTime::from_ymd(2000, 1, 1)).map_err(failed)?;
    workbook.set_properties(&DocProperties::new().set_title("Close pack").set_creation_datetime(&began));
    workbook.add_worksheet().set_name("cover").map_err(failed)?;
    let formats = Formats::new();
    let mut told = Vec::new();
    for page in pages {
        let sheet = if page.rows > MOST_ROWS {
            None
        } else {
            let name = free_name(page.name, &told);
            let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
            sheet.set_name(&name).map_err(failed)?;
            let (totals, states) = fill(sheet, page, &formats, path)?;
            Some(Filled { name, totals, states })
        };
        told.push((page, sheet));
    }
    cover(workbook.worksheet_from_index(0).map_err(failed)?, manifest, &told, &formats).map_err(failed)?;
    workbook.save(path).map_err(failed)?;
    let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    file.sync_all().map_err(|source| Error::io("sync", path, source))?;
    let size_bytes = file.metadata().map_err(|source| Error::io("read", path, source))?.len();
    let sha256 = sha256_of(path).map_err(|source| Error::io("read", path, source))?;
    let rows = pages.iter().map(|page| page.rows).sum();
    Ok(Artifact { rows, size_bytes, sha256, lake_files: Vec::new(), made_from: ReportRecord::default() })
}

/// A sheet that was written.
struct Filled {
    name: String,
    totals: Vec<Total>,
    states: Vec<State>,
}

/// How many exceptions do the same and are in the same state.
struct State {
    severity: String,
    status: String,
    count: u64,
    formula: String,
}

/// The sum of a column in one currency.
struct Total {
    column: String,
    currency: Option<String>,
    formula: String,
    /// In units of the 18th place; none where it is too large to be told.
    amount: Option<i128>,
}

struct Formats {
    bold: Format,
    date: Format,
    instant: Format,
    /// Amounts by the digits of their currency.
    amounts: [Format; 5],
}

impl Formats {
    fn new() -> Self {
        let amount = |digits: usize| match digits {
            0 => Format::new().set_num_format("#,##0"),
            digits => Format::new().set_num_format(format!("#,##0.{}", "0".repeat(digits))),
        };
        Self {
            bold: Format::new().set_bold(),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            instant: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            amounts: std::array::from_fn(amount),
        }
    }

    /// Of an amount; none where it is no currency's.
    fn of(&self, currency: &str) -> Option<&Format> {
        self.amounts.get(usize::from(Currency::from_code(currency)?.exponent()?))
    }
}

/// A name for a sheet, of at most 31 characters, that none before has.
fn free_name(name: &str, before: &[(&Published<'_>, Option<Filled>)]) -> String {
    let is_taken = |name: &str| before.iter().any(|(_, sheet)| sheet.as_ref().is_some_and(|sheet| sheet.name == name));
    let short: String = name.chars().take(31).collect();
    let numbered = (2..).map(|number| format!("{}~{number}", name.chars().take(27).collect::<String>()));
    std::iter::once(short).chain(numbered).find(|name| !is_taken(name)).unwrap_or_default()
}

/// Writes the rows of a report, and tells what its amounts come to and, of exceptions, how they stand.
fn fill(
    sheet: &mut Worksheet,
    page: &Published<'_>,
    formats: &Formats,
    path: &Path,
) -> Result<(Vec<Total>, Vec<State>)> {
    let failed = |error: XlsxError| Error::failed(format!("cannot write {}: {error}", path.display()));
    let (mut totals, mut states) = (BTreeMap::new(), BTreeMap::new());
    let (mut row, mut schema) = (0, None);
    for file in &page.files {
        let batches = read(file, None)?;
        if schema.is_none() {
            schema = Some(batches.schema());
        }
        for batch in batches {
            let batch = batch.map_err(|error| damaged(file, &error))?;
            if row == 0 {
                head(sheet, &batch.schema(), Some(&batch), page, formats).map_err(failed)?;
            }
            let cells = Cells::of(&batch, page.header, formats);
            count_states(&batch, &mut states);
            for at in 0..batch.num_rows() {
                row += 1;
                cells.write(sheet, row, at, &mut totals)?.map_err(failed)?;
            }
        }
    }
    let Some(schema) = schema else { return Ok((Vec::new(), Vec::new())) };
    if row == 0 {
        head(sheet, &schema, None, page, formats).map_err(failed)?;
    }
    let last = u16::try_from(schema.fields().len()).unwrap_or(u16::MAX).saturating_sub(1);
    sheet.autofilter(0, 0, row, last).map_err(failed)?;
    let column_of = |name: &str| schema.fields().iter().position(|field| field.name() == name);
    let quoted = sheet.name().replace('\'', "''");
    let range = |column: usize| {
        let letters = letters(column);
        format!("'{quoted}'!${letters}$2:${letters}${}", row + 1)
    };
    let total = |((column, currency), amount): ((usize, Option<String>), Option<i128>)| {
        let criterion = currency.as_ref().map_or("=".to_owned(), |currency| currency.replace('"', "\"\""));
        let currencies = range(column_of("currency").unwrap_or_default());
        let formula = format!("SUMIFS({},{currencies},\"{criterion}\")", range(column));
        Total { column: schema.field(column).name().clone(), currency, formula, amount }
    };
    let state = |((severity, status), count): ((String, String), u64)| {
        let of = |name: &str| range(column_of(name).unwrap_or_default());
        let formula = format!("COUNTIFS({},\"{severity}\",{},\"{status}\")", of("severity"), of("status"));
        State { severity, status, count, formula }
    };
    Ok((totals.into_iter().map(total).collect(), states.into_iter().map(state).collect()))
}

/// Counts exceptions by what they do and how they stand; rows of other reports have no such columns.
fn count_states(batch: &RecordBatch, states: &mut BTreeMap<(String, String), u64>) {
    let texts = |name: &str| batch.column_by_name(name).and_then(|array| array.as_string_opt::<i32>());
    let (Some(severities), Some(statuses)) = (texts("severity"), texts("status")) else { return };
    for (severity, status) in severities.iter().zip(statuses) {
        let key = (severity.unwrap_or_default().to_owned(), status.unwrap_or_default().to_owned());
        *states.entry(key).or_default() += 1;
    }
}

/// The line of column names, with a note on each, and how wide the columns are.
fn head(
    sheet: &mut Worksheet,
    schema: &SchemaRef,
    batch: Option<&RecordBatch>,
    page: &Published<'_>,
    formats: &Formats,
) -> std::result::Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    for (place, field) in (0..).zip(schema.fields()) {
        let longest = batch.map_or(0, |batch| longest(batch.column(usize::from(place))));
        sheet.set_column_width(place, (field.name().len() + 4).max(longest + 1).clamp(10, 40) as f64)?;
        sheet.write_string_with_format(0, place, field.name(), &formats.bold)?;
        if let Some(column) = declared(page.header, field.name()) {
            let unit = column.unit.as_ref().map_or(String::new(), |unit| format!(" [{unit}]"));
            sheet.insert_note(0, place, &Note::new(format!("{}{unit}", column.doc)).add_author_prefix(false))?;
        }
    }
    Ok(())
}

fn declared<'h>(header: Option<&'h Header>, name: &str) -> Option<&'h HeaderColumn> {
    header?.columns.iter().find(|column| column.name == name)
}

/// Characters of the longest text of a column, as far as they say how wide it should be.
fn longest(array: &ArrayRef) -> usize {
    let Some(texts) = array.as_string_opt::<i32>() else { return 12 };
    texts.iter().flatten().take(200).map(|text| text.chars().take(40).count()).max().unwrap_or_default()
}

/// How the columns of a batch are written.
struct Cells<'a> {
    columns: Vec<(&'a ArrayRef, Kind)>,
    currencies: Option<&'a ArrayRef>,
    formats: &'a Formats,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// An amount of the row's currency, which may be added up.
    Amount {
        is_added: bool,
    },
    /// Another number.
    Number,
    Date,
    Instant,
    Truth,
    Text,
}

impl<'a> Cells<'a> {
    fn of(batch: &'a RecordBatch, header: Option<&Header>, formats: &'a Formats) -> Self {
        let kind = |name: &str, array: &ArrayRef| match array.data_type() {
            DataType::Decimal128(_, 18) => {
                match (header, declared(header, name).and_then(|column| column.unit.as_deref())) {
                    (Some(header), Some("currency")) => {
                        Kind::Amount { is_added: !header.apart.iter().any(|apart| apart == name) }
                    }
                    (None, _) => Kind::Amount { is_added: false },
                    _ => Kind::Number,
                }
            }
            DataType::Int64 => Kind::Number,
            DataType::Date32 => Kind::Date,
            DataType::Timestamp(TimeUnit::Microsecond, _) => Kind::Instant,
            DataType::Boolean => Kind::Truth,
            _ => Kind::Text,
        };
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, array)| (array, kind(field.name(), array))).collect();
        Self { columns, currencies: batch.column_by_name("currency"), formats }
    }

    /// Writes a row; the outer error is of the values, the inner one of the writer.
    fn write(
        &self,
        sheet: &mut Worksheet,
        row: u32,
        at: usize,
        totals: &mut BTreeMap<(usize, Option<String>), Option<i128>>,
    ) -> Result<std::result::Result<(), XlsxError>> {
        let mut text = String::new();
        let mut currency = String::new();
        let has_currency = self.currencies.map_or(Ok(false), |array| push_text(array, at, &mut currency))?;
        for (place, (array, kind)) in self.columns.iter().enumerate() {
            let column = u16::try_from(place).unwrap_or(u16::MAX);
            text.clear();
            if !push_text(array, at, &mut text)? {
                continue;
            }
            let formats = self.formats;
            let written = match kind {
                Kind::Amount { is_added } => {
                    if *is_added && self.currencies.is_some() {
                        let value = array.as_primitive::<arrow::datatypes::Decimal128Type>().value(at);
                        let key = (place, has_currency.then(|| currency.clone()));
                        let sum = totals.entry(key).or_insert(Some(0));
                        *sum = sum.and_then(|sum| sum.checked_add(value));
                    }
                    number(sheet, row, column, &text, formats.of(&currency).filter(|_| has_currency))
                }
                Kind::Number => number(sheet, row, column, &text, None),
                Kind::Date => {
                    let seconds = i64::from(array.as_primitive::<Date32Type>().value(at)) * 86_400;
                    instant(sheet, row, column, seconds, &text, &formats.date)
                }
                Kind::Instant => {
                    let seconds = array.as_primitive::<TimestampMicrosecondType>().value(at).div_euclid(1_000_000);
                    instant(sheet, row, column, seconds, &text, &formats.instant)
                }
                Kind::Truth => sheet.write_boolean(row, column, text == "true").map(drop),
                Kind::Text => sheet.write_string(row, column, fitting(&text)).map(drop),
            };
            if written.is_err() {
                return Ok(written);
            }
        }
        Ok(Ok(()))
    }
}

/// A number as the nearest that a cell can hold.
fn number(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    text: &str,
    format: Option<&Format>,
) -> std::result::Result<(), XlsxError> {
    match (text.parse::<f64>(), format) {
        (Ok(value), Some(format)) => sheet.write_number_with_format(row, column, value, format).map(drop),
        (Ok(value), None) => sheet.write_number(row, column, value).map(drop),
        (Err(_), _) => sheet.write_string(row, column, text).map(drop),
    }
}

/// A day or an instant, in seconds since 1970; the text of one that spreadsheets do not know.
fn instant(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    seconds: i64,
    text: &str,
    format: &Format,
) -> std::result::Result<(), XlsxError> {
    match ExcelDateTime::from_timestamp(seconds) {
        Ok(instant) => sheet.write_datetime_with_format(row, column, &instant, format).map(drop),
        Err(_) => sheet.write_string(row, column, text).map(drop),
    }
}

/// A text, or as much of it as a cell takes.
fn fitting(text: &str) -> String {
    const MORE: &str = "… (whole in the CSV)";
    if text.chars().count() <= MOST_CHARACTERS {
        return text.to_owned();
    }
    text.chars().take(MOST_CHARACTERS - MORE.chars().count()).chain(MORE.chars()).collect()
}

/// The letters of a column.
fn letters(column: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(column % 26).unwrap_or_default());
    if column < 26 { letter.to_string() } else { format!("{}{letter}", letters(column / 26 - 1)) }
}

/// What the sheets are of, where each report is, and what its amounts come to.
fn cover(
    sheet: &mut Worksheet,
    manifest: &Manifest,
    told: &[(&Published<'_>, Option<Filled>)],
    formats: &Formats,
) -> std::result::Result<(), XlsxError> {
    let mut row = 0;
    for (column, width) in [(0, 34), (1, 30), (2, 16), (3, 20), (4, 60)] {
        sheet.set_column_width(column, width)?;
    }
    let title = manifest.period.as_ref().map_or("Reports".to_owned(), |month| format!("Close pack of {month}"));
    sheet.write_string_with_format(row, 0, title, &formats.bold)?;
    let line = |sheet: &mut Worksheet, row: &mut u32, name: &str, text: &str| -> std::result::Result<(), XlsxError> {
        *row += 1;
        sheet.write_string(*row, 0, name)?;
        sheet.write_string(*row, 1, fitting(text)).map(drop)
    };
    if let Some(notice) = &manifest.notice {
        line(sheet, &mut row, "SAMPLE DATA", notice)?;
    }
    line(sheet, &mut row, "environment", manifest.environment.as_deref().unwrap_or("none"))?;
    line(sheet, &mut row, "run", &manifest.run_id)?;
    line(sheet, &mut row, "begun at", &manifest.started_at)?;
    line(sheet, &mut row, "made by", &format!("etl {}", manifest.etl_version))?;
    line(
        sheet,
        &mut row,
        "amounts",
        "in units of the currency beside them, shown in its digits; a cell holds some 15 digits, and the CSV of the same name all of them",
    )?;
    line(
        sheet,
        &mut row,
        "totals",
        "are formulas over the sheets; what a report says on several rows is not added up",
    )?;
    row += 1;
    for state in told.iter().filter_map(|(_, filled)| filled.as_ref()).flat_map(|filled| &filled.states) {
        row += 1;
        let does = if state.severity == "block" { "that block" } else { "that warn" };
        sheet.write_string(row, 0, format!("exceptions {does}, {}", state.status))?;
        sheet.write_formula(row, 1, Formula::new(&state.formula).set_result(state.count.to_string()))?;
    }
    row += 1;
    for (name, value) in &manifest.parameters {
        line(sheet, &mut row, name, value)?;
    }
    for (name, account) in &manifest.accounts {
        line(sheet, &mut row, &format!("account {name}"), account)?;
    }
    for (name, does) in &manifest.checks {
        line(sheet, &mut row, &format!("check {name}"), does)?;
    }
    row += 2;
    for (column, name) in (0..).zip(["report", "figure", "currency", "total", "what it answers"]) {
        sheet.write_string_with_format(row, column, name, &formats.bold)?;
    }
    for (page, filled) in told {
        row += 1;
        if let Some(filled) = filled {
            sheet.write_url_with_text(row, 0, format!("internal:'{}'!A1", filled.name).as_str(), page.name)?;
        } else {
            sheet.write_string(row, 0, page.name)?;
        }
        let place = if filled.is_some() {
            String::new()
        } else {
            format!(": too many for a sheet, see {}", file_name(page.name))
        };
        sheet.write_string(row, 1, format!("{}{place}", counted(page.rows, "row")))?;
        sheet.write_string(row, 4, page.header.map_or("", |header| header.title.as_str()))?;
        for total in filled.iter().flat_map(|filled| &filled.totals) {
            row += 1;
            let currency = total.currency.as_deref().unwrap_or_default();
            sheet.write_string(row, 0, page.name)?;
            sheet.write_string(row, 1, &total.column)?;
            sheet.write_string(row, 2, currency)?;
            let mut formula = Formula::new(&total.formula);
            if let Some(amount) = total.amount {
                formula = formula.set_result(format!("{amount}e-18").parse::<f64>().unwrap_or_default().to_string());
            }
            match formats.of(currency) {
                Some(format) => sheet.write_formula_with_format(row, 3, formula, format)?,
                None => sheet.write_formula(row, 3, formula)?,
            };
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_spreadsheets() {
        let letters: Vec<_> = [0, 25, 26, 51, 52, 701, 702].map(letters).into();
        assert_eq!(letters, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn a_text_that_is_too_long_for_a_cell_says_where_it_is_whole() {
        assert_eq!(fitting("short"), "short");
        let long = fitting(&"ø".repeat(40_000));
        assert_eq!(long.chars().count(), MOST_CHARACTERS);
        assert!(long.ends_with("(whole in the CSV)"));
    }
}
