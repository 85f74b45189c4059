//! `etl plan`: what a run would ask, read and make, without doing it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::json;

use super::print;
use crate::catalog::endpoint::{Endpoint, Read};
use crate::error::Result;
use crate::extract::{Account, Intended, Landed, Wanted, intend};
use crate::model::Models;
use crate::normalize;
use crate::origin::DataOrigin;
use crate::pipeline::parameters::checked;
use crate::pipeline::{reasons, wanted};
use crate::place::lake::Lake;
use crate::place::landing::Reading;
use crate::printer::counted;
use crate::run::{Run, RunRecord};
use crate::settings::{Api, OutputFormat, Settings};
use crate::source::api::{Planned, planned};
use crate::value::timestamp;

/// One endpoint of the plan.
struct Line {
    endpoint: &'static str,
    reads: String,
    /// Requests that it took last time, or that are known to be needed; none where its parents were never counted.
    requests: Option<u64>,
}

/// Prints the plan; asks nothing and writes nothing else.
///
/// # Errors
/// As a run's, for everything that is found before the first request.
pub async fn run(settings: &Settings, full_refresh: bool) -> Result<()> {
    let models = Models::of(settings)?;
    let tables = normalize::selected(settings.tables.as_ref())?;
    let reports = models.reports(settings.reports.as_ref())?;
    checked(&models, settings, &reports)?;
    let lake = Lake::open(&settings.lake)?;
    let base = RunRecord::newest(&lake).await?.unwrap_or_default();
    let mut landed = Landed::delivered(&tables, settings)?;
    DataOrigin::of_run(settings, &landed)?.in_lake(&lake, settings).await?;
    landed.add_journals(&tables, settings)?;
    let held = normalize::hold_back(&mut landed, &lake).await?;
    let unread = normalize::unread(&tables, &landed, &lake, full_refresh).await?;

    let mut text = String::new();
    let mut lines = Vec::new();
    let mut account_name = None;
    if let Some(api) = &settings.api {
        let run = Run::begin();
        let account = Account::open(api, &settings.landing, &run)?;
        let wanted = wanted(&tables, &lake, &base, settings, api, full_refresh).await?;
        let intended = intend(&account, &wanted, settings, api, &run)?;
        lines = endpoints(&wanted, &intended)?;
        describe_api(&account.name, &intended, &lines, api, &mut text);
        account_name = Some(account.name);
    }
    let files: u64 = unread.iter().map(|(_, deliveries)| deliveries.len() as u64).sum();
    // Writing to memory does not fail.
    let _ = writeln!(text, "{:<10}{} to read", "landing", counted(files, "file"));
    for (table, deliveries) in &unread {
        let bytes: u64 = deliveries.iter().map(|delivery| delivery.size_bytes).sum();
        let _ = writeln!(text, "  {table:<44}{}, {bytes} bytes", counted(deliveries.len() as u64, "file"));
    }
    for line in &held {
        let _ = writeln!(text, "  {line}");
    }
    let names: Vec<_> = reports.iter().map(|report| report.name.as_str()).collect();
    let tables = unread.iter().map(|(table, _)| table.clone());
    let reasons = reasons(settings, &models, &lake, &base, tables).await?;
    let told = |name: &str| told(reasons.get(name).unwrap_or(&None).as_ref(), full_refresh);
    let asks = if settings.api.is_some() { ", and those that read an answer that differs from the last" } else { "" };
    let made = names.iter().filter(|name| told(name).is_some()).count();
    let _ = writeln!(text, "{:<10}{} to make again{asks}", "reports", counted(made as u64, "report"));
    for name in &names {
        let _ = writeln!(text, "  {name:<44}{}", told(name).unwrap_or_else(|| "as before".to_owned()));
    }
    if settings.output == OutputFormat::Json {
        let api: Vec<_> = lines
            .iter()
            .map(|line| json!({"endpoint": line.endpoint, "reads": line.reads, "requests": line.requests}))
            .collect();
        let files: Vec<_> = unread.iter().map(|(table, files)| json!({"table": table, "files": files.len()})).collect();
        let made: Vec<_> = names.iter().map(|name| json!({"report": name, "made_because": told(name)})).collect();
        let json = json!({
            "account": account_name, "endpoints": api, "unread": files, "reports": names, "reasons": made,
        });
        text = format!("{json}\n");
    }
    print(text.as_bytes())
}

/// Why a report is made again; nothing where it is not.
fn told(why: Option<&BTreeSet<String>>, full_refresh: bool) -> Option<String> {
    match (full_refresh, why) {
        (true, _) => Some("a full refresh".to_owned()),
        (false, Some(changes)) if changes.is_empty() => Some("not made so far".to_owned()),
        (false, Some(changes)) => {
            let changes: Vec<_> = changes.iter().map(String::as_str).collect();
            Some(format!("changed: {}", changes.join(", ")))
        }
        (false, None) => None,
    }
}

fn describe_api(account: &str, intended: &Intended, lines: &[Line], api: &Api, text: &mut String) {
    let known: u64 = lines.iter().filter_map(|line| line.requests).sum();
    let is_whole = lines.iter().all(|line| line.requests.is_some());
    let least = if is_whole { "" } else { "at least " };
    let time = api.rate.map_or(String::new(), |rate| {
        let seconds = u128::from(known) * rate.per.as_millis() / u128::from(rate.requests.get()) / 1_000;
        format!(", {least}{}", counted(u64::try_from(seconds).unwrap_or(u64::MAX), "second"))
    });
    let _ = writeln!(text, "{:<10}{account}: {least}{}{time}", "api", counted(known, "request"));
    if let Some(cut_off) = &intended.cut_off {
        let _ = writeln!(
            text,
            "  goes on with extraction {}, whose answers so far are not asked for again",
            cut_off.plan.id
        );
    }
    for line in lines {
        let requests = line.requests.map_or("one or more a row".to_owned(), |count| counted(count, "request"));
        let _ = writeln!(text, "  {:<26}{:<40}{requests}", line.endpoint, line.reads);
    }
}

fn endpoints(wanted: &Wanted, intended: &Intended) -> Result<Vec<Line>> {
    let planned = planned(&wanted.endpoints, |name| intended.readings().get(name))?;
    let rows_of = |name: &str| wanted.history.complete(name).next_back().map(|read| read.rows);
    let line = |(endpoint, planned): (&&'static Endpoint, Planned)| {
        let reading = intended.readings().get(endpoint.name).cloned().unwrap_or_default();
        let last = wanted.history.complete(endpoint.name).next_back().map(|read| read.requests);
        let requests = last.or_else(|| match endpoint.per.first() {
            None => Some(planned.series),
            Some(per) => rows_of(per.endpoint).map(|rows| rows * planned.series),
        });
        Line { endpoint: endpoint.name, reads: reads(endpoint.read, &reading), requests }
    };
    Ok(wanted.endpoints.iter().zip(planned).map(line).collect())
}

fn reads(read: Read, reading: &Reading) -> String {
    let day = |at: Option<i64>| timestamp::day(at.unwrap_or_default());
    match (read, reading.from) {
        (Read::Days { .. }, _) => format!("days {} to {}", day(reading.from), day(reading.until)),
        (Read::NewestFirst { .. }, Some(_)) => format!("back to {}", day(reading.from)),
        (Read::Log, _) if reading.cursor.is_some() => "from where it was left off".to_owned(),
        _ => "all".to_owned(),
    }
}
