//! Move 2: Landing -> Lake. Decodes delivered files, types every cell, keeps the newest row of each key and commits
//! the tables that changed. Asks no source; files that the lake has taken already are not read again.

mod answers;
mod covers;
mod decode;
mod decoded;
mod feed;
mod findings;
mod group;
mod kept;
mod keys;
mod lake_file;
mod layout;
mod merge;
mod missing;
mod parquet_types;
mod partitions;
mod rowless;
mod threads;
mod ties;
mod writers;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use tracing::{info, warn};

use crate::catalog::runs::{CONTRADICTIONS, FILES, NOT_FOUND, QUARANTINE, REPEATED_FILES};
use crate::catalog::{self, Origin, Table};
use crate::error::{Error, Result};
use crate::extract::Landed;
use crate::extractions::Extractions;
use crate::place::lake::{Lake, TableState, Target, damaged};
use crate::place::records::{self, Row, cell, commit_rows, newest_rows};
use crate::printer::{counted, progress};
use crate::receipt::Receipt;
use crate::run::Run;
use crate::settings::{QuarantinePolicy, Settings};
use crate::source::delivery::Delivery;
use crate::value::timestamp;
use merge::{Merge, Merged};
use rowless::Rowless;

/// Tables typed and merged, their new files staged, nothing committed yet.
pub struct Normalized {
    tables: Vec<Pending>,
    /// Reads of the API, where there are new ones.
    extractions: Option<Extractions>,
    /// Rows that contradict others, where they are not those of before.
    contradictions: Option<Vec<Row>>,
    /// What the API listed and then did not know, where it is not that of before.
    not_found: Option<Vec<Row>>,
    files: Vec<Row>,
    quarantine: Vec<Row>,
    /// Cells in quarantine, those of earlier runs included.
    pub quarantined_cells: u64,
    quarantine_changed: bool,
    /// Environments that the lake's rows name.
    pub environments: BTreeSet<String>,
    /// One line a table that was read.
    pub receipts: Vec<Receipt>,
    /// What is odd about what was delivered and keeps nothing from being published.
    pub warnings: Vec<String>,
}

struct Pending {
    table: &'static Table,
    state: Option<TableState>,
    merged: Merged,
}

