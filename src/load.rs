//! Move 4: marts -> Artifacts. Prints each published report as CSV, all of them as a workbook and a page, with a manifest that says what it was made from.
//!
//! The same rows give the same bytes: UTF-8, LF, RFC 4180, decimals in plain notation without trailing zeros, dates and
//! instants in ISO 8601, null as an empty field and empty text as `""`.

mod page;
mod workbook;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracing::info;

use crate::error::{Error, Result};
use crate::fingerprint::hex;
use crate::model::{Header, Models};
use crate::origin::{DataOrigin, SaidOrigin};
use crate::place::along;
use crate::place::artifacts::{MANIFEST, NextArtifacts, bring, names};
use crate::place::lake::{self, Lake, TableState};
use crate::place::parquet::{damaged, read};
use crate::printer::{counted, csv};
use crate::receipt::Receipt;
use crate::run::{ReportRecord, Run, RunRecord};
use crate::settings::{Place, Settings};
use crate::task::mart_table;
use crate::threads::each;

use page::PAGE;
use workbook::WORKBOOK;

/// What `manifest.json` says.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Manifest {
    /// The run that published the reports' rows.
    pub run_id: String,
    /// When it began.
    pub started_at: String,
    /// Version of the tool.
    pub etl_version: String,
    /// The environment the reports are of.
    pub environment: Option<String>,
    /// Parameters of the reports.
    pub parameters: BTreeMap<String, String>,
    /// Version of each lake table the run saw.
    pub versions: BTreeMap<String, u64>,
    /// The accounts that journal entries are posted to, by what they are for.
    #[serde(default)]
    pub accounts: BTreeMap<String, String>,
    /// What checks and exceptions do where settings say otherwise than their authors.
    #[serde(default)]
    pub checks: BTreeMap<String, String>,
    /// Where the columns of `[dimensions]` have their texts from, by column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub dimensions: BTreeMap<String, String>,
    /// What texts do that a spreadsheet would run as a formula: `escape` or `keep`.
    #[serde(default)]
    pub formula_cells: String,
    /// Whether the CSVs begin with a byte order mark; says so where they do.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub byte_order_mark: bool,
    /// The month that a close pack is of.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub period: Option<String>,
    /// Whether the data is a sample; says so where it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub notice: Option<String>,
    /// Whose data the lake holds; none where it was not said to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub origin: Option<SaidOrigin>,
    /// Each artifact by file name.
    pub artifacts: BTreeMap<String, Artifact>,
}

/// One CSV.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Artifact {
    /// Rows below the header.
    pub rows: u64,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Its files in the lake: they are named by the run that wrote them.
    pub lake_files: Vec<String>,
    /// What it was made from.
    pub made_from: ReportRecord,
}

impl Manifest {
    /// What it says of the state of a lake; no artifacts yet. Paths in it count from `place`: the folder of artifacts or of closes.
    pub fn of(record: &RunRecord, origin: Option<&DataOrigin>, settings: &Settings, place: &Path) -> Self {
        let versions = record.versions.iter().filter(|(name, _)| !name.starts_with("etl."));
        let accounts = settings.accounts.iter().map(|account| (account.setting(), account.name.clone()));
        let dimensions = settings.dimensions.iter().map(|told| (told.name.clone(), told.path.clone()));
        let checks = settings.checks.iter().map(|(name, given)| (name.clone(), given.severity.word().to_owned()));
        Self {
            run_id: record.run_id.clone(),
            started_at: record.started_at.clone(),
            etl_version: env!("CARGO_PKG_VERSION").to_owned(),
            environment: record.environment.clone(),
            parameters: record.parameters.clone(),
            versions: versions.map(|(name, version)| (name.clone(), *version)).collect(),
            accounts: accounts.collect(),
            checks: checks.collect(),
            dimensions: dimensions.collect(),
            formula_cells: settings.formula_cells.word().to_owned(),
            byte_order_mark: settings.byte_order_mark,
            period: None,
            notice: origin.and_then(|origin| origin.notice(settings)),
            origin: origin.map(|origin| origin.said_in(place)),
            artifacts: BTreeMap::new(),
        }
    }

