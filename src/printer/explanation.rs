//! A figure and what it comes from: sections of tables for people, one object for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use arrow::array::{Array, RecordBatch};
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{counted, is_numeric, json_of_row, text_of};
use crate::error::{Error, Result};

/// Why the same query can give other rows by now.
const MADE_OTHERWISE: &str = "made again, these rows are others: a closed month keeps its figures (see the report \
                              restatements), or the SQL or the settings changed since that run";
/// The heading of the last section.
const SOURCES: &str = "\nsources of the rows shown (row 1 is the first below a header, answer 1 the first received)";

/// More columns than a line can be read in.
const WIDE: usize = 8;

/// Rows of a report and, step by step, what they were made from.
#[derive(Debug)]
pub struct Explanation {
    /// The report.
    pub report: String,
    /// The rows asked for, as they can be typed again.
    pub key: String,
    /// The same, value by column; null where none is to stand there.
    pub asked: Vec<(String, Option<String>)>,
    /// The run that made the report.
    pub run_id: String,
    /// The environment it is of.
    pub environment: Option<String>,
    /// The parameters it was made with.
    pub parameters: BTreeMap<String, String>,
    /// Whether the same rows come out when they are made again.
    pub is_made_again: bool,
    /// The report's rows, then the rows of what it reads, each model behind those that read it and staging last.
    pub steps: Vec<Step>,
    /// Where the rows shown came from.
    pub sources: Vec<Source>,
}

/// What one model has to do with the rows.
#[derive(Debug)]
pub struct Step {
    /// The model.
    pub model: String,
    /// Its layer, as its folder is called.
    pub layer: &'static str,
    /// What one row of it is.
    pub title: String,
    /// Whether the report reads it; if not, its rows are parts of what the report reads.
    pub is_read: bool,
    /// Its first rows; none where the whole table was read and nothing tells its rows apart.
    pub rows: Option<RecordBatch>,
    /// All rows.
    pub total_rows: u64,
    /// The columns by which they were found.
    pub found_by: Vec<String>,
    /// What its amounts come to.
    pub sums: Vec<Sum>,
    /// What can be told of where rows of staging came from.
    pub origin: Option<Origin>,
}

/// What can be told of where rows came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The file or answer that brought each.
    Delivered,
    /// Settings and the records of runs: nobody delivered them.
    Tool,
    /// Rows that were put together from several.
    Unknown,
}

/// Amounts of one currency or credit type.
#[derive(Debug)]
pub struct Sum {
    /// The column that names it.
    pub by: String,
    /// Which it is.
    pub of: Option<String>,
    /// Column and amount; none for a column without values.
    pub amounts: Vec<(String, String)>,
}

/// A row of an export file, or a place in an answer of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Relative to the landing folder.
    pub file: String,
    /// The row in it, the first below the header being 1; of a journal, the answer.
    pub row: u64,
    /// Where in the answer, a JSON pointer.
    pub pointer: Option<String>,
    /// What it answers.
    pub request: Option<AnswerTo>,
}

/// A request to the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnswerTo {
    /// GET or POST.
    pub method: Option<String>,
    /// Path and query.
    pub path: Option<String>,
    /// What was sent.
    pub body: Option<String>,
}

#[derive(Serialize)]
struct JsonStep<'a> {
    model: &'a str,
    layer: &'a str,
    title: &'a str,
    found_by: &'a [String],
    is_whole_table: bool,
    is_read: bool,
    total_rows: u64,
    rows: Vec<Box<RawValue>>,
    sums: Vec<Box<RawValue>>,
    origin: Option<Origin>,
}

#[derive(Serialize)]
struct JsonExplanation<'a> {
    report: &'a str,
    key: BTreeMap<&'a str, Option<&'a str>>,
    run_id: &'a str,
    environment: Option<&'a str>,
    parameters: &'a BTreeMap<String, String>,
    is_made_again: bool,
    steps: Vec<JsonStep<'a>>,
    sources: &'a [Source],
}

