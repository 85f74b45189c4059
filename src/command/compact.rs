//! `etl compact`: says what was removed.

use serde_json::json;

use super::print;
use crate::error::Result;
use crate::pipeline::compact::{Compacted, compact};
use crate::printer::counted;
use crate::printer::summary::count;
use crate::settings::{CompactOrder, OutputFormat, Settings};

/// Removes what nothing needs and says so.
///
/// # Errors
/// As [`compact`].
pub async fn run(settings: &Settings, order: &CompactOrder) -> Result<()> {
    let Compacted { run_id, files, bytes, kept_since, forgotten_runs, foreign } = compact(settings, order).await?;
    let text = match settings.output {
        OutputFormat::Json => {
            let json = json!({
                "files": files, "bytes": bytes, "kept_since": kept_since, "forgotten_runs": forgotten_runs,
                "foreign_tables": foreign, "is_dry_run": order.is_dry_run, "run_id": run_id,
            });
            format!("{json}\n")
        }
        OutputFormat::Text if settings.verbosity < 0 => return Ok(()),
        OutputFormat::Text => {
            let what = match (files, order.is_dry_run) {
                (0, _) => "nothing is to be removed".to_owned(),
                (files, true) => format!("would remove {} of {} bytes", counted(files, "file"), count(bytes)),
                (files, false) => format!("removed {} of {} bytes", counted(files, "file"), count(bytes)),
            };
            let since = kept_since.map_or(String::new(), |since| format!("; kept is what was published since {since}"));
            let closes = match forgotten_runs {
                0 => String::new(),
                runs => format!(
                    ", and what closes were made from; {} before can no longer be asked for",
                    counted(runs, "run")
                ),
            };
            let left = match foreign.as_slice() {
                [] => String::new(),
                tables => format!("left as they are, somebody else wrote to their logs: {}\n", tables.join(", ")),
            };
            let run = run_id.map_or(String::new(), |run_id| format!("run {run_id}\n"));
            format!("{what}{since}{closes}\n{left}{run}")
        }
    };
    print(text.as_bytes())
}