    /// One line about the whole set.
    pub fn receipt(&self, stage: &str, item: &str, started: Instant, note: &str) -> Receipt {
        Receipt {
            stage: stage.to_owned(),
            item: item.to_owned(),
            rows: self.artifacts.values().map(|artifact| artifact.rows).sum(),
            files: self.artifacts.len() as u64,
            bytes: self.artifacts.values().map(|artifact| artifact.size_bytes).sum(),
            milliseconds: started.elapsed().as_millis() as u64,
            note: note.to_owned(),
        }
    }

    /// Writes it into a set of artifacts.
    fn write(&self, next: &NextArtifacts) -> Result<()> {
        let path = next.path(MANIFEST);
        let text = serde_json::to_string_pretty(self)
            .map_err(|error| Error::failed(format!("the manifest cannot be written: {error}")))?;
        let write = || -> std::io::Result<()> {
            let mut file = File::create_new(&path)?;
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        };
        write().map_err(|source| Error::io("write", &path, source))
    }
}

/// A report for the workbook and the page.
pub struct Published<'a> {
    /// The report.
    pub name: &'a str,
    /// What is said of it; none of what is no report.
    pub header: Option<&'a Header>,
    /// Its rows.
    pub files: Vec<PathBuf>,
    /// How many.
    pub rows: u64,
}

/// A report to print that is not, or not as such, in the lake.
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub files: Vec<PathBuf>,
    /// What it was made from.
    pub made_from: ReportRecord,
}

/// Prints sheets into a set beside the target folder, with a manifest; [`NextArtifacts::publish`] puts it in place.
///
/// # Errors
/// Damaged (exit 5) when a file cannot be read; failed when one cannot be written.
pub fn print_apart(
    target: &Place,
    sheets: Vec<Sheet>,
    mut manifest: Manifest,
    settings: &Settings,
    run: &Run,
) -> Result<(NextArtifacts, Manifest)> {
    let mut replaced: Vec<String> = sheets.iter().map(|sheet| file_name(&sheet.name)).collect();
    replaced.extend([MANIFEST, WORKBOOK].map(str::to_owned));
    let next = NextArtifacts::begin(target, &run.id, &replaced)?;
    let models = Models::of(settings)?;
    let mut pages = Vec::new();
    for sheet in &sheets {
        let name = file_name(&sheet.name);
        let artifact = print(&sheet.files, Vec::new(), sheet.made_from.clone(), settings, &next.path(&name))?;
        let header = models.get(&sheet.name).map(|model| &model.header);
        pages.push(Published { name: &sheet.name, header, files: sheet.files.clone(), rows: artifact.rows });
        manifest.artifacts.insert(name, artifact);
    }
    pages.sort_by_key(|page| page.name);
    if settings.workbook {
        let artifact = workbook::write(&next.path(WORKBOOK), &manifest, &pages)?;
        manifest.artifacts.insert(WORKBOOK.to_owned(), artifact);
    }
    manifest.write(&next)?;
    Ok((next, manifest))
}

