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
mod new;
mod notes;
mod parquet_types;
mod partitions;
mod rowless;
mod spool;
mod ties;
mod writers;

use std::collections::{BTreeMap, BTreeSet};

use tracing::{info, warn};

use crate::catalog::endpoint::{Endpoint, Read};
use crate::catalog::runs::{CONTRADICTIONS, FILES, NOT_FOUND, QUARANTINE, REPEATED_FILES};
use crate::catalog::{self, Origin, Table};
use crate::error::{Error, Result};
use crate::extract::Landed;
use crate::extractions::Extractions;
use crate::place::lake::{Lake, TableState, Target};
use crate::place::records::{self, Row, cell, commit_rows, newest_rows};
use crate::printer::{counted, progress};
use crate::receipt::Receipt;
use crate::run::Run;
use crate::settings::{DeliveryPlace, QuarantinePolicy, Settings};
use crate::source::delivery::Delivery;
use crate::value::timestamp;
use merge::{Merge, Merged};
use new::{KnownFiles, New, new_deliveries};
use notes::{Notes, environments_of, newest_files, quarantined};
use rowless::Rowless;
use spool::Spool;

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
    let before = Notes::of_lake(lake).await?;
    let mut notes = before.clone();
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
    for of_one in tables.chunk_by(|one, other| one.is_answered() && one.endpoint() == other.endpoint()) {
        let mut news = Vec::new();
        for table in of_one {
            let name = table.qualified_name();
            let known = before.files_of(&name);
            let new = New::of(table, landed, lake, known, full_refresh).await?;
            if table.origin.schema() == "egress" && !full_refresh {
                let landed = landed.deliveries.iter().filter(|delivery| delivery.feeds(table)).count();
                let new = new.as_ref().map_or(&[][..], |new| &new.deliveries);
                rowless.begin(&name, known.values(), landed, new);
            }
            news.extend(new);
        }
        while !news.is_empty() {
            let together = news.iter().take_while(|new| news[0].is_read_with(new)).count().max(1);
            let together: Vec<_> = news.drain(..together).collect();
            let merged = read(&together, landed, lake, run, &extractions, settings)?;
            for (new, mut merged) in together.into_iter().zip(merged) {
                check_account(new.table, new.base(), &merged)?;
                if let (true, Some(state)) = (new.rebuild, &new.state) {
                    merged.change.remove = state.files.iter().map(|file| file.path.clone()).collect();
                } else if let (Origin::Answers, Some(state)) = (new.table.origin, &new.state) {
                    merged.change.remove.extend(old_answers(state, landed, settings));
                }
                tell(&new, &merged);
                notes.take(&new, &merged, &before, run)?;
                let receipt = receipt(&new, &merged);
                rowless.read(&new.name, receipt.rows);
                normalized.receipts.push(receipt);
                normalized.tables.push(Pending { table: new.table, state: new.state, merged });
            }
        }
    }
    notes.forget_files_that_are_gone(tables);
    normalized.warnings = rowless.warnings();
    normalized.environments = notes.environments();
    normalized.quarantined_cells = notes.quarantine.len() as u64;
    normalized.quarantine_changed = notes.quarantine != before.quarantine;
    normalized.quarantine = std::mem::take(&mut notes.quarantine);
    normalized.contradictions =
        Some(std::mem::take(&mut notes.contradictions)).filter(|now| *now != before.contradictions);
    normalized.not_found = Some(std::mem::take(&mut notes.not_found)).filter(|now| *now != before.not_found);
    normalized.files = notes.into_files();
    Ok(normalized)
}

/// Reads the new deliveries of tables, which are those of one endpoint or a single one.
fn read(
    news: &[New],
    landed: &Landed,
    lake: &Lake,
    run: &Run,
    extractions: &Extractions,
    settings: &Settings,
) -> Result<Vec<Merged>> {
    let covers: Vec<_> =
        news.iter().map(|new| extractions.covers(new.table, landed.earliest(&new.deliveries))).collect();
    let mut merges = Vec::with_capacity(news.len());
    for (new, covers) in news.iter().zip(&covers) {
        let New { table, name, deliveries, .. } = new;
        let staging = lake.staging(&run.id, name);
        let spool = match &settings.delivered {
            DeliveryPlace::Store(place) if deliveries.iter().any(|delivery| delivery.at.path().is_none()) => {
                Some(Spool::create(&staging, place.cache_bytes)?)
            }
            _ => None,
        };
        merges.push(Merge {
            table,
            schema: records::schema(table.all_columns()),
            deliveries,
            state: new.base(),
            staging,
            covers,
            run_id: &run.id,
            threads: settings.threads,
            memory_bytes: settings.memory_bytes,
            spool,
        });
    }
    let Some(first) = news.first() else { return Ok(Vec::new()) };
    let (name, bytes) = (&first.name, first.bytes());
    // Of what takes a moment it is said before, too.
    if bytes >= 4 << 20 {
        let (files, what) = (
            first.deliveries.len(),
            match news.len() - 1 {
                0 => name.clone(),
                others => format!("{name} and {}", counted(others as u64, "table in its rows")),
            },
        );
        info!(table = name, files, size_bytes = bytes, "reading {} of {what}", counted(files as u64, "file"));
    }
    // Other files than journals are read twice: for their keys, then for their rows.
    let passes = if first.table.is_answered() { 1 } else { 2 };
    progress::begin(name, bytes * passes, progress::Counted::Bytes);
    let merged = tokio::task::block_in_place(|| match merges.as_slice() {
        [merge] if !merge.table.is_answered() => merge.run().map(|merged| vec![merged]),
        merges => group::merge(merges),
    });
    progress::end();
    merged
}

