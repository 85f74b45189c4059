//! `etl forget`: takes a file that will not come again out of the quarantine, where its cells would block every run.
//!
//! Only what no report is made of can be forgotten: a file with rows in the lake stays known, since a rebuild of its table
//! would lose them without a word.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use datafusion::logical_expr::{col, lit};

use super::check_logs;
use crate::catalog::runs::{FILES, QUARANTINE, RunTable};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::place::lake::Lake;
use crate::place::location::Location;
use crate::place::records::{Row, cell, commit_rows, newest_rows};
use crate::printer::counted;
use crate::receipt::Receipt;
use crate::run::{Run, RunRecord, require_lake};
use crate::settings::Settings;
use crate::source::egress;
use crate::suggest::nearest;

/// Names that a refusal lists.
const NAMED: usize = 5;

/// What was forgotten of a file.
#[derive(Debug)]
pub struct Forgotten {
    /// The run that did it.
    pub run_id: String,
    /// The tables whose cells were in quarantine.
    pub tables: BTreeSet<String>,
    /// How many cells there were.
    pub cells: u64,
    /// Whether the lake counted it among the files it has taken.
    pub was_taken: bool,
    /// Cells that are still in quarantine, of other files.
    pub left: u64,
}

/// Removes a file's cells from the quarantine, and the file from those that the lake has taken.
///
/// # Errors
/// Usage (exit 2) where nothing of such a file is in quarantine, or where it is still in landing; data (exit 3) where rows of
/// it are in the lake; else as the lake's own.
pub async fn forget(settings: &Settings, file: &str) -> Result<Forgotten> {
    let started = Instant::now();
    let run = Run::begin();
    let lake = Lake::open(&settings.lake)?;
    require_lake(&lake)?;
    let _lock = lake.lock(&run.id, settings.wait_lock).await?;
    let base = RunRecord::newest(&lake).await?.unwrap_or_default();
    check_logs(&lake, &base)?;
    let quarantine = newest_rows(&lake, &QUARANTINE).await?;
    let (gone, left): (Vec<Row>, Vec<Row>) =
        quarantine.into_iter().partition(|row| of(&QUARANTINE, row, "file") == file);
    if gone.is_empty() {
        return Err(unknown(file, &left));
    }
    let tables: BTreeSet<_> = gone.iter().map(|row| of(&QUARANTINE, row, "table_name").to_owned()).collect();
    refuse_delivered(file, settings)?;
    for table in &tables {
        refuse_rows(file, table, &lake, settings).await?;
    }
    let is_it = |row: &Row| of(&FILES, row, "path") == file && tables.contains(of(&FILES, row, "table_name"));
    let (taken, files): (Vec<Row>, Vec<Row>) = newest_rows(&lake, &FILES).await?.into_iter().partition(is_it);

    let mut next = RunRecord { quarantined_cells: left.len() as u64, ..base.followed_by(&run, "forget") };
    if next.status.is_empty() {
        "done".clone_into(&mut next.status);
    }
    let forgotten = Forgotten {
        run_id: run.id.clone(),
        cells: gone.len() as u64,
        was_taken: !taken.is_empty(),
        left: next.quarantined_cells,
        tables,
    };
    if forgotten.was_taken {
        // What a blocked run took is not published by the way.
        let is_published = lake.newest_version(FILES.name)? == base.versions.get(FILES.name).copied();
        let version = commit_rows(&lake, &FILES, files, true, &run.id, run.started_at_millis).await?;
        if is_published {
            next.versions.insert(FILES.name.to_owned(), version);
        }
    }
    let version = commit_rows(&lake, &QUARANTINE, left, true, &run.id, run.started_at_millis).await?;
    next.versions.insert(QUARANTINE.name.to_owned(), version);
    let receipt = Receipt {
        stage: "forget".to_owned(),
        item: file.to_owned(),
        files: 1,
        milliseconds: started.elapsed().as_millis() as u64,
        note: format!("{} out of quarantine", counted(forgotten.cells, "cell")),
        ..Receipt::default()
    };
    next.publish(&lake, &run, &[receipt]).await?;
    lake.clear_staging(&run.id);
    Ok(forgotten)
}

/// A cell of a run table's row, empty for null.
fn of<'a>(table: &RunTable, row: &'a Row, column: &str) -> &'a str {
    cell(table, row, column).unwrap_or_default()
}

fn unknown(file: &str, quarantine: &[Row]) -> Error {
    let names: BTreeSet<_> = quarantine.iter().map(|row| of(&QUARANTINE, row, "file")).collect();
    // As often it is typed with the folder before it.
    let meant = names.iter().copied().find(|name| file.ends_with(&format!("/{name}")));
    let hint = match meant.or_else(|| nearest(file, names.iter().copied())) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => "the quarantine is empty".to_owned(),
        None => {
            let more = names.len().saturating_sub(NAMED);
            let more = if more == 0 { String::new() } else { format!(" and {}", counted(more as u64, "more file")) };
            let shown = names.iter().take(NAMED).map(|name| format!("`{name}`")).collect::<Vec<_>>();
            format!("in quarantine are cells of {}{more}", shown.join(", "))
        }
    };
    Error::usage(format!("nothing of `{file}` is in quarantine")).hint(hint)
}

fn refuse_delivered(file: &str, settings: &Settings) -> Result<()> {
    let journal = settings.landing.join(file);
    let delivered = egress::find(&settings.delivered, file)?;
    match delivered.or_else(|| Some(Location::File(journal)).filter(|journal| journal.path().is_some_and(Path::exists)))
    {
        None => Ok(()),
        Some(at) => Err(Error::usage(format!("{at} is there, and the next run would read it again"))
            .hint("correct it and run again; or, where it is not to count, take it out of landing first")),
    }
}

async fn refuse_rows(file: &str, table: &str, lake: &Lake, settings: &Settings) -> Result<()> {
    let Some((schema, name)) = table.split_once('.') else { return Ok(()) };
    let Some(version) = lake.newest_version(table)? else { return Ok(()) };
    let versions = BTreeMap::from([(table.to_owned(), version)]);
    let mut engine = Engine::new(lake, versions, None, settings.threads, settings.memory_bytes)?;
    engine.provide(&[(Some(schema.to_owned()), name.to_owned())]).await?;
    let failed = |error| engine.query_failed(table, &error);
    let rows = engine.context.table(table).await.map_err(failed)?;
    let rows = rows.filter(col("_source_file").eq(lit(file))).map_err(failed)?.count().await.map_err(failed)?;
    if rows == 0 {
        return Ok(());
    }
    let them = if rows == 1 { "it" } else { "them" };
    let rows = counted(rows as u64, "row");
    Err(Error::data(format!("{table} has {rows} of {file}, and reports are made of {them}")).hint(
        "deliver it again under this name with the rows that are right, and it stands for itself; or leave its other rows \
         out with quarantine = \"allow\" under [quality]",
    ))
}