/// Reads what is new in landing and stages the lake's next versions.
///
/// `full_refresh` rebuilds the selected tables from landing alone.
///
/// # Errors
/// Data (exit 3) when a file's structure is at fault; damaged (exit 5) when the lake cannot be read; data (exit 3) when
/// a full refresh would lose rows of files that are no longer in landing.
pub async fn normalize(
    tables: &[&'static Table],
    landed: &Landed,
    lake: &Lake,
    run: &Run,
    settings: &Settings,
    full_refresh: bool,
) -> Result<Normalized> {
    let known = Extractions::of_lake(lake).await?;
    let extractions = known.clone().with(&landed.extractions);
    let mut files = newest_files(lake).await?;
    let mut quarantine = newest_rows(lake, &QUARANTINE).await?;
    let quarantine_before = quarantine.clone();
    let mut contradictions = newest_rows(lake, &CONTRADICTIONS).await?;
    let contradictions_before = contradictions.clone();
    let mut not_found = newest_rows(lake, &NOT_FOUND).await?;
    let not_found_before = not_found.clone();
    let known_cells: HashMap<_, _> = quarantine_before.iter().map(|row| (without_run(row), row)).collect();
    let mut normalized = Normalized {
        tables: Vec::new(),
        contradictions: None,
        not_found: None,
        extractions: Some(extractions.clone()).filter(|now| *now != known),
        files: Vec::new(),
        quarantine: Vec::new(),
        quarantined_cells: 0,
        quarantine_changed: false,
        environments: BTreeSet::new(),
        receipts: Vec::new(),
        warnings: Vec::new(),
    };
    let mut rowless = Rowless::default();
    for table in tables {
        let started = Instant::now();
        let name = table.qualified_name();
        let known = files.entry(name.clone()).or_default();
        let mut new = new_deliveries(table, landed, known, full_refresh)?;
        if table.origin.schema() == "egress" && !full_refresh {
            let landed = landed.deliveries.iter().filter(|delivery| delivery.feeds(table)).count();
            rowless.begin(&name, known.values(), landed, &new);
        }
        if new.is_empty() {
            continue;
        }
        let state = lake.table(&name, None).await?;
        if state.is_none() && !known.is_empty() && !full_refresh {
            return Err(damaged(&name, "it is gone, but files of it were taken"));
        }
        // A file that came again with other content stands for itself: rows that it no longer has must go. So the table
        // is made anew from all its files, where they are all still there.
        let again =
            new.iter().find(|delivery| known.contains_key(delivery.name())).map(|delivery| delivery.name().to_owned());
        let mut rebuild = full_refresh;
        if let Some(again) = again.filter(|_| !full_refresh) {
            match new_deliveries(table, landed, known, true) {
                Ok(all) => {
                    info!(table = name, file = again, "{again} came again with other content: making {name} anew");
                    (new, rebuild) = (all, true);
                }
                Err(_) => warn!(
                    table = name,
                    file = again,
                    "{again} came again with other content, but not all files of {name} are in landing any more: rows \
                     that it no longer has stay"
                ),
            }
        }
        if let Some(state) = &state {
            state.verify_files()?;
        }
        let bytes = new.iter().map(|delivery| delivery.size_bytes).sum();
        // Of what takes a moment it is said before, too.
        if bytes >= 4 << 20 {
            info!(
                table = name,
                files = new.len(),
                size_bytes = bytes,
                "reading {} of {name}",
                counted(new.len() as u64, "file")
            );
        }
        let merge = Merge {
            table,
            schema: records::schema(table.all_columns()),
            deliveries: &new,
            state: state.as_ref().filter(|_| !rebuild),
            staging: lake.staging(&run.id, &name),
            covers: &extractions.covers(table, landed.earliest(&new)),
            run_id: &run.id,
            threads: settings.threads,
            memory_bytes: settings.memory_bytes,
        };
        // Every file is read twice: for its keys, then for its rows.
        progress::begin(&name, bytes * 2, progress::Counted::Bytes);
        let merged = tokio::task::block_in_place(|| merge.run());
        progress::end();
        let mut merged = merged?;
        check_account(table, state.as_ref().filter(|_| !rebuild), &merged)?;
        if rebuild && let Some(state) = &state {
            merged.change.remove = state.files.iter().map(|file| file.path.clone()).collect();
        } else if let (Origin::Answers, Some(state)) = (table.origin, &state) {
            merged.change.remove.extend(old_answers(state, landed, settings));
        }
        for column in &merged.unknown_columns {
            let what = if table.is_answered() { "field" } else { "column" };
            warn!(table = name, column, "{name}: the {what} `{column}` is not in the catalog; it is kept in _extra");
        }
        for file in &merged.empty {
            warn!(table = name, file, "{file} holds nothing and is passed over");
        }
        if merged.rounded > 0 {
            let count = counted(merged.rounded, "number");
            warn!(table = name, "{name}: {count} of more than 18 decimals rounded there: the text of a double");
        }
        let read: BTreeSet<_> = new.iter().map(|delivery| delivery.name()).collect();
        quarantine.retain(|row| !(quarantined(row, "table_name") == name && read.contains(quarantined(row, "file"))));
        // What is in quarantine already stays as it is: a run that finds the same again changes nothing.
        let found = quarantine_rows(&name, &new, &merged, run);
        quarantine.extend(found.map(|row| {
            let known = known_cells.get(without_run(&row)).map(|known| (*known).clone());
            known.unwrap_or(row)
        }));
        let of_read = |row: &Row| {
            let of = |column| cell(&CONTRADICTIONS, row, column).unwrap_or_default();
            of("table_name") == name && read.contains(of("file"))
        };
        contradictions.retain(|row| !of_read(row));
        contradictions.extend(merged.contradictions.iter().map(|found| {
            vec![
                Some(name.clone()),
                Some(new[found.file].name().to_owned()),
                Some(found.row.to_string()),
                Some(found.said.clone()),
                Some(found.kept.clone()),
                Some(ties::differing(&found.said, &found.kept).join(",")),
                Some(run.id.clone()),
            ]
        }));
        if let Origin::Api(endpoint) = table.origin {
            let before = not_found.extract_if(.., |row| row.first() == Some(&Some(endpoint.name.to_owned()))).collect();
            not_found.extend(missing::rows(endpoint.name, table, state.as_ref(), &merged.not_found, before, &run.id)?);
        }
        if !merged.contradictions.is_empty() {
            let count = merged.contradictions.len() as u64;
            let verb = if count == 1 { "contradicts" } else { "contradict" };
            let count = counted(count, "row");
            warn!(table = name, "{name}: {count} {verb} what is as new: see etl.contradictions");
        }
        for (place, delivery) in new.iter().enumerate() {
            known.insert(delivery.name().to_owned(), file_row(&name, delivery, place, &merged, run));
        }
        let rows: u64 = merged.rows.iter().sum();
        rowless.read(&name, rows);
        normalized.receipts.push(Receipt {
            stage: "normalize".to_owned(),
            item: name.clone(),
            rows,
            files: new.len() as u64,
            bytes,
            milliseconds: started.elapsed().as_millis() as u64,
            note: note(&merged),
        });
        info!(
            table = name,
            rows,
            elapsed_ms = started.elapsed().as_millis() as u64,
            "read {} of {name}",
            counted(rows, "row")
        );
        normalized.tables.push(Pending { table, state, merged });
    }
    // A bad file that was never taken and is gone from landing is nobody's concern any more.
    quarantine.retain(|row| {
        let table = quarantined(row, "table_name");
        let is_selected = tables.iter().any(|selected| selected.qualified_name() == table);
        !is_selected || files.get(table).is_some_and(|known| known.contains_key(quarantined(row, "file")))
    });
    normalized.warnings = rowless.warnings();
    normalized.environments = environments_of(&files);
    normalized.files = files.into_values().flat_map(BTreeMap::into_values).collect();
    normalized.quarantined_cells = quarantine.len() as u64;
    normalized.quarantine_changed = quarantine != quarantine_before;
    normalized.quarantine = quarantine;
    normalized.contradictions = Some(contradictions).filter(|now| *now != contradictions_before);
    normalized.not_found = Some(not_found).filter(|now| *now != not_found_before);
    Ok(normalized)
}

impl Normalized {
    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.extractions.is_none() && !self.quarantine_changed
    }

    /// Whether bad rows keep this run from publishing.
    ///
    /// # Errors
    /// Data (exit 3), naming the first bad cells.
    pub fn check_quarantine(&self, policy: QuarantinePolicy) -> Result<()> {
        if self.quarantine.is_empty() {
            return Ok(());
        }
        let count = self.quarantine.len();
        let shown: Vec<_> = self.quarantine.iter().take(3).map(describe_cell).collect();
        let more = if count > shown.len() { format!(" (and {} more)", count - shown.len()) } else { String::new() };
        let message = format!("{} cannot be typed: {}{more}", counted(count as u64, "cell"), shown.join("; "));
        if policy == QuarantinePolicy::Allow {
            warn!(quarantined_cells = count, "{message}; the rows are left out");
            return Ok(());
        }
        Err(Error::data(message).hint(
            "see `etl sql -c 'select * from etl.quarantine'`; correct and deliver the file again (an answer of the API \
             clears up when the next read shows the row in good order), or leave such rows out with quarantine = \
             \"allow\" under [quality] in pipeline.toml; `etl forget FILE` is for a file that is gone for good",
        ))
    }

    /// Commits what is in quarantine and nothing else: the tables stay as they are.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub async fn commit_quarantine(&self, lake: &Lake, run: &Run) -> Result<BTreeMap<String, u64>> {
        if !self.quarantine_changed {
            return Ok(BTreeMap::new());
        }
        let rows = self.quarantine.clone();
        let version = commit_rows(lake, &QUARANTINE, rows, true, &run.id, run.started_at_millis).await?;
        Ok([(QUARANTINE.name.to_owned(), version)].into())
    }

    /// Commits every table that changed, then the files that were taken; not yet visible to readers.
    ///
    /// # Errors
    /// Failed when something cannot be written; running again takes the same files again and ends the same.
    pub async fn commit(self, lake: &Lake, run: &Run) -> Result<()> {
        self.commit_quarantine(lake, run).await?;
        for Pending { table, state, merged } in self.tables {
            if merged.change.is_empty() && state.is_some() {
                continue;
            }
            let name = table.qualified_name();
            let schema = records::schema(table.all_columns());
            let target = Target { table: &name, doc: table.doc, schema: &schema };
            lake.commit(target, state.as_ref(), merged.change, &run.id, run.started_at_millis).await?;
        }
        if let Some(rows) = self.contradictions {
            commit_rows(lake, &CONTRADICTIONS, rows, true, &run.id, run.started_at_millis).await?;
        }
        if let Some(rows) = self.not_found {
            commit_rows(lake, &NOT_FOUND, rows, true, &run.id, run.started_at_millis).await?;
        }
        if let Some(extractions) = self.extractions {
            extractions.commit(lake, run).await?;
        }
        let repeated = repeated(&self.files);
        if repeated != newest_rows(lake, &REPEATED_FILES).await? {
            commit_rows(lake, &REPEATED_FILES, repeated, true, &run.id, run.started_at_millis).await?;
        }
        commit_rows(lake, &FILES, self.files, true, &run.id, run.started_at_millis).await.map(drop)
    }
}

