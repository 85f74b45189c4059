//! `etl diff`: what two runs report differently, in words of the business.
//!
//! Reports are compared at the versions that either run published, figure by figure; a difference is told by customer,
//! report, month and currency, with what changed in that customer's data between the two.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use arrow::array::RecordBatch;
use datafusion::error::DataFusionError;

use super::print;
use crate::compare;
use crate::engine::parameters::{Times, as_published, resolve};
use crate::engine::{Engine, plain};
use crate::error::{Error, Result};
use crate::make::write_sql;
use crate::model::Models;
use crate::place::lake::Lake;
use crate::place::scratch::Scratch;
use crate::printer::{counted, json_of_row, text_of};
use crate::run::{Run, RunRecord, require_lake};
use crate::setting_tables;
use crate::settings::{OutputFormat, Settings};
use crate::suggest::nearest;
use crate::task::{Task, mart_table};

/// Differences by customer, report, figure, month and currency, with their causes.
const TOLD: &str = "with summed as (
    select
        coalesce(moved.customer_id, owners.customer_id) as customer_id, moved.is_of_all, moved.report, moved.figure,
        moved.period, moved.currency, money_sum(coalesce(moved.old_amount, 0)) as old_amount,
        money_sum(coalesce(moved.new_amount, 0)) as new_amount, count(*) as row_count
    from moved left join owners on moved.owned_id = owners.owned_id
    group by
        coalesce(moved.customer_id, owners.customer_id), moved.is_of_all, moved.report, moved.figure, moved.period,
        moved.currency
),
linked as (
    select
        summed.customer_id, summed.report, summed.figure, summed.period, summed.currency, causes.month,
        causes.cause || coalesce(' (' || substr(cast(causes.month as varchar), 1, 7) || ')', '') as cause,
        summed.period is null or causes.month <= summed.period as is_until
    from summed inner join causes on (summed.customer_id is not distinct from causes.customer_id)
        and summed.is_of_all = causes.is_of_all
),
told as (
    select
        customer_id, report, figure, period, currency,
        coalesce(
            string_agg(cause, '; ' order by month, cause) filter (where is_until),
            string_agg(cause, '; ' order by month, cause) filter (where month > period)
        ) as cause
    from linked
    group by customer_id, report, figure, period, currency
)
select
    summed.customer_id, customers.customer_name, summed.report, summed.figure, summed.period, summed.currency,
    summed.old_amount, summed.new_amount, summed.new_amount - summed.old_amount as difference_amount, summed.row_count,
    told.cause
from summed
left join told on (summed.customer_id is not distinct from told.customer_id) and summed.report = told.report
    and summed.figure = told.figure and (summed.period is not distinct from told.period)
    and (summed.currency is not distinct from told.currency)
left join after_int_customers_unified as customers on summed.customer_id = customers.customer_id
order by customers.customer_name, summed.customer_id, told.cause, summed.report, summed.period, summed.currency, summed.figure";