impl Explanation {
    /// For a program: one line, every digit of every number.
    ///
    /// # Errors
    /// Failed for a value that has no text; the inner error is the writer's.
    pub fn write_json(&self, out: &mut impl Write) -> Result<io::Result<()>> {
        let wrong = |error: serde_json::Error| Error::failed(format!("the explanation cannot be written: {error}"));
        let mut steps = Vec::new();
        for step in &self.steps {
            let mut rows = Vec::new();
            if let Some(batch) = &step.rows {
                for row in 0..batch.num_rows() {
                    rows.push(RawValue::from_string(json_of_row(batch, row)?).map_err(wrong)?);
                }
            }
            let mut sums = Vec::new();
            for sum in &step.sums {
                let mut object: BTreeMap<&str, Box<RawValue>> = BTreeMap::new();
                object.insert(&sum.by, to_raw_value(&sum.of).map_err(wrong)?);
                for (name, amount) in &sum.amounts {
                    object.insert(name, RawValue::from_string(amount.clone()).map_err(wrong)?);
                }
                sums.push(to_raw_value(&object).map_err(wrong)?);
            }
            steps.push(JsonStep {
                model: &step.model,
                layer: step.layer,
                title: &step.title,
                found_by: &step.found_by,
                is_whole_table: step.rows.is_none() && step.total_rows > 0,
                is_read: step.is_read,
                total_rows: step.total_rows,
                rows,
                sums,
                origin: step.origin,
            });
        }
        let json = JsonExplanation {
            report: &self.report,
            key: self.asked.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect(),
            run_id: &self.run_id,
            environment: self.environment.as_deref(),
            parameters: &self.parameters,
            is_made_again: self.is_made_again,
            steps,
            sources: &self.sources,
        };
        let text = serde_json::to_string(&json).map_err(wrong)?;
        Ok(writeln!(out, "{text}"))
    }

    /// For a person: a section for each model that has rows, then where the rows came from.
    ///
    /// # Errors
    /// Failed for a value that has no text; the inner error is the writer's.
    pub fn write_text(&self, out: &mut impl Write) -> Result<io::Result<()>> {
        let parameters = self.parameters.iter().map(|(name, value)| format!(", {name} {value}")).collect::<String>();
        let environment = self.environment.as_deref().map_or(String::new(), |name| format!(", environment {name}"));
        let mut lines = vec![
            format!("{} where {}", self.report, self.key),
            format!("made by run {}{environment}{parameters}", self.run_id),
        ];
        if !self.is_made_again {
            lines.push(MADE_OTHERWISE.to_owned());
        }
        for step in &self.steps {
            lines.extend(step.lines()?);
        }
        let (empty, found): (Vec<_>, Vec<_>) = self.steps.iter().partition(|step| step.total_rows == 0);
        let whole: Vec<_> = found.into_iter().filter(|step| step.rows.is_none()).collect();
        if !whole.is_empty() {
            lines.push("\nread as whole tables, nothing in them tells these rows apart".to_owned());
            lines.extend(whole.iter().map(|step| format!("  {}, {}", step.model, counted(step.total_rows, "row"))));
        }
        if !empty.is_empty() {
            let names: Vec<_> = empty.iter().map(|step| step.model.as_str()).collect();
            lines.push(format!("\nread, without a row for these: {}", names.join(", ")));
        }
        if !self.sources.is_empty() {
            lines.push(SOURCES.to_owned());
            lines.extend(self.source_lines());
        }
        Ok(lines.iter().try_for_each(|line| writeln!(out, "{line}")))
    }

    /// A line for the rows of each export file, and one for each place in an answer.
    fn source_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut file = None;
        for source in &self.sources {
            match &source.pointer {
                None if file == Some(&source.file) => {
                    if let Some(line) = lines.last_mut() {
                        line.push_str(&format!(", {}", source.row));
                    }
                }
                None => lines.push(format!("  {}: row {}", source.file, source.row)),
                Some(pointer) => {
                    let request = source.request.as_ref().map_or_else(|| "request not kept".to_owned(), AnswerTo::line);
                    lines.push(format!("  {}: answer {} {pointer}, {request}", source.file, source.row));
                }
            }
            file = Some(&source.file);
        }
        lines
    }
}

