//! The end of a run: a table of what each stage did, or one line of JSON.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::counted;
use crate::receipt::Receipt;

/// What a run came to.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// `done`, `unchanged`, or the name of the exit code it ends with.
    pub status: String,
    /// What the process returns.
    pub exit_code: u8,
    /// The run.
    pub run_id: String,
    /// The stage asked for.
    pub stage: String,
    /// The environment of its reports.
    pub environment: Option<String>,
    /// Cells in quarantine, those of earlier runs included.
    pub quarantined_cells: u64,
    /// Files in landing that belong to no table.
    pub unmatched_files: Vec<String>,
    /// The artifacts folder.
    pub artifacts: String,
    /// Where the pack of a month that was closed is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pack: Option<String>,
    /// What was found and keeps nothing from being published, one sentence each.
    pub warnings: Vec<String>,
    /// What a sample says of itself.
    pub notice: Option<String>,
    /// What failed.
    pub error: Option<String>,
    /// How long it took.
    pub milliseconds: u64,
    /// What each stage did.
    pub receipts: Vec<Receipt>,
}

impl Summary {
    /// For a program: one line.
    ///
    /// # Errors
    /// The writer's.
    pub fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// For a person: a line for each stage, or a table with one for each item, and a closing line.
    ///
    /// # Errors
    /// The writer's.
    pub fn write_text(&self, out: &mut impl Write, is_detailed: bool) -> io::Result<()> {
        if !is_detailed {
            self.stages().iter().try_for_each(|line| writeln!(out, "{line}"))?;
        } else if !self.receipts.is_empty() {
            let mut table = Table::new();
            table.load_preset(presets::NOTHING);
            table.set_header(["stage", "item", "rows", "files", "bytes", "seconds", ""]);
            for receipt in &self.receipts {
                table.add_row([
                    receipt.stage.clone(),
                    receipt.item.clone(),
                    count(receipt.rows),
                    count(receipt.files),
                    count(receipt.bytes),
                    seconds(receipt.milliseconds),
                    receipt.note.clone(),
                ]);
            }
            for column in 2..6 {
                if let Some(column) = table.column_mut(column) {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
            for line in table.lines() {
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        if self.quarantined_cells > 0 {
            let cells = counted(self.quarantined_cells, "cell");
            writeln!(out, "{cells} in quarantine: the rows are in no table and no report")?;
        }
        for file in &self.unmatched_files {
            writeln!(out, "not read, belongs to no table: {file}")?;
        }
        for warning in &self.warnings {
            writeln!(out, "warning: {warning}")?;
        }
        if let Some(notice) = &self.notice {
            writeln!(out, "SAMPLE DATA: {notice}")?;
        }
        let environment = self.environment.as_deref().map_or(String::new(), |name| format!(", environment {name}"));
        let seconds = seconds(self.milliseconds);
        let status = match self.exit_code {
            0 => self.status.clone(),
            code => format!("ended with exit {code} ({})", self.status),
        };
        let pack = self.pack.as_ref().map_or(String::new(), |pack| format!("pack in {pack}, "));
        writeln!(
            out,
            "{status} in {seconds} s, run {}{environment}, {pack}artifacts in {}",
            self.run_id, self.artifacts
        )
    }

    /// A line for each stage: how many items, what they come to, how many changed and which are empty.
    fn stages(&self) -> Vec<String> {
        let of_stage = |stage: &[Receipt]| {
            let name = stage.first().map_or("", |receipt| receipt.stage.as_str());
            let sum = |of: fn(&Receipt) -> u64| stage.iter().map(of).sum::<u64>();
            let mut told = vec![counted(stage.len() as u64, "item")];
            for (count, what) in [(sum(|receipt| receipt.rows), "row"), (sum(|receipt| receipt.files), "file")] {
                told.extend(Some(counted(count, what)).filter(|_| count > 0));
            }
            let unchanged = stage.iter().filter(|receipt| receipt.note == "unchanged").count();
            told.extend(Some(format!("{unchanged} unchanged")).filter(|_| unchanged > 0));
            let checks = stage.iter().find(|receipt| receipt.item == "checks");
            told.extend(checks.map(|checks| format!("{}: {}", counted(checks.rows, "check"), checks.note)));
            let is_empty = |receipt: &&Receipt| name == "load" && receipt.rows == 0 && receipt.note.is_empty();
            let empty: Vec<_> = stage.iter().filter(is_empty).map(|receipt| receipt.item.as_str()).collect();
            told.extend(Some(format!("empty: {}", empty.join(" "))).filter(|_| !empty.is_empty()));
            format!(" {name:<10} {}", told.join(", "))
        };
        self.receipts.chunk_by(|left, right| left.stage == right.stage).map(of_stage).collect()
    }
}

/// A number with its thousands apart, nothing for none.
pub fn count(number: u64) -> String {
    if number == 0 {
        return String::new();
    }
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:02}", milliseconds / 1000, milliseconds % 1000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        assert_eq!((count(0), count(999), count(1_234_567)), (String::new(), "999".into(), "1,234,567".into()));
        assert_eq!((seconds(12_345), seconds(60)), ("12.34".into(), "0.06".into()));
    }
}
