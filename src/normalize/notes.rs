//! What the lake knows of what it has read, beside the rows: files, bad cells, contradictions, what was not found.

use std::collections::{BTreeMap, BTreeSet};

use super::merge::Merged;
use super::new::{KnownFiles, New};
use super::{missing, ties};
use crate::catalog::runs::{CONTRADICTIONS, FILES, NOT_FOUND, QUARANTINE, RunTable};
use crate::catalog::{Origin, Table};
use crate::error::Result;
use crate::place::lake::Lake;
use crate::place::records::{Row, cell, newest_rows};
use crate::run::Run;
use crate::source::delivery::Delivery;
use crate::value::timestamp;

/// All of it, of every table.
#[derive(Clone, PartialEq, Eq)]
pub struct Notes {
    files: BTreeMap<String, KnownFiles>,
    /// Cells that cannot be typed.
    pub quarantine: Vec<Row>,
    /// Rows that contradict others.
    pub contradictions: Vec<Row>,
    /// What the API listed and then did not know.
    pub not_found: Vec<Row>,
}

impl Notes {
    /// As the lake has them.
    ///
    /// # Errors
    /// Damaged (exit 5) when they cannot be read.
    pub async fn of_lake(lake: &Lake) -> Result<Self> {
        Ok(Self {
            files: newest_files(lake).await?,
            quarantine: newest_rows(lake, &QUARANTINE).await?,
            contradictions: newest_rows(lake, &CONTRADICTIONS).await?,
            not_found: newest_rows(lake, &NOT_FOUND).await?,
        })
    }

    /// The files of a table.
    pub fn files_of(&self, table: &str) -> &KnownFiles {
        static NONE: KnownFiles = KnownFiles::new();
        self.files.get(table).unwrap_or(&NONE)
    }

    /// The files of all tables.
    pub fn into_files(self) -> Vec<Row> {
        self.files.into_values().flat_map(BTreeMap::into_values).collect()
    }

    /// The environments that rows of the lake name.
    pub fn environments(&self) -> BTreeSet<String> {
        environments_of(&self.files)
    }

    /// Takes what was found in a table's new deliveries in place of what was known of them; `before` is what the lake had.
    ///
    /// # Errors
    /// Failed when the rows of the table that the lake has cannot be read.
    pub fn take(&mut self, new: &New, merged: &Merged, before: &Self, run: &Run) -> Result<()> {
        let read: BTreeSet<_> = new.deliveries.iter().map(Delivery::name).collect();
        let of_read = |of: &RunTable, row: &Row| {
            let text = |column| cell(of, row, column).unwrap_or_default();
            text("table_name") == new.name && read.contains(text("file"))
        };
        self.quarantine.retain(|row| !of_read(&QUARANTINE, row));
        // What is in quarantine already stays as it is: a run that finds the same again changes nothing.
        let known: BTreeMap<_, _> = before.quarantine.iter().map(|row| (without_run(row), row)).collect();
        let found = quarantine_rows(new, merged, run);
        self.quarantine
            .extend(found.map(|row| known.get(without_run(&row)).map_or(row.clone(), |known| (*known).clone())));
        self.contradictions.retain(|row| !of_read(&CONTRADICTIONS, row));
        self.contradictions.extend(contradiction_rows(new, merged, run));
        if let Origin::Api(endpoint) = new.table.origin {
            let is_of_it = |row: &mut Row| row.first() == Some(&Some(endpoint.name.to_owned()));
            let before = self.not_found.extract_if(.., is_of_it).collect();
            let rows = missing::rows(endpoint.name, new.table, new.state.as_ref(), &merged.not_found, before, &run.id)?;
            self.not_found.extend(rows);
        }
        let files = self.files.entry(new.name.clone()).or_default();
        for (place, delivery) in new.deliveries.iter().enumerate() {
            files.insert(delivery.name().to_owned(), file_row(&new.name, delivery, place, merged, run));
        }
        Ok(())
    }

    /// Drops bad cells of these tables whose files were never taken and are gone: they are nobody's concern any more.
    pub fn forget_files_that_are_gone(&mut self, tables: &[&'static Table]) {
        let Self { files, quarantine, .. } = self;
        quarantine.retain(|row| {
            let table = quarantined(row, "table_name");
            let is_selected = tables.iter().any(|selected| selected.qualified_name() == table);
            !is_selected || files.get(table).is_some_and(|known| known.contains_key(quarantined(row, "file")))
        });
    }
}

/// A cell of a row in quarantine, empty for null.
pub fn quarantined<'a>(row: &'a Row, column: &str) -> &'a str {
    cell(&QUARANTINE, row, column).unwrap_or_default()
}

fn file_row(table: &str, delivery: &Delivery, place: usize, merged: &Merged, run: &Run) -> Row {
    let environments = merged.environments.get(place).map(|names| names.iter().cloned().collect::<Vec<_>>().join(","));
    vec![
        Some(table.to_owned()),
        Some(delivery.name().to_owned()),
        Some(delivery.size_bytes.to_string()),
        Some(timestamp::text(delivery.modified_at)),
        merged.fingerprints.get(place).cloned(),
        Some(merged.rows.get(place).copied().unwrap_or_default().to_string()),
        environments.filter(|names| !names.is_empty()),
        Some(run.id.clone()),
    ]
}

fn quarantine_rows<'a>(new: &'a New, merged: &'a Merged, run: &'a Run) -> impl Iterator<Item = Row> + 'a {
    merged.quarantined.iter().map(move |(file, row, cell)| {
        vec![
            Some(new.name.clone()),
            Some(new.deliveries[*file].name().to_owned()),
            Some(cell.pointer.as_ref().map_or(*row, |(_, answer)| *answer).to_string()),
            cell.pointer.as_ref().map(|(pointer, _)| pointer.clone()),
            cell.column.clone(),
            Some(cell.value.clone()),
            Some(cell.reason.clone()),
            Some(run.id.clone()),
        ]
    })
}

fn contradiction_rows<'a>(new: &'a New, merged: &'a Merged, run: &'a Run) -> impl Iterator<Item = Row> + 'a {
    merged.contradictions.iter().map(|found| {
        vec![
            Some(new.name.clone()),
            Some(new.deliveries[found.file].name().to_owned()),
            Some(found.row.to_string()),
            Some(found.said.clone()),
            Some(found.kept.clone()),
            Some(ties::differing(&found.said, &found.kept).join(",")),
            Some(run.id.clone()),
        ]
    })
}

/// A row in quarantine but for the run that read it, its last column.
fn without_run(row: &Row) -> &[Option<String>] {
    row.split_last().map_or(&[], |(_, rest)| rest)
}

pub fn environments_of(files: &BTreeMap<String, KnownFiles>) -> BTreeSet<String> {
    let names = files.values().flat_map(BTreeMap::values).filter_map(|row| cell(&FILES, row, "environments"));
    names.flat_map(|names| names.split(',')).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

pub async fn newest_files(lake: &Lake) -> Result<BTreeMap<String, KnownFiles>> {
    let mut files: BTreeMap<String, KnownFiles> = BTreeMap::new();
    for row in newest_rows(lake, &FILES).await? {
        let of = |column: &str| cell(&FILES, &row, column).unwrap_or_default().to_owned();
        files.entry(of("table_name")).or_default().insert(of("path"), row);
    }
    Ok(files)
}