/// Prints these published reports, all or none.
///
/// # Errors
/// Usage (exit 2) when a report was never made; damaged (exit 5) when its table cannot be read; failed when a file
/// cannot be written, the old artifacts staying.
pub async fn load(
    reports: &[String],
    published: &RunRecord,
    lake: &Lake,
    settings: &Settings,
    run: &Run,
) -> Result<Vec<Receipt>> {
    let target = &settings.artifacts;
    let origin = DataOrigin::of_lake(lake, &published.versions).await?;
    let mut manifest = Manifest::of(published, origin.as_ref(), settings, &target.address());
    let mut before = newest_manifest(target)?;
    if let Some(before) = &mut before {
        // An artifact that is gone or was changed by hand is none of ours any more.
        before
            .artifacts
            .retain(|name, artifact| sha256_of(&target.folder.join(name)).is_ok_and(|hash| hash == artifact.sha256));
        let is_other =
            |name: &str| ![WORKBOOK, PAGE].contains(&name) && !reports.iter().any(|report| *name == file_name(report));
        let others = before.artifacts.iter().filter(|(name, _)| is_other(name));
        manifest.artifacts.extend(others.map(|(name, artifact)| (name.clone(), artifact.clone())));
    }
    let mut tables = Vec::new();
    for report in reports {
        tables.push(published_table(report, published, lake).await?);
    }
    let is_current = before.as_ref().is_some_and(|before| {
        before.artifacts.contains_key(WORKBOOK) == settings.workbook
            && before.artifacts.contains_key(PAGE) == settings.page
            && is_current(before, &manifest, reports, &tables, published)
    });
    if is_current {
        let receipt = |report: &String| Receipt {
            stage: "load".to_owned(),
            item: file_name(report),
            note: "unchanged".to_owned(),
            ..Receipt::default()
        };
        return Ok(reports.iter().map(receipt).collect());
    }
    let mut replaced: Vec<String> = reports.iter().map(|report| file_name(report)).collect();
    replaced.extend([MANIFEST, WORKBOOK, PAGE].map(str::to_owned));
    let next = NextArtifacts::begin(target, &run.id, &replaced)?;
    let mut receipts = Vec::new();
    let models = Models::of(settings)?;
    let verified: BTreeMap<_, _> = reports.iter().map(String::as_str).zip(&tables).collect();
    let opened = match settings.workbook || settings.page {
        true => open_all(&verified, published, lake, &models).await?,
        false => BTreeMap::new(),
    };
    let all = all_of(&opened, &models);
    let asked = Instant::now();
    let figures = match settings.page {
        true => page::figures(&opened, published, lake, settings, &models).await?,
        false => Vec::new(),
    };
    let asked = asked.elapsed();
    let print_one = |wanted: &Wanted<'_>| -> Result<_> {
        let started = Instant::now();
        let (report, table) = match wanted {
            Wanted::Report(report, table) => (report, table),
            Wanted::Workbook => {
                let artifact = workbook::write(&next.path(WORKBOOK), &manifest, &all)?;
                return Ok((WORKBOOK.to_owned(), artifact, started.elapsed()));
            }
            Wanted::Page => {
                let artifact = page::write(&next.path(PAGE), &manifest, &all, &figures, settings)?;
                return Ok((PAGE.to_owned(), artifact, asked + started.elapsed()));
            }
        };
        let name = file_name(report);
        let made_from = published.reports.get(report.as_str()).cloned().unwrap_or_default();
        let files: Vec<_> = table.files.iter().map(|file| table.path_of(file)).collect();
        let artifact = print(&files, file_paths(table), made_from, settings, &next.path(&name))?;
        Ok((name, artifact, started.elapsed()))
    };
    // The workbook and the page, which take longest, are begun first and told last.
    let mut wanted: Vec<_> = settings.workbook.then_some(Wanted::Workbook).into_iter().collect();
    wanted.extend(settings.page.then_some(Wanted::Page));
    let of_all = wanted.len();
    wanted.extend(reports.iter().zip(&tables).map(|(report, table)| Wanted::Report(report, table)));
    let mut printed = each(&wanted, settings.threads, print_one);
    printed.rotate_left(of_all);
    for printed in printed {
        let (name, artifact, took) = printed?;
        receipts.push(Receipt {
            stage: "load".to_owned(),
            item: name.clone(),
            rows: artifact.rows,
            files: 1,
            bytes: artifact.size_bytes,
            milliseconds: took.as_millis() as u64,
            note: String::new(),
        });
        manifest.artifacts.insert(name, artifact);
    }
    manifest.write(&next)?;
    next.publish()?;
    info!("wrote {} to {}", counted(receipts.len() as u64, "artifact"), target);
    Ok(receipts)
}

/// What is to be written.
enum Wanted<'a> {
    Workbook,
    Page,
    Report(&'a String, &'a TableState),
}