/// Files with rows whose bytes are those of another of their table, by table and name.
fn repeated(files: &[Row]) -> Vec<Row> {
    let mut copies: BTreeMap<(&str, &str), BTreeMap<&str, &str>> = BTreeMap::new();
    for row in files {
        let of = |column: &str| cell(&FILES, row, column).unwrap_or_default();
        if of("table_name").starts_with("egress.") && of("row_count") != "0" {
            copies.entry((of("table_name"), of("fingerprint"))).or_default().insert(of("path"), of("row_count"));
        }
    }
    let text = |text: &str| Some(text.to_owned());
    let mut rows = Vec::new();
    for ((table, _), paths) in copies {
        let Some((first, _)) = paths.first_key_value() else { continue };
        rows.extend(paths.iter().skip(1).map(|(path, count)| vec![text(table), text(path), text(first), text(count)]));
    }
    rows.sort();
    rows
}

/// Files of days whose answers were kept long enough.
fn old_answers<'a>(state: &'a TableState, landed: &Landed, settings: &Settings) -> impl Iterator<Item = String> + 'a {
    let newest =
        landed.extractions.iter().filter_map(|extraction| extraction.ended.as_ref()).map(|ended| ended.ended_at);
    let days = settings.api.as_ref().and_then(|api| api.keep_days);
    let before = newest
        .max()
        .zip(days)
        .map(|(newest, days)| timestamp::day(newest - i64::from(days) * timestamp::MICROS_PER_DAY));
    let is_old = move |path: &str| {
        let day = path.split('/').find_map(|part| part.strip_prefix("date="));
        day.zip(before.as_deref()).is_some_and(|(day, before)| day < before)
    };
    state.files.iter().filter(move |file| is_old(&file.path)).map(|file| file.path.clone())
}