impl Step {
    /// Its section; nothing where it has no rows to show.
    fn lines(&self) -> Result<Vec<String>> {
        let Some(rows) = self.rows.as_ref().filter(|_| self.total_rows > 0) else { return Ok(Vec::new()) };
        let aside = if self.is_read { "" } else { " (not read by the report: the parts of what it reads)" };
        let mut lines = vec![format!("\n{}: {}{aside}", self.model, self.title), self.counts(rows)];
        if rows.num_rows() > 0 {
            lines.extend(table(rows)?.lines().map(|line| line.trim_end().to_owned()));
        }
        // One row is its own sum.
        lines.extend(self.sums.iter().filter(|_| self.total_rows > 1).map(Sum::line));
        lines.extend(match self.origin {
            Some(Origin::Unknown) => Some("source not known".to_owned()),
            Some(Origin::Tool) => Some("settings, or a record of runs: not delivered".to_owned()),
            Some(Origin::Delivered) | None => None,
        });
        Ok(lines)
    }

    /// `3 of 63 rows, by customer_id and currency`
    fn counts(&self, rows: &RecordBatch) -> String {
        let shown = rows.num_rows() as u64;
        let by = if self.found_by.is_empty() { String::new() } else { format!(", by {}", self.found_by.join(", ")) };
        match self.total_rows.saturating_sub(shown) {
            0 => format!("{}{by}", counted(self.total_rows, "row")),
            more => format!("{shown} of {}{by}; {more} more with a greater --limit", counted(self.total_rows, "row")),
        }
    }
}

impl Sum {
    fn line(&self) -> String {
        let amounts = self.amounts.iter().map(|(name, amount)| format!("{name} {amount}")).collect::<Vec<_>>();
        format!("sum in {}: {}", self.of.as_deref().unwrap_or("no unit"), amounts.join(", "))
    }
}

impl AnswerTo {
    fn line(&self) -> String {
        let part =
            |text: &Option<String>, before: &str| text.as_ref().map_or(String::new(), |text| format!("{before}{text}"));
        format!("{}{}{}", part(&self.method, ""), part(&self.path, " "), part(&self.body, " "))
    }
}

/// The columns that hold anything; of a single row with many columns one below the other.
fn table(rows: &RecordBatch) -> Result<Table> {
    let schema = rows.schema();
    let columns: Vec<_> =
        schema.fields().iter().zip(rows.columns()).filter(|(_, array)| array.null_count() < array.len()).collect();
    let mut table = Table::new();
    table.load_preset(presets::UTF8_BORDERS_ONLY);
    if rows.num_rows() == 1 && columns.len() > WIDE {
        for (field, array) in columns {
            table.add_row([field.name().clone(), text_of(array, 0)?.unwrap_or_default()]);
        }
        return Ok(table);
    }
    table.set_header(columns.iter().map(|(field, _)| field.name()));
    for (place, (field, _)) in columns.iter().enumerate() {
        if let Some(column) = table.column_mut(place)
            && is_numeric(field.data_type())
        {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for row in 0..rows.num_rows() {
        let cells = columns.iter().map(|(_, array)| text_of(array, row)).collect::<Result<Vec<_>>>()?;
        table.add_row(cells.into_iter().map(Option::unwrap_or_default));
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(file: &str, row: u64, pointer: Option<&str>) -> Source {
        let request = AnswerTo { method: Some("GET".into()), path: Some("/v1/customers".into()), body: None };
        Source { file: file.into(), row, pointer: pointer.map(str::to_owned), request: pointer.map(|_| request) }
    }

    #[test]
    fn rows_of_one_file_share_a_line_and_answers_say_what_was_asked() {
        let explanation = Explanation {
            report: String::new(),
            key: String::new(),
            asked: Vec::new(),
            run_id: String::new(),
            environment: None,
            parameters: BTreeMap::new(),
            is_made_again: true,
            steps: Vec::new(),
            sources: vec![
                source("api/x.journal.zst", 2, Some("/data/1")),
                source("egress/a.csv", 3, None),
                source("egress/a.csv", 7, None),
                source("egress/b.csv", 1, None),
            ],
        };
        assert_eq!(
            explanation.source_lines(),
            [
                "  api/x.journal.zst: answer 2 /data/1, GET /v1/customers",
                "  egress/a.csv: row 3, 7",
                "  egress/b.csv: row 1"
            ]
        );
    }
}
