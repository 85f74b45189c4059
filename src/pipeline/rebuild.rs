//! `etl rebuild`: makes the lake anew from landing, beside the one that is there, holds every report of both to each other, and puts the
//! new one in its place where they are the same. Broken off at any moment, the old lake stands as it was.
//!
//! What is not in landing comes along: since when exceptions stand. What runs published before, for `--known-at` and `etl diff`, stays
//! in the old lake, which is set aside and not removed.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::{check_logs, run_stages};
use crate::catalog::runs::EXCEPTIONS;
use crate::closes::Close;
use crate::compare;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Model, Models};
use crate::place::lake::Lake;
use crate::place::records::{commit_rows, published_rows};
use crate::place::{above, exchange, leftovers, sync};
use crate::printer::summary::Summary;
use crate::run::{Run, RunRecord, require_lake};
use crate::settings::{GivenBy, Parameter, Place, RebuildOrder, Settings, Stage};

/// What came of it.
#[derive(Debug)]
pub struct Rebuilt {
    /// How many reports were held to each other.
    pub reports: u64,
    /// Those that differ.
    pub differences: Vec<Difference>,
    /// Where the old lake is now; none where it stayed in its place.
    pub set_aside: Option<PathBuf>,
    /// Where the new lake is.
    pub lake: PathBuf,
}

/// A report that is not the same in both lakes.
#[derive(Debug)]
pub struct Difference {
    /// Its name.
    pub report: String,
    /// Rows of the old one that the new one has not; none where they cannot be compared: the old one is damaged, or has other columns.
    pub gone: Option<u64>,
    /// Rows of the new one that the old one had not.
    pub new: Option<u64>,
}

/// Makes the lake anew.
///
/// # Errors
/// Usage (exit 2) where a month is closed, which only this lake can prove, where the lake is at a store, or where part of it was asked
/// for; else as a run's own. That reports differ is no error here, but found.
pub async fn rebuild(settings: &Settings, order: &RebuildOrder) -> Result<Rebuilt> {
    if settings.lake.store.is_some() {
        return Err(Error::usage("a prefix of a bucket cannot be put in the place of another in one step")
            .hint("make the lake at another prefix, `etl run --lake s3://…`, and name that in pipeline.toml"));
    }
    if settings.reports.is_some() || settings.tables.is_some() {
        return Err(Error::usage("a lake is made anew as a whole").hint("leave out --report and --table"));
    }
    let run = Run::begin();
    let old = Lake::open(&settings.lake)?;
    require_lake(&old)?;
    let _lock = old.lock(&run.id, settings.wait_lock).await?;
    let Some(base) = RunRecord::newest(&old).await? else {
        return Err(Error::usage(format!("no run has published anything to {}", settings.lake))
            .hint("`etl run` makes the lake"));
    };
    check_logs(&old, &base)?;
    if let Some(close) = Close::newest(&old, &base.versions).await? {
        return Err(Error::usage(format!(
            "{} is closed, and what it was made from is in this lake alone",
            crate::closes::name_of(close.period)
        ))
        .hint("restore what is damaged from a copy of the lake; `etl verify` names it"));
    }
    let place = beside(&settings.lake.folder, "rebuilt", &run.id);
    remove_leftovers(&settings.lake.folder)?;
    let new = make(settings, &place, &base, &old, &run).await?;

    let models = Models::of(settings)?;
    let (reports, differences) = differences(&models, settings, (&old, &base), &new).await?;
    if !differences.is_empty() && !order.is_accepted {
        return Ok(Rebuilt { reports, differences, set_aside: None, lake: place });
    }
    exchange(&place, &settings.lake.folder)?;
    let aside = beside(&settings.lake.folder, "before", &run.id);
    fs::rename(&place, &aside).map_err(|source| Error::io("set aside", &place, source))?;
    sync(above(&aside))?;
    Ok(Rebuilt { reports, differences, set_aside: Some(aside), lake: settings.lake.folder.clone() })
}

/// A folder beside the lake.
fn beside(lake: &Path, what: &str, run_id: &str) -> PathBuf {
    let name = lake.file_name().unwrap_or_default().to_string_lossy();
    lake.with_file_name(format!("{name}-{what}-{run_id}"))
}

