//! `etl diff`: what two runs report differently, in words of the business.
//!
//! Reports are compared at the versions that either run published, row by row; a difference is told by customer, report, month
//! and currency, with what changed in that customer's data between the two. Figures that may be added are told as sums, others
//! by row.

mod text;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::RecordBatch;
use datafusion::error::DataFusionError;

use super::print;
use crate::compare::{self, changed};
use crate::engine::parameters::{Times, as_published, resolve};
use crate::engine::{Engine, plain};
use crate::error::{Error, Result};
use crate::make::write_sql;
use crate::model::{Model, Models};
use crate::pipeline::compact::require_kept;
use crate::place::lake::Lake;
use crate::place::scratch::Scratch;
use crate::printer::json_of_row;
use crate::run::{Run, RunRecord, require_lake};
use crate::setting_tables;
use crate::settings::{OutputFormat, Settings};
use crate::suggest::nearest;
use crate::task::{Keeping, Task, mart_table};

/// Tells `moved`, which has the columns of [`changed::changes`], by customer with its causes.
const TOLD: &str = include_str!("diff/told.sql");

/// Compares what two runs published and prints the differences.
///
/// # Errors
/// Usage (exit 2) when there is no such run; damaged (exit 5) when the lake cannot be read.
pub async fn run(settings: &Settings, old: &str, new: &str) -> Result<()> {
    let lake = Lake::open(&settings.lake)?;
    require_lake(&lake)?;
    let records = RunRecord::all(&lake).await?;
    let (old, new) = (find(&records, old)?, find(&records, new)?);
    require_kept(&lake, old).await?;
    require_kept(&lake, new).await?;
    let models = Models::of(settings)?;
    let reports = models.reports(settings.reports.as_ref())?;
    let scratch = Scratch::new();
    let tables = setting_tables::of(settings, &models)?;
    let specs = models.parameters()?;
    let times = Times::on(Run::begin().day());
    let parameters = resolve(&specs, &as_published(&specs, &settings.parameters, &new.parameters), &times)?.values;
    let task = Task {
        reports: &reports,
        models: &models,
        parameters: &parameters,
        setting_tables: &tables,
        settings,
        versions: &new.versions,
        keeping: Keeping::Neither,
        is_read_on: false,
        close: None,
    };
    let mut engine = task.engine(&lake, BTreeMap::new(), new.environment.clone())?;
    let (mut moved, mut compared, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    for report in &reports {
        let name = &report.name;
        let table = mart_table(name);
        let (before, after) = (old.versions.get(&table), new.versions.get(&table));
        if before == after {
            continue;
        }
        let of = |record: &RunRecord| record.reports.get(name).map(|made| made.parameters.clone());
        if before.is_some() && after.is_some() && of(old) != of(new) {
            remarks.push(format!("{name} was made with other parameters and is not compared"));
            continue;
        }
        let names = [format!("old_{name}"), format!("new_{name}")];
        let mut columns = Vec::new();
        for (name, version) in names.iter().zip([before, after]) {
            columns.extend(compare::open(&mut engine, &lake, report, version.copied(), name).await?);
        }
        let [of_old, of_new] = columns.as_slice() else {
            let what = if before.is_none() { "the first run does not have" } else { "the second run does not have" };
            remarks.push(format!("{what} {name}"));
            continue;
        };
        let report = in_both(report, [of_old, of_new], &mut remarks);
        let found = format!("moved_{name}");
        let names = names.each_ref().map(String::as_str);
        match changed::find(&report, names, &found, &engine, scratch.path()).await? {
            None => remarks.push(format!("{name} has no key that tells its rows apart and is not compared")),
            Some(0) => remarks
                .push(format!("{name} differs in nothing but days, counts and fractions, which are not compared")),
            Some(_) => {
                moved.push(format!("select * from {found}"));
                compared.push(name.as_str());
            }
        }
    }
    remarks.extend([old, new].into_iter().filter(|record| record.status == "blocked").map(what_is_its_own));
    let batches = match moved.is_empty() {
        true => Vec::new(),
        false => {
            let between = [read_by(old, &compared, u64::min), read_by(new, &compared, u64::max)];
            differences(&moved, between.each_ref(), &task, &mut engine, &lake, &scratch).await?
        }
    };
    let text = match settings.output {
        OutputFormat::Json => json(&batches)?,
        OutputFormat::Text => text::of(&batches, &remarks, old, new)?,
    };
    print(text.as_bytes())
}

/// The versions that a run's reports were made from: those that it published, but for tables of which the reports say others.
/// A run that was blocked published what blocks it, made from rows that it did not publish. Where reports were made from
/// different versions, by runs of some of them, `widest` takes the one that shows more of what changed.
fn read_by(record: &RunRecord, reports: &[&str], widest: fn(u64, u64) -> u64) -> BTreeMap<String, u64> {
    let mut read: BTreeMap<String, u64> = BTreeMap::new();
    for (table, version) in reports.iter().filter_map(|name| record.reports.get(*name)).flat_map(|made| &made.tables) {
        read.entry(table.clone()).and_modify(|known| *known = widest(*known, *version)).or_insert(*version);
    }
    let mut versions = record.versions.clone();
    versions.extend(read);
    versions
}

/// What a run that was blocked reports by itself.
fn what_is_its_own(record: &RunRecord) -> String {
    let made = record.reports.iter().filter(|(_, made)| made.run_id == record.run_id).map(|(name, _)| name.as_str());
    let made: Vec<_> = made.collect();
    let but = if made.is_empty() { String::new() } else { format!(", but for {}", made.join(", ")) };
    format!("run {} was blocked: its reports are those published before it{but}", record.run_id)
}

/// The report with those of its columns that both runs have; a remark names the others.
fn in_both(report: &Model, [old, new]: [&BTreeSet<String>; 2], remarks: &mut Vec<String>) -> Model {
    let mut report = report.clone();
    let is_in_both = |name: &String| old.contains(name) && new.contains(name);
    let (both, one): (Vec<_>, Vec<_>) = report.header.columns.into_iter().partition(|column| is_in_both(&column.name));
    report.header.columns = both;
    if !one.is_empty() {
        let names: Vec<_> = one.iter().map(|column| column.name.as_str()).collect();
        remarks.push(format!("{} has {} in one of the runs only", report.name, names.join(", ")));
    }
    report
}

/// Rows of [`TOLD`], made from `moved`: SELECTs of what changed in each report.
async fn differences(
    moved: &[String],
    between: [&BTreeMap<String, u64>; 2],
    task: &Task<'_>,
    engine: &mut Engine,
    lake: &Lake,
    scratch: &Scratch,
) -> Result<Vec<RecordBatch>> {
    let schema = changed::changes();
    let file = write_sql(engine, &moved.join(" union all "), scratch.path(), "moved".to_owned(), &schema).await?;
    engine.register_file("moved", &scratch.path().join(&file.path), &schema)?;
    compare::find_causes(engine, between, task, lake, scratch.path()).await?;
    let failed = |error: DataFusionError| Error::failed(format!("the differences: {}", plain(&error)));
    engine.context.sql(TOLD).await.map_err(failed)?.collect().await.map_err(failed)
}

/// Runs that are named by their place.
const WORDS: [&str; 2] = ["latest", "previous"];

/// The run of an id or of its beginning, or `latest`, or `previous`, which is the one before it.
fn find<'a>(records: &'a [RunRecord], wanted: &str) -> Result<&'a RunRecord> {
    let place = match wanted {
        "latest" => records.len().checked_sub(1),
        "previous" => records.len().checked_sub(2),
        _ => {
            let mut found = records.iter().enumerate().filter(|(_, record)| record.run_id.starts_with(wanted));
            match (found.next(), found.next()) {
                (Some((place, _)), None) => Some(place),
                (Some(_), Some(_)) => {
                    return Err(
                        Error::usage(format!("more than one run begins with {wanted}")).hint("give more of its id")
                    );
                }
                (None, _) => None,
            }
        }
    };
    place.and_then(|place| records.get(place)).ok_or_else(|| {
        Error::usage(format!("no run {wanted} published anything")).hint(match nearest(wanted, WORDS) {
            Some(meant) if meant != wanted => format!("did you mean `{meant}`?"),
            _ => "give an id or its beginning, `latest` or `previous`; `etl sql -c 'select * from etl.runs'` lists the runs"
                .to_owned(),
        })
    })
}

fn json(batches: &[RecordBatch]) -> Result<String> {
    let mut text = String::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            text.push_str(&json_of_row(batch, row)?);
            text.push('\n');
        }
    }
    Ok(text)
}