/// Every other endpoint is asked for these rows: where none of them is known, the token is another environment's.
///
/// # Errors
/// Data (exit 3).
fn check_account(table: &Table, state: Option<&TableState>, merged: &Merged) -> Result<()> {
    let known: u64 = state.iter().flat_map(|state| &state.files).map(|file| file.rows).sum();
    let listed: u64 = merged.rows.iter().sum();
    if !matches!(table.origin, Origin::Api(endpoint) if endpoint.name == "customers")
        || known == 0
        || listed == 0
        || merged.met_keys > 0
    {
        return Ok(());
    }
    Err(Error::data(format!(
        "none of the {} of the lake is among those that the API listed: is it the token of another environment?",
        counted(known, "customer")
    ))
    .hint(
        "use a lake and a landing folder for each environment; to have this lake go on with the right token, remove the \
         newest folder under landing/api",
    ))
}

/// A row of the quarantine as messages say it.
fn describe_cell(row: &Row) -> String {
    let of = |column: &str| quarantined(row, column);
    let column = match of("column_name") {
        "" => String::new(),
        name => format!(", column `{name}`"),
    };
    let value = match of("value") {
        "" => String::new(),
        value => format!(", value {value:?}"),
    };
    let place = match of("pointer") {
        "" => format!("row {}", of("row_number")),
        pointer => format!("answer {}, {pointer}", of("row_number")),
    };
    format!("{} {place} of {}{column}{value}: {}", of("table_name"), of("file"), of("reason"))
}