/// Removes what an earlier rebuild made that was broken off, or that differed.
fn remove_leftovers(lake: &Path) -> Result<()> {
    let prefix = beside(lake, "rebuilt", "");
    let prefix = prefix.file_name().unwrap_or_default().to_string_lossy();
    for leftover in leftovers(above(lake), &prefix)? {
        fs::remove_dir_all(&leftover).map_err(|source| Error::io("remove", &leftover, source))?;
    }
    Ok(())
}

/// Makes a lake of what is in landing, with the parameters and for the day of the old one's newest run.
async fn make(settings: &Settings, place: &Path, base: &RunRecord, old: &Lake, run: &Run) -> Result<Lake> {
    let by = GivenBy::Record("etl.runs".to_owned());
    let parameters = base
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), Parameter { value: value.clone(), by: by.clone() }))
        .collect();
    let day = base.started_at.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
    let lake = Place { folder: place.to_owned(), store: None };
    let settings = Settings { lake: lake.clone(), parameters, day: settings.day.or(day), ..settings.clone() };
    let mut summary = Summary::default();
    run_stages(&settings, Stage::Normalize, false, run, &mut summary).await?;
    let new = Lake::open(&lake)?;
    let rows = published_rows(old, &EXCEPTIONS, &base.versions).await?;
    if !rows.is_empty() {
        let version = commit_rows(&new, &EXCEPTIONS, rows, true, &run.id, run.started_at_millis).await?;
        if let Some(mut record) = RunRecord::newest(&new).await? {
            record.versions.insert(EXCEPTIONS.name.to_owned(), version);
            record.publish(&new, run, &[]).await?;
        }
    }
    let made = run_stages(&settings, Stage::Transform, false, &Run::begin(), &mut summary).await;
    made.map_err(|error| error.context("the lake that was made anew"))?;
    Ok(new)
}

/// Holds the reports of both lakes to each other: how many, and which differ.
async fn differences(
    models: &Models,
    settings: &Settings,
    (old, before): (&Lake, &RunRecord),
    new: &Lake,
) -> Result<(u64, Vec<Difference>)> {
    let Some(after) = RunRecord::newest(new).await? else {
        return Err(Error::failed("the lake that was made anew has published nothing"));
    };
    let mut engine = Engine::new(new, after.versions.clone(), None, settings.threads, settings.memory_bytes)?;
    let (mut reports, mut found) = (0, Vec::new());
    for model in models.reports(None)? {
        if !before.reports.contains_key(&model.name) {
            continue;
        }
        reports += 1;
        let table = crate::task::mart_table(&model.name);
        let names = [format!("old_{}", model.name), format!("new_{}", model.name)];
        let version = |record: &RunRecord| record.versions.get(&table).copied();
        let in_old = compare::open(&mut engine, old, model, version(before), &names[0]).await;
        // A lake is made anew because something of it is damaged, too.
        let in_old = match in_old {
            Err(error) if error.kind() == ErrorKind::Damaged => None,
            columns => Some(columns?),
        };
        let in_new = compare::open(&mut engine, new, model, version(&after), &names[1]).await?;
        let (gone, new) = match in_old == Some(in_new) {
            true => {
                let (one, other) =
                    (only_in(&engine, model, &names[0], &names[1]), only_in(&engine, model, &names[1], &names[0]));
                (Some(one.await?), Some(other.await?))
            }
            false => (None, None),
        };
        if (gone, new) != (Some(0), Some(0)) {
            found.push(Difference { report: model.name.clone(), gone, new });
        }
    }
    Ok((reports, found))
}

/// How many rows of one table another has not.
async fn only_in(engine: &Engine, model: &Model, one: &str, other: &str) -> Result<u64> {
    let columns: Vec<_> = model.header.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let columns = columns.join(", ");
    let sql = format!("select count(*) from (select {columns} from {one} except select {columns} from {other})");
    let failed = |error| engine.query_failed(&format!("{} of both lakes", model.name), &error);
    let batches = engine.context.sql(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let count = batches.first().and_then(|batch| crate::printer::text_of(batch.column(0), 0).ok().flatten());
    count.and_then(|count| count.parse().ok()).ok_or_else(|| Error::failed("a count that is none"))
}