/// Writes the page of everything that is published, beside the file and then in its place: it is whole or not there.
///
/// # Errors
/// Damaged (exit 5) when a table cannot be read; failed when it cannot be written.
pub async fn write_page(published: &RunRecord, lake: &Lake, settings: &Settings, path: &Path) -> Result<Artifact> {
    let origin = DataOrigin::of_lake(lake, &published.versions).await?;
    let manifest = Manifest::of(published, origin.as_ref(), settings, &settings.artifacts.address());
    let models = Models::of(settings)?;
    let opened = open_all(&BTreeMap::new(), published, lake, &models).await?;
    let figures = page::figures(&opened, published, lake, settings, &models).await?;
    let aside = path.with_extension(format!("part-{}", std::process::id()));
    let written = page::write(&aside, &manifest, &all_of(&opened, &models), &figures, settings);
    let written = written.and_then(|artifact| {
        std::fs::rename(&aside, path).map_err(|source| Error::io("write", path, source))?;
        Ok(artifact)
    });
    if written.is_err() {
        // The failure is what matters; the half file beside is removed as well as can be.
        let _ = std::fs::remove_file(&aside);
    }
    written
}

/// SHA-256 of a file's bytes, which may be more than memory.
fn sha256_of(path: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    std::io::copy(&mut File::open(path)?, &mut hash)?;
    Ok(hex(&hash.finalize()))
}

fn file_name(report: &str) -> String {
    format!("{report}.csv")
}

/// The manifest of the artifacts as they are; none where it cannot be read.
pub fn read_manifest(target: &Path) -> Option<Manifest> {
    serde_json::from_slice(&std::fs::read(target.join(MANIFEST)).ok()?).ok()
}

/// The same of a place, of which the newest set is brought here where it is at a store.
fn newest_manifest(place: &Place) -> Result<Option<Manifest>> {
    bring(place)?;
    Ok(read_manifest(&place.folder))
}

/// Refuses to put artifacts of one origin beside those of another, or in their place.
///
/// # Errors
/// Usage (exit 2), naming the folder; damaged (exit 5) when the lake cannot be read.
pub async fn require_artifacts(origin: &DataOrigin, lake: &Lake, settings: &Settings) -> Result<()> {
    require_place(origin, &settings.artifacts, &settings.artifacts, lake, settings).await
}

/// The same for close packs.
///
/// # Errors
/// As [`require_artifacts`].
pub async fn require_closes(origin: &DataOrigin, lake: &Lake, settings: &Settings) -> Result<()> {
    for pack in names(&settings.closes)? {
        require_place(origin, &settings.closes.below(&pack), &settings.closes, lake, settings).await?;
    }
    Ok(())
}

async fn require_place(
    origin: &DataOrigin,
    set: &Place,
    place: &Place,
    lake: &Lake,
    settings: &Settings,
) -> Result<()> {
    let Some(manifest) = newest_manifest(set)? else { return Ok(()) };
    let place = &place.address();
    let Some(before) = &manifest.origin else { return Ok(()) };
    let is_of_lake = settings.is_landing_moved
        || before.landing == origin.said_in(place).landing
        || RunRecord::all(lake).await?.iter().any(|run| run.run_id == manifest.run_id);
    require_origin(origin, before, &set.address(), place, is_of_lake)
}

fn require_origin(
    origin: &DataOrigin,
    before: &SaidOrigin,
    folder: &Path,
    place: &Path,
    is_of_lake: bool,
) -> Result<()> {
    let now = origin.said_in(place);
    let is_other_account = before.account.is_some() && now.account.is_some() && before.account != now.account;
    let is_other_landing = before.landing != now.landing && !is_of_lake;
    if before.data == now.data && !is_other_account && !is_other_landing {
        return Ok(());
    }
    let of = |origin: &SaidOrigin| {
        let account = origin.account.as_ref().map_or(String::new(), |account| format!(" of the account at {account}"));
        format!("{} data{account} from {}", origin.data, along(place, &origin.landing).display())
    };
    Err(Error::usage(format!(
        "{} holds figures made of {}, and these would be of {}",
        folder.display(),
        of(before),
        of(&now)
    ))
    .hint("name other folders with --artifacts and --closes, or move this one away"))
}