/// A cell of a row in quarantine, empty for null.
fn quarantined<'a>(row: &'a Row, column: &str) -> &'a str {
    cell(&QUARANTINE, row, column).unwrap_or_default()
}

/// A row in quarantine but for the run that read it, its last column.
fn without_run(row: &Row) -> &[Option<String>] {
    row.split_last().map_or(&[], |(_, rest)| rest)
}

/// The environments that rows of the lake name, from its record of files.
///
/// # Errors
/// Damaged (exit 5) when the record cannot be read.
pub async fn environments(lake: &Lake) -> Result<BTreeSet<String>> {
    Ok(environments_of(&newest_files(lake).await?))
}

fn environments_of(files: &BTreeMap<String, KnownFiles>) -> BTreeSet<String> {
    let names = files.values().flat_map(BTreeMap::values).filter_map(|row| cell(&FILES, row, "environments"));
    names.flat_map(|names| names.split(',')).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

type KnownFiles = BTreeMap<String, Row>;

async fn newest_files(lake: &Lake) -> Result<BTreeMap<String, KnownFiles>> {
    let mut files: BTreeMap<String, KnownFiles> = BTreeMap::new();
    for row in newest_rows(lake, &FILES).await? {
        let of = |column: &str| cell(&FILES, &row, column).unwrap_or_default().to_owned();
        files.entry(of("table_name")).or_default().insert(of("path"), row);
    }
    Ok(files)
}

/// What the lake has not taken yet: for each table that has any, its deliveries.
///
/// # Errors
/// Damaged (exit 5) when the lake's record of files cannot be read; data (exit 3) when a full refresh would lose rows.
pub async fn unread(
    tables: &[&'static Table],
    landed: &Landed,
    lake: &Lake,
    full_refresh: bool,
) -> Result<Vec<(String, Vec<Delivery>)>> {
    let known = newest_files(lake).await?;
    let none = KnownFiles::new();
    let mut unread = Vec::new();
    for table in tables {
        let name = table.qualified_name();
        let new = new_deliveries(table, landed, known.get(&name).unwrap_or(&none), full_refresh)?;
        if !new.is_empty() {
            unread.push((name, new));
        }
    }
    Ok(unread)
}

/// Deliveries of a table that the lake has not taken as they are now.
fn new_deliveries(
    table: &'static Table,
    landed: &Landed,
    known: &KnownFiles,
    full_refresh: bool,
) -> Result<Vec<Delivery>> {
    let mine: Vec<_> = landed.deliveries.iter().filter(|delivery| delivery.feeds(table)).collect();
    for delivery in mine.iter().filter(|delivery| delivery.schema == "egress" && delivery.size_bytes == 0) {
        let rows = known.get(delivery.name()).and_then(|row| cell(&FILES, row, "row_count")?.parse().ok()).unwrap_or(0);
        if rows > 0 {
            let name = delivery.name();
            return Err(Error::data(format!("{name} had {} and came again without a byte", counted(rows, "row")))
                .hint("deliver the file again whole; or, where its rows are to go, with a header and no rows"));
        }
    }
    if full_refresh {
        let is_there =
            |path: &String| landed.dropped.contains(path) || mine.iter().any(|delivery| delivery.name() == path);
        if let Some(lost) = known.keys().find(|path| !is_there(path)) {
            return Err(Error::data(format!(
                "{}: rows of {lost} are in the lake but the file is no longer in landing; a full refresh would lose them",
                table.qualified_name()
            ))
            .hint("put the file back, or run without --full-refresh"));
        }
        return Ok(mine.into_iter().cloned().collect());
    }
    let mut new = Vec::new();
    for delivery in mine {
        if let Some(row) = known.get(delivery.name()) {
            let of = |column: &str| cell(&FILES, row, column).unwrap_or_default();
            let is_untouched = of("size_bytes") == delivery.size_bytes.to_string()
                && of("modified_at") == timestamp::text(delivery.modified_at);
            if is_untouched || of("fingerprint") == feed::fingerprint(&delivery.path)? {
                continue;
            }
        }
        new.push(delivery.clone());
    }
    Ok(new)
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

fn quarantine_rows<'a>(
    table: &'a str,
    deliveries: &'a [Delivery],
    merged: &'a Merged,
    run: &'a Run,
) -> impl Iterator<Item = Row> + 'a {
    merged.quarantined.iter().map(move |(file, row, cell)| {
        vec![
            Some(table.to_owned()),
            Some(deliveries[*file].name().to_owned()),
            Some(cell.pointer.as_ref().map_or(*row, |(_, answer)| *answer).to_string()),
            cell.pointer.as_ref().map(|(pointer, _)| pointer.clone()),
            cell.column.clone(),
            Some(cell.value.clone()),
            Some(cell.reason.clone()),
            Some(run.id.clone()),
        ]
    })
}

fn note(merged: &Merged) -> String {
    let mut notes = Vec::new();
    if merged.unchanged_rows > 0 {
        notes.push(format!("{} unchanged", merged.unchanged_rows));
    }
    if merged.superseded_rows > 0 {
        notes.push(format!("{} superseded", merged.superseded_rows));
    }
    if !merged.contradictions.is_empty() {
        notes.push(counted(merged.contradictions.len() as u64, "contradiction"));
    }
    if !merged.quarantined.is_empty() {
        notes.push(format!("{} in quarantine", counted(merged.quarantined.len() as u64, "cell")));
    }
    if !merged.not_found.is_empty() {
        notes.push(format!("{} not found", counted(merged.not_found.len() as u64, "series")));
    }
    if !merged.empty.is_empty() {
        notes.push(format!("{} without a byte passed over", counted(merged.empty.len() as u64, "file")));
    }
    if merged.rounded > 0 {
        notes.push(format!("{} rounded at the 18th decimal", counted(merged.rounded, "number")));
    }
    if !merged.unknown_columns.is_empty() {
        notes.push(format!("{} kept", counted(merged.unknown_columns.len() as u64, "unknown column")));
    }
    notes.join(", ")
}

/// Tables that a pattern selects.
///
/// # Errors
/// Usage (exit 2) when it selects none.
pub fn selected(pattern: Option<&crate::settings::Pattern>) -> Result<Vec<&'static Table>> {
    let Some(pattern) = pattern else { return Ok(catalog::TABLES.to_vec()) };
    let names: Vec<_> = catalog::TABLES.iter().map(|table| table.qualified_name()).collect();
    pattern.require_some("table", &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    // Tables of one endpoint are made from the same answers, and lines without their invoices would be no account of it.
    let is_meant = |table: &&'static Table| pattern.matches(&table.qualified_name());
    let endpoints: Vec<_> =
        catalog::TABLES.iter().filter(|table| is_meant(table)).map(|table| table.endpoint()).collect();
    let is_of_these =
        |table: &&'static Table| is_meant(table) || (table.is_answered() && endpoints.contains(&table.endpoint()));
    Ok(catalog::TABLES.iter().copied().filter(is_of_these).collect())
}