/// Says what was read of a table, and what is odd about it.
fn tell(new: &New, merged: &Merged) {
    let New { table, name, .. } = new;
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
    if !merged.contradictions.is_empty() {
        let count = merged.contradictions.len() as u64;
        let verb = if count == 1 { "contradicts" } else { "contradict" };
        let count = counted(count, "row");
        warn!(table = name, "{name}: {count} {verb} what is as new: see etl.contradictions");
    }
    let rows: u64 = merged.rows.iter().sum();
    let elapsed_ms = merged.took.as_millis() as u64;
    info!(table = name, rows, elapsed_ms, "read {} of {name}", counted(rows, "row"));
}

fn receipt(new: &New, merged: &Merged) -> Receipt {
    Receipt {
        stage: "normalize".to_owned(),
        item: new.name.clone(),
        rows: merged.rows.iter().sum(),
        files: new.deliveries.len() as u64,
        bytes: new.bytes(),
        milliseconds: merged.took.as_millis() as u64,
        note: note(merged),
    }
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

/// Files of days whose answers were kept long enough, of endpoints that a later read repeats. The newest day of one stays: answers
/// that are as they were then are not kept again.
fn old_answers<'a>(state: &'a TableState, landed: &Landed, settings: &Settings) -> impl Iterator<Item = String> + 'a {
    let newest =
        landed.extractions.iter().filter_map(|extraction| extraction.ended.as_ref()).map(|ended| ended.ended_at);
    let days = settings.api.as_ref().map(|api| api.keep_days);
    let before = newest
        .max()
        .zip(days)
        .map(|(newest, days)| timestamp::day(newest - i64::from(days) * timestamp::MICROS_PER_DAY));
    fn part<'a>(path: &'a str, name: &str) -> Option<&'a str> {
        path.split('/').find_map(|part| part.strip_prefix(name))
    }
    let is_repeated = |endpoint: &&Endpoint| matches!(endpoint.read, Read::Whole | Read::NewestFirst { .. });
    let repeated: BTreeSet<_> = catalog::endpoints().filter(is_repeated).map(|endpoint| Some(endpoint.name)).collect();
    let mut newest_days = BTreeMap::new();
    for file in &state.files {
        let endpoint = part(&file.path, "endpoint=");
        if repeated.contains(&endpoint) {
            let newest = newest_days.entry(endpoint).or_default();
            *newest = part(&file.path, "date=").max(*newest);
        }
    }
    let is_old = move |path: &str| {
        let day = part(path, "date=");
        day.zip(before.as_deref()).is_some_and(|(day, before)| day < before)
            && newest_days.get(&part(path, "endpoint=")).is_some_and(|newest| day < *newest)
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

/// The environments that rows of the lake name, from its record of files.
///
/// # Errors
/// Damaged (exit 5) when the record cannot be read.
pub async fn environments(lake: &Lake) -> Result<BTreeSet<String>> {
    Ok(environments_of(&newest_files(lake).await?))
}

/// Takes out of what is landed the files of transfers that are not whole yet, but for those that the lake has taken, and says so.
///
/// # Errors
/// Damaged (exit 5) when the lake's record of files cannot be read; else as [`Landed::hold_back`].
pub async fn hold_back(landed: &mut Landed, lake: &Lake) -> Result<Vec<String>> {
    if !landed.has_manifests() {
        return Ok(Vec::new());
    }
    let known = newest_files(lake).await?;
    landed.hold_back(|delivery| {
        let table = known.get(&format!("{}.{}", delivery.schema, delivery.table));
        table.is_some_and(|files| files.contains_key(delivery.name()))
    })
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
