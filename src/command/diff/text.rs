//! Differences as a person reads them.

use std::fmt::Write as _;

use arrow::array::RecordBatch;

use crate::error::Result;
use crate::explain::key::Key;
use crate::printer::{counted, text_of};
use crate::run::RunRecord;

/// Amounts that the line of a cause shows.
const AMOUNTS: usize = 3;

/// A line for each cause: `A1 Company -12.4 USD: 3 late events on 2024-03-30`, and under it a line for each figure it moved and
/// each other thing that changed.
///
/// # Errors
/// Failed for a value that has no text.
pub fn of(batches: &[RecordBatch], remarks: &[String], old: &RunRecord, new: &RunRecord) -> Result<String> {
    let mut text = String::new();
    let mut count = 0;
    let mut moved: Option<Moved> = None;
    for batch in batches {
        for row in 0..batch.num_rows() {
            let difference = Difference { batch, row };
            let who = match (difference.cell("customer_name")?, difference.cell("customer_id")?) {
                (Some(name), _) => name,
                (None, Some(id)) => format!("customer {id}"),
                (None, None) => "all customers".to_owned(),
            };
            let cause = difference.cell("cause")?;
            let cause = cause.unwrap_or_else(|| "none of its invoices, ledgers and events changed".to_owned());
            if moved.as_ref().is_none_or(|moved| moved.who != who || moved.cause != cause) {
                text.extend(moved.take().map(Moved::told));
                moved = Some(Moved { who, cause, amounts: Vec::new(), lines: String::new() });
            }
            let Some(moved) = &mut moved else { continue };
            if let Some(amount) = difference.amount()?.filter(|amount| !moved.amounts.contains(amount)) {
                moved.amounts.push(amount);
            }
            // Writing to memory does not fail.
            let _ = writeln!(moved.lines, "    {}", difference.line()?);
            count += 1;
        }
    }
    text.extend(moved.map(Moved::told));
    for remark in remarks {
        let _ = writeln!(text, "{remark}");
    }
    let _ = writeln!(text, "{} between run {} and run {}", counted(count, "difference"), old.run_id, new.run_id);
    Ok(text)
}

/// One row of what is told.
struct Difference<'a> {
    batch: &'a RecordBatch,
    row: usize,
}

impl Difference<'_> {
    fn cell(&self, name: &str) -> Result<Option<String>> {
        self.batch.column_by_name(name).map_or(Ok(None), |column| text_of(column, self.row))
    }

    /// By how much a sum moved; none where it did not, or where there is no sum.
    fn amount(&self) -> Result<Option<String>> {
        let difference = self.cell("difference_amount")?.filter(|difference| difference != "0");
        let (Some(difference), Some("figure")) = (difference, self.cell("kind")?.as_deref()) else { return Ok(None) };
        let sign = if difference.starts_with('-') { "" } else { "+" };
        let currency = self.cell("currency")?.map_or(String::new(), |currency| format!(" {currency}"));
        Ok(Some(format!("{sign}{difference}{currency}")))
    }

    /// Where it is, and what was and is there: `invoice_status, payment (invoice_id=i1): open -> paid`.
    fn line(&self) -> Result<String> {
        let kind = self.cell("kind")?.unwrap_or_default();
        let count = self.cell("row_count")?.and_then(|rows| rows.parse().ok()).unwrap_or_default();
        let (rows, are) = (counted(count, "row"), if count == 1 { "is" } else { "are" });
        let report = self.cell("report")?.unwrap_or_default();
        let figure = self.cell("figure")?.map_or(String::new(), |figure| format!(", {figure}"));
        let month = self.cell("period")?.map_or(String::new(), |day| format!(" of {}", day.get(..7).unwrap_or(&day)));
        let row =
            self.cell("row_key")?.map(|key| format!(" ({})", Key::of_row(&key).map_or(key, |key| key.to_string())));
        let place = format!("{report}{figure}{month}");
        let [old, new] = if kind == "text" { ["old_text", "new_text"] } else { ["old_amount", "new_amount"] };
        let (old, new) = (self.cell(old)?, self.cell(new)?);
        // What differs is there on one side at least.
        let is_told = old.is_some() || new.is_some();
        let change = format!("{} -> {}", shown(old.as_deref()), shown(new.as_deref()));
        Ok(match kind.as_str() {
            "rows_new" => format!("{place}: {rows} {are} new{}", row.unwrap_or_default()),
            "rows_gone" => format!("{place}: {rows} {are} gone{}", row.unwrap_or_default()),
            "figure" if old == new => format!("{place}: {change}, moved between {rows}"),
            "figure" => format!("{place}: {change}"),
            _ if !is_told => format!("{place}: differs in {rows} more"),
            _ => format!("{place}{}: {change}", row.unwrap_or_else(|| format!(" of {rows}"))),
        })
    }
}

/// A value, or that there is none; an empty text as CSVs have it.
fn shown(value: Option<&str>) -> &str {
    match value {
        None => "empty",
        Some("") => "\"\"",
        Some(text) => text,
    }
}

/// What changed of one customer by one cause.
struct Moved {
    who: String,
    cause: String,
    /// By how much its sums moved, each amount once.
    amounts: Vec<String>,
    /// A line for each difference.
    lines: String,
}

impl Moved {
    fn told(self) -> String {
        let Self { who, cause, amounts, lines } = self;
        let shown = amounts.iter().take(AMOUNTS).cloned().collect::<Vec<_>>().join(", ");
        let gap = if shown.is_empty() { "" } else { " " };
        let more = match amounts.len().saturating_sub(AMOUNTS) {
            0 => String::new(),
            more => format!(" and {}", counted(more as u64, "other amount")),
        };
        format!("{who}{gap}{shown}{more}: {cause}\n{lines}")
    }
}
