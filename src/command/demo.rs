//! `etl demo`: the sample account's project, made anywhere and run: a month is closed, something comes late, and the closed
//! figures that would be others by now are told.

use std::path::Path;

use chrono::NaiveDate;
use serde_json::json;

use super::{init, print, sum_up};
use crate::cli::{Cli, Command, Common, RunFlags};
use crate::demo::{CLOSED, deliver, deliver_late};
use crate::error::{Error, Result};
use crate::pipeline;
use crate::settings::{CloseOrder, OutputFormat, Settings, Stage, Variables};

/// The settings of the repository's own project, which is the sample account's.
pub(crate) const PIPELINE: &str = include_str!("../../pipeline.toml");

/// Makes the project and runs it.
///
/// # Errors
/// Usage (exit 2) where a `pipeline.toml` is there, or in a build without the sample account; whatever ends a run.
pub async fn run(settings: &Settings, folder: &Path) -> Result<()> {
    let landing = folder.join("landing");
    let (pipeline, _) = init::make(folder, PIPELINE, || deliver(&landing))?;
    let say = |text: String| match settings.output {
        OutputFormat::Text if settings.verbosity >= 0 => print(text.as_bytes()),
        _ => Ok(()),
    };
    let named = folder.display();
    say(format!(
        "{named} has pipeline.toml, and in landing/egress the export files of an account that was made up\n\n"
    ))?;

    let cli = Cli {
        command: Some(Command::Run(RunFlags::default())),
        common: Common { config: Some(pipeline.clone()), ..Common::default() },
    };
    let resolved = Settings::resolve(&cli, &Variables::default(), Path::new(""))?;
    let own = Settings {
        output: settings.output,
        verbosity: settings.verbosity,
        threads: settings.threads,
        memory_bytes: settings.memory_bytes,
        ..resolved
    };
    say(format!("$ cd {named}\n$ etl run\n"))?;
    sum_up(&own, pipeline::run(&own, Stage::All, false).await)?;

    say(format!("\n$ etl close {CLOSED}\n"))?;
    let month = NaiveDate::parse_from_str(&format!("{CLOSED}-01"), "%Y-%m-%d");
    let month = month.map_err(|error| Error::failed(format!("{CLOSED} is no month: {error}")))?;
    let order = CloseOrder { month, accept: Vec::new(), reason: None, until: None, by: None };
    pipeline::close::close(&own, &order).await.1?;
    say(format!("{CLOSED} is closed: {}\n", own.closes.below(CLOSED)))?;

    deliver_late(&landing)?;
    say("\nA day later more of the closed month comes: an invoice is made anew, a contract was forgotten.\n\n$ etl run\n".to_owned())?;
    let (last, result) = pipeline::run(&own, Stage::All, false).await;
    let restated = last.receipts.iter().filter(|receipt| receipt.item == "restatements").map(|receipt| receipt.rows);
    let restated: u64 = restated.sum();
    sum_up(&own, (last, result))?;
    if settings.output == OutputFormat::Json {
        return print(
            format!("{}\n", json!({ "folder": folder, "closed": CLOSED, "restatements": restated })).as_bytes(),
        );
    }
    say(format!(
        "\nlook at\n  {named}/artifacts/                 the reports, and manifest.json: what they were made from\n  \
         {named}/artifacts/restatements.csv {restated} closed figures that would be others by now\n  \
         {named}/closes/{CLOSED}/            what {CLOSED} was closed on\n\nand ask, in {named}\n  \
         etl diff previous latest\n  \
         etl explain billings_by_plan 'plan_name=(no plan)'\n  \
         etl sql -c 'select * from invoice_status'\n"
    ))
}
