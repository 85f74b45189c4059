//! `etl run --as-of` and `--known-at`: reports of another time, beside the current ones.
//!
//! Two questions: what was true at an instant, by what is known today (`as_of`, a parameter of the models); and what was
//! known at an instant (`known_at`, the versions that the newest run until then published). Nothing is asked, taken or
//! published: the CSVs go to a folder of their own in the artifacts folder.

use std::time::Instant;

use chrono::DateTime;

use super::{Plan, report_records};
use crate::closes::Close;
use crate::error::{Error, Result};
use crate::load::{Manifest, Sheet, print_apart, require_artifacts};
use crate::model::Models;
use crate::origin::DataOrigin;
use crate::place::lake::Lake;
use crate::printer::summary::Summary;
use crate::run::{Run, RunRecord, require_lake};
use crate::settings::{GivenBy, Parameter, Past, Settings, Stage};
use crate::task::{Keeping, Task};
use crate::transform::transform;
use crate::value::timestamp;

/// The parameter of the models that shows what was true at an instant.
pub const AS_OF: &str = "as_of";

/// The folder of the reports: `as-of-2024-04-01T00-00-00Z`.
fn folder(past: Past) -> String {
    let part = |(name, micros): (&str, Option<i64>)| {
        micros.map(|micros| format!("{name}-{}", timestamp::text(micros).replace(':', "-")))
    };
    let parts = [("as-of", past.as_of), ("known-at", past.known_at)].into_iter().filter_map(part);
    parts.collect::<Vec<_>>().join("-")
}

/// Makes reports of another time and says what came of it.
pub async fn look_back(settings: &Settings, past: Past) -> (Summary, Result<()>) {
    super::summed_up(settings, "past", async |run, summary| make(settings, past, run, summary).await).await
}

async fn make(settings: &Settings, past: Past, run: &Run, summary: &mut Summary) -> Result<()> {
    let started = Instant::now();
    let mut settings = settings.clone();
    if let Some(micros) = past.as_of {
        let by = GivenBy::Flag("--as-of".to_owned());
        settings.parameters.insert(AS_OF.to_owned(), Parameter { value: timestamp::text(micros), by });
    }
    let models = Models::of(&settings)?;
    let mut plan = Plan::new(&settings, Stage::Transform, false, &models)?;
    plan.check_models().await?;
    let lake = Lake::open(&settings.lake)?;
    require_lake(&lake)?;
    let _lock = lake.lock(&run.id, settings.wait_lock).await?;
    let Some(published) = published_at(&lake, past.known_at).await? else {
        return Err(Error::usage("no run had published anything by then")
            .hint("`etl sql -c 'select * from etl.runs'` lists the runs"));
    };
    super::compact::require_kept(&lake, &published).await?;
    let origin = DataOrigin::of_lake(&lake, &published.versions).await?;
    super::notice_origin(origin.as_ref(), &settings, summary);
    if let Some(origin) = &origin {
        require_artifacts(origin, &lake, &settings).await?;
    }
    // What was closed then stays; what was true is asked of all that is known.
    let close = match past.as_of {
        None => Close::newest(&lake, &published.versions).await?,
        Some(_) => None,
    };
    // Relative values count from that time, too.
    let at = past.as_of.or(past.known_at).and_then(DateTime::from_timestamp_micros);
    let day = settings.day.or(at.map(|at| at.date_naive())).unwrap_or(run.day());
    plan.resolve(&lake, &published, day).await?;
    let task = Task { keeping: Keeping::Neither, ..plan.task(&published.versions, close.as_ref()) };
    let mut engine = task.engine(&lake, published.versions.clone(), published.environment.clone())?;
    let transformed = transform(&task, &mut engine, &lake, run).await?;
    summary.receipts.extend(transformed.receipts.iter().cloned());
    super::say_warnings(transformed.warnings(&models), summary);
    transformed.check()?;
    let record = RunRecord { parameters: plan.parameters.texts.clone(), ..published };
    let made_from = report_records(&plan, &record)?;
    let sheets = made_from.into_iter().filter_map(|(name, made_from)| {
        let files = vec![transformed.staged(&name, &lake, run)?];
        Some(Sheet { name, files, made_from })
    });
    let target = settings.artifacts.below(&folder(past));
    let manifest = Manifest::of(&record, origin.as_ref(), &settings, &settings.artifacts.address());
    let (set, manifest) = print_apart(&target, sheets.collect(), manifest, &settings, run)?;
    set.publish()?;
    summary.environment.clone_from(&record.environment);
    summary.artifacts = target.to_string();
    summary.receipts.push(manifest.receipt("load", &folder(past), started, &format!("of run {}", record.run_id)));
    Ok(())
}

/// The record of the newest run that began at this instant or before, or of the newest of all.
async fn published_at(lake: &Lake, instant: Option<i64>) -> Result<Option<RunRecord>> {
    let Some(micros) = instant else { return RunRecord::newest(lake).await };
    let instant = timestamp::text(micros);
    Ok(RunRecord::all(lake).await?.into_iter().rfind(|record| record.began_until(&instant)))
}
