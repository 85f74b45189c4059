//! `etl reopen`: says what was undone.

use serde_json::json;

use super::print;
use crate::error::Result;
use crate::pipeline::reopen::{Reopened, reopen};
use crate::settings::{OutputFormat, ReopenOrder, Settings};

/// Undoes a close and says so.
///
/// # Errors
/// As [`reopen`].
pub async fn run(settings: &Settings, order: &ReopenOrder) -> Result<()> {
    let Reopened { run_id, month, closed_run_id, pack, closed_until } = reopen(settings, order).await?;
    let text = match settings.output {
        OutputFormat::Json => {
            let json = json!({
                "month": month, "closed_run_id": closed_run_id, "pack": pack, "closed_until": closed_until,
                "run_id": run_id,
            });
            format!("{json}\n")
        }
        OutputFormat::Text if settings.verbosity < 0 => return Ok(()),
        OutputFormat::Text => {
            let pack = pack.map_or(String::new(), |pack| format!("its pack stands in {}; ", pack.display()));
            let until = closed_until.map_or("no month is closed".to_owned(), |until| format!("closed until {until}"));
            format!(
                "{month} is open again, {until}; {pack}the close stays on record in etl.closes\n\
                 `etl run` makes the reports anew\nrun {run_id}\n"
            )
        }
    };
    print(text.as_bytes())
}