/// Compares what two runs published and prints the differences.
///
/// # Errors
/// Usage (exit 2) when there is no such run; damaged (exit 5) when the lake cannot be read.
pub async fn run(settings: &Settings, old: &str, new: &str) -> Result<()> {
    let lake = Lake::new(&settings.lake);
    require_lake(&lake)?;
    let records = RunRecord::all(&lake).await?;
    let (old, new) = (find(&records, old)?, find(&records, new)?);
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
        close: None,
    };
    let mut engine = task.engine(&lake, BTreeMap::new(), new.environment.clone())?;
    let (mut sides, mut compared, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    for report in &reports {
        let table = mart_table(&report.name);
        let (before, after) = (old.versions.get(&table), new.versions.get(&table));
        if before == after {
            continue;
        }
        let of = |record: &RunRecord| record.reports.get(&report.name).map(|made| made.parameters.clone());
        if before.is_some() && after.is_some() && of(old) != of(new) {
            remarks.push(format!("{} was made with other parameters and is not compared", report.name));
            continue;
        }
        let names = [format!("old_{}", report.name), format!("new_{}", report.name)];
        let mut has_both = true;
        for (name, version) in names.iter().zip([before, after]) {
            has_both &= compare::open(&mut engine, &lake, report, version.copied(), name).await?;
        }
        if !has_both {
            let what = if before.is_none() { "the first run does not have" } else { "the second run does not have" };
            remarks.push(format!("{what} {}", report.name));
            continue;
        }
        sides.extend(compare::sides(report, &names[0], &names[1], "true"));
        compared.push(report.name.as_str());
    }
    remarks.extend([old, new].into_iter().filter(|record| record.status == "blocked").map(what_is_its_own));
    let batches = match sides.is_empty() {
        true => Vec::new(),
        false => {
            let between = [read_by(old, &compared, u64::min), read_by(new, &compared, u64::max)];
            differences(&sides, between.each_ref(), &task, &mut engine, &lake, &scratch).await?
        }
    };
    let text = match settings.output {
        OutputFormat::Json => json(&batches)?,
        OutputFormat::Text => text(&batches, &remarks, old, new)?,
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

async fn differences(
    sides: &[String],
    between: [&BTreeMap<String, u64>; 2],
    task: &Task<'_>,
    engine: &mut Engine,
    lake: &Lake,
    scratch: &Scratch,
) -> Result<Vec<RecordBatch>> {
    let schema = compare::movements();
    let moved = format!(
        "select * from ({}) where coalesce(old_amount, 0) <> coalesce(new_amount, 0)",
        sides.join(" union all ")
    );
    let file = write_sql(engine, &moved, scratch.path(), "moved".to_owned(), &schema).await?;
    if file.rows == 0 {
        return Ok(Vec::new());
    }
    engine.register_file("moved", &scratch.path().join(&file.path), &schema)?;
    compare::find_causes(engine, between, task, lake, scratch.path()).await?;
    let failed = |error: DataFusionError| Error::failed(format!("the differences: {}", plain(&error)));
    engine.context.sql(TOLD).await.map_err(failed)?.collect().await.map_err(failed)
}

/// Amounts that the line of a cause shows.
const AMOUNTS: usize = 3;

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

/// A line for each cause: `A1 Company -12.4 USD: 3 late events on 2024-03-30`, and under it a line for each figure it moved.
fn text(batches: &[RecordBatch], remarks: &[String], old: &RunRecord, new: &RunRecord) -> Result<String> {
    let mut text = String::new();
    let mut count = 0;
    let mut moved: Option<Moved> = None;
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cell = |name: &str| -> Result<Option<String>> {
                batch.column_by_name(name).map_or(Ok(None), |column| text_of(column, row))
            };
            let who = match (cell("customer_name")?, cell("customer_id")?) {
                (Some(name), _) => name,
                (None, Some(id)) => format!("customer {id}"),
                (None, None) => "all customers".to_owned(),
            };
            let cause = cell("cause")?.unwrap_or_else(|| "nothing of its own data changed".to_owned());
            if moved.as_ref().is_none_or(|moved| moved.who != who || moved.cause != cause) {
                text.extend(moved.take().map(Moved::told));
                moved = Some(Moved { who, cause, amounts: Vec::new(), figures: String::new() });
            }
            let Some(moved) = &mut moved else { continue };
            let difference = cell("difference_amount")?.unwrap_or_default();
            let sign = if difference.starts_with('-') { "" } else { "+" };
            let amount = format!("{sign}{difference} {}", cell("currency")?.unwrap_or_default());
            if !moved.amounts.contains(&amount) {
                moved.amounts.push(amount);
            }
            let month = cell("period")?.map_or(String::new(), |day| format!(" of {}", day.get(..7).unwrap_or(&day)));
            // Writing to memory does not fail.
            let _ = writeln!(
                moved.figures,
                "    {}, {}{month}: {} -> {}",
                cell("report")?.unwrap_or_default(),
                cell("figure")?.unwrap_or_default(),
                cell("old_amount")?.unwrap_or_default(),
                cell("new_amount")?.unwrap_or_default(),
            );
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

/// Figures of one customer that moved by one cause.
struct Moved {
    who: String,
    cause: String,
    /// By how much they did, each amount once.
    amounts: Vec<String>,
    /// Their lines.
    figures: String,
}

impl Moved {
    fn told(self) -> String {
        let Self { who, cause, amounts, figures } = self;
        let shown = amounts.iter().take(AMOUNTS).cloned().collect::<Vec<_>>().join(", ");
        let more = match amounts.len().saturating_sub(AMOUNTS) {
            0 => String::new(),
            more => format!(" and {}", counted(more as u64, "other amount")),
        };
        format!("{who} {shown}{more}: {cause}\n{figures}")
    }
}