/// Whether the artifacts there, all of them unchanged, are those of the published tables.
fn is_current(
    before: &Manifest,
    next: &Manifest,
    reports: &[String],
    tables: &[TableState],
    published: &RunRecord,
) -> bool {
    let is_printed = |(report, table): (&String, &TableState)| {
        before.artifacts.get(&file_name(report)).is_some_and(|artifact| {
            artifact.lake_files == file_paths(table) && published.reports.get(report) == Some(&artifact.made_from)
        })
    };
    let heads = |manifest: &Manifest| Manifest { artifacts: BTreeMap::new(), ..manifest.clone() };
    heads(before) == heads(next) && reports.iter().zip(tables).all(is_printed)
}

fn file_paths(table: &TableState) -> Vec<String> {
    table.files.iter().map(|file| file.path.clone()).collect()
}

/// The tables of every report that is published, whichever are printed now: a workbook of some would be taken for one of all. Those
/// that are printed were verified already.
async fn open_all<'m>(
    verified: &BTreeMap<&str, &TableState>,
    published: &RunRecord,
    lake: &Lake,
    models: &'m Models,
) -> Result<BTreeMap<&'m str, TableState>> {
    let mut opened = BTreeMap::new();
    for model in models.iter().filter(|model| published.versions.contains_key(&mart_table(&model.name))) {
        let table = match verified.get(model.name.as_str()) {
            Some(table) => (*table).clone(),
            None => published_table(&model.name, published, lake).await?,
        };
        opened.insert(model.name.as_str(), table);
    }
    Ok(opened)
}

fn all_of<'m>(opened: &BTreeMap<&'m str, TableState>, models: &'m Models) -> Vec<Published<'m>> {
    let one = |(name, table): (&&'m str, &TableState)| Published {
        name,
        header: models.get(name).map(|model| &model.header),
        files: table.files.iter().map(|file| table.path_of(file)).collect(),
        rows: table.files.iter().map(|file| file.rows).sum(),
    };
    opened.iter().map(one).collect()
}

async fn published_table(report: &str, published: &RunRecord, lake: &Lake) -> Result<TableState> {
    let table = mart_table(report);
    let Some(version) = published.versions.get(&table) else {
        return Err(Error::usage(format!("the report {report} has not been made yet"))
            .hint("run `etl run --stage transform` first"));
    };
    let state = lake.table(&table, Some(*version)).await?;
    let state = state.ok_or_else(|| lake::damaged(&table, "it is gone"))?;
    state.verify_bytes()?;
    Ok(state)
}

fn print(
    files: &[PathBuf],
    lake_files: Vec<String>,
    made_from: ReportRecord,
    settings: &Settings,
    path: &Path,
) -> Result<Artifact> {
    let failed = |source| Error::io("write", path, source);
    let mut out =
        Hashing { inner: BufWriter::new(File::create_new(path).map_err(failed)?), hash: Sha256::new(), bytes: 0 };
    let rows = write_csv(files, settings, &mut out, path)?;
    let file = out.inner.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(Artifact { rows, size_bytes: out.bytes, sha256: hex(&out.hash.finalize()), lake_files, made_from })
}

/// Writes the rows of a report as its CSV has them, and counts them; `path` is where they go.
fn write_csv(files: &[PathBuf], settings: &Settings, out: &mut impl Write, path: &Path) -> Result<u64> {
    let failed = |source| Error::io("write", path, source);
    if settings.byte_order_mark {
        out.write_all("\u{feff}".as_bytes()).map_err(failed)?;
    }
    let mut rows = 0;
    for (place, source) in files.iter().enumerate() {
        let batches = read(source, None)?;
        if place == 0 {
            csv::write_header(&arrow::array::RecordBatchReader::schema(&batches), out).map_err(failed)?;
        }
        for batch in batches {
            let batch = batch.map_err(|error| damaged(source, &error))?;
            rows += batch.num_rows() as u64;
            csv::write_rows(&batch, settings.formula_cells, out)?.map_err(failed)?;
        }
    }
    Ok(rows)
}

/// Hashes and counts what it passes on.
struct Hashing<W: Write> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}
